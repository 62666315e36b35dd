from . import collection_set_level
