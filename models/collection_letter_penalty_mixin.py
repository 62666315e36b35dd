from odoo import fields, models
from odoo.tools import SQL

from ..tools.late_interest import MissingRateError, interest_segments


class CollectionLetterPenaltyMixin(models.AbstractModel):
    """What a letter claims besides the principal: interest and indemnity."""

    _name = "collection.letter.penalty.mixin"
    _description = "Interest and Indemnity of Letters"

    def _compute_penalties(self):
        """Interest to the letter's date and the fixed indemnity, where claimed.

        A few queries for all letters. A letter whose rate is missing is set to
        "error" with a remark that names the half-year; the others go on.
        """
        letters = self.filtered(lambda letter: letter._claims_penalties())
        if not letters:
            return
        lines = letters.line_ids.filtered(lambda line: line.days_overdue >= 1)
        items = lines.item_id
        items.fetch(["amount_total", "amount_disputed", "date_due", "move_id"])
        payments = items._get_payments()
        notices = items._get_notice_dates()
        regimes = self.env["collection.interest.regime"]._get_by_debtor_type()
        rates = self.env["collection.reference.rate"]._get_rate_table()
        euro = self.env.ref("base.EUR")
        line_values = []
        indemnified = set()
        for letter in letters:
            account = letter.account_id
            regime = regimes.get(account._get_debtor_type())
            if not regime:
                continue
            rule = regime._to_tool(letter.company_id)
            values = []
            try:
                for line in letter.line_ids.filtered(lambda li: li.days_overdue >= 1):
                    item = line.item_id
                    segments = interest_segments(
                        item.amount_total - item.amount_disputed,
                        item.date_due,
                        letter.date,
                        rule,
                        rates,
                        payments=payments.get(item, ()),
                        date_notice=notices.get(item),
                        date_insolvency=account.insolvency_date or None,
                        rounding=letter.currency_id.rounding,
                    )
                    values.append((line, segments))
            except MissingRateError as error:
                message = self.env["collection.reference.rate"]._missing_rate_error(
                    error
                )
                letter.write({"state": "error", "state_reason": str(message)})
                continue
            indemnity = 0.0
            if not account.insolvency_date:
                indemnity = euro._convert(
                    regime.indemnity, letter.currency_id, letter.company_id, letter.date
                )
            for line, segments in values:
                # once per invoice, whatever its number of due dates and letters
                move = line.item_id.move_id
                first = move not in indemnified
                indemnified.add(move)
                line_values.append((line, segments, indemnity if first else 0.0))
        for line, segments, indemnity in line_values:
            line.write(
                {
                    "amount_interest": sum(float(s.amount) for s in segments),
                    "amount_indemnity": indemnity,
                    "interest_detail": [
                        {
                            "date_from": fields.Date.to_string(s.date_from),
                            "date_to": fields.Date.to_string(s.date_to),
                            "days": s.days,
                            "rate": float(s.rate),
                            "base": float(s.base),
                            "amount": float(s.amount),
                        }
                        for s in segments
                    ],
                }
            )
        letters._sum_lines()

    def _sum_lines(self):
        """Totals of the letters from their lines; a line's figures are not rounded
        again, so that the table adds up."""
        self.line_ids.flush_recordset()
        self.flush_recordset()
        # nothing to add up, or letters that are never saved (previews)
        if not self.ids:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_letter letter
                   SET amount_due = total.amount_due,
                       amount_interest = total.amount_interest,
                       amount_indemnity = total.amount_indemnity,
                       amount_total = total.amount_due + total.amount_interest
                                      + total.amount_indemnity - letter.amount_credit
                  FROM (SELECT letter_id, SUM(amount_due) AS amount_due,
                               SUM(amount_interest) AS amount_interest,
                               SUM(amount_indemnity) AS amount_indemnity
                          FROM collection_letter_line
                         WHERE letter_id IN %(ids)s
                      GROUP BY letter_id) total
                 WHERE letter.id = total.letter_id
             RETURNING letter.id
                """,
                ids=tuple(self.ids),
            )
        )
        self.invalidate_recordset(
            ["amount_due", "amount_interest", "amount_indemnity", "amount_total"],
            flush=False,
        )
