from odoo import api, fields, models


class CollectionForbiddenWord(models.Model):
    """An expression that the wording of letters may not hold, in any language.

    Whoever collects amicably must not let the customer believe that they act for a
    court; and nobody may claim costs that the law leaves with the creditor.
    """

    _name = "collection.forbidden.word"
    _description = "Expression Forbidden on Letters"
    _order = "language, name"

    name = fields.Char(
        string="Expression",
        required=True,
        help="Found as whole words, whatever the case, the accents or the plural.",
    )
    language = fields.Char(
        required=True, default="fr", help="Language of the expression: fr, en, de…"
    )
    reason = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)

    _name_uniq = models.UniqueIndex("(name)", "This expression is listed already.")

    @api.model
    def _get_reasons(self):
        """Why each active expression is forbidden: {expression: reason}."""
        # sudo: whoever edits a wording is told why it is refused
        return {word.name: word.reason for word in self.sudo().search([])}
