# pylint: disable=translation-required  # what a test posts, nobody reads
import io

from openpyxl import load_workbook

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.http import Request
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from ..common import CollectionCommon
from .common import PortalCommon
from .test_portal_files import pdf

RECEIPT = "account_collection.mail_activity_type_receipt"
REFUSED = "account_collection.mail_activity_type_refused"


@tagged("post_install", "-at_install")
class TestPortalHandover(PortalCommon):
    """What the provider's supervisor does with one hand-over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = cls._customer("Small", lang="en_US")
        cls._invoice(cls.small, 300.0, cls.in_days(-15))
        cls.small_account = cls.account_of(cls.small)
        cls.waiting = cls.env["collection.placement"].create(
            {
                "mandate_id": cls.mandate.id,
                "line_ids": [
                    Command.create({"account_id": account.id})
                    for account in cls.other_account | cls.small_account
                ],
            }
        )
        cls.waiting.action_hand_over()
        cls.page_url = f"/my/collection/hand-overs/{cls.waiting.id}"

    def _line(self, account):
        return self.waiting.line_ids.filtered(lambda line: line.account_id == account)

    def _tick(self, accounts, path="refuse", **data):
        return self._post(
            f"{self.page_url}/{path}",
            line_ids=[self._line(account).id for account in accounts],
            **data,
        )

    def test_figures_are_acknowledged(self):
        self._log_in(self.supervisor_user)
        page = self.url_open(self.page_url).text
        self.assertIn("1,077.00", page)
        seal = self.waiting._get_receipt_seal()
        self.assertEqual(seal, "2;EUR:2:1077.00")
        self.assertIn(f'value="{seal}"', page)
        page = self._post(f"{self.page_url}/accept", seal=seal).text
        self.assertIn("receipt is acknowledged", page)
        self.assertRecordValues(
            self.waiting,
            [
                {
                    "state": "accepted",
                    "accepted_by_id": self.supervisor_user.id,
                    "accept_reason": False,
                    "accepted_figures": {
                        "customers": 2,
                        "totals": [[self.company.currency_id.id, 2, 1077.0]],
                    },
                }
            ],
        )
        self.assertIn("1,077.00", self.waiting.accepted_summary)
        # it stays, whoever leaves later
        self._line(self.other_account)._take_back("recalled", "Ours")
        self.assertIn("1,077.00", self.url_open(self.page_url).text)
        # a second click
        response = self._post(f"{self.page_url}/accept", seal=seal)
        self.assertEqual(response.status_code, 422)

    def test_other_figures_are_told(self):
        self._log_in(self.supervisor_user)
        seal = self.waiting._get_receipt_seal()
        self._line(self.small_account).with_user(self.manager_user)._take_back(
            "recalled", "A mistake"
        )
        for wrong in (seal, "", "2", "x" * 5000, "2;EUR:2:1077.01"):
            response = self._post(f"{self.page_url}/accept", seal=wrong)
            self.assertEqual(response.status_code, 422)
            self.assertIn("777.00", response.text)
            self.assertEqual(self.waiting.state, "handed_over")
        self._post(f"{self.page_url}/accept", seal="1;EUR:1:777.00")
        self.assertEqual(self.waiting.state, "accepted")
        self.assertEqual(self.waiting.accepted_figures["customers"], 1)

    def test_refused_with_a_reason(self):
        self._log_in(self.supervisor_user)
        page = self._tick(
            self.small_account, reason="papers", words="No invoice copies."
        ).text
        self.assertIn("went back to the company", page)
        line = self._line(self.small_account)
        self.assertRecordValues(
            line, [{"state": "returned", "return_reason": "papers"}]
        )
        self.assertIn("No invoice copies", line.reason)
        told = "".join(self.waiting.message_ids.mapped("body"))
        self.assertIn("No invoice copies. Customers: 1", told)
        self.assertEqual(self.small_account.delegation_state, "in_house")
        self.assertFalse(self.small_account.item_ids.delegated)
        self.assertEqual(self._line(self.other_account).state, "active")
        self.assertEqual(self.waiting.state, "handed_over")
        self.assertEqual(self._status(f"/my/collection/{self.small_account.id}"), 404)
        activity = self.waiting.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(REFUSED))
        self.assertEqual(activity.user_id, self.mandate.user_id)
        # what was sent, and what is left to acknowledge
        self.assertEqual(self.waiting._get_receipt_seal(), "1;EUR:1:777.00")
        self.assertEqual(self.waiting._get_receipt(sent=True)[0], 2)
        # told once for the hand-over, which closes with its last customer
        response = self._tick(self.other_account, reason="other", words="Ours too")
        self.assertTrue(response.url.endswith("/hand-overs"))
        self.assertEqual(self.waiting.state, "closed")
        self.assertEqual(len(self.waiting.activity_ids), 1)

    def test_refusals_that_are_none(self):
        self._log_in(self.supervisor_user)
        line = self._line(self.small_account)
        foreign = self.placement.line_ids
        for data in (
            {"line_ids": [line.id], "reason": ""},
            {"line_ids": [line.id], "reason": "not_found_at_all"},
            {"line_ids": [line.id], "reason": "other"},
            {"line_ids": [line.id], "reason": "papers", "words": "x" * 501},
            {"line_ids": [], "reason": "papers"},
            {"line_ids": [foreign.id], "reason": "papers"},
            {"line_ids": [line.id, foreign.id], "reason": "papers"},
            {"line_ids": ["[[6,0,[1]]]"], "reason": "papers"},
            {"line_ids": [2147483647], "reason": "papers"},
        ):
            with self.subTest(data=data):
                response = self._post(f"{self.page_url}/refuse", **data)
                self.assertEqual(response.status_code, 422)
                self.assertEqual((line | foreign).mapped("state"), ["active"] * 2)
        # after the receipt there is the return
        self.waiting._accept()
        response = self._tick(self.small_account, reason="papers")
        self.assertEqual(response.status_code, 422)
        self.assertEqual(line.state, "active")

    def test_nobody_else(self):
        seal = self.waiting._get_receipt_seal()
        line = self._line(self.small_account)
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user=user.login), mute_logger("odoo.http"):
                for path in ("", "/list/pdf", "/list/xlsx", "/xlsx"):
                    self.assertEqual(self._status(self.page_url + path), 404)
                for path, data in (
                    ("accept", {"seal": seal}),
                    ("refuse", {"line_ids": [line.id], "reason": "papers"}),
                ):
                    response = self._post(f"{self.page_url}/{path}", **data)
                    self.assertEqual(response.status_code, 404)
        self.assertEqual(self.waiting.state, "handed_over")
        self.assertEqual(line.state, "active")
        with self.assertRaises(AccessError):
            self.waiting.with_user(self.agent_user)._portal_accept(seal)

    def test_the_list_has_nobody_who_went_back(self):
        self._line(self.small_account)._take_back("recalled", "A mistake")
        self._log_in(self.supervisor_user)
        response = self.url_open(f"{self.page_url}/list/xlsx")
        book = load_workbook(io.BytesIO(response.content), read_only=True)
        names = [row[1] for row in book.worksheets[0].iter_rows(2, values_only=True)]
        self.assertEqual(names, ["Vela"])
        totals = list(book.worksheets[2].iter_rows(values_only=True))
        self.assertIn(("Accounts", 1), [row[:2] for row in totals])
        self.assertEqual(totals[-1][:3], ("EUR", 1, 777))
        log = self.env["collection.access.log"].search(
            [("user_id", "=", self.supervisor_user.id), ("door", "=", "export")]
        )
        self.assertEqual(log.account_id, self.other_account)
        # in-house it is whole
        rows = [row for batch in self.waiting._get_list_batches() for row in batch]
        self.assertEqual(len(rows), 2)
        response = self.url_open(f"{self.page_url}/list/pdf")
        self.assertEqual(response.headers["Content-Type"], "application/pdf")
        self.assertEqual(response.headers["Cache-Control"], "no-store")

    def test_pages(self):
        self._log_in(self.supervisor_user)
        for page in ("/page/2", "/page/99", "/page/0", "?page=%00", "?page=-7&act=x"):
            with self.subTest(page=page):
                self.assertEqual(self._status(f"{self.page_url}{page}"), 200)


@tagged("post_install", "-at_install")
class TestPortalReturns(PortalCommon):
    """Customers given back with the proof, many at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.small = cls._customer("Small", lang="en_US")
        cls._invoice(cls.small, 300.0, cls.in_days(-15))
        cls.small_account = cls.account_of(cls.small)
        cls.taken = cls._hand_over(cls.other_account | cls.small_account)
        cls.page_url = f"/my/collection/hand-overs/{cls.taken.id}"

    def _return(self, *files, lines=None, **data):
        lines = self.taken.line_ids if lines is None else lines
        return self.url_open(
            f"{self.page_url}/return",
            data={
                "csrf_token": Request.csrf_token(self),
                "line_ids": lines.ids,
                "reason": "insolvent",
                "words": "Court notice of Lille",
                **data,
            },
            files=[("attachment", file) for file in files],
        )

    def _notes(self):
        return self.env["collection.provider.note"].search([("kind", "=", "return")])

    def test_many_with_one_proof(self):
        self._log_in(self.supervisor_user)
        page = self._return(("notice.html", pdf(), "text/html")).text
        self.assertIn("was asked to take customers back", page)
        notes = self._notes()
        self.assertEqual(notes.account_id, self.other_account | self.small_account)
        self.assertEqual(set(notes.mapped("reason")), {"insolvent"})
        files = self.env["ir.attachment"].search(
            [("res_model", "=", notes._name), ("res_id", "in", notes.ids)]
        )
        self.assertEqual(files.mapped("name"), ["notice.pdf", "notice.pdf"])
        self.assertEqual(set(files.mapped("mimetype")), {"application/pdf"})
        # one person is asked once
        self.assertEqual(len(notes.activity_ids), 1)
        self.assertIn("2", notes.activity_ids.summary)
        for account in notes.account_id:
            self.assertTrue(
                account.message_ids.filtered(
                    lambda message: "Court notice of Lille" in message.body
                )
            )
        # they stay until the company has decided
        self.assertEqual(self.taken.line_ids.mapped("state"), ["active"] * 2)
        response = self._return(("again.pdf", pdf(), "application/pdf"))
        self.assertEqual(response.status_code, 422)
        notes.with_user(self.manager_user).action_accept_return()
        self.assertEqual(self.taken.line_ids.mapped("state"), ["returned"] * 2)
        self.assertEqual(self.taken.line_ids.mapped("return_reason"), ["insolvent"] * 2)
        self.assertFalse(notes.activity_ids)

    def test_what_is_no_proof(self):
        self._log_in(self.supervisor_user)
        for files in (
            (),
            (("page.pdf", b"<html>no</html>", "application/pdf"),),
            (("empty.pdf", b"", "application/pdf"),),
            (("large.pdf", b"%PDF-" + b"x" * 6_000_000, "application/pdf"),),
            [(f"{n}.pdf", pdf(), "application/pdf") for n in range(4)],
        ):
            response = self._return(*files)
            self.assertEqual(response.status_code, 422)
            self.assertIn("Court notice of Lille", response.text)
        for data in (
            {"reason": ""},
            {"reason": "nonsense"},
            {"words": ""},
            {"line_ids": [self.placement.line_ids.id]},
            {"line_ids": ["0"]},
            {"line_ids": ["-1"]},
            {"page": "9" * 30, "reason": ""},
        ):
            with self.subTest(data=data):
                response = self._return(("a.pdf", pdf(), "application/pdf"), **data)
                self.assertEqual(response.status_code, 422)
        self.assertFalse(self._notes())
        self.assertFalse(
            self.env["ir.attachment"].search(
                [("res_model", "=", "collection.provider.note")]
            )
        )

    def test_without_proof_where_none_is_needed(self):
        self._log_in(self.supervisor_user)
        self._return(lines=self.taken.line_ids[:1], reason="not_found")
        self.assertEqual(len(self._notes()), 1)

    def test_one_customer_with_proof(self):
        self._log_in(self.agent_user)
        url = f"/my/collection/{self.small_account.id}"
        data = {"reason": "uncollectible", "body": "Nine calls"}
        response = self._post(f"{url}/return", **data)
        self.assertEqual(response.status_code, 422)
        self.assertFalse(self._notes())
        self.url_open(
            f"{url}/return",
            data={"csrf_token": Request.csrf_token(self), **data},
            files=[("attachment", ("proof.pdf", pdf(), "application/pdf"))],
        )
        self.assertEqual(self._notes().account_id, self.small_account)

    def test_nobody_else(self):
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user=user.login), mute_logger("odoo.http"):
                for path in ("return", "extend"):
                    response = self._post(
                        f"{self.page_url}/{path}", line_ids=self.taken.line_ids.ids
                    )
                    self.assertEqual(response.status_code, 404)
        self.assertFalse(self._notes())

    def test_more_time_is_asked_on_the_page(self):
        self._log_in(self.supervisor_user)
        self.assertNotIn("More time", self.url_open(self.page_url).text)
        self.taken.line_ids._begin_time(30)
        self.assertIn("More time", self.url_open(self.page_url).text)
        page = self.url_open(f"{self.page_url}?act=extend").text
        self.assertIn("Ask for more time", page)
        for days in ("", "0", "-1", "abc", "91", "9" * 30, "\u0663"):
            response = self._post(
                f"{self.page_url}/extend",
                line_ids=self.taken.line_ids.ids,
                days=days,
                words="Instalments",
            )
            self.assertEqual(response.status_code, 422)
        page = self._post(
            f"{self.page_url}/extend",
            line_ids=self.taken.line_ids.ids,
            days="20",
            words="Instalments to come",
        ).text
        self.assertIn("was asked for more time", page)
        self.assertIn("Instalments to come", page)
        extension = self.taken.extension_ids
        self.assertEqual(extension.line_ids, self.taken.line_ids)
        extension.answer = "Until then, no longer"
        extension.with_user(self.manager_user).action_grant()
        page = self.url_open(self.page_url).text
        self.assertIn("Until then, no longer", page)
        self.assertIn("Granted", page)


