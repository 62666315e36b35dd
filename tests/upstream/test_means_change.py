from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
class TestMeansChange(CollectionCommon):
    """From cheque and paper bill to transfer, direct debit and LCR without paper."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2026-11-10"))
        cls._invoice(cls.customer, 5000.0, "2026-11-20")
        cls._invoice(cls.other_customer, 700.0, "2026-10-20")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        (cls.account | cls.other_account).payment_means = "cheque"
        cls.campaign = cls._campaign("transfer")

    @classmethod
    def _campaign(cls, target, start=True, **values):
        campaign = cls.env["collection.means.campaign"].create(
            {
                "name": f"To {target}",
                "target": target,
                "script": "Nothing to write any more",
                **values,
            }
        )
        if start:
            campaign.action_start()
        return campaign

    def _record(self, target, answer, user=None, account=None, **vals):
        account = (account or self.account).with_user(user or self.collector_user)
        return account._record_means_change(target, answer, **vals).with_env(self.env)

    def _consumer_account(self):
        consumer = self._customer("Madame Petit", is_company=False)
        self._invoice(consumer, 100.0, "2026-12-31")
        return self.account_of(consumer)

    # ------------------------------------------------------------------
    # What is proposed
    # ------------------------------------------------------------------

    def test_proposed_by_the_campaign(self):
        account = self.account.with_user(self.collector_user)
        self.assertEqual(
            account._get_means_proposal(),
            {
                "target": "transfer",
                "label": "Bank transfer",
                "script": "Nothing to write any more",
            },
        )
        for means in ("bill", "cash"):
            self.account.payment_means = means
            self.assertEqual(account.means_to_propose, "transfer", means)

    def test_not_proposed(self):
        account = self.account
        for name, value in (
            ("payment_means", "transfer"),
            ("payment_means", "card"),
            ("payment_means", False),
            ("insolvency_date", "2026-11-01"),
        ):
            with self.subTest(name=name, value=value):
                before = account[name]
                account[name] = value
                self.assertFalse(account.means_to_propose)
                account[name] = before
                self.assertEqual(account.means_to_propose, "transfer")

    def test_only_while_the_campaign_runs(self):
        self.campaign.write({"date_start": "2026-11-12", "date_end": "2026-11-14"})
        for day, proposed in (
            ("2026-11-11", False),
            ("2026-11-12", "transfer"),
            ("2026-11-14", "transfer"),
            ("2026-11-15", False),
        ):
            with self.subTest(day=day), freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(self.account.means_to_propose, proposed)
        self.campaign.action_close()
        with freeze_time("2026-11-13"):
            self.env.invalidate_all()
            self.assertFalse(self.account.means_to_propose)

    def test_first_campaign_comes_first(self):
        self._campaign("direct_debit", sequence=1)
        self.env.invalidate_all()
        self.assertEqual(self.account.means_to_propose, "direct_debit")
        self._record("direct_debit", "refused", refusal_reason="mandate")
        # he is asked for the next best thing
        self.assertEqual(self.account.means_to_propose, "transfer")

    def test_own_wish_comes_first(self):
        self.account.with_user(self.collector_user).payment_means_target = "card"
        self.assertEqual(self.account.means_to_propose, "card")
        self._record("card", "refused", refusal_reason="cost")
        self.assertEqual(self.account.means_to_propose, "transfer")
        with freeze_time("2027-05-11"):
            # long enough ago
            self.env.invalidate_all()
            self.assertEqual(self.account.means_to_propose, "card")

    def test_searched(self):
        accounts = self.account | self.other_account
        third = self._customer("Kern")
        self._invoice(third, 10.0, "2026-10-20")
        third_account = self.account_of(third)
        self.other_account.payment_means_target = "card"
        Account = self.env["collection.account"].with_user(self.collector_user)
        ours = [("id", "in", (accounts | third_account).ids)]
        for operator, value, expected in (
            ("=", "transfer", self.account),
            ("=", "card", self.other_account),
            ("!=", False, accounts),
            ("=", False, third_account),
            ("in", ["card", "transfer"], accounts),
            ("not in", ["transfer"], self.other_account | third_account),
        ):
            with self.subTest(operator=operator, value=value):
                found = Account.search(
                    [*ours, ("means_to_propose", operator, value)], order="id"
                )
                self.assertEqual(found.with_env(self.env), expected.sorted("id"))

    def test_queries_do_not_grow(self):
        customers = [self._customer(f"Customer {number}") for number in range(12)]
        for customer in customers:
            self._invoice(customer, 10.0, "2026-10-20")
        accounts = self.env["collection.account"].search(
            [("partner_id", "in", [customer.id for customer in customers])]
        )
        accounts.payment_means = "cheque"
        self.env.flush_all()

        def spent(records):
            with self._count_queries() as counter:
                records.mapped("means_to_propose")
            return counter.total

        spent(accounts)
        self.assertEqual(spent(accounts[:2]), spent(accounts))

    def test_consumers(self):
        account = self._consumer_account()
        for target in ("bill", "direct_debit_b2b", "lcr_magnetic"):
            with (
                self.subTest(target=target),
                self.assertRaisesRegex(UserError, "professionals only"),
            ):
                self._record(target, "asked", account=account)
            with (
                self.subTest(target=target),
                self.assertRaisesRegex(ValidationError, "professionals only"),
            ):
                account.payment_means = target
        account.payment_means = "cheque"
        self.campaign.action_close()
        campaign = self._campaign("direct_debit_b2b")
        self.env.invalidate_all()
        self.assertEqual(self.account.means_to_propose, "direct_debit_b2b")
        self.assertFalse(account.means_to_propose)
        self.assertEqual(campaign.to_ask_count, 2)
        self._record("direct_debit", "accepted", account=account)
        self.assertEqual(account.payment_means, "direct_debit")

    # ------------------------------------------------------------------
    # What is answered
    # ------------------------------------------------------------------

    def test_accepted_today(self):
        change = self._record("transfer", "accepted", person="Mme Roux")
        self.assertRecordValues(
            change,
            [
                {
                    "campaign_id": self.campaign.id,
                    "means_from": "cheque",
                    "target": "transfer",
                    "state": "accepted",
                    "date_asked": date(2026, 11, 10),
                    "date_answered": date(2026, 11, 10),
                    "date_effective": date(2026, 11, 10),
                    "date_applied": date(2026, 11, 10),
                    "side": "company",
                    "user_id": self.collector_user.id,
                    "mandate_id": False,
                }
            ],
        )
        self.assertEqual(self.account.payment_means, "transfer")
        self.assertFalse(self.account.means_to_propose)
        self.assertIn("Mme Roux", self.account.message_ids[:3].mapped("body")[0])

    def test_accepted_for_later(self):
        self._record("transfer", "accepted", date_effective="2026-12-01")
        self.assertEqual(self.account.payment_means, "cheque")
        self.assertFalse(self.account.means_to_propose)
        with self.assertRaisesRegex(UserError, "accepted already"):
            self._record("transfer", "asked")
        with freeze_time("2026-11-30"):
            self.assertFalse(self.env["collection.means.change"]._cron_apply())
        with freeze_time("2026-12-01"):
            changes = self.env["collection.means.change"]._cron_apply()
            self.assertEqual(changes.account_id, self.account)
            self.assertEqual(self.account.payment_means, "transfer")
            self.assertFalse(self.env["collection.means.change"]._cron_apply())

    def test_no_longer_suitable_on_the_day(self):
        self._record("lcr_magnetic", "accepted", date_effective="2026-12-01")
        self.account.segment_id = self.env["collection.segment"].create(
            {"name": "People", "code": "people", "debtor_type": "consumer"}
        )
        with freeze_time("2026-12-01"):
            self.env["collection.means.change"]._cron_apply()
        self.assertEqual(self.account.payment_means, "cheque")
        self.assertIn("professionals only", self.account.message_ids[:1].body)

    def test_one_row_per_campaign(self):
        change = self._record("transfer", "asked")
        self.assertEqual(self.account.means_to_propose, "transfer")
        with freeze_time("2026-11-17"):
            self.assertEqual(self._record("transfer", "asked"), change)
            self.assertEqual(change.ask_count, 2)
            self.assertEqual(change.date_asked, date(2026, 11, 10))
        refused = self._record(
            "transfer", "refused", refusal_reason="habit", note="Never"
        )
        self.assertEqual(refused, change)
        self.assertFalse(self.account.means_to_propose)
        # he calls back
        self.assertEqual(self._record("transfer", "accepted"), change)
        self.assertFalse(change.refusal_reason)
        with (
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
            mute_logger("odoo.sql_db"),
        ):
            change.sudo().copy()

    def test_outside_of_campaigns(self):
        first = self._record("card", "asked")
        self.assertFalse(first.campaign_id)
        self.assertEqual(self._record("card", "refused", refusal_reason="cost"), first)
        again = self._record("card", "asked")
        self.assertNotEqual(again, first)

    def test_refusals(self):
        for target, answer, vals, message in (
            ("transfer", "refused", {}, "Say why"),
            ("transfer", "refused", {"refusal_reason": "nope"}, "Refusal Reason"),
            ("transfer", "accepted", {"refusal_reason": "cost"}, "for a refusal"),
            ("transfer", "asked", {"date_effective": "2026-12-01"}, "takes effect"),
            ("transfer", "accepted", {"date_effective": "2026-11-09"}, "past"),
            ("cheque", "asked", {}, "pays so already"),
            ("gold", "asked", {}, "Choose one"),
            ("transfer", "perhaps", {}, "Say whether"),
        ):
            with (
                self.subTest(target=target, answer=answer, vals=vals),
                self.assertRaisesRegex(UserError, message),
            ):
                self._record(target, answer, **vals)
        with self.assertRaises(AccessError):
            self._record("transfer", "asked", campaign_id=self.campaign.id)
        self.assertFalse(self.account.means_change_ids)

    def test_mandate_to_sign(self):
        self.account.user_id = self.collector_user
        self._record("direct_debit_b2b", "accepted", date_effective="2026-12-01")
        activity = self.account.activity_ids
        self.assertEqual(activity.user_id, self.collector_user)
        self.assertIn("registered", activity.summary)
        self.assertEqual(activity.date_deadline, date(2026, 12, 1))

    def test_call_of_another_customer(self):
        call = (
            self.env["collection.call"]
            .with_user(self.collector_user)
            .create(self._call_values(self.other_account))
        )
        with self.assertRaisesRegex(UserError, "another customer"):
            self._record("transfer", "asked", call=call)
        change = self._record(
            "transfer", "asked", account=self.other_account, call=call
        )
        self.assertEqual(change.call_id, call.with_env(self.env))

    def test_wizard(self):
        account = self.account.with_user(self.collector_user)
        action = account.action_record_means()
        with Form(
            self.env[action["res_model"]]
            .with_user(self.collector_user)
            .with_context(**action["context"])
        ) as form:
            self.assertEqual(form.target, "transfer")
            self.assertEqual(form.means_script, "Nothing to write any more")
            form.answer = "refused"
            form.refusal_reason = "software"
            form.save().action_confirm()
        self.assertEqual(account.means_change_ids.refusal_reason, "software")

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------

    def test_provider(self):
        self._hand_over(self.account)
        for user, agent in (
            (self.agent_user, self.agent),
            (self.on_site_user, self.on_site_agent),
        ):
            with self.subTest(user=user.login):
                account = self.account.with_user(user)
                self.assertEqual(account._get_means_proposal()["target"], "transfer")
                change = self._record("transfer", "asked", user=user)
                self.assertRecordValues(
                    change,
                    [
                        {
                            "side": "provider",
                            "agent_id": agent.id,
                            "mandate_id": self.mandate.id,
                        }
                    ],
                )
                self.assertEqual(
                    change.with_user(user).read(["state"])[0]["state"], "asked"
                )
        self._record("transfer", "accepted", user=self.agent_user)
        self.assertEqual(self.account.payment_means, "transfer")
        with self.assertRaises(AccessError):
            self.account.with_user(self.agent_user).payment_means = "cheque"

    def test_not_delegated(self):
        placement = self._hand_over(self.account)
        for user in (
            self.other_agent_user,
            self.plain_portal_user,
            self.plain_internal_user,
            self.accountant_user,
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._record("transfer", "asked", user=user)
        placement.line_ids._take_back("recalled", "Ours again")
        for user in (self.agent_user, self.on_site_user):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._record("transfer", "asked", user=user)
        self._record("transfer", "asked")

    def test_rows_are_not_written_by_hand(self):
        change = self._record("transfer", "asked")
        for user in (self.manager_user, self.collector_user):
            for operation in ("write", "create", "unlink"):
                self.assertFalse(change.with_user(user).has_access(operation))
        campaign = self.campaign.with_user(self.collector_user)
        self.assertTrue(campaign.has_access("read"))
        self.assertFalse(campaign.has_access("write"))
        for user in (self.agent_user, self.on_site_user, self.plain_internal_user):
            self.assertFalse(self.campaign.with_user(user).has_access("read"))

    def test_other_company(self):
        other = self.setup_other_company()
        campaign = self._campaign("card", company_id=other["company"].id, sequence=1)
        self.env.invalidate_all()
        self.assertEqual(self.account.means_to_propose, "transfer")
        self.assertFalse(campaign.with_user(self.manager_user).has_access("read"))

    # ------------------------------------------------------------------
    # Campaign and figures
    # ------------------------------------------------------------------

    def test_conversion(self):
        """12 of 60 customers asked accept: 20.0 %."""
        partners = self.env["res.partner"].create(
            [{"name": f"C{number}", "is_company": True} for number in range(60)]
        )
        accounts = self.env["collection.account"]._get_or_create(partners)
        accounts.payment_means = "bill"
        self._hand_over(accounts[:10])
        Change = self.env["collection.means.change"]
        rate = Change._get_conversion_rate
        self.assertIsNone(rate(self.company, campaign=self.campaign))
        self.assertEqual(self.campaign.conversion_rate, "n/a")
        for position, account in enumerate(accounts):
            user = self.agent_user if position < 10 else self.collector_user
            self._record("transfer", "asked", user=user, account=account)
            if position % 5 == 0:
                self._record("transfer", "accepted", user=user, account=account)
            elif position % 2:
                self._record(
                    "transfer",
                    "refused",
                    user=user,
                    account=account,
                    refusal_reason="habit",
                )
        self.assertEqual(rate(self.company, campaign=self.campaign), 20.0)
        self.assertRecordValues(
            self.campaign,
            [{"asked_count": 60, "accepted_count": 12, "conversion_rate": "20.0 %"}],
        )
        self.assertEqual(rate(self.company, side="provider"), 20.0)
        self.assertEqual(rate(self.company, agent=self.agent), 20.0)
        self.assertEqual(rate(self.company, mandate=self.mandate), 20.0)
        self.assertIsNone(rate(self.company, agent=self.supervisor))
        self.assertIsNone(rate(self.company, date_from="2026-11-11"))
        [(measure,)] = Change._read_group(
            [("campaign_id", "=", self.campaign.id)], [], ["converted:avg"]
        )
        self.assertAlmostEqual(measure, 20.0)
        self.assertEqual(self.campaign.to_ask_count, 2)

    def test_campaign_guards(self):
        self._record("transfer", "asked")
        with self.assertRaisesRegex(UserError, "another one"):
            self.campaign.target = "card"
        with self.assertRaisesRegex(UserError, "close the campaign"):
            self.campaign.unlink()
        past = self._campaign(
            "card", start=False, date_start="2026-01-01", date_end="2026-11-09"
        )
        with self.assertRaisesRegex(UserError, "past"):
            past.action_start()
        for domain in ("[('no_such_field', '=', 1)]", "nonsense(", "[('name')]"):
            with (
                self.subTest(domain=domain),
                self.assertRaisesRegex(ValidationError, "conditions"),
            ):
                self._campaign("cash", account_domain=domain)
