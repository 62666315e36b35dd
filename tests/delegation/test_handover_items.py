from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestHandoverItems(HandoverCommon):
    """Single items go to a provider; whatever else the customer owes stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoices = [
            cls._invoice(cls.customer, amount, day)
            for amount, day in (
                (100.0, "2026-01-15"),
                (200.0, "2026-02-15"),
                (400.0, "2026-03-01"),
                (800.0, "2026-04-30"),
            )
        ]
        cls.account = cls.account_of(cls.customer)
        cls.account.segment_id = cls.ordinary
        cls.items = cls.env["collection.item"].union(
            *(invoice.collection_item_ids for invoice in cls.invoices)
        )
        cls.mandate.new_item_rule = "all"

    def _choose(self, records, user=None, mandate=None, confirm=True):
        """Hand over as the action of `records` starts it."""
        user = user or self.manager_user
        records = records.with_user(user)
        action = (
            records.action_collection_hand_over()
            if records._name == "account.move"
            else records.action_hand_over()
        )
        wizard = (
            self.env["collection.handover"]
            .with_user(user)
            .with_context(**action["context"])
            .create({"mandate_id": (mandate or self.mandate).id})
        )
        self.assertEqual(wizard.method, "manual")
        wizard.action_preview()
        if confirm:
            wizard.action_confirm()
        return wizard

    def _seen(self, user):
        return self.env["collection.item"].with_user(user).search([])

    def test_preview_says_how_much(self):
        wizard = self._choose(self.items[:2] | self.items[3], confirm=False)
        line = wizard.line_ids
        self.assertRecordValues(
            line,
            [
                {
                    "account_id": self.account.id,
                    "decision": "goes",
                    "reason": "chosen",
                    "scope": "items",
                    "item_count": 3,
                    "open_item_count": 4,
                    "items_note": "3 of 4 items",
                    "amount_open": 1100.0,
                    "amount_overdue": 300.0,
                }
            ],
        )
        self.assertEqual(wizard.go_open, 1100.0)

    def test_only_the_chosen_go(self):
        wizard = self._choose(self.items[:2])
        line = wizard.placement_id.line_ids
        self.assertRecordValues(
            line, [{"scope": "items", "amount": 300.0, "amount_overdue": 300.0}]
        )
        self.assertEqual(line.item_ids.item_id, self.items[:2])
        self.assertEqual(self.items.mapped("delegated"), [True, True, False, False])
        self.assertEqual(self._seen(self.agent_user), self.items[:2])
        self.assertEqual(self.account.delegation_state, "delegated")
        note = "2 of 4 items with Provider One"
        self.assertEqual(self.account.delegated_note, note)
        self.assertEqual(self.account.delegated_item_count, 2)
        self.assertEqual(self.account.open_item_count, 4)
        self.assertEqual(self.customer.collection_delegated_note, note)
        self.assertEqual(
            [invoice.collection_delegated_note for invoice in self.invoices],
            ["1 of 1 items with Provider One"] * 2 + [False] * 2,
        )

    def test_a_proposal_says_what_would_go(self):
        parts = self._choose(self.items[:1] | self.items[3], confirm=False)
        parts.action_propose()
        line = parts.placement_id.line_ids
        self.assertRecordValues(
            line, [{"amount": 0.0, "amount_today": 900.0, "overdue_today": 100.0}]
        )
        parts.placement_id.unlink()
        whole = self._choose(self.items[:1], confirm=False)
        whole.action_back()
        whole.write({"account_ids": [Command.set(self.account.ids)], "item_ids": False})
        whole.action_preview()
        whole.action_propose()
        self.assertRecordValues(
            whole.placement_id.line_ids,
            [{"amount": 0.0, "amount_today": 1500.0, "overdue_today": 700.0}],
        )

    def test_nothing_follows(self):
        self._choose(self.items[:1])
        later = self._invoice(self.customer, 50.0, "2026-03-05")
        self.env["collection.account"]._refresh()
        self.assertFalse(later.collection_item_ids.delegated)
        self.assertEqual(self.items.mapped("delegated"), [True, False, False, False])

    def test_settled_as_usual_and_revived(self):
        wizard = self._choose(self.items[:1])
        line = wizard.placement_id.line_ids
        payment = self._pay(self.invoices[0])
        self.assertEqual(line.state, "paid")
        self.assertEqual(self.account.delegation_state, "in_house")
        # what stayed in-house does not bring the line back, even a new invoice
        self._invoice(self.customer, 60.0, "2026-03-02")
        self.env["collection.account"]._refresh()
        self.assertEqual(line.state, "paid")
        moves = payment.move_id if payment._name == "account.payment" else payment
        moves.line_ids.remove_move_reconcile()
        self.env["collection.account"]._refresh()
        self.assertEqual(line.state, "active")
        self.assertEqual(self.items.mapped("delegated"), [True, False, False, False])

    def test_invoices_from_where_they_are_looked_at(self):
        # whoever may look at invoices, and hands over
        wizard = self._choose(self.invoices[0] | self.invoices[2], user=self.env.user)
        self.assertEqual(
            wizard.placement_id.line_ids.item_ids.item_id,
            self.items[0] | self.items[2],
        )

    def test_of_a_customer_chosen_whole_all_goes(self):
        wizard = self._wizard(
            method="manual",
            account_ids=[Command.set(self.account.ids)],
            item_ids=[Command.set(self.items[:1].ids)],
        )
        wizard.action_preview()
        wizard.action_confirm()
        line = wizard.placement_id.line_ids
        self.assertEqual(line.scope, "account")
        self.assertEqual(line.item_ids.item_id, self.items)

    def test_some_of_one_all_of_another(self):
        other_invoice = self._invoice(self.other_customer, 70.0, "2026-03-01")
        other = self.account_of(self.other_customer)
        other.segment_id = self.ordinary
        wizard = self._wizard(
            method="manual",
            account_ids=[Command.set(other.ids)],
            item_ids=[Command.set(self.items[1].ids)],
        )
        wizard.action_preview()
        wizard.action_confirm()
        by_account = wizard.placement_id.line_ids.grouped("account_id")
        self.assertEqual(by_account[other].scope, "account")
        self.assertEqual(by_account[self.account].scope, "items")
        self.assertEqual(
            by_account[other].item_ids.item_id, other_invoice.collection_item_ids
        )
        self.assertEqual(by_account[self.account].item_ids.item_id, self.items[1])

    def test_excluded_items_stay(self):
        self.invoices[0].action_toggle_block_payment()
        wizard = self._choose(self.items[:2], confirm=False)
        self.assertEqual(wizard.line_ids.items_note, "1 of 4 items")
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id.line_ids.item_ids.item_id, self.items[1])
        wizard = self._choose(self.items[0], confirm=False)
        self.assertRecordValues(
            wizard.line_ids, [{"decision": "stays", "reason": "no_item"}]
        )
        with self.assertRaises(ValidationError):
            wizard.line_ids.action_go()

    def test_more_of_it_joins_the_hand_over_that_runs(self):
        placement = self._choose(self.items[0]).placement_id
        placement.action_accept()
        wizard = self._choose(self.items[1], confirm=False)
        self.assertRecordValues(
            wizard.line_ids, [{"decision": "goes", "reason": "joins"}]
        )
        with self.assertRaisesRegex(UserError, "joins a running hand-over"):
            wizard.action_propose()
        wizard.action_confirm()
        self.assertEqual(wizard.placement_id, placement)
        line = placement.line_ids
        self.assertEqual(line.amount, 100.0, "as it was signed")
        self.assertRecordValues(
            line.item_ids.sorted("id"),
            [
                {"item_id": self.items[0].id, "followed": False},
                {"item_id": self.items[1].id, "followed": True},
            ],
        )
        self.assertEqual(self._seen(self.agent_user), self.items[:2])
        self.assertIn("More goes to Provider One", self.account.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "have been handed over"):
            wizard.action_confirm()

    def test_the_rest_joins_whole(self):
        placement = self._choose(self.items[0]).placement_id
        self._choose(self.account)
        line = placement.line_ids
        self.assertEqual(line.scope, "account")
        self.assertEqual(self.account.delegated_item_count, 4)
        later = self._invoice(self.customer, 50.0, "2026-03-05")
        self.assertTrue(later.collection_item_ids.delegated, "follows from now on")

    def test_one_provider_at_a_time(self):
        self._choose(self.items[0])
        wizard = self._choose(self.items[1], mandate=self.other_mandate, confirm=False)
        self.assertRecordValues(
            wizard.line_ids,
            [
                {
                    "decision": "placed",
                    "reason": "delegated",
                    "current_mandate_id": self.mandate.id,
                }
            ],
        )
        with self.assertRaises(ValidationError):
            wizard.line_ids.action_go()
        self.assertEqual((wizard.stay_count, wizard.placed_count), (0, 1))
        self.assertIn("Provider One", wizard.summary)

    def test_reserved_since(self):
        """What joins is asked the same question as what begins."""
        self._choose(self.items[0])
        self.account.reserved = True
        wizard = self._choose(self.items[1], confirm=False)
        self.assertRecordValues(
            wizard.line_ids, [{"decision": "stays", "reason": "reserved"}]
        )
        self.account.reserved = False
        wizard = self._choose(self.items[1], confirm=False)
        self.account.reserved = True
        with self.assertRaisesRegex(UserError, "reserved"):
            wizard.action_confirm()

    def test_recalled_alone_goes_again_by_hand(self):
        placement = self._hand_over(self.account)
        line = placement.line_ids
        with freeze_time("2026-04-10"):
            self.items[1].with_user(self.manager_user)._recall("Wrong", "error")
            self.env["collection.account"]._refresh()
            self.assertFalse(self.items[1].delegated, "not by itself")
        with freeze_time("2026-04-20"):
            self._choose(self.items[1])
            self.assertTrue(self.items[1].delegated)
            held = line.item_ids.filtered(lambda one: one.item_id == self.items[1])
            self.assertRecordValues(
                held.sorted("id"),
                [
                    {"recalled": True, "followed": False},
                    {"recalled": False, "followed": True},
                ],
            )
            self.assertEqual(
                [str(day) for day in held.sorted("id").mapped("date_added")],
                ["2026-03-31", "2026-04-20"],
            )
            self.assertEqual(line.scope, "account")
        with freeze_time("2026-04-25"):
            self.items[1].with_user(self.manager_user)._recall("Again", "error")
            held = held.sorted("id")
            self.assertEqual(
                [str(day) for day in held.mapped("date_recalled")],
                ["2026-04-10", "2026-04-25"],
                "each time on its day",
            )

    def test_what_goes_again_counts_once(self):
        """Taken back alone it goes again in the same hand-over, with its customer in
        another one; in figures it stands once, with the most that went of it."""
        placement = self._hand_over(self.account)
        held = self.env["collection.placement.item"]
        totals = [(self.company.currency_id, 4, 1500.0)]
        self.assertEqual(placement._get_totals(), totals)
        with freeze_time("2026-04-10"):
            self.items[1].with_user(self.manager_user)._recall("Wrong", "error")
            self._pay(self.invoices[1], 50.0, date="2026-04-10")
        with freeze_time("2026-04-20"):
            self._choose(self.items[1])
        self.assertEqual(len(placement.line_ids.item_ids), 5)
        placement.invalidate_recordset()
        self.assertEqual(placement.item_count, 4)
        self.assertEqual(placement._get_totals(), totals)
        [values] = placement.with_user(self.supervisor_user)._get_portal_values()
        self.assertEqual(
            [(one["count"], one["amount"]) for one in values["totals"]], [(4, 1500.0)]
        )
        with freeze_time("2026-04-25"):
            placement.line_ids._take_back("recalled", "All of it", "error")
            again = self._hand_over(self.account)
        self.assertEqual(again._get_totals(), [(self.company.currency_id, 4, 1450.0)])
        mine = [("line_id.mandate_id", "=", self.mandate.id)]
        self.assertEqual(held.search_count(mine), 9)
        self.assertEqual(held._sum_once(mine), [(4, 1500.0, 1500.0)])
        self.assertEqual(
            held._sum_once(mine, ["placement_id"]),
            [(placement, 4, 1500.0, 1500.0), (again, 4, 1450.0, 1450.0)],
        )
        # nobody reads the sums of what is not theirs
        self.assertEqual(
            held.with_user(self.other_agent_user)._sum_once(mine), [(0, 0.0, 0.0)]
        )
        # what is no more was one each time
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_placement_item SET item_id = NULL WHERE item_id = %s",
            [self.items[0].id],
        )
        self.env.invalidate_all()
        self.assertEqual(held._sum_once(mine)[0][0], 5)

    def test_recalled_alone_goes_again_elsewhere(self):
        """By a later hand-over, when the customer is with nobody any more."""
        placement = self._hand_over(self.account)
        self.items[1].with_user(self.manager_user)._recall("Wrong", "error")
        placement.line_ids._take_back("recalled", "All of it", "error")
        wizard = self._choose(self.items[1], mandate=self.other_mandate)
        self.assertEqual(wizard.placement_id.line_ids.item_ids.item_id, self.items[1])
        self.assertEqual(self.account.mandate_id, self.other_mandate)

    def test_last_chosen_item_taken_back_ends_the_line(self):
        line = self._choose(self.items[0]).placement_id.line_ids
        self.items[0].with_user(self.manager_user)._recall("Wrong", "error")
        self.assertEqual(line.state, "recalled")
        self.assertEqual(self.account.delegation_state, "in_house")

    def test_proposed_then_handed_over(self):
        wizard = self._choose(self.items[:2], confirm=False)
        wizard.action_propose()
        self.assertEqual(self.account.delegation_state, "proposed")
        self.assertFalse(any(self.items.mapped("delegated")))
        wizard.placement_id.with_user(self.manager_user).action_hand_over()
        self.assertEqual(self.items.mapped("delegated"), [True, True, False, False])

    def test_not_of_this_customer(self):
        self._invoice(self.other_customer, 70.0, "2026-03-01")
        other = self.account_of(self.other_customer)
        with self.assertRaisesRegex(ValidationError, "not what Vela owes"):
            self.env["collection.placement"].create(
                {
                    "mandate_id": self.mandate.id,
                    "line_ids": [
                        Command.create(
                            {
                                "account_id": other.id,
                                "scope": "items",
                                "chosen_item_ids": [Command.set(self.items[0].ids)],
                            }
                        )
                    ],
                }
            )

    def test_nothing_to_hand_over(self):
        self._choose(self.items[0])
        with self.assertRaisesRegex(UserError, "Nothing to hand over"):
            self.items[0].with_user(self.manager_user).action_hand_over()
        draft = self._invoice(self.customer, 5.0, "2026-03-01", post=False)
        with self.assertRaisesRegex(UserError, "post them first"):
            draft.action_collection_hand_over()

    def test_managers_only(self):
        for user in (self.collector_user, self.agent_user):
            with self.assertRaises(AccessError):
                self._choose(self.items[0].with_user(user), user=user)

    def test_rest_is_reminded_in_house(self):
        """Levels and letters go by the item."""
        self._choose(self.items[:2])
        run = self._run("2026-03-31")
        lines = run.letter_ids.line_ids
        self.assertEqual(lines.item_id, self.items[2])
        excluded = run.exclusion_ids.filtered(lambda one: one.item_id in self.items[:2])
        self.assertEqual(set(excluded.mapped("reason")), {"delegated"})

    @freeze_time("2026-03-31 09:00:00")
    def test_both_sides_have_them_on_their_list(self):
        """Each with what is theirs, and with what it weighs."""
        self.account.user_id = self.collector_user
        self._choose(self.items[:2])
        accounts = self.env["collection.account"]
        seen = accounts.with_user(self.collector_user)._next_account()
        self.assertEqual(seen, self.account, "an overdue invoice stayed")
        self.account.invalidate_recordset()
        ours = self.account.with_user(self.collector_user)
        theirs = self.account.with_user(self.agent_user)
        self.assertIn("400", ours.priority_reason)
        self.assertNotIn("300", ours.priority_reason)
        self.assertIn("300", theirs.priority_reason)
        self.assertNotIn("400", theirs.priority_reason)
        self.assertGreater(theirs.priority, 0)
        self.assertNotEqual(ours.priority, theirs.priority)
        # whom one side has on the line, the other is not offered
        self.assertFalse(accounts.with_user(self.agent_user)._next_account())
        self.account.claimed_until = False
        self.assertEqual(
            accounts.with_user(self.agent_user)._next_account(), self.account
        )
        self.assertEqual(
            ours._get_items_to_agree(), self.items[2], "what stayed, and is late"
        )
        self.assertEqual(theirs._get_items_to_agree(), self.items[:2])

    @freeze_time("2026-03-31 09:00:00")
    def test_nothing_late_stayed(self):
        """An invoice that is not due yet is no reason for the company to call."""
        self.account.user_id = self.collector_user
        self._choose(self.items[:3])
        accounts = self.env["collection.account"].with_user(self.collector_user)
        self.assertFalse(accounts._next_account())
        self.account.invalidate_recordset()
        self.assertEqual(
            self.account.with_user(self.collector_user).skip_reason, "nothing"
        )
        # taken back, it is one
        self.items[1].with_user(self.manager_user)._recall("Wrong", "error")
        self.assertEqual(accounts._next_account(), self.account)
        self.account.invalidate_recordset()
        self.assertIn(
            "200", self.account.with_user(self.collector_user).priority_reason
        )

    def test_all_of_it_gone_nothing_kept(self):
        self.account.user_id = self.collector_user
        self._choose(self.items)
        accounts = self.env["collection.account"]
        self.assertFalse(accounts.with_user(self.collector_user)._next_account())
        accounts._rank()
        self.account.invalidate_recordset()
        self.assertFalse(self.account.kept_facts)
        self.assertEqual(
            self.account.with_user(self.manager_user).priority, self.account.priority
        )

    def test_amounts_of_the_mandate_are_of_what_is_there(self):
        self._choose(self.items[:2])
        self.mandate.invalidate_recordset()
        self.assertEqual(self.mandate.account_count, 1)
        self.assertEqual(self.mandate.amount_open, 300.0)
        held = self.mandate._get_dependence()
        self.assertEqual((held["amount"], held["total"]), (300.0, 1500.0))
        self.assertEqual(held["share"], 20.0)

    def test_list_says_that_some_were_chosen(self):
        placement = self._choose(self.items[:2]).placement_id
        [[row]] = list(placement._get_list_batches())
        self.assertTrue(row["chosen"])
        self._choose(self.account)
        [[row]] = list(placement._get_list_batches())
        self.assertTrue(row["chosen"], "as it was signed")
        self._invoice(self.other_customer, 70.0, "2026-03-01")
        other = self._hand_over(self.account_of(self.other_customer))
        [[row]] = list(other._get_list_batches())
        self.assertFalse(row["chosen"])

    def test_settled_between_preview_and_confirmation(self):
        wizard = self._choose(self.items[0], confirm=False)
        self._pay(self.invoices[0])
        with self.assertRaisesRegex(UserError, "None of the items chosen of Nord"):
            wizard.action_confirm()
        self.assertEqual(self.account.delegation_state, "in_house")
