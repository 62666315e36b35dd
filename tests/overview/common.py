from datetime import timedelta

from odoo.tests import freeze_time

from ...models.overview.collection_daily_figure import RATES
from ..quality.common import QualityCommon


class FiguresCommon(QualityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Figure = cls.env["collection.daily.figure"]

    @classmethod
    def _insert_calls(cls, account, agent, day, dials, connected, right_party):
        """Many outgoing calls of one day at once, through the model's own create."""
        outcomes = (
            [cls.right_party] * right_party
            + [cls.wrong_party] * (connected - right_party)
            + [cls.no_answer] * (dials - connected)
        )
        with freeze_time(f"{day} 09:00:00"):
            cls.env["collection.call"].with_user(agent.user_id).create(
                [
                    {
                        "account_id": account.id,
                        "outcome_id": outcome.id,
                        "next_action": "Call again",
                        "next_action_date": day + timedelta(days=2),
                        # many calls a day to one customer, for the numbers
                        "obstacle_reason": "Asked to be called again",
                    }
                    for outcome in outcomes
                ]
            )

    @classmethod
    def _promise(cls, account, user, day):
        with freeze_time(f"{day} 09:30:00"):
            return (
                cls.env["collection.promise"]
                .with_user(user)
                .create(
                    {
                        "account_id": account.id,
                        "amount": 1.0,
                        "date_promised": day + timedelta(days=5),
                        "item_ids": [(6, 0, account.item_ids.ids)],
                    }
                )
            )

    def _rates(self, domain=(), groupby=(), user=None):
        model = self.Figure.with_user(user or self.manager_user)
        names = list(RATES)
        return model._read_group(
            list(domain), list(groupby), [f"{name}:avg" for name in names]
        )
