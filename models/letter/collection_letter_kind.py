from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..wording.collection_wording_mixin import WORDING_FIELDS

#: what a letter of each kind has to tell to be worth anything
KIND_FACTS = {
    "bill_return": ("fact_reference", "fact_amount", "fact_date"),
    "payment_plan": ("fact_amount", "payment_means", "detail_ids"),
    "receipt": ("fact_amount", "fact_date", "payment_means"),
    "promise_confirmation": ("fact_amount", "fact_date"),
}

#: letters that leave an insolvent customer in peace: they ask for nothing
ASKING_NOTHING = ("announcement", "receipt", "statement", "thanks")
#: letters about the mandate under which a provider works the customer
OF_MANDATE = ("announcement", "mandate_notice")


class CollectionLetterKind(models.Model):
    """A letter outside the ladder of reminders: receipt, plan, statement, …"""

    _name = "collection.letter.kind"
    _description = "Kind of Letter"
    _inherit = ["collection.wording.mixin"]
    _order = "sequence, id"

    # the name is printed, too: {level}
    _wording_fields = (*WORDING_FIELDS, "name")

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    code = fields.Selection(
        selection=[
            ("bill_return", "Return of a bill of exchange"),
            ("payment_plan", "Payment plan"),
            ("receipt", "Receipt"),
            ("promise_confirmation", "Confirmation of a promise"),
            ("thanks", "Thanks"),
            ("statement", "Statement of account"),
            ("pre_reminder", "Before the due date"),
            ("announcement", "Announcement of a provider"),
            ("mandate_notice", "First letter of a provider (R124-4)"),
        ],
        string="Purpose",
        required=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        help="Leave empty to share the wording between companies.",
    )
    debtor_type = fields.Selection(
        selection=[
            ("private", "Private business"),
            ("public", "Public body"),
            ("consumer", "Consumer"),
        ],
        string="Customers",
        help="Whom this wording is for. Empty: all those for whom there is no other.",
    )
    channel = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("post", "Post"),
            ("registered", "Registered post"),
        ],
        required=True,
        default="email",
        help="A customer without e-mail address gets the letter by post.",
    )
    with_items = fields.Selection(
        selection=[
            ("none", "None"),
            ("unpaid", "Those it is about, while they are unpaid"),
            ("given", "Those it is about, paid or not"),
            ("open", "Everything open, credits included"),
        ],
        string="Items",
        required=True,
        default="none",
    )
    include_penalties = fields.Boolean(
        string="Interest and Indemnity",
        help="The letter claims late-payment interest to date and the fixed "
        "indemnity per invoice, by the law that applies to the customer.",
    )
    by_provider = fields.Boolean(
        string="On the Provider's Letterhead",
        help="Written by the provider, for the account of the company.",
    )
    by_manager = fields.Boolean(
        string="Confirmed by a Manager",
        help="A collector may draw it up, but not send it.",
    )

    _code_company_uniq = models.UniqueIndex(
        "(code, COALESCE(company_id, 0), COALESCE(debtor_type, ''))",
        "There is one wording of each purpose for each kind of customer, and one per "
        "company.",
    )

    @api.model
    def _get_kind(self, code, company, debtor_type=False):
        """The wording of this code for customers of `debtor_type`.

        :raises UserError: when it was archived
        """
        kind = self._get_kinds(code, company, debtor_type)[:1]
        if not kind:
            labels = dict(self._fields["code"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "There is no active wording for “%(kind)s” (Collections ‣ "
                    "Configuration ‣ Reminders ‣ Other Letters).",
                    kind=labels.get(code, code),
                )
            )
        return kind

    @api.model
    def _get_kinds(self, code, company, debtor_type=False):
        """Wordings of this code that suit, the most fitting first.

        Those for `debtor_type` before those for all customers: what the law says of
        consumers goes before what a company says to everybody. Then the company's own
        before the shared one.
        """
        # sudo: set-up that every letter needs
        kinds_sudo = self.sudo().search(
            [
                ("code", "=", code),
                ("company_id", "in", [company.id, False]),
                ("debtor_type", "in", [debtor_type, False]),
            ]
        )
        return kinds_sudo.with_env(self.env).sorted(
            lambda kind: (not kind.debtor_type, not kind.company_id)
        )

    def _get_facts(self):
        """Fields of the letter that must be filled in."""
        return KIND_FACTS.get(self.code, ())

    def _is_before_due(self):
        return self.code == "pre_reminder"

    def _asks_for_payment(self):
        """Whether such a letter asks for money or settles how it is to be paid."""
        self.ensure_one()
        return self.code not in ASKING_NOTHING

    def _get_preview_values(self):
        return {"kind_id": self._origin.id}

    def _get_preview_domains(self):
        """A customer of the kind the wording is for, if there is one."""
        domains = super()._get_preview_domains()
        if not self.debtor_type:
            return domains
        of_kind = Domain("segment_id.debtor_type", "=", self.debtor_type)
        return [domains[0] & of_kind, *domains]
