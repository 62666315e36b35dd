import secrets

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

from ...models.base.roles import check_manager

#: who may make an internal user of somebody
USER_ADMINISTRATOR = "base.group_erp_manager"


class CollectionPhaseSwitch(models.TransientModel):
    """The logins of a provider's team follow the phase: what becomes of each.

    A person keeps the login, and with it what they did: their calls and promises stay
    theirs. What changes is the kind of user, and the password: the old one, open
    sessions and keys end in the same transaction, an invitation lets them choose a new
    one.
    """

    _name = "collection.phase.switch"
    _description = "Let the People Follow the Phase"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    kind = fields.Selection(
        selection=[("on_site", "On site"), ("off_site", "Off site")],
        string="Phase",
        required=True,
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="collection.phase.switch.line",
        inverse_name="wizard_id",
        string="People",
    )

    def action_switch(self):
        """Let those follow who are ticked.

        :raises AccessError: to whoever is no credit manager; of internal users, to
            whoever is no administrator of users
        :raises UserError: naming whoever has no address for the invitation
        """
        self.ensure_one()
        check_manager(self.env, self.env._("A credit manager moves the people."))
        self.mandate_id.check_access("write")
        if self.kind == "on_site" and not self.env.user.has_group(USER_ADMINISTRATOR):
            raise AccessError(
                self.env._(
                    "Only an administrator of users makes somebody an internal user: "
                    "ask one to let the people follow."
                )
            )
        self.line_ids.filtered("follows")._switch()
        return {"type": "ir.actions.act_window_close"}

    def _get_groups(self, kind):
        """The groups of a provider's person in a phase, and no others."""
        kinds = {
            "on_site": ("base.group_user", "group_collection_on_site"),
            "off_site": ("base.group_portal", "group_collection_provider"),
        }
        return self.env["res.groups"].union(
            *(
                self.env.ref(name if "." in name else f"account_collection.{name}")
                for name in kinds[kind]
            )
        )


class CollectionPhaseSwitchLine(models.TransientModel):
    _name = "collection.phase.switch.line"
    _description = "Person Who Follows the Phase"
    _order = "id"

    wizard_id = fields.Many2one(
        comodel_name="collection.phase.switch",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    email = fields.Char(compute="_compute_consequence")
    follows = fields.Boolean(string="Moves", default=True)
    consequence = fields.Text(string="What Follows", compute="_compute_consequence")

    @api.depends("agent_id", "wizard_id.kind")
    def _compute_consequence(self):
        for line in self:
            # sudo: login and address of an agent of the mandate, for a credit manager
            user_sudo = line.agent_id.sudo().user_id
            line.email = email_normalize(user_sudo.email or user_sudo.login)
            if not line.email:
                line.consequence = self.env._(
                    "No e-mail address: nobody could invite them. Add it first."
                )
            elif line.wizard_id.kind == "off_site":
                line.consequence = self.env._(
                    "The internal user %(login)s becomes a portal user of the "
                    "provider: the password ends now, an invitation goes to %(email)s.",
                    login=user_sudo.login,
                    email=line.email,
                )
            else:
                line.consequence = self.env._(
                    "The portal user %(login)s becomes an internal user on the "
                    "premises: the password ends now, an invitation goes to %(email)s.",
                    login=user_sudo.login,
                    email=line.email,
                )

    def _switch(self):
        """Change the kind of these people's users; the caller was checked."""
        for line in self:
            wizard, agent = line.wizard_id, line.agent_id
            if agent not in wizard.mandate_id.agent_ids:
                raise UserError(
                    self.env._(
                        "%(agent)s is not in the team any more.", agent=agent.name
                    )
                )
            if not line.email:
                raise UserError(
                    self.env._(
                        "%(agent)s has no e-mail address for the invitation.",
                        agent=agent.name,
                    )
                )
            line._check_rights()
            # sudo: users of this provider's team only, into the one group that their
            # kind of user has; the caller was checked for each direction, and for what
            # these people lose
            user_sudo = agent.sudo().user_id.with_context(
                # whoever moves them writes no message to them beside the invitation
                no_reset_password=True
            )
            user_sudo.write(
                {
                    "group_ids": [Command.set(wizard._get_groups(wizard.kind).ids)],
                    "password": secrets.token_urlsafe(32),
                    "email": user_sudo.email or line.email,
                }
            )
            user_sudo.api_key_ids._remove()
            user_sudo.with_context(create_user=True).action_reset_password()
            wizard.mandate_id._message_log(body=f"{agent.name}: {line.consequence}")

    def _check_rights(self):
        """Refuse to take rights of the house away from somebody who was named an agent:
        that is for whoever gives them.

        :raises AccessError: naming them
        """
        if self.env.user.has_group(USER_ADMINISTRATOR):
            return
        # sudo: which groups an agent of the mandate has
        user_sudo = self.agent_id.sudo().user_id
        of_provider = self.wizard_id._get_groups("on_site").sudo().all_implied_ids
        if user_sudo.group_ids - of_provider:
            raise AccessError(
                self.env._(
                    "%(user)s has other rights than the provider's people on your "
                    "premises: ask an administrator of users to let them follow.",
                    user=user_sudo.name,
                )
            )
