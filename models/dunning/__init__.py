from . import collection_dunning_run
from . import collection_dunning_run_decision
from . import collection_dunning_exclusion
