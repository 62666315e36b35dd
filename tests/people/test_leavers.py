from odoo.tests import freeze_time, tagged

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestLeavers(CollectionCommon):
    """What somebody was to do is done by somebody who is there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leaver = cls._user("collection_leaver", "group_collection_user")
        cls.invoice = cls._invoice(cls.customer, 520.0, "2026-02-15")
        cls.account = cls.account_of(cls.customer)
        cls.account.user_id = cls.leaver
        cls.managers = cls.company._get_collection_managers()

    def _insolvent(self, account=None):
        account = account or self.account
        account.write(
            {
                "insolvency_date": "2026-03-20",
                "insolvency_publication_date": "2026-03-25",
            }
        )
        return account

    def _claims(self, account=None):
        return (account or self.account).activity_search(
            ["account_collection.mail_activity_type_claim"]
        )

    def test_claim_to_declare(self):
        for how in ("action_archive", "write"):
            with self.subTest(how):
                customer = self._customer(f"Of {how}")
                self._invoice(customer, 30.0, "2026-02-15")
                account = self.account_of(customer)
                user = self._user(f"collection_{how}", "group_collection_user")
                account.user_id = user
                self._insolvent(account)
                self.assertEqual(self._claims(account).user_id, user)
                if how == "write":
                    user.sudo().active = False
                else:
                    user.sudo().action_archive()
                self.assertEqual(self._claims(account).user_id, self.managers[0])
                self.assertEqual(account.user_id, self.managers[0])
                self.assertIn(user.name, account.message_ids[:1].body)

    def test_the_manager_leaves(self):
        """Not to themselves."""
        manager = self.managers[0]
        self.account.user_id = manager
        self._insolvent()
        manager.with_user(self.env.ref("base.user_root")).action_archive()
        self.assertEqual(self._claims().user_id, self.managers[1])
        self.assertEqual(self.account.user_id, self.managers[1])

    def test_archived_before(self):
        """Who left before this was known is nobody to ask."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id = %s", [self.leaver.id]
        )
        self.env.invalidate_all()
        self._insolvent()
        self.assertEqual(self._claims().user_id, self.managers[0])
        self.assertNotIn(self.leaver.email or "nobody", self.account._get_reply_to())
        self.env["collection.account"]._cron_refresh()
        self.assertEqual(self.account.user_id, self.managers[0])

    def test_night_gives_what_is_with_the_archived(self):
        activity = self.account.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.leaver.id
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id = %s", [self.leaver.id]
        )
        self.env.invalidate_all()
        self.env["collection.account"]._cron_refresh()
        self.assertEqual(activity.user_id, self.managers[0])

    def test_night_asks_again(self):
        """A claim nobody is asked to declare would be forfeited."""
        self._insolvent()
        self._claims().unlink()
        self.env["collection.account"]._cron_refresh()
        self.assertEqual(self._claims().user_id, self.leaver)
        self.assertEqual(str(self._claims().date_deadline), "2026-05-25")
        self.env["collection.account"]._cron_refresh()
        self.assertEqual(len(self._claims()), 1)
        self.account.claim_declared_date = "2026-03-31"
        self.env["collection.account"]._cron_refresh()
        self.assertFalse(self._claims())

    def test_forfeited_is_not_asked_for(self):
        self._insolvent()
        self._claims().unlink()
        with freeze_time("2026-05-26"):
            self.env["collection.account"]._cron_refresh()
        self.assertFalse(self._claims())

    def test_letter_that_failed(self):
        run = self._run("2026-03-31")
        letter = run.letter_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id IN %s",
            [tuple((self.leaver | letter.create_uid).ids)],
        )
        self.env.invalidate_all()
        collector = letter.with_user(self.env.ref("base.user_root"))._get_collector()
        self.assertTrue(collector.active)
        self.assertIn(collector, self.managers)

    def test_dispute_to_decide(self):
        """One more of the kind: the owner of a dispute that is late."""
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": self.account.id,
                "item_ids": self.account.item_ids.ids,
                "reason_id": self._dispute_reason("price").id,
                "owner_id": self.leaver.id,
                "deadline": "2026-03-30",
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_users SET active = FALSE WHERE id = %s", [self.leaver.id]
        )
        self.env.invalidate_all()
        self.env["collection.dispute"]._cron_late()
        self.assertIn(self.managers[0], dispute.activity_ids.user_id)
        self.assertNotIn(self.leaver, dispute.activity_ids.user_id)
