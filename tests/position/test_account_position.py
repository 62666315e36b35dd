from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-11-22")
class TestAccountPosition(CollectionCommon):
    """What an account says of a customer: ages, credits, segment, turnover."""

    #: it is about what posting does
    copies_invoices = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The worked ageing of the domain notes, reference day 2026-11-22
        for amount, date_due in (
            (1000.00, "2026-12-05"),
            (2345.67, "2026-11-22"),
            (1500.00, "2026-11-21"),
            (3000.00, "2026-10-23"),
            (3200.00, "2026-10-22"),
            (800.00, "2026-09-23"),
            (900.00, "2026-09-22"),
            (4000.00, "2026-08-24"),
            (4100.00, "2026-08-23"),
        ):
            cls._invoice(cls.customer, amount, date_due)
        cls._credit_note(cls.customer, 500.0, "2026-11-10")
        # positions are read on the frozen day
        with freeze_time("2026-11-22"):
            cls.env["collection.account"]._refresh()
        cls.account = cls.account_of(cls.customer)

    def test_ageing(self):
        self.assertRecordValues(
            self.account,
            [
                {
                    "amount_open": 20845.67,
                    "amount_overdue": 17500.0,
                    "amount_credit": 500.0,
                    "amount_not_due": 3345.67,
                    "amount_1_30": 4500.0,
                    "amount_31_60": 4000.0,
                    "amount_61_90": 4900.0,
                    "amount_91_plus": 4100.0,
                    "days_overdue": 91,
                }
            ],
        )

    def test_items_grouped_by_age(self):
        groups = self.env["collection.item"]._read_group(
            [("account_id", "=", self.account.id), ("state", "=", "open")],
            ["age_bucket"],
            ["amount_residual_company:sum", "__count"],
        )
        self.assertEqual(
            {bucket: (round(amount, 2), count) for bucket, amount, count in groups},
            {
                "not_due": (3345.67, 2),
                "d1_30": (4500.0, 2),
                "d31_60": (4000.0, 2),
                "d61_90": (4900.0, 2),
                "d91_plus": (4100.0, 1),
            },
        )
        # in the pivot of a web client, too, and in the order of age
        groups = self.env["collection.item"].formatted_read_group(
            [("account_id", "=", self.account.id)],
            ["age_bucket"],
            ["amount_residual_company:sum"],
        )
        self.assertEqual(len(groups), 5)
        for group in groups:
            items = self.env["collection.item"].search(
                [*group["__extra_domain"], ("account_id", "=", self.account.id)]
            )
            self.assertEqual(set(items.mapped("age_bucket")), {group["age_bucket"]})

    def test_items_grouped_by_segment(self):
        self.account.segment_id = self.env["collection.segment"].create(
            {"name": "Craft", "code": "test_craft"}
        )
        self.env.flush_all()
        groups = self.env["collection.item"]._read_group(
            [("account_id", "=", self.account.id)],
            ["segment_id"],
            ["amount_residual_company:sum"],
        )
        self.assertEqual(
            [(segment, round(amount, 2)) for segment, amount in groups],
            [(self.account.segment_id, 20845.67)],
        )

    def test_search_and_sort_by_days_overdue(self):
        Item = self.env["collection.item"]
        mine = [("account_id", "=", self.account.id)]
        for domain, expected in (
            ([("days_overdue", ">", 0)], 7),
            ([("days_overdue", ">=", 0)], 8),
            ([("days_overdue", "=", 30)], 1),
            ([("days_overdue", "!=", 30)], 8),
            ([("days_overdue", "<", 31)], 4),
            ([("days_overdue", "<=", 31)], 5),
            ([("days_overdue", ">", 90)], 1),
            ([("age_bucket", "=", "d31_60")], 2),
            ([("age_bucket", "in", ["d31_60", "not_due"])], 4),
            ([("age_bucket", "!=", "d31_60")], 7),
        ):
            with self.subTest(domain=domain):
                found = Item.search(mine + domain)
                self.assertEqual(len(found), expected)
                self.assertEqual(found, found.filtered_domain(domain))
        by_age = Item.search(mine, order="days_overdue desc", limit=1)
        self.assertEqual(by_age.days_overdue, 91)

    def test_accounts_by_days_overdue(self):
        other = self._invoice(self.other_customer, 10.0, "2026-11-22")
        fresh = other.collection_account_id
        Account = self.env["collection.account"]
        both = [("id", "in", (self.account | fresh).ids)]
        for domain, expected in (
            ([("days_overdue", ">", 0)], self.account),
            ([("days_overdue", ">=", 91)], self.account),
            ([("days_overdue", ">", 91)], Account),
            ([("days_overdue", "<", 91)], fresh),
            ([("days_overdue", "=", 0)], fresh),
            ([("days_overdue", "=", 91)], self.account),
            ([("days_overdue", "<=", 0)], fresh),
            ([("days_overdue", ">=", 0)], self.account | fresh),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(Account.search(both + domain), expected)
        self.assertEqual(
            Account.search(both, order="days_overdue desc")[:1], self.account
        )

    def test_open_credits(self):
        payment = self._payment(self.customer, 70.0, "2026-11-15")
        self.assertEqual(self.account.amount_credit, 570.0)
        credits = self.account._get_open_credits()
        self.assertEqual(len(credits), 2)
        self.assertEqual(sum(credits.mapped("amount_residual")), -570.0)
        self.assertIn(payment.move_id, credits.move_id)

    def test_turnover_and_active_accounts(self):
        old = self._invoice(self.other_customer, 400.0, "2025-09-30")
        self._pay(old, date="2025-10-15")
        self.env.invalidate_all()
        other = self.account_of(self.other_customer)
        # 20,845.67 invoiced less 500.00 credited
        self.assertEqual(self.account.turnover_12m, 20345.67)
        self.assertEqual(other.turnover_12m, 0.0)
        active = self.env["collection.account"]._search_active(
            self.company, self.env["collection.item"]._fields["date_due"].today()
        )
        self.assertIn(self.account, active)
        self.assertNotIn(other, active)

    def test_partner_and_invoice_show_the_account(self):
        segment = self.env["collection.segment"].create(
            {"name": "Craft", "code": "test_craft", "policy_id": self.policy.id}
        )
        invoice = self.account.item_ids[:1].move_id
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.customer.id}
        )
        self.customer.collection_segment_id = segment
        self.assertRecordValues(
            self.account, [{"segment_id": segment.id, "segment_locked": True}]
        )
        self.assertEqual(contact.collection_account_id, self.account)
        self.assertEqual(contact.collection_segment_id, segment)
        self.assertEqual(invoice.collection_account_id, self.account)
        self.assertEqual(invoice.collection_segment_id, segment)
        Partner = self.env["res.partner"]
        ours = [("id", "in", (self.customer | contact | self.other_customer).ids)]
        for domain, expected in (
            ([("collection_segment_id", "=", segment.id)], self.customer | contact),
            ([("collection_segment_id", "!=", segment.id)], self.other_customer),
            ([("collection_segment_id", "=", False)], self.other_customer),
            ([("collection_segment_id", "!=", False)], self.customer | contact),
            ([("collection_segment_id", "ilike", "craft")], self.customer | contact),
            (
                [("collection_account_id", "=", self.account.id)],
                self.customer | contact,
            ),
            ([("collection_delegated", "=", True)], Partner),
            (
                [("collection_delegated", "=", False)],
                self.customer | contact | self.other_customer,
            ),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(Partner.search(ours + domain), expected)
        Move = self.env["account.move"]
        sales = [("id", "in", self.account.item_ids.move_id.ids)]
        for domain, expected in (
            ([("collection_segment_id", "=", segment.id)], 9),
            ([("collection_segment_id", "!=", segment.id)], 0),
            ([("collection_segment_id", "=", False)], 0),
            ([("collection_segment_id.name", "ilike", "craft")], 9),
            ([("collection_account_id", "=", self.account.id)], 9),
            ([("collection_account_id", "!=", False)], 9),
            ([("collection_delegated", "=", True)], 0),
            ([("collection_delegated", "=", False)], 9),
            ([("collection_level_id", "=", False)], 9),
            ([("collection_level_id", "!=", False)], 0),
        ):
            with self.subTest(domain=domain):
                self.assertEqual(Move.search_count(sales + domain), expected)

    def test_level_and_delegation_on_partner_and_invoice(self):
        item = self.account.item_ids.sorted("date_due")[0]
        item.level_id = self.level_2
        self.env["collection.account"]._refresh(self.account)
        self._hand_over(self.account)
        self.assertEqual(self.account.level_id, self.level_2)
        self.assertEqual(self.customer.collection_level_id, self.level_2)
        self.assertTrue(self.customer.collection_delegated)
        self.assertEqual(item.move_id.collection_level_id, self.level_2)
        self.assertTrue(item.move_id.collection_delegated)
        self.assertEqual(
            self.env["res.partner"].search([("collection_delegated", "=", True)]),
            self.customer,
        )
        self.assertNotIn(
            self.customer,
            self.env["res.partner"].search([("collection_delegated", "=", False)]),
        )
        moves = self.account.item_ids.move_id
        found = self.env["account.move"].search(
            [
                ("id", "in", moves.ids),
                ("collection_level_id", "=", self.level_2.id),
            ]
        )
        self.assertEqual(found, item.move_id)
        self.assertEqual(
            self.env["account.move"].search_count(
                [("id", "in", moves.ids), ("collection_delegated", "=", True)]
            ),
            9,
        )

    def test_effective_policy(self):
        self.assertEqual(self.account.effective_policy_id, self.policy)
        of_segment = self._policy("Of segment", [("due", 1)])
        own = self._policy("Own", [("due", 1)])
        segment = self.env["collection.segment"].create(
            {"name": "S", "code": "test_s", "policy_id": of_segment.id}
        )
        self.account.segment_id = segment
        self.assertEqual(self.account.effective_policy_id, of_segment)
        self.account.policy_id = own
        self.assertEqual(self.account.effective_policy_id, own)

    def test_decisions_of_the_manager(self):
        account = self.account.with_user(self.collector_user)
        for values in (
            {"policy_id": self.policy.id},
            {"reserved": True},
            {"insolvency_date": "2026-11-01"},
            {"user_id": self.collector_user.id},
            {"segment_locked": True},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                account.write(values)
        account.write(
            {
                "hold_until": "2026-12-31",
                "hold_reason": "Waiting for a credit note",
                "next_action_date": "2026-11-25",
                "next_action": "Call back",
            }
        )
        self.account.with_user(self.manager_user).write(
            {"reserved": True, "insolvency_date": "2026-11-01"}
        )
        self.assertEqual(self.account.delegation_state, "reserved")

    def test_hold_needs_a_reason(self):
        with self.assertRaisesRegex(ValidationError, "Nord"):
            self.account.hold_until = "2026-12-31"

    def test_segment_decides_the_reservation(self):
        segment = self.env["collection.segment"].create(
            {"name": "Strategic", "code": "test_strategic", "handling": "strategic"}
        )
        self.assertEqual(segment.delegation, "never")
        self.account.segment_id = segment
        self.assertEqual(self.account.delegation_state, "reserved")
        segment.delegation = "allowed"
        self.assertEqual(self.account.delegation_state, "in_house")

    def test_debtor_type(self):
        person = self._customer("Person", is_company=False)
        company = self._customer("With VAT", is_company=False, vat="FR23334175221")
        accounts = self.env["collection.account"]._get_or_create(person | company)
        by_partner = accounts.grouped("partner_id")
        self.assertEqual(by_partner[person]._get_debtor_type(), "consumer")
        self.assertEqual(by_partner[company]._get_debtor_type(), "private")
        by_partner[person].segment_id = self.env["collection.segment"].create(
            {"name": "Town halls", "code": "test_public", "debtor_type": "public"}
        )
        self.assertEqual(by_partner[person]._get_debtor_type(), "public")

    def test_disputes_on_the_account(self):
        items = self.account.item_ids.sorted("date_due")[:2]
        dispute = (
            self.env["collection.dispute"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": self.account.id,
                    "item_ids": [Command.set(items.ids)],
                    "amount": 5000.0,
                    "reason_id": self._dispute_reason("quality").id,
                }
            )
        )
        self.assertEqual(items.mapped("amount_disputed"), [4100.0, 900.0])
        self.assertEqual(self.account.amount_disputed, 5000.0)
        self._pay(items[0].move_id, 600.0, "2026-11-20")
        self.assertEqual(items.mapped("amount_disputed"), [3500.0, 1500.0])
        self.assertEqual(self.account.amount_disputed, 5000.0)
        dispute._decide("cancelled")
        self.assertEqual(items.mapped("amount_disputed"), [0.0, 0.0])
        self.assertEqual(self.account.amount_disputed, 0.0)
        self.assertEqual(self.env["collection.account"]._refresh(), 0)
