from . import collection_hold
