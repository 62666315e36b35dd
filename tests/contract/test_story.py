from datetime import date

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import FileCommon


@tagged("post_install", "-at_install")
class TestStory(FileCommon, HttpCase):
    """From the study to a running mandate, step by step, and back to nobody's."""

    def _refused(self, mandate, action, *sentences):
        """The step is refused, and each thing that is missing is named."""
        state = mandate.state
        with self.assertRaises(UserError) as refused:
            getattr(mandate, action)()
        for sentence in sentences:
            self.assertIn(sentence, str(refused.exception))
        mandate.invalidate_recordset()
        self.assertEqual(mandate.state, state)

    def _decide(self, **values):
        advisor = (
            self.env["collection.delegation.advisor"]
            .with_user(self.manager_user)
            .create({"provider_id": self.provider.id, "reason": "quantity", **values})
        )
        advisor.action_make_mandate()
        return advisor

    def _overcome(self, mandate, needed_for):
        for answer in mandate.readiness_ids.filtered(
            lambda answer: answer.needed_for == needed_for and answer.state == "open"
        ):
            answer.reason = "Told in the next chapter"
            answer.action_set_not_applicable()

    def _post_approval(self, mandate, user, **data):
        """What the button of the contract's page sends, as `user`."""
        self.authenticate(user.login, user.login)
        with mute_logger("odoo.http"):
            return self.url_open(
                f"/my/collection/contract/{mandate.id}/approve",
                data={"csrf_token": Request.csrf_token(self), **data},
                allow_redirects=False,
            ).status_code

    def _agree_on(self, mandate):
        """Offered by the company and approved on the portal by the supervisor, whatever
        others try before and after."""
        self.assertEqual(
            self._post_approval(mandate, self.supervisor_user), 404, "no offer yet"
        )
        mandate.action_approve()
        for user in (
            # of the team, but not the one who signs for the provider
            self.agent_user,
            # of another provider
            self.other_agent_user,
            # the company's own
            self.collector_user,
            self.plain_portal_user,
        ):
            with self.subTest(user=user.login):
                self.assertEqual(self._post_approval(mandate, user), 404)
        self.assertEqual(
            self._post_approval(mandate, self.supervisor_user, csrf_token="forged"),
            400,
        )
        mandate.invalidate_recordset()
        self.assertEqual(mandate.state, "study")
        self.assertFalse(mandate.provider_approved_on)
        page = self.url_open("/my/collection/contract").text
        self.assertIn(f"/my/collection/contract/{mandate.id}/approve", page)
        self.assertEqual(self._post_approval(mandate, self.supervisor_user), 303)
        self.assertEqual(
            self._post_approval(mandate, self.supervisor_user), 422, "once and for all"
        )
        mandate.invalidate_recordset()
        self.assertRecordValues(
            mandate,
            [
                {
                    "state": "agreed",
                    "company_approved_by_id": self.manager_user.id,
                    "provider_approved_by_id": self.supervisor_user.id,
                    "provider_approved_on": fields.Datetime.now(),
                }
            ],
        )

    def _complete(self, mandate):
        mandate.write(
            {
                "agent_ids": [
                    Command.set((self.agent | self.supervisor | self.on_site_agent).ids)
                ],
                "date_start": "2026-04-01",
                "data_contact": "dpo@provider.example.com",
                "sub_processors": "None",
                "data_security": "Accounts by name",
            }
        )

    def test_partial(self):
        """1,000 active accounts, of which 800 go."""
        accounts = self._many(1000)
        with freeze_time("2026-03-31 09:00:00"):
            advisor = self._decide(phase="on_site", choice="partial")
            self.assertEqual((advisor.go_count, advisor.stay_count), (800, 200))
            mandate = advisor.mandate_id
            self.assertEqual((mandate.state, mandate.extent), ("study", "partial"))
            for action in ("action_pilot", "action_start", "action_review"):
                self._refused(mandate, action, "cannot go from")
            self._complete(mandate)
            mandate.phase_ids = [
                Command.create(
                    {
                        "kind": "on_site",
                        "date_from": "2026-04-01",
                        "date_to": "2026-04-30",
                    }
                ),
                Command.create({"kind": "off_site", "date_from": "2026-05-01"}),
            ]
            self._refused(mandate, "action_agree", "credit manager", "supervisor")
            self._agree_on(mandate)
            self.assertEqual(mandate.state, "agreed")
            self.assertTrue(mandate.review_ids, "the first review is planned")
        with freeze_time("2026-04-01 08:00:00"):
            self._refused(mandate, "action_pilot", "psychological", "cultural")
            self._overcome(mandate, "pilot")
            mandate.action_pilot()
            self.assertEqual(mandate.phase, "on_site")
            self._refused(mandate, "action_agree", "cannot go from")
            wizard = self.env["collection.handover"].create({"mandate_id": mandate.id})
            self.assertEqual(wizard.method, "partial")
            wizard.action_preview()
            self.assertEqual((wizard.go_count, wizard.stay_count), (800, 200))
            going = wizard.line_ids.filtered(lambda line: line.decision == "goes")
            # the first of them sell most
            self.assertEqual(going.account_id, accounts[200:])
        with freeze_time("2026-05-04 08:00:00"):
            self._refused(
                mandate,
                "action_start",
                "at least one objective",
                "social brake",
                "Way out",
            )
            mandate.objective_ids = [
                Command.create(
                    {
                        "indicator_id": self.env.ref(
                            "account_collection.indicator_overdue_rate"
                        ).id,
                        "target": 40.0,
                        "deadline": "2026-12-31",
                    }
                )
            ]
            self._overcome(mandate, "live")
            # the ledger of this file was never read at a month end
            self._refused(mandate, "action_start", "say why there is no baseline")
            mandate.objective_ids.baseline_reason = "No month end was read before"
            mandate._follow_phase()
            self.assertEqual(mandate.phase, "off_site")
            mandate.action_start()
            self.assertEqual(
                (mandate.state, mandate.live_since), ("live", date(2026, 5, 4))
            )
            # what was set after both agreed stands as an amendment
            self.assertIn(
                "Overdue share", " ".join(mandate.amendment_ids.line_ids.mapped("name"))
            )
            for state in ("study", "agreed", "pilot"):
                with self.assertRaisesRegex(UserError, "cannot go from"):
                    mandate.state = state
            mandate.action_review()
            mandate.action_start()
            mandate.action_end()
            self._refused(mandate, "action_start", "cannot start again")

    def test_total(self):
        """350 active accounts: the whole file goes."""
        accounts = self._many(350)
        with freeze_time("2026-03-31 09:00:00"):
            advisor = self._decide()
            self.assertEqual(advisor.recommendation, "total")
            self.assertEqual((advisor.go_count, advisor.stay_count), (350, 0))
            mandate = advisor.mandate_id
            self.assertEqual(mandate.extent, "total")
            self.assertEqual(mandate.new_item_rule, "all")
            self._complete(mandate)
            self._agree_on(mandate)
        with freeze_time("2026-04-01 08:00:00"):
            self._overcome(mandate, "pilot")
            mandate.action_pilot()
            wizard = self.env["collection.handover"].create({"mandate_id": mandate.id})
            self.assertEqual(wizard.method, "total")
            wizard.action_preview()
            self.assertEqual(
                wizard.line_ids.filtered(lambda x: x.decision == "goes").account_id,
                accounts,
            )
