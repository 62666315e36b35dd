from odoo import Command
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from .common import HandoverCommon

FIGURES = [
    "amount_open",
    "amount_overdue",
    "amount_disputed",
    "oldest_due_date",
    "days_overdue",
    "amount_not_due",
    "amount_1_30",
    "amount_31_60",
    "amount_61_90",
    "amount_91_plus",
]


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestProviderFigures(HandoverCommon):
    """A provider's people read figures of the items that are with them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.old = cls._invoice(cls.customer, 700.0, "2026-01-10").collection_item_ids
        cls.late = cls._invoice(cls.customer, 110.0, "2026-03-20").collection_item_ids
        cls.coming = cls._invoice(cls.customer, 40.0, "2026-04-20").collection_item_ids
        cls._invoice(cls.other_customer, 300.0, "2026-03-10")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.env["collection.dispute"].create(
            {
                "account_id": cls.account.id,
                "item_ids": [Command.set(cls.old.ids)],
                "amount": 50.0,
                "reason_id": cls._dispute_reason("price").id,
            }
        )
        cls._hand_over(cls.account | cls.other_account)
        cls.old.with_user(cls.manager_user)._recall("Sales asked")
        cls.outsiders = cls.agent_user | cls.supervisor_user | cls.on_site_user

    def _rpc(self, user, method, *args, **kwargs):
        return call_kw(
            self.env(user=user)["collection.account"], method, list(args), kwargs
        )

    def test_read(self):
        theirs = {
            "amount_open": 150.0,
            "amount_overdue": 110.0,
            "amount_disputed": 0.0,
            "oldest_due_date": "2026-03-20",
            "days_overdue": 11,
            "amount_not_due": 40.0,
            "amount_1_30": 110.0,
            "amount_31_60": 0.0,
            "amount_61_90": 0.0,
            "amount_91_plus": 0.0,
        }
        ours = {
            "amount_open": 850.0,
            "amount_overdue": 810.0,
            "amount_disputed": 50.0,
            "days_overdue": 80,
            "amount_61_90": 700.0,
        }
        for user in self.outsiders:
            # the company's figures are in the cache of the transaction, and the other
            # way round
            self.assertEqual(self.account.amount_open, 850.0)
            [row] = self._rpc(user, "read", self.account.ids, FIGURES)
            for name, value in theirs.items():
                with self.subTest(user=user.login, name=name):
                    self.assertEqual(str(row[name]), str(value))
            account = self.account.with_user(user)
            self.assertEqual(account.amount_open, 150.0)
            self.assertEqual(account.sudo().amount_open, 850.0)
            for name, value in ours.items():
                self.assertEqual(self.account.with_user(self.manager_user)[name], value)
            self.env.invalidate_all()

    def test_search_sort_and_sums(self):
        for user in self.outsiders:
            with self.subTest(user=user.login):
                self.assertFalse(
                    self._rpc(user, "search", [("amount_open", ">", 700.0)])
                )
                self.assertFalse(self._rpc(user, "search", [("days_overdue", ">", 60)]))
                self.assertFalse(
                    self._rpc(user, "search", [("amount_disputed", ">", 0)])
                )
                self.assertEqual(
                    self._rpc(user, "search", [], order="amount_overdue desc"),
                    (self.other_account | self.account).ids,
                )
                [group] = self._rpc(
                    user,
                    "formatted_read_group",
                    [],
                    ["company_id"],
                    ["amount_open:sum", "amount_overdue:sum"],
                )
                self.assertEqual(group["amount_open:sum"], 450.0)
                self.assertEqual(group["amount_overdue:sum"], 410.0)
        self.assertEqual(
            self._rpc(
                self.manager_user,
                "search",
                [("id", "in", (self.account | self.other_account).ids)],
                order="amount_overdue desc",
            ),
            (self.account | self.other_account).ids,
        )

    def test_what_is_urgent(self):
        self.env["collection.account"]._rank()
        reason = self.account.with_user(self.agent_user).priority_reason
        self.assertIn("110", reason)
        self.assertNotIn("810", reason)
        self.assertNotIn("760", reason)

    def test_level_of_what_is_with_them(self):
        self.old.level_id = self.level_3
        self.late.level_id = self.level_1
        self.env["collection.account"]._refresh()
        self.assertEqual(self.account.level_id, self.level_3)
        for user in self.outsiders:
            with self.subTest(user=user.login):
                account = self.account.with_user(user)
                self.assertEqual(account.level_id.ids, self.level_1.ids)
                self.assertEqual(account.sudo().level_id, self.level_3)
                for level, found in (
                    (self.level_3, self.env["collection.account"]),
                    (self.level_1, self.account),
                ):
                    self.assertEqual(
                        self._rpc(user, "search", [("level_id", "=", level.id)]),
                        found.ids,
                    )
        values = self.account.with_user(self.agent_user)._get_portal_values()
        self.assertEqual(values["level"], self.level_1.name)
        [row] = [
            row
            for row in self.account.with_user(self.agent_user)._get_portal_rows()
            if row["id"] == self.account.id
        ]
        self.assertEqual(row["level"], self.level_1.name)

    def test_contested_share_of_what_is_with_them(self):
        self.env["collection.account"]._rank()
        self.assertNotIn("disputed", self.account.priority_facts)
        self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(self.late.ids)],
                "amount": 75.0,
                "reason_id": self._dispute_reason("price").id,
            }
        )
        self.env["collection.account"]._rank(self.account)
        # 75 of 150
        self.assertEqual(self.account.priority_facts["disputed"], 50)

    def test_promises_of_what_was_taken_back(self):
        def promise(items, amount):
            # also about what is with the provider no more
            promises = self._as_who_works("collection.promise", self.coming)
            return promises.create(
                {
                    "account_id": self.account.id,
                    "amount": amount,
                    "date_promised": "2026-04-02",
                    "item_ids": [Command.set(items.ids)],
                }
            ).with_env(self.env)

        theirs = promise(self.coming, 40.0)
        gone = promise(self.old, 700.0)
        mixed = promise(self.late | self.old, 810.0)
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set((self.late | self.old).ids)],
                "instalment_count": 2,
            }
        )
        plan.action_split()
        for user in self.outsiders:
            promises = self.env["collection.promise"].with_user(user)
            with self.subTest(user=user.login):
                self.assertEqual(
                    promises.search([("account_id", "=", self.account.id)]).ids,
                    theirs.ids,
                )
                self.assertFalse(
                    (gone | mixed).with_user(user)._filtered_access("read")
                )
                self.assertFalse(plan.with_user(user).has_access("read"))
                self.assertFalse(
                    plan.instalment_ids.with_user(user)._filtered_access("read")
                )
        values = self.account.with_user(self.agent_user)._get_portal_values()
        self.assertEqual([row["amount"] for row in values["promises"]], [40.0])

    def test_as_before_where_all_is_with_them(self):
        account = self.other_account.with_user(self.agent_user)
        self.assertEqual((account.amount_open, account.amount_overdue), (300.0, 300.0))


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 10:00:00")
class TestProviderContact(HandoverCommon):
    """Nothing is sent to a contact of a provider's before the company has seen it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # where core would write to whoever is a contact
        cls.customer.type = "other"
        cls._invoice(cls.customer, 700.0, "2026-01-10")
        cls.account = cls.account_of(cls.customer)
        cls.account.user_id = cls.collector_user
        cls._hand_over(cls.account)

    def _add(self, user):
        call = self._call_values(self.account, "payment_in_process")
        del call["account_id"]
        self.account.with_user(user)._keep_call(
            call,
            {"contact": {"name": "New", "email": "new@elsewhere.example.com"}},
        )
        return self.env["res.partner"].search(
            [("email", "=", "new@elsewhere.example.com")]
        )

    def test_added_by_a_provider(self):
        for user in (self.agent_user, self.on_site_user):
            with self.subTest(user=user.login), self.cr.savepoint() as savepoint:
                contact = self._add(user)
                self.assertEqual(contact.parent_id, self.customer)
                self.assertEqual(self.account.new_contact_ids, contact)
                self.assertEqual(self.account._dunning_contact(), self.customer)
                for kind in ("invoice", "contact", "delivery", "followup"):
                    self.assertNotIn(
                        contact.id, self.customer.address_get([kind]).values()
                    )
                letter = self.account._write_letter("statement")
                self.assertEqual(letter.partner_id, self.customer)
                self.assertEqual(letter._get_mail_partner(), self.customer)
                self.assertFalse(letter._get_copy_partners())
                activity = self.account.activity_ids
                self.assertIn("New", activity.summary)
                self.assertEqual(activity.user_id, self.collector_user)
                # seen by the company: a contact like any other
                account = self.account.with_user(self.collector_user)
                account.action_confirm_contacts()
                self.assertFalse(self.account.new_contact_ids)
                self.assertEqual(contact.type, "contact")
                savepoint.rollback()
                self.env.invalidate_all()

    def test_added_in_house(self):
        contact = self._add(self.collector_user)
        self.assertEqual(contact.type, "contact")
        self.assertFalse(self.account.new_contact_ids)
