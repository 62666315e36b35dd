import itertools

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestPerformance(CollectionCommon):
    """The number of queries does not depend on the number of items."""

    #: it is about what posting does
    copies_invoices = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.level_ids[0].include_penalties = True
        with freeze_time("2026-03-31"):
            cls.few = cls._file(10)
            cls.many = cls._file(100)
        cls.few_policy = cls.policy
        cls.many_policy = cls.policy.copy({"company_id": cls.company.id})
        cls.many.policy_id = cls.many_policy
        cls.env.flush_all()

    @classmethod
    def _file(cls, count):
        """`count` customers with two overdue invoices each, posted in one go."""
        partners = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {position}",
                    "is_company": True,
                    "property_account_receivable_id": cls.company_data[
                        "default_account_receivable"
                    ].id,
                }
                for position in range(count)
            ]
        )
        moves = cls.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    # named here: the next free number is one search per invoice
                    "name": f"INV/2026/{count * 1000 + position:06}",
                    "journal_id": cls.company_data["default_journal_sale"].id,
                    "invoice_date": "2026-01-15",
                    "invoice_payment_term_id": False,
                    "invoice_date_due": due,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Services",
                                "price_unit": 100.0,
                                "tax_ids": [Command.clear()],
                                "account_id": cls.company_data[
                                    "default_account_revenue"
                                ].id,
                            }
                        )
                    ],
                }
                for position, (partner, due) in enumerate(
                    itertools.product(partners, ("2026-02-15", "2026-03-01"))
                )
            ]
        )
        moves._post()
        return cls.env["collection.account"].search(
            [("partner_id", "in", partners.ids)]
        )

    def _queries(self, function):
        """Queries that `function` makes with an empty cache."""
        with self._count_queries() as counter:
            function()
        return counter.total

    def assertSame(self, few, many):
        """Equal, but for the few reads that fetch a thousand records at a time."""
        self.assertLessEqual(many, few + 2, f"{few} queries for 10, {many} for 100")

    def test_refresh(self):
        def refresh(accounts):
            self.env.cr.execute(
                "UPDATE collection_item SET amount_residual = 0, state = 'closed'"
                " WHERE account_id IN %s",
                [tuple(accounts.ids)],
            )
            self.env.cr.execute(
                "UPDATE collection_account SET amount_open = 0 WHERE id IN %s",
                [tuple(accounts.ids)],
            )
            return lambda: self.assertGreaterEqual(
                self.env["collection.account"]._refresh(accounts), 3 * len(accounts)
            )

        few = self._queries(refresh(self.few))
        many = self._queries(refresh(self.many))
        self.assertSame(few, many)
        self.assertLess(many, 24)

    def test_run(self):
        def compute(policy):
            run = self.env["collection.dunning.run"].create(
                {"date": "2026-03-31", "policy_ids": [Command.set(policy.ids)]}
            )
            return run, lambda: run.action_compute()

        self.company.collection_policy_id = self.few_policy
        # what is read once per process (rates, regimes, languages) is read before
        compute(self.few_policy)[1]()
        run_few, function = compute(self.few_policy)
        few = self._queries(function)
        run_many, function = compute(self.many_policy)
        many = self._queries(function)
        self.assertEqual(len(run_few.letter_ids), 10)
        self.assertEqual(len(run_many.letter_ids.line_ids), 200)
        self.assertTrue(all(run_many.letter_ids.mapped("amount_interest")))
        self.assertSame(few, many)

    def test_before_sending(self):
        def letters(policy):
            run = self._run("2026-03-31", policy_ids=[Command.set(policy.ids)])
            confirm_queries.append(self._queries(run.action_confirm))
            # records of their own, which are read together
            return self.env["collection.letter"].browse(run.letter_ids.ids)

        confirm_queries = []
        few, many = letters(self.few_policy), letters(self.many_policy)
        self.assertSame(*confirm_queries)
        few._recompute_before_sending()
        few_queries = self._queries(few._recompute_before_sending)
        many_queries = self._queries(many._recompute_before_sending)
        self.assertEqual(set(many.mapped("state")), {"to_send"})
        self.assertSame(few_queries, many_queries)
        self.assertSame(self._queries(few._mark_sent), self._queries(many._mark_sent))

    def test_posting_and_reconciling(self):
        """What the ledger's own hooks ask, whatever the number of documents."""

        def drafts(count):
            partners = self.env["res.partner"].create(
                [{"name": f"First {count}-{i}"} for i in range(count)]
            )
            moves = self.env["account.move"]
            for partner in partners:
                moves |= self._invoice(partner, 100.0, "2026-03-01", post=False)
            return moves

        one, many = drafts(1), drafts(20)
        # known until somebody moves a company
        self.env["res.company"]._get_collection_days()
        # looked up, customer's account, item, totals
        self.assertEqual(self._position_queries(one._post), 4)
        self.assertEqual(self._position_queries(many._post), 4)
        again = self._invoice(one.partner_id, 50.0, "2026-03-01", post=False)
        self.assertEqual(self._position_queries(again._post), 3)
        payment = self._payment(one.partner_id, 100.0, "2026-03-10")
        lines = self._receivable_lines(one | payment.move_id)
        # looked up, item, totals with the mark that there is a receipt: neither dispute
        # nor hand-over to look after
        self.assertEqual(self._position_queries(lines.reconcile), 3)
        self.assertEqual(self.account_of(one.partner_id).amount_open, 50.0)
        # one after the other in one transaction: nothing is asked in between

        def post_each(moves):
            for move in moves:
                move._post()
                self.env.flush_all()

        some = drafts(20)
        before = self._position_queries(lambda: post_each(some[:2]))
        self.assertEqual(self._position_queries(lambda: post_each(some[2:])), before)
        self.assertEqual(self.env["collection.account"]._refresh(), 0)

    def test_statements_of_a_document(self):
        """What the module adds to a document that is saved by itself: nothing but three
        statements on its own tables, the caches cold or warm, whoever saves it."""
        invoices = [
            self._invoice(self.few[0].partner_id, 50.0, "2026-03-01", post=False)
            for _number in range(3)
        ]
        payments = [
            self._payment(self.few[0].partner_id, 50.0, "2026-03-10")
            for _number in range(3)
        ]
        self.env.cr.flush()
        for number, cold in enumerate((True, True, False)):
            invoice, payment = invoices[number], payments[number]
            with self.subTest(number=number, cold=cold):
                posted = self._own_statements(invoice.action_post, cold)
                self.assertEqual(len(posted), 3, posted)
                lines = self._receivable_lines(invoice | payment.move_id)
                paid = self._own_statements(lines.reconcile, cold)
                self.assertEqual(len(paid), 3, paid)
        stale = self.env["collection.receipt.stale"]
        self.assertEqual(stale._take(), set(self.few[0].ids))

    def test_receivers_of_a_message(self):
        """What whoever posts has said of it is not read from the message again."""
        customer = self.few[0].partner_id
        message = customer.message_post(body="Hello")
        said = {"model": "res.partner", "res_id": customer.id, "partner_ids": []}
        said |= {"subtype_id": message.subtype_id.id, "author_id": False}
        said |= {"message_type": "comment", "outgoing_email_to": False}
        self.env.flush_all()
        self.env.invalidate_all()
        with self._record_statements() as statements:
            customer._notify_get_recipients(message, msg_vals=said)
        self.assertFalse(
            [one for one in statements if 'FROM "mail_message"' in one], statements
        )

    def test_hand_over_preview(self):
        def preview(accounts):
            wizard = self.env["collection.handover"].create(
                {
                    "mandate_id": self.mandate.id,
                    "account_ids": [Command.set(accounts.ids)],
                }
            )
            return wizard.action_preview

        preview(self.few)()
        few = self._queries(preview(self.few))
        self.assertSame(few, self._queries(preview(self.many)))

    def test_template_compiled_once(self):
        """The text of an e-mail template is compiled once for a batch of letters."""
        run = self._run("2026-03-31", policy_ids=[Command.set(self.many_policy.ids)])
        run.action_confirm()
        QWeb = self.env.registry["ir.qweb"]
        original = QWeb._generate_code_uncached
        compiled = []

        def counting(records, template):
            compiled.append(template)
            return original(records, template)

        template = self.env.ref("account_collection.mail_template_letter")
        letters = run.letter_ids
        template._render_field("body_html", letters[:1].ids)
        self.patch(QWeb, "_generate_code_uncached", counting)
        bodies = template._render_field("body_html", letters.ids)
        self.assertEqual(len(letters), 100)
        self.assertEqual(len(set(bodies.values())), 100)
        self.assertLessEqual(len(compiled), 2)

    def test_hand_over_and_recall(self):
        def placement(accounts):
            return self.env["collection.placement"].create(
                {
                    "mandate_id": self.mandate.id,
                    "line_ids": [
                        Command.create({"account_id": account.id})
                        for account in accounts
                    ],
                }
            )

        few, many = placement(self.few), placement(self.many)
        self.assertSame(
            self._queries(few.action_hand_over), self._queries(many.action_hand_over)
        )
        self.assertEqual(set(self.many.mapped("delegation_state")), {"delegated"})
        self.assertTrue(all(self.many.item_ids.mapped("delegated")))
        self.assertSame(
            self._queries(lambda: few.line_ids._take_back("recalled", "Test")),
            self._queries(lambda: many.line_ids._take_back("recalled", "Test")),
        )
        self.assertEqual(set(self.many.mapped("delegation_state")), {"in_house"})

    def test_lists(self):
        """What list views read, computed fields included."""
        names = ["display_name", "days_overdue", "amount_1_30", "effective_policy_id"]
        self.assertSame(
            self._queries(lambda: self.few.read(names)),
            self._queries(lambda: self.many.read(names)),
        )
        names = ["display_name", "days_overdue", "age_bucket", "segment_id"]
        self.assertSame(
            self._queries(lambda: self.few.item_ids.read(names)),
            self._queries(lambda: self.many.item_ids.read(names)),
        )
        names = ["collection_account_id", "collection_level_id", "collection_delegated"]
        self.assertSame(
            self._queries(lambda: self.few.item_ids.move_id.read(names)),
            self._queries(lambda: self.many.item_ids.move_id.read(names)),
        )
