from odoo import models


class MailMessage(models.Model):
    _name = "mail.message"
    _inherit = ["mail.message", "collection.on.site.mixin"]

    _document_field = "model"
