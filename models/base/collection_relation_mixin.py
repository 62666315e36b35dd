import math

from odoo import api, fields, models
from odoo.api import NewId
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.models import BaseModel

#: years in which something can be due, said or done
YEARS = range(1900, 2200)


def _what_is_named(field, value):
    """What the value of a relational field names.

    :return: ([ids], [(id or None, values)]): records, and values of records
    """
    if isinstance(value, BaseModel):
        return value.ids, []
    if not isinstance(value, list | tuple):
        value = [value]
    elif field.type == "many2one":
        value = value[:1]
    ids, nested = [], []
    for part in value:
        match part:
            case dict():
                nested.append((part.get("id"), part))
            case [Command.CREATE, _, dict() as vals]:
                nested.append((None, vals))
            case [Command.UPDATE, number, dict() as vals]:
                nested.append((number, vals))
            case [Command.LINK, number, *_]:
                ids.append(number)
            case [Command.SET, _, [*numbers]]:
                ids += numbers
            case [Command.DELETE | Command.UNLINK | Command.CLEAR, *_]:
                pass
            case _:
                ids.append(part)
    ids += [number for number, _vals in nested if number]
    return ids, nested


class CollectionRelationMixin(models.AbstractModel):
    """Whoever names a record in a relation may read it.

    A related field, a display name or a figure is worked out under rights that the
    user may not have, of whatever stands in the relation, saved or only typed.
    """

    _name = "collection.relation.mixin"
    _description = "Records Named by the User"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_relations(self._get_closed_relations(vals_list))
        return super().create(vals_list)

    def write(self, vals):
        self._check_relations(self._get_closed_relations([vals]))
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        closed = self._get_closed_relations([values])
        # what the form only shows may be closed to the user; it is worked out again
        shown = {
            name
            for name in closed.intersection(values)
            if self._fields[name].compute and self._fields[name].readonly
        }
        self._check_relations(closed - shown)
        values = {name: value for name, value in values.items() if name not in shown}
        field_names = [name for name in field_names if name not in shown]
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_relations(self, closed):
        """Refuse values that name a record closed to the user.

        :param closed: names of the fields, of `_get_closed_relations`
        :raises AccessError: naming them
        """
        if closed:
            labels = [
                self._fields[name]._description_string(self.env)
                for name in sorted(closed)
            ]
            raise AccessError(
                self.env._(
                    "Choose among what you have access to: %(fields)s.",
                    fields=", ".join(labels),
                )
            )

    def _get_closed_relations(self, vals_list):
        """Names of the fields whose values name a record closed to the user.

        Values nested in them and defaults of the context count. What a record holds
        already may be said again.

        :raises UserError: on what is no record, no number or no day
        """
        if self.env.su:
            return set()
        named = {}
        for vals in vals_list:
            self._collect_named(self, vals, named)
        by_model = {}
        for (_name, model), ids in named.items():
            by_model.setdefault(model, set()).update(ids)
        # one question for each model; field by field only to say which it was
        closed = {
            model
            for model, ids in by_model.items()
            if ids and not self.env[model].browse(ids).has_access("read")
        }
        return {
            name
            for (name, model), ids in named.items()
            if model in closed
            and ids
            and not self.env[model].browse(ids).has_access("read")
        }

    @api.model
    def _check_plain(self, field, value):
        """Refuse what no amount and no day of the business is, before it is counted
        with: not every float is a number, and days are added to every date.

        :raises UserError: naming the field
        """
        if isinstance(value, float) and not math.isfinite(value):
            raise UserError(
                self.env._(
                    "%(field)s: enter a number.",
                    field=field._description_string(self.env),
                )
            )
        if field.type in ("date", "datetime"):
            try:
                year = fields.Date.to_date(value).year
            except (TypeError, ValueError):
                year = 0
            if year not in YEARS:
                raise UserError(
                    self.env._(
                        "%(field)s: enter a day between %(first)s and %(last)s.",
                        field=field._description_string(self.env),
                        first=YEARS[0],
                        last=YEARS[-1],
                    )
                )

    @api.model
    def _collect_named(self, records, vals, named, root=None):
        """Note in `named` what `vals`, said of `records`, name; plain ones are checked.

        :param named: {(outermost field, model): {ids}}
        """
        if not records:
            defaults = {
                key.removeprefix("default_"): value
                for key, value in self.env.context.items()
                if key.startswith("default_")
            }
            vals = {**defaults, **vals}
        for name, value in vals.items():
            field = records._fields.get(name)
            if not field or not value:
                continue
            if not field.relational:
                self._check_plain(field, value)
                continue
            ids, nested = _what_is_named(field, value)
            ids = [it.origin if isinstance(it, NewId) else it for it in ids]
            if any(type(it) is not int for it in ids if it):
                raise UserError(
                    self.env._(
                        "%(field)s: this is no record.",
                        field=field._description_string(self.env),
                    )
                )
            # sudo: only what is not held already is asked about
            held = records.sudo()[name].ids if records else []
            named.setdefault((root or name, field.comodel_name), set()).update(
                {it for it in ids if it}.difference(held)
            )
            comodel = self.env[field.comodel_name]
            for number, nested_vals in nested:
                self._collect_named(
                    comodel.browse(number or ()), nested_vals, named, root or name
                )
