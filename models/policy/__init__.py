from . import collection_policy
from . import collection_policy_level
from . import collection_level_variant
from . import collection_level_history
from . import collection_dunning_decision
from . import collection_account_policy
from . import collection_item_level
