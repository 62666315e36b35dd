# pylint: disable=translation-required
# what a test says, nobody reads; the checker knows tests/*.py only

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from odoo.addons.mail.tools.discuss import Store

from ..common import CollectionCommon

#: What an agent on site has of the models that every employee reads, decided on one
#: by one. "any": nothing of customers, people or money; "own": of the user; else
#: the name of the test below that says which records.
DECIDED = {
    "auth.passkey.key": "own",
    "auth.passkey.key.create": "own",
    "auth_totp.device": "own",
    "auth_totp.wizard": "own",
    "change.password.own": "own",
    "discuss.call.history": "test_channels",
    "discuss.channel": "test_channels",
    "discuss.channel.member": "test_channels",
    "discuss.gif.favorite": "own",
    "ir.actions.report": "any",
    "ir.attachment": "test_talk_ends_with_the_mandate",
    "ir.default": "any",
    "ir.embedded.actions": "any",
    "ir.exports.line": "any",
    "ir.filters": "own",
    "ir.module.category": "any",
    "ir.module.module": "any",
    "ir.sequence": "any",
    "ir.sequence.date_range": "any",
    "ir.ui.menu": "any",
    "mail.activity": "test_talk_ends_with_the_mandate",
    "mail.activity.plan": "any",
    "mail.activity.plan.template": "any",
    "mail.activity.schedule": "own",
    "mail.activity.schedule.line": "own",
    "mail.activity.type": "any",
    "mail.canned.response": "own",
    "mail.compose.message": "own",
    "mail.followers": "test_followers_and_notifications",
    "mail.followers.edit": "own",
    "mail.message": "test_talk_ends_with_the_mandate",
    "mail.message.subtype": "any",
    "mail.notification": "test_followers_and_notifications",
    "mail.scheduled.message": "test_talk_ends_with_the_mandate",
    "mail.template": "any",
    "mail.template.preview": "own",
    "report.layout": "any",
    "report.paperformat": "any",
    "res.company": "any",
    "res.country": "any",
    "res.country.group": "any",
    "res.country.state": "any",
    "res.currency": "any",
    "res.currency.rate": "any",
    "res.device": "own",
    "res.device.log": "own",
    "res.groups": "any",
    "res.groups.privilege": "any",
    "res.lang": "any",
    "res.partner": "test_partners",
    "res.partner.category": "any",
    "res.partner.industry": "any",
    "res.users": "test_users",
    "res.users.apikeys": "own",
    "res.users.apikeys.description": "own",
    "res.users.apikeys.show": "own",
    "res.users.identitycheck": "own",
    "res.users.settings": "own",
    "res.users.settings.embedded.action": "own",
    "res.users.settings.volumes": "own",
    "sms.composer": "own",
    "sms.template": "any",
    "web_tour.tour": "any",
    "web_tour.tour.step": "any",
}


