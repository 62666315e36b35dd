from . import collection_ledger_day
from . import collection_ageing
