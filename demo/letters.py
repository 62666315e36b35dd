from odoo.fields import Domain

from .ledger import moment


class DemoLetters:
    """A letter and a policy that only some customers of the demo company meet."""

    def __init__(self, env, company, today):
        self.env = env
        self.company = company
        self.today = today

    def tell(self):
        self._write_before_due()
        self._leave_in_peace()

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
        """One customer was asked whether all is well before his invoices fall due."""
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
        """One customer is a supplier, too: nobody reminds him, the firms set off."""
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
