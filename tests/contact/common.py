from datetime import datetime

from odoo import fields
from odoo.tests import freeze_time

from ..common import CollectionCommon

#: a Tuesday, 11 o'clock in Paris
TUESDAY = "2026-11-24 10:00:00"


class WorklistCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(TUESDAY))
        cls.company.partner_id.lang = "en_US"
        cls.company.country_id = cls.env.ref("base.fr")
        cls.collector = cls._agent(
            cls.collector_user, cls.env["res.partner"], skill="3"
        )
        cls.outcome_none = cls._result("no_answer")
        cls.outcome_right = cls._result("information_only")
        cls.segment = cls.env["collection.segment"].create(
            {"name": "Tests", "code": "tests"}
        )

    @classmethod
    def _debtor(cls, name, amount=1200.0, due="2026-10-08", **values):
        """A customer in the segment of the tests with one late invoice."""
        partner = cls._customer(name, tz=False, lang=False, **values)
        cls._invoice(partner, amount, due)
        account = cls.account_of(partner)
        account.segment_id = cls.segment
        return account

    def _next(self, user=None):
        user = user or self.collector_user
        account = self.env["collection.account"].with_user(user)._next_account()
        return account.with_env(self.env)

    def _call(self, account, outcome=None, date=None, direction="outgoing", **values):
        outcome = outcome or self.outcome_none
        return (
            self.env["collection.call"]
            .with_user(self.collector_user)
            .create(
                self._call_values(
                    account,
                    outcome.code,
                    direction=direction,
                    date=date or fields.Datetime.now(),
                    **values,
                )
            )
        )

    def _codes(self, account, at=None, agent=None):
        agent = self.collector if agent is None else agent
        at = at and datetime.fromisoformat(at)
        return [code for code, _text in account._get_call_obstacles(agent, at=at)]


#: a Tuesday, 11:00 in Paris
NOW = "2026-03-31 09:00:00"


class CallCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.fr")
        with freeze_time(NOW):
            for customer in (cls.customer, cls.other_customer):
                customer.lang = "en_US"
                cls._invoice(customer, 1000.0, "2026-03-01")
                cls._invoice(customer, 250.0, "2026-03-15")
            cls.account = cls.account_of(cls.customer)
            cls.delegated = cls.account_of(cls.other_customer)
            cls._hand_over(cls.delegated)
        cls.late, cls.later = cls.account.item_ids.sorted("date_due")
        cls.mine = cls.account.with_user(cls.collector_user)
        cls.theirs = cls.delegated.with_user(cls.agent_user)

    def _log(self, code="no_answer", follow_up=None, account=None, **values):
        return (self.mine if account is None else account)._log_call(
            {"outcome_id": self._result(code).id, **values}, follow_up
        )

    def _promise(self, **values):
        return {
            "promise": {
                "amount": 1000.0,
                "date_promised": "2026-04-10",
                "item_ids": self.late.ids,
                **values,
            }
        }

    def _assert_nothing_done(self, account=None):
        account = account or self.account
        self.env.invalidate_all()
        self.assertFalse(account.call_ids)
        self.assertFalse(account.promise_ids)
        self.assertFalse(account.dispute_ids)
        self.assertFalse(account.plan_ids)
        self.assertFalse(account.item_ids.promise_id)
