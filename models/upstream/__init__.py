from . import collection_means_campaign
from . import collection_means_change
from . import collection_account_means
from . import collection_bill
from . import collection_bill_work
from . import collection_precheck
from . import collection_account_bill
from . import collection_item_bill
