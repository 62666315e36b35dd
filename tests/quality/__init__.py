from . import test_call_review
from . import test_complaint
from . import test_satisfaction
from . import test_team_survey
