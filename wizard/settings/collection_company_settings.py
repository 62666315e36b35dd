from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

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
    "collection_partial_up_to",
    "collection_sector",
    "collection_in_house_hours",
    "collection_hour_cost",
    "collection_access_years",
    "collection_keep_share",
    "collection_resume_rule",
    "collection_dependence_limit",
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
    "collection_team_survey",
    "collection_team_survey_answers",
    "collection_precheck_amount",
    "collection_precheck_from",
    "collection_precheck_to",
    "collection_bill_auto",
    "collection_bill_letters",
    "collection_floor_on_default",
    "collection_waiver_limit",
    "collection_imputation",
    "collection_interest_account_id",
)
#: what late-payment interest may be booked on
INCOME_TYPES = ("income", "income_other")


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
        help="For customers and segments without a policy of their own.",
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
    collection_auto_run_date = fields.Date(
        related="company_id.collection_auto_run_date", string="Last Daily Run"
    )
    collection_imputation = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collection_imputation"]
            ._description_selection(self.env)
        ),
        string="Part Payments Reduce",
        required=True,
        help="What a part payment is counted on when interest is computed.",
    )
    collection_interest_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Interest Account",
        domain="[('account_type', 'in', ('income', 'income_other'))]",
        help="Where invoices of interest and indemnities are booked. Empty: the income "
        "account of the sales journal.",
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
    collection_total_from = fields.Integer(
        string="Total Delegation from",
        help="Number of active accounts from which the advice is to hand over the"
        " whole file.",
    )
    collection_partial_above = fields.Integer(
        string="Partial Delegation above",
        help="Number of active accounts above which the advice is to keep the "
        "largest in-house.",
    )
    collection_partial_up_to = fields.Integer(
        string="Partial Delegation up to",
        help="Number of active accounts up to which a partial delegation is common; "
        "of larger files no rule is known, and the advice says so.",
    )
    collection_sector = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collection_sector"]
            ._description_selection(self.env)
        ),
        string="Sector of the Company",
        help="In some sectors companies hand over their whole collection as a rule.",
    )
    collection_in_house_hours = fields.Float(
        string="In-house Hours a Month",
        help="Hours that your own people spend on collecting in a month, all of them "
        "together.",
    )
    collection_hour_cost = fields.Monetary(
        string="Cost of an Hour",
        help="What an hour of your own people costs, charges and workplace included.",
    )
    collection_keep_share = fields.Float(
        string="Share Kept In-house",
        help="Percent of active accounts, the largest by turnover, that a partial"
        " hand-over keeps.",
    )
    collection_resume_rule = fields.Selection(
        selection=lambda self: (
            self.env["res.company"]
            ._fields["collection_resume_rule"]
            ._description_selection(self.env)
        ),
        string="Reminders after a Provider",
        help="Where the ladder of reminders stands for what comes back from a"
        " provider.",
    )
    collection_dependence_limit = fields.Float(
        string="Most with One Provider",
        help="Percent of what customers owe above which a provider is warned of. 0: no "
        "limit.",
    )
    collection_access_years = fields.Integer(
        string="Access Log Kept for",
        help="Years for which it stays known which of a provider's agents looked at "
        "which customer. 0: for good.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    collection_promise_days = fields.Integer(
        string="Days Granted to a Promise",
        help="The bank takes its time: days after the promised one on which money"
        " still keeps the promise.",
    )
    collection_promise_tolerance = fields.Monetary(
        string="Amount Granted to a Promise",
        help="A few cents break no promise.",
    )
    collection_promise_last_days = fields.Integer(
        string="Promises Accepted up to",
        help="All invoices of a promise rest until its day. Beyond, a manager "
        "records it.",
    )
    collection_promise_share = fields.Float(
        string="Least Share Promised",
        help="Percent of what is due that a collector may accept as a promise.",
    )
    collection_plan_instalments = fields.Integer(
        string="Instalments a Collector May Grant",
        help="Beyond, a manager approves the plan.",
    )
    collection_plan_amount = fields.Monetary(
        string="Amount a Collector May Spread",
        help="Beyond, a manager approves the plan.",
    )
    collection_plan_first_days = fields.Integer(string="First Instalment within")
    collection_plan_last_days = fields.Integer(string="Last Instalment within")
    collection_hold_days = fields.Integer(
        string="Rest after a Contact",
        help="Rest of a customer after the right person was reached, unless the "
        "next action is due. Segments may say otherwise.",
    )
    collection_dispute_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Late Disputes Escalate to",
        domain=[("share", "=", False)],
        help="Who hears of disputes that nobody decided in time.",
    )
    collection_dispute_days = fields.Integer(
        string="Disputes Escalated after",
        help="Days after their deadline.",
    )
    collection_satisfaction_every = fields.Integer(
        string="Ask for a Mark after Every",
        help="The customer is asked for a mark by e-mail after every so many calls in "
        "which the right person was reached. 0: nobody is asked.",
    )
    collection_satisfaction_days = fields.Integer(
        string="Asked Again after",
        help="A customer who was asked is left in peace for so many days.",
    )
    collection_quality_share = fields.Float(
        string="In-house Calls Reviewed",
        digits=(5, 2),
        help="Percent of the calls of your own people that are drawn by lot for a"
        " review, one per person and week at least. The provider's share "
        "stands on the mandate.",
    )
    collection_complaint_days = fields.Integer(
        string="Complaints Answered within",
        help="Calendar days within which a complaint is to be answered.",
    )
    collection_team_survey = fields.Boolean(
        string="Ask Both Teams Every Month",
        help="Your own people and the provider's are asked how working together goes, "
        "for each running mandate. Their answers are anonymous.",
    )
    collection_team_survey_answers = fields.Integer(
        string="Team Surveys Shown from",
        help="Answers of a side below which nothing of them is shown; three at least.",
    )
    collection_precheck_amount = fields.Monetary(
        string="Invoices Checked from",
        help="Invoices of at least this amount are checked with the customer "
        "before they fall due.",
    )
    collection_precheck_from = fields.Integer(
        string="Checked at the Latest",
        help="Days before the due date.",
    )
    collection_precheck_to = fields.Integer(
        string="Checked at the Earliest",
        help="Days before the due date.",
    )
    collection_bill_auto = fields.Boolean(
        string="Bills Drawn Every Night",
        help="For customers who pay by bill or LCR.",
    )
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
    collection_floor_on_default = fields.Boolean(
        string="Floor on the Default Rate",
        help="Claim at least three times the legal rate even where no rate was agreed.",
    )
    collection_waiver_limit = fields.Monetary(
        string="Waivers by Collectors, up to",
        help="What a collector may waive for one customer in twelve months. 0: "
        "credit managers only.",
    )

    # What leads to the first letter
    particulars_missing = fields.Text(
        compute="_compute_first_steps", export_string_translation=False
    )
    has_signatory = fields.Boolean(
        compute="_compute_first_steps", export_string_translation=False
    )
    has_collector = fields.Boolean(
        compute="_compute_first_steps", export_string_translation=False
    )
    unclassified_count = fields.Integer(
        compute="_compute_first_steps", export_string_translation=False
    )
    has_run = fields.Boolean(
        compute="_compute_first_steps", export_string_translation=False
    )
    ready = fields.Boolean(
        compute="_compute_first_steps", export_string_translation=False
    )

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_first_steps(self):
        """Which of the steps to the first letter are done."""
        for wizard in self:
            company = wizard.company_id
            here = [("company_id", "=", company.id)]
            # who signs is a step of its own
            wizard.particulars_missing = company._describe_letter_health(signed=False)
            wizard.has_signatory = bool(company.collection_signatory)
            wizard.has_collector = bool(
                self.env["collection.agent"].search_count(
                    [
                        ("side", "=", "company"),
                        ("user_id.company_ids", "in", company.ids),
                    ],
                    limit=1,
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
        self.action_save()
        return self.company_id.get_formview_action()

    def _open(self, xml_id):
        # what was typed meanwhile is not lost with the dialog
        self.action_save()
        return self.env["ir.actions.act_window"]._for_xml_id(
            f"account_collection.{xml_id}"
        )

    def action_open_collectors(self):
        return self._open("collection_agent_action")

    def action_open_classification(self):
        return self._open("collection_classify_action")

    def action_open_runs(self):
        return self._open("collection_dunning_run_action")

    def action_compute_run(self):
        """The first run, computed: what would leave is there to be looked at."""
        self.action_save()
        runs = self.env["collection.dunning.run"].with_company(self.company_id)
        return runs.action_compute_today()

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
        # what is chosen may have come by another way than the form
        company_sudo._check_company(COMPANY_FIELDS)
        account_sudo = company_sudo.collection_interest_account_id
        if account_sudo and account_sudo.account_type not in INCOME_TYPES:
            raise UserError(
                self.env._(
                    "Interest is booked as income: choose an income account instead of "
                    "%(account)s.",
                    account=account_sudo.display_name,
                )
            )
        return {"type": "ir.actions.act_window_close"}
