from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import RedirectWarning, UserError

from ..base.roles import may_manage

#: letters that confirm what was agreed about items, whoever agreed it
CONFIRMING = ("payment_plan", "promise_confirmation")
#: letters that ask for a paper and for no money
ABOUT_PAPERS = ("bill_return",)


class CollectionItem(models.Model):
    """What is with a provider, the company leaves to it: one side asks at a time."""

    _inherit = "collection.item"

    @api.model
    def _is_company_acting(self):
        """Whether one of the company's own people acts, and not the system."""
        return (
            self.env.uid != SUPERUSER_ID
            and not self.env["collection.agent"]._current().provider_id
        )

    def _check_in_house(self):
        """Refuse what the company's people would do about items that a provider works.

        What was not handed over stays theirs to work.

        :raises RedirectWarning: to credit managers, with a way to take them back
        :raises UserError: to others, who are to ask one
        """
        if not self._is_company_acting():
            return
        # sudo: with whom they are is told with the refusal
        held_sudo = self.sudo().filtered("delegated")
        if held_sudo:
            raise self._get_held_refusal(
                self.env._(
                    "These items are with %(provider)s, which works them: %(items)s.",
                    provider=held_sudo.placement_line_id.mandate_id.provider_id[
                        :1
                    ].display_name,
                    items=", ".join(held_sudo[:10].mapped("display_name")),
                ),
                {"default_item_ids": held_sudo.ids},
            )

    @api.model
    def _get_held_refusal(self, message, context):
        """The error that refuses to act on what is with a provider.

        :param context: what the recall begins with
        """
        if not may_manage(self.env):
            return UserError(
                self.env._(
                    "%(refusal)s\nAsk a credit manager to take back what the company "
                    "is to work itself.",
                    refusal=message,
                )
            )
        return RedirectWarning(
            self.env._(
                "%(refusal)s\nTake back what the company is to work itself.",
                refusal=message,
            ),
            self.env.ref("account_collection.collection_recall_action").id,
            self.env._("Take Back"),
            context,
        )

    def _get_silent(self, kind):
        # EXTENDS letter: with a provider, and the provider's to write about
        silent = super()._get_silent(kind)
        if (
            kind.by_provider
            or kind.code in ABOUT_PAPERS
            or not kind._asks_for_payment()
        ):
            return silent
        # sudo: under which mandate they are
        held_sudo = self.sudo().filtered("delegated")
        if kind._is_before_due():
            held_sudo = held_sudo.filtered(
                lambda item: (
                    item.placement_line_id.mandate_id.pre_reminder_by == "provider"
                )
            )
        elif kind.code in CONFIRMING:
            held_sudo -= held_sudo._get_agreed_about()
        return silent | held_sudo.with_env(self.env)

    def _get_agreed_about(self):
        """Those of these items that are promised, or on a plan that was proposed."""
        agreed = self.browse()
        for model, states in (
            ("collection.promise", ("open",)),
            ("collection.payment.plan", ("to_approve", "active")),
        ):
            agreed |= (
                self.env[model]
                .search([("item_ids", "in", self.ids), ("state", "in", states)])
                .item_ids
            )
        return self & agreed
