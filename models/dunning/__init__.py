from . import collection_dunning_run
from . import collection_dunning_run_decision
from . import collection_dunning_exclusion
from . import collection_level_history
from . import collection_account_dunning
from . import collection_item_dunning
from . import res_company
from . import account_move
