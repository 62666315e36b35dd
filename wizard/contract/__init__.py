from . import collection_delegation_advisor
from . import collection_delegation_advisor_figures
from . import collection_delegation_advisor_criterion
from . import collection_delegation_advisor_line
from . import collection_delegation_advisor_part
from . import collection_delegation_advisor_point
from . import collection_delegation_advisor_tables
from . import collection_handover
