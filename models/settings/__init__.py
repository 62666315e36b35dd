from . import res_company
from . import collection_account_first_steps
