from . import collection_reversibility
from . import collection_reversibility_line
from . import collection_reversibility_part
from . import collection_reversibility_check
from . import collection_deletion_certificate
from . import collection_mandate_exchange
