from odoo import api, fields, models
from odoo.tools import SQL

#: what tells whether, and when, a letter reached the customer
REACHED_FIELDS = (
    "by_post",
    "date",
    "date_posted",
    "delivery_reason",
    "delivery_state",
    "state",
)


class CollectionItem(models.Model):
    """What was written to the customer about an item."""

    _inherit = "collection.item"

    letter_line_ids = fields.One2many(
        comodel_name="collection.letter.line", inverse_name="item_id"
    )
    date_deposited = fields.Date(
        string="Deposited on",
        help="Day a public buyer received the invoice (Chorus Pro). Told on its "
        "reminders: the time to pay runs from then.",
    )

    def _get_notice_dates(self):
        # EXTENDS law
        dates = super()._get_notice_dates()
        if not self.ids:
            return dates
        self.env["collection.letter.line"].flush_model(["item_id", "level_id"])
        self.env["collection.letter"].flush_model(REACHED_FIELDS)
        self.env["collection.policy.level"].flush_model(["formal_notice"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.item_id, MIN(COALESCE(letter.date_posted, letter.date))
                  FROM collection_letter_line line
                  JOIN collection_letter letter ON letter.id = line.letter_id
                  JOIN collection_policy_level level ON level.id = line.level_id
                 WHERE line.item_id IN %s AND %s
                   AND level.formal_notice
              GROUP BY line.item_id
                """,
                tuple(self.ids),
                self.env["collection.letter"]._reached(),
            )
        )
        return dates | {self.browse(item_id): date for item_id, date in rows}

    def _get_silent(self, kind):
        """Hook: those of these items about which a letter of `kind` is not to be
        written, for others write about them."""
        return self.browse()

    def action_send_duplicate(self):
        """Write to the customer with copies of the invoices of these items."""
        account = self.account_id
        account.ensure_one()
        documents = dict(item._get_invoice_pdf() for item in self)
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": "mail.compose.message",
                    "res_id": 0,
                }
                for name, content in documents.items()
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Send Copies of the Invoices"),
            "res_model": "mail.compose.message",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_model": account._name,
                "default_res_ids": account.ids,
                "default_composition_mode": "comment",
                "default_partner_ids": account._dunning_contact().ids,
                "default_subject": self.env._("Copies of your invoices"),
                "default_attachment_ids": attachments.ids,
            },
        }

    def _set_level(self, level, date, reason):
        res = super()._set_level(level, date, reason)
        # sudo: what waits about these items, of customers that the user may write
        self.sudo()._leave_waiting_reminders(self.env._("Level set by hand"))
        return res

    def _leave_account(self):
        self._leave_waiting_reminders(
            self.env._("The contact now belongs to another customer"), of_all_kinds=True
        )
        return super()._leave_account()

    def _leave_debtor(self, reason):
        self._leave_waiting_reminders(reason, of_all_kinds=True)
        return super()._leave_debtor(reason)

    def _leave_waiting_reminders(self, reason, of_all_kinds=False):
        """Take these items off the reminders that have not left; what they were written
        for no longer holds. A reminder without item is cancelled, for `reason`.

        :param of_all_kinds: also off letters that are no reminders
        """
        reminders = [] if of_all_kinds else [("letter_id.level_id", "!=", False)]
        lines = self.env["collection.letter.line"].search(
            [
                ("item_id", "in", self.ids),
                ("letter_id.state", "in", ("draft", "to_send", "error")),
                *reminders,
            ]
        )
        letters = lines.letter_id
        letters._take_back_paper(reason)
        lines.unlink()
        empty = letters.filtered(lambda letter: not letter.line_ids)
        empty._cancel(reason)
        (letters - empty)._sum_lines()

    @api.model
    def _get_interruptions(self, looked_at):
        # EXTENDS law: of a claim on a public body, any written demand for payment
        # interrupts the term (law 68-1250, article 2)
        return [
            *super()._get_interruptions(looked_at),
            SQL(
                """
                SELECT term.id, COALESCE(letter.date_posted, letter.date)
                  FROM term
                  JOIN collection_letter_line line
                    ON line.item_id = term.id AND line.days_overdue >= 1
                  JOIN collection_letter letter
                    ON letter.id = line.letter_id AND %s
                 WHERE term.year_end AND %s
                """,
                self.env["collection.letter"]._reached(),
                looked_at,
            ),
        ]

    @api.model
    def _flush_for_limitation(self):
        self.env["collection.letter"].flush_model(REACHED_FIELDS)
        self.env["collection.letter.line"].flush_model(
            ["days_overdue", "item_id", "letter_id"]
        )
        return super()._flush_for_limitation()
