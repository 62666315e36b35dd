from datetime import timedelta

from dateutil.relativedelta import relativedelta
from psycopg2.errors import ReadOnlySqlTransaction

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: by which way a provider's agent came to see a customer
DOORS = [
    ("page", "Customer page"),
    ("list", "List"),
    ("form", "Form"),
    ("invoice", "Invoice"),
    ("file", "File"),
    ("export", "Export"),
    ("rpc", "Remote call"),
]
#: how long one line stands for what is read again by the same door
SAME_ACCESS = timedelta(minutes=10)


class CollectionAccessLog(models.Model):
    """Which of a provider's agents looked at which customer, when and how.

    Written by the reading itself, in its transaction, and by nothing else; nobody
    changes it. It goes after the years the company keeps it.
    """

    _name = "collection.access.log"
    _description = "Access by a Provider"
    _order = "date desc, id desc"
    _rec_name = "account_id"
    _log_access = False

    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", required=True, readonly=True, ondelete="restrict"
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    provider_id = fields.Many2one(
        comodel_name="res.partner",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    date = fields.Datetime(required=True, readonly=True, index=True)
    door = fields.Selection(selection=DOORS, required=True, readonly=True)

    _last_of_account_idx = models.Index("(account_id, user_id, door, date DESC)")

    @api.model
    def _record(self, accounts, door):
        """Record that the current user sees `accounts`, when they are a provider's.

        One statement whatever the number of accounts; at most one line per account,
        user and door in ten minutes, and one a day for lists.
        """
        if door not in dict(DOORS):
            door = "rpc"
        if not accounts or not accounts._is_outsider():
            return
        if self.env.cr.readonly:
            # what may be served from a replica is asked again of the primary server
            raise ReadOnlySqlTransaction("An access is to be recorded")
        agent_sudo = self.env["collection.agent"]._current()
        now = fields.Datetime.now()
        since = now - SAME_ACCESS
        if door == "list":
            since = min(since, now.replace(hour=0, minute=0, second=0))
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collection_access_log (
                    account_id, company_id, user_id, agent_id, provider_id,
                    mandate_id, date, door)
                SELECT account.id, account.company_id, %(user)s, %(agent)s,
                       %(provider)s, account.mandate_id, %(now)s, %(door)s
                  FROM collection_account account
                 WHERE account.id IN %(accounts)s
                   AND NOT EXISTS (
                       SELECT 1 FROM collection_access_log log
                        WHERE log.account_id = account.id
                          AND log.user_id = %(user)s
                          AND log.door = %(door)s
                          AND log.date > %(since)s)
                """,
                user=self.env.uid,
                agent=agent_sudo.id or None,
                provider=agent_sudo.provider_id.id or None,
                now=now,
                since=since,
                door=door,
                accounts=tuple(accounts.ids),
            )
        )

    def write(self, vals):
        if self:
            raise UserError(self.env._("The access log is not changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(
            self.env._("The access log goes after the years the company keeps it.")
        )

    @api.autovacuum
    def _gc_expired(self):
        """Delete what is older than each company keeps it."""
        today = fields.Datetime.now()
        keeping = [("collection_access_years", ">", 0)]
        for company_sudo in self.env["res.company"].sudo().search(keeping):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM collection_access_log"
                    " WHERE company_id = %s AND date < %s",
                    company_sudo.id,
                    today - relativedelta(years=company_sudo.collection_access_years),
                )
            )
