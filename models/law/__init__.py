from . import collection_interest_regime
from . import collection_reference_rate
from . import collection_item_penalty
from . import collection_interest_settlement
from . import collection_account_interest
from . import collection_account_limitation
from . import collection_account_insolvency
from . import collection_item_limitation
