# pylint: disable=translation-required  # what a test says, nobody reads
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon

TODO = "mail.mail_activity_data_todo"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestAsked(CollectionCommon):
    """Whoever is asked to act can read what is asked, and there is such a one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        for customer in (cls.customer, cls.other_customer):
            cls._invoice(customer, 90.0, "2026-02-15")
        cls.accounts = cls.account_of(cls.customer) | cls.account_of(cls.other_customer)

    def test_each_record_in_the_language_of_whoever_is_asked(self):
        self.collector_user.lang = "fr_FR"
        english = self.accounts.with_context(lang="en_US")
        activities = english._activity_schedule_for(
            self.collector_user,
            TODO,
            lambda asked: f"{len(asked)} {asked.env.lang}",
            date_deadline="2026-04-10",
        )
        self.assertEqual(activities.mapped("res_id"), self.accounts.ids)
        self.assertEqual(set(activities.mapped("summary")), {"2 fr_FR"})
        self.assertEqual(activities.user_id, self.collector_user)
        days = {str(activity.date_deadline) for activity in activities}
        self.assertEqual(days, {"2026-04-10"})
        self.assertEqual(activities.activity_type_id, self.env.ref(TODO))
        self.assertEqual(english.env.lang, "en_US")

    def test_more_than_a_summary(self):
        activity = self.accounts[0]._activity_schedule_for(
            self.collector_user,
            TODO,
            lambda asked: {"summary": "What", "note": "<p>And why</p>"},
        )
        self.assertEqual(activity.summary, "What")
        self.assertEqual(activity.note, "<p>And why</p>")

    def test_nobody(self):
        before = self.accounts.activity_ids
        activities = self.accounts._activity_schedule_for(
            self.env["res.users"], TODO, lambda asked: self.fail("nobody listens")
        )
        self.assertFalse(activities)
        self.assertEqual(self.accounts.activity_ids, before)

    def test_who_is_asked(self):
        company = self.company
        first_manager = company._get_collection_managers()[:1]
        left = self._user("collection_left", "group_collection_user")
        left.sudo().active = False
        for candidates, expected in (
            ([left, self.collector_user], self.collector_user),
            ([self.agent_user, self.collector_user], self.collector_user),
            ([left], first_manager),
            ([], first_manager),
        ):
            with self.subTest(candidates=candidates):
                self.assertEqual(
                    company._get_collection_addressee(*candidates), expected
                )
                self.assertEqual(company._get_collection_user(*candidates), expected)

    def test_a_company_without_managers(self):
        self.patch(
            self.env.registry["res.company"],
            "_get_collection_managers",
            lambda company: company.env["res.users"],
        )
        company = self.company.with_user(self.collector_user)
        left = self._user("collection_left", "group_collection_user")
        left.sudo().active = False
        self.assertFalse(company._get_collection_user(left))
        self.assertEqual(company._get_collection_addressee(left), self.collector_user)
        self.assertEqual(
            self.company._get_collection_user(self.collector_user), self.collector_user
        )
