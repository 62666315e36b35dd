import base64

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged

from .common import ContractCommon

PAPER = base64.b64encode(b"%PDF-1.4 signed by both")


@tagged("post_install", "-at_install")
class TestMandateApproval(ContractCommon):
    """No contract without both sides' consent, by name and on a day."""

    def test_company_then_provider(self):
        contract = self.contract
        with self.assertRaisesRegex(UserError, "(?s)credit manager.*supervisor"):
            contract.action_agree()
        with self.assertRaises(AccessError):
            self._approve_for_provider()  # not offered yet
        contract.action_approve()
        self.assertEqual(contract.company_approved_by_id, self.manager_user)
        self.assertEqual(str(contract.company_approved_on), "2026-03-31 09:00:00")
        self.assertEqual(contract.state, "study")
        with self.assertRaisesRegex(UserError, "supervisor of the provider"):
            contract.action_agree()
        with freeze_time("2026-04-02 07:30:00"):
            self._approve_for_provider()
        self.assertEqual(contract.provider_approved_by_id, self.supervisor_user)
        self.assertEqual(str(contract.provider_approved_on), "2026-04-02 07:30:00")
        self.assertEqual(contract.state, "agreed")
        with self.assertRaisesRegex(UserError, "already"):
            self._approve_for_provider()
        with self.assertRaisesRegex(UserError, "already"):
            contract.action_approve()

    def test_nobody_else_approves(self):
        self.contract.action_approve()
        for user in (
            self.agent_user,
            self.other_agent_user,
            self.on_site_user,
            self.collector_user,
            self.plain_portal_user,
            self.manager_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._approve_for_provider(user)
        self.contract.agent_ids -= self.supervisor
        self.contract.action_approve()
        with self.assertRaises(AccessError):
            self._approve_for_provider()
        for user in (self.collector_user, self.accountant_user, self.supervisor_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.contract.with_user(user).action_approve()

    def test_changed_meanwhile(self):
        self.contract.action_approve()
        self.contract.plan_amount = 5000.0
        self.assertFalse(self.contract.company_approved_on)
        self.assertFalse(self.contract.company_approved_by_id)
        with self.assertRaises(AccessError):
            self._approve_for_provider()
        self.contract.action_approve()
        # what is no term of the contract changes nothing
        self.contract.note = "<p>Call back on Monday</p>"
        self._approve_for_provider()
        self.assertEqual(self.contract.state, "agreed")

    def test_signed_on_paper(self):
        self.contract.write(
            {"signed_contract": PAPER, "provider_signatory": "Paul Durand"}
        )
        self.contract.action_approve()
        with self.assertRaisesRegex(UserError, "signed on paper"):
            self.contract.action_agree()
        self.contract.provider_signed_on = "2026-03-30"
        self.contract.action_agree()
        self.assertEqual(self.contract.state, "agreed")
        self.assertFalse(self.contract.provider_approved_by_id)

    def test_signature_is_of_what_was_signed(self):
        signature = {
            "provider_signatory": "Paul Durand",
            "provider_signed_on": "2026-03-30",
        }
        self.contract.write({"signed_contract": PAPER, **signature})
        self.contract.plan_amount = 9000.0
        self.contract.action_approve()
        self.assertEqual(self.contract.state, "study", "signed for another amount")
        # changed and signed at once: what stands there now
        self.contract.write({"plan_amount": 8000.0, **signature})
        self.assertEqual(self.contract.provider_signatory, "Paul Durand")
        self.contract.action_approve()
        self.assertEqual(self.contract.state, "agreed")
        for name, value in {
            "signed_contract": base64.b64encode(b"%PDF-1.4 another"),
            "signed_contract_name": "another.pdf",
            "provider_signatory": "Somebody else",
            "provider_signed_on": "2026-01-01",
        }.items():
            if name == "signed_contract_name":
                # it had none: what is missing may be added
                self.contract[name] = "mandate.pdf"
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "it stays"):
                self.contract[name] = value

    def test_nobody_types_an_approval(self):
        vals = {
            "company_approved_on": "2026-03-01 10:00:00",
            "company_approved_by_id": self.manager_user.id,
            "provider_approved_on": "2026-03-01 10:00:00",
            "provider_approved_by_id": self.supervisor_user.id,
            "terms_recorded": {"plan_amount": ["", ""]},
        }
        Mandate = self._as(self.manager_user)
        for name, value in vals.items():
            with self.subTest(name=name):
                with self.assertRaisesRegex(UserError, "nobody types it"):
                    call_kw(Mandate, "write", [self.contract.ids, {name: value}], {})
                with self.assertRaisesRegex(UserError, "nobody types it"):
                    call_kw(
                        Mandate,
                        "create",
                        [{"provider_id": self.provider.id, "name": "X", name: value}],
                        {},
                    )
        made = Mandate.with_context(
            **{f"default_{name}": value for name, value in vals.items()}
        ).create({"provider_id": self.provider.id, "name": "By default"})
        self.assertFalse(made.company_approved_on or made.provider_approved_on)
        self.assertIn("scope", made._get_terms())
        with self.assertRaisesRegex(UserError, "begins as a study"):
            Mandate.create(
                {"provider_id": self.provider.id, "name": "X", "state": "live"}
            )
        self.assertEqual(
            Mandate.with_context(default_state="live")
            .create({"provider_id": self.provider.id, "name": "X"})
            .state,
            "study",
        )
        copy = self.contract.copy()
        self.assertFalse(copy.company_approved_on)

    def test_steps_are_taken_one_by_one(self):
        for action in ("action_pilot", "action_start", "action_review"):
            with (
                self.subTest(action=action),
                self.assertRaisesRegex(UserError, "cannot go from"),
            ):
                getattr(self.contract, action)()
        self.contract.action_end()
        self.assertEqual(self.contract.state, "ended")


@tagged("post_install", "-at_install")
class TestMandateAmendment(ContractCommon):
    """What is changed after both agreed stands as an amendment, before and after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract.action_approve()
        cls.env(user=cls.supervisor_user, su=False)[
            "collection.mandate"
        ]._approve_for_provider(cls.contract.id)

    def _changes(self, amendment):
        return {line.key: (line.before, line.after) for line in amendment.line_ids}

    def test_before_and_after(self):
        self.assertFalse(self.contract.amendment_ids)
        self.contract.write({"min_days_overdue": 45, "name": "Other name"})
        amendment = self.contract.amendment_ids
        self.assertEqual(
            self._changes(amendment), {"min_days_overdue": ("30 days", "45 days")}
        )
        self.assertEqual(amendment.number, 1)
        self.assertEqual(str(amendment.date), "2026-03-31")
        self.assertEqual(amendment.user_id, self.manager_user)
        self.assertEqual(
            amendment.line_ids.name,
            self.contract._fields["min_days_overdue"]._description_string(self.env),
        )

    def test_of_one_day_together(self):
        self.contract.min_days_overdue = 45
        self.contract.min_days_overdue = 60
        self.contract.extent = "total"
        amendment = self.contract.amendment_ids
        self.assertEqual(
            self._changes(amendment),
            {
                "min_days_overdue": ("30 days", "60 days"),
                "extent": ("Partial Delegation", "Total Delegation"),
                "new_item_rule": ("Follow once overdue", "Follow at once"),
            },
        )
        self.contract.min_days_overdue = 30
        self.assertNotIn("min_days_overdue", self._changes(amendment))
        with freeze_time("2026-04-15 09:00:00"):
            self.contract.min_days_overdue = 90
        second = self.contract.amendment_ids - amendment
        self.assertEqual(second.number, 2)
        self.assertEqual(
            self._changes(second), {"min_days_overdue": ("30 days", "90 days")}
        )

    def test_changed_back_and_forth_leaves_nothing(self):
        self.contract.min_days_overdue = 45
        self.contract.min_days_overdue = 30
        self.assertFalse(self.contract.amendment_ids)

    def test_another_language_changes_nothing(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        self.contract.invalidate_recordset()
        self.contract.note = "<p>Nothing of the contract</p>"
        self.assertFalse(self.contract.amendment_ids)
        self.contract.min_days_overdue = 45
        [line] = self.contract.amendment_ids.line_ids
        self.assertEqual(line.key, "min_days_overdue")
        # both at once
        self.company.partner_id.lang = "en_US"
        self.contract.invalidate_recordset()
        self.contract.plan_instalments = 5
        self.assertEqual(
            self.contract.amendment_ids.line_ids.mapped("key"),
            ["min_days_overdue", "plan_instalments"],
        )

    def test_the_end_is_no_amendment(self):
        self.contract.action_end()
        self.assertTrue(self.contract.date_end)
        self.assertFalse(self.contract.amendment_ids)

    def test_noted_by_the_provider(self):
        self.contract.min_days_overdue = 45
        amendment = self.contract.amendment_ids
        amendment.with_user(self.supervisor_user)._note()
        self.assertEqual(amendment.noted_by_id, self.supervisor_user)
        self.contract.min_days_overdue = 50
        self.assertEqual(len(self.contract.amendment_ids), 2)
        self.assertEqual(
            self._changes(amendment), {"min_days_overdue": ("30 days", "45 days")}
        )

    def test_stays(self):
        self.contract.min_days_overdue = 45
        amendment = self.contract.amendment_ids.with_user(self.manager_user)
        amendment.reason = "Agreed on the phone"
        with self.assertRaisesRegex(UserError, "only the reason"):
            amendment.date = "2026-01-01"
        with self.assertRaises(AccessError):
            amendment.unlink()
        with self.assertRaises(AccessError):
            amendment.line_ids.after = "30"
        with self.assertRaises(AccessError):
            amendment.line_ids.unlink()
        for user in (
            self.supervisor_user,
            self.agent_user,
            self.on_site_user,
            self.plain_internal_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                amendment.with_user(user).read(["date"])
