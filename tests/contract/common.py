from odoo import Command
from odoo.tests import freeze_time
from odoo.tools import SQL

from ..common import CollectionCommon
from ..delegation.common import HandoverCommon


@freeze_time("2026-03-31 09:00:00")
class ContractCommon(CollectionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contract = (
            cls.env["collection.mandate"]
            .with_user(cls.manager_user)
            .create(
                {
                    "name": "Small customers",
                    "provider_id": cls.provider.id,
                    "agent_ids": [Command.set((cls.agent | cls.supervisor).ids)],
                    "date_start": "2026-04-01",
                    "min_days_overdue": 30,
                    "plan_amount": 2000.0,
                    "data_contact": "dpo@provider.example.com",
                    "sub_processors": "None",
                    "data_security": "Accounts by name",
                }
            )
        )

        cls._skip_readiness(cls.contract)

    @classmethod
    def _skip_readiness(cls, mandate):
        """The brakes are no matter of the tests of the contract."""
        for answer in mandate.readiness_ids:
            answer.reason = "Tested elsewhere"
            answer.action_set_not_applicable()

    def _as(self, user):
        return self.env(user=user, su=False)["collection.mandate"]

    def _approve_for_provider(self, user=None):
        user = user or self.supervisor_user
        return self._as(user)._approve_for_provider(self.contract.id)

    @classmethod
    def _objective(cls, code, target, deadline, **values):
        return cls.contract.objective_ids.create(
            {
                "mandate_id": cls.contract.id,
                "indicator_id": cls.env.ref(f"account_collection.indicator_{code}").id,
                "target": target,
                "deadline": deadline,
                **values,
            }
        )


class ReadinessCommon(CollectionCommon):
    """A contract in study with the three brakes before it.

    "Nord" and "Vela" are the collector's, "Kern" is the manager's and stays.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.third_customer = cls._customer("Kern")
        cls._invoice(cls.customer, 700.0, "2026-02-10")
        cls._invoice(cls.customer, 300.0, "2026-05-10")
        cls._invoice(cls.other_customer, 500.0, "2026-03-01")
        cls._invoice(cls.third_customer, 1500.0, "2026-03-10")
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.third_account = cls.account_of(cls.third_customer)
        segment = cls.env.ref("account_collection.segment_sme")
        (cls.account | cls.other_account).write(
            {"segment_id": segment.id, "user_id": cls.collector_user.id}
        )
        cls.third_account.write({"reserved": True, "user_id": cls.manager_user.id})
        cls.contract = (
            cls.env["collection.mandate"]
            .with_user(cls.manager_user)
            .create(
                {
                    "name": "All but the reserved",
                    "provider_id": cls.provider.id,
                    "agent_ids": [Command.set((cls.agent | cls.supervisor).ids)],
                    "date_start": "2026-03-01",
                    "extent": "total",
                }
            )
        )

    @classmethod
    def _point(cls, code):
        return cls.env.ref(f"account_collection.readiness_{code}")

    def _answer(self, code, user=None):
        """The answer of the contract to a point, as `user` has it."""
        point = self._point(code)
        answer = self.contract.readiness_ids.filtered(
            lambda answer: answer.point_id == point
        )
        return answer.with_user(user or self.manager_user)

    def _missing(self, state):
        """What readiness asks for before the contract enters `state`."""
        return [
            sentence
            for sentence in self.contract._get_missing(state)
            if sentence.startswith("Readiness,")
        ]


class FileCommon(HandoverCommon):
    """Files of hundreds of customers."""

    def _many(self, count):
        """A file of `count` customers, as a year of sales and the ledger leave it: the
        first sells `count` hundred, the last one hundred; every third owes a hundred
        since the 1st of January, February or March."""
        partners = self.env["res.partner"].create(
            [{"name": f"Many {number:04d}"} for number in range(count)]
        )
        self.env.flush_all()
        days = ("2026-01-01", "2026-02-01", "2026-03-01")
        self.env.execute_query(
            SQL(
                """
                WITH own AS (
                    INSERT INTO collection_account (
                        company_id, partner_id, active, segment_id, amount_open,
                        amount_overdue, amount_credit, oldest_due_date,
                        delegation_state, payer_class)
                    SELECT %(company)s, id, TRUE, %(segment)s,
                           CASE WHEN number %% 3 = 0 THEN 100 ELSE 0 END,
                           CASE WHEN number %% 3 = 0 THEN 100 ELSE 0 END, 0,
                           CASE WHEN number %% 3 = 0
                                THEN (%(days)s::date[])[number / 3 %% 3 + 1] END,
                           'in_house', 'n'
                      FROM unnest(%(ids)s::int[]) WITH ORDINALITY AS p (id, n)
                CROSS JOIN LATERAL (SELECT n::int - 1 AS number) counted
                 RETURNING id)
                INSERT INTO account_move (
                    journal_id, company_id, currency_id, state, move_type, auto_post,
                    date, invoice_date, partner_id, commercial_partner_id, name,
                    amount_total_signed)
                SELECT %(journal)s, %(company)s, %(currency)s, 'posted', 'out_invoice',
                       'no', '2025-09-01', '2025-09-01', id, id, 'MANY/' || n,
                       (%(count)s - n + 1) * 100
                  FROM unnest(%(ids)s::int[]) WITH ORDINALITY AS p (id, n)
             RETURNING id
                """,
                company=self.company.id,
                segment=self.ordinary.id,
                days=list(days),
                ids=partners.ids,
                journal=self.company_data["default_journal_sale"].id,
                currency=self.company.currency_id.id,
                count=count,
            )
        )
        self.env.invalidate_all()
        accounts = self.env["collection.account"].search(
            [("partner_id", "in", partners.ids)], order="partner_id"
        )
        self.assertEqual(len(accounts), count)
        return accounts
