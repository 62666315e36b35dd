from odoo import api, models
from odoo.exceptions import ValidationError

from ...tools.amicable_wording import find_forbidden
from ...tools.letter_text import PLACEHOLDERS, unknown_placeholders


class CollectionWordingCheckMixin(models.AbstractModel):
    """Words that reach a customer, written or spoken: checked in every language."""

    _name = "collection.wording.check.mixin"
    _description = "Checks of Wordings"

    #: translated fields that hold the words
    _wording_fields = ()
    #: what they may hold between braces
    _wording_placeholders = PLACEHOLDERS

    @api.constrains(lambda self: self._wording_fields)
    def _check_wording(self):
        """Check the wording in every installed language, not just the one edited."""
        reasons = self.env["collection.forbidden.word"]._get_reasons()
        for lang, _name in self.env["res.lang"].get_installed():
            for record in self.with_context(lang=lang):
                for name in self._wording_fields:
                    record._check_text(record[name])
                    record._check_amicable(record[name], reasons)

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        # the translation dialog writes past the constraints
        res = super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )
        if field_name in self._wording_fields:
            self._check_wording()
        return res

    def _check_text(self, text):
        """Refuse a wording with anything but the known placeholders in braces."""
        known = self._wording_placeholders
        unknown = unknown_placeholders(text, known)
        if unknown:
            raise ValidationError(
                self.env._(
                    "The wording of “%(level)s” holds unknown placeholders: "
                    "%(unknown)s. Known are: %(known)s.",
                    level=self.display_name,
                    unknown=", ".join(f"{{{name}}}" for name in unknown),
                    known=", ".join(f"{{{name}}}" for name in sorted(known)),
                )
            )

    def _check_amicable(self, text, reasons):
        """Refuse what would look like a court's act, or is not owed.

        :param reasons: why each expression is forbidden, {expression: reason}
        """
        found = find_forbidden(text, reasons) if text else []
        if found:
            raise ValidationError(
                self.env._(
                    "The wording of “%(wording)s” (%(lang)s) does not suit an amicable "
                    "letter:\n%(found)s",
                    wording=self.display_name,
                    lang=dict(self.env["res.lang"].get_installed())[self.env.lang],
                    found="\n".join(
                        self.env._(
                            "- “%(word)s”: %(reason)s", word=word, reason=reasons[word]
                        )
                        for word in found
                    ),
                )
            )
