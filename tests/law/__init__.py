from . import test_agreed_rate
from . import test_interest_claim
from . import test_interest_credits
from . import test_interest_settlement
from . import test_waiver
from . import test_limitation_money
from . import test_indemnity_of_invoices
from . import test_head_office_money
