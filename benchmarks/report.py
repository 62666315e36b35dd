"""Lay the measured figures out as a table: report.py FIGURES.json FOLDER.

The module's own figures come from the last runs, the peer's from FOLDER/peer.json,
which is written whenever the peer has been measured and says on which day.
"""

import json
import os
import sys
from pathlib import Path

#: (step, its name, what the peer's step of the same purpose is called, what limits it)
ROWS = (
    ("compute", "Compute a full run", "compute", "the foreign keys of what is written"),
    ("compute_bare", "– the same rows, bare `INSERT … SELECT`", "", "foreign keys"),
    ("second_run", "Compute the next month's run, with interest", "", "interest"),
    ("confirm", "Confirm and number all letters", "confirm", "one `UPDATE`"),
    ("print_1", "PDF of one letter on demand", "", "start of the renderer"),
    ("print_50", "PDF of 50 letters in one document", "print_50", "the renderer"),
    ("print_200", "PDF of 200 letters in one document", "", "the renderer"),
    ("print_1000", "PDF of 1,000 letters", "", "the renderer"),
    ("print_each_50", "50 letters, a PDF of its own for each", "", "the renderer"),
    ("html_200", "– 200 letters without the renderer", "", "QWeb"),
    ("compose", "Compose and queue e-mails", "compose", "QWeb, ORM `create`"),
    ("mail", "Send letters by e-mail, renderer apart", "", "notes on invoices"),
    ("mark_sent", "Mark all other letters sent", "", "the customers' timelines"),
    ("refresh", "Check every figure against the ledger", "", "reading the ledger"),
    ("rebuild", "Build every figure from nothing", "", "foreign keys"),
    ("receipts", "Receipts of every item, from nothing", "", "foreign keys"),
    ("receipts_check", "– the same once more, nothing to do", "", "the source"),
    ("receipts_month", "Receipts of a month by mandate and age", "", "–"),
    ("receipts_pivot", "Receipts of all years by mandate and age", "", "reading them"),
    ("profiles", "Payer profiles of a month, expected dates", "", "open items"),
    ("profiles_year", "Payer profiles of twelve months", "", "reading receipts"),
    ("forecast", "Cash forecast by week", "", "open items"),
    ("ageing_today", "Ageing balance of today, by segment and age", "", "open items"),
    ("ageing_past", "Ageing balance of three months ago", "", "matches since"),
    ("ageing_xlsx", "The same by customer, as a spreadsheet", "", "the workbook"),
    ("month_ends", "Read the month ends of a year", "", "reading the ledger"),
    ("month_end_compare", "Compare a month end with the ledger", "", "as above"),
    ("indicators", "Indicators by month and segment", "", "adding up"),
    ("first_action_facts", "First actions of every item", "", "items and actions"),
    ("first_actions", "Success by age at first action", "", "adding up"),
    ("first_actions_list", "First actions as a list, the first 80", "", "counting"),
    ("accustomed", "Who has got used to reminders", "", "letters and receipts"),
    ("hand_over_preview", "Preview the hand-over of the file", "", "turnover"),
    ("hand_over", "Hand the file over", "", "the customers' timelines"),
    ("recall", "Take the file back", "", "the customers' timelines"),
    ("contract_baseline", "Baseline of every indicator of a mandate", "", "–"),
    ("contract_roadmap", "Objectives and service levels of a night", "", "–"),
    ("contract_services", "Figures and cost of the services", "", "–"),
    ("contract_readiness", "What the figures say to the readiness points", "", "–"),
    ("contract_report", "Figures of the activity report", "", "–"),
    ("reversibility", "Write a mandate down and read it back", "", "the workbooks"),
)
LEDGER = (
    ("post_mass", "Post invoices in one transaction"),
    ("reconcile_mass", "Reconcile payments in one transaction"),
    ("post_usual", "Post invoices, each one saved"),
    ("reconcile_usual", "Reconcile payments, each one saved"),
    ("post_lean", "Post, leanest call, first invoice of each customer"),
    ("reconcile_lean", "Reconcile, leanest call"),
)


def seconds(figure):
    return f"{figure['wall']:.2f} s ({figure['cpu']:.2f})"


def describe(figure):
    if not figure:
        return "–"
    return (
        f"{seconds(figure)}, {figure['queries']:,} q, {figure['memory']} MB, "
        f"n = {figure['count']:,}"
    )


def growth(small, large):
    if not small or not large or not small["count"] or not small["cpu"]:
        return "–"
    rows = large["count"] / small["count"]
    return f"× {large['cpu'] / small['cpu']:.1f} for × {rows:.1f}"


def lay_out(ours, peer):
    s, m = ours.get("s", {}), ours.get("m", {})
    days = sorted({figure["date"] for size in (s, m) for figure in size.values()})
    lines = [
        "# Measured figures",
        "",
        f"{', '.join(days)}; {os.cpu_count()} cores, PostgreSQL, one process without "
        "workers. S: 2,000 customers, 10,000 open and 20,000 paid invoices; M: ten "
        "times as many. Wall clock (CPU seconds of the process, its children and its "
        "database backend), queries, peak memory of the process above idle, rows or "
        "documents. Made with `bin/benchmark`.",
        "",
        "| Step | S | M | Growth of CPU | Limited by |",
        "|---|---|---|---|---|",
    ]
    for name, label, _peer, limit in ROWS:
        if name in s or name in m:
            one, ten = s.get(name), m.get(name)
            lines.append(
                f"| {label} | {describe(one)} | {describe(ten)} | {growth(one, ten)} "
                f"| {limit} |"
            )
    lines += [
        "",
        "The ledger, CPU seconds with the module and without it:",
        "",
        "| Step | S | M |",
        "|---|---|---|",
    ]
    for name, label in LEDGER:
        cells = []
        for size in (s, m):
            with_module, without = size.get(name), size.get(f"{name}_bare")
            if not with_module or not without:
                cells.append("–")
                continue
            more = with_module["cpu"] / without["cpu"] - 1
            cells.append(
                f"{with_module['cpu']:.2f} / {without['cpu']:.2f} ({more:+.1%}), "
                f"{with_module['count']} documents"
            )
        lines.append(f"| {label} | {' | '.join(cells)} |")
    if peer:
        lines += [
            "",
            "Beside OCA's account_credit_control on the same files:",
            "",
            "| Step | Size | The peer | This module | Faster, by wall clock and row |",
            "|---|---|---|---|---|",
        ]
        for size, figures in sorted(peer.items(), reverse=True):
            for name, label, peer_name, _limit in ROWS:
                theirs, own = figures.get(peer_name), ours.get(size, {}).get(name)
                if theirs and own and theirs["count"] and own["count"]:
                    faster = (
                        theirs["wall"] / theirs["count"] / own["wall"] * own["count"]
                    )
                    lines.append(
                        f"| {label} | {size.upper()} | {describe(theirs)} (measured "
                        f"{theirs['date']}) | {describe(own)} | × {faster:.0f} |"
                    )
    return "\n".join(lines) + "\n"


def main():
    figures = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    cached = folder / "peer.json"
    peer = json.loads(cached.read_text()) if cached.exists() else {}
    for size, steps in figures.get("peer", {}).items():
        peer.setdefault(size, {}).update(steps)
    if peer:
        cached.write_text(json.dumps(peer, indent=1, sort_keys=True) + "\n")
    (folder / "RESULTS.md").write_text(lay_out(figures.get("ours", {}), peer))


if __name__ == "__main__":
    main()
