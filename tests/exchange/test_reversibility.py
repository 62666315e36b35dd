import base64
import hashlib
import io
import zipfile
from datetime import date, datetime
from unittest.mock import patch

from openpyxl import load_workbook

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import SQL, mute_logger

from ..common import CollectionCommon

MODULE = "odoo.addons.account_collection.models.exchange"


@freeze_time("2026-03-31 10:00:00")
class ReversibilityCommon(CollectionCommon):
    """A mandate that ran for a month, with something of every kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls._enable_currency("USD")
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.dollar.id,
                "company_id": cls.company.id,
                "name": "2020-01-01",
                "rate": 2.0,
            }
        )
        cls.third_customer = cls._customer("Kern =1+1", ref="+33")
        with freeze_time("2026-03-01 10:00:00"):
            cls.invoice = cls._invoice(cls.customer, 1000.10, "2026-01-30")
            cls._invoice(cls.customer, 200.0, "2026-02-10")
            cls._invoice(cls.other_customer, 300.0, "2026-02-01", currency=cls.dollar)
            cls._invoice(cls.third_customer, 50.0, "2026-02-01")
            cls.account = cls.account_of(cls.customer)
            cls.other_account = cls.account_of(cls.other_customer)
            # before the hand-over: not of the mandate
            cls.call_before = cls._call("2026-02-20 10:00:00", cls.account)
            cls.placement = cls._hand_over(cls.account | cls.other_account)
        cls.call_during = cls._call("2026-03-10 09:30:00", cls.account, note="A\nB")
        # 23:30 in Paris the day before it began, and the first minutes of that day
        cls.call_at_night = cls._call("2026-02-28 23:30:00", cls.other_account)
        # what is with the provider, its people work
        theirs = cls.env(user=cls.on_site_user, su=True)
        cls.promise = theirs["collection.promise"].create(
            {
                "account_id": cls.account.id,
                "amount": 400.0,
                "date_promised": "2026-04-15",
                "item_ids": cls.invoice.collection_item_ids.ids,
            }
        )
        cls.plan = theirs["collection.payment.plan"].create(
            {
                "account_id": cls.other_account.id,
                "item_ids": cls.other_account.item_ids.ids,
                "instalment_ids": [
                    Command.create({"date": "2026-04-10", "amount": 100.0}),
                    Command.create({"date": "2026-05-10", "amount": 200.0}),
                ],
            }
        )
        cls.dispute = theirs["collection.dispute"].create(
            {
                "account_id": cls.account.id,
                "item_ids": cls.invoice.collection_item_ids.ids,
                "reason_id": cls._dispute_reason("price").id,
                "amount": 20.0,
                "description": "x" * 40_000,
            }
        )
        cls.env["ir.attachment"].create(
            {
                "name": "proof/1.txt",
                "raw": b"The price was another one",
                "res_model": "collection.dispute",
                "res_id": cls.dispute.id,
            }
        )
        cls._pay(cls.invoice, 600.10, date="2026-03-20")
        env = cls.env(su=True)
        cls.letter = env["collection.letter"].create(
            {
                "account_id": cls.account.id,
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "currency_id": cls.company.currency_id.id,
                "level_id": cls.level_1.id,
                "channel": "post",
                "date": "2026-03-12",
                "number": "R-1",
                "amount_due": 1200.1,
                "amount_total": 1200.1,
                "state": "sent",
            }
        )
        cls.letter.attachment_id = env["ir.attachment"].create(
            {
                "name": "R-1.pdf",
                "raw": b"%PDF-1.4 as sent",
                "res_model": "collection.letter",
                "res_id": cls.letter.id,
            }
        )
        env["collection.letter.line"].create(
            {
                "letter_id": cls.letter.id,
                "move_name": cls.invoice.name,
                "date_due": "2026-01-30",
                "amount_total": 1000.1,
                "amount_due": 1000.1,
            }
        )
        env["collection.provider.note"].create(
            {
                "account_id": cls.account.id,
                "mandate_id": cls.mandate.id,
                "agent_id": cls.agent.id,
                "body": "Seen \x0b them",
            }
        )
        env["collection.access.log"].create(
            {
                "account_id": cls.account.id,
                "company_id": cls.company.id,
                "mandate_id": cls.mandate.id,
                "user_id": cls.agent_user.id,
                "agent_id": cls.agent.id,
                "date": "2026-03-05 22:30:00",
                "door": "page",
            }
        )
        # another mandate's, and in nobody's file
        cls._hand_over(cls.account_of(cls.third_customer), cls.other_mandate)
        cls._call("2026-03-10 09:30:00", cls.account_of(cls.third_customer))

    @classmethod
    def _call(cls, moment, account, **values):
        call = cls.env["collection.call"].create(
            cls._call_values(account, "no_answer", **values)
        )
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL("UPDATE collection_call SET date = %s WHERE id = %s", moment, call.id)
        )
        call.invalidate_recordset()
        return call

    def _ask(self, user=None):
        action = self.mandate.with_user(user or self.manager_user)
        action = action.action_reversibility()
        # as the job has it
        packages = self.env["collection.reversibility"].sudo()
        return packages.browse(action["res_id"])

    def _prepare(self):
        package = self._ask()
        self._prepare_all()
        return package

    def _prepare_all(self):
        parts = self.env(su=True)["collection.reversibility.part"].search(
            [("state", "!=", "checked")], order="reversibility_id, sequence"
        )
        for part in parts:
            package = part.reversibility_id
            if package.state in ("waiting", "running"):
                package._work_on(part)
        self.env.flush_all()
        self.env.invalidate_all()

    def _archive(self, package, number=1):
        part = package.part_ids.filtered(lambda part: part.sequence == number)
        return zipfile.ZipFile(io.BytesIO(part.attachment_id.raw))

    def _workbook(self, package, number=1):
        archive = self._archive(package, number)
        [name] = [name for name in archive.namelist() if name.endswith(".xlsx")]
        return load_workbook(io.BytesIO(archive.read(name)))

    def _table(self, sheet):
        header, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(header, row, strict=True)) for row in rows]

    def _replace(self, package, change, number=1):
        """Exchange cells of the workbook of a part: `change(workbook)`."""
        part = package.part_ids.filtered(lambda part: part.sequence == number)
        old = self._archive(package, number)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith(".xlsx"):
                    workbook = load_workbook(io.BytesIO(content))
                    change(workbook)
                    changed = io.BytesIO()
                    workbook.save(changed)
                    content = changed.getvalue()
                new.writestr(name, content)
        part.attachment_id.raw = stream.getvalue()
        # whoever exchanges the file exchanges its fingerprint as well
        part.fingerprint = hashlib.sha256(stream.getvalue()).hexdigest()

    def _compare_again(self, package):
        package.with_user(self.manager_user).action_check()
        self._prepare_all()


@tagged("post_install", "-at_install")
class TestReversibility(ReversibilityCommon):
    """All that belongs to the mandate, once, and nothing else."""

    def test_complete_and_equal(self):
        package = self._ask()
        self.assertEqual((package.state, package.kind), ("waiting", "drill"))
        self.assertEqual(package.part_ids.mapped("kind"), ["mandate", "accounts"])
        self._prepare_all()
        self.assertEqual(package.differences, "")
        self.assertEqual(package.state, "done")
        self.assertEqual(package.progress, 100.0)
        self.assertEqual(package.difference_count, 0)
        lines = {
            (line.code, line.currency_id.name or ""): line for line in package.line_ids
        }
        expected = {
            # (rows, amount)
            ("accounts", "EUR"): (2, 1350.10),
            ("items", "EUR"): (3, 1200.10),
            ("items", "USD"): (0, 300.0),
            ("events", ""): (1, 0.0),
            ("calls", ""): (2, 0.0),
            ("promises", "EUR"): (1, 400.0),
            ("plans", "USD"): (1, 300.0),
            ("instalments", "USD"): (2, 300.0),
            ("disputes", "EUR"): (1, 20.0),
            ("letters", "EUR"): (1, 1200.10),
            ("letter_lines", "EUR"): (1, 1000.10),
            ("receipts", "EUR"): (1, 600.10),
            ("notes", ""): (1, 0.0),
            ("access", ""): (1, 0.0),
            ("placements", ""): (1, 0.0),
            # the letter as sent, the proof
            ("files", ""): (2, 0.0),
        }
        for key, (rows, amount) in expected.items():
            with self.subTest(key):
                line = lines[key]
                self.assertEqual(line.row_count, rows)
                self.assertEqual(line.rows_read, rows)
                self.assertEqual(line.amount, amount)
                self.assertEqual(line.amount_read, amount)
        self.assertEqual(
            package.row_count, sum(line.row_count for line in package.line_ids)
        )

    def test_cells(self):
        workbook = self._workbook(self._prepare())
        calls = self._table(workbook["Calls"])
        self.assertEqual(
            {row["No. in Odoo"] for row in calls},
            {self.call_during.id, self.call_at_night.id},
        )
        [call] = [row for row in calls if row["No. in Odoo"] == self.call_during.id]
        # in the time of the company
        self.assertEqual(call["Date"], datetime(2026, 3, 10, 10, 30))
        self.assertEqual(call["Note"], "A\nB")
        items = self._table(workbook["Items"])
        [item] = [row for row in items if row["Amount Due"] == 1000.1]
        self.assertEqual(item["Currency"], "EUR")
        self.assertEqual(item["Due Date"], datetime(2026, 1, 30))
        sheet = workbook["Accounts"]
        self.assertFalse(
            [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
        )
        [column] = [cells for cells in sheet.iter_cols() if cells[0].value == "Amount"]
        self.assertIn("€", column[1].number_format)
        [seen] = self._table(workbook["Who Read What"])
        self.assertEqual(seen["Date"], datetime(2026, 3, 5, 23, 30))

    def test_files_are_there(self):
        archive = self._archive(self._prepare())
        letters = [name for name in archive.namelist() if name.startswith("Letters/")]
        self.assertEqual(letters, [f"Letters/{self.letter.attachment_id.id} R-1.pdf"])
        self.assertEqual(archive.read(letters[0]), b"%PDF-1.4 as sent")
        proofs = {
            archive.read(name)
            for name in archive.namelist()
            if name.startswith("Disputes/")
        }
        # the proof, and the description that no cell holds
        self.assertEqual(proofs, {b"The price was another one", b"x" * 40_000})

    def test_list_of_accounts(self):
        """The list to read tells of each customer the amounts, and what was done."""
        package = self._prepare()
        part = package.part_ids[1]._in_company_time()
        values = part._get_printed_values(part._collect())
        rows = {row["name"]: row for page in values["pages"] for row in page}
        self.assertEqual(set(rows), {self.customer.name, self.other_customer.name})
        row = rows[self.customer.name]
        self.assertEqual(row["items"], 2)
        # handed over, of which overdue, received, credited, written off, open
        self.assertEqual(
            row["amounts"],
            ["1,200.10", "1,200.10", "600.10", "0.00", "0.00", "600.00"],
        )
        self.assertEqual(
            row["acts"],
            [
                "Calls: 1, right person reached: 0, last on 03/10/2026: No answer",
                "Promises: 1, 400.00\N{NO-BREAK SPACE}€, Open: 1, next on 04/15/2026",
                f"Disputes: 1, 20.00\N{NO-BREAK SPACE}€, Open: 1, next on "
                f"{self.dispute.deadline:%m/%d/%Y}",
                f"Letters: 1, last on 03/12/2026: {self.level_1.name}",
                "Messages of the Provider: 1",
            ],
        )
        [_calls, plans] = rows[self.other_customer.name]["acts"]
        self.assertEqual(
            plans,
            "Payment Plans: 1, $\N{NO-BREAK SPACE}300.00, Draft: 1",
        )
        # every act is told once, also of who was handed over twice
        total = values["total"]
        self.assertEqual(total["amounts"][0], "1,350.10")
        self.assertEqual(
            total["acts"],
            [
                "Calls: 2",
                "Promises: 1",
                "Payment Plans: 1",
                "Disputes: 1",
                "Letters: 1",
                "Messages of the Provider: 1",
            ],
        )
        content = self._archive(package).read(f"{part._get_name()}.pdf")
        self.assertTrue(content.startswith(b"%PDF") or b"No answer" in content)

    def test_in_the_language_of_who_asks(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager_user.lang = "fr_FR"
        package = self._prepare()
        self.assertEqual((package.state, package.differences), ("done", ""))
        self.assertIn("Promesses", self._workbook(package).sheetnames)

    def test_history_in_words(self):
        """What changed is told as people know it, in the language of the package, and
        the words are read back, too."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.manager_user.lang = "fr_FR"
        line = self.other_account.placement_line_id
        with freeze_time("2026-03-15 10:00:00"):
            self.account.placement_line_id._take_back("recalled", "Wanted back")
            line._transit({"date_deadline": date(2026, 5, 4)}, "More time")
            line._transit({"amount": 1234.5}, "Corrected")
        package = self._prepare()
        self.assertEqual((package.state, package.differences), ("done", ""))
        state, deadline, amount = (
            line.with_context(lang="fr_FR")
            ._fields[name]
            ._description_string(line.with_context(lang="fr_FR").env)
            for name in ("state", "date_deadline", "amount")
        )
        titles = package.part_ids.with_context(lang="fr_FR")._get_titles()
        header, *rows = self._workbook(package)[titles["changes"]].iter_rows(
            values_only=True
        )
        told = {}
        for row in rows:
            # what, before, after
            told.setdefault(row[-3], []).append(row[-2:])
        self.assertIn("04/05/2026", [after for _before, after in told[deadline]])
        self.assertIn(
            "1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}€",
            [after for _before, after in told[amount]],
        )
        labels = dict(
            line._fields["state"]._description_selection(
                line.with_context(lang="fr_FR").env
            )
        )
        self.assertIn(labels["recalled"], [after for _before, after in told[state]])
        for name in ("state", "date_deadline", "recalled", "2026-05-04"):
            self.assertNotIn(name, [cell for row in (header, *rows) for cell in row])

    def test_other_words_are_a_difference(self):
        with freeze_time("2026-03-15 10:00:00"):
            self.account.placement_line_id._take_back("recalled", "Wanted back")
        package = self._prepare()

        def change(workbook):
            sheet = workbook["History"]
            sheet.cell(row=2, column=sheet.max_column).value = "Paid"

        self._replace(package, change)
        self._compare_again(package)
        self.assertEqual(package.difference_count, 1)
        self.assertIn("“Paid”", package.differences)

    def test_what_goes_on_with_another_customer_is_added_up_once(self):
        """Of customers who were merged, whose items stand under both."""
        self.env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [Command.set((self.customer | self.other_customer).ids)],
                "dst_partner_id": self.customer.id,
            }
        ).action_merge()
        self.env.flush_all()
        package = self._prepare()
        self.assertEqual((package.state, package.differences), ("done", ""))
        lines = package.line_ids.filtered(lambda line: line.code == "items")
        self.assertEqual(sum(lines.mapped("row_count")), 4)
        self.assertEqual(
            {line.currency_id.name: (line.amount, line.amount_read) for line in lines},
            {"EUR": (1200.10, 1200.10), "USD": (300.0, 300.0)},
        )

    def test_until_the_day_it_came_back(self):
        with freeze_time("2026-03-15 10:00:00"):
            line = self.account.placement_line_id
            line._take_back("recalled", "Wanted back")
        after = self._call("2026-03-16 09:00:00", self.account)
        same_day = self._call("2026-03-15 20:00:00", self.account)
        found = {
            row["No. in Odoo"]
            for row in self._table(self._workbook(self._prepare())["Calls"])
        }
        self.assertIn(same_day.id, found)
        self.assertNotIn(after.id, found)

    def test_proposed_and_withdrawn(self):
        """What the provider never had is not in its file."""
        fourth = self._customer("Vent")
        self._invoice(fourth, 70.0, "2026-02-01")
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [
                    Command.create({"account_id": self.account_of(fourth).id})
                ],
            }
        )
        placement.action_propose()
        placement.line_ids._take_back("recalled", "No")
        package = self._prepare()
        self.assertEqual(package.state, "done")
        names = {
            row["Customer at Hand-over"]
            for row in self._table(self._workbook(package)["Accounts"])
        }
        self.assertEqual(names, {"Nord", "Vela"})

    def test_hand_over_of_an_earlier_version(self):
        """Which says by its items alone that it took place."""
        self.env.cr.execute(
            SQL(
                "UPDATE collection_placement SET company_name = NULL WHERE id = %s",
                self.placement.id,
            )
        )
        self.env.invalidate_all()
        package = self._prepare()
        self.assertEqual((package.state, package.differences), ("done", ""))
        [line] = package.line_ids.filtered(lambda line: line.code == "accounts")
        self.assertEqual(line.row_count, 2)

    def test_end_of_the_mandate(self):
        self.mandate.action_end()
        self.assertTrue(self.mandate.reversibility_missing)
        package = self._prepare()
        self.assertEqual((package.kind, package.state), ("end", "done"))
        self.mandate.invalidate_recordset()
        self.assertFalse(self.mandate.reversibility_missing)
        with self.assertRaises(UserError):
            package.with_user(self.manager_user).unlink()

    def test_drill_is_thrown_away_with_its_files(self):
        package = self._prepare()
        files = package.part_ids.attachment_id
        package.with_user(self.manager_user).unlink()
        self.assertFalse(files.exists())

    def test_mandate_without_customers(self):
        self.mandate = self._mandate(self.provider, self.agent)
        package = self._prepare()
        self.assertEqual((package.state, package.differences), ("done", ""))


