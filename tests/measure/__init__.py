from . import test_ledger_day
from . import test_ageing_balance
from . import test_snapshot
from . import test_measure_sample
