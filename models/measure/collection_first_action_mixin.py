from odoo import api, models

#: where a transaction notes on what somebody acted
ACTED = "account_collection.acted"


class CollectionFirstActionMixin(models.AbstractModel):
    """What may be the first action on an item, or says who worked it.

    Whose items a change concerns is marked (`collection.receipt.stale`), by one
    statement for each model and transaction, however the change was written.
    """

    _name = "collection.first.action.mixin"
    _description = "Possible First Action"

    #: what a first action depends on
    _first_action_fields = frozenset()

    @api.model
    def _get_acted_query(self, ids):
        """SQL of the accounts on whose items the records `ids` are."""
        raise NotImplementedError

    @api.private
    def modified(self, fnames, create=False, before=False):
        # EXTENDS base: whatever writes records passes here, statements of ours too
        if not self._first_action_fields.isdisjoint(fnames):
            ids = [id_ for id_ in self._ids if id_]
            stale = self.env["collection.receipt.stale"]
            if before:
                # what is deleted, and whose item it is no longer, is known by now only
                stale._mark_acted({self._name: ids})
            else:
                stale._note_acted(self._name, ids)
        return super().modified(fnames, create=create, before=before)
