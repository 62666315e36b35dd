from odoo import models


class MailScheduledMessage(models.Model):
    _name = "mail.scheduled.message"
    _inherit = ["mail.scheduled.message", "collection.on.site.mixin"]

    _document_field = "model"
    _whose_fields = ("author_id", "create_uid")
