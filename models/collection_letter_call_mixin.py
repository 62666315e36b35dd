from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date


class CollectionLetterCallMixin(models.AbstractModel):
    """Letters that are a call: when the call has been made, and so the level counts."""

    _name = "collection.letter.call.mixin"
    _description = "Calls that Letters Ask for"

    date_tried = fields.Date(
        string="Tried since",
        readonly=True,
        copy=False,
        help="Day of the first call that did not reach the right person.",
    )

    def _get_open_calls(self):
        """Those of these letters that are a call, and nothing but a call, to be made."""
        return self.filtered(
            lambda letter: (
                letter.channel == "call"
                and letter.state == "to_send"
                and letter._is_only_call()
            )
        )

    @api.model
    def _follow_calls(self, companies=None):
        """Bring the calls that are asked for up to date, once a day and before a run.

        As before any sending, what was paid leaves them, and a call about nothing is
        not made. A call tried in vain counts once the days that the ladder leaves
        until its next level have passed since the first attempt: who never answers
        would otherwise wait for ever for a call that cannot take place. It counts
        from that first attempt, however often it is tried again, so that the next
        level comes when it would have come, had he answered.

        :param companies: only calls of these companies, all when empty
        """
        today = fields.Date.context_today(self)
        # sudo: whoever computes a run need not be allowed to write each letter
        domain = [
            ("channel", "=", "call"),
            ("state", "=", "to_send"),
            "|",
            ("by_call", "=", True),
            ("date_tried", "!=", False),
        ]
        if companies:
            domain.append(("company_id", "in", companies.ids))
        calls = self.sudo().search(domain)
        # one that is being logged or sent just now is left to whoever does so
        calls = calls.try_lock_for_update()._recompute_before_sending()
        vain = calls.filtered(
            lambda letter: (
                letter.date_tried
                and letter.date_tried
                + timedelta(days=letter.level_id._get_days_to_next())
                <= today
            )
        )
        for date, letters in vain.grouped("date_tried").items():
            letters.write(
                {
                    "date": date,
                    "state_reason": self.env._(
                        "The right person was not reached since %(date)s.",
                        date=format_date(self.env, date),
                    ),
                }
            )
        # interest runs to the letter's date
        vain._compute_penalties()
        vain.filtered(lambda letter: letter.state == "to_send")._mark_sent()
