from odoo import api, models
from odoo.models import LOG_ACCESS_COLUMNS


class CollectionProviderMixin(models.AbstractModel):
    """What the people of a provider may read of a model, field by field.

    The record rules say which records an outsider sees, the lists below which
    fields, through every door: pages, remote calls, exports, search domains and
    sort orders. What is not listed is closed to him, a field added later included.
    """

    _name = "collection.provider.mixin"
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
        if not user.has_group(
            "account_collection.group_collection_on_site"
        ) or user.has_group("account_collection.group_collection_user"):
            return True
        if operation == "write":
            return False
        return (
            field.name in self._on_site_fields
            or field.name in LOG_ACCESS_COLUMNS
            or field.name in self.env["mail.thread"]._fields
            or field.name in self.env["mail.activity.mixin"]._fields
        )

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        # the discussion about a customer is the company's own: it takes a right
        # that no portal user has, whatever he may read of the record
        if self.env.user.share:
            return dict.fromkeys(self, "unlink")
        return super()._mail_get_operation_for_mail_message_operation(message_operation)

    @api.model
    def _get_thread_with_access(self, thread_id, **kwargs):
        # followers and attachments of the thread are closed to outsiders as well
        if self.env.user.share:
            return self.browse()
        return super()._get_thread_with_access(thread_id, **kwargs)
