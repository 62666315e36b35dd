from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import format_date

from ..base.days import company_today

CALL_ACTIVITY = "mail.mail_activity_data_call"


class CollectionLetter(models.Model):
    """The call that a letter asks for: when it has been made, and so the level of a
    letter that is nothing else counts, and when it needs not be made any more."""

    _inherit = "collection.letter"

    by_call = fields.Boolean(string="Call Asked for", readonly=True, copy=False)
    call_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Call to Make",
        readonly=True,
        copy=False,
        index="btree_not_null",
        export_string_translation=False,
    )
    date_tried = fields.Date(
        string="Tried since",
        readonly=True,
        copy=False,
        help="Day of the first call that did not reach the right person.",
    )

    # ------------------------------------------------------------------
    # Asked for
    # ------------------------------------------------------------------

    def _ask_for_call(self):
        """Put the call of these letters on the collectors' lists; they wait for it."""
        self.by_call = True
        self._schedule_calls()

    def _schedule_calls(self):
        """One call to each customer: an activity for today, and the next action.

        A call that is still to be made is joined: they are called once, about all. What
        it is about is said in the collector's language.
        """
        if not self:
            return
        # sudo: activities and next actions of those who call, whoever sends
        letters_sudo = self.sudo()
        waiting = letters_sudo.search(
            [
                ("account_id", "in", letters_sudo.account_id.ids),
                ("call_activity_id.active", "=", True),
            ]
        )
        activities = {letter.account_id: letter.call_activity_id for letter in waiting}
        by_account = (waiting | letters_sudo).grouped("account_id")
        values, summaries = {}, {}
        for account, about in by_account.items():
            activity = activities.get(account)
            user = activity.user_id if activity else about[:1]._get_collector()
            summary = about.with_context(lang=user.lang)._get_call_summary()
            today = company_today(account)
            if not account.next_action_date or account.next_action_date > today:
                key = (summary, today)
                summaries[key] = summaries.get(key, account) | account
            elif activity and account.next_action == activity.summary:
                account.next_action = summary
            if activity:
                activity.summary = summary
                continue
            values[account] = {
                "activity_type_id": self.env.ref(CALL_ACTIVITY).id,
                "automated": True,
                "date_deadline": today,
                "res_model_id": self.env["ir.model"]._get_id("collection.account"),
                "res_id": account.id,
                "summary": summary,
                "user_id": user.id,
            }
        created_sudo = self.env["mail.activity"].sudo().create(list(values.values()))
        activities.update(zip(values, created_sudo, strict=True))
        for account, about in letters_sudo.grouped("account_id").items():
            about.call_activity_id = activities[account]
        for (summary, today), accounts in summaries.items():
            accounts.write({"next_action_date": today, "next_action": summary})

    def _get_call_summary(self):
        """What a call about these letters is, in the language of the context."""
        titles = dict.fromkeys(letter._get_title() for letter in self)
        return self.env._("Call the customer: %(level)s", level=", ".join(titles))

    def _end_calls(self):
        """The calls that these letters ask for need not be made any more.

        The activity goes, and the account's next action if it is still that call. A
        call that other letters ask for, too, stays for those.
        """
        # sudo: as in `_schedule_calls`
        letters_sudo = self.sudo().filtered(
            lambda letter: letter.call_activity_id.active
        )
        activities = letters_sudo.call_activity_id
        if not activities:
            return
        letters_sudo.call_activity_id = False
        others = letters_sudo.search([("call_activity_id", "in", activities.ids)])
        for activity in activities:
            account_sudo = self.env["collection.account"].sudo().browse(activity.res_id)
            about = others.filtered(
                lambda letter, activity=activity: letter.call_activity_id == activity
            ).with_context(lang=activity.user_id.lang)
            summary = about and about._get_call_summary()
            if account_sudo.next_action == activity.summary:
                account_sudo.write(
                    {"next_action": summary}
                    if about
                    else {"next_action": False, "next_action_date": False}
                )
            if about:
                activity.summary = summary
        (activities - others.call_activity_id).unlink()

    # ------------------------------------------------------------------
    # Made
    # ------------------------------------------------------------------

    def _get_open_calls(self):
        """Those of these letters that are nothing but a call still to be made."""
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
        not made; nor is the call beside a letter that left, once all is paid.

        :param companies: only calls of these companies, all when empty
        """
        of_companies = [("company_id", "in", companies.ids)] if companies else []
        # sudo: whoever computes a run need not be allowed to write each letter
        letters_sudo = self.sudo()
        calls = letters_sudo.search(
            [
                ("channel", "=", "call"),
                ("state", "=", "to_send"),
                "|",
                ("by_call", "=", True),
                ("date_tried", "!=", False),
                *of_companies,
            ]
        )
        # one that is being logged or sent just now is left to whoever does so
        calls.try_lock_for_update()._recompute_before_sending()._count_in_vain()
        beside = letters_sudo.search(
            [
                ("state", "=", "sent"),
                ("call_activity_id.active", "=", True),
                *of_companies,
            ]
        )
        beside.filtered(
            lambda letter: "open" not in letter.line_ids.item_id.mapped("state")
        )._end_calls()

    def _count_in_vain(self):
        """Count those of these calls that were tried in vain for long enough.

        That is when the days that the ladder leaves until its next level have passed
        since the first attempt: who never answers would otherwise wait for ever for a
        call that cannot take place. It counts from that first attempt, however often
        it is tried again, so that the next level comes when it would have come, had
        they answered.
        """
        vain = self.filtered(
            lambda letter: (
                letter.date_tried
                and letter.date_tried
                + timedelta(days=letter.level_id._get_days_to_next())
                <= company_today(letter)
            )
        )
        for date, letters in vain.grouped("date_tried").items():
            letters.write(
                {
                    "date": date,
                    "state_reason": self.env._(
                        "The right person has not been reached since %(date)s.",
                        date=format_date(self.env, date),
                    ),
                }
            )
        # interest runs to the letter's date
        vain._compute_penalties()
        vain = vain.filtered(lambda letter: letter.state == "to_send")
        vain._mark_sent()
        vain._end_calls()
