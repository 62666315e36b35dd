from . import collection_mandate_decision
from . import res_company
from . import collection_mandate_term_mixin
from . import collection_mandate_amendment
from . import collection_mandate_terms
from . import collection_mandate_approval
