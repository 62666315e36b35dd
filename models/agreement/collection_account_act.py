from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

#: all that a promise recorded on the portal may say
PORTAL_PROMISE_FIELDS = frozenset(
    {"amount", "date_promised", "item_ids", "note", "payment_means", "person"}
)
#: all that a plan proposed on the portal may say
PORTAL_PLAN_FIELDS = frozenset(
    {"date_first", "instalment_count", "item_ids", "note", "payment_means", "person"}
)
#: all that a dispute opened on the portal may say
PORTAL_DISPUTE_FIELDS = frozenset({"amount", "description", "item_ids", "reason_id"})
#: more instalments than anybody would agree to
PLAN_MAXIMUM = 60


class CollectionAccount(models.Model):
    """What a provider's agent does with an account beyond calling.

    As in `collection.portal.mixin`: each act makes sure first that the account is
    delegated to the current agent, takes a closed list of values, and only then
    writes as superuser what he could not write by himself.
    """

    _inherit = "collection.account"

    def action_open_access_log(self):
        """Who of the providers looked at this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_access_log_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)], context={})

    def _get_items_to_agree(self):
        """Items a promise or a plan is about when nobody says: what the current
        user sees of the overdue ones in the account's currency, else of all open."""
        items = self.env["collection.item"].search(
            [
                ("account_id", "=", self.id),
                ("state", "=", "open"),
                # sudo: a portal user may not read the company
                ("currency_id", "=", self.sudo().currency_id.id),
            ]
        )
        return items.filtered(lambda item: item.days_overdue >= 1) or items

    def _portal_get_items(self, item_ids):
        """The agent's own items among `item_ids`, or those to agree about.

        :raises AccessError: when one is closed, of another customer or not his
        """
        if not item_ids:
            return self._get_items_to_agree()
        items = self.env["collection.item"].search(
            [
                ("id", "in", item_ids),
                ("account_id", "=", self.id),
                ("state", "=", "open"),
            ]
        )
        if len(items) != len(set(item_ids)):
            raise AccessError(
                self.env._("Choose open invoices that were handed over to you.")
            )
        return items

    @api.model
    def _check_promise_values(self, vals):
        if not vals.get("date_promised"):
            raise UserError(self.env._("Say by which day the customer pays."))
        if not vals.get("amount") or vals["amount"] <= 0:
            raise UserError(self.env._("Say how much was promised."))
        if fields.Date.to_date(vals["date_promised"]) < fields.Date.context_today(self):
            raise UserError(self.env._("The day promised cannot lie in the past."))

    def _portal_new_promise(self, vals):
        """Record a promise of this customer, as the current agent.

        :param dict vals: values of `PORTAL_PROMISE_FIELDS`; `item_ids` are ids,
            without them it is about the overdue invoices handed over
        :return: the promise, as the current user
        :raises AccessError: not delegated to him any more, or on other values
        :raises UserError: without a day or an amount
        """
        self._check_delegated_to_me()
        vals = self.env["collection.promise"]._clean_outside_values(
            vals, PORTAL_PROMISE_FIELDS
        )
        self._check_promise_values(vals)
        items = self._portal_get_items(vals.get("item_ids"))
        return self.env["collection.promise"].create(
            {
                **vals,
                "account_id": self.id,
                "item_ids": [Command.set(items.ids)],
            }
        )

    @api.model
    def _check_plan_values(self, vals):
        count = vals.get("instalment_count") or 0
        if not 2 <= count <= PLAN_MAXIMUM:
            raise UserError(
                self.env._(
                    "Choose between 2 and %(maximum)s instalments.",
                    maximum=PLAN_MAXIMUM,
                )
            )
        if not vals.get("date_first"):
            raise UserError(self.env._("Say when the first instalment is to be paid."))

    def _portal_open_dispute(self, vals):
        """Open a dispute of this customer, as the current agent.

        The company decides; what is contested is not dunned meanwhile.

        :param dict vals: values of `PORTAL_DISPUTE_FIELDS`; `item_ids` are ids and
            have to be given, without `amount` all of them is contested
        :return: the dispute, as the current user
        :raises AccessError: not delegated to him any more, or on other values
        :raises UserError: without invoice or reason, or more than is due
        """
        self._check_delegated_to_me()
        vals = self.env["collection.dispute"]._clean_outside_values(
            vals, PORTAL_DISPUTE_FIELDS
        )
        return self._follow_up_dispute(vals, {})

    def _portal_propose_plan(self, vals):
        """Agree instalments with this customer, as the current agent.

        Within the limits of the mandate the plan starts at once; beyond them it
        waits for the company's approval.

        :param dict vals: values of `PORTAL_PLAN_FIELDS`; `item_ids` are ids
        :return: the plan, as the current user
        :raises AccessError: not delegated to him any more, or on other values
        :raises UserError: when the instalments cannot be laid on what is owed
        """
        self._check_delegated_to_me()
        vals = self.env["collection.payment.plan"]._clean_outside_values(
            vals, PORTAL_PLAN_FIELDS
        )
        self._check_plan_values(vals)
        items = self._portal_get_items(vals.get("item_ids"))
        if not items:
            raise UserError(self.env._("Nothing is open: there is nothing to spread."))
        return self._write_plan(self.env["collection.payment.plan"].sudo(), items, vals)

    def _propose_plan(self, vals):
        """Agree instalments with this customer, whoever the current user is.

        Of a provider's agent: `_portal_propose_plan`. In-house the limits of the
        company hold, a manager has none. Same values.

        :return: the plan
        """
        self.ensure_one()
        plans = self.env["collection.payment.plan"]
        if plans._is_outsider():
            return self._portal_propose_plan(vals)
        items = self.env["collection.item"].browse(vals.get("item_ids") or [])
        return self._write_plan(plans, items or self._get_items_to_agree(), vals)

    @api.model
    def _write_plan(self, plans, items, vals):
        plan = plans.create(
            {
                **vals,
                "account_id": self.id,
                "item_ids": [Command.set(items.ids)],
            }
        )
        plan.action_split()
        plan.action_agree()
        return plan.with_env(self.env)
