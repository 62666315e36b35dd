from datetime import date

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import CollectionCommon

#: (table, column that names the invoice, what is each invoice's own)
TABLES = (
    (
        "account_move",
        "id",
        {"id", "name", "payment_reference", "sequence_number"},
    ),
    ("account_move_line", "move_id", {"id", "move_id", "move_name", "name"}),
    ("collection_item", "move_id", {"id", "move_id", "move_line_id"}),
)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestPostedCopies(CollectionCommon):
    """What tests take for a posted invoice is one, to the last column."""

    def _read(self, table, column, invoice, own):
        self.env.cr.execute(
            SQL(
                "SELECT * FROM %s WHERE %s = %s ORDER BY id",
                SQL.identifier(table),
                SQL.identifier(column),
                invoice.id,
            )
        )
        rows = self.env.cr.dictfetchall()
        return [
            {name: value for name, value in row.items() if name not in own}
            for row in rows
        ]

    def _make_one(self, row, by_core, **shape):
        values = {"date": row["date"], **shape}
        if "ref" in row:
            values["ref"] = row["ref"]
        if not by_core:
            return self._post_copies([row], **shape)
        invoice = self._draft_invoices(
            [(row["partner"], row["amount"])], row["date_due"], **values
        )
        invoice.action_post()
        return invoice

    def _assert_equal(self, row, **shape):
        copy = self._make_one(row, False, **shape)
        posted = self._make_one(row, True, **shape)
        self.env["collection.account"]._flush_all()
        for table, column, own in TABLES:
            self.assertEqual(
                self._read(table, column, copy, own),
                self._read(table, column, posted, own),
            )
        number = copy.sequence_number
        self.assertEqual(
            posted.name, copy.name.replace(f"{number:05}", f"{number + 1:05}")
        )
        self.assertEqual(copy.line_ids.mapped("move_name"), [copy.name] * 2)
        self.assertEqual(copy.payment_reference and copy.name, copy.payment_reference)
        for field in ("name", "amount_total_in_currency_signed", "invoice_line_ids"):
            self.assertTrue(copy[field])
        return copy

    def _row(self, **values):
        return {
            "partner": self.customer,
            "amount": 123.45,
            "date": date(2026, 1, 2),
            "date_due": date(2026, 2, 1),
            **values,
        }

    def test_invoice(self):
        copy = self._assert_equal(self._row())
        self.assertEqual(copy.collection_item_ids.amount_residual, 123.45)

    def test_credit_note(self):
        self._assert_equal(self._row(), move_type="out_refund")

    def test_reference(self):
        copy = self._assert_equal(self._row(ref="Order 5"))
        self.assertIn("Order 5 - INV/2026/00001", copy.line_ids.mapped("name"))

    def test_other_years(self):
        self._assert_equal(
            self._row(date=date(2024, 2, 29), date_due=date(2024, 2, 29))
        )
        copy = self._assert_equal(self._row(date=date(2026, 4, 1), amount=1000))
        self.assertEqual(copy.name, "INV/2026/00001")

    def test_account_of_the_customer(self):
        account = self.company_data["default_account_receivable"].copy()
        self.customer.property_account_receivable_id = account
        copy = self._assert_equal(self._row())
        self.assertIn(account, copy.line_ids.account_id)

    def test_person_abroad(self):
        person = self._customer(
            "Mr O'Neill", is_company=False, country_id=self.env.ref("base.ie").id
        )
        self._assert_equal(self._row(partner=person))

    def test_other_company(self):
        data = self.setup_other_company(name="Sister")
        self._assert_equal(
            self._row(partner=self._customer("Shared")), company_data=data
        )

    def test_several_at_once(self):
        copies = self._post_copies(
            [self._row(amount=amount) for amount in (1, 2.5, 1000)]
        )
        self.assertEqual(
            copies.mapped("name"), [f"INV/2026/0000{number}" for number in (1, 2, 3)]
        )
        self.assertEqual(copies.mapped("amount_total"), [1, 2.5, 1000])
        # core goes on from there
        self.assertEqual(self._make_one(self._row(), True).name, "INV/2026/00004")
        self.assertEqual(self._make_one(self._row(), False).name, "INV/2026/00005")

    def test_is_paid_like_any_other(self):
        copy = self._make_one(self._row(), False)
        self._pay(copy, 23.45)
        self.assertEqual((copy.payment_state, copy.amount_residual), ("partial", 100))
        self._pay(copy)
        self.assertEqual(copy.payment_state, "paid")

    def _assert_by_core(self, **values):
        self.assertIsNone(self._make_one(self._row(**values), False))

    def test_what_core_makes(self):
        """Whatever else says what becomes of an invoice."""
        self._assert_by_core(amount=0)
        self._assert_by_core(amount=1.005)
        self._assert_by_core(
            partner=self._customer(
                "Employee", parent_id=self.customer.id, is_company=False
            )
        )
        # of whom the invoice might be somebody else's
        self._assert_by_core()
        self._assert_by_core(partner=self._customer("Sold", user_id=self.env.uid))
        position = self.env["account.fiscal.position"].create({"name": "Abroad"})
        self._assert_by_core(
            partner=self._customer("Mapped", property_account_position_id=position.id)
        )

    def test_locked_period(self):
        self.company.sudo().fiscalyear_lock_date = "2025-12-31"
        self._assert_by_core()

    def test_numbered_otherwise(self):
        invoice = self._make_one(self._row(), True)
        invoice.button_draft()
        invoice.name = "F-2026-0001"
        invoice.action_post()
        self._assert_by_core()
