from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize, formataddr

from ...tools import outside_value
from ..agreement.collection_account_agreement import (
    DISPUTE_FIELDS,
    PLAN_FIELDS,
    PROMISE_FIELDS,
)
from ..base.collection_provider_values import CHAR_LIMIT
from .collection_call import LOG_FIELDS

#: what may be said of each thing that may come of a call
FOLLOW_UP_FIELDS = {
    "promise": PROMISE_FIELDS | {"confirm"},
    "plan": PLAN_FIELDS,
    "dispute": DISPUTE_FIELDS,
    "bill": frozenset({"alternative", "bill_id"}),
    "duplicate": frozenset({"item_ids"}),
    "contact": frozenset({"contact_id", "email", "function", "name", "phone"}),
    "means": frozenset(
        {"answer", "date_effective", "note", "person", "refusal_reason", "target"}
    ),
}
#: of which model the fields of each kind are
FOLLOW_UP_MODELS = {
    "promise": "collection.promise",
    "plan": "collection.payment.plan",
    "dispute": "collection.dispute",
    "bill": "collection.bill",
    "duplicate": "collection.promise",
    "contact": "res.partner",
    "means": "collection.means.change",
}
#: what is no field of that model, or is looked for further down; what it is
FOLLOW_UP_OTHERS = {
    "answer": lambda value: outside_value.as_text(value, CHAR_LIMIT),
    "bill_id": outside_value.as_id,
    "confirm": outside_value.as_flag,
    "contact_id": outside_value.as_id,
    "reason_id": outside_value.as_id,
}
#: what only somebody able to answer for the payment can agree to
BY_RIGHT_PARTY = frozenset({"bill", "dispute", "means", "plan", "promise"})
#: copies of more invoices than these are not sent with one call
MAX_DUPLICATES = 10


