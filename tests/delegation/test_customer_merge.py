# pylint: disable=translation-required  # what a test posts, nobody reads
from datetime import date

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged

from .common import MergeCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestCustomerMerge(MergeCommon):
    """Everything that stands on the account of either stands on the one that stays."""

    def _create_all(self, account, item, day):
        """One record at least of each model that names an account.

        :return: {model name: records}
        """
        env = self.env(su=True)
        common = {"company_id": account.company_id.id}
        call = env["collection.call"].create(self._call_values(account))
        # settled long ago: no turnover of these twelve months
        settled = self._invoice(account.partner_id, 5.0, "2024-02-01")
        self._pay(settled, date="2024-02-10")
        made = {
            "collection.receipt": env["collection.receipt"].search(
                [("account_id", "=", account.id)]
            ),
            "collection.mandate.customer": env["collection.mandate.customer"].create(
                {"mandate_id": self.mandate.id, "account_id": account.id}
            ),
            "collection.payer.profile": env["collection.payer.profile"].create(
                {
                    "account_id": account.id,
                    "date": day,
                    "final": True,
                    "payer_class": "b",
                    **common,
                }
            ),
            "collection.snapshot": env["collection.snapshot"].search(
                [("account_id", "=", account.id)]
            ),
            "collection.call": call,
            "collection.item": item.sudo(),
            "collection.letter": account.sudo().letter_ids,
        }
        share = (
            env["collection.mandate.split"]
            .create(
                {
                    "name": day,
                    "company_id": account.company_id.id,
                    "line_ids": [Command.create({"mandate_id": self.mandate.id})],
                }
            )
            .line_ids
        )
        placement = env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "extent": "manual",
                "line_ids": [Command.create({"account_id": account.id})],
            }
        )
        placement.action_hand_over()
        made["collection.placement.line"] = placement.line_ids
        placement.line_ids._take_back("recalled", "Once")
        partner = account.partner_id
        for model, values in {
            "collection.promise": {
                "amount": 50.0,
                "date_promised": "2026-04-15",
                "item_ids": item.ids,
            },
            "collection.bill": {"item_ids": item.ids},
            "collection.precheck": {"item_id": item.id},
            "collection.provider.note": {
                "mandate_id": self.mandate.id,
                "agent_id": self.agent.id,
                "body": "Seen",
            },
            "collection.means.change": {
                "target": "transfer",
                "date_asked": "2026-03-01",
                "user_id": self.env.uid,
            },
            "collection.interest.settlement": {
                **common,
                "kind": "waiver",
                "reason": "A gesture",
                "item_id": item.id,
                "item_name": "N1",
                "currency_id": item.currency_id.id,
                "date_to": "2026-03-01",
            },
            "collection.dispute": {
                "item_ids": item.ids,
                "reason_id": self._dispute_reason("price").id,
                "amount": 20.0,
            },
            "collection.payment.plan": {"item_ids": item.ids},
            "collection.level.history": {
                **common,
                "item_id": item.id,
                "date": "2026-03-01",
                "user_id": self.env.uid,
                "cause": "manual",
            },
            "collection.limit.case": {
                **common,
                "mandate_id": self.mandate.id,
                "user_id": self.agent_user.id,
                "limit": "plan",
                "outcome": "approval",
            },
            "collection.mandate.lot": {
                **common,
                "split_id": share.split_id.id,
                "line_id": share.id,
                "mandate_id": self.mandate.id,
            },
            "collection.access.log": {
                **common,
                "user_id": self.agent_user.id,
                "date": "2026-03-01 08:00:00",
                "door": "page",
            },
            "collection.call.review": {
                **common,
                "draw_id": env["collection.call.draw"]
                .create({"company_id": account.company_id.id, "day": day, "seed": day})
                .id,
                "call_id": call.id,
                "reason": "share",
                "date": "2026-03-30",
                "side": "company",
            },
            "collection.satisfaction": {
                **common,
                "call_id": call.id,
                "partner_id": partner.id,
                "user_id": self.env.uid,
                "side": "company",
                "date": "2026-03-30",
                "date_asked": "2026-03-31",
            },
            "collection.complaint": {"category": "tone", "description": "Too loud"},
            # a reminder out of turn
            "collection.dunning.run": common,
        }.items():
            if not env[model]._fields["account_id"].related:
                values["account_id"] = account.id
            made[model] = env[model].create(values)
        account.message_post(body=f"Of {partner.name}")
        account.activity_schedule(
            "mail.mail_activity_data_todo", summary=f"Call {partner.name}"
        )
        env["mail.scheduled.message"].create(
            {
                "model": account._name,
                "res_id": account.id,
                "author_id": self.env.user.partner_id.id,
                "scheduled_date": "2026-04-01 08:00:00",
                "body": f"Of {partner.name}",
            }
        )
        env["ir.attachment"].create(
            {"name": partner.name, "res_model": account._name, "res_id": account.id}
        )
        return made

    def _check_everything(self, kept, gone):
        self._run("2026-03-31")
        accounts = kept | gone
        self.assertEqual(len(accounts.letter_ids), 2)
        self.company.collection_profiled_until = "2026-02-28"
        self.env["collection.snapshot"]._freeze(self.company, date(2026, 2, 28))
        made = {}
        for account, day in zip(accounts, ("2026-03-30", "2026-03-29"), strict=True):
            for name, records in self._create_all(
                account, account.item_ids, day
            ).items():
                made[name] = made.get(name, records) | records
        models = {
            field.model_name
            for model in self.env.values()
            if model._auto and not model._abstract and not model._transient
            for field in model._fields.values()
            if field.store and field.comodel_name == "collection.account"
            if field.type in ("many2one", "many2many")
        }
        self.assertEqual(set(made), models, "create one of each in this test")
        names = accounts.partner_id.mapped("name")
        account = self._merge(kept.partner_id, gone.partner_id)
        self.assertEqual(account, kept)
        self.assertFalse(gone.exists())
        for name, records in made.items():
            with self.subTest(model=name):
                self.assertGreaterEqual(len(records), 2)
                self.assertEqual(records.exists(), records)
                self.assertEqual(
                    [record.account_id.id for record in records],
                    [account.id] * len(records),
                )
        for name in names:
            self.assertTrue(
                account.message_ids.filtered(
                    lambda message, name=name: f"Of {name}" in message.body
                )
            )
            self.assertIn(f"Call {name}", account.activity_ids.mapped("summary"))
            self.assertEqual(
                self.env["ir.attachment"].search_count(
                    [
                        ("res_model", "=", account._name),
                        ("res_id", "=", account.id),
                        ("name", "=", name),
                    ]
                ),
                1,
            )
        self.assertEqual(
            set(account.activity_ids.mapped("res_name")), {account.display_name}
        )
        self.assertEqual(
            self.env["mail.scheduled.message"]
            .sudo()
            .search_count([("model", "=", account._name), ("res_id", "=", account.id)]),
            2,
        )
        self.assertRecordValues(
            account,
            [
                {
                    "amount_open": 1300.0,
                    "amount_overdue": 1300.0,
                    "amount_disputed": 40.0,
                    "oldest_due_date": date(2026, 2, 1),
                    "amount_promised": 100.0,
                    "turnover_12m": 1300.0,
                }
            ],
        )
        self._assert_true()

    def test_everything_follows(self):
        self._check_everything(self.account, self.other_account)

    def test_everything_follows_the_other_way(self):
        self._check_everything(self.other_account, self.account)

    def test_customers_without_account_on_one_side(self):
        new = self._customer("Nord again", email=self.customer.email)
        account = self._merge(new, self.customer)
        self.assertEqual(account, self.account)
        self.assertEqual(account.item_ids.partner_id, new)
        self.assertFalse(account.message_ids.filtered("tracking_value_ids"))
        newer = self._customer("Nord once more", email=new.email)
        self.assertEqual(self._merge(new, newer), account)
        self._assert_true()

    def test_three_at_once(self):
        third = self._customer("Nordd", email=self.customer.email)
        self._invoice(third, 50.0, "2026-04-30")
        credit = self._credit_note(third, 20.0, "2026-03-15")
        # nobody of them has an account but those that are merged away
        new = self._customer("Nord SA", email=self.customer.email)
        account = self._merge(self.customer, self.other_customer, third)
        self.assertEqual(account, self.account)
        self.assertRecordValues(
            account,
            [{"amount_open": 1350.0, "amount_overdue": 1300.0, "amount_credit": 20.0}],
        )
        self.assertEqual(credit.collection_account_id, account)
        self._assert_true()
        self.assertEqual(self._merge(new, self.customer), account)
        self._assert_true()

    def test_each_company_for_itself(self):
        data = self.setup_other_company(currency_id=self._enable_currency("CHF").id)
        company = data["company"]
        there = self._invoice(
            self.other_customer, 70.0, "2026-02-01", company_data=data
        )
        self._invoice(self.customer, 30.0, "2026-02-01", company_data=data)
        alone = self._customer("Elsewhere only", email=self.customer.email)
        self._invoice(alone, 5.0, "2026-02-01", company_data=data)
        account_there = self.account_of(self.customer, company)
        account_there.sudo().insolvency_date = "2026-03-01"
        # who merges works for one of the companies
        account = self._merge(self.customer, self.other_customer, alone)
        self.assertRecordValues(
            account | self.account_of(self.customer, company),
            [
                {
                    "id": self.account.id,
                    "company_id": self.company.id,
                    "amount_open": 1300.0,
                    "insolvency_date": False,
                },
                {
                    "id": account_there.id,
                    "company_id": company.id,
                    "amount_open": 105.0,
                    "insolvency_date": date(2026, 3, 1),
                },
            ],
        )
        self.assertEqual(there.collection_item_ids.account_id, account_there)
        self._assert_true()

    def test_followers(self):
        """Each follows what he followed on either account, once."""
        discussion = self.env.ref("mail.mt_comment")
        activities = self.env.ref("mail.mt_activities")
        both, one = self.manager_user.partner_id, self.collector_user.partner_id
        self.account.message_subscribe(both.ids, discussion.ids)
        self.other_account.message_subscribe(both.ids, activities.ids)
        self.other_account.message_subscribe(one.ids, discussion.ids)
        account = self._merge(self.customer, self.other_customer)
        followers = account.message_follower_ids.filtered(
            lambda follower: follower.partner_id in both | one
        )
        self.assertEqual(
            {follower.partner_id: follower.subtype_ids for follower in followers},
            {both: discussion | activities, one: discussion},
        )
        self.assertEqual(len(followers), 2)

    def test_contacts_who_get_copies(self):
        copied = self._customer("Copy", is_company=False, parent_id=self.customer.id)
        other = self._customer(
            "Other copy", is_company=False, parent_id=self.other_customer.id
        )
        self.account.dunning_copy_ids = copied
        self.other_account.dunning_copy_ids = copied | other
        self.other_account.dunning_contact_id = other
        account = self._merge(self.customer, self.other_customer)
        self.assertEqual(account.dunning_copy_ids, copied | other)
        self.assertEqual(account.dunning_contact_id, other)
        self.assertEqual(other.commercial_partner_id, self.customer)

    def test_campaign_counts_the_customer_once(self):
        campaign = self.env["collection.means.campaign"].create(
            {"name": "To transfer", "target": "transfer"}
        )
        answers = (
            self.env["collection.means.change"]
            .sudo()
            .create(
                [
                    {
                        "account_id": account.id,
                        "campaign_id": campaign.id,
                        "target": "transfer",
                        "state": state,
                        "date_asked": day,
                        "user_id": self.env.uid,
                    }
                    for account, state, day in (
                        (self.account, "asked", "2026-03-20"),
                        (self.other_account, "accepted", "2026-03-02"),
                    )
                ]
            )
        )
        account = self._merge(self.customer, self.other_customer)
        self.assertEqual(answers.account_id, account)
        self.assertEqual(campaign.change_ids, answers[1])

    def test_letters_that_wait(self):
        """Drafts of both stay in their run, and leave for what is owed then."""
        run = self._run("2026-03-31")
        letters = run.letter_ids
        run.action_confirm()
        self._pay(self.invoice, date="2026-03-31")
        account = self._merge(self.other_customer, self.customer)
        self.assertEqual(letters.account_id, account)
        self.assertEqual(letters.partner_id, self.other_customer)
        letters._recompute_before_sending()
        self.assertEqual(
            {
                letter.line_ids.item_id: letter.state
                for letter in letters
                if letter.line_ids
            },
            {self.other_item: "to_send"},
        )
        self._assert_true()

    def test_queries_do_not_grow_with_the_items(self):
        def queries(name, number):
            kept, gone = (
                self._customer(f"{name} {suffix}", email="x@example.com")
                for suffix in "AB"
            )
            for customer in (kept, gone):
                for _number in range(number):
                    self._invoice(customer, 10.0, "2026-03-01")
            self._hand_over(self.account_of(kept))
            with self._count_queries() as counter:
                account = self._merge(kept, gone)
            spent = counter.total
            self.assertEqual(account.amount_open, 20.0 * number)
            return spent

        queries("What is asked once and for all", 1)
        few = queries("Few", 2)
        self.assertLessEqual(queries("Many", 25), few)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMergedDecisions(MergeCommon):
    """Of what was decided about the one and the other, the stricter holds."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Segment = cls.env["collection.segment"]
        cls.standard, cls.sensitive = Segment.create(
            [
                {"name": "Merge Standard", "code": "merge_standard"},
                {
                    "name": "Merge Sensitive",
                    "code": "merge_sensitive",
                    "delegation": "never",
                },
            ]
        )
        cls.quiet = cls._policy("Quiet", [("due", 90)], do_nothing=True)
        cls.administrator = cls._customer("Maître Leroy")
        cls.decisions = {
            cls.account: {
                "hold_until": "2026-04-10",
                "hold_reason": "On holiday",
                "insolvency_date": "2026-03-20",
                "claim_declared_date": "2026-03-25",
                "reserved": True,
                "agreed_rate": 14.0,
                "policy_id": cls.policy.id,
                "segment_id": cls.standard.id,
                "segment_locked": True,
                "next_action_date": "2026-04-20",
                "next_action": "Later",
                "preferred_channel": "post",
            },
            cls.other_account: {
                "hold_until": "2026-05-01",
                "hold_reason": "Claims a credit",
                "insolvency_date": "2026-03-02",
                "insolvency_publication_date": "2026-03-09",
                "insolvency_administrator_id": cls.administrator.id,
                "do_not_call": True,
                "agreed_rate": 12.5,
                "policy_id": cls.quiet.id,
                "segment_id": cls.sensitive.id,
                "segment_locked": False,
                "next_action_date": "2026-04-02",
                "next_action_time": 9.5,
                "next_action": "Sooner",
                "user_id": cls.collector_user.id,
                "payment_means": "bill",
            },
        }
        cls.expected = {
            "hold_until": date(2026, 5, 1),
            "hold_reason": "Claims a credit",
            "insolvency_date": date(2026, 3, 2),
            "insolvency_publication_date": date(2026, 3, 9),
            "insolvency_administrator_id": cls.administrator.id,
            # what the other owes is not declared yet
            "claim_declared_date": False,
            "reserved": True,
            "do_not_call": True,
            "agreed_rate": 12.5,
            "policy_id": cls.quiet.id,
            "segment_id": cls.sensitive.id,
            "segment_locked": True,
            "next_action_date": date(2026, 4, 2),
            "next_action_time": 9.5,
            "next_action": "Sooner",
            "preferred_channel": "post",
            "user_id": cls.collector_user.id,
            "payment_means": "bill",
            "delegation_state": "reserved",
            "active": True,
        }

    def _decide(self):
        for account, values in self.decisions.items():
            account.sudo().write(values)

    def _said(self, account):
        """What the timeline shows that somebody had said: {label: values}."""
        note = account.message_ids.filtered(
            lambda message: "Merged with" in message.body
        )
        note.ensure_one()
        self.assertEqual(note.author_id, self.contact_user.partner_id)
        values = {}
        for value in note.sudo().tracking_value_ids._tracking_value_format():
            values.setdefault(value["fieldInfo"]["changedField"], set()).update(
                (value["oldValue"], value["newValue"])
            )
        return values

    def _check_stricter(self, kept, gone):
        self._decide()
        account = self._merge(kept.partner_id, gone.partner_id)
        self.assertEqual(account, kept)
        self.assertRecordValues(account, [self.expected])
        said = self._said(account)
        self.assertLessEqual({"On holiday", "Claims a credit"}, said["Hold Reason"])
        self.assertLessEqual({14.0, 12.5}, said["Agreed Late-Payment Rate"])
        self.assertEqual(len(said["Insolvency Date"]), 2)
        claims = account.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id
                == self.env.ref("account_collection.mail_activity_type_claim")
            )
        )
        self.assertEqual(len(claims), 1)
        self.assertEqual(claims.date_deadline, date(2026, 5, 9))
        self._assert_true()

    def test_stricter_holds(self):
        self._check_stricter(self.account, self.other_account)

    def test_stricter_holds_the_other_way(self):
        self._check_stricter(self.other_account, self.account)

    def test_decisions_about_who_owes_nothing(self):
        """A credit is all there is, and what was decided does not vanish with it."""
        self._decide()
        for invoice in self.invoice | self.other_invoice:
            self._pay(invoice, date="2026-03-31")
        bare = self._customer("Bare", email=self.customer.email)
        self._credit_note(bare, 5.0, "2026-03-15")
        self._merge(bare, self.customer, self.other_customer)
        # the claims against both are declared as far as anything is owed
        self.assertRecordValues(
            self.account_of(bare),
            [self.expected | {"claim_declared_date": date(2026, 3, 25)}],
        )
        self.assertEqual(self.account_of(bare).amount_credit, 5.0)
        self._assert_true()

    def test_every_decision_survives(self):
        """Whatever a person can write on an account is on the merged one."""
        self._decide()
        Account = self.env["collection.account"]
        decisions = {
            name
            for name, field in Account._fields.items()
            if field.store and field.column_type and not field.readonly
        }
        bare = self._customer("Bare", email=self.customer.email)
        Account._get_or_create(bare)
        other = self.account.sudo()
        before = {name: other[name] for name in decisions if other[name]}
        account = self._merge(bare, self.customer)
        for name, value in before.items():
            with self.subTest(field=name):
                self.assertEqual(account[name], value)

    def test_insolvency_stops_what_has_not_left(self):
        run = self._run("2026-03-31")
        letters = run.letter_ids
        self.assertEqual(len(letters), 2)
        self.other_account.insolvency_date = "2026-03-20"
        self.assertEqual(
            letters.filtered(lambda x: x.account_id == self.account).state, "draft"
        )
        self._merge(self.other_customer, self.customer)
        self.assertEqual(set(letters.mapped("state")), {"cancelled"})

    def test_means_of_a_person_who_is_a_company(self):
        person = self._customer("Nord", is_company=False, email=self.customer.email)
        self._invoice(person, 10.0, "2026-03-01")
        self.account.payment_means = "bill"
        self.assertEqual(self._merge(person, self.customer).payment_means, "bill")


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMergeOfDelegated(MergeCommon):
    """What was handed over stays with the provider; two providers are refused."""

    def _seen(self, model="collection.item", user=None):
        return self.env[model].with_user(user or self.agent_user).search([])

    # ------------------------------------------------------------------
    # Two providers
    # ------------------------------------------------------------------

    def test_two_providers_are_refused(self):
        self._hand_over(self.account)
        self._hand_over(self.other_account, self.other_mandate)
        self.env["res.partner.bank"].sudo().create(
            {"acc_number": "DE1", "partner_id": self.other_customer.id}
        )
        before = self._dump()
        wizard = self.env["base.partner.merge.automatic.wizard"]
        partners = self.customer | self.other_customer
        with self.assertRaisesRegex(UserError, "Nord.*Vela|Vela.*Nord"):
            self._merge(self.customer, self.other_customer)
        for kept in (self.customer, self.other_customer, None):
            with self.subTest(kept=kept):
                refused = False
                # without a savepoint: it is refused before anything moves
                try:
                    wizard.sudo()._merge(partners.ids, kept)
                except UserError:
                    refused = True
                self.assertTrue(refused)
                self.assertEqual(self._dump(), before)
                self.assertEqual(self.invoice.partner_id, self.customer)
                self.assertTrue(self.other_customer.bank_ids)
        # nor by a third who is with nobody
        third = self._customer("Third", email=self.customer.email)
        with self.assertRaises(UserError):
            self._merge(third, self.customer, self.other_customer)
        self.account.placement_line_id._take_back("recalled", "To merge them")
        self.assertEqual(
            self._merge(self.customer, self.other_customer).mandate_id,
            self.other_mandate,
        )
        self._assert_true()

    def test_two_providers_in_two_companies(self):
        data = self.setup_other_company()
        self._invoice(self.other_customer, 70.0, "2026-02-01", company_data=data)
        elsewhere = self.account_of(self.other_customer, data["company"])
        mandate = self._mandate(
            self.other_provider, self.other_agent, company_id=data["company"].id
        )
        self._hand_over(self.account)
        self._hand_over(elsewhere, mandate)
        account = self._merge(self.customer, self.other_customer)
        self.assertEqual(account.mandate_id, self.mandate)
        self.assertEqual(
            self.account_of(self.customer, data["company"]).mandate_id, mandate
        )
        self._assert_true()

    def test_what_is_only_proposed_gives_way(self):
        self._hand_over(self.account)
        proposal = self.env["collection.placement"].create(
            {
                "mandate_id": self.other_mandate.id,
                "extent": "manual",
                "line_ids": [Command.create({"account_id": self.other_account.id})],
            }
        )
        proposal.action_propose()
        self.assertEqual(self.other_account.delegation_state, "proposed")
        account = self._merge(self.other_customer, self.customer)
        self.assertRecordValues(
            account,
            [{"delegation_state": "delegated", "mandate_id": self.mandate.id}],
        )
        self.assertFalse(proposal.line_ids)
        self._assert_true()

    # ------------------------------------------------------------------
    # One provider
    # ------------------------------------------------------------------

    def _check_in_house_joins(self, kept, gone, rule, joins):
        mandate = self._mandate(self.provider, self.agent, new_item_rule=rule)
        later = self._invoice(self.other_customer, 40.0, "2026-05-01")
        self._hand_over(self.account, mandate)
        self.account.agent_id = self.agent
        account = self._merge(kept, gone)
        self.assertRecordValues(
            account,
            [
                {
                    "delegation_state": "delegated",
                    "mandate_id": mandate.id,
                    "agent_id": self.agent.id,
                    "amount_open": 1340.0,
                }
            ],
        )
        items = {
            "invoice": self.item,
            "other": self.other_item,
            "later": later.collection_item_ids,
        }
        seen = self._seen()
        self.assertEqual(
            {name for name, item in items.items() if item in seen},
            {"invoice", *joins},
        )
        self.assertEqual(self._seen("collection.account"), account)
        self._assert_true()

    def test_new_items_stay_in_house(self):
        self._check_in_house_joins(self.customer, self.other_customer, "none", ())

    def test_new_items_stay_in_house_the_other_way(self):
        self._check_in_house_joins(self.other_customer, self.customer, "none", ())

    def test_new_items_join_once_overdue(self):
        self._check_in_house_joins(
            self.other_customer, self.customer, "overdue", ("other",)
        )

    def test_new_items_join(self):
        self._check_in_house_joins(
            self.customer, self.other_customer, "all", ("other", "later")
        )

    def test_reserved_takes_the_other_home(self):
        placement = self._hand_over(self.account)
        self.other_account.reserved = True
        account = self._merge(self.customer, self.other_customer)
        self.assertRecordValues(
            placement.line_ids,
            [{"state": "recalled", "recall_reason": "strategic"}],
        )
        self.assertIn("stays in-house", placement.line_ids.reason)
        self.assertEqual(account.delegation_state, "reserved")
        self.assertFalse(self._seen())
        self._assert_true()

    def test_insolvent_takes_the_other_home(self):
        placement = self._hand_over(self.account)
        self.other_account.insolvency_date = "2026-03-20"
        account = self._merge(self.other_customer, self.customer)
        self.assertRecordValues(
            placement.line_ids,
            [{"state": "recalled", "recall_reason": "insolvency"}],
        )
        self.assertFalse(account.item_ids.filtered("delegated"))
        self.assertFalse(self._seen("collection.account"))
        self._assert_true()

    def test_reserved_while_with_the_provider_stays_there(self):
        """The company has left it there itself."""
        self._hand_over(self.account)
        self.account.reserved = True
        account = self._merge(self.other_customer, self.customer)
        self.assertEqual(account.delegation_state, "delegated")
        self.assertIn(self.item, self._seen())

    def test_one_hand_over(self):
        """The list that was signed and acknowledged stays as it was, line by line."""
        placement = self._hand_over(self.account | self.other_account)
        self._pay(self.other_invoice, 30.0, date="2026-03-31")
        signed = self._list(placement)
        self.assertEqual(
            [(row["name"], row["amount"]) for row in signed],
            [(self.customer.name, 1000.0), (self.other_customer.name, 300.0)],
        )
        known = self._get_figures(placement)
        account = self._merge(self.customer, self.other_customer)
        self.assertEqual(self._list(placement), signed)
        self.assertEqual(self._get_figures(placement), known)
        self.assertEqual(
            placement._get_receipt()[0], placement.accepted_figures["customers"]
        )
        goes_on, ended = placement.line_ids
        self.assertRecordValues(
            goes_on | ended,
            [
                {"account_id": account.id, "state": "active", "amount": 1000.0},
                {"account_id": account.id, "state": "transferred", "amount": 300.0},
            ],
        )
        self.assertEqual(ended.merged_line_id, goes_on)
        self.assertIn(account.display_name, ended.reason)
        # no euro is told twice, and the provider's own list has all that it works
        self.assertEqual(sum(placement.line_ids.mapped("amount_paid")), 30.0)
        [own] = self._list(placement.with_context(collection_list_active=True))
        self.assertEqual(
            sorted(own["held"]),
            sorted([(self.invoice.name, 1000.0), (self.other_invoice.name, 300.0)]),
        )
        self.assertEqual(self._seen(), self.item | self.other_item)
        self._assert_true()
        self._pay(self.invoice, date="2026-03-31")
        self.assertEqual(goes_on.state, "active")
        self._pay(self.other_invoice, 270.0, date="2026-03-31")
        self.assertEqual(goes_on.state, "paid")
        self.assertEqual(sum(placement.line_ids.mapped("amount_paid")), 1300.0)
        self.assertEqual(self._list(placement), signed)

    def test_one_hand_over_of_three(self):
        """Whoever was merged twice is where the second one goes on."""
        third = self._customer("Ourse", email=self.customer.email)
        self._invoice(third, 50.0, "2026-03-01")
        accounts = self.account | self.other_account | self.account_of(third)
        placement = self.env["collection.placement"].create(
            {
                "mandate_id": self.mandate.id,
                "line_ids": [
                    Command.create({"account_id": account.id}) for account in accounts
                ],
            }
        )
        placement.action_hand_over()
        signed = self._list(placement)
        self._merge(self.other_customer, third)
        self._merge(self.customer, self.other_customer)
        self.assertEqual(self._list(placement), signed)
        [goes_on] = placement.line_ids.filtered(lambda line: line.state == "active")
        self.assertEqual((placement.line_ids - goes_on).merged_line_id, goes_on)
        # not acknowledged yet: all three are there
        self.assertEqual(placement._get_receipt()[0], 3)
        self.assertEqual(placement._get_receipt(), placement._get_receipt(sent=True))
        goes_on._take_back("recalled", "Ours")
        self.assertEqual(placement._get_receipt()[0], 0)

    def _list(self, placement):
        """What the hand-over list says, but for how each line goes on."""
        return [
            {
                **{
                    name: value
                    for name, value in row.items()
                    if name not in ("items", "followed", "state")
                },
                "held": [
                    (item.move_name, item.amount)
                    for item in row["items"] | row["followed"]
                ],
            }
            for rows in placement._get_list_batches()
            for row in rows
        ]

    def _get_figures(self, placement):
        return (
            placement.amount,
            placement.account_count,
            placement.item_count,
            placement.accepted_figures,
            placement._get_totals(),
            placement._get_list_totals(),
            placement._get_receipt(sent=True),
        )

    def test_two_hand_overs_of_one_mandate(self):
        first = self._hand_over(self.account)
        second = self._hand_over(self.other_account)
        taken = self._invoice(self.customer, 15.0, "2026-03-02")
        self.assertTrue(taken.collection_item_ids.delegated)
        taken.collection_item_ids._recall("By hand")
        account = self._merge(self.other_customer, self.customer)
        self.assertRecordValues(
            first.line_ids | second.line_ids,
            [
                {"account_id": account.id, "state": "transferred", "amount": 1000.0},
                {"account_id": account.id, "state": "active", "amount": 300.0},
            ],
        )
        self.assertEqual(first.state, "closed")
        # as it was signed, and what came later apart
        self.assertEqual(first.item_count, 2)
        self.assertRecordValues(
            second.line_ids.item_ids.sorted("amount"),
            [
                {"amount": 15.0, "followed": True, "recalled": True},
                {"amount": 300.0, "followed": False, "recalled": False},
                {"amount": 1000.0, "followed": True, "recalled": False},
            ],
        )
        self.assertEqual(self._seen(), self.item | self.other_item)
        self._assert_true()
        # a payment that bounces brings the item back to the provider
        payment = self._pay(self.invoice, date="2026-03-31")
        self.assertEqual(second.line_ids.state, "active")
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(self._seen(), self.item | self.other_item)
        self._assert_true()

    def test_one_request_to_take_the_customer_back(self):
        self._hand_over(self.account | self.other_account)
        requests = self.env["collection.provider.note"]
        for account in self.account, self.other_account:
            requests |= (
                account.with_user(self.agent_user)
                ._portal_request_return("not_found", "Nobody there")
                .with_env(self.env)
            )
        account = self._merge(self.other_customer, self.customer)
        self.assertEqual(requests.account_id, account)
        self.assertEqual(requests.mapped("state"), ["open", "done"])
        self.assertTrue(requests[1].answer)


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestMergeOfContacts(MergeCommon):
    """Who owes is who the ledger says, whose contact it may have become."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact, cls.other_contact = cls.env["res.partner"].create(
            [
                {
                    "name": f"Contact of {company.name}",
                    "parent_id": company.id,
                    "email": company.email,
                }
                for company in (cls.customer, cls.other_customer)
            ]
        )
        # invoices are owed by the company, entries by whom they name
        cls.own = cls._invoice(cls.contact, 11.0, "2026-03-01")
        cls.other_own = cls._invoice(cls.other_contact, 7.0, "2026-03-01")
        cls.own_item = cls._entry(cls.contact, 5.0)
        cls.other_own_item = cls._entry(cls.other_contact, 3.0)

    @classmethod
    def _entry(cls, partner, amount):
        """The item of a journal entry that names `partner`."""
        move = cls.env["account.move"].create(
            {
                "date": "2026-02-01",
                "line_ids": [
                    Command.create(
                        {
                            "account_id": cls.company_data[
                                f"default_account_{name}"
                            ].id,
                            "partner_id": partner.id,
                            "balance": balance,
                        }
                    )
                    for name, balance in (("receivable", amount), ("revenue", -amount))
                ],
            }
        )
        move.action_post()
        # core leaves entries alone until somebody says that they are followed up
        move.line_ids.no_followup = False
        return move.collection_item_ids

    def _assert_open(self, account, other_account):
        accounts = self.account | self.other_account
        self.assertEqual(accounts.mapped("amount_open"), [account, other_account])
        self._assert_true()

    def test_before(self):
        self._assert_open(1016.0, 310.0)

    def test_into_its_own_company(self):
        before = self._dump()
        with self.assertRaisesRegex(UserError, "parent"):
            self._merge(self.customer, self.contact)
        self.assertEqual(self._dump(), before)

    def test_two_contacts_of_one_company(self):
        twin = self.contact.copy({"name": "Twin", "email": self.contact.email})
        item = self._entry(twin, 2.0)
        self._merge(self.contact, twin)
        self.assertEqual(item.account_id, self.account)
        self._assert_open(1018.0, 310.0)

    def test_contacts_of_two_companies(self):
        env = self.env(su=True)
        promise, mixed = env["collection.promise"].create(
            [
                {
                    "account_id": self.other_account.id,
                    "amount": 3.0,
                    "date_promised": "2026-04-15",
                    "item_ids": items.ids,
                }
                for items in (
                    self.other_own_item,
                    self.other_own_item | self.other_item,
                )
            ]
        )
        precheck = env["collection.precheck"].create(
            {"item_id": self.other_own_item.id}
        )
        self._merge(self.contact, self.other_contact)
        self.assertEqual(self.other_own.collection_account_id, self.other_account)
        self.assertEqual(self.other_own_item.account_id, self.account)
        self.assertEqual(promise.account_id, self.account)
        self.assertEqual(mixed.account_id, self.other_account)
        self.assertEqual(precheck.account_id, self.account)
        self._assert_open(1019.0, 307.0)

    def test_items_that_leave_are_taken_back(self):
        placement = self._hand_over(self.other_account)
        self.assertTrue(self.other_own_item.delegated)
        self._merge(self.contact, self.other_contact)
        self.assertFalse(self.other_own_item.delegated)
        self.assertEqual(placement.line_ids.state, "active")
        seen = self.env["collection.item"].with_user(self.agent_user).search([])
        self.assertEqual(seen, self.other_item | self.other_own.collection_item_ids)
        self._assert_open(1019.0, 307.0)

    def test_items_with_two_providers(self):
        self._hand_over(self.other_account, self.other_mandate)
        self._hand_over(self.account)
        before = self._dump()
        with self.assertRaises(UserError):
            self._merge(self.contact, self.other_contact)
        self.assertEqual(self._dump(), before)
        self.other_own_item._recall("To merge the contacts")
        self._merge(self.contact, self.other_contact)
        self.assertEqual(self.other_account.mandate_id, self.other_mandate)
        self._assert_open(1019.0, 307.0)

    def test_contact_into_another_company(self):
        self._merge(self.other_customer, self.contact)
        self.assertEqual(self.own_item.account_id, self.other_account)
        self._assert_open(1011.0, 315.0)

    def test_company_into_a_contact_of_another(self):
        """The contact becomes a company of its own, whose account it then is."""
        account = self._merge(self.contact, self.other_customer)
        self.assertEqual(self.contact.commercial_partner_id, self.contact)
        self.assertEqual(account.partner_id, self.contact)
        self.assertLessEqual(
            self.own_item | self.other_item | self.other_own_item, account.item_ids
        )
        self.assertEqual(account.amount_open, 315.0)
        self.assertEqual(self.own.collection_account_id, self.account)
        self.assertEqual(self.account.amount_open, 1011.0)
        self._assert_true()

    def test_company_without_account_into_a_contact_of_another(self):
        bare = self._customer("Bare", email=self.contact.email)
        account = self._merge(self.contact, bare)
        self.assertEqual(account.item_ids, self.own_item)
        self.assertEqual(account.amount_open, 5.0)
        self._assert_open(1011.0, 310.0)

    def test_person_into_a_contact_of_a_company(self):
        """The person's account becomes its company's."""
        person = self._customer("Person", is_company=False, email=self.customer.email)
        invoice = self._invoice(person, 3.0, "2026-02-01")
        gone = self.account_of(person)
        gone.sudo().hold_reason = "Ill"
        gone.sudo().hold_until = "2026-04-10"
        child = self.env["res.partner"].create({"name": "C", "parent_id": person.id})
        self._entry(child, 4.0)
        account = self._merge(self.contact, person)
        self.assertEqual(account, self.account)
        self.assertFalse(gone.exists())
        self.assertEqual(account.hold_reason, "Ill")
        self.assertEqual(child.commercial_partner_id, self.customer)
        self.assertEqual(invoice.collection_account_id, account)
        self._assert_open(1023.0, 310.0)

    def test_person_with_a_provider_into_a_contact(self):
        person = self._customer("Person", is_company=False, email=self.customer.email)
        item = self._invoice(person, 3.0, "2026-02-01").collection_item_ids
        mandate = self._mandate(self.provider, self.agent, new_item_rule="none")
        placement = self._hand_over(self.account_of(person), mandate)
        account = self._merge(self.contact, person)
        self.assertEqual(account, self.account)
        self.assertEqual(account.mandate_id, mandate)
        self.assertEqual(placement.line_ids.state, "active")
        seen = self.env["collection.item"].with_user(self.agent_user).search([])
        self.assertEqual(seen, item)
        self._assert_open(1019.0, 310.0)

    def test_person_and_company_with_two_providers(self):
        person = self._customer("Person", is_company=False, email=self.customer.email)
        self._invoice(person, 3.0, "2026-02-01")
        self._hand_over(self.account_of(person), self.other_mandate)
        self._hand_over(self.account)
        (self.own | self.own_item.move_id).button_draft()
        with self.assertRaises(UserError):
            self._merge(self.contact, person)

    def test_contact_that_gets_a_company(self):
        """A person takes over the company of the contact that it absorbs."""
        person = self._customer("Person", is_company=False, email=self.customer.email)
        self._invoice(person, 3.0, "2026-02-01")
        account = self._merge(person, self.contact)
        self.assertEqual(person.commercial_partner_id, self.customer)
        self.assertEqual(account, self.account)
        self._assert_open(1019.0, 310.0)

    def test_contact_into_the_duplicate_of_its_company(self):
        double = self._customer("Nord bis", email=self.customer.email)
        self._invoice(double, 6.0, "2026-02-01")
        account = self._merge(double, self.contact)
        self.assertEqual(account.amount_open, 11.0)
        self._assert_open(1011.0, 310.0)
