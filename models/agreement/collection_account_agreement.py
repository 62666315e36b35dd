from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools import outside_value
from ..base.days import company_today
from ..base.roles import may_manage

#: all that whoever records a promise may say of it
PROMISE_FIELDS = frozenset(
    {"amount", "date_promised", "item_ids", "note", "payment_means", "person"}
)
#: all that whoever proposes a plan may say of it
PLAN_FIELDS = frozenset(
    {"date_first", "instalment_count", "item_ids", "note", "payment_means", "person"}
)
#: all that whoever opens a dispute may say of it
DISPUTE_FIELDS = frozenset({"amount", "description", "item_ids", "reason_id"})
#: how far whoever agrees something with a customer may go alone; a company says so of
#: its collectors, a mandate of the provider's people
GRANT_LIMITS = (
    "promise_last_days",
    "promise_share",
    "plan_instalments",
    "plan_amount",
    "plan_first_days",
    "plan_last_days",
)
#: those of them that are days from today
DAY_LIMITS = ("promise_last_days", "plan_first_days", "plan_last_days")
#: more instalments than anybody would agree to
PLAN_MAXIMUM = 60


class CollectionAccount(models.Model):
    """What is agreed with a customer, or contested by them, one path for everybody.

    In-house people act under their own rights. Of a provider's people, the callers
    have checked that the account is delegated to them (`_check_delegated_to_me`):
    values are a closed list, items are those that they see, and what they could not
    write by themselves is written as superuser.
    """

    _inherit = "collection.account"

    # ------------------------------------------------------------------
    # About which items
    # ------------------------------------------------------------------

    def _get_items_to_agree(self):
        """Items a promise or a plan is about when nobody says: what the current
        user sees of the overdue ones in the account's currency, else of all open."""
        items = self.env["collection.item"].search(self._get_agreeable_domain())
        return items.filtered(lambda item: item.days_overdue >= 1) or items

    def _get_agreeable_domain(self):
        """Domain of the items that may be agreed about when nobody says which."""
        return (
            # in a form, the record that it edits
            Domain("account_id", "=", self._origin.id)
            & Domain("state", "=", "open")
            # sudo: a portal user may not read the company
            & Domain("currency_id", "=", self.sudo().currency_id.id)
        )

    def _get_chosen_items(self, item_ids):
        """Open items of this customer among `item_ids` that the current user sees.

        :raises AccessError: to a provider's people, when one is closed, of another
            customer or not handed over
        :raises UserError: to the company's own, when one is closed or another's
        """
        items = self.env["collection.item"].search(
            [
                ("id", "in", item_ids),
                ("account_id", "=", self.id),
                ("state", "=", "open"),
            ]
        )
        if len(items) == len(set(item_ids)):
            return items
        if self._is_outsider():
            raise AccessError(
                self.env._("Choose open invoices that were handed over to you.")
            )
        raise UserError(self.env._("Choose open invoices of this customer."))

    def _get_agreed_items(self, item_ids):
        """The items chosen, else those to agree about."""
        return (
            self._get_chosen_items(item_ids) if item_ids else self._get_items_to_agree()
        )

    # ------------------------------------------------------------------
    # Within which limits
    # ------------------------------------------------------------------

    def _get_grant_limits(self):
        """What the current user may agree with this customer alone.

        :return: dict of `promise_last_days`, `promise_share`, `plan_instalments`,
            `plan_amount`, `plan_first_days` and `plan_last_days`; empty for a credit
            manager, who has no limits
        """
        self.ensure_one()
        if may_manage(self.env):
            return {}
        return {name: self.company_id[f"collection_{name}"] for name in GRANT_LIMITS}

    def _refuse_beyond(self, limit, message):
        """Refuse what goes beyond what the current user may do alone.

        :param limit: which limit was met; whoever catches the error finds it there as
            `limit`
        :raises UserError: always
        """
        self.ensure_one()
        # no class of its own: the client shows `UserError` by its name
        error = UserError(message)
        error.limit = limit
        raise error

    # ------------------------------------------------------------------
    # Promises
    # ------------------------------------------------------------------

    @api.model
    def _check_promise_values(self, vals):
        if not vals.get("date_promised"):
            raise UserError(self.env._("Say by which day the customer pays."))
        if not vals.get("amount") or vals["amount"] <= 0:
            raise UserError(self.env._("Say how much was promised."))
        if vals["date_promised"] < company_today(self):
            raise UserError(self.env._("The day promised cannot lie in the past."))

    def _new_promise(self, vals):
        """Record a promise of this customer.

        :param dict vals: values of `PROMISE_FIELDS`; `item_ids` are ids, without them
            it is about the overdue invoices that the user sees
        :return: the promise, as the current user
        :raises AccessError: on other values
        :raises UserError: without a day or an amount
        """
        promises = self.env["collection.promise"]
        vals = promises._clean_outside_values(vals, PROMISE_FIELDS)
        self._check_promise_values(vals)
        items = self._get_agreed_items(vals.get("item_ids"))
        return promises._create_cleaned(
            [{**vals, "account_id": self.id, "item_ids": [Command.set(items.ids)]}]
        )

    # ------------------------------------------------------------------
    # Payment plans
    # ------------------------------------------------------------------

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

    def _propose_plan(self, vals):
        """Agree instalments with this customer.

        Within what the current user may grant the plan starts at once: for a
        provider's agent the limits of the mandate, in-house those of the company, and
        a manager has none. Beyond them it waits for the company's approval.

        :param dict vals: values of `PLAN_FIELDS`; `item_ids` are ids
        :return: the plan, as the current user
        :raises AccessError: on other values
        :raises UserError: when the instalments cannot be laid on what is owed
        """
        self.ensure_one()
        plans = self.env["collection.payment.plan"]
        vals = plans._clean_outside_values(vals, PLAN_FIELDS)
        self._check_plan_values(vals)
        items = self._get_agreed_items(vals.get("item_ids"))
        if not items:
            raise UserError(self.env._("Nothing is open: there is nothing to spread."))
        # sudo, of a provider's people only: the callers have checked that the account
        # is delegated; values and items were checked above, and beyond the mandate's
        # limits the plan waits
        plan = plans.sudo(self.env.su or plans._is_outsider()).create(
            {**vals, "account_id": self.id, "item_ids": [Command.set(items.ids)]}
        )
        plan.action_split()
        plan.action_agree()
        return plan.with_env(self.env)

    # ------------------------------------------------------------------
    # Disputes
    # ------------------------------------------------------------------

    @api.model
    def _get_dispute_reason(self, reason_id):
        reason_id = self._read_outside_value(
            "reason_id", outside_value.as_id, reason_id
        )
        reason = self.env["collection.dispute.reason"].search([("id", "=", reason_id)])
        if not reason:
            raise UserError(self.env._("Say what the customer contests: a reason."))
        return reason

    def _open_dispute(self, vals):
        """Open a dispute of this customer; the company decides.

        What is contested is not dunned meanwhile.

        :param dict vals: values of `DISPUTE_FIELDS`; `item_ids` are ids and have to
            be given, without `amount` all of them is contested
        :return: the dispute, as the current user
        :raises AccessError: on other values
        :raises UserError: without invoice or reason, or more than is due
        """
        disputes = self.env["collection.dispute"]
        disputes._check_outside_names(vals, DISPUTE_FIELDS)
        reason = self._get_dispute_reason(vals.get("reason_id"))
        vals = disputes._clean_outside_values(
            {**vals, "reason_id": reason.id}, DISPUTE_FIELDS
        )
        if not vals.get("item_ids"):
            raise UserError(self.env._("Say which invoices the customer contests."))
        items = self._get_chosen_items(vals["item_ids"])
        amount = vals.get("amount") or 0.0
        currency = items.currency_id[:1]
        owed = sum(items.mapped("amount_residual"))
        if (
            currency.compare_amounts(amount, 0.0) < 0
            or currency.compare_amounts(amount, owed) > 0
        ):
            raise UserError(
                self.env._(
                    "The disputed amount lies between nothing and %(amount)s.",
                    # sudo: a portal user may not read the currency
                    amount=currency.sudo().format(owed),
                )
            )
        return disputes._create_cleaned(
            [
                {
                    **vals,
                    "account_id": self.id,
                    "item_ids": [Command.set(items.ids)],
                    "amount": amount,
                }
            ]
        )
