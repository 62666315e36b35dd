from . import collection_agenda
from . import collection_daily_figure
