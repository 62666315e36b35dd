from . import collection_hold
from . import collection_set_level
