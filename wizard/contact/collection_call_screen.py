from odoo import Command, api, fields, models

from ...models.agreement.collection_promise import MEANS
from ...models.base.days import company_today
from ...models.contact.collection_call import BLOCKING
from ...models.upstream.collection_bill import AWAITING_RETURN


class CollectionCallScreen(models.TransientModel):
    """One call, from whom to ask for to what came of it, on one page.

    Everything it shows is read under the rights of whoever calls, and everything
    goes through `collection.account._log_call`.
    """

    _name = "collection.call.screen"
    _description = "Call Screen"
    _inherit = ["collection.relation.mixin"]

    account_id = fields.Many2one(comodel_name="collection.account", required=True)
    currency_id = fields.Many2one(related="account_id.currency_id")
    # not read-only: the client sends it back, or it would be the moment of saving
    date_opened = fields.Datetime(default=fields.Datetime.now)
    sheet_html = fields.Html(
        compute="_compute_sheet_html", sanitize=False, export_string_translation=False
    )
    talk_html = fields.Html(
        compute="_compute_talk_html", sanitize=False, export_string_translation=False
    )

    # The call
    direction = fields.Selection(
        selection=[("outgoing", "I call"), ("incoming", "The customer calls")],
        required=True,
        default="outgoing",
    )
    phone = fields.Char(string="Number")
    person = fields.Char(string="Spoken to")
    duration = fields.Float(
        string="Minutes",
        help="Left at 0, it is measured from the moment this page was opened.",
    )
    obstacles = fields.Text(compute="_compute_obstacles")
    blocked = fields.Boolean(compute="_compute_obstacles")
    obstacle_reason = fields.Char(string="Why All the Same")

    # How it went
    contact = fields.Selection(
        selection=[
            ("right_party", "Right person"),
            ("wrong_party", "Somebody else"),
            ("none", "Nobody"),
        ],
        string="Who Was Reached",
        required=True,
        default="right_party",
    )
    outcome_id = fields.Many2one(
        comodel_name="collection.call.outcome",
        domain="[('contact', '=', contact)]",
    )
    follow_up = fields.Selection(related="outcome_id.follow_up")
    follow_up_required = fields.Boolean(related="outcome_id.follow_up_required")
    remark = fields.Text(related="outcome_id.remark")
    note = fields.Text(string="What Was Said")

    # What comes next
    next_action = fields.Char()
    next_action_date = fields.Date(string="On")
    next_action_time = fields.Float(
        string="At", help="Hour agreed with the customer, in his own time."
    )

    # What came of it
    with_follow_up = fields.Boolean(
        string="Record It Now",
        compute="_compute_with_follow_up",
        store=True,
        readonly=False,
    )
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        string="Invoices",
        domain="[('account_id', '=', account_id), ('state', '=', 'open')]",
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, readonly=False)
    amount_currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_amount_currency_id",
        export_string_translation=False,
    )
    promise_date = fields.Date(string="To Be Paid by")
    payment_means = fields.Selection(selection=MEANS)
    confirm = fields.Boolean(
        string="Confirm by E-mail",
        help="The customer gets a letter that says what was agreed.",
    )
    instalment_count = fields.Integer(default=3)
    date_first = fields.Date(string="First Instalment")
    dispute_reason_id = fields.Many2one(
        comodel_name="collection.dispute.reason", string="Contested because"
    )
    bill_id = fields.Many2one(
        comodel_name="collection.bill",
        domain="[('account_id', '=', account_id),"
        f" ('state', 'in', {list(AWAITING_RETURN)})]",
    )
    alternative = fields.Selection(
        selection=lambda self: (
            self.env["collection.bill"]._fields["alternative"].selection
        ),
        string="Proposed instead",
    )
    contact_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Change",
        domain="[('id', 'in', people_ids)]",
        help="Empty: a new contact.",
    )
    people_ids = fields.Many2many(
        comodel_name="res.partner",
        compute="_compute_people_ids",
        export_string_translation=False,
    )
    contact_name = fields.Char(string="Name")
    contact_function = fields.Char(string="Function")
    contact_phone = fields.Char(string="Telephone")
    contact_email = fields.Char(string="E-mail")
    means_target = fields.Selection(selection=MEANS, string="Means Proposed")
    means_answer = fields.Selection(
        selection=[
            ("asked", "Asked, no answer yet"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
        ],
        default="accepted",
        string="Answer",
    )
    means_refusal_reason = fields.Selection(
        selection="_get_refusal_reasons", string="Refused because"
    )

    @api.model
    def _get_refusal_reasons(self):
        return self.env["collection.means.change"]._fields["refusal_reason"].selection

    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        account = self.env["collection.account"].browse(values.get("account_id"))
        if not account:
            return values
        account.check_access("read")
        [main, *others] = account._get_sheet_contacts()
        reached = next((who for who in [main, *others] if who["phone"]), main)
        items = account._get_items_to_agree()
        bill = self.env["collection.bill"].search(
            [("account_id", "=", account.id), ("state", "in", AWAITING_RETURN)], limit=1
        )
        values.update(
            {
                "phone": reached["phone"],
                "person": False if reached["customer"] else reached["name"],
                "item_ids": [Command.set(items.ids)],
                "bill_id": bill.id,
                "means_target": account.means_to_propose,
                "payment_means": account.payment_means,
            }
        )
        return {name: values[name] for name in values if name in fields}

    def _get_account(self):
        """The customer; none who was taken back while the screen was open."""
        self.ensure_one()
        account = self.account_id
        return account if account.has_access("read") else account.browse()

    @api.depends("account_id")
    def _compute_sheet_html(self):
        for screen in self:
            account = screen._get_account()
            screen.sheet_html = bool(account) and self.env["ir.qweb"]._render(
                "account_collection.collection_call_sheet",
                {"sheet": account._get_call_sheet()},
            )

    @api.depends("account_id")
    def _compute_talk_html(self):
        for screen in self:
            account = screen._get_account()
            screen.talk_html = bool(account) and account._get_talk_html()

    @api.depends("account_id")
    def _compute_people_ids(self):
        for screen in self:
            account = screen._get_account()
            # sudo: contacts of a customer whom the user may read, by id
            people_sudo = account._get_call_people() if account else False
            screen.people_ids = people_sudo and people_sudo.with_env(self.env)

    @api.depends("account_id", "direction")
    def _compute_obstacles(self):
        agent = self.env["collection.agent"]._current()
        for screen in self:
            account = screen._get_account()
            obstacles = (
                account._get_call_obstacles(agent, screen.direction) if account else []
            )
            screen.obstacles = "\n".join(text for _code, text in obstacles)
            screen.blocked = any(code in BLOCKING for code, _text in obstacles)

    # ------------------------------------------------------------------
    # Typing
    # ------------------------------------------------------------------

    @api.depends("outcome_id")
    def _compute_with_follow_up(self):
        for screen in self:
            outcome = screen.outcome_id
            # what may be recorded with the outcome, but need not, waits for a tick:
            # but for what can only be meant
            screen.with_follow_up = outcome.follow_up_required or (
                outcome.follow_up == "bill" and bool(screen.bill_id)
            )

    @api.depends("item_ids", "follow_up")
    def _compute_amount(self):
        for screen in self:
            screen.amount = screen.item_ids._get_uncontested_amount()

    @api.depends("item_ids")
    def _compute_amount_currency_id(self):
        for screen in self:
            screen.amount_currency_id = (
                screen.item_ids.currency_id[:1] or screen.account_id.currency_id
            )

    @api.onchange("contact")
    def _onchange_contact(self):
        if self.outcome_id.contact != self.contact:
            self.outcome_id = False

    @api.onchange("outcome_id")
    def _onchange_outcome_id(self):
        outcome = self.outcome_id
        today = company_today(self)
        # sudo: whose holidays are no days for a next action
        country_sudo = self.account_id.sudo().partner_id.country_id
        proposed = outcome._get_next_action(today, country_sudo) if outcome else {}
        self.next_action = proposed.get("next_action", False)
        # what is recorded with the call is followed up by itself
        in_agenda = outcome.follow_up_required and outcome.follow_up in (
            "dispute",
            "promise",
        )
        self.next_action_date = (
            False if in_agenda else proposed.get("next_action_date", False)
        )
        if in_agenda:
            self.next_action = False
        if outcome.follow_up == "promise":
            self.promise_date = proposed.get("next_action_date", False)
        if outcome.follow_up in ("dispute", "duplicate") and len(self.item_ids) > 1:
            # which of them is for the customer to say
            self.item_ids = [Command.clear()]
        elif outcome.follow_up in ("promise", "plan") and not self.item_ids:
            self.item_ids = self.account_id._get_items_to_agree()

    @api.onchange("contact_partner_id")
    def _onchange_contact_partner_id(self):
        # sudo: one of the contacts that the screen shows
        person_sudo = self.contact_partner_id.sudo()
        self.contact_name = person_sudo.name
        self.contact_function = person_sudo.function
        self.contact_phone = person_sudo.phone
        self.contact_email = person_sudo.email

    # ------------------------------------------------------------------
    # Logging
    # ------------------------------------------------------------------

    def _log(self):
        """Log the call with what was recorded; everything stays if it is refused."""
        self.ensure_one()
        vals = {
            "outcome_id": self.outcome_id.id,
            "direction": self.direction,
            "phone": self.phone,
            "person": self.person,
            "duration": self.duration or self._measure(),
            "note": self.note,
            "next_action": self.next_action if self.next_action_date else False,
            "next_action_date": self.next_action_date,
            "next_action_time": self.next_action_time,
            "obstacle_reason": self.obstacle_reason,
        }
        kind = self.follow_up
        follow_up = {}
        if kind and kind != "callback" and self.with_follow_up:
            follow_up[kind] = getattr(self, f"_get_{kind}_values")()
        return self.account_id._log_call(vals, follow_up)

    def _measure(self):
        """Minutes since the screen was opened; an hour at most, it may have waited."""
        passed = fields.Datetime.now() - (self.date_opened or fields.Datetime.now())
        return round(min(max(passed.total_seconds() / 60, 0.0), 60.0), 2)

    def _get_promise_values(self):
        return {
            "amount": self.amount,
            "date_promised": self.promise_date,
            "item_ids": self.item_ids.ids,
            "payment_means": self.payment_means,
            "confirm": self.confirm,
        }

    def _get_plan_values(self):
        return {
            "instalment_count": self.instalment_count,
            "date_first": self.date_first,
            "item_ids": self.item_ids.ids,
            "payment_means": self.payment_means,
        }

    def _get_dispute_values(self):
        return {
            "reason_id": self.dispute_reason_id.id,
            "item_ids": self.item_ids.ids,
            "amount": self.amount,
        }

    def _get_bill_values(self):
        return {"bill_id": self.bill_id.id, "alternative": self.alternative}

    def _get_duplicate_values(self):
        return {"item_ids": self.item_ids.ids}

    def _get_contact_values(self):
        values = {
            "name": self.contact_name,
            "function": self.contact_function,
            "phone": self.contact_phone,
            "email": self.contact_email,
        }
        person_sudo = self.contact_partner_id.sudo()
        if person_sudo:
            # sudo: one of the contacts shown; what was not touched is no change
            before = {
                "name": person_sudo.name,
                "function": person_sudo.function,
                "phone": person_sudo.phone,
                "email": person_sudo.email,
            }
            values = {
                name: value for name, value in values.items() if value != before[name]
            }
            values["contact_id"] = person_sudo.id
        return values

    def _get_means_values(self):
        values = {"target": self.means_target, "answer": self.means_answer}
        if self.means_answer == "refused":
            values["refusal_reason"] = self.means_refusal_reason
        return values

    def action_save(self):
        self._log()
        return {"type": "ir.actions.act_window_close"}

    def action_save_next(self):
        """Log the call and go on to the next customer at once."""
        self._log()
        action = self.env["collection.account"].action_next_customer()
        if action["type"] == "ir.actions.client":
            # nobody is left: say so, and leave the screen
            action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action
