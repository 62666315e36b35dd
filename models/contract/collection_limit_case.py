import logging

from psycopg2 import Error

from odoo import api, fields, models

_logger = logging.getLogger(__name__)

#: under which callbacks know what is to be kept of a transaction that was undone
UNDONE = "collection.limit.case"


class CollectionLimitCase(models.Model):
    """What a provider's people wanted to grant beyond what the mandate allows.

    Refused, or waiting for the company's approval: how often tells whether the limits
    suit the customers, or the agents do not know them.
    """

    _name = "collection.limit.case"
    _description = "Beyond the Powers of a Mandate"
    _order = "date desc, id desc"
    _rec_name = "account_id"

    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, readonly=True
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    date = fields.Datetime(
        required=True, readonly=True, index=True, default=fields.Datetime.now
    )
    limit = fields.Selection(
        selection=[
            ("promise_day", "Promise too far ahead"),
            ("promise_share", "Too little promised"),
            ("plan", "Payment plan"),
            ("call", "Call against the rules"),
        ],
        required=True,
        readonly=True,
    )
    outcome = fields.Selection(
        selection=[("refused", "Refused"), ("approval", "Sent for approval")],
        required=True,
        readonly=True,
    )
    note = fields.Text(string="What Was Said", readonly=True)

    @api.model
    def _record(self, account, limit, outcome, note=False):
        """Keep what the current user, one of a provider's people, wanted to grant.

        :return: the case; none of in-house people, whose limits are no mandate's
        """
        # sudo: the account that the caller works, delegated now or no case
        account_sudo = account.sudo()
        if not self._is_counted() or not account_sudo.mandate_id:
            return self.browse()
        return (
            self.sudo()
            .create(
                {
                    "account_id": account.id,
                    "company_id": account_sudo.company_id.id,
                    "mandate_id": account_sudo.mandate_id.id,
                    "user_id": self.env.uid,
                    "limit": limit,
                    "outcome": outcome,
                    "note": note,
                    # whatever the context of a client has for it
                    "date": fields.Datetime.now(),
                }
            )
            .with_env(self.env)
        )

    @api.model
    def _is_counted(self):
        """Whether the current user is bound by the limits of a mandate."""
        return self.env.user.share or self.env.user._is_on_site()

    @api.model
    def _record_undone(self, account, limit, note):
        """Keep what is refused now, whose error undoes all that was done with it.

        Written once that has happened, with a transaction of its own. Who catches the
        error and goes on keeps it themselves (`collection.account._note_refused`).
        """
        if not self._is_counted():
            return
        undone = self.env.cr.postrollback
        if UNDONE not in undone.data:
            undone.add(self._write_undone)
        undone.data.setdefault(UNDONE, []).append((account.id, limit, note))

    @api.model
    def _forget_undone(self):
        """What was refused in this transaction was kept otherwise."""
        self.env.cr.postrollback.data.pop(UNDONE, None)

    @api.model
    def _write_undone(self):
        """Write what was refused in the transaction that has just been undone."""
        refusals = self.env.cr.postrollback.data.get(UNDONE)
        if not refusals:
            return
        try:
            with self.env.registry.cursor() as cr:
                cases = self.with_env(self.env(cr=cr))
                for account_id, limit, note in refusals:
                    account = cases.env["collection.account"].browse(account_id)
                    cases._record(account.exists(), limit, "refused", note)
        except Error:
            # it stays refused, counted or not
            _logger.exception("What went beyond a mandate could not be counted")
