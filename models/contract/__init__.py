from . import collection_mandate_term_mixin
from . import collection_mandate_amendment
from . import collection_mandate_terms
from . import collection_mandate_approval
from . import collection_mandate_document
from . import collection_mandate_condition
from . import collection_mandate_contract
<<<<<<< HEAD
from . import collection_mandate_indicator
from . import collection_mandate_customer
from . import collection_mandate_measure
from . import collection_mandate_phase
from . import collection_mandate_objective
from . import collection_mandate_service
from . import collection_mandate_level
from . import collection_mandate_roadmap
=======
from . import collection_mandate_split
from . import collection_account_lot
from . import collection_mandate_lot
>>>>>>> main
