from . import collection_ledger_mixin
from . import collection_relation_mixin
from . import collection_provider_mixin
from . import collection_provider_values
from . import collection_number_mixin
from . import collection_deadline_mixin
from . import res_company
from . import res_users
