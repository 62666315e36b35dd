from odoo import api, fields, models

from ..agreement.collection_promise import MEANS
from ..base.days import company_today, each_company_day

#: why customers keep what they have
REFUSALS = [
    ("control", "Wants to decide on each payment"),
    ("mandate", "Signs no mandate"),
    ("software", "Software or bank cannot"),
    ("group", "Decided elsewhere in the group"),
    ("cost", "Costs"),
    ("habit", "Habit"),
    ("other", "Other"),
]
#: means for which the customer has to give something before the first payment
NEEDS_BANK_DETAILS = frozenset({"direct_debit", "direct_debit_b2b", "lcr_magnetic"})


class CollectionMeansChange(models.Model):
    """A customer asked to pay by another means, and what they answered.

    Written by `collection.account._record_means_change` only, in-house or at the
    provider's. What was accepted becomes their means on the day it takes effect.
    """

    _name = "collection.means.change"
    _description = "Payment-Means Change"
    _inherit = ["collection.provider.mixin"]
    _order = "date_asked desc, id desc"

    _provider_fields = frozenset(
        {
            "account_id",
            "company_id",
            "date_answered",
            "date_applied",
            "date_asked",
            "date_effective",
            "means_from",
            "note",
            "person",
            "refusal_reason",
            "side",
            "state",
            "target",
        }
    )
    _on_site_fields = frozenset({"agent_id", "ask_count", "partner_id"})
    _provider_words = frozenset({"agent_id", "note"})
    _words_author_field = "agent_id"

    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="account_id.partner_id", string="Customer")
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    campaign_id = fields.Many2one(
        comodel_name="collection.means.campaign",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="As it was when the customer was asked.",
    )
    means_from = fields.Selection(selection=MEANS, string="Instead of", readonly=True)
    target = fields.Selection(
        selection=MEANS, string="Proposed", required=True, readonly=True
    )
    state = fields.Selection(
        selection=[
            ("asked", "Waiting for an answer"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
        ],
        string="Answer",
        required=True,
        default="asked",
        readonly=True,
        index=True,
    )
    date_asked = fields.Date(string="Asked on", required=True, readonly=True)
    ask_count = fields.Integer(string="Times Asked", default=1, readonly=True)
    date_answered = fields.Date(string="Answered on", readonly=True)
    date_effective = fields.Date(
        string="In Effect from",
        readonly=True,
        help="Day from which the customer pays so.",
    )
    date_applied = fields.Date(string="Applied on", readonly=True)
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        required=True,
        readonly=True,
        default="company",
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="By the Agent",
        readonly=True,
        index="btree_not_null",
        depends_context=("uid",),
        help="Who asked last, or brought the answer.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Recorded by", required=True, readonly=True
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Under which it was asked, when a provider asked.",
    )
    call_id = fields.Many2one(
        comodel_name="collection.call",
        string="During the Call",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    person = fields.Char(
        string="Answered by", readonly=True, help="Who at the customer's answered."
    )
    refusal_reason = fields.Selection(selection=REFUSALS, readonly=True)
    note = fields.Text(readonly=True, depends_context=("uid",))
    converted = fields.Float(
        string="Conversion (%)",
        compute="_compute_converted",
        store=True,
        aggregator="avg",
        digits=(5, 1),
        help="Accepted of those asked, in percent.",
    )

    _campaign_account_uniq = models.UniqueIndex(
        "(campaign_id, account_id) WHERE campaign_id IS NOT NULL",
        "This customer was asked in this campaign already.",
    )
    _to_apply_idx = models.Index(
        "(date_effective) WHERE state = 'accepted' AND date_applied IS NULL"
    )

    @api.depends("state")
    def _compute_converted(self):
        for change in self:
            change.converted = 100.0 if change.state == "accepted" else 0.0

    @api.depends("account_id", "target")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["target"]._description_selection(self.env))
        for change in self:
            change.display_name = self.env._(
                "%(customer)s: %(means)s",
                customer=change.account_id.display_name,
                means=labels.get(change.target, ""),
            )

    # ------------------------------------------------------------------
    # In effect
    # ------------------------------------------------------------------

    def _apply(self):
        """What was accepted and is in effect by now becomes the customers' means."""
        # sudo: the right to record the answer was checked, or the nightly job runs
        due_sudo = self.sudo().filtered(
            lambda change: (
                change.state == "accepted"
                and not change.date_applied
                and change.date_effective <= company_today(change)
            )
        )
        for target, changes in due_sudo.grouped("target").items():
            suitable = changes.account_id.filtered(
                lambda account, target=target: account._may_use_means(target)
            )
            suitable.payment_means = target
            suitable.filtered(
                lambda account: account.payment_means_target == account.payment_means
            ).payment_means_target = False
            for account in changes.account_id - suitable:
                # its segment has changed since it accepted
                account._message_log(body=account._explain_unsuitable(target))
        for today, applied_sudo in each_company_day(due_sudo):
            applied_sudo.date_applied = today
        return due_sudo

    @api.model
    def _cron_apply(self):
        """Every night: changes that take effect today."""
        applied = self.browse()
        for place, companies in self.env["res.company"]._by_collection_place():
            applied |= self.with_context(**place)._apply_due(companies)
        return applied

    @api.model
    def _apply_due(self, companies):
        """As of the current day, those of `companies`."""
        return self.search(
            [
                ("state", "=", "accepted"),
                ("date_applied", "=", False),
                ("company_id", "in", companies.ids),
                ("date_effective", "<=", company_today(companies)),
            ]
        )._apply()

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @api.model
    def _get_conversion_rate(self, company, date_from=None, date_to=None, **facts):
        """Accepted of the customers asked, in percent; None when nobody was asked.

        Each customer counts once per campaign, however often they were asked.

        :param date_from: first asked from this day on
        :param date_to: first asked up to this day, included
        :param facts: `campaign`, `side`, `agent` or `mandate` to keep to
        """
        domain = [("company_id", "=", company.id)]
        if date_from:
            domain.append(("date_asked", ">=", date_from))
        if date_to:
            domain.append(("date_asked", "<=", date_to))
        for name, value in facts.items():
            if name == "side":
                domain.append(("side", "=", value))
            else:
                domain.append((f"{name}_id", "=", value.id))
        counts = dict(self._read_group(domain, ["state"], ["__count"]))
        asked = sum(counts.values())
        return 100.0 * counts.get("accepted", 0) / asked if asked else None

    @api.model
    def _format_rate(self, rate):
        """A rate as people read it: one decimal, or that there is none."""
        if rate is None:
            return self.env._("n/a")
        formatted = self.env["ir.qweb.field.float"].value_to_html(
            rate, {"precision": 1}
        )
        return self.env._("%(rate)s %%", rate=formatted)
