from . import base_partner_merge_automatic_wizard
from . import collection_acknowledge
from . import collection_handover
from . import collection_handover_line
from . import collection_handover_group
from . import collection_provider_invite
from . import collection_recall
from . import collection_transfer
