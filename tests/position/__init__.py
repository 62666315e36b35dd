from . import test_classification
from . import test_account_position
from . import test_item_refresh
from . import test_grouped_by_position