@tagged("post_install", "-at_install")
class TestPortalChanges(PortalCommon):
    """What changed, day by day, for those whose mandate it is."""

    def test_at_once(self):
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection/changes")
        self.assertIn("Nothing changed", page.text)
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        self._pay(self.invoice, 123.0)
        page = self.url_open("/my/collection/changes").text
        self.assertIn("123.00", page)
        self.assertIn(f'href="{self.url}"', page)
        # gone, and told by its name, without a way to it and without our reason
        self.placement.line_ids.with_user(self.manager_user)._take_back(
            "recalled", "Too Sensitive"
        )
        page = self.url_open("/my/collection/changes").text
        self.assertIn("taken back by the company", page)
        self.assertIn(self.customer.name, page)
        self.assertNotIn(f'href="{self.url}"', page)
        self.assertNotIn("Too Sensitive", page)

    def test_days(self):
        self._log_in(self.agent_user)
        self._pay(self.invoice, 123.0)
        self.env["collection.placement.line"]._follow_ledger(self.account.ids)
        yesterday = self.in_days(-1)
        page = self.url_open(f"/my/collection/changes?day={yesterday}").text
        self.assertNotIn("123.00", page)
        for day in ("", "abc", "2026-02-30", "9999-12-31", "1900-01-01", "x" * 5000):
            with self.subTest(day=day):
                page = self.url_open(f"/my/collection/changes?day={day}").text
                self.assertIn("123.00", page)

    def test_nobody_else(self):
        self._pay(self.invoice, 123.0)
        self._log_in(self.other_agent_user)
        page = self.url_open("/my/collection/changes").text
        self.assertNotIn("123.00", page)
        self.assertNotIn(self.customer.name, page)
        self._log_in(self.plain_portal_user)
        self.assertEqual(self._status("/my/collection/changes"), 404)
        # nor after the mandate
        self.mandate.write({"date_start": "2020-01-01", "date_end": "2020-12-31"})
        self._log_in(self.agent_user)
        self.assertNotIn("123.00", self.url_open("/my/collection/changes").text)


