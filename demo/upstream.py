import random
from datetime import timedelta

from odoo import Command

from .ledger import SEED

#: how the customers of the demo pay: means, weight
PAID_BY = [("transfer", 5), ("cheque", 4), ("bill", 3), ("direct_debit", 1)]
#: what professionals alone may use
PROFESSIONAL = ("bill", "lcr_magnetic")
CAMPAIGNS = [
    (
        "Du chèque au prélèvement SEPA",
        "direct_debit",
        [("payment_means", "in", ["cheque", "cash"])],
        "Plus de chèque à établir ni à poster : vous gardez vos échéances, nous vous "
        "prévenons 14 jours avant chaque prélèvement, et vous pouvez le contester "
        "pendant huit semaines.",
    ),
    (
        "De la traite papier à la LCR magnétique",
        "lcr_magnetic",
        [("payment_means", "=", "bill")],
        "Vous ne signez et ne renvoyez plus rien : votre banque vous présente le "
        "relevé des effets, vous donnez votre accord une fois. Il nous faut votre RIB.",
    ),
]
#: answers in turn: answer, reason of a refusal, who says so, in his own words
ANSWERS = [
    ("asked", None, None, "Doit en parler à la direction."),
    ("refused", "control", "La comptable", "Veut valider chaque règlement."),
    ("accepted", None, "Le gérant", "Envoie le RIB par courriel."),
    ("asked", None, None, "Rappeler après la clôture."),
    ("refused", "software", "Service comptabilité", "Le logiciel ne le gère pas."),
    ("refused", "mandate", "Le directeur", "Ne signe aucun mandat."),
    ("asked", None, None, ""),
]


