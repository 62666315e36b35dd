from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.days import company_today
from ..delegation.collection_mandate import WORKING_STATES
from .collection_mandate_document import REQUIRED


class CollectionMandate(models.Model):
    """The conditions of a mandate and the law it stands on.

    Whoever collects for the account of another does so after a written agreement that
    says how far the provider is insured, what it is paid and when it remits what it
    receives (article R124-3 CPCE). Whoever works with personal data for another does
    so under a contract that says which, what for and how long (article 28 GDPR).
    """

    _inherit = "collection.mandate"

    notice_days = fields.Integer(
        string="Notice",
        default=90,
        tracking=True,
        help="Days of notice by which either side ends the mandate. Single customers "
        "are taken back at any time, without notice.",
    )
    price_terms = fields.Text(
        string="Price", tracking=True, help="What the provider is paid, and when."
    )
    guarantee_terms = fields.Text(
        string="Guarantee against Liability",
        tracking=True,
        help="How far the company is covered against the provider's civil liability.",
    )
    remittance_days = fields.Integer(
        string="Funds Remitted within",
        default=30,
        tracking=True,
        help="Days within which the provider hands on what it received: a month at "
        "most, unless agreed otherwise (article R124-6 CPCE).",
    )
    document_ids = fields.One2many(
        comodel_name="collection.mandate.document",
        inverse_name="mandate_id",
        string="Provider's Papers",
        copy=True,
    )
    data_contact = fields.Char(
        string="Data-Protection Contact",
        tracking=True,
        help="Whom to turn to at the provider: data-protection officer, or who answers "
        "for it.",
    )
    sub_processors = fields.Text(
        string="Sub-processors",
        tracking=True,
        help="Others to whom the provider passes data on, each with what for; “none” "
        "is an answer. The company agrees to each of them beforehand.",
    )
    data_security = fields.Text(
        string="Security Measures",
        tracking=True,
        help="How the provider protects what it reads: places, equipment, people.",
    )
    data_breach_hours = fields.Integer(
        string="Breaches Reported within",
        default=24,
        tracking=True,
        help="Hours after the provider learned of a breach; the company itself has 72 "
        "to report it (article 33 GDPR).",
    )
    data_deletion_days = fields.Integer(
        string="Data Deleted within",
        default=30,
        tracking=True,
        help="Days after the end of the mandate within which the provider deletes what "
        "it kept, and says so in writing.",
    )

    _condition_days = models.Constraint(
        "CHECK (notice_days >= 0 AND remittance_days > 0 AND data_breach_hours > 0"
        " AND data_breach_hours <= 72 AND data_deletion_days >= 0)",
        "Days and hours are counted from nought; funds are remitted within a day at "
        "least, and a breach is reported within 72 hours.",
    )

    @api.model
    def _get_term_sections(self):
        return {
            **super()._get_term_sections(),
            "price": self.env._("Price"),
            "law": self.env._("Collecting for the Account of the Company"),
            "papers": self.env._("Papers of the Provider"),
            "data": self.env._("Personal Data"),
        }

    @api.model
    def _get_term_fields(self):
        by_section = super()._get_term_fields()
        return {
            **by_section,
            "duration": (*by_section["duration"], "notice_days"),
            "price": ("price_terms",),
            "law": ("guarantee_terms", "remittance_days"),
            "data": (
                "data_contact",
                "sub_processors",
                "data_security",
                "data_breach_hours",
                "data_deletion_days",
            ),
        }

    @api.model
    def _get_term_units(self):
        days = (self.env._("1 day"), self.env._("%(number)s days"))
        return {
            **super()._get_term_units(),
            **dict.fromkeys(
                ("notice_days", "remittance_days", "data_deletion_days"), days
            ),
            "data_breach_hours": (
                self.env._("1 hour"),
                self.env._("%(number)s hours"),
            ),
        }

    def _collect_terms(self):
        terms = super()._collect_terms()
        if self.mode != "on_behalf":
            del terms["law"]
        terms["papers"] = [
            paper._get_term() for paper in self.document_ids.sorted("id")
        ]
        if not terms["papers"]:
            del terms["papers"]
        return terms

    def _get_missing(self, state):
        missing = super()._get_missing(state)
        if state in WORKING_STATES and self.state not in WORKING_STATES:
            # from the pilot on real customers are called, and their data read
            missing += self._get_missing_law() + self._get_missing_data()
        return missing

    def _get_missing_law(self):
        """What the agreement to collect for another lacks (R124-2, R124-3 CPCE)."""
        if self.mode != "on_behalf":
            return []
        missing = []
        if not self.guarantee_terms:
            missing.append(
                self.env._(
                    "Say how far you are covered against the provider's liability "
                    "(article R124-3 CPCE)."
                )
            )
        if not self.price_terms:
            missing.append(
                self.env._("Say what the provider is paid (article R124-3 CPCE).")
            )
        if not self.reference:
            missing.append(
                self.env._(
                    "Enter the provider's reference, which its letters tell (article "
                    "R124-4 CPCE)."
                )
            )
        day = max(company_today(self), self.date_start)
        labels = dict(
            self.document_ids._fields["kind"]._description_selection(self.env)
        )
        for kind in REQUIRED:
            if not any(
                paper.kind == kind and paper._is_valid(day)
                for paper in self.document_ids
            ):
                missing.append(
                    self.env._(
                        "Put in a valid copy of: %(paper)s (article R124-2 CPCE).",
                        paper=labels[kind],
                    )
                )
        return missing

    def _check_law(self):
        """Refuse to have running mandates collect for the company without the ground.

        :raises UserError: naming what is missing
        """
        for mandate in self:
            if mandate.state in WORKING_STATES and mandate._get_missing_law():
                raise UserError(
                    self.env._(
                        "Before %(mandate)s collects for the account of the company:\n"
                        "%(missing)s",
                        mandate=mandate.display_name,
                        missing="\n".join(
                            f"• {sentence}" for sentence in mandate._get_missing_law()
                        ),
                    )
                )

    def _get_missing_data(self):
        """What the contract on personal data lacks (article 28 GDPR)."""
        sentences = {
            "data_contact": self.env._("Name the provider's data-protection contact."),
            "sub_processors": self.env._(
                "Say to whom the provider passes data on; “none” is an answer."
            ),
            "data_security": self.env._(
                "Say how the provider protects the data it reads."
            ),
        }
        return [sentence for name, sentence in sentences.items() if not self[name]]

    def write(self, vals):
        res = super().write(vals)
        if vals.get("mode") == "on_behalf":
            self._check_law()
        if vals.get("state") in ("agreed", *WORKING_STATES):
            for mandate in self:
                # the first review is planned with the contract
                mandate._plan_review(
                    after=max(company_today(mandate), mandate.date_start)
                )
        return res
