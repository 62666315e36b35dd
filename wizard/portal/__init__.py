from . import collection_call_screen
