from hashlib import sha256
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.account_collection.tools.lot import is_drawn

from ..delegation.common import HandoverCommon

ACTIVITY = "account_collection.mail_activity_type_rule_proposal"


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 09:00:00")
class TestDelegationRule(HandoverCommon):
    """Whom the rules of a mandate propose, night after night."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.extent = "total"
        cls.mandate.user_id = cls.manager_user
        cls.rule = cls.mandate.rule_ids
        cls.other_mandate.rule_ids.active = False

    def setUp(self):
        super().setUp()
        # a test is not saved
        self.patch(self.registry["ir.cron"], "_commit_progress", lambda *a, **kw: 1)

    def _late(self, days, amount=100.0, segment=None, name=None):
        """A customer who is late by so many days."""
        partner = self._customer(name or f"Late {days} {amount}")
        due = self._today().fromordinal(self._today().toordinal() - days)
        self._invoice(partner, amount, due)
        account = self.account_of(partner)
        account.segment_id = segment or self.ordinary
        return account

    def _run_rules(self):
        self.mandate.rules_ran_on = False
        self.env["collection.mandate"]._cron_run_rules()
        placement = self.env["collection.placement"].search(
            [("mandate_id", "=", self.mandate.id)], order="id desc", limit=1
        )
        return placement.line_ids.account_id

    def _proposed(self):
        return self.env["collection.account"].search(
            [
                ("delegation_state", "=", "proposed"),
                ("company_id", "=", self.company.id),
            ]
        )

    def test_a_mandate_begins_with_the_days_of_the_segments(self):
        self.assertRecordValues(
            self.rule,
            [{"age_basis": "segment", "effect": "propose", "active": True}],
        )
        slow = self.env["collection.segment"].create(
            {"name": "Slow", "code": "test_slow", "delegate_after_days": 45}
        )
        ripe = self._late(45, segment=slow)
        self._late(44, segment=slow)
        self.ordinary.delegate_after_days = 10
        quick = self._late(10)
        self._late(9)
        self.assertEqual(self._run_rules(), ripe | quick)

    def test_proposed_approved_and_told_once(self):
        account = self._late(60)
        self._run_rules()
        placement = account.placement_line_id.placement_id
        self.assertRecordValues(
            placement,
            [{"state": "proposed", "by_rule": True, "mandate_id": self.mandate.id}],
        )
        line = placement.line_ids
        self.assertEqual(line.rule_id, self.rule)
        self.assertIn("60 days overdue", line.rule_reason)
        self.assertEqual(self.mandate.proposal_count, 1)
        told = self.mandate.activity_ids.filtered(
            lambda one: one.activity_type_id == self.env.ref(ACTIVITY)
        )
        self.assertEqual(told.user_id, self.manager_user)
        self._late(61)
        with freeze_time("2026-04-01 09:00:00"):
            self._run_rules()
            told = self.mandate.activity_ids.filtered(
                lambda one: one.activity_type_id == self.env.ref(ACTIVITY)
            )
            self.assertEqual(len(told), 1, "one for all that waits")
            self.assertIn("2", told.summary)
            self.assertEqual(len(self.mandate.placement_ids), 2, "one each day")
            placements = self.mandate.placement_ids.with_user(self.manager_user)
            placements.action_hand_over()
            self.assertEqual(set(placements.mapped("state")), {"handed_over"})
            self.assertEqual(
                {str(day) for day in placements.mapped("date")}, {"2026-04-01"}
            )
            self.assertEqual(account.delegation_state, "delegated")
            self.assertFalse(
                self.mandate.activity_ids.filtered(
                    lambda one: one.activity_type_id == self.env.ref(ACTIVITY)
                ),
                "done",
            )

    def test_once_a_day(self):
        self._late(60)
        mandates = self.env["collection.mandate"]
        mandates._cron_run_rules()
        self._late(61)
        mandates._cron_run_rules()
        self.assertEqual(len(self._proposed()), 1)
        with freeze_time("2026-04-01 09:00:00"):
            mandates._cron_run_rules()
            self.assertEqual(len(self._proposed()), 2)

    def test_who_may_not_go_is_not_proposed(self):
        """A rule adds no way around the rule of every hand-over."""
        self._late(60).reserved = True
        self._late(60, 101.0).segment_id = False
        self._late(60, 102.0).insolvency_date = "2026-03-01"
        self._hand_over(self._late(60, 103.0), self.other_mandate)
        self.mandate.min_amount = 110.0
        self._late(60, 109.0)
        good = self._late(60, 110.0)
        self.assertEqual(self._run_rules(), good)

    def test_partial_keeps_the_largest(self):
        self.mandate.extent = "partial"
        accounts = self._file(10)
        self.ordinary.delegate_after_days = 1
        self.assertEqual(self._run_rules(), accounts[2:])

    def test_amounts_days_and_segments(self):
        sme = self.env.ref("account_collection.segment_sme")
        self.rule.write(
            {
                "age_basis": "days",
                "days_from": 30,
                "amount_from": 200.0,
                "amount_to": 500.0,
                "segment_ids": [Command.set(sme.ids)],
            }
        )
        good = self._late(30, 200.0, sme) | self._late(31, 500.0, sme)
        self._late(29, 300.0, sme)
        self._late(30, 199.99, sme)
        self._late(30, 500.01, sme)
        self._late(30, 300.0)
        self.assertEqual(self._run_rules(), good)

    def test_not_reached_for_days(self):
        self.rule.write({"age_basis": "any", "contact_days": 10})
        reached, missed, never, long_ago = (
            self._late(60, 100.0 + number) for number in range(4)
        )
        for account, day, code in (
            (reached, "2026-03-22 10:00:00", "information_only"),
            (missed, "2026-03-22 10:00:00", "no_answer"),
            (long_ago, "2026-03-21 10:00:00", "information_only"),
        ):
            self.env["collection.call"].sudo().create(
                {**self._call_values(account, code), "date": day}
            )
        self.assertEqual(set(self._run_rules()), {missed, never, long_ago})

    def test_habit(self):
        self.rule.write({"age_basis": "any", "habit_count": 2})
        hardened, once, paid = (self._late(60, 100.0 + n) for n in range(3))
        broken = {hardened: 2, once: 1, paid: 2}
        for account, count in broken.items():
            for number in range(count):
                promise = self.env["collection.promise"].create(
                    {
                        "account_id": account.id,
                        "item_ids": [Command.set(account.item_ids.ids)],
                        "amount": 50.0,
                        "date_promised": f"2026-03-{31:02d}",
                    }
                )
                promise.flush_recordset()
                self.env.cr.execute(
                    "UPDATE collection_promise SET state = 'broken',"
                    " date_made = %s, date_promised = %s WHERE id = %s",
                    ["2026-03-01", f"2026-03-{10 + number}", promise.id],
                )
                promise.invalidate_recordset()
                self.env.cr.execute(
                    "UPDATE collection_item SET promise_id = NULL"
                    " WHERE account_id = %s",
                    [account.id],
                )
                account.item_ids.invalidate_recordset()
        self._pay(paid.item_ids.move_id, amount=10.0, date="2026-03-25")
        self.assertEqual(self._run_rules(), hardened)

    def test_share_is_a_lot_that_can_be_drawn_again(self):
        accounts = self._file(40)
        self.ordinary.delegate_after_days = 1
        self.rule.write({"share": 25.0, "seed": "spring"})
        drawn = accounts.filtered(
            lambda account: (
                int(sha256(f"spring:{account.id}".encode()).hexdigest()[:16], 16)
                < 2**62
            )
        )
        self.assertTrue(0 < len(drawn) < 40)
        self.assertEqual(set(self._run_rules()), set(drawn))
        # whoever was not drawn is not drawn on another night
        with freeze_time("2026-04-01 09:00:00"):
            self.env["collection.mandate"]._cron_run_rules()
            self.assertEqual(set(self._proposed()), set(drawn))
        self.assertTrue(all(is_drawn(number, "x", 100) for number in range(50)))
        with self.assertRaisesRegex(ValidationError, "seed"):
            self.rule.seed = False

    def test_at_most_so_many_a_night(self):
        self.rule.write({"age_basis": "any", "account_max": 2})
        accounts = self._file(5)
        self.assertEqual(self._run_rules(), accounts[:2])
        with freeze_time("2026-04-01 09:00:00"):
            self.assertEqual(self._run_rules(), accounts[2:4])

    def test_the_first_rule_takes_them(self):
        self.rule.write({"age_basis": "any", "amount_from": 150.0, "sequence": 1})
        second = self.rule.copy({"amount_from": 0.0, "sequence": 2, "name": "Rest"})
        large, small = self._late(60, 200.0), self._late(60, 100.0)
        self._run_rules()
        self.assertEqual(large.placement_line_id.rule_id, self.rule)
        self.assertEqual(small.placement_line_id.rule_id, second)
        self.assertEqual(
            large.placement_line_id.placement_id, small.placement_line_id.placement_id
        )

    def test_by_itself_only_where_the_mandate_says_so(self):
        account = self._late(60)
        with self.assertRaisesRegex(ValidationError, "does not say"):
            self.rule.effect = "automatic"
        self.mandate.rule_automatic = True
        self.rule.effect = "automatic"
        self._run_rules()
        self.assertEqual(account.delegation_state, "delegated")
        self.assertFalse(self.mandate.proposal_count)
        self.assertIn("Handed over to Provider One", account.message_ids[0].body)
        with self.assertRaisesRegex(ValidationError, "does not say"):
            self.mandate.rule_automatic = False

    def _refuse(self, lines, reason="About to be settled"):
        action = lines.with_user(self.manager_user).action_refuse()
        self.env["collection.proposal.refusal"].with_user(
            self.manager_user
        ).with_context(**action["context"]).create({"reason": reason}).action_refuse()

    def test_refused_rests(self):
        kept, goes = self._late(60), self._late(61)
        self._run_rules()
        placement = kept.placement_line_id.placement_id
        line = kept.placement_line_id
        self._refuse(line)
        self.assertRecordValues(
            line, [{"state": "refused", "reason": "About to be settled"}]
        )
        self.assertEqual(kept.delegation_state, "in_house")
        self.assertIn("About to be settled", kept.message_ids[0].body)
        placement.with_user(self.manager_user).action_hand_over()
        self.assertEqual(placement.account_count, 1)
        [[row]] = list(placement._get_list_batches())
        self.assertEqual(row["name"], goes.partner_id.name, "and not who was refused")
        with self.assertRaisesRegex(UserError, "taken back, not refused"):
            self._refuse(placement.line_ids.filtered(lambda one: one.state == "active"))
        with freeze_time("2026-04-29 09:00:00"):
            self.env["collection.mandate"]._cron_run_rules()
            self.assertEqual(kept.delegation_state, "in_house", "30 days of rest")
        with freeze_time("2026-04-30 09:00:00"):
            self.env["collection.mandate"]._cron_run_rules()
            self.assertEqual(kept.delegation_state, "proposed")

    def test_taken_back_rests(self):
        """Who came back is not proposed the very next night; who paid meanwhile, and
        owes again, is another matter."""
        back, returned, settled = (self._late(60 + days) for days in range(3))
        lines = self._hand_over(back | returned | settled).line_ids
        by_account = lines.grouped("account_id")
        by_account[back]._take_back("recalled", "Became strategic", "strategic")
        by_account[returned]._take_back("returned", "Cannot be found")
        self.mandate.revive_days = 1
        self._pay(settled.item_ids.move_id)
        self.env["collection.account"]._refresh()
        self.assertEqual(by_account[settled].state, "paid")
        with freeze_time("2026-04-20 09:00:00"):
            self._invoice(settled.partner_id, 70.0, "2026-03-01")
            self.env["collection.account"]._refresh()
            self.env["collection.mandate"]._cron_run_rules()
            self.assertEqual(self._proposed(), settled)
        with freeze_time("2026-04-30 09:00:00"):
            self.env["collection.mandate"]._cron_run_rules()
            self.assertEqual(self._proposed(), back | returned | settled)

    def test_all_refused_closes_the_proposal(self):
        account = self._late(60)
        self._run_rules()
        placement = account.placement_line_id.placement_id
        self._refuse(placement.line_ids)
        self.assertEqual(placement.state, "closed")
        self.assertFalse(self.mandate.proposal_count)

    def test_changed_between_proposal_and_approval(self):
        """Who may not go any more stays, and keeps nobody else."""
        reserved, paid, goes = (self._late(60, 100.0 + number) for number in range(3))
        self._run_rules()
        placement = goes.placement_line_id.placement_id
        reserved.reserved = True
        self._pay(paid.item_ids.move_id)
        with freeze_time("2026-04-03 09:00:00"):
            placement.with_user(self.manager_user).action_hand_over()
        by_account = placement.line_ids.grouped("account_id")
        self.assertEqual(by_account[goes].state, "active")
        self.assertEqual(by_account[reserved].state, "refused")
        self.assertEqual(by_account[reserved].reason, "Reserved")
        self.assertEqual(by_account[paid].state, "refused")
        self.assertIn("overdue", by_account[paid].reason)
        self.assertEqual(goes.item_ids.delegated, True)

    def test_one_that_fails_keeps_nobody_else(self):
        rule = (
            self.env["collection.delegation.rule"]
            .with_context(active_test=False)
            .search([("mandate_id", "=", self.other_mandate.id)])
        )
        rule.write({"active": True, "amount_to": 150.0, "age_basis": "any"})
        self.other_mandate.extent = "total"
        self.rule.amount_from = 151.0
        small, large = self._late(60, 100.0), self._late(60, 200.0)
        choose = type(self.rule)._choose

        def fail(rules, day):
            if rules.mandate_id == self.mandate:
                raise ValueError("broken")
            return choose(rules, day)

        with (
            patch.object(type(self.rule), "_choose", fail),
            mute_logger(
                "odoo.addons.account_collection.models.contract"
                ".collection_delegation_rule"
            ),
        ):
            self.env["collection.mandate"]._cron_run_rules()
        self.assertEqual(small.mandate_id, self.other_mandate)
        self.assertEqual(large.delegation_state, "in_house")
        self.assertFalse(self.mandate.rules_ran_on, "tried again")
        self.env["collection.mandate"]._cron_run_rules()
        self.assertEqual(large.mandate_id, self.mandate)

    def test_now(self):
        with self.assertRaisesRegex(UserError, "No customer meets"):
            self.mandate.with_user(self.manager_user).action_run_rules()
        account = self._late(60)
        self.mandate.with_user(self.manager_user).action_run_rules()
        self.assertEqual(account.delegation_state, "proposed")

    def test_for_managers(self):
        for user in (self.collector_user, self.agent_user, self.on_site_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.rule.with_user(user).name = "Mine"
                with self.assertRaises(AccessError):
                    self.mandate.with_user(user).action_run_rules()
        for user in (self.agent_user, self.on_site_user, self.supervisor_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.rule.with_user(user).read(["name"])

    def test_queries_do_not_grow(self):
        self.rule.write({"age_basis": "any", "account_max": 0})
        self._file(3)
        with self._count_queries() as few:
            self._run_rules()
        self._proposed().placement_line_id.placement_id.unlink()
        self._file(30)
        with self._count_queries() as many:
            self._run_rules()
        self.assertLess(many.total - few.total, 25)

    # ------------------------------------------------------------------
    # The contract
    # ------------------------------------------------------------------

    def _changes(self):
        """What the last amendment says, of those made by rules."""
        last = self.mandate.amendment_ids.sorted("number")[-1:]
        return {
            line.key: (line.before, line.after)
            for line in last.line_ids
            if line.key.startswith("rule")
        }

    def test_rules_that_propose_are_no_terms(self):
        self.mandate.with_user(self.manager_user).rule_ids.days_from = 12
        self.mandate.rule_rest_days = 5
        self.assertFalse(self.mandate._get_terms()["rules"])
        self.assertFalse(self._changes())

    def test_rules_that_hand_over_are_terms(self):
        """The provider has to take whom they choose: before and after stand in an
        amendment, as of whatever else both sides agreed on."""
        self.company.partner_id.lang = "en_US"
        key = f"rule-{self.rule.id}"
        mandate = self.mandate.with_user(self.manager_user)
        rule = self.rule.with_user(self.manager_user)
        mandate.rule_automatic = True
        self.assertFalse(self._changes(), "still nothing goes by itself")
        rule.write(
            {
                "effect": "automatic",
                "age_basis": "days",
                "days_from": 60,
                "amount_from": 100.0,
                "account_max": 20,
                "segment_ids": [Command.set(self.ordinary.ids)],
            }
        )
        text = self._changes()[key][1]
        self.assertEqual(
            text,
            "Ordinary; overdue for (days): 60; owe from "
            + self.company.currency_id.format(100.0)
            + "; at most per night: 20",
        )
        self.assertEqual(self._changes()[key][0], "")
        self.assertEqual(self._changes()["rule_rest_days"], ("", "30 days"))
        self.assertIn(
            text,
            [
                term.text
                for _title, terms in mandate._get_contract_sections()
                for term in terms
            ],
            "printed",
        )
        mandate.amendment_ids._note()
        with freeze_time("2026-04-02 09:00:00"):
            rule.days_from = 45
            self.assertEqual(self._changes(), {key: (text, text.replace("60", "45"))})
            mandate.amendment_ids._note()
        with freeze_time("2026-04-03 09:00:00"):
            rule.active = False
            self.assertEqual(
                {name: after for name, (_before, after) in self._changes().items()},
                {key: "", "rule_rest_days": ""},
            )

    def test_days_of_segments_are_what_the_rule_says(self):
        self.company.partner_id.lang = "en_US"
        mandate = self.mandate.with_user(self.manager_user)
        mandate.rule_automatic = True
        rule = self.rule.with_user(self.manager_user)
        rule.write(
            {
                "effect": "automatic",
                "segment_ids": [Command.set(self.ordinary.ids)],
            }
        )
        mandate.amendment_ids._note()
        self.ordinary.with_user(self.manager_user).delegate_after_days = 12
        [(before, after)] = self._changes().values()
        self.assertIn("Ordinary 30", before)
        self.assertIn("Ordinary 12", after)
