# pylint: disable=translation-required  # what a test posts, nobody reads
from contextlib import contextmanager
from datetime import date

from odoo import Command
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..receipt.common import ReceiptCommon
from .test_portal_files import pdf

COME_HOME = "account_collection.mail_activity_type_come_home"


class YearCommon(ReceiptCommon, HttpCase):
    """A year of delegation, told day by day: what the jobs do at night, what people do
    on their pages, and after each step who sees whom."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.company.email = "credit@company.example.com"
        cls.people = cls.env["collection.agent"].search([]).user_id
        cls.people.partner_id.lang = "en_US"
        cls.ordinary = cls.env["collection.segment"].create(
            {"name": "Ordinary", "code": "test_ordinary", "delegate_after_days": 20}
        )
        mandates = cls.mandate | cls.other_mandate
        mandates.member_ids.date_joined = "2026-01-01"
        mandates.user_id = cls.manager_user
        cls.invoices, cls.accounts = {}, {}

    def setUp(self):
        super().setUp()
        # a test is not saved
        self.patch(self.registry["ir.cron"], "_commit_progress", lambda *a, **kw: 1)

    @classmethod
    def _owe(cls, name, amount, due):
        """A customer of the file with one invoice."""
        partner = cls._customer(name, lang="en_US")
        cls.invoices[name] = cls._invoice(partner, amount, due)
        cls.accounts[name] = cls.account_of(partner)
        cls.accounts[name].segment_id = cls.ordinary

    @contextmanager
    def _day(self, day, hour="09:00:00"):
        with freeze_time(f"{day} {hour}"):
            self.env.invalidate_all()
            yield
            self.env.flush_all()

    def _mails_of(self, job):
        """Run a job of the night; to whom of the providers it wrote, and what."""
        before = self.env["mail.mail"].search([])
        job()
        return {
            recipient.user_ids: mail.body_html
            for mail in self.env["mail.mail"].search([]) - before
            for recipient in mail.recipient_ids
            if recipient.user_ids & self.people
        }

    def _post(self, user, url, files=None, **data):
        self.authenticate(user.login, user.login)
        with mute_logger("odoo.http"):
            return self.url_open(
                url,
                data={"csrf_token": Request.csrf_token(self), **data},
                files=files,
            )

    def _line(self, name, mandate=None):
        """The last line of a customer under a mandate."""
        return self.env["collection.placement.line"].search(
            [
                ("account_id", "=", self.accounts[name].id),
                ("mandate_id", "=", (mandate or self.mandate).id),
            ],
            order="id desc",
            limit=1,
        )

    def assertSeenBy(self, name, *users):
        """These users of the providers see the customer, and nobody else of them."""
        account = self.accounts[name]
        self.env.flush_all()
        seen = self.people.filtered(
            lambda user: (
                self.env["collection.account"]
                .with_user(user)
                .search([("id", "=", account.id)])
            )
        )
        self.assertEqual(seen, self.people.browse(user.id for user in users) & seen)
        self.assertEqual(len(seen), len(users), name)
        portal = self.agent_user | self.other_agent_user
        for user in portal:
            self.authenticate(user.login, user.login)
            with mute_logger("odoo.http"):
                status = self.url_open(f"/my/collection/{account.id}").status_code
            self.assertEqual(status, 200 if user in seen else 404, (name, user.login))

    def assertEnds(self, name, state, mandate=None, **amounts):
        line = self._line(name, mandate)
        self.assertRecordValues(
            line,
            [
                {
                    "state": state,
                    "amount_paid": amounts.get("paid", 0.0),
                    "amount_credited": amounts.get("credited", 0.0),
                    "amount_written_off": amounts.get("written_off", 0.0),
                }
            ],
        )
        if state != "active":
            self.assertFalse(any(line.account_id.item_ids.mapped("delegated")))
            self.assertFalse(line.account_id.mandate_id)
        return line

    def _receipts(self):
        """What came in: {(side, mandate, kind): amount}."""
        receipts = self.env["collection.receipt"]
        return {
            (side, mandate, kind): amount
            for side, mandate, kind, amount in receipts._read_group(
                [("account_id", "in", [one.id for one in self.accounts.values()])],
                ["side", "mandate_id", "kind"],
                ["amount:sum"],
            )
            if amount
        }

    def _package(self):
        """The reversibility package of the mandate, made and read back."""
        action = self.mandate.with_user(self.manager_user).action_reversibility()
        package = self.env["collection.reversibility"].sudo().browse(action["res_id"])
        for part in package.part_ids.sorted("sequence"):
            package._work_on(part)
        self.assertEqual(package.error or "", "")
        self.assertEqual(package.differences, "")
        self.assertEqual((package.state, package.difference_count), ("done", 0))
        return package


@tagged("post_install", "-at_install")
class TestYearOfAPartialDelegation(YearCommon):
    """Two providers, and two large customers who stay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.write(
            {
                "extent": "partial",
                "new_item_rule": "overdue",
                "date_start": "2026-01-01",
                "date_end": "2026-12-31",
                "acknowledge_days": 5,
                "placement_days": 120,
                "revive_days": 60,
            }
        )
        cls.other_mandate.rule_ids.active = False
        cls.staff = cls.agent_user | cls.supervisor_user | cls.on_site_user
        with freeze_time("2026-01-05 08:00:00"):
            for name, amount in (
                ("Strategic", 9000.0),
                ("Large", 7000.0),
                ("Alpha", 1000.0),
                ("Beta", 200.0),
                ("Gamma", 800.0),
                ("Delta", 450.0),
                ("Epsilon", 600.0),
                ("Zeta", 350.0),
                ("Eta", 120.0),
                ("Theta", 75.0),
            ):
                cls._owe(name, amount, "2025-12-01")

    def test_the_year(self):
        # each chapter stands on those before it
        self._hand_over_the_file()
        self._acknowledge_but_for_one()
        self._pay_as_promised()
        self._settle_otherwise()
        self._bounce_and_pay_again()
        self._take_back_with_a_promise()
        self._follow_a_new_invoice()
        self._approve_what_rules_propose()
        self._run_out_of_time_but_for_one()
        self._transfer()
        self._return_with_a_proof()
        self._rehearse()
        self._end()

    def _hand_over_the_file(self):
        with self._day("2026-01-05"):
            wizard = (
                self.env["collection.handover"]
                .with_user(self.manager_user)
                .create({"mandate_id": self.mandate.id})
            )
            wizard.action_preview()
            self.assertEqual((wizard.go_count, wizard.stay_count), (8, 2))
            wizard.action_confirm()
            self.placement = wizard.placement_id.with_env(self.env)
            self.assertEqual(self.placement.amount, 3595.0)
            self.assertEqual(self.placement.date_acknowledge, date(2026, 1, 10))
            self.assertEqual(self._line("Zeta").date_deadline, date(2026, 5, 5))
            self.assertSeenBy("Alpha", *self.staff)
            self.assertSeenBy("Strategic")

    def _acknowledge_but_for_one(self):
        url = f"/my/collection/hand-overs/{self.placement.id}"
        with self._day("2026-01-06"):
            self.assertEqual(
                self._post(
                    self.other_agent_user, f"{url}/accept", seal="8;EUR:8:3595.00"
                ).status_code,
                404,
            )
            self._post(
                self.supervisor_user,
                f"{url}/refuse",
                line_ids=self._line("Theta").ids,
                reason="papers",
                words="No copy of the order",
            )
            self.assertEnds("Theta", "returned")
            self.assertSeenBy("Theta")
            # the figures of before
            self._post(self.supervisor_user, f"{url}/accept", seal="8;EUR:8:3595.00")
            self.assertEqual(self.placement.state, "handed_over")
            self._post(self.supervisor_user, f"{url}/accept", seal="7;EUR:7:3520.00")
            self.assertEqual(self.placement.state, "accepted")
            self.assertEqual(self.placement.accepted_by_id, self.supervisor_user)
        with self._day("2026-01-08"):
            self._pay(self.invoices["Theta"], date="2026-01-08")
        self.assertEqual(self._receipts(), {("company", self._nobody(), "money"): 75.0})

    def _nobody(self):
        return self.env["collection.mandate"]

    def _pay_as_promised(self):
        account = self.accounts["Alpha"]
        with self._day("2026-01-12", "10:00:00"):
            self._post(
                self.agent_user,
                f"/my/collection/{account.id}/call",
                outcome_id=self._result("no_answer").id,
                obstacle_reason="A test",
            )
            promise = account.with_user(self.agent_user)._portal_new_promise(
                {"amount": 1000.0, "date_promised": date(2026, 1, 26)}
            )
            promise = promise.with_env(self.env)
        with self._day("2026-01-20"):
            self._pay(self.invoices["Alpha"], date="2026-01-20")
            self.env["collection.account"]._refresh(account)
            self.assertEnds("Alpha", "paid", paid=1000.0)
            self.assertEqual(promise.state, "kept")
            self.assertSeenBy("Alpha")
            self.assertEqual(account.call_ids.side, "provider")
        with self._day("2026-01-21", "04:10:00"):
            mails = self._mails_of(self.env["collection.mandate"]._cron_tell_changes)
            self.assertEqual(set(mails), set(self.staff))
            for body in mails.values():
                self.assertIn("Alpha", body)
                self.assertIn("1,000.00", body)
                self.assertNotIn("Theta", body, "not of yesterday")
        with self._day("2026-01-22", "04:10:00"):
            self.assertFalse(
                self._mails_of(self.env["collection.mandate"]._cron_tell_changes)
            )

    def _settle_otherwise(self):
        with self._day("2026-02-02"):
            refund = self._credit_note(
                self.invoices["Beta"].partner_id, 200.0, "2026-02-02"
            )
            self._reconcile(self.invoices["Beta"], refund)
            self.env["collection.account"]._refresh()
            self.assertEnds("Beta", "credited", credited=200.0)
        with self._day("2026-02-10"):
            self._pay_and_write_off(self.invoices["Gamma"], 300.0, "2026-02-10")
            self.env["collection.account"]._refresh()
            line = self.assertEnds(
                "Gamma", "written_off", paid=300.0, written_off=500.0
            )
            self.assertIn("300.00", line.reason)
            self.assertIn("500.00", line.reason)

    def _bounce_and_pay_again(self):
        with self._day("2026-02-16"):
            payment = self._pay(self.invoices["Delta"], date="2026-02-16")
            self.env["collection.account"]._refresh()
            self.assertEnds("Delta", "paid", paid=450.0)
            self.assertSeenBy("Delta")
        with self._day("2026-03-02"):
            self._receivable_lines(payment.move_id).remove_move_reconcile()
            self.env["collection.account"]._refresh()
            line = self._line("Delta")
            self.assertEqual((line.state, line.amount_paid), ("active", 0.0))
            self.assertEqual(line.date_revived, date(2026, 3, 2))
            self.assertEqual(line.amount, 450.0, "as it was handed over")
            self.assertSeenBy("Delta", *self.staff)
        with self._day("2026-03-20"):
            self._receivable_lines(self.invoices["Delta"] | payment.move_id).reconcile()
            self.env["collection.account"]._refresh()
            self.assertEnds("Delta", "paid", paid=450.0)

    def _take_back_with_a_promise(self):
        account = self.accounts["Epsilon"]
        with self._day("2026-03-21", "10:00:00"):
            promise = account.with_user(self.agent_user)._portal_new_promise(
                {"amount": 600.0, "date_promised": date(2026, 4, 10)}
            )
            action = account.with_user(self.manager_user).action_recall()
            wizard = (
                self.env["collection.recall"]
                .with_user(self.manager_user)
                .with_context(**action["context"])
                .create({"reason": "strategic", "note": "Now a partner"})
            )
            wizard.action_recall()
            line = self.assertEnds("Epsilon", "recalled")
            self.assertEqual(line.recall_reason, "strategic")
            self.assertSeenBy("Epsilon")
            self.assertEqual(promise.with_env(self.env).state, "open")
            # somebody by name follows it, and is told
            self.assertEqual(account.user_id, self.manager_user)
            activity = self.mandate.activity_ids.filtered(
                lambda activity: activity.activity_type_id == self.env.ref(COME_HOME)
            )
            self.assertEqual(activity.user_id, self.manager_user)
            # too late: what was being typed
            response = self._post(
                self.agent_user,
                f"/my/collection/{account.id}/call",
                outcome_id=self._result("no_answer").id,
                obstacle_reason="A test",
            )
            self.assertEqual(response.status_code, 404)

    def _follow_a_new_invoice(self):
        partner = self.invoices["Zeta"].partner_id
        with self._day("2026-03-22"):
            self.later = self._invoice(partner, 40.0, "2026-03-25", date="2026-02-20")
            self.env["collection.account"]._refresh()
            self.assertFalse(self.later.collection_item_ids.delegated, "not due yet")
        with self._day("2026-03-25"):
            self.env["collection.account"]._refresh()
            self.assertFalse(self.later.collection_item_ids.delegated, "due today")
        with self._day("2026-03-26"):
            self.env["collection.account"]._refresh()
            line = self._line("Zeta")
            self.assertTrue(self.later.collection_item_ids.delegated)
            self.assertEqual(len(line.item_ids), 2)
            self.assertEqual(line.amount, 350.0, "as it was handed over")

    def _approve_what_rules_propose(self):
        run = self.env["collection.mandate"]._cron_run_rules
        with self._day("2026-03-26"):
            for name, amount in (("Iota", 640.0), ("Kappa", 90.0)):
                self._owe(name, amount, "2026-03-12")
        with self._day("2026-03-31", "22:40:00"):
            # 1 April in Paris: twenty days late
            run()
            proposal = self.env["collection.placement"].search(
                [("mandate_id", "=", self.mandate.id), ("by_rule", "=", True)]
            )
            self.assertEqual(proposal.state, "proposed")
            self.assertEqual(
                set(proposal.line_ids.account_id.partner_id.mapped("name")),
                {"Iota", "Kappa"},
            )
            self.assertSeenBy("Iota")
        with self._day("2026-04-01"):
            self.env["collection.proposal.refusal"].with_user(self.manager_user).create(
                {"line_ids": [Command.set(self._line("Kappa").ids)], "reason": "Ours"}
            ).action_refuse()
            proposal.with_user(self.manager_user).action_hand_over()
            proposal._accept()
            self.assertEqual(self._line("Kappa").state, "refused")
            self.assertSeenBy("Iota", *self.staff)
            self.assertSeenBy("Kappa")
            self.assertEqual(self._line("Iota").amount, 640.0)
        with self._day("2026-04-01", "22:40:00"):
            run()
            self.assertEqual(self.accounts["Kappa"].delegation_state, "in_house")
            # who was taken back is not proposed again either
            self.assertEqual(self.accounts["Epsilon"].delegation_state, "in_house")

    def _run_out_of_time_but_for_one(self):
        expire = self.env["collection.placement.line"]._cron_expire
        with self._day("2026-04-28", "02:08:00"):
            mails = self._mails_of(expire)
            self.assertEqual(set(mails), {self.supervisor_user})
        with self._day("2026-04-29"):
            self._post(
                self.supervisor_user,
                f"/my/collection/hand-overs/{self.placement.id}/extend",
                line_ids=self._line("Zeta").ids,
                days="60",
                words="Pays in instalments",
            )
            extension = self.placement.extension_ids
            extension.with_user(self.manager_user).action_grant()
            self.assertEqual(self._line("Zeta").date_deadline, date(2026, 7, 4))
        with self._day("2026-05-05", "02:08:00"):
            expire()
            self.assertEqual(self._line("Eta").state, "active", "the last day counts")
        with self._day("2026-05-06", "02:08:00"):
            expire()
            self.assertEnds("Eta", "expired")
            self.assertEqual(self._line("Zeta").state, "active")
            self.assertSeenBy("Eta")

    def _transfer(self):
        account = self.accounts["Zeta"]
        with self._day("2026-06-01"):
            self.assertSeenBy("Zeta", *self.staff)
            wizard = (
                self.env["collection.transfer"]
                .with_user(self.manager_user)
                .create(
                    {
                        "account_ids": [Command.set(account.ids)],
                        "mandate_id": self.other_mandate.id,
                        "reason": "Silent since April",
                    }
                )
            )
            wizard.action_transfer()
            self.assertEqual(self._line("Zeta").state, "transferred")
            line = self._line("Zeta", self.other_mandate)
            self.assertEqual((line.state, line.amount), ("active", 390.0))
            self.assertSeenBy("Zeta", self.other_agent_user)
            self.assertEqual(account.mandate_id, self.other_mandate)

    def _return_with_a_proof(self):
        account = self.accounts["Zeta"]
        with self._day("2026-06-15"):
            self._post(
                self.other_agent_user,
                f"/my/collection/{account.id}/return",
                files=[("attachment", ("notice.pdf", pdf(), "application/pdf"))],
                reason="uncollectible",
                body="Nine calls and two visits",
            )
            note = self.env["collection.provider.note"].search(
                [("account_id", "=", account.id), ("kind", "=", "return")]
            )
            self.assertEqual(note.state, "open")
            self.assertSeenBy("Zeta", self.other_agent_user)
            note.with_user(self.manager_user).action_accept_return()
            line = self.assertEnds("Zeta", "returned", self.other_mandate)
            self.assertEqual(line.return_reason, "uncollectible")
            self.assertSeenBy("Zeta")
        with self._day("2026-06-20"):
            # what comes in now is nobody's but the company's
            self._pay(self.invoices["Zeta"], date="2026-06-20")
            self._pay(self.later, date="2026-06-20")
        with self._day("2026-07-01"):
            self._pay(self.invoices["Iota"], 140.0, date="2026-07-01")
            self.env["collection.account"]._refresh()
            self.assertEqual(self._line("Iota").amount_paid, 140.0)

    def _rehearse(self):
        with self._day("2026-08-03"):
            package = self._package()
            self.assertEqual(package.kind, "drill")

    def _end(self):
        # Iota's time was over on 30 July
        with self._day("2026-07-31", "02:08:00"):
            self.env["collection.placement.line"]._cron_expire()
            self.assertEnds("Iota", "expired", paid=140.0)
        with self._day("2026-12-31", "03:00:00"):
            self.env["collection.mandate"]._cron_end_expired()
            self.assertEqual(self.mandate.state, "live", "the last day counts")
        with self._day("2027-01-01", "03:00:00"):
            self.env["collection.mandate"]._cron_end_expired()
            self.assertEqual(self.mandate.state, "ended")
            certificate = self.env["collection.deletion.certificate"].search(
                [("mandate_id", "=", self.mandate.id)]
            )
            # eight of January and one of April
            self.assertEqual(
                (certificate.state, certificate.account_count), ("asked", 9)
            )
            for name in self.accounts:
                self.assertSeenBy(name)
            self.authenticate(self.supervisor_user.login, self.supervisor_user.login)
            self._post(
                self.supervisor_user,
                f"/my/collection/deletion/{self.mandate.id}",
                signatory="Jeanne Roux",
                date_deleted="2027-01-01",
                means="Files and backups",
            )
            self.assertEqual(certificate.state, "confirmed")
            package = self._package()
            self.assertEqual(package.kind, "end")
        one, nobody = self.mandate, self._nobody()
        self.assertEqual(
            self._receipts(),
            {
                ("company", nobody, "money"): 75.0 + 390.0,
                # Alpha, Gamma, Delta paid, bounced and paid again, Iota
                ("provider", one, "money"): 1000.0 + 300.0 + 450.0 + 140.0,
                ("provider", one, "credit_note"): 200.0,
                ("provider", one, "write_off"): 500.0,
            },
        )
        ends = {
            name: [line.state for line in account.placement_line_ids.sorted("id")]
            for name, account in self.accounts.items()
        }
        self.assertEqual(
            ends,
            {
                "Strategic": [],
                "Large": [],
                "Alpha": ["paid"],
                "Beta": ["credited"],
                "Gamma": ["written_off"],
                "Delta": ["paid"],
                "Epsilon": ["recalled"],
                "Zeta": ["transferred", "returned"],
                "Eta": ["expired"],
                "Theta": ["returned"],
                "Iota": ["expired"],
                "Kappa": ["refused"],
            },
        )


