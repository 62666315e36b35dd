"""Loads the public sample "late payment histories" (2,466 invoices of 100 customers,
2012 and 2013) as the ledger stood on one day: invoices as copies of posted ones, and
what settles them through Odoo's own models.

The sample itself is not part of the repository.
"""

import csv
import os
from collections import defaultdict
from datetime import datetime
from pathlib import Path

from odoo import Command, fields
from odoo.tools import split_every

NAME = "ibm_late_payment_histories.csv"
#: receipts matched at once
BATCH = 250
#: no journal entry of ours needs a tracked change or a mail
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}


def find_file():
    """Path of the sample: in the folder COLLECTION_TEST_DATA (or that file itself), or
    beside the repository; None when it is not there."""
    module = Path(__file__).resolve().parents[1]
    candidates = [module.parent / "shared" / "data" / NAME]
    configured = os.environ.get("COLLECTION_TEST_DATA")
    if configured:
        candidates[:0] = [Path(configured), Path(configured) / NAME]
    for path in candidates:
        if path.is_file():
            return path
    return None


def _day(text):
    return datetime.strptime(text, "%m/%d/%Y").date()


def read_rows(path, as_of):
    """Invoices that exist on `as_of`; what was settled later is not settled yet."""
    rows = []
    with path.open(newline="") as source:
        for row in csv.DictReader(source):
            invoiced, settled = _day(row["InvoiceDate"]), _day(row["SettledDate"])
            if invoiced > as_of:
                continue
            rows.append(
                {
                    "customer": row["customerID"],
                    "number": row["invoiceNumber"],
                    "invoiced": invoiced,
                    "due": _day(row["DueDate"]),
                    "amount": float(row["InvoiceAmount"]),
                    "settled": settled if settled <= as_of else None,
                }
            )
    return rows


def load(case, path, as_of, loaded=None):
    """Create customers, posted invoices and matched receipts as of `as_of`.

    :param case: a test of `CollectionCommon`, or its class
    :param loaded: what this returned for an earlier day, from which it goes on
    :return: {number of the sample: invoice}
    """
    env = case.env(context=dict(case.env.context, **QUIET))
    rows = read_rows(path, fields.Date.to_date(as_of))
    loaded = loaded or {}
    new = [row for row in rows if row["number"] not in loaded]
    customers = {
        invoice.partner_id.ref: invoice.partner_id for invoice in loaded.values()
    }
    customers |= _create_customers(env, case.company_data, new, customers)
    invoices = {**loaded, **_create_invoices(case, new, customers)}
    unsettled = [row for row in rows if not _is_settled(loaded.get(row["number"]))]
    _settle(env, case.company_data, unsettled, customers, invoices)
    return invoices


def _is_settled(invoice):
    return bool(invoice) and not invoice.amount_residual


def _create_customers(env, company_data, rows, known):
    references = sorted({row["customer"] for row in rows} - set(known))
    partners = env["res.partner"].create(
        [
            {
                "name": f"Customer {reference}",
                "ref": reference,
                "is_company": True,
                "email": f"{reference.lower()}@customer.example.com",
                "property_account_receivable_id": company_data[
                    "default_account_receivable"
                ].id,
            }
            for reference in references
        ]
    )
    return dict(zip(references, partners, strict=True))


def _create_invoices(case, rows, customers):
    moves = case._post_copies(
        [
            {
                "partner": customers[row["customer"]],
                "amount": row["amount"],
                "date": row["invoiced"],
                "date_due": row["due"],
                "ref": row["number"],
            }
            for row in rows
        ]
    )
    _analyze(case.env)
    return dict(zip((row["number"] for row in rows), moves, strict=True))


def _settle(env, company_data, rows, customers, invoices):
    """One bank entry per day, as bank statements bring them, matched line by line."""
    settled = defaultdict(list)
    for row in rows:
        if row["settled"]:
            settled[row["settled"]].append(row)
    bank = company_data["default_journal_bank"]
    receivable = company_data["default_account_receivable"]
    entries = env["account.move"].create(
        [
            {
                "move_type": "entry",
                "name": f"BNK/{day:%Y/%m/%d}",
                "date": day,
                "journal_id": bank.id,
                "line_ids": [
                    Command.create(
                        {
                            "name": "Customers",
                            "account_id": bank.default_account_id.id,
                            "debit": round(sum(row["amount"] for row in paid), 2),
                        }
                    ),
                    *(
                        Command.create(
                            {
                                "name": row["number"],
                                "partner_id": customers[row["customer"]].id,
                                "account_id": receivable.id,
                                "credit": row["amount"],
                            }
                        )
                        for row in paid
                    ),
                ],
            }
            for day, paid in settled.items()
        ]
    )
    entries._post()
    credits = {
        line.name: line
        for line in entries.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
    }
    debits = {
        line.move_id.ref: line
        for line in env["account.move"]
        .union(*invoices.values())
        .line_ids.filtered(lambda line: line.account_type == "asset_receivable")
    }
    _analyze(env)
    for matches in split_every(BATCH, credits.items()):
        env["account.move.line"]._reconcile_plan(
            [debits[number] | line for number, line in matches]
        )
        _analyze(env)


def _analyze(env):
    """Tell the planner what this transaction wrote, of which it knows nothing else.

    Planned for empty tables, core's queries on payments take hours.
    """
    env.flush_all()
    env.cr.execute(
        "ANALYZE account_move, account_move_line, account_payment,"
        " account_partial_reconcile, account_full_reconcile, collection_account,"
        " collection_item"
    )
