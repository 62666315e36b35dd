from . import test_agent_team
from . import test_customer_merge
from . import test_debtor_change
from . import test_handover
from . import test_placement_report
from . import test_placement_xlsx
from . import test_recall