@tagged("post_install", "-at_install")
class TestYearOfATotalDelegation(YearCommon):
    """One provider has the whole file, and rules hand over by themselves."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_mandate.rule_ids.active = False
        cls.mandate.write(
            {
                "extent": "total",
                "new_item_rule": "all",
                "date_start": "2026-01-01",
                "rule_automatic": True,
            }
        )
        cls.mandate.rule_ids.write({"effect": "automatic", "age_basis": "any"})
        with freeze_time("2026-01-05 08:00:00"):
            for name, amount in (("North", 900.0), ("South", 300.0), ("West", 50.0)):
                cls._owe(name, amount, "2025-12-01")
            cls._owe("Reserved", 5000.0, "2025-12-01")
            cls.accounts["Reserved"].reserved = True

    def test_the_year(self):
        staff = self.agent_user | self.supervisor_user | self.on_site_user
        run = self.env["collection.mandate"]._cron_run_rules
        with self._day("2026-01-05", "23:40:00"):
            run()
            placement = self.mandate.placement_ids
            self.assertEqual((placement.state, placement.amount), ("handed_over", 1250))
            for name in ("North", "South", "West"):
                self.assertSeenBy(name, *staff)
            self.assertSeenBy("Reserved")
        # nobody answers for a week: reminded, then the company decides
        acknowledge = self.env["collection.placement"]._cron_acknowledge
        with self._day("2026-01-10", "22:20:00"):
            self.assertFalse(self._mails_of(acknowledge), "11 January has just begun")
        with self._day("2026-01-12", "02:20:00"):
            self.assertEqual(set(self._mails_of(acknowledge)), {self.supervisor_user})
        with self._day("2026-01-14", "02:20:00"):
            acknowledge()
            self.assertEqual(placement.activity_ids.user_id, self.manager_user)
            action = placement.with_user(self.manager_user).action_accept()
            self.env["collection.acknowledge"].with_user(
                self.manager_user
            ).with_context(**action["context"]).create(
                {"reason": "By telephone"}
            ).action_accept()
            self.assertEqual(placement.state, "accepted")
        # what is invoiced follows at once, before it is due
        with self._day("2026-02-01"):
            later = self._invoice(
                self.invoices["North"].partner_id, 100.0, "2026-03-01", "2026-02-01"
            )
            self.env["collection.account"]._refresh()
            self.assertTrue(later.collection_item_ids.delegated)
        with self._day("2026-02-15"):
            # withdrawn and issued again: the amount of today, the item of the day
            self.invoices["South"].button_draft()
            self.env["collection.account"]._refresh()
            self.assertEqual(self._line("South").state, "credited")
            self.invoices["South"].action_post()
            self.env["collection.account"]._refresh()
            self.assertEqual(self._line("South").state, "active")
            self._pay(self.invoices["South"], date="2026-02-15")
            self.env["collection.account"]._refresh()
            self.assertEnds("South", "paid", paid=300.0)
        with self._day("2026-04-01"):
            # one invoice comes back alone, the customer stays, and it goes again
            item = later.collection_item_ids
            item.with_user(self.manager_user)._recall("Wrong address", "error")
            self.assertFalse(item.delegated)
            self.assertSeenBy("North", *staff)
            wizard = (
                self.env["collection.handover"]
                .with_user(self.manager_user)
                .create(
                    {
                        "mandate_id": self.mandate.id,
                        "item_ids": [Command.set(item.ids)],
                    }
                )
            )
            wizard.action_preview()
            wizard.action_confirm()
            self.assertTrue(item.delegated)
            self.assertEqual(self._line("North").amount, 900.0, "as it was signed")
        with self._day("2026-06-30"):
            self._pay(self.invoices["North"], 400.0, date="2026-06-30")
            self.mandate.with_user(self.manager_user).action_end()
            self.assertEqual(self.mandate.state, "ended")
            self.assertEnds("North", "expired", paid=400.0)
            self.assertEnds("West", "expired")
            for name in self.accounts:
                self.assertSeenBy(name)
            self.assertEqual(self._package().kind, "end")
        with self._day("2026-07-10"):
            self._pay(self.invoices["North"], date="2026-07-10")
        self.assertEqual(
            self._receipts(),
            {
                ("provider", self.mandate, "money"): 300.0 + 400.0,
                ("company", self.env["collection.mandate"], "money"): 500.0,
            },
        )
