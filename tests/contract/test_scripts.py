from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import Form, freeze_time, tagged

from ..contact.common import NOW, CallCommon


@freeze_time(NOW)
class ScriptCommon(CallCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.collector_user | cls.agent_user | cls.on_site_user).lang = "en_US"
        cls.company.partner_id.lang = "en_US"
        cls.segment = cls.env["collection.segment"].create(
            {"name": "Tests", "code": "tests"}
        )
        (cls.account | cls.delegated).segment_id = cls.segment
        # as narrow as a general one can be
        cls.general = cls.env["collection.script"].create(
            {
                "name": "General",
                "opening": "General opening",
                "closing": "General closing",
                "segment_ids": cls.segment.ids,
                "debtor_type": cls.delegated._get_debtor_type(),
                "handling": "standard",
                "tone": cls.delegated._get_script_tone(),
                "mode": "in_name",
                "company_id": cls.company.id,
            }
        )
        cls.script = cls._script(cls.mandate, opening="Own opening")

    @classmethod
    def _script(cls, mandate, **values):
        return (
            cls.env["collection.script"]
            .with_user(cls.manager_user)
            .create({"name": "Own", "mandate_id": mandate.id, **values})
        )


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestMandateScripts(ScriptCommon):
    """What was agreed on with a provider is what its people say, and they alone."""

    def _talk(self, user, account=None):
        return (account or self.delegated).with_user(user)._get_call_script()

    def test_own_before_general(self):
        for user in (self.agent_user, self.on_site_user):
            talk = self._talk(user)
            with self.subTest(user=user.login):
                self.assertEqual(talk["opening"], "Own opening")
                # what it does not say itself
                self.assertEqual(talk["closing"], "General closing")
        self.script.active = False
        self.assertEqual(self._talk(self.agent_user)["opening"], "General opening")

    def test_nobody_else_s(self):
        """Not in-house, not of another mandate, not of another customer."""
        other = self._script(self.other_mandate, opening="Other opening")
        for user, account in (
            (self.collector_user, self.delegated),
            (self.collector_user, self.account),
        ):
            with self.subTest(account=account.display_name):
                opening = self._talk(user, account)["opening"]
                self.assertNotIn(opening, ("Own opening", "Other opening"))
        self.assertEqual(self._talk(self.agent_user)["opening"], "Own opening")
        other.mandate_id = self.mandate
        other.tone = self.delegated._get_script_tone()
        self.assertEqual(
            self._talk(self.agent_user)["opening"],
            "Other opening",
            "of two of the mandate's own the narrower",
        )

    def test_tone_is_read_by_the_provider_s_people(self):
        self.mandate.tone_terms = "Never a threat"
        for user in (self.agent_user, self.on_site_user):
            with self.subTest(user=user.login):
                self.assertEqual(self._talk(user)["manner"], "Never a threat")
                self.assertIn(
                    "Never a threat",
                    self.delegated.with_user(user)._get_talk_html(),
                )
        self.assertEqual(self._talk(self.collector_user)["manner"], "")

    def test_placeholders_and_words(self):
        for opening in ("Hello {somebody}", "Or we call the police"):
            if opening.startswith("Or"):
                self.env["collection.forbidden.word"].create(
                    {"name": "police", "reason": "A test"}
                )
            with self.subTest(opening=opening), self.assertRaises(ValidationError):
                self._script(self.mandate, opening=opening)

    def test_of_one_company_and_of_no_caller(self):
        self.assertEqual(self.script.company_id, self.company)
        with self.assertRaises(ValidationError):
            self.script.mode = "in_house"
        with self.assertRaises(ValidationError):
            self.script.company_id = False
        with Form(self.env["collection.script"].with_user(self.manager_user)) as form:
            form.name = "Typed"
            form.opening = "Typed"
            form.mode = "in_house"
            form.mandate_id = self.mandate
        self.assertRecordValues(
            form.record,
            [{"mode": False, "company_id": self.company.id}],
        )

    def test_preview_is_of_its_customers(self):
        self.mandate.mode = "on_behalf"
        self.script.opening = "For {company}, {provider}"
        self.assertEqual(self.script.preview_account_id, self.delegated)
        self.assertIn(self.provider.name, self.script.preview_html)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestScriptsAreTerms(ScriptCommon):
    """Tone and scripts stand in the contract, and change by amendment."""

    def _terms(self):
        return {
            term.label: term.text
            for term in self.mandate._get_terms().get("scripts", [])
        }

    def test_in_the_contract(self):
        self.script.write(
            {
                "tone": "firm",
                "segment_ids": self.segment.ids,
                "line_ids": [
                    Command.create({"name": "Say the amount", "answer": "First"}),
                    Command.create(
                        {"kind": "objection", "name": "No money", "answer": "When?"}
                    ),
                ],
            }
        )
        self.mandate.tone_terms = "Never a threat"
        self.assertEqual(
            self._terms(),
            {
                "Tone": "Never a threat",
                "Own: For": "Tests; Firm",
                "Own: Opening": "Own opening",
                "Own: Talking Points": "Say the amount – First",
                "Own: Objections": "No money – When?",
            },
        )

    def test_nothing_agreed(self):
        self.script.unlink()
        self.assertEqual(self._terms(), {})

    def _changes(self):
        return [
            (line.name, line.before, line.after)
            for line in self.mandate.amendment_ids.line_ids
        ]

    def test_each_change_is_an_amendment(self):
        self.mandate.sudo().amendment_ids.unlink()
        self.script.opening = "New opening"
        self.assertEqual(
            self._changes(), [("Own: Opening", "Own opening", "New opening")]
        )
        self.script.line_ids = [Command.create({"name": "Say the amount"})]
        line = self.script.line_ids
        line.name = "Say the date"
        self.assertEqual(
            self._changes()[1:], [("Own: Talking Points", "", "Say the date")]
        )
        line.unlink()
        self.assertEqual(len(self._changes()), 1)
        self.script.opening = "Own opening"
        self.assertFalse(self._changes())
        self.mandate.tone_terms = "Never a threat"
        self.script.active = False
        self.assertEqual(
            sorted(name for name, _before, _after in self._changes()),
            ["Own: For", "Own: Opening", "Tone"],
        )

    def test_translated_words_are_an_amendment(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.mandate.sudo().amendment_ids.unlink()
        self.script.update_field_translations("opening", {"en_US": "Translated"})
        self.assertEqual(
            self._changes(), [("Own: Opening", "Own opening", "Translated")]
        )

    def test_general_ones_are_no_term(self):
        self.mandate.sudo().amendment_ids.unlink()
        self.general.opening = "Another general opening"
        self.assertFalse(self._changes())

    def test_a_copy_takes_them_along(self):
        copied = self.mandate.copy()
        self.assertEqual(copied.script_ids.opening, "Own opening")
        self.assertNotEqual(copied.script_ids, self.script)
