from . import collection_capacity
from . import collection_capacity_line
