from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...tools.instalments import monthly_dates, split_amount
from ..base.days import company_today, on_company_days
from .collection_letter_kind import OF_MANDATE


class CollectionAccount(models.Model):
    """Letters to a customer outside the ladder of reminders."""

    _inherit = "collection.account"

    mandate_notice = fields.Char(
        string="First Letter of the Provider",
        compute="_compute_mandate_notice",
        compute_sudo=True,
        help="Number and date of the letter by which the provider presented itself. "
        "They are told in every later step, calls included (article R124-4 CPCE).",
    )
    mandate_notice_missing = fields.Boolean(
        compute="_compute_mandate_notice", compute_sudo=True
    )

    @api.depends(
        "mandate_id.mode",
        "delegation_state",
        "letter_ids.state",
        "letter_ids.delivery_state",
    )
    def _compute_mandate_notice(self):
        notices = self._get_mandate_notices()
        for account in self:
            notice = notices.get(account)
            account.mandate_notice = notice and self.env._(
                "%(number)s of %(date)s",
                number=notice.number,
                date=format_date(self.env, notice.date),
            )
            account.mandate_notice_missing = (
                not notice and account._is_worked_on_behalf()
            )

    def _is_worked_on_behalf(self):
        """Whether a provider works the account in its own name, for ours."""
        self.ensure_one()
        # sudo: how the provider presents itself is no secret of the mandate
        account_sudo = self.sudo()
        return (
            account_sudo.delegation_state == "delegated"
            and account_sudo.mandate_id.mode == "on_behalf"
        )

    def _get_mandate_notices(self):
        """First letter sent under the mandate that runs: {account: letter}."""
        # sudo: number and date of a letter to the customer concerned
        accounts_sudo = self.sudo().filtered(
            lambda account: account._is_worked_on_behalf()
        )
        if not accounts_sudo.ids:
            return {}
        letters_sudo = accounts_sudo.env["collection.letter"]
        letters = letters_sudo.search(
            letters_sudo._reached_domain()
            & Domain("account_id", "in", accounts_sudo.ids)
            & Domain("kind_id.code", "=", "mandate_notice"),
            order="date, id",
        )
        notices = {}
        for letter in letters:
            account = letter.account_id
            if letter.mandate_id == account.mandate_id:
                notices.setdefault(account.with_env(self.env), letter)
        return notices

    def action_compose_letter(self):
        """Choose a letter, fill in its facts and look at it."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_compose_action"
        )
        return dict(action, context={"default_account_id": self.id})

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _write_letter(self, code, items=None, currency=None, **facts):
        """Draw up a draft letter of a kind to this customer.

        :param code: code of `collection.letter.kind`
        :param items: items the letter is about, in one currency; None: those the
            kind is usually about
        :param currency: currency of the letter without items, by default the
            company's
        :param facts: `fact_date`, `fact_amount`, `payment_means`, `fact_reference`,
            `fact_person`, and `details`: instalments as (date, amount) pairs
        :return: the letter, a draft
        :raises UserError: when the kind does not suit the account, or nothing may be
            asked for
        """
        self.ensure_one()
        letter = self._write_letters(
            code, {self: items} if items is not None else {}, currency, **facts
        )
        if not letter:
            raise UserError(
                self.env._(
                    "There is nothing that the provider may ask of %(customer)s today: "
                    "of the items handed over, none is overdue that is not paid, "
                    "covered by a credit, promised, on a plan, disputed, on hold or "
                    "time-barred. Write the letter when that has changed.",
                    customer=self.display_name,
                )
            )
        return letter

    def _write_letters(self, code, items=None, currency=None, **facts):
        """`_write_letter` for many accounts at once; a few queries for them all.

        :param items: {account: items}; an account left out has the usual ones
        :return: the letters, one per account that has something to write about
        :raises AccessError: for whoever does not work these accounts in-house
        """
        if not self.has_access("write"):
            raise AccessError(
                self.env._("Letters are written by the company's collectors.")
            )
        # sudo: checked above; a collector reads letters and writes them through this
        # method only
        accounts_sudo = self.sudo()
        Letter = accounts_sudo.env["collection.letter"]
        given = {account.id: chosen.sudo() for account, chosen in (items or {}).items()}
        vals_list = []
        groups = accounts_sudo.grouped(
            lambda account: (account.company_id, account._get_debtor_type())
        )
        for (company, debtor_type), of_company in groups.items():
            kind_sudo = (
                self.env["collection.letter.kind"]
                .sudo()
                ._get_kind(code, company, debtor_type)
            )
            usual = of_company._get_usual_items(kind_sudo, currency)
            credits_by_account = of_company._get_letter_credits()
            chosen_items = {
                account: given.get(account.id, usual.get(account))
                for account in of_company
            }
            claims = (
                self.env["collection.item"]
                .sudo()
                .union(*filter(None, chosen_items.values()))
                ._get_provider_claims()
                if kind_sudo.by_provider
                else {}
            )
            for account, chosen in chosen_items.items():
                account._check_kind(kind_sudo)
                account._check_letter_items(kind_sudo, chosen)
                if kind_sudo.by_provider:
                    chosen = chosen and chosen.filtered(
                        lambda item, claims=claims: item in claims
                    )
                    if not chosen:
                        continue
                vals_list.append(
                    account._prepare_letter(
                        {"kind_id": kind_sudo.id},
                        kind_sudo,
                        chosen,
                        currency,
                        credits_by_account.get(account, ()),
                        facts,
                        claims,
                    )
                )
        letters = Letter.create(vals_list)
        letters._sum_lines()
        letters._compute_penalties()
        return letters.sudo(self.env.su)

    def _check_kind(self, kind):
        """Refuse letters about a provider where there is none, or none that shows
        itself, and whatever asks an insolvent customer for payment."""
        if kind._asks_for_payment():
            self._check_solvent()
        if kind.code in OF_MANDATE and self.delegation_state != "delegated":
            raise UserError(
                self.env._(
                    "%(customer)s is with no provider: there is none to write about.",
                    customer=self.display_name,
                )
            )
        if kind.by_provider and not self._is_worked_on_behalf():
            raise UserError(
                self.env._(
                    "%(customer)s is not with a provider that works for the account of "
                    "the company: nobody but the company writes to it.",
                    customer=self.display_name,
                )
            )

    def _check_letter_items(self, kind, items):
        """Hook: refuse to write about items about which others are to write.

        :param items: those the letter is about, None where there are none
        :raises UserError: saying what to do first
        """

    def _check_solvent(self):
        """Refuse to agree with insolvent customers on payment, or to ask them for it.

        :raises UserError: naming the first of them
        """
        # sudo: whether insolvency is open, of a customer the user works
        insolvent_sudo = self.sudo().filtered("insolvency_date")[:1]
        if insolvent_sudo:
            raise UserError(
                self.env._(
                    "%(customer)s is insolvent: declare the claim instead of asking "
                    "for payment or agreeing on it.",
                    customer=insolvent_sudo.display_name,
                )
            )

    def _get_usual_items(self, kind, currency=None):
        """Items a letter of the kind is about when nothing else is said.

        :return: {account: items}, all of one currency
        """
        if kind.with_items == "none" or kind.code in ("receipt", "bill_return"):
            return {}
        domain = Domain("account_id", "in", self.ids) & Domain("state", "=", "open")
        if kind.code == "pre_reminder":
            domain &= on_company_days(
                self.env, lambda today: Domain("date_due", ">=", today)
            )
        elif kind.with_items != "open":
            domain &= on_company_days(
                self.env, lambda today: Domain("date_due", "<", today)
            )
        if kind.by_provider:
            domain &= Domain("delegated", "=", True)
        if currency:
            domain &= Domain("currency_id", "=", currency.id)
        found = self.env["collection.item"].search(domain)
        found -= found._get_silent(kind)
        if kind.by_provider:
            claims = found._get_provider_claims()
            found = found.filtered(lambda item: item in claims)
        usual = {}
        for account, items in found.grouped("account_id").items():
            # in several currencies: the one most is owed in, the rest by hand
            by_currency = items.grouped("currency_id")
            usual[account] = max(
                by_currency.values(),
                key=lambda part: sum(part.mapped("amount_residual_company")),
            )
        return usual

    def _get_letter_credits(self):
        """Credit notes and payments not matched yet, of these accounts.

        :return: {account: [{currency_id, name, date, amount}]}, amounts positive
        """
        if not self.ids:
            return {}
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model(["name", "state"])
        self.env["collection.account"].flush_model(["company_id", "partner_id"])
        rows = self.env.execute_query_dict(
            SQL(
                """
                SELECT acc.id AS account_id, aml.currency_id, move.name,
                       COALESCE(move.invoice_date, aml.date) AS date,
                       -aml.amount_residual_currency AS amount
                  FROM account_move_line aml
                  JOIN account_move move ON move.id = aml.move_id
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
                 WHERE acc.id IN %s AND aml.account_id IN (%s)
                   AND aml.parent_state = 'posted'
                   AND aml.reconciled IS NOT TRUE AND aml.amount_residual < 0
              ORDER BY aml.date, aml.id
                """,
                tuple(self.ids),
                self.env["account.account"]._get_debtor_accounts(),
            )
        )
        found = {}
        for row in rows:
            found.setdefault(self.browse(row.pop("account_id")), []).append(row)
        return found

    def _prepare_letter(
        self, values, wording, items, currency, credit_rows, facts, claims
    ):
        """Values of a letter to this account.

        :param values: `kind_id` or `level_id`
        :param wording: the kind, or the level
        :param claims: of a provider's letter: outcome of `_get_provider_claims`
        """
        items = items if items is not None else self.env["collection.item"]
        currencies = items.currency_id
        if len(currencies) > 1:
            raise UserError(
                self.env._(
                    "A letter is in one currency: write one for each of "
                    "%(currencies)s.",
                    currencies=", ".join(currencies.mapped("name")),
                )
            )
        currency = currencies or currency or self.currency_id
        today = company_today(self)
        contact = self._dunning_contact()
        channel = wording.channel
        if channel == "email" and not contact.email_normalized:
            channel = "post"
        facts = dict(facts)
        details = facts.pop("details", ())
        of_kind = bool(values.get("kind_id"))
        of_currency = [row for row in credit_rows if row["currency_id"] == currency.id]
        lines = [self._prepare_item_line(item, today) for item in items]
        statement = of_kind and wording.with_items == "open"
        if statement:
            lines += [self._prepare_credit_line(row) for row in of_currency]
        of_mandate = of_kind and (wording.by_provider or wording.code in OF_MANDATE)
        return {
            **values,
            **facts,
            "account_id": self.id,
            "partner_id": contact.id,
            "company_id": self.company_id.id,
            "currency_id": currency.id,
            "mandate_id": self.mandate_id.id if of_mandate else False,
            "channel": channel,
            "date": today,
            "amount_credit": sum(claims.get(item, 0.0) for item in items),
            "line_ids": [Command.create(line) for line in lines],
            "detail_ids": [
                Command.create({"date": date, "amount": amount})
                for date, amount in details
            ],
        }

    @api.model
    def _prepare_item_line(self, item, date):
        """Values of a letter line about an item, as it stands on `date`."""
        move = item.move_id
        return {
            "item_id": item.id,
            "move_name": move.name or "",
            "invoice_date": move.invoice_date or move.date,
            **self._get_item_amounts(item, date),
        }

    @api.model
    def _get_item_amounts(self, item, date):
        return {
            "date_due": item.date_due,
            "days_overdue": (date - item.date_due).days,
            "amount_total": item.amount_total,
            "amount_paid": item.amount_total - item.amount_residual,
            "amount_due": item.amount_residual - item.amount_disputed,
            "amount_interest": 0.0,
            "amount_indemnity": 0.0,
        }

    @api.model
    def _prepare_credit_line(self, row):
        return {
            "move_name": row["name"] or "",
            "invoice_date": row["date"],
            "date_due": row["date"],
            "days_overdue": 0,
            "amount_total": -row["amount"],
            "amount_paid": 0.0,
            "amount_due": -row["amount"],
            "amount_interest": 0.0,
            "amount_indemnity": 0.0,
        }

    @api.model
    def _get_instalments(self, amount, count, first_date, currency):
        """`count` equal monthly instalments: [(date, amount)].

        The last one takes the rounding: 2,345.67 in four is three times 586.41 and
        once 586.44.
        """
        parts = split_amount(amount, count, currency.rounding)
        return list(
            zip(monthly_dates(first_date, count), map(float, parts), strict=True)
        )

    # ------------------------------------------------------------------
    # Samples
    # ------------------------------------------------------------------

    def _new_sample_letter(self, values, items=None, facts=None):
        """A letter that is never saved, to show what a wording looks like.

        :param values: `level_id` or `kind_id`
        :param items: items it is about; None: a few that are typical
        :param facts: facts it tells of; None: made-up ones
        """
        self.ensure_one()
        # sudo: a preview shows what the customer would be sent
        account_sudo = self.sudo()
        kind = account_sudo.env["collection.letter.kind"].browse(values.get("kind_id"))
        level = account_sudo.env["collection.policy.level"].browse(
            values.get("level_id")
        )
        sample = items is None
        if sample:
            items = account_sudo._get_sample_items(kind, level)
        items_sudo = items.sudo()
        claims = {}
        if kind.by_provider:
            claims = items_sudo._get_provider_claims()
            # of the items chosen for a letter: those that would be on it
            items_sudo = items_sudo.filtered(lambda item: sample or item in claims)
        if facts is None:
            facts = kind._get_sample_facts() if kind else {}
        credit_rows = account_sudo._get_letter_credits().get(account_sudo, ())
        vals = account_sudo._prepare_letter(
            values, kind or level, items_sudo, None, credit_rows, facts, claims
        )
        letter = account_sudo.env["collection.letter"].new(vals)
        if (kind or level).include_penalties:
            letter._set_sample_penalties()
        letter._sum_sample()
        return letter

    def _get_sample_items(self, kind, level):
        """At most five open items of one currency, such as the letter is about.

        Late ones by preference; before the due date none that is late.
        """
        items = self.open_item_ids
        if kind.with_items == "none":
            return items.browse()
        if (kind or level)._is_before_due():
            items = items.filtered(lambda item: item.days_overdue <= 0)
        elif kind.with_items != "open":
            items = items.filtered(lambda item: item.days_overdue > 0) or items
        currency = items[:1].currency_id
        return items.filtered(lambda item: item.currency_id == currency)[:5]
