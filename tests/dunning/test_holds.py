from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestHolds(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item("N1", cls.customer, 1000.0, "2026-03-01")
        cls.second = cls._item("N2", cls.customer, 500.0, "2026-03-02")
        cls.account = cls.item.account_id

    def _hold(self, action, until="2026-04-10", reason="Credit note", user=None):
        wizard = (
            self.env[action["res_model"]]
            .with_user(user or self.collector_user)
            .with_context(**action["context"])
            .create({"date_until": until, "reason": reason})
        )
        return wizard

    def test_item(self):
        self._hold(self.item.action_hold()).action_hold()
        run = self._run("2026-03-31")
        self.assertAccountedFor(run)
        self.assertEqual(self._reasons(run), {"N1": "on_hold"})
        self.assertEqual(
            run.exclusion_ids.explanation, "On hold until 04/10/2026: Credit note"
        )
        # the last day included, then by itself
        self.assertEqual(self._reasons(self._run("2026-04-10")), {"N1": "on_hold"})
        self.assertFalse(self._reasons(self._run("2026-04-11")))
        self.assertIn("Credit note", self.account.message_ids[0].body)

    def test_invoice_of_several_due_dates(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50.0, "nb_days": days}
                    )
                    for days in (0, 15)
                ],
            }
        )
        invoice = self._invoice(
            self.other_customer,
            200.0,
            "2026-03-20",
            date="2026-03-01",
            invoice_payment_term_id=terms.id,
        )
        self.assertEqual(len(invoice.collection_item_ids), 2)
        self._hold(invoice.action_collection_hold()).action_hold()
        run = self._run("2026-03-31")
        held = run.exclusion_ids.filtered(lambda e: e.reason == "on_hold")
        self.assertEqual(held.item_id, invoice.collection_item_ids)
        self.assertEqual(str(invoice.collection_hold_until), "2026-04-10")

    def test_account_and_release(self):
        self._item("V1", self.other_customer, 4.0, "2026-03-01")
        accounts = self.account | self.account_of(self.other_customer)
        wizard = self._hold(accounts.action_hold()).with_context(tracking_disable=False)
        wizard.action_hold()
        self.assertEqual(
            self._reasons(self._run("2026-03-31")),
            {"N1": "on_hold", "N2": "on_hold", "V1": "on_hold"},
        )
        self.assertEqual(wizard.held_count, 2)
        wizard.action_release()
        self.assertFalse(self.account.hold_until)
        self.assertEqual(
            self._reasons(self._run("2026-03-31")), {"V1": "below_minimum"}
        )

    def test_the_longer_hold_is_told(self):
        self.account.write({"hold_until": "2026-04-02", "hold_reason": "Talks"})
        self._hold(self.item.action_hold()).action_hold()
        run = self._run("2026-03-31")
        self.assertEqual(
            {e.item_id: e.explanation for e in run.exclusion_ids},
            {
                self.item: "On hold until 04/10/2026: Credit note",
                self.second: "On hold until 04/02/2026: Talks",
            },
        )

    def test_waiting_letter_does_not_leave(self):
        run = self._run("2026-03-31")
        run.action_confirm()
        self._hold(self.item.action_hold()).action_hold()
        letter = run.letter_ids
        letter._recompute_before_sending()
        self.assertEqual(letter.line_ids.item_id, self.second)

    def test_what_is_asked_for(self):
        with self.assertRaises(UserError):
            self._hold(self.item.action_hold(), reason=False).action_hold()
        with self.assertRaises(ValidationError):
            self._hold(self.item.action_hold(), until="2026-03-30")

    def test_who_may(self):
        for user in (self.accountant_user, self.on_site_user, self.agent_user):
            with self.assertRaises(AccessError):
                self._hold(
                    {
                        "res_model": "collection.hold",
                        "context": {"default_item_ids": self.item.ids},
                    },
                    user=user,
                )
        # no way round the wizard
        with self.assertRaises(AccessError):
            self.item.with_user(self.collector_user).hold_until = "2026-04-10"
