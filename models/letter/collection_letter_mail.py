from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, email_normalize, formataddr
from odoo.tools.mail import prepend_html_content

from .collection_letter_outage import MAIL_OUTAGE

#: more invoices than this are not attached
MAX_ENCLOSURES = 10
#: for how many days after it left the job looks whether a letter left late
LATE_DAYS = 2
RECALL_STYLE = "font-family: Arial, Helvetica, sans-serif; font-size: 14px;"
TODO_ACTIVITY = "mail.mail_activity_data_todo"


class CollectionLetter(models.Model):
    """The e-mail of a letter: to whom, with what, and what if it comes back."""

    _inherit = "collection.letter"

    attach_invoices = fields.Boolean(
        copy=False,
        help="Copies of the invoices go with this letter, whatever its level says.",
    )
    enclosure_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="collection_letter_enclosure_rel",
        column1="letter_id",
        column2="attachment_id",
        string="Enclosures",
        readonly=True,
        copy=False,
        # documents of other records, which a search would leave out
        bypass_search_access=True,
        help="Copies of invoices that went with the letter.",
    )
    delivery_reason = fields.Char(
        string="Why It Failed",
        readonly=True,
        copy=False,
        help="What the mail server or the answer that came back says.",
    )
    date_handed_over = fields.Datetime(
        string="Taken by the Mail Server on", readonly=True, copy=False
    )
    failure_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    _handed_over_idx = models.Index(
        "(date_handed_over) WHERE date_handed_over IS NOT NULL"
    )

    # ------------------------------------------------------------------
    # Recipients
    # ------------------------------------------------------------------

    def _get_mail_partner(self):
        """The addressee; once corrected on the account, the corrected one."""
        letter_sudo = self.sudo()
        account_sudo = letter_sudo.account_id
        return (
            account_sudo._get_own_people(account_sudo.dunning_contact_id)
            or account_sudo._get_own_people(letter_sudo.partner_id)
            or account_sudo._dunning_contact()
        )

    def _get_copy_partners(self):
        """Who gets a copy: the account's contacts and, on demand, the salesperson."""
        letter_sudo = self.sudo()
        account_sudo = letter_sudo.account_id
        partners = account_sudo._get_own_people(account_sudo.dunning_copy_ids)
        if letter_sudo.level_id.copy_salesperson:
            # their seller, or the one of the invoices
            sellers = (
                letter_sudo.account_id.partner_id.user_id
                or letter_sudo.line_ids.item_id.move_id.invoice_user_id
            )
            partners |= sellers.partner_id
        return (partners - letter_sudo._get_mail_partner()).filtered("email_normalized")

    def _get_reply_to(self):
        """Where answers go: the collector, else the company's collections address."""
        letter_sudo = self.sudo()
        company = letter_sudo.company_id
        user = letter_sudo.account_id.user_id._may_decide_in(company)
        return (
            user.email_formatted
            if user.email_normalized
            else (company.collection_email or company.email)
        )

    # ------------------------------------------------------------------
    # The e-mail
    # ------------------------------------------------------------------

    def _queue_mails(self):
        """Queue one e-mail per letter; the mail queue sends it, as soon as it can."""
        standard = self.env.ref(
            "account_collection.mail_template_letter", raise_if_not_found=False
        )
        for template, letters in self.grouped(
            lambda letter: letter.level_id.mail_template_id or standard
        ).items():
            if not template:
                raise UserError(
                    self.env._("There is no e-mail template for these letters.")
                )
            # sudo: a manager sends letters without rights on templates and mails
            mails_sudo = template.sudo().send_mail_batch(letters.ids)
            if any(not mail.recipient_ids and not mail.email_to for mail in mails_sudo):
                raise UserError(
                    self.env._(
                        "The e-mail template “%(template)s” gives no recipient.",
                        template=template.name,
                    )
                )
        queue = self.env.ref(
            "mail.ir_cron_mail_scheduler_action", raise_if_not_found=False
        )
        if self and queue:
            # sudo: whoever sends letters has no rights on scheduled actions
            queue.sudo()._trigger()

    def _complete_mail_values(self, values):
        """What the template does not know: the recall, copies, answers, enclosures.

        :param dict values: of the e-mail, as `mail.template` generates them
        """
        company_sudo = self.sudo().company_id
        enclosed_sudo = self.sudo().attachment_id | self._get_enclosures()
        values.update(
            {
                "attachment_ids": enclosed_sudo.ids,
                "reply_to": self._get_reply_to(),
                # bounces come back to the company's domain, whoever runs the queue
                "record_alias_domain_id": company_sudo.alias_domain_id.id,
                "record_company_id": company_sudo.id,
            }
        )
        # whichever template carries the letter: the law asks for it (R124-4 CPCE)
        recall = self._get_mail_recall()
        if recall:
            values["body_html"] = prepend_html_content(
                str(values.get("body_html") or ""), str(recall)
            )
        copies = self._get_copy_partners()
        recipients_sudo = (
            self.env["res.partner"].sudo().browse(values.get("partner_ids"))
        )
        if copies and recipients_sudo:
            # one e-mail in which the customer sees who has a copy
            values["email_to"] = ", ".join(
                formataddr((partner.name or "", partner.email_normalized))
                for partner in recipients_sudo
                if partner.email_normalized
            )
            values["partner_ids"] = []
            values["email_cc"] = ", ".join(
                formataddr((partner.name or "", partner.email_normalized))
                for partner in copies
            )

    def _get_mail_recall(self):
        """Which first letter of a provider the e-mail follows, as HTML, or nothing."""
        Report = self.env["report.account_collection.report_collection_letter"]
        # sudo: it goes to the customer whom both letters are for
        letter_sudo = self.sudo().with_context(lang=self.lang)
        notice = Report.with_context(lang=self.lang)._get_notice_line(letter_sudo)
        if not notice:
            return Markup()
        return Markup('<p style="{}"><strong>{}</strong></p>').format(
            RECALL_STYLE, notice
        )

    # ------------------------------------------------------------------
    # Enclosures
    # ------------------------------------------------------------------

    def action_attach_invoices(self):
        """Send copies of the invoices with these letters."""
        if any(letter.state == "sent" for letter in self):
            raise UserError(self.env._("A letter that was sent stays as it was sent."))
        for letter in self:
            moves = letter._get_moves_to_enclose()
            if len(moves) > MAX_ENCLOSURES:
                raise UserError(
                    self.env._(
                        "%(letter)s asks for %(count)s invoices: not more than "
                        "%(limit)s are attached.",
                        letter=letter.display_name,
                        count=len(moves),
                        limit=MAX_ENCLOSURES,
                    )
                )
        self.attach_invoices = True

    def _wants_enclosures(self):
        """Whether copies of the invoices are to go with the letter."""
        return self.attach_invoices or self.level_id.attach_invoices

    def _get_moves_to_enclose(self):
        # sudo: the customer's own invoices, enclosed for the customer
        return self.sudo().line_ids.item_id.move_id

    def _get_enclosures(self):
        """PDFs of the invoices that go with the letter, all of them or none."""
        self.ensure_one()
        letter_sudo = self.sudo()
        if letter_sudo.state == "sent" or letter_sudo.enclosure_ids:
            return letter_sudo.enclosure_ids
        documents = letter_sudo.enclosure_ids
        if not letter_sudo._wants_enclosures():
            return documents
        moves = letter_sudo._get_moves_to_enclose()
        found = moves.invoice_pdf_report_id.filtered(lambda a: a._is_intact())
        if len(moves) > MAX_ENCLOSURES or len(found) < len(moves):
            return documents
        return found

    def _get_enclosure_remark(self):
        """Why copies of the invoices that are wanted do not go with the letter."""
        letter_sudo = self.sudo()
        if not letter_sudo._wants_enclosures() or letter_sudo._get_enclosures():
            return False
        count = len(letter_sudo._get_moves_to_enclose())
        if count > MAX_ENCLOSURES:
            return self.env._(
                "No copies of the invoices went with it: there are %(count)s of them, "
                "and not more than %(limit)s are attached.",
                count=count,
                limit=MAX_ENCLOSURES,
            )
        return count > 0 and self.env._(
            "No copies of the invoices went with it: not all of them can be printed."
        )

    def _generate_enclosures(self):
        """Print the invoices to enclose that have no PDF yet, in batches."""
        missing_sudo = self.env["account.move"].sudo()
        for letter_sudo in self.sudo():
            if letter_sudo._wants_enclosures():
                moves = letter_sudo._get_moves_to_enclose()
                if len(moves) <= MAX_ENCLOSURES and all(
                    move.is_sale_document(include_receipts=True) for move in moves
                ):
                    missing_sudo |= moves.filtered(
                        lambda m: not m.invoice_pdf_report_id
                    )
        for company, moves in missing_sudo.grouped("company_id").items():
            send_sudo = (
                self.env["account.move.send"]
                .sudo()
                .with_company(company)
                .with_context(collection_documents=len(moves))
            )
            documents = {
                move: {"pdf_report": send_sudo._get_default_pdf_report_id(move)}
                for move in moves
            }
            send_sudo._prepare_invoice_pdf_report(documents)
            send_sudo._link_invoice_documents(documents)

    # ------------------------------------------------------------------
    # Paying
    # ------------------------------------------------------------------

    @api.depends("line_ids.item_id", "company_id")
    def _compute_payment_url(self):
        """Odoo's own portal page of the invoice, or of all that is overdue."""
        self.payment_url = False
        if not self.env["ir.module.module"]._installed().get("account_payment"):
            return
        for company, letters in self.sudo().grouped("company_id").items():
            # sudo: whether customers can pay on-line, not how
            providers_sudo = self.env["payment.provider"].sudo()
            if not providers_sudo.search_count(
                [
                    *providers_sudo._check_company_domain(company),
                    ("state", "in", ("enabled", "test")),
                    ("is_published", "=", True),
                ],
                limit=1,
            ):
                continue
            base_url = company.get_base_url()
            single = {}
            for letter in letters:
                moves = letter.line_ids.item_id.move_id
                if letter.kind_id.code in ("receipt", "thanks"):
                    continue
                if len(moves) == 1 and moves.is_invoice():
                    single[letter] = moves
                else:
                    letter.payment_url = f"{base_url}/my/invoices/overdue"
            self._ensure_access_tokens(self.env["account.move"].union(*single.values()))
            for letter, move in single.items():
                letter.payment_url = f"{base_url}{move.get_portal_url()}"

    @api.model
    def _ensure_access_tokens(self, moves):
        """Give invoices their portal token in one statement, as core does one by one:
        a write per invoice would work out the whole invoice again."""
        missing_sudo = moves.sudo().filtered(lambda move: not move.access_token)
        if not missing_sudo:
            return
        missing_sudo.flush_recordset(["access_token"])
        self.env.execute_query(
            SQL(
                "UPDATE account_move SET access_token = gen_random_uuid()::text"
                " WHERE id IN %s AND access_token IS NULL RETURNING id",
                tuple(missing_sudo.ids),
            )
        )
        missing_sudo.invalidate_recordset(["access_token"], flush=False)

    def _get_amount_to_transfer(self):
        """What the customer is to pay in one transfer on this letter, if anything."""
        self.ensure_one()
        code = self.sudo().kind_id.code
        if code in ("payment_plan", "statement"):
            # paid in parts, or invoice by invoice when each is due
            return 0.0
        return self.fact_amount if code == "promise_confirmation" else self.amount_total

    def _get_qr_code(self):
        """QR code of the bank transfer, as a data address, or False.

        Odoo's own, by the standard of the bank account's country, where the company
        prints QR codes on its invoices.
        """
        self.ensure_one()
        # sudo: printed on the letter for the customer anyway
        letter_sudo = self.sudo()
        amount = letter_sudo._get_amount_to_transfer()
        if (
            not letter_sudo.company_id.qr_code
            or letter_sudo.currency_id.compare_amounts(amount, 0) <= 0
        ):
            return False
        return letter_sudo._get_bank_account().build_qr_code_base64(
            amount,
            letter_sudo.number or "",
            letter_sudo.number or "",
            letter_sudo.currency_id,
            letter_sudo.account_id.partner_id,
            silent_errors=True,
        )

    # ------------------------------------------------------------------
    # E-mails that come back
    # ------------------------------------------------------------------

    def _message_receive_bounce(self, email, partner):
        """An e-mail of these letters came back from `email`."""
        res = super()._message_receive_bounce(email, partner)
        reason = self.env.context.get("collection_bounce_text") or ""
        for letter in self:
            addressee_sudo = (
                letter.sudo()._get_mail_partner() | letter.sudo().partner_id
            )
            if (
                email
                and not partner & addressee_sudo
                and email_normalize(email)
                not in addressee_sudo.mapped("email_normalized")
            ):
                # the customer has got it, somebody in copy has not
                letter._message_log(
                    body=self.env._(
                        "The copy to %(email)s came back. %(reason)s",
                        email=email,
                        reason=reason,
                    )
                )
                continue
            letter._mark_failed("bounced", reason)
        return res

    def _mark_failed(self, state, reason):
        """The e-mail did not arrive: say so, and ask the collector to see to it.

        :param state: value of `delivery_state`, "bounced" or "failed"
        :param reason: what the mail server says
        """
        # sudo: the mail gateway and the mail queue have no role in collections
        for letter_sudo in self.sudo():
            letter_sudo.write(
                {"delivery_state": state, "delivery_reason": reason or False}
            )
            summary = letter_sudo._get_failure_summary(self.env)
            letter_sudo._message_log(
                body=Markup("{}<br/>{}").format(summary, reason or "")
            )
            # one that is done is kept: who sent it again is told again
            if letter_sudo.failure_activity_id.active:
                continue
            account_sudo = letter_sudo.account_id
            letter_sudo.failure_activity_id = account_sudo._activity_schedule_for(
                letter_sudo._get_collector(),
                TODO_ACTIVITY,
                lambda asked_sudo, letter_sudo=letter_sudo: (
                    letter_sudo._get_failure_summary(asked_sudo.env)
                ),
                note=Markup("{}<br/>{}").format(
                    letter_sudo._get_html_link(title=letter_sudo.number), reason or ""
                ),
            )

    def _get_failure_summary(self, env):
        """What there is to do about an e-mail that did not arrive, as `env` speaks."""
        self.ensure_one()
        if self.delivery_state == "bounced":
            return env._(
                "E-mail of letter %(number)s came back: check the address, send "
                "by post",
                number=self.number,
            )
        return env._(
            "E-mail of letter %(number)s could not be sent: check the address, send by "
            "post",
            number=self.number,
        )

    def _mark_waiting(self, reason):
        """The mail server did not take the e-mails of these letters: they stay in its
        queue, and the managers are told of the first of them.

        :param reason: what the mail server says, or why it cannot be reached
        """
        # sudo: the mail queue has no role in collections
        letters_sudo = self.sudo().filtered(
            lambda letter: letter.delivery_state in ("pending", "failed")
        )
        first_time = letters_sudo.filtered(
            lambda letter: (
                letter.delivery_state == "pending" and not letter.delivery_reason
            )
        )
        letters_sudo.write(
            {
                "delivery_state": "pending",
                "delivery_reason": reason or self.env._("No answer"),
            }
        )
        first_time._tell_outage(MAIL_OUTAGE, "_get_mail_notice")

    def _get_mail_notice(self):
        """What managers read while the mail server takes no letters."""
        return {
            "summary": self.env._("E-mails of letters wait for the mail server"),
            "note": self.env._(
                "%(letter)s: %(reason)s. It goes by itself as soon as the mail server "
                "takes it, as do those behind it. Ask your administrator to look at "
                "the outgoing mail server.",
                letter=self[:1].number,
                reason=self[:1].delivery_reason,
            ),
        }

    def _mark_handed_over(self):
        """The mail server took the e-mails of these letters."""
        letters_sudo = self.sudo().filtered(
            lambda letter: letter.delivery_state in ("pending", "failed")
        )
        failed = letters_sudo.failure_activity_id.filtered("active")
        letters_sudo.write(
            {
                "delivery_state": "handed_over",
                "delivery_reason": False,
                "date_handed_over": fields.Datetime.now(),
            }
        )
        failed.action_feedback(feedback=self.env._("The mail server has taken it"))

    def _withdraw_settled(self):
        """Cancel those reminders of these whose e-mail has waited for the mail server,
        and that ask for nothing any more.

        :return: the letters that will not leave
        """
        settled = self.filtered(
            lambda letter: (
                letter.delivery_state == "pending"
                and letter.delivery_reason
                and letter.level_id
                and "open" not in letter.line_ids.item_id.mapped("state")
            )
        )
        if settled:
            settled._cancel_mails()
            settled.write({"delivery_state": False, "by_email": False})
            # on paper it may be with the customer already
            settled.filtered(lambda letter: not letter.by_post)._cancel(
                self.env._("Paid or settled before the mail server took it")
            )
        return settled

    def _cancel_mails(self):
        """E-mails of these letters that are in the queue, or that core would try again,
        do not leave any more."""
        # sudo: the mails of letters that the user works with
        mails_sudo = self.env["mail.mail"].sudo()
        mails_sudo.search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "in", ("outgoing", "exception")),
            ]
        ).cancel()

    @api.model
    def _follow_late_mails(self):
        """The level of a letter that the mail server took days later counts from the
        day on which it left."""
        self.flush_model()
        self.env["collection.letter.line"].flush_model(["item_id", "level_id"])
        self.env["collection.item"].flush_model(["level_id", "level_date"])
        self.env["collection.level.history"].flush_model(["date", "letter_id"])
        since = fields.Datetime.now() - timedelta(days=LATE_DAYS)
        moved = []
        for [company] in self._read_group(
            [("date_handed_over", ">=", since)], ["company_id"]
        ):
            moved += self.env.execute_query(
                SQL(
                    """
                    WITH late AS (
                        SELECT letter.id, letter.date, line.item_id, line.level_id,
                               (letter.date_handed_over AT TIME ZONE 'UTC'
                                AT TIME ZONE %(zone)s)::date AS day
                          FROM collection_letter letter
                          JOIN collection_letter_line line
                            ON line.letter_id = letter.id
                         WHERE letter.company_id = %(company)s
                           AND letter.date_handed_over >= %(since)s
                           AND letter.state = 'sent' AND letter.by_post IS NOT TRUE
                           AND line.level_id IS NOT NULL
                    ), history AS (
                        UPDATE collection_level_history history
                           SET date = late.day
                          FROM late
                         WHERE history.letter_id = late.id
                           AND history.item_id = late.item_id
                           AND history.date = late.date AND late.day > late.date
                    )
                    UPDATE collection_item ci
                       SET level_date = late.day
                      FROM late
                     WHERE ci.id = late.item_id AND ci.level_id = late.level_id
                       AND ci.level_date = late.date AND late.day > late.date
                 RETURNING ci.id
                    """,
                    zone=company._get_collection_zone(),
                    company=company.id,
                    since=since,
                )
            )
        items = self.env["collection.item"].browse(row[0] for row in moved)
        items.invalidate_recordset(["level_date", "history_ids"], flush=False)

    @api.model
    def _follow_mails(self):
        """Look after the letters whose e-mail is said to wait and does not.

        A connection that breaks, or a person in the mail queue, may leave it failed,
        cancelled or deleted, and nobody would hear of it.
        """
        self.flush_model(["delivery_state"])
        self.env["mail.mail"].flush_model(["state", "mail_message_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT letter.id,
                       BOOL_OR(mail.state = 'sent'),
                       MAX(mail.id) FILTER (WHERE mail.state = 'exception')
                  FROM collection_letter letter
             LEFT JOIN mail_message message
                    ON message.model = 'collection.letter'
                   AND message.res_id = letter.id
             LEFT JOIN mail_mail mail ON mail.mail_message_id = message.id
                 WHERE letter.delivery_state = 'pending'
              GROUP BY letter.id
                HAVING BOOL_OR(mail.state = 'outgoing') IS NOT TRUE
                """
            )
        )
        for letter_id, left, mail_id in rows:
            letter = self.browse(letter_id)
            if left:
                letter._mark_handed_over()
            elif mail_id:
                # sudo: the e-mail of a letter, back where it was
                mail_sudo = self.env["mail.mail"].sudo().browse(mail_id)
                mail_sudo._wait_for_server(mail_sudo.failure_reason)
            else:
                letter._mark_failed(
                    "failed", self.env._("It is not in the mail queue any more.")
                )

    def _check_may_send_again(self):
        """Letters that were sent, and a user who works with them."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(
            "account_collection.group_collection_user"
        ):
            raise UserError(self.env._("Only collectors send letters again."))
        if any(letter.state != "sent" for letter in self):
            raise UserError(self.env._("Only letters that were sent are sent again."))
        self._check_intact(enclosed=True)

    def action_send_again(self):
        """Send the same letter again by e-mail, to the address known today.

        Number, date and level stay: it is the letter that was sent.
        """
        self._check_may_send_again()
        for letter in self:
            partner = letter._get_mail_partner()
            if not partner.email_normalized:
                raise UserError(
                    self.env._(
                        "%(partner)s has no valid e-mail address.",
                        partner=partner.display_name,
                    )
                )
        # sudo: the letter itself does not change, only how it gets there
        letters_sudo = self.sudo()
        # or core's retry would send it a second time
        letters_sudo._cancel_mails()
        letters_sudo._queue_mails()
        letters_sudo.write(
            {"by_email": True, "delivery_state": "pending", "delivery_reason": False}
        )
        letters_sudo._close_failure(self.env._("Sent again by e-mail"))

    def action_send_by_post(self):
        """Put the letter on the list of those that go by post, as it was sent."""
        self._check_may_send_again()
        # sudo: the letter itself does not change, only how it gets there
        letters_sudo = self.sudo()
        letters_sudo._cancel_mails()
        letters_sudo.write({"by_post": True, "date_printed": False})
        letters_sudo.filtered(
            lambda letter: letter.delivery_state in ("pending", "failed")
        ).write({"by_email": False, "delivery_state": False, "delivery_reason": False})
        letters_sudo._close_failure(self.env._("Sent by post instead"))

    def _close_failure(self, feedback):
        for letter in self:
            letter._message_log(body=feedback)
        self.failure_activity_id.filtered("active").action_feedback(feedback=feedback)
