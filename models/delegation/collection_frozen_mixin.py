from odoo import api, models
from odoo.exceptions import UserError


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
        # pylint: disable=context-overridden; keywords could only add to it
        without = self.with_context(context)
        records = super(CollectionFrozenMixin, without).create(vals_list)
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

    def _transit(self, vals):
        """Write as a step of the module, which has checked that it may be taken."""
        # pylint: disable=super-method-mismatch; it passes by our own `write`
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        if self._is_frozen():
            raise UserError(
                self.env._(
                    "A hand-over that has taken place stays on record. Recall its "
                    "accounts instead."
                )
            )
