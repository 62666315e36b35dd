from . import collection_classify
from . import collection_classify_line
from . import collection_company_settings
from . import collection_handover
from . import collection_handover_line
from . import collection_recall
