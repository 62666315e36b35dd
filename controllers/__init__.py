from . import export
from . import item
from . import portal
from . import portal_act
from . import portal_agenda
from . import portal_call
from . import portal_team
from . import portal_quality
