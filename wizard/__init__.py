from . import collection_classify
from . import collection_classify_line
from . import collection_handover
from . import collection_handover_line
from . import collection_letter_compose
from . import collection_recall
