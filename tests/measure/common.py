import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import freeze_time

from ..receipt.common import ReceiptCommon


def month_ends(last, count):
    """The `count` last days of months up to the month of `last`, oldest first."""
    first = last.replace(day=1)
    return [
        first - relativedelta(months=number - 1) - timedelta(days=1)
        for number in reversed(range(count))
    ]


def cents(amount):
    return Decimal(f"{amount:.2f}")


@freeze_time("2026-03-31")
class MeasureCommon(ReceiptCommon):
    """Ledgers of two years in which anything happens to a debt."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.doubtful = cls.env["account.account"].create(
            {
                "code": "416000",
                "name": "Doubtful customers",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        cls.env["res.currency.rate"].create(
            [
                {
                    "currency_id": cls.dollar.id,
                    "company_id": cls.company.id,
                    "name": date(2024, 4, 1) + relativedelta(months=number),
                    "rate": 1.1 + number % 5 / 10,
                }
                for number in range(23)
            ]
        )
        cls.instalments = cls.env["account.payment.term"].create(
            {
                "name": "30/60/90 days",
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": share,
                            "nb_days": days,
                            "delay_type": "days_after",
                        }
                    )
                    for share, days in ((30, 30), (30, 60), (40, 90))
                ],
            }
        )

    @classmethod
    def _change_account(cls, moves, day, account=None):
        """Move what is owed of `moves` to the account of doubtful customers."""
        lines = moves.line_ids.filtered(
            lambda line: (
                line.account_id in (cls.receivable, cls.doubtful)
                and not line.reconciled
            )
        )
        wizard = (
            cls.env["account.automatic.entry.wizard"]
            .with_context(active_model="account.move.line", active_ids=lines.ids)
            .create(
                {
                    "action": "change_account",
                    "date": day,
                    "journal_id": cls.misc_journal.id,
                    "destination_account_id": (account or cls.doubtful).id,
                }
            )
        )
        return cls.env["account.move"].browse(wizard.do_action()["res_id"])

    @classmethod
    def _make_ledger(cls, seed, partners, count=30):
        """Invoices of two years, and whatever happened to them."""
        lot = random.Random(seed)
        for _number in range(count):
            partner = lot.choice(partners)
            day = date(2024, 4, 1) + timedelta(days=lot.randrange(700))
            cls._make_invoice(lot, partner, day)
        cls.env["collection.account"]._flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _make_invoice(cls, lot, partner, day):
        currency = lot.choice([cls.company.currency_id] * 3 + [cls.dollar])
        values = {"date": day, "currency": currency}
        if lot.random() < 0.3:
            values["invoice_payment_term_id"] = cls.instalments.id
        invoice = cls._invoice(
            partner,
            lot.randint(100, 100_000) / 100,
            day + timedelta(days=lot.choice((0, 30, 45, 60))),
            **values,
        )
        for _act in range(lot.randint(0, 3)):
            day += timedelta(days=lot.randint(0, 60))
            if day > date(2026, 3, 31) or not invoice.amount_residual:
                return
            part = round(invoice.amount_residual * lot.choice((1, 0.5, 0.37)), 2)
            act = lot.choice(("money", "money", "credit", "loose", "loss", "doubtful"))
            if act == "money":
                cls._pay(invoice, part, day)
            elif act == "credit":
                refund = cls._credit_note(partner, part, day, currency=currency)
                cls._reconcile(invoice, refund)
            elif act == "loose":
                cls._credit_note(partner, part, day, currency=currency)
            elif act == "loss" and currency == cls.company.currency_id:
                who = {"partner_id": partner.id}
                cls._entry(
                    day,
                    (cls.expense, part, who),
                    (cls.receivable, -part, who),
                    match=[invoice],
                )
            elif act == "doubtful":
                cls._change_account(invoice, day)
                return

    # ------------------------------------------------------------------
    # The same, worked out here from the journal items alone
    # ------------------------------------------------------------------

    def _debtor_lines(self, partners=None):
        domain = [
            ("company_id", "=", self.company.id),
            ("parent_state", "=", "posted"),
            ("account_id", "in", (self.receivable | self.doubtful).ids),
        ]
        if partners:
            domain.append(("partner_id", "child_of", partners.ids))
        return self.env["account.move.line"].search(domain)

    def _expected_items(self, lines, day):
        """{line: (amount in its currency, amount)} that was open on `day`."""
        expected = {}
        for line in lines:
            if line.date > day:
                continue
            amount, balance = cents(line.amount_currency), cents(line.balance)
            for part in line.matched_credit_ids:
                if part.credit_move_id.date <= day:
                    amount -= cents(part.debit_amount_currency)
                    balance -= cents(part.amount)
            for part in line.matched_debit_ids:
                if part.debit_move_id.date <= day:
                    amount += cents(part.credit_amount_currency)
                    balance += cents(part.amount)
            if amount or balance:
                expected[line] = amount, balance
        return expected

    def _expected_ages(self, expected, day):
        """{age: amount} of what `_expected_items` found."""
        ages = defaultdict(Decimal)
        for line, (_amount, balance) in expected.items():
            late = (day - (line.date_maturity or line.date)).days
            if line.balance < 0:
                age = "credit"
            elif late <= 0:
                age = "not_due"
            else:
                age = next(
                    name
                    for name, last in (
                        ("d1_30", 30),
                        ("d31_60", 60),
                        ("d61_90", 90),
                        ("d91_plus", 99_999),
                    )
                    if late <= last
                )
            ages[age] += balance
        return dict(ages)

    def _ageing(self, day, **context):
        return self.env["collection.ageing"].with_context(
            collection_day=str(day), **context
        )

    def _ages(self, day, domain=()):
        return {
            age: cents(amount)
            for age, amount in self._ageing(day)._read_group(
                [("company_id", "=", self.company.id), *domain],
                ["age_bucket"],
                ["amount_balance:sum"],
            )
        }
