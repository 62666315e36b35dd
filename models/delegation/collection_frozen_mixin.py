from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class CollectionFrozenMixin(models.AbstractModel):
    """What a hand-over says stays as it was signed, whoever would like to change it.

    Superuser and administrators included: the steps of the module itself go through
    `_transit`, which no remote call reaches.
    """

    _name = "collection.frozen.mixin"
    _description = "Frozen at the Hand-over"

    #: what only the steps of the module write, before the hand-over as well
    _transition_fields = frozenset()
    #: what stays open after the hand-over
    _open_fields = frozenset()
    #: whose changes are kept, with who made them and why
    _noted_fields = frozenset()

    def _is_frozen(self):
        """Whether one of these records belongs to a hand-over that took place."""
        raise NotImplementedError

    def _refuse_change(self):
        raise UserError(
            self.env._(
                "A hand-over stays as it was made. Recall what should not be with the "
                "provider, and hand it over anew."
            )
        )

    @api.model
    def _check_new(self, vals):
        """Refuse values that say that something took place that did not.

        :raises UserError: on a field that only the steps of the module write
        """
        if self._transition_fields.intersection(vals):
            self._refuse_change()

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_new(vals)
        # defaults of the caller are values of theirs
        context = {
            name: value
            for name, value in self.env.context.items()
            if name.removeprefix("default_") not in self._transition_fields
        }
        clean = self.with_env(self.env(context=context))
        records = super(CollectionFrozenMixin, clean).create(vals_list)
        if records._is_frozen():
            self._refuse_change()
        return records.with_env(self.env)

    def write(self, vals):
        if self._transition_fields.intersection(vals) or (
            self._is_frozen() and not self._open_fields.issuperset(vals)
        ):
            self._refuse_change()
        res = super().write(vals)
        # what was open may have been moved into a hand-over that took place
        if not self._open_fields.issuperset(vals) and self._is_frozen():
            self._refuse_change()
        return res

    def _transit(self, vals, reason=None):
        """Write as a step of the module, which has checked that it may be taken.

        :param reason: why, for the history; by default the reason among the values
        """
        self._note_changes(vals, reason or vals.get("reason"))
        # past the guard above, on purpose
        return super().write(vals)  # pylint: disable=super-method-mismatch

    @api.model
    def _note_columns(self):
        """SQL of what the history says of a row `own` of this table: its hand-over, its
        line, the invoice of an item, and the company."""
        raise NotImplementedError

    def _note_changes(self, vals, reason=None):
        """Keep who changes these records, why, and what they said before.

        One statement for each field that the history follows, whatever the number of
        records; to be called before the change is written.
        """
        names = self._noted_fields.intersection(vals)
        if not self or not names:
            return
        self.flush_recordset()
        for name in sorted(names):
            field = self._fields[name]
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO collection_placement_change (
                        placement_id, line_id, move_name, company_id, date, user_id,
                        model_name, field_name, value_before, value_after, reason)
                    SELECT %(columns)s, %(now)s, %(uid)s, %(model)s,
                           %(name)s, own.%(column)s::text, given.value::text, %(reason)s
                      FROM %(table)s own,
                           (SELECT %(value)s::%(kind)s AS value) given
                     WHERE own.id = ANY(%(ids)s)
                       AND own.%(column)s IS DISTINCT FROM given.value
                    """,
                    columns=self._note_columns(),
                    now=fields.Datetime.now(),
                    uid=self.env.uid,
                    model=self._name,
                    name=name,
                    column=SQL.identifier(name),
                    table=SQL.identifier(self._table),
                    value=field.convert_to_column(vals[name], self),
                    kind=SQL(field.column_type[1]),
                    reason=reason or None,
                    ids=list(self.ids),
                )
            )
        self.env["collection.placement.change"].invalidate_model(flush=False)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        if self._is_frozen():
            raise UserError(
                self.env._(
                    "A hand-over that has taken place stays on record. Recall its "
                    "accounts instead."
                )
            )
