# pylint: disable=translation-required  # what a test types, nobody reads
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestPortalCaller(PortalCommon):
    """Who is on the telephone is found by whatever they say."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write(
            {
                "name": "Établissements Delcourt",
                "zip": "59800",
                "vat": "FR40303265045",
                "company_registry": "303 265 045 00017",
                "email": "compta@delcourt.example.com",
            }
        )
        cls.contact.write({"email": "c.dubois@delcourt.example.com"})
        cls.other_customer.write(
            {"phone": "+33 6 12 34 56 79", "city": "Lille", "email": "compta@away.test"}
        )
        cls.env.flush_all()

    def _look_up(self, text, user=None):
        accounts = self.env["collection.account"].with_user(user or self.agent_user)
        return accounts._portal_look_up(text)

    def test_any_spelling_of_what_a_caller_says(self):
        for text in (
            "0612345678",
            "06 12 34 56 78",
            "+33612345678",
            "+33 (0)6 12.34.56.78",
            "0033 6 12-34-56-78",
            "34 56 78",
            "Dubois",
            "claire dubois",
            "DUBOIS Lille",
            "c.dubois@delcourt",
            "lille",
            "59800",
            "C-1001",
            "etablissements",
            "Delcourt Lille",
            "303265045",
            "303 265 045",
            "FR 40 303 265 045",
            "30326504500017",
            self.invoice.name,
            self.invoice.name.lower(),
            self.invoice.name[-6:],
            "1000",
            "1,000.00",
            "250.00",
            "1250",
        ):
            with self.subTest(text=text):
                self.assertEqual(list(self._look_up(text)), self.account.ids)

    def test_signs_mean_themselves(self):
        self.customer.name = "A.B (Été) [x]+|{2}^$?*\\_%"
        self.env.flush_all()
        for text in ("a.b", "(ete)", "(ÉTÉ)", "[x]+", "|{2}", "^$?*", "\\_%", "A.B (e"):
            with self.subTest(text=text):
                self.assertEqual(list(self._look_up(text)), self.account.ids)
        for text in ("axb", "[y]", ".*", "x{2}", "A|zzz", "\\d", "(", "a_b"):
            with self.subTest(text=text):
                found = self.account.id in self._look_up(text)
                self.assertEqual(found, text in self.customer.name)

    def test_a_number_is_no_amount(self):
        self.mandate.new_item_rule = "all"
        self._invoice(self.customer, 303265046.0, self.in_days(-3))
        self.env["collection.account"]._refresh(self.account)
        self.env["collection.placement.line"]._follow_ledger(self.account.ids)
        for text, count in (
            ("303265046", 0),
            ("303265046.00", 1),
            ("01000", 0),
            ("1000", 1),
        ):
            with self.subTest(text=text):
                self.assertEqual(len(self._look_up(text)), count)

    def test_who_calls_is_the_person_who_was_named(self):
        for text, person in (
            ("dubois lille", self.contact.id),
            ("c.dubois@", self.contact.id),
            ("lille", None),
            ("303265045", None),
        ):
            with self.subTest(text=text):
                hit = self._look_up(text)[self.account.id]
                self.assertEqual(hit["person"], person)

    def test_a_number_kept_in_the_national_form(self):
        self.contact.phone = "03.20.11.22.33"
        self.env.flush_all()
        for text in ("+33 3 20 11 22 33", "0033320112233", "0320112233", "11 22"):
            with self.subTest(text=text):
                hits = self._look_up(text)
                self.assertEqual(hits[self.account.id]["person"], self.contact.id, hits)
                self.assertIn("03.20.11.22.33", hits[self.account.id]["found"])

    def test_nothing_of_anybody_else(self):
        self.mandate.new_item_rule = "none"
        self._invoice(self.customer, 4321.0, self.in_days(-5))
        away = self.env["res.partner"].create(
            {"name": "Lieferhof", "parent_id": self.customer.id, "type": "delivery"}
        )
        self.env.flush_all()
        for text in (
            "06 12 34 56 79",
            "compta@away",
            self.foreign_invoice.name,
            "777",
            "4321",
            away.name,
            "12",
            "%",
            "_",
            "\0",
            "\ud800",
            "x" * 5000,
            "' OR 1=1 --",
            "(" * 40,
            "9" * 200,
            "1e308",
            "nan",
            "",
        ):
            with self.subTest(text=text[:20]):
                self.assertFalse(self._look_up(text))
        self.assertFalse(self._look_up("Dubois", self.stranger_user()))

    def stranger_user(self):
        """An agent of the provider whom no mandate names."""
        user = self._user("collection_stranger", "group_collection_provider")
        self._agent(user, self.provider)
        return user

    def test_best_first(self):
        second = self._customer("Lille Transports", phone="+33 3 20 99 88 77")
        self._invoice(second, 90.0, self.in_days(-3))
        self._hand_over(self.account_of(second))
        self.env.flush_all()
        self.assertEqual(
            list(self._look_up("lille")),
            [self.account_of(second).id, self.account.id],
        )

    def test_one_statement_whatever_the_file(self):
        for number in range(3):
            partner = self._customer(f"Lille {number}", city="Lille")
            self._invoice(partner, 10.0, self.in_days(-3))
            self._hand_over(self.account_of(partner))
        self._look_up("lille")
        with self._count_queries() as counter:
            self.assertEqual(len(self._look_up("lille")), 4)
        self.assertLessEqual(counter.total, 6)

    def test_enter_opens_the_customer_with_the_caller(self):
        self._log_in(self.agent_user)
        page = self.url_open(
            "/my/collection/caller?search=%2B33%206%2012%2034%2056%2078"
        )
        self.assertIn(self.url, page.url)
        self.assertIn('value="Claire Dubois"', page.text)
        self.assertIn('value="+33 6 12 34 56 78"', page.text)
        self.assertRegex(
            page.text, r'id="collection_incoming"[^>]*checked|checked[^>]*"incoming"'
        )
        self.assertNotIn("not logged yet", page.text)

    def test_several_stand_in_the_list_the_first_ready_for_enter(self):
        second = self._customer("Lille Transports")
        self._invoice(second, 90.0, self.in_days(-3))
        account = self.account_of(second)
        self._hand_over(account)
        self._log_in(self.agent_user)
        page = self.url_open("/my/collection/caller?search=lille")
        self.assertRegex(
            page.text, rf'/my/collection/{account.id}\?caller=0"[^>]*autofocus'
        )
        self.assertEqual(page.text.count('autofocus="'), 1)
        self.assertIn(f"{self.url}?caller=", page.text)
        page = self.url_open("/my/collection?search=lille")
        self.assertNotIn("?caller=", page.text)

    def test_whoever_else_is_named_is_nobody(self):
        self._log_in(self.agent_user)
        for caller in ("0", "x", "9" * 30, str(self.other_customer.id), "\0"):
            with self.subTest(caller=caller):
                page = self.url_open(f"{self.url}?caller={caller}")
                self.assertEqual(page.status_code, 200)
                self.assertNotIn(self.other_customer.name, page.text)
        with mute_logger("odoo.http"):
            page = self.url_open(f"/my/collection/{self.other_account.id}?caller=0")
        self.assertEqual(page.status_code, 404)

    def test_hostile_searches_find_nothing_in_words(self):
        self._log_in(self.agent_user)
        for text in ("%00", "%ED%A0%80", "a" * 4000, "%25", "1e999"):
            with self.subTest(text=text[:10]):
                page = self.url_open(f"/my/collection/caller?search={text}")
                self.assertEqual(page.status_code, 200)
                self.assertIn("No customer matches", page.text)
