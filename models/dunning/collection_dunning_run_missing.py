from odoo import api, fields, models
from odoo.tools import SQL


class CollectionDunningRun(models.Model):
    """What keeps the letters of a run back, said before anybody confirms them."""

    _inherit = "collection.dunning.run"

    missing_note = fields.Text(
        string="Missing on Letters",
        compute="_compute_missing_note",
        help="Particulars that its letters must carry and lack, and where to enter "
        "them.",
    )

    @api.depends("state", "letter_ids.state")
    @api.depends_context("lang")
    def _compute_missing_note(self):
        letters = self._get_specimens()
        for run in self:
            drafts = letters.filtered(
                lambda letter, run=run: letter.run_id == run._origin
            )
            missing = run.state == "computed" and drafts._get_missing_particulars()
            run.missing_note = drafts._list_missing(missing) if missing else False

    def _get_specimens(self):
        """Draft letters of these runs, one of each kind: what all letters lack depends
        on nothing but their levels and languages, and there may be thousands."""
        Letter = self.env["collection.letter"]
        Letter.flush_model(["account_id", "level_id", "partner_id", "run_id", "state"])
        self.env["res.partner"].flush_model(["lang"])
        rows = (
            self.env.execute_query(
                SQL(
                    """
                    SELECT MIN(letter.id)
                      FROM collection_letter letter
                      JOIN collection_account account ON account.id = letter.account_id
                      JOIN res_partner customer ON customer.id = account.partner_id
                 LEFT JOIN res_partner partner ON partner.id = letter.partner_id
                     WHERE letter.run_id IN %s AND letter.state = 'draft'
                  GROUP BY letter.run_id, letter.level_id, partner.lang, customer.lang
                    """,
                    tuple(self._origin.ids),
                )
            )
            if self._origin.ids
            else []
        )
        return Letter.browse(row[0] for row in rows)
