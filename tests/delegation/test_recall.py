from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestRecall(CollectionCommon):
    """The company takes back what it wants, when it wants."""

    @classmethod
    @freeze_time("2026-03-31")
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._invoice(cls.customer, 100.0, "2026-03-01")
        cls.second = cls._invoice(cls.customer, 40.0, "2026-03-10")
        cls._invoice(cls.other_customer, 70.0, "2026-03-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.accounts = cls.account | cls.other_account
        cls.placement = cls._hand_over(cls.accounts)

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-31"))

    def _recall(self, records, user=None, **values):
        """Recall as the action of `records` starts it."""
        user = user or self.manager_user
        action = records.with_user(user).action_recall()
        wizard = (
            self.env["collection.recall"]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": "strategic", **values})
        )
        wizard.action_recall()
        return wizard

    def _seen(self, user):
        return self.env["collection.account"].with_user(user).search([])

    def test_recall_frees_at_once(self):
        self.assertEqual(self._seen(self.agent_user), self.accounts)
        self._recall(self.account, note="bought our competitor")
        line = self.placement.line_ids.filtered(
            lambda line: line.account_id == self.account
        )
        self.assertRecordValues(
            line,
            [
                {
                    "state": "recalled",
                    "recall_reason": "strategic",
                    "reason": "Became strategic: bought our competitor",
                }
            ],
        )
        self.assertEqual(self.account.delegation_state, "in_house")
        self.assertFalse(self.account.agent_id)
        self.assertFalse(self.account.item_ids.filtered("delegated"))
        self.assertEqual(self._seen(self.agent_user), self.other_account)
        self.assertEqual(self._seen(self.on_site_user), self.other_account)
        self.assertIn("bought our competitor", self.account.message_ids[0].body)
        self.assertEqual(self.placement.state, "accepted", "one is still there")

    def _asked(self, record):
        return record.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref("account_collection.mail_activity_type_take_back")
            )
        )

    def test_who_is_to_stay_is_asked_for_at_once(self):
        """Reserved, insolvent or strategic by now: the manager hears it, once."""
        strategic = self.env["collection.segment"].create(
            {"name": "Top", "code": "top", "handling": "strategic"}
        )
        for values, undo in (
            ({"reserved": True}, {"reserved": False}),
            ({"segment_id": strategic.id}, {"segment_id": False}),
            ({"insolvency_date": "2026-03-30"}, {"insolvency_date": False}),
        ):
            with self.subTest(values=values):
                self.account.with_user(self.manager_user).write(values)
                self.assertTrue(self.account.to_take_back)
                activity = self._asked(self.account)
                self.assertEqual(len(activity), 1)
                self.assertTrue(
                    activity.user_id.has_group(
                        "account_collection.group_collection_manager"
                    )
                )
                self.assertIn(self.provider.name, activity.summary)
                self.account.write(values)
                self.assertEqual(len(self._asked(self.account)), 1, "once")
                self.assertFalse(self._asked(self.other_account))
                self.account.write(undo)
                self._asked(self.account).unlink()
        self.account.reserved = True
        self._recall(self.account)
        self.assertFalse(self.account.to_take_back)
        self.assertFalse(self._asked(self.account), "done")
        # in-house there is nobody to take anything back from
        self.account.write({"reserved": False, "segment_id": strategic.id})
        self.assertFalse(self._asked(self.account))

    def test_a_segment_that_is_to_stay(self):
        """Said once for each mandate, with how many customers it concerns."""
        segment = self.env["collection.segment"].create(
            {"name": "Crafts", "code": "c9"}
        )
        self.accounts.segment_id = segment
        segment.handling = "sensitive"
        self.assertEqual(segment.delegation, "never")
        activity = self._asked(self.placement.mandate_id)
        self.assertEqual(len(activity), 1)
        self.assertIn(f"{len(self.accounts)}", activity.summary)
        self.assertIn("Crafts", activity.summary)
        self.assertFalse(self._asked(self.accounts))

    def test_recall_of_many(self):
        self._recall(self.accounts, reason="underperforming")
        self.assertEqual(
            self.placement.line_ids.mapped("recall_reason"), ["underperforming"] * 2
        )
        self.assertEqual(self.placement.state, "closed")

    def test_recall_from_the_placement_and_its_lines(self):
        self._recall(self.placement.line_ids[0])
        self.assertEqual(
            self.placement.line_ids.mapped("state"), ["recalled", "active"]
        )
        self._recall(self.placement)
        self.assertEqual(set(self.placement.line_ids.mapped("state")), {"recalled"})

    def test_not_delegated(self):
        self._recall(self.account)
        with self.assertRaisesRegex(UserError, "not with a provider: Nord"):
            self._recall(self.account)
        # of a selection, those who are away come back
        self._recall(self.accounts)
        self.assertEqual(self.other_account.delegation_state, "in_house")

    def test_other_needs_an_explanation(self):
        with self.assertRaisesRegex(UserError, "Explain"):
            self._recall(self.account, reason="other")

    def test_nothing_chosen(self):
        with self.assertRaisesRegex(UserError, "Choose what"):
            self._recall(self.env["collection.account"])

    def test_recalled_account_may_go_again(self):
        self._recall(self.account)
        again = self._hand_over(self.account, self.other_mandate)
        self.assertEqual(again.line_ids.item_ids.item_id, self.account.item_ids)
        self.assertEqual(self.account.mandate_id, self.other_mandate)

    def test_recalled_account_does_not_return_by_itself(self):
        self.mandate.new_item_rule = "all"
        self._recall(self.account)
        self._invoice(self.customer, 10.0, "2026-04-30", date="2026-03-31")
        self.env["collection.account"]._refresh()
        self.assertEqual(self.account.delegation_state, "in_house")

    # ------------------------------------------------------------------
    # Single items
    # ------------------------------------------------------------------

    def test_recall_of_one_item(self):
        item = self.second.collection_item_ids
        self._recall(item, reason="sales_dispute")
        self.assertFalse(item.delegated)
        self.assertFalse(item.placement_line_id)
        self.assertTrue(self.invoice.collection_item_ids.delegated)
        self.assertEqual(self.account.delegation_state, "delegated")
        held = self.env["collection.placement.item"].search([("item_id", "=", item.id)])
        self.assertTrue(held.recalled)
        seen = self.env["collection.item"].with_user(self.agent_user).search([])
        self.assertNotIn(item, seen)
        self.assertIn(self.invoice.collection_item_ids, seen)
        self.assertIn("Taken back from the provider", self.account.message_ids[0].body)

    def test_recalled_item_does_not_follow_again(self):
        self.mandate.new_item_rule = "all"
        item = self.second.collection_item_ids
        self._recall(item)
        self.env["collection.account"]._refresh()
        self.assertFalse(item.delegated)

    def test_recall_of_all_items_ends_the_line(self):
        items = self.account.item_ids
        self._recall(items[0])
        self._recall(items[1], reason="paid_directly")
        line = self.placement.line_ids.filtered(
            lambda line: line.account_id == self.account
        )
        self.assertRecordValues(
            line, [{"state": "recalled", "recall_reason": "paid_directly"}]
        )
        self.assertEqual(self.account.delegation_state, "in_house")

    def test_payment_of_the_rest_closes_the_line(self):
        self._recall(self.second.collection_item_ids)
        self._pay(self.invoice)
        line = self.placement.line_ids.filtered(
            lambda line: line.account_id == self.account
        )
        self.assertEqual(line.state, "paid")

    def test_item_not_delegated(self):
        item = self.second.collection_item_ids
        self._recall(item)
        with self.assertRaisesRegex(UserError, "items are not with a provider"):
            self._recall(item)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_managers_only(self):
        for user in (self.collector_user, self.on_site_user, self.agent_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["collection.recall"].with_user(user).create(
                    {
                        "reason": "error",
                        "account_ids": [Command.set(self.account.ids)],
                    }
                )
        wizard = (
            self.env["collection.recall"]
            .with_user(self.manager_user)
            .create({"reason": "error", "account_ids": [Command.set(self.account.ids)]})
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.collector_user).action_recall()
        self.assertEqual(self.account.delegation_state, "delegated")
