from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import LetterKindCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22 09:00:00")
class TestLetterConfirm(LetterKindCommon):
    """What one letter lacks stops that letter; what the company lacks, all of them."""

    def _run_with_a_silent_provider(self):
        """A run with a customer whose provider has not presented itself yet.

        :return: (run, letter to that customer, letter to another, first letter of
            the provider)
        """
        self._invoice(self.debtor, 8000, "2026-05-31")
        account = self.account_of(self.debtor)
        self._work_on_behalf()
        self._hand_over(account)
        # one invoice stays with the company
        invoice = self._invoice(self.debtor, 77, "2026-10-01")
        invoice.collection_item_ids._recall("Ours")
        self._invoice(self._debtor("Innocent"), 500, "2026-10-01")
        run = self._run(self.today)
        stuck = run.letter_ids.filtered(lambda x: x.account_id == account)
        self.assertEqual(stuck.amount_due, 77)
        other = run.letter_ids - stuck
        self.assertEqual(len(other), 1)
        notice = account.letter_ids.filtered(lambda x: x.kind_id.by_provider)
        self.assertEqual(notice.state, "draft")
        return run, stuck, other, notice

    def test_one_customer_stops_nobody_else(self):
        run, stuck, other, notice = self._run_with_a_silent_provider()
        action = run.with_user(self.manager_user).action_confirm()
        self.assertEqual(run.state, "to_send")
        self.assertEqual(other.state, "to_send")
        self.assertTrue(other.number)
        self.assertEqual(stuck.state, "error")
        self.assertFalse(stuck.number)
        self.assertIn("first letter of the provider", stuck.state_reason)
        self.assertIn("Menuiseries Kerouac", stuck.state_reason)
        self.assertIn("1 letters were confirmed, 1 are", action["params"]["message"])
        # put right, it is tried again
        with self.assertRaisesRegex(UserError, "first letter of the provider"):
            stuck.with_user(self.manager_user).action_send()
        notice.with_user(self.manager_user).action_send()
        self.assertEqual(notice.state, "sent", notice.state_reason)
        stuck.with_user(self.manager_user).action_send()
        self.assertEqual(stuck.state, "sent", stuck.state_reason)
        self.assertEqual(stuck.mandate_notice_id, notice)

    def test_nothing_to_tell(self):
        self._invoice(self.debtor, 500, "2026-10-01")
        self.assertFalse(self._run(self.today).action_confirm())

    def test_sent_as_far_as_possible(self):
        run, stuck, other, _notice = self._run_with_a_silent_provider()
        action = run.with_user(self.manager_user).action_send()
        self.assertEqual(other.state, "sent", other.state_reason)
        self.assertEqual(stuck.state, "error")
        self.assertIn("1 sent", action["params"]["message"])
        self.assertIn("1 in error", action["params"]["message"])

    def test_chosen_letters_are_sent_as_far_as_possible(self):
        """A letter that cannot be confirmed does not keep those that were."""
        _run, stuck, other, _notice = self._run_with_a_silent_provider()
        other.with_user(self.manager_user).action_confirm()
        (stuck | other).with_user(self.manager_user).action_send()
        self.assertEqual(other.state, "sent", other.state_reason)
        self.assertEqual(stuck.state, "error")

    def test_alone_it_is_said_at_once(self):
        run, stuck, other, _notice = self._run_with_a_silent_provider()
        with self.assertRaisesRegex(UserError, "first letter of the provider"):
            stuck.with_user(self.manager_user).action_confirm()
        other.action_cancel()
        with self.assertRaisesRegex(UserError, "first letter of the provider"):
            run.with_user(self.manager_user).action_confirm()
        self.assertEqual((stuck.state, run.state), ("draft", "computed"))

    def test_the_company_stops_all(self):
        """And everything that is missing is named at once."""
        run, stuck, other, _notice = self._run_with_a_silent_provider()
        self.company.company_registry = False
        with self.assertRaises(UserError) as caught:
            run.with_user(self.manager_user).action_confirm()
        for part in ("SIREN", "first letter of the provider"):
            self.assertIn(part, str(caught.exception))
        self.assertEqual((stuck.state, other.state), ("draft", "draft"))
        self.assertFalse(other.number)

    def test_daily_run(self):
        self.env["res.company"].search([]).collection_auto_run = "off"
        self.company.collection_auto_run = "send"
        self.ladder._ordered_levels().filtered(
            lambda level: not level.formal_notice
        ).auto_send = True
        self._run_with_a_silent_provider()
        Run = self.env["collection.dunning.run"].with_company(self.company).sudo()
        run = Run._run_daily(self.company, self.today)
        stuck = run.letter_ids.filtered(lambda x: x.customer_id == self.debtor)
        self.assertEqual(stuck.state, "error")
        other = run.letter_ids - stuck
        self.assertEqual((other.state, other.delivery_state), ("to_send", "queued"))
        self.assertIn("1 letters are in error", run.activity_ids[0].note)
        self.assertIn("0 letters wait", run.activity_ids[0].note)
        # the next computation takes it up again
        later = self._run(self.today)
        self.assertEqual(stuck.state, "cancelled")
        self.assertEqual(later.letter_ids.customer_id, self.debtor)

    def test_missing_facts_of_one_letter(self):
        complete = self._written("statement", confirm=False)
        other = self._written("receipt", confirm=False)
        action = (complete | other).with_user(self.manager_user).action_confirm()
        self.assertEqual((complete.state, other.state), ("to_send", "error"))
        self.assertIn("Amount Concerned", other.state_reason)
        self.assertEqual(action["tag"], "display_notification")

    def test_many_are_not_all_named(self):
        letters = self.env["collection.letter"]
        for number in range(12):
            partner = self._debtor(f"Client {number}")
            self._invoice(partner, 500, "2026-10-01")
            letters |= self._written("receipt", partner=partner, confirm=False)
        with self.assertRaises(UserError) as caught:
            letters.action_confirm()
        message = str(caught.exception)
        self.assertEqual(message.count("Write a Letter"), 10)
        self.assertIn("2 others", message)

    def test_only_managers_confirm(self):
        """A collector gives no number, of a reminder no more than of its run."""
        self._invoice(self.debtor, 1000, "2026-10-01")
        self._invoice(self._debtor("Second"), 500, "2026-10-01")
        account = self.account_of(self.debtor)
        notice = self._letter(self.debtor, self.formal_notice, confirm=False)
        reminder = notice.run_id.letter_ids - notice
        plan = self._written(
            "payment_plan",
            confirm=False,
            fact_amount=1000,
            payment_means="transfer",
            details=[("2026-12-31", 1000)],
        )
        self.assertTrue(plan.kind_id.by_manager)
        for letter in (reminder, notice, plan):
            with self.subTest(letter=letter._get_title()):
                for user in (self.collector_user, self.agent_user, self.on_site_user):
                    with self.assertRaises(AccessError):
                        letter.with_user(user).action_confirm()
                self.assertEqual((letter.state, letter.number), ("draft", False))
        plan.with_user(self.manager_user).action_confirm()
        self.assertTrue(plan.number)
        # what is left to collectors they still write by hand
        wizard = (
            self.env["collection.letter.compose"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": account.id,
                    "kind_id": self.env.ref(
                        "account_collection.letter_kind_statement"
                    ).id,
                }
            )
        )
        self.assertFalse(wizard.by_manager)
        statement = self.env["collection.letter"].browse(wizard.action_send()["res_id"])
        self.assertEqual(statement.state, "sent", statement.state_reason)
