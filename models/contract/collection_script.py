from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..contact.collection_script import WEIGHTS
from .collection_mandate_terms import Term, insert_sections


class CollectionScript(models.Model):
    """Scripts that were agreed on with a provider, for its people and nobody else.

    What such a script says goes before what any general one does; it is a term of the
    contract, so that its words change by amendment.
    """

    _name = "collection.script"
    _inherit = ["collection.script", "collection.mandate.term.mixin"]

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        index="btree_not_null",
        ondelete="cascade",
        help="What the people of its provider say under this mandate. Empty: under all "
        "mandates, and in-house.",
    )
    company_id = fields.Many2one(
        compute="_compute_company_id", store=True, readonly=False, precompute=True
    )

    @api.depends("mandate_id.company_id")
    def _compute_company_id(self):
        for script in self:
            script.company_id = script.mandate_id.company_id or script.company_id

    @api.onchange("mandate_id")
    def _onchange_mandate_id(self):
        if self.mandate_id:
            self.mode = False

    @api.constrains("company_id", "mandate_id", "mode")
    def _check_mandate(self):
        for script in self:
            mandate = script.mandate_id
            if not mandate:
                continue
            if script.company_id != mandate.company_id:
                raise ValidationError(
                    self.env._(
                        "“%(script)s” is a script of %(mandate)s: it is one of the "
                        "same company.",
                        script=script.name,
                        mandate=mandate.display_name,
                    )
                )
            if script.mode:
                raise ValidationError(
                    self.env._(
                        "“%(script)s” is for the people of %(mandate)s, whoever they "
                        "call as: leave the caller empty.",
                        script=script.name,
                        mandate=mandate.display_name,
                    )
                )

    @api.model
    def _get_suiting_domain(self, account, mode):
        # EXTENDS contact
        domain = super()._get_suiting_domain(account, mode)
        mandates = [False]
        if mode != "in_house":
            mandates += account.mandate_id.ids
        return domain & Domain("mandate_id", "in", mandates)

    def _get_weight(self):
        # EXTENDS contact: before whatever a general one is narrow in
        return super()._get_weight() + 4 * sum(WEIGHTS.values()) * bool(self.mandate_id)

    def _get_sample_domain(self):
        # EXTENDS contact
        domain = super()._get_sample_domain()
        if self.mandate_id:
            domain &= Domain("mandate_id", "in", self.mandate_id._origin.ids)
        return domain

    def _get_preview_mode(self):
        # EXTENDS contact
        return self.mandate_id.mode or super()._get_preview_mode()

    @api.depends("mandate_id")
    def _compute_preview_account_id(self):
        return super()._compute_preview_account_id()

    # ------------------------------------------------------------------
    # The contract
    # ------------------------------------------------------------------

    def _get_terms(self):
        """This script as the contract says it, each part a term of its own."""
        self.ensure_one()
        parts = (
            ("for", self.env._("For"), self._get_scope_text()),
            ("opening", self._get_field_label("opening"), self.opening),
            ("points", self._get_field_label("point_ids"), self._join(self.point_ids)),
            (
                "objections",
                self._get_field_label("objection_ids"),
                self._join(self.objection_ids),
            ),
            ("closing", self._get_field_label("closing"), self.closing),
        )
        return [
            Term(
                f"script-{self.id}-{part}",
                self.env._("%(script)s: %(part)s", script=self.name, part=label),
                text,
            )
            for part, label, text in parts
            if text
        ]

    def _get_field_label(self, name):
        return self._fields[name]._description_string(self.env)

    def _get_scope_text(self):
        """Of which customers, at which stage, in words."""
        words = [self.segment_ids.mapped("name")] if self.segment_ids else []
        for name in ("debtor_type", "handling", "tone"):
            if self[name]:
                labels = dict(self._fields[name]._description_selection(self.env))
                words.append([labels[self[name]]])
        return "; ".join(", ".join(part) for part in words) or self.env._(
            "All customers"
        )

    @api.model
    def _join(self, lines):
        return "\n".join(
            f"{line.name} – {line.answer}" if line.answer else line.name
            for line in lines
        )


class CollectionScriptLine(models.Model):
    """Words of a script that was agreed on with a provider."""

    _name = "collection.script.line"
    _inherit = ["collection.script.line", "collection.mandate.term.mixin"]

    mandate_id = fields.Many2one(related="script_id.mandate_id")


class CollectionMandate(models.Model):
    """How the provider's people speak to the customers, and what they say."""

    _inherit = "collection.mandate"

    tone_terms = fields.Text(
        string="Tone",
        tracking=True,
        help="How the provider's people speak to your customers: they read it above "
        "what they say.",
    )
    script_ids = fields.One2many(
        comodel_name="collection.script",
        inverse_name="mandate_id",
        string="Call Scripts",
        copy=True,
    )

    @api.model
    def _get_term_fields(self):
        return {**super()._get_term_fields(), "scripts": ("tone_terms",)}

    @api.model
    def _get_term_sections(self):
        return insert_sections(
            super()._get_term_sections(),
            "powers",
            {"scripts": self.env._("Tone and Scripts")},
        )

    def _collect_terms(self):
        terms = super()._collect_terms()
        if not self.tone_terms:
            terms["scripts"] = []
        for script in self.script_ids.sorted("id"):
            terms["scripts"] += script._get_terms()
        return terms


class CollectionAccount(models.Model):
    """Whoever calls under a mandate reads how they are to speak."""

    _inherit = "collection.account"

    def _get_script_manner(self):
        # EXTENDS contact
        if self._get_script_mode() == "in_house":
            return super()._get_script_manner()
        # sudo: what their own mandate asks of whoever calls this customer
        return self.sudo().mandate_id.tone_terms or ""
