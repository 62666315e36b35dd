from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.amount_input import write_amount
from ..base.days import company_today, company_today_sql, on_company_days

#: entries of the history shown, newest first
HISTORY_LIMIT = 50
#: of which model the record is that a form of the page saves
STATE_MODELS = {
    "amend": "collection.call",
    "call": "collection.call",
    "cancel": "collection.payment.plan",
    "chase": "collection.bill",
    "dispute": "collection.dispute",
    "plan": "collection.payment.plan",
    "promise": "collection.promise",
    "withdraw": "collection.promise",
}


class CollectionAccount(models.Model):
    """What the portal pages show of an account, and the acts they allow.

    Every method is called as the provider's agent. The entries make sure, under the
    agent's record rules, that the account is delegated to them; only then are the few
    facts read as superuser that the pages show and the agent has no right on
    (customer, contacts, letters), and handed out as plain values.
    """

    _inherit = "collection.account"

    # ------------------------------------------------------------------
    # List page
    # ------------------------------------------------------------------

    @api.model
    def _get_portal_filters(self):
        """Filters of the list page: {code: {label, domain}}."""

        def on_days(make):
            return on_company_days(self.env, make)

        overdue = Domain("state", "=", "open") & on_days(
            lambda today: Domain("date_due", "<", today)
        )
        return {
            "all": {"label": self.env._("All"), "domain": Domain.TRUE},
            "todo": {
                "label": self.env._("To do today"),
                "domain": on_days(
                    lambda today: Domain("next_action_date", "<=", today)
                ),
            },
            "overdue": {
                "label": self.env._("Overdue"),
                "domain": Domain("item_ids", "any", overdue),
            },
            "never": {
                "label": self.env._("Never called"),
                "domain": Domain("call_ids", "=", False),
            },
            "disputed": {
                "label": self.env._("Disputed"),
                "domain": Domain("amount_disputed", ">", 0),
            },
            "mine": {
                "label": self.env._("Assigned to me"),
                "domain": Domain("agent_id", "=", self._get_provider_agent().id),
            },
        }

    @api.model
    def _get_portal_sortings(self):
        """Sort orders of the list page: {code: {label, order}}."""
        return {
            "priority": {
                "label": self.env._("Most urgent"),
                "order": "priority desc, amount_overdue desc, id",
            },
            "amount": {
                "label": self.env._("Largest overdue amount"),
                "order": "amount_overdue desc, id",
            },
            "due": {
                "label": self.env._("Oldest due date"),
                "order": "oldest_due_date, id",
            },
            "action": {
                "label": self.env._("Next action"),
                "order": "next_action_date, amount_overdue desc, id",
            },
            "customer": {
                "label": self.env._("Customer"),
                "order": "partner_name, id",
            },
        }

    @api.model
    def _get_portal_totals(self, domain):
        """Number of accounts of `domain` and what they owe, company by company.

        As in the rows, amounts are those of the invoices handed over.
        """
        items = self.env["collection.item"]
        # under the record rules, in one pass: an agent may have 100,000 of them
        query = items._search(
            Domain("state", "=", "open") & Domain("account_id", "any", domain)
        )
        company_id = items._field_to_sql(query.table, "company_id", query)
        amount = items._field_to_sql(query.table, "amount_residual_company", query)
        date_due = items._field_to_sql(query.table, "date_due", query)
        query.groupby = company_id
        amounts = {
            company: (open_amount, overdue or 0.0)
            for company, open_amount, overdue in self.env.execute_query(
                query.select(
                    company_id,
                    SQL("SUM(%s)::float", amount),
                    SQL(
                        "(SUM(%s) FILTER (WHERE %s < %s))::float",
                        amount,
                        date_due,
                        company_today_sql(self.env, company_id),
                    ),
                )
            )
        }
        return [
            {
                # sudo: name and currency of the company that mandates the agent
                "company": company.sudo().name,
                "currency": company.sudo().currency_id,
                "count": count,
                "overdue": amounts.get(company.id, (0.0, 0.0))[1],
                "open": amounts.get(company.id, (0.0, 0.0))[0],
            }
            for company, count in self._read_group(
                domain, ["company_id"], ["__count"], order="company_id"
            )
        ]

    def _get_portal_rows(self):
        """What the list page shows of these accounts, in their order.

        A few queries whatever the number of accounts; amounts are those of the
        invoices handed over, not those the company works itself.
        """
        self.check_access("read")
        item_model = self.env["collection.item"]
        mine = Domain("account_id", "in", self.ids) & Domain("state", "=", "open")
        amounts = {
            account: (amount, oldest)
            for account, amount, oldest in item_model._read_group(
                mine, ["account_id"], ["amount_residual_company:sum", "date_due:min"]
            )
        }
        overdue = dict(
            item_model._read_group(
                mine
                & on_company_days(
                    self.env, lambda today: Domain("date_due", "<", today)
                ),
                ["account_id"],
                ["amount_residual_company:sum"],
            )
        )
        rows = []
        # sudo: town, level and agent are shown, nothing else of them is readable
        for account, account_sudo in zip(self, self.sudo(), strict=True):
            amount, oldest = amounts.get(account, (0.0, False))
            today = company_today(account)
            rows.append(
                {
                    "id": account.id,
                    "name": account.display_name,
                    "ref": account.partner_ref,
                    "city": account_sudo.partner_id.city,
                    "company": account_sudo.company_id.name,
                    "currency": account_sudo.currency_id,
                    "overdue": overdue.get(account, 0.0),
                    "open": amount,
                    "disputed": account.amount_disputed,
                    "days": max((today - oldest).days, 0) if oldest else 0,
                    "level": account.level_id.sudo().name,
                    "reason": account.priority_reason,
                    "next_action": account.next_action,
                    "next_action_date": account.next_action_date,
                    "action_due": bool(
                        account.next_action_date and account.next_action_date <= today
                    ),
                    "last_call": account.last_call_date,
                    "agent": account_sudo.agent_id.name,
                }
            )
        return rows

    # ------------------------------------------------------------------
    # Account page
    # ------------------------------------------------------------------

    def _get_portal_values(self):
        """Exactly what the account page shows, as plain values.

        Raises unless the account is delegated to the current user.
        """
        agent_sudo = self._check_delegated_to_me()
        # sudo: checked above; customer, segment, level and mandate are shown by
        # name only, the agent has no right on them
        account_sudo = self.sudo()
        mandate_sudo = account_sudo.mandate_id
        items = self._get_sheet_items()
        contacts = self._get_sheet_contacts()
        numbers = [contact for contact in contacts if contact["phone"]]
        values = {
            "id": self.id,
            "name": self.display_name,
            "ref": self.partner_ref,
            "company": account_sudo.company_id.name,
            "currency": account_sudo.currency_id,
            "vat": account_sudo.partner_id.vat,
            "address": "\n".join(
                line
                for line in account_sudo.partner_id._display_address(
                    without_company=True
                ).splitlines()
                if line.strip()
            ),
            "language": self._get_sheet_language(),
            "segment": account_sudo.segment_id.name,
            "level": self.level_id.sudo().name,
            "provider": mandate_sudo.provider_id.name,
            "in_name": mandate_sudo.mode == "in_name",
            "notice": self.mandate_notice,
            "notice_missing": self.mandate_notice_missing,
            "contacts": contacts,
            "numbers": numbers,
            "phone": numbers[0]["phone"] if numbers else "",
            "items": items,
            "totals": self._get_sheet_totals(items),
            "ages": self._get_sheet_ages(items),
            "credit": self.amount_credit,
            "next_action": self.next_action,
            "next_action_date": self.next_action_date,
            "other_action": self.other_side_action,
            "reason": self.priority_reason,
            "obstacles": [text for _code, text in self._get_call_obstacles(agent_sudo)],
            "history": self._get_portal_history(agent_sudo),
            "outcomes": self._get_portal_outcomes(),
            "agent_id": account_sudo.agent_id.id,
            "agent": account_sudo.agent_id.name,
            "agents": (
                [
                    {"id": colleague.id, "name": colleague.name}
                    for colleague in mandate_sudo.agent_ids.sorted("name")
                ]
                if agent_sudo.supervisor
                else []
            ),
            "notes": self._get_portal_notes(),
            "return_reasons": self._get_portal_choices(
                "collection.provider.note", "reason"
            ),
            "return_open": bool(self._get_open_return()),
            "promise_amount": self._get_portal_promise_amount(items),
            "means_proposal": self._get_means_proposal(),
            "means_answers": self._get_portal_choices(
                "collection.means.change", "state"
            ),
            "means_refusals": self._get_portal_choices(
                "collection.means.change", "refusal_reason"
            ),
            **self._get_portal_agreements(agent_sudo, items),
        }
        values["files"] = self._get_portal_files(
            agent_sudo,
            {
                "collection.call": [
                    entry["id"] for entry in values["history"] if entry.get("id")
                ],
                "collection.dispute": [row["id"] for row in values["disputes"]],
                "collection.promise": [row["id"] for row in values["promises"]],
                "collection.provider.note": [row["id"] for row in values["notes"]],
            },
        )
        values["mail"] = self._get_portal_mail_values()
        values["talk"] = self._get_portal_talk()
        values["script"] = " ".join(values["talk"]["opening"].splitlines())
        return values

    def _get_portal_state(self, done):
        """What stands on record after a form of the page was accepted, in one line.

        :param done: the form, as an address says it
        """
        model = STATE_MODELS.get(done)
        records = model and self.env[model].search([("account_id", "=", self.id)])
        if not records:
            return ""
        # sudo: which of those that the agent reads was saved last, how amounts are
        # written
        record = max(records.sudo(), key=lambda record: (record.write_date, record.id))
        if model == "collection.call":
            call = record.correction_of_id or record
            return call.with_env(self.env)._describe_portal_state()
        return " · ".join(
            [
                record.number,
                record.currency_id.format(record.amount),
                record._get_state_label(),
            ]
        )

    def _is_portal_correction(self):
        """Whether what was said last about this customer's calls corrects one."""
        calls = self.env["collection.call"].search([("account_id", "=", self.id)])
        return bool(calls and calls.sorted("id")[-1].correction_of_id)

    def _get_portal_overdue(self, items):
        """What is overdue and not contested of `items`, in the account's currency."""
        # sudo: the currency of the account, in which promises are made
        currency = self.sudo().currency_id
        overdue = [
            item["due"] - item["disputed"]
            for item in items
            if item["open"] and item["days"] > 0 and item["currency"] == currency
        ]
        return currency.round(sum(overdue))

    def _get_portal_promise_amount(self, items):
        """What a promise about all that is overdue would be about, as typed."""
        amount = self._get_portal_overdue(items)
        # sudo: as above
        currency = self.sudo().currency_id
        return self._write_portal_amount(amount, currency) if amount > 0 else ""

    def _get_portal_currency(self, item_ids=None):
        """The currency in which an amount about these invoices is typed; without them
        about any that are open. Of several the one with most decimals."""
        self.ensure_one()
        items = self.env["collection.item"].search(
            Domain("account_id", "=", self.id)
            & (
                Domain("id", "in", item_ids)
                if item_ids
                else Domain("state", "=", "open")
            )
        )
        # sudo: in which currencies the invoices are that the agent sees
        currencies = items.sudo().currency_id or self.sudo().currency_id
        return currencies.sorted("decimal_places")[-1:]

    @api.model
    def _write_portal_amount(self, amount, currency):
        """An amount for a field, as the reader's language writes it."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang)
        return write_amount(amount, currency.decimal_places, lang.decimal_point or ".")

    def _get_portal_history(self, agent_sudo):
        """Calls and letters, newest first; of the agent's own calls what they may
        complete or correct, as it was said last."""
        history = self._get_sheet_history(agent_sudo)
        calls = self.env["collection.call"].browse(
            entry["id"] for entry in history if entry.get("id")
        )
        own = {call.id: call for call in calls if call._is_correctable()}
        for entry in history:
            call = own.get(entry.get("id"))
            if not call:
                continue
            said = call._get_said()
            hours, minutes = divmod(round(said["next_action_time"] * 60), 60)
            entry["amend"] = {
                "completes": not call.correction_ids and call._is_completable(),
                **{name: said[name] or "" for name in ("note", "person", "phone")},
                "outcome_id": str(said["outcome_id"]),
                "duration": self._write_portal_number(said["duration"]),
                "next_action": said["next_action"] or "",
                "next_action_date": said["next_action_date"] or "",
                "next_action_time": f"{hours:02d}:{minutes:02d}"
                if said["next_action_time"]
                else "",
            }
        return history

    @api.model
    def _write_portal_number(self, number):
        """A number for a field, as the reader's language writes it; 0 is empty."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang)
        return f"{number:g}".replace(".", lang.decimal_point or ".") if number else ""

    def _get_portal_outcomes(self):
        """Outcomes by who was reached: dicts of `contact`, `label` and `outcomes`."""
        outcome_model = self.env["collection.call.outcome"]
        today = company_today(self)
        # sudo: whose holidays are no days for a next action
        country = self.sudo().partner_id.country_id
        outcomes = outcome_model.search_fetch([("active", "=", True)])
        outcomes = outcomes.grouped("contact")
        labels = outcome_model._fields["contact"]._description_selection(self.env)
        return [
            {
                "contact": contact,
                "label": label,
                "outcomes": [
                    {
                        "id": outcome.id,
                        "name": outcome.name,
                        "code": outcome.code,
                        "contact": contact,
                        "follow_up": outcome.follow_up,
                        "required": outcome.follow_up_required,
                        "remark": outcome.remark,
                        **outcome._get_next_action(today, country),
                    }
                    for outcome in outcomes[contact]
                ],
            }
            for contact, label in labels
            if contact in outcomes
        ]

    def _get_portal_talk(self):
        """What to say on the telephone, as `_get_call_script`; arguments are dicts of
        `words` and `answer`."""
        talk = self._get_call_script()
        return talk | {
            name: [{"words": words, "answer": answer} for words, answer in talk[name]]
            for name in ("points", "objections")
        }

    # ------------------------------------------------------------------
    # Acts
    # ------------------------------------------------------------------

    def _portal_log_call(self, vals, follow_up=None):
        """Log a call of the current agent to this customer, as `_log_call` does.

        :raises AccessError: not one of a provider's agents, or not their customer
        """
        self._check_delegated_to_me()
        return self._keep_call(vals, follow_up)

    def _portal_amend_call(self, call_id, vals, reason):
        """Complete or correct a call of the current agent to this customer.

        :param dict vals: all values of `CORRECTION_FIELDS`
        :raises AccessError: not their call, or not their customer any more
        :raises UserError: when nothing was changed, or a reason is missing
        """
        self._check_delegated_to_me()
        call = self.env["collection.call"].search(
            [("id", "=", call_id), ("account_id", "=", self.id)]
        )
        if not call or not call._is_correctable():
            raise AccessError(
                self.env._("Callers complete and correct their own calls.")
            )
        return call._amend(vals, reason)

    def _portal_assign_agent(self, agent_id):
        """Give the account to a colleague, as a supervisor of the provider.

        :param agent_id: id of an agent of the same mandate; 0 or False: nobody
        """
        supervisor_sudo = self._check_delegated_to_me()
        if not supervisor_sudo.supervisor:
            raise AccessError(
                self.env._("Only a supervisor assigns customers to agents.")
            )
        # sudo: checked above; only the agent changes, and only within the mandate
        account_sudo = self.sudo()
        agent_sudo = account_sudo.mandate_id.agent_ids.filtered(
            lambda agent: agent.id == agent_id
        )
        if agent_id and not agent_sudo:
            raise AccessError(
                self.env._("Choose one of the agents named in the mandate.")
            )
        account_sudo.agent_id = agent_sudo
