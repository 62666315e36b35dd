from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestTransfer(CollectionCommon):
    """From one provider to another in one act: access, history and what stays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        (cls.agent_user | cls.other_agent_user).lang = "en_US"
        today = cls._today()
        cls.invoice = cls._invoice(
            cls.customer, 1000.0, fields.Date.add(today, days=-40)
        )
        cls.second = cls._invoice(cls.customer, 250.0, fields.Date.add(today, days=-30))
        cls._invoice(cls.other_customer, 700.0, fields.Date.add(today, days=-20))
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.accounts = cls.account | cls.other_account
        cls.placement = cls._hand_over(cls.accounts)

    def _transfer(self, accounts=None, user=None, **values):
        accounts = self.accounts if accounts is None else accounts
        wizard = (
            self.env["collection.transfer"]
            .with_user(user or self.manager_user)
            .create(
                {
                    "account_ids": [Command.set(accounts.ids)],
                    "mandate_id": self.other_mandate.id,
                    "reason": "Silent for three months",
                    **values,
                }
            )
        )
        action = wizard.action_transfer()
        return self.env["collection.placement"].browse(action["res_id"])

    def _reads(self, user, account):
        return bool(
            self.env["collection.account"]
            .with_user(user)
            .search([("id", "=", account.id)])
        )

    def test_in_one_act(self):
        lines = self.placement.line_ids
        placement = self._transfer()
        self.assertEqual(set(lines.mapped("state")), {"transferred"})
        for line in lines:
            self.assertIn("Silent for three months", line.reason)
        self.assertEqual(self.placement.state, "closed")
        self.assertEqual(placement.state, "handed_over")
        self.assertEqual(placement.mandate_id, self.other_mandate)
        self.assertEqual(placement.line_ids.account_id, self.accounts)
        self.assertEqual(sum(placement.line_ids.mapped("amount")), 1950.0)
        for line in placement.line_ids:
            self.assertEqual(line.former_line_id.account_id, line.account_id)
            self.assertIn(line.former_line_id, lines)
        for account in self.accounts:
            self.assertEqual(account.mandate_id, self.other_mandate)
            self.assertTrue(all(account.item_ids.mapped("delegated")))
            self.assertFalse(self._reads(self.agent_user, account))
            self.assertFalse(self._reads(self.on_site_user, account))
            self.assertTrue(self._reads(self.other_agent_user, account))
            said = " ".join(account.message_ids.mapped("body"))
            self.assertIn("Silent for three months", said)
            self.assertIn(placement.number, said)
        # the other provider acknowledges receipt as of any hand-over
        self.assertTrue(placement.date_acknowledge)
        self.assertEqual(self.env["collection.account"]._refresh(self.accounts), 0)

    def test_history_without_names_and_notes(self):
        mine = self.account.with_user(self.agent_user)
        call = (
            self.env["collection.call"]
            .with_user(self.agent_user)
            .create(self._call_values(self.account, note="She drinks, call after ten"))
        )
        promise = mine._portal_new_promise(
            {
                "amount": 1000.0,
                "date_promised": fields.Date.add(self._today(), days=10),
                "item_ids": self.invoice.collection_item_ids.ids,
                "note": "Our own thoughts about it",
            }
        ).with_env(self.env)
        in_house = (
            self.env["collection.call"]
            .with_user(self.collector_user)
            .create(self._call_values(self.account, note="From the office"))
        )
        note = mine._portal_write_note("For the company alone").with_env(self.env)
        self._transfer()
        theirs = self.account.with_user(self.other_agent_user)
        values = theirs._get_portal_values()
        shown = str(values)
        self.assertIn("Another provider", shown)
        self.assertIn(self._result("no_answer").name, shown)
        self.assertIn("From the office", shown)
        self.assertIn(promise.number, shown)
        for secret in (
            "She drinks",
            "Our own thoughts",
            "For the company alone",
            self.agent.name,
            self.provider.name,
            "Silent for three months",
        ):
            with self.subTest(secret=secret):
                self.assertNotIn(secret, shown)
        # nor by a remote call
        theirs_env = self.env(user=self.other_agent_user)
        self.assertFalse(theirs_env["collection.call"].search([("id", "=", call.id)]))
        self.assertFalse(
            theirs_env["collection.call"].search([("note", "ilike", "drinks")])
        )
        self.assertTrue(
            theirs_env["collection.call"].search([("id", "=", in_house.id)])
        )
        with self.assertRaises(AccessError):
            theirs_env["collection.call"].browse(call.id).read(["note"])
        self.assertEqual(
            theirs_env["collection.promise"].browse(promise.id).read(["note"]),
            [{"id": promise.id, "note": False}],
        )
        self.assertFalse(
            theirs_env["collection.provider.note"].search([("id", "=", note.id)])
        )
        with self.assertRaises(AccessError):
            theirs_env["collection.placement.line"].search(
                [("former_line_id", "!=", False)]
            )
        # and back again, whose it was reads it as before
        self._transfer(mandate_id=self.mandate.id)
        self.assertIn("She drinks", str(mine._get_portal_values()))
        self.assertIn("Our own thoughts", str(mine._get_portal_values()))

    def test_next_action_keeps_its_day_alone(self):
        day = fields.Date.add(self._today(), days=7)
        for user, account, words in (
            (self.agent_user, self.account, "Try the brother again"),
            (self.collector_user, self.other_account, "Ask the sales team"),
        ):
            self.env["collection.call"].with_user(user).create(
                self._call_values(account, next_action=words, next_action_date=day)
            )
        self.other_account.next_action = "Ask the sales team"
        self._transfer()
        self.env.flush_all()
        self.env.invalidate_all()
        for user, first in (
            (self.other_agent_user, False),
            # to the company they came home
            (self.collector_user, "Try the brother again"),
        ):
            self.assertRecordValues(
                self.accounts.with_user(user),
                [
                    {"next_action": first, "next_action_date": day},
                    {"next_action": "Ask the sales team", "next_action_date": day},
                ],
            )

    def test_agent_who_changes_the_provider_takes_nothing_along(self):
        call = (
            self.env["collection.call"]
            .with_user(self.agent_user)
            .create(self._call_values(self.account, note="She drinks"))
        )
        self._transfer()
        theirs = self.env["collection.call"].with_user(self.other_agent_user)
        self.assertFalse(theirs.search([("id", "=", call.id)]))
        self.other_mandate.agent_ids = False
        self.other_agent.provider_id = self.provider
        self.assertFalse(theirs.search([("id", "=", call.id)]))

    def test_what_was_taken_back_alone_stays(self):
        item = self.second.collection_item_ids
        item.with_user(self.manager_user)._recall("Ours")
        placement = self._transfer(self.account)
        self.assertFalse(item.delegated)
        self.assertEqual(placement.line_ids.amount, 1000.0)
        self.other_mandate.new_item_rule = "all"
        self.env["collection.account"]._refresh()
        self.env["collection.placement.line"]._follow_ledger()
        self.assertFalse(item.delegated)
        self.assertEqual(placement._get_receipt_seal(), "1;EUR:1:1000.00")
        # nor is the other provider told of it
        today = self._today()
        self.assertNotIn(
            self.second.name,
            str(
                self.other_mandate._get_changes_sudo(
                    fields.Date.add(today, days=-9), today
                )
            ),
        )

    def test_who_may_not_go_there(self):
        self.other_mandate.min_amount = 1000.0
        with self.assertRaisesRegex(UserError, "Vela"):
            self._transfer()
        self.assertEqual(set(self.placement.line_ids.mapped("state")), {"active"})
        self.assertEqual(set(self.accounts.mapped("mandate_id")), set(self.mandate))
        # the others go, if one wants
        placement = self._transfer(leave_blocked=True)
        self.assertEqual(placement.line_ids.account_id, self.account)
        self.assertEqual(self.other_account.mandate_id, self.mandate)

    def test_reserved_by_now(self):
        self.account.reserved = True
        with self.assertRaisesRegex(UserError, "Nord"):
            self._transfer()
        self.assertEqual(self.account.mandate_id, self.mandate)

    def test_what_is_no_transfer(self):
        for values in (
            {"reason": " "},
            {"reason": False},
            {"mandate_id": False},
            {"mandate_id": self.mandate.id},
            {"account_ids": [Command.clear()]},
        ):
            with self.subTest(values=values), self.assertRaises(UserError):
                self._transfer(**values)
        self.other_mandate.write({"date_start": "2020-01-01", "date_end": "2020-12-31"})
        with self.assertRaises(UserError):
            self._transfer()
        self.assertEqual(set(self.placement.line_ids.mapped("state")), {"active"})

    def test_who_is_in_house(self):
        self.placement.line_ids._take_back("recalled", "Ours")
        with self.assertRaises(UserError):
            self._transfer()

    def test_who_may(self):
        for user in (self.collector_user, self.agent_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._transfer(user=user)

    def test_entries(self):
        for records in (
            self.accounts,
            self.placement,
            self.placement.line_ids,
            self.mandate,
        ):
            action = records.with_user(self.manager_user).action_transfer()
            wizard = (
                self.env["collection.transfer"]
                .with_user(self.manager_user)
                .with_context(**action["context"])
                .new({})
            )
            self.assertEqual(wizard.account_ids._origin, self.accounts)
            self.assertEqual(wizard.mandate_ids._origin, self.other_mandate)

    def test_a_request_to_take_back_is_answered(self):
        mine = self.account.with_user(self.agent_user)
        asked = mine._portal_request_return("not_found", "Nobody there")
        asked = asked.with_env(self.env)
        self._transfer()
        self.assertEqual(asked.state, "accepted")
        # the next one may ask, too
        theirs = self.account.with_user(self.other_agent_user)
        self.assertTrue(
            theirs._portal_request_return("not_found", "Nobody here either")
        )

    def test_a_request_of_who_paid_is_done(self):
        mine = self.other_account.with_user(self.agent_user)
        asked = mine._portal_request_return("not_found", "Nobody there")
        self._pay(self.other_account.item_ids.move_id)
        self.env["collection.account"]._refresh(self.other_account)
        self.assertEqual(asked.with_env(self.env).state, "done")

    def test_only_some_items_go_on(self):
        """What the first provider did not have, the next does not get either."""
        self.placement.line_ids._take_back("recalled", "Once more, in part", "other")
        chosen = self.invoice.collection_item_ids
        wizard = (
            self.env["collection.handover"]
            .with_user(self.manager_user)
            .create(
                {
                    "mandate_id": self.mandate.id,
                    "item_ids": [Command.set(chosen.ids)],
                }
            )
        )
        wizard.action_preview()
        wizard.line_ids.action_go()
        wizard.action_confirm()
        self.assertEqual(self.account.item_ids.filtered("delegated"), chosen)
        placement = self._transfer(self.account)
        self.assertEqual(placement.line_ids.scope, "items")
        self.assertEqual(placement.line_ids.item_ids.item_id, chosen)
        self.assertEqual(self.account.item_ids.filtered("delegated"), chosen)
        # nor what is invoiced later
        later = self._invoice(self.customer, 80.0, self._today())
        self.assertFalse(later.collection_item_ids.delegated)
        self.assertEqual(self.env["collection.account"]._refresh(self.account), 0)