@tagged("post_install", "-at_install")
class TestReversibilityRefused(ReversibilityCommon):
    """What is not equal is not called good."""

    def _set(self, sheet, column, value):
        def change(workbook):
            page = workbook[sheet]
            header = [cell.value for cell in page[1]]
            page.cell(2, header.index(column) + 1).value = value

        return change

    def _assert_different(self, package, *texts):
        self.assertEqual(package.state, "different")
        self.assertTrue(package.difference_count)
        for text in texts:
            self.assertIn(text, package.differences)
        self.assertIn(
            "not good",
            self.env["mail.activity"]
            .search(
                [
                    ("res_model", "=", "collection.reversibility"),
                    ("res_id", "=", package.id),
                ]
            )
            .summary,
        )

    def test_a_cent(self):
        package = self._prepare()
        self._replace(package, self._set("Promises", "Amount", 400.01))
        self._compare_again(package)
        self._assert_different(package, "Promises", "400.01")
        [line] = package.line_ids.filtered(lambda line: line.code == "promises")
        self.assertEqual((line.amount, line.amount_read), (400.0, 400.01))

    def test_a_word_a_day_a_name(self):
        for sheet, column, value in (
            ("Calls", "Note", "Something else"),
            ("Items", "Due Date", datetime(2026, 1, 31)),
            ("Who Read What", "Agent", "Nobody"),
            ("Letters", "State", "Draft"),
        ):
            with self.subTest(sheet=sheet):
                package = self._prepare()
                self._replace(package, self._set(sheet, column, value))
                self._compare_again(package)
                self._assert_different(package, sheet)

    def test_a_row_too_few_too_many_or_twice(self):
        def leave_out(workbook):
            workbook["Money and Settlements"].delete_rows(2)

        def repeat(workbook):
            page = workbook["Calls"]
            page.append([cell.value for cell in page[2]])

        def invent(workbook):
            page = workbook["Calls"]
            page.append([2_000_000_000, *[cell.value for cell in page[2]][1:]])

        for change, text in (
            (leave_out, "is missing"),
            (repeat, "twice"),
            (invent, "not in the database"),
        ):
            with self.subTest(text):
                package = self._prepare()
                self._replace(package, change)
                self._compare_again(package)
                self._assert_different(package, text)

    def test_a_sheet_or_the_file_is_gone(self):
        package = self._prepare()
        self._replace(package, lambda workbook: workbook.remove(workbook["Calls"]))
        self._compare_again(package)
        self._assert_different(package, "Calls")
        package = self._prepare()
        package.part_ids[1].attachment_id.raw = b"Nothing"
        self._compare_again(package)
        self._assert_different(package, "cannot be read")

    def test_a_letter_is_another_one(self):
        package = self._prepare()
        self.letter.attachment_id.raw = b"%PDF-1.4 not as sent"
        self._compare_again(package)
        self._assert_different(package, "R-1.pdf")

    def test_what_happened_since(self):
        package = self._prepare()
        self._call("2026-03-20 09:00:00", self.account)
        self._compare_again(package)
        self._assert_different(package, "is missing")
        # a new one holds it
        self.assertEqual(self._prepare().state, "done")

    def test_writer_that_forgets(self):
        """The reader finds out what the writer did not know."""
        part = self.env.registry["collection.reversibility.part"]
        original = part._find

        def forget(self, sheet, held, found):
            records = original(self, sheet, held, found)
            return records[1:] if sheet.code == "calls" else records

        with patch.object(part, "_find", forget):
            package = self._prepare()
        self._assert_different(package, "is missing")


