from odoo import api, models


class MailTemplate(models.Model):
    _name = "mail.template"
    _inherit = ["mail.template", "collection.wording.check.mixin"]

    _wording_fields = ("subject", "body_html")

    @api.constrains("model_id", "subject", "body_html")
    def _check_wording(self):
        # EXTENDS account_collection: of all e-mails, those that carry letters
        letters = self.filtered(lambda template: template.model == "collection.letter")
        return super(MailTemplate, letters)._check_wording()

    def _check_text(self, text):
        """Braces hold expressions here, which `mail` checks."""

    def _generate_template(
        self,
        res_ids,
        render_fields,
        recipients_allow_suggested=False,
        find_or_create_partners=False,
    ):
        # EXTENDS mail: an e-mail that is complete when it is created is written once
        values_by_id = super()._generate_template(
            res_ids,
            render_fields,
            recipients_allow_suggested=recipients_allow_suggested,
            find_or_create_partners=find_or_create_partners,
        )
        # only where the e-mail itself is made, not in a composer that a user fills in
        if self.model == "collection.letter" and "auto_delete" in render_fields:
            letters = self.env["collection.letter"].browse(res_ids)
            for letter in letters:
                letter._complete_mail_values(values_by_id[letter.id])
        return values_by_id

    @api.model
    def _render_template_qweb(
        self, template_src, model, res_ids, add_context=None, options=None
    ):
        # EXTENDS mail: letters are sent by the hundred
        if model == "collection.letter":
            self = self.with_context(collection_compiled_templates={})
        return super()._render_template_qweb(
            template_src, model, res_ids, add_context=add_context, options=options
        )
