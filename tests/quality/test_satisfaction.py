# pylint: disable=translation-required  # what a test posts, nobody reads
import re

from odoo import Command
from odoo.exceptions import AccessError
from odoo.http import Request
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from .common import YESTERDAY, SatisfactionCommon


@tagged("post_install", "-at_install")
class TestSatisfaction(SatisfactionCommon):
    # ------------------------------------------------------------------
    # Who is asked
    # ------------------------------------------------------------------

    def test_asked_on_the_next_morning(self):
        call = self._log(self.in_house, self.collector_user, YESTERDAY)
        self._log(self.delegated, self.agent_user, YESTERDAY, outcome=self.wrong_party)
        # of today: its turn comes tomorrow
        self._log(self.delegated, self.agent_user)
        request = self._ask()
        self.assertRecordValues(
            request,
            [
                {
                    "call_id": call.id,
                    "partner_id": self.customer.id,
                    "user_id": self.collector_user.id,
                    "side": "company",
                    "mandate_id": False,
                    "state": "asked",
                    "mark": 0,
                }
            ],
        )
        self.assertEqual(str(request.date), "2026-11-23")
        self.assertEqual(str(request.date_asked), "2026-11-24")
        mail = self._mails(request)
        # queued: the mail queue sends it
        self.assertEqual(mail.state, "outgoing")
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn("/rate/", mail.body_html)
        self.assertFalse(self._ask())
        with freeze_time("2026-11-25 06:30:00"):
            self.assertEqual(self._ask().account_id, self.delegated)

    def test_outcomes_that_are_not_asked_about(self):
        self.right_party.satisfaction = False
        self._log(self.in_house, self.collector_user, YESTERDAY)
        self.assertFalse(self._ask())

    def test_every_third_call(self):
        self.company.collection_satisfaction_every = 3
        accounts = [
            self.account_of(self._invoiced(f"Customer {number}")) for number in range(7)
        ]
        calls = [
            self._log(account, self.collector_user, YESTERDAY) for account in accounts
        ]
        self.assertEqual(self._ask().call_id, calls[2] | calls[5])
        # the one that was left over counts on the next morning
        for account in accounts[:2]:
            self._log(account, self.collector_user, "2026-11-24 09:00:00")
        with freeze_time("2026-11-25 06:30:00"):
            self.assertEqual(self._ask().account_id, accounts[1])

    def _invoiced(self, name, **values):
        customer = self._customer(name, **values)
        self._invoice(customer, 100.0, "2026-10-08")
        return customer

    def test_once_in_thirty_days(self):
        request = self._asked()
        for day, asked in (("2026-12-23", 0), ("2026-12-24", 1)):
            # thirty days after the 24th of November is the 24th of December
            self._log(
                self.in_house,
                self.collector_user,
                f"{day[:8]}{int(day[8:]) - 1:02} 09:00:00",
            )
            with self.subTest(day=day), freeze_time(f"{day} 06:30:00"):
                self.assertEqual(len(self._ask()), asked)
        self.assertEqual(
            self.Satisfaction.search_count([("account_id", "=", self.in_house.id)]), 2
        )
        self.assertTrue(request.exists())

    def test_left_in_peace(self):
        """The turn of who may not be asked passes to the next call."""
        cases = {
            "do not call": lambda account: account.write({"do_not_call": True}),
            "insolvent": lambda account: account.write(
                {"insolvency_date": "2026-11-20"}
            ),
            "complains": lambda account: self.env["collection.complaint"].create(
                {
                    "account_id": account.id,
                    "category": "tone",
                    "description": "Shouted at",
                }
            ),
            "no address": lambda account: account.partner_id.write({"email": False}),
        }
        for name, prepare in cases.items():
            account = self.account_of(self._invoiced(f"Customer {name}"))
            self._log(account, self.collector_user, YESTERDAY)
            prepare(account)
        self.assertFalse(self._ask())
        self.assertEqual(self.company.collection_satisfaction_left, 1)
        self._log(self.in_house, self.collector_user, "2026-11-24 09:00:00")
        with freeze_time("2026-11-25 06:30:00"):
            self.assertEqual(self._ask().account_id, self.in_house)

    def test_nobody_is_asked_unless_the_company_wants_it(self):
        self.company.collection_satisfaction_every = 0
        self._log(self.in_house, self.collector_user, YESTERDAY)
        self.Satisfaction._cron_ask()
        self.assertFalse(self.Satisfaction.search([]))

    def test_old_calls_are_not_asked_about(self):
        self._log(self.in_house, self.collector_user, "2026-11-20 22:59:59")
        self.assertFalse(self._ask())

    def test_cron(self):
        self._log(self.in_house, self.collector_user, YESTERDAY)
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_collection.ir_cron_collection_satisfaction"
            ).method_direct_trigger()
        self.env.invalidate_all()
        request = self.Satisfaction.search([("company_id", "=", self.company.id)])
        self.assertEqual(request.account_id, self.in_house)
        self.assertEqual(len(self._mails(request)), 1)

    def test_in_the_companys_name_and_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.other_customer.lang = "fr_FR"
        template = self.env.ref("account_collection.mail_template_satisfaction")
        template.with_context(
            lang="fr_FR"
        ).subject = "{{ object.company_id.name }} – Comment s’est passé notre appel ?"
        self.company.collection_email = "relance@company.example.com"
        request = self._asked(self.delegated, self.agent_user)
        mail = self._mails(request)
        self.assertIn("Comment s’est passé", mail.subject)
        self.assertIn("relance@company.example.com", mail.email_from)
        self.assertIn("relance@company.example.com", mail.reply_to)
        for text in (mail.body_html, mail.email_from, mail.subject, mail.reply_to):
            for stranger in (
                self.provider.name,
                self.agent_user.name,
                self.agent_user.login,
            ):
                self.assertNotIn(stranger, text)

    def test_queries_do_not_grow(self):
        counts = []
        for day, number in ((23, 3), (24, 12)):
            for index in range(number):
                account = self.account_of(self._invoiced(f"Customer {day} {index}"))
                self._log(account, self.collector_user, f"2026-11-{day} 09:00:00")
            with freeze_time(f"2026-11-{day + 1} 06:30:00"):
                self.patch(
                    self.env.registry["collection.satisfaction"],
                    "_queue_mails",
                    lambda records: None,
                )
                with self._count_queries() as counter:
                    self.assertEqual(len(self._ask()), number)
                counts.append(counter.total)
        self.assertLessEqual(counts[1], counts[0] + 3)

    # ------------------------------------------------------------------
    # The mark
    # ------------------------------------------------------------------

    def test_mark_and_mean_of_the_mandate(self):
        first = self._asked(self.delegated, self.agent_user)
        self._rate(first, 5, "Very kind")
        self.assertRecordValues(first, [{"mark": 5, "state": "answered"}])
        other = self.account_of(self._invoiced("Third"))
        self._hand_over(other)
        self._log(other, self.agent_user)
        with freeze_time("2026-11-25 06:30:00"):
            second = self._ask()
        self._rate(second, 3)
        mandate = self.mandate.with_user(self.manager_user)
        mandate.invalidate_recordset()
        self.assertEqual(mandate.rating_count, 2)
        self.assertEqual(mandate.rating_avg, 4.0)
        self.assertFalse(self.other_mandate.rating_count)

    def test_unanswered_is_no_nought(self):
        self._rate(self._asked(), 4)
        self._log(self.delegated, self.agent_user)
        with freeze_time("2026-11-25 06:30:00"):
            self.assertTrue(self._ask())
        [(mean,)] = self.Satisfaction._read_group([], [], ["mark:avg"])
        self.assertEqual(mean, 4.0)

    def test_unhappy_customer(self):
        for rate, asked in ((5, 0), (3, 0), (2, 1), (1, 1)):
            with self.subTest(rate=rate):
                request = self._asked(self.delegated, self.agent_user)
                self._rate(request, rate, "He shouted")
                self.assertEqual(len(request.activity_ids), asked)
                if asked:
                    self.assertEqual(request.activity_ids.user_id, self.manager_user)
                    # a second click is no second activity
                    self._rate_again(request, rate)
                    self.assertEqual(len(request.activity_ids), 1)
                request.call_id.sudo()
                self.Satisfaction.sudo().search([]).unlink()
                self.company.collection_satisfaction_until = False

    def _rate_again(self, request, rate):
        rating = request.sudo().rating_ids
        request.sudo().rating_apply(rate, rating=rating, feedback="He shouted!")

    def test_complaint_from_a_mark(self):
        request = self._asked(self.delegated, self.agent_user)
        self._rate(request, 1, "He shouted")
        action = request.with_user(self.manager_user).action_new_complaint()
        complaint = (
            self.env["collection.complaint"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({"category": "tone"})
        )
        self.assertRecordValues(
            complaint,
            [
                {
                    "account_id": self.delegated.id,
                    "call_id": request.call_id.id,
                    "agent_id": self.agent.id,
                    "channel": "mark",
                    "description": "He shouted",
                    "satisfaction_id": request.id,
                }
            ],
        )

    # ------------------------------------------------------------------
    # Who sees it
    # ------------------------------------------------------------------

    def test_who_sees_marks_and_texts(self):
        company = self._asked()
        other = self.account_of(self._invoiced("Third"))
        self._hand_over(other)
        self._log(self.delegated, self.agent_user, "2026-11-24 09:00:00")
        self._log(other, self.on_site_user, "2026-11-24 09:00:00")
        with freeze_time("2026-11-25 06:30:00"):
            requests = self._ask()
        agents = requests.filtered(lambda request: request.user_id == self.agent_user)
        on_site = requests - agents
        everybody = company | requests
        for request in everybody:
            self.assertNotIn(
                request, self.Satisfaction.with_user(self.agent_user).search([])
            )
            self._rate(request, 3, f"Words about {request.user_id.login}")
        for user, seen, texts in (
            (self.manager_user, everybody, everybody),
            (self.collector_user, company, company),
            (self.agent_user, agents, agents),
            (self.on_site_user, on_site, on_site),
            (self.supervisor_user, requests, requests.browse()),
            (self.other_agent_user, requests.browse(), requests.browse()),
        ):
            with self.subTest(user=user.login):
                found = self.Satisfaction.with_user(user).search([])
                self.assertEqual(found.with_env(self.env), seen)
                told = found.filtered("feedback")
                self.assertEqual(told.with_env(self.env), texts)
                self.assertEqual(set(found.mapped("mark")) - {3}, set())
        # by no other door: Odoo's ratings, messages of the thread
        ratings = everybody.sudo().rating_ids
        messages = everybody.sudo().message_ids
        self.assertEqual(len(ratings), 3)
        for user in (self.manager_user, self.on_site_user, self.plain_internal_user):
            with self.subTest(user=user.login):
                self.assertFalse(
                    self.env["rating.rating"]
                    .with_user(user)
                    .search([("id", "in", ratings.ids)])
                )
                with self.assertRaises(AccessError):
                    ratings.with_user(user).read(["feedback"])
                with self.assertRaises(AccessError):
                    ratings.with_user(user).write({"rating": 5})
                self.assertFalse(
                    self.env["mail.message"]
                    .with_user(user)
                    .search([("id", "in", messages.ids)])
                )
        for name in ("partner_id", "rating_last_feedback", "rating_ids"):
            with self.subTest(field=name), self.assertRaises(AccessError):
                agents.with_user(self.agent_user).read([name])

    def test_nobody_gives_marks_by_hand(self):
        request = self._asked(self.delegated, self.agent_user)
        for user in (self.manager_user, self.collector_user, self.agent_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    request.with_user(user).write({"mark": 5})
                with self.assertRaises(AccessError):
                    request.with_user(user).message_post(body="Great", rating_value=5)
                with self.assertRaises(AccessError):
                    self.env["rating.rating"].with_user(user).create(
                        {
                            "res_model_id": self.env["ir.model"]._get_id(
                                "collection.satisfaction"
                            ),
                            "res_id": request.id,
                            "rating": 5,
                            "consumed": True,
                        }
                    )


@tagged("post_install", "-at_install")
class TestSatisfactionPage(SatisfactionCommon, HttpCase):
    def test_the_customer_gives_a_mark(self):
        """He opens the link of his e-mail without any login."""
        request = self._asked(self.delegated, self.agent_user)
        body = self._mails(request).body_html
        links = re.findall(r'href="[^"]*(/rate/\w+/\d)"', body)
        self.assertEqual(len(links), 3)
        self.env.flush_all()
        page = self.url_open(links[0])
        self.assertEqual(page.status_code, 200)
        self.assertIn("feedback", page.text)
        for secret in (self.provider.name, self.agent_user.name):
            self.assertNotIn(secret, page.text)
        # opening it is no mark yet: mail scanners open links
        self.assertEqual(request.state, "asked")
        token = links[0].split("/")[2]
        self.authenticate(None, None)
        answer = self.url_open(
            f"/rate/{token}/submit_feedback",
            data={
                "csrf_token": Request.csrf_token(self),
                "rate": "1",
                "feedback": "He shouted <b>at</b> me",
            },
        )
        self.assertEqual(answer.status_code, 200)
        self.env.invalidate_all()
        self.assertRecordValues(request, [{"mark": 1, "state": "answered"}])
        self.assertEqual(
            request.with_user(self.manager_user).feedback, "He shouted <b>at</b> me"
        )
        self.assertEqual(request.activity_ids.user_id, self.manager_user)

    def _assert_page_of(self, page, company, other):
        """The page is in the name of the one company and not of the other."""
        self.assertEqual(page.status_code, 200)
        self.assertIn(f"/logo.png?company={company.id}", page.text)
        self.assertIn(company.name, page.text)
        self.assertNotIn(f"/logo.png?company={other.id}", page.text)
        self.assertNotIn(other.name, page.text)

    def test_page_of_the_company_that_asks(self):
        """Not of the one the public user happens to belong to."""
        # sudo: companies and the public user are the administrator's
        stranger = self.env["res.company"].sudo().create({"name": "Somebody Else Ltd"})
        self.env.ref("base.public_user").sudo().write(
            {"company_ids": [Command.set(stranger.ids)], "company_id": stranger.id}
        )
        self.env["res.lang"]._activate_lang("fr_FR")
        self.other_customer.lang = "fr_FR"
        request = self._asked(self.delegated, self.agent_user)
        token = request._rating_get_access_token()
        self.env.flush_all()
        page = self.url_open(f"/rate/{token}/3")
        self._assert_page_of(page, self.company, stranger)
        # the day of the call as it is written in the customer's language
        self.assertIn("23/11/2026", page.text)
        # nothing is thanked for before it was sent: our question takes that place
        self.assertEqual(page.text.count("<h1"), 1)
        self.assertNotIn("o_rating_page_thank_you", page.text)
        self.authenticate(None, None)
        for website in (False, "https://company.example.com"):
            self.company.sudo().website = website
            self.env.flush_all()
            thanks = self.url_open(
                f"/rate/{token}/submit_feedback",
                data={"csrf_token": Request.csrf_token(self), "rate": "3"},
            )
            with self.subTest(website=website):
                self._assert_page_of(thanks, self.company, stranger)
                self.assertIn("o_rating_page_thank_you", thanks.text)
                # he has no account here: not to our log-in page
                self.assertEqual("fa-arrow-left" in thanks.text, bool(website))
                if website:
                    self.assertIn(f'href="{website}"', thanks.text)

    def test_pages_of_other_applications_stay(self):
        # sudo: as Odoo makes them
        rating = (
            self.env["rating.rating"]
            .sudo()
            .create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": self.other_customer.id,
                    "partner_id": self.other_customer.id,
                }
            )
        )
        self.assertFalse(rating._get_collection_request())
        self.env.flush_all()
        page = self.url_open(f"/rate/{rating.access_token}/5")
        self.assertEqual(page.status_code, 200)
        self.assertIn("Thank you for rating our services!", page.text)
        self.assertNotIn("our call", page.text)

    def test_guessed_links(self):
        with mute_logger("odoo.http"):
            self.assertEqual(self.url_open("/rate/guessed/5").status_code, 404)
