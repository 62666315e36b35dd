from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CollectionCommon

ALL_IN_ORDER = {
    "received": True,
    "conforms": True,
    "delivered": True,
    "approved": True,
    "bank_details_known": True,
}


@tagged("post_install", "-at_install")
class TestPrecheck(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-10"))
        cls.company.collection_precheck_amount = 1000.0
        cls.invoice = cls._invoice(cls.customer, 5000.0, "2026-11-20")
        cls.account = cls.account_of(cls.customer)

    def _generate(self):
        return self.env["collection.precheck"]._cron_generate()

    def _precheck(self):
        return self._generate().with_user(self.collector_user)

    def test_which_invoices(self):
        for amount, due in (
            (1000.0, "2026-11-17"),
            (1000.0, "2026-11-25"),
            (999.99, "2026-11-20"),
            (1000.0, "2026-11-16"),
            (1000.0, "2026-11-26"),
            (1000.0, "2026-11-05"),
        ):
            self._invoice(self.other_customer, amount, due)
        prechecks = self._generate().filtered(
            lambda precheck: precheck.partner_id == self.other_customer
        )
        self.assertEqual(
            prechecks.sorted().mapped("date_due"),
            [date(2026, 11, 17), date(2026, 11, 25)],
        )

    def test_generated_once(self):
        self.assertEqual(len(self._generate()), 1)
        self.assertFalse(self._generate())

    def test_paid_meanwhile(self):
        precheck = self._generate()
        self._pay(self.invoice, date="2026-11-10")
        self._generate()
        self.assertEqual(precheck.state, "dropped")

    def test_none_without_a_threshold(self):
        self.company.collection_precheck_amount = 0
        self.assertFalse(self._generate())

    def test_in_order(self):
        precheck = self._precheck()
        precheck.write({"received": True, "conforms": True})
        with self.assertRaisesRegex(UserError, "Delivery Accepted, Approved"):
            precheck.action_confirm()
        precheck.write(ALL_IN_ORDER)
        precheck.action_confirm()
        self.assertEqual(
            (precheck.state, precheck.user_id), ("ok", self.collector_user)
        )
        self.assertEqual(precheck.date_checked, date(2026, 11, 10))
        self.assertFalse(precheck.promise_id)
        with self.assertRaisesRegex(UserError, "already"):
            precheck.action_confirm()

    def test_planned_payment_is_a_promise(self):
        precheck = self._precheck()
        precheck.write(
            dict(
                ALL_IN_ORDER,
                date_planned="2026-11-20",
                payment_means="transfer",
                person="Mme Roux",
            )
        )
        precheck.action_confirm()
        promise = precheck.promise_id
        self.assertEqual(
            (promise.amount, promise.date_promised, promise.person),
            (5000.0, date(2026, 11, 20), "Mme Roux"),
        )
        self._pay(self.invoice, date="2026-11-20")
        self.assertEqual(promise.state, "kept")

    def test_anomaly_is_a_dispute(self):
        precheck = self._precheck()
        action = precheck.action_anomaly()
        form = Form(
            self.env["collection.dispute"]
            .with_user(self.collector_user)
            .with_context(**action["context"])
        )
        form.reason_id = self._dispute_reason("missing_order")
        dispute = form.save()
        self.assertEqual(precheck.state, "anomaly")
        self.assertEqual(precheck.dispute_id, dispute)
        self.assertEqual(self.account.item_ids.amount_disputed, 5000.0)

    def test_copy_of_the_invoice(self):
        precheck = self._precheck()
        action = precheck.action_send_duplicate()
        self.assertEqual(action["res_model"], "mail.compose.message")
        attachment = self.env["ir.attachment"].browse(
            action["context"]["default_attachment_ids"]
        )
        self.assertEqual(attachment.mimetype, "application/pdf")
        self.assertTrue(precheck.duplicate_sent)
        self.assertEqual(precheck.state, "to_check")

    def test_right_first_time(self):
        self._invoice(self.other_customer, 2000.0, "2026-11-20")
        prechecks = self._generate().with_user(self.collector_user)
        prechecks.write(ALL_IN_ORDER)
        prechecks[0].action_confirm()
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": prechecks[1].account_id.id,
                "item_ids": [(6, 0, prechecks[1].item_id.ids)],
                "reason_id": self._dispute_reason("price").id,
                "precheck_id": prechecks[1].id,
            }
        )
        self.assertTrue(dispute)
        rate = self.env["collection.precheck"]._get_right_first_time_rate(
            self.company, date(2026, 11, 1), date(2026, 11, 30)
        )
        self.assertEqual(rate, 50.0)
        self.assertIsNone(
            self.env["collection.precheck"]._get_right_first_time_rate(
                self.company, date(2025, 1, 1), date(2025, 1, 31)
            )
        )

    def test_access(self):
        precheck = self._generate()
        for user in (
            self.plain_internal_user,
            self.plain_portal_user,
            self.agent_user,
            self.on_site_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                precheck.with_user(user).read(["state"])
