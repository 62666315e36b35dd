# pylint: disable=translation-required,invalid-commit  # what a test says, nobody
# reads; and people at work save what they do
import random
import threading
import time
from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import OperationalError

from odoo import Command, api
from odoo.exceptions import UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import CollectionCommon

#: customers with three invoices each, and for how long people work on them
CUSTOMERS = 60
SECONDS = 40
#: more of them for who has not come to the end of one act meanwhile
PATIENCE = 60


@tagged("post_install", "-at_install", "-standard", "many_users")
class TestManyUsers(CollectionCommon):
    """Everybody works at once on the same customers, and the figures stay true.

    What people do is saved: this test has a database of its own, which is used up.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact_user = cls._user(
            "collection_contacts", "base.group_user,base.group_partner_manager"
        )
        cls.cashier_user = cls._user("collection_cashier", "account.group_account_user")
        today = cls._today()
        cls.partners = cls.env["res.partner"]
        for number in range(CUSTOMERS):
            # the addresses that make two contacts one
            partner = cls._customer(
                f"Busy {number}", email=f"{number // 2}@example.com"
            )
            cls.partners |= partner
            for days in (5, 40, 95):
                cls._invoice(partner, 100.0 + number, today - timedelta(days=days))
        accounts = cls.env["collection.account"].search(
            [("partner_id", "in", cls.partners.ids)]
        )
        # who has no segment stays
        accounts.segment_id = cls.env.ref("account_collection.segment_sme")
        cls.env["collection.account"]._flush_all()
        # every test undoes what it did; this one is about what is saved
        Cursor.commit(cls.env.cr)

    # ------------------------------------------------------------------
    # What people do
    # ------------------------------------------------------------------

    def _accounts(self, env, domain=(), count=1):
        accounts = env["collection.account"].search(
            [("company_id", "=", self.company.id), *domain]
        )
        return accounts.browse(
            self.dice.sample(accounts.ids, min(count, len(accounts.ids)))
        )

    def pay(self, env):
        """A payment comes in and is matched with the oldest invoices."""
        [account] = self._accounts(env, [("amount_open", ">", 0)]) or [None]
        if not account:
            return False
        payment = env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": account.partner_id.id,
                "amount": self.dice.choice((30.0, account.amount_open, 130.0)),
                "journal_id": self.company_data["default_journal_bank"].id,
            }
        )
        payment.action_post()
        lines = account.item_ids.move_line_id.filtered(
            lambda line: not line.reconciled and line.parent_state == "posted"
        )
        (lines.sorted("date_maturity")[:2] | self._receivable(payment)).reconcile()
        return True

    def bounce(self, env):
        """A payment was matched with the wrong invoices."""
        payments = env["account.payment"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "in", ("paid", "in_process")),
            ]
        )
        if not payments:
            return False
        payment = payments.browse(self.dice.choice(payments.ids))
        payment.move_id.line_ids.remove_move_reconcile()
        return True

    def _receivable(self, payment):
        return payment.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )

    def bill(self, env):
        """An invoice is posted, another is corrected."""
        [account] = self._accounts(env)
        invoice = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": account.partner_id.id,
                "journal_id": self.company_data["default_journal_sale"].id,
                "invoice_date": self._today() - timedelta(days=60),
                "invoice_date_due": self._today() - timedelta(days=30),
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "More",
                            "price_unit": 55.0,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        [other] = self._accounts(env, [("amount_open", ">", 0)]) or [account]
        move = other.item_ids.filtered(lambda item: item.state == "open").move_id[:1]
        if move.move_type == "out_invoice" and not move.need_cancel_request:
            move.button_draft()
            if self.dice.random() < 0.5:
                move.action_post()
            else:
                move.button_cancel()
        return True

    def remind(self, env):
        """A run is computed and confirmed, or thrown away."""
        run = env["collection.dunning.run"].create({"company_id": self.company.id})
        run.action_compute()
        if self.dice.random() < 0.5:
            run.action_confirm()
        run.action_cancel()
        return True

    def hand_over(self, env):
        accounts = self._accounts(
            env, [("delegation_state", "=", "in_house"), ("amount_overdue", ">", 0)], 8
        )
        # whole customers, or the oldest invoice of each
        chosen = {"account_ids": [Command.set(accounts.ids)]}
        if self.dice.random() < 0.3:
            items = env["collection.item"].union(
                *(account.item_ids[:1] for account in accounts)
            )
            chosen = {"item_ids": [Command.set(items.ids)]}
        wizard = env["collection.handover"].create(
            {
                "mandate_id": self.dice.choice(
                    (self.mandate.id, self.other_mandate.id)
                ),
                "method": "manual",
                **chosen,
            }
        )
        wizard.action_preview()
        wizard.action_confirm()
        return bool(accounts)

    def recall(self, env):
        accounts = self._accounts(env, [("delegation_state", "=", "delegated")], 4)
        values = {"reason": "strategic", "account_ids": [Command.set(accounts.ids)]}
        if accounts and self.dice.random() < 0.5:
            item = accounts.item_ids.filtered("delegated")[:1]
            values = {"reason": "strategic", "item_ids": [Command.set(item.ids)]}
        env["collection.recall"].create(values).action_recall()
        return True

    def transfer(self, env):
        """Customers of one provider go to the other."""
        # not those that the night proposed
        delegated = [
            ("delegation_state", "=", "delegated"),
            ("mandate_id", "=", self.mandate.id),
        ]
        accounts = self._accounts(env, delegated, 3)
        env["collection.transfer"].create(
            {
                "account_ids": [Command.set(accounts.ids)],
                "mandate_id": self.other_mandate.id,
                "reason": "Both are fast",
                "leave_blocked": True,
            }
        ).action_transfer()
        return True

    def acknowledge(self, env):
        """The provider's supervisor refuses one customer, and accepts the others."""
        placements = env["collection.placement"].search([("state", "=", "handed_over")])
        if not placements:
            return False
        placement = placements.browse(self.dice.choice(placements.ids))
        # sudo: what the page shows
        lines = placement.sudo().line_ids.filtered(lambda line: line.state == "active")
        if len(lines) > 1 and self.dice.random() < 0.5:
            placement._portal_refuse(lines[:1].ids, "papers", "No copies")
        else:
            placement._portal_accept(placement.sudo()._get_receipt_seal())
        return True

    def call(self, env):
        """An agent works a customer of theirs."""
        [account] = self._accounts(env, [("amount_overdue", ">", 0)]) or [None]
        if not account:
            return False
        if self.dice.random() < 0.5:
            account._portal_new_promise(
                {
                    "amount": account.amount_overdue / 2,
                    "date_promised": self._today() + timedelta(days=5),
                }
            )
        else:
            account._portal_write_note("Called twice")
        return True

    def merge(self, env):
        """Two contacts with one address turn out to be one."""
        partners = env["res.partner"].search([("name", "=like", "Busy %")], order="id")
        pairs = [pair for pair in partners.grouped("email").values() if len(pair) == 2]
        if not pairs:
            return False
        pair = self.dice.choice(pairs)
        env["base.partner.merge.automatic.wizard"].create(
            {
                "state": "selection",
                "partner_ids": [Command.set(pair.ids)],
                "dst_partner_id": pair[:1].id,
            }
        ).action_merge()
        return True

    def night(self, env):
        env["collection.account"]._cron_refresh()
        env["collection.account"]._rank()
        env["collection.placement.line"]._cron_expire()
        for mandate in self.mandate | self.other_mandate:
            # as the job of the rules does
            mandate.with_env(env)._run_rules(self._today())
        return True

    # ------------------------------------------------------------------
    # All of it at once
    # ------------------------------------------------------------------

    def _goes_on(self, acts):
        """Until the time is over; whoever gave way to the others all the time, as the
        night does to people, once more when they have gone home."""
        now = time.monotonic()
        undone = not all(self.done[act.__name__] for act in acts)
        return now < self.end or (undone and now < self.end + PATIENCE)

    def _work(self, user, acts):
        """Do one act after the other as `user`, each in a transaction of its own."""
        while not self.crashes and self._goes_on(acts):
            time.sleep(0.2)  # they think
            act = self.dice.choice(acts)
            with self.registry.cursor() as cr:
                env = api.Environment(
                    cr, user, {"allowed_company_ids": self.company.ids}
                )
                try:
                    did = retrying(lambda env=env, act=act: act(env), env)
                except UserError as refusal:
                    # said in words, and nothing of it is done
                    cr.rollback()
                    self.refused[act.__name__, str(refusal)[:60]] += 1
                except OperationalError as busy:
                    # more at once than even the fifth try can stand
                    cr.rollback()
                    self.refused[act.__name__, type(busy).__name__] += 1
                except Exception as crash:  # noqa: BLE001 - whatever it was
                    cr.rollback()
                    self.crashes.append((act.__name__, repr(crash)))
                else:
                    self.done[act.__name__] += bool(did)

    def test_everybody_at_once(self):
        self.dice = random.Random(1)
        self.done, self.refused, self.crashes = Counter(), Counter(), []
        self.end = time.monotonic() + SECONDS
        people = (
            (self.cashier_user, (self.pay, self.pay, self.bounce, self.bill)),
            (self.cashier_user, (self.pay, self.bounce)),
            (self.manager_user, (self.hand_over, self.recall)),
            (self.manager_user, (self.recall, self.hand_over, self.transfer)),
            (self.supervisor_user, (self.acknowledge,)),
            (self.manager_user, (self.remind,)),
            (self.agent_user, (self.call,)),
            (self.other_agent_user, (self.call,)),
            (self.contact_user, (self.merge,)),
            (self.env.ref("base.user_root"), (self.night,)),
        )
        threads = [
            threading.Thread(target=self._work, args=(user.id, acts))
            for user, acts in people
        ]
        with (
            mute_logger("odoo.sql_db", "odoo.service.model"),
            # held by the thread that runs the tests
            patch.object(Registry, "_lock", DummyRLock()),
        ):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertFalse(self.crashes)
        for act in {act.__name__ for _user, acts in people for act in acts}:
            self.assertTrue(self.done[act], f"{act}: {self.done} {self.refused}")
        with self.registry.cursor() as cr:
            env = self.env(cr=cr)
            self._check_figures(env)
            self._check_delegation(env)

    def _check_figures(self, env):
        """All figures are those of the ledger, worked out here once more."""
        self.assertEqual(env["collection.account"]._refresh(), 0)
        rows = env.execute_query(
            SQL(
                """
                SELECT acc.id, acc.amount_open, acc.amount_credit,
                       COALESCE(SUM(aml.amount_residual)
                                FILTER (WHERE aml.balance > 0), 0),
                       COALESCE(-SUM(aml.amount_residual)
                                FILTER (WHERE aml.balance < 0), 0)
                  FROM collection_account acc
             LEFT JOIN res_partner p ON p.commercial_partner_id = acc.partner_id
             LEFT JOIN (account_move_line aml
                        JOIN account_account aa ON aa.id = aml.account_id
                         AND aa.account_type = 'asset_receivable')
                    ON aml.partner_id = p.id AND aml.parent_state = 'posted'
                   AND aml.company_id = acc.company_id
                 WHERE acc.company_id = %s
              GROUP BY acc.id
                """,
                self.company.id,
            )
        )
        self.assertGreater(len(rows), CUSTOMERS // 2)
        for account_id, amount_open, credit, owed, paid in rows:
            with self.subTest(account=account_id):
                self.assertAlmostEqual(float(amount_open or 0), float(owed), 2)
                self.assertAlmostEqual(float(credit or 0), float(paid), 2)
        self.assertFalse(env["collection.receipt.source"]._get_differences())

    def _check_delegation(self, env):
        """Who holds what: one provider at most, and only as long as it is said so."""
        items = env["collection.item"].search([("company_id", "=", self.company.id)])
        for item in items:
            account = item.account_id
            self.assertEqual(item.partner_id, account.partner_id)
            if item.delegated:
                line = item.placement_line_id
                self.assertEqual(line, account.placement_line_id)
                self.assertEqual(line.state, "active")
                self.assertEqual(line.account_id, account)
            if item.promise_id:
                self.assertEqual(item.promise_id.state, "open")
        accounts = items.account_id
        for account in accounts:
            active = account.placement_line_ids.filtered(
                lambda line: line.state == "active"
            )
            self.assertLessEqual(len(active), 1)
            self.assertEqual(account.placement_line_id, active)
            proposed = active.placement_id.state == "proposed"
            self.assertEqual(
                account.delegation_state == "delegated", bool(active) and not proposed
            )
            self.assertEqual(account.delegation_state == "proposed", proposed)
            for line in account.placement_line_ids - active:
                told = line.change_ids.filtered(
                    lambda change: change.field_name == "state"
                ).sorted("id")
                self.assertEqual(told[-1:].value_after, line.state)
        for user in (self.agent_user, self.other_agent_user):
            seen = env["collection.item"].with_user(user.id).search([])
            self.assertTrue(all(seen.mapped("delegated")))
            self.assertFalse(
                seen.sudo().filtered(
                    lambda item, user=user: (
                        user.id
                        not in item.placement_line_id.mandate_id.agent_ids.user_id.ids
                    )
                )
            )
        letters = env["collection.letter"].search(
            [("company_id", "=", self.company.id), ("state", "=", "to_send")]
        )
        self.assertFalse(letters)
