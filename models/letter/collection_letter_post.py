from datetime import datetime, time, timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.days import company_today

#: in this order letters are printed, so that the post office sorts less
ADDRESS_FIELDS = (
    "addressee_country_id",
    "addressee_zip",
    "addressee_city",
    "addressee_street",
    "addressee_name",
)


class CollectionLetter(models.Model):
    """Letters on paper: the list to print, and the receipts of registered post.

    An ordinary letter counts as sent when it is on the list to print. A registered one
    is written and on that list, but waits to be sent until somebody says that it was
    posted: its level, its day and the time that it gives count from then.
    """

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
    date_posted = fields.Date(
        string="Posted on",
        readonly=True,
        copy=False,
        help="Day on which the registered letter was brought to the post. Its level "
        "and the time that it gives count from then.",
    )
    to_post = fields.Boolean(
        string="To Be Posted",
        compute="_compute_to_post",
        search="_search_to_post",
        help="A registered letter that is written, and that nobody has posted yet.",
    )
    post_remark = fields.Char(
        string="Before You Post It",
        compute="_compute_post_remark",
        help="What has changed since the letter was written.",
    )
    date_presented = fields.Date(
        string="First Presented on",
        copy=False,
        help="Day on which the post first presented the registered letter. The time "
        "that a formal notice gives counts from then.",
    )

    @api.depends("state", "channel", "attachment_id")
    def _compute_to_post(self):
        for letter in self:
            letter.to_post = (
                letter.state == "to_send"
                and letter.channel == "registered"
                and bool(letter.attachment_id)
            )

    @api.model
    def _search_to_post(self, operator, value):
        if operator != "in":
            return NotImplemented
        waiting = (
            Domain("state", "=", "to_send")
            & Domain("channel", "=", "registered")
            & Domain("attachment_id", "!=", False)
        )
        return waiting if True in value else ~waiting

    @api.depends(
        "to_post",
        "line_ids.amount_due",
        "line_ids.item_id.amount_residual",
        "line_ids.item_id.amount_disputed",
        "line_ids.item_id.state",
    )
    def _compute_post_remark(self):
        for letter in self:
            # sudo: whether what the letter asks for is still owed
            changed = letter.to_post and any(
                line.item_id.state != "open"
                or letter.currency_id.compare_amounts(
                    line.amount_due,
                    line.item_id.amount_residual - line.item_id.amount_disputed,
                )
                for line in letter.sudo().line_ids
                if line.item_id
            )
            letter.post_remark = changed and self.env._(
                "What it asks for was paid or has changed since it was written: do not "
                "post it."
            )

    @api.depends(
        "date",
        "date_posted",
        "date_presented",
        "level_id.formal_notice",
        "level_id.deadline_days",
        "level_id.variant_ids.deadline_days",
        "account_id.segment_id.debtor_type",
    )
    def _compute_date_deadline(self):
        for letter in self:
            level_sudo = letter.sudo().level_id
            start = letter.date_posted or letter.date
            if level_sudo.formal_notice and letter.date_presented:
                start = letter.date_presented
            # what the customer reads: a variant may give more time than its level
            days = letter._get_wording().deadline_days if level_sudo else 0
            letter.date_deadline = (
                start + timedelta(days=days) if start and days else False
            )

    @api.constrains("date_posted", "date_presented")
    def _check_date_presented(self):
        for letter in self:
            if letter.date_posted and letter.date_posted < letter.date:
                raise UserError(
                    self.env._("A letter is not posted before the day it is dated.")
                )
            if letter.date_presented and letter.date_presented < (
                letter.date_posted or letter.date
            ):
                raise UserError(
                    self.env._(
                        "A letter is not presented before the day it is dated, or "
                        "posted."
                    )
                )

    # ------------------------------------------------------------------
    # Posted
    # ------------------------------------------------------------------

    def action_post(self):
        """Ask when these registered letters were posted, and their numbers."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_posting_action"
        )
        return dict(
            action, context={"default_letter_ids": self.filtered("to_post").ids}
        )

    def _mark_posted(self, date):
        """These registered letters were brought to the post on `date`: they are sent.

        :raises AccessError: for whoever is no collector
        :raises UserError: a letter is not waiting to be posted, or the day cannot be
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "account_collection.group_collection_user"
        ):
            raise AccessError(
                self.env._("Only collectors say that letters were posted.")
            )
        if not self or not all(self.mapped("to_post")):
            raise UserError(
                self.env._(
                    "Only registered letters that were written and not posted yet can "
                    "be posted."
                )
            )
        for company in self.company_id:
            if date > company._get_collection_today():
                raise UserError(
                    self.env._("That day has not come yet: nothing was posted on it.")
                )
        # sudo: checked above; collectors post what managers send
        letters_sudo = self.sudo()
        letters_sudo.date_posted = date
        # whatever it was printed with
        printed = fields.Datetime.now()
        letters_sudo.filtered(lambda x: not x.date_printed).date_printed = printed
        letters_sudo._leave()
        # noon, so that it is this day wherever it is read
        letters_sudo.filtered(
            lambda letter: date < company_today(letter)
        ).date_sent = datetime.combine(date, time(12))

    def action_write_anew(self):
        """The paper of these letters is not posted: they are written anew when they
        are sent."""
        self.check_access("write")
        self._check_may_send()
        papers = self.filtered("to_post")
        if not papers:
            raise UserError(
                self.env._(
                    "Only registered letters that were written and not posted yet can "
                    "be written anew."
                )
            )
        papers._take_back_paper(self.env._("Not posted: to be written anew"))

    def _take_back_paper(self, reason):
        """These letters were written and not posted: what is on paper is void."""
        # sudo: checked by the caller, or what the letters are about has changed
        papers_sudo = self.sudo().filtered("to_post")
        papers_sudo.filtered("by_email")._cancel_mails()
        papers_sudo.write(
            {
                "attachment_id": False,
                "enclosure_ids": [Command.clear()],
                "by_post": False,
                "by_email": False,
                "delivery_state": False,
                "date_printed": False,
                "print_sequence": False,
                "state_reason": reason,
            }
        )
        for letter in papers_sudo:
            letter._message_log(body=reason)

    # ------------------------------------------------------------------
    # Printed
    # ------------------------------------------------------------------

    @api.model
    def _on_paper(self):
        """Domain of the letters that are printed as they were written."""
        return Domain("by_post", "=", True) & (
            Domain("state", "=", "sent") | Domain("to_post", "=", True)
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
            self._on_paper()
            & Domain("date_printed", "=", False)
            & Domain("company_id", "in", self.env.companies.ids)
        )
        letters = waiting.filtered_domain(self._on_paper())._in_address_order()
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
        self.modified(["date_printed", "print_sequence"])
