from . import collection_level_history
from . import collection_dunning_decision
from . import collection_account_level
from . import collection_item_level
from . import account_move
from . import collection_policy_level_approval
