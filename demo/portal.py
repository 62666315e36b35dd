from datetime import timedelta

from odoo.tools import SQL

from .ledger import moment
from .papers import paper


class DemoPortal:
    """What the provider's people and the company say to each other on the portal."""

    def __init__(self, env, users, agent):
        self.env = env
        self.users = users
        self.agent = agent

    def tell(self, mandate, today, yesterday):
        """Messages with and without an answer, a customer given back."""
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
            self._add_file(
                note,
                "horaires-valence",
                "Établissement de Valence",
                ["Standard ouvert du lundi au vendredi de 8 h à 11 h."],
            )
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
        self._add_papers(mine)
        self._write_mail(mine, moment(yesterday, 10, 40))
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

    def _add_papers(self, accounts):
        """What customers sent about a promise and a dispute of the agent's."""
        theirs = [("account_id", "in", accounts.ids)]
        promise = self.env["collection.promise"].search(
            [*theirs, ("state", "=", "open"), ("user_id", "=", self.users["agent"].id)],
            order="date_promised, id",
            limit=1,
        )
        dispute = self.env["collection.dispute"].search(
            [*theirs, ("state", "=", "open"), ("agent_id", "=", self.agent.id)],
            order="id",
            limit=1,
        ) or self._contest(self._as("agent", accounts[:1]))
        if promise:
            self._add_file(
                promise,
                "ordre-de-virement",
                "Ordre de virement",
                [
                    f"Émis par : {promise.partner_id.name}",
                    f"Bénéficiaire : {promise.company_id.name}",
                    f"Montant : {promise.currency_id.format(promise.amount)}",
                    f"À exécuter le : {promise.date_promised:%d/%m/%Y}",
                ],
            )
        if dispute:
            self._add_file(
                dispute,
                "bon-de-livraison-annote",
                "Bon de livraison",
                [
                    f"Client : {dispute.partner_id.name}",
                    f"Facture : {dispute.item_names}",
                    "Réserves : deux cartons manquants à la livraison.",
                ],
            )

    def _contest(self, account):
        item = account and account._get_items_to_agree()[-1:]
        if not item:
            return self.env["collection.dispute"]
        amount = item.currency_id.sudo().round(item.amount_residual * 0.2)
        reason = self.env.ref("account_collection.dispute_reason_quantity")
        dispute = account._portal_open_dispute(
            {
                "reason_id": reason.id,
                "item_ids": item.ids,
                "amount": amount,
                "description": "Deux cartons manquants à la livraison.",
            }
        )
        return dispute.with_env(self.env)

    def _add_file(self, record, name, title, lines):
        self._as("agent", record.account_id)._portal_add_files(
            self._as("agent", record), [(f"{name}.pdf", paper(title, lines))]
        )

    def _write_mail(self, accounts, stamp):
        """An e-mail that the agent had the company send at the moment `stamp`."""
        Mail = self.env["mail.mail"]
        before = Mail.search([], order="id desc", limit=1).id or 0
        for account in self._as("agent", accounts):
            contacts = account._get_portal_mail_contacts()
            if account.mandate_notice_missing or not contacts:
                continue
            account._portal_send_mail(
                {
                    "kind": "words",
                    "contact_id": contacts[0].id,
                    "words": "Comme convenu au téléphone, je reste à votre disposition "
                    "pour vérifier ensemble les factures encore ouvertes. Merci de me "
                    "dire quel jour vous convient.",
                }
            )
            break
        # as if it had left then: nothing of the demo data leaves
        sent = Mail.search([("id", ">", before)])
        sent.write({"state": "sent", "date": stamp})
        sent.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE mail_mail SET create_date = %s WHERE id = ANY(%s)",
                stamp,
                sent.ids,
            )
        )
        if sent:
            account.sudo().message_ids[:1].date = stamp

    def _as(self, key, records):
        return records.with_user(self.users[key])

    def _answer(self, note, text):
        theirs = note.with_user(self.users["collector"])
        theirs.answer = text
        theirs.action_done()
