from odoo import models


class CollectionMandate(models.Model):
    """Telling customers, where it is wanted, who works their account."""

    _inherit = "collection.mandate"

    def _draft_missing_notices(self, accounts=None):
        # EXTENDS delegation: the company's letter goes with the provider's own
        letters = super()._draft_missing_notices(accounts)
        # at the hand-over only: later it would be no news
        if accounts is not None:
            letters |= self._draft_announcements(accounts)
        return letters

    def _draft_announcements(self, accounts):
        """Draw up the letter that announces the provider, to those of `accounts` who
        have none yet under these mandates.

        :return: the letters, drafts
        """
        letters = self.env["collection.letter"]
        kinds_sudo = self.env["collection.letter.kind"].sudo()
        for mandate in self.filtered("announce"):
            # a company that archived the kind does without
            if not kinds_sudo.search_count(
                [
                    ("code", "=", "announcement"),
                    ("company_id", "in", [mandate.company_id.id, False]),
                ],
                limit=1,
            ):
                continue
            letters |= (
                self.env["collection.account"]
                .search(
                    [
                        ("id", "in", accounts.ids),
                        ("mandate_id", "=", mandate.id),
                        ("delegation_state", "=", "delegated"),
                        (
                            "letter_ids",
                            "not any",
                            [
                                ("kind_id.code", "=", "announcement"),
                                ("mandate_id", "=", mandate.id),
                                ("state", "!=", "cancelled"),
                            ],
                        ),
                    ]
                )
                ._write_letters("announcement")
            )
        return letters
