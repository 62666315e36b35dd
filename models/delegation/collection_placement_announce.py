from odoo import api, fields, models
from odoo.tools import format_date, split_every

NOTICE_JOB = "account_collection.ir_cron_collection_mandate_notice"


class CollectionPlacement(models.Model):
    """Telling customers and salespeople who works their account from now on."""

    _inherit = "collection.placement"

    #: customers whose letters are drawn up with the hand-over itself; of more a job
    #: draws them up, as many at a time
    _letters_at_once = 500

    letters_pending = fields.Boolean(
        readonly=True,
        copy=False,
        help="The letters that go with this hand-over are being drawn up.",
    )

    #: customers named in a message; of more their number is told
    _told_names = 20

    def action_hand_over(self):
        res = super().action_hand_over()
        for placement in self:
            placement._tell_salespeople()
        return res

    def _tell_salespeople(self):
        """Tell the salespeople whose customers went, each once about all of theirs."""
        self.ensure_one()
        # sudo: whose customers they are, told to themselves
        theirs_sudo = (
            self.env["collection.account"]
            .sudo()
            .search(
                [
                    (
                        "placement_line_ids",
                        "any",
                        [("placement_id", "=", self.id), ("went", "=", True)],
                    ),
                    ("partner_id.user_id", "!=", False),
                ]
            )
        )
        for salesperson, accounts in theirs_sudo.grouped("salesperson_id").items():
            if salesperson.share or salesperson == self.env.user:
                continue
            told = self.with_context(lang=salesperson.lang)
            names = [account.display_name for account in accounts[: self._told_names]]
            if len(accounts) > len(names):
                names.append("…")
            # of no record: a salesperson has no right on hand-overs
            self.env["mail.thread"].message_notify(
                partner_ids=salesperson.partner_id.ids,
                subject=told.env._(
                    "With %(provider)s from %(date)s: %(count)s of your customers",
                    provider=self.sudo().provider_id.name,
                    date=format_date(told.env, self.date),
                    count=len(accounts),
                ),
                body=told.env._(
                    "%(provider)s asks for what they owe from now on: "
                    "%(customers)s. Before you speak to them about it, look at their "
                    "account.",
                    provider=self.sudo().provider_id.name,
                    customers=", ".join(names),
                ),
            )

    def _draft_letters(self, accounts):
        # EXTENDS delegation: thousands of letters keep nobody waiting
        if len(accounts) <= self._letters_at_once:
            return super()._draft_letters(accounts)
        mandate = self.mandate_id
        if mandate.announce or mandate.mode == "on_behalf":
            self._transit({"letters_pending": True})
            # sudo: the job is the administrator's
            self.env.ref(NOTICE_JOB).sudo()._trigger()
        return None

    @api.model
    def _draft_pending_letters(self):
        """Letters of large hand-overs, some customers at a time; whoever has theirs
        gets no second one, so that what was interrupted goes on."""
        Cron = self.env["ir.cron"]
        pending = {
            placement: placement.line_ids.filtered(
                lambda line: line.state == "active"
            ).account_id
            for placement in self.search([("letters_pending", "=", True)])
        }
        if not pending:
            return
        Cron._commit_progress(remaining=sum(map(len, pending.values())))
        for placement, accounts in pending.items():
            company = placement.company_id
            drafting = placement.with_context(lang=company._get_collection_lang())
            for ids in split_every(self._letters_at_once, accounts.ids):
                drafting.mandate_id._draft_missing_notices(
                    accounts.with_env(drafting.env).browse(ids)
                )
                if not Cron._commit_progress(len(ids)):
                    return
            placement._transit({"letters_pending": False})
        Cron._commit_progress()
