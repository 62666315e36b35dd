from . import test_asked
from . import test_leavers
from . import test_on_site
from . import test_provider_words
