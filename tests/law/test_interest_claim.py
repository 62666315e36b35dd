import io
from zipfile import ZipFile

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, freeze_time, tagged

from .common import InterestCommon


@tagged("post_install", "-at_install")
class TestInterestClaim(InterestCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._item(cls.customer, 8000.0, "2026-05-31")
        cls.account = cls.item.account_id

    def test_one_draft_without_vat(self):
        income = self.company_data["default_account_revenue"].copy()
        self.company.collection_interest_account_id = income
        second = self._item(self.customer, 2345.67, "2026-08-31")
        move = self._claim(self.account, "2026-11-22")
        self.assertRecordValues(
            move,
            [
                {
                    "move_type": "out_invoice",
                    "state": "draft",
                    "partner_id": self.customer.id,
                    "amount_tax": 0.0,
                    # 473.97 + 66.14 + 2 × 40
                    "amount_total": 620.11,
                }
            ],
        )
        lines = move.invoice_line_ids
        products = lines.filtered(lambda line: line.display_type == "product")
        self.assertEqual(products.mapped("price_unit"), [79.89, 394.08, 40, 66.14, 40])
        self.assertEqual(products.account_id, income)
        self.assertFalse(products.tax_ids)
        self.assertRegex(products[0].name, r"30 d at 12\.15 %")
        self.assertEqual(
            len(lines.filtered(lambda line: line.display_type == "line_section")), 2
        )
        self.assertIn("outside the scope of VAT", move.narration)
        self.assertRecordValues(
            move.collection_settlement_ids.sorted("id"),
            [
                {
                    "kind": "claim",
                    "item_id": item.id,
                    "account_id": self.account.id,
                    "amount_interest": interest,
                    "amount_indemnity": 40.0,
                    "user_id": self.book_manager_user.id,
                    "state": "in_force",
                }
                for item, interest in ((self.item, 473.97), (second, 66.14))
            ],
        )
        with freeze_time("2026-11-22"):
            move.action_post()
        self.assertEqual(move.amount_total, 620.11)

    def test_one_invoice_per_currency_and_customer(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.25)])
        foreign = self._item(self.customer, 1000.0, "2026-08-31", currency=dollar)
        other = self._item(self.other_customer, 1000.0, "2026-08-31")
        moves = self._claim(self.account | other.account_id, "2026-11-22")
        self.assertEqual(len(moves), 3)
        move = moves.filtered(lambda move: move.currency_id == dollar)
        self.assertEqual(move.amount_total, 28.20 + 50.0)
        self.assertEqual(move.collection_settlement_ids.item_id, foreign)

    def test_a_manager_without_the_books_drafts_it_all_the_same(self):
        self.assertFalse(
            self.env["account.move"].with_user(self.manager_user).has_access("create")
        )
        move = self._claim(self.item, "2026-11-22", user=self.manager_user)
        self.assertEqual((move.state, move.amount_total), ("draft", 513.97))

    def test_nobody_else_may(self):
        with freeze_time("2026-11-22"):
            for user in (self.collector_user, self.accountant_user, self.agent_user):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self._claim(self.item, "2026-11-22", user=user)

    def test_the_form_shows_the_calculation(self):
        with freeze_time("2026-11-22"):
            form = Form(
                self.env["collection.interest.claim"]
                .with_user(self.manager_user)
                .with_context(**self.account.action_claim_interest()["context"])
            )
            wizard = form.save()
            self.assertRecordValues(
                wizard.line_ids,
                [
                    {"kind": "interest", "days": 30, "rate": 12.15, "amount": 79.89},
                    {"kind": "interest", "days": 145, "rate": 12.4, "amount": 394.08},
                    {"kind": "indemnity", "days": 0, "rate": 0.0, "amount": 40.0},
                ],
            )
            self.assertIn("513.97", wizard.totals)
            form.claim_indemnity = False
            self.assertEqual(len(form.save().line_ids), 2)

    def test_interest_alone_leaves_the_indemnity(self):
        self._claim(self.item, "2026-11-22", claim_indemnity=False)
        self.assertEqual(self._amounts(self.item, "2026-11-22"), ([], 40.0))

    def test_what_was_paid_late(self):
        self._pay(self.item.move_id, date="2026-06-30")
        with freeze_time("2026-11-22"), self.assertRaises(UserError):
            self._claim(self.account, "2026-11-22")
        move = self._claim(self.account, "2026-11-22", include_paid=True)
        self.assertEqual(move.amount_total, 119.89)

    def test_from_a_letter_to_its_date(self):
        letter = self._letter("2026-06-30")
        with freeze_time("2026-11-22"):
            context = letter.with_user(self.manager_user).action_claim_interest()[
                "context"
            ]
            wizard = (
                self.env["collection.interest.claim"]
                .with_user(self.manager_user)
                .with_context(**context)
                .create({})
            )
            self.assertEqual(str(wizard.date_to), "2026-06-30")
            self.assertEqual(wizard.item_ids, self.item)

    def test_no_day_to_come(self):
        with freeze_time("2026-11-22"):
            wizard = self.env["collection.interest.claim"].create(
                {"item_ids": [Command.set(self.item.ids)], "date_to": "2026-11-23"}
            )
            with self.assertRaisesRegex(UserError, "up to today"):
                wizard.action_claim()

    def test_a_missing_rate_is_named(self):
        self.env["collection.reference.rate"].search(
            [("index", "=", "ecb_mro"), ("date_from", ">=", "2026-01-02")]
        ).unlink()
        with (
            freeze_time("2026-11-22"),
            self.assertRaisesRegex(UserError, "half-year 2 of 2026"),
        ):
            self._claim(self.item, "2026-11-22")

    def test_insolvency(self):
        self.account.insolvency_date = "2026-10-01"
        move = self._claim(self.account, "2026-11-22")
        self.assertEqual(move.amount_total, 329.93)
        self.assertFalse(move.collection_settlement_ids.amount_indemnity)

    def test_consumers(self):
        person = self._customer("Person", is_company=False)
        item = self._item(person, 1000.0, "2025-12-15")
        with freeze_time("2026-03-31"):
            with self.assertRaisesRegex(UserError, "formal notice"):
                self._claim(item, "2026-03-31")
            with self.assertRaisesRegex(UserError, "professionals only"):
                self._claim(item, "2026-03-31", claim_interest=False)
            with self.assertRaisesRegex(ValidationError, "consumer"):
                self.env["collection.interest.settlement"]._create_from(
                    [{"item": item, "amount_interest": 0.0, "amount_indemnity": 40.0}],
                    "claim",
                )
        ladder = self._policy(
            "Consumer", [("due", 1, {"include_penalties": True, "formal_notice": True})]
        )
        self.company.collection_policy_id = ladder
        with freeze_time("2026-02-01"):
            self._send(self._run("2026-02-01"))
        move = self._claim(item, "2026-03-31")
        self.assertEqual(move.amount_total, 4.16)


