from odoo import SUPERUSER_ID, api
from odoo.tools import SQL


def migrate(cr, version):
    """What settled the items of hand-overs is noted from now on. What did so earlier is
    noted of the day on which they were handed over: nobody is told of it as if it were
    new."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    lines = env["collection.placement.line"]
    if env["collection.placement.event"].search_count([], limit=1):
        return
    lines._note_events(SQL("TRUE"), settled_since="1900-01-01")
    cr.execute(
        """
        UPDATE collection_placement_event event SET date = held.date_added
          FROM collection_placement_item held
         WHERE held.id = event.placement_item_id
        """
    )
