from freezegun import freeze_time

from odoo import Command
from odoo.tests import Form, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPrefilled(CollectionCommon):
    """What is known of a customer stands in the form already."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-03-31 09:00:00"))
        cls.late = cls._invoice(cls.customer, 900.0, "2026-03-01")
        cls.later = cls._invoice(cls.customer, 340.0, "2026-03-20")
        cls._invoice(cls.customer, 77.0, "2026-06-30")
        cls.account = cls.account_of(cls.customer)
        cls.account.payment_means = "cheque"
        cls.reason = cls.env["collection.dispute.reason"].search(
            [("active", "=", True)], limit=1
        )
        cls.items = cls.late.collection_item_ids | cls.later.collection_item_ids

    def _form(self, action, user=None):
        env = self.env(user=user or self.collector_user)
        return Form(env[action["res_model"]].with_context(**action["context"]))

    def test_promise(self):
        self._dispute_of(self.late, 150.0)
        with self._form(self.account.action_new_promise()) as form:
            self.assertEqual(form.item_ids[:], self.items)
            self.assertEqual(form.amount, 1090.0)
            self.assertEqual(form.payment_means, "cheque")
            form.item_ids.remove(id=self.later.collection_item_ids.id)
            self.assertEqual(form.amount, 750.0)
            form.date_promised = "2026-04-10"
        self.assertEqual(form.record.amount, 750.0)
        with self._form(self.account.action_new_promise()) as form:
            form.amount = 500.0
            form.payment_means = False
            form.date_promised = "2026-04-10"
        self.assertEqual(form.record.amount, 500.0)
        self.assertFalse(form.record.payment_means)

    def test_promise_of_a_customer_chosen_in_the_form(self):
        form = Form(self.env["collection.promise"])
        form.account_id = self.account
        self.assertEqual((form.amount, form.payment_means), (1240.0, "cheque"))

    def test_plan(self):
        form = self._form(self.account.action_new_plan())
        self.assertEqual(form.item_ids[:], self.items)
        self.assertEqual(form.amount_items, 1240.0)
        self.assertEqual(form.payment_means, "cheque")

    def test_dispute(self):
        with self._form(self.account.action_new_dispute()) as form:
            form.reason_id = self.reason
            form.item_ids.add(self.later.collection_item_ids)
            self.assertEqual(form.amount, 340.0)
        # said of all: of what is left when some is paid
        self._pay(self.later, 100.0)
        self.assertEqual(form.record._get_contested_amount(), 240.0)
        with self._form(self.account.action_new_dispute()) as form:
            form.reason_id = self.reason
            form.item_ids.add(self.late.collection_item_ids)
            form.amount = 120.0
        self._pay(self.late, 100.0)
        self.assertEqual(form.record._get_contested_amount(), 120.0)

    def test_call(self):
        form = Form(
            self.env["collection.call.screen"]
            .with_user(self.collector_user)
            .with_context(default_account_id=self.account.id)
        )
        self.assertEqual((form.amount, form.payment_means), (1240.0, "cheque"))
        form.outcome_id = self._result("dispute")
        form.item_ids.add(self.later.collection_item_ids)
        self.assertEqual(form.amount, 340.0)

    def test_letter(self):
        action = self.account.action_compose_letter()
        form = self._form(dict(action, res_model="collection.letter.compose"))
        self.assertEqual(form.payment_means, "cheque")

    def _dispute_of(self, invoice, amount):
        self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(invoice.collection_item_ids.ids)],
                "reason_id": self.reason.id,
                "amount": amount,
            }
        )
