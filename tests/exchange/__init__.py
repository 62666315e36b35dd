from . import test_reversibility
from . import test_deletion_certificate
