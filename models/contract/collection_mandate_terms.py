from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang

from ..base.figures import format_figure


class Term(NamedTuple):
    """One term of a contract: what it is called, what it says, and what it is."""

    #: what tells it from all others of its mandate, whatever it is called
    key: str
    label: str
    #: as the contract prints it, in the language of the company
    text: str


class CollectionMandate(models.Model):
    """What the contract says, term by term, and what of it was changed later."""

    _inherit = "collection.mandate"

    terms_recorded = fields.Json(
        readonly=True,
        copy=False,
        help="The terms as the last amendment leaves them, and in which language.",
    )
    amendment_ids = fields.One2many(
        comodel_name="collection.mandate.amendment",
        inverse_name="mandate_id",
        string="Amendments",
    )

    @api.model
    def _get_term_fields(self):
        """Fields of the mandate that are terms of the contract: {section: names}.

        Areas that know more of the contract add theirs.
        """
        return {
            "parties": ("provider_id", "company_id", "mode", "reference"),
            "duration": ("date_start", "date_end"),
            "scope": (
                "extent",
                "segment_ids",
                "min_days_overdue",
                "min_amount",
                "new_item_rule",
            ),
            "powers": (
                "plan_instalments",
                "plan_amount",
                "plan_first_days",
                "plan_last_days",
                "promise_last_days",
                "promise_share",
                "pre_reminder_by",
                "announce",
                "mail_allowed",
                "mail_template_ids",
                "payment_bank_id",
            ),
            "control": (
                "review_months",
                "contact_days",
                "quality_share",
            ),
        }

    @api.model
    def _get_term_sections(self):
        """Titles of the sections of the contract, in their order: {section: title}."""
        return {
            "parties": self.env._("Parties"),
            "duration": self.env._("Duration"),
            "scope": self.env._("Scope"),
            "powers": self.env._("What the Provider May Grant and Do"),
            "control": self.env._("Means of Control"),
        }

    def _get_terms(self):
        """The contract, term by term, in the language of the company.

        :return: {section: list of `Term`}, sections in the order of the document
        """
        self.ensure_one()
        # sudo: names of the parties and their templates, for whoever reads the mandate
        mandate_sudo = self.with_context(lang=self._get_contract_lang()).sudo()
        return mandate_sudo._collect_terms()

    def _collect_terms(self):
        """The contract, term by term, in the language of the environment.

        Areas whose terms are rows of their own add them.
        """
        by_section = self._get_term_fields()
        return {
            section: [
                self._get_field_term(name) for name in by_section.get(section, ())
            ]
            for section in self._get_term_sections()
        }

    def _get_contract_lang(self):
        """The language of the contract: the company's, or the one that is asked for
        to compare it with what was recorded before."""
        asked = self.env.context.get("collection_contract_lang")
        if asked and self.env["res.lang"]._get_data(code=asked):
            return asked
        # sudo: the language of the company, whoever reads its contract
        return self.company_id.sudo().partner_id.lang or self.env.lang

    def _get_field_term(self, name):
        field = self._fields[name]
        description = field._description_string(self.env)
        return Term(name, description, self._describe_term(field))

    def _describe_term(self, field):
        """What a field says, as the contract prints it; an en dash says nothing."""
        value = self[field.name]
        match field.type:
            case "boolean":
                return self.env._("Yes") if value else self.env._("No")
            case "selection":
                labels = dict(field._description_selection(self.env))
                return labels.get(value, "–")
            case "many2one" | "many2many":
                return ", ".join(value.mapped("display_name")) or "–"
            case "date":
                return format_date(self.env, value) if value else "–"
            case "monetary":
                return formatLang(self.env, value, currency_obj=self.currency_id)
            case "float" | "integer":
                return self._describe_number(field.name, value)
            case _:
                return value or "–"

    @api.model
    def _get_term_units(self):
        """In what numbers of the contract count.

        :return: {field: (text of one, text with %(number)s of another number)}
        """
        days = (self.env._("1 day"), self.env._("%(number)s days"))
        percent = (self.env._("1 %%"), self.env._("%(number)s %%"))
        return {
            **dict.fromkeys(
                (
                    "contact_days",
                    "min_days_overdue",
                    "plan_first_days",
                    "plan_last_days",
                    "promise_last_days",
                ),
                days,
            ),
            **dict.fromkeys(("promise_share", "quality_share"), percent),
            "review_months": (self.env._("1 month"), self.env._("%(number)s months")),
        }

    def _describe_number(self, name, value):
        number = format_figure(self.env, value)
        one, many = self._get_term_units().get(name, ("%(number)s", "%(number)s"))
        return (one if value == 1 else many) % {"number": number}

    @api.model
    def _get_sealed_fields(self):
        """Fields that only the steps of the contract write, whoever calls."""
        return {"terms_recorded"}

    def _check_sealed(self, vals):
        if self._get_sealed_fields().intersection(vals):
            raise UserError(
                self.env._(
                    "Who agreed to a mandate, and on what, is noted as it happens: "
                    "nobody types it."
                )
            )

    def _seal(self, vals):
        """Write sealed fields, as a step that has checked who acts."""
        # sudo: nobody may write them by hand; past the guard in `write`, on purpose
        self_sudo = super(CollectionMandate, self.sudo())
        return self_sudo.write(vals)  # pylint: disable=super-method-mismatch

    @api.model_create_multi
    def create(self, vals_list):
        sealed = dict.fromkeys(self._get_sealed_fields(), False)
        for vals in vals_list:
            self._check_sealed(vals)
        # said rather than left out: the caller's context has defaults, too
        mandates = super().create([{**vals, **sealed} for vals in vals_list])
        mandates._record_terms()
        return mandates

    def write(self, vals):
        self._check_sealed(vals)
        res = super().write(vals)
        self._record_terms()
        return res

    def _record_terms(self):
        """Follow the contract: what both sides agreed on changes by amendment only."""
        for mandate in self:
            recorded = mandate.terms_recorded or {}
            lang = mandate._get_contract_lang()
            terms = mandate._list_terms(lang)
            before = recorded.get("terms", {})
            if terms == before:
                continue
            # in the language it was recorded in: a company that writes in another one
            # from now on has changed no contract
            was = recorded.get("lang", lang)
            now = terms if was == lang else mandate._list_terms(was)
            changes = _compare(before, now) if before else []
            if mandate.state == "study":
                if changes:
                    mandate._reset_approvals()
            elif changes and mandate.state != "ended":
                mandate.amendment_ids._amend(mandate, changes)
            mandate._seal({"terms_recorded": {"lang": lang, "terms": terms}})

    def _list_terms(self, lang):
        """The terms in a language: {key: [label, text]}."""
        terms = self.with_context(collection_contract_lang=lang)._get_terms()
        return {
            term.key: [term.label, term.text]
            for section in terms.values()
            for term in section
        }


def insert_sections(sections, after, added):
    """`sections` of the contract with those `added` behind one of them."""
    names = list(sections)
    place = names.index(after) + 1
    return {
        name: (added if name in added else sections)[name]
        for name in (*names[:place], *added, *names[place:])
    }


def _compare(before, after):
    """Terms that differ: list of (key, label, text before, text after).

    A term that is called otherwise than before, in another language too, is the same.
    """
    return [
        (
            key,
            (after.get(key) or before[key])[0],
            before.get(key, ["", ""])[1],
            after.get(key, ["", ""])[1],
        )
        for key in {**before, **after}
        if before.get(key, ["", ""])[1] != after.get(key, ["", ""])[1]
    ]
