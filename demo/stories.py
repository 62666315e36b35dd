from datetime import timedelta

from odoo import Command

from .names import named


class DemoStories:
    """What the customers and people of the demo company have met with so far."""

    def __init__(self, env, company, customers, users, ledger, today):
        self.env = env
        self.company = company
        self.customers = customers
        self.users = users
        self.ledger = ledger
        self.today = today

    def tell_past(self, date):
        """Disputes, credits and customers in trouble, some weeks ago."""
        disputes = [
            ("valdoree", "price", 0.4, "in_progress", "Tarif 2e palier non appliqué."),
            ("tilleuls", "quality", 1, "open", "Lot de café périmé à la livraison."),
            ("finch", "not_received", 1, "open", "Invoice never reached the office."),
            ("orphise", "quantity", 0.3, "open", "Deux cartons manquants."),
            ("genevriers", "late_delivery", 1, "rejected", "Livré après l'ouverture."),
            ("brevaux", "missing_order", 1, "in_progress", "Bon de commande absent."),
        ]
        for position, (key, reason, share, state, text) in enumerate(disputes):
            item = self.ledger.open_items(key)[:1]
            if not item:
                continue
            self.ledger.withheld.add(item.move_line_id.id)
            dispute = self.env["collection.dispute"].create(
                {
                    "account_id": item.account_id.id,
                    "item_ids": [Command.set(item.ids)],
                    "amount": item.currency_id.round(item.amount_residual * share),
                    "reason_id": self.env.ref(
                        f"account_collection.dispute_reason_{reason}"
                    ).id,
                    "description": text,
                    "date_opened": date,
                    "owner_id": self.customers[key]["partner"].user_id.id,
                    "deadline": date + timedelta(days=19 + 3 * position),
                }
            )
            if state == "in_progress":
                dispute.action_in_progress()
            elif state == "rejected":
                dispute._decide(
                    "rejected", "Livré dans le créneau convenu, bon signé à 7 h 40."
                )
        self.ledger.insolvent.add("moulin")
        self.customers["moulin"]["account"].write(
            {
                "insolvency_date": date,
                "insolvency_publication_date": date + timedelta(days=9),
                "insolvency_administrator_id": self.env["res.partner"]
                .create(
                    {
                        "name": "SELARL Aubertin-Vallier, mandataire judiciaire",
                        "is_company": True,
                        "city": "Lyon",
                        "country_id": self.env.ref("base.fr").id,
                    }
                )
                .id,
            }
        )
        for key, amount, reason in (
            ("pontneuf", 180.0, "Avoir pour casse au transport"),
            ("sandro", 90.0, "Avoir pour retour de capsules"),
            ("rhodanes", 260.0, "Avoir pour remise de fin d'année"),
        ):
            items = self.ledger.open_items(key)[:1]
            if items:
                self.ledger.credit(key, date, amount, reason, items=items)

    def tell_today(self):
        """Holds, blocked invoices and open credits that today's run meets."""

        def day(days_ago):
            return self.today - timedelta(days=days_ago)

        for key, days, reason in (
            ("traverses", 10, "Geste commercial en cours, voir avec la direction"),
            ("montferrel", 6, "Audit de leurs comptes fournisseurs"),
        ):
            self.customers[key]["account"].write(
                {"hold_until": self.today + timedelta(days=days), "hold_reason": reason}
            )
        # single invoices: one on hold, one whose level a collector has set
        self.ledger.open_items("barjavel")[:1].write(
            {
                "hold_until": self.today + timedelta(days=8),
                "hold_reason": "Copie de la facture demandée par leur comptable",
            }
        )
        item = self.ledger.open_items("pluvinet")[:1]
        ladder = item._get_policies()._ordered_levels()
        collector = item.with_user(self.users["collector"]).sudo()
        collector._set_level(
            ladder[2:3], day(6), "Relance ferme envoyée depuis l'ancien logiciel"
        )
        blocked = self.ledger.open_items("altiforge")[:1].move_id
        if blocked:
            blocked.action_toggle_block_payment()
        self.ledger.open_items("crous")[:1].move_id.no_followup = True
        self.ledger.receive("rhodanes", day(3), 1500.0)
        self.ledger.receive("escale", day(2), 120.0)
        self.ledger.receive("semaphore", day(4), 400.0)
        self.ledger.credit("chollier", day(5), 60.0, "Avoir pour emballages consignés")
        self.ledger.credit("orfeuille", day(7), 450.0, "Avoir pour vaisselle cassée")
        item = self.ledger.open_items("frimaldi")[:1]
        if item:
            share = item.move_id.amount_untaxed / item.move_id.amount_total
            amount = item.amount_residual * share
            self.ledger.credit(
                "frimaldi", day(1), amount, "Avoir pour marchandise rendue"
            )
        self.ledger.pay_short("vauquelin", day(3), 0.6)
        self._bounce_one()
        self._tidy_diaries()
        for key, days, action in (
            ("confluent", 0, "Appeler Bruno Tissandier sur le relevé"),
            ("valdoree", 0, "Relancer la décision sur le litige de prix"),
            ("orfeuille", 0, "Convenir d'un échéancier avec Laure Estival"),
            ("tressandine", 0, "Vérifier l'arrivée du virement"),
            ("tilleul", 1, "Préparer le rendez-vous avec M. Pontin"),
            ("genevriers", 1, "Envoyer la preuve de livraison"),
        ):
            self.customers[key]["account"].write(
                {
                    "next_action_date": self.today + timedelta(days=days),
                    "next_action": action,
                }
            )

    def tell_promises(self):
        """Promises open, kept and broken, and a plan whose first instalment is due."""
        collector = self.users["collector"]
        Promise = self.env["collection.promise"].with_user(collector)
        in_house = [
            ("company_id", "=", self.company.id),
            ("currency_id", "=", self.company.currency_id.id),
            ("account_id.delegation_state", "=", "in_house"),
            ("account_id.insolvency_date", "=", False),
            ("account_id.segment_id.debtor_type", "=", "private"),
        ]
        late = self.env["collection.item"].search(
            [
                *in_house,
                ("state", "=", "open"),
                ("amount_disputed", "=", 0),
                ("date_due", "<", self.today - timedelta(days=8)),
                ("hold_until", "=", False),
                ("account_id.hold_until", "=", False),
            ],
            order="date_due desc, id",
        )
        accounts = late.account_id
        stories = [
            # made, promised, means, who
            (2, 4, "transfer", "Service comptabilité"),
            (5, 0, "cheque", "Mme Garance"),
            (12, -6, "transfer", "M. Delorme"),
        ]
        for account, (made, promised, means, person) in zip(
            accounts, stories, strict=False
        ):
            items = late.filtered(lambda item: item.account_id == account)  # noqa: B023
            Promise.create(
                {
                    "account_id": account.id,
                    "item_ids": [Command.set(items.ids)],
                    "amount": sum(items.mapped("amount_residual")),
                    "date_made": self.today - timedelta(days=made),
                    "date_promised": self.today + timedelta(days=promised),
                    "payment_means": means,
                    "person": person,
                }
            )
        for item in self.env["collection.item"].search(
            [*in_house, ("state", "=", "closed")], order="id desc", limit=60
        ):
            paid = max(
                item.move_line_id.matched_credit_ids.credit_move_id.mapped("date"),
                default=None,
            )
            if not paid or not self.today - timedelta(days=20) <= paid <= self.today:
                continue
            Promise.create(
                {
                    "account_id": item.account_id.id,
                    "item_ids": [Command.set(item.ids)],
                    "amount": item.amount_total,
                    "date_made": paid - timedelta(days=4),
                    "date_promised": paid,
                    "payment_means": "transfer",
                }
            )
            break
        if len(accounts) > len(stories):
            account = accounts[len(stories)]
            items = late.filtered(lambda item: item.account_id == account)
            plan = (
                self.env["collection.payment.plan"]
                .with_user(self.users["manager"])
                .create(
                    {
                        "account_id": account.id,
                        "item_ids": [Command.set(items.ids)],
                        "date_start": self.today - timedelta(days=10),
                        "date_first": self.today + timedelta(days=5),
                        "payment_means": "transfer",
                        "person": "La gérante",
                    }
                )
            )
            plan.action_split()
            plan.action_agree()

    def tell_bills(self):
        """Bills to send, out and late, and invoices to check before they fall due."""
        items = self.env["collection.item"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "open"),
                ("account_id.delegation_state", "=", "in_house"),
                ("account_id.segment_id.debtor_type", "=", "private"),
                ("date_due", ">", self.today),
            ],
            order="date_due, id",
        )
        Bill = self.env["collection.bill"].with_user(self.users["collector"])
        soon = items.filtered(
            lambda item: item.date_due < self.today + timedelta(days=15)
        )
        later = items - soon
        bills = Bill.create(
            [
                {"account_id": item.account_id.id, "item_ids": [Command.set(item.ids)]}
                for item in [*soon[:1], *later[-3:]]
            ]
        )
        out = bills[:-1]
        out.action_send()
        out.date_sent = self.today - timedelta(days=20)
        out[1:2].action_accept()
        self.env["collection.bill"]._cron_follow()
        prechecks = self.env["collection.precheck"]._cron_generate()
        prechecks[:1].with_user(self.users["collector"]).write(
            {"person": "Mme Lescure", "received": True, "conforms": True}
        )

    def tell_interest(self, run):
        """What being late costs: one gesture, and one claim that waits for posting."""
        manager = self.users["manager"]
        lines = run.letter_ids.line_ids.filtered("amount_indemnity")
        accounts = lines.letter_id.account_id
        if len(accounts) < 2:
            return
        # shown on the customer's letter of today
        spared = lines.filtered(lambda line: line.letter_id.account_id == accounts[0])
        waiver = (
            self.env["collection.waiver"]
            .with_user(manager)
            .create(
                {
                    "item_ids": [Command.set(spared[:1].item_id.ids)],
                    "date_to": self.today,
                    "reason": "Livraison incomplète reconnue, client de longue date",
                }
            )
        )
        waiver.line_ids.write({"waived_interest": 0.0, "waived_indemnity": 25.0})
        waiver.action_waive()
        self.env["collection.interest.claim"].with_user(manager).create(
            {"account_ids": [Command.set(accounts[1].ids)], "date_to": self.today}
        ).action_claim()

    def tell_agents(self):
        """Who is away and replaced, and how many calls each makes."""
        absent = named(self.env, "agent_of_collector_2")
        absent.write(
            {
                "absent_from": self.today - timedelta(days=1),
                "absent_to": self.today + timedelta(days=6),
                "substitute_id": named(self.env, "agent_of_collector").id,
            }
        )
        for key, capacity in (("collector", 40), ("agent", 60), ("on_site", 50)):
            named(self.env, f"agent_of_{key}").capacity = capacity
        # one customer has asked to be written to
        self._account_without_calls()

    def tell_trainings(self):
        """What the agents learnt."""
        self.env["collection.agent.training"].create(
            [
                {
                    "agent_id": named(self.env, f"agent_of_{key}").id,
                    "date": self.today - timedelta(days=days),
                    "topic": topic,
                    "hours": hours,
                }
                for key, days, topic, hours in (
                    ("collector", 120, "Écoute active et objections", 7.0),
                    ("collector", 30, "Pénalités de retard : ce que dit la loi", 3.5),
                    ("agent", 45, "Le ton de la maison Bellardoux", 3.5),
                    ("agent", 20, "Proposer le prélèvement SEPA", 2.0),
                    ("agent_2", 60, "Mahnwesen : appeler en allemand", 7.0),
                    ("on_site", 15, "Le ton de la maison Bellardoux", 3.5),
                )
            ]
        )

    def _account_without_calls(self):
        account = self.env["collection.account"].search(
            [
                ("company_id", "=", self.env.company.id),
                ("delegation_state", "=", "in_house"),
                ("amount_overdue", ">", 0),
                ("insolvency_date", "=", False),
            ],
            order="amount_overdue, id",
            limit=1,
        )
        account.do_not_call = True

    def _bounce_one(self):
        """The e-mail of one customer's last reminder came back."""
        accounts = self.env["collection.account"].union(
            *[row["account"] for row in self.customers.values()]
        )
        letters = accounts.letter_ids.filtered(
            lambda letter: (
                letter.state == "sent"
                and letter.by_email
                and letter.account_id.delegation_state == "in_house"
                and letter.line_ids.item_id.filtered(lambda item: item.state == "open")
            )
        ).sorted("date_sent")
        letters[-1:]._mark_failed(
            "bounced",
            "550 5.1.1 Adresse inconnue : la boîte du destinataire n'existe pas",
        )

    def _tidy_diaries(self):
        """Nobody leaves an action undone for weeks, nor one for a customer who paid."""
        accounts = self.env["collection.account"].union(
            *[row["account"] for row in self.customers.values()]
        )
        planned = accounts.filtered("next_action_date")
        done = planned.filtered(lambda account: not account.amount_overdue)
        done.write({"next_action_date": False, "next_action": False})
        late = (planned - done).filtered(
            lambda account: account.next_action_date < self.today - timedelta(days=2)
        )
        for position, account in enumerate(late):
            account.next_action_date = self.today + timedelta(days=position % 4 - 1)
