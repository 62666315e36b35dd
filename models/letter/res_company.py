from odoo import fields, models


class ResCompany(models.Model):
    """What a company prints under its letters."""

    _inherit = "res.company"

    collection_signatory = fields.Char(
        string="Letters Signed by",
        help="Name and function printed under reminders and formal notices.",
        groups="base.group_user",
    )
    collection_phone = fields.Char(
        string="Collections Phone",
        help="Direct line printed on letters. Empty: the company's phone.",
        groups="base.group_user",
    )
    collection_email = fields.Char(
        string="Collections Email",
        help="Address printed on letters and used for answers. Empty: the company's.",
        groups="base.group_user",
    )
    collection_huitante = fields.Boolean(
        string="Eighty in Words: huitante",
        help="On letters in Swiss French, as in Vaud, Valais and Fribourg; otherwise "
        "quatre-vingts.",
        groups="base.group_user",
    )

    def _get_collection_address(self):
        """Contact whose postal address stands on letters: the company's, else that of
        its nearest head office that has one; none when nobody has."""
        self.ensure_one()
        # sudo: printed on letters
        for company_sudo in reversed(self.sudo().parent_ids):
            if company_sudo.street and company_sudo.city:
                return company_sudo.partner_id
        return self.env["res.partner"]
