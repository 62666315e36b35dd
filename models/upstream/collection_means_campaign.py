from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..agreement.collection_promise import MEANS
from ..base.days import company_today, on_company_days

#: means that only professionals may use: bills of exchange, and the scheme of direct
#: debits that cannot be asked back
PROFESSIONAL_MEANS = frozenset({"bill", "direct_debit_b2b", "lcr_magnetic"})
#: means that arrive late, on paper or not at all
TRADITIONAL_MEANS = ("cheque", "bill", "cash")
#: answers that a customer is not asked again after, in the same campaign
ANSWERED = ("accepted", "refused")


class CollectionMeansCampaign(models.Model):
    """Bring customers from a traditional means of payment to a modern one.

    The campaign says whom to ask for what and until when; whoever talks to such a
    customer sees what to propose, and records the answer.
    """

    _name = "collection.means.campaign"
    _description = "Payment-Means Campaign"
    _inherit = ["mail.thread"]
    _order = "sequence, date_start desc, id desc"

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(
        default=10, help="Of two campaigns for a customer the first is proposed."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    target = fields.Selection(
        selection=MEANS, string="To Propose", required=True, tracking=True
    )
    account_domain = fields.Char(
        string="Customers",
        required=True,
        default=lambda self: repr([("payment_means", "in", TRADITIONAL_MEANS)]),
        help="Accounts of the company that are asked. Those who pay so already or may "
        "not use the means are left out by themselves.",
    )
    date_start = fields.Date(
        string="From", required=True, default=company_today, tracking=True
    )
    date_end = fields.Date(
        string="Until", tracking=True, help="Last day. Empty: until it is closed."
    )
    script = fields.Text(
        string="What to Say", help="Shown to whoever talks to the customer."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain=[("share", "=", False)],
        tracking=True,
    )
    state = fields.Selection(
        selection=[("draft", "Draft"), ("open", "Running"), ("closed", "Ended")],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
        tracking=True,
        index=True,
    )
    change_ids = fields.One2many(
        comodel_name="collection.means.change",
        inverse_name="campaign_id",
        string="Answers",
    )
    to_ask_count = fields.Integer(
        string="Still to Ask", compute="_compute_to_ask_count"
    )
    asked_count = fields.Integer(string="Customers Asked", compute="_compute_counts")
    accepted_count = fields.Integer(string="Accepted", compute="_compute_counts")
    refused_count = fields.Integer(string="Refused", compute="_compute_counts")
    conversion_rate = fields.Char(
        compute="_compute_counts", help="Accepted of those asked, in percent."
    )

    _dates_in_order = models.Constraint(
        "CHECK (date_end >= date_start)", "The campaign ends before it begins."
    )

    @api.depends("change_ids.state")
    def _compute_counts(self):
        counts = {
            (campaign, state): count
            for campaign, state, count in self.env[
                "collection.means.change"
            ]._read_group(
                [("campaign_id", "in", self._origin.ids)],
                ["campaign_id", "state"],
                ["__count"],
            )
        }
        for campaign in self:
            accepted = counts.get((campaign._origin, "accepted"), 0)
            refused = counts.get((campaign._origin, "refused"), 0)
            asked = accepted + refused + counts.get((campaign._origin, "asked"), 0)
            campaign.asked_count = asked
            campaign.accepted_count = accepted
            campaign.refused_count = refused
            campaign.conversion_rate = self.env["collection.means.change"]._format_rate(
                100.0 * accepted / asked if asked else None
            )

    @api.depends("account_domain", "target", "company_id")
    def _compute_to_ask_count(self):
        for campaign in self:
            campaign.to_ask_count = (
                self.env["collection.account"].search_count(
                    campaign._get_candidate_domain()
                    & ~Domain(
                        "means_change_ids",
                        "any",
                        [("campaign_id", "=", campaign._origin.id)],
                    )
                )
                if campaign.target and campaign.state != "closed"
                else 0
            )

    @api.constrains("account_domain")
    def _check_account_domain(self):
        for campaign in self:
            try:
                self.env["collection.account"].search_count(
                    campaign._get_own_domain(), limit=1
                )
            except (ValueError, SyntaxError, KeyError, TypeError) as error:
                raise ValidationError(
                    self.env._(
                        "The customers of campaign “%(name)s” cannot be selected so: "
                        "choose the conditions again.",
                        name=campaign.name,
                    )
                ) from error

    def write(self, vals):
        if "target" in vals and any(
            campaign.target != vals["target"] and campaign.change_ids
            for campaign in self
        ):
            raise UserError(
                self.env._(
                    "Customers were asked already: close this campaign and open "
                    "another one for another means."
                )
            )
        # what is proposed to customers follows from the campaigns that run
        self.env["collection.account"].invalidate_model(
            ["means_to_propose", "means_script"], flush=False
        )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked(self):
        if self.change_ids:
            raise UserError(
                self.env._("Customers were asked: close the campaign instead.")
            )

    # ------------------------------------------------------------------
    # Whom it is about
    # ------------------------------------------------------------------

    def _get_own_domain(self):
        self.ensure_one()
        return Domain(literal_eval(self.account_domain or "[]"))

    def _get_candidate_domain(self):
        """Accounts to which the means is to be proposed, asked once or not at all."""
        self.ensure_one()
        domain = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("insolvency_date", "=", False)
            & (
                Domain("payment_means", "=", False)
                | Domain("payment_means", "!=", self.target)
            )
            & ~Domain(
                "means_change_ids",
                "any",
                [("campaign_id", "=", self._origin.id), ("state", "in", ANSWERED)],
            )
            & self._get_own_domain()
        )
        if self.target in PROFESSIONAL_MEANS:
            domain &= self.env["collection.account"]._get_professional_domain()
        return domain

    @api.model
    def _get_running_domain(self, companies):
        return (
            Domain("company_id", "in", companies.ids)
            & Domain("state", "=", "open")
            & on_company_days(
                self.env,
                lambda today: (
                    Domain("date_start", "<=", today)
                    & (Domain("date_end", "=", False) | Domain("date_end", ">=", today))
                ),
            )
        )

    # ------------------------------------------------------------------
    # Life
    # ------------------------------------------------------------------

    def action_start(self):
        for campaign in self:
            if campaign.date_end and campaign.date_end < company_today(campaign):
                raise UserError(
                    self.env._(
                        "Campaign “%(name)s” would end in the past: choose another "
                        "last day.",
                        name=campaign.name,
                    )
                )
        self.state = "open"

    def action_close(self):
        self.state = "closed"

    def action_open_candidates(self):
        """The customers who are still to be asked."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_account_action"
        )
        accounts = self.env["collection.account"].search(
            self._get_candidate_domain()
            & ~Domain("means_change_ids", "any", [("campaign_id", "=", self.id)])
        )
        return dict(
            action,
            name=self.env._("Still to Ask"),
            domain=[("id", "in", accounts.ids)],
            context={},
        )

    def action_open_changes(self):
        """The customers who were asked, and what they answered."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_means_change_action"
        )
        return dict(action, domain=[("campaign_id", "=", self.id)], context={})
