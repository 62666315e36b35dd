from markupsafe import Markup

from odoo import api, models

from ..base.roles import is_manager


class CollectionAccount(models.Model):
    """An empty worklist leads a manager to what is still to be set up."""

    _inherit = "collection.account"

    @api.model
    def get_empty_list_help(self, help_message):
        # a text, or nothing: whatever else is sent, core takes for a text
        help_message = super().get_empty_list_help(
            help_message if isinstance(help_message, str) else ""
        )
        if (
            not self.env.context.get("collection_worklist")
            or not is_manager(self.env)
            or self.env["collection.company.settings"].new({}).ready
        ):
            return help_message
        steps = Markup("<p>%s</p>") % self.env._(
            "%(open)sWhat is still to be done up to the first letter%(close)s is said "
            "under Configuration ‣ Company.",
            open=Markup(
                '<a type="action" class="text-primary" name='
                '"account_collection.collection_company_settings_action">'
            ),
            close=Markup("</a>"),
        )
        # the client hands over the help of the action, and shows what it gets as it is
        return f"{help_message or ''}{steps}"
