from . import collection_mandate_term_mixin
from . import collection_mandate_amendment
from . import collection_mandate_terms
from . import collection_mandate_approval
from . import collection_mandate_document
from . import collection_mandate_condition
from . import collection_mandate_contract
