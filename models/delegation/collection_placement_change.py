from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class CollectionPlacementChange(models.Model):
    """One change of a hand-over: who, when, why, and what it was before and after.

    Written by the step itself, in its transaction, and by nothing else; nobody changes
    it.
    """

    _name = "collection.placement.change"
    _description = "Change of a Hand-over"
    _order = "date desc, id desc"
    _rec_name = "what"
    _log_access = False

    placement_id = fields.Many2one(
        comodel_name="collection.placement",
        string="Hand-over",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Account Handed Over",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    move_name = fields.Char(
        string="Item", readonly=True, help="Of an item alone: its invoice."
    )
    model_name = fields.Char(required=True, readonly=True)
    field_name = fields.Char(required=True, readonly=True)
    value_before = fields.Char(readonly=True, help="As it stands in the database.")
    value_after = fields.Char(readonly=True, help="As it stands in the database.")
    reason = fields.Char(readonly=True)
    what = fields.Char(string="Changed", compute="_compute_what")
    before = fields.Char(compute="_compute_what")
    after = fields.Char(compute="_compute_what")

    @api.depends("model_name", "field_name", "value_before", "value_after")
    @api.depends_context("lang")
    def _compute_what(self):
        for change in self:
            field = change.model_name, change.field_name
            currency = change.placement_id.currency_id
            change.what = self._get_label(*field)
            for name in ("before", "after"):
                value = change[f"value_{name}"]
                change[name] = self._describe(*field, value, currency)

    @api.model
    def _get_label(self, model_name, field_name):
        """What changed, in words."""
        return self.env[model_name]._fields[field_name]._description_string(self.env)

    @api.model
    def _describe(self, model_name, field_name, value, currency):
        """A value of the database in words; of amounts, in the currency given."""
        if value is None or value is False:
            return ""
        field = self.env[model_name]._fields[field_name]
        match field.type:
            case "selection":
                return dict(field._description_selection(self.env)).get(value, value)
            case "boolean":
                return self.env._("Yes") if value == "true" else self.env._("No")
            case "date":
                return format_date(self.env, value)
            case "monetary":
                return currency.format(float(value))
            case _:
                return value

    def _refuse(self):
        raise UserError(
            self.env._("The history of a hand-over writes itself, and stays.")
        )

    @api.model_create_multi
    def create(self, vals_list):
        if vals_list:
            self._refuse()
        return super().create(vals_list)

    def write(self, vals):
        if self:
            self._refuse()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        self._refuse()
