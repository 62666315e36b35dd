from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

from ...models.base.days import company_today, on_company_days
from ...models.base.roles import check_manager
from ...reports.collection_interest_xlsx import InterestWorkbook
from ...tools.late_interest import Segment


def segment_values(segment: Segment) -> dict:
    """A segment of interest as it is kept in a JSON field."""
    return {
        "date_from": fields.Date.to_string(segment.date_from),
        "date_to": fields.Date.to_string(segment.date_to),
        "days": segment.days,
        "rate": float(segment.rate),
        "base": float(segment.base),
        "amount": float(segment.amount),
    }


class CollectionInterestClaim(models.TransientModel):
    """Claim interest and indemnities as an invoice: look at the sum, then draft it."""

    _name = "collection.interest.claim"
    _description = "Claim Interest as an Invoice"
    _inherit = ["collection.relation.mixin"]
    _transient_max_hours = 24.0

    account_ids = fields.Many2many(
        comodel_name="collection.account", string="Customers"
    )
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        string="Late Invoices",
        compute="_compute_item_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    date_to = fields.Date(string="Interest to", required=True, default=company_today)
    claim_interest = fields.Boolean(string="Interest", default=True)
    claim_indemnity = fields.Boolean(string="Indemnity", default=True)
    include_paid = fields.Boolean(
        string="Also What Was Paid Late",
        help="Invoices that are settled meanwhile: their interest to the day of "
        "payment and their indemnity are owed all the same.",
    )
    line_ids = fields.One2many(
        comodel_name="collection.interest.claim.line",
        inverse_name="wizard_id",
        string="Calculation",
        compute="_compute_line_ids",
        store=True,
        precompute=True,
    )
    totals = fields.Char(compute="_compute_totals")

    @api.depends("account_ids", "include_paid")
    def _compute_item_ids(self):
        for wizard in self:
            if not wizard.account_ids:
                wizard.item_ids = wizard.item_ids
                continue
            domain = Domain(
                "account_id", "in", wizard.account_ids.ids
            ) & on_company_days(self.env, lambda today: Domain("date_due", "<", today))
            if not wizard.include_paid:
                domain &= Domain("state", "=", "open")
            wizard.item_ids = self.env["collection.item"].search(domain)

    @api.depends("item_ids", "date_to", "claim_interest", "claim_indemnity")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = [
                Command.clear(),
                *(
                    Command.create(values)
                    for item, penalty in wizard._get_claimed().items()
                    for values in wizard._prepare_lines(item, penalty)
                ),
            ]

    @api.depends("line_ids.amount")
    def _compute_totals(self):
        for wizard in self:
            wizard.totals = " + ".join(
                formatLang(self.env, sum(lines.mapped("amount")), currency_obj=currency)
                for currency, lines in wizard.line_ids.grouped("currency_id").items()
            )

    # ------------------------------------------------------------------
    # The calculation
    # ------------------------------------------------------------------

    def _get_claimed(self):
        """What the wizard claims: {item: Penalty}, without the items owing nothing."""
        self.ensure_one()
        items = self.item_ids._origin
        if not items or not self.date_to:
            return {}
        penalties = items._get_penalties(self.date_to)
        claimed = {}
        for item, penalty in penalties.items():
            if penalty.error:
                # the indemnity does not hang on a rate, the sum of an invoice does
                raise self.env["collection.reference.rate"]._missing_rate_error(
                    penalty.error
                )
            if not self.claim_interest:
                penalty = penalty._replace(segments=[], waived_interest=Decimal(0))
            if not self.claim_indemnity:
                penalty = penalty._replace(
                    indemnity=Decimal(0), waived_indemnity=Decimal(0)
                )
            if penalty.segments or penalty.indemnity:
                claimed[item] = penalty
        return claimed

    def _prepare_lines(self, item, penalty):
        """Rows of the calculation: each segment, the indemnity, what was waived."""
        rows = [
            {
                "kind": "interest",
                "date_from": segment.date_from,
                "date_to": segment.date_to,
                "days": segment.days,
                "base": float(segment.base),
                "rate": float(segment.rate),
                "amount": float(segment.amount),
            }
            for segment in penalty.segments
        ]
        if penalty.indemnity:
            rows.append({"kind": "indemnity", "amount": float(penalty.indemnity)})
        waived = penalty.waived_interest + penalty.waived_indemnity
        if waived:
            rows.append({"kind": "waived", "amount": -float(waived)})
        return [{"item_id": item.id, **row} for row in rows]

    # ------------------------------------------------------------------
    # The invoice
    # ------------------------------------------------------------------

    def _check_may_claim(self):
        """Claiming is a credit manager's decision; posting is accounting's."""
        check_manager(
            self.env,
            self.env._(
                "Ask a credit manager: only credit managers claim interest as an "
                "invoice."
            ),
        )

    def action_claim(self):
        """Draft one invoice per customer and currency, and record what it settles.

        :raise UserError: nothing to claim, a day to come, a missing rate
        """
        self.ensure_one()
        self._check_may_claim()
        if self.date_to > company_today(self.item_ids):
            raise UserError(
                self.env._("Interest is claimed up to today at most: change the date.")
            )
        self.item_ids.account_id._begin_settlement()
        claimed = self._get_claimed()
        if not claimed:
            raise self._nothing_error()
        groups = {}
        for item, penalty in claimed.items():
            key = (item.account_id, item.currency_id)
            groups.setdefault(key, []).append((item, penalty))
        moves = self.env["account.move"]
        for (account, currency), of_group in groups.items():
            moves |= self._create_invoice(account, currency, of_group)
        return self._open_invoices(moves)

    def _nothing_error(self):
        accounts = self.item_ids.account_id
        consumers = accounts.filtered(
            lambda account: account._get_debtor_type() == "consumer"
        )
        if consumers and self.claim_indemnity and not self.claim_interest:
            return UserError(
                self.env._(
                    "The fixed recovery indemnity is owed by professionals only "
                    "(D441-5): %(customers)s is a consumer.",
                    customers=", ".join(consumers[:5].mapped("display_name")),
                )
            )
        if consumers == accounts:
            return UserError(
                self.env._(
                    "Nothing to claim: a consumer owes interest from the day after a "
                    "formal notice only, and no indemnity."
                )
            )
        return UserError(
            self.env._(
                "Nothing to claim: what these invoices owe was invoiced or waived "
                "before, or nothing of it is late."
            )
        )

    def _create_invoice(self, account, currency, claimed):
        """The draft invoice of one customer in one currency, and its settlements."""
        Move = self.env["account.move"].with_company(account.company_id)
        # sudo: a credit manager, as checked, may claim without keeping the books;
        # it is a draft, which someone in accounting looks at and posts
        moves_sudo = Move if Move.has_access("create") else Move.sudo()
        # sudo: the customer's own address and language, for the customer's invoice
        partner_sudo = account.sudo().partner_id
        contact = partner_sudo.browse(partner_sudo.address_get(["invoice"])["invoice"])
        wizard = self.with_context(lang=contact.lang or self.env.lang)
        values = wizard._prepare_invoice(account, contact, currency, claimed)
        move = moves_sudo.create(values)
        expected = sum(
            penalty.interest
            + penalty.indemnity
            - penalty.waived_interest
            - penalty.waived_indemnity
            for _item, penalty in claimed
        )
        if currency.compare_amounts(move.amount_total, float(expected)):
            raise UserError(
                self.env._(
                    "The invoice would come to %(amount)s instead of %(expected)s: "
                    "raise the decimal accuracy “Product Price” to the decimals of "
                    "the currency.",
                    amount=currency.format(move.amount_total),
                    expected=currency.format(float(expected)),
                )
            )
        self.env["collection.interest.settlement"]._create_from(
            [
                {
                    "item": item,
                    "date_to": self.date_to,
                    "days_settled": bool(penalty.segments),
                    "indemnity_settled": bool(penalty.indemnity),
                    "amount_interest": float(
                        penalty.interest - penalty.waived_interest
                    ),
                    "amount_indemnity": float(
                        penalty.indemnity - penalty.waived_indemnity
                    ),
                    "amount_deducted": float(penalty.waived_interest),
                    "interest_detail": [
                        segment_values(segment) for segment in penalty.segments
                    ],
                }
                for item, penalty in claimed
            ],
            "claim",
            move_id=move.id,
        )
        account._message_log(
            body=self.env._(
                "Draft invoice of interest and indemnities to %(date)s: %(amount)s.",
                date=format_date(self.env, self.date_to),
                amount=currency.format(move.amount_total),
            )
        )
        return move.with_env(self.env)

    def _prepare_invoice(self, account, contact, currency, claimed):
        # sudo: where the company books what it claims
        income_sudo = account.company_id.sudo().collection_interest_account_id
        lines = []
        for item, penalty in claimed:
            lines.append(
                Command.create(
                    {
                        "display_type": "line_section",
                        "name": self.env._(
                            "Invoice %(invoice)s due on %(date)s",
                            # sudo: the name of the customer's own invoice
                            invoice=item.sudo().move_id.name,
                            date=format_date(self.env, item.date_due),
                        ),
                    }
                )
            )
            for name, amount in self._get_invoice_rows(item, penalty):
                values = {
                    "name": name,
                    "quantity": 1.0,
                    "price_unit": float(amount),
                    # outside the scope of VAT: damages are no consideration
                    "tax_ids": [Command.clear()],
                }
                if income_sudo:
                    values["account_id"] = income_sudo.id
                lines.append(Command.create(values))
        today = company_today(self)
        return {
            "move_type": "out_invoice",
            "partner_id": contact.id,
            "currency_id": currency.id,
            "invoice_date": today,
            "invoice_payment_term_id": False,
            "invoice_date_due": today,
            "ref": self.env._(
                "Late-payment interest to %(date)s",
                date=format_date(self.env, self.date_to),
            ),
            "narration": self._get_vat_mention(),
            "invoice_line_ids": lines,
        }

    def _get_invoice_rows(self, item, penalty):
        """Lines of the invoice for one item: [(label, amount)]."""
        rows = []
        for segment in penalty.segments:
            label = self.env._(
                "Interest from %(date_from)s to %(date_to)s: %(days)s d at "
                "%(rate)s %% on %(base)s",
                date_from=format_date(self.env, segment.date_from),
                date_to=format_date(self.env, segment.date_to),
                days=segment.days,
                rate=formatLang(self.env, float(segment.rate)),
                base=formatLang(
                    self.env, float(segment.base), currency_obj=item.currency_id
                ),
            )
            rows.append((label, segment.amount))
        if penalty.indemnity:
            rows.append((self.env._("Fixed recovery indemnity"), penalty.indemnity))
        waived = penalty.waived_interest + penalty.waived_indemnity
        if waived:
            rows.append((self.env._("Commercial gesture"), -waived))
        return rows

    def _get_vat_mention(self):
        return self.env._(
            "Late-payment interest and fixed recovery indemnities compensate a loss "
            "and are not the price of a supply: they are outside the scope of VAT. "
            "This invoice bears no interest itself (1343-2 of the French Civil Code)."
        )

    def _open_invoices(self, moves):
        if moves.has_access("read"):
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "account.action_move_out_invoice_type"
            )
            if len(moves) == 1:
                return dict(
                    action, res_id=moves.id, view_mode="form", views=[(False, "form")]
                )
            return dict(action, domain=[("id", "in", moves.ids)])
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(count)s draft invoices are waiting for accounting to post them.",
                    count=len(moves),
                )
                if len(moves) > 1
                else self.env._(
                    "A draft invoice is waiting for accounting to post it."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # ------------------------------------------------------------------
    # The auditor's spreadsheet
    # ------------------------------------------------------------------

    def action_export_xlsx(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/interest_claim/{self.id}/xlsx",
            "target": "download",
        }

    def _get_xlsx(self):
        """The calculation as a spreadsheet: (file name, content)."""
        self.ensure_one()
        self.check_access("read")
        self.item_ids.check_access("read")
        name = self.env._(
            "Late-payment interest to %(date)s",
            date=fields.Date.to_string(self.date_to),
        )
        return f"{name}.xlsx", InterestWorkbook(
            self.item_ids, self.date_to
        ).get_content()
