from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..agreement.collection_promise import MEANS
from ..base.days import company_today
from ..base.figures import format_figure
from ..upstream.collection_bill import AWAITING_RETURN
from ..upstream.collection_precheck import CHECKS
from .badges import badge

#: records of one kind shown on a customer's page, the newest
AGREEMENT_LIMIT = 20


class CollectionAccount(models.Model):
    """What was agreed with a customer, or is contested, as the portal shows it.

    As in `collection_account_portal.py`: read under the agent's record rules, plus as
    superuser the few names they have no right on; handed out as plain values.
    """

    _inherit = "collection.account"

    def _get_portal_agreements(self, agent_sudo, items):
        """Promises, plans, disputes, bills and controls of this customer.

        The callers have checked that the account is delegated to `agent_sudo`.

        :param items: what `_get_sheet_items` gave: no other invoice is named
        """
        names = {item["id"]: item["number"] for item in items}

        def invoices(record_sudo):
            return ", ".join(
                names[item_id]
                for item_id in record_sudo.item_ids.ids
                if item_id in names
            )

        limits = self._get_grant_limits()
        today = company_today(self)
        # sudo: until when the mandate of the agent runs
        end = self.sudo().mandate_id.date_end
        return {
            "promises": self._get_portal_promises(agent_sudo, invoices),
            "plans": self._get_portal_plans(agent_sudo, invoices),
            "mandate_end": end,
            "promise_limits": {
                "last": fields.Date.add(today, days=limits["promise_last_days"]),
                "share": format_figure(self.env, limits["promise_share"]),
                "least": self._get_portal_overdue(items)
                * limits["promise_share"]
                / 100,
            },
            "plan_limits": {
                "count": limits["plan_instalments"],
                "amount": limits["plan_amount"],
                # sudo: limits are in the currency of the company
                "currency": self.sudo().company_id.currency_id,
                "first": fields.Date.add(today, days=limits["plan_first_days"]),
                "last": fields.Date.add(today, days=limits["plan_last_days"]),
            },
            "disputes": self._get_portal_disputes(invoices),
            "dispute_reasons": [
                {"id": reason.id, "name": reason.name}
                for reason in self.env["collection.dispute.reason"].search_fetch(
                    [("active", "=", True)], ["name"]
                )
            ],
            "bills": self._get_portal_bills(),
            "bill_alternatives": self._get_portal_choices(
                "collection.bill", "alternative"
            ),
            "prechecks": self._get_portal_prechecks(),
            "means": self._get_portal_choices("collection.promise", "payment_means"),
            "payment_means": self.payment_means or "",
        }

    def _get_portal_labels(self, model, name):
        """Values of a selection with their labels, in the reader's language."""
        return self.env[model]._fields[name]._description_selection(self.env)

    def _get_portal_choices(self, model, name):
        """Values of a selection for a form, as dicts of `code` and `label`."""
        return [
            {"code": code, "label": label}
            for code, label in self._get_portal_labels(model, name)
        ]

    @api.model
    def _join_portal_details(self, *details):
        """The line of small print under a record, without what is empty."""
        return " · ".join(filter(None, details))

    def _find_portal_records(self, model, order=None, domain=None):
        """Records of this customer that the agent sees, the newest first."""
        mine = Domain("account_id", "=", self.id) & Domain(domain or [])
        return self.env[model].search_fetch(mine, order=order, limit=AGREEMENT_LIMIT)

    def _get_portal_promises(self, agent_sudo, invoices):
        promises = self._find_portal_records(
            "collection.promise", "date_made desc, id desc"
        )
        means = dict(self._get_portal_labels("collection.promise", "payment_means"))
        # sudo: which invoices, and whether they recorded it
        return [
            {
                "id": promise.id,
                "number": promise.number,
                "date_made": promise.date_made,
                "date_promised": promise.date_promised,
                "amount": promise.amount,
                "received": promise.amount_received,
                "currency": promise_sudo.currency_id,
                "means": means.get(promise.payment_means, ""),
                "person": promise.person or "",
                "note": promise.note or "",
                "invoices": invoices(promise_sudo),
                "details": self._join_portal_details(
                    promise.number,
                    invoices(promise_sudo),
                    means.get(promise.payment_means),
                    promise.person,
                ),
                **badge(promise.state, promise._get_state_label()),
                "reason": promise.withdrawal_reason or "",
                "own": promise.state == "open"
                and promise_sudo.user_id == agent_sudo.user_id,
            }
            for promise, promise_sudo in zip(promises, promises.sudo(), strict=True)
        ]

    def _get_portal_plans(self, agent_sudo, invoices):
        plans = self._find_portal_records("collection.payment.plan")
        means = dict(self._get_portal_labels("collection.promise", "payment_means"))
        # sudo: which invoices, and whether they proposed it
        return [
            {
                "id": plan.id,
                "number": plan.number,
                "date": plan.date_start,
                "amount": plan.amount,
                "received": plan.amount_received,
                "currency": plan_sudo.currency_id,
                "means": means.get(plan.payment_means, ""),
                "person": plan.person or "",
                "invoices": invoices(plan_sudo),
                "details": self._join_portal_details(
                    plan.number,
                    invoices(plan_sudo),
                    means.get(plan.payment_means),
                    plan.person,
                ),
                **badge(plan.state, plan._get_state_label()),
                "instalments": [
                    {
                        "date": part.date,
                        "amount": part.amount,
                        "paid": part._is_paid(),
                        "late": not part._is_paid() and part.date < company_today(self),
                    }
                    for part in plan_sudo.instalment_ids
                ],
                "own": plan.state == "to_approve"
                and plan_sudo.user_id == agent_sudo.user_id,
            }
            for plan, plan_sudo in zip(plans, plans.sudo(), strict=True)
        ]

    def _get_portal_disputes(self, invoices):
        disputes = self._find_portal_records(
            "collection.dispute", "date_opened desc, id desc"
        )
        # sudo: which invoices, and what is due of them
        return [
            {
                "id": dispute.id,
                "number": dispute.number,
                "date": dispute.date_opened,
                "reason": dispute.reason_id.name,
                "amount": dispute_sudo._get_contested_amount(),
                "accepted": dispute.amount_accepted,
                "currency": dispute_sudo.currency_id,
                "invoices": invoices(dispute_sudo),
                "description": dispute.description or "",
                "decision": dispute.decision_note or "",
                "date_decided": dispute.date_decided,
                **badge(dispute.state, dispute._get_state_label()),
            }
            for dispute, dispute_sudo in zip(disputes, disputes.sudo(), strict=True)
        ]

    def _get_portal_bills(self):
        bills = self._find_portal_records("collection.bill", "date_due desc, id desc")
        kinds = dict(self._get_portal_labels("collection.bill", "kind"))
        others = dict(self._get_portal_labels("collection.bill", "alternative"))
        return [
            {
                "id": bill.id,
                "number": bill.number,
                "kind": kinds[bill.kind],
                "amount": bill.amount,
                # sudo: how the amount is written
                "currency": bill.sudo().currency_id,
                "date_due": bill.date_due,
                "deadline": bill.date_return_deadline,
                "count": bill.chase_count,
                "alternative": others.get(bill.alternative, ""),
                "reason": bill.reason or "",
                **badge(bill.state, bill._get_state_label()),
                "out": bill.state in AWAITING_RETURN,
            }
            for bill in bills
        ]

    def _get_portal_prechecks(self):
        """Controls of invoices before they fall due, those to be made first."""
        model = self.env["collection.precheck"]
        controls = self._find_portal_records(
            "collection.precheck", "date_due desc, id desc"
        )
        controls = controls.sorted(lambda control: control.state != "to_check")
        states = dict(self._get_portal_labels("collection.precheck", "state"))
        labels = {
            name: model._fields[name]._description_string(self.env) for name in CHECKS
        }
        means = dict(self._get_portal_labels("collection.promise", "payment_means"))
        return [
            {
                "id": control.id,
                # sudo: the number of the invoice and how its amount is written
                "invoice": control.sudo().item_id.move_name,
                "item_id": control.item_id.id,
                "amount": control.amount,
                "currency": control.sudo().currency_id,
                "date_due": control.date_due,
                "checks": [
                    {"name": name, "label": label, "value": control[name]}
                    for name, label in labels.items()
                ],
                "person": control.person or "",
                "date_planned": control.date_planned,
                "means": control.payment_means or "",
                "means_label": means.get(control.payment_means, ""),
                "note": control.note or "",
                "details": self._join_portal_details(
                    control.person, means.get(control.payment_means), control.note
                ),
                **badge(control.state, states[control.state]),
                "open": control.state == "to_check",
            }
            for control in controls
        ]

    # ------------------------------------------------------------------
    # Acts
    # ------------------------------------------------------------------

    def _portal_answer_precheck(self, precheck_id, vals, dispute_vals=None):
        """Note what the customer answered about an invoice, as the current agent.

        :param dict vals: as of `collection.precheck._answer`
        :param dispute_vals: `reason_id`, `amount` and `description` of what holds the
            payment back, if something does
        :raises UserError: on an unknown means of payment, or as the steps it takes
        """
        self._check_delegated_to_me()
        precheck = self.env["collection.precheck"].search(
            [("id", "=", precheck_id), ("account_id", "=", self.id)]
        )
        precheck.ensure_one()
        if (vals.get("payment_means") or "transfer") not in dict(MEANS):
            raise UserError(self.env._("Choose one of the means of payment."))
        dispute = None
        if dispute_vals:
            dispute = self._open_dispute(
                {**dispute_vals, "item_ids": precheck.item_id.ids}
            )
        precheck._answer(vals, dispute=dispute)
        return precheck

    def _portal_new_promise(self, vals):
        """Record a promise of this customer, as the current agent.

        :param dict vals: as of `_new_promise`
        :return: the promise, as the current user
        :raises AccessError: not delegated to the agent any more, or on other values
        :raises UserError: without a day or an amount
        """
        self._check_delegated_to_me()
        return self._new_promise(vals)

    def _portal_propose_plan(self, vals):
        """Agree instalments with this customer, as the current agent.

        :param dict vals: as of `_propose_plan`
        :return: the plan, as the current user
        :raises AccessError: not delegated to the agent any more, or on other values
        :raises UserError: when the instalments cannot be laid on what is owed
        """
        self._check_delegated_to_me()
        return self._propose_plan(vals)

    def _portal_open_dispute(self, vals):
        """Open a dispute of this customer, as the current agent.

        :param dict vals: as of `_open_dispute`
        :return: the dispute, as the current user
        :raises AccessError: not delegated to the agent any more, or on other values
        :raises UserError: without invoice or reason, or more than is due
        """
        self._check_delegated_to_me()
        return self._open_dispute(vals)
