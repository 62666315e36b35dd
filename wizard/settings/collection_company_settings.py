from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...models.base.roles import check_manager

#: what a credit manager may set on the company, and nothing else
COMPANY_FIELDS = (
    "collection_policy_id",
    "collection_auto_run",
    "collection_agreed_rate",
    "collection_huitante",
    "collection_signatory",
    "collection_phone",
    "collection_email",
    "collection_total_from",
    "collection_partial_above",
    "collection_access_years",
    "collection_keep_share",
    "collection_promise_days",
    "collection_promise_tolerance",
    "collection_promise_last_days",
    "collection_promise_share",
    "collection_plan_instalments",
    "collection_plan_amount",
    "collection_plan_first_days",
    "collection_plan_last_days",
    "collection_hold_days",
    "collection_dispute_user_id",
    "collection_dispute_days",
    "collection_satisfaction_every",
    "collection_satisfaction_days",
    "collection_quality_share",
    "collection_complaint_days",
    "collection_precheck_amount",
    "collection_precheck_from",
    "collection_precheck_to",
    "collection_bill_auto",
    "collection_bill_letters",
    "collection_floor_on_default",
    "collection_waiver_limit",
)


class CollectionCompanySettings(models.TransientModel):
    """The company's collection settings, for managers who are no administrators."""

    _name = "collection.company.settings"
    _description = "Collection Settings of the Company"
    _inherit = ["collection.relation.mixin"]

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    collection_policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Default Dunning Policy",
        domain="[('company_id', 'in', (False, company_id))]",
    )
    collection_auto_run = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collection_auto_run"]
            ._description_selection(self.env)
        ),
        string="Daily Run",
        required=True,
        help="Sent: only letters of the levels that are sent automatically; the "
        "others, and what needs an approval, wait for a person.",
    )
    collection_agreed_rate = fields.Float(
        string="Agreed Late-Payment Rate",
        digits=(16, 4),
        help="Percent a year from your terms of sale. 0: the rate of the law.",
    )
    collection_rate_floor = fields.Float(
        related="company_id.collection_rate_floor", string="Lowest Agreed Rate"
    )
    country_code = fields.Char(related="company_id.country_id.code")
    collection_huitante = fields.Boolean(
        string="Eighty in Words: huitante",
        help="On letters in Swiss French, as in Vaud, Valais and Fribourg; otherwise "
        "quatre-vingts.",
    )
    collection_letter_health = fields.Text(
        related="company_id.collection_letter_health"
    )
    collection_signatory = fields.Char(
        string="Letters Signed by",
        help="Name and function printed under reminders and formal notices.",
    )
    collection_phone = fields.Char(
        string="Collections Phone",
        help="Direct line printed on letters. Empty: the company's phone.",
    )
    collection_email = fields.Char(
        string="Collections Email",
        help="Address printed on letters and used for answers. Empty: the company's.",
    )
    collection_total_from = fields.Integer(string="Total Delegation from")
    collection_partial_above = fields.Integer(string="Partial Delegation above")
    collection_keep_share = fields.Float(string="Share Kept In-house")
    collection_access_years = fields.Integer(
        string="Access Log Kept for",
        help="Years for which it stays known which of a provider's agents looked at "
        "which customer. 0: for good.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    collection_promise_days = fields.Integer(string="Days Granted to a Promise")
    collection_promise_tolerance = fields.Monetary(string="Amount Granted to a Promise")
    collection_promise_last_days = fields.Integer(string="Promises Accepted up to")
    collection_promise_share = fields.Float(string="Least Share Promised")
    collection_plan_instalments = fields.Integer(
        string="Instalments a Collector May Grant"
    )
    collection_plan_amount = fields.Monetary(string="Amount a Collector May Spread")
    collection_plan_first_days = fields.Integer(string="First Instalment within")
    collection_plan_last_days = fields.Integer(string="Last Instalment within")
    collection_hold_days = fields.Integer(string="Rest after a Contact")
    collection_dispute_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Late Disputes Escalate to",
        domain=[("share", "=", False)],
    )
    collection_dispute_days = fields.Integer(string="Disputes Escalated after")
    collection_satisfaction_every = fields.Integer(
        string="Ask for a Mark after Every",
        help="The customer is asked for a mark by e-mail after every so many calls in "
        "which the right person was reached. 0: nobody is asked.",
    )
    collection_satisfaction_days = fields.Integer(string="Asked Again after")
    collection_quality_share = fields.Float(
        string="In-house Calls Reviewed", digits=(5, 2)
    )
    collection_complaint_days = fields.Integer(string="Complaints Answered within")
    collection_precheck_amount = fields.Monetary(string="Invoices Checked from")
    collection_precheck_from = fields.Integer(string="Checked at the Latest")
    collection_precheck_to = fields.Integer(string="Checked at the Earliest")
    collection_bill_auto = fields.Boolean(string="Bills Drawn Every Night")
    collection_bill_letters = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collection_bill_letters"]
            ._description_selection(self.env)
        ),
        string="Letters Asking for Bills",
        required=True,
        help="Written 25 and 15 days before the due date of a bill that is not back; "
        "not to customers whom a provider works.",
    )
    collection_floor_on_default = fields.Boolean(string="Floor on the Default Rate")
    collection_waiver_limit = fields.Monetary(string="Waivers by Collectors, up to")

    # What leads to the first letter
    particulars_missing = fields.Text(compute="_compute_first_steps")
    has_signatory = fields.Boolean(compute="_compute_first_steps")
    has_collector = fields.Boolean(compute="_compute_first_steps")
    unclassified_count = fields.Integer(compute="_compute_first_steps")
    has_run = fields.Boolean(compute="_compute_first_steps")
    ready = fields.Boolean(compute="_compute_first_steps")

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_first_steps(self):
        """Which of the steps to the first letter are done."""
        for wizard in self:
            company = wizard.company_id
            here = [("company_id", "=", company.id)]
            wizard.particulars_missing = company.collection_letter_health
            wizard.has_signatory = bool(company.collection_signatory)
            wizard.has_collector = bool(
                self.env["collection.agent"].search_count(
                    [("side", "=", "company")], limit=1
                )
            )
            wizard.unclassified_count = self.env["collection.account"].search_count(
                [*here, ("segment_id", "=", False), ("amount_open", ">", 0)]
            )
            wizard.has_run = bool(
                self.env["collection.dunning.run"].search_count(
                    [*here, ("state", "in", ("to_send", "done"))], limit=1
                )
            )
            wizard.ready = (
                not wizard.particulars_missing
                and not wizard.unclassified_count
                and wizard.has_signatory
                and wizard.has_collector
                and wizard.has_run
            )

    def action_open_company(self):
        """The company's particulars; only administrators change them."""
        self.ensure_one()
        return self.company_id.get_formview_action()

    def _open(self, xml_id):
        self.ensure_one()
        return self.env["ir.actions.act_window"]._for_xml_id(
            f"account_collection.{xml_id}"
        )

    def action_open_collectors(self):
        return self._open("collection_agent_action")

    def action_open_classification(self):
        return self._open("collection_classify_action")

    def action_open_runs(self):
        return self._open("collection_dunning_run_action")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        company = self.env.company
        for name in set(COMPANY_FIELDS) & set(fields):
            value = company[name]
            values[name] = value.id if isinstance(value, models.BaseModel) else value
        return values

    def action_save(self):
        """Write these settings to the company the user works in.

        :raise AccessError: without the credit manager's role, or for a company that
            is not among the user's
        """
        self.ensure_one()
        check_manager(
            self.env, self.env._("Only credit managers change the collection settings.")
        )
        if self.company_id not in self.env.companies:
            raise AccessError(
                self.env._("This company is not among those you work in.")
            )
        # sudo: companies are the administrators'; these fields are the manager's
        company_sudo = self.company_id.sudo()
        company_sudo.write(
            {
                name: company_sudo._fields[name].convert_to_write(self[name], self)
                for name in COMPANY_FIELDS
            }
        )
        return {"type": "ir.actions.act_window_close"}
