from . import collection_segment
