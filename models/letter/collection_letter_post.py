from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: in this order letters are printed, so that the post office sorts less
ADDRESS_FIELDS = (
    "addressee_country_id",
    "addressee_zip",
    "addressee_city",
    "addressee_street",
    "addressee_name",
)


class CollectionLetter(models.Model):
    """Letters on paper: the list to print, and the receipts of registered post."""

    _inherit = "collection.letter"

    date_printed = fields.Datetime(string="Printed on", readonly=True, copy=False)
    print_sequence = fields.Integer(
        string="No. in the Print",
        readonly=True,
        copy=False,
        help="Place of the letter in the document it was printed with.",
    )
    tracking_number = fields.Char(
        copy=False, help="Number of the registered letter at the post office."
    )
    date_presented = fields.Date(
        string="First Presented on",
        copy=False,
        help="Day on which the post first presented the registered letter. The time "
        "that a formal notice gives counts from then.",
    )

    @api.depends(
        "date",
        "date_presented",
        "level_id.formal_notice",
        "level_id.deadline_days",
        "level_id.variant_ids.deadline_days",
        "account_id.segment_id.debtor_type",
    )
    def _compute_date_deadline(self):
        for letter in self:
            level_sudo = letter.sudo().level_id
            start = letter.date
            if level_sudo.formal_notice and letter.date_presented:
                start = letter.date_presented
            # what the customer reads: a variant may give more time than its level
            days = letter._get_wording().deadline_days if level_sudo else 0
            letter.date_deadline = (
                start + timedelta(days=days) if start and days else False
            )

    @api.constrains("date_presented")
    def _check_date_presented(self):
        for letter in self:
            if letter.date_presented and letter.date_presented < letter.date:
                raise UserError(
                    self.env._("A letter is not presented before the day it is dated.")
                )

    def _in_address_order(self):
        """These letters in the order of their addresses: country, postcode, city,
        street, name."""
        # sudo: the addresses are printed on the letters
        return self.browse(
            letter.id
            for letter in self.sudo().sorted(
                lambda letter: (
                    letter.addressee_country_id.name or "",
                    *((letter[name] or "").casefold() for name in ADDRESS_FIELDS[1:]),
                    letter.id,
                )
            )
        )

    def action_print_post(self):
        """One document with these letters in address order; they count as printed.

        A letter that was printed before can be printed again. With none selected:
        all that wait to be printed.
        """
        self.check_access("read")
        waiting = self or self.search(
            [
                ("state", "=", "sent"),
                ("by_post", "=", True),
                ("date_printed", "=", False),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        letters = waiting.filtered(
            lambda letter: letter.state == "sent" and letter.by_post
        )._in_address_order()
        if not letters:
            raise UserError(self.env._("None of these letters was sent to go by post."))
        damaged = letters._get_damaged()
        printable = letters - damaged
        if not printable:
            raise UserError(damaged._describe_damage())
        printable._mark_printed()
        action = self.env.ref("account_collection.action_report_letter").report_action(
            printable, config=False
        )
        if not damaged:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": damaged._describe_damage(),
                "next": action,
            },
        }

    def _mark_printed(self):
        self.flush_recordset(["date_printed", "print_sequence"])
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_letter letter
                   SET date_printed = %(now)s, print_sequence = printed.sequence
                  FROM unnest(%(ids)s) WITH ORDINALITY AS printed (id, sequence)
                 WHERE letter.id = printed.id
             RETURNING letter.id
                """,
                now=fields.Datetime.now(),
                ids=self.ids,
            )
        )
        self.invalidate_recordset(["date_printed", "print_sequence"], flush=False)
