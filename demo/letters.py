from datetime import timedelta

from odoo.fields import Domain

from .ledger import moment


class DemoLetters:
    """Letters of each kind, and a policy that only some customers meet."""

    def __init__(self, env, company, today):
        self.env = env
        self.company = company
        self.today = today

    def tell(self):
        self._write_before_due()
        self._leave_in_peace()

    def write_one_of_each_kind(self):
        """One letter of each kind outside the ladder: a plan and a bill to check,
        the others sent today."""
        Account = self.env["collection.account"]
        domain = Domain("company_id", "=", self.company.id)
        late = Account.search(
            domain
            & Domain("amount_overdue", ">", 0)
            & Domain("delegation_state", "=", "in_house")
            & Domain("insolvency_date", "=", False)
            & Domain("amount_disputed", "=", 0)
            & Domain("partner_id.country_id.code", "=", "FR"),
            limit=4,
        )
        plan, promise, statement, bill = late
        self._write_plan(plan, 4)
        # a consumer's is worded for them
        private = Domain("segment_id.debtor_type", "=", "consumer")
        for account in self._accounts(private & Domain("amount_overdue", ">", 0))[:1]:
            self._write_plan(account, 3)
        bill._write_letter(
            "bill_return",
            fact_reference="LCR 2026-118",
            fact_amount=bill.amount_open,
            fact_date=self.today + timedelta(days=40),
        )
        sent = statement._write_letter("statement")
        item = promise.item_ids.filtered(
            lambda item: item.state == "open" and item.days_overdue > 0
        )[:1]
        sent |= promise._write_letter(
            "promise_confirmation",
            items=item,
            fact_amount=item.amount_residual,
            fact_date=self.today + timedelta(days=7),
            payment_means="transfer",
        )
        settled = Account.search(
            domain
            & Domain("amount_open", "=", 0)
            & Domain("item_ids.state", "=", "closed"),
            limit=1,
        )
        paid = settled.item_ids[-1:]
        sent |= settled._write_letter(
            "receipt",
            items=paid,
            fact_amount=paid.amount_total,
            fact_date=self.today - timedelta(days=1),
            payment_means="transfer",
        )
        sent |= settled._write_letter("thanks")
        file_as_sent(sent, self.today)

    def _write_plan(self, account, instalments):
        kind = self.env["collection.letter.kind"]._get_kind(
            "payment_plan", self.company, account._get_debtor_type()
        )
        items = account._get_usual_items(kind)[account]
        owed = sum(item.amount_residual for item in items)
        account._write_letter(
            "payment_plan",
            fact_amount=owed,
            payment_means="transfer",
            details=account._get_instalments(
                owed, instalments, self.today + timedelta(days=15), items.currency_id
            ),
        )

    def _accounts(self, domain):
        return self.env["collection.account"].search(
            Domain("company_id", "=", self.company.id)
            & Domain("delegation_state", "=", "in_house")
            & Domain("insolvency_date", "=", False)
            & Domain("hold_until", "=", False)
            & Domain("policy_id", "=", False)
            & domain,
            order="amount_open desc, id",
        )

    def _write_before_due(self):
        """One customer was asked whether all is well before the invoices fall due."""
        coming = Domain("state", "=", "open") & Domain("date_due", ">", self.today)
        for account in self._accounts(
            Domain("amount_overdue", "=", 0) & Domain("item_ids", "any", coming)
        )[:1]:
            letter = account._write_letter("pre_reminder")
            # no mail may go out for it
            letter._confirm()
            letter._mark_sent()
            letter.date_sent = moment(self.today, 10)

    def _leave_in_peace(self):
        """One customer is a supplier, too: nobody reminds it, the firms set off."""
        policy = self.env["collection.policy"].create(
            {
                "name": "Comptes croisés : aucune relance",
                "company_id": self.company.id,
                "do_nothing": True,
            }
        )
        late = self._accounts(
            Domain("amount_overdue", ">", 0) & Domain("amount_disputed", "=", 0)
        )
        late[-1:].policy_id = policy


def file_as_sent(letters, date):
    """Number the letters and file them: no mail may go out for them."""
    letters = letters._confirm()
    letters._mark_sent()
    letters.date_sent = moment(date, 10)
