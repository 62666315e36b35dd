import ast
import re

from lxml import etree

from odoo import api, models
from odoo.exceptions import AccessError

#: when a record was made and changed; by whom, another provider's people may be
LOG_ACCESS_DATES = frozenset({"create_date", "write_date"})


def _guard_search(field):
    """Let only those search by a field who may read it.

    Core asks where a field is compared in SQL. One with a search method, a related
    one included, is replaced by another condition before it comes to that.
    """
    search = field.search

    def guarded(records, operator, value):
        records._check_field_access(records._fields[field.name], "read")
        if field.name == "activity_summary" and records._is_outsider():
            # searched past the rules of activities, which are not all theirs
            raise AccessError(
                records.env._("Activities are not searched by what they say.")
            )
        if isinstance(search, str):
            return getattr(records, search)(operator, value)
        return search(records, operator, value)

    guarded.guards = field.name
    field.search = guarded


def _may_write(method):
    """Serve a reading method from the primary server: of an outsider, it records."""
    method._readonly = False
    return method


class CollectionProviderMixin(models.AbstractModel):
    """What the people of a provider may read of a model, field by field.

    The record rules say which records an outsider sees, the lists below which
    fields, through every door: pages, remote calls, exports, search domains and
    sort orders. What is not listed is closed to them, a field added later included.
    """

    _name = "collection.provider.mixin"
    _inherit = ["collection.relation.mixin"]
    _description = "Access of the Provider's People"

    #: fields that the provider's people read, wherever they sit
    _provider_fields = frozenset()
    #: fields that its people on our premises read as well, for the back office
    _on_site_fields = frozenset()
    #: fields that both may set when they create a record
    _provider_writable_fields = frozenset()

    _provider_technical_fields = frozenset({"id", "display_name", "active"})

    @api.model
    def _has_field_access(self, field, operation):
        if not super()._has_field_access(field, operation):
            return False
        if self.env.su:
            return True
        if operation == "write":
            if field.name in self._provider_writable_fields:
                return True
        elif (
            field.name in self._provider_fields
            or field.name in self._provider_technical_fields
        ):
            return True
        user = self.env.user
        if user.share:
            return False
        if not user._is_on_site():
            return True
        if operation == "write":
            return False
        return (
            field.name in self._on_site_fields
            or field.name in LOG_ACCESS_DATES
            or field.name in self.env["mail.thread"]._fields
            or field.name in self.env["mail.activity.mixin"]._fields
        )

    @api.model
    def _post_model_setup__(self):
        # EXTENDS base: run whenever the fields of the model were set up
        for field in self._fields.values():
            if field.search and not hasattr(field.search, "guards"):
                _guard_search(field)
        return super()._post_model_setup__()

    def _field_to_sql(self, alias, field_expr, query=None):
        # EXTENDS base: core follows a related field as superuser, unasked
        self._check_expression(field_expr)
        return super()._field_to_sql(alias, field_expr, query)

    def _read_group_groupby(self, alias, groupby_spec, query):
        # EXTENDS base: core groups by a many2many field unasked
        self._check_expression(groupby_spec)
        return super()._read_group_groupby(alias, groupby_spec, query)

    @api.model
    def _check_expression(self, expression):
        """Whether the user may read the field that `field`, `field.path` or
        `field:month` begins with; core says what is no field."""
        # most often the name of a field, and asked of each one that is read
        field = self._fields.get(expression) or self._fields.get(
            re.split("[.:]", expression, maxsplit=1)[0]
        )
        if field:
            self._check_field_access(field, "read")

    # ------------------------------------------------------------------
    # What their screens lead to
    # ------------------------------------------------------------------

    @api.model
    def get_view(self, view_id=None, view_type="form", **options):
        # EXTENDS base: a link leads to no screen that is not made for outsiders, and
        # whoever types its address is told so: the client stops at fields unknown to it
        view = super().get_view(view_id, view_type, **options)
        if self._is_outsider():
            arch = etree.fromstring(view["arch"])
            if not self._shows_readable(arch, self):
                raise AccessError(
                    self.env._("This screen is not made for the people of a provider.")
                )
            self._close_links(arch, self)
            view["arch"] = etree.tostring(arch, encoding="unicode")
        return view

    @api.model
    def _shows_readable(self, arch, model):
        """Whether the user may read each field of a view of `model`."""
        for node in arch:
            inner = model
            if node.tag == "field" and (field := model._fields.get(node.get("name"))):
                if not model._has_field_access(field, "read"):
                    return False
                inner = self.env[field.comodel_name] if field.relational else model
            if not self._shows_readable(node, inner):
                return False
        return True

    @api.model
    def _close_links(self, arch, model):
        """Let the fields of a view of `model` show a name, and no way to its form,
        where outsiders have no form: of models of ours without fields for them."""
        for node in arch:
            field = model._fields.get(node.get("name")) if node.tag == "field" else None
            if not field or not field.relational:
                self._close_links(node, model)
                continue
            comodel = self.env[field.comodel_name]
            self._close_links(node, comodel)
            if (
                field.type == "many2one"
                and comodel._name.startswith("collection.")
                and not getattr(comodel, "_on_site_fields", None)
            ):
                links = ast.literal_eval(node.get("options") or "{}")
                node.set("options", repr({**links, "no_open": True}))

    # ------------------------------------------------------------------
    # What outsiders read is recorded
    # ------------------------------------------------------------------

    @api.model
    @_may_write
    def web_search_read(self, *args, **kwargs):
        if self._is_outsider():
            self = self.with_context(collection_door="list")
        return super().web_search_read(*args, **kwargs)

    @_may_write
    def web_read(self, specification):
        if "collection_door" not in self.env.context and self._is_outsider():
            self = self.with_context(collection_door="form")
        return super().web_read(specification)

    @api.model
    @_may_write
    def search_read(self, *args, **kwargs):
        return super().search_read(*args, **kwargs)

    @_may_write
    def read(self, fields=None, load="_classic_read"):
        return super().read(fields, load)

    def _read_format(self, fnames, load="_classic_read"):
        self._record_access(self.env.context.get("collection_door", "rpc"))
        return super()._read_format(fnames, load)

    def export_data(self, fields_to_export):
        self._record_access("export")
        return super().export_data(fields_to_export)

    def _record_access(self, door):
        """Hook: an outsider sees the customers these records are about.

        :param door: through which door: page, list, form, invoice, file, export or
            rpc
        """

    # ------------------------------------------------------------------
    # Who is one, and what is said about the records
    # ------------------------------------------------------------------

    @api.model
    def _is_outsider(self):
        """Whether the current user is one of a provider's people, without sudo."""
        user = self.env.user
        return not self.env.su and (user.share or user._is_on_site())

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # the discussion about a customer is the company's own: it takes a right
        # that no portal user has, whatever they may read of the record
        if self.env.user.share:
            return dict.fromkeys(self, "unlink")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        # followers and attachments of the thread are closed to outsiders as well
        if self.env.user.share:
            return self.browse()
        return super()._get_thread_with_access(thread_id, **kwargs)
