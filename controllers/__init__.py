from . import item
from . import portal
from . import portal_quality
from . import export
