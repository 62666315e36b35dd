from odoo import models
from odoo.exceptions import UserError

from ...tools.pdf import is_damaged

CONTENT_FIELDS = {"raw", "datas", "db_datas", "store_fname", "name", "res_id"}


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if CONTENT_FIELDS.intersection(vals) and not self.env.su:
            self._check_not_sent_letter()
        return super().write(vals)

    def _check_not_sent_letter(self):
        """Refuse to touch the PDF of a letter that left, or is on its way to the post:
        it is what was sent."""
        candidates = self.filtered(lambda a: a.res_model == "collection.letter")
        # sudo: whether a letter holds the file does not depend on who asks
        if candidates and self.env["collection.letter"].sudo().search_count(
            [
                ("attachment_id", "in", candidates.ids),
                ("state", "in", ("to_send", "sent")),
            ],
            limit=1,
        ):
            raise UserError(
                self.env._("This is a letter as it was sent: it cannot be changed.")
            )

    def _is_intact(self):
        """Whether the file is there, whole, to be sent."""
        self.ensure_one()
        content = self.raw or b""
        return len(content) == self.file_size and not is_damaged(content)
