from . import collection_forbidden_word
from . import collection_wording_check_mixin
from . import collection_wording_mixin
