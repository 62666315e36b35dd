from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize, escape_psql

from ...models.base.roles import check_manager


class CollectionProviderInvite(models.TransientModel):
    """Invite a provider: its company, a contact, their login and the agent, at once.

    A credit manager is no administrator of contacts and users; what is made here is
    made for them, and nothing else.
    """

    _name = "collection.provider.invite"
    _description = "Invite a Provider"
    _inherit = ["collection.relation.mixin"]

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        ondelete="cascade",
        help="The agent works under it. Empty: a new one is set up next.",
    )
    provider_id = fields.Many2one(
        comodel_name="res.partner",
        string="Known Provider",
        compute="_compute_provider_id",
        store=True,
        readonly=False,
        precompute=True,
        domain=[("is_company", "=", True), ("ref_company_ids", "=", False)],
        ondelete="cascade",
        help="Empty: a new company.",
    )
    provider_name = fields.Char(string="Provider")
    street = fields.Char()
    zip = fields.Char(string="ZIP")
    city = fields.Char()
    country_id = fields.Many2one(
        comodel_name="res.country", default=lambda self: self.env.company.country_id
    )
    company_registry = fields.Char(string="Company ID")
    name = fields.Char(string="Agent", required=True)
    email = fields.Char(
        required=True, help="Their login; the invitation goes to this address."
    )
    phone = fields.Char()
    lang = fields.Selection(
        selection=lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or self.env.user.lang,
    )
    supervisor = fields.Boolean(
        default=True,
        help="Follows the whole team of the provider and assigns accounts.",
    )

    @api.depends("mandate_id")
    def _compute_provider_id(self):
        for wizard in self:
            wizard.provider_id = wizard.mandate_id.provider_id or wizard.provider_id

    def action_invite(self):
        """Make what is missing, and send the invitation to the portal.

        :raises AccessError: to whoever is no credit manager
        :raises UserError: when the address belongs to somebody else
        """
        self.ensure_one()
        check_manager(self.env, self.env._("A credit manager invites providers."))
        email = email_normalize(self.email)
        if not email:
            raise UserError(
                self.env._("%(email)s is no e-mail address.", email=self.email)
            )
        mandate = self.mandate_id
        if mandate and mandate.provider_id != self.provider_id:
            raise UserError(
                self.env._(
                    "The mandate is one of %(provider)s.",
                    provider=mandate.provider_id.display_name,
                )
            )
        mandate.check_access("write")
        # sudo: the credit manager was checked; only a company, one contact of it and
        # their portal login are made, never an internal user
        self_sudo = self.sudo().with_company(mandate.company_id or self.env.company)
        provider_sudo = self_sudo._get_provider()
        user_sudo = self_sudo._get_user(provider_sudo, email)
        agent = self._get_agent(
            user_sudo.with_env(self.env), provider_sudo.with_env(self.env)
        )
        if mandate:
            mandate.agent_ids |= agent
            return mandate.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_mandate_action"
        )
        return dict(
            action,
            views=[(False, "form")],
            context={
                "default_provider_id": provider_sudo.id,
                "default_agent_ids": [Command.set(agent.ids)],
            },
        )

    def _get_provider(self):
        """The provider chosen, else a new company."""
        if self.provider_id:
            if self.provider_id.ref_company_ids:
                raise UserError(self.env._("Your own company is no provider."))
            return self.provider_id
        if not (self.provider_name or "").strip():
            raise UserError(self.env._("Say which company the agent works for."))
        return self.env["res.partner"].create(
            {
                "name": self.provider_name.strip(),
                "is_company": True,
                "street": self.street,
                "zip": self.zip,
                "city": self.city,
                "country_id": self.country_id.id,
                "company_registry": self.company_registry,
                "lang": self.lang,
            }
        )

    def _get_user(self, provider, email):
        """The portal login of this address at the provider's, invited if it is new.

        :raises UserError: when the address is somebody's who does not work there
        """
        user = (
            self.env["res.users"]
            .with_context(active_test=False)
            # whatever the case it was typed in; "_" stands for itself
            .search([("login", "=ilike", escape_psql(email))], limit=1)
        )
        if user:
            if not user.share or user.partner_id.commercial_partner_id != provider:
                raise UserError(
                    self.env._(
                        "%(email)s is the login of somebody who does not work for "
                        "%(provider)s. Use another address.",
                        email=email,
                        provider=provider.name,
                    )
                )
            if user.active and user._is_portal():
                return user
        contact = user.partner_id or self._get_contact(provider, email)
        portal = self.env["portal.wizard"].create(
            {"partner_ids": [Command.set(contact.ids)]}
        )
        portal.user_ids.action_grant_access()
        return contact.user_ids

    def _get_contact(self, provider, email):
        """The contact of this address at the provider's, else a new one."""
        contacts = self.env["res.partner"].search(
            [
                ("parent_id", "=", provider.id),
                ("is_company", "=", False),
                ("email_normalized", "=", email),
            ],
            limit=1,
        )
        return contacts or contacts.create(
            {
                "name": self.name,
                "parent_id": provider.id,
                "email": email,
                "phone": self.phone,
                "lang": self.lang,
            }
        )

    def _get_agent(self, user, provider):
        """The agent of this login, as the credit manager names agents."""
        agents = self.env["collection.agent"].with_context(active_test=False)
        agent = agents.search([("user_id", "=", user.id)], limit=1)
        if agent:
            agent.write({"active": True, "provider_id": provider.id})
            return agent
        return agents.create(
            {
                "name": self.name,
                "user_id": user.id,
                "provider_id": provider.id,
                "supervisor": self.supervisor,
            }
        )
