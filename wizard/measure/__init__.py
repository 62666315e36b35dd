from . import collection_ageing_balance
