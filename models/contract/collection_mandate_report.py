import base64
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...tools.period import last_period
from ..base.days import company_today
from ..base.figures import format_figure, write_figure
from ..delegation.collection_mandate import WORKING_STATES
from .collection_mandate_service import LATE

_logger = logging.getLogger(__name__)

REPORT = "account_collection.action_report_mandate_activity"
#: what was done in a period, as `collection.daily.figure` has it
WORK = (
    "attempts",
    "connected",
    "right_party",
    "promises",
    "promise_amount",
    "promises_kept",
    "disputes",
    "complaints",
    "complaint_rate",
    "reviews",
    "quality_mark",
    "ratings",
    "satisfaction",
)


class CollectionMandateReport(models.Model):
    """What was done under a mandate in a period, as it was sent when it was over.

    Made by the nightly job alone, once for each period; it says no name but those of
    the parties.
    """

    _name = "collection.mandate.report"
    _description = "Activity Report of a Mandate"
    _order = "mandate_id, date_to desc, id desc"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    document = fields.Binary(attachment=True, readonly=True)
    document_name = fields.Char(readonly=True)
    made_on = fields.Datetime(readonly=True)
    state = fields.Selection(
        selection=[("made", "Sent"), ("failed", "Could not be made")],
        required=True,
        readonly=True,
    )

    _period_uniq = models.Constraint(
        "UNIQUE (mandate_id, date_to)", "There is a report of this period already."
    )

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for report in self:
            report.display_name = report._get_period_text()

    def _get_period_text(self):
        return self.env._(
            "%(first)s to %(last)s",
            first=format_date(self.env, self.date_from),
            last=format_date(self.env, self.date_to),
        )

    def _get_name(self):
        """What the document is called, in the language of the contract."""
        self.ensure_one()
        report = self.with_context(lang=self.mandate_id._get_contract_lang())
        return report.env._(
            "Activity report %(number)s, %(period)s",
            number=report.mandate_id.number,
            period=report._get_period_text(),
        )

    # ------------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------------

    def _get_sections(self):
        """What the document says, in the language of the environment.

        Sums of the mandate as a whole, each as the model has it that shows it.

        :return: list of (title, list of (label, figure, what was agreed))
        """
        self.ensure_one()
        sections = [
            (self.env._("Calls of the Period"), self._list_work()),
            (self.env._("Money and Customers"), self._list_customers()),
            (self.env._("Service Levels, Last Measured"), self._list_levels()),
            (self.env._("Objectives, Last Measured"), self._list_objectives()),
            (self.env._("Services since the Beginning"), self._list_services()),
            (self.env._("Beyond the Powers"), self._list_limit_cases()),
        ]
        return [(title, rows) for title, rows in sections if rows]

    def _list_work(self):
        mandate = self.mandate_id
        figures = self.env["collection.daily.figure"]
        rows = []
        for name, value in zip(
            WORK,
            mandate._get_call_figures(self.date_from, self.date_to, *WORK),
            strict=True,
        ):
            field = figures._fields[name]
            if field.type == "monetary":
                text = mandate.currency_id.format(value or 0.0)
            elif field.aggregator == "avg":
                # groups give False where there is nothing to divide by
                unknown = value is None or value is False
                text = write_figure(
                    self.env, None if unknown else round(float(value), 2)
                )
            else:
                text = format_figure(self.env, value or 0)
            rows.append((field._description_string(self.env), text, ""))
        return rows

    def _list_customers(self):
        mandate = self.mandate_id
        currency = mandate.currency_id
        lines = self.env["collection.placement.line"]
        given = [("mandate_id", "=", mandate.id), ("went", "=", True)]
        # customers, each once: some go several times
        [(went,)] = lines._read_group(
            [
                *given,
                ("placement_id.date", ">=", self.date_from),
                ("placement_id.date", "<=", self.date_to),
            ],
            [],
            ["account_id:count_distinct"],
        )
        [(came_back,)] = lines._read_group(
            [
                *given,
                ("date_end", ">=", self.date_from),
                ("date_end", "<=", self.date_to),
            ],
            [],
            ["account_id:count_distinct"],
        )
        received = mandate._get_received(self.date_from, self.date_to)
        return [
            (self.env._("Money received"), currency.format(received), ""),
            (self.env._("Customers handed over"), format_figure(self.env, went), ""),
            (
                self.env._("Customers settled or taken back"),
                format_figure(self.env, came_back),
                "",
            ),
            (
                self.env._("Customers with the provider today"),
                format_figure(self.env, mandate.account_count),
                "",
            ),
            (
                self.env._("They owe today"),
                currency.format(mandate.amount_open),
                "",
            ),
        ]

    def _list_levels(self):
        mandate = self.mandate_id
        labels = mandate._get_level_labels()
        return [
            (labels[level.code], level.value_text, level.target_text)
            for level in mandate.level_ids
        ]

    def _list_objectives(self):
        return [
            (
                objective.indicator_id.name,
                objective.actual_text,
                self.env._(
                    "%(target)s by %(deadline)s",
                    target=objective.target_text,
                    deadline=format_date(self.env, objective.deadline),
                ),
            )
            for objective in self.mandate_id.objective_ids
        ]

    def _list_services(self):
        return [
            (
                service._get_label(),
                self.env._(
                    "%(acts)s acts, %(amount)s received",
                    acts=format_figure(self.env, service.act_count),
                    amount=service.currency_id.format(service.amount_received),
                )
                # of the others no money comes in
                if service.kind in LATE
                else self.env._(
                    "%(acts)s acts", acts=format_figure(self.env, service.act_count)
                ),
                "",
            )
            for service in self.mandate_id.service_ids
        ]

    def _list_limit_cases(self):
        cases = self.env["collection.limit.case"]
        company = self.company_id
        counts = dict(
            cases._read_group(
                [
                    ("mandate_id", "=", self.mandate_id.id),
                    ("date", ">=", company._get_collection_midnight(self.date_from)),
                    (
                        "date",
                        "<",
                        company._get_collection_midnight(
                            self.date_to + timedelta(days=1)
                        ),
                    ),
                ],
                ["outcome"],
                ["__count"],
            )
        )
        labels = cases._fields["outcome"]._description_selection(self.env)
        return [
            (label, format_figure(self.env, counts.get(outcome, 0)), "")
            for outcome, label in labels
        ]

    # ------------------------------------------------------------------
    # Making it
    # ------------------------------------------------------------------

    def _send_to_readers(self):
        """Print this report and send it to those whom the mandate names."""
        self.ensure_one()
        content, _kind = self.env["ir.actions.report"]._render_qweb_pdf(
            REPORT, self.ids
        )
        if not content:
            raise UserError(self.env._("The report could not be printed."))
        name = f"{self._get_name()}.pdf"
        # of the report, not of the mandate: whoever works under it reads that
        attachment = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": content,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.write(
            {
                "document": base64.b64encode(content),
                "document_name": name,
                "made_on": fields.Datetime.now(),
                "state": "made",
            }
        )
        mandate = self.mandate_id.with_context(
            lang=self.mandate_id._get_contract_lang()
        )
        mandate.message_post(
            subject=self._get_name(),
            body=mandate.env._(
                "What %(provider)s did under %(mandate)s from %(first)s to %(last)s.",
                provider=mandate.provider_id.display_name,
                mandate=mandate.display_name,
                first=format_date(mandate.env, self.date_from),
                last=format_date(mandate.env, self.date_to),
            ),
            attachment_ids=attachment.ids,
            # nobody else who follows the mandate
            partner_ids=mandate._get_report_recipients().ids,
            subtype_xmlid="mail.mt_note",
        )