@tagged("post_install", "-at_install")
class TestReversibilityJob(ReversibilityCommon):
    """In parts, resumed, and for credit managers alone."""

    def test_parts_of_a_bounded_size(self):
        with patch(f"{MODULE}.collection_reversibility.PART_ACCOUNTS", 1):
            package = self._ask()
        parts = package.part_ids.filtered(lambda part: part.kind == "accounts")
        ids = sorted((self.account | self.other_account).ids)
        self.assertEqual(
            [(part.account_from, part.account_to) for part in parts],
            [(0, ids[1] - 1), (ids[1], 2**31 - 1)],
        )
        self._prepare_all()
        self.assertEqual((package.state, package.differences), ("done", ""))
        self.assertEqual(parts.mapped("account_count"), [1, 1])
        [line] = package.line_ids.filtered(lambda line: line.code == "accounts")
        self.assertEqual((line.row_count, line.amount), (2, 1350.10))
        with patch(f"{MODULE}.collection_reversibility.PART_BYTES", 1):
            self.assertEqual(len(self._ask().part_ids), 3)

    def test_resumed_where_it_ended(self):
        package = self._ask()
        first, second = package.part_ids
        package._work_on(first)
        self.assertEqual((package.state, package.progress), ("running", 50.0))
        kept = first.attachment_id
        part = self.env.registry["collection.reversibility.part"]
        with (
            patch.object(part, "_fill", side_effect=OSError("No space left")),
            mute_logger(f"{MODULE}.collection_reversibility"),
        ):
            package._work_on(second)
        self.assertEqual(package.state, "failed")
        self.assertIn("No space left", package.error)
        self.assertFalse(second.attachment_id)
        # nothing is done about it until somebody says so
        self._prepare_all()
        self.assertEqual(package.state, "failed")
        package.with_user(self.manager_user).action_resume()
        self._prepare_all()
        self.assertEqual(package.state, "done")
        self.assertEqual(first.attachment_id, kept)

    def test_the_job_does_all(self):
        package = self._ask()
        cron = self.env.ref("account_collection.ir_cron_collection_reversibility")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()
        package.invalidate_recordset()
        self.assertEqual(package.state, "done")
        self.assertTrue(
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    ("model", "=", "collection.reversibility"),
                    ("res_id", "=", package.id),
                    ("message_type", "=", "user_notification"),
                ]
            )
        )

    def test_one_at_a_time(self):
        self._ask()
        with self.assertRaises(UserError):
            self._ask()

    def test_for_managers_alone(self):
        package = self._prepare()
        file = package.part_ids[1].attachment_id
        self.assertTrue(file.with_user(self.manager_user).raw)
        self.assertIn(
            "Reversibility",
            package.with_user(self.manager_user)._get_zip()[0],
        )
        with self.assertRaises(AccessError):
            file.with_user(self.manager_user).write({"raw": b""})
        for user in (
            self.collector_user,
            self.accountant_user,
            self.on_site_user,
            self.agent_user,
            self.supervisor_user,
            self.plain_internal_user,
            self.plain_portal_user,
        ):
            with self.subTest(user.login):
                theirs = package.with_user(user)
                with self.assertRaises(AccessError):
                    self._ask(user)
                for call in (
                    lambda theirs=theirs: theirs.read(["state"]),
                    lambda theirs=theirs: theirs._get_zip(),
                    lambda theirs=theirs: theirs.action_check(),
                    lambda theirs=theirs: theirs.action_resume(),
                    lambda theirs=theirs: theirs.part_ids.action_download(),
                    lambda user=user: file.with_user(user).read(["raw"]),
                ):
                    with self.assertRaises(AccessError):
                        call()

    def test_nobody_writes_one(self):
        package = self._prepare().with_user(self.manager_user)
        with self.assertRaises(AccessError):
            package.state = "done"
        with self.assertRaises(AccessError):
            package.part_ids.differences = False
        with self.assertRaises(AccessError):
            package.create(
                {
                    "mandate_id": self.mandate.id,
                    "kind": "end",
                    "date": date(2026, 3, 31),
                    "user_id": self.manager_user.id,
                }
            )

    def test_other_company(self):
        data = self.setup_other_company()
        manager = self._user("collection_other_manager", "group_collection_manager")
        manager.write(self._belongs_to(data["company"]))
        package = self._prepare()
        with self.assertRaises(AccessError):
            package.with_user(manager).read(["state"])
        with self.assertRaises(AccessError):
            self._ask(manager)


@tagged("post_install", "-at_install")
class TestReversibilityDownload(ReversibilityCommon, HttpCase):
    def test_one_file(self):
        package = self._prepare()
        url = f"/account_collection/reversibility/{package.id}/zip"
        self.authenticate(self.manager_user.login, self.manager_user.login)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        whole = zipfile.ZipFile(io.BytesIO(response.content))
        self.assertIsNone(whole.testzip())
        self.assertEqual(sum(n.endswith(".xlsx") for n in whole.namelist()), 2)
        self.assertEqual(int(response.headers["Content-Length"]), len(response.content))
        for user in (self.collector_user, self.supervisor_user):
            self.authenticate(user.login, user.login)
            self.assertEqual(self.url_open(url).status_code, 404)

    def test_printed(self):
        package = self._prepare()
        report = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        content, _kind = report._render_qweb_pdf(
            "account_collection.action_report_reversibility", package.ids
        )
        self.assertTrue(content.startswith(b"%PDF"))
        html, _kind = report._render_qweb_html(
            "account_collection.action_report_reversibility", package.ids
        )
        self.assertIn(package.part_ids[1].fingerprint, html.decode())
        self.assertIn("Complete and equal", html.decode())
        self.assertTrue(base64.b64encode(content))
