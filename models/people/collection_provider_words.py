from odoo import api, models
from odoo.tools import SQL


def _keep_newest(field):
    """Let none of the copies that readers have of a field outlive what is written.

    Core writes back any of the copies, as they are not thought to differ.
    """
    update = field._update_cache

    def updated(records, cache_value, dirty=False):
        if dirty:
            field._invalidate_cache(records.env, records._ids)
        update(records, cache_value, dirty)

    updated.keeps = field.name
    field._update_cache = updated


class CollectionProviderMixin(models.AbstractModel):
    """What one provider's people wrote down, and who they are, is not for the next one.

    A record goes with the customer: what was promised, contested or agreed binds
    whoever works him next. The words about it and the names of those who wrote them
    stay with the company and the provider they came from, through every door, as the
    fields of the mixin do. Who at the customer's said something is no such name.
    """

    _inherit = "collection.provider.mixin"

    #: of the fields that the provider's people read, free words of theirs and their
    #: names. They depend on the context key `uid`: readers differ in one transaction
    _provider_words = frozenset()
    #: who wrote them: a field with the user or the agent
    _words_author_field = "user_id"

    def _field_to_sql(self, alias, field_expr, query=None):
        # EXTENDS base: whatever is read, searched, sorted or summed up passes here
        column = super()._field_to_sql(alias, field_expr, query)
        name = field_expr.split(".", 1)[0]
        if name not in self._provider_words or not self._is_outsider():
            return column
        return SQL("(CASE WHEN %s THEN %s END)", self._may_read_words(alias), column)

    def _may_read_words(self, alias):
        """Condition: the current user may read the words of a row, who is outside."""
        field = self._fields[self._words_author_field]
        column = SQL.identifier(alias, field.name, to_flush=field)
        agents = self.env["collection.agent"]._fields
        key = "id" if field.comodel_name == "collection.agent" else "user_id"
        return SQL(
            """NOT EXISTS (
                SELECT FROM collection_agent author
                 WHERE author.%(key)s = %(author)s
                   AND author.provider_id NOT IN (%(ours)s))""",
            key=SQL.identifier(key),
            author=self._get_words_author(alias, column),
            ours=self._get_own_provider_sql(),
            to_flush=[agents["provider_id"], agents["user_id"]],
        )

    def _get_words_author(self, alias, column):
        """SQL of who wrote the words of a row, by the column of that field."""
        return column

    def _get_own_provider_sql(self):
        """SQL of the provider for whom the current user works, as a set of one."""
        return SQL(
            "SELECT COALESCE((SELECT ours.provider_id FROM collection_agent ours"
            " WHERE ours.user_id = %s AND ours.active), 0)",
            self.env.uid,
        )

    @api.model
    def _post_model_setup__(self):
        # EXTENDS base: run whenever the fields of the model were set up
        for name in self._provider_words:
            if not hasattr(self._fields[name]._update_cache, "keeps"):
                _keep_newest(self._fields[name])
        return super()._post_model_setup__()

    def _fetch_query(self, query, fields):
        # EXTENDS base: core reads a field past what is about to be written of it, which
        # would then be another reader's copy
        dirty = self.env._field_dirty
        pending = [
            field.name
            for field in fields
            if field.name in self._provider_words and field in dirty
        ]
        if pending:
            self.flush_model(pending)
        return super()._fetch_query(query, fields)
