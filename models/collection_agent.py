from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CollectionAgent(models.Model):
    _name = "collection.agent"
    _description = "Collection Agent"
    _order = "name, id"

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    active = fields.Boolean(default=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        index=True,
        ondelete="restrict",
        help="The agent's login: an internal user in-house or on site, a portal user "
        "at the provider's.",
    )
    provider_id = fields.Many2one(
        comodel_name="res.partner",
        index="btree_not_null",
        domain=[("is_company", "=", True)],
        help="The outside company the agent works for. Empty: in-house.",
    )
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")],
        compute="_compute_side",
        store=True,
    )
    supervisor = fields.Boolean(
        help="Follows the whole team of the provider and assigns accounts."
    )
    skill = fields.Selection(
        selection=[("1", "Junior"), ("2", "Confirmed"), ("3", "Senior")],
        required=True,
        default="1",
    )
    language_ids = fields.Many2many(comodel_name="res.lang", string="Languages")
    mandate_ids = fields.Many2many(
        comodel_name="collection.mandate",
        relation="collection_mandate_agent_rel",
        column1="agent_id",
        column2="mandate_id",
        string="Mandates",
    )

    _user_uniq = models.Constraint("UNIQUE (user_id)", "This user is an agent already.")

    @api.depends("user_id")
    def _compute_name(self):
        for agent in self:
            agent.name = agent.name or agent.user_id.name

    @api.depends("provider_id")
    def _compute_side(self):
        for agent in self:
            agent.side = "provider" if agent.provider_id else "company"

    @api.constrains("user_id", "provider_id")
    def _check_user(self):
        for agent in self:
            if agent.provider_id and agent.user_id.has_groups(
                "account_collection.group_collection_user,"
                "account.group_account_invoice,account.group_account_readonly"
            ):
                raise ValidationError(
                    self.env._(
                        "%(user)s is one of your own collectors or accountants and "
                        "cannot work for the provider %(provider)s.",
                        user=agent.user_id.name,
                        provider=agent.provider_id.name,
                    )
                )
            if not agent.provider_id and agent.user_id.share:
                raise ValidationError(
                    self.env._(
                        "%(user)s is a portal user: say which provider the agent "
                        "works for.",
                        user=agent.user_id.name,
                    )
                )

    @api.constrains("mandate_ids", "provider_id")
    def _check_mandates(self):
        self.mandate_ids._check_agents()

    @api.model_create_multi
    def create(self, vals_list):
        agents = super().create(vals_list)
        agents._grant_access()
        return agents

    def write(self, vals):
        res = super().write(vals)
        if not {"mandate_ids", "provider_id", "user_id"}.isdisjoint(vals):
            self._grant_access()
        return res

    def _grant_access(self):
        """Give the users of a provider's agents the group of their kind of user.

        The group opens the pages; which customers they show is decided by the
        mandates the agent is named in, and ends with them.
        """
        groups = {
            True: self.env.ref("account_collection.group_collection_provider"),
            False: self.env.ref("account_collection.group_collection_on_site"),
        }
        for agent in self.filtered("provider_id"):
            # sudo: the manager who names an agent is no administrator of users; he
            # can give these two groups and no other
            user_sudo = agent.user_id.sudo()
            group = groups[user_sudo.share]
            if group not in user_sudo.group_ids:
                user_sudo.group_ids |= group
        self.mandate_ids._grant_company()

    @api.model
    def _current(self):
        """Agent record of the current user, empty when he is none."""
        # sudo: a portal user may not read agents, and only his own is returned
        return self.sudo().search([("user_id", "=", self.env.uid)], limit=1)
