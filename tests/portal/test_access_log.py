from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import PortalCommon


@tagged("post_install", "-at_install")
class TestAccessLog(PortalCommon):
    """Every read of a customer by a provider's agent is on record, for good."""

    def _log(self, account=None):
        return self.env["collection.access.log"].search(
            [("account_id", "=", (account or self.account).id)], order="id"
        )

    def test_pages_and_documents(self):
        self._log_in(self.agent_user)
        self.url_open("/my/collection")
        self.url_open(self.url)
        self.url_open(f"{self.url}/invoice/{self.items[:1].id}/pdf")
        self.assertRecordValues(
            self._log(),
            [
                {
                    "door": door,
                    "user_id": self.agent_user.id,
                    "agent_id": self.agent.id,
                    "provider_id": self.provider.id,
                    "mandate_id": self.mandate.id,
                    "company_id": self.company.id,
                }
                for door in ("list", "page", "invoice")
            ],
        )
        self.assertFalse(self._log(self.other_account))

    def test_remote_calls(self):
        self._log_in(self.agent_user)
        ids = self.account.ids
        self._call_kw("collection.account", "search_read", [], ["amount_open"])
        self.assertEqual(self._log().mapped("door"), ["rpc"])
        self._call_kw(
            "collection.account", "web_read", ids, specification={"amount_open": {}}
        )
        self._call_kw(
            "collection.item",
            "web_search_read",
            [],
            specification={"amount_residual": {}},
        )
        self.assertEqual(set(self._log().mapped("door")), {"rpc", "form", "list"})
        # what he may not read leaves nothing behind
        self._assert_denied(
            "collection.account", "read", self.other_account.ids, ["amount_open"]
        )
        self.assertFalse(self._log(self.other_account))

    def test_on_site_form(self):
        self.account.with_user(self.on_site_user).web_read({"amount_open": {}})
        self.assertEqual(self._log().mapped("door"), ["form"])
        self.assertEqual(self._log().agent_id, self.on_site_agent)

    def test_exports(self):
        self.on_site_user.group_ids |= self.env.ref("base.group_allow_export")
        self.account.item_ids.with_user(self.on_site_user).export_data(["move_name"])
        self.assertEqual(self._log().mapped("door"), ["export"])

    def test_own_people_are_not_recorded(self):
        for user in (self.collector_user, self.manager_user):
            self.account.with_user(user).web_read({"amount_open": {}})
            self.account.with_user(user)._record_access("page")
        self.assertFalse(self._log())

    def test_one_line_in_ten_minutes(self):
        account = self.account.with_user(self.agent_user)
        for moment, pages, lists in (
            ("2026-03-31 08:00:00", 1, 1),
            ("2026-03-31 08:09:59", 1, 1),
            ("2026-03-31 08:10:00", 2, 1),
            ("2026-03-31 17:00:00", 3, 1),
            ("2026-04-01 00:00:01", 4, 2),
        ):
            with self.subTest(moment=moment), freeze_time(moment):
                account._record_access("page")
                account._record_access("list")
                doors = self._log().mapped("door")
                self.assertEqual(
                    (doors.count("page"), doors.count("list")), (pages, lists)
                )

    def test_one_statement_for_many(self):
        accounts = (self.account | self.other_account).with_user(self.agent_user)
        accounts._record_access("rpc")
        with self._count_queries(cold=False) as counter:
            accounts._record_access("list")
        self.assertLessEqual(counter.total, 2)

    def test_nobody_changes_it(self):
        self.account.with_user(self.agent_user)._record_access("page")
        log = self._log()
        for user in (
            self.agent_user,
            self.on_site_user,
            self.collector_user,
            self.manager_user,
            self.plain_portal_user,
        ):
            theirs = log.with_user(user)
            self.assertEqual(theirs.has_access("read"), user == self.manager_user)
            with self.subTest(user=user.login):
                for act in (
                    lambda theirs=theirs: theirs.write({"door": "list"}),
                    lambda theirs=theirs: theirs.unlink(),
                    lambda theirs=theirs: theirs.create({"door": "list"}),
                ):
                    with self.assertRaises(UserError):
                        act()
        with self.assertRaises(UserError):
            log.write({"door": "list"})
        with self.assertRaises(UserError):
            log.unlink()

    def test_kept_for_some_years(self):
        account = self.account.with_user(self.agent_user)
        with freeze_time("2023-03-30 10:00:00"):
            account._record_access("page")
        with freeze_time("2023-04-01 10:00:00"):
            account._record_access("page")
        with freeze_time("2026-03-31 10:00:00"):
            self.company.collection_access_years = 0
            self.env["collection.access.log"]._gc_expired()
            self.assertEqual(len(self._log()), 2)
            self.company.collection_access_years = 3
            self.env.flush_all()
            self.env["collection.access.log"]._gc_expired()
            self.env.invalidate_all()
            self.assertEqual(
                self._log().date, fields.Datetime.to_datetime("2023-04-01 10:00:00")
            )

    def test_manager_opens_it_from_customer_and_mandate(self):
        self.account.with_user(self.agent_user)._record_access("page")
        log_model = self.env["collection.access.log"].with_user(self.manager_user)
        for record in (self.account, self.mandate):
            action = record.with_user(self.manager_user).action_open_access_log()
            self.assertEqual(
                log_model.search(action["domain"]).date.replace(microsecond=0),
                self._log().date.replace(microsecond=0),
            )
        self.assertLess(fields.Datetime.now() - self._log().date, timedelta(minutes=5))
