from datetime import datetime, time

from odoo import api, fields, models
from odoo.tools import plaintext2html

from ...tools.ageing import BUCKETS
from ...tools.call_window import local
from ..upstream.collection_bill import AWAITING_RETURN

#: invoices, agreements of each kind and events that the call screen shows
SHEET_ITEMS = 8
SHEET_AGREED = 3
SHEET_EVENTS = 6
#: entries of the history, newest first
HISTORY_LIMIT = 50


class CollectionAccount(models.Model):
    """The call sheet: what a caller sees of a customer and chooses from.

    The same in-house, on our premises and on the portal. Amounts and invoices are
    those that the current user sees; of what they have no right on, names alone are
    read as superuser and handed out as plain values.
    """

    _inherit = "collection.account"

    def _get_call_sheet(self):
        """What a caller should have in view, as plain values.

        Amounts and invoices are those that the current user sees.
        """
        self.ensure_one()
        self.check_access("read")
        self._record_access("form")
        # sudo: the account may be read; names and what is shown of its customer
        account_sudo = self.sudo()
        partner_sudo = account_sudo.partner_id
        items = [item for item in self._get_sheet_items() if item["open"]]
        now = fields.Datetime.now()
        return {
            "name": self.display_name,
            "ref": self.partner_ref,
            "city": partner_sudo.city,
            "segment": account_sudo.segment_id.name,
            "level": self.level_id.sudo().name,
            "language": self._get_sheet_language(),
            "local_time": local(now, account_sudo.call_time_zone or "UTC").strftime(
                "%H:%M"
            ),
            "salesperson": partner_sudo.user_id.name,
            "reason": self.priority_reason,
            "next_action": self.next_action,
            "next_action_date": self.next_action_date,
            "other_action": self.other_side_action,
            "notice": account_sudo.mandate_notice,
            "contacts": self._get_sheet_contacts(),
            "items": items[:SHEET_ITEMS],
            "more": max(len(items) - SHEET_ITEMS, 0),
            "totals": self._get_sheet_totals(items),
            "ages": [age for age in self._get_sheet_ages(items) if age["amount"]],
            "currency": account_sudo.currency_id,
            "agreed": self._get_agreed(),
            "history": self._get_call_history(),
        }

    def _get_sheet_language(self):
        # sudo: the name of the customer's language is shown
        code = self.sudo().partner_id.lang
        language_name = self.env["res.lang"]._get_data(code=code).name
        return (language_name or code or "").split(" / ")[-1]

    def _get_call_people(self):
        """Whom to call at the customer's, the person who is written to first.

        As superuser: call it for whoever may read the account.
        """
        partner_sudo = self.sudo().partner_id
        people_sudo = self.sudo()._dunning_contact() | partner_sudo
        return people_sudo | partner_sudo.child_ids.filtered(
            lambda contact: (
                contact.type != "delivery"
                and contact.commercial_partner_id == partner_sudo
            )
        )

    def _get_sheet_contacts(self):
        """Whom to call, the person who is written to first."""
        # sudo: called after the check that the account is delegated
        partner_sudo = self.sudo().partner_id
        people_sudo = self._get_call_people()
        return [
            {
                "id": person_sudo.id,
                "name": person_sudo.name or partner_sudo.name,
                "function": person_sudo.function,
                "phone": person_sudo.phone,
                "email": person_sudo.email_normalized,
                "main": person_sudo == people_sudo[0],
                "customer": person_sudo == partner_sudo,
            }
            for person_sudo in people_sudo
        ]

    def _get_sheet_items(self):
        """The invoices handed over: those that are open, then those just settled."""
        items = self.env["collection.item"].search_fetch(
            [("account_id", "=", self.id)], order="state desc, date_due, id"
        )
        rows = []
        # sudo: number and kind of the invoice behind an item the agent reads, and of
        # its many fields no other
        items.sudo().move_id.fetch(["date", "move_type", "name", "ref"])
        for item, item_sudo in zip(items, items.sudo(), strict=True):
            rows.append(
                {
                    "id": item.id,
                    "number": item.move_name,
                    "ref": item.move_ref,
                    "has_pdf": item_sudo.move_id.is_sale_document(
                        include_receipts=True
                    ),
                    "date": item.invoice_date,
                    "date_due": item.date_due,
                    "days": item.days_overdue,
                    "bucket": item.age_bucket,
                    "open": item.state == "open",
                    "currency": item_sudo.currency_id,
                    "total": item.amount_total,
                    "paid": item.amount_total - item.amount_residual,
                    "due": item.amount_residual,
                    "due_company": item.amount_residual_company,
                    "disputed": item.amount_disputed,
                    "level": item_sudo.level_id.name,
                }
            )
        return rows

    def _get_only_item(self):
        """The open item of this customer that the user sees, if there is but one."""
        items = self.env["collection.item"].search(
            [("account_id", "=", self.id), ("state", "=", "open")], limit=2
        )
        return items if len(items) == 1 else items.browse()

    def _get_sheet_totals(self, items):
        """Totals of the open items, one line per currency."""
        totals = {}
        for item in items:
            if not item["open"]:
                continue
            total = totals.setdefault(
                item["currency"],
                {
                    "currency": item["currency"],
                    "count": 0,
                    "due": 0.0,
                    "overdue": 0.0,
                    "disputed": 0.0,
                },
            )
            total["count"] += 1
            total["due"] += item["due"]
            total["disputed"] += item["disputed"]
            if item["days"] > 0:
                total["overdue"] += item["due"]
        return list(totals.values())

    def _get_sheet_ages(self, items):
        """What is open by age, company currency, with its share for the bar."""
        labels = dict(
            self.env["collection.item"]
            ._fields["age_bucket"]
            ._description_selection(self.env)
        )
        amounts = dict.fromkeys((code for code, _lower, _upper in BUCKETS), 0.0)
        for item in items:
            if item["open"]:
                amounts[item["bucket"]] += item["due_company"]
        total = sum(amounts.values())
        return [
            {
                "code": code,
                "label": labels[code],
                "amount": amount,
                "share": round(100 * amount / total) if total else 0,
            }
            for code, amount in amounts.items()
        ]

    def _get_agreed(self):
        """What was promised, contested or agreed and still matters, newest first."""
        agreed = []
        for model, states, day in (
            ("collection.promise", ("open", "partial", "broken"), "date_promised"),
            ("collection.payment.plan", ("to_approve", "active"), "next_date"),
            ("collection.dispute", ("open", "in_progress"), "date_opened"),
            ("collection.bill", AWAITING_RETURN, "date_return_deadline"),
        ):
            records = self.env[model].search(
                [("account_id", "=", self.id), ("state", "in", states)],
                order="id desc",
                limit=SHEET_AGREED,
            )
            # sudo: currencies are closed to a provider's people
            agreed += [
                {
                    "model": model,
                    "kind": self.env["ir.model"]._get(model).sudo().name,
                    "number": record.number,
                    "amount": record.amount
                    or sum(record.sudo().item_ids.mapped("amount_residual")),
                    "currency": record.sudo().currency_id,
                    "date": record[day],
                    "state": record._get_state_label(),
                    "bad": record.state in ("broken", "partial", "late"),
                }
                for record in records
            ]
        return agreed

    def _get_sheet_history(self, agent_sudo):
        """Calls of both sides and letters sent, newest first."""
        outside = self.env["collection.call"]._is_outsider()
        # the account is theirs, or nothing of it is read
        self.check_access("read")
        in_part = self._is_away_in_part()
        # sudo: that an earlier provider called and what came of it, of a customer that
        # the user reads; neither its people's names nor what they wrote down. Of one
        # who is with a provider in part, that the company called, and nothing of it
        calls_sudo = (
            self.env["collection.call"]
            .sudo()
            .search_fetch(
                [("account_id", "=", self.id), ("correction_of_id", "=", False)],
                limit=HISTORY_LIMIT,
            )
        )
        history = []
        for call_sudo in calls_sudo:
            call = call_sudo.with_env(self.env)
            caller_sudo = call_sudo.agent_id
            if call_sudo.side == "company":
                who = call_sudo.company_id.name
                if outside and in_part:
                    history.append(self._describe_own_call(call_sudo, who))
                    continue
            elif caller_sudo.provider_id == agent_sudo.provider_id:
                who = caller_sudo.name
            else:
                who = self.env._("Another provider")
                if outside:
                    history.append(self._describe_foreign_call(call_sudo, who))
                    continue
            history.append(
                {
                    "kind": "call",
                    "id": call.id,
                    "date": call.date,
                    "side": call.side,
                    "who": who,
                    "title": call.outcome_id.name,
                    "contact": call.contact,
                    "phone": call.phone,
                    "note": plaintext2html(call.note) if call.note else "",
                    "next_action": call.next_action,
                    "next_action_date": call.next_action_date,
                    "number": call.number,
                    "direction": call.direction,
                    "person": call.person,
                    "follow_up": call_sudo._get_follow_up_names(),
                    "corrections": [
                        {
                            "date": correction.date,
                            "reason": correction.correction_reason,
                            "title": correction.outcome_id.name,
                            "note": plaintext2html(correction.note)
                            if correction.note
                            else "",
                        }
                        for correction in call.correction_ids
                    ],
                }
            )
        # sudo: that a letter left and of which level is all that is shown
        letters_sudo = self.sudo().letter_ids.filtered(
            lambda letter: letter.stage == "left" and letter.channel != "call"
        )
        if outside and in_part:
            letters_sudo = letters_sudo.filtered("line_ids.item_id.delegated")
        for letter_sudo in letters_sudo.sorted("date", reverse=True)[:HISTORY_LIMIT]:
            history.append(
                {
                    "kind": "letter",
                    "date": datetime.combine(letter_sudo.date, time.min),
                    "side": "company",
                    "who": letter_sudo.account_id.company_id.name,
                    "title": self.env._(
                        "Letter sent: %(level)s", level=letter_sudo._get_title()
                    ),
                }
            )
        history.sort(key=lambda entry: entry["date"], reverse=True)
        return history[:HISTORY_LIMIT]

    def _is_away_in_part(self):
        """Hook: whether only chosen items of this customer are with a provider.

        What the company says to the customer is then about the others as well.
        """
        return False

    @api.model
    def _describe_foreign_call(self, call_sudo, who):
        """A call of an earlier provider, for the one that has the customer now."""
        return {
            **self._describe_own_call(call_sudo, who),
            "title": call_sudo.outcome_id.with_env(self.env).sudo().name,
            "person": call_sudo.person,
            "follow_up": call_sudo._get_follow_up_names(),
        }

    @api.model
    def _describe_own_call(self, call_sudo, who):
        """A call of the company about what it may have kept: when, and if anybody was
        reached. On that day nobody else calls."""
        return {
            "kind": "call",
            "id": False,
            "date": call_sudo.date,
            "side": call_sudo.side,
            "who": who,
            "title": self.env._("Call"),
            "contact": call_sudo.contact,
            "phone": "",
            "note": "",
            "next_action": "",
            "next_action_date": False,
            "number": "",
            "direction": call_sudo.direction,
            "person": "",
            "follow_up": [],
            "corrections": [],
        }

    def _get_call_history(self):
        """The last calls and letters; in-house with the name of whoever called."""
        agent_sudo = self.env["collection.agent"]._current()
        history = self._get_sheet_history(agent_sudo)[:SHEET_EVENTS]
        if not self.env["collection.call"]._is_outsider():
            calls = self.env["collection.call"].browse(
                entry["id"] for entry in history if entry["kind"] == "call"
            )
            # sudo: the names of portal users, who called for the company
            names = {call.id: call.sudo().user_id.name for call in calls}
            for entry in history:
                if entry["kind"] == "call":
                    entry["who"] = names[entry["id"]]
        return history
