from . import test_company_settings
from . import test_first_steps
from . import test_first_steps_tour
