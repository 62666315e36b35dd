from datetime import timedelta

from odoo import fields
from odoo.tests import freeze_time

from ..common import CollectionCommon

#: a Tuesday, 11 o'clock in Paris
NOW = "2026-11-24 10:00:00"


@freeze_time(NOW)
class QualityCommon(CollectionCommon):
    """An in-house account and one with the provider, and people of both who call."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.write({"tz": "Europe/Paris", "lang": "en_US"})
        cls.company.email = "accounts@company.example.com"
        cls.customer.lang = cls.other_customer.lang = "en_US"
        cls._invoice(cls.customer, 1000.0, "2026-10-08")
        cls._invoice(cls.other_customer, 500.0, "2026-10-08")
        cls.in_house = cls.account_of(cls.customer)
        cls.delegated = cls.account_of(cls.other_customer)
        cls.placement = cls._hand_over(cls.delegated)
        cls.collector = cls._agent(cls.collector_user, cls.env["res.partner"])
        cls.right_party = cls.env.ref("account_collection.outcome_information_only")
        cls.wrong_party = cls.env.ref("account_collection.outcome_contact_absent")
        cls.no_answer = cls.env.ref("account_collection.outcome_no_answer")

    @classmethod
    def _log(cls, account, user, date=NOW, outcome=None, **values):
        """A call as `user` logged it at a moment in UTC."""
        date = fields.Datetime.to_datetime(date)
        with freeze_time(date):
            call = (
                cls.env["collection.call"]
                .with_user(user)
                .create(
                    {
                        "account_id": account.id,
                        "outcome_id": (outcome or cls.right_party).id,
                        "next_action": "See whether it has arrived",
                        "next_action_date": date.date() + timedelta(days=3),
                        # more than one call a day to a customer
                        "obstacle_reason": "Asked to be called again",
                        **values,
                    }
                )
            )
        return call.with_env(cls.env)

    @classmethod
    def _log_many(cls, account, user, number, date=NOW, **values):
        calls = cls.env["collection.call"]
        for _number in range(number):
            calls |= cls._log(account, user, date, **values)
        return calls


YESTERDAY = "2026-11-23 09:00:00"


class SatisfactionCommon(QualityCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # as the nightly job asks
        cls.Satisfaction = cls.env["collection.satisfaction"].sudo()
        cls.company.collection_satisfaction_every = 1
        cls.mandate.user_id = cls.manager_user

    def _ask(self):
        return self.Satisfaction._ask(self.company)

    def _asked(self, account=None, user=None, date=YESTERDAY):
        """A request about a call of yesterday."""
        self._log(account or self.in_house, user or self.collector_user, date)
        request = self._ask()
        self.assertEqual(len(request), 1)
        return request

    def _mails(self, requests):
        return self.env["mail.mail"].search(
            [
                ("model", "=", "collection.satisfaction"),
                ("res_id", "in", requests.ids),
            ]
        )

    def _rate(self, request, rate, feedback=None):
        token = request._rating_get_access_token()
        rating = self.env["rating.rating"].sudo().search([("access_token", "=", token)])
        request.sudo().rating_apply(rate, rating=rating, feedback=feedback)
        return rating
