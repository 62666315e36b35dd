from odoo import models


class RatingRating(models.Model):
    _inherit = "rating.rating"

    def _get_collection_request(self):
        """What this rating answers when it is about a call; nothing when it is not."""
        self.ensure_one()
        requests = self.env["collection.satisfaction"]
        if self.res_model == requests._name:
            return requests.browse(self.res_id)
        return requests
