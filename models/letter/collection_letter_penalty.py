import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.days import company_today
from ..law.collection_item_penalty import array_literal

#: lines written with one statement
CHUNK = 5000


class CollectionLetter(models.Model):
    """What a letter claims besides the principal: interest and indemnity."""

    _inherit = "collection.letter"

    def _compute_penalties(self):
        """Interest to the letter's date and the fixed indemnity, where claimed.

        A fixed number of queries to read, and one statement per few thousand lines
        to write. A letter whose rate is missing is set to "error" with a remark that
        names the half-year; the others go on.
        """
        rows = self._fetch_penalty_lines()
        if not rows:
            return
        penalties = self.env["collection.item"]._compute_item_penalties(rows)
        values, errors, done = [], {}, []
        for letter_id, of_letter in self._group_penalties(penalties):
            error = next((p.error for p in of_letter if p.error), None)
            if error:
                message = self.env["collection.reference.rate"]._missing_rate_error(
                    error
                )
                errors.setdefault(str(message), []).append(letter_id)
                continue
            done.append(letter_id)
            values += map(self._prepare_penalty_values, of_letter)
            if len(values) >= CHUNK:
                self._write_penalties(values)
                values = []
        self._write_penalties(values)
        for message, letter_ids in errors.items():
            self.browse(letter_ids).write({"state": "error", "state_reason": message})
        self.browse(done)._sum_lines()

    @api.model
    def _group_penalties(self, penalties):
        """Yield (letter id, its penalties): one letter in memory at a time."""
        letter_id, of_letter = None, []
        for penalty in penalties:
            if penalty.group != letter_id:
                if of_letter:
                    yield letter_id, of_letter
                letter_id, of_letter = penalty.group, []
            of_letter.append(penalty)
        if of_letter:
            yield letter_id, of_letter

    def _fetch_penalty_lines(self):
        """Late lines of the letters whose level claims penalties, by letter.

        An invoice with several due dates may stand on several letters of a run, sent
        at different moments. Its indemnity is asked for once: on the first of its
        late items that stand on letters of the run, and never beside another item
        that is still open and for which it was asked before.
        """
        if not self.ids:
            return []
        return self.env["collection.item"]._fetch_penalty_rows(
            SQL(
                """collection_letter letter
              LEFT JOIN collection_policy_level level ON level.id = letter.level_id
              LEFT JOIN collection_letter_kind kind ON kind.id = letter.kind_id
                   JOIN collection_letter_line line ON line.letter_id = letter.id
                   JOIN collection_item item ON item.id = line.item_id"""
            ),
            key=SQL("line.id"),
            group=SQL("letter.id"),
            date_to=SQL("letter.date"),
            carries=SQL(
                """NOT EXISTS (
                    SELECT 1
                      FROM collection_item other
                      JOIN collection_letter_line beside ON beside.item_id = other.id
                      JOIN collection_letter paper ON paper.id = beside.letter_id
                 LEFT JOIN collection_policy_level step ON step.id = paper.level_id
                 LEFT JOIN collection_letter_kind other_kind
                        ON other_kind.id = paper.kind_id
                     WHERE other.move_id = item.move_id AND other.id <> item.id
                       AND other.state = 'open' AND beside.days_overdue >= 1
                       AND COALESCE(other_kind.include_penalties,
                                    step.include_penalties)
                       AND ((beside.amount_indemnity > 0
                             -- or written, and waiting to be posted
                             AND (paper.state = 'sent' OR (
                                  paper.state = 'to_send'
                                  AND paper.attachment_id IS NOT NULL)))
                            OR ((paper.id = letter.id OR paper.run_id = letter.run_id)
                                AND paper.state IN ('draft', 'to_send', 'sent')
                                AND (other.date_due, other.id)
                                    < (item.date_due, item.id))))"""
            ),
            condition=SQL(
                """letter.id = ANY(%s::int[]) AND letter.state <> 'sent'
                   AND COALESCE(kind.include_penalties, level.include_penalties)
                   AND line.days_overdue >= 1""",
                array_literal(self.ids),
            ),
            order=SQL("letter.id, line.date_due, line.id"),
        )

    def _set_sample_penalties(self):
        """The same for a letter that is never saved; without rates it has none."""
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.days_overdue >= 1)
        penalties = lines.item_id._origin._get_penalties(self.date)
        for line in lines:
            penalty = penalties.get(line.item_id._origin)
            if not penalty or penalty.error:
                continue
            _id, interest, indemnity, waived, detail, _settled = (
                self._prepare_penalty_values(penalty)
            )
            line.update(
                {
                    "amount_interest": float(interest),
                    "amount_indemnity": float(indemnity),
                    "amount_waived": float(waived),
                    "interest_detail": json.loads(detail),
                }
            )

    def _prepare_penalty_values(self, penalty):
        """Columns of one line: (id, interest, indemnity, waived, detail, settled)."""
        # written out rather than dumped: the figures stay what they are, digit by
        # digit, and a run has a hundred thousand of them
        detail = ", ".join(
            f'{{"date_from": "{s.date_from}", "date_to": "{s.date_to}", '
            f'"days": {s.days}, "rate": {s.rate}, "base": {s.base}, '
            f'"amount": {s.amount}}}'
            for s in penalty.segments
        )
        return (
            penalty.key,
            penalty.interest,
            penalty.indemnity,
            penalty.waived_interest + penalty.waived_indemnity,
            f"[{detail}]",
            json.dumps(penalty.settled) if penalty.settled else "",
        )

    def _write_penalties(self, values):
        if not values:
            return
        ids, interest, indemnity, waived, detail, settled = zip(*values, strict=True)
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_letter_line line
                   SET amount_interest = penalty.interest,
                       amount_indemnity = penalty.indemnity,
                       amount_waived = penalty.waived,
                       interest_detail = penalty.detail,
                       settled_detail = penalty.settled
                  FROM unnest(%s::int[], %s::numeric[], %s::numeric[], %s::numeric[],
                              string_to_array(%s, %s)::jsonb[],
                              string_to_array(%s, %s, '')::jsonb[])
                       penalty (id, interest, indemnity, waived, detail, settled)
                 WHERE line.id = penalty.id
                """,
                array_literal(ids),
                array_literal(interest),
                array_literal(indemnity),
                array_literal(waived),
                # JSON has no bare line feed
                "\n".join(detail),
                "\n",
                "\n".join(settled),
                "\n",
            )
        )
        self.env["collection.letter.line"].browse(ids).invalidate_recordset(
            [
                "amount_interest",
                "amount_indemnity",
                "amount_waived",
                "interest_detail",
                "settled_detail",
            ],
            flush=False,
        )

    def action_claim_interest(self):
        """Invoice the interest of the letters' items, to the letter's date."""
        return self._open_settlement_wizard(self.line_ids.item_id.action_claim_interest)

    def action_waive(self):
        """Waive interest or indemnities of the letters' items."""
        return self._open_settlement_wizard(self.line_ids.item_id.action_waive)

    def _open_settlement_wizard(self, open_wizard):
        action = open_wizard()
        today = company_today(self)
        date_to = min([today, *self.mapped("date")])
        return dict(
            action,
            context={
                **action["context"],
                "default_date_to": fields.Date.to_string(date_to),
            },
        )

    def _sum_lines(self):
        """Totals of the letters from their lines; a line's figures are not rounded
        again, so that the table adds up."""
        # nothing to add up, or letters that are never saved (previews)
        if not self.ids:
            return
        self.env["collection.account"]._flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_letter letter
                   SET (amount_due, amount_interest, amount_indemnity, amount_waived,
                        amount_total) = (
                        SELECT COALESCE(SUM(amount_due), 0),
                               COALESCE(SUM(amount_interest), 0),
                               COALESCE(SUM(amount_indemnity), 0),
                               COALESCE(SUM(amount_waived), 0),
                               COALESCE(SUM(amount_due + amount_interest
                                            + amount_indemnity
                                            - COALESCE(amount_waived, 0)), 0)
                               - letter.amount_credit
                          FROM collection_letter_line line
                         -- one look-up in the index per letter, whatever the planner
                         -- believes of a table that was filled just now
                         WHERE line.letter_id = letter.id)
                 WHERE letter.id = ANY(%(ids)s::int[])
                   AND EXISTS (SELECT 1 FROM collection_letter_line line
                                WHERE line.letter_id = letter.id)
             RETURNING letter.id
                """,
                ids=array_literal(self.ids),
            )
        )
        self.invalidate_recordset(
            [
                "amount_due",
                "amount_interest",
                "amount_indemnity",
                "amount_waived",
                "amount_total",
            ],
            flush=False,
        )
