from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..base.days import company_today
from .collection_mandate_terms import Term

#: days before it runs out that a paper is asked for anew
NOTICE_DAYS = 30
#: papers without which nobody may collect for the account of another (R124-2 CPCE)
REQUIRED = ("insurance", "declaration", "account")


class CollectionMandateDocument(models.Model):
    """A paper that the provider shows before it may collect (article R124-2 CPCE)."""

    _name = "collection.mandate.document"
    _description = "Provider's Paper"
    _inherit = ["collection.mandate.term.mixin"]
    _order = "mandate_id, kind, date_end desc, id desc"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(
        selection=[
            ("insurance", "Professional liability insurance"),
            ("declaration", "Declaration to the public prosecutor"),
            ("account", "Account kept for what is collected"),
            ("other", "Other"),
        ],
        required=True,
        default="insurance",
    )
    name = fields.Char(
        string="Reference",
        required=True,
        help="Number of the policy, of the receipt, of the account.",
    )
    issuer = fields.Char(help="Insurer, court, bank.")
    date = fields.Date(string="Issued on")
    date_end = fields.Date(string="Valid until")
    document = fields.Binary(attachment=True, copy=False)
    document_name = fields.Char(copy=False)
    warned = fields.Selection(
        selection=[("soon", "Soon"), ("over", "Over")],
        readonly=True,
        copy=False,
        help="Of what the responsible has been told.",
    )

    _dates = models.Constraint(
        "CHECK (date_end IS NULL OR date IS NULL OR date_end >= date)",
        "A paper cannot run out before it was issued.",
    )
    _insured_until = models.Constraint(
        "CHECK (kind != 'insurance' OR date_end IS NOT NULL)",
        "Say until when the insurance is valid.",
    )

    @api.depends("kind", "name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for paper in self:
            paper.display_name = " ".join(
                filter(None, [labels.get(paper.kind), paper.name])
            )

    def write(self, vals):
        if "date_end" in vals:
            vals = {**vals, "warned": False}
        return super().write(vals)

    def _get_term(self):
        """This paper as the contract says it: reference, who issued it, how long."""
        self.ensure_one()
        parts = [self.name, self.issuer]
        if self.date_end:
            parts.append(
                self.env._(
                    "valid until %(day)s", day=format_date(self.env, self.date_end)
                )
            )
        labels = dict(self._fields["kind"]._description_selection(self.env))
        return Term(
            f"paper-{self.id}", labels[self.kind], ", ".join(filter(None, parts))
        )

    def _is_valid(self, day):
        """Whether the paper is there and holds on `day`."""
        self.ensure_one()
        return bool(self.document and (not self.date_end or self.date_end >= day))

    @api.model
    def _cron_warn(self):
        """Every night: what runs out soon, or has, is said once each."""
        for place, companies in self.env["res.company"]._by_collection_place():
            self.with_context(**place)._warn(companies)

    @api.model
    def _warn(self, companies):
        """As of the current day, papers of mandates of `companies` that have not ended.

        :return: the papers that the responsible was told of
        """
        today = company_today(companies)
        ending = self.search(
            [
                ("company_id", "in", companies.ids),
                ("mandate_id.state", "not in", ("study", "ended")),
                ("date_end", "<=", today + timedelta(days=NOTICE_DAYS)),
                ("warned", "!=", "over"),
            ]
        )
        told = self.browse()
        for paper in ending:
            stage = "over" if paper.date_end < today else "soon"
            replaced = paper.mandate_id.document_ids.filtered(
                lambda other, paper=paper: (
                    other.kind == paper.kind
                    and other.document
                    and (not other.date_end or other.date_end > paper.date_end)
                )
            )
            if paper.warned == stage or replaced:
                continue
            paper._tell_responsible(stage)
            paper.warned = stage
            told |= paper
        return told

    def _tell_responsible(self, stage):
        self.mandate_id._activity_schedule_for(
            self.mandate_id._get_responsible(),
            "mail.mail_activity_data_todo",
            lambda mandate: self.with_env(mandate.env)._describe_end(stage),
        )

    def _describe_end(self, stage):
        """That the paper ran out, or does, in words."""
        names = {
            "paper": self.display_name,
            "provider": self.mandate_id.provider_id.display_name,
            "day": format_date(self.env, self.date_end),
        }
        if stage == "over":
            return self.env._("%(paper)s of %(provider)s ran out on %(day)s", **names)
        return self.env._("%(paper)s of %(provider)s runs out on %(day)s", **names)
