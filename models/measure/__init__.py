from . import collection_ledger_day
from . import collection_ageing
from . import collection_snapshot
from . import collection_snapshot_job
