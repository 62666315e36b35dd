from . import collection_call_amend
from . import collection_call_screen