class DemoUpstream:
    """Before the due date, means of payment and disputes of the demo company."""

    def __init__(self, env, company, users, today):
        self.env = env
        self.company = company
        self.users = users
        self.today = today
        self.random = random.Random(SEED + 7)

    def tell(self):
        self._tell_means()
        self._tell_campaigns()
        self._tell_bills()
        self._tell_bill_history()
        self._tell_prechecks()
        self._tell_disputes()
        self._tell_actions()

    def _accounts(self, *domain):
        return self.env["collection.account"].search(
            [("company_id", "=", self.company.id), *domain], order="id"
        )

    def _tell_means(self):
        means, weights = zip(*PAID_BY, strict=True)
        for account in self._accounts().with_context(tracking_disable=True):
            [choice] = self.random.choices(means, weights)
            abroad = account.partner_id.country_id.code != "FR"
            if choice in PROFESSIONAL and (
                abroad or account._get_debtor_type() != "private"
            ):
                choice = "transfer"
            account.payment_means = choice

    def _tell_campaigns(self):
        for name, target, domain, script in CAMPAIGNS:
            campaign = (
                self.env["collection.means.campaign"]
                .with_user(self.users["manager"])
                .create(
                    {
                        "name": name,
                        "company_id": self.company.id,
                        "target": target,
                        "account_domain": repr(domain),
                        "script": script,
                        "date_start": self.today - timedelta(days=45),
                        "date_end": self.today + timedelta(days=60),
                    }
                )
            )
            campaign.action_start()
            candidates = self._accounts().filtered(
                lambda account, target=target: account.means_to_propose == target
            )
            # a part is still to be asked
            for position, account in enumerate(candidates[: len(candidates) * 3 // 4]):
                self._ask(account, target, position)

    def _ask(self, account, target, position):
        answer, reason, person, note = ANSWERS[position % len(ANSWERS)]
        user = self.users["collector"]
        if account.delegation_state == "delegated":
            agents = account.mandate_id.agent_ids.filtered(
                lambda agent: agent.user_id.share
            )
            user = agents[position % len(agents)].user_id if agents else user
        change = (
            account.with_user(user)
            ._record_means_change(
                target,
                answer,
                refusal_reason=reason,
                person=person,
                note=note,
                # not today: loading may go on past midnight
                date_effective=answer == "accepted"
                and self.today + timedelta(days=1 + 20 * (position % 2)),
            )
            .sudo()
        )
        asked = self.today - timedelta(days=3 + 2 * position % 40)
        change.write(
            {
                "date_asked": asked,
                "date_answered": answer != "asked" and asked + timedelta(days=2),
            }
        )

    def _tell_bills(self):
        bills = (
            self.env["collection.bill"]
            ._cron_draw()
            .filtered(lambda bill: bill.company_id == self.company)
        )
        late = bills.filtered(
            lambda bill: bill.date_return_deadline < self.today
        ) or bills.sorted("date_due")
        late[:2].action_send()
        late[1:2].reason = "Montant contesté par le client"
        late[1:2].action_refuse()
        others = (bills - late).sorted("date_due")
        others[:6].action_send()
        others[:2].action_accept()
        self.env["collection.bill"]._cron_follow()

    def _tell_bill_history(self):
        """Bills of the last months that were paid, most of them back in time."""
        items = self.env["collection.item"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "closed"),
                ("account_id.payment_means", "=", "bill"),
                ("bill_ids", "=", False),
                ("date_due", "<", self.today),
                ("date_due", ">=", self.today - timedelta(days=150)),
            ],
            order="date_due, id",
            limit=40,
        )
        for item in items:
            late = self.random.random() < 0.08
            self.env["collection.bill"].create(
                {
                    "account_id": item.account_id.id,
                    "item_ids": [Command.set(item.ids)],
                    "amount": item.amount_total,
                    "date_due": item.date_due,
                    "state": "paid",
                    "date_sent": item.date_due - timedelta(days=40),
                    "date_returned": item.date_due - timedelta(days=9 if late else 21),
                    "date_remitted": item.date_due - timedelta(days=9),
                }
            )

    def _tell_prechecks(self):
        """Controls of the last months, most of them without anomaly."""
        items = self.env["collection.item"].search(
            [
                ("company_id", "=", self.company.id),
                ("date_due", "<", self.today),
                ("date_due", ">=", self.today - timedelta(days=150)),
                ("amount_total", ">=", 1000.0),
            ],
            order="date_due, id",
            limit=90,
        )
        known = self.env["collection.precheck"].search([("item_id", "in", items.ids)])
        prechecks = self.env["collection.precheck"].create(
            [{"item_id": item.id} for item in items - known.item_id]
        )
        for precheck in prechecks:
            state = "anomaly" if self.random.random() < 0.08 else "ok"
            precheck.with_user(self.users["collector"])._close(state)
            precheck.date_checked = precheck.date_due - timedelta(days=10)

    def _tell_disputes(self):
        """One accepted that waits for its credit note, one settled in part."""
        items = self.env["collection.item"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "open"),
                ("date_due", "<", self.today),
                ("delegated", "=", False),
                ("amount_disputed", "=", 0),
                ("promise_id", "=", False),
                ("plan_id", "=", False),
                ("account_id.insolvency_date", "=", False),
                ("amount_residual", ">", 300),
                ("move_id.move_type", "=", "out_invoice"),
            ],
            order="amount_residual, id",
            limit=2,
        )
        stories = [
            ("duplicate", "accepted", 1.0, "Facturé deux fois, voir commande.", ""),
            (
                "discount",
                "partial",
                0.5,
                "Remise de fin d'année non déduite.",
                "La remise porte sur les cafés, non sur la location des machines.",
            ),
        ]
        for item, (reason, decision, share, text, note) in zip(
            items, stories, strict=False
        ):
            amount = item.currency_id.round(item.amount_residual * share)
            dispute = (
                self.env["collection.dispute"]
                .with_user(self.users["collector"])
                .create(
                    {
                        "account_id": item.account_id.id,
                        "item_ids": [Command.set(item.ids)],
                        "amount": amount,
                        "reason_id": self.env.ref(
                            f"account_collection.dispute_reason_{reason}"
                        ).id,
                        "description": text,
                    }
                )
            ).with_env(self.env)
            dispute.with_user(self.users["manager"])._decide(
                decision, note, dispute.currency_id.round(amount * 0.6)
            )
            dispute.action_credit_note()
            if decision == "partial":
                dispute.credit_note_ids.action_post()

    def _tell_actions(self):
        Action = self.env["collection.corrective.action"].with_user(
            self.users["manager"]
        )
        # the last meeting of the working group decided on them
        meeting = self.env["collection.working.group.meeting"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        for reason, name, days in (
            ("price", "Contrôler le tarif du contrat avant la facturation", 20),
            ("quantity", "Bon de livraison signé joint à chaque facture", -5),
            ("missing_order", "Demander le numéro à la prise de commande", 45),
        ):
            dysfunction = self.env.ref(
                f"account_collection.dispute_reason_{reason}"
            ).dysfunction_id
            action = Action.create(
                {
                    "name": name,
                    "dysfunction_id": dysfunction.id,
                    "company_id": self.company.id,
                    "owner_id": self.users["manager"].id,
                    "date_start": self.today - timedelta(days=30),
                    "deadline": self.today + timedelta(days=days),
                }
            )
            action.action_start()
            meeting.action_ids |= action
