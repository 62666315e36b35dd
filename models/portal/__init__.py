from . import collection_account_portal
from . import collection_account_portal_agreement
from . import collection_account_portal_note
from . import collection_account_portal_quality
from . import collection_item_portal
from . import collection_mandate_supervision
