from . import test_delegation_advisor
from . import test_mandate_approval
from . import test_mandate_conditions
from . import test_mandate_split
from . import test_objective
from . import test_readiness
from . import test_sales_reads
from . import test_transition