@tagged("post_install", "-at_install")
class TestReceiptInTime(CollectionCommon):
    """Who says nothing is reminded, and then the company decides."""

    @classmethod
    @freeze_time("2026-03-02 09:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.company.email = "credit@company.example.com"
        cls.supervisor_user.lang = "fr_FR"
        cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.placement = cls.env["collection.placement"].create(
            {
                "mandate_id": cls.mandate.id,
                "line_ids": [Command.create({"account_id": cls.account.id})],
            }
        )
        cls.placement.action_hand_over()

    def _night(self, day):
        """The job of one night; the e-mails it wrote."""
        before = self.env["mail.mail"].search([])
        with freeze_time(f"{day} 03:20:00"):
            self.env["collection.placement"]._cron_acknowledge()
        return self.env["mail.mail"].search([]) - before

    def test_reminded_then_decided(self):
        self.assertEqual(
            self.placement.date_acknowledge, fields.Date.to_date("2026-03-07")
        )
        self.assertFalse(self._night("2026-03-07"))
        mail = self._night("2026-03-08")
        self.assertEqual(mail.recipient_ids, self.supervisor_user.partner_id)
        self.assertIn(self.placement.number, mail.body_html)
        self.assertIn("credit@company.example.com", mail.email_from)
        self.assertNotIn(self.customer.name, mail.body_html)
        self.assertFalse(self.placement.activity_ids)
        self.assertFalse(self._night("2026-03-09"))
        self.assertFalse(self.placement.activity_ids)
        self.assertFalse(self._night("2026-03-10"))
        activity = self.placement.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(RECEIPT))
        self.assertEqual(activity.user_id, self.mandate.user_id)
        # said once
        self._night("2026-03-11")
        self.assertEqual(self.placement.activity_ids, activity)
        # the company decides, and says why
        action = self.placement.with_user(self.manager_user).action_accept()
        wizard = (
            self.env["collection.acknowledge"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({"reason": "Signed on paper"})
        )
        wizard.action_accept()
        self.assertRecordValues(
            self.placement,
            [{"state": "accepted", "accept_reason": "Signed on paper"}],
        )
        self.assertFalse(self.placement.activity_ids)

    def test_nobody_to_remind(self):
        self.supervisor.supervisor = False
        self.assertFalse(self._night("2026-03-08"))
        self.assertTrue(self.placement.activity_ids)

    def test_who_has_no_access_any_more_is_not_reminded(self):
        for change in (
            {"active": False},
            {"date_end": "2026-03-05"},
        ):
            with self.subTest(change=change):
                self.supervisor.write(change)
                self.placement._transit({"reminded_on": False, "escalated_on": False})
                self.assertFalse(self._night("2026-03-08"))
                self.supervisor.write({"active": True, "date_end": False})

    def test_answered_in_time(self):
        self.placement._accept()
        self.assertFalse(self._night("2026-03-20"))
        self.assertFalse(self.placement.activity_ids)

    def test_who_may_accept_for_the_provider(self):
        for user in (self.collector_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.placement.with_user(user).action_accept()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["collection.acknowledge"].with_user(user).create(
                    {"placement_id": self.placement.id, "reason": "I say so"}
                )
        wizard = (
            self.env["collection.acknowledge"]
            .with_user(self.manager_user)
            .create({"placement_id": self.placement.id, "reason": " "})
        )
        with self.assertRaises(UserError):
            wizard.action_accept()
        self.assertEqual(self.placement.state, "handed_over")

    def test_nobody_types_it(self):
        for vals in (
            {"accepted_on": "2026-03-03 10:00:00"},
            {"accepted_figures": {"customers": 9, "totals": []}},
            {"date_acknowledge": "2099-01-01"},
            {"reminded_on": "2026-03-03"},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.placement.with_user(self.manager_user).write(vals)

    def test_a_bounce_asks_for_no_second_receipt(self):
        with freeze_time("2026-03-03"):
            self.placement._accept()
            payment = self._pay(self.account.item_ids.move_id, date="2026-03-03")
            self.env["collection.account"]._refresh(self.account)
            self.assertEqual(self.placement.state, "closed")
            self._receivable_lines(payment.move_id).remove_move_reconcile()
            self.assertEqual(self.placement.line_ids.state, "active")
            self.assertEqual(self.placement.state, "accepted")

    def test_days_are_terms_of_the_contract(self):
        def get_text(name):
            return next(
                term.text
                for section in self.mandate._get_terms().values()
                for term in section
                if term.key == name
            )

        self.company.partner_id.lang = "en_US"
        self.assertEqual(get_text("acknowledge_days"), "5 days")
        self.assertIn("as long as", get_text("placement_days"))
        self.mandate.with_user(self.manager_user).acknowledge_days = 1
        self.assertEqual(get_text("acknowledge_days"), "1 day")
        self.assertEqual(
            self.mandate.amendment_ids.line_ids.mapped("key"), ["acknowledge_days"]
        )
