import io
from datetime import date

from openpyxl import load_workbook
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import HttpCase, freeze_time, tagged
from odoo.tools import mute_logger

from ..delegation.common import HandoverCommon
from .common import FileCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestDelegationAdvisor(FileCommon):
    """Whether to delegate, how much and why."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.advisors = cls.env["collection.delegation.advisor"].with_user(
            cls.manager_user
        )

    def _advise(self, **values):
        return self.advisors.create(values)

    def _sides(self, advisor, choice):
        return [
            (part.count, part.turnover, part.amount_overdue)
            for part in (advisor._get_part(side, choice) for side in ("goes", "stays"))
        ]

    def _criterion(self, advisor, code):
        return advisor.criterion_ids.filtered(lambda line: line.code == code)

    # ------------------------------------------------------------------
    # How much
    # ------------------------------------------------------------------

    def test_boundaries(self):
        choice = self.env["collection.delegation.choice"]
        expected = [
            (199, "manual", "by hand"),
            (200, "total", "whole file"),
            (500, "total", "whole file"),
            (501, "partial", "more than 500: keep the largest 20"),
            (20000, "partial", "hand over the rest.$"),
            (20001, "partial", "beyond, no rule says"),
        ]
        for count, extent, sentence in expected:
            with self.subTest(count=count):
                found, text = choice._recommend(self.company, count)
                self.assertEqual(found, extent)
                self.assertRegex(text, sentence)
        self.company.write(
            {
                "collection_total_from": 10,
                "collection_partial_above": 20,
                "collection_partial_up_to": 30,
                "collection_keep_share": 12.5,
            }
        )
        for count, extent in ((9, "manual"), (10, "total"), (21, "partial")):
            self.assertEqual(choice._recommend(self.company, count)[0], extent)
        text = choice._recommend(self.company, 31)[1]
        self.assertRegex(text, r"12\.5.*up to 30; beyond, no rule says")
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            self.company.collection_partial_up_to = 19

    def test_thousand_accounts(self):
        """1,000 active accounts: 800 go, whatever else is looked at."""
        accounts = self._many(1000)
        advisor = self._advise()
        self.assertEqual(advisor.active_count, 1000)
        self.assertEqual(advisor.recommendation, "partial")
        self.assertEqual(advisor.choice, "partial")
        self.assertEqual((advisor.go_count, advisor.stay_count), (800, 200))
        # independent: by position, sales of 100,000 down to 100, a third owes 100
        sales = [100 * (1000 - number) for number in range(1000)]
        owes = [100 if number % 3 == 0 else 0 for number in range(1000)]
        late = [{0: 89, 1: 58, 2: 30}[number // 3 % 3] for number in range(1000)]
        self.assertEqual(
            self._sides(advisor, "partial"),
            [
                (800, sum(sales[200:]), sum(owes[200:])),
                (200, sum(sales[:200]), sum(owes[:200])),
            ],
        )
        self.assertEqual(
            self._sides(advisor, "total"), [(1000, sum(sales), sum(owes)), (0, 0, 0)]
        )
        for choice, days in (("late_30", 30), ("late_60", 60), ("late_90", 90)):
            going = [
                number
                for number in range(200, 1000)
                if owes[number] and late[number] >= days
            ]
            self.assertEqual(
                self._sides(advisor, choice)[0],
                (
                    len(going),
                    sum(sales[number] for number in going),
                    100 * len(going),
                ),
            )
        self.assertEqual(self._sides(advisor, "manual")[0], (0, 0, 0))
        # the largest fifth sells (1000 + … + 801) of (1000 + … + 1)
        fifth = 100 * sum(range(801, 1001)) / sum(range(1, 1001))
        self.assertAlmostEqual(advisor._get_top_share(), fifth)
        # as the hand-over itself decides
        handover = self._preview()
        self.assertEqual((handover.go_count, handover.stay_count), (800, 200))
        gone = advisor.line_ids.filtered_domain(
            advisor.line_ids._get_side_domain("partial", "goes")
        )
        self.assertEqual(gone.account_id, accounts[200:])
        self.assertEqual(
            handover.line_ids.filtered(lambda line: line.decision == "goes").account_id,
            accounts[200:],
        )

    def test_three_hundred_fifty_accounts(self):
        accounts = self._many(350)
        advisor = self._advise()
        self.assertEqual((advisor.recommendation, advisor.choice), ("total", "total"))
        self.assertEqual((advisor.go_count, advisor.stay_count), (350, 0))
        # from some days late on, of the whole: positions 0, 9, 18, … are 89 days late
        self.assertEqual(self._sides(advisor, "late_60")[0][0], len(range(0, 350, 9)))
        accounts[:2].reserved = True
        accounts[2].segment_id = False
        accounts[3].segment_id = self.env.ref("account_collection.segment_strategic")
        again = self._advise()
        self.assertEqual((again.go_count, again.stay_count), (346, 4))
        reasons = again.line_ids.sorted("rank")[:4].mapped("reason_total")
        self.assertEqual(reasons, ["reserved", "reserved", "unclassified", "never"])

    def test_few_accounts(self):
        self._file(3)
        advisor = self._advise()
        self.assertEqual((advisor.recommendation, advisor.choice), ("manual", "manual"))
        self.assertEqual((advisor.go_count, advisor.stay_count), (0, 3))
        self.assertIn("by hand", advisor.advice)
        self.assertEqual(
            [line.proposed for line in advisor.criterion_ids[:2]], [False, False]
        )
        # people decide
        self.assertEqual(set(advisor.line_ids.mapped("reason")), {False})
        advisor.choice = "total"
        self.assertEqual((advisor.go_count, advisor.stay_count), (3, 0))
        self.assertEqual(advisor.criterion_ids[0].proposed, "4")
        self.assertEqual(set(advisor.line_ids.mapped("reason")), {"file"})

    def test_segments_chosen(self):
        accounts = self._file(4)
        sme = self.env.ref("account_collection.segment_sme")
        accounts[:3].segment_id = sme
        advisor = self._advise(choice="total")
        self.assertEqual(advisor.go_count, 4)
        advisor.segment_ids = sme
        self.assertEqual(advisor.go_count, 3)
        last = advisor.line_ids.filtered(lambda line: line.account_id == accounts[3])
        self.assertEqual(last.reason_total, "segment")
        self.assertEqual(advisor.choice, "total", "what people said stays")

    def test_nothing_there(self):
        advisor = self._advise(choice="partial")
        self.assertEqual(advisor.active_count, 0)
        self.assertFalse(advisor._get_score())
        self.assertIn("No turnover", advisor.picture)
        self.assertIn("–", advisor.tables)
        self.assertTrue(advisor._get_xlsx()[1])

    # ------------------------------------------------------------------
    # What it costs
    # ------------------------------------------------------------------

    def test_cost_per_euro(self):
        """40 hours a month at 30 euros, three months: 3,600 euros; 90,000 came in
        in-house, of which 60,000 from those who go: in-house 4 %, and 300 a month and
        2 % quoted are 900 + 1,200 of 60,000: 3.5 %."""
        self.company.write(
            {"collection_in_house_hours": 40.0, "collection_hour_cost": 30.0}
        )
        accounts = self.env["collection.account"]
        for name, amount in (("Large", 30_000.0), ("Small", 60_000.0)):
            partner = self._customer(name)
            invoice = self._invoice(partner, amount, "2026-02-01", date="2026-01-02")
            self._pay(invoice, date="2026-02-10")
            # outside the period
            before = self._invoice(partner, 77.0, "2025-11-01", date="2025-10-02")
            self._pay(before, date="2025-11-30")
            self._invoice(partner, 10.0, "2026-03-01")
            accounts |= self.account_of(partner)
        accounts.segment_id = self.ordinary
        accounts[0].reserved = True
        advisor = self._advise(
            choice="total",
            date_from="2025-12-01",
            date_to="2026-02-28",
            quote_fixed=300.0,
            quote_rate=2.0,
        )
        self.assertAlmostEqual(advisor.cost_in_house, 4.0)
        self.assertAlmostEqual(advisor.cost_quoted, 3.5)
        marks = {line.code: line for line in advisor.criterion_ids}
        # 3.5 is 0.875 of 4
        self.assertEqual(marks["cost"].proposed, "2")
        # one of two overdue customers goes
        self.assertEqual(marks["core"].proposed, "2")
        self.assertIn("20 of 40 hours", marks["core"].facts)
        # nobody in-house calls
        self.assertEqual(marks["expertise"].proposed, "4")
        self.assertFalse(marks["flexibility"].proposed)
        self.assertFalse(marks["on_site"].proposed)
        advisor.phase = "on_site"
        self.assertEqual(marks["on_site"].proposed, "4")
        # (2 + 2 + 4 + 4) / 16
        self.assertAlmostEqual(advisor.score, 75.0)
        marks["cost"].write({"score": "0", "weight": 3.0})
        # (2 + 3 × 0 + 4 + 4) / (6 × 4)
        self.assertAlmostEqual(advisor._get_score(), 100 * 10 / 24)
        self.assertEqual(advisor.reason, "both")
        # dearer, and then not known
        advisor.quote_fixed = 3000.0
        self.assertAlmostEqual(advisor.cost_quoted, 100 * (9000 + 1200) / 60_000)
        self.assertEqual(marks["cost"].proposed, "0")
        advisor.write({"quote_fixed": 0.0, "quote_rate": 0.0})
        self.assertFalse(marks["cost"].proposed)
        self.assertEqual(advisor.cost_quoted, 0.0)
        with self.assertRaises(ValidationError):
            advisor.quote_rate = 101.0
        with self.assertRaises(ValidationError):
            advisor.date_to = "2026-03-31"

    def test_capacity(self):
        """One collector who may call ten customers a day on ten working days: a load
        of 3 %; with 120 overdue customers, of 120 %."""
        self.env["collection.agent"].create(
            {"user_id": self.collector_user.id, "capacity": 10, "skill": "3"}
        )
        self._file(3)
        self._hand_over(self._file(1))
        advisor = self._advise(choice="total")
        own, *others = advisor.figures["teams"]
        # Easter Monday is a holiday
        self.assertEqual((own["accounts"], own["agents"], own["days"]), (3, 1, 9))
        self.assertAlmostEqual(own["load"], 100 * 3 / 90)
        self.assertEqual(sum(team["accounts"] for team in others), 1)
        expertise = advisor.criterion_ids.filtered(
            lambda line: line.code == "expertise"
        )
        self.assertEqual(expertise.proposed, "0")
        self.assertFalse(advisor.reason)
        self._many(300)
        again = self._advise(choice="total")
        expertise = self._criterion(again, "expertise")
        # 103 of 90
        self.assertEqual(expertise.proposed, "2")
        self.assertEqual(again.reason, "quantity")

    def test_what_takes_time(self):
        """Calls of the own people, and the money they brought, by kind of customer."""
        public = self.env["collection.segment"].create(
            {"name": "Town halls", "code": "test_public", "debtor_type": "public"}
        )
        small = self.env["collection.segment"].create(
            {"name": "Tiny", "code": "test_tiny", "size": "vse"}
        )
        self.env["collection.agent"].create({"user_id": self.collector_user.id})
        accounts = self._file(3, amount=1000.0)
        for account, segment in zip(accounts, (public, small), strict=False):
            account.segment_id = segment
        calls = [(accounts[0], 12.0), (accounts[0], 8.0), (accounts[1], 5.0)]
        for position, (account, minutes) in enumerate(calls):
            with freeze_time(f"2026-02-{10 + position} 10:00:00"):
                self.env["collection.call"].with_user(self.collector_user).create(
                    self._call_values(account, duration=minutes)
                )
        with freeze_time("2025-11-30 10:00:00"):
            self.env["collection.call"].with_user(self.collector_user).create(
                self._call_values(accounts[2], duration=9.0)
            )
        self._pay(accounts[1].item_ids.move_id, amount=500.0, date="2026-02-20")
        self._pay(accounts[2].item_ids.move_id, amount=300.0, date="2026-02-20")
        advisor = self._advise(date_from="2025-12-01", date_to="2026-02-28")
        self.assertEqual(
            advisor.figures["kinds"],
            [
                {
                    "kind": "public",
                    "customers": 1,
                    "calls": 2,
                    "minutes": 20.0,
                    "received": 0,
                },
                {
                    "kind": "very_small",
                    "customers": 1,
                    "calls": 1,
                    "minutes": 5.0,
                    "received": 500.0,
                },
                {
                    "kind": "other",
                    "customers": 0,
                    "calls": 0,
                    "minutes": 0,
                    "received": 300.0,
                },
            ],
        )
        rows = advisor._get_kind_table().rows
        self.assertEqual([row[4].value for row in rows], [80.0, 20.0, 0.0])
        self.assertEqual([row[6].value for row in rows], [0.0, 62.5, 37.5])
        self.assertEqual(
            [row[7].value for row in rows], [0.0, 100.0, None], "euros per minute"
        )

    def test_segments_and_ages(self):
        accounts = self._file(2, amount=100.0)
        accounts[1].segment_id = False
        partner = accounts[0].partner_id
        self._invoice(partner, 50.0, "2026-04-15", date="2026-03-20")
        self._invoice(partner, 25.0, "2025-12-01", date="2025-11-02")
        advisor = self._advise()
        table = advisor._get_segment_table()
        self.assertEqual(
            [[cell.value for cell in row] for row in table.rows],
            [
                # accounts, turnover, not due, up to 30, 60, 90 days and more, open,
                # overdue
                ["Ordinary", 1, 177, 50, 102, 0, 0, 25, 177, 127],
                ["Unclassified", 1, 101, 0, 101, 0, 0, 0, 101, 101],
                ["Total", 2, 278, 50, 203, 0, 0, 25, 278, 228],
            ],
        )

    def test_month_end(self):
        """Kept too long, and a season: sales of 100 a month, 400 in December."""
        partner = self._customer("Seasonal")
        for month, amount in enumerate((100.0,) * 6 + (400.0, 100.0), start=6):
            day = date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 15)
            self._invoice(partner, amount, day, date=day)
        account = self.account_of(partner)
        account.segment_id = self.ordinary
        self._invoice(self.customer, 100.0, "2026-01-15", date="2026-01-10")
        self.env["collection.letter"].sudo().create(
            [
                {
                    "account_id": account.id,
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                    "level_id": self.level_1.id,
                    "channel": "email",
                    "date": day,
                    "state": "sent",
                }
                for day in ("2025-11-05", "2025-12-05", "2026-01-05")
            ]
        )
        self.assertEqual(self._advise().figures["month_end"], {})
        self.env["collection.snapshot"]._freeze(self.company, date(2026, 1, 31))
        advisor = self._advise()
        end = advisor.figures["month_end"]
        self.assertEqual(end["date"], "2026-01-31")
        self.assertAlmostEqual(end["overdue"], 1200.0)
        # older than thirty days on 31 January: June to December
        self.assertAlmostEqual(end["kept"], 1000.0)
        # reminded three times, without any money
        self.assertEqual((end["accustomed_customers"], end["accustomed"]), (1, 1100.0))
        rows = {row[0].value: row[1].value for row in advisor._get_file_table().rows}
        self.assertAlmostEqual(
            rows["What they owed, of what was overdue"], 100 * 1100 / 1200
        )
        # eight months, mean of 1,200 / 8
        self.assertAlmostEqual(end["season"], 400 / 150)
        flexibility = self._criterion(advisor, "flexibility")
        self.assertEqual(flexibility.proposed, "4")
        self.assertIn("2.67", flexibility.facts)

    # ------------------------------------------------------------------
    # What becomes of it
    # ------------------------------------------------------------------

    def test_make_the_mandate(self):
        self._file(5)
        sme = self.env.ref("account_collection.segment_sme")
        kept = self._file(1, amount=9000.0)
        kept.segment_id = sme
        self.company.write({"collection_total_from": 1, "collection_partial_above": 2})
        advisor = self._advise(phase="on_site", quote_rate=5.0, reason_note="Two left")
        with self.assertRaisesRegex(UserError, "which provider"):
            advisor.action_make_mandate()
        advisor.write(
            {
                "provider_id": self.provider.id,
                "choice": "late_30",
                "reason": "quantity",
            }
        )
        action = advisor.action_make_mandate()
        mandate = advisor.mandate_id
        self.assertEqual(action["res_id"], mandate.id)
        self.assertRecordValues(
            mandate,
            [
                {
                    "state": "study",
                    "extent": "partial",
                    "min_days_overdue": 30,
                    "phase": "on_site",
                    "provider_id": self.provider.id,
                    "user_id": self.manager_user.id,
                    # the largest, of another segment, stays
                    "segment_ids": self.ordinary.ids,
                    "decision_date": date(2026, 3, 31),
                    "decision_reason": "quantity",
                    "decision_note": "Two left",
                    "decision_score": advisor.score,
                    "baseline_from": advisor.date_from,
                    "baseline_to": advisor.date_to,
                    "baseline_by_id": self.manager_user.id,
                }
            ],
        )
        self.assertEqual(
            (mandate.baseline_from, mandate.baseline_to),
            (advisor.date_from, advisor.date_to),
        )
        self.assertEqual(mandate.baseline_by_id, self.manager_user)
        measured = self.env["collection.mandate.customer"].search(
            [("mandate_id", "=", mandate.id)]
        )
        self.assertEqual(len(measured), advisor.go_count)
        self.assertEqual(measured.account_id, advisor._get_going_accounts())
        files = mandate.message_ids.attachment_ids
        self.assertEqual(len(files), 2, "the report and the figures behind it")
        self.assertTrue(any(name.endswith(".xlsx") for name in files.mapped("name")))
        advisor.action_make_mandate()
        self.assertEqual(
            self.env["collection.mandate"].search_count(
                [("decision_note", "=", "Two left")]
            ),
            1,
            "a second click opens the first one",
        )
        copy = mandate.copy()
        self.assertFalse(copy.decision_date or copy.decision_score)
        # what moved the company is not for the provider
        self.assertNotIn(
            "Two left", str(mandate._get_terms()), "no term of the contract"
        )
        self.assertFalse(
            {name for name in mandate._provider_fields if name.startswith("decision")}
        )

    def test_whole_file_names_no_segment(self):
        self._file(3)
        advisor = self._advise(
            choice="total", provider_id=self.provider.id, reason="other"
        )
        advisor.action_make_mandate()
        self.assertEqual(advisor.mandate_id.extent, "total")
        self.assertFalse(advisor.mandate_id.segment_ids)

    def test_there_and_back(self):
        self._file(3)
        advisor = self._advise(choice="partial")
        action = advisor.action_hand_over()
        handover = (
            self.env["collection.handover"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
            .create({"mandate_id": self.mandate.id})
        )
        self.assertEqual(handover.method, "partial")
        back = handover.action_advise()
        self.assertEqual(back["res_model"], "collection.delegation.advisor")
        self.assertEqual(self.advisors.browse(back["res_id"]).active_count, 3)

    def test_report(self):
        self._file(3)
        self.company.collection_sector = "transport"
        advisor = self._advise(choice="total", provider_id=self.provider.id)
        report = self.env["ir.actions.report"].with_user(self.manager_user)
        html = report._render_qweb_html(
            "account_collection.report_collection_delegation_advisor", advisor.ids
        )[0].decode()
        for text in (
            "3 active accounts",
            "Transport",
            "polyline",
            "What each choice hands over",
            "Ordinary",
            "What Takes Time",
            "Provider One",
            "Score of the criteria",
        ):
            self.assertIn(text, html)

    def test_workbook(self):
        self._file(3)
        advisor = self._advise(choice="total")
        name, content = advisor._get_xlsx()
        self.assertEqual(name, "Delegation decision 2026-03-31.xlsx")
        book = load_workbook(io.BytesIO(content))
        self.assertEqual(
            book.sheetnames, ["Figures", "Criteria", "Pareto curve", "Accounts"]
        )
        rows = list(book["Accounts"].iter_rows(values_only=True))
        self.assertEqual(
            [row[:4] for row in rows[1:]],
            [
                (1, "Customer 000", "Ordinary", 103),
                (2, "Customer 001", "Ordinary", 102),
                (3, "Customer 002", "Ordinary", 101),
            ],
        )
        self.assertEqual(rows[1][8], "Whole file")
        self.assertEqual(rows[1][9], "Among the largest by turnover")
        self.assertEqual(len(list(book["Criteria"].iter_rows())), 7)

    # ------------------------------------------------------------------
    # Rights, scale
    # ------------------------------------------------------------------

    def test_managers_only(self):
        self._file(1)
        advisor = self._advise()
        for user in (
            self.collector_user,
            self.on_site_user,
            self.agent_user,
            self.supervisor_user,
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.advisors.with_user(user).action_advise()
                with self.assertRaises(AccessError):
                    advisor.with_user(user).read(["figures"])
        other = self._user("collection_manager_2", "group_collection_manager")
        with self.assertRaises(AccessError):
            advisor.with_user(other).line_ids.read(["account_id"])

    def test_nobody_types_a_figure(self):
        self._file(1)
        advisor = self.advisors.with_context(
            default_active_count=600, default_mandate_id=self.mandate.id
        ).create({"active_count": 700, "figures": {"in_house": {"rate": 99}}})
        self.assertEqual(advisor.active_count, 1)
        self.assertFalse(advisor.mandate_id)
        self.assertIsNone(advisor.figures["in_house"]["rate"])
        for name, value in (
            ("active_count", 600),
            ("date", "2025-01-01"),
            ("figures", {}),
            ("mandate_id", self.mandate.id),
            ("part_ids", [Command.clear()]),
        ):
            with self.subTest(name=name), self.assertRaisesRegex(UserError, "types"):
                call_kw(advisor, "write", [advisor.ids, {name: value}], {})
        for rows in (advisor.line_ids, advisor.part_ids, advisor.point_ids):
            with self.assertRaises(AccessError):
                rows[:1].write({"advisor_id": advisor.id})
            with self.assertRaises(AccessError):
                rows.create({"advisor_id": advisor.id})
            with self.assertRaises(AccessError):
                rows[:1].unlink()

    def test_of_another_company(self):
        other = self.setup_other_company()["company"]
        with self.assertRaises(AccessError):
            self._advise(company_id=other.id)
        self.manager_user.company_ids |= other
        here = self.advisors.with_context(allowed_company_ids=self.company.ids)
        with self.assertRaises(AccessError):
            # it is not among those they work in at the moment
            here.create({"company_id": other.id})

    def test_queries_do_not_grow_with_the_file(self):
        self._file(2)
        self._advise()
        with self._count_queries() as few:
            self._advise()
        self._file(40)
        with self._count_queries() as many:
            self._advise()
        self.assertLessEqual(many.total, few.total + 5)


@tagged("post_install", "-at_install")
class TestDelegationAdvisorDownload(HandoverCommon, HttpCase):
    def test_whose_it_is(self):
        self._file(1)
        advisor = (
            self.env["collection.delegation.advisor"]
            .with_user(self.manager_user)
            .create({})
        )
        self.env.flush_all()
        url = f"/account_collection/delegation_advisor/{advisor.id}/xlsx"
        for user, status in ((self.manager_user, 200), (self.collector_user, 404)):
            self.authenticate(user.login, user.login)
            self.assertEqual(self.url_open(url).status_code, status, user.login)
