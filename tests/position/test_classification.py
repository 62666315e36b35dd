from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestClassification(CollectionCommon):
    """Customers find their segment by the first rule they meet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule_model = cls.env["collection.segment.rule"]
        cls.default_rules = cls.rule_model.search([])
        cls.sme = cls.env.ref("account_collection.segment_sme")
        cls.vse = cls.env.ref("account_collection.segment_vse")
        cls.key = cls.env.ref("account_collection.segment_key_account")
        cls.consumer = cls.env.ref("account_collection.segment_consumer")

    def _account(self, name, turnover=0.0, date="2026-03-01", **values):
        partner = self._customer(name, **values)
        if turnover:
            self._invoice(partner, turnover, "2026-03-31", date=date)
        return self.env["collection.account"]._get_or_create(partner, self.company)

    def _rule(self, segment, sequence=1, **values):
        return self.rule_model.create(
            {
                "name": f"Rule {sequence}",
                "segment_id": segment.id,
                "sequence": sequence,
                **values,
            }
        )

    def _segment(self, account):
        segment, _rule = self.rule_model._classify(account).get(account, (None, None))
        return segment

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    def test_first_match_wins(self):
        self.default_rules.active = False
        account = self._account("Lyon", city="Lyon")
        second = self._rule(self.vse, 20, domain="[('city', '=', 'Lyon')]")
        self.assertEqual(
            self.rule_model._classify(account), {account: (self.vse, second)}
        )
        first = self._rule(self.sme, 10, domain="[('city', 'ilike', 'ly')]")
        self.assertEqual(
            self.rule_model._classify(account), {account: (self.sme, first)}
        )

    def test_no_rule_matches(self):
        self.default_rules.active = False
        self._rule(self.sme, domain="[('city', '=', 'Lyon')]")
        self.assertEqual(self.rule_model._classify(self._account("Paris")), {})

    def test_rank(self):
        self.default_rules.active = False
        accounts = self.env["collection.account"]
        for position in range(20):
            accounts |= self._account(f"Rank {position}", turnover=2000.0 - position)
        idle = self._account("Idle")
        rule = {"turnover_basis": "rank"}
        self._rule(self.key, 1, rank_from_percent=0, rank_to_percent=5, **rule)
        self._rule(self.sme, 2, rank_from_percent=5, rank_to_percent=20, **rule)
        self._rule(self.vse, 3, rank_from_percent=20, rank_to_percent=100, **rule)
        segments = [
            segment for segment, _rule in self.rule_model._classify(accounts).values()
        ]
        self.assertEqual(segments.count(self.key), 1)
        self.assertEqual(segments.count(self.sme), 3)
        self.assertEqual(segments.count(self.vse), 16)
        self.assertEqual(self._segment(accounts[0]), self.key)
        self.assertEqual(self._segment(accounts[4]), self.vse, "ranked in the file")
        self.assertFalse(self._segment(idle), "no turnover, no rank")

    def test_amount(self):
        self.default_rules.active = False
        self._rule(
            self.sme,
            turnover_basis="amount",
            turnover_from=1000.0,
            turnover_to=2000.0,
        )
        self.assertFalse(self._segment(self._account("A", 999.99)))
        self.assertEqual(self._segment(self._account("B", 1000.0)), self.sme)
        self.assertFalse(self._segment(self._account("C", 2000.0)))
        self.assertFalse(self._segment(self._account("D", 1500.0, date="2025-03-31")))
        self.assertEqual(
            self._segment(self._account("E", 1500.0, date="2025-04-01")), self.sme
        )

    def test_rules_of_another_company(self):
        self.default_rules.active = False
        other = self.setup_other_company()["company"]
        rule = self._rule(self.sme, company_id=other.id)
        account = self._account("Nord 2")
        self.assertFalse(self._segment(account))
        rule.company_id = self.company
        self.assertEqual(self._segment(account), self.sme)

    def test_bad_domain(self):
        for domain in (
            "[('no_such_field', '=', 1)]",
            "[('name', '=', ",
            "[('name', 'resembles', 'x')]",
            "'name'",
            "[('id', '>', 'abc')]",
        ):
            with (
                self.subTest(domain=domain),
                mute_logger("odoo.sql_db"),
                self.assertRaisesRegex(ValidationError, "“Rule 7”"),
            ):
                self._rule(self.sme, 7, domain=domain)

    def test_domain_gone_bad(self):
        rule = self._rule(self.sme, 3)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_segment_rule SET domain = %s WHERE id = %s",
            ["[('x_gone', '=', 1)]", rule.id],
        )
        rule.invalidate_recordset()
        with self.assertRaisesRegex(ValidationError, "“Rule 3”"):
            self.rule_model._classify(self._account("Nord 3"))

    def test_default_rules(self):
        tag = {
            code: self.env.ref(f"account_collection.partner_category_{code}").id
            for code in ("strategic", "sensitive", "public", "craft", "liberal")
        }
        industry = {
            code: self.env.ref(f"base.res_partner_industry_{code}").id for code in "FMO"
        }
        cases = {
            "strategic": {"category_id": [Command.link(tag["strategic"])]},
            "sensitive": {"category_id": [Command.link(tag["sensitive"])]},
            "public": {"company_registry": "21750001600019"},
            "craft": {"category_id": [Command.link(tag["craft"])]},
            "liberal": {"category_id": [Command.link(tag["liberal"])]},
            "consumer": {"is_company": False},
            "vse": {},
        }
        accounts = {
            code: self._account(f"Default {code}", 100.0, **values)
            for code, values in cases.items()
        }
        accounts["key_account"] = self._account("Default key", 90000.0)
        more = {
            "public": self._account("Ministry", 100.0, industry_id=industry["O"]),
            "craft": self._account("Mason", 100.0, industry_id=industry["F"]),
            "liberal": self._account("Notary", 100.0, industry_id=industry["M"]),
            "sme": self._account("Medium", 20000.0),
            "consumer": self._account("Person", 0.0, is_company=False),
        }
        for code, account in (*accounts.items(), *more.items()):
            with self.subTest(name=account.display_name):
                self.assertEqual(self._segment(account).code, code)

    def test_queries_do_not_grow_with_the_file(self):
        def count_queries(accounts):
            with self._count_queries() as counter:
                self.rule_model._classify(accounts)
            return counter.total

        accounts = self.env["collection.account"]
        for position in range(50):
            accounts |= self._account(f"Many {position}")
        few = count_queries(accounts[:2])
        self.assertLessEqual(count_queries(accounts), few)

    # ------------------------------------------------------------------
    # Wizard
    # ------------------------------------------------------------------

    def _preview(self, user=None):
        wizard = (
            self.env["collection.classify"]
            .with_user(user or self.manager_user)
            .create({})
        )
        wizard.action_preview()
        return wizard

    def _line(self, wizard, account):
        return wizard.line_ids.filtered(lambda line: line.account_id == account)

    def test_new_customers_are_classified_at_night(self):
        self.default_rules.active = False
        self._rule(self.sme, domain="[('city', '=', 'Lyon')]")
        new = self._account("New", city="Lyon")
        unknown = self._account("Unknown", city="Paris")
        known = self._account("Known", city="Lyon")
        known.write({"segment_id": self.vse.id, "segment_locked": False})
        by_hand = self._account("By hand", city="Lyon")
        by_hand.write({"segment_id": False, "segment_locked": True})
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_classify"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(new.segment_id, self.sme)
        self.assertFalse(new.segment_locked)
        self.assertFalse(unknown.segment_id)
        self.assertEqual(known.segment_id, self.vse)
        self.assertFalse(by_hand.segment_id)

    def test_preview_then_apply(self):
        self.default_rules.active = False
        self._rule(self.sme, 1, domain="[('city', '=', 'Lyon')]")
        lyon = self._account("Lyon", city="Lyon")
        paris = self._account("Paris", city="Paris")
        settled = self._account("Lyon too", city="Lyon")
        settled.write({"segment_id": self.sme.id, "segment_locked": False})
        wizard = self._preview()
        self.assertEqual(self._line(wizard, lyon).outcome, "change")
        self.assertEqual(self._line(wizard, lyon).segment_id, self.sme)
        self.assertEqual(self._line(wizard, paris).outcome, "unmatched")
        self.assertEqual(self._line(wizard, settled).outcome, "same")
        self.assertEqual(wizard.change_count, 1)
        self.assertFalse(lyon.segment_id, "a preview changes nothing")
        wizard.action_apply()
        self.assertEqual(lyon.segment_id, self.sme)
        self.assertFalse(lyon.segment_locked)
        self.assertFalse(paris.segment_id)
        self.assertEqual(self._preview().change_count, 0)

    def test_set_by_hand_is_left_alone(self):
        self.default_rules.active = False
        self._rule(self.sme, 1)
        account = self._account("By hand")
        account.with_user(self.manager_user).segment_id = self.vse
        self.assertTrue(account.segment_locked)
        wizard = self._preview()
        self.assertEqual(self._line(wizard, account).outcome, "locked")
        self.assertEqual(wizard.locked_count, 1)
        wizard.action_apply()
        self.assertEqual(account.segment_id, self.vse)

    def test_set_by_hand_after_the_preview(self):
        self.default_rules.active = False
        self._rule(self.sme, 1)
        account = self._account("Meanwhile")
        wizard = self._preview()
        account.segment_id = self.vse
        wizard.action_apply()
        self.assertEqual(account.segment_id, self.vse)

    def test_customers_without_account_get_one(self):
        new = self._customer("Prospect", customer_rank=1)
        supplier = self._customer("Supplier")
        wizard = self._preview()
        self.assertIn(new, wizard.line_ids.account_id.partner_id)
        self.assertNotIn(supplier, wizard.line_ids.account_id.partner_id)

    def test_shared_customers_of_another_company(self):
        other = self.setup_other_company()
        partner = self._customer("Shared", customer_rank=1)
        self._invoice(partner, 10.0, "2026-03-01", company_data=other)
        self._preview()
        self.assertFalse(self.account_of(partner))

    def test_apply_once(self):
        self._account("Once")
        wizard = self._preview()
        wizard.action_apply()
        with self.assertRaisesRegex(UserError, "once only"):
            wizard.action_apply()

    def test_reserved_by_its_segment(self):
        account = self._account("Tagged")
        account.partner_id.category_id = self.env.ref(
            "account_collection.partner_category_strategic"
        )
        self._preview().action_apply()
        self.assertEqual(account.delegation_state, "reserved")

    def test_managers_only(self):
        with self.assertRaises(AccessError):
            self._preview(user=self.collector_user)
        with self.assertRaises(AccessError):
            self.rule_model.with_user(self.collector_user).create(
                {"name": "x", "segment_id": self.sme.id}
            )
