from . import test_dispute
from . import test_dispute_owner
from . import test_grant_limits
from . import test_payment_plan
from . import test_promise
from . import test_kept_by_money
from . import test_jobs
