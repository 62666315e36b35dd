import ast
from datetime import date, timedelta
from pathlib import Path

from odoo import Command
from odoo.fields import Domain
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from ..models.base.days import company_today_sql
from .common import CollectionCommon

MODULE = Path(__file__).parents[1]
#: who asks for the user's own day: what one person did today
OWN_DAY = {"models/overview/collection_daily_figure.py"}
#: zone of whoever acts, when, and which day it is for them and for the company
PLACES = (
    (
        "America/Los_Angeles",
        "2026-03-31 22:30:00",
        date(2026, 3, 31),
        date(2026, 4, 1),
    ),
    ("Pacific/Auckland", "2026-03-31 12:30:00", date(2026, 4, 1), date(2026, 3, 31)),
)


@tagged("post_install", "-at_install")
class TestCompanyDay(CollectionCommon):
    """Today is the company's day: what is late, and on which day something was done."""

    @classmethod
    @freeze_time("2026-03-20 10:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "Europe/Paris"
        cls.invoices = cls.env["account.move"]
        for amount, due in (
            (1000.0, "2026-02-01"),
            (400.0, "2026-02-10"),
            (30.0, "2026-03-31"),
        ):
            cls.invoices |= cls._invoice(cls.customer, amount, due)
        cls.other_invoice = cls._invoice(cls.other_customer, 500.0, "2026-02-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        accounts = cls.account | cls.other_account
        accounts.segment_id = cls.env.ref("account_collection.segment_sme")
        cls.mandate.placement_days = 30

    def _at(self, zone, user=None):
        """The environment of somebody who sits in `zone`."""
        context = {**self.env.context, "tz": zone}
        return self.env(user=user or self.manager_user, context=context)

    # ------------------------------------------------------------------
    # The one place
    # ------------------------------------------------------------------

    def test_nobody_else_asks_what_day_it_is(self):
        found = set()
        for folder in ("controllers", "models", "reports", "wizard"):
            for path in (MODULE / folder).rglob("*.py"):
                for node in ast.walk(ast.parse(path.read_text())):
                    if isinstance(node, ast.Attribute) and (
                        node.attr in ("context_today", "utcnow")
                        or (node.attr == "today" and ast.unparse(node.value)[-4:])
                        in ("date", "Date", "time")
                    ):
                        found.add(str(path.relative_to(MODULE)))
                    # a day of whoever evaluates the domain
                    if (
                        isinstance(node, ast.Constant)
                        and isinstance(node.value, str)
                        and node.value.startswith("today ")
                    ):
                        found.add(str(path.relative_to(MODULE)))
        self.assertEqual(found - OWN_DAY, set())
        rules = self.env["ir.rule"].search([("domain_force", "ilike", "today")])
        own = rules.get_external_id()
        self.assertFalse(
            [name for name in own.values() if name.startswith("account_collection.")],
            "a caller may choose their time zone",
        )

    def test_zone_is_known_at_once(self):
        with freeze_time("2026-03-31 23:30:00"):
            days = self.env["res.company"]._get_collection_days
            self.assertEqual(days()[self.company.id], date(2026, 4, 1))
            self.company.partner_id.tz = "America/Martinique"
            self.assertEqual(days()[self.company.id], date(2026, 3, 31))
            self.assertEqual(self.company._get_collection_today(), date(2026, 3, 31))
            self.company.partner_id.tz = False
            self.assertEqual(days()[self.company.id], date(2026, 4, 1), "France")
            self.company.country_id = self.env.ref("base.ca")
            self.assertEqual(days()[self.company.id], date(2026, 3, 31))
            partner = self.env["res.partner"].create(
                {"name": "Seat", "tz": "Asia/Tokyo"}
            )
            self.company.partner_id = partner
            self.assertEqual(self.company._get_collection_zone(), "Asia/Tokyo")
            new = self.env["res.company"].create(
                {"name": "Later", "country_id": self.env.ref("base.jp").id}
            )
            self.assertEqual(days()[new.id], date(2026, 4, 1))

    def test_no_query(self):
        self.company._get_collection_today()
        item = self.account.item_ids[:1]
        with self.assertQueryCount(0), freeze_time("2026-03-31 22:30:00"):
            self.company._get_collection_today()
            self.env["res.company"]._get_collection_days()
            self.assertTrue(item)

    # ------------------------------------------------------------------
    # What is written
    # ------------------------------------------------------------------

    def _find_written(self, day):
        """Date fields of this module in which `day` stands: {(model, field, id)}."""
        self.env.flush_all()
        found = set()
        for name, model in self.env.items():
            if not name.startswith("collection.") or not model._auto or model._abstract:
                continue
            for field in model._fields.values():
                # due is what the ledger says is due
                if (
                    field.type == "date"
                    and field.store
                    and field.column_type
                    and field.name != "date_due"
                ):
                    rows = self.env.execute_query(
                        SQL(
                            "SELECT id FROM %s WHERE %s = %s",
                            SQL.identifier(model._table),
                            SQL.identifier(field.name),
                            day,
                        )
                    )
                    found |= {(name, field.name, row[0]) for row in rows}
        return found

    def _act(self, zone):
        """What people of both sides, and nobody, do on one day."""
        manager = self._at(zone)
        agent = self._at(zone, self.agent_user)
        collector = self._at(zone, self.collector_user)
        today = self.company._get_collection_today()
        late = self.account.item_ids.filtered(lambda item: item.amount_total >= 400)
        # somebody joins the team, the customer goes, the supervisor says so
        self.mandate.with_env(manager).agent_ids |= self._agent(
            self._user("late_comer", "account_collection.group_collection_provider"),
            self.provider,
        )
        placement = manager["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "extent": "manual",
                "line_ids": [Command.create({"account_id": self.account.id})],
            }
        )
        placement.action_hand_over()
        placement._accept()
        theirs = self.account.with_env(agent)
        theirs._log_call(
            {
                "outcome_id": self._result("promise").id,
                "obstacle_reason": "Test",
            },
            {
                "promise": {
                    "amount": 100.0,
                    "date_promised": str(today + timedelta(days=5)),
                    "item_ids": late[:1].ids,
                }
            },
        )
        dispute = agent["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": [Command.set(late[1:].ids)],
                "reason_id": self._dispute_reason("price").id,
                "amount": 20.0,
            }
        )
        dispute.with_env(manager)._decide("accepted")
        # by item, by customer, by the ledger, by the end of it all
        self.account.item_ids.filtered(lambda item: item.amount_total == 30.0).with_env(
            manager
        )._recall("Ours", "error")
        credit = self._credit_note(self.customer, 20.0, str(today))
        move = self.invoices[1].with_env(self._at(zone, self.env.user)).env
        (self._receivable_lines(credit + self.invoices[1])).with_env(move).reconcile()
        placement.line_ids._take_back("recalled", "All of it", "error")
        # in-house
        own = self.other_account.with_env(collector)
        own._record_means_change("transfer", "asked")
        own._record_means_change("transfer", "accepted")
        complaint = (
            collector["collection.complaint"]
            .create(
                {
                    "account_id": own.id,
                    "category": "tone",
                    "description": "The customer says that he was shouted at.",
                }
            )
            .with_env(manager)
        )
        complaint.write({"founded": "no", "answer": "Nobody had called that day."})
        complaint.action_answer()
        complaint.action_close()
        waiver = manager["collection.waiver"].create(
            {
                "account_ids": [Command.set(own.ids)],
                "date_to": today,
                "reason": "A gesture",
            }
        )
        waiver.action_waive()
        action = manager["collection.corrective.action"].create(
            {
                "name": "Check prices",
                "dysfunction_id": manager["collection.dysfunction"]
                .search([], limit=1)
                .id,
                "deadline": today + timedelta(days=9),
            }
        )
        action.action_done()
        run = manager["collection.dunning.run"].create({"company_id": self.company.id})
        run.action_compute()
        # and nobody: the job of the night
        self.env(su=True, context={"tz": zone})["collection.account"]._cron_refresh()
        self.mandate.with_env(manager).action_end()

    def test_days_written(self):
        for zone, now, theirs, ours in PLACES:
            with self.subTest(zone=zone), self.cr.savepoint() as savepoint:
                before = self._find_written(theirs)
                with freeze_time(now):
                    self._act(zone)
                    written = self._find_written(theirs) - before
                    self.assertFalse(written, "the day of whoever acted")
                    said = {row[:2] for row in self._find_written(ours)}
                    for expected in (
                        ("collection.placement", "date"),
                        ("collection.placement.line", "date_end"),
                        ("collection.placement.item", "date_added"),
                        ("collection.placement.item", "date_recalled"),
                        ("collection.promise", "date_made"),
                        ("collection.dispute", "date_opened"),
                        ("collection.dispute", "date_decided"),
                        ("collection.means.change", "date_asked"),
                        ("collection.complaint", "date"),
                        ("collection.complaint", "date_closed"),
                        ("collection.interest.settlement", "date"),
                        ("collection.corrective.action", "date_done"),
                        ("collection.dunning.run", "date"),
                        ("collection.mandate", "date_end"),
                        ("collection.mandate.member", "date_joined"),
                    ):
                        self.assertIn(expected, said)
                    line = self.account.placement_line_ids
                    self.assertEqual(line.date_deadline, ours + timedelta(days=30))
                savepoint.rollback()
                self.env.invalidate_all(flush=False)

    # ------------------------------------------------------------------
    # What is decided
    # ------------------------------------------------------------------

    def test_late_is_late_where_the_company_sits(self):
        """What is due on 31 March is late in Paris from half past midnight on, for
        somebody in Los Angeles, too, and not before for somebody in Auckland."""
        item = self.account.item_ids.filtered(lambda one: one.amount_total == 30.0)
        for zone, now, _theirs, ours in PLACES:
            days = (ours - date(2026, 3, 31)).days
            with self.subTest(zone=zone), freeze_time(now):
                env = self._at(zone, self.collector_user)
                self.env(su=True, context={"tz": zone})["collection.account"]._refresh()
                self.env.invalidate_all()
                seen = item.with_env(env)
                self.assertEqual(seen.days_overdue, days)
                self.assertEqual(seen.age_bucket, "d1_30" if days else "not_due")
                found = env["collection.item"].search(
                    [("id", "=", item.id), ("days_overdue", ">", 0)]
                )
                self.assertEqual(found.ids, item.ids if days else [])
                found = env["collection.item"].search(
                    [("id", "=", item.id), ("age_bucket", "=", "d1_30")]
                )
                self.assertEqual(found.ids, item.ids if days else [])
                [(least,)] = env["collection.item"]._read_group(
                    [("id", "=", item.id)], [], ["days_overdue:min"]
                )
                self.assertEqual(least, days)
                account = self.account.with_env(env)
                self.assertEqual(account.amount_overdue, 1400.0 + 30.0 * days)
                self.assertEqual(account.days_overdue, (ours - date(2026, 2, 1)).days)

    def test_access_ends_with_the_day_of_the_company(self):
        with freeze_time("2026-03-20 10:00:00"):
            self._hand_over(self.account)
        self.mandate.date_end = "2026-03-31"
        for zone, now, _theirs, ours in PLACES:
            open_ = ours <= date(2026, 3, 31)
            with self.subTest(zone=zone), freeze_time(now):
                self.env.invalidate_all()
                env = self._at(zone, self.agent_user)
                for model in (
                    "collection.account",
                    "collection.item",
                    "collection.mandate",
                    "collection.placement.line",
                ):
                    self.assertEqual(
                        bool(env[model].search_count([])), open_, (model, zone)
                    )
                self.assertEqual(self.mandate.with_env(env).sudo()._is_working(), open_)
                self.assertEqual(self.mandate.sudo().working, open_)
                working = self.env["collection.mandate"].search(
                    [("id", "=", self.mandate.id), ("working", "=", True)]
                )
                self.assertEqual(bool(working), open_)
                self.assertNotEqual(
                    working,
                    self.env["collection.mandate"].search(
                        [("id", "=", self.mandate.id), ("working", "=", False)]
                    ),
                )


