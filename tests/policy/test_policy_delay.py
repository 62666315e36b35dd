from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestPolicyDelay(CollectionCommon):
    """A number of days has no sign: a level is reached before a day, or after it."""

    def test_in_words(self):
        policy = self._policy(
            "Words",
            [
                ("due", -9),
                ("due", -1),
                ("due", 0),
                ("due", 1),
                ("due", 14),
                ("eom", 0),
                ("eom", 10),
                ("previous", 1),
                ("previous", 12),
            ],
        )
        self.assertEqual(
            policy.level_ids.mapped("delay_text"),
            [
                "9 days before the due date",
                "the day before the due date",
                "on the due date",
                "the day after the due date",
                "14 days after the due date",
                "end of the month of the due date",
                "end of the month of the due date + 10 d",
                "the day after the previous level",
                "12 days after the previous level",
            ],
        )

    def test_in_the_form(self):
        level = self._policy("Form", [("due", 4)]).level_ids
        view = "account_collection.collection_policy_level_view_form"
        with Form(level, view) as form:
            self.assertEqual((form.delay_count, form.delay_when), (4, "due"))
            form.delay_count = 6
            form.delay_when = "before"
        self.assertEqual((level.delay_basis, level.delay_days), ("due", -6))
        with Form(level, view) as form:
            self.assertEqual((form.delay_count, form.delay_when), (6, "before"))
            form.delay_count = 3
        self.assertEqual(level.delay_days, -3)
        with Form(level, view) as form:
            form.delay_when = "due"
        self.assertEqual((level.delay_basis, level.delay_days), ("due", 3))
        with self.assertRaises(ValidationError), Form(level, view) as form:
            form.delay_when = "previous"

    def test_a_new_level(self):
        policy = self._policy("New", [("due", 4)])
        level = {"name": "Before", "subject": "Soon due", "sequence": 5}
        policy.level_ids = [
            Command.create({**level, "delay_count": 8, "delay_when": "before"})
        ]
        new = policy.level_ids.sorted("sequence")[0]
        self.assertEqual((new.delay_basis, new.delay_days), ("due", -8))
        self.assertTrue(new._is_before_due())
