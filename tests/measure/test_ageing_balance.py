import io
from datetime import date

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, tagged

from ...wizard.measure import collection_ageing_balance
from .common import MeasureCommon, cents

#: ages in the order in which their columns stand
AGES = ["not_due", "d1_30", "d31_60", "d61_90", "d91_plus", "credit"]


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestAgeingBalance(MeasureCommon):
    """The balance on screen, on paper and as a spreadsheet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = [cls._customer(f"Lot {number}") for number in range(3)]
        cls._make_ledger(7, cls.partners, 25)
        cls.elsewhere = cls.setup_other_company(name="Elsewhere")
        cls.other_company = cls.elsewhere["company"]

    def _balance(self, user=None, context=(), **values):
        context = dict(context)
        return (
            self.env["collection.ageing.balance"]
            .with_user(user or self.collector_user)
            .with_company(self.company)
            .with_context(**context)
            .create({"date": "2025-10-31", **values})
        )

    def _hand_over_on(self, day, accounts):
        with freeze_time(day):
            placement = self._hand_over(accounts)
            self.env["collection.account"]._flush_all()
        return placement

    # ------------------------------------------------------------------
    # On screen
    # ------------------------------------------------------------------

    def test_one_press(self):
        """Opened and shown: by customer, of today."""
        form = Form(
            self.env["collection.ageing.balance"].with_user(self.collector_user)
        )
        action = form.save().action_open()
        rows = (
            self.env[action["res_model"]]
            .with_user(self.collector_user)
            .with_context(**action["context"])
            ._read_group(action["domain"], ["account_id"], ["amount_balance:sum"])
        )
        self.assertEqual(action["context"]["search_default_group_account_id"], 1)
        for account, amount in rows:
            self.assertEqual(
                cents(amount), cents(account.amount_open - account.amount_credit)
            )
        self.assertLessEqual(
            self.env["collection.account"].search(
                [("partner_id", "in", [partner.id for partner in self.partners])]
            ),
            self.env["collection.account"].union(*(account for account, _ in rows)),
        )

    def test_every_grouping(self):
        """Whatever it is grouped by, it is the same amount, the ledger's of the day."""
        lines = self._debtor_lines().filtered(
            lambda line: line.date <= date(2025, 10, 31)
        )
        ledger = sum(cents(line.balance) for line in lines)
        for name, _label in (
            self.env["collection.ageing.balance"]._fields["group_by"].selection
        ):
            with self.subTest(group_by=name):
                balance = self._balance(group_by=name)
                rows = balance._get_rows()
                self.assertTrue(all(row["name"] for row in rows))
                self.assertEqual(
                    sum(cents(row["amount_balance"]) for row in rows), ledger
                )
                self.assertEqual(cents(balance.amount_ledger), ledger)
                self.assertEqual(balance.amount_difference, 0.0)

    def test_pivot_order(self):
        """Columns from what is not due to what is oldest, credits last."""
        ageing = self._ageing("2025-10-31").with_user(self.collector_user)
        for group in (["age_bucket"], ["account_id", "age_bucket"]):
            ages = [row[-2] for row in ageing._read_group([], group, ["__count"])]
            last = {}
            for row in ageing._read_group([], group, ["__count"]):
                key = row[0] if len(group) > 1 else None
                self.assertLess(last.get(key, -1), AGES.index(row[-2]))
                last[key] = AGES.index(row[-2])
            self.assertLessEqual(set(ages), set(AGES))
        sets = ageing.formatted_read_grouping_sets(
            [], [[], ["age_bucket"], ["side", "age_bucket"]], ["amount_balance:sum"]
        )
        self.assertEqual(
            [group["age_bucket"] for group in sets[1]],
            [age for age in AGES if age in {group["age_bucket"] for group in sets[1]}],
        )

    def test_rows_by_name(self):
        """As names stand in a French list: É with E, whatever the case."""
        names = ("Zinc", "Étude", "ecart", "Fabre", "Été")
        for name in names:
            self._invoice(self._customer(name), 10.0, "2025-10-01")
        rows = self._balance(date="2025-10-31")._get_rows()
        self.assertEqual(
            [row["name"] for row in rows if row["name"] in names],
            ["ecart", "Été", "Étude", "Fabre", "Zinc"],
        )

    def test_no_day(self):
        """What names no day is refused in words, whoever sends it."""
        for asked in ("tomorrow", "2026-02-30", 20260331, ["2026-03-31"], {"day": 1}):
            with self.subTest(day=asked), self.assertRaises(UserError) as caught:
                self.env["collection.ageing"].with_user(
                    self.collector_user
                ).with_context(collection_day=asked).search_count([])
            self.assertIn("2026-12-31", str(caught.exception))

    def test_cells_open_their_items(self):
        """What is behind a cell adds up to it, and each row leads somewhere."""
        ageing = self._ageing("2025-10-31").with_user(self.collector_user)
        for group in ageing.formatted_read_group(
            [], ["side", "age_bucket"], ["amount_balance:sum"]
        ):
            rows = ageing.search(group["__extra_domain"])
            self.assertEqual(
                sum(cents(row.amount_balance) for row in rows),
                cents(group["amount_balance:sum"]),
            )
            for row in rows:
                self.assertIn(
                    row.action_open()["res_model"],
                    ("collection.item", "collection.account"),
                )

    def test_side_of_the_day(self):
        """Before it was handed over, while it was, and after it was taken back."""
        partner = self._customer("Handed Over")
        self._invoice(partner, 100.0, "2026-01-10")
        self._invoice(partner, 50.0, "2026-01-20")
        self._credit_note(partner, 20.0, "2026-01-15")
        account = self.account_of(partner)
        placement = self._hand_over_on("2026-02-10", account)
        with freeze_time("2026-02-20"):
            account.item_ids.sorted("date_due")[1]._recall("Ours", "other")
            self.env.flush_all()
        with freeze_time("2026-03-10"):
            placement.line_ids._take_back("recalled", "Enough", "other")
            self.env.flush_all()
        found = {}
        for day in ("2026-02-09", "2026-02-10", "2026-02-20", "2026-03-10"):
            found[day] = sorted(
                (row.amount_balance, row.side, row.mandate_id)
                for row in self._ageing(day).search([("account_id", "=", account.id)])
            )
        nobody = self.env["collection.mandate"]
        with_them, with_us = ("provider", self.mandate), ("company", nobody)
        self.assertEqual(
            found,
            {
                "2026-02-09": [(-20.0, *with_us), (50.0, *with_us), (100.0, *with_us)],
                "2026-02-10": [
                    (-20.0, *with_them),
                    (50.0, *with_them),
                    (100.0, *with_them),
                ],
                "2026-02-20": [
                    (-20.0, *with_them),
                    (50.0, *with_us),
                    (100.0, *with_them),
                ],
                "2026-03-10": [(-20.0, *with_us), (50.0, *with_us), (100.0, *with_us)],
            },
        )

    def test_chosen_customers(self):
        """From the list and from one customer: these alone, and their ledger."""
        accounts = self.env["collection.account"].search(
            [("partner_id", "in", [partner.id for partner in self.partners[:2]])]
        )
        for chosen in (accounts, accounts[:1]):
            form = Form(
                self.env["collection.ageing.balance"]
                .with_user(self.collector_user)
                .with_context(active_model="collection.account", active_ids=chosen.ids)
            )
            form.date = date(2025, 12, 31)
            balance = form.save()
            self.assertEqual(balance.account_ids, chosen)
            ledger = sum(
                cents(line.balance)
                for line in self._debtor_lines(chosen.partner_id)
                if line.date <= date(2025, 12, 31)
            )
            self.assertEqual(cents(balance.amount_ledger), ledger)
            self.assertEqual(cents(balance.amount_balance), ledger)
            self.assertEqual(len(balance._get_rows()), len(chosen))

    # ------------------------------------------------------------------
    # The proof
    # ------------------------------------------------------------------

    def test_difference_is_found(self):
        """The proof is none if it does not see what is wrong."""
        balance = self._balance(date="2026-03-31")
        self.assertEqual(balance.amount_difference, 0.0)
        self.assertIn("to the cent", balance._get_verdict())
        line = self._debtor_lines().filtered(
            lambda line: line.balance > 0 and not line.reconciled
        )[0]
        self.env.flush_all()
        # a residual that is not what the matches say, as a broken import leaves it
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual = amount_residual - 7"
            " WHERE id = %s",
            [line.id],
        )
        self.env.invalidate_all()
        balance = self._balance(date="2026-03-31")
        self.assertEqual(balance.amount_difference, 7.0)
        self.assertIn("NOT agree", balance._get_verdict())

    def test_other_entries(self):
        """What stands on the account of doubtful debts and is none of them."""
        invoice = self._invoice(self.customer, 100.0, "2026-01-10")
        self._change_account(invoice, "2026-02-01")
        self._entry(
            "2026-02-02",
            (self.doubtful, 40.0, {"partner_id": self.customer.id}),
            (self.revenue, -40.0),
        )
        balance = self._balance(
            date="2026-03-31", account_ids=self.account_of(self.customer).ids
        )
        self.assertEqual(
            (
                balance.amount_balance,
                balance.amount_other,
                balance.amount_ledger,
                balance.amount_difference,
            ),
            (100.0, 40.0, 140.0, 0.0),
        )

    def test_matched_with_another_customer(self):
        """One customer pays for another: the proof of each says so."""
        invoice = self._invoice(self.customer, 100.0, "2026-01-10")
        payment = self._payment(self.other_customer, 60.0, "2026-02-01")
        self._reconcile(invoice, payment.move_id)
        found = {}
        for day in ("2026-01-31", "2026-02-01"):
            for partner in (self.customer, self.other_customer):
                balance = self._balance(
                    date=day, account_ids=self.account_of(partner).ids
                )
                found[day, partner.name] = (
                    balance.amount_balance,
                    balance.amount_ledger,
                    balance.amount_crossed,
                    balance.amount_difference,
                )
        self.assertEqual(
            found,
            {
                ("2026-01-31", "Nord"): (100.0, 100.0, 0.0, 0.0),
                ("2026-01-31", "Vela"): (0.0, 0.0, 0.0, 0.0),
                ("2026-02-01", "Nord"): (40.0, 100.0, -60.0, 0.0),
                ("2026-02-01", "Vela"): (0.0, -60.0, 60.0, 0.0),
            },
        )

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def test_spreadsheet(self):
        balance = self._balance(group_by="account_id", with_items=True)
        name, content = balance._get_xlsx()
        self.assertEqual(name, "Ageing balance 2025-10-31.xlsx")
        book = load_workbook(io.BytesIO(content))
        sheet, proof, items = book.worksheets
        header, *rows, total = sheet.iter_rows(values_only=True)
        self.assertEqual(header[-1], "Balance")
        self.assertEqual(len(rows), len(balance._get_rows()))
        self.assertEqual(cents(total[-1]), cents(balance.amount_ledger))
        for row in rows:
            not_due, *late, owed, overdue, credits, net = map(cents, row[2:])
            self.assertEqual(not_due + sum(late), owed)
            self.assertEqual(sum(late), overdue)
            self.assertEqual(owed - credits, net)
        self.assertEqual(
            cents(sum(row[9] for row in items.iter_rows(min_row=2, values_only=True))),
            cents(balance.amount_ledger),
        )
        self.assertIn(
            balance._get_verdict(),
            [row[0] for row in proof.iter_rows(values_only=True)],
        )

    def test_spreadsheet_by_currency(self):
        content = self._balance(group_by="currency_id")._get_xlsx()[1]
        rows = list(
            load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True)
        )
        self.assertEqual(rows[0][-1], "Balance in Currency")
        dollars = next(row[-1] for row in rows if row[1] == "USD")
        lines = self._debtor_lines().filtered(
            lambda line: line.currency_id == self.dollar
        )
        expected = self._expected_items(lines, date(2025, 10, 31))
        self.assertEqual(
            cents(dollars), sum(amount for amount, _balance in expected.values())
        )

    def test_paper(self):
        balance = self._balance(group_by="account_id")
        html = str(
            self.env["ir.actions.report"]
            .with_user(self.collector_user)
            ._render_qweb_html(
                "account_collection.report_collection_ageing", balance.ids
            )[0]
        )
        self.assertIn("Agrees with the general ledger to the cent", html)
        for partner in self.partners:
            self.assertIn(partner.name, html)

    def test_paper_has_an_end(self):
        balance = self._balance(group_by="account_id")
        self.patch(collection_ageing_balance, "PRINTED_ROWS", 1)
        with self.assertRaisesRegex(UserError, "lines on paper"):
            balance.action_print()

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    def test_no_day_to_come(self):
        with self.assertRaises(ValidationError):
            self._balance(date="2026-04-01")

    def test_no_other_company(self):
        with self.assertRaises(AccessError):
            self._balance(company_id=self.other_company.id)
        ageing = self._ageing("2026-03-31").with_user(self.collector_user)
        self.assertEqual(ageing.search([]).company_id, self.company)
        self._invoice(
            self.customer,
            10.0,
            "2026-01-10",
            company_data=self.elsewhere,
        )
        self.assertEqual(
            ageing.with_context(allowed_company_ids=[self.company.id])
            .search([])
            .company_id,
            self.company,
        )

    def test_not_for_everybody(self):
        balance = self._balance()
        for user in (
            self.on_site_user,
            self.agent_user,
            self.plain_internal_user,
            self.plain_portal_user,
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.env["collection.ageing"].with_user(user).search([])
                with self.assertRaises(AccessError):
                    self._balance(user)
                with self.assertRaises(AccessError):
                    balance.with_user(user)._get_xlsx()


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestAgeingOfBranch(MeasureCommon):
    """What is owed to a branch, and paid to its head office."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create(
            {"name": "Branch", "parent_id": cls.company.id}
        )
        cls.env.user.company_ids |= cls.branch
        cls.env = cls.env(
            context=dict(
                cls.env.context, allowed_company_ids=(cls.company | cls.branch).ids
            )
        )
        cls.customer.with_company(
            cls.branch
        ).property_account_receivable_id = cls.receivable

    def test_proof_of_each(self):
        invoice = self._invoice(
            self.customer, 100.0, "2026-01-10", company_id=self.branch.id
        )
        self.assertEqual(invoice.company_id, self.branch)
        payment = self._payment(self.customer, 100.0, "2026-02-01")
        lines = self._receivable_lines(invoice | payment.move_id)
        lines.with_env(self.env).reconcile()
        found = {}
        for day in ("2026-01-31", "2026-02-01"):
            for company in self.branch | self.company:
                balance = self.env["collection.ageing.balance"].create(
                    {"company_id": company.id, "date": day}
                )
                found[day, company] = (
                    balance.amount_balance,
                    balance.amount_ledger,
                    balance.amount_crossed,
                    balance.amount_difference,
                )
        self.assertEqual(
            found,
            {
                ("2026-01-31", self.branch): (100.0, 100.0, 0.0, 0.0),
                ("2026-01-31", self.company): (0.0, 0.0, 0.0, 0.0),
                ("2026-02-01", self.branch): (0.0, 100.0, -100.0, 0.0),
                ("2026-02-01", self.company): (0.0, -100.0, 100.0, 0.0),
            },
        )
