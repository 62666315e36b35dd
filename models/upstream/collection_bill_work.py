from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.days import company_day_sql, company_today, on_company_days

#: kind of bill drawn on customers who pay so
DRAWN_KINDS = {"bill": "lcr", "lcr_magnetic": "lcr_magnetic"}
#: bills that say nothing any more: the invoice may get another
DEAD = ("refused", "unpaid")
#: bills drawn, and letters written, before the nightly job saves
DRAW_CHUNK = 500
LETTER_CHUNK = 50


class CollectionBill(models.Model):
    """What happens to bills by itself: drawn, asked for, paid as the ledger says."""

    _inherit = "collection.bill"

    @api.model
    def _save_progress(self, processed=0, **values):
        """Save what the nightly job has done so far; nothing outside of a job.

        :return: whether there is time left
        """
        if "ir_cron_progress_id" not in self.env.context:
            return True
        return self.env["ir.cron"]._commit_progress(processed, **values) > 0

    # ------------------------------------------------------------------
    # Drawn
    # ------------------------------------------------------------------

    @api.model
    def _draw(self, items):
        """Draw a bill for each of `items`, with its due date and what is due of it.

        :return: the bills; items that are settled or on a bill are left out
        :raises UserError: when nothing is left to draw
        """
        left = items.filtered(
            lambda item: (
                item.state == "open"
                and not item.bill_ids.filtered(
                    lambda bill: bill.state not in (*DEAD, "lapsed")
                )
            )
        )
        if not left:
            raise UserError(
                self.env._(
                    "There is a bill already, or nothing is due any more: nothing to "
                    "draw."
                )
            )
        return self.create(
            [
                {
                    "account_id": item.account_id.id,
                    "item_ids": [Command.set(item.ids)],
                    "kind": DRAWN_KINDS.get(item.account_id.payment_means, "lcr"),
                }
                for item in left
            ]
        )

    @api.model
    def _get_draw_domain(self):
        """Items for which a bill is to be drawn: not due, and never on one before."""
        accounts = (
            Domain("payment_means", "in", tuple(DRAWN_KINDS))
            & Domain("insolvency_date", "=", False)
            & self.env["collection.account"]._get_professional_domain()
        )
        return (
            Domain("state", "=", "open")
            & on_company_days(self.env, lambda today: Domain("date_due", ">", today))
            & Domain("bill_ids", "=", False)
            & Domain("move_id.move_type", "=", "out_invoice")
            & Domain("no_followup", "=", False)
            & Domain("company_id.collection_bill_auto", "=", True)
            & Domain("account_id", "any", accounts)
        )

    @api.model
    def _cron_draw(self):
        """Every night: bills of the invoices that are to be paid so, in chunks."""
        domain = self._get_draw_domain()
        items = self.env["collection.item"].search(domain, order="id")
        # contested as a whole: no bill before it is decided
        items = items.filtered(lambda item: item.amount_disputed < item.amount_residual)
        bills = self.browse()
        self._save_progress(remaining=len(items))
        for start in range(0, len(items), DRAW_CHUNK):
            chunk = items[start : start + DRAW_CHUNK]
            bills |= self._draw(chunk)
            if not self._save_progress(len(chunk)):
                break
        return bills

    # ------------------------------------------------------------------
    # Asked for by letter
    # ------------------------------------------------------------------

    def _write_return_letter(self):
        """Draw up the letter that asks for the bill to be returned accepted."""
        self.ensure_one()
        letter = self.account_id._write_letter(
            "bill_return",
            items=self.item_ids,
            fact_date=self.date_due,
            fact_amount=self.amount,
            payment_means="bill",
            fact_reference=self.number,
        )
        # sudo: the link only, of a bill the user writes about
        self.sudo().letter_ids = [Command.link(letter.id)]
        return letter

    @api.model
    def _write_due_letters(self, companies):
        """Letters of the bills to chase: one from 25, one from 15 days before.

        A bill whose days have both passed gets one letter. Those about items that are
        with a provider get none: the provider asks for them.

        :param companies: whose bills
        :return: the letters, drafts or ready to be sent as the company wants
        """
        today = company_today(companies)
        due = self.search(
            [
                ("state", "in", ("sent", "chased", "late")),
                ("kind", "!=", "lcr_magnetic"),
                ("company_id", "in", companies.ids),
                ("company_id.collection_bill_letters", "in", ("draft", "to_send")),
                ("item_ids", "not any", [("delegated", "=", True)]),
                ("account_id.insolvency_date", "=", False),
                ("item_ids", "any", [("state", "=", "open")]),
                "|",
                "&",
                ("letter_stage", "=", 0),
                ("date_chase", "<=", today),
                "&",
                ("letter_stage", "<", 2),
                ("date_return_deadline", "<=", today),
            ],
            order="id",
        )
        letters = self.env["collection.letter"]
        self._save_progress(remaining=len(due))
        for start in range(0, len(due), LETTER_CHUNK):
            chunk = due[start : start + LETTER_CHUNK]
            for bill in chunk:
                letters |= bill._write_due_letter(today)
            if not self._save_progress(len(chunk)):
                break
        return letters

    def _write_due_letter(self, today):
        letter = self._write_return_letter()
        self.letter_stage = 2 if self.date_return_deadline <= today else 1
        if self.company_id.collection_bill_letters == "to_send":
            try:
                with self.env.cr.savepoint():
                    letter.action_confirm()
            except UserError as error:
                # something is missing on it: a person looks at the draft
                letter._message_log(body=str(error))
        return letter

    # ------------------------------------------------------------------
    # Paid, according to the ledger
    # ------------------------------------------------------------------

    @api.model
    def _follow_ledger(self, account_ids=None):
        """See which bills of these accounts (all by default) were paid, or lapsed.

        Paid: money has settled its items, in the main, or brought its amount since it
        was drawn. When the payment is undone before the due date the bill is where it
        was; after it, the bank has returned it unpaid. Lapsed: its items were credited,
        cancelled or deleted, in the main; an invoice that is being corrected (reset to
        draft) still stands.

        :return: number of bills that changed
        """
        self.flush_model()
        self.env["collection.item"].flush_model(["state", "move_line_id"])
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        rows = self.env.execute_query(
            SQL(
                """
                WITH judged AS (
                    SELECT bill.id, %(date_drawn)s AS date_drawn,
                           item.id AS item_id,
                           item.state = 'closed' AND aml.parent_state <> 'draft'
                               AS closed
                      FROM collection_bill bill
                 LEFT JOIN collection_bill_collection_item_rel rel
                        ON rel.collection_bill_id = bill.id
                 LEFT JOIN collection_item item ON item.id = rel.collection_item_id
                 LEFT JOIN account_move_line aml ON aml.id = item.move_line_id
                     WHERE bill.state NOT IN %(dead)s AND %(condition)s
                ), received AS (
                    SELECT judged.id, COALESCE(bool_and(judged.closed), TRUE) AS closed,
                           COALESCE(SUM(receipt.amount) FILTER (
                               WHERE receipt.kind = 'money'), 0) AS amount,
                           COALESCE(SUM(receipt.amount) FILTER (
                               WHERE receipt.kind <> 'money'), 0) AS otherwise,
                           COALESCE(SUM(receipt.amount) FILTER (
                               WHERE receipt.kind = 'money'
                                 AND receipt.date >= judged.date_drawn), 0) AS since
                      FROM judged
                 LEFT JOIN (%(settled)s) receipt ON receipt.item_id = judged.item_id
                  GROUP BY judged.id
                ), truth AS (
                    SELECT bill.id,
                           CASE WHEN bill.state IN ('paid', 'lapsed')
                                THEN bill.state END AS before,
                           CASE WHEN (received.closed
                                      AND received.amount > received.otherwise)
                                     OR received.since >= bill.amount THEN 'paid'
                                WHEN received.closed THEN 'lapsed' END AS after
                      FROM received
                      JOIN collection_bill bill ON bill.id = received.id
                     -- what a person called paid stays so
                     WHERE bill.state <> 'paid' OR bill.state_before IS NOT NULL
                )
                SELECT id, before, after FROM truth
                 WHERE after IS DISTINCT FROM before ORDER BY id
                """,
                date_drawn=company_day_sql(
                    self.env, SQL("bill.create_date"), SQL("bill.company_id")
                ),
                settled=source._settled_query(
                    SQL("item.id IN (SELECT judged.item_id FROM judged)")
                ),
                dead=DEAD,
                condition=self._among_concerned(SQL("bill.id"), account_ids),
            )
        )
        for bill_id, before, after in rows:
            # sudo: the ledger judges, whoever moved it
            bill_sudo = self.browse(bill_id).sudo()
            if after and not before:
                bill_sudo.state_before = bill_sudo.state
            if after == "lapsed":
                bill_sudo._lapse()
            elif after:
                bill_sudo.write({"state": after, "lapse_reason": False})
            elif before == "lapsed":
                bill_sudo.write(
                    {
                        "state": bill_sudo.state_before,
                        "state_before": False,
                        "lapse_reason": False,
                    }
                )
            else:
                bill_sudo._undo_paid()
        self.browse(row[0] for row in rows).account_id._mark_stale()
        return len(rows)

    def _is_pending(self):
        return self.state not in (*DEAD, "paid", "lapsed")

    def _lapse(self, reason=None):
        for bill in self.filtered(lambda bill: not bill.state_before):
            bill.state_before = bill.state
        res = super()._lapse(reason)
        self.activity_unlink(["mail.mail_activity_data_call"])
        return res

    def _undo_paid(self):
        before = self.state_before
        if before in ("accepted", "remitted") and self.date_due <= self._today():
            self.write(
                {
                    "state": "unpaid",
                    "state_before": False,
                    "reason": self.reason
                    or self.env._("The payment was undone in the ledger"),
                }
            )
            self._follow_unpaid()
        else:
            self.write({"state": before, "state_before": False})
