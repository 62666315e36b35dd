# pylint: disable=translation-required  # what a test posts, nobody reads
from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import JsonRpcException, freeze_time, tagged
from odoo.tools import mute_logger

from .common import SilenceCommon


@tagged("post_install", "-at_install")
class TestProviderSilence(SilenceCommon):
    """A provider's people follow nothing of ours, whoever wants them to."""

    def _paths(self, record, user):
        """Ways to make `user` a follower of `record`: {name: function}."""
        partner = user.partner_id
        by_manager = record.with_env(self.manager)
        as_user = record.with_user(user)

        def add_by_wizard():
            self.manager["mail.followers.edit"].create(
                {
                    "res_model": record._name,
                    "res_ids": str(record.ids),
                    "operation": "add",
                    "partner_ids": [Command.set(partner.ids)],
                    "notify": True,
                }
            ).edit_followers()

        paths = {
            "oneself": lambda: as_user.message_subscribe(partner.ids),
            "a colleague": lambda: as_user.message_subscribe(
                self.people.partner_id.ids
            ),
            "added by the company": lambda: by_manager.message_subscribe(partner.ids),
            "added with subtypes": lambda: by_manager.sudo().message_subscribe(
                partner.ids, self.env.ref("mail.mt_note").ids
            ),
            "field": lambda: record.write(
                {"message_partner_ids": [Command.link(partner.id)]}
            ),
            "wizard": add_by_wizard,
            "mentioned": lambda: (
                by_manager.sudo()
                .with_context(mail_post_autofollow=True)
                .message_post(body="See @", partner_ids=partner.ids)
            ),
            "author": lambda: as_user.sudo().message_post(
                body="I say",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                author_id=partner.id,
            ),
            "row": lambda: (
                self.env["mail.followers"]
                .sudo()
                .create(
                    {
                        "res_model": record._name,
                        "res_id": record.id,
                        "partner_id": partner.id,
                    }
                )
            ),
        }
        if "activity_ids" in record._fields:
            paths["activity"] = lambda: by_manager.sudo().activity_schedule(
                "mail.mail_activity_data_todo", user_id=user.id
            )
        if "user_id" in record._fields and not record._fields["user_id"].readonly:
            paths["assigned"] = lambda: record.write({"user_id": user.id})
        return paths

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_access")
    def test_no_path_makes_them_follow(self):
        for record in self._records():
            for user in (self.agent_user, self.on_site_user):
                for name, path in self._paths(record, user).items():
                    with self.subTest(model=record._name, user=user.login, path=name):
                        try:
                            with self.env.cr.savepoint():
                                path()
                                self.env.flush_all()
                        except UserError:
                            self.env.invalidate_all()
                        self.assertFalse(
                            self._followers(record) & self.people.partner_id
                        )

    def test_collectors_follow(self):
        """By the same ways: that nobody follows would prove nothing."""
        for record in self._records():
            names = {"added with subtypes", "mentioned", "row"}
            if record.with_env(self.manager).has_access("write"):
                names |= {"added by the company", "wizard"}
            for name in names:
                with self.subTest(model=record._name, path=name):
                    self.env["mail.followers"].sudo().search(
                        [("res_model", "=", record._name), ("res_id", "=", record.id)]
                    ).unlink()
                    self._paths(record, self.collector_user)[name]()
                    self.assertIn(
                        self.collector_user.partner_id, self._followers(record)
                    )

    def test_creator_does_not_follow(self):
        for user in (self.agent_user, self.on_site_user):
            # sudo: what the acts of the provider's people do after their checks
            promise = self.env(user=user, su=True)["collection.promise"].create(
                {
                    "account_id": self.account.id,
                    "amount": 5.0,
                    "date_promised": self.in_days(3),
                    "item_ids": [Command.set(self.items.ids)],
                }
            )
            self.assertNotIn(user.partner_id, self._followers(promise))

    def test_by_remote_call(self):
        for user in (self.agent_user, self.on_site_user):
            self._log_in(user)
            for url, params in (
                (
                    "/mail/thread/subscribe",
                    {
                        "res_model": "collection.account",
                        "res_id": self.account.id,
                        "partner_ids": user.partner_id.ids,
                    },
                ),
                (
                    "/web/dataset/call_kw",
                    {
                        "model": "collection.account",
                        "method": "message_subscribe",
                        "args": [self.account.ids, user.partner_id.ids],
                        "kwargs": {},
                    },
                ),
            ):
                with self.subTest(user=user.login, url=url), mute_logger("odoo.http"):
                    try:
                        self.make_jsonrpc_request(url, params)
                    except JsonRpcException as error:
                        self.assertIn("AccessError", str(error))
                    self.assertNotIn(user.partner_id, self._followers(self.account))

    # ------------------------------------------------------------------
    # What the company says
    # ------------------------------------------------------------------

    def test_nothing_said_reaches_them(self):
        addresses = set(self.people.mapped("email"))
        self.assertEqual(len(addresses), 3)
        for record in self._records():
            with self.subTest(model=record._name):
                self.env["mail.followers"].sudo().search(
                    [("res_model", "=", record._name), ("res_id", "=", record.id)]
                ).unlink()
                self._make_follow(
                    record, self.people.partner_id | self.collector_user.partner_id
                )
                reached = self._addresses(lambda record=record: self._speak(record))
                self.assertEqual(reached, {self.collector_user.email})
                messages = (
                    self.env["mail.message"]
                    .sudo()
                    .search([("model", "=", record._name), ("res_id", "=", record.id)])
                )
                self.assertFalse(messages.partner_ids & self.people.partner_id)
                self.assertFalse(
                    messages.notification_ids.res_partner_id & self.people.partner_id
                )

    def test_tracked_change(self):
        followers = self.people.partner_id | self.collector_user.partner_id
        self.env["mail.followers"].sudo().search(
            [("res_model", "=", self.mandate._name)]
        ).unlink()
        self._make_follow(self.mandate, followers)
        # a subtype of one's own makes a tracked change a discussion
        comment = self.env.ref("mail.mt_comment")
        self.patch(
            type(self.mandate), "_track_subtype", lambda records, initial: comment
        )
        reached = self._addresses(
            lambda: self.mandate.with_env(self.manager).write({"name": "Another name"})
        )
        self.assertEqual(reached, {self.collector_user.email})

    def test_inbox(self):
        self.people.sudo().filtered(
            lambda user: not user.share
        ).notification_type = "inbox"
        self._make_follow(self.account, self.on_site_user.partner_id)
        self._speak(self.account)
        self.assertFalse(
            self.env["mail.notification"]
            .sudo()
            .search([("res_partner_id", "in", self.people.partner_id.ids)])
        )

    def test_same_address(self):
        """A second contact with the address of an agent gets no more than the agent."""
        twin = self.env["res.partner"].create(
            {"name": "Alias", "email": self.agent_user.email}
        )
        self.account.message_subscribe(twin.ids)
        self.assertNotIn(twin, self._followers(self.account))

    def test_recipient_added_later(self):
        message = self.account.message_post(body="First")
        message.partner_ids = self.people.partner_id | self.collector_user.partner_id
        self.assertEqual(message.partner_ids, self.collector_user.partner_id)
        elsewhere = self.provider.message_post(
            body="Yours", partner_ids=self.on_site_user.partner_id.ids
        )
        self.assertEqual(elsewhere.partner_ids, self.on_site_user.partner_id)
        elsewhere.write({"model": self.account._name, "res_id": self.account.id})
        self.assertFalse(elsewhere.partner_ids)

    def test_not_suggested(self):
        self.account.message_post(
            body="I say",
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            author_id=self.agent_user.partner_id.id,
            partner_ids=self.customer.ids,
        )
        suggested = [
            recipient["partner_id"]
            for recipient in self.account._message_get_suggested_recipients(
                reply_discussion=True
            )
        ]
        self.assertIn(self.customer.id, suggested)
        self.assertNotIn(self.agent_user.partner_id.id, suggested)

    # ------------------------------------------------------------------
    # Records that are not ours
    # ------------------------------------------------------------------

    def test_customers_and_their_invoices(self):
        for record in (self.customer, self.contact, self.invoice):
            with self.subTest(record=record.display_name):
                record.message_subscribe(
                    (self.people | self.collector_user).partner_id.ids
                )
                self.assertEqual(
                    self._followers(record)
                    & (self.people | self.collector_user).partner_id,
                    self.collector_user.partner_id,
                )
                reached = self._addresses(lambda record=record: self._speak(record))
                self.assertIn(self.collector_user.email, reached)
                self.assertFalse(reached & set(self.people.mapped("email")))

    def test_own_firm(self):
        """They follow their own company's bills, and what is nobody's customer."""
        self._invoice(self.provider, 10.0, "2026-03-01")
        bill = self._invoice(
            self.provider,
            50.0,
            "2026-03-01",
            move_type="in_invoice",
            post=False,
            journal_id=self.company_data["default_journal_purchase"].id,
        )
        self.assertTrue(self.account_of(self.provider))
        stranger = self._customer("Nobody yet")
        for record in (self.provider, bill, stranger):
            record.message_subscribe(self.agent_user.partner_id.ids)
            self.assertIn(self.agent_user.partner_id, self._followers(record))


