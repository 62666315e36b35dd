from odoo import Command
from odoo.tests import freeze_time
from odoo.tools import SQL

from ..common import CollectionCommon


@freeze_time("2026-03-31")
class ReceiptCommon(CollectionCommon):
    """Ledgers in which debts are settled by whatever settles them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        data = cls.company_data
        cls.receivable = data["default_account_receivable"]
        cls.payable = data["default_account_payable"]
        cls.revenue = data["default_account_revenue"]
        cls.expense = data["default_account_expense"]
        cls.bank = data["default_journal_bank"].default_account_id
        cls.misc_journal = data["default_journal_misc"]
        cls.bank_journal = data["default_journal_bank"]
        cls.cash_journal = data["default_journal_cash"]
        cls.cash = cls.cash_journal.default_account_id
        cls.discount_account = (
            cls.company.account_journal_early_pay_discount_loss_account_id
        )
        cls.vat = data["default_account_tax_sale"]
        cls.dollar = cls._enable_currency("USD")
        cls.env["res.currency.rate"].create(
            [
                {
                    "currency_id": cls.dollar.id,
                    "company_id": cls.company.id,
                    "name": day,
                    "rate": rate,
                }
                for day, rate in (
                    ("2020-01-01", 2.0),
                    ("2026-03-10", 2.5),
                    ("2026-03-20", 1.6),
                )
            ]
        )

    @classmethod
    def _entry(cls, date, *lines, journal=None, match=None):
        """A posted entry of `lines`: (account, balance) or (account, balance, values).

        :param match: moves with whose receivable items those of the entry are matched
        """
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": (journal or cls.misc_journal).id,
                "date": date,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": account.id,
                            "balance": balance,
                            "partner_id": cls.customer.id,
                            **(more[0] if more else {}),
                        }
                    )
                    for account, balance, *more in lines
                ],
            }
        )
        move.action_post()
        if match:
            cls._reconcile(*match, move)
        return move

    @classmethod
    def _register(cls, invoices, date, amount=None, **values):
        """Pay `invoices` as the button on the invoice does; return the payments."""
        wizard = (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create(
                {
                    "payment_date": date,
                    **({} if amount is None else {"amount": amount}),
                    **values,
                }
            )
        )
        return wizard._create_payments()

    @classmethod
    def _pay_and_write_off(cls, invoices, amount, date, account=None, **values):
        """Pay `amount` and mark the invoices as fully paid."""
        return cls._register(
            invoices,
            date,
            amount,
            group_payment=True,
            payment_difference_handling="reconcile",
            writeoff_account_id=(account or cls.expense).id,
            **values,
        )

    def _query(self, query, *moves):
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        ids = [item.id for move in moves for item in move.collection_item_ids]
        return self.env.execute_query_dict(
            SQL(
                "SELECT * FROM (%s) one ORDER BY item_id, date, amount DESC",
                getattr(source, query)(SQL("item.id = ANY(%s)", ids)),
            )
        )

    def _settled(self, *moves):
        """What settled the items of `moves`: (day, kind, amount)."""
        return [
            (str(row["date"]), row["kind"], float(row["amount"]))
            for row in self._query("_settled_query", *moves)
        ]

    def _settled_in_company(self, *moves):
        return [
            (str(row["date"]), row["kind"], float(row["amount_company"]))
            for row in self._query("_settled_query", *moves)
        ]

    def _returned(self, *moves):
        return [
            (str(row["date"]), row["kind"], float(row["amount"]))
            for row in self._query("_returned_query", *moves)
        ]

    def assertProven(self):
        """Every item is settled by what is said: the source's own proof."""
        self.assertEqual(self.env["collection.receipt.source"]._get_differences(), [])
