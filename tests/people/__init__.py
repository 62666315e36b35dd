from . import test_on_site
