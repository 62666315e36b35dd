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

    def _as(self, user):
        return self.env(user=user, su=False)["collection.mandate"]

    def _approve_for_provider(self, user=None):
        user = user or self.supervisor_user
        return self._as(user)._approve_for_provider(self.contract.id)
