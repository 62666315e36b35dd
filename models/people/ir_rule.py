from odoo import api, models, tools
from odoo.fields import Domain

#: What every employee reads and a provider's people on our premises read as well:
#: what core's own screens cannot do without. Where these tell of people, customers
#: or money, a rule in `ir_rule_on_site.xml` says which of them. A model that is
#: not listed, of whatever module, is empty for them unless a group of theirs opens it.
ON_SITE_MODELS = frozenset(
    {
        # the user's own settings and means of signing in
        "auth.passkey.key",
        "auth.passkey.key.create",
        "auth_totp.device",
        "auth_totp.wizard",
        "change.password.own",
        "res.device",
        "res.device.log",
        "res.users.apikeys",
        "res.users.apikeys.description",
        "res.users.apikeys.show",
        "res.users.identitycheck",
        "res.users.settings",
        "res.users.settings.embedded.action",
        "res.users.settings.volumes",
        # the machinery of the client
        "ir.actions.report",
        "ir.attachment",
        "ir.default",
        "ir.embedded.actions",
        "ir.exports.line",
        "ir.filters",
        "ir.module.category",
        "ir.module.module",
        "ir.sequence",
        "ir.sequence.date_range",
        "ir.ui.menu",
        "report.layout",
        "report.paperformat",
        "web_tour.tour",
        "web_tour.tour.step",
        # countries, currencies, languages
        "res.country",
        "res.country.group",
        "res.country.state",
        "res.currency",
        "res.currency.rate",
        "res.lang",
        # companies, people and customers
        "res.company",
        "res.groups",
        "res.groups.privilege",
        "res.partner",
        "res.partner.category",
        "res.partner.industry",
        "res.users",
        # what is said and done about a record
        "discuss.call.history",
        "discuss.channel",
        "discuss.channel.member",
        "discuss.gif.favorite",
        "mail.activity",
        "mail.activity.plan",
        "mail.activity.plan.template",
        "mail.activity.schedule",
        "mail.activity.schedule.line",
        "mail.activity.type",
        "mail.canned.response",
        "mail.compose.message",
        "mail.followers",
        "mail.followers.edit",
        "mail.message",
        "mail.message.subtype",
        "mail.notification",
        "mail.scheduled.message",
        "mail.template",
        "mail.template.preview",
        "sms.composer",
        "sms.template",
    }
)


class IrRule(models.Model):
    """What is open on a company's premises to whoever is not of the house."""

    _inherit = "ir.rule"

    # cached as in base, whose cache it stands before: nobody else pays for it
    @api.model
    @tools.ormcache(
        "self.env.uid",
        "self.env.su",
        "model_name",
        "mode",
        "tuple(self._compute_domain_context_values())",
    )
    def _compute_domain(self, model_name, mode="read"):
        # EXTENDS base: rules of groups only ever add to what an employee reads, and
        # on site that is every model of every module that is open to employees
        domain = super()._compute_domain(model_name, mode)
        if self.env.su or not self.env.user._is_on_site():
            return domain
        if not self._is_open_on_site(model_name, mode):
            return Domain.FALSE
        if self.env[model_name].is_transient():
            domain &= Domain("create_uid", "=", self.env.uid)
        return domain

    @api.model
    def _is_open_on_site(self, model_name, mode):
        """Whether a user on site may have records of a model at all, where being an
        employee is not enough."""
        if model_name in ON_SITE_MODELS or model_name.startswith("collection."):
            return True
        as_employee_sudo = self.env.ref("base.group_user").sudo().all_implied_ids
        # sudo: which groups open the model, not the records themselves
        return bool(
            self.env["ir.model.access"]
            .sudo()
            .search_count(
                [
                    ("model_id.model", "=", model_name),
                    ("group_id", "in", self.env.user._get_group_ids()),
                    ("group_id", "not in", as_employee_sudo.ids),
                    (f"perm_{mode}", "=", True),
                ],
                limit=1,
            )
        )