class CollectionMandate(models.Model):
    """How often the provider's work is reported on, and to whom."""

    _inherit = "collection.mandate"

    report_frequency = fields.Selection(
        selection=[
            ("weekly", "Every week"),
            ("fortnightly", "Every two weeks"),
            ("monthly", "Every month"),
            ("quarterly", "Every quarter"),
        ],
        string="Activity Report",
        default="monthly",
        tracking=True,
        help="How often what was done is reported on: it is sent to the responsible "
        "and to those named beside, and the provider's supervisor reads it on the "
        "portal. Empty: never.",
    )
    report_partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="collection_mandate_report_partner_rel",
        column1="mandate_id",
        column2="partner_id",
        string="Also Sent to",
        domain=[("email", "!=", False)],
    )
    report_ids = fields.One2many(
        comodel_name="collection.mandate.report",
        inverse_name="mandate_id",
        string="Activity Reports",
        readonly=True,
    )

    @api.model
    def _get_term_fields(self):
        by_section = super()._get_term_fields()
        return {
            **by_section,
            "control": (*by_section["control"], "report_frequency"),
        }

    def _get_report_recipients(self):
        """Whom the activity report is sent to: who answers for the mandate, and others
        by name."""
        return self._get_responsible().partner_id | self.report_partner_ids

    def _get_due_report(self, today):
        """First and last day of the report that is due; None where there is none.

        Each begins where the last one ended, whatever the rhythm was then.
        """
        self.ensure_one()
        made = self.report_ids.filtered(lambda report: report.state == "made")
        done = max(made.mapped("date_to"), default=None)
        if self.state == "ended":
            # what was left of the period when it ended
            if not done or self.date_end >= today:
                return None
            last = self.date_end
        else:
            first, last = last_period(self.report_frequency, today, self.date_start)
        if done:
            first = done + timedelta(days=1)
        else:
            first = max(first, self.date_start)
        return (first, last) if first <= last else None

    def _report_activity(self, today):
        """Make the report that is due of this mandate; tell who answers for it when it
        could not be, the first time."""
        self.ensure_one()
        period = self._get_due_report(today)
        if not period:
            return
        # sudo: rows that nobody types
        reports_sudo = self.env["collection.mandate.report"].sudo()
        report = self.report_ids.filtered(lambda report: report.state == "failed")
        told = bool(report)
        report = report or reports_sudo.create(
            {
                "mandate_id": self.id,
                "date_from": period[0],
                "date_to": period[1],
                "state": "failed",
            }
        )
        report.write({"date_from": period[0], "date_to": period[1]})
        try:
            with self.env.cr.savepoint():
                report._send_to_readers()
        except OperationalError:
            # not the report's fault: the transaction is done again
            raise
        except Exception:
            # whatever is wrong with one report must not keep back the others
            _logger.warning("No report of mandate %s", self.number, exc_info=True)
            report.invalidate_recordset()
            if not told:
                self._tell_no_report(report)

    def _tell_no_report(self, report):
        self._activity_schedule_for(
            self._get_responsible(),
            "mail.mail_activity_data_todo",
            lambda asked: {
                "summary": asked.env._(
                    "The activity report of %(provider)s, %(period)s, could not be "
                    "made",
                    provider=asked.provider_id.display_name,
                    period=report.with_env(asked.env)._get_period_text(),
                ),
                "note": asked.env._(
                    "It is tried again every night; the log of the server says what "
                    "kept it."
                ),
            },
        )

    @api.model
    def _cron_report(self):
        """Every night: the reports of the periods that are over, each once."""
        Cron = self.env["ir.cron"]
        due = []
        for place, companies in self.env["res.company"]._by_collection_place():
            here = self.with_context(**place)
            today = company_today(companies)
            due += [
                (mandate, today)
                for mandate in here.search(
                    [
                        ("report_frequency", "!=", False),
                        ("company_id", "in", companies.ids),
                        ("state", "in", (*WORKING_STATES, "ended")),
                    ]
                )
                if mandate._get_due_report(today)
            ]
        Cron._commit_progress(remaining=len(due))
        for mandate, today in due:
            mandate._report_activity(today)
            if not Cron._commit_progress(1):
                break
