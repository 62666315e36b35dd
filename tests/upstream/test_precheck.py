from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..common import CollectionCommon

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

    def test_no_question_about_what_is_known(self):
        """Promised, contested or insolvent: nobody asks whether it will be paid."""
        item = self.invoice.collection_item_ids
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [(6, 0, item.ids)],
                "reason_id": self._dispute_reason("price").id,
            }
        )
        self.assertFalse(self._generate())
        dispute._decide("cancelled")
        promise = self.env["collection.promise"].create(
            {
                "account_id": self.account.id,
                "item_ids": [(6, 0, item.ids)],
                "amount": 5000.0,
                "date_promised": "2026-11-20",
            }
        )
        self.assertFalse(self._generate())
        promise.withdrawal_reason = "Mistake"
        promise.action_confirm_withdrawal()
        self.account.insolvency_date = "2026-11-01"
        self.assertFalse(self._generate())
        self.account.insolvency_date = False
        self.assertEqual(len(self._generate()), 1)

    def test_ranked(self):
        self._generate()
        accounts = self.env["collection.account"]
        accounts._rank(self.account)
        self.assertEqual(self.account.priority, 10)
        self.assertIn("to check", self.account.priority_reason)
        self.assertTrue(self.account.priority_facts["call"])
        precheck = self.env["collection.precheck"].search(
            [("account_id", "=", self.account.id)]
        )
        precheck.write(ALL_IN_ORDER)
        precheck.action_confirm()
        self.assertFalse(self.account.priority_date, "to be ranked again")
        accounts._rank(self.account)
        self.assertEqual(self.account.priority, 0)

    def test_means_learnt(self):
        precheck = self._precheck()
        precheck.write(dict(ALL_IN_ORDER, payment_means="cheque"))
        precheck.action_confirm()
        self.assertEqual(self.account.payment_means, "cheque")
        self._invoice(self.customer, 2000.0, "2026-11-21")
        precheck = self._precheck()
        precheck.write(dict(ALL_IN_ORDER, payment_means="transfer"))
        precheck.action_confirm()
        self.assertEqual(self.account.payment_means, "cheque", "one transfer is none")

    def test_new_contact(self):
        precheck = self._precheck()
        with self.assertRaisesRegex(UserError, "how to reach"):
            precheck.action_add_contact()
        precheck.write({"contact_name": "Zoé Roux", "contact_phone": "+33 1 23 45 67"})
        precheck.action_add_contact()
        contact = self.customer.child_ids
        self.assertEqual((contact.name, contact.phone), ("Zoé Roux", "+33 1 23 45 67"))
        with self.assertRaisesRegex(UserError, "added already"):
            precheck.action_add_contact()

    def test_letter(self):
        second = self._invoice(self.customer, 2000.0, "2026-11-18")
        self._invoice(self.customer, 3000.0, "2026-11-01")
        self._invoice(self.other_customer, 2000.0, "2026-11-18")
        prechecks = self._precheck()
        action = prechecks.action_write_letter()
        letters = self.env["collection.letter"].search(action["domain"])
        self.assertEqual(letters.mapped("kind_id.code"), ["pre_reminder"])
        letter = letters.filtered(lambda letter: letter.account_id == self.account)
        self.assertEqual(
            letter.line_ids.item_id,
            (self.invoice | second).collection_item_ids.sorted("date_due"),
        )
        self.assertEqual((letter.amount_due, letter.amount_interest), (7000.0, 0.0))
        # without a control: what falls due, not what is late
        usual = self.account._write_letter("pre_reminder")
        self.assertEqual(usual.line_ids.item_id, letter.line_ids.item_id)

    def test_184_of_200(self):
        """184 of 200 invoices checked are right first time: 92.0 %."""
        prechecks = self.env["collection.precheck"].create(
            [{"item_id": item.id} for item in self._many_items(200)]
        )
        prechecks[:184]._close("ok")
        prechecks[184:]._close("anomaly")
        rate = self.env["collection.precheck"]._get_right_first_time_rate(
            self.company, date(2026, 11, 10), date(2026, 11, 10)
        )
        self.assertAlmostEqual(rate, 92.0)
        [(average,)] = self.env["collection.precheck"]._read_group(
            [("id", "in", prechecks.ids), ("state", "in", ("ok", "anomaly"))],
            [],
            ["right_first_time:avg"],
        )
        self.assertAlmostEqual(average, 92.0)

    def _many_items(self, count):
        """Items of one entry with many due dates."""
        receivable = self.company_data["default_account_receivable"]
        move = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": "2026-11-01",
                "line_ids": [
                    *(
                        Command.create(
                            {
                                "account_id": receivable.id,
                                "partner_id": self.other_customer.id,
                                "debit": 1000.0,
                                "date_maturity": "2026-11-21",
                                "name": str(number),
                            }
                        )
                        for number in range(count)
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "credit": 1000.0 * count,
                        }
                    ),
                ],
            }
        )
        move.action_post()
        return self.env["collection.item"].search([("move_id", "=", move.id)])
