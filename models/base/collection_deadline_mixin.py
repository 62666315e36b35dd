from odoo import api, fields, models

from .days import company_today


class CollectionDeadlineMixin(models.AbstractModel):
    """Something to be done by a day: late from the day after, as long as it is not.

    The model has a `state` and a `deadline`.
    """

    _name = "collection.deadline.mixin"
    _description = "Has a Deadline"

    #: states in which it is still to be done
    _pending_states = ()

    late = fields.Boolean(compute="_compute_late", search="_search_late")

    @api.depends("state", "deadline")
    def _compute_late(self):
        today = company_today(self)
        for record in self:
            record.late = bool(
                record.state in self._pending_states
                and record.deadline
                and record.deadline < today
            )

    def _search_late(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [
            ("state", "in", self._pending_states),
            ("deadline", "<", company_today(self)),
        ]
