from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ...reports.collection_placement_xlsx import PlacementWorkbook
from ..base.days import company_today
from ..base.planner import compile_nothing, tell_planner
from .collection_placement_item import WENT, WORKED

#: states of a hand-over whose accounts the provider works
HANDED_OVER = ("handed_over", "accepted")
#: items that the printed list details; a longer hand-over has its spreadsheet
PRINTED_ITEMS = 3000
#: who hands over to whom, as of the day
PARTICULARS = ("company_name", "company_address", "provider_name", "provider_address")
#: what is noted of its receipt, see `collection_placement_acknowledge.py`
RECEIPT = (
    "accept_reason",
    "accepted_by_id",
    "accepted_figures",
    "accepted_on",
    "date_acknowledge",
    "escalated_on",
    "reminded_on",
)


class CollectionPlacement(models.Model):
    """One hand-over of accounts to a provider, frozen as it was on its day."""

    _name = "collection.placement"
    _description = "Hand-over"
    _inherit = [
        "collection.frozen.mixin",
        "collection.ledger.mixin",
        "collection.provider.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _rec_name = "number"

    _provider_fields = frozenset(
        {"company_id", "currency_id", "date", "mandate_id", "number", "state"}
    )
    _transition_fields = frozenset({"letters_pending", "state", *PARTICULARS, *RECEIPT})
    _noted_fields = frozenset({"state"})

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="restrict",
    )
    provider_id = fields.Many2one(related="mandate_id.provider_id", store=True)
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id", store=True
    )
    company_name = fields.Char(string="Handed over by", readonly=True, copy=False)
    company_address = fields.Text(readonly=True, copy=False)
    provider_name = fields.Char(string="Handed over to", readonly=True, copy=False)
    provider_address = fields.Text(readonly=True, copy=False)
    number = fields.Char(readonly=True, copy=False, index=True)
    date = fields.Date(required=True, default=company_today)
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("proposed", "Proposed"),
            ("handed_over", "Handed over"),
            ("accepted", "Accepted"),
            ("closed", "Closed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    extent = fields.Selection(
        selection=[
            ("total", "Total Delegation"),
            ("partial", "Partial Delegation"),
            ("manual", "By hand"),
        ],
        readonly=True,
        help="How the accounts were chosen.",
    )
    line_ids = fields.One2many(
        comodel_name="collection.placement.line",
        inverse_name="placement_id",
        string="Accounts",
    )
    account_count = fields.Integer(
        string="Number of Accounts", compute="_compute_totals"
    )
    active_count = fields.Integer(string="Still Delegated", compute="_compute_totals")
    item_count = fields.Integer(string="Items", compute="_compute_totals")
    amount = fields.Monetary(string="Amount Handed Over", compute="_compute_totals")
    change_ids = fields.One2many(
        comodel_name="collection.placement.change",
        inverse_name="placement_id",
        string="Changes",
        readonly=True,
    )
    note = fields.Text()

    @api.depends("mandate_id")
    def _compute_currency_id(self):
        # not of the company's own currency: it stays that of the day
        for placement in self:
            placement.currency_id = placement.mandate_id.company_id.currency_id

    def _compute_totals(self):
        lines = {
            placement: (count, amount)
            for placement, count, amount in self.env[
                "collection.placement.line"
            ]._read_group(
                [("placement_id", "in", self.ids), ("state", "!=", "refused")],
                ["placement_id"],
                ["__count", "amount:sum"],
            )
        }
        active = dict(
            self.env["collection.placement.line"]._read_group(
                [("placement_id", "in", self.ids), ("state", "=", "active")],
                ["placement_id"],
                ["__count"],
            )
        )
        items = {
            placement: count
            for placement, count, *_amounts in self.env[
                "collection.placement.item"
            ]._sum_once([("placement_id", "in", self.ids)], ["placement_id"])
        }
        for placement in self:
            origin = placement._origin
            placement.account_count, placement.amount = lines.get(origin, (0, 0.0))
            placement.active_count = active.get(origin, 0)
            placement.item_count = items.get(origin, 0)

    @property
    def _open_fields(self):
        # the discussion goes on
        return frozenset(
            {
                *self.env["mail.thread"]._fields,
                *self.env["mail.activity.mixin"]._fields,
            }
        )

    @api.model
    def _note_columns(self):
        return SQL("own.id, NULL::int, NULL, own.company_id")

    def _is_frozen(self):
        return any(placement.state not in ("draft", "proposed") for placement in self)

    @api.model_create_multi
    def create(self, vals_list):
        # a number drawn is gone, also where nothing is created
        self.check_access("create")
        for vals in vals_list:
            mandate = self.env["collection.mandate"].browse(vals.get("mandate_id"))
            vals["number"] = (
                self.env["ir.sequence"]
                .with_company(mandate.company_id)
                .next_by_code("collection.placement")
            )
        return super().create(vals_list)

    # ------------------------------------------------------------------
    # Handing over
    # ------------------------------------------------------------------

    def _add_lines(self, accounts, **columns):
        """Put accounts on this hand-over, which is being drawn up.

        One statement: by `create`, 20,000 lines take as long as the hand-over itself.

        :param columns: what else their lines say: stored fields by name, each a dict of
            {account: value as in the database}
        """
        self.ensure_one()
        line = self.env["collection.placement.line"]
        line.check_access("create")
        columns.setdefault("scope", dict.fromkeys(accounts, "account"))
        if self._is_frozen():
            self._refuse_change()
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_placement_line (
                    placement_id, mandate_id, company_id, currency_id, account_id,
                    state, create_date, write_date %(names)s)
                SELECT placement.id, placement.mandate_id, placement.company_id,
                       placement.currency_id, acc.id, 'active',
                       -- whose doing it is, the hand-over tells
                       now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
                       %(names)s
                  FROM collection_placement placement
                 CROSS JOIN unnest(%(accounts)s::int[] %(values)s) acc (id %(names)s)
                 WHERE placement.id = %(placement)s
             RETURNING id
                """,
                placement=self.id,
                accounts=list(accounts.ids),
                names=SQL("").join(
                    SQL(", %s", SQL.identifier(name)) for name in columns
                ),
                values=SQL("").join(
                    SQL(
                        ", %s::%s[]",
                        [of_accounts[account] for account in accounts],
                        SQL(line._fields[name].column_type[1]),
                    )
                    for name, of_accounts in columns.items()
                ),
            )
        )
        tell_planner(line, len(accounts))
        line.invalidate_model(flush=False)
        accounts.invalidate_recordset(["placement_line_ids"], flush=False)
        self.invalidate_recordset(["line_ids"], flush=False)

    def action_hand_over(self):
        """Freeze the items and open the accounts to the provider.

        Raises when the mandate does not run today, or when an account is
        reserved or already with a provider.
        """
        self.check_access("write")
        compile_nothing(self.env)
        for placement in self:
            if placement.state not in ("draft", "proposed"):
                raise UserError(
                    self.env._(
                        "%(number)s has been handed over.", number=placement.number
                    )
                )
            placement.mandate_id._check_working()
            placement.line_ids.fetch(["account_id", "placement_id", "state"])
            lines = placement.line_ids.filtered(lambda line: line.state == "active")
            if not lines:
                raise UserError(
                    self.env._(
                        "%(number)s has no account to hand over.",
                        number=placement.number,
                    )
                )
            accounts = lines.account_id
            lines._check_can_go()
            lines._freeze_items()
            placement._transit({"state": "handed_over", **placement._get_particulars()})
            accounts._update_delegation()
            placement._log_unclassified(accounts)
            placement._log_on_accounts(accounts)
            placement._draft_letters(accounts)

    def _draft_letters(self, accounts):
        """Draw up the letters that go with the hand-over of these customers."""
        self.ensure_one()
        self.mandate_id._draft_missing_notices(accounts)

    def action_propose(self):
        """Set the accounts aside for the provider, who does not see them yet."""
        self.check_access("write")
        for placement in self:
            if placement.state != "draft":
                raise UserError(
                    self.env._(
                        "%(number)s has been proposed already.", number=placement.number
                    )
                )
            placement.line_ids._check_can_go()
            placement._transit({"state": "proposed"})
            placement.line_ids.account_id._update_delegation()

    def _get_particulars(self):
        """Who hands over to whom, as the list says it from now on."""
        self.ensure_one()
        values = {}
        for side, partner in (
            ("company", self.company_id.partner_id),
            ("provider", self.provider_id),
        ):
            address = partner._display_address(without_company=True).splitlines()
            values[f"{side}_name"] = partner.name
            values[f"{side}_address"] = "\n".join(
                filter(None, [*map(str.strip, address), partner.company_registry])
            )
        return values

    def _log_unclassified(self, accounts):
        """Keep who let customers go without a segment, here and with each of them."""
        self.ensure_one()
        accounts.fetch(["segment_id"])
        accounts = accounts.filtered(lambda account: not account.segment_id)
        if not accounts:
            return
        self._message_log(
            body=self.env._(
                "Customers without a segment who go by decision of %(user)s: %(count)s",
                user=self.env.user.name,
                count=len(accounts),
            )
        )
        body = self.env._(
            "Goes to a provider without a segment, by decision of %(user)s "
            "(%(number)s).",
            user=self.env.user.name,
            number=self.number,
        )
        accounts._log_notes(dict.fromkeys(accounts.ids, body))

    def _log_on_accounts(self, accounts):
        self.ensure_one()
        provider = self.provider_id.display_name
        self.line_ids.fetch(["account_id", "amount"])
        amounts = {line.account_id.id: line.amount for line in self.line_ids}
        # many owe the same, and a body that two have in common is one
        bodies = {
            amount: self.env._(
                "Handed over to %(provider)s (%(number)s): %(amount)s.",
                provider=provider,
                number=self.number,
                amount=self.currency_id.format(amount),
            )
            for amount in set(amounts.values())
        }
        accounts._log_notes({key: bodies[amounts[key]] for key in accounts.ids})

    def _close_if_done(self):
        """Close the hand-overs none of whose accounts is with the provider any more."""
        open_placements = self.filtered(
            lambda placement: placement.state in ("proposed", "handed_over", "accepted")
        )
        still = {
            placement
            for (placement,) in self.env["collection.placement.line"]._read_group(
                [("placement_id", "in", open_placements.ids), ("state", "=", "active")],
                ["placement_id"],
            )
        }
        for placement in open_placements:
            if placement not in still:
                placement._transit({"state": "closed"})

    # ------------------------------------------------------------------
    # Hand-over list
    # ------------------------------------------------------------------

    def _get_totals(self):
        """Frozen amounts by currency: [(currency, number of items, amount)]."""
        self.ensure_one()
        return [
            (currency, count, amount)
            for currency, count, amount, _in_company in self.env[
                "collection.placement.item"
            ]._sum_once([("placement_id", "=", self.id)], ["currency_id"])
        ]

    def _get_list_lines(self):
        """Condition: lines that the list shows, without those who were refused before
        they went. A provider's copy has none of customers who are not with it any
        more."""
        self.ensure_one()
        lines = Domain("placement_id", "=", self.id) & Domain("state", "!=", "refused")
        if self.env.context.get("collection_list_active"):
            lines &= Domain("state", "=", "active")
        return lines

    def _get_list_items(self):
        """Condition: items that the list shows, see `_get_list_lines`."""
        items = Domain("line_id", "any", self._get_list_lines())
        if self.env.context.get("collection_list_active"):
            return items & WORKED & Domain("recalled", "=", False)
        return items & WENT

    def _get_list_totals(self):
        """Frozen amounts by currency, what followed later apart.

        :return: [(currency, (items, amount) handed over, (items, amount) followed)]
        """
        self.ensure_one()
        totals = {}
        for currency, followed, count, amount in self.env[
            "collection.placement.item"
        ]._read_group(
            self._get_list_items(),
            ["currency_id", "followed"],
            ["__count", "amount:sum"],
            order="currency_id",
        ):
            pair = totals.setdefault(currency, [(0, 0.0), (0, 0.0)])
            pair[bool(followed)] = (count, amount)
        return [(currency, *pair) for currency, pair in totals.items()]

    def _get_list_batches(self, batch_size=1000):
        """Accounts of the hand-over list as it was signed, batch by batch.

        :return: iterator of lists of dicts; `items` are the frozen items of the
            account, `followed` those that joined it later
        """
        self.ensure_one()
        item = self.env["collection.placement.item"]
        lines = self.env["collection.placement.line"].search(self._get_list_lines())
        shown = self._get_list_items()
        for line_ids in split_every(batch_size, lines.ids):
            batch = lines.browse(line_ids)
            items = item.search(Domain("line_id", "in", line_ids) & shown).grouped(
                "line_id"
            )
            rows = []
            for line in batch:
                of_line = items.get(line, item)
                followed = of_line.filtered("followed")
                frozen = of_line - followed
                rows.append(
                    {
                        "ref": line.partner_ref or "",
                        "name": line.partner_name or "",
                        # sudo: whether some were chosen, not which
                        "chosen": bool(line.sudo().chosen_item_ids),
                        "address": line.partner_address or "",
                        "city": line.partner_city or "",
                        "segment": line.segment_name or line.segment_id.name or "",
                        "item_count": len(frozen),
                        "oldest_due_date": min(
                            frozen.mapped("date_due"), default=False
                        ),
                        "days_overdue": max(frozen.mapped("days_overdue") + [0]),
                        "amount": line.amount,
                        "amount_overdue": line.amount_overdue,
                        "state": line.state,
                        "items": frozen,
                        "followed": followed,
                    }
                )
            yield rows

    def _get_printed_list(self):
        """What the printed list shows: rows of accounts, and whether items fit in."""
        rows = [row for batch in self._get_list_batches() for row in batch]
        return {
            "rows": rows,
            "with_items": sum(row["item_count"] for row in rows) <= PRINTED_ITEMS,
        }

    def _get_list_lang(self):
        """Language of the hand-over list: the reader's, else the company's."""
        self.ensure_one()
        return self.env.lang or self.env.user.lang or self.company_id.partner_id.lang

    def _get_list_name(self):
        """File name of the hand-over list, without extension."""
        self.ensure_one()
        return self.env._(
            "Hand-over %(number)s", number=(self.number or "").replace("/", "-")
        )

    def _get_xlsx(self):
        """The hand-over list as a spreadsheet: (file name, content)."""
        self.ensure_one()
        self.check_access("read")
        placement = self.with_context(lang=self._get_list_lang())
        content = PlacementWorkbook(placement).get_content()
        return f"{placement._get_list_name()}.xlsx", content

    def action_print_list(self):
        self.ensure_one()
        return self.env.ref("account_collection.action_report_placement").report_action(
            self
        )

    def action_export_xlsx(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/account_collection/placement/{self.id}/xlsx",
            "target": "download",
        }

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_placement_line_action"
        )
        active_only = self.env.context.get("active_only")
        return dict(
            action,
            domain=[("placement_id", "=", self.id)],
            context={"search_default_active": 1} if active_only else {},
        )

    def action_recall(self):
        """Ask why, then take back every account still with the provider."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_recall_action"
        )
        return dict(action, context={"default_placement_ids": self.ids})
