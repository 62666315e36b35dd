from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_repr, format_date

from ..base.days import company_today
from ..base.roles import check_manager

#: why a provider refuses a customer on receipt
REFUSAL_REASONS = [
    ("not_covered", "Not covered by the mandate"),
    ("out_of_reach", "Beyond our means: language or country"),
    ("wrong_data", "Amounts or data are wrong"),
    ("papers", "Papers are missing"),
    ("conflict", "Conflict of interest"),
    ("other", "Other"),
]
#: days after the reminder of its supervisors after which the company decides
DECISION_DAYS = 2
#: how lines end that were not received, or not for long
CAME_BACK = ("recalled", "returned", "transferred", "expired")
REFUSED_ACTIVITY = "account_collection.mail_activity_type_refused"
RECEIPT_ACTIVITY = "account_collection.mail_activity_type_receipt"


class CollectionPlacement(models.Model):
    """Receipt of a hand-over: acknowledged by the very figures, refused line by line.

    Who says nothing is reminded; after that the company decides.
    """

    _inherit = "collection.placement"

    date_acknowledge = fields.Date(
        string="To Be Acknowledged by",
        readonly=True,
        copy=False,
        help="Day until which the provider acknowledges receipt.",
    )
    accepted_on = fields.Datetime(string="Acknowledged on", readonly=True, copy=False)
    accepted_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Acknowledged by",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    accept_reason = fields.Char(
        string="Accepted by the Company",
        readonly=True,
        copy=False,
        help="Why the company said so in the provider's place.",
    )
    accepted_figures = fields.Json(readonly=True, copy=False)
    accepted_summary = fields.Char(
        string="What Was Acknowledged", compute="_compute_accepted_summary"
    )
    reminded_on = fields.Date(string="Provider Reminded on", readonly=True, copy=False)
    escalated_on = fields.Date(readonly=True, copy=False)

    @api.depends("accepted_figures")
    @api.depends_context("lang")
    def _compute_accepted_summary(self):
        for placement in self:
            figures = placement._get_acknowledged()
            placement.accepted_summary = figures and self._describe_receipt(*figures)

    @api.model
    def _describe_receipt(self, customers, totals):
        """Figures of a receipt in words: `totals` [(currency, items, amount)]."""
        return self.env._(
            "Customers: %(customers)s. %(totals)s",
            customers=customers,
            totals="; ".join(
                self.env._(
                    "Items: %(count)s, %(amount)s",
                    count=count,
                    amount=currency.format(amount),
                )
                for currency, count, amount in totals
            )
            or "–",
        )

    # ------------------------------------------------------------------
    # What is received
    # ------------------------------------------------------------------

    def _get_receipt(self, sent=False):
        """What the provider acknowledges of this hand-over.

        What was handed over on the day, without what was refused or came back
        meanwhile; what followed later is no part of it.

        :param sent: with these, as it was sent
        :return: number of customers, [(currency, number of items, amount)]
        """
        self.ensure_one()
        lines = Domain("placement_id", "=", self.id) & Domain("went", "=", True)
        if not sent:
            # whose customer was merged is there under another name
            lines &= Domain("state", "not in", CAME_BACK) | Domain(
                "merged_line_id.state", "not in", CAME_BACK
            ) & Domain("merged_line_id", "!=", False)
        items = Domain("line_id", "any", lines) & Domain("followed", "=", False)
        if not sent:
            items &= Domain("recalled", "=", False)
        totals = self.env["collection.placement.item"]._read_group(
            items, ["currency_id"], ["__count", "amount:sum"], order="currency_id"
        )
        return self.env["collection.placement.line"].search_count(lines), totals

    def _get_acknowledged(self):
        """The figures that were acknowledged, as `_get_receipt`; None before."""
        self.ensure_one()
        figures = self.accepted_figures
        return figures and (
            figures["customers"],
            [
                (self.env["res.currency"].browse(currency_id), count, amount)
                for currency_id, count, amount in figures["totals"]
            ],
        )

    def _get_receipt_seal(self):
        """The figures of the receipt as one text, which two readers have in common
        when they saw the same."""
        customers, totals = self._get_receipt()
        return ";".join(
            [
                str(customers),
                *(
                    f"{currency.name}:{count}:"
                    f"{float_repr(amount, currency.decimal_places)}"
                    for currency, count, amount in totals
                ),
            ]
        )

    def action_hand_over(self):
        # EXTENDS: from that moment on the provider's answer is waited for
        res = super().action_hand_over()
        for placement in self:
            placement._transit(
                {
                    "date_acknowledge": placement.company_id._get_collection_today()
                    + timedelta(days=placement.mandate_id.acknowledge_days)
                }
            )
        return res

    def action_accept(self):
        """Acknowledge receipt in the provider's place: the company says why."""
        self.ensure_one()
        check_manager(
            self.env, self.env._("A credit manager accepts for the provider.")
        )
        self._check_waiting()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_acknowledge_action"
        )
        return dict(action, context={"default_placement_id": self.id})

    def _check_waiting(self):
        for placement in self:
            if placement.state != "handed_over":
                raise UserError(
                    self.env._(
                        "%(number)s does not wait for an acknowledgement.",
                        number=placement.number,
                    )
                )

    def _accept(self, reason=False):
        """Receipt is acknowledged, of what stands there now; the callers have checked
        who says so.

        :param reason: why the company says it in the provider's place
        :raises UserError: when it is not waited for
        """
        self._check_waiting()
        for placement in self:
            customers, totals = placement._get_receipt()
            placement._transit(
                {
                    "state": "accepted",
                    "accepted_on": fields.Datetime.now(),
                    "accepted_by_id": self.env.uid,
                    "accept_reason": reason,
                    "accepted_figures": {
                        "customers": customers,
                        "totals": [
                            [currency.id, count, amount]
                            for currency, count, amount in totals
                        ],
                    },
                }
            )
        self.activity_unlink([RECEIPT_ACTIVITY])

    def _close_if_done(self):
        res = super()._close_if_done()
        # nothing is left to acknowledge
        self.filtered(lambda placement: placement.state == "closed").activity_unlink(
            [RECEIPT_ACTIVITY]
        )
        return res

    # ------------------------------------------------------------------
    # Refusing
    # ------------------------------------------------------------------

    def _refuse(self, lines, agent, reason, words):
        """The provider refuses customers of this hand-over on receipt: they come back
        at once.

        The callers have checked that `agent` may say so, and that `lines` are with
        their provider.

        :param reason: code of `REFUSAL_REASONS`
        :param words: what the agent says about it, or nothing
        """
        self.ensure_one()
        self._check_waiting()
        labels = dict(lines._fields["return_reason"]._description_selection(self.env))
        said = self.env._(
            "Refused on receipt by %(agent)s: %(reason)s",
            agent=agent.name,
            reason=". ".join(filter(None, [labels[reason], words])),
        )
        lines._transit({"return_reason": reason})
        lines._take_back("returned", said)
        self._message_log(
            body=self.env._(
                "%(said)s. Customers: %(count)s (%(customers)s).",
                # what they typed may end a sentence
                said=said.rstrip(" ."),
                count=len(lines),
                customers=", ".join(lines[:10].mapped("partner_name"))
                + (" …" if len(lines) > 10 else ""),
            ),
            author_id=agent.user_id.partner_id.id,
        )
        # once for the hand-over, however many times they tick and send
        if not self.activity_search([REFUSED_ACTIVITY]):
            self._activity_schedule_for(
                self.mandate_id._get_responsible(),
                REFUSED_ACTIVITY,
                lambda asked: asked.env._(
                    "%(provider)s refuses customers of %(number)s: look at why",
                    provider=asked.provider_id.name,
                    number=asked.number,
                ),
            )

    # ------------------------------------------------------------------
    # No answer
    # ------------------------------------------------------------------

    @api.model
    def _cron_acknowledge(self):
        """Every night: who has not acknowledged in time is reminded, once; two days
        later the company is asked to decide."""
        for place, companies in self.env["res.company"]._by_collection_place():
            self.with_context(**place)._remind_of_receipt(companies)

    @api.model
    def _remind_of_receipt(self, companies):
        """As of the current day, hand-overs of `companies`."""
        today = company_today(companies)
        waiting = self.search(
            [
                ("state", "=", "handed_over"),
                ("company_id", "in", companies.ids),
                ("date_acknowledge", "<", today),
                ("escalated_on", "=", False),
            ]
        )
        unreminded = waiting.filtered(lambda placement: not placement.reminded_on)
        unreminded._transit({"reminded_on": today})
        # nobody to remind: the company is asked at once
        undecided = unreminded - unreminded._remind_supervisors()
        undecided |= (waiting - unreminded).filtered(
            lambda placement: (
                placement.reminded_on + timedelta(days=DECISION_DAYS) <= today
            )
        )
        undecided._transit({"escalated_on": today})
        for placement in undecided:
            placement._activity_schedule_for(
                placement.mandate_id._get_responsible(),
                RECEIPT_ACTIVITY,
                lambda asked: asked.env._(
                    "%(provider)s has not acknowledged %(number)s, due by %(day)s: "
                    "accept in their place, or take back",
                    provider=asked.provider_id.name,
                    number=asked.number,
                    day=format_date(asked.env, asked.date_acknowledge),
                ),
            )

    def _remind_supervisors(self):
        """One e-mail per supervisor and company, about all that waits for them.

        :return: the hand-overs of which somebody was told
        """
        told = self.browse()
        for (company, mandate), placements in self.grouped(
            lambda placement: (placement.company_id, placement.mandate_id)
        ).items():
            for agent in mandate._get_reachable_agents().filtered("supervisor"):
                told |= placements
                agent._mail_from(
                    company,
                    lambda env: env._("Hand-overs wait for your acknowledgement"),  # noqa: B023
                    "account_collection.collection_mail_acknowledge",
                    {"placements": placements},
                )
        return told