@tagged("post_install", "-at_install")
class TestOnSite(CollectionCommon):
    """What a provider's people on our premises read of Odoo itself."""

    @classmethod
    @freeze_time("2026-03-31")
    def setUpClass(cls):
        super().setUpClass()
        cls._invoice(cls.customer, 100.0, "2026-03-01")
        cls._invoice(cls.other_customer, 70.0, "2026-03-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.contact, cls.other_contact = cls.env["res.partner"].create(
            [
                {"name": "Purchases", "parent_id": customer.id}
                for customer in (cls.customer, cls.other_customer)
            ]
        )
        cls.banks = cls.env["res.partner.bank"].create(
            [
                {"partner_id": partner.id, "acc_number": f"BANK {partner.id}"}
                for partner in cls.customer | cls.other_customer
            ]
        )
        cls._hand_over(cls.account)
        cls.customers = cls.customer | cls.contact
        cls.others = cls.other_customer | cls.other_contact

    def setUp(self):
        super().setUp()
        self.startPatcher(freeze_time("2026-03-31"))
        self.env = self.env(context={"active_test": False})

    def _read(self, model, user=None):
        """What `user` finds; each record is then read as well."""
        records = self.env[model].with_user(user or self.on_site_user).search([])
        self.assertEqual(records._filtered_access("read"), records)
        return records.with_env(self.env)

    def _assert_closed(self, records, user=None):
        """Neither found nor read."""
        self.env.invalidate_all()
        for record in records.with_user(user or self.on_site_user):
            self.assertFalse(record.search([("id", "=", record.id)]), record)
            with self.assertRaises(AccessError):
                record.read(["display_name"])

    def test_every_model_is_decided_on(self):
        env = self.env(user=self.on_site_user)
        for model in env["ir.model.access"]._get_allowed_models("read"):
            if model.startswith("collection.") or model not in env:
                continue
            domain = env["ir.rule"]._compute_domain(model, "read")
            with self.subTest(model=model):
                self.assertEqual(
                    not domain.is_false(),
                    model in DECIDED,
                    "open to employees: decide on it here",
                )
        for decision in set(DECIDED.values()) - {"any", "own"}:
            self.assertTrue(hasattr(self, decision), decision)

    def test_partners(self):
        staff = self.env["res.users"].search(
            [
                ("share", "=", False),
                ("active", "=", True),
                ("company_ids", "in", self.company.ids),
            ]
        )
        self.assertEqual(
            self._read("res.partner"),
            self.customers
            | staff.partner_id
            | self.company.partner_id
            | self.provider
            | self.env.ref("base.partner_root"),
        )
        self._assert_closed(self.others | self.other_provider)
        with self.assertRaises(AccessError):
            self.env["ir.binary"].with_user(self.on_site_user)._find_record(
                res_model="res.partner",
                res_id=self.other_customer.id,
                field="avatar_128",
            )

    def test_banks(self):
        self.assertFalse(self._read("res.partner.bank"))
        # nor with a group that opens bank accounts, beyond the company's own
        self.on_site_user.group_ids += self.env.ref("base.group_partner_manager")
        self.assertEqual(
            self._read("res.partner.bank"), self.company.partner_id.bank_ids
        )
        self._assert_closed(self.banks)

    def test_users(self):
        portal_user = self._user("customer_portal", "base.group_portal")
        portal_user.partner_id.parent_id = self.other_customer
        self._assert_closed(portal_user | self.other_agent_user)
        self.assertIn(self.collector_user, self._read("res.users"))
        name = self.collector_user.name
        self.assertEqual(
            self.collector_user.with_user(self.on_site_user).read(["name"])[0]["name"],
            name,
        )

    def test_followers_and_notifications(self):
        for account in self.account | self.other_account:
            account.message_subscribe(
                (account.partner_id | self.collector_user.partner_id).ids
            )
        self.assertEqual(
            self._read("mail.followers").filtered(
                lambda follower: (
                    follower.res_model == "collection.account"
                    and follower.partner_id != self.on_site_user.partner_id
                    and follower.partner_id != self.env.user.partner_id
                )
            ),
            self.account.message_follower_ids.filtered(
                lambda follower: follower.partner_id == self.collector_user.partner_id
            ),
        )
        message = self.other_account.message_post(
            body="Ours", partner_ids=self.other_customer.ids
        )
        self.assertTrue(message.notification_ids)
        self._assert_closed(message)
        self._assert_closed(message.notification_ids)

    def test_channels(self):
        channel = self.env["discuss.channel"]._create_channel("Staff", None)
        member = channel.channel_member_ids[:1]
        self._assert_closed(channel)
        self._assert_closed(member)
        employees = self.env.ref("base.group_user")
        channel.group_public_id = employees
        channel.group_ids = employees
        self.assertIn(self.collector_user.partner_id, channel.channel_partner_ids)
        self.assertNotIn(self.on_site_user.partner_id, channel.channel_partner_ids)
        self._assert_closed(channel)
        channel._add_members(users=self.on_site_user)
        self.assertIn(channel, self._read("discuss.channel"))

    def test_talk_ends_with_the_mandate(self):
        """What one wrote or got oneself included, by date and without any write."""
        self.mandate.date_end = "2026-04-15"
        message = self.account.message_post(
            body="Mine",
            author_id=self.on_site_user.partner_id.id,
            partner_ids=self.on_site_user.partner_id.ids,
        )
        activity = self.account.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.on_site_user.id
        )
        attachment = self.env["ir.attachment"].create(
            {
                "name": "Note",
                "raw": b"x",
                "res_model": "collection.account",
                "res_id": self.account.id,
            }
        )
        scheduled = self.env["mail.scheduled.message"].create(
            {
                "model": "collection.account",
                "res_id": self.account.id,
                "body": "Later",
                "author_id": self.on_site_user.partner_id.id,
                "scheduled_date": "2026-05-01 08:00:00",
            }
        )
        records = (message, activity, attachment, scheduled)
        for day in ("2026-03-31", "2026-04-15"):
            with freeze_time(day):
                self.assertLessEqual(self.customers, self._read("res.partner"))
                for record in records:
                    self.assertIn(record, self._read(record._name))
        with freeze_time("2026-04-16"):
            self._assert_closed(self.customers)
            for record in records:
                self._assert_closed(record)

    def test_ends_with_recall_agent_and_mandate(self):
        for record, values in (
            (self.account, {"delegation_state": "in_house"}),
            (self.on_site_agent, {"active": False}),
            (self.mandate, {"state": "ended"}),
            (self.mandate, {"date_start": "2026-04-01"}),
            (self.mandate, {"agent_ids": [Command.unlink(self.on_site_agent.id)]}),
        ):
            with self.subTest(values=values), self.env.cr.savepoint() as savepoint:
                self.assertIn(self.customer, self._read("res.partner"))
                record.sudo().write(values)
                self._assert_closed(self.customers)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_suggestions(self):
        Partner = self.env["res.partner"].with_user(self.on_site_user)
        for search in (self.other_customer.name, self.other_customer.email):
            self.assertFalse(
                Partner.get_mention_suggestions(search).get("res.partner"), search
            )
            self.assertFalse(Partner.name_search(search))
        self.assertTrue(Partner.name_search(self.customer.name))
        self.assertTrue(
            Partner.search_for_channel_invite(self.collector_user.name)["partner_ids"]
        )
        self.assertFalse(
            self.account.with_user(self.on_site_user)._partner_find_from_emails_single(
                [self.other_customer.email], no_create=True
            )
        )

    def test_chatter_loads(self):
        store = Store()
        self.account.with_user(self.on_site_user)._thread_to_store(
            store,
            [],
            request_list=["activities", "followers", "suggestedRecipients"],
        )
        self.assertTrue(store.get_result())

    def test_a_rule_for_employees_does_not_open(self):
        self.env["ir.rule"].create(
            {
                "name": "another module's",
                "model_id": self.env.ref("base.model_res_partner").id,
                "groups": [Command.link(self.env.ref("base.group_user").id)],
                "domain_force": "[(1, '=', 1)]",
            }
        )
        self._assert_closed(self.others)

    def test_a_model_of_another_module_is_empty(self):
        supplier = self.env["product.supplierinfo"].create(
            {
                "partner_id": self.other_customer.id,
                "product_id": self.env["product.product"].create({"name": "Bolt"}).id,
            }
        )
        self.assertIn(
            supplier, self._read("product.supplierinfo", self.plain_internal_user)
        )
        self._assert_closed(supplier)
        # a group of one's own opens it
        self.assertFalse(self._read("account.account"))
        self.on_site_user.group_ids += self.env.ref("account.group_account_readonly")
        self.assertTrue(self._read("account.account"))

    def test_wizards_of_others(self):
        wizard = self.env["mail.compose.message"].create({"body": "Ours"})
        self._assert_closed(wizard)
        schedule = self.env["mail.activity.schedule"].create(
            {"res_model": "collection.account", "res_ids": str(self.account.ids)}
        )
        self._assert_closed(schedule)

    def test_writes_nothing_of_partners(self):
        """Not beyond what one reads, even with the right to edit contacts."""
        self.on_site_user.group_ids += self.env.ref("base.group_partner_manager")
        env = self.env(user=self.on_site_user)
        with self.assertRaises(AccessError):
            self.other_customer.with_env(env).write({"phone": "1"})
        with self.assertRaises(AccessError):
            env["res.partner"].create({"name": "New"})
        with self.assertRaises(AccessError):
            env["res.partner.bank"].create(
                {"partner_id": self.customer.id, "acc_number": "NEW 1"}
            )

    def test_others_are_not_restricted(self):
        both = self._user(
            "collection_both", "group_collection_on_site,group_collection_user"
        )
        for user in (both, self.collector_user, self.plain_internal_user):
            with self.subTest(user=user.login):
                self.assertLessEqual(
                    self.customers | self.others, self._read("res.partner", user)
                )
                self.assertLessEqual(self.banks, self._read("res.partner.bank", user))