@tagged("post_install", "-at_install")
class TestCompanyDays(CollectionCommon):
    """Two companies at the two ends of the world, of whom one is a day ahead."""

    @classmethod
    @freeze_time("2026-03-20 10:00:00")
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company()
        cls.other_company = cls.other_data["company"]
        cls.other_company.partner_id.tz = "Pacific/Tahiti"
        cls.company.partner_id.tz = "Europe/Paris"
        cls.invoice = cls._invoice(cls.customer, 100.0, "2026-03-31")
        cls.other_invoice = cls._invoice(
            cls.customer, 70.0, "2026-03-31", company_data=cls.other_data
        )
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.customer, cls.other_company)
        cls.accounts = cls.account | cls.other_account
        cls.items = cls.accounts.item_ids

    def setUp(self):
        super().setUp()
        frozen = freeze_time("2026-03-31 23:30:00")
        frozen.start()
        self.addCleanup(frozen.stop)

    def test_each_has_its_own_today(self):
        days = self.env["res.company"]._get_collection_days()
        self.assertEqual(days[self.company.id], date(2026, 4, 1))
        self.assertEqual(days[self.other_company.id], date(2026, 3, 31))

    def test_one_statement_for_both(self):
        self.env["collection.account"]._refresh()
        self.env.invalidate_all()
        self.assertEqual(self.accounts.mapped("amount_overdue"), [100.0, 0.0])
        self.assertEqual(self.accounts.mapped("days_overdue"), [1, 0])
        self.assertEqual(self.items.mapped("days_overdue"), [1, 0])
        self.assertEqual(
            self.env["collection.account"].search(
                [("id", "in", self.accounts.ids), ("days_overdue", ">", 0)]
            ),
            self.account,
        )
        for age, found in (("d1_30", self.account), ("not_due", self.other_account)):
            self.assertEqual(
                self.env["collection.item"]
                .search([("id", "in", self.items.ids), ("age_bucket", "=", age)])
                .account_id,
                found,
            )
        self.assertEqual(
            dict(
                self.env["collection.item"]._read_group(
                    [("id", "in", self.items.ids)], ["company_id"], ["days_overdue:max"]
                )
            ),
            {self.company: 1, self.other_company: 0},
        )

    def test_days_stand_in_domains(self):
        """What is late is searched together with other conditions, which are hashed."""
        today = company_today_sql(self.env, SQL("company_id"))
        self.assertIn("CASE", today.code)
        self.assertEqual(
            len({today, company_today_sql(self.env, SQL("company_id"))}), 1
        )
        late = Domain("days_overdue", ">", 0) | Domain("days_overdue", ">", 30)
        self.assertEqual(
            self.env["collection.item"].search(
                Domain("id", "in", self.items.ids) & Domain("state", "=", "open") & late
            ),
            self.account.item_ids,
        )

    def test_rank(self):
        self.env["collection.account"]._rank()
        facts = [account.priority_facts for account in self.accounts]
        self.assertEqual(
            [(fact or {}).get("oldest") for fact in facts], ["2026-03-31", None]
        )

    def test_agenda_and_forecast(self):
        self.accounts.write({"hold_until": "2026-03-31", "hold_reason": "Asked"})
        holds = self.env["collection.agenda"].search(
            Domain("kind", "=", "hold") & Domain("account_id", "in", self.accounts.ids)
        )
        self.assertEqual(holds.account_id, self.other_account, "over, in Paris")
        rows = self.env["collection.cash.forecast"].search(
            [("account_id", "in", self.accounts.ids)]
        )
        self.assertEqual(
            {row.account_id: row.date for row in rows},
            {self.account: date(2026, 4, 1), self.other_account: date(2026, 3, 31)},
        )

    def test_taken_back_on_the_day_of_each(self):
        mandates = self.mandate | self.mandate.copy(
            {"company_id": self.other_company.id, "agent_ids": False}
        )
        (mandates - self.mandate).date_start = "2026-03-01"
        self._start(mandates - self.mandate)
        lines = self.env["collection.placement.line"]
        for mandate, account in zip(mandates, self.accounts, strict=True):
            placement = self.env["collection.placement"].create(
                {
                    "mandate_id": mandate.id,
                    "extent": "manual",
                    "line_ids": [Command.create({"account_id": account.id})],
                }
            )
            placement.action_hand_over()
            lines |= placement.line_ids
        self.assertEqual(
            [str(day) for day in lines.item_ids.mapped("date_added")],
            ["2026-04-01", "2026-03-31"],
        )
        lines._take_back("recalled", "Both", "error")
        self.assertEqual(
            [str(day) for day in lines.mapped("date_end")],
            ["2026-04-01", "2026-03-31"],
        )

    def test_recorded_for_the_other_company(self):
        """Whoever works for both says what a customer promised on the customer's side
        of the world."""
        for account, day in (
            (self.account, "2026-04-01"),
            (self.other_account, "2026-03-31"),
        ):
            about = {"account_id": account.id, "item_ids": account.item_ids.ids}
            for model, field, values in (
                (
                    "collection.promise",
                    "date_made",
                    {**about, "amount": 10.0, "date_promised": "2026-04-20"},
                ),
                ("collection.payment.plan", "date_start", about),
                (
                    "collection.dispute",
                    "date_opened",
                    {**about, "reason_id": self._dispute_reason("price").id},
                ),
                (
                    "collection.complaint",
                    "date",
                    {
                        "account_id": account.id,
                        "category": "tone",
                        "description": "Too loud",
                    },
                ),
            ):
                with self.subTest(model=model, day=day):
                    record = self.env[model].create(values)
                    self.assertEqual(str(record[field]), day)
