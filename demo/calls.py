import random
from datetime import timedelta

from odoo import Command

from .ledger import SEED, moment, working_day

#: outcomes of calls: code, weight, minutes, days to the next action, next action, note
OUTCOMES = [
    ("no_answer", 5, 0.5, 2, "Rappeler", ""),
    ("busy", 2, 0.2, 1, "Rappeler", ""),
    ("voicemail_left", 4, 1.2, 3, "Rappeler", "Message laissé avec le numéro direct."),
    (
        "switchboard_blocked",
        2,
        2.0,
        2,
        "Rappeler avant 9 h",
        "Le standard ne passe pas la comptabilité l'après-midi.",
    ),
    (
        "contact_absent",
        2,
        1.5,
        4,
        "Rappeler le contact",
        "En congé, de retour en début de semaine.",
    ),
    (
        "wrong_number",
        1,
        0.5,
        1,
        "Chercher le bon numéro",
        "Numéro d'un ancien établissement.",
    ),
    (
        "promise",
        5,
        4.5,
        7,
        "Vérifier le règlement annoncé",
        "Virement annoncé pour la fin de semaine.",
    ),
    (
        "payment_in_process",
        3,
        3.0,
        6,
        "Vérifier l'arrivée du virement",
        "Factures validées, dans la prochaine campagne de règlement.",
    ),
    (
        "already_paid",
        2,
        3.5,
        3,
        "Rapprocher avec la banque",
        "Dit avoir réglé par virement, envoie l'avis d'opéré.",
    ),
    (
        "document_requested",
        2,
        2.5,
        2,
        "Envoyer le duplicata",
        "Demande un duplicata et le bon de livraison signé.",
    ),
    (
        "callback_requested",
        2,
        1.0,
        1,
        "Rappeler à l'heure convenue",
        "En plein service, préfère être rappelé le matin.",
    ),
    (
        "plan_requested",
        1,
        6.0,
        3,
        "Répondre à la demande d'échéancier",
        "Demande à payer en trois fois après la saison.",
    ),
    (
        "cannot_pay",
        1,
        5.5,
        5,
        "Décider avec la direction",
        "Trésorerie tendue, attend un accord de sa banque.",
    ),
    ("refuses_to_pay", 1, 4.0, 2, "Préparer la mise en demeure", "Refuse de régler."),
    ("information_only", 1, 1.5, 5, "Suivre", "Point sur le compte, pas d'objection."),
]


class DemoCalls:
    """Calls of the demo company's collectors and of its providers' agents."""

    def __init__(self, env, users, customers):
        self.env = env
        self.users = users
        self.random = random.Random(f"{SEED}-calls")
        self._outcomes = {
            outcome.code: outcome
            for outcome in env["collection.call.outcome"].search([])
        }
        self._choices = [row for row in OUTCOMES if row[0] in self._outcomes]
        self._accounts = env["collection.account"].browse(
            [row["account"].id for row in customers.values()]
        )

    def in_house(self, date, count):
        """Calls of the collectors to late customers nobody else works."""
        accounts = self._late(date).filtered(
            lambda account: (
                account.delegation_state in ("in_house", "reserved")
                and not account.insolvency_date
            )
        )
        self._log(
            date, self._pick(date, accounts, count), lambda account: account.user_id
        )

    def by_provider(self, date, count):
        """Calls of the providers' agents to the customers they were given."""
        accounts = self._late(date).filtered(
            lambda account: account.delegation_state == "delegated"
        )
        self._log(
            date,
            self._pick(date, accounts, count),
            lambda account: (
                account.agent_id.user_id or account.mandate_id.agent_ids[:1].user_id
            ),
        )

    def _late(self, date):
        return self._accounts.filtered(
            lambda account: account.oldest_due_date and account.oldest_due_date < date
        )

    def _pick(self, date, accounts, count):
        """Whom to call: what the diary says, those never called, then the rest."""
        accounts.invalidate_recordset(["call_count", "last_call_date"])
        order = accounts.browse(self.random.sample(accounts.ids, len(accounts)))
        due = order.filtered(
            lambda account: (
                account.next_action_date and account.next_action_date <= date
            )
        ).sorted("next_action_date")
        never = order.filtered(lambda account: not account.call_count)
        others = (order - due - never).sorted(
            lambda account: account.last_call_date or moment(date, 0)
        )
        # some of each, so that the customers never called get their turn
        half = count // 2
        return (due[: count - half] | never | due | others)[:count]

    def _log(self, date, accounts, caller):
        agents = self.env["collection.agent"].search([])
        by_user = agents.grouped("user_id")
        for position, account in enumerate(accounts):
            code, _weight, minutes, days, action, note = self.random.choices(
                self._choices, weights=[row[1] for row in self._choices]
            )[0]
            user = caller(account)
            next_date = working_day(date + timedelta(days=days))
            promise = self.env["collection.promise"]
            if code == "promise":
                promise = self._promise(account, user, date, next_date)
                # who owes nothing late promises nothing
                code = code if promise else "payment_in_process"
            self.env["collection.call"].create(
                {
                    "promise_id": promise.id,
                    "account_id": account.id,
                    "user_id": user.id,
                    "agent_id": by_user.get(user, agents.browse()).id,
                    "date": moment(date, 8 + position, self.random.randint(0, 59)),
                    "phone": account._dunning_contact().phone,
                    "duration": round(minutes * self.random.uniform(0.7, 1.4), 2),
                    "outcome_id": self._outcomes[code].id,
                    "note": note or False,
                    "next_action_date": next_date,
                    "next_action": action,
                }
            )

    def _promise(self, account, user, date, date_promised):
        """What was promised during a call, judged since by what has arrived."""
        items = account.open_item_ids.filtered(
            lambda item: (
                item.date_due < date
                and item.currency_id == account.currency_id
                and not item.amount_disputed
            )
        )
        if not items:
            return self.env["collection.promise"]
        return self.env["collection.promise"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(items.ids)],
                "amount": sum(items.mapped("amount_residual")),
                "date_made": date,
                "date_promised": date_promised,
                "payment_means": "transfer",
                "user_id": user.id,
            }
        )
