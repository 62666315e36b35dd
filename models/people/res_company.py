from odoo import models


class ResCompany(models.Model):
    """Who of the company's people is asked to act."""

    _inherit = "res.company"

    def _get_collection_user(self, *candidates):
        """The first of `candidates` who works for the company today, else its first
        credit manager.

        Whoever is archived, has left the company or is of a provider is passed over:
        what they were asked would be done by nobody.

        :param candidates: users, in the order in which they come into question
        :return: a user; none where the company has no credit manager either
        """
        self.ensure_one()
        users = self.env["res.users"].union(*candidates)
        # sudo: who is asked to act; whether they may is looked up for them
        able = users.sudo()._may_decide_in(self)
        for user in candidates:
            if user.sudo() & able:
                return (user.sudo() & able)[:1].with_env(self.env)
        return self._get_collection_managers()[:1].with_env(self.env)

    def _get_collection_addressee(self, *candidates):
        """As `_get_collection_user`; where the company has nobody, whoever acts: what
        is asked of nobody gets lost.

        :return: a user
        """
        return self._get_collection_user(*candidates) or self.env.user
