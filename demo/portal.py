from datetime import timedelta


class DemoPortal:
    """What the provider's people and the company say to each other on the portal."""

    def __init__(self, env, users, agent):
        self.env = env
        self.users = users
        self.agent = agent

    def tell(self, mandate, today):
        """Targets, messages with and without an answer, a customer given back."""
        mandate.write({"target_contacted": 80.0, "target_kept": 70.0})
        mine = self.env["collection.account"].search(
            [
                ("mandate_id", "=", mandate.id),
                ("delegation_state", "=", "delegated"),
                ("agent_id", "=", self.agent.id),
            ],
            order="amount_overdue desc, id",
        )
        # nobody is written to about what the demo data ask for
        mine = mine.with_context(mail_activity_quick_update=True)
        if mine[:1]:
            note = self._as("agent", mine[0])._portal_write_note(
                "Le gérant ne se déplace plus au siège le lundi : mieux vaut appeler "
                "l'établissement de Valence avant 11 h."
            )
            self._answer(note, "Merci, c'est noté dans la fiche du client.")
        if mine[1:2]:
            self._as("agent", mine[1])._portal_write_note(
                "Le client demande si l'avoir de novembre sera déduit : que dois-je "
                "lui répondre ?"
            )
        if mine[2:3]:
            self._as("agent", mine[-1])._portal_request_return(
                "not_found",
                "Trois numéros essayés, courrier revenu, établissement fermé selon le "
                "voisin.",
            )
        supervisor = self._as("supervisor", mandate)
        planned = mandate.review_ids.filtered(lambda review: review.state == "planned")
        if planned:
            supervisor._portal_answer_review(
                planned[0].id,
                "Neuf clients sur dix ont été joints ; deux numéros manquent encore.",
            )
        # on holiday from next week on: who stands in for whom is known before
        self.agent.write(
            {
                "absent_from": today + timedelta(days=7),
                "absent_to": today + timedelta(days=14),
                "substitute_id": mandate.agent_ids.filtered(
                    lambda agent: agent != self.agent and not agent.supervisor
                )[:1].id,
            }
        )
        # the two smallest wait for the supervisor to give them to somebody
        smallest = self.env["collection.account"].search(
            [
                ("mandate_id", "=", mandate.id),
                ("delegation_state", "=", "delegated"),
                ("id", "not in", mine[:3].ids),
            ],
            order="amount_overdue, id",
            limit=2,
        )
        smallest.agent_id = False

    def _as(self, key, records):
        return records.with_user(self.users[key])

    def _answer(self, note, text):
        theirs = note.with_user(self.users["collector"])
        theirs.answer = text
        theirs.action_done()