class CollectionAccount(models.Model):
    """Logging a call together with what came of it, in-house and at the provider's."""

    _inherit = "collection.account"

    call_ids = fields.One2many(
        comodel_name="collection.call", inverse_name="account_id", string="Calls"
    )
    call_count = fields.Integer(compute="_compute_call_count")
    last_call_date = fields.Datetime(compute="_compute_last_call_date")

    # ------------------------------------------------------------------
    # The call screen
    # ------------------------------------------------------------------

    def action_log_call(self):
        """Open the call to this customer: whom to ask for, what to say, what came."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Call %(customer)s", customer=self.display_name),
            "res_model": "collection.call.screen",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_account_id": self.id,
                "dialog_size": "extra-large",
            },
        }

    # ------------------------------------------------------------------
    # Logging
    # ------------------------------------------------------------------

    def _log_call(self, vals, follow_up=None):
        """Log a call of the current user to this customer, with what came of it.

        The door of the call screen. All or nothing. In-house people act under their
        own rights, a provider's on what is delegated to them.

        :param dict vals: values of `LOG_FIELDS` and no other; without `direction`
            the call went out
        :param dict follow_up: what came of it, values of `FOLLOW_UP_FIELDS` by kind:

            - ``promise``: amount, date_promised, item_ids (ids; none: the overdue
              ones), payment_means, person, note; confirm: write to the customer
            - ``plan``: instalment_count, date_first, item_ids, payment_means, ...
            - ``dispute``: reason_id, item_ids, amount (none: all of it), description
            - ``bill``: bill_id, alternative; its return counts as asked for
            - ``duplicate``: item_ids; copies of the invoices leave by e-mail
            - ``contact``: name, function, phone, email of a new contact of the
              customer; with contact_id, what is to be changed of that one
            - ``means``: target, answer (asked, accepted or refused), date_effective
              of what was accepted, refusal_reason of what was refused, person, note
        :return: the call, as the current user
        :raises AccessError: not their customer, or values they may not set
        :raises UserError: what is missing or cannot be, with what to do about it
        """
        self._check_may_work()
        return self._keep_call(vals, follow_up)

    def _keep_call(self, vals, follow_up=None):
        """As `_log_call`, of a user who was checked to work this account."""
        calls = self.env["collection.call"]
        calls.check_access("create")
        self._check_outside_names(vals, LOG_FIELDS)
        outcome = self._get_call_outcome(vals.get("outcome_id"))
        vals = calls._clean_outside_values(vals, LOG_FIELDS)
        follow_up = self._clean_follow_up(
            outcome,
            {kind: values for kind, values in (follow_up or {}).items() if values},
        )
        kinds = [
            kind for kind in ("promise", "plan", "dispute", "bill") if kind in follow_up
        ]
        with self.env.cr.savepoint():
            if kinds:
                # sudo: bookkeeping on this customer, whom the user may call. The call
                # is about what is owed before anything is promised or contested
                self.sudo().letter_ids._get_open_calls()._recompute_before_sending()
            # what the call leads to is there first: a call is never rewritten
            links = {
                f"{kind}_id": getattr(self, f"_record_follow_up_{kind}")(
                    follow_up[kind], vals
                ).id
                for kind in kinds
            }
            call = calls._create_as_user(
                [{**vals, "outcome_id": outcome.id, "account_id": self.id}], links
            )
            for kind in ("contact", "duplicate", "means"):
                if kind in follow_up:
                    getattr(self, f"_record_follow_up_{kind}")(follow_up[kind], call)
        return call

    @api.model
    def _get_call_outcome(self, outcome_id):
        outcome_id = self._read_outside_value(
            "outcome_id", outside_value.as_id, outcome_id
        )
        outcome = self.env["collection.call.outcome"].search([("id", "=", outcome_id)])
        if not outcome:
            raise UserError(self.env._("Say how the call went: choose an outcome."))
        return outcome

    def _clean_follow_up(self, outcome, follow_up):
        """Plain values of what came of a call with this outcome.

        :raises AccessError: on a kind, a name or a record that may not be set
        :raises UserError: on what cannot come of such a call, or what is no value
        """
        self._check_outside_names(follow_up, FOLLOW_UP_FIELDS)
        follow_up = {
            kind: self._clean_follow_up_values(kind, values)
            for kind, values in follow_up.items()
        }
        if outcome.contact != "right_party" and BY_RIGHT_PARTY.intersection(follow_up):
            raise UserError(
                self.env._(
                    "“%(outcome)s”: nobody who could promise, contest or agree to "
                    "anything was reached. Choose another outcome.",
                    outcome=outcome.name,
                )
            )
        if outcome.contact == "none" and "duplicate" in follow_up:
            raise UserError(
                self.env._(
                    "“%(outcome)s”: nobody was reached who could ask for a copy.",
                    outcome=outcome.name,
                )
            )
        return follow_up

    @api.model
    def _clean_follow_up_values(self, kind, values):
        self._check_outside_names(values, FOLLOW_UP_FIELDS[kind])
        model_fields = self.env[FOLLOW_UP_MODELS[kind]]._fields
        return {
            name: self._read_outside_value(name, FOLLOW_UP_OTHERS[name], value)
            if name in FOLLOW_UP_OTHERS
            else self._clean_outside_value(model_fields[name], value)
            for name, value in values.items()
        }

    # ------------------------------------------------------------------
    # What came of it
    # ------------------------------------------------------------------

    def _record_follow_up_promise(self, values, vals):
        values = dict(values)
        confirm = values.pop("confirm", False)
        values.setdefault("person", vals.get("person"))
        promise = self._new_promise(values)
        if confirm:
            self._confirm_promise(promise)
        return promise

    def _confirm_promise(self, promise):
        """Write to the customer what was promised; the letter leaves with the queue."""
        # sudo: the promise was recorded by this user just now; letters are written
        # by the system
        promise_sudo = promise.sudo()
        letter_sudo = promise_sudo._write_confirmation()
        contact = letter_sudo._get_mail_partner()
        if not contact.email_normalized:
            raise UserError(
                self.env._(
                    "%(contact)s has no e-mail address: enter one, or do without "
                    "the confirmation.",
                    contact=contact.display_name,
                )
            )
        letter_sudo.channel = "email"
        letter_sudo.action_confirm()
        letter_sudo._queue_sending()
        return letter_sudo

    def _record_follow_up_plan(self, values, vals):
        values = dict(values)
        values.setdefault("person", vals.get("person"))
        return self._propose_plan(values)

    def _record_follow_up_dispute(self, values, vals):
        return self._open_dispute(
            {**values, "description": values.get("description") or vals.get("note")}
        )

    def _record_follow_up_bill(self, values, vals):
        bill = self.env["collection.bill"].search(
            [("id", "=", values.get("bill_id") or 0), ("account_id", "=", self.id)]
        )
        if not bill:
            raise UserError(self.env._("Choose the bill that is to come back."))
        bill._chase(values.get("alternative"))
        return bill

    def _record_follow_up_duplicate(self, values, call):
        if not values.get("item_ids"):
            raise UserError(self.env._("Say which invoices to send a copy of."))
        self._send_duplicates(self._get_chosen_items(values["item_ids"]))

    def _send_duplicates(self, items, contact=None, subtype=None):
        """Send the customer copies of invoices by e-mail, in the company's name.

        :param items: items of this customer that the current user may read
        :param contact: to whom, as superuser; None: whom the letters go to
        :param subtype: of the message on the timeline
        """
        # sudo: the right to read the items was checked; whom the letters go to
        account_sudo = self.sudo()
        contact = contact or account_sudo._dunning_contact()
        if not contact.email_normalized:
            raise UserError(
                self.env._(
                    "%(contact)s has no e-mail address: enter one, then send the copy.",
                    contact=contact.display_name,
                )
            )
        invoices = items.sudo().move_id.filtered(
            lambda move: move.is_sale_document(include_receipts=True)
        )
        if len(invoices) > MAX_DUPLICATES:
            raise UserError(
                self.env._(
                    "Send copies of %(limit)s invoices at most.", limit=MAX_DUPLICATES
                )
            )
        if not invoices:
            raise UserError(self.env._("There is no invoice behind these items."))
        company = account_sudo.company_id
        address = company.email or company.collection_email
        if not address:
            raise UserError(
                self.env._(
                    "%(company)s has no e-mail address to send copies from: enter one.",
                    company=company.name,
                )
            )
        documents = {}
        for item in items:
            if item.sudo().move_id in invoices:
                name, content = item._get_invoice_pdf()
                documents[name] = content
        template_sudo = self.env.ref(
            "account_collection.mail_template_duplicate"
        ).sudo()
        names = ", ".join(invoices.mapped("name"))
        template_sudo.with_context(collection_invoices=names).send_mail(
            self.id,
            email_values={
                # never the caller's own, who may be a provider's
                "email_from": formataddr((company.name, address)),
                "author_id": company.partner_id.id,
                "recipient_ids": [Command.set(contact.ids)],
                "subtype_id": subtype and subtype.id,
                "attachment_ids": [
                    Command.create(
                        {
                            "name": name,
                            "raw": content,
                            "mimetype": "application/pdf",
                            "res_model": "mail.message",
                        }
                    )
                    for name, content in documents.items()
                ],
            },
        )
        account_sudo._message_log(
            body=self.env._(
                "Copies sent to %(contact)s: %(invoices)s.",
                contact=contact.email_normalized,
                invoices=names,
            ),
            # sudo: by whom, in the company's timeline
            author_id=self.env.user.sudo().partner_id.id,
        )

    def _get_reply_to(self):
        """Where answers go: the collector, else the company's collections address."""
        # sudo: an address of the company's own
        account_sudo = self.sudo()
        company = account_sudo.company_id
        user = account_sudo.user_id._may_decide_in(company)
        if user.email_normalized:
            return user.email_formatted
        return company.collection_email or company.email or ""

    def _record_follow_up_contact(self, values, call):
        """Add a contact of the customer, or change one's number."""
        values = {
            name: value.strip() if isinstance(value, str) else value
            for name, value in values.items()
        }
        contact_id = values.pop("contact_id", False)
        values = {name: value for name, value in values.items() if value}
        if values.get("email") and not email_normalize(values["email"]):
            raise UserError(
                self.env._("%(email)s is no e-mail address.", email=values["email"])
            )
        if values.get("phone"):
            values["phone"] = call.sudo()._format_number(self.sudo(), values["phone"])
        if contact_id:
            self._change_contact(contact_id, values)
        else:
            self._add_contact(values)

    def _add_contact(self, values):
        if not values.get("name"):
            raise UserError(self.env._("Enter the name of the new contact."))
        if not values.get("phone") and not values.get("email"):
            raise UserError(
                self.env._("Enter a number or an e-mail address of the new contact.")
            )
        # sudo: the current user works this customer; a contact of it, with what
        # `FOLLOW_UP_FIELDS` names and nothing else
        partner_sudo = self.sudo().partner_id
        outside = self.env["collection.call"]._is_outsider()
        contact_sudo = partner_sudo.create(
            {
                **values,
                "parent_id": partner_sudo.id,
                # core writes to whoever is of type "contact" where nobody else is
                "type": "other" if outside else "contact",
                "lang": partner_sudo.lang,
            }
        )
        if outside:
            self._ask_about_contact(contact_sudo)
        self._log_contact(
            self.env._(
                "New contact: %(contact)s.",
                contact=", ".join(
                    filter(
                        None,
                        [
                            contact_sudo.name,
                            contact_sudo.function,
                            contact_sudo.phone,
                            contact_sudo.email,
                        ],
                    )
                ),
            )
        )

    def _ask_about_contact(self, contact_sudo):
        """Let somebody of the company look at a contact that the provider added."""
        # sudo: what is added to the account, and who is told, is the company's
        account_sudo = self.sudo()
        account_sudo.new_contact_ids += contact_sudo
        account_sudo._activity_schedule_for(
            account_sudo.company_id._get_collection_user(account_sudo.user_id),
            "mail.mail_activity_data_todo",
            lambda asked_sudo: asked_sudo.env._(
                "Look at the contact that the provider added: %(contact)s",
                contact=contact_sudo.name,
            ),
        )

    def _change_contact(self, contact_id, values):
        contact_sudo = self._get_call_people().filtered(
            lambda contact: contact.id == contact_id
        )
        if not contact_sudo:
            raise AccessError(self.env._("Choose a contact of this customer."))
        if values.get("email") and self.env["collection.call"]._is_outsider():
            # letters and statements go there
            raise UserError(
                self.env._(
                    "The company itself changes where its letters go: write the "
                    "address in the note."
                )
            )
        values.pop("name", None)
        if not values:
            raise UserError(self.env._("Enter what has changed: a number, a function."))
        before = {name: contact_sudo[name] for name in values}
        # sudo: one of this customer's contacts, which was checked; its number,
        # function or address only
        contact_sudo.write(values)
        self._log_contact(
            self.env._(
                "Contact %(contact)s changed: %(changes)s.",
                contact=contact_sudo.name or contact_sudo.display_name,
                changes="; ".join(
                    f"{before[name] or '–'} → {value}" for name, value in values.items()
                ),
            )
        )

    def _log_contact(self, body):
        # sudo: the timeline is the company's
        self.sudo()._message_log(
            body=body, author_id=self.env.user.sudo().partner_id.id
        )

    def _record_follow_up_means(self, values, call):
        values = dict(values)
        values.setdefault("person", call.person)
        target, answer = values.pop("target", False), values.pop("answer", False)
        self._record_means_change(target, answer, call=call, **values)

    def _compute_last_call_date(self):
        dates = dict(
            self.env["collection.call"]._read_group(
                [
                    ("account_id", "in", self.ids),
                    ("correction_of_id", "=", False),
                ],
                ["account_id"],
                ["date:max"],
            )
        )
        for account in self:
            account.last_call_date = dates.get(account._origin, False)

    def _compute_call_count(self):
        counts = dict(
            self.env["collection.call"]._read_group(
                [
                    ("account_id", "in", self.ids),
                    ("correction_of_id", "=", False),
                ],
                ["account_id"],
                ["__count"],
            )
        )
        for account in self:
            account.call_count = counts.get(account._origin, 0)

    def action_open_calls(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_call_action"
        )
        return dict(
            action,
            domain=[("account_id", "=", self.id), ("correction_of_id", "=", False)],
            context={"default_account_id": self.id},
        )
