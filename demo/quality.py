import random
from datetime import timedelta

from .ledger import SEED

#: what is not always met, and how often out of ten
WEAK_POINTS = {
    "reason": 3,
    "commitment": 4,
    "recap": 5,
    "tone": 1,
    "identification": 1,
}
ADVICE = [
    "Bonne écoute. Reformulez l’engagement avant de raccrocher : date, montant, moyen.",
    "Présentation claire et ton juste. Demandez pourquoi la facture n’est pas réglée.",
    "Le solde annoncé est exact. Laissez le client finir ses phrases.",
    "Pensez à annoncer la suite : ce que nous ferons et quand.",
]
PRAISE = "Très bon appel, à faire écouter à l’équipe."
PRAISED = 92
#: mark, what the customer says
ANSWERS = [
    (5, "Interlocutrice aimable, tout a été clair."),
    (5, ""),
    (3, "Bien, mais on m’a rappelé en plein service."),
    (5, "Merci pour l’envoi rapide du duplicata."),
    (1, "On m’a relancé pour une facture réglée depuis dix jours."),
    (3, ""),
    (5, "Solution trouvée en deux minutes."),
]
#: who answered the team survey of last month, and with which marks from question to
#: question; what they added
TEAM_ANSWERS = [
    (
        ("manager", "collector", "collector_2"),
        ((4, 4, 5, 3, 4), (4, 3, 4, 3, 5), (5, 4, 4, 2, 4)),
        (
            "Les comptes rendus d’appel sont clairs, on sait où reprendre.",
            "Les litiges sur prix restent trop longtemps sans réponse entre nous.",
        ),
    ),
    (
        ("supervisor", "agent", "on_site"),
        ((4, 3, 2, 4, 5), (3, 3, 3, 4, 4), (5, 4, 3, 4, 5)),
        ("Il manque souvent le bon numéro du comptable dans ce qui nous est remis.",),
    ),
]
DAYS = 14
#: calls of the last days wait for their review
WAITING_DAYS = 4


