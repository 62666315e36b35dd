from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.amount_in_words import amount_in_words
from ...tools.bill import return_deadline
from ..base.days import company_today
from .collection_letter_kind import OF_MANDATE


class CollectionLetter(models.Model):
    """Letters outside the ladder, and the first letter of a provider (R124-4).

    A letter has a level or a kind. One of a kind never moves the level of an item
    and no dunning run draws it up; it is numbered, sent and kept like the others.
    """

    _inherit = "collection.letter"

    kind_id = fields.Many2one(
        comodel_name="collection.letter.kind",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    fact_date = fields.Date(
        string="Day Concerned",
        readonly=True,
        help="Day promised, of the payment, or maturity of the bill.",
    )
    fact_amount = fields.Monetary(
        string="Amount Concerned",
        readonly=True,
        help="Amount promised, received, of the bill or of the whole plan.",
    )
    payment_means = fields.Selection(
        selection=[
            ("transfer", "bank transfer"),
            ("cheque", "cheque"),
            ("direct_debit", "direct debit"),
            ("direct_debit_b2b", "SEPA B2B direct debit"),
            ("lcr_magnetic", "LCR without paper"),
            ("card", "card"),
            ("bill", "bill of exchange"),
            ("cash", "cash"),
        ],
        string="Means of Payment",
        readonly=True,
    )
    fact_reference = fields.Char(
        string="Reference", readonly=True, help="Of the bill or of the payment."
    )
    fact_person = fields.Char(
        string="Person", readonly=True, help="Who promised, paid or agreed."
    )
    detail_ids = fields.One2many(
        comodel_name="collection.letter.detail",
        inverse_name="letter_id",
        string="Instalments",
        readonly=True,
        copy=True,
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Mandate under which a provider presents itself with this letter.",
    )
    mandate_notice_id = fields.Many2one(
        comodel_name="collection.letter",
        string="First Letter of the Provider",
        readonly=True,
        ondelete="restrict",
        help="Its number and date are told on this letter (article R124-4 CPCE).",
    )

    # ------------------------------------------------------------------
    # Whose words, and which claims
    # ------------------------------------------------------------------

    def _get_wording(self):
        """The record whose text applies: the kind, the level's variant, the level."""
        self.ensure_one()
        # sudo: the wording belongs to the letter
        letter_sudo = self.sudo()
        if letter_sudo.kind_id:
            return letter_sudo.kind_id
        level = letter_sudo.level_id
        if not level.variant_ids:
            return level
        return level._get_wording(letter_sudo.account_id._get_debtor_type())

    def _get_title(self):
        """What the letter is, in a word or two."""
        letter_sudo = self.sudo()
        return letter_sudo.kind_id.name or letter_sudo.level_id.name or ""

    def _claims_penalties(self):
        """Whether interest and indemnity are added to the principal."""
        return (self.kind_id or self.level_id).include_penalties

    def _is_by_provider(self):
        """Whether the provider writes it, on its own letterhead."""
        return bool(self.sudo().kind_id.by_provider)

    def _get_fact_values(self):
        """What the placeholders about facts stand for (tools.letter_text)."""
        self.ensure_one()
        letter_sudo = self.sudo().with_context(lang=self.lang)
        means = dict(
            letter_sudo._fields["payment_means"]._description_selection(letter_sudo.env)
        )
        details = letter_sudo.detail_ids.sorted("date")
        mandate = letter_sudo.mandate_id or (
            letter_sudo.account_id.mandate_id
            if letter_sudo._is_by_provider()
            else False
        )
        day = letter_sudo.fact_date
        return_day = day and return_deadline(day)
        return {
            "fact_date": day and letter_sudo._format_long_date(day),
            "fact_amount": letter_sudo.fact_amount
            and letter_sudo._format_amount(letter_sudo.fact_amount),
            "fact_amount_words": letter_sudo.fact_amount
            and letter_sudo._get_amount_in_words(letter_sudo.fact_amount),
            "fact_reference": letter_sudo.fact_reference,
            "fact_person": letter_sudo.fact_person,
            "payment_means": means.get(letter_sudo.payment_means),
            "instalments": details and str(len(details)),
            "first_date": details and letter_sudo._format_long_date(details[0].date),
            "last_date": details and letter_sudo._format_long_date(details[-1].date),
            "return_date": return_day and letter_sudo._format_long_date(return_day),
            "provider": mandate and mandate.provider_id.name,
            "mandate_reference": mandate and (mandate.reference or mandate.number),
        }

    def _get_amount_in_words(self, amount):
        """`amount` of the letter's currency in words of the letter's language."""
        currency = self.currency_id.with_context(lang=self.lang)
        return amount_in_words(
            amount,
            currency=currency.name,
            lang=self.lang,
            decimal_places=currency.decimal_places,
            unit_label=currency.currency_unit_label or None,
            subunit_label=currency.currency_subunit_label or None,
            huitante=self.company_id.collection_huitante,
        )

    # ------------------------------------------------------------------
    # The first letter of a provider
    # ------------------------------------------------------------------

    def _get_mandate_notice(self):
        """Letter whose number and date this one must recall, if any."""
        self.ensure_one()
        # sudo: number and date only, of a letter to the same customer
        letter_sudo = self.sudo()
        if (
            letter_sudo.mandate_notice_id
            or letter_sudo.state == "sent"
            or not letter_sudo.account_id
        ):
            return letter_sudo.mandate_notice_id
        if letter_sudo._is_by_provider():
            return letter_sudo.mandate_notice_id
        return letter_sudo.account_id._get_mandate_notices().get(
            letter_sudo.account_id, letter_sudo.mandate_notice_id
        )

    def _needs_mandate_notice(self):
        """Whether the provider must have presented itself before this letter.

        Not before what only serves the customer: nothing is collected yet.
        """
        # sudo: mandate and wording of a letter that is readable
        letter_sudo = self.sudo()
        return (
            not letter_sudo._is_by_provider()
            # by which the company says that there will be one
            and letter_sudo.kind_id.code not in OF_MANDATE
            and letter_sudo.level_id.tone != "service"
            and letter_sudo.account_id._is_worked_on_behalf()
        )

    def _get_mandate_bank_account(self):
        """Account that the provider keeps for what it collects (R124-2 CPCE)."""
        self.ensure_one()
        # sudo: printed on the letter for the customer anyway
        letter_sudo = self.sudo()
        mandate = letter_sudo.mandate_id or letter_sudo._get_mandate_notice().mandate_id
        return mandate.payment_bank_id

    def _link_mandate_notices(self):
        """Note on these letters which first letter of a provider they recall."""
        candidates = self.filtered(lambda letter: not letter._is_by_provider())
        notices = candidates.account_id._get_mandate_notices()
        for account, notice in notices.items():
            candidates.filtered(
                lambda letter, account=account: letter.account_id == account
            ).mandate_notice_id = notice

    # ------------------------------------------------------------------
    # Life cycle
    # ------------------------------------------------------------------

    def _recompute_before_sending(self):
        """Letters of a kind have rules of their own, reminders those of the runs."""
        of_kind = self.filtered("kind_id")
        remaining = super(CollectionLetter, self - of_kind)._recompute_before_sending()
        return remaining | of_kind._recompute_kinds()

    def _recompute_kinds(self):
        """Bring letters of a kind to today's figures; settled ones are cancelled.

        :return: the letters that are still to be sent
        """
        credits_by_account = self.account_id._get_letter_credits()
        notices = self.filtered(lambda letter: letter.kind_id.by_provider)
        claims = notices.line_ids.item_id._get_provider_claims()
        for letter in self:
            reason = letter._get_outdated_reason()
            if reason:
                letter._cancel(reason)
                continue
            today = company_today(letter)
            if letter.kind_id.with_items == "open":
                rows = [
                    row
                    for row in credits_by_account.get(letter.account_id, ())
                    if row["currency_id"] == letter.currency_id.id
                ]
                letter._write_open_lines(rows, today)
            else:
                letter._update_kind_lines(today, claims)
            letter.date = today
            if letter in notices:
                letter.amount_credit = sum(
                    claims.get(item, 0.0) for item in letter.line_ids.item_id
                )
                if not letter.line_ids:
                    letter._cancel(
                        self.env._(
                            "Nothing is left that the provider may ask for: paid, "
                            "promised, disputed or stopped meanwhile"
                        )
                    )
            elif letter.kind_id.with_items == "unpaid" and letter._is_settled():
                letter._cancel(self.env._("Paid or settled meanwhile"))
        remaining = self.filtered(lambda letter: letter.state == "to_send")
        remaining._sum_lines()
        remaining._compute_penalties()
        for letter in remaining.filtered(lambda x: x.kind_id.code == "payment_plan"):
            letter._check_plan_covered()
        return remaining.filtered(lambda letter: letter.state == "to_send")

    def _get_outdated_reason(self):
        """Why a letter of a kind has lost its object, or False."""
        account = self.account_id
        if self.kind_id.by_provider:
            if self.mandate_id != account.mandate_id or not (
                account._is_worked_on_behalf()
            ):
                return self.env._("No longer with this provider")
        elif self.kind_id.code in OF_MANDATE and (
            self.mandate_id != account.mandate_id
            or account.delegation_state != "delegated"
        ):
            return self.env._("No longer with this provider")
        if account.insolvency_date and self.kind_id._asks_for_payment():
            return self.env._("Insolvency proceedings are open")
        if self.kind_id.code == "thanks" and account.amount_overdue:
            return self.env._("Something is overdue again")
        return False

    def _update_kind_lines(self, today, claims):
        """Today's amounts; what is paid leaves a letter that asks for payment.

        :param claims: what providers may ask for, of `_get_provider_claims`
        """
        Account = self.env["collection.account"]
        for line in self.line_ids.filtered("item_id"):
            item = line.item_id
            amounts = Account._get_item_amounts(item, today)
            if (self.kind_id.by_provider and item not in claims) or (
                self.kind_id.with_items == "unpaid"
                and (
                    item.state == "closed"
                    or self.currency_id.compare_amounts(amounts["amount_due"], 0) <= 0
                )
            ):
                line.unlink()
                continue
            line.write(amounts)

    def _write_open_lines(self, credit_rows, today):
        """The lines of a statement: everything open, and the credits."""
        Account = self.env["collection.account"]
        items = self.account_id.item_ids.filtered(
            lambda item: item.state == "open" and item.currency_id == self.currency_id
        ).sorted(lambda item: (item.date_due, item.id))
        self.line_ids.unlink()
        self.env["collection.letter.line"].create(
            [
                {"letter_id": self.id, **values}
                for values in (
                    *(Account._prepare_item_line(item, today) for item in items),
                    *(Account._prepare_credit_line(row) for row in credit_rows),
                )
            ]
        )

    def _is_settled(self):
        """Nothing is left of what the letter is about."""
        if self.line_ids:
            return False
        # a promise about the account as a whole, not about chosen items
        return self.currency_id.compare_amounts(self.account_id.amount_open, 0) <= 0

    def _check_plan_covered(self):
        """A plan is a contract: it may not acknowledge more than is still owed."""
        if self.line_ids and (
            self.currency_id.compare_amounts(self.fact_amount, self.amount_total) > 0
        ):
            self.write(
                {
                    "state": "error",
                    "state_reason": self.env._(
                        "Only %(due)s of the %(amount)s of this plan are still owed: "
                        "draw it up again.",
                        due=self.currency_id.format(self.amount_total),
                        amount=self.currency_id.format(self.fact_amount),
                    ),
                }
            )

    # ------------------------------------------------------------------
    # Mandatory mentions
    # ------------------------------------------------------------------

    def _get_missing_facts(self):
        """Facts that letters of kinds lack, and where to enter them.

        :return: iterator of (letter, mention)
        """
        for letter in self.filtered("kind_id"):
            names = [name for name in letter.kind_id._get_facts() if not letter[name]]
            labels = [
                letter._fields[name]._description_string(self.env) for name in names
            ]
            if labels:
                yield (
                    letter,
                    self.env._(
                        "%(facts)s of the letter “%(kind)s” to %(customer)s (draw it "
                        "up again with “Write a Letter” on the customer's account)",
                        facts=", ".join(labels),
                        kind=letter.kind_id.name,
                        customer=letter.account_id.display_name,
                    ),
                )
            total = sum(letter.detail_ids.mapped("amount"))
            if letter.detail_ids and letter.currency_id.compare_amounts(
                total, letter.fact_amount
            ):
                yield (
                    letter,
                    self.env._(
                        "instalments of %(customer)s that add up to the %(amount)s "
                        "acknowledged (they come to %(total)s)",
                        customer=letter.account_id.display_name,
                        amount=letter.currency_id.format(letter.fact_amount),
                        total=letter.currency_id.format(total),
                    ),
                )

    def _get_missing_provider_mentions(self):
        """Particulars of providers that article R124-4 CPCE wants on first letters."""
        missing = []
        notices = self.filtered(lambda letter: letter._is_by_provider())
        for mandate in notices.mandate_id:
            # sudo: only whether the parties' particulars are filled in
            mandate_sudo = mandate.sudo()
            provider, company = mandate_sudo.provider_id, mandate_sudo.company_id
            form = self.env._(
                "Collections ‣ Delegation ‣ Mandates ‣ %(mandate)s",
                mandate=mandate_sudo.display_name,
            )
            if not (provider.street and provider.city):
                missing.append(
                    self.env._(
                        "the address of the provider (%(place)s ‣ %(provider)s)",
                        place=form,
                        provider=provider.display_name,
                    )
                )
            if not (company.street and company.city):
                missing.append(
                    self.env._(
                        "the address of the creditor (Settings ‣ Users & Companies ‣ "
                        "Companies ‣ %(company)s)",
                        company=company.name,
                    )
                )
            if not mandate_sudo.reference:
                missing.append(
                    self.env._(
                        "the provider's reference (%(place)s, field Provider's "
                        "Reference)",
                        place=form,
                    )
                )
            if not mandate_sudo.payment_bank_id:
                missing.append(
                    self.env._(
                        "the bank account to pay into (%(place)s, field Paying "
                        "Account)",
                        place=form,
                    )
                )
        return missing

    def _get_missing_claims(self):
        """First letters of a provider that have nothing to ask for, or nobody to do so.

        :return: iterator of (letter, mention)
        """
        for letter in self.filtered(lambda letter: letter._is_by_provider()):
            if not letter.mandate_id:
                yield (
                    letter,
                    self.env._(
                        "a mandate: the account is with no provider (hand it over)"
                    ),
                )
            elif (
                letter.currency_id.compare_amounts(
                    letter.amount_due, letter.amount_credit
                )
                <= 0
            ):
                yield (
                    letter,
                    self.env._(
                        "an amount due: nothing is left of what was handed over that "
                        "%(customers)s may be asked for (cancel the letter)",
                        customers=letter.account_id.display_name,
                    ),
                )

    def _get_missing_notices(self):
        """Letters to customers to whom the provider has not presented itself yet.

        :return: iterator of (letter, mention)
        """
        waiting = self.filtered(lambda letter: letter._needs_mandate_notice())
        told = waiting.account_id._get_mandate_notices()
        for letter in waiting:
            if letter.account_id not in told:
                yield (
                    letter,
                    self.env._(
                        "the first letter of the provider, which must leave before any "
                        "other (article R124-4 CPCE): confirm and send it first to "
                        "%(customers)s (Collections ‣ Reminders ‣ Letters, or “Write a "
                        "Letter” on the account)",
                        customers=letter.account_id.display_name,
                    ),
                )

    # ------------------------------------------------------------------
    # Samples
    # ------------------------------------------------------------------

    def _sum_sample(self):
        """Totals of a letter that is never saved."""
        lines = self.line_ids
        self.amount_due = sum(lines.mapped("amount_due"))
        self.amount_interest = sum(lines.mapped("amount_interest"))
        self.amount_indemnity = sum(lines.mapped("amount_indemnity"))
        self.amount_waived = sum(lines.mapped("amount_waived"))
        self.amount_total = (
            self.amount_due
            + self.amount_interest
            + self.amount_indemnity
            - self.amount_waived
            - self.amount_credit
        )

    def _render_sample(self, wording=None, lang=None):
        """HTML of a letter that is never saved.

        :param wording: record whose text is shown instead of the stored one
        :param lang: language of the letter, by default the customer's
        """
        self.ensure_one()
        letter = self
        if lang:
            letter.lang = lang
        report_sudo = self.env[
            "report.account_collection.report_collection_letter"
        ].sudo()
        try:
            return report_sudo._render_sample(letter, wording)
        except UserError as error:
            return str(error)
