from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from .common import CallCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 09:00:00")
class TestCallScript(CallCommon):
    """What the caller says: the narrowest script, today's figures, the law."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.collector_user | cls.agent_user).lang = "en_US"
        cls.segment = cls.env["collection.segment"].create(
            {"name": "Tests", "code": "tests"}
        )
        cls.account.segment_id = cls.segment

    def _talk(self, account=None):
        return (account or self.mine)._get_call_script()

    def _refers(self, sentences, *words):
        text = " ".join(sentences)
        for word in words:
            self.assertIn(word, text)

    # ------------------------------------------------------------------
    # Which words
    # ------------------------------------------------------------------

    def _reach_level(self):
        self.account.item_ids.level_id = self.level_1
        self.env["collection.account"]._refresh(self.account)

    def test_stages_of_a_business(self):
        expected = {
            "courteous": "Have the invoices arrived",
            "firm": "Ask for payment today",
            "formal": "Speak to whoever decides",
        }
        for tone, words in expected.items():
            self.level_1.tone = tone
            self._reach_level()
            talk = self._talk()
            with self.subTest(tone=tone):
                self._refers([name for name, _how in talk["points"]], words)
                # what it does not say itself, it takes from the general one
                self._refers([name for name, _how in talk["objections"]], "cheque")
                self.assertIn("Thank you for your time", talk["closing"])

    def test_kinds_of_customers(self):
        for values, words in (
            ({"debtor_type": "public"}, "payment order"),
            ({"debtor_type": "consumer"}, "nobody else"),
            ({"debtor_type": "private", "handling": "strategic"}, "Look at the file"),
            ({"debtor_type": "private", "handling": "sensitive"}, "Look at the file"),
        ):
            with self.subTest(values=values):
                self.segment.write({"handling": "standard", **values})
                self._refers([name for name, _how in self._talk()["points"]], words)

    def test_narrower_wins(self):
        scripts = self.env["collection.script"]
        general = scripts.create({"name": "A", "opening": "A", "sequence": 1})
        self.assertNotEqual(self._talk()["opening"], "A")
        general.segment_ids = self.segment
        self.assertEqual(self._talk()["opening"], "A")
        scripts.create(
            {
                "name": "B",
                "opening": "B",
                "segment_ids": self.segment.ids,
                "mode": "in_house",
            }
        )
        self.assertEqual(self._talk()["opening"], "B")
        self.assertTrue(self._talk()["points"], "the others' parts stay")
        general.copy({"opening": "C", "company_id": self.company.id, "mode": "in_name"})
        self.assertEqual(self._talk()["opening"], "B")

    def test_company_behind_the_caller(self):
        for mode in ("in_name", "on_behalf"):
            self.mandate.mode = mode
            talk = self._talk(self.theirs)
            said = str(talk)
            with self.subTest(mode=mode):
                self.assertIn(self.company.name, talk["opening"])
                self.assertIn(self.agent.name, talk["opening"])
                self.assertEqual(self.provider.name in said, mode == "on_behalf")
                self.assertEqual(self.mandate.number in said, mode == "on_behalf")
        # the company itself calls in its own name, whoever works the customer
        talk = self._talk(self.delegated.with_user(self.collector_user))
        self.assertNotIn(self.provider.name, str(talk))

    def test_first_letter_of_the_provider_is_named(self):
        self.mandate.mode = "on_behalf"
        self.assertNotIn("our letter", self._talk(self.theirs)["opening"])
        letter = self.delegated._write_letter("mandate_notice")
        letter._set_numbers(["L/2026/00077"])
        letter._mark_sent()
        self.env.invalidate_all()
        self.assertIn(f"our letter {letter.number}", self._talk(self.theirs)["opening"])

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def test_figures_of_the_day(self):
        opening = self._talk()["opening"]
        self._refers([opening], "1,250.00", self.late.move_name, "03/01/2026")
        self._pay(self.late.move_id, date="2026-03-31")
        opening = self._talk()["opening"]
        self._refers([opening], "250.00", self.later.move_name)
        self.assertNotIn("1,250.00", opening)
        self._pay(self.later.move_id, date="2026-03-31")
        opening = self._talk()["opening"]
        self.assertIn(self.company.name, opening)
        self.assertNotIn("past due", opening, "a line without figures is left out")

    def test_what_is_disputed_is_not_asked_for(self):
        self._log(
            "dispute",
            {
                "dispute": {
                    "reason_id": self._dispute_reason("price").id,
                    "item_ids": self.late.ids,
                    "amount": 300.0,
                }
            },
        )
        self._refers([self._talk()["opening"]], "950.00")

    def test_broken_promise(self):
        self.level_1.tone = "firm"
        self._reach_level()
        self._log("promise", self._promise(amount=700.0, date_promised="2026-04-01"))
        self.assertNotIn("700.00", self._talk()["opening"])
        with freeze_time("2026-04-20 09:00:00"):
            self.env["collection.promise"]._follow_ledger()
            self._refers([self._talk()["opening"]], "promised us", "700.00")

    def test_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        talk = self._talk()
        self.assertEqual(talk["lang"], "fr_FR")
        self._refers([talk["opening"]], "1\N{NO-BREAK SPACE}250,00")
        self.customer.lang = "en_US"
        self.assertEqual(self._talk()["lang"], "en_US")

    # ------------------------------------------------------------------
    # The law
    # ------------------------------------------------------------------

    def _rates(self, rate):
        self.env["collection.reference.rate"].search([]).unlink()
        self.env["collection.reference.rate"].create(
            [
                {"index": index, "date_from": "2026-01-01", "rate": rate}
                for index in ("ecb_mro", "fr_legal_pro", "fr_legal_individual")
            ]
        )

    def test_law_between_businesses(self):
        self._rates(2.0)
        # 1,000 x 12 % x 30 / 365 + 250 x 12 % x 16 / 365 = 9.86 + 1.32
        self._refers(
            self._talk()["law"], "12.00 %", "11.18", "L441-10", "40.00", "80.00"
        )

    def test_law_of_public_buyers(self):
        self._rates(2.0)
        self.segment.debtor_type = "public"
        # ECB + 8: 8.22 + 1.10
        self._refers(self._talk()["law"], "10.00 %", "9.32", "R2192-31", "80.00")

    def test_law_of_consumers(self):
        self._rates(2.0)
        self.segment.debtor_type = "consumer"
        law = self._talk()["law"]
        self._refers(law, "none is claimed today", "no recovery indemnity")
        self.assertNotIn("40", " ".join(law))

    def test_law_without_figures(self):
        self.env["collection.reference.rate"].search([]).unlink()
        law = self._talk()["law"]
        self._refers(law, "without any reminder", "L441-10")
        self.assertNotIn("%", " ".join(law), "no figure rather than a wrong one")
        self.account.insolvency_date = "2026-03-30"
        self.assertFalse(self._talk()["law"])

    # ------------------------------------------------------------------
    # Wording
    # ------------------------------------------------------------------

    def test_words_are_checked(self):
        script = self.env.ref("account_collection.script_general")
        line = script.objection_ids[0]
        for record, values, message in (
            (script, {"opening": "Dear {custmer}"}, r"\{custmer\}"),
            (script, {"closing": "Our bailiffs will call"}, "bailiff"),
            (line, {"answer": "Or it is {total}"}, r"\{total\}"),
            (line, {"name": "“Bailiff?”"}, "bailiff"),
            (script, {"opening": False, "closing": False, "line_ids": [(5,)]}, "says"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, message),
                self.cr.savepoint(),
            ):
                record.write(values)

    def test_standard_scripts_are_clean(self):
        scripts = self.env["collection.script"].search([])
        self.assertGreaterEqual(len(scripts), 8)
        scripts._check_wording()
        scripts.line_ids._check_wording()

    def test_preview(self):
        script = self.env.ref("account_collection.script_careful")
        with Form(script.with_user(self.manager_user)) as form:
            form.preview_account_id = self.account
            self.assertIn("1,250.00", form.preview_html)
            form.opening = "Hello {customer}"
            self.assertIn("Hello Nord", form.preview_html)
        self.assertEqual(script.opening, "Hello {customer}")

    def test_scripts_are_not_the_collectors(self):
        script = self.env.ref("account_collection.script_general")
        for user in (self.collector_user, self.agent_user):
            with self.assertRaises(UserError):
                script.with_user(user).name = "Mine"
