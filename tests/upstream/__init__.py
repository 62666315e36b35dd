from . import test_bill
from . import test_means_change
from . import test_precheck
from . import test_bill_money
