from odoo import api, fields, models
from odoo.exceptions import UserError

from ...models.base.days import company_today
from ...models.base.roles import is_manager
from ...models.letter.collection_letter_kind import OF_MANDATE


class CollectionLetterCompose(models.TransientModel):
    """Write a letter outside the ladder, with a look at it before it exists."""

    _name = "collection.letter.compose"
    _description = "Write a Letter"
    _inherit = ["collection.relation.mixin"]

    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="account_id.company_id")
    currency_id = fields.Many2one(
        comodel_name="res.currency", compute="_compute_currency_id"
    )
    kind_id = fields.Many2one(
        comodel_name="collection.letter.kind",
        string="Letter",
        required=True,
        domain="[('id', 'in', kind_ids)]",
    )
    kind_ids = fields.Many2many(
        comodel_name="collection.letter.kind",
        string="Letters for This Customer",
        compute="_compute_kind_ids",
        export_string_translation=False,
    )
    allow_provider = fields.Boolean(compute="_compute_allow_provider")
    code = fields.Selection(related="kind_id.code")
    with_items = fields.Selection(related="kind_id.with_items", string="About")
    by_manager = fields.Boolean(related="kind_id.by_manager")
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        string="Invoices",
        compute="_compute_item_ids",
        store=True,
        readonly=False,
        domain="[('account_id', '=', account_id)]",
        help="What the letter is about, in one currency.",
    )
    fact_date = fields.Date(
        string="Date", compute="_compute_facts", store=True, readonly=False
    )
    fact_amount = fields.Monetary(
        string="Amount", compute="_compute_facts", store=True, readonly=False
    )
    payment_means = fields.Selection(
        selection=lambda self: (
            self.env["collection.letter"]
            ._fields["payment_means"]
            ._description_selection(self.env)
        ),
        string="Means of Payment",
        default="transfer",
    )
    fact_reference = fields.Char(string="Reference")
    fact_person = fields.Char(string="Person")
    instalment_count = fields.Integer(string="Instalments", default=3)
    preview_html = fields.Html(
        string="Preview", compute="_compute_preview_html", sanitize=False
    )

    @api.depends("account_id")
    def _compute_allow_provider(self):
        for wizard in self:
            account = wizard.account_id
            wizard.allow_provider = bool(account) and account._is_worked_on_behalf()

    @api.depends("account_id", "allow_provider")
    def _compute_kind_ids(self):
        """Of each purpose the wording that this customer gets."""
        Kind = self.env["collection.letter.kind"]
        codes = {kind.code for kind in Kind.search([("active", "=", True)])}
        self.kind_ids = False
        for wizard in self.filtered("account_id"):
            kinds = Kind.union(
                *(
                    Kind._get_kinds(
                        code, wizard.company_id, wizard.account_id._get_debtor_type()
                    )[:1]
                    for code in codes
                )
            )
            wizard.kind_ids = kinds.filtered(
                lambda kind, wizard=wizard: (
                    (wizard.allow_provider or not kind.by_provider)
                    and (
                        kind.code not in OF_MANDATE
                        or wizard.account_id.delegation_state == "delegated"
                    )
                )
            )

    @api.depends("item_ids", "account_id")
    def _compute_currency_id(self):
        for wizard in self:
            wizard.currency_id = (
                wizard.item_ids.currency_id[:1] or wizard.account_id.currency_id
            )

    @api.depends("kind_id", "account_id")
    def _compute_item_ids(self):
        for wizard in self:
            account = wizard.account_id._origin
            wizard.item_ids = (
                account._get_usual_items(wizard.kind_id._origin).get(account)
                if account and wizard.kind_id
                else False
            )

    @api.depends("kind_id", "item_ids")
    def _compute_facts(self):
        today = company_today(self)
        for wizard in self:
            total = sum(
                item.amount_residual - item.amount_disputed for item in wizard.item_ids
            )
            wizard.fact_amount = (
                total
                if wizard.code in ("payment_plan", "promise_confirmation")
                else wizard.fact_amount
            )
            wizard.fact_date = wizard.fact_date or today

    @api.depends(
        "kind_id",
        "item_ids",
        "fact_date",
        "fact_amount",
        "payment_means",
        "fact_reference",
        "fact_person",
        "instalment_count",
    )
    def _compute_preview_html(self):
        for wizard in self:
            if not wizard.kind_id or not wizard.account_id:
                wizard.preview_html = False
                continue
            items = wizard.item_ids._origin
            if len(items.currency_id) > 1:
                wizard.preview_html = self.env._("A letter is in one currency.")
                continue
            letter = wizard.account_id._origin._new_sample_letter(
                {"kind_id": wizard.kind_id._origin.id}, items, wizard._get_facts()
            )
            wizard.preview_html = letter._render_sample()

    def _get_facts(self):
        """What the letter tells, of what its kind has a place for."""
        self.ensure_one()
        names = {
            "bill_return": ("fact_date", "fact_amount", "fact_reference"),
            "payment_plan": ("fact_amount", "payment_means", "fact_person"),
            "receipt": (
                "fact_date",
                "fact_amount",
                "payment_means",
                "fact_reference",
                "fact_person",
            ),
            "promise_confirmation": (
                "fact_date",
                "fact_amount",
                "payment_means",
                "fact_person",
            ),
        }.get(self.code, ())
        facts = {name: self[name] for name in names}
        if (
            self.code == "payment_plan"
            and self.instalment_count > 0
            and self.fact_amount > 0
        ):
            facts["details"] = self.env["collection.account"]._get_instalments(
                self.fact_amount,
                self.instalment_count,
                self.fact_date or company_today(self),
                self.currency_id,
            )
        return facts

    # ------------------------------------------------------------------
    # Acts
    # ------------------------------------------------------------------

    def _write_letter(self):
        self.ensure_one()
        return self.account_id._write_letter(
            self.code,
            items=None if self.with_items in ("none", "open") else self.item_ids,
            **self._get_facts(),
        )

    def action_write(self):
        """Draw up the letter and open it, a draft."""
        return self._open(self._write_letter())

    def action_send(self):
        """Draw the letter up, number and send it."""
        letter = self._confirm(self._write_letter())
        # sudo: a collector sends the letters of the kinds left to collectors
        letter.sudo()._send()
        return self._open(letter)

    def action_print(self):
        """Draw the letter up, number it and print it."""
        return self._confirm(self._write_letter()).action_print()

    def _confirm(self, letter):
        if self.by_manager and not is_manager(self.env):
            raise UserError(
                self.env._(
                    "A manager confirms letters of the kind “%(kind)s”: create the "
                    "draft and ask for it.",
                    kind=self.kind_id.name,
                )
            )
        # sudo: see above, the kind is one left to collectors
        letter.sudo().action_confirm()
        return letter

    def _open(self, letter):
        return {
            "type": "ir.actions.act_window",
            "res_model": "collection.letter",
            "res_id": letter.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
