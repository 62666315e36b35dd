from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools.safe_eval import safe_eval

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestComeHome(CollectionCommon):
    """What a provider leaves behind goes to somebody by name, and goes on."""

    @classmethod
    @freeze_time("2026-03-31 09:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.accounts = cls.env["collection.account"]
        for name in ("North", "South", "East"):
            partner = cls._customer(name)
            cls._invoice(partner, 100.0, "2026-03-01")
            cls._invoice(partner, 40.0, "2026-03-10")
            cls.accounts |= cls.account_of(partner)
        cls.north, cls.south, cls.east = cls.accounts
        cls.north.user_id = cls.collector_user
        cls.mandate.user_id = cls.manager_user
        cls.placement = cls._hand_over(cls.accounts)

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-31 09:00:00"))

    def _recall(self, records, **values):
        """Recall as the action of `records` starts it; return the wizard."""
        action = records.with_user(self.manager_user).action_recall()
        wizard = (
            self.env["collection.recall"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({"reason": "strategic", **values})
        )
        wizard.action_recall()
        return wizard

    def _promise(self, account, amount=50.0):
        return account.with_user(self.agent_user)._new_promise(
            {"amount": amount, "date_promised": "2026-04-10"}
        )

    def _told(self, user):
        activity_type = self.env.ref("account_collection.mail_activity_type_come_home")
        return self.env["mail.activity"].search(
            [
                ("activity_type_id", "=", activity_type.id),
                ("user_id", "=", user.id),
            ]
        )

    def _list(self, user):
        """The customers of the list to which the activity leads."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_account_action_come_home"
        )
        accounts = self.env["collection.account"].with_user(user)
        domain = action["domain"].replace("uid", str(user.id))
        return accounts.search(safe_eval(domain))

    # ------------------------------------------------------------------
    # To whom
    # ------------------------------------------------------------------

    def test_to_the_collector_or_to_who_is_responsible(self):
        for account in self.accounts - self.east:
            self._promise(account)
        self._recall(self.placement)
        self.assertEqual(self.north.user_id, self.collector_user, "whose it was")
        self.assertEqual(self.south.user_id, self.manager_user, "of the mandate")
        self.assertFalse(self.east.user_id, "nothing is expected of them")
        for user, account in (
            (self.collector_user, self.north),
            (self.manager_user, self.south),
        ):
            told = self._told(user)
            self.assertEqual(len(told), 1)
            self.assertIn(": 1", told.summary)
            self.assertIn("collection_account_action_come_home", told.note)
            self.assertEqual(self._list(user), account)

    def test_one_line_for_many(self):
        self.accounts.user_id = self.collector_user
        for account in self.accounts:
            self._promise(account)
        self._recall(self.north)
        self.assertIn(": 1", self._told(self.collector_user).summary)
        self._recall(self.south | self.east)
        told = self._told(self.collector_user)
        self.assertEqual(len(told), 1)
        self.assertIn(": 3", told.summary)

    def test_who_has_left_inherits_nothing(self):
        self._promise(self.north)
        self.collector_user.active = False
        self.mandate.user_id = False
        self._recall(self.north)
        heir = self.north.user_id
        self.assertTrue(heir.active)
        self.assertTrue(
            heir.has_group("account_collection.group_collection_manager"), heir.login
        )

    def test_plans_and_next_actions(self):
        self.south.with_user(self.agent_user)._propose_plan(
            {"instalment_count": 2, "date_first": "2026-04-10"}
        )
        self.east.with_user(self.agent_user)._log_call(
            {
                "outcome_id": self.env["collection.call.outcome"]
                .search(
                    [
                        ("contact", "=", "right_party"),
                        ("follow_up_required", "=", False),
                    ],
                    limit=1,
                )
                .id,
                "next_action_date": "2026-04-02",
                "next_action": "Call Mrs. Martin back",
            }
        )
        self._recall(self.mandate)
        self.assertEqual((self.south | self.east).user_id, self.manager_user)
        self.assertEqual(self.east.next_action, "Call Mrs. Martin back")
        self.assertEqual(str(self.east.next_action_date), "2026-04-02")
        agenda = self.env["collection.agenda"].search(
            [("account_id", "=", self.east.id), ("kind", "=", "callback")]
        )
        self.assertEqual(agenda.user_id, self.manager_user)
        self.assertEqual(agenda.side, "company")
        self.assertEqual(self._list(self.manager_user), self.south | self.east)

    def test_promise_about_an_item_taken_back_alone(self):
        promise = self._promise(self.south)
        item = promise.item_ids[0]
        self._recall(item)
        self.assertEqual(self.south.delegation_state, "delegated")
        self.assertEqual(self.south.user_id, self.manager_user)
        self.assertEqual(self._list(self.manager_user), self.south)

    def test_agenda_of_an_item_taken_back_alone(self):
        item = self.south.item_ids[0]
        self.south.agent_id = self.agent
        promise = self.south.with_user(self.agent_user)._new_promise(
            {"amount": 10.0, "date_promised": "2026-04-10", "item_ids": item.ids}
        )
        domain = [("res_model", "=", promise._name), ("res_id", "=", promise.id)]
        entry = self.env["collection.agenda"].search(domain)
        self.assertEqual((entry.side, entry.user_id), ("provider", self.agent_user))
        self._recall(item)
        self.env.invalidate_all()
        entry = self.env["collection.agenda"].search(domain)
        self.assertEqual((entry.side, entry.user_id), ("company", self.manager_user))

    def test_end_of_the_mandate(self):
        self._promise(self.south)
        self.mandate.with_user(self.manager_user).action_end()
        self.assertEqual(self.south.user_id, self.manager_user)
        self.assertEqual(len(self._told(self.manager_user)), 1)

    def test_return_by_the_provider(self):
        self._promise(self.south)
        note = self.south.with_user(self.agent_user)._portal_request_return(
            "not_found", "We tried everything"
        )
        note.with_user(self.manager_user).action_accept_return()
        self.assertEqual(note.state, "accepted")
        self.assertEqual(self.south.placement_line_ids.state, "returned")
        self.assertEqual(self.south.user_id, self.manager_user)

    def test_what_was_paid_is_followed_by_nobody(self):
        promise = self._promise(self.south)
        for item in self.south.item_ids:
            self._pay(item.move_id)
        self.assertEqual(self.south.placement_line_ids.state, "paid")
        self.assertEqual(promise.state, "kept")
        self.assertFalse(self.south.user_id)
        self.assertFalse(self._told(self.manager_user))

    def test_proposed_customers_were_never_away(self):
        partner = self._customer("West")
        self._invoice(partner, 100.0, "2026-03-01")
        account = self.account_of(partner)
        account.next_action_date = "2026-04-02"
        self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [Command.create({"account_id": account.id})],
            }
        ).action_propose()
        self._recall(account)
        self.assertFalse(account.user_id)

    # ------------------------------------------------------------------
    # What ends
    # ------------------------------------------------------------------

    def test_presence_ends(self):
        request = self.south.with_user(self.agent_user)._portal_request_return(
            "not_found", "We tried everything"
        )
        request = request.with_env(self.env)
        self.south.write(
            {"claimed_by_id": self.agent.id, "claimed_until": "2026-03-31 09:10:00"}
        )
        self._recall(self.south)
        self.assertFalse(self.south.claimed_by_id)
        self.assertFalse(self.south.claimed_until)
        self.assertEqual(request.state, "accepted", "there is nothing to ask any more")
        self.assertFalse(
            request.activity_ids, "nobody is asked to decide what is decided"
        )
        # the next provider may ask
        self._hand_over(self.south, self.other_mandate)
        self.assertTrue(
            self.south.with_user(self.other_agent_user)._portal_request_return(
                "not_found", "Neither did we"
            )
        )

    # ------------------------------------------------------------------
    # Where the ladder stands
    # ------------------------------------------------------------------

    def _put_on_level(self):
        items = self.accounts.item_ids
        items.write({"level_id": self.level_2.id, "level_date": "2026-03-20"})
        self.env["collection.account"]._refresh()
        return items

    def test_ladder_goes_on(self):
        items = self._put_on_level()
        self._recall(self.accounts)
        self.assertEqual(items.level_id, self.level_2)
        self.assertEqual(items.next_level_id, self.level_3)

    def test_ladder_begins_anew(self):
        items = self._put_on_level()
        self.company.collection_resume_rule = "restart"
        self._recall(self.north)
        self.assertFalse(self.north.item_ids.level_id)
        self.assertFalse(any(self.north.item_ids.mapped("level_date")))
        self.assertFalse(self.north.level_id)
        self.assertEqual(self.north.item_ids.next_level_id, self.level_1)
        history = self.env["collection.level.history"].search(
            [("item_id", "in", self.north.item_ids.ids)]
        )
        self.assertEqual(history.mapped("cause"), ["return"] * 2)
        self.assertEqual(history.level_from_id, self.level_2)
        self.assertFalse(history.level_to_id)
        # of one item alone, that one
        first, second = self.south.item_ids
        self._recall(first)
        self.assertFalse(first.level_id)
        self.assertEqual(second.level_id, self.level_2)
        self.assertEqual(self.south.level_id, self.level_2)
        # what is with the provider still stands where it stood
        self.assertEqual((items - self.north.item_ids - first).level_id, self.level_2)

    def test_ladder_of_one_company_only(self):
        other = self.setup_other_company()["company"]
        other.collection_resume_rule = "restart"
        items = self._put_on_level()
        self._recall(self.accounts)
        self.assertEqual(items.level_id, self.level_2)

    # ------------------------------------------------------------------
    # By which way
    # ------------------------------------------------------------------

    def test_ways(self):
        """None, one or several, by whatever they are found."""
        for find in (
            lambda: self.placement.line_ids[0],
            lambda: self.placement.line_ids[1:],
            lambda: self.placement,
            lambda: self.mandate,
            lambda: self.north,
            lambda: self.accounts,
            lambda: self.accounts.item_ids,
        ):
            records = find()
            with self.subTest(records=records):
                back = (
                    records.account_id
                    if "account_id" in records._fields
                    else self.accounts
                )
                back = records if records._name == "collection.account" else back
                self._recall(records)
                self.assertEqual(set(back.mapped("delegation_state")), {"in_house"})
                self.assertFalse(back.item_ids.filtered("delegated"))
                away = self.accounts - back
                self.assertTrue(all(away.item_ids.mapped("delegated")), "the others")
                with self.assertRaises(UserError):
                    self._recall(records)
            away.placement_line_id._take_back("recalled", "Test")
            self.placement = self._hand_over(self.accounts)

    def test_invoices(self):
        invoice = self.north.item_ids[0].move_id
        self._recall_of_invoice(invoice)
        self.assertFalse(invoice.collection_item_ids.delegated)
        self.assertEqual(self.north.delegation_state, "delegated")
        with self.assertRaisesRegex(UserError, "not with a provider"):
            invoice.action_collection_recall()
        with self.assertRaisesRegex(UserError, "Nothing of these invoices"):
            self.env["account.move"].action_collection_recall()

    def _recall_of_invoice(self, invoice):
        # whoever sees invoices and manages collections
        action = invoice.action_collection_recall()
        self.env["collection.recall"].with_context(**action["context"]).create(
            {"reason": "error"}
        ).action_recall()

    def test_whole_mandate_says_how_many(self):
        action = self.mandate.with_user(self.manager_user).action_recall()
        wizard = (
            self.env["collection.recall"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({"reason": "contract_end"})
        )
        self.assertIn("Customers: 3.", wizard.whole_note)
        wizard.action_recall()
        self.assertEqual(set(self.placement.line_ids.mapped("state")), {"recalled"})
        self.assertEqual(self.mandate.state, "live", "it may be handed over again")

    def test_all_that_was_taken_back_goes_again(self):
        first, second = self.north.item_ids
        self._recall(first)
        self._recall(self.north)
        again = self._hand_over(self.north, self.other_mandate)
        self.assertEqual(again.line_ids.item_ids.item_id, first | second)
        self.assertTrue(first.delegated and second.delegated)
