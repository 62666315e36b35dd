from . import test_agenda
from . import test_team_figures
from . import test_figures
