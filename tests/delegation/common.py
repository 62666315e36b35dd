from odoo import Command
from odoo.tests import freeze_time
from odoo.tools import SQL

from ..common import CollectionCommon

#: what the full refresh writes, directly or through what follows the ledger
POSITION_MODELS = (
    "collection.account",
    "collection.item",
    "collection.dispute",
    "collection.promise",
    "collection.payment.plan",
    "collection.bill",
    "collection.placement",
    "collection.placement.line",
    "collection.placement.item",
)


@freeze_time("2026-03-31")
class MergeCommon(CollectionCommon):
    """Two customers who turn out to be one, merged by whoever keeps the contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact_user = cls._user(
            "collection_contacts", "base.group_user,base.group_partner_manager"
        )
        # only an administrator merges contacts who do not share their address
        (cls.customer | cls.other_customer).email = "pay@nord.example.com"
        cls.invoice = cls._invoice(cls.customer, 1000.0, "2026-02-01")
        cls.other_invoice = cls._invoice(cls.other_customer, 300.0, "2026-03-01")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.item = cls.account.item_ids
        cls.other_item = cls.other_account.item_ids

    def _merge(self, kept, *others, user=None):
        """Merge contacts as the wizard of Contacts does.

        :return: the account of the contact that stays
        """
        self.env.flush_all()
        partners = kept.union(*others)
        self.env["base.partner.merge.automatic.wizard"].with_user(
            user or self.contact_user
        ).create(
            {
                "state": "selection",
                "partner_ids": [Command.set(partners.ids)],
                "dst_partner_id": kept.id,
            }
        ).action_merge()
        self.env.invalidate_all()
        self.assertEqual(partners.exists(), kept)
        return self.account_of(kept)

    def _dump(self):
        self.env.flush_all()
        return {
            name: self.env.execute_query(
                SQL(
                    "SELECT * FROM %s ORDER BY id",
                    SQL.identifier(self.env[name]._table),
                )
            )
            for name in POSITION_MODELS
        }

    def _assert_true(self):
        """The position is what a refresh of the whole file makes of it."""
        before = self._dump()
        self.assertEqual(self.env["collection.account"]._refresh(), 0)
        self.assertEqual(self._dump(), before)
        for item in self.env["collection.item"].search([]):
            self.assertEqual(item.account_id.partner_id, item.partner_id)
            self.assertEqual(
                item.partner_id, item.move_line_id.partner_id.commercial_partner_id
            )
            if item.move_id.is_invoice():
                self.assertEqual(item.move_id.commercial_partner_id, item.partner_id)


class HandoverCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordinary = cls.env["collection.segment"].create(
            {"name": "Ordinary", "code": "test_ordinary"}
        )

    @classmethod
    def _file(cls, count, amount=100.0, **values):
        """`count` classified customers with one overdue invoice each, the first the
        largest."""
        customers = cls._customers_named(
            [f"Customer {position:03d}" for position in range(count)], **values
        )
        cls._invoices(
            [
                (customer, amount + count - position)
                for position, customer in enumerate(customers)
            ],
            "2026-03-01",
        )
        accounts = cls.env["collection.account"].union(*map(cls.account_of, customers))
        accounts.segment_id = cls.ordinary
        return accounts

    @classmethod
    def _wizard(cls, user=None, **values):
        """A hand-over under the common mandate, as the credit manager starts it."""
        return (
            cls.env["collection.handover"]
            .with_user(user or cls.manager_user)
            .create({"mandate_id": cls.mandate.id, "method": "partial", **values})
        )

    def _preview(self, **values):
        wizard = self._wizard(**values)
        wizard.action_preview()
        return wizard

    def _line(self, wizard, account):
        return wizard.line_ids.filtered(lambda line: line.account_id == account)


class PlacementListCommon(CollectionCommon):
    @classmethod
    @freeze_time("2026-03-31")
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("en_US")
        cls.collector_user.lang = "en_US"
        cls.dollar = cls._enable_currency("USD")
        cls.env["res.currency.rate"].create(
            {
                "currency_id": cls.dollar.id,
                "company_id": cls.company.id,
                "name": "2020-01-01",
                "rate": 2.0,
            }
        )
        cls.formula = cls._customer("=1+1", ref="+33", city="@Paris")
        cls.plain = cls._customer("Dupont & Fils <SA>", ref="007", city="Lyon")
        cls.late = cls._invoice(cls.formula, 1000.0, "2026-01-30")
        cls._invoice(cls.formula, 500.0, "2026-04-30", date="2026-03-01")
        cls._invoice(cls.plain, 300.0, "2026-03-01", currency=cls.dollar)
        cls.accounts = cls.account_of(cls.formula) | cls.account_of(cls.plain)
        cls.accounts[0].segment_id = cls.env.ref("account_collection.segment_sme")
        cls.late.collection_item_ids.level_id = cls.level_2
        cls.placement = cls._hand_over(cls.accounts)
