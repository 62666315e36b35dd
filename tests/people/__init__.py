from . import test_leavers
from . import test_on_site
