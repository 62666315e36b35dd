from dateutil.relativedelta import relativedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...models.base.days import company_today, on_company_days
from ...models.base.roles import is_manager
from .collection_interest_claim import segment_values


class CollectionWaiver(models.TransientModel):
    """Waive interest or indemnities as a commercial gesture, and say why."""

    _name = "collection.waiver"
    _description = "Commercial Gesture"
    _inherit = ["collection.relation.mixin"]

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
    waive_interest = fields.Boolean(string="Interest", default=True)
    waive_indemnity = fields.Boolean(string="Indemnity", default=True)
    reason = fields.Char(required=True)
    line_ids = fields.One2many(
        comodel_name="collection.waiver.line",
        inverse_name="wizard_id",
        string="What Is Waived",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )

    @api.depends("account_ids")
    def _compute_item_ids(self):
        for wizard in self:
            if not wizard.account_ids:
                wizard.item_ids = wizard.item_ids
                continue
            wizard.item_ids = self.env["collection.item"].search(
                Domain("account_id", "in", wizard.account_ids.ids)
                & Domain("state", "=", "open")
                & on_company_days(
                    self.env, lambda today: Domain("date_due", "<", today)
                )
            )

    @api.depends("item_ids", "date_to", "waive_interest", "waive_indemnity")
    def _compute_line_ids(self):
        for wizard in self:
            commands = [Command.clear()]
            for item, penalty in wizard._get_owed().items():
                interest = float(penalty.interest - penalty.waived_interest)
                indemnity = float(penalty.indemnity - penalty.waived_indemnity)
                commands.append(
                    Command.create(
                        {
                            "item_id": item.id,
                            "amount_interest": interest,
                            "amount_indemnity": indemnity,
                            "waived_interest": interest * wizard.waive_interest,
                            "waived_indemnity": indemnity * wizard.waive_indemnity,
                        }
                    )
                )
            wizard.line_ids = commands

    def _get_owed(self):
        """What the items owe to the date: {item: Penalty}, none that owes nothing."""
        self.ensure_one()
        items = self.item_ids._origin
        if not items or not self.date_to:
            return {}
        owed = {}
        for item, penalty in items._get_penalties(self.date_to).items():
            if penalty.error:
                raise self.env["collection.reference.rate"]._missing_rate_error(
                    penalty.error
                )
            rest = (
                penalty.interest
                + penalty.indemnity
                - penalty.waived_interest
                - penalty.waived_indemnity
            )
            if rest:
                owed[item] = penalty
        return owed

    def action_waive(self):
        """Record the gesture on each item; from now on nobody claims it.

        :raise AccessError: a collector above the company's limit
        :raise UserError: nothing is waived, or more than is owed
        """
        self.ensure_one()
        if self.date_to > company_today(self.item_ids):
            raise UserError(
                self.env._("Interest is waived up to today at most: change the date.")
            )
        if not (self.reason or "").strip():
            raise ValidationError(self.env._("Say why this is waived."))
        self.item_ids.check_access("read")
        self.item_ids.account_id._begin_settlement()
        owed = self._get_owed()
        waived = [
            values
            for line in self.line_ids
            if (values := self._prepare_settlement(line, owed.get(line.item_id)))
        ]
        if not waived:
            raise UserError(self.env._("Choose what to waive."))
        self._check_limit(waived)
        settlements = self.env["collection.interest.settlement"]._create_from(
            waived, "waiver", reason=self.reason
        )
        self._log(settlements)
        return {"type": "ir.actions.act_window_close"}

    def _prepare_settlement(self, line, penalty):
        """Values of the settlement of one line, None when it waives nothing."""
        compare = line.currency_id.compare_amounts
        interest, indemnity = line.waived_interest, line.waived_indemnity
        if not compare(interest, 0) and not compare(indemnity, 0):
            return None
        rest_interest = rest_indemnity = 0.0
        if penalty:
            rest_interest = float(penalty.interest - penalty.waived_interest)
            rest_indemnity = float(penalty.indemnity - penalty.waived_indemnity)
        if (
            compare(interest, 0) < 0
            or compare(indemnity, 0) < 0
            or compare(interest, rest_interest) > 0
            or compare(indemnity, rest_indemnity) > 0
        ):
            raise UserError(
                self.env._(
                    "%(item)s owes %(interest)s of interest and %(indemnity)s of "
                    "indemnity to this day: waive that or less.",
                    item=line.item_id.display_name,
                    interest=line.currency_id.format(rest_interest),
                    indemnity=line.currency_id.format(rest_indemnity),
                )
            )
        whole = bool(penalty.segments) and not compare(interest, rest_interest)
        return {
            "item": line.item_id,
            "date_to": self.date_to,
            "days_settled": whole,
            "indemnity_settled": bool(compare(indemnity, 0))
            and not compare(indemnity, rest_indemnity),
            "amount_interest": interest,
            "amount_indemnity": indemnity,
            "amount_deducted": float(penalty.waived_interest) if whole else 0.0,
            "interest_detail": [segment_values(s) for s in penalty.segments],
        }

    def _check_limit(self, waived):
        """Collectors waive up to a limit per customer and twelve months."""
        if is_manager(self.env):
            return
        today = company_today(self.item_ids)
        by_account = {}
        for values in waived:
            item = values["item"]
            by_account.setdefault(item.account_id, 0.0)
            by_account[item.account_id] += item.currency_id._convert(
                values["amount_interest"] + values["amount_indemnity"],
                item.company_id.currency_id,
                item.company_id,
                today,
            )
        before = dict(
            self.env["collection.interest.settlement"]._read_group(
                [
                    ("account_id", "in", [account.id for account in by_account]),
                    ("kind", "=", "waiver"),
                    ("withdrawn", "=", False),
                    ("user_id", "=", self.env.uid),
                    ("date", ">", today - relativedelta(months=12)),
                ],
                ["account_id"],
                ["amount_company:sum"],
            )
        )
        for account, amount in by_account.items():
            company = account.company_id
            currency = company.currency_id
            # sudo: how far the company trusts its collectors
            limit = company.sudo().collection_waiver_limit
            total = amount + before.get(account, 0.0)
            if currency.compare_amounts(total, limit) > 0:
                if not limit:
                    raise AccessError(
                        self.env._(
                            "Ask a credit manager: only credit managers waive "
                            "interest and indemnities."
                        )
                    )
                raise AccessError(
                    self.env._(
                        "Ask a credit manager: with %(amount)s in twelve months for "
                        "%(customer)s this is above the %(limit)s that a collector "
                        "may waive.",
                        amount=currency.format(total),
                        customer=account.display_name,
                        limit=currency.format(limit),
                    )
                )

    def _log(self, settlements):
        bodies = {}
        for account, of_account in settlements.grouped("account_id").items():
            parts = [
                self.env._(
                    "%(item)s: %(amount)s",
                    item=settlement.item_name,
                    amount=settlement.currency_id.format(
                        settlement.amount_interest + settlement.amount_indemnity
                    ),
                )
                for settlement in of_account
            ]
            bodies[account.id] = self.env._(
                "Commercial gesture, interest to %(date)s: %(items)s. Reason: "
                "%(reason)s",
                date=format_date(self.env, self.date_to),
                items="; ".join(parts),
                reason=self.reason,
            )
        settlements.account_id._message_log_batch(bodies=bodies)
