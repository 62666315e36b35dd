from . import collection_account
from . import collection_item
from . import account_move
from . import account_move_line
from . import account_partial_reconcile
from . import res_partner
from . import collection_segment_rule
