from odoo import models

from .collection_account_delegation import TAKE_BACK_ACTIVITY


class CollectionSegment(models.Model):
    """Segments whose customers are with a provider."""

    _inherit = "collection.segment"

    def write(self, vals):
        allowed = self.filtered(lambda segment: segment.delegation != "never")
        res = super().write(vals)
        if not {"delegation", "handling"}.isdisjoint(vals):
            allowed.filtered(
                lambda segment: segment.delegation == "never"
            )._ask_take_back()
        return res

    def _ask_take_back(self):
        """Tell the company that customers of these segments, who are to stay in-house
        by now, are with a provider still: once for each mandate."""
        # sudo: who decides is told, of every company that shares the segments
        counts = (
            self.env["collection.account"]
            .sudo()
            ._read_group(
                [
                    ("segment_id", "in", self.ids),
                    ("delegation_state", "=", "delegated"),
                ],
                ["mandate_id", "segment_id"],
                ["__count"],
            )
        )
        for mandate_sudo, segment_sudo, count in counts:
            mandate_sudo._activity_schedule_for(
                mandate_sudo._get_responsible(),
                TAKE_BACK_ACTIVITY,
                lambda asked_sudo, segment_sudo=segment_sudo, count=count: (
                    asked_sudo.env._(
                        "“%(segment)s” stays in-house by now; customers to take back: "
                        "%(count)s",
                        segment=segment_sudo.with_env(asked_sudo.env).name,
                        count=count,
                    )
                ),
            )
