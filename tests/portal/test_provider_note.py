from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestProviderNote(PortalCommon):
    """What the provider's people tell the company, and what it answers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account.user_id = cls.collector_user
        cls.mandate.user_id = cls.manager_user
        cls.mine = cls.account.with_user(cls.agent_user)

    def _return(self, reason="not_found", body="Three numbers tried"):
        return self.mine._portal_request_return(reason, body).with_env(self.env)

    def _notified(self, note):
        # notifications are read by those they are for
        messages = (
            self.env["mail.message"]
            .sudo()
            .search([("model", "=", note._name), ("res_id", "=", note.id)])
        )
        return messages.notified_partner_ids

    # ------------------------------------------------------------------
    # Notes
    # ------------------------------------------------------------------

    def test_note_reaches_the_company(self):
        self._log_in(self.agent_user)
        page = self._post(
            f"{self.url}/message", body="Their office\nis closed <b>on Fridays</b>"
        ).text
        self.assertIn("Your message has been sent", page)
        self.assertIn("is closed &lt;b&gt;on Fridays", page)
        note = self.env["collection.provider.note"].search([])
        self.assertRecordValues(
            note,
            [
                {
                    "kind": "note",
                    "account_id": self.account.id,
                    "mandate_id": self.mandate.id,
                    "agent_id": self.agent.id,
                    "state": "open",
                }
            ],
        )
        # on the timeline, as the agent's, with what he wrote and no markup of his
        message = self.account.message_ids[:1]
        self.assertEqual(message.author_id, self.agent_user.partner_id)
        self.assertIn("is closed", message.body)
        self.assertNotIn("<b>on Fridays</b>", message.body)
        # the collector and the responsible of the mandate are told
        self.assertEqual(
            self._notified(note), (self.collector_user | self.manager_user).partner_id
        )

    def test_somebody_is_told_whoever_looks_after_the_customer(self):
        self.account.user_id = False
        self.mandate.user_id = False
        note = self.mine._portal_write_note("Hello").with_env(self.env)
        notified = self._notified(note)
        self.assertTrue(notified)
        self.assertFalse(notified.user_ids.filtered("share"))

    def test_company_answers(self):
        note = self.mine._portal_write_note("Which invoice first?").with_env(self.env)
        theirs = note.with_user(self.collector_user)
        theirs.answer = "The oldest"
        theirs.action_done()
        self.assertRecordValues(
            note, [{"state": "done", "answered_by_id": self.collector_user.id}]
        )
        self._log_in(self.agent_user)
        page = self.url_open(self.url).text
        self.assertIn("The oldest", page)
        self.assertNotIn(self.collector_user.name, page)
        for act in (
            lambda: theirs.write({"answer": "Another"}),
            lambda: theirs.action_done(),
            lambda: theirs.write({"body": "Never said"}),
            lambda: note.with_user(self.manager_user).unlink(),
        ):
            with self.assertRaises(UserError):
                act()

    def test_an_answer_is_shown_once_it_is_given(self):
        note = self.mine._portal_write_note("Well?").with_env(self.env)
        note.with_user(self.collector_user).answer = "Still being written"
        self._log_in(self.agent_user)
        self.assertNotIn("Still being written", self.url_open(self.url).text)

    def test_refused_notes(self):
        self._log_in(self.agent_user)
        for body, message in (
            ("  ", "Write your message first"),
            ("x" * 4001, "too long"),
        ):
            response = self._post(f"{self.url}/message", body=body)
            self.assertEqual(response.status_code, 422)
            self.assertIn(message, response.text)
        self.assertFalse(self.env["collection.provider.note"].search([]))

    # ------------------------------------------------------------------
    # Giving customers back
    # ------------------------------------------------------------------

    def test_return_is_the_managers_decision(self):
        self._log_in(self.agent_user)
        page = self._post(
            f"{self.url}/return", reason="not_found", body="Three numbers tried"
        ).text
        self.assertIn("has been asked to take this customer back", page)
        # until then he keeps it
        self.assertEqual(self.account.delegation_state, "delegated")
        note = self.env["collection.provider.note"].search([])
        self.assertEqual(note.activity_ids.user_id, self.manager_user)
        with self.assertRaises(AccessError):
            note.with_user(self.collector_user).action_accept_return()
        note.with_user(self.manager_user).action_accept_return()
        self.assertEqual(note.state, "accepted")
        self.assertFalse(note.activity_ids)
        self.assertEqual(self.account.delegation_state, "in_house")
        line = self.placement.line_ids
        self.assertEqual(line.state, "returned")
        self.assertIn("Three numbers tried", line.reason)
        self._assert_no_entry()

    def test_return_refused_with_a_reason(self):
        note = self._return()
        theirs = note.with_user(self.manager_user)
        with self.assertRaisesRegex(UserError, "why the customer stays"):
            theirs.action_refuse_return()
        theirs.answer = "Try the new number"
        theirs.action_refuse_return()
        self.assertEqual(note.state, "refused")
        self.assertEqual(self.account.delegation_state, "delegated")
        self._log_in(self.agent_user)
        self.assertIn("Try the new number", self.url_open(self.url).text)
        # and it can be asked for again
        self.assertTrue(self._return("refuses"))

    def test_asked_once(self):
        self._return()
        with self.assertRaisesRegex(UserError, "already"):
            self._return("refuses")
        self._log_in(self.agent_user)
        self.assertNotIn("o_collection_return_form", self.url_open(self.url).text)

    def test_return_says_why(self):
        for reason, body in (("", "Tried"), ("because", "Tried"), ("refuses", " ")):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                self._return(reason, body)
        self._log_in(self.agent_user)
        response = self._post(f"{self.url}/return", reason="", body="Typed in vain")
        self.assertEqual(response.status_code, 422)
        self.assertIn("Typed in vain", response.text)

    def test_recalled_meanwhile(self):
        """The company took it back by itself: with that the request is answered."""
        note = self._return()
        self.account.placement_line_id._take_back("recalled", "Ours again")
        self.assertEqual(note.state, "accepted")
        self.assertFalse(note.activity_ids)
        self._hand_over(self.account, self.other_mandate)
        with self.assertRaises(UserError):
            note.with_user(self.manager_user).action_accept_return()
        # what is with another provider now stays there
        self.assertEqual(self.account.delegation_state, "delegated")

    # ------------------------------------------------------------------
    # Who reads them
    # ------------------------------------------------------------------

    def test_the_next_provider_does_not_read_them(self):
        note = self.mine._portal_write_note("Between us")
        self.assertTrue(note.has_access("read"))
        self.account.placement_line_id._take_back("recalled", "Change of provider")
        self._hand_over(self.account, self.other_mandate)
        for user in (self.other_agent_user, self.agent_user):
            with self.subTest(user=user.login):
                notes = self.env["collection.provider.note"].with_user(user)
                self.assertFalse(notes.search([]))
        self._log_in(self.other_agent_user)
        self.assertNotIn("Between us", self.url_open(self.url).text)

    def test_posting_after_a_recall(self):
        self._log_in(self.agent_user)
        self.assertEqual(self._status(self.url), 200)
        self.account.placement_line_id._take_back("recalled", "Ours again")
        with mute_logger("odoo.http"):
            for path in ("message", "return"):
                response = self._post(
                    f"{self.url}/{path}", body="Too late", reason="refuses"
                )
                self.assertEqual(response.status_code, 404)
        notes = self.env["collection.provider.note"].search([])
        self.assertEqual(notes.mapped("kind"), ["note", "note"], "nothing to decide")
        for note in notes:
            self.assertIn("Too late", note.body, "the company is told all the same")
            self.assertFalse(note.with_user(self.agent_user).has_access("read"))

    def test_rights(self):
        note = self.mine._portal_write_note("Hello").with_env(self.env)
        for user, read, write in (
            (self.agent_user, True, False),
            (self.supervisor_user, True, False),
            (self.on_site_user, True, False),
            (self.other_agent_user, False, False),
            (self.plain_portal_user, False, False),
            (self.plain_internal_user, False, False),
            (self.collector_user, True, True),
            (self.manager_user, True, True),
        ):
            with self.subTest(user=user.login):
                theirs = note.with_user(user)
                self.assertEqual(theirs.has_access("read"), read)
                self.assertEqual(theirs.has_access("write"), write)
                self.assertFalse(theirs.has_access("create"))
        for name in ("agent_id", "answered_by_id", "message_ids"):
            with self.assertRaises(AccessError):
                note.with_user(self.agent_user).read([name])
