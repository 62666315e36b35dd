import base64
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .ledger import moment
from .letters import file_as_sent
from .names import name_records, named
from .papers import paper
from .readiness import overcome_brakes

#: what either provider says of the data it reads
DATA = {
    "data_contact": "Délégué à la protection des données, dpo@example.com",
    "sub_processors": "Aucun.",
    "data_security": "Comptes nominatifs, postes verrouillés, aucune copie locale ; "
    "engagement de confidentialité signé par chaque conseiller.",
}
#: what was agreed that the provider says to those who are long late
SCRIPT = {
    "name": "Cafés et hôtels, après le deuxième rappel",
    "tone": "firm",
    "line_ids": [
        Command.create(
            {
                "name": "Rappeler la commande suivante, avant de parler de retard.",
                "answer": "La tournée livre le mardi : un compte à jour la maintient.",
            }
        ),
        Command.create(
            {
                "name": "Demander le virement du jour, facture par facture.",
            }
        ),
        Command.create(
            {
                "kind": "objection",
                "name": "« La saison n'a pas encore commencé. »",
                "answer": "Proposer deux échéances avant la fin du mois suivant ; "
                "au-delà de trois, l'entreprise décide.",
            }
        ),
    ],
}


class DemoDelegation:
    """What the demo company hands over to its two providers, and what they do."""

    def __init__(self, env, company, customers, users, ledger, today):
        self.env = env
        self.company = company
        self.customers = customers
        self.users = users
        self.ledger = ledger
        self.today = today
        # of the first hand-over
        self.mandate = None
        self.placement = None
        # who goes with the second one
        self.later = env["collection.account"]

    def begin(self, date):
        """The first mandate, and the accounts shared out among its agents."""
        self.mandate = self._create_mandate(date)
        accounts = self._choose(date, 16)
        # the last ones go when the first have shown how it works
        self.later = accounts[-3:]
        self.placement = self._hand_over(self.mandate, accounts - self.later, date)
        team = self.mandate.agent_ids.filtered(lambda agent: not agent.supervisor)
        self._share_out(self.placement, team)

    def hand_over_abroad(self, date):
        """A second provider tries its hand at the customers abroad."""
        segment = self.env["collection.segment"].search([("code", "=", "sme")])
        bank = self.env["res.partner.bank"].create(
            {
                "acc_number": "FR7610278010120001234567874",
                "partner_id": named(self.env, "meridiane").id,
            }
        )
        mandate = self.env["collection.mandate"].create(
            {
                "name": "Clients étrangers",
                "provider_id": named(self.env, "meridiane").id,
                "company_id": self.company.id,
                "user_id": self.users["manager"].id,
                "extent": "partial",
                "mode": "on_behalf",
                "reference": "MGC-2118",
                **DATA,
                "price_terms": "12 % des sommes encaissées, facturés chaque mois ; "
                "rien n'est dû pour ce qui n'est pas encaissé.",
                "guarantee_terms": "Le prestataire répond des fonds reçus et de ses "
                "fautes ; il est assuré à hauteur de 500 000 € par sinistre.",
                "document_ids": [
                    Command.create(
                        {
                            **values,
                            "document": base64.b64encode(
                                paper(values["name"], [values["issuer"]])
                            ),
                            "document_name": f"{values['kind']}.pdf",
                        }
                    )
                    for values in self._list_papers()
                ],
                "payment_bank_id": bank.id,
                "pre_reminder_by": "company",
                "announce": True,
                "phase": "off_site",
                "date_start": self.today - timedelta(days=30),
                "date_end": self.today + timedelta(days=60),
                "segment_ids": [Command.set(segment.ids)],
                "agent_ids": [Command.set(named(self.env, "agent_of_agent_2").ids)],
            }
        )
        self._draw_up_roadmap(
            mandate,
            [("receipt_rate", 30.0, 60), ("satisfaction", 4.0, 60)],
            [
                {
                    "kind": "late",
                    "days_to": 0,
                    "fee_kind": "percent",
                    "fee": 12.0,
                    "fee_terms": "douze pour cent des sommes encaissées, hors taxes",
                }
            ],
        )
        self._agree(mandate)
        overcome_brakes(self.env, mandate, self.users, date)
        mandate.action_pilot()
        name_records(self.env, {"mandate_abroad": mandate})
        accounts = self.env["collection.account"].union(
            *[
                self.customers[key]["account"]
                for key in ("rheinblick", "silberdistel", "marlowe")
            ]
        )
        placement = self._hand_over(mandate, accounts.filtered("amount_open"), date)
        self._share_out(placement, mandate.agent_ids)
        # announced by the company, the provider presents itself; one letter still waits
        # for the manager
        letters = placement.line_ids.account_id.letter_ids.filtered("mandate_id")
        notices = letters.filtered("kind_id.by_provider")
        file_as_sent(letters - notices, date)
        file_as_sent(notices[1:], date)

    def look_at(self, date):
        """The provider's people go through their list and open some customers."""
        for key, rank in (("agent", 0), ("supervisor", 2), ("on_site", 1)):
            accounts = self._still_active().account_id.with_user(self.users[key])
            accounts._record_access("list")
            accounts[rank::3]._record_access("form" if key == "on_site" else "page")
            accounts[rank : rank + 1]._record_access("invoice")
        # the log cannot be written to: these reads are told as of their day
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_access_log
                   SET date = %s + id %% 400 * interval '1 minute'
                 WHERE date::date = %s
                """,
                moment(date, 8),
                fields.Datetime.now().date(),
            )
        )
        self.env["collection.access.log"].invalidate_model()

    def recall_one(self):
        """The manager takes one customer back: the management deals with it."""
        account = self._still_active()[1:2].account_id
        if account:
            # nobody is written to about what the demo data ask for
            wizards = self.env["collection.recall"].with_context(
                mail_activity_quick_update=True
            )
            wizard = wizards.create(
                {
                    "account_ids": [Command.set(account.ids)],
                    "reason": "customer_request",
                    "note": "le client souhaite un rendez-vous avec la direction",
                }
            )
            wizard.action_recall()
            wizard.unlink()

    def pay_one(self, date):
        """One customer settles everything a week after the provider's first call."""
        account = self._still_active()[2:3].account_id
        for key, row in self.customers.items():
            if row["account"] == account:
                self.ledger.pay_all(key, date)

    def hand_over_more(self, date):
        """A few more customers, whose receipt the supervisor has not acknowledged: one
        is refused, and more time is asked for another one."""
        supervisor = self.users["supervisor"]
        accounts = self.later & self._choose(date, 100)
        if len(accounts) < 2:
            return
        more = self._create_placement(self.mandate, accounts, date)
        more.action_hand_over()
        lines = more.line_ids.sorted("amount")
        # nobody is written to about what the demo data ask for
        more, first = (
            placement.with_user(supervisor).with_context(
                mail_activity_quick_update=True
            )
            for placement in (more, self.placement)
        )
        more._portal_refuse(
            lines[:1].ids, "papers", "Pas de bon de livraison pour ces factures."
        )
        kept = self._still_active()[-1:]
        first._portal_extend(
            kept.ids, 60, "Deux échéances du plan tombent après la date."
        )

    def tell_provider(self):
        """What the provider's agent agreed, and the meetings with the provider."""
        agent = named(self.env, "agent_of_agent")
        accounts = self.env["collection.account"].search(
            [
                ("mandate_id", "=", self.mandate.id),
                ("delegation_state", "=", "delegated"),
                ("amount_overdue", ">", 0),
                ("amount_disputed", "=", 0),
            ],
            order="amount_overdue desc, id",
        )
        mine = [
            account.with_user(self.users["agent"])
            for account in accounts
            if account.agent_id == agent
            and account.with_user(self.users["agent"])._get_items_to_agree()
        ]
        # the largest asks for more time than the agent may grant
        for account, count in zip(mine[:1], (6,), strict=False):
            # nobody is written to about what the demo data ask for
            account.with_context(mail_activity_quick_update=True)._portal_propose_plan(
                {
                    "instalment_count": count,
                    "date_first": self.today + timedelta(days=12),
                    "payment_means": "transfer",
                    "person": "Mme Roussel, comptabilité",
                }
            )
        for account, days, person in zip(
            mine[1:3], (3, 8), ("M. Vasseur", "Mme Kessler"), strict=False
        ):
            items = account._get_items_to_agree()
            account._portal_new_promise(
                {
                    "amount": sum(items.mapped("amount_residual")),
                    "date_promised": self.today + timedelta(days=days),
                    "payment_means": "transfer",
                    "person": person,
                    "item_ids": items.ids,
                }
            )
        self._go_too_far(accounts)
        participants = (self.users["manager"] | self.users["supervisor"]).partner_id
        self.env["collection.mandate.review"].create(
            [
                {
                    "mandate_id": self.mandate.id,
                    "date": self.today - timedelta(days=7),
                    "participant_ids": [Command.set(participants.ids)],
                    "agenda": "<p>Premiers appels, clients non joints, litiges.</p>",
                    "minutes": "<p>Les numéros manquants sont fournis avant vendredi. "
                    "Les litiges prix remontent le jour même.</p>",
                },
            ]
        ).action_hold()
        self.mandate.review_ids.filtered(
            lambda review: review.state == "planned"
        ).agenda = "<p>Promesses tenues, échéanciers, qualité des appels.</p>"
        self.mandate.plan_amount = 3000.0
        self.mandate.amendment_ids[
            :1
        ].reason = "Décidé à la revue : les échéanciers tiennent."

    def _go_too_far(self, accounts):
        """What the provider's people wanted to grant and may not, on site and off."""
        for account, key, days in zip(
            accounts[:2], ("agent", "on_site"), (75, 120), strict=False
        ):
            asked = account.with_user(self.users[key])
            try:
                with self.env.cr.savepoint():
                    asked._new_promise(
                        {
                            "amount": account.amount_overdue,
                            "date_promised": self.today + timedelta(days=days),
                        }
                    )
            except UserError as error:
                asked._note_refused(error)

    def go_on(self):
        """What comes next: the oldest invoice of a customer goes alone, and the rules
        propose a few customers more."""
        item = self.env["collection.item"]
        by_account = item.search(
            [
                ("company_id", "=", self.company.id),
                ("account_id.delegation_state", "=", "in_house"),
                ("account_id.segment_id", "in", self.mandate.segment_ids.ids),
                ("account_id.insolvency_date", "=", False),
                # who was taken back for a reason stays
                ("account_id.placement_line_ids", "=", False),
                ("state", "=", "open"),
                ("days_overdue", ">=", self.mandate.min_days_overdue),
                ("promise_id", "=", False),
                ("plan_id", "=", False),
                ("amount_disputed", "=", 0),
            ],
            order="date_due, id",
        ).grouped("account_id")
        for account, items in by_account.items():
            if account.open_item_count < 2:
                continue
            wizard = self.env["collection.handover"].create(
                {
                    "mandate_id": self.mandate.id,
                    "item_ids": [Command.set(items[:1].ids)],
                }
            )
            wizard.action_preview()
            if wizard.go_count:
                wizard.action_confirm()
                break
        self.mandate.rule_ids.account_max = 2
        self.mandate._run_rules(self.today)

    def _create_mandate(self, date):
        segments = self.env["collection.segment"].search(
            [("delegation", "!=", "never"), ("code", "!=", "key_account")]
        )
        mandate = self.env["collection.mandate"].create(
            {
                "name": "Relance TPE, PME et collectivités",
                "provider_id": named(self.env, "orvalis").id,
                "company_id": self.company.id,
                "user_id": self.users["manager"].id,
                "extent": "partial",
                "mode": "in_name",
                "phase": "off_site",
                "date_start": self.today - timedelta(days=120),
                "date_end": self.today + timedelta(days=245),
                "segment_ids": [Command.set(segments.ids)],
                "decision_reason": "quantity",
                "decision_note": "Un poste de relance vacant depuis un an ; les petits "
                "comptes ne sont appelés qu'une fois sur trois.",
                "min_days_overdue": 15,
                "plan_instalments": 3,
                "plan_amount": 2000.0,
                "quality_share": 50.0,
                # who does not pay in half a year is looked at anew
                "placement_days": 180,
                "revive_days": 60,
                **DATA,
                "price_terms": "Selon les prestations ci-dessus, facturées chaque "
                "mois ; rien n'est dû pour ce qui est payé avant la remise.",
                "rule_ids": [
                    Command.create({"name": "En retard selon leur segment"}),
                    Command.create(
                        {
                            "name": "Injoignables depuis deux semaines",
                            "sequence": 20,
                            "age_basis": "days",
                            "days_from": 20,
                            "amount_to": 2000.0,
                            "contact_days": 14,
                        }
                    ),
                ],
                "agent_ids": [
                    Command.set(
                        [
                            named(self.env, f"agent_of_{key}").id
                            for key in ("supervisor", "agent", "on_site")
                        ]
                    )
                ],
            }
        )
        mandate.write(
            {
                "seats": 3,
                "tone_terms": "Courtois et direct, comme de la maison : ni menace, ni "
                "remarque sur la situation du client. L'appel finit par un montant et "
                "une date.",
                "script_ids": [
                    Command.create(
                        {
                            **SCRIPT,
                            "segment_ids": [
                                Command.set(
                                    segments.filtered(
                                        lambda segment: segment.debtor_type == "private"
                                    ).ids
                                )
                            ],
                        }
                    )
                ],
                "report_frequency": "fortnightly",
                "equipment": "Deux postes et casques chez le prestataire ; le logiciel "
                "de relance reste celui de l'entreprise.",
                "phase_ids": [
                    Command.create(
                        {
                            "kind": "on_site",
                            "date_from": mandate.date_start,
                            "date_to": self.today - timedelta(days=11),
                        }
                    ),
                    Command.create(
                        {
                            "kind": "off_site",
                            "date_from": self.today - timedelta(days=10),
                        }
                    ),
                ],
            }
        )
        self._draw_up_roadmap(
            mandate,
            [
                ("overdue_rate", 25.0, 90),
                ("days_late", 15.0, 180),
                ("dso_count_back", 45.0, 180),
                ("receipt_rate", 40.0, 90),
                ("share_contacted", 80.0, 30),
                ("share_in_time", 100.0, -1),
                ("share_kept", 70.0, 90),
                ("satisfaction", 4.0, 90),
                ("complaint_rate", 5.0, 90),
            ],
            [
                {
                    "kind": "late",
                    "fee_kind": "percent",
                    "fee": 4.0,
                    "fee_terms": "quatre pour cent des sommes encaissées",
                },
                {
                    "kind": "very_late",
                    "fee_kind": "percent",
                    "fee": 8.0,
                    "fee_terms": "huit pour cent des sommes encaissées",
                },
                {
                    "kind": "pre_reminder",
                    "fee_kind": "item",
                    "fee": 2.5,
                    "fee_terms": "deux euros cinquante par facture contrôlée",
                },
                {
                    "kind": "training",
                    "fee_terms": "deux demi-journées par trimestre, dans vos locaux",
                },
            ],
        )
        self._agree(mandate)
        overcome_brakes(self.env, mandate, self.users, date)
        mandate.action_start()
        name_records(self.env, {"mandate": mandate})
        return mandate

    def _list_papers(self):
        """What a provider shows before it collects for another."""
        return [
            {
                "kind": "insurance",
                "name": "RC-2026-4471",
                "issuer": "Assurances du Ponant",
                "date": self.today - timedelta(days=200),
                "date_end": self.today + timedelta(days=165),
            },
            {
                "kind": "declaration",
                "name": "Récépissé 118/2019",
                "issuer": "Parquet du tribunal judiciaire de Lyon",
                "date": "2019-05-14",
            },
            {
                "kind": "account",
                "name": "Compte de tiers 00020118",
                "issuer": "Banque du Rhône",
                "date": "2019-06-03",
            },
        ]

    def _draw_up_roadmap(self, mandate, objectives, services):
        """What is to be reached from where, and what the provider does for it.

        :param objectives: (code, target, days from today to the deadline)
        :param services: values of each
        """
        mandate.write(
            {
                "objective_ids": [
                    Command.create(
                        {
                            "indicator_id": self.env.ref(
                                f"account_collection.indicator_{code}"
                            ).id,
                            "target": target,
                            "deadline": self.today + timedelta(days=days),
                        }
                    )
                    for code, target, days in objectives
                ],
                "service_ids": [Command.create(values) for values in services],
            }
        )
        mandate.action_take_baseline()
        for objective in mandate.objective_ids:
            if not objective.baseline_known:
                objective.baseline_reason = "Non mesuré avant la remise du portefeuille"

    def measure(self):
        """What the last night found of the roadmaps."""
        mandates = self.env["collection.mandate"].search(
            [("company_id", "=", self.company.id)]
        )
        # nobody is written to about what the demo data show
        for mandate in mandates.with_context(mail_activity_quick_update=True):
            mandate._follow_phase()
            mandate._measure_roadmap()

    def rehearse(self):
        """A drill: what the mandate would leave behind, put together and compared."""
        packages = self.env["collection.reversibility"]
        package = packages.browse(self.mandate.action_reversibility()["res_id"])
        for part in package.part_ids:
            package._work_on(part)

    def _agree(self, mandate):
        """Both sides approve: on the portal, or on paper where nobody supervises."""
        mandate.action_approve()
        supervisor = mandate.agent_ids.filtered("supervisor")[:1]
        signed = mandate.date_start - timedelta(days=14)
        if supervisor:
            mandate.with_user(supervisor.user_id)._approve_for_provider(mandate.id)
            mandate._seal({"provider_approved_on": moment(signed, 16)})
        mandate._seal({"company_approved_on": moment(signed, 9)})
        if supervisor:
            return
        mandate.write(
            {
                "signed_contract": base64.b64encode(
                    paper(
                        "Mandat de recouvrement",
                        [mandate.name, mandate.provider_id.name, "Lu et approuvé"],
                    )
                ),
                "signed_contract_name": "mandat-signe.pdf",
                "provider_signatory": mandate.agent_ids[:1].name,
                "provider_signed_on": signed,
            }
        )
        mandate.action_agree()

    def _choose(self, date, limit):
        """Late customers in-house, the largest amounts of each segment in turn."""
        accounts = self.env["collection.account"].search(
            Domain("company_id", "=", self.company.id)
            & Domain("delegation_state", "=", "in_house")
            & Domain("insolvency_date", "=", False)
            & Domain("oldest_due_date", "<=", date - timedelta(days=30))
            & Domain("partner_id.country_id.code", "=", "FR")
            & Domain("segment_id.code", "!=", "key_account"),
            order="amount_overdue desc, id",
        )
        accounts = accounts.filtered(lambda account: not account.amount_disputed)
        queues = [list(group) for group in accounts.grouped("segment_id").values()]
        chosen = []
        while any(queues) and len(chosen) < limit:
            chosen += [queue.pop(0) for queue in queues if queue]
        return accounts.browse([account.id for account in chosen[:limit]])

    def _create_placement(self, mandate, accounts, date):
        Placement = self.env["collection.placement"].with_context(ir_sequence_date=date)
        return Placement.create(
            {
                "mandate_id": mandate.id,
                "date": date,
                "extent": "manual",
                "line_ids": [
                    Command.create({"account_id": account.id}) for account in accounts
                ],
            }
        )

    def _hand_over(self, mandate, accounts, date):
        placement = self._create_placement(mandate, accounts, date)
        placement.action_hand_over()
        supervisor = mandate.agent_ids.filtered("supervisor").user_id
        if supervisor:
            placement.with_user(supervisor).sudo()._accept()
        else:
            placement._accept("Liste signée sur papier")
        for line in placement.line_ids:
            late = line.item_ids.filtered(lambda held: held.date_due < date)
            # as of the day that is told: no change of the hand-over
            self.env.cr.execute(
                SQL(
                    "UPDATE collection_placement_line SET amount_overdue = %s"
                    " WHERE id = %s",
                    sum(late.mapped("amount_company")),
                    line.id,
                )
            )
        placement.line_ids.invalidate_recordset(["amount_overdue"])
        return placement

    def _share_out(self, placement, agents):
        """Give the accounts to the agents in turn."""
        for position, line in enumerate(placement.line_ids):
            line.account_id.agent_id = agents[position % len(agents)]

    def _still_active(self):
        return self.placement.line_ids.filtered(lambda line: line.state == "active")


def consider_more(env, users):
    """The manager asks the advisor what else could go: a mandate in study."""
    advisor = env["collection.delegation.advisor"].create(
        {
            "choice": "late_60",
            "provider_id": named(env, "orvalis").id,
            "phase": "on_site",
            "quote_fixed": 180.0,
            "quote_rate": 2.5,
            "reason": "quantity",
            "reason_note": "Un départ à la retraite n'est pas remplacé ; les retards "
            "de plus de deux mois ne sont plus suivis.",
        }
    )
    advisor.criterion_ids.filtered(lambda line: line.code == "flexibility").write(
        {
            "score": "3",
            "weight": 0.5,
            "comment": "La saison des terrasses double le volume d'avril à septembre.",
        }
    )
    advisor._make_mandate([advisor._get_xlsx()])
    advisor.mandate_id.write(
        {
            "name": "Extension : retards de plus de 60 jours",
            "user_id": users["manager"].id,
        }
    )
    name_records(env, {"mandate_study": advisor.mandate_id})
