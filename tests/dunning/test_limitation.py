from datetime import date

from odoo import Command, fields
from odoo.tests import BaseCase, freeze_time, tagged

from odoo.addons.account_collection.tools.limitation import limitation_date

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestLimitationTool(BaseCase):
    def test_between_businesses(self):
        self.assertEqual(limitation_date(date(2021, 11, 22), 5), date(2026, 11, 22))

    def test_partial_payment_begins_the_term_anew(self):
        self.assertEqual(
            limitation_date(date(2021, 11, 22), 5, interruptions=[date(2023, 3, 1)]),
            date(2028, 3, 1),
        )

    def test_consumer(self):
        self.assertEqual(limitation_date(date(2024, 11, 22), 2), date(2026, 11, 22))

    def test_payment_after_the_end_revives_nothing(self):
        self.assertEqual(
            limitation_date(date(2024, 11, 22), 2, interruptions=[date(2026, 11, 23)]),
            date(2026, 11, 22),
        )
        self.assertEqual(
            limitation_date(
                date(2020, 1, 1),
                2,
                interruptions=[date(2024, 1, 1), date(2021, 6, 1)],
            ),
            date(2023, 6, 1),
        )

    def test_payment_on_the_last_day_counts(self):
        self.assertEqual(
            limitation_date(date(2024, 11, 22), 2, interruptions=[date(2026, 11, 22)]),
            date(2028, 11, 22),
        )

    def test_public_body(self):
        """Four years from 1 January of the year after."""
        self.assertEqual(
            limitation_date(date(2021, 6, 15), 4, from_year_end=True),
            date(2025, 12, 31),
        )
        self.assertEqual(
            limitation_date(
                date(2021, 6, 15),
                4,
                from_year_end=True,
                interruptions=[date(2023, 2, 1)],
            ),
            date(2027, 12, 31),
        )

    def test_leap_day(self):
        self.assertEqual(limitation_date(date(2024, 2, 29), 5), date(2029, 2, 28))


