from . import test_delegation_advisor
from . import test_mandate_approval
