"""Posted invoices as copies of one that core posted.

Most tests need an invoice that is due, and nothing of how it came to be: to make and
post it through core takes longer than what they are about. Its rows are always the same
but for customer, amount, days and number; `test_posted_copies.py` holds that a copy
differs in nothing from what core makes.
"""

import json
import re
from copy import deepcopy
from datetime import date

from odoo.tools import SQL

from odoo.addons.account_collection.models.position.collection_account import TOUCHED

COPIED_TYPES = ("out_invoice", "out_refund")
MODEL_DAY, MODEL_DUE = date(2001, 2, 3), date(2001, 3, 5)
MODEL_AMOUNT = 8765.43
MODEL_REF = "Reference of the model"
#: columns that name the customer
CUSTOMER = ("partner_id", "commercial_partner_id", "partner_shipping_id")
#: how the journal numbers what has no name of its own
NUMBERED = re.compile(r"(R?INV/)(\d{4})/(\d{5})")
#: what would change an invoice, and stands nowhere in these rows
LOCKS = (
    "fiscalyear_lock_date",
    "tax_lock_date",
    "sale_lock_date",
    "hard_lock_date",
)


class PostedCopies:
    """For `CollectionCommon`: models by company, kind of document and reference."""

    #: {key: rows of an invoice}, which `bin/test` makes once for all classes
    copied_models = None

    @classmethod
    def _post_copies(cls, rows, company_data=None, move_type="out_invoice"):
        """Posted invoices without tax, in the currency of the company.

        :param rows: dictionaries of `partner`, `amount`, `date`, `date_due` and, where
            there is one, `ref`
        :return: the invoices, or None where core has to make them
        """
        data = company_data or cls.company_data
        if move_type not in COPIED_TYPES or not all(
            cls._may_copy(data, row) for row in rows
        ):
            return None
        Move = cls.env["account.move"].with_company(data["company"])
        # what is pending is written, and nothing that is read before is kept
        cls.env.invalidate_all()
        model = cls._get_copied_model(data, move_type, "ref" in rows[0])
        moves, lines = [], []
        numbers = cls._number_copies(data, model, rows)
        if numbers is None:
            return None
        ids = cls._take_ids("account_move", len(rows))
        line_ids = iter(
            cls._take_ids("account_move_line", len(rows) * len(model["lines"]))
        )
        noted = []
        for row, move_id, number in zip(rows, ids, numbers, strict=True):
            copy = cls._copy_row(model["move"], model, row, number)
            moves.append({**copy, "id": move_id, "sequence_number": number})
            for line in model["lines"]:
                copy = cls._copy_row(line, model, row, number)
                copy |= {"id": next(line_ids), "move_id": move_id}
                if copy["display_type"] == "payment_term":
                    copy["account_id"] = (
                        row["partner"]
                        .with_company(data["company"])
                        .property_account_receivable_id.id
                    )
                    noted.append(copy["id"])
                lines.append(copy)
        cls._insert("account_move", moves)
        cls._insert("account_move_line", lines)
        # core remembers which number came last
        Move._get_sequence_cache().clear()
        # as when core has posted
        cls.env["collection.account"]._note_lines(
            cls.env["account.move.line"].browse(noted), debits_only=True
        )
        return Move.browse(ids)

    @classmethod
    def _may_copy(cls, data, row):
        """Whether nothing but these rows says what becomes of the invoice."""
        company = data["company"]
        partner = row["partner"].with_company(company)
        return (
            row["amount"] > 0
            and row["amount"] == company.currency_id.round(row["amount"])
            and partner.commercial_partner_id == partner
            and partner.active
            and not partner.user_id
            and not partner.child_ids
            and not partner.property_account_position_id
            and partner.property_account_receivable_id
            and not any(company[name] for name in LOCKS)
        )

    @classmethod
    def _make_models(cls, data):
        for move_type in COPIED_TYPES:
            cls._get_copied_model(data, move_type, has_ref=False)

    @classmethod
    def _get_copied_model(cls, data, move_type, has_ref):
        """Rows of one that core made, posted and took back."""
        if cls.copied_models is None:
            cls.copied_models = {}
        key = f"{data['company'].id} {move_type} {has_ref}"
        if key not in cls.copied_models:
            noted = cls.env.cr.precommit.data
            before = deepcopy(noted.get(TOUCHED))
            with cls.env.cr.savepoint() as savepoint:
                cls.copied_models[key] = cls._make_model(data, move_type, has_ref)
                savepoint.rollback()
            cls.env.invalidate_all(flush=False)
            # nobody is to follow what is no more
            noted.pop(TOUCHED, None)
            if before:
                noted[TOUCHED] = before
        return cls.copied_models[key]

    @classmethod
    def _make_model(cls, data, move_type, has_ref):
        partner = cls._customer("Customer of the model")
        invoice = cls._draft_invoices(
            [(partner, MODEL_AMOUNT)],
            MODEL_DUE,
            date=MODEL_DAY,
            move_type=move_type,
            company_data=data,
            **({"ref": MODEL_REF} if has_ref else {}),
        )
        invoice.action_post()
        cls.env.flush_all()
        return {
            "move": cls._read_rows("account_move", "id", invoice)[0],
            "lines": cls._read_rows("account_move_line", "move_id", invoice),
        }

    @classmethod
    def _read_rows(cls, table, column, invoice):
        cls.env.cr.execute(
            SQL(
                "SELECT to_jsonb(copied) FROM %s copied WHERE %s = %s ORDER BY id",
                SQL.identifier(table),
                SQL.identifier(column),
                invoice.id,
            )
        )
        return [row for [row] in cls.env.cr.fetchall()]

    @classmethod
    def _number_copies(cls, data, model, rows):
        """The number of each in its year; None where the journal numbers otherwise."""
        prefix = NUMBERED.match(model["move"]["name"])[1]
        cls.env.cr.execute(
            SQL(
                """
                SELECT bool_and(sequence_prefix ~ %(numbered)s),
                       (SELECT jsonb_object_agg(sequence_prefix, number)
                          FROM (SELECT sequence_prefix, MAX(sequence_number) AS number
                                  FROM account_move
                                 WHERE journal_id = %(journal)s
                              GROUP BY sequence_prefix) AS last)
                  FROM account_move
                 WHERE journal_id = %(journal)s AND name != '/'
                """,
                numbered=r"^R?INV/\d{4}/$",
                journal=data["default_journal_sale"].id,
            )
        )
        usual, last = cls.env.cr.fetchone()
        if usual is False:
            return None
        last = last or {}
        numbers = []
        for row in rows:
            year = f"{prefix}{row['date']:%Y}/"
            last[year] = last.get(year, 0) + 1
            numbers.append(last[year])
        return numbers

    @classmethod
    def _copy_row(cls, values, model, row, number):
        """`values` of the model as of what is copied."""
        partner = row["partner"]
        old = model["move"]["partner_id"]
        name = model["move"]["name"]
        prefix = f"{NUMBERED.match(name)[1]}{row['date']:%Y}/"
        texts = {
            name: f"{prefix}{number:05}",
            model["move"]["sequence_prefix"]: prefix,
            model["move"]["invoice_partner_display_name"]: partner.name,
            MODEL_REF: row.get("ref"),
            str(MODEL_DAY): str(row["date"]),
            str(MODEL_DUE): str(row["date_due"]),
        }

        def copied(column, value):
            if column in CUSTOMER:
                return partner.id if value == old else value
            if isinstance(value, float | int) and not isinstance(value, bool):
                if abs(value) == MODEL_AMOUNT:
                    return row["amount"] if value > 0 else -row["amount"]
            elif isinstance(value, str):
                if column in ("create_date", "write_date"):
                    return cls.env.cr.now().isoformat()
                for text, other in texts.items():
                    if text in value:
                        value = value.replace(text, other or "")
            return value

        return {
            column: copied(column, value)
            for column, value in values.items()
            if value is not None
        }

    @classmethod
    def _take_ids(cls, table, count):
        cls.env.cr.execute(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"{table}_id_seq",
                count,
            )
        )
        return [id_ for [id_] in cls.env.cr.fetchall()]

    @classmethod
    def _insert(cls, table, rows):
        cls.env.cr.execute(
            SQL(
                """INSERT INTO %(table)s
                   SELECT * FROM jsonb_populate_recordset(NULL::%(table)s, %(rows)s)""",
                table=SQL.identifier(table),
                rows=json.dumps(rows),
            )
        )
