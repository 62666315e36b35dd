from . import account_automatic_entry_wizard
from . import collection_classify
from . import collection_classify_line
