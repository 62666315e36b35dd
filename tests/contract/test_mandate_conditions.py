import base64
from datetime import date

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from .common import ContractCommon

COPY = base64.b64encode(b"%PDF-1.4 a copy")


class ConditionCommon(ContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.law = {
            "mode": "on_behalf",
            "reference": "PR-77",
            "guarantee_terms": "Up to 500,000",
            "price_terms": "8 % of what is received",
        }

    def _paper(self, kind, **values):
        return self.env["collection.mandate.document"].create(
            {
                "mandate_id": self.contract.id,
                "kind": kind,
                "name": f"No. {kind}",
                "document": COPY,
                "date_end": "2026-12-31" if kind == "insurance" else False,
                **values,
            }
        )

    def _agree(self):
        self.contract.action_approve()
        self._approve_for_provider()


@tagged("post_install", "-at_install")
class TestMandateConditions(ConditionCommon):
    """Nobody is called before the contract says what the law wants it to say."""

    def test_each_mention_is_asked_for(self):
        self.contract.write(dict.fromkeys(self.law, False) | {"mode": "on_behalf"})
        self._agree()
        for action in ("action_pilot", "action_start"):
            with self.assertRaises(UserError) as refused:
                getattr(self.contract, action)()
            for part in (
                "provider's liability",
                "what the provider is paid",
                "provider's reference",
                "Professional liability insurance",
                "Declaration to the public prosecutor",
                "Account kept for what is collected",
            ):
                self.assertIn(part, str(refused.exception))
        self.contract.write(self.law)
        for kind in ("insurance", "declaration"):
            self._paper(kind)
        with self.assertRaisesRegex(UserError, "Account kept") as refused:
            self.contract.action_pilot()
        self.assertNotIn("insurance", str(refused.exception))
        self._paper("account")
        self.contract.action_pilot()
        self.assertEqual(self.contract.state, "pilot")

    def test_in_the_company_s_name_the_law_asks_less(self):
        self._agree()
        self.contract.action_pilot()

    def test_paper_must_be_there_and_hold(self):
        self.contract.write(self.law)
        self._paper("declaration")
        self._paper("account")
        for values in ({"document": False}, {"date_end": "2026-03-31"}):
            paper = self._paper("insurance", **values)
            if self.contract.state == "study":
                self._agree()
            # the mandate begins on 1 April
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, "valid"),
            ):
                self.contract.action_pilot()
            paper.unlink()
        self._paper("insurance", date_end="2026-04-01")
        self.contract.action_pilot()

    def test_personal_data(self):
        for name in ("data_contact", "sub_processors", "data_security"):
            self.contract.write(
                {"data_contact": "X", "sub_processors": "X", "data_security": "X"}
            )
            self.contract[name] = False
            with self.subTest(name=name):
                self.assertEqual(len(self.contract._get_missing("pilot")), 1)
                self.assertFalse(
                    any(
                        "data" in sentence
                        for sentence in self.contract._get_missing("agreed")
                    )
                )

    def test_running_mandate_does_not_turn(self):
        """Into one for the account of the company, without what that needs."""
        self.mandate.document_ids.filtered(lambda x: x.kind == "insurance").unlink()
        with self.assertRaisesRegex(UserError, "liability insurance"):
            self.mandate.mode = "on_behalf"

    def test_what_cannot_be(self):
        for vals in (
            {"data_breach_hours": 73},
            {"data_breach_hours": 0},
            {"remittance_days": 0},
            {"notice_days": -1},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaises(CheckViolation),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.contract.write(vals)
        with (
            self.assertRaises(CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._paper("insurance", date_end=False)

    def test_first_review_is_planned(self):
        self.contract.review_months = 2
        self._objective("cei", 80.0, "2026-12-31", baseline_reason="A new file")
        self._agree()
        self.assertEqual(
            self.contract.review_ids.mapped("date"), [date(2026, 6, 1)], "from April on"
        )
        self.contract.action_pilot()
        self.contract.action_start()
        self.assertEqual(len(self.contract.review_ids), 1)

    def test_papers_are_terms(self):
        paper = self._paper("insurance", issuer="Insurer")
        self.assertIn(
            "No. insurance, Insurer, valid until 12/31/2026",
            [term.text for term in self.contract._get_terms()["papers"]],
        )
        self._agree()
        paper.date_end = "2027-12-31"
        self.assertEqual(
            [
                (line.name, line.before, line.after)
                for line in self.contract.amendment_ids.line_ids
            ],
            [
                (
                    "Professional liability insurance",
                    "No. insurance, Insurer, valid until 12/31/2026",
                    "No. insurance, Insurer, valid until 12/31/2027",
                )
            ],
        )
        paper.unlink()
        self.assertEqual(self.contract.amendment_ids.line_ids.after, "")

    def test_who_sees_the_papers(self):
        paper = self._paper("insurance")
        paper.with_user(self.collector_user).read(["name"])
        with self.assertRaises(AccessError):
            paper.with_user(self.collector_user).name = "Mine"
        for user in (
            self.agent_user,
            self.supervisor_user,
            self.on_site_user,
            self.plain_internal_user,
            self.accountant_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                paper.with_user(user).read(["name"])


@tagged("post_install", "-at_install")
class TestPapersRunOut(ConditionCommon):
    """Whoever answers for the mandate is told, once before and once after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract.write(cls.law)

    def _warn(self, day):
        with freeze_time(f"{day} 02:00:00"):
            self.env["collection.mandate.document"]._cron_warn()
        return self.contract.activity_ids.mapped("summary")

    def test_once_before_and_once_after(self):
        paper = self._paper("insurance", date_end="2026-06-30")
        self._agree()
        self.assertEqual(self._warn("2026-05-30"), [])
        [soon] = self._warn("2026-05-31")
        self.assertIn("runs out on 06/30/2026", soon)
        self.assertEqual(self.contract.activity_ids.user_id, self.manager_user)
        self.assertEqual(self._warn("2026-06-01"), [soon])
        # the last day is a good one
        self.assertEqual(self._warn("2026-06-30"), [soon])
        self.assertEqual(len(self._warn("2026-07-01")), 2)
        self.assertEqual(len(self._warn("2026-07-02")), 2)
        paper.date_end = "2027-06-30"
        self.assertEqual(len(self._warn("2026-07-03")), 2)
        self.assertEqual(len(self._warn("2027-06-15")), 3)

    def test_a_newer_one_is_there(self):
        self._paper("insurance", date_end="2026-06-30")
        self._paper("insurance", date_end="2027-06-30")
        self._agree()
        self.assertEqual(self._warn("2026-06-15"), [])

    def test_not_of_what_is_no_contract(self):
        self._paper("insurance", date_end="2026-06-30")
        self.assertEqual(self._warn("2026-06-15"), [])
        self._agree()
        self.contract.action_end()
        self.assertEqual(self._warn("2026-06-15"), [])

    def test_responsible_has_left(self):
        self._paper("insurance", date_end="2026-06-30")
        self._agree()
        other = self._user("collection_next_manager", "group_collection_manager")
        self.assertIn(self.company, other.company_ids)
        self.manager_user.active = False
        self._warn("2026-06-15")
        self.assertNotIn(self.manager_user, self.contract.activity_ids.user_id)
        self.assertTrue(self.contract.activity_ids)


@tagged("post_install", "-at_install")
class TestContractDocument(ConditionCommon):
    """The contract prints as one document, in the language of the company."""

    def _print(self, report="action_report_mandate"):
        content, kind = self.env["ir.actions.report"]._render_qweb_html(
            f"account_collection.{report}", self.contract.ids
        )
        self.assertEqual(kind, "html")
        return content.decode()

    def test_says_what_was_agreed(self):
        self.contract.write(self.law)
        self._paper("insurance", issuer="Insurer")
        self._agree()
        self.contract.min_days_overdue = 45
        html = self._print()
        for part in (
            self.contract.number,
            "R124-1 to R124-7",
            "Up to 500,000",
            "8 % of what is received",
            "No. insurance, Insurer",
            self.provider.name,
            self.company.name,
            "Amendments",
            "<td>45 days",
            "article 28",
            "Accounts by name",
            self.agent.name,
        ):
            with self.subTest(part=part):
                self.assertIn(part, html.replace('<td class="said">', "<td>"))

    def test_in_the_company_s_name(self):
        html = self._print()
        self.assertNotIn("R124", html)
        self.assertIn("the provider receives", html)

    def test_annex_alone(self):
        html = self._print("action_report_mandate_data")
        self.assertIn("article 28", html)
        self.assertNotIn("Object", html)

    def test_when_customers_are_called(self):
        """One line for all segments of the same rule, of those that may go."""
        segments = self.env["collection.segment"].create(
            [
                {"name": "Bakers", "code": "t1"},
                {"name": "Butchers", "code": "t2"},
                {
                    "name": "Bars",
                    "code": "t3",
                    "call_hour_from": 10.5,
                    "call_hour_to": 16.0,
                    "call_saturday": True,
                    "call_max_day": 2,
                    "call_max_week": 0,
                },
            ]
        )
        self.contract.segment_ids = segments
        title, terms = self.contract._get_contract_sections()[-1]
        self.assertEqual(title, "When Customers Are Called")
        self.assertEqual(
            [(term.label, term.text) for term in terms],
            [
                (
                    "Bakers, Butchers",
                    "from 09:00 to 18:00 on working days; at most 1 a day; at most 3 a "
                    "week",
                ),
                ("Bars", "from 10:30 to 16:00, on Saturdays too; at most 2 a day"),
            ],
        )
        self.contract.segment_ids = False
        [never] = self.env["collection.segment"].create(
            [{"name": "Never", "code": "t4", "delegation": "never"}]
        )
        printed = self._print()
        self.assertIn("Bars", printed)
        [*_rest, (_title, terms)] = self.contract._get_contract_sections()
        self.assertNotIn(never.name, str(terms))

    def test_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        self.contract.invalidate_recordset()
        self.contract.min_days_overdue = 31
        labels = [term.label for term in self.contract._get_terms()["scope"]]
        self.assertNotIn("From Days Overdue", labels)

    def test_pdf(self):
        # as printed, not as tests are rendered
        name, content = self.contract.with_context(
            force_report_rendering=True
        )._get_contract_pdf()
        self.assertTrue(content.startswith(b"%PDF"))
        self.assertIn(self.contract.number, name)


@tagged("post_install", "-at_install")
class TestContractCommands(ConditionCommon):
    """Papers typed in the form of the mandate."""

    def test_with_the_mandate(self):
        self.contract.write(
            {
                "document_ids": [
                    Command.create(
                        {"kind": "declaration", "name": "118/2019", "document": COPY}
                    )
                ]
            }
        )
        self.assertEqual(self.contract.document_ids.company_id, self.company)
        copied = self.contract.copy()
        self.assertEqual(copied.document_ids.name, "118/2019")
        self.assertFalse(copied.document_ids.document)
