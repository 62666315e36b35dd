from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.mail.tests.common import MockEmail

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestProviderInvite(HandoverCommon, MockEmail):
    """A credit manager, who is nothing else, sets a mandate up alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wizard = cls.env["collection.provider.invite"].with_user(cls.manager_user)
        cls._init_mail_gateway()

    def _invite(self, **values):
        wizard = self.wizard.create(
            {
                "provider_name": "Recouvra SA",
                "city": "Nantes",
                "name": "Léa Martin",
                "email": "Lea.Martin@recouvra.example.com",
                "lang": "en_US",
                **values,
            }
        )
        with self.mock_mail_gateway():
            return wizard.action_invite()

    def _agents(self):
        return self.env["collection.agent"].search(
            [("user_id.login", "=", "lea.martin@recouvra.example.com")]
        )

    def test_from_nothing_to_a_hand_over(self):
        self._file(2)
        action = self._invite()
        agent = self._agents()
        self.assertRecordValues(
            agent, [{"name": "Léa Martin", "supervisor": True, "side": "provider"}]
        )
        self.assertEqual(agent.provider_id.name, "Recouvra SA")
        self.assertTrue(agent.provider_id.is_company)
        user = agent.user_id
        self.assertTrue(user.share)
        self.assertTrue(user.has_group("account_collection.group_collection_provider"))
        self.assertFalse(user.has_group("base.group_user"))
        self.assertEqual(user.partner_id.parent_id, agent.provider_id)
        [mail] = self._mails
        self.assertIn("lea.martin@recouvra.example.com", mail["email_to"][0])
        form = Form(
            self.env["collection.mandate"]
            .with_user(self.manager_user)
            .with_context(**action["context"])
        )
        form.name = "Everything"
        mandate = form.save()
        self.assertEqual(mandate.provider_id, agent.provider_id)
        self.assertEqual(mandate.agent_ids, agent)
        self._start(mandate)
        wizard = self._preview(mandate_id=mandate.id, method="total")
        wizard.action_confirm()
        account = wizard.placement_id.line_ids.account_id[0]
        self.assertTrue(account.with_user(user).has_access("read"))

    def test_from_the_mandate(self):
        action = self._invite(mandate_id=self.mandate.id, supervisor=False)
        agent = self._agents()
        self.assertEqual(agent.provider_id, self.provider)
        self.assertIn(agent, self.mandate.agent_ids)
        self.assertFalse(agent.supervisor)
        self.assertEqual(action["res_id"], self.mandate.id)
        self.assertFalse(
            self.env["res.partner"].search([("name", "=", "Recouvra SA")]), "known"
        )

    def test_known_contact_and_second_invitation(self):
        contact = self.env["res.partner"].create(
            {
                "name": "Léa M.",
                "parent_id": self.provider.id,
                "email": "lea.martin@recouvra.example.com",
            }
        )
        self._invite(provider_id=self.provider.id)
        agent = self._agents()
        self.assertEqual(agent.user_id.partner_id, contact)
        self._invite(mandate_id=self.mandate.id)
        self.assertEqual(self._agents(), agent)
        self.assertFalse(self._mails, "invited once")
        self.assertIn(agent, self.mandate.agent_ids)

    def test_addresses_that_look_alike(self):
        """An underscore is one, and no sign that stands for any other."""
        self._invite(email="lea-martin@recouvra.example.com", name="Somebody else")
        provider = self.env["res.partner"].search([("name", "=", "Recouvra SA")])
        self._invite(email="lea_martin@recouvra.example.com", provider_id=provider.id)
        agents = self.env["collection.agent"].search(
            [("provider_id", "=", provider.id)]
        )
        self.assertEqual(
            sorted(agents.user_id.mapped("login")),
            ["lea-martin@recouvra.example.com", "lea_martin@recouvra.example.com"],
        )

    def test_nobody_else_invites(self):
        wizard = self.wizard.create(
            {
                "provider_id": self.provider.id,
                "name": "X",
                "email": "x@recouvra.example.com",
                "lang": "en_US",
            }
        )
        users = self.env["res.users"].search_count([])
        for user in (
            self.collector_user,
            self.accountant_user,
            self.on_site_user,
            self.agent_user,
            self.supervisor_user,
            self.plain_portal_user,
            self.plain_internal_user,
        ):
            for method, args in (
                ("action_invite", [wizard.ids]),
                ("create", [{"name": "X", "email": "x@y.example.com"}]),
            ):
                with (
                    self.subTest(user=user.login, method=method),
                    self.assertRaises(AccessError),
                ):
                    call_kw(
                        self.env(user=user)["collection.provider.invite"],
                        method,
                        args,
                        {},
                    )
            # a right that somebody gives by mistake is not enough
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["ir.model.access"].sudo().create(
                    {
                        "name": "open",
                        "model_id": self.env["ir.model"]
                        ._get("collection.provider.invite")
                        .id,
                        "perm_read": True,
                        "perm_write": True,
                        "perm_create": True,
                    }
                )
                call_kw(
                    self.env(user=user)["collection.provider.invite"],
                    "action_invite",
                    [wizard.ids],
                    {},
                )
        self.assertEqual(self.env["res.users"].search_count([]), users)

    def test_whose_address_it_is(self):
        """No login of the house, of a customer or of another provider is taken over."""
        self.plain_portal_user.partner_id.parent_id = self.customer
        self.other_agent_user.partner_id.parent_id = self.other_provider
        for user in (
            self.collector_user,
            self.plain_portal_user,
            self.other_agent_user,
        ):
            user.sudo().login = f"{user.login}@example.com"
            groups = user.group_ids
            with (
                self.subTest(user=user.login),
                self.assertRaisesRegex(UserError, "does not work for"),
            ):
                self._invite(provider_id=self.provider.id, email=user.login)
            self.assertEqual(user.group_ids, groups)

    def test_what_is_refused_in_words(self):
        for values, words in (
            ({"email": "nobody"}, "no e-mail address"),
            ({"provider_name": " "}, "which company"),
            ({"provider_id": self.company.partner_id.id}, "no provider"),
            (
                {
                    "mandate_id": self.mandate.id,
                    "provider_id": self.other_provider.id,
                },
                "one of Provider One",
            ),
        ):
            with self.subTest(**values), self.assertRaisesRegex(UserError, words):
                self._invite(**values)

    def test_entries(self):
        action = self.env.ref("account_collection.collection_provider_invite_action")
        for model, kind in (
            ("collection.mandate", "list"),
            ("collection.mandate", "form"),
            ("collection.agent", "list"),
        ):
            for user, count in ((self.manager_user, 1), (self.collector_user, 0)):
                with self.subTest(model=model, kind=kind, user=user.login):
                    arch = self.env[model].with_user(user).get_view(view_type=kind)
                    self.assertEqual(arch["arch"].count(f'name="{action.id}"'), count)
        form = Form(
            self.wizard.with_context(default_mandate_id=self.mandate.id),
        )
        self.assertEqual(form.provider_id, self.provider)
