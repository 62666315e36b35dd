from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .collection_script_line import SCRIPT_PLACEHOLDERS

#: on which side of a hand-over the caller speaks, and as whom
MODES = [
    ("in_house", "In-house"),
    ("in_name", "Provider, in the company’s name"),
    ("on_behalf", "Provider, for the account of the company"),
]
#: what each condition of a script counts when several suit: the narrower wins
WEIGHTS = {
    "segment_ids": 16,
    "mode": 8,
    "handling": 4,
    "debtor_type": 2,
    "tone": 1,
}


class CollectionScript(models.Model):
    """What is said on the telephone, to whom and at which stage.

    Each part of a conversation (opening, points, objections, closing) is taken
    from the narrowest script that suits the customer and has that part: a script
    may say but one thing otherwise than the general one.
    """

    _name = "collection.script"
    _description = "Call Script"
    _inherit = ["collection.wording.check.mixin"]
    _order = "sequence, id"

    _wording_fields = ("opening", "closing")
    _wording_placeholders = SCRIPT_PLACEHOLDERS

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company", index=True, help="Empty: all companies."
    )
    segment_ids = fields.Many2many(
        comodel_name="collection.segment",
        string="Segments",
        help="Empty: customers of all segments.",
    )
    debtor_type = fields.Selection(
        selection=[
            ("private", "Private business"),
            ("public", "Public body"),
            ("consumer", "Consumer"),
        ],
        help="Empty: all customers.",
    )
    handling = fields.Selection(
        selection=[
            ("standard", "Standard"),
            ("careful", "Sensitive or strategic"),
        ],
        help="Empty: all customers.",
    )
    tone = fields.Selection(
        selection=[
            ("service", "Service, before the due date"),
            ("courteous", "Courteous"),
            ("firm", "Firm"),
            ("formal", "Formal"),
        ],
        string="Stage",
        help="Tone of the level the customer has reached. Empty: at any stage.",
    )
    mode = fields.Selection(
        selection=MODES, string="Caller", help="Empty: whoever calls."
    )
    opening = fields.Text(
        translate=True,
        help="Who calls, for whom and why. Placeholders: {agent}, {company}, "
        "{provider} and {mandate} (for the account of the company only), {notice} "
        "(the provider’s first letter), {customer}, {person} (whom to ask for), "
        "{count} (late invoices), {due} (amount overdue), {number} and {date} (oldest "
        "invoice, its due date), {days}, {promise} (amount promised and not paid). A "
        "line whose placeholder has no value is left out.",
    )
    closing = fields.Text(
        translate=True, help="What was agreed, said once more, and thanks."
    )
    line_ids = fields.One2many(
        comodel_name="collection.script.line",
        inverse_name="script_id",
        string="Points and Objections",
        copy=True,
    )
    point_ids = fields.One2many(
        comodel_name="collection.script.line",
        inverse_name="script_id",
        string="Talking Points",
        domain=[("kind", "=", "point")],
        context={"default_kind": "point"},
    )
    objection_ids = fields.One2many(
        comodel_name="collection.script.line",
        inverse_name="script_id",
        string="Objections",
        domain=[("kind", "=", "objection")],
        context={"default_kind": "objection"},
    )
    preview_account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer of the Preview",
        compute="_compute_preview_account_id",
        readonly=False,
        store=False,
        help="Whom the script is shown for: any customer who owes something.",
    )
    preview_html = fields.Html(
        string="Preview", compute="_compute_preview_html", sanitize=False
    )

    @api.constrains("opening", "closing", "line_ids")
    def _check_says_something(self):
        for script in self:
            if not (script.opening or script.closing or script.line_ids):
                raise ValidationError(
                    self.env._(
                        "“%(script)s” says nothing: enter an opening, a point, an "
                        "objection or a closing.",
                        script=script.name,
                    )
                )

    # ------------------------------------------------------------------
    # Which script
    # ------------------------------------------------------------------

    @api.model
    def _find(self, account, mode):
        """Scripts that suit a customer, the narrowest first.

        :param mode: as whom the caller speaks
        """
        scripts = self.search(self._get_suiting_domain(account, mode))
        return scripts.sorted(lambda script: -script._get_weight())

    @api.model
    def _get_suiting_domain(self, account, mode):
        """Domain on the scripts that suit a customer; areas that know of more
        conditions add theirs."""
        segment = account.segment_id
        careful = segment.handling in ("sensitive", "strategic")
        facts = {
            "mode": mode,
            "handling": "careful" if careful else "standard",
            "debtor_type": account._get_debtor_type(),
            "tone": account._get_script_tone(),
        }
        domain = Domain("company_id", "in", [False, account.company_id.id])
        for name, value in facts.items():
            domain &= Domain(name, "in", [False, value])
        return domain & (
            Domain("segment_ids", "=", False) | Domain("segment_ids", "in", segment.ids)
        )

    def _get_weight(self):
        """How narrow the script is; one of the company's own before a shared one."""
        self.ensure_one()
        return 2 * sum(weight for name, weight in WEIGHTS.items() if self[name]) + bool(
            self.company_id
        )

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    @api.depends("segment_ids", "debtor_type", "handling")
    def _compute_preview_account_id(self):
        for script in self:
            script.preview_account_id = script._find_sample()

    def _find_sample(self):
        """A customer whom the script suits, one who owes most by preference."""
        domain = Domain("company_id", "=", self.env.company.id) & Domain(
            "amount_overdue", ">", 0
        )
        accounts = self.env["collection.account"]
        own = self._get_sample_domain()
        order = "amount_overdue desc, id"
        return accounts.search(domain & own, order=order, limit=1) or accounts.search(
            domain, order=order, limit=1
        )

    def _get_sample_domain(self):
        """Domain on the customers whom the script suits."""
        self.ensure_one()
        own = Domain.TRUE
        if self.segment_ids:
            own &= Domain("segment_id", "in", self.segment_ids._origin.ids)
        if self.debtor_type:
            own &= Domain("segment_id.debtor_type", "=", self.debtor_type)
        if self.handling == "careful":
            own &= Domain("segment_id.handling", "in", ("sensitive", "strategic"))
        if self.mode:
            own &= (
                Domain("delegation_state", "!=", "delegated")
                if self.mode == "in_house"
                else Domain("mandate_id.mode", "=", self.mode)
            )
        return own

    def _get_preview_mode(self):
        """As whom the caller speaks in the preview."""
        self.ensure_one()
        return self.mode

    @api.depends(
        "opening",
        "closing",
        "point_ids.name",
        "point_ids.answer",
        "objection_ids.name",
        "objection_ids.answer",
        "preview_account_id",
    )
    @api.depends_context("lang", "uid")
    def _compute_preview_html(self):
        """What this script says to a customer, unsaved changes included."""
        for script in self:
            account = script.preview_account_id._origin
            if not account:
                script.preview_html = False
                continue
            talk = account._render_script(
                script.opening,
                script.point_ids,
                script.objection_ids,
                script.closing,
                mode=script._get_preview_mode(),
            )
            script.preview_html = self.env["ir.qweb"]._render(
                "account_collection.collection_script_talk",
                {"talk": talk},
            )