@tagged("post_install", "-at_install")
class TestProviderSilenceEnds(SilenceCommon):
    """What they have from before ends with their right, in the same transaction."""

    def setUp(self):
        super().setUp()
        self.records = self._records()
        self.activities = self.env["mail.activity"]
        people = self.people.partner_id
        for record in self.records:
            self.env["mail.followers"].sudo().search(
                [("res_model", "=", record._name), ("res_id", "=", record.id)]
            ).unlink()
            self._make_follow(record, people | self.collector_user.partner_id)
        self.message = self.account.message_post(
            body="Between us", partner_ids=self.collector_user.partner_id.ids
        )
        self.env["mail.notification"].create(
            [
                {
                    "mail_message_id": self.message.id,
                    "res_partner_id": partner.id,
                    "notification_type": "inbox",
                }
                for partner in people
            ]
        )
        self.mail = self.env["mail.mail"].create(
            {
                "mail_message_id": self.message.id,
                "body_html": "Between us",
                "recipient_ids": [Command.set(people.ids)],
            }
        )
        self.shared_mail = self.mail.copy(
            {
                "mail_message_id": self.message.id,
                "recipient_ids": [
                    Command.set((people | self.collector_user.partner_id).ids)
                ],
            }
        )
        self.activity = self._activity(self.account)
        self.plan_activity = self._activity(self.plan)
        self.env.flush_all()

    def _activity(self, record):
        return record.activity_schedule(
            "mail.mail_activity_data_todo",
            summary="Call again",
            user_id=self.on_site_user.id,
        )

    def _assert_silent(self, activities=True):
        self.env.invalidate_all()
        collector = self.collector_user.partner_id
        people = self.people.partner_id
        for record in self.records:
            # of a survey that is over nobody is left who was asked, on either side
            over = record._name == "collection.team.survey" and record.state == "closed"
            with self.subTest(model=record._name):
                self.assertEqual(
                    self._followers(record) & (people | collector),
                    collector.browse() if over else collector,
                )
        self.assertEqual(
            self.message.notification_ids.res_partner_id & (people | collector),
            collector,
        )
        self.assertEqual(self.mail.state, "cancel")
        self.assertFalse(self.mail.recipient_ids)
        self.assertEqual(self.shared_mail.state, "outgoing")
        self.assertEqual(self.shared_mail.recipient_ids, collector)
        for record in (self.account, self.plan):
            self.assertEqual(
                self._addresses(lambda record=record: self._speak(record)),
                {self.collector_user.email},
            )
        if activities:
            for activity in self.activity | self.plan_activity:
                self.assertEqual(activity.user_id, self.collector_user)
                self.assertFalse(
                    activity.with_user(self.on_site_user).has_access("read")
                )

    def test_nothing_ends_by_itself(self):
        """The rows are there, and the agent on site has the activities: till then."""
        for record in self.records:
            self.assertLessEqual(self.people.partner_id, self._followers(record))
        self.env["mail.followers"]._dismiss_provider_people()
        self.assertEqual(
            (self.activity | self.plan_activity).user_id, self.on_site_user
        )

    def test_recall(self):
        action = self.account.with_user(self.manager_user).action_recall()
        self.env["collection.recall"].with_user(self.manager_user).with_context(
            **action["context"]
        ).create({"reason": "strategic"}).action_recall()
        self._assert_silent()

    def test_recall_of_one_item(self):
        """What is about that item comes home, the account stays where it is."""
        self.plan.item_ids.with_user(self.manager_user)._recall("Ours")
        self._assert_silent(activities=False)
        self.assertEqual(self.account.delegation_state, "delegated")
        self.assertEqual(self.activity.user_id, self.on_site_user)
        self.assertEqual(self.plan_activity.user_id, self.collector_user)

    def test_payment(self):
        for invoice in self.invoice | self.late_invoice:
            self._pay(invoice)
        self.account._flush_all()
        self.assertEqual(self.account.delegation_state, "in_house")
        self._assert_silent()

    def test_end_of_the_mandate(self):
        self.mandate.with_user(self.manager_user).action_end()
        self._assert_silent()

    def test_last_day_of_the_mandate(self):
        self.env.cr.execute(
            "UPDATE collection_mandate SET date_end = %s WHERE id = %s",
            [self._today(), self.mandate.id],
        )
        self.env.invalidate_all()
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), days=2)):
            self.env["collection.mandate"]._cron_end_expired()
            self.assertEqual(self.mandate.state, "ended")
            self._assert_silent()

    def test_nightly(self):
        """What came about by no act of ours is cleared away every night."""
        self.env["collection.mandate"]._cron_end_expired()
        self._assert_silent(activities=False)

    def test_agent_archived(self):
        self.on_site_agent.with_user(self.manager_user).action_archive()
        self._assert_silent()

    def test_agent_deleted(self):
        self.env["collection.agent"].search(
            [("id", "=", self.on_site_agent.id)]
        ).unlink()
        self._assert_silent()

    def test_agent_removed_from_the_mandate(self):
        self.mandate.with_user(self.manager_user).agent_ids = [
            Command.unlink(self.on_site_agent.id)
        ]
        self._assert_silent()

    def test_mandate_removed_from_the_agent(self):
        self.on_site_agent.with_user(self.manager_user).mandate_ids = [Command.clear()]
        self._assert_silent()

    def test_user_archived(self):
        """What they were to do goes to somebody in-house, and is not lost."""
        self.on_site_user.sudo().action_archive()
        self._assert_silent(activities=False)
        activities = self.activity | self.plan_activity
        self.assertEqual(activities.exists(), activities)
        for user in activities.user_id:
            self.assertTrue(user.active and not user.share)
            self.assertTrue(user.has_group("account_collection.group_collection_user"))

    def test_group_taken_away(self):
        """Whoever was known by the group alone is known no more."""
        group = self.env.ref("account_collection.group_collection_on_site")
        for login, take_away in (
            (
                "known",
                lambda user: user.write({"group_ids": [Command.unlink(group.id)]}),
            ),
            (
                "named",
                lambda user: group.sudo().write(
                    {"user_ids": [Command.unlink(user.id)]}
                ),
            ),
        ):
            user = self._user(login, "group_collection_on_site").sudo()
            user.partner_id.email = f"{login}@example.com"
            self._make_follow(self.account, user.partner_id)
            activity = self._activity(self.account)
            activity.sudo().user_id = user
            take_away(user)
            self.assertNotIn(user.partner_id, self._followers(self.account))
            self.assertEqual(activity.user_id, self.collector_user)

    def test_becoming_one_of_them(self):
        """A colleague who goes over to the provider leaves the discussions."""
        user = self.plain_internal_user
        self.account.message_subscribe(user.partner_id.ids)
        self.assertIn(user.partner_id, self._followers(self.account))
        self._agent(user, self.provider)
        self.assertNotIn(user.partner_id, self._followers(self.account))

    def test_who_takes_over(self):
        """Nobody of the provider; a credit manager when the customer has nobody."""
        self.account.user_id = self.on_site_user
        self.account.placement_line_id._take_back("recalled", "Ours")
        self.assertTrue(
            self.activity.user_id.has_group(
                "account_collection.group_collection_manager"
            )
        )

    def test_mail_they_are_to_have(self):
        """An e-mail written to them about a customer who stays with them leaves."""
        mail = self.env["mail.mail"].create(
            {
                "model": self.account._name,
                "res_id": self.account.id,
                "body_html": "Please call them",
                "recipient_ids": [Command.set(self.agent_user.partner_id.ids)],
            }
        )
        self.env["mail.followers"]._dismiss_provider_people()
        self.assertEqual(mail.recipient_ids, self.agent_user.partner_id)
        self.account.placement_line_id._take_back("recalled", "Ours")
        self.assertFalse(mail.recipient_ids)
        self.assertEqual(mail.state, "cancel")

    def test_queries_do_not_follow_the_accounts(self):
        counts = []
        followers = self.env.registry["mail.followers"]
        original = followers._dismiss_provider_people

        def counting(records, *args):
            with self._count_queries() as counter:
                original(records, *args)
            counts.append(counter.total)

        self.account.placement_line_id._take_back("recalled", "Ours")
        for count in (2, 20):
            customers = [self._customer(f"Many {count} {i}") for i in range(count)]
            for customer in customers:
                self._invoice(customer, 100.0, self.in_days(-20))
            accounts = self.account.union(*map(self.account_of, customers))
            accounts -= self.account
            placement = self._hand_over(accounts)
            accounts.user_id = self.collector_user
            for account in accounts:
                self._make_follow(account, self.people.partner_id)
                self._activity(account)
            self.patch(followers, "_dismiss_provider_people", counting)
            placement.line_ids._take_back("recalled", "Ours")
            self.patch(followers, "_dismiss_provider_people", original)
            for account in accounts:
                self.assertFalse(self._followers(account) & self.people.partner_id)
                self.assertEqual(account.activity_ids.user_id, self.collector_user)
        self.assertEqual(counts[0], counts[1])
