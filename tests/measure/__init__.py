from . import test_ledger_day
from . import test_ageing_balance
