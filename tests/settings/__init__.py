from . import test_company_settings
