from . import controllers
from . import models
from . import reports
from . import wizard
from .hooks import post_init_hook
