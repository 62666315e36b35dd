from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31 10:00:00")
class TestAgenda(CollectionCommon):
    """What is to be done by when, gathered; the figures of a day; service levels."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with freeze_time("2026-03-31 10:00:00"):
            for customer in (cls.customer, cls.other_customer):
                cls._invoice(customer, 1000.0, "2026-03-01")
                cls._invoice(customer, 3000.0, "2026-05-20")
            cls.in_house = cls.account_of(cls.customer)
            cls.delegated = cls.account_of(cls.other_customer)
            cls.in_house.user_id = cls.collector_user
            cls._hand_over(cls.delegated)
            cls.delegated.agent_id = cls.agent
        cls.outcomes = {
            "none": "no_answer",
            "wrong_party": "switchboard_blocked",
            "right_party": "information_only",
        }

    def _rows(self, account, user=None, **values):
        domain = [("account_id", "=", account.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        model = self.env["collection.agenda"].with_user(user or self.env.user)
        return model.search(domain)

    def _fill(self, account):
        late, coming = account.item_ids.sorted("date_due")
        account.write(
            {
                "next_action_date": "2026-03-30",
                "next_action": "Call again",
                "hold_until": "2026-04-03",
                "hold_reason": "Audit",
            }
        )
        self._as_who_works("collection.promise", late).create(
            {
                "account_id": account.id,
                "amount": 400.0,
                "date_promised": "2026-04-10",
                "item_ids": [Command.set(late.ids)],
            }
        )
        works = account.with_user(
            self.agent_user if any(coming.mapped("delegated")) else self.env.user
        )
        plan = works._propose_plan(
            {
                "instalment_count": 2,
                "date_first": "2026-04-15",
                "item_ids": coming.ids,
            }
        )
        plan = plan.with_env(self.env)
        if plan.state == "to_approve":
            plan.action_approve()
        bill = self.env["collection.bill"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(coming.ids)],
                "kind": "lcr",
            }
        )
        bill.action_send()
        self.env["collection.dispute"].create(
            {
                "account_id": account.id,
                "reason_id": self._dispute_reason("price").id,
                "item_ids": [Command.set(late.ids)],
                "amount": 10.0,
                "deadline": "2026-04-20",
                "owner_id": self.manager_user.id,
            }
        )
        self.env["collection.precheck"].create({"item_id": coming.id})
        return plan, bill

    def test_one_row_for_each_thing(self):
        self._fill(self.in_house)
        rows = self._rows(self.in_house)
        self.assertEqual(
            [(row.kind, str(row.date), row.amount) for row in rows],
            [
                ("callback", "2026-03-30", 0.0),
                ("hold", "2026-04-03", 0.0),
                ("promise", "2026-04-13", 400.0),
                ("instalment", "2026-04-15", 1500.0),
                ("dispute", "2026-04-20", 10.0),
                ("bill_chase", "2026-04-25", 3000.0),
                ("bill", "2026-05-05", 3000.0),
                ("precheck", "2026-05-13", 3000.0),
                ("instalment", "2026-05-15", 1500.0),
            ],
        )
        self.assertEqual(rows.filtered("overdue").kind, "callback")
        self.assertEqual(len(set(rows.ids)), len(rows))
        for row in rows:
            user = self.manager_user if row.kind == "dispute" else self.collector_user
            self.assertEqual(row.user_id, user)
            self.assertTrue(row.display_name)
            action = row.action_open()
            self.assertEqual(
                (action["res_model"], action["res_id"]), (row.res_model, row.res_id)
            )

    def test_what_is_done_goes(self):
        self._fill(self.in_house)
        self.in_house.next_action_date = False
        self.in_house.promise_ids.write({"withdrawal_reason": "x"})
        self.in_house.promise_ids.action_confirm_withdrawal()
        self.in_house.bill_ids.action_chase()
        self.in_house.dispute_ids._decide("rejected", "Price agreed")
        self.assertEqual(
            set(self._rows(self.in_house).mapped("kind")),
            {"hold", "instalment", "bill", "precheck"},
        )
        with freeze_time("2026-04-04"):
            self.assertFalse(self._rows(self.in_house, kind="hold"))

    def test_provider_sees_his_part(self):
        self._fill(self.in_house)
        self._fill(self.delegated)
        # one thing about an invoice that was kept in-house
        self.delegated.item_ids.sorted("date_due")[1].delegated = False
        self.env.flush_all()
        for user in (self.agent_user, self.supervisor_user, self.on_site_user):
            with self.subTest(user=user.login):
                rows = self.env["collection.agenda"].with_user(user).search([])
                self.assertEqual(rows.mapped("kind"), ["callback", "promise"])
                self.assertEqual(rows.sudo().account_id, self.delegated.sudo())
                self.assertEqual(
                    rows[0].action_open()["res_model"], "collection.account"
                )
        rows = self.env["collection.agenda"].with_user(self.agent_user)
        self.assertEqual(len(rows._get_mine()), 2)
        self.assertEqual(
            [row["customer"] for row in rows._get_mine()._get_portal_rows()],
            ["Vela", "Vela"],
        )
        self.delegated.agent_id = self.on_site_agent
        self.assertFalse(rows._get_mine())
        self.delegated.placement_line_id._take_back("recalled", "x")
        for user in (self.agent_user, self.on_site_user, self.other_agent_user):
            self.assertFalse(self.env["collection.agenda"].with_user(user).search([]))
        for user in (self.plain_portal_user, self.plain_internal_user):
            with self.assertRaises(AccessError):
                self.env["collection.agenda"].with_user(user).search([])

    def test_mine_in_house(self):
        self._fill(self.in_house)
        self._fill(self.delegated)
        agenda = self.env["collection.agenda"]
        mine = agenda.with_user(self.collector_user)._get_mine()
        self.assertEqual(mine.account_id, self.in_house)
        self.assertNotIn("dispute", mine.mapped("kind"))
        self.assertEqual(
            set(agenda.with_user(self.manager_user)._get_mine().mapped("kind")),
            {"dispute"},
        )

    def test_queries_do_not_follow_the_rows(self):
        self._fill(self.in_house)
        self._fill(self.delegated)
        with self._count_queries() as counter:
            self.env["collection.agenda"].search([]).mapped("kind")
        self.assertLessEqual(counter.total, 8)

    # ------------------------------------------------------------------
    # Reviews
    # ------------------------------------------------------------------

    def test_review_not_held_raises_an_activity(self):
        self.mandate.user_id = self.manager_user
        review = self.env["collection.mandate.review"].create(
            {"mandate_id": self.mandate.id, "date": "2026-03-31"}
        )
        self.env["collection.mandate.review"]._cron_remind()
        self.assertFalse(review.activity_ids)
        with freeze_time("2026-04-01"):
            for _night in range(2):
                self.env["collection.mandate.review"]._cron_remind()
            self.assertEqual(review.activity_ids.user_id, self.manager_user)
            self.assertEqual(len(review.activity_ids), 1)
            row = self.env["collection.agenda"].search([("kind", "=", "review")])
            self.assertTrue(row.overdue)
            self.assertEqual(row.user_id, self.manager_user)
            with self.assertRaises(UserError):
                review.action_hold()
            review.minutes = "<p>More calls before ten</p>"
            review.with_user(self.manager_user).action_hold()
        self.assertEqual(review.state, "held")
        self.assertFalse(review.activity_ids)
        following = self.mandate.review_ids - review
        self.assertEqual(str(following.date), "2026-04-30")
        with self.assertRaises(AccessError):
            following.with_user(self.collector_user).date = "2026-06-01"
        for user in (self.agent_user, self.on_site_user):
            self.assertFalse(following.with_user(user).has_access("read"))

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _call(self, user, account, contact, **values):
        return (
            self.env["collection.call"]
            .with_user(user)
            .create(self._call_values(account, self.outcomes[contact], **values))
        )

    def test_figures_of_a_day(self):
        for contact, minutes in (("none", 0.5), ("wrong_party", 2), ("right_party", 4)):
            self._call(self.agent_user, self.delegated, contact, duration=minutes)
        self._call(self.collector_user, self.in_house, "right_party", duration=3)
        self._call(
            self.collector_user, self.in_house, "wrong_party", direction="incoming"
        )
        self.delegated.with_user(self.agent_user)._portal_new_promise(
            {"date_promised": "2026-04-10", "amount": 800.0}
        )
        dispute = (
            self.env["collection.dispute"]
            .with_user(self.collector_user)
            .create(
                {
                    "account_id": self.in_house.id,
                    "reason_id": self._dispute_reason("price").id,
                    "item_ids": [Command.set(self.in_house.item_ids[:1].ids)],
                }
            )
        )
        # the moment of a dispute is the database's, which no test can choose; its day
        # is that of the company
        row = self.env["collection.daily.figure"].search([("disputes", ">", 0)])
        self.assertEqual(row.user_id, self.collector_user)
        moment = fields.Datetime.context_timestamp(
            row.with_context(tz="Europe/Paris"), dispute.create_date
        )
        self.assertEqual(row.day, moment.date())
        figures = self.env["collection.daily.figure"].search(
            [("day", "=", "2026-03-31"), ("attempts", ">", 0)]
        )
        expected = {
            self.agent_user: ("provider", 3, 0, 2, 1, 1, 800.0, 0, 6.5, 1),
            self.collector_user: ("company", 1, 1, 2, 1, 0, 0.0, 0, 3.0, 1),
        }
        self.assertEqual(figures.user_id, self.agent_user | self.collector_user)
        for row in figures:
            self.assertEqual(
                (
                    row.side,
                    row.attempts,
                    row.inbound,
                    row.connected,
                    row.right_party,
                    row.promises,
                    row.promise_amount,
                    row.disputes,
                    row.minutes,
                    row.customers,
                ),
                expected[row.user_id],
            )
        model = self.env["collection.daily.figure"]
        for user, people in (
            (self.agent_user, self.agent_user),
            (self.supervisor_user, self.agent_user),
            (self.on_site_user, self.env["res.users"]),
            (self.other_agent_user, self.env["res.users"]),
            (self.collector_user, self.collector_user),
            (self.manager_user, self.agent_user | self.collector_user),
        ):
            with self.subTest(user=user.login):
                rows = model.with_user(user).search([("id", "in", figures.ids)])
                self.assertEqual(rows.sudo().user_id.with_env(self.env), people)
        today = model.with_user(self.agent_user)._get_today()
        self.assertEqual(
            (today["attempts"], today["promises"], today["promise_amount"]),
            (3, 1, 800.0),
        )
        self.assertEqual(today["reached"], 33)
        of_agent = model.with_user(self.supervisor_user)._get_today(self.agent)
        self.assertEqual(of_agent, today)
        closed = model.with_user(self.other_agent_user)._get_today(self.agent)
        self.assertEqual(closed["attempts"], 0)
        self.assertEqual(
            model.with_user(self.collector_user)._get_today()["connected"], 2
        )

    def test_the_day_is_the_persons_own(self):
        self.collector_user.tz = "Asia/Tokyo"
        with freeze_time("2026-03-31 20:00:00"):
            self._call(self.collector_user, self.in_house, "none")
        self.collector_user.flush_recordset()
        row = self.env["collection.daily.figure"].search(
            [("user_id", "=", self.collector_user.id)]
        )
        self.assertEqual(str(row.day), "2026-04-01")

    def test_foreign_promise_in_company_currency(self):
        usd = self.setup_other_currency("USD", rates=[("2026-01-01", 2.0)])
        self._invoice(self.customer, 500.0, "2026-03-01", currency=usd)
        item = self.in_house.item_ids.filtered(lambda item: item.currency_id == usd)
        self.env["collection.promise"].with_user(self.collector_user).create(
            {
                "account_id": self.in_house.id,
                "amount": 500.0,
                "date_promised": "2026-04-10",
                "item_ids": [Command.set(item.ids)],
            }
        )
        row = self.env["collection.daily.figure"].search(
            [("user_id", "=", self.collector_user.id)]
        )
        self.assertEqual(row.promise_amount, 250.0)

    # ------------------------------------------------------------------
    # Service levels
    # ------------------------------------------------------------------

    def test_service_levels(self):
        self._invoice(self.customer, 100.0, "2026-03-20")
        self._hand_over(self.in_house)
        self.delegated.next_action_date = "2026-03-31"
        with freeze_time("2026-04-02 09:00:00"):
            self._call(self.agent_user, self.delegated, "right_party")
            self.delegated.with_user(self.agent_user)._portal_new_promise(
                {"date_promised": "2026-04-03", "amount": 1000.0}
            )
            self.delegated.next_action_date = "2026-04-03"
        with freeze_time("2026-04-08"):
            self.env["collection.promise"]._follow_ledger()
            levels = self.mandate.with_user(self.supervisor_user)._get_service_levels()
        self.assertEqual(
            {name: levels[name] for name in levels if name != "agents"},
            {
                "accounts": 2,
                "worked": 1,
                "contacted": 1,
                "contacted_in_time": 1,
                "not_contacted_in_time": 1,
                "callbacks_overdue": 0,
                "promises": 1,
                "promises_kept": 0,
                "promises_broken": 1,
                "share_worked": 50.0,
                "share_contacted": 50.0,
                "share_in_time": 50.0,
                "share_kept": 0.0,
                "share_kept_amount": 0.0,
                "first_contact_days": 2.0,
                "contact_days": 5,
            },
        )
        by_agent = {line["id"]: line["accounts"] for line in levels["agents"]}
        self.assertEqual(by_agent[self.agent.id], 1)
        self.assertEqual(by_agent[False], 1)
        self.assertTrue(self.mandate.with_user(self.manager_user)._get_service_levels())
        for user in (self.agent_user, self.other_agent_user, self.plain_portal_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.mandate.with_user(user)._get_service_levels()

    def test_supervisor_assigns_many(self):
        self._hand_over(self.in_house)
        both = self.in_house | self.delegated
        mandate = self.mandate.with_user(self.supervisor_user)
        self.assertEqual(
            mandate._portal_assign_many(both.ids, self.on_site_agent.id), 2
        )
        self.assertEqual(both.agent_id, self.on_site_agent)
        self.assertEqual(mandate._portal_assign_many(both.ids, False), 2)
        self.assertFalse(both.agent_id)
        for agent_id in (self.other_agent.id, 999999):
            with self.assertRaises(AccessError):
                mandate._portal_assign_many(both.ids, agent_id)
        for user in (self.agent_user, self.other_agent_user):
            with self.assertRaises(AccessError):
                self.mandate.with_user(user)._portal_assign_many(
                    both.ids, self.agent.id
                )
        self.in_house.placement_line_id._take_back("recalled", "x")
        with self.assertRaises(AccessError):
            mandate._portal_assign_many(both.ids, self.agent.id)
        self.assertFalse(self.delegated.agent_id)
