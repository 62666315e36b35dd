from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import formataddr

from ...tools import outside_value
from ...tools.amicable_wording import find_forbidden
from ...tools.mail_words import find_fault

#: e-mails to one customer in a day, whoever of the provider sends them
MAILS_A_DAY = 3
#: characters of an agent's own words
WORDS_LIMIT = 2000
#: invoices whose payment link one e-mail holds
MAX_LINKS = 10
#: what an agent may send, and whether it asks for payment
MAIL_KINDS = {"statement": False, "copy": False, "link": True, "words": True}
SUBTYPE = "account_collection.mt_provider_mail"


class CollectionAccount(models.Model):
    """E-mail that a provider's agent has the company send to a customer.

    In the company's name, from its address and with its wording; answers go to the
    company. The agent chooses what, to which confirmed contact, and adds words of
    their own where a template of the mandate has a place for them.
    """

    _inherit = "collection.account"

    def _portal_send_mail(self, vals):
        """Send this customer an e-mail, as the current agent.

        :param dict vals: `kind` (of `MAIL_KINDS`), `contact_id`, `item_ids`,
            `template_id` and `words`, as they came
        :return: what left and to whom, in words
        :raises AccessError: not delegated to them, or not a contact of this customer
        :raises UserError: what is missing, not allowed, or too much
        """
        agent_sudo = self._check_delegated_to_me()
        kind = vals.get("kind")
        if kind not in self._get_portal_mail_kinds():
            raise UserError(self.env._("Choose what to send."))
        # what is chosen is theirs, whatever is sent
        self._get_chosen_items(vals.get("item_ids") or [])
        self._check_portal_mail(kind)
        if kind == "statement":
            return self._portal_send_statement(agent_sudo)
        contact_sudo = self._get_portal_mail_contact(vals.get("contact_id"))
        return getattr(self, f"_portal_send_{kind}")(agent_sudo, contact_sudo, vals)

    def _get_portal_mail_kinds(self):
        """What may be sent to this customer: {code: label}; nothing where the mandate
        does not allow it."""
        # sudo: the mandate under which the account is delegated
        if not self.sudo().mandate_id.mail_allowed:
            return {}
        kinds = {
            "words": self.env._("A message"),
            "copy": self.env._("Copies of invoices"),
            "statement": self.env._("Statement of account"),
        }
        if self._takes_online_payments() and self._get_payment_links(
            self._get_portal_open_items()
        ):
            kinds["link"] = self.env._("Links to pay online")
        return kinds

    def _get_portal_mail_values(self):
        """What the form of an e-mail offers; None where the mandate allows none."""
        kinds = self._get_portal_mail_kinds()
        if not kinds:
            return None
        mails_sudo = self._find_portal_mails()
        templates_sudo = self._get_portal_mail_templates()
        # not their long texts
        templates_sudo.fetch(["name"])
        return {
            "kinds": [{"code": code, "label": label} for code, label in kinds.items()],
            "contacts": [
                {
                    "id": contact.id,
                    "label": f"{contact.name or self.display_name} "
                    f"<{contact.email_normalized}>",
                }
                for contact in self._get_portal_mail_contacts()
            ],
            # sudo: to whom letters go, among them the statement
            "statement_to": self.sudo()._dunning_contact().email_normalized or "",
            "templates": [
                {"id": template.id, "name": template.name}
                for template in templates_sudo
            ],
            "left": max(MAILS_A_DAY - self._count_portal_mails(mails_sudo), 0),
            "sent": self._describe_portal_mails(mails_sudo[:5]),
        }

    def _get_portal_mail_contacts(self):
        """Confirmed contacts of this customer with an address, the usual one first."""
        # sudo: called after the check that the account is delegated; contacts that the
        # provider added wait for the company
        account_sudo = self.sudo()
        people_sudo = self._get_call_people() - account_sudo.new_contact_ids
        return account_sudo._get_own_people(people_sudo).filtered("email_normalized")

    def _get_portal_mail_contact(self, contact_id):
        contacts_sudo = self._get_portal_mail_contacts()
        if not contact_id:
            raise UserError(self.env._("Choose to whom the e-mail goes."))
        contact_sudo = contacts_sudo.filtered(lambda found: found.id == contact_id)
        if not contact_sudo:
            raise AccessError(
                self.env._("Choose one of the contacts that the company confirmed.")
            )
        return contact_sudo

    def _get_portal_mail_templates(self):
        """Templates into which the mandate lets agents write, of ours without any."""
        # sudo: which the company chose on the mandate
        return (
            self.sudo().mandate_id.mail_template_ids
            or self.env.ref("account_collection.mail_template_provider").sudo()
        )

    def _get_portal_open_items(self):
        return self.env["collection.item"].search(
            [("account_id", "=", self.id), ("state", "=", "open")], order="date_due, id"
        )

    # ------------------------------------------------------------------
    # What is in the way
    # ------------------------------------------------------------------

    def _check_portal_mail(self, kind):
        # sudo: nobody else of the provider writes to this customer meanwhile; what is
        # in the way stands on the account
        account_sudo = self.sudo()
        account_sudo.lock_for_update(allow_referencing=True)
        if self._count_portal_mails(self._find_portal_mails()) >= MAILS_A_DAY:
            raise UserError(
                self.env._(
                    "%(count)s e-mails left to this customer today: no more are sent "
                    "before tomorrow.",
                    count=MAILS_A_DAY,
                )
            )
        if MAIL_KINDS[kind] and account_sudo.insolvency_date:
            raise UserError(
                self.env._("The customer is insolvent: nothing is asked of them.")
            )
        if MAIL_KINDS[kind] and self.mandate_notice_missing:
            raise UserError(
                self.env._(
                    "The first letter to this customer has not left yet: do not ask "
                    "for payment before it has."
                )
            )

    def _find_portal_mails(self):
        """E-mails to this customer that a provider's agents had sent, newest first."""
        subtype_id = self.env["ir.model.data"]._xmlid_to_res_id(
            SUBTYPE, raise_if_not_found=True
        )
        # sudo: e-mails are the company's; which of them a provider's agent sent to
        # this customer
        return (
            self.env["mail.mail"]
            .sudo()
            .search_fetch(
                Domain("model", "=", self._name)
                & Domain("res_id", "=", self.id)
                & Domain("subtype_id", "=", subtype_id),
                order="id desc",
            )
        )

    def _count_portal_mails(self, mails_sudo):
        """E-mails to this customer that the provider's agents had sent today.

        :param mails_sudo: as of `_find_portal_mails`
        """
        # sudo: when the company's day began
        company_sudo = self.sudo().company_id
        today = company_sudo._get_collection_midnight(
            company_sudo._get_collection_today()
        )
        letters = Domain("account_id", "=", self.id)
        letters &= Domain("kind_id.code", "=", "statement")
        letters &= Domain("create_date", ">=", today)
        # sudo: letters are the company's; those that portal users had written
        letters &= Domain("create_uid.share", "=", True)
        return len(
            mails_sudo.filtered(lambda mail: mail.create_date >= today)
        ) + self.env["collection.letter"].sudo().search_count(letters)

    def _describe_portal_mails(self, mails_sudo):
        """E-mails of the provider's agents, and whether they have left."""
        states = {
            "outgoing": self.env._("waits to leave"),
            "sent": self.env._("has left"),
            "received": self.env._("has left"),
            "exception": self.env._("could not be sent"),
            "cancel": self.env._("was cancelled"),
        }
        return [
            {
                "date": mail_sudo.create_date,
                "subject": mail_sudo.subject,
                "to": ", ".join(
                    mail_sudo.recipient_ids.filtered("email_normalized").mapped(
                        "email_normalized"
                    )
                ),
                "state": states[mail_sudo.state],
                "bad": mail_sudo.state in ("exception", "cancel"),
            }
            for mail_sudo in mails_sudo
        ]

    def _read_portal_words(self, text, needed=True):
        """An agent's own words, bounded and without what only the company says."""
        words = self._read_outside_value(
            self.env._("Message"),
            lambda value: outside_value.as_text(value, WORDS_LIMIT),
            (text or "").strip(),
        )
        if not words:
            if needed:
                raise UserError(self.env._("Write your message first."))
            return ""
        fault = find_fault(words)
        if fault == "link":
            raise UserError(
                self.env._(
                    "Write without addresses of web pages: links to pay come from the "
                    "company."
                )
            )
        if fault:
            raise UserError(
                self.env._(
                    "Write without bank details: customers get them from the company."
                )
            )
        reasons = self.env["collection.forbidden.word"]._get_reasons()
        found = find_forbidden(words, reasons)
        if found:
            raise UserError(
                self.env._(
                    "“%(words)s” may not be written to a customer: %(reason)s",
                    words=found[0],
                    reason=reasons[found[0]],
                )
            )
        return words

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def _portal_send_statement(self, agent_sudo):
        # sudo: the account was checked; letters are written and sent by the system, to
        # whom the company writes
        account_sudo = self.sudo()
        contact_sudo = account_sudo._dunning_contact()
        if not contact_sudo.email_normalized:
            raise UserError(
                self.env._(
                    "The company has no e-mail address for letters to this customer: "
                    "send a message to a contact instead."
                )
            )
        letter_sudo = account_sudo._write_letter("statement")
        letter_sudo.channel = "email"
        letter_sudo.action_confirm()
        letter_sudo._queue_sending()
        return self._log_portal_mail(
            agent_sudo, self.env._("Statement of account"), contact_sudo
        )

    def _portal_send_copy(self, agent_sudo, contact_sudo, vals):
        items = self._get_chosen_items(vals.get("item_ids") or [])
        if not items:
            raise UserError(self.env._("Say which invoices to send a copy of."))
        self._send_duplicates(
            items, contact=contact_sudo, subtype=self.env.ref(SUBTYPE)
        )
        return self._log_portal_mail(
            agent_sudo,
            self.env._(
                "Copies: %(invoices)s", invoices=", ".join(items.mapped("move_name"))
            ),
            contact_sudo,
        )

    def _portal_send_link(self, agent_sudo, contact_sudo, vals):
        items = self._get_chosen_items(
            vals.get("item_ids") or self._get_portal_open_items().ids
        )
        links = self._get_payment_links(items)
        if not links:
            raise UserError(
                self.env._("None of these invoices can be paid online at the moment.")
            )
        if len(links) > MAX_LINKS:
            raise UserError(
                self.env._(
                    "Choose %(limit)s invoices at most to be paid online.",
                    limit=MAX_LINKS,
                )
            )
        words = self._read_portal_words(vals.get("words"), needed=False)
        template_sudo = self.env.ref("account_collection.mail_template_provider").sudo()
        self._send_portal_template(template_sudo, contact_sudo, words, links)
        return self._log_portal_mail(
            agent_sudo,
            self.env._(
                "Links to pay online: %(invoices)s",
                invoices=", ".join(link["invoice"] for link in links),
            ),
            contact_sudo,
        )

    def _portal_send_words(self, agent_sudo, contact_sudo, vals):
        words = self._read_portal_words(vals.get("words"))
        templates_sudo = self._get_portal_mail_templates()
        template_sudo = templates_sudo.filtered(
            lambda template: template.id == vals.get("template_id")
        )
        if vals.get("template_id") and not template_sudo:
            raise UserError(self.env._("Choose one of the templates offered."))
        template_sudo = template_sudo or templates_sudo[:1]
        self._send_portal_template(template_sudo, contact_sudo, words, [])
        return self._log_portal_mail(agent_sudo, template_sudo.name, contact_sudo)

    def _send_portal_template(self, template_sudo, contact_sudo, words, links):
        # sudo: to whom and what was checked; it leaves from the company's address,
        # by the company's queue
        company_sudo = self.sudo().company_id
        address = company_sudo.email or company_sudo.collection_email
        if not address:
            raise UserError(
                self.env._(
                    "%(company)s has no e-mail address to write from: tell them.",
                    company=company_sudo.name,
                )
            )
        template_sudo.with_context(
            collection_words=words, collection_links=links
        ).send_mail(
            self.id,
            email_values={
                # never the agent's own
                "email_from": formataddr((company_sudo.name, address)),
                "author_id": company_sudo.partner_id.id,
                "recipient_ids": [Command.set(contact_sudo.ids)],
                "email_to": False,
                "email_cc": False,
                "reply_to": self._get_reply_to(),
                "subtype_id": self.env.ref(SUBTYPE).id,
                "auto_delete": False,
            },
        )

    def _takes_online_payments(self):
        """Whether the company has a provider of online payments at work."""
        if "payment.provider" not in self.env:
            return False
        # sudo: whether there is one, nothing else of it
        account_sudo = self.sudo()
        domain = Domain("state", "=", "enabled")
        domain &= Domain("company_id", "parent_of", account_sudo.company_id.id)
        return bool(account_sudo.env["payment.provider"].search_count(domain, limit=1))

    def _get_payment_links(self, items):
        """Links by which invoices are paid online, where Odoo offers it."""
        links = []
        if not self._takes_online_payments():
            return links
        # sudo: of items that the current user reads; the links that the customer has on
        # the invoice anyway
        for move_sudo in items.sudo().move_id:
            # only the application that takes payments online knows these
            payable = getattr(move_sudo, "_has_to_be_paid", None)
            if payable and payable():
                link = move_sudo._get_portal_payment_link()
                if link:
                    links.append({"invoice": move_sudo.name, "url": link})
        return links

    def _log_portal_mail(self, agent_sudo, what, contact_sudo):
        """Note on the customer's timeline what left, to whom and at whose wish.

        :return: the same for the agent
        """
        address = contact_sudo.email_normalized
        # sudo: the timeline is the company's
        self.sudo()._message_log(
            body=self.env._(
                "E-mail sent for the company by %(agent)s (%(provider)s) to "
                "%(contact)s: %(what)s.",
                agent=agent_sudo.name,
                provider=agent_sudo.provider_id.name,
                contact=address,
                what=what,
            ),
            author_id=agent_sudo.user_id.partner_id.id,
        )
        return self.env._("%(what)s, to %(contact)s", what=what, contact=address)
