from odoo.exceptions import AccessError
from odoo.tests import Form, freeze_time, tagged

from .common import DunningCommon


def steps(*tones):
    """Levels a week apart with these tones; "notice" is a formal notice."""
    return [
        (
            "due" if position == 0 else "previous",
            7,
            {
                "tone": "formal" if tone == "notice" else tone,
                "formal_notice": tone == "notice",
            },
        )
        for position, tone in enumerate(tones)
    ]


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestDunningPolicyChange(DunningCommon):
    """A change of policy neither parks an item nor starts it again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.three = cls._policy("Three", steps("courteous", "firm", "notice"))
        cls.two = cls._policy("Two", steps("courteous", "notice"))
        cls.five = cls._policy(
            "Five", steps("service", "courteous", "courteous", "firm", "notice")
        )
        cls.company.collection_policy_id = cls.three
        cls.item = cls._item("N1", cls.customer, 1000.0, "2026-01-31")

    def _sent(self, policy, position, day="2026-03-20"):
        level = policy.level_ids[position - 1]
        self.item.write({"level_id": level.id, "level_date": day})

    def _next(self, policy):
        """Position of the level that comes next on `policy`; 0: none is left."""
        self.item.account_id.policy_id = policy
        run = self._run("2026-03-31")
        self.assertAccountedFor(run)
        level = self.item._get_next_levels()[self.item]
        if run.letter_ids:
            # the run and the form ask the same rule
            self.assertEqual(run.letter_ids.line_ids.level_id, level)
        else:
            self.assertFalse(level)
            self.assertEqual(self._reasons(run), {"N1": "exhausted"})
        return policy.level_ids.ids.index(level.id) + 1 if level else 0

    def test_to_the_shorter_ladder(self):
        self._sent(self.three, 1)
        self.assertEqual(self._next(self.two), 2)
        self._sent(self.three, 2)
        # firm is more than courteous, and no notice was sent: the notice is next
        self.assertEqual(self._next(self.two), 2)
        self._sent(self.three, 3)
        self.assertEqual(self._next(self.two), 0)

    def test_to_the_longer_ladder(self):
        self._sent(self.two, 1)
        # one courteous letter was sent, the second one is next
        self.assertEqual(self._next(self.five), 3)
        self._sent(self.two, 2)
        self.assertEqual(self._next(self.five), 0)
        self._sent(self.three, 2)
        self.assertEqual(self._next(self.five), 5)

    def test_and_back(self):
        self._sent(self.five, 1)
        self.assertEqual(self._next(self.three), 1)
        self._sent(self.five, 3)
        self.assertEqual(self._next(self.three), 2)
        self._sent(self.five, 4)
        self.assertEqual(self._next(self.three), 3)
        self.item.account_id.policy_id = False
        self._sent(self.three, 1)
        self.assertEqual(self._next(self.three), 2)

    def test_never_a_notice_that_was_not_sent(self):
        formal = self._policy("Formal", steps("courteous", "formal"))
        self._sent(formal, 2)
        # the formal letter was no formal notice
        self.assertEqual(self._next(self.three), 3)
        after = self._policy("After", steps("notice", "formal"))
        self.assertEqual(self._next(after), 1)

    def test_a_softer_letter_after_a_firm_one_is_firm(self):
        odd = self._policy("Odd", steps("firm", "courteous", "notice"))
        self._sent(self.three, 1)
        self.assertEqual(self._next(odd), 1)
        self._sent(odd, 2)
        self.assertEqual(self._next(self.three), 3)

    def test_delay_counts_from_the_letter_that_was_sent(self):
        self._sent(self.three, 1, day="2026-03-25")
        self.item.account_id.policy_id = self.five
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"N1": "not_yet"})
        self.assertEqual(str(run.exclusion_ids.reason_date), "2026-04-01")

    def test_every_way_of_changing(self):
        """Invoice, customer, segment and company changes are mapped alike."""
        segment = self.env["collection.segment"].create(
            {"name": "Shops", "code": "SHOP"}
        )
        account = self.item.account_id
        account.segment_id = segment
        expected = {self.two: 2, self.five: 3}
        for policy, position in expected.items():
            for record, field in (
                (self.company, "collection_policy_id"),
                (segment, "policy_id"),
                (account, "policy_id"),
                (self.item, "policy_id"),
            ):
                self._sent(self.three, 1)
                before = record[field]
                record[field] = policy
                run = self._run("2026-03-31")
                self.assertEqual(self._levels(run), {"N1": position}, record)
                record[field] = before

    def test_invoice_policy_by_the_manager_only(self):
        invoice = self.item.move_id
        self.manager_user.group_ids |= self.env.ref("account.group_account_invoice")
        invoice.with_user(self.manager_user).collection_policy_id = self.two
        self.assertEqual(self.item.policy_id, self.two)
        self._sent(self.three, 1)
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 2})
        with self.assertRaises(AccessError):
            invoice.with_user(self.accountant_user).collection_policy_id = self.five
        invoice.with_user(self.manager_user).collection_policy_id = False
        self.assertFalse(self.item.policy_id)

    def test_the_form_says_where_items_continue(self):
        self._sent(self.three, 1)
        account = self.item.account_id.with_user(self.manager_user)
        with Form(account) as form:
            self.assertFalse(form.policy_note)
            form.policy_id = self.five
            self.assertEqual(
                form.policy_note,
                "Open items at “Three L1” (Three): 1. They continue at “Five L3”",
            )
            form.policy_id = self.two
            self.assertIn("continue at “Two L2”", form.policy_note)
            self._sent(self.three, 3)
            form.policy_id = self.five
            self.assertIn("No level is left", form.policy_note)

    def test_days_between_two_letters(self):
        self.three.interval_days = 10
        self._sent(self.three, 1, day="2026-03-22")
        run = self._run("2026-03-31")
        self.assertEqual(self._reasons(run), {"N1": "not_yet"})
        self.assertEqual(str(run.exclusion_ids.reason_date), "2026-04-01")
        self.assertEqual(
            run.exclusion_ids.explanation,
            "Next level “Three L2” not before 04/01/2026",
        )
        self._sent(self.three, 1, day="2026-03-21")
        self.assertEqual(self._levels(self._run("2026-03-31")), {"N1": 2})
