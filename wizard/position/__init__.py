from . import collection_classify
from . import collection_classify_line
