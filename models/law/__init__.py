from . import collection_interest_regime
from . import collection_reference_rate
from . import collection_item_penalty
from . import collection_interest_settlement
