from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Mandates that were live before there were readiness points go on; those in
    preparation are asked them."""
    cr.execute(
        """
        UPDATE collection_mandate
           SET live_since = date_start
         WHERE live_since IS NULL AND state IN ('live', 'review')
        """
    )
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["collection.mandate"].invalidate_model(["live_since"])
    env["collection.mandate"].search(
        [("state", "in", ("study", "agreed", "pilot"))]
    )._add_readiness_points()
