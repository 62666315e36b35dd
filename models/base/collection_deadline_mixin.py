from odoo import api, fields, models
from odoo.fields import Domain

from .days import each_company_day, on_company_days


class CollectionDeadlineMixin(models.AbstractModel):
    """Something to be done by a day: late from the day after, as long as it is not.

    The model has a `state`, a `deadline` and a `company_id`.
    """

    _name = "collection.deadline.mixin"
    _description = "Has a Deadline"

    #: states in which it is still to be done
    _pending_states = ()

    late = fields.Boolean(compute="_compute_late", search="_search_late")

    @api.depends("state", "deadline")
    def _compute_late(self):
        for today, records in each_company_day(self):
            for record in records:
                record.late = bool(
                    record.state in self._pending_states
                    and record.deadline
                    and record.deadline < today
                )

    def _search_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "in", self._pending_states) & on_company_days(
            self.env, lambda today: Domain("deadline", "<", today)
        )
