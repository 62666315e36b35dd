from . import collection_interest_claim
from . import collection_interest_claim_line
from . import collection_waiver
from . import collection_waiver_line
