from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..agreement.collection_promise import MEANS
from ..base.days import company_today

#: all that an answer noted on the portal may say, beside the checklist
ANSWER_FIELDS = frozenset(
    {
        "contact_email",
        "contact_name",
        "contact_phone",
        "date_planned",
        "note",
        "payment_means",
        "person",
    }
)
#: questions of the checklist, in the order in which they are asked
CHECKS = ("received", "conforms", "delivered", "approved", "bank_details_known")


class CollectionPrecheck(models.Model):
    """Quality control of an invoice before it falls due: will it be paid on the day?

    The customer is asked what might hold the payment back while there is still
    time to mend it. What comes out is a planned payment, a dispute or a duplicate.
    """

    _name = "collection.precheck"
    _description = "Invoice Quality Control"
    _inherit = [
        "collection.ledger.mixin",
        "collection.provider.mixin",
        "mail.activity.mixin",
        "mail.thread",
    ]
    _order = "date_due, id"
    _rec_name = "item_id"

    _provider_fields = frozenset(
        {
            "account_id",
            "amount",
            "approved",
            "bank_details_known",
            "company_id",
            "conforms",
            "contact_email",
            "contact_name",
            "contact_phone",
            "currency_id",
            "date_checked",
            "date_due",
            "date_planned",
            "delivered",
            "duplicate_sent",
            "item_id",
            "note",
            "payment_means",
            "person",
            "promise_id",
            "received",
            "state",
        }
    )
    _on_site_fields = frozenset({"contact_id", "dispute_id", "partner_id", "user_id"})
    _provider_writable_fields = frozenset({*CHECKS, *ANSWER_FIELDS})
    _provider_words = frozenset({"note", "user_id"})

    item_id = fields.Many2one(
        comodel_name="collection.item",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    account_id = fields.Many2one(related="item_id.account_id", store=True, index=True)
    partner_id = fields.Many2one(related="item_id.partner_id")
    company_id = fields.Many2one(related="item_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="item_id.currency_id")
    amount = fields.Monetary(related="item_id.amount_residual")
    date_due = fields.Date(related="item_id.date_due", store=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Checked by",
        readonly=True,
        index="btree_not_null",
        depends_context=("uid",),
    )
    date_checked = fields.Date(readonly=True)
    person = fields.Char(string="Asked", help="Who at the customer's answered.")
    received = fields.Boolean(string="Invoice Received")
    conforms = fields.Boolean(string="Agrees with the Order")
    delivered = fields.Boolean(string="Delivery Accepted")
    approved = fields.Boolean(string="Approved for Payment")
    bank_details_known = fields.Boolean(string="Our Bank Details Known")
    date_planned = fields.Date(string="Payment Planned on")
    payment_means = fields.Selection(selection=MEANS)
    contact_name = fields.Char(
        string="New Contact", help="Whom to ask from now on, as the customer says."
    )
    contact_phone = fields.Char(string="Phone of the New Contact")
    contact_email = fields.Char(string="Email of the New Contact")
    contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact Added",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    note = fields.Text(depends_context=("uid",))
    duplicate_sent = fields.Boolean(
        readonly=True, help="A copy of the invoice was sent on request."
    )
    promise_id = fields.Many2one(
        comodel_name="collection.promise", readonly=True, ondelete="set null"
    )
    dispute_id = fields.Many2one(
        comodel_name="collection.dispute", readonly=True, ondelete="set null"
    )
    state = fields.Selection(
        selection=[
            ("to_check", "To check"),
            ("ok", "In order"),
            ("anomaly", "Anomaly"),
            ("dropped", "Dropped"),
        ],
        required=True,
        default="to_check",
        readonly=True,
        tracking=True,
        index=True,
    )

    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="As it was when the invoice was checked.",
    )
    right_first_time = fields.Float(
        string="Right First Time (%)",
        compute="_compute_right_first_time",
        store=True,
        aggregator="avg",
        digits=(5, 1),
        help="Invoices checked that had no anomaly, in percent.",
    )

    _item_uniq = models.Constraint(
        "UNIQUE (item_id)", "This invoice is being checked already."
    )

    def _get_words_author(self, alias, column):
        # who began to answer, as long as nobody has finished
        writer = SQL.identifier(alias, "write_uid", to_flush=self._fields["write_uid"])
        return SQL("COALESCE(%s, %s)", column, writer)

    @api.constrains("date_planned")
    def _check_date_planned(self):
        self._check_within_reach("date_planned")

    @api.depends("state")
    def _compute_right_first_time(self):
        for precheck in self:
            precheck.right_first_time = 100.0 if precheck.state == "ok" else 0.0

    # ------------------------------------------------------------------
    # The worklist
    # ------------------------------------------------------------------

    @api.model
    def _cron_generate(self):
        """Every night: invoices above the threshold that fall due in some days.

        Set-based: one statement for all companies. An invoice that was settled
        before anybody asked leaves the list; what is promised or contested already
        needs no question.
        """
        created = self.browse()
        for place, companies in self.env["res.company"]._by_collection_place():
            created |= self.with_context(**place)._generate(companies)
        return created

    @api.model
    def _generate(self, companies):
        """As of the current day, invoices of `companies`."""
        self.env["collection.item"].flush_model()
        self.env["res.company"].flush_model()
        self.env["collection.account"].flush_model(["insolvency_date"])
        self.flush_model()
        today = company_today(companies)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO collection_precheck (
                    item_id, account_id, company_id, date_due, state,
                    create_uid, create_date, write_uid, write_date)
                SELECT item.id, item.account_id, item.company_id, item.date_due,
                       'to_check', %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                       now() AT TIME ZONE 'UTC'
                  FROM collection_item item
                  JOIN res_company company ON company.id = item.company_id
                  JOIN account_move_line aml ON aml.id = item.move_line_id
                  JOIN collection_account account ON account.id = item.account_id
                 WHERE item.state = 'open' AND item.company_id = ANY(%(companies)s)
                   AND company.collection_precheck_amount > 0
                   AND item.amount_residual_company
                       >= company.collection_precheck_amount
                   AND item.date_due BETWEEN
                       %(today)s::date + company.collection_precheck_from
                       AND %(today)s::date + company.collection_precheck_to
                   AND aml.no_followup IS NOT TRUE
                   AND item.promise_id IS NULL AND item.plan_id IS NULL
                   AND COALESCE(item.amount_disputed, 0) = 0
                   AND account.insolvency_date IS NULL
                ON CONFLICT (item_id) DO NOTHING
             RETURNING id
                """,
                companies=companies.ids,
                today=today,
                uid=self.env.uid,
            )
        )
        self._follow_ledger()
        created = self.browse(row[0] for row in rows)
        created.account_id._mark_stale()
        return created

    @api.model
    def _follow_ledger(self, account_ids=None):
        """Invoices of which nothing is owed any more need no question: they are paid,
        credited or cancelled. One that is being corrected (reset to draft) does.

        :return: number of controls that were dropped
        """
        self.flush_model(["account_id", "item_id", "state"])
        self.env["collection.item"].flush_model(["state", "move_line_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT precheck.id
                  FROM collection_precheck precheck
                  JOIN collection_item item
                    ON item.id = precheck.item_id AND item.state = 'closed'
                  JOIN account_move_line aml
                    ON aml.id = item.move_line_id AND aml.parent_state <> 'draft'
                 WHERE precheck.state = 'to_check' AND %s
                """,
                self._among(SQL("precheck.account_id"), account_ids),
            )
        )
        # sudo: the ledger moved, whoever moved it
        for precheck_sudo in self.sudo().browse(row[0] for row in rows):
            precheck_sudo.state = "dropped"
            precheck_sudo._message_log(body=precheck_sudo.item_id._explain_settlement())
        return len(rows)

    # ------------------------------------------------------------------
    # What comes out of it
    # ------------------------------------------------------------------

    def _check_open(self):
        if any(precheck.state != "to_check" for precheck in self):
            raise UserError(self.env._("This invoice was checked already."))

    def _close(self, state):
        self.check_access("write")
        # sudo: the right to answer was checked; a provider's agent answers without
        # the right to set how it ended by hand
        for precheck_sudo in self.sudo():
            account_sudo = precheck_sudo.account_id
            precheck_sudo.write(
                {
                    "state": state,
                    "user_id": self.env.uid,
                    "date_checked": company_today(precheck_sudo),
                    "segment_id": account_sudo.segment_id.id,
                }
            )
            means = precheck_sudo.payment_means
            if (
                means
                and not account_sudo.payment_means
                and account_sudo._may_use_means(means)
            ):
                account_sudo.payment_means = means
        self.sudo().account_id._mark_stale()

    def action_confirm(self):
        """Everything is in order; a planned payment becomes a promise.

        :raises UserError: when a question of the checklist has no "yes"
        """
        self._check_open()
        labels = {
            name: self._fields[name]._description_string(self.env) for name in CHECKS
        }
        for precheck in self:
            missing = [labels[name] for name in CHECKS if not precheck[name]]
            if missing:
                raise UserError(
                    self.env._(
                        "Not in order yet: %(missing)s. Tick what the customer "
                        "confirmed, or report an anomaly.",
                        missing=", ".join(missing),
                    )
                )
            if precheck.date_planned:
                precheck.account_id._check_may_work()
                precheck._promise_payment()
        self._close("ok")

    def _promise_payment(self):
        """The planned payment becomes a promise, under the user's rights."""
        self.ensure_one()
        # sudo: only the link, and what was answered
        precheck_sudo = self.sudo()
        precheck_sudo.promise_id = self.account_id._new_promise(
            {
                "item_ids": precheck_sudo.item_id.ids,
                "amount": precheck_sudo.amount,
                "date_promised": precheck_sudo.date_planned,
                "payment_means": precheck_sudo.payment_means,
                "person": precheck_sudo.person,
            }
        ).id

    def action_anomaly(self):
        """Something holds the payment back: open a dispute about it."""
        self.ensure_one()
        self._check_open()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open a Dispute"),
            "res_model": "collection.dispute",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_account_id": self.account_id.id,
                "default_item_ids": self.item_id.ids,
                "default_precheck_id": self.id,
                "default_description": self.note,
            },
        }

    def _report_anomaly(self, dispute):
        """The control ends in `dispute`."""
        self.ensure_one()
        self._check_open()
        self.dispute_id = dispute
        self._close("anomaly")

    def _answer(self, vals, dispute=None):
        """Note what the customer answered, and conclude.

        The callers have checked that the current user may work the account.
        Everything confirmed: the control ends in order, and a planned payment
        becomes a promise. A `dispute` about the invoice ends it as an anomaly.
        Otherwise the answers are kept and it stays to be checked.

        :param dict vals: values of `CHECKS` and `ANSWER_FIELDS` and no other
        :param dispute: the dispute about this invoice
        :raises AccessError: on other values
        :raises UserError: when it was checked already
        """
        self.ensure_one()
        vals = self._clean_outside_values(vals, self._provider_writable_fields)
        self._check_open()
        # sudo: see above, and only answers are written
        precheck_sudo = self.sudo()
        precheck_sudo.write(vals)
        if dispute:
            if self.item_id not in dispute.sudo().item_ids:
                raise UserError(
                    self.env._("Choose the dispute that is about this invoice.")
                )
            precheck_sudo._report_anomaly(dispute.sudo())
        elif all(precheck_sudo[name] for name in CHECKS):
            if precheck_sudo.date_planned:
                self._promise_payment()
            precheck_sudo._close("ok")

    def action_add_contact(self):
        """The person the customer named becomes one of its contacts.

        :raises UserError: without a name, a phone number or an address
        """
        self.ensure_one()
        self.check_access("write")
        if not self.contact_name or not (self.contact_phone or self.contact_email):
            raise UserError(
                self.env._("Enter the name of the contact, and how to reach him.")
            )
        if self.contact_id:
            raise UserError(self.env._("This contact was added already."))
        # sudo: a collector may complete the contacts of customers they check
        precheck_sudo = self.sudo()
        precheck_sudo.contact_id = precheck_sudo.contact_id.create(
            {
                "name": self.contact_name,
                "phone": self.contact_phone,
                "email": self.contact_email,
                "parent_id": precheck_sudo.partner_id.id,
                "type": "contact",
                "function": self.env._("Supplier accounts"),
            }
        )
        precheck_sudo.account_id._message_log(
            body=self.env._(
                "New contact for invoices: %(name)s", name=self.contact_name
            ),
            author_id=self.env.user.partner_id.id,
        )

    def action_write_letter(self):
        """Draw up the letter that asks what the telephone would ask."""
        letters = self.env["collection.letter"]
        for account, prechecks in self.grouped("account_id").items():
            for items in prechecks.item_id.grouped("currency_id").values():
                letters |= account._write_letter("pre_reminder", items=items)
        if len(letters) == 1:
            return letters.get_formview_action()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_action"
        )
        return dict(action, domain=[("id", "in", letters.ids)], context={})

    def action_send_duplicate(self):
        """Write to the customer with a copy of the invoice; the control stays open."""
        self.ensure_one()
        self._check_open()
        self.duplicate_sent = True
        return self.item_id.action_send_duplicate()

    @api.model
    def _get_right_first_time_rate(self, company, date_from, date_to):
        """Share of the invoices checked that had no anomaly, in percent.

        Checked between the two dates (included); None when none was.
        """
        counts = dict(
            self._read_group(
                [
                    ("company_id", "=", company.id),
                    ("state", "in", ("ok", "anomaly")),
                    ("date_checked", ">=", date_from),
                    ("date_checked", "<=", date_to),
                ],
                ["state"],
                ["__count"],
            )
        )
        checked = sum(counts.values())
        return 100.0 * counts.get("ok", 0) / checked if checked else None
