from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.days import company_today
from ..contact.collection_account_call import FOLLOW_UP_MODELS
from ..delegation.collection_provider_note import (
    NOTE_LENGTH,
    PROOF_REASONS,
    RETURN_REASONS,
)

#: messages shown on a customer's page, newest first
NOTE_LIMIT = 20
#: customers that are given back at once
RETURNS_AT_ONCE = 50
#: days after a customer was taken back within which an agent may not have noticed
LATE_DAYS = 1
#: what a form may say that is worth passing on, beside what it says in free words
FREE_WORDS = ("note", "body", "description")
LATE_FIELDS = {
    "collection.call": ("phone", "person", "next_action", "next_action_date"),
    "collection.promise": ("amount", "date_promised"),
    "collection.payment.plan": ("instalment_count", "date_first"),
    "collection.dispute": ("amount",),
    "res.partner": ("name", "function", "phone", "email"),
}


class CollectionAccount(models.Model):
    """What a provider's agent says to the company about a customer.

    As in `collection_account_portal.py`: the account is checked to be theirs, then the
    message is kept as superuser.
    """

    _inherit = "collection.account"

    def _portal_write_note(self, body):
        """Tell the company something about this customer.

        :return: the message, as the current user
        :raises AccessError: not delegated to them any more
        :raises UserError: when it says nothing, or too much
        """
        agent_sudo = self._check_delegated_to_me()
        return self._portal_post_note(agent_sudo, {"kind": "note", "body": body})

    def _portal_request_return(self, reason, body, files=()):
        """Ask the company to take this customer back; it decides.

        :param reason: code of `RETURN_REASONS`
        :param body: what was tried
        :param files: the proof: list of (name, content) as they came
        :return: the message, as the current user
        :raises AccessError: not delegated to them any more
        :raises UserError: without a reason, an explanation or a proof where one is
            needed, or when asked already
        """
        agent_sudo = self._check_delegated_to_me()
        self._check_portal_return(reason, body, files)
        note = self._portal_post_note(
            agent_sudo, {"kind": "return", "reason": reason, "body": body}
        )
        self._portal_add_files(note, files)
        return note

    def _check_portal_return(self, reason, body, files):
        """Refuse a return of these customers that lacks something.

        :raises UserError: saying what
        """
        if reason not in dict(RETURN_REASONS):
            raise UserError(self.env._("Choose why the customer is given back."))
        if not (body or "").strip():
            raise UserError(self.env._("Say what you have tried."))
        if reason in PROOF_REASONS and not files:
            raise UserError(
                self.env._(
                    "Add a proof, as a PDF or an image: a notice of insolvency, an "
                    "extract of the register, letters that came back."
                )
            )
        if self._get_open_return():
            raise UserError(
                self.env._(
                    "The company has been asked to take this customer back already."
                )
            )

    def _portal_request_returns(self, reason, body, files):
        """As `_portal_request_return`, of many customers at once, all or none.

        The proof goes with each of them; who decides is asked once.

        :return: number of customers
        """
        if len(self) > RETURNS_AT_ONCE:
            raise UserError(
                self.env._(
                    "Give %(limit)s customers back at a time, at most.",
                    limit=RETURNS_AT_ONCE,
                )
            )
        self._check_portal_return(reason, body, files)
        together = self.with_context(collection_together=True)
        notes = self.env["collection.provider.note"]
        for account in together:
            agent_sudo = account._check_delegated_to_me()
            note = account._portal_post_note(
                agent_sudo, {"kind": "return", "reason": reason, "body": body}
            )
            account._portal_add_files(note, files)
            notes |= note.with_env(self.env)
        # sudo: the timelines and who decides are the company's
        notes.sudo()._notify_together()
        return len(notes)

    def _portal_post_note(self, agent_sudo, vals):
        note_sudo = self.env["collection.provider.note"]._post(
            agent_sudo,
            {
                **vals,
                "account_id": self.id,
                # sudo: the mandate that was checked
                "mandate_id": self.sudo().mandate_id.id,
            },
        )
        return note_sudo.with_env(self.env)

    def _get_open_return(self):
        """A request to take these customers back that nobody has decided yet."""
        return self.env["collection.provider.note"].search(
            [
                ("account_id", "in", self.ids),
                ("kind", "=", "return"),
                ("state", "=", "open"),
            ],
            limit=1,
        )

    def _get_portal_notes(self):
        """Messages of the agent's own provider about this customer, for the page."""
        notes = self.env["collection.provider.note"].search_fetch(
            [("account_id", "=", self.id)], limit=NOTE_LIMIT
        )
        return notes._get_portal_values()

    # ------------------------------------------------------------------
    # Taken back while somebody writes
    # ------------------------------------------------------------------

    @api.model
    def _portal_pass_on(self, account_id, texts):
        """Pass on to the company what an agent was writing about a customer who was
        taken back meanwhile.

        :param dict texts: what was typed, by the names of the form
        :return: what reached the company, empty where nothing was written; None where
            the customer is the agent's still, or was not until just now
        """
        agent_sudo = self._get_provider_agent()
        line_sudo = self._find_late_line(agent_sudo, account_id)
        if not line_sudo:
            return None
        words = self._describe_late_words(texts)
        if words:
            self.env["collection.provider.note"]._post(
                agent_sudo,
                {
                    "kind": "note",
                    "account_id": line_sudo.account_id.id,
                    "mandate_id": line_sudo.mandate_id.id,
                    "body": self.env._(
                        "Written while the customer was being taken back:\n%(words)s",
                        words=words,
                    )[:NOTE_LENGTH],
                },
            )
        return words

    @api.model
    def _find_late_line(self, agent_sudo, account_id):
        """The line of a customer who was this agent's until just now, as superuser.

        :return: none where the customer is theirs still, or was not
        """
        lines_sudo = self.env["collection.placement.line"].sudo()
        if not agent_sudo or self.search_count([("id", "=", account_id)], limit=1):
            return lines_sudo
        today = company_today(self)
        since = fields.Date.subtract(today, days=LATE_DAYS)
        # sudo: whether it was theirs; items are held of what was handed over only
        return lines_sudo.search(
            [
                ("account_id", "=", account_id),
                ("item_ids", "!=", False),
                ("mandate_id.agent_ids", "in", agent_sudo.ids),
                # taken back, or under a mandate that ran out last night
                "|",
                "&",
                ("state", "!=", "active"),
                ("date_end", ">=", since),
                "&",
                ("state", "=", "active"),
                "&",
                ("mandate_id.date_end", "<", today),
                ("mandate_id.date_end", ">=", since),
            ],
            order="date_end desc, id desc",
            limit=1,
        )

    @api.model
    def _describe_late_words(self, texts):
        """What a form said, for people to read."""
        lines = []
        outcome_id = texts.get("outcome_id", "")
        if outcome_id.isascii() and outcome_id.isdecimal() and len(outcome_id) < 10:
            outcomes = self.env["collection.call.outcome"]
            lines += outcomes.search([("id", "=", int(outcome_id))]).mapped("name")
        for name, text in texts.items():
            kind, _dash, field_name = name.rpartition("-")
            if field_name in FREE_WORDS:
                lines.append(text.strip())
                continue
            models = (
                [FOLLOW_UP_MODELS[kind]] if kind in FOLLOW_UP_MODELS else LATE_FIELDS
            )
            for model in models:
                if field_name in LATE_FIELDS.get(model, ()):
                    label = self.env[model]._fields[field_name]
                    lines.append(f"{label._description_string(self.env)}: {text}")
                    break
        # what no database stores is no reason to lose the rest
        words = "\n".join(lines).replace("\0", "")
        return words.encode(errors="ignore").decode()[: NOTE_LENGTH // 2].strip()

    def _explain_items_taken_back(self, item_ids):
        """Why an act about these items is refused, when some of them were handed over
        with this customer, and are not with the agent any more.

        :return: the words; empty when they never were
        """
        self.ensure_one()
        # sudo: what this hand-over has held, and nothing else
        held_sudo = self.sudo().placement_line_id.item_ids.filtered("item_id")
        if not item_ids or not set(held_sudo.item_id.ids).issuperset(item_ids):
            return ""
        return self.env._(
            "An invoice that you chose is settled, or was taken back by the company, "
            "meanwhile. Choose among those that are left."
        )
