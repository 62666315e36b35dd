from . import collection_ageing_xlsx
from . import collection_delegation_advisor_xlsx
from . import collection_interest_xlsx
from . import collection_legal_file
from . import collection_letter_report
from . import collection_placement_xlsx
from . import collection_portal_xlsx
from . import collection_reversibility_xlsx
