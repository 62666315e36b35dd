from odoo import api, models


class ResCompany(models.Model):
    """The demo company."""

    _inherit = "res.company"

    @api.model
    def _load_collection_demo(self, lang="fr_FR", today=None, months=None):
        """Create the demo company, once, and return how to log in.

        :param str lang: language of the demo users, activated if needed
        :param today: day on which the history ends, by default the current one
        :param int months: length of the history, thirteen months by default
        :return: one dict of `login`, `password`, `role` and `hint` per demo user
        """
        # a server in production reads none of it
        from ...demo import load_demo  # noqa: PLC0415

        return load_demo(self.env, lang=lang, today=today, months=months)
