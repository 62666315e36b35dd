from . import collection_segment
from . import collection_segment_rule
