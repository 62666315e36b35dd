from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: what may come of a call, beside its next action
FOLLOW_UPS = [
    ("promise", "A promise to pay"),
    ("plan", "A payment plan"),
    ("dispute", "A dispute"),
    ("bill", "A bill of exchange that comes back"),
    ("duplicate", "A copy of the invoice"),
    ("contact", "Another contact or number"),
    ("means", "Another means of payment"),
    ("callback", "A call back on a set day"),
]


class CollectionCallOutcome(models.Model):
    _name = "collection.call.outcome"
    _description = "Call Outcome"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    contact = fields.Selection(
        selection=[
            ("none", "Nobody reached"),
            ("wrong_party", "Somebody else reached"),
            ("right_party", "Right person reached"),
        ],
        required=True,
        default="none",
        help="Right person: somebody able to answer for the payment.",
    )
    follow_up = fields.Selection(
        selection=FOLLOW_UPS,
        string="Leads to",
        help="What is asked for when a call is logged with this outcome.",
    )
    follow_up_required = fields.Boolean(
        string="Required", help="A call with this outcome is not logged without it."
    )
    next_action = fields.Char(
        translate=True,
        help="Proposed when a call is logged with this outcome.",
    )
    next_action_days = fields.Integer(
        string="In Days",
        default=1,
        help="Days from the call to the next action, moved on to a working day.",
    )
    satisfaction = fields.Boolean(
        string="Ask for a Mark",
        help="The customer may be asked afterwards how satisfied he is.",
    )
    tell_salesperson = fields.Boolean(
        help="The customer's salesperson is told of such a call at once."
    )
    remark = fields.Text(
        string="Note to the Caller",
        translate=True,
        help="Shown to the caller who chooses this outcome.",
    )

    _code_uniq = models.Constraint(
        "UNIQUE (code)", "An outcome with this code exists already."
    )
    _days_positive = models.Constraint(
        "CHECK (next_action_days >= 0)", "The next action cannot lie before the call."
    )

    @api.constrains("contact", "follow_up", "follow_up_required")
    def _check_follow_up(self):
        for outcome in self:
            if outcome.follow_up_required and not outcome.follow_up:
                raise ValidationError(
                    self.env._(
                        "Say what “%(outcome)s” leads to, if that is required.",
                        outcome=outcome.name,
                    )
                )
            if outcome.contact != "right_party" and outcome.follow_up in (
                "bill",
                "dispute",
                "means",
                "plan",
                "promise",
            ):
                raise ValidationError(
                    self.env._(
                        "“%(outcome)s”: only the right person promises, contests or "
                        "agrees to anything.",
                        outcome=outcome.name,
                    )
                )

    def _get_next_action(self, day, country=None):
        """What is proposed as next action of a call on `day`.

        :param country: whose holidays are no working days
        :return: {next_action, next_action_date}, empty where nothing is proposed
        """
        self.ensure_one()
        if not self.next_action:
            return {}
        date = day + timedelta(days=self.next_action_days)
        # sudo: holidays are no secret
        holidays_sudo = self.env["collection.holiday"].sudo()
        while date.weekday() >= 5 or (country and holidays_sudo._find(country, date)):
            date += timedelta(days=1)
        return {"next_action": self.next_action, "next_action_date": date}
