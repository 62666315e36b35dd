from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged

from .common import CollectionCommon

READ = "r"
#: what each role may do with the models as such: read, write, create, delete
RIGHTS = {
    "collection.account": {
        "manager": "rwcd",
        "collector": "rwc",
        "accountant": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.item": {
        "manager": "rw",
        "collector": "r",
        "accountant": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.policy": {
        "manager": "rwcd",
        "collector": "r",
        "accountant": "r",
        "on_site": "r",
    },
    "collection.agent.training": {"manager": "rwcd", "collector": "r"},
    "collection.script": {"manager": "rwcd", "collector": "r"},
    "collection.script.line": {"manager": "rwcd", "collector": "r"},
    "collection.holiday": {"manager": "rwcd", "collector": "r"},
    "collection.priority.rule": {"manager": "rwcd", "collector": "r"},
    "collection.interest.regime": {"manager": "rwcd", "collector": "r"},
    "collection.reference.rate": {"manager": "rwcd", "collector": "r"},
    "collection.dunning.run": {"manager": "rwcd", "collector": "r"},
    "collection.dunning.exclusion": {"manager": "rwcd", "collector": "r"},
    "collection.level.history": {"manager": "r", "collector": "r"},
    "collection.mandate": {
        "manager": "rwcd",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.provider.invite": {"manager": "rwcd"},
    "collection.placement": {
        "manager": "rwcd",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.placement.line": {
        "manager": "rwcd",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.placement.item": {
        "manager": "r",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.provider.note": {
        "manager": "rw",
        "collector": "rw",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.quality.criterion": {
        "manager": "rwcd",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.call.draw": {"manager": "r"},
    "collection.call.review": {
        "manager": "rw",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.call.review.line": {
        "manager": "rw",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.satisfaction": {
        "manager": "r",
        "collector": "r",
        "on_site": "r",
        "agent": "r",
        "other_agent": "r",
    },
    "collection.complaint": {
        "manager": "rwc",
        "collector": "rwc",
        "on_site": "rc",
        "agent": "rc",
        "other_agent": "rc",
    },
    "collection.mandate.member": {"manager": "rwcd", "collector": "r"},
    "collection.readiness.point": {"manager": "rwcd", "collector": "r"},
    "collection.readiness.answer": {"manager": "rw", "collector": "rw"},
    "collection.working.group.meeting": {"manager": "rwcd", "collector": "r"},
    "collection.transition": {"manager": "rwcd", "collector": "r"},
    "collection.team.question": {"manager": "rwcd", "collector": "r"},
    "collection.team.survey": {"manager": "r", "collector": "r", "on_site": "r"},
    "collection.team.survey.line": {"manager": "r"},
    "collection.team.result": {"manager": "r"},
    "collection.reversibility": {"manager": "rd"},
    "collection.reversibility.part": {"manager": "r"},
    "collection.reversibility.line": {"manager": "r"},
    "collection.deletion.certificate": {"manager": "rw", "collector": "r"},
    "collection.team.answer": {},
    "collection.team.comment": {},
    "collection.team.respondent": {},
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "d": "unlink"}


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestAccessRights(CollectionCommon):
    """Who sees and does what: one in-house account, one with each provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third_customer = cls._customer("Kern")
        with freeze_time("2026-03-31"):
            for customer in (cls.customer, cls.other_customer, cls.third_customer):
                cls._invoice(customer, 1000.0, "2026-03-01")
            cls.in_house = cls.account_of(cls.customer)
            cls.delegated = cls.account_of(cls.other_customer)
            cls.elsewhere = cls.account_of(cls.third_customer)
            cls.placement = cls._hand_over(cls.delegated)
            cls.other_placement = cls._hand_over(cls.elsewhere, cls.other_mandate)
        cls.accounts = cls.in_house | cls.delegated | cls.elsewhere
        cls.users = {
            "manager": cls.manager_user,
            "collector": cls.collector_user,
            "accountant": cls.accountant_user,
            "on_site": cls.on_site_user,
            "agent": cls.agent_user,
            "other_agent": cls.other_agent_user,
            "portal": cls.plain_portal_user,
            "internal": cls.plain_internal_user,
        }

    def test_rights_on_models(self):
        for model, rights in RIGHTS.items():
            for role, user in self.users.items():
                expected = rights.get(role, "")
                for letter, operation in OPERATIONS.items():
                    with self.subTest(model=model, role=role, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            letter in expected,
                        )

    def test_configuration_is_the_managers(self):
        for model in (
            "collection.segment",
            "collection.policy.level",
            "collection.call.outcome",
            "collection.agent",
        ):
            for role, user in self.users.items():
                for operation in ("write", "create", "unlink"):
                    with self.subTest(model=model, role=role, operation=operation):
                        self.assertEqual(
                            self.env[model].with_user(user).has_access(operation),
                            role == "manager",
                        )

    def _visible(self, model, user, field="account_id"):
        """The three accounts of which `user` finds a record of `model`."""
        domain = (
            [("id", "in", self.accounts.ids)]
            if model == "collection.account"
            else [(field, "in", self.accounts.ids)]
        )
        records = self.env[model].with_user(user).search(domain)
        records = records.sudo().with_env(self.env(su=True))
        found = records if model == "collection.account" else records[field]
        return found.with_env(self.env)

    def test_visible_accounts(self):
        expected = {
            "manager": self.accounts,
            "collector": self.accounts,
            "accountant": self.accounts,
            "on_site": self.delegated,
            "agent": self.delegated,
            "other_agent": self.elsewhere,
        }
        for model in ("collection.account", "collection.item"):
            for role, accounts in expected.items():
                with self.subTest(model=model, role=role):
                    self.assertEqual(self._visible(model, self.users[role]), accounts)
        for role in ("manager", "collector", "on_site", "agent", "other_agent"):
            with self.subTest(model="collection.placement.line", role=role):
                self.assertEqual(
                    self._visible("collection.placement.line", self.users[role]),
                    expected[role] & (self.delegated | self.elsewhere),
                )

    def test_records_of_others_cannot_be_read(self):
        for role, account, allowed in (
            ("agent", self.delegated, True),
            ("agent", self.in_house, False),
            ("agent", self.elsewhere, False),
            ("on_site", self.delegated, True),
            ("on_site", self.in_house, False),
            ("on_site", self.elsewhere, False),
            ("other_agent", self.delegated, False),
            ("other_agent", self.elsewhere, True),
            ("portal", self.delegated, False),
            ("internal", self.in_house, False),
            ("collector", self.elsewhere, True),
        ):
            user = self.users[role]
            records = (
                account,
                account.item_ids,
                account.placement_line_id or account,
                account.placement_line_id.placement_id or account,
            )
            for record in records:
                with self.subTest(role=role, record=record):
                    self.assertEqual(record.with_user(user).has_access("read"), allowed)
                    self.env.invalidate_all()
                    if allowed:
                        record.with_user(user).read(["display_name"])
                    else:
                        with self.assertRaises(AccessError):
                            record.with_user(user).read(["display_name"])

    def test_the_agent_reads_what_he_works_with(self):
        """Amounts, dates, ages and levels of the account, without further rights."""
        account = self.delegated.with_user(self.agent_user)
        self.env.invalidate_all()
        self.assertRecordValues(
            account,
            [
                {
                    "amount_open": 1000.0,
                    "amount_overdue": 1000.0,
                    "days_overdue": 30,
                    "delegation_state": "delegated",
                }
            ],
        )
        self.assertEqual(account.display_name, "Vela")
        item = account.item_ids
        self.assertEqual(item.amount_residual, 1000.0)
        self.assertEqual(item.days_overdue, 30)
        self.assertIn("2026", item.display_name)
        groups = item._read_group(
            [("account_id", "=", account.id)], ["age_bucket"], ["amount_residual:sum"]
        )
        self.assertEqual(groups, [("d1_30", 1000.0)])

    def test_the_agent_sees_nothing_of_the_ledger(self):
        move = self.delegated.item_ids.move_id
        for user in (self.agent_user, self.on_site_user):
            for record in (
                move,
                move.line_ids,
                move.journal_id,
                self.company_data["default_journal_bank"],
            ):
                with self.subTest(user=user.login, record=record):
                    self.assertFalse(record.with_user(user).has_access("read"))

    def test_calls(self):
        def call(user, account):
            return (
                self.env["collection.call"]
                .with_user(user)
                .create(self._call_values(account))
            )

        for role, account, allowed in (
            ("manager", self.in_house, True),
            ("collector", self.in_house, True),
            ("collector", self.delegated, True),
            ("on_site", self.delegated, True),
            ("on_site", self.in_house, False),
            ("agent", self.delegated, True),
            ("agent", self.in_house, False),
            ("agent", self.elsewhere, False),
            ("other_agent", self.delegated, False),
            ("accountant", self.in_house, False),
            ("internal", self.in_house, False),
            ("portal", self.delegated, False),
        ):
            with self.subTest(role=role, account=account.display_name):
                if not allowed:
                    with self.assertRaises(AccessError):
                        call(self.users[role], account)
                    continue
                record = call(self.users[role], account).with_env(self.env)
                self.assertEqual(record.user_id, self.users[role])
                self.assertEqual(
                    record.side,
                    "provider" if role in ("agent", "on_site") else "company",
                )
                for operation in ("write", "unlink"):
                    self.assertFalse(
                        record.with_user(self.users[role]).has_access(operation)
                    )

    def test_a_call_cannot_be_attributed_to_somebody_else(self):
        for values in (
            {"user_id": self.manager_user.id},
            {"agent_id": self.other_agent.id},
            {"date": "2026-01-01 10:00:00"},
        ):
            for user in (self.agent_user, self.on_site_user):
                with (
                    self.subTest(user=user.login, values=values),
                    self.assertRaises(AccessError),
                ):
                    self.env["collection.call"].with_user(user).create(
                        self._call_values(self.delegated, **values)
                    )

    def test_nothing_after_a_recall(self):
        agent_call = (
            self.env["collection.call"]
            .with_user(self.agent_user)
            .create(self._call_values(self.delegated))
        )
        line = self.delegated.placement_line_id
        item = self.delegated.item_ids
        records = (
            self.delegated,
            item,
            line,
            line.item_ids,
            agent_call.with_env(self.env),
        )
        for record in records:
            self.assertTrue(record.with_user(self.agent_user).has_access("read"))
        line.with_user(self.manager_user)._take_back("recalled", "Strategic now")
        self.assertFalse(item.delegated)
        self.assertEqual(self.delegated.delegation_state, "in_house")
        for user in (self.agent_user, self.on_site_user, self.supervisor_user):
            for record in records:
                with self.subTest(user=user.login, record=record):
                    self.assertFalse(record.with_user(user).has_access("read"))
        self.assertFalse(self._visible("collection.account", self.agent_user))
        with self.assertRaises(AccessError):
            self.env["collection.call"].with_user(self.agent_user).create(
                self._call_values(self.delegated)
            )

    def test_nothing_after_the_mandate(self):
        self.mandate.with_user(self.manager_user).action_end()
        self.assertFalse(self._visible("collection.account", self.agent_user))
        self.assertFalse(self._visible("collection.item", self.agent_user))
        self.assertTrue(self._visible("collection.account", self.other_agent_user))

    def test_nothing_before_and_after_the_days_of_the_mandate(self):
        self.mandate.date_end = "2026-04-30"
        with freeze_time("2026-04-30"):
            self.assertTrue(self._visible("collection.account", self.agent_user))
        with freeze_time("2026-05-01"):
            # before any scheduled job has run
            self.assertFalse(self._visible("collection.account", self.agent_user))
            self.assertFalse(self._visible("collection.item", self.agent_user))
            self.assertFalse(
                self.delegated.with_user(self.agent_user).has_access("read")
            )

    def test_nothing_for_an_agent_taken_off_the_mandate(self):
        self.mandate.agent_ids -= self.agent
        self.assertFalse(self._visible("collection.account", self.agent_user))
        self.assertTrue(self._visible("collection.account", self.on_site_user))

    def test_nobody_hands_over_but_the_manager(self):
        for user in (self.collector_user, self.agent_user, self.on_site_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    self.env["collection.placement"].with_user(user).create(
                        {
                            "mandate_id": self.mandate.id,
                            "line_ids": [
                                Command.create({"account_id": self.in_house.id})
                            ],
                        }
                    )
                with self.assertRaises(AccessError):
                    self.placement.line_ids.with_user(user)._take_back("recalled", "No")

    def test_the_manager_hands_over(self):
        placement = (
            self.env["collection.placement"]
            .with_user(self.manager_user)
            .create(
                {
                    "mandate_id": self.mandate.id,
                    "line_ids": [Command.create({"account_id": self.in_house.id})],
                }
            )
        )
        placement.action_hand_over()
        self.assertTrue(self.in_house.with_user(self.agent_user).has_access("read"))

    def test_the_file_is_readable_whole_by_the_collector(self):
        """Every field of the position and its surroundings, as the client reads it."""
        for record in (
            self.delegated,
            self.delegated.item_ids,
            self.placement,
            self.placement.line_ids,
            self.placement.line_ids.item_ids,
            self.mandate,
        ):
            with self.subTest(record=record):
                self.assertTrue(record.with_user(self.collector_user).read())
        for record in (self.delegated, self.delegated.item_ids):
            with self.subTest(record=record):
                self.assertTrue(record.with_user(self.accountant_user).read())
