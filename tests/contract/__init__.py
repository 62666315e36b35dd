from . import test_mandate_approval
