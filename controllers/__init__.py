from . import item
from . import portal
from . import export