@tagged("post_install", "-at_install")
class TestInterestExport(HttpCase, InterestCommon):
    def test_the_auditors_spreadsheet(self):
        item = self._item(self.customer, 8000.0, "2026-05-31")
        self._waive(item, "2026-06-30", waive_indemnity=False)
        with freeze_time("2026-11-22"):
            wizard = (
                self.env["collection.interest.claim"]
                .with_user(self.manager_user)
                .create({"item_ids": [Command.set(item.ids)], "date_to": "2026-11-22"})
            )
            url = wizard.action_export_xlsx()["url"]
        self.authenticate(self.manager_user.login, self.manager_user.login)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        with ZipFile(io.BytesIO(response.content)) as archive:
            text = archive.read("xl/worksheets/sheet1.xml").decode()
            settled = archive.read("xl/worksheets/sheet2.xml").decode()
        for figure in (">145<", ">12.4<", ">394.08<", ">40<", "European Central Bank"):
            self.assertIn(figure, text)
        self.assertIn("Late delivery", settled)
        self.assertIn(">79.89<", settled)
        self.authenticate(self.collector_user.login, self.collector_user.login)
        self.assertEqual(self.url_open(url).status_code, 404)


@tagged("post_install", "-at_install")
class TestInterestClaimedOnce(InterestCommon):
    """What was claimed is booked, and not asked for again."""

    def test_booked_in_the_currency_of_the_invoice(self):
        """Interest and indemnity are computed, booked in the invoice's currency, and
        not asked for again by the next letter."""
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 1.25)])
        item = self._item(self.customer, 10000.0, "2025-09-30", currency=dollar)
        letter = self._letter("2025-10-31")
        self.assertEqual(
            (letter.amount_interest, letter.amount_indemnity), (103.19, 50.0)
        )
        move = self._claim(item, "2025-10-31")
        with freeze_time("2025-10-31"):
            move.action_post()
        self.assertEqual((move.currency_id, move.amount_total), (dollar, 153.19))
        income = move.line_ids.filtered(lambda line: line.display_type == "product")
        self.assertEqual(sum(income.mapped("balance")), -122.55)
        self.assertFalse(move.amount_tax)
        again = self._letter("2025-10-31").line_ids.filtered(
            lambda line: line.item_id == item
        )
        self.assertEqual((again.amount_interest, again.amount_indemnity), (0.0, 0.0))

    def test_by_half_year_as_an_invoice_without_vat(self):
        """By half-year on the letter, as an invoice without VAT, never twice."""
        item = self._item(self.customer, 8000.0, "2026-05-31")
        letter = self._letter("2026-11-22")
        self.assertRecordValues(
            letter, [{"amount_interest": 473.97, "amount_indemnity": 40.0}]
        )
        self.assertEqual(len(letter.line_ids.interest_detail), 2)
        move = self._claim(item, "2026-11-22")
        self.assertRecordValues(
            move, [{"state": "draft", "amount_total": 513.97, "amount_tax": 0.0}]
        )
        with self.assertRaises(UserError):
            self._claim(item, "2026-11-22")
        self.assertEqual(self._letter("2026-11-22").amount_interest, 0.0)
