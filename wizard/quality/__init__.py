from . import collection_team_sheet
from . import collection_team_sheet_line
