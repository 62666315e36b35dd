from odoo.tests import HttpCase, tagged


@tagged("post_install", "-at_install")
class TestDemo(HttpCase):
    """The demo company shows every part of collections."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a shorter history than the one users load: the same scenes, in less time
        cls.logins = cls.env["res.company"]._load_collection_demo(
            lang="en_US", months=7
        )
        cls.company = cls.env.ref("__collection_demo__.company")

    def _search(self, model, *domain):
        return self.env[model].search([("company_id", "=", self.company.id), *domain])

    def test_loading_again_creates_nothing(self):
        models = ("res.users", "res.company", "account.move", "collection.account")
        before = [self.env[model].search_count([]) for model in models]
        self.assertEqual(
            self.env["res.company"]._load_collection_demo(lang="en_US"), self.logins
        )
        self.assertEqual([self.env[m].search_count([]) for m in models], before)

    def test_logins_authenticate(self):
        self.assertEqual(len(self.logins), 5)
        for login in self.logins:
            with self.subTest(login=login["login"]):
                self.assertTrue(login["role"])
                self.assertTrue(login["hint"])
                self.authenticate(login["login"], login["password"])

    def test_every_segment_has_customers(self):
        accounts = self._search("collection.account")
        self.assertEqual(accounts.segment_id, self.env["collection.segment"].search([]))
        self.assertTrue(accounts.filtered(lambda account: not account.segment_id))
        self.assertTrue(accounts.filtered("insolvency_date"))
        self.assertTrue(accounts.filtered("hold_until"))
        self.assertTrue(accounts.filtered("amount_credit"))
        self.assertTrue(accounts.filtered("amount_disputed"))
        self.assertGreater(len(accounts.partner_id.country_id), 3)
        self.assertFalse(accounts.filtered(lambda account: not account.user_id))

    def test_every_age_has_amount(self):
        items = self._search("collection.item", ("state", "=", "open"))
        buckets = dict(items._fields["age_bucket"]._description_selection(self.env))
        for bucket in buckets:
            of_bucket = items.filtered(lambda item, b=bucket: item.age_bucket == b)
            self.assertGreater(
                sum(of_bucket.mapped("amount_residual_company")), 0, bucket
            )
        self.assertTrue(items.filtered(lambda item: item.days_overdue == 0))
        self.assertGreater(len(items.currency_id), 2)

    def test_the_way_out_was_rehearsed(self):
        package = self._search("collection.reversibility")
        self.assertRecordValues(
            package, [{"kind": "drill", "state": "done", "differences": ""}]
        )
        self.assertGreater(package.row_count, 100)

    def test_brakes_were_overcome(self):
        """All of them for what is live, and for a pilot what a pilot needs."""
        mandate = self.env.ref("__collection_demo__.mandate")
        self.assertNotIn("open", mandate.readiness_ids.mapped("state"))
        self.assertTrue(all(mandate.readiness_ids.mapped("answered_by_id")))
        pilot = self.env.ref("__collection_demo__.mandate_abroad")
        by_state = pilot.readiness_ids.grouped("state")
        self.assertEqual(set(by_state["open"].mapped("needed_for")), {"live"})
        self.assertEqual(set(by_state["answered"].mapped("needed_for")), {"pilot"})
        plans = mandate.transition_ids
        self.assertEqual(set(plans.mapped("state")), {"agreed"})
        self.assertEqual(
            plans.collector_id,
            self._search("collection.account").user_id,
        )
        self.assertTrue(any(plan.after_count < plan.before_count for plan in plans))
        self.assertTrue(self._search("collection.working.group.meeting"))
        self.assertGreater(mandate.dependence_share, 0)

    def test_position_is_true(self):
        # on the day of those who work there
        accounts = self._search("collection.account")
        self.assertEqual(
            self.env["collection.account"]
            .with_context(tz="Europe/Paris")
            ._refresh(accounts),
            0,
        )

    def test_dunning_history(self):
        runs = self._search("collection.dunning.run")
        self.assertEqual(set(runs.mapped("state")), {"done", "to_send", "computed"})
        letters = self._search("collection.letter")
        self.assertLessEqual({"sent", "draft"}, set(letters.mapped("state")))
        self.assertGreater(len(letters.level_id), 2)
        self.assertFalse(
            letters.filtered(lambda le: le.state == "sent" and not le.number)
        )
        self.assertGreater(len(set(runs.exclusion_ids.mapped("reason"))), 5)
        self.assertIn("do_nothing", runs.exclusion_ids.mapped("reason"))
        self.assertIn("pre_reminder", letters.mapped("kind_id.code"))
        self.assertIn("consumer", letters.mapped("kind_id.debtor_type"))
        self.assertIn("complaint", runs.exclusion_ids.mapped("reason"))

    def test_what_the_agent_added_and_had_sent(self):
        agent = self.env["res.users"].search([("login", "=", "demo.agent")])
        files = self.env["ir.attachment"].search([("create_uid", "=", agent.id)])
        for model in (
            "collection.promise",
            "collection.dispute",
            "collection.provider.note",
        ):
            self.assertTrue(files.filtered(lambda f, m=model: f.res_model == m), model)
        mail = self.env["mail.mail"].search(
            [
                ("model", "=", "collection.account"),
                (
                    "subtype_id",
                    "=",
                    self.env.ref("account_collection.mt_provider_mail").id,
                ),
            ]
        )
        self.assertEqual(mail.mapped("state"), ["sent"])
        self.assertLess(mail.create_date.date(), self.company._get_collection_today())

    def test_no_mail_waits_to_leave(self):
        self.assertFalse(self.env["mail.mail"].search([("state", "=", "outgoing")]))

    def test_hand_overs(self):
        placements = self._search("collection.placement")
        self.assertEqual(len(placements.provider_id), 2)
        states = placements.line_ids.mapped("state")
        self.assertLessEqual({"active", "paid", "recalled"}, set(states))
        recalled = placements.line_ids.filtered(lambda line: line.state == "recalled")
        self.assertTrue(recalled.reason)
        calls = self._search("collection.call")
        self.assertEqual(set(calls.mapped("side")), {"company", "provider"})
        self.assertGreater(len(calls.outcome_id), 6)
        self.assertTrue(calls.promise_id)
        self.assertTrue(calls.dispute_id)
        self.assertTrue(calls.correction_ids)
        self.assertFalse(
            calls.filtered(
                lambda call: call.account_id != call.promise_id.account_id
            ).filtered("promise_id")
        )

    def test_a_hand_over_waits_for_its_receipt(self):
        """One that waits, of which a customer was refused; more time is asked for."""
        waiting = self._search("collection.placement", ("state", "=", "handed_over"))
        self.assertTrue(waiting)
        self.assertIn("papers", waiting.line_ids.mapped("return_reason"))
        self.assertTrue(all(waiting.mapped("date_acknowledge")))
        extension = self._search("collection.placement.extension")
        self.assertEqual(extension.mapped("state"), ["open"])
        events = self.env["collection.placement.event"].search(
            [("placement_item_id.company_id", "=", self.company.id)]
        )
        self.assertIn("paid", events.mapped("kind"))

    def test_agents_work_on_the_portal(self):
        account = self.env.ref("__collection_demo__.mandate").account_ids[:1]
        for key in ("supervisor", "agent"):
            user = self.env.ref(f"__collection_demo__.{key}")
            self.authenticate(user.login, user.login)
            response = self.url_open("/my/collection")
            self.assertEqual(response.status_code, 200)
            self.assertIn(account.partner_id.name, response.text)
