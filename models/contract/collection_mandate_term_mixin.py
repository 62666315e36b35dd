from odoo import api, models


class CollectionMandateTermMixin(models.AbstractModel):
    """A part of the contract that stands in rows of its own.

    Whatever is changed in it after both sides agreed becomes an amendment.
    """

    _name = "collection.mandate.term.mixin"
    _description = "Part of a Mandate's Contract"

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows.mandate_id._record_terms()
        return rows

    def write(self, vals):
        mandates = self.mandate_id
        res = super().write(vals)
        (mandates | self.mandate_id)._record_terms()
        return res

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        res = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        self.mandate_id._record_terms()
        return res

    def unlink(self):
        mandates = self.mandate_id
        res = super().unlink()
        mandates.exists()._record_terms()
        return res
