from . import collection_policy
from . import collection_policy_level
from . import collection_level_variant
from . import res_company
