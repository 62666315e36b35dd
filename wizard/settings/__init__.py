from . import collection_company_settings
