from datetime import timedelta

from odoo import Command
from odoo.fields import Domain

from .ledger import moment, working_day


class DemoCallStories:
    """Calls of yesterday with all that may come of one, and one put right since."""

    def __init__(self, env, users, date, today):
        self.env = env
        self.users = users
        self.date = date
        self.today = today
        self._minute = 0

    def play(self, mandate):
        collector = self.users["collector"]
        stories = (
            self._is_put_right,
            self._promises,
            self._contests,
            self._has_left,
            self._asks_for_time,
        )
        free = self._free(Domain("delegation_state", "=", "in_house"))
        for account, story in zip(free, stories, strict=False):
            story(account, account.user_id)
        bill = self.env["collection.bill"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("state", "in", ("sent", "chased")),
            ],
            limit=1,
        )
        if bill:
            self._returns(bill, collector)
        agent = self.users["agent"]
        free = self._free(
            Domain("delegation_state", "=", "delegated")
            & Domain("mandate_id", "=", mandate.id)
            & Domain("agent_id.user_id", "=", agent.id)
        )
        for account, story in zip(free, (self._promises, self._contests), strict=False):
            story(account, agent)

    def _free(self, domain):
        """Late customers with whom nothing is agreed yet, largest amounts first."""
        return self.env["collection.account"].search(
            Domain("company_id", "=", self.env.company.id)
            & domain
            & Domain("amount_overdue", ">", 0)
            & Domain("amount_disputed", "=", 0)
            & Domain("insolvency_date", "=", False)
            & Domain("hold_until", "=", False)
            & Domain("segment_id.debtor_type", "=", "private")
            & ~Domain("plan_ids", "any", [("state", "in", ("to_approve", "active"))])
            & ~Domain("promise_ids", "any", [("state", "=", "open")]),
            order="amount_overdue desc, id",
        )

    def _items(self, account):
        return account.open_item_ids.filtered(
            lambda item: (
                item.date_due < self.date and item.currency_id == account.currency_id
            )
        )

    def _call(self, account, user, code, **values):
        # as superuser with its moment: the demo data are loaded at any hour
        self._minute += 17
        return self.env["collection.call"].create(
            {
                "account_id": account.id,
                "user_id": user.id,
                "agent_id": self._agent(user).id,
                "date": moment(
                    self.date, 9 + self._minute // 60, minute=self._minute % 60
                ),
                "phone": account._dunning_contact().phone,
                "outcome_id": self.env.ref(f"account_collection.outcome_{code}").id,
                **values,
            }
        )

    def _agent(self, user):
        return self.env["collection.agent"].search([("user_id", "=", user.id)], limit=1)

    # ------------------------------------------------------------------
    # Stories
    # ------------------------------------------------------------------

    def _promises(self, account, user):
        items = self._items(account)
        promise = self.env["collection.promise"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(items.ids)],
                "amount": sum(items.mapped("amount_residual")),
                "date_made": self.date,
                "date_promised": working_day(self.today + timedelta(days=4)),
                "payment_means": "transfer",
                "person": "Mme Ferrand, comptabilité",
                "user_id": user.id,
            }
        )
        self._call(
            account,
            user,
            "promise",
            duration=4.5,
            person="Mme Ferrand, comptabilité",
            note="Virement promis, les factures sont validées.",
            promise_id=promise.id,
        )

    def _contests(self, account, user):
        item = self._items(account)[:1]
        dispute = self.env["collection.dispute"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(item.ids)],
                "amount": item.currency_id.round(item.amount_residual * 0.25),
                "reason_id": self.env.ref(
                    "account_collection.dispute_reason_quantity"
                ).id,
                "description": "Deux cartons manquants à la livraison.",
                "agent_id": self._agent(user).id,
                "owner_id": self.users["manager"].id,
            }
        )
        self._call(
            account,
            user,
            "dispute",
            duration=6.2,
            person="M. Lacaze, réception",
            note="Deux cartons manquants à la livraison, bon annoté.",
            dispute_id=dispute.id,
        )

    def _asks_for_time(self, account, user):
        items = self._items(account)
        plan = self.env["collection.payment.plan"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(items.ids)],
                "instalment_count": 3,
                "date_start": self.date,
                "date_first": working_day(self.today + timedelta(days=10)),
                "payment_means": "direct_debit",
                "person": "Le gérant",
                "user_id": user.id,
            }
        )
        plan.action_split()
        plan.action_agree()
        self._call(
            account,
            user,
            "plan_requested",
            duration=8.0,
            person="Le gérant",
            note="Saison difficile, tient à rester client. Trois échéances acceptées.",
            plan_id=plan.id,
        )

    def _has_left(self, account, user):
        self._call(
            account,
            user,
            "contact_left_company",
            duration=2.0,
            person="Standard",
            note="La comptable est partie, M. Abadie lui succède.",
            next_action="Rappeler M. Abadie",
            next_action_date=self.today,
            next_action_time=10.5,
        )
        account._add_contact(
            {
                "name": "Hugo Abadie",
                "function": "Comptable fournisseurs",
                "phone": "+33 1 99 00 53 18",
                "email": "h.abadie@client.example.com",
            }
        )

    def _is_put_right(self, account, user):
        call = self._call(
            account,
            user,
            "already_paid",
            duration=3.0,
            note="Dit avoir payé la semaine dernière.",
            next_action="Rapprocher avec la banque",
            next_action_date=working_day(self.today + timedelta(days=2)),
        )
        call.with_user(user)._correct(
            "Saisi sur la réponse d’un autre client",
            {
                "outcome_id": self.env.ref(
                    "account_collection.outcome_payment_in_process"
                ).id,
                "note": "Paiement prévu à la prochaine campagne, rien de parti encore.",
                "next_action": "Vérifier l’arrivée du virement",
                "next_action_date": working_day(self.today + timedelta(days=3)),
            },
        )

    def _returns(self, bill, user):
        bill.action_chase()
        self._call(
            bill.account_id,
            user,
            "bill_will_be_returned",
            duration=1.8,
            note="L’effet est à la signature, retour par la poste demain.",
            bill_id=bill.id,
        )
