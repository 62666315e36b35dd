from . import collection_promise
from . import collection_payment_plan
from . import collection_payment_instalment
from . import collection_dispute_reason
from . import collection_dysfunction
from . import collection_dispute
from . import collection_corrective_action
from . import collection_account_agreement
