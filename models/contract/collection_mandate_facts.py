from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date
from odoo.tools.mail import is_html_empty

from ..agreement.collection_dysfunction import REGISTER_MONTHS
from ..base.figures import format_figure

#: days of work that are looked back on
DAYS = 30
#: months in which a training counts
TRAINING_MONTHS = 12
#: where each fact comes from
SOURCES = {
    "dysfunctions": "collection_dysfunction_action",
    "working_group": "collection_working_group_meeting_action",
    "reserved": "collection_account_action",
    "recall": "collection_placement_line_action",
    "access_log": "collection_access_log_action",
    "quality": "collection_call_review_report_action",
    "calls": "collection_call_action",
    "disputes": "collection_dispute_action",
    "training": "collection_agent_action",
    "team_survey": "collection_team_survey_action",
}


class Fact(NamedTuple):
    """What the company's own figures say to a readiness point."""

    text: str
    #: what is to be done before the point can be answered: sentences
    unmet: tuple = ()


class CollectionMandate(models.Model):
    """What the company's own figures say to the readiness points of a mandate."""

    _inherit = "collection.mandate"

    def _get_fact(self, kind):
        """The `Fact` of a kind (FACTS), for who may read the mandate."""
        if not self or not kind:
            return Fact("")
        self.ensure_one()
        self.check_access("read")
        # sudo: counts of the company and names of its own people, for who reads the
        # mandate; the provider's people have no door to readiness
        mandate_sudo = self.sudo().with_company(self.company_id)
        tell = {
            "dysfunctions": mandate_sudo._tell_dysfunctions,
            "working_group": mandate_sudo._tell_working_group,
            "reserved": mandate_sudo._tell_reserved,
            "recall": mandate_sudo._tell_recall,
            "access_log": mandate_sudo._tell_access_log,
            "dependence": mandate_sudo._tell_dependence,
            "exit_plan": mandate_sudo._tell_exit_plan,
            "quality": mandate_sudo._tell_quality,
            "transition": mandate_sudo._tell_transition,
            "calls": mandate_sudo._tell_calls,
            "disputes": mandate_sudo._tell_disputes,
            "training": mandate_sudo._tell_training,
            "team_survey": mandate_sudo._tell_team_survey,
        }
        return tell[kind]()

    def _get_fact_source(self, kind):
        """The action that opens what a fact of that kind is counted from.

        The mandate itself where it holds what is asked.
        """
        self.ensure_one()
        if kind == "transition":
            return self.action_open_transitions()
        if kind not in SOURCES:
            return self._get_records_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"account_collection.{SOURCES[kind]}"
        )
        domain = {
            "reserved": [
                ("company_id", "=", self.company_id.id),
                ("delegation_state", "=", "reserved"),
            ],
            "recall": [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "recalled"),
            ],
        }
        return dict(action, **({"domain": domain[kind]} if kind in domain else {}))

    def _tell_dysfunctions(self):
        today = self.company_id._get_collection_today()
        register = self.env["collection.dysfunction"].search([("active", "=", True)])
        figures = register._get_figures(
            today - relativedelta(months=REGISTER_MONTHS, days=-1),
            today,
            self.company_id,
        )
        running = self.env["collection.corrective.action"].search_count(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "in", ("planned", "in_progress")),
            ]
        )
        orphans = register.filtered(
            lambda dysfunction: dysfunction in figures and not dysfunction.owner_id
        )
        return Fact(
            self.env._(
                "In the register: %(count)s dysfunctions, %(owned)s of them with an "
                "owner; %(running)s corrective actions going on; %(disputes)s disputes "
                "in twelve months.",
                count=len(register),
                owned=len(register.filtered("owner_id")),
                running=running,
                disputes=sum(count for count, _amount in figures.values()),
            ),
            (
                self.env._(
                    "These dysfunctions caused disputes, and nobody owns them: "
                    "%(names)s.",
                    names=", ".join(orphans.mapped("name")),
                ),
            )
            if orphans
            else (),
        )

    def _tell_working_group(self):
        today = self.company_id._get_collection_today()
        meetings = self.env["collection.working.group.meeting"].search(
            [("company_id", "=", self.company_id.id), ("date", "<=", today)]
        )
        held = meetings.filtered(lambda meeting: not is_html_empty(meeting.minutes))
        if not held:
            return Fact(
                self.env._("No meeting of the working group has minutes yet."),
                (self.env._("Let the working group meet, and keep its minutes."),),
            )
        return Fact(
            self.env._(
                "Meetings with minutes: %(count)s, the last one on %(day)s; "
                "dysfunctions discussed: %(discussed)s, corrective actions: "
                "%(actions)s.",
                count=len(held),
                day=format_date(self.env, held[:1].date),
                discussed=len(held.dysfunction_ids),
                actions=len(held.action_ids),
            )
        )

    def _tell_reserved(self):
        count = reserved = owed = kept = 0
        for state, accounts, amount in self.env["collection.account"]._read_group(
            [("company_id", "=", self.company_id.id)],
            ["delegation_state"],
            ["__count", "amount_open:sum"],
        ):
            count += accounts
            owed += amount
            if state == "reserved":
                reserved, kept = accounts, amount
        return Fact(
            self.env._(
                "Reserved customers: %(reserved)s of %(count)s (%(share)s %%), with "
                "%(owed)s %% of what is owed.",
                reserved=reserved,
                count=count,
                share=self._percent(reserved, count),
                owed=self._percent(kept, owed),
            )
        )

    def _tell_recall(self):
        [(count, last)] = self.env["collection.placement.line"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "recalled"),
                ("went", "=", True),
            ],
            [],
            ["account_id:count_distinct", "date_end:max"],
        )
        if not count:
            return Fact(self.env._("No customer was taken back so far."))
        return Fact(
            self.env._(
                "Customers taken back so far: %(count)s, the last one on %(day)s.",
                count=count,
                day=format_date(self.env, last),
            )
        )

    def _tell_access_log(self):
        delegated = Domain("company_id", "=", self.company_id.id) & Domain(
            "delegation_state", "=", "delegated"
        )
        accounts = self.env["collection.account"]
        since = fields.Datetime.now() - relativedelta(days=DAYS)
        reads = self.env["collection.access.log"].search_count(
            [("company_id", "=", self.company_id.id), ("date", ">=", since)]
        )
        return Fact(
            self.env._(
                "Reads recorded in %(days)s days: %(reads)s. Customers with a "
                "provider: %(count)s, of whom %(followed)s have a salesperson who sees "
                "the reads on the customer.",
                days=DAYS,
                reads=reads,
                count=accounts.search_count(delegated),
                followed=accounts.search_count(
                    delegated & Domain("partner_id.user_id", "!=", False)
                ),
            )
        )

    def _tell_dependence(self):
        held = self._get_dependence()
        limit = self.company_id.collection_dependence_limit
        text = self.env._(
            "%(provider)s: %(count)s customers today; with what is foreseen, "
            "%(share)s %% of what customers owe.",
            provider=self.provider_id.display_name,
            count=held["accounts"],
            share=format_figure(self.env, round(held["share"], 1)),
        )
        if limit:
            above = held["share"] > limit
            text = " ".join(
                [
                    text,
                    self.env._(
                        "That is more than your limit of %(limit)s %%.",
                        limit=format_figure(self.env, limit),
                    )
                    if above
                    else self.env._(
                        "Your limit is %(limit)s %%.",
                        limit=format_figure(self.env, limit),
                    ),
                ]
            )
        return Fact(text)

    def _tell_exit_plan(self):
        written = not is_html_empty(self.exit_plan)
        today = self.company_id._get_collection_today()
        rehearsed = self.exit_rehearsed_on and self.exit_rehearsed_on <= today
        unmet = []
        if not written:
            unmet.append(self.env._("Write down the exit plan of the mandate."))
        if not rehearsed:
            unmet.append(
                self.env._("Rehearse the exit with a customer, and note the day.")
            )
        return Fact(
            " ".join(
                [
                    self.env._("The exit plan is written down.")
                    if written
                    else self.env._("There is no exit plan."),
                    self.env._(
                        "Last rehearsed on %(day)s.",
                        day=format_date(self.env, self.exit_rehearsed_on),
                    )
                    if rehearsed
                    else self.env._("It was not rehearsed."),
                ]
            ),
            tuple(unmet),
        )

    def _tell_quality(self):
        return Fact(
            self.env._(
                "Of the provider's calls, %(share)s %% are drawn by lot and marked; "
                "calls marked so far: %(marked)s. A customer is asked for a mark after "
                "every %(every)sth call.",
                share=format_figure(self.env, self.quality_share),
                marked=self.reviewed_count,
                every=self.company_id.collection_satisfaction_every,
            )
            if self.company_id.collection_satisfaction_every
            else self.env._(
                "Of the provider's calls, %(share)s %% are drawn by lot and marked; "
                "calls marked so far: %(marked)s. Customers are not asked for a mark.",
                share=format_figure(self.env, self.quality_share),
                marked=self.reviewed_count,
            )
        )

    def _tell_transition(self):
        collectors = self._get_collectors()
        plans = self.transition_ids.filtered(
            lambda plan: plan.collector_id in collectors
        )
        agreed = plans.filtered(lambda plan: plan.state != "planned").collector_id
        without = collectors - agreed
        return Fact(
            self.env._(
                "In-house collectors with customers: %(count)s; with a transition "
                "plan: %(planned)s, of which agreed: %(agreed)s.",
                count=len(collectors),
                planned=len(plans),
                agreed=len(agreed),
            ),
            (
                self.env._(
                    "Agree on a transition plan with: %(names)s.",
                    names=", ".join(without.mapped("name")),
                ),
            )
            if without
            else (),
        )

    def _tell_calls(self):
        since = fields.Datetime.now() - relativedelta(days=DAYS)
        counts = dict(
            self.env["collection.call"]._read_group(
                [
                    ("company_id", "=", self.company_id.id),
                    ("side", "=", "company"),
                    ("correction_of_id", "=", False),
                    ("date", ">=", since),
                ],
                ["right_party"],
                ["__count"],
            )
        )
        return Fact(
            self.env._(
                "Calls of your own people recorded in %(days)s days: %(count)s, of "
                "which %(reached)s reached the right person.",
                days=DAYS,
                count=sum(counts.values()),
                reached=counts.get(True, 0),
            )
        )

    def _tell_disputes(self):
        today = self.company_id._get_collection_today()
        disputes = self.env["collection.dispute"]
        undecided = Domain("company_id", "=", self.company_id.id) & Domain(
            "state", "in", ("open", "in_progress")
        )
        return Fact(
            self.env._(
                "Disputes to decide: %(count)s, %(owned)s of them with somebody who "
                "decides; late: %(late)s, escalated: %(escalated)s.",
                count=disputes.search_count(undecided),
                owned=disputes.search_count(
                    undecided & Domain("owner_id", "!=", False)
                ),
                late=disputes.search_count(undecided & Domain("deadline", "<", today)),
                escalated=disputes.search_count(
                    undecided & Domain("date_escalated", "!=", False)
                ),
            )
        )

    def _tell_training(self):
        since = self.company_id._get_collection_today() - relativedelta(
            months=TRAINING_MONTHS
        )
        agents = self.env["collection.agent"].search(
            [
                ("side", "=", "company"),
                ("user_id.company_ids", "in", self.company_id.ids),
            ]
        )
        attended = agents.training_ids.filtered(lambda training: training.date >= since)
        return Fact(
            self.env._(
                "In-house agents: %(count)s; trained in twelve months: %(trained)s, "
                "for %(hours)s hours.",
                count=len(agents),
                trained=len(attended.agent_id),
                hours=format_figure(self.env, sum(attended.mapped("hours"))),
            )
        )

    def _tell_team_survey(self):
        return Fact(
            " ".join(
                [
                    self.env._("Both teams are asked every month.")
                    if self.company_id.collection_team_survey
                    else self.env._("The teams are not asked every month."),
                    self.env._(
                        "Surveys under this mandate so far: %(count)s.",
                        count=len(self.team_survey_ids),
                    ),
                ]
            )
        )

    def _percent(self, part, whole):
        share = 100.0 * part / whole if whole else 0.0
        return format_figure(self.env, round(share, 1))
