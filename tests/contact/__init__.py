from . import test_call_log
from . import test_call_screen
from . import test_call_script
from . import test_call_tour
from . import test_legal_file
from . import test_prefilled
from . import test_worklist
