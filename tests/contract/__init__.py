from . import test_mandate_approval
from . import test_mandate_conditions
from . import test_mandate_split
