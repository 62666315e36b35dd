from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..base.days import company_today


class CollectionAgent(models.Model):
    _name = "collection.agent"
    _description = "Collection Agent"
    _order = "name, id"

    #: what decides which customers the agent may see
    _access_fields = frozenset({"provider_id", "user_id"})

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
    capacity = fields.Integer(
        string="Calls per Day",
        help="Customers offered to the agent in a day at most; 0: no limit.",
    )
    date_start = fields.Date(
        string="Active from", help="Before this day the agent is offered nobody."
    )
    date_end = fields.Date(
        string="Active until", help="After this day the agent is offered nobody."
    )
    absent_from = fields.Date()
    absent_to = fields.Date(string="Absent until")
    substitute_id = fields.Many2one(
        comodel_name="collection.agent",
        index="btree_not_null",
        ondelete="set null",
        domain="[('id', '!=', id), ('provider_id', '=', provider_id)]",
        help="Is offered the agent's customers during the absence.",
    )
    absent = fields.Boolean(
        string="Absent Today", compute="_compute_absent", search="_search_absent"
    )
    training_ids = fields.One2many(
        comodel_name="collection.agent.training",
        inverse_name="agent_id",
        string="Trainings",
        groups="account_collection.group_collection_user",
    )

    _user_uniq = models.Constraint("UNIQUE (user_id)", "This user is an agent already.")

    _dates_in_order = models.Constraint(
        "CHECK (date_start <= date_end)", "The active period ends before it begins."
    )
    _absence_in_order = models.Constraint(
        "CHECK (absent_from <= absent_to AND capacity >= 0)",
        "The absence ends before it begins, or the calls per day are negative.",
    )

    @api.depends("user_id")
    def _compute_name(self):
        for agent in self:
            agent.name = agent.name or agent.user_id.name

    @api.depends("provider_id")
    def _compute_side(self):
        for agent in self:
            agent.side = "provider" if agent.provider_id else "company"

    @api.depends("absent_from", "absent_to")
    def _compute_absent(self):
        today = company_today(self)
        for agent in self:
            agent.absent = agent._is_absent(today)

    def _search_absent(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = company_today(self)
        return (
            Domain("absent_from", "<=", today)
            & (Domain("absent_to", "=", False) | Domain("absent_to", ">=", today))
        ) | (Domain("absent_from", "=", False) & Domain("absent_to", ">=", today))

    @api.constrains("substitute_id", "provider_id")
    def _check_substitute(self):
        for agent in self:
            substitute = agent.substitute_id
            if substitute and (
                substitute == agent or substitute.provider_id != agent.provider_id
            ):
                raise ValidationError(
                    self.env._(
                        "A colleague of the same side substitutes %(agent)s: choose "
                        "somebody else of the same company.",
                        agent=agent.name,
                    )
                )

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

    @api.model_create_multi
    def create(self, vals_list):
        agents = super().create(vals_list)
        agents._grant_access()
        self.env["mail.followers"]._dismiss_provider_people()
        return agents

    def write(self, vals):
        leavers = self._get_provider_partners()
        res = super().write(vals)
        if not self._access_fields.isdisjoint(vals):
            self._grant_access()
            # whose calls they read stands in the record rules
            self.env.registry.clear_cache()
        if "active" in vals or not self._access_fields.isdisjoint(vals):
            self.env["mail.followers"]._dismiss_provider_people(leavers)
        return res

    def unlink(self):
        leavers = self._get_provider_partners()
        res = super().unlink()
        self.env["mail.followers"]._dismiss_provider_people(leavers)
        return res

    def _get_provider_partners(self):
        # sudo: the contacts behind the logins, only to find what they are sent
        return self.sudo().filtered("provider_id").user_id.partner_id

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
            # sudo: the manager who names an agent is no administrator of users; they
            # can give these two groups and no other
            user_sudo = agent.user_id.sudo()
            group = groups[user_sudo.share]
            if group not in user_sudo.group_ids:
                user_sudo.group_ids |= group

    def _is_employed(self, day):
        """Whether `day` lies within the agent's active period."""
        self.ensure_one()
        return (
            self.active
            and (not self.date_start or self.date_start <= day)
            and (not self.date_end or day <= self.date_end)
        )

    def _is_absent(self, day):
        """Whether the agent is away on `day`; an absence may have no end yet."""
        self.ensure_one()
        return bool(self.absent_from or self.absent_to) and (
            (not self.absent_from or self.absent_from <= day)
            and (not self.absent_to or day <= self.absent_to)
        )

    def _speaks(self):
        """Languages of the agent without country: {"fr", "de"}.

        An agent with none listed speaks their company's, or the provider's.
        """
        self.ensure_one()
        codes = self.language_ids.mapped("code")
        if not codes:
            employer = self.provider_id or self.user_id.company_id.partner_id
            codes = [employer.lang or self.user_id.lang or "en_US"]
        return {code.split("_")[0] for code in codes}

    def _get_served(self, day):
        """This agent and the colleagues they stand in for on `day`."""
        self.ensure_one()
        # sudo: who is away is asked of colleagues the agent may not read
        absent_sudo = self.sudo().search([("substitute_id", "=", self.id)])
        return self.sudo() | absent_sudo.filtered(lambda agent: agent._is_absent(day))

    @api.model
    def _current(self):
        """Agent record of the current user, empty when they are none."""
        # sudo: a portal user may not read agents, and only their own is returned. By
        # the user, who keeps it: one page asks this a dozen times
        return self.sudo().browse(self.env.user.collection_agent_ids[:1].ids)
