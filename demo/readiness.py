from datetime import timedelta

from odoo import Command

from .ledger import moment

#: point: what the company answered
ANSWERS = {
    "dysfunctions": "Chaque cause de litige a un responsable, nommé en comité de "
    "direction. Le prestataire a reçu la liste : il saura ce que ses appels vont "
    "révéler.",
    "working_group": "Le groupe de progrès se réunit le premier mardi du mois : "
    "ventes, logistique, facturation et comptabilité, sous la conduite de Claire "
    "Bellardoux.",
    "departments": "Les commerciaux décident sous cinq jours ; passé ce délai, le "
    "directeur commercial tranche. Présenté à la réunion des ventes.",
    "reserved": "Grands comptes et clients sensibles restent chez nous. La liste a été "
    "relue par les deux commerciaux.",
    "recall": "Claire Bellardoux reprend un client sur simple demande d’un commercial, "
    "le jour même. Tous en ont été informés par courriel.",
    "access_log": "Les commerciaux voient sur la fiche client qui l’a consultée ; la "
    "direction lit le journal chaque mois.",
    "in_our_name": "Scripts et courriers sont les nôtres, les appels sont tirés au "
    "sort et notés, les clients interrogés, les réclamations traitées par nous.",
    "dependence": "Pas plus de la moitié de l’encours chez un seul prestataire ; un "
    "second est à l’essai sur les clients étrangers.",
    "exit_plan": "Plan rédigé avec le prestataire et essayé sur un client, rappelé le "
    "jour même par Sophie Lambert.",
    "transition": "Entretiens tenus avec chacun, plans convenus et signés.",
    "recognition": "Mêmes objectifs des deux côtés ; prime trimestrielle sur les "
    "promesses tenues, ouverte aux deux équipes.",
    "calls": "Les appels sont enregistrés depuis deux mois : la base de comparaison "
    "existe.",
    "standing": "Le credit manager relance les commerciaux ; un litige en retard monte "
    "au directeur commercial.",
    "training": "Deux jours de formation à l’appel avec le prestataire, mêmes scripts "
    "et mêmes outils.",
    "no_ranking": "Les chiffres comparent les équipes, jamais les personnes. Ceux de "
    "nos collaborateurs ne sortent pas de la maison.",
    "both_teams": "Enquête anonyme chaque mois ; ses résultats ouvrent la revue du "
    "mandat.",
}
NO_REPRESENTATIVES = "Neuf salariés : pas de comité social et économique"
EXIT_PLAN = (
    "<p>Préavis d’un mois. Le jour dit, tous les comptes reviennent d’un coup et "
    "l’accès du prestataire cesse.</p><ul><li>Sophie Lambert reprend les PME, Karim "
    "Benali les TPE et les collectivités.</li><li>Promesses et échéanciers en cours "
    "restent dus : ils sont suivis depuis l’agenda.</li><li>Le prestataire rend les "
    "pièces et atteste l’effacement de ses copies sous quinze jours.</li></ul>"
)
#: user key: new role, next step, training, what was said
PLANS = {
    "manager": (
        "Pilotage du mandat et des revues",
        "Direction du poste clients, comité de direction",
        "Pilotage de prestataires, un jour, avant l’été",
        "Souhaite garder trois grands comptes en direct.",
    ),
    "collector": (
        "Grands comptes et litiges",
        "Adjointe du credit manager dans un an",
        "Négociation et litiges complexes, deux jours",
        "Contente de quitter les relances de masse ; veut du temps pour les visites.",
    ),
    "collector_2": (
        "Contrôle qualité : écoute des appels, avant-échéance",
        "Chargé de relance confirmé, prime sur résultats",
        "Techniques d’appel avec les équipes du prestataire",
        "Craignait pour son poste ; rassuré sur le rôle de contrôle.",
    ),
}


def overcome_brakes(env, mandate, users, date):
    """What is settled before a mandate begins; of a pilot, what a pilot needs."""
    _admit_dysfunctions(env, mandate.company_id, users, date)
    manager = users["manager"]
    mandate.write({"exit_plan": EXIT_PLAN})
    needed = ("pilot",)
    if not mandate.placement_ids and mandate.mode == "in_name":
        needed = ("pilot", "live")
        mandate.exit_rehearsed_on = date - timedelta(days=6)
        _plan_transitions(mandate, users, date)
    for answer in mandate.readiness_ids:
        if answer.needed_for not in needed:
            continue
        xmlid = answer.point_id.get_external_id()[answer.point_id.id]
        words = ANSWERS.get(xmlid.rpartition("readiness_")[2])
        if words:
            answer.answer = words
            answer.with_user(manager).action_answer()
        else:
            answer.reason = NO_REPRESENTATIVES
            answer.with_user(manager).action_set_not_applicable()
    mandate.readiness_ids.filtered("answered_on").write(
        {"answered_on": moment(date - timedelta(days=3), 11)}
    )


def _admit_dysfunctions(env, company, users, date):
    """The working group meets, and each department owns what it causes."""
    owners = {"price": "sales_1", "order": "sales_1", "delivery": "sales_2"}
    register = env["collection.dysfunction"].search([])
    for dysfunction in register:
        key = owners.get(dysfunction.department, "manager")
        dysfunction.owner_id = users[key]
    meetings = env["collection.working.group.meeting"]
    if meetings.search_count([("company_id", "=", company.id)]):
        return
    participants = [
        users[key].id for key in ("manager", "sales_1", "sales_2", "collector")
    ]
    meetings.create(
        [
            {
                "company_id": company.id,
                "date": date - timedelta(days=days),
                "participant_ids": [Command.set(participants)],
                "dysfunction_ids": [Command.set(register[first : first + 2].ids)],
                "minutes": minutes,
            }
            for days, first, minutes in (
                (
                    40,
                    0,
                    "<p>Un client sur huit conteste une facture. Les numéros de "
                    "commande manquent dès la prise de commande ; les tarifs du "
                    "contrat ne sont pas ceux de la facture.</p>",
                ),
                (
                    10,
                    2,
                    "<p>Les bons de livraison signés suivront la facture à partir du "
                    "mois prochain. Liste des dysfonctionnements transmise au "
                    "prestataire.</p>",
                ),
            )
        ]
    )


def _plan_transitions(mandate, users, date):
    mandate.with_user(users["manager"]).action_plan_transitions()
    by_user = {users[key]: plan for key, plan in PLANS.items()}
    for plan in mandate.transition_ids:
        new_role, career_step, training, said = by_user[plan.collector_id]
        plan.write(
            {
                "interview_date": date - timedelta(days=8),
                "new_role": new_role,
                "career_step": career_step,
                "training": training,
                "note": f"<p>{said}</p>",
            }
        )
    plans = mandate.transition_ids
    plans.with_user(users["manager"]).action_agree()
    agreed = date - timedelta(days=4)
    plans._seal({"agreed_on": moment(agreed, 16), "figures_on": agreed})
    mandate._seal({"going_on": agreed})
