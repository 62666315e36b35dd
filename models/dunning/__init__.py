from . import collection_dunning_run
from . import collection_dunning_exclusion
from . import res_company
from . import collection_dunning_run_credits
from . import collection_dunning_run_summary
from . import collection_letter_run
