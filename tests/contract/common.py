from odoo import Command
from odoo.tests import freeze_time

from ..common import CollectionCommon


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
