from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL


class CollectionOnSiteMixin(models.AbstractModel):
    """What is said or done about a record, for a provider's people on our premises.

    Core opens to an employee what they wrote themselves or what is meant for them,
    whatever it is about. For these people it is open as long as the record is: it
    ends with their mandate. Of what is about customers it is only what the people of
    their own provider wrote or have to do: the rest is the company's own discussion,
    or an earlier provider's. Stands behind core's own checks as a record rule would.
    """

    _name = "collection.on.site.mixin"
    _description = "Access on Site to What Is about a Record"

    #: the field that holds the model of the record, beside `res_id`
    _document_field = "res_model"
    #: fields with the user, or the contact of the user, whose it is; none: anybody's
    _whose_fields = ()

    @api.model
    def _search(
        self,
        domain,
        offset=0,
        limit=None,
        order=None,
        *,
        bypass_access=False,
        **kwargs,
    ):
        query = super()._search(
            domain, offset, limit, order, bypass_access=bypass_access, **kwargs
        )
        if bypass_access or self.env.su or not self.env.user._is_on_site():
            return query
        rows = self.env.execute_query(
            query.select(
                *(
                    SQL.identifier(self._table, name)
                    for name in ("id", self._document_field, "res_id")
                )
            )
        )
        closed_ids = self._get_closed_ids(rows)
        return self.browse(
            row_id for row_id, *_document in rows if row_id not in closed_ids
        )._as_query(bool(order))

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or not any(self._ids) or not self.env.user._is_on_site():
            return result
        # sudo: only what the records are about, to check that
        closed_ids = self._get_closed_ids(
            (record.id, record[self._document_field], record.res_id)
            for record in self.sudo()
        )
        if not closed_ids:
            return result
        closed = self.browse(closed_ids)
        forbidden = result[0] | closed if result else closed
        return forbidden, lambda: self.env["ir.rule"]._make_access_error(
            operation, forbidden
        )

    @api.model
    def _get_closed_ids(self, rows):
        """The ids of those records that are about one the user may not read.

        :param rows: the id, and the model and id of what it is about, of each
        """
        ids_by_document = defaultdict(lambda: defaultdict(set))
        for row_id, model, document_id in rows:
            if model and document_id:
                ids_by_document[model][document_id].add(row_id)
        closed_ids = set()
        for model, by_document in ids_by_document.items():
            readable = self.env[model].browse(by_document).exists()
            readable = readable.with_context(active_test=False)._filtered_access("read")
            for document_id in by_document.keys() - set(readable._ids):
                closed_ids |= by_document[document_id]
        closed_models = set(self.env["mail.followers"]._get_closed_models())
        about_customers = {
            row_id
            for model in ids_by_document.keys() & closed_models
            for row_ids in ids_by_document[model].values()
            for row_id in row_ids
        }
        return closed_ids | self._get_ids_of_others(about_customers - closed_ids)

    @api.model
    def _get_ids_of_others(self, row_ids):
        """The ids of those records that are of nobody of the user's own provider."""
        if not row_ids or not self._whose_fields:
            return set()
        self.flush_model(self._whose_fields)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT said.id FROM %(table)s said
                 WHERE said.id = ANY(%(ids)s)
                   AND NOT EXISTS (
                        SELECT FROM collection_agent agent
                          JOIN collection_agent colleague
                            ON colleague.id = agent.id
                            OR colleague.provider_id = agent.provider_id
                          JOIN res_users login ON login.id = colleague.user_id
                         WHERE agent.user_id = %(user)s AND (%(whose)s))
                """,
                table=SQL.identifier(self._table),
                ids=list(row_ids),
                user=self.env.uid,
                whose=SQL(" OR ").join(
                    SQL(
                        "said.%s = login.%s",
                        SQL.identifier(name),
                        SQL.identifier(
                            "id"
                            if self._fields[name].comodel_name == "res.users"
                            else "partner_id"
                        ),
                    )
                    for name in self._whose_fields
                ),
            )
        )
        return {row[0] for row in rows}