class DemoQuality:
    """Calls that were heard, marks of customers and complaints."""

    def __init__(self, env, users, agents, today):
        # nobody is written to about what the demo data ask for
        self.env = env(context={**env.context, "mail_activity_quick_update": True})
        self.users = users
        self.agents = agents
        self.today = today
        self.random = random.Random(f"{SEED}-quality")

    def tell(self, company, mandate):
        company.collection_quality_share = 30.0
        self._let_time_pass(mandate)
        self._review(company)
        calls = self.env["collection.call"].search(
            [
                ("company_id", "=", company.id),
                ("right_party", "=", True),
                ("date", "<", self.today - timedelta(days=1)),
            ],
            order="date desc, id desc",
        )
        self._ask(calls)
        self._complain(company, mandate, calls)
        self._survey(mandate)

    def _let_time_pass(self, mandate):
        """The team is older than the data, and somebody left it."""
        for position, member in enumerate(mandate.member_ids):
            member.date_joined = self.today - timedelta(days=430 - 160 * position)

    def _review(self, company):
        Draw = self.env["collection.call.draw"]
        for days_ago in range(DAYS, 0, -1):
            day = self.today - timedelta(days=days_ago)
            draw = Draw._draw_day(company, day, seed=f"{SEED}-{day}")
            if days_ago > WAITING_DAYS:
                self._mark(draw.review_ids, day)

    def _mark(self, reviews, day):
        manager = self.users["manager"]
        for review in reviews.filtered(lambda review: review.user_id != manager):
            for line in review.line_ids:
                weak = WEAK_POINTS.get(line.criterion_id.code, 0)
                missed = self.random.randrange(10) < weak
                line.result = self.random.choice(("partly", "no")) if missed else "yes"
            review.comment = (
                PRAISE if review.mark >= PRAISED else self.random.choice(ADVICE)
            )
            review.with_user(manager).sudo(False).action_done()
            review.date_reviewed = day + timedelta(days=2)

    def _ask(self, calls):
        """A few customers gave a mark, others have not answered yet."""
        Satisfaction = self.env["collection.satisfaction"]
        chosen = calls.browse()
        for call in calls:
            account = call.account_id
            if (
                account not in chosen.account_id
                and account._get_satisfaction_contact().email
            ):
                chosen |= call
        requests = Satisfaction._create_for(chosen[: len(ANSWERS) + 3], self.today)
        for request in requests:
            request.date_asked = request.date + timedelta(days=1)
        for request, (mark, words) in zip(requests, ANSWERS, strict=False):
            request._rating_get_access_token()
            request.rating_apply(mark, rating=request.rating_ids, feedback=words)
            request.date_answered = request.date_asked

    def _survey(self, mandate):
        """What both teams said last month; this month's waits for them."""
        surveys = self.env["collection.team.survey"]
        survey = surveys._ask(mandate)
        for people, sheets, comments in TEAM_ANSWERS:
            for position, (key, marks) in enumerate(zip(people, sheets, strict=True)):
                theirs = surveys.with_user(self.users[key])
                [asked] = theirs._get_sheets()
                theirs._answer(
                    survey.id,
                    {
                        question["id"]: mark
                        for question, mark in zip(
                            asked["questions"], marks, strict=True
                        )
                    },
                    "".join(comments[position : position + 1]),
                )
        opened = (self.today.replace(day=1) - timedelta(days=1)).replace(day=1)
        survey._close()
        survey.sudo().write(
            {
                "month": opened,
                "date_opened": opened,
                "date_end": opened + timedelta(days=14),
                "date_closed": opened + timedelta(days=15),
            }
        )
        surveys._ask(mandate)
        # nobody is written to about what the demo data ask for
        self.env["mail.mail"].sudo().search(
            [("model", "=", "collection.team.respondent")]
        ).unlink()

    def _complain(self, company, mandate, calls):
        """One for each way a complaint goes."""
        manager = self.users["manager"]
        provider = calls.filtered(
            lambda call: (
                call.side == "provider"
                and call.account_id.delegation_state == "delegated"
            )
        )
        in_house = calls.filtered(lambda call: call.side == "company")
        in_house = in_house.filtered(lambda call: call.user_id != manager)
        action = self.env["collection.corrective.action"].search(
            [("company_id", "=", company.id)], limit=1
        )
        stories = [
            (
                provider[:1],
                {
                    "category": "tone",
                    "severity": "1",
                    "description": "Le gérant a trouvé l’interlocuteur pressant.",
                },
                "no",
                "Appel réécouté : ton ferme et courtois. Expliqué au gérant, qui en "
                "convient.",
            ),
            (
                in_house[:1],
                {
                    "category": "already_paid",
                    "severity": "2",
                    "description": "Relancé deux fois pour une facture déjà réglée.",
                    "corrective_action_id": action.id,
                },
                "yes",
                "Excuses présentées ; le virement était arrivé sans référence.",
            ),
            (
                provider[1:2],
                {
                    "category": "frequency",
                    "severity": "2",
                    "channel": "email",
                    "description": "Trois appels dans la même semaine, dit la "
                    "comptable.",
                },
                None,
                None,
            ),
        ]
        for call, values, founded, answer in stories:
            if not call:
                continue
            complaint = (
                self.env["collection.complaint"]
                .with_user(manager)
                .create(
                    {
                        "account_id": call.account_id.id,
                        "call_id": call.id,
                        "date": call.date.date() + timedelta(days=1),
                        "owner_id": manager.id,
                        **values,
                    }
                )
            )
            if founded:
                complaint.action_in_progress()
                complaint.write({"founded": founded, "answer": answer})
                complaint.action_answer()
            if founded == "yes":
                complaint.action_close()
        mine = mandate.account_ids.filtered(
            lambda account: (
                account.delegation_state == "delegated"
                and account.agent_id == self.agents("agent")
            )
        )
        for account in mine[:1]:
            self.env["collection.complaint"].with_user(self.users["agent"]).create(
                {
                    "account_id": account.id,
                    "category": "error",
                    "description": "Le client dit que l’adresse de facturation est "
                    "fausse depuis trois mois.",
                }
            )
        self._complain_of_sensitive(company)

    def _complain_of_sensitive(self, company):
        """Who counts as sensitive since an incident complains: no reminder until the
        answer."""
        account = (
            self.env["collection.item"]
            .search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", "open"),
                    ("date_due", "<", self.today - timedelta(days=5)),
                    ("amount_disputed", "=", 0),
                    ("promise_id", "=", False),
                    ("plan_id", "=", False),
                    ("hold_until", "=", False),
                    ("account_id.delegation_state", "=", "in_house"),
                    ("account_id.segment_id.debtor_type", "=", "private"),
                    ("account_id.segment_id.handling", "=", "standard"),
                    ("account_id.insolvency_date", "=", False),
                    ("account_id.hold_until", "=", False),
                    ("account_id.policy_id", "=", False),
                ],
                order="amount_residual_company desc, id",
                limit=1,
            )
            .account_id
        )
        segment = self.env.ref("account_collection.segment_sensitive")
        account.write({"segment_id": segment.id, "segment_locked": True})
        if account:
            self.env["collection.complaint"].with_user(self.users["collector"]).create(
                {
                    "account_id": account.id,
                    "category": "error",
                    "severity": "2",
                    "channel": "email",
                    "date": self.today - timedelta(days=1),
                    "description": "Relancé pour des livraisons dont il a contesté la "
                    "qualité.",
                }
            )