@tagged("post_install", "-at_install")
@freeze_time("2026-11-23")
class TestLimitation(DunningCommon):
    """The rule on items is the tool's, and bars letters and hand-overs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item(
            "old", cls.customer, 1000.0, "2021-12-22", date="2021-11-22"
        )

    def _found(self, *domain):
        return self.env["collection.item"].search(
            [("company_id", "=", self.company.id), *domain]
        )

    def _assert_limit(self, item, day):
        item.invalidate_recordset(["date_limitation"])
        self.assertEqual(item.date_limitation, fields.Date.to_date(day) or False)
        if day:
            self.assertIn(item, self._found(("date_limitation", "<=", day)))
            self.assertNotIn(item, self._found(("date_limitation", "<", day)))
            self.assertIn(item, self._found(("date_limitation", ">=", day)))
            self.assertNotIn(item, self._found(("date_limitation", ">", day)))

    def test_businesses(self):
        self._assert_limit(self.item, "2026-11-22")

    def test_partial_payment(self):
        self._pay(self.item.move_id, 10.0, "2023-03-01")
        self._assert_limit(self.item, "2028-03-01")

    def test_payment_too_late(self):
        self._pay(self.item.move_id, 10.0, "2026-11-23")
        self._assert_limit(self.item, "2026-11-22")

    def test_chain_of_payments(self):
        self._pay(self.item.move_id, 10.0, "2023-03-01")
        self._pay(self.item.move_id, 10.0, "2025-05-05")
        self._assert_limit(self.item, "2030-05-05")

    def test_credit_note_interrupts_nothing(self):
        self._reconcile(
            self.item.move_id, self._credit_note(self.customer, 100.0, "2023-03-01")
        )
        self.assertEqual(self.item.amount_residual, 900.0)
        self._assert_limit(self.item, "2026-11-22")

    def test_formal_notice_interrupts_nothing(self):
        self.level_3.formal_notice = True
        self.item.write({"level_id": self.level_3.id, "level_date": "2023-03-01"})
        self._assert_limit(self.item, "2026-11-22")

    def test_acknowledgement(self):
        self.item.with_user(self.manager_user).acknowledged_date = "2026-01-15"
        self._assert_limit(self.item, "2031-01-15")

    def test_consumer_and_public(self):
        person = self._customer("Person", is_company=False)
        item = self._item("p", person, 100.0, "2024-12-22", date="2024-11-22")
        self._assert_limit(item, "2026-11-22")
        account = self.account_of(person)
        account.segment_id = self.env["collection.segment"].create(
            {"name": "Town halls", "code": "TH", "debtor_type": "public"}
        )
        self._assert_limit(item, "2028-12-31")

    def _remind(self, day):
        with freeze_time(day):
            run = self._run(day)
            self._send(run)
            return run.letter_ids

    def test_written_demand_to_a_public_body(self):
        """Law 68-1250, article 2: a reminder interrupts; of others it does not."""
        item = self._item("t", self.customer, 100.0, "2021-06-05", date="2021-05-05")
        self._remind("2024-03-01")
        self._assert_limit(item, "2026-05-05")
        self.account_of(self.customer).segment_id = self.env[
            "collection.segment"
        ].create({"name": "Town halls", "code": "TH", "debtor_type": "public"})
        self._assert_limit(item, "2028-12-31")

    def test_demand_that_was_never_made(self):
        """What was not sent, or left after the term, interrupts nothing."""
        self.account_of(self.customer).segment_id = self.env[
            "collection.segment"
        ].create({"name": "Town halls", "code": "TH", "debtor_type": "public"})
        item = self._item("t", self.customer, 100.0, "2021-06-05", date="2021-05-05")
        with freeze_time("2024-03-01"):
            self._run("2024-03-01").action_confirm()
        self._assert_limit(item, "2025-12-31")
        letter = item.letter_line_ids.letter_id
        letter._cancel("Not wanted")
        self._remind("2025-12-31")
        self._assert_limit(item, "2029-12-31")
        sent = item.letter_line_ids.letter_id.filtered(
            lambda letter: letter.state == "sent"
        )
        sent.sudo().date = "2026-01-01"
        self._assert_limit(item, "2025-12-31")

    def test_closed_items_have_none(self):
        self._pay(self.item.move_id, date="2022-01-01")
        self._assert_limit(self.item, False)

    def test_the_run_leaves_out_what_is_barred(self):
        young = self._item(
            "young", self.customer, 50.0, "2021-12-23", date="2021-11-23"
        )
        run = self._run("2026-11-23")
        self.assertAccountedFor(run)
        self.assertEqual(self._reasons(run), {"old": "time_barred"})
        self.assertEqual(run.letter_ids.line_ids.item_id, young)
        self.assertIn("11/22/2026", run.exclusion_ids.explanation)

    def test_no_regime_no_limitation(self):
        self.env.ref("account_collection.regime_private").limitation_years = 0
        self._assert_limit(self.item, False)
        self.assertFalse(self._run("2026-11-23").exclusion_ids)

    def test_warning_on_the_account(self):
        account = self.item.account_id.with_user(self.collector_user)
        self.assertEqual(account.limitation_state, "barred")
        with freeze_time("2026-06-01"):
            account.invalidate_recordset()
            self.assertEqual(account.limitation_state, "soon")
        with freeze_time("2026-05-01"):
            account.invalidate_recordset()
            self.assertFalse(account.limitation_state)

    def test_hand_over(self):
        """A customer all of whose claims are barred stays; single ones stay out."""
        young = self._item("young", self.other_customer, 50.0, "2026-10-01")
        barred = self._item(
            "barred", self.other_customer, 70.0, "2021-10-31", date="2021-09-30"
        )
        accounts = self.item.account_id | young.account_id
        accounts.segment_id = self.env.ref("account_collection.segment_sme")
        wizard = (
            self.env["collection.handover"]
            .with_user(self.manager_user)
            .create(
                {
                    "mandate_id": self.mandate.id,
                    "method": "manual",
                    "account_ids": [Command.set(accounts.ids)],
                }
            )
        )
        wizard.action_preview()
        reasons = {line.account_id: line.reason for line in wizard.line_ids}
        self.assertEqual(
            reasons,
            {self.item.account_id: "time_barred", young.account_id: "chosen"},
        )
        wizard.action_confirm()
        self.assertTrue(young.delegated)
        self.assertFalse(barred.delegated)
        self.assertFalse(self.item.delegated)
