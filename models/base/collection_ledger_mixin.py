from contextlib import contextmanager, suppress

from odoo import api, models
from odoo.tools import SQL


@contextmanager
def held_caches(env):
    """Leave whoever reads a field just now the cache that they hold.

    What follows from the ledger is worked out while a field is being read. When it
    deletes a record, the ORM drops the caches of all fields; the reader, who took the
    field's before, would find nothing in it and say that the record is gone.
    """
    field_data = env.transaction.field_data
    held = dict(field_data)
    yield
    for field, cache in held.items():
        now = field_data.get(field, {})
        if now is cache:
            continue
        if field in env._field_depends_context:
            for key, values in cache.items():
                values.clear()
                values.update(now.get(key, {}))
            for key in now.keys() - cache.keys():
                cache[key] = now[key]
        else:
            cache.clear()
            cache.update(now)
        field_data[field] = cache
    for other in env.transaction.envs:
        # which remembers the caches that it took
        with suppress(AttributeError):
            del other._field_cache_memo


class CollectionLedgerMixin(models.AbstractModel):
    """What the ledger moves, true whenever somebody reads it.

    Invoices and payments only note which journal items they touched: what follows
    from them is worked out once for all of them, before anything of these models is
    read and at the latest when the transaction is saved. Posting a thousand invoices
    costs our statements once.

    Statements in SQL that read a table of these models flush it first, as they have
    to for what the ORM has not written yet.
    """

    _name = "collection.ledger.mixin"
    _description = "Follows the Ledger"

    @api.model
    def _among(self, column, ids):
        """SQL: `column` is one of `ids`; anything when they are None, for all."""
        return SQL("TRUE") if ids is None else SQL("%s = ANY(%s)", column, list(ids))

    @api.model_create_multi
    def create(self, vals_list):
        # EXTENDS base: what a new record holds in the cache is not read again
        self._follow_ledger_first()
        return super().create(vals_list)

    @api.private
    def flush_model(self, fnames=None):
        # EXTENDS base: whatever reads the table passes here
        self._follow_ledger_first()
        return super().flush_model(fnames)

    @api.model
    def _search(self, *args, **kwargs):
        # EXTENDS base: a search without any field flushes none
        self._follow_ledger_first()
        return super()._search(*args, **kwargs)

    @api.model
    def _follow_ledger_first(self):
        """Work out now what follows from the journal items noted so far."""
        self.env["collection.account"]._follow_noted_lines()
