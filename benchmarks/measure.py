"""Measure the mass steps on one generated database and keep the figures as JSON.

Usage: measure.py --db NAME --size s|m --side ours|peer --out FILE [--bare-db NAME]
                  [--steps NAME,...]

Each step is measured in this one process, without workers: wall clock, CPU of the
process and its children, CPU of its database backend, queries, and the peak of the
process's memory above what it takes when idle. The database is used up.
"""

# pylint: disable=sql-injection,invalid-commit
# a program of its own: tables by name, and each step committed

import argparse
import gc
import json
import logging
import os
import random
import time
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import config

#: documents that are posted and reconciled, letters that are printed and mailed
DOCUMENTS = 200
PRINTED = (1, 50, 200, 1000)
MAILED = 1000
#: the ledger is measured this often, the best counts: the machine has other work too
REPETITIONS = 2


class Meter:
    """Measures steps on one cursor and remembers the figures by name."""

    def __init__(self, env):
        self.env = env
        self.figures = {}
        env.cr.execute("SELECT pg_backend_pid()")
        [self.backend] = env.cr.fetchone()
        gc.collect()
        self.idle = self._memory("VmRSS")

    @staticmethod
    def _memory(key):
        """Memory of this process in MB: VmRSS now, VmHWM at its peak."""
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
        return 0

    def _cpu(self):
        """CPU seconds so far: (this process and its children, the backend)."""
        stat = Path(f"/proc/{self.backend}/stat").read_text().rpartition(")")[2]
        user, system = stat.split()[11:13]
        return (
            sum(os.times()[:4]),
            (int(user) + int(system)) / os.sysconf("SC_CLK_TCK"),
        )

    @contextmanager
    def step(self, name, count=None, best=False):
        """Measure what happens inside, from an empty cache to the last flush.

        :param count: number of rows or documents dealt with, set by the block
        :param best: keep the best of several repetitions
        """
        env = self.env
        env.flush_all()
        env.invalidate_all()
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")
        figures = {}
        queries, cpu, started = env.cr.sql_log_count, self._cpu(), time.time()
        yield figures
        env.flush_all()
        process, backend = (
            after - before for after, before in zip(self._cpu(), cpu, strict=True)
        )
        figures.setdefault("count", count)
        figures |= {
            "wall": round(time.time() - started, 3),
            "process": round(process, 3),
            "backend": round(backend, 3),
            "cpu": round(process + backend, 3),
            "queries": env.cr.sql_log_count - queries,
            "memory": round(self._memory("VmHWM") - self.idle),
        }
        earlier = self.figures.get(name)
        if not (best and earlier and earlier["cpu"] <= figures["cpu"]):
            self.figures[name] = figures
        logging.getLogger("benchmark").info("%s %s", name, figures)


# ----------------------------------------------------------------------
# This module
# ----------------------------------------------------------------------


def refresh(meter):
    """All figures checked against the ledger; then all of them built from nothing."""
    env = meter.env
    accounts = env["collection.account"]
    with meter.step("refresh") as figures:
        accounts._refresh()
    figures["count"] = env["collection.item"].search_count([])
    env.cr.execute("DELETE FROM collection_item")
    with meter.step("rebuild") as figures:
        accounts._refresh()
    figures["count"] = env["collection.item"].search_count([])
    env.cr.rollback()


def receipts(meter):
    """What settled every item, written down; once more; a month by mandate and age."""
    env = meter.env
    rows = env["collection.receipt"]
    stale = env["collection.receipt.stale"]
    stale._mark()
    with meter.step("receipts") as figures:
        rows._refresh(stale._take())
    figures["count"] = rows.search_count([])
    with meter.step("receipts_check") as figures:
        rows._refresh()
    figures["count"] = rows.search_count([])
    first = date.today().replace(day=1)
    for name, domain in (
        ("receipts_month", [("date", ">=", first)]),
        ("receipts_pivot", []),
    ):
        with meter.step(name) as figures:
            rows.formatted_read_grouping_sets(
                domain,
                [[], ["side", "mandate_id"], ["side", "mandate_id", "age_bucket"]],
                ["amount_company:sum", "days_late:avg", "__count"],
            )
        figures["count"] = rows.search_count(domain)
    env.cr.commit()


def profiles(meter):
    """Payer profiles of a month, of a year; when open items are expected, by week."""
    env = meter.env
    company, today = env.company, date.today()
    rows = env["collection.payer.profile"]
    *past, running = company._get_months_to_profile(today)
    with meter.step("profiles") as figures:
        rows._build(company, running, today)
    figures["count"] = rows.search_count([("date", "=", running)])
    with meter.step("profiles_year") as figures:
        for month in past:
            rows._build(company, month, today)
    figures["count"] = rows.search_count([("date", "!=", running)])
    forecast = env["collection.cash.forecast"]
    with meter.step("forecast") as figures:
        forecast.formatted_read_grouping_sets(
            [], [[], ["date:week"], ["date:week", "kind"]], ["amount:sum"]
        )
    figures["count"] = forecast.search_count([])
    env.cr.commit()


def compute(meter):
    """A run, against the same rows inserted into the same tables and nothing else."""
    env, cr = meter.env, meter.env.cr
    tables = (
        "collection_letter",
        "collection_letter_line",
        "collection_dunning_exclusion",
    )
    run = env["collection.dunning.run"].create({})
    cr.commit()
    for again in (False, True):
        with meter.step("compute", best=again) as figures:
            run.action_compute()
        figures["count"] = count_rows(cr, tables)
        if again:
            break
        for table in tables:
            cr.execute(f"CREATE TEMP TABLE bare_{table} AS SELECT * FROM {table}")
        for table in reversed(tables):
            cr.execute(f"DELETE FROM {table}")
        cr.commit()
        vacuum(env)
        with meter.step("compute_bare") as figures:
            for table in tables:
                cr.execute(f"INSERT INTO {table} SELECT * FROM bare_{table}")
        figures["count"] = count_rows(cr, tables)
        cr.rollback()
        env.invalidate_all()
        run.state = "draft"
        vacuum(env)
    cr.commit()


def confirm(meter):
    """Numbers for every letter of the run."""
    run = meter.env["collection.dunning.run"].search([], limit=1)
    with meter.step("confirm") as figures:
        run.action_confirm()
    figures["count"] = run.letter_count
    meter.env.cr.commit()


def print_letters(meter):
    """PDFs: one letter on demand, and batches in one document and one by one."""
    letters = sample(
        meter.env["collection.letter"].search([("state", "=", "to_send")]),
        max(PRINTED),
    )
    # the style sheet and the templates are compiled once per server
    letters[:1]._render_pdf()
    for count in PRINTED:
        batch = letters[:count]
        if len(batch) < count:
            break
        with meter.step(f"print_{count}", count):
            batch._get_pdf_parts()
        if count == 50:
            with meter.step(f"print_each_{count}", count):
                batch._render_pdf_each()
        if count == 200:
            with meter.step(f"html_{count}", count):
                batch._render_html()


def mail(meter):
    """E-mails composed and queued; then all that happens when letters leave.

    The renderer apart: computed again, archived, e-mails composed and queued, levels
    counted, notes on customers and invoices.
    """
    letters = sample(
        meter.env["collection.letter"].search(
            [("state", "=", "to_send"), ("channel", "=", "email")]
        ),
        MAILED,
    )
    with meter.step("compose", len(letters)):
        letters._queue_mails()
    meter.env.cr.rollback()
    rendered = letters[:1]._render_pdf()

    def render(self):
        return dict.fromkeys(self, rendered)

    with patch.object(type(letters), "_render_pdf_each", render):
        with meter.step("mail", len(letters)):
            letters._send()
    meter.env.cr.commit()


def mark_sent(meter):
    """Levels and timelines after the letters have left."""
    letters = meter.env["collection.letter"].search([("state", "=", "to_send")])
    with meter.step("mark_sent", len(letters)):
        letters._mark_sent()
    meter.env.cr.commit()


def second_run(meter):
    """The next month's run, with levels, letters and history there already."""
    env = meter.env
    run = env["collection.dunning.run"].create(
        {"date": date.today() + timedelta(days=31)}
    )
    with meter.step("second_run") as figures:
        run.action_compute()
    figures["count"] = run.letter_count
    env.cr.rollback()


def begin_mandate(env):
    """A running mandate of the whole file with one agent."""
    provider = env["res.partner"].create({"name": "Provider", "is_company": True})
    user = env["res.users"].create(
        {
            "name": "Agent",
            "login": "benchmark-agent",
            "group_ids": [
                Command.set(env.ref("account_collection.group_collection_provider").ids)
            ],
        }
    )
    agent = env["collection.agent"].create(
        {"user_id": user.id, "provider_id": provider.id}
    )
    mandate = env["collection.mandate"].create(
        {
            "name": "Benchmark",
            "provider_id": provider.id,
            "agent_ids": [Command.set(agent.ids)],
            "extent": "total",
            "date_start": date.today() - timedelta(days=30),
        }
    )
    # what a contract must say is not measured
    with patch.object(
        env.registry["collection.mandate"], "_get_missing", lambda *_: []
    ):
        mandate.action_agree()
        mandate.action_start()
    return mandate


def prepare_hand_over(mandate):
    return mandate.env["collection.handover"].create(
        {"mandate_id": mandate.id, "method": "total", "late_only": False}
    )


def hand_over(meter):
    """The whole file shown, handed over to a provider, and taken back."""
    env, cr = meter.env, meter.env.cr
    wizard = prepare_hand_over(begin_mandate(env))
    cr.commit()
    with meter.step("hand_over_preview") as figures:
        wizard.action_preview()
    figures["count"] = len(wizard.line_ids)
    wizard.action_take_unclassified()
    cr.commit()
    with meter.step("hand_over") as figures:
        wizard.action_confirm()
    # records of their own, which are read together
    lines = wizard.placement_id.line_ids.browse(wizard.placement_id.line_ids.ids)
    figures["count"] = len(lines)
    cr.commit()
    with meter.step("recall", len(lines)):
        lines._take_back("recalled", "Benchmark")
    cr.commit()


def work_mandate(mandate):
    """Four calls of the provider to everybody, and a promise of every third."""
    env, cr = mandate.env, mandate.env.cr
    env.flush_all()
    agent = mandate.agent_ids
    values = {
        "outcome": env["collection.call.outcome"]
        .search([("contact", "=", "right_party")], limit=1)
        .id,
        "user": agent.user_id.id,
        "agent": agent.id,
        "mandate": mandate.id,
    }
    # as if they had gone a month ago
    cr.execute(
        """
        UPDATE collection_placement SET date = CURRENT_DATE - 30
         WHERE mandate_id = %(mandate)s
        """,
        values,
    )
    cr.execute(
        """
        UPDATE collection_placement_item item SET date_added = CURRENT_DATE - 30
          FROM collection_placement_line line
         WHERE line.id = item.line_id AND line.mandate_id = %(mandate)s
        """,
        values,
    )
    cr.execute(
        """
        INSERT INTO collection_call (
            number, account_id, company_id, user_id, agent_id, side, date, direction,
            outcome_id, connected, right_party)
        SELECT '–', id, company_id, %(user)s, %(agent)s, 'provider',
               now() - make_interval(days => (id * 37 + number * 7) %% 29),
               'outgoing', %(outcome)s, number %% 2 = 0, number %% 4 = 0
          FROM collection_account, generate_series(1, 4) number
         WHERE mandate_id = %(mandate)s
        """,
        values,
    )
    cr.execute(
        """
        INSERT INTO collection_promise (
            number, account_id, company_id, currency_id, user_id, amount, date_made,
            date_promised, state)
        SELECT '–', account.id, account.company_id, company.currency_id, %(user)s, 10,
               CURRENT_DATE - 20, CURRENT_DATE - 10,
               CASE WHEN account.id %% 2 = 0 THEN 'kept' ELSE 'broken' END
          FROM collection_account account
          JOIN res_company company ON company.id = account.company_id
         WHERE account.mandate_id = %(mandate)s AND account.id %% 3 = 0
        """,
        values,
    )
    cr.execute(
        "ANALYZE collection_call, collection_promise, collection_placement,"
        " collection_placement_line, collection_placement_item"
    )
    env.invalidate_all()


def contract(meter):
    """What is measured of a mandate with the whole file."""
    env = meter.env
    mandate = begin_mandate(env)
    wizard = prepare_hand_over(mandate)
    wizard.action_preview()
    wizard.action_take_unclassified()
    wizard.action_confirm()
    work_mandate(mandate)
    snapshot = env["collection.snapshot"]
    for month in snapshot._get_missing():
        snapshot._freeze(*month)
    today = date.today()
    mandate.write(
        {
            "service_ids": [
                Command.create({"kind": kind, "fee_kind": "item", "fee": 1.0})
                for kind in ("late", "very_late", "pre_reminder", "bills", "training")
            ],
            "objective_ids": [
                Command.create(
                    {
                        "indicator_id": indicator.id,
                        "target": 1.0,
                        "deadline": today + timedelta(days=90),
                    }
                )
                for indicator in env["collection.mandate.indicator"].search([])
            ],
        }
    )
    count = mandate.account_count
    env.flush_all()
    with meter.step("contract_baseline", count):
        mandate.action_take_baseline()
        env.flush_all()
    with meter.step("contract_roadmap", count):
        mandate._measure_roadmap()
        env.flush_all()
    env.invalidate_all()
    with meter.step("contract_services", count):
        mandate.service_ids.mapped("act_count")
        mandate._get_cost_rate()
    with meter.step("contract_readiness", count):
        mandate.readiness_ids.mapped("facts")
    report = env["collection.mandate.report"].create(
        {
            "mandate_id": mandate.id,
            "date_from": today - timedelta(days=30),
            "date_to": today - timedelta(days=1),
            "state": "failed",
        }
    )
    env.flush_all()
    env.invalidate_all()
    with meter.step("contract_report", count):
        report._get_sections()
    env.cr.rollback()


def ledger(meters):
    """Invoices posted and payments reconciled, with the module and without.

    "mass" is all of them in one transaction. "usual" is what a user gets, one by one
    and each one saved: chatter, numbers from the sequence, customers known. "lean"
    leaves out whatever Odoo lets a caller leave out, and every invoice is the first
    of its customer: the same work of ours weighs most there.
    """
    for variant in ("mass", "usual", "lean"):
        prepared = [(meter, *prepare_documents(meter, variant)) for meter in meters]
        for _repetition in range(REPETITIONS):
            for meter, invoices, payments in prepared:
                post_and_reconcile(meter, variant, invoices, payments)


def prepare_documents(meter, variant):
    """Draft invoices, and a posted payment for each of them."""
    lean = variant == "lean"
    env = meter.env(context=dict(meter.env.context, tracking_disable=lean))
    partner = env["res.partner"]
    if lean:
        customers = partner.create(
            [
                {"name": f"New customer {position}", "is_company": True}
                for position in range(DOCUMENTS)
            ]
        )
    else:
        customers = partner.search(
            [("customer_rank", ">", 0), ("parent_id", "=", False)],
            order="id desc",
            limit=DOCUMENTS,
        )
    today = date.today()
    invoices = env["account.move"].create(
        [
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "invoice_date": today,
                **({"name": f"INV/{today.year}/9{number:06}"} if lean else {}),
                "invoice_line_ids": [
                    Command.create({"name": "Services", "price_unit": 100.0})
                ],
            }
            for number, customer in enumerate(customers)
        ]
    )
    payments = env["account.payment"].create(
        [
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": invoice.partner_id.id,
                "amount": invoice.amount_total,
            }
            for invoice in invoices
        ]
    )
    if not lean:
        payments.action_post()
    env.cr.commit()
    return invoices, payments


def post_and_reconcile(meter, variant, invoices, payments):
    env = invoices.env
    # what is done at the end of a transaction belongs to it
    save = env.flush_all if variant == "mass" else env.cr.flush
    with meter.step(f"post_{variant}", DOCUMENTS, best=True):
        for invoice in invoices:
            invoice.action_post()
            save()
        env.cr.flush()
    if variant == "lean":
        # posted after the invoices, whose customers are new to the module
        payments.action_post()
    pairs = [
        (invoice | payment.move_id).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        for invoice, payment in zip(invoices, payments, strict=True)
    ]
    with meter.step(f"reconcile_{variant}", DOCUMENTS, best=True):
        for lines in pairs:
            lines.reconcile()
            save()
        env.cr.flush()
    env.cr.rollback()
    env.invalidate_all()


# ----------------------------------------------------------------------
# OCA's account_credit_control
# ----------------------------------------------------------------------


def peer(meter):
    env, cr = meter.env, meter.env.cr
    policy = env.ref("account_credit_control.credit_control_3_time")
    receivables = env["account.account"].search(
        [("account_type", "=", "asset_receivable")]
    )
    env["credit.control.policy"].search([]).account_ids = receivables
    env.company.credit_policy_id = policy
    cr.commit()
    run = env["credit.control.run"].create({"date": date.today()})
    with meter.step("compute") as figures:
        run.generate_credit_lines()
    lines = env["credit.control.line"].search([])
    figures["count"] = len(lines)
    cr.commit()
    with meter.step("confirm", len(lines)):
        lines.write({"state": "to_be_sent"})
    cr.commit()
    by_email = lines.filtered(lambda line: line.channel == "email")
    chosen = by_email.filtered(
        lambda line: line.partner_id in by_email.partner_id[:MAILED]
    )
    comm = env["credit.control.communication"]
    with meter.step("group") as figures:
        letters = comm._generate_comm_from_credit_lines(chosen)
    figures["count"] = len(letters)
    cr.commit()
    report = env["ir.actions.report"]

    def render(self, *args, **kwargs):
        return b"%PDF-1.4", "pdf"

    # the renderer apart, as for ours
    with (
        patch.object(type(report), "_render_qweb_pdf", render),
        meter.step("compose", len(letters)),
    ):
        letters._generate_emails()
    cr.commit()
    batch = letters[:50]
    with meter.step("print_50", len(batch)):
        report._render_qweb_pdf(
            "account_credit_control.report_credit_control_summary", batch.ids
        )


# ----------------------------------------------------------------------


def sample(records, count):
    """`count` of the records, spread evenly: the first customers owe the most."""
    ids = sorted(records.ids)
    chosen = ids[:: max(len(ids) // count, 1)][:count]
    # the first ones of a sample are spread like the whole of it
    random.Random(count).shuffle(chosen)
    return records.browse(chosen)


def count_rows(cr, tables):
    rows = 0
    for table in tables:
        cr.execute(f"SELECT count(*) FROM {table}")
        rows += cr.fetchone()[0]
    return rows


def vacuum(env):
    """Leave neither dead rows nor stale statistics to the step that follows."""
    env.cr.commit()
    with env.registry.cursor() as cr:
        cr.rollback()
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")


def measure(meter):
    """The ledger on days past and present, and the month ends of a year."""
    env, company = meter.env, meter.env.company
    ageing = env["collection.ageing"]
    domain = [("company_id", "=", company.id)]
    ends = env["collection.snapshot"]._get_month_ends(company)
    for name, day in (("today", date.today()), ("past", ends[-3])):
        of_day = ageing.with_context(collection_day=str(day))
        with meter.step(f"ageing_{name}") as figures:
            of_day.formatted_read_grouping_sets(
                domain,
                [[], ["age_bucket"], ["segment_id", "age_bucket"]],
                ["amount_balance:sum"],
            )
        figures["count"] = of_day.search_count(domain)
    balance = env["collection.ageing.balance"].create({"date": ends[-3]})
    with meter.step("ageing_xlsx") as figures:
        balance._get_xlsx()
    figures["count"] = len(balance._get_rows())
    snapshot = env["collection.snapshot"]
    env.cr.execute("DELETE FROM collection_snapshot")
    with meter.step("month_ends") as figures:
        figures["count"] = sum(
            snapshot._freeze(*month) for month in snapshot._get_missing()
        )
    with meter.step("month_end_compare") as figures:
        snapshot._compare(company, ends[-1])
    figures["count"] = snapshot.search_count([("date", "=", ends[-1])])
    with meter.step("indicators") as figures:
        snapshot._read_group(
            [("state", "=", "frozen")],
            ["date:month", "segment_id"],
            [
                f"{name}:avg"
                for name in ("dso", "dso_count_back", "cei", "overdue_rate")
            ],
        )
    figures["count"] = snapshot.search_count([])
    env.cr.rollback()


def act(env):
    """Two years of reminders about three items in five, six calls to everybody, and
    promises about one item in twelve."""
    cr = env.cr
    level = env["collection.policy.level"].search([("policy_id", "!=", False)], limit=1)
    outcome = env["collection.call.outcome"].search([], limit=1)
    cr.execute(
        """
        WITH due AS (
            SELECT account_id, partner_id, company_id, currency_id,
                   date_trunc('week', date_due + 8)::date AS day,
                   array_agg(id) AS item_ids,
                   nextval('collection_letter_id_seq') AS letter_id
              FROM collection_item
             WHERE date_due < CURRENT_DATE - 8 AND id %% 5 < 3
          GROUP BY 1, 2, 3, 4, 5
        ), letter AS (
            INSERT INTO collection_letter (
                id, account_id, partner_id, company_id, currency_id, level_id,
                channel, date, state, by_post)
            SELECT letter_id, account_id, partner_id, company_id, currency_id,
                   %(level)s, 'post', day, 'sent', TRUE
              FROM due
        )
        INSERT INTO collection_letter_line (
            letter_id, item_id, level_id, move_name, date_due)
        SELECT letter_id, unnest(item_ids), %(level)s, '–', CURRENT_DATE FROM due
        """,
        {"level": level.id},
    )
    cr.execute(
        """
        INSERT INTO collection_call (
            number, account_id, company_id, user_id, side, date, direction, outcome_id)
        SELECT '–', acc.id, acc.company_id, %s, 'company',
               now() - make_interval(days => (acc.id * 37 + number * 113) %% 700),
               'outgoing', %s
          FROM collection_account acc, generate_series(1, 6) number
        """,
        [env.uid, outcome.id],
    )
    cr.execute(
        """
        WITH promise AS (
            INSERT INTO collection_promise (
                number, account_id, company_id, currency_id, user_id, amount,
                date_made, date_promised, state, note)
            SELECT '–', account_id, company_id, currency_id, %s, 10, date_due + 10,
                   date_due + 20, 'broken', id
              FROM collection_item WHERE id %% 12 = 0
         RETURNING id, note::int AS item_id
        )
        INSERT INTO collection_item_collection_promise_rel (
            collection_promise_id, collection_item_id)
        SELECT id, item_id FROM promise
        """,
        [env.uid],
    )
    cr.execute(
        "ANALYZE collection_letter, collection_letter_line, collection_call,"
        " collection_promise, collection_item_collection_promise_rel"
    )


def first_actions(meter):
    """What came in after the first action, and who has got used to reminders."""
    env, company = meter.env, meter.env.company
    act(env)
    rows = env["collection.first.action"]
    domain = [("company_id", "=", company.id)]
    facts = env["collection.first.action.fact"]
    with meter.step("first_action_facts") as figures:
        facts._refresh()
    figures["count"] = facts.search_count([])
    env["collection.receipt.stale"]._take()
    env.cr.execute("ANALYZE collection_first_action_fact")
    with meter.step("first_actions") as figures:
        rows.formatted_read_grouping_sets(
            domain,
            [[], ["age_bucket"]],
            ["amount:sum", "success_30:avg", "success_60:avg", "success_90:avg"],
        )
    figures["count"] = rows.search_count(domain)
    with meter.step("first_actions_list") as figures:
        listed = rows.web_search_read(
            domain, {name: {} for name in ("item_id", "date", "success_30")}, limit=80
        )
    figures["count"] = listed["length"]
    accounts = env["collection.account"]
    with meter.step("accustomed") as figures:
        figures["count"] = accounts.search_count([*domain, ("accustomed", "=", True)])
    env.cr.rollback()


def work(env, mandate):
    """A month under a mandate: six calls to everybody, a letter of 20 kB, promises
    about one item in twelve, five reads; receipts of a year, put down to it."""
    cr = env.cr
    placement, line = mandate.placement_ids, "collection_placement_line line"
    outcome = env["collection.call.outcome"].search([], limit=1)
    level = env["collection.policy.level"].search([("policy_id", "!=", False)], limit=1)
    file = env["ir.attachment"].create(
        {"name": "Letter.pdf", "raw": random.Random(1).randbytes(20_000)}
    )
    cr.execute(
        "UPDATE collection_placement SET date = CURRENT_DATE - 30 WHERE id IN %s",
        [tuple(placement.ids)],
    )
    cr.execute(
        f"""
        INSERT INTO collection_call (
            number, account_id, company_id, user_id, side, date, direction, outcome_id,
            person, note)
        SELECT 'C' || number, line.account_id, line.company_id, %s, 'provider',
               now() - make_interval(days => (line.account_id * 7 + number * 4) %% 28),
               'outgoing', %s, 'Accounts payable', 'Pays next week, checks the invoice'
          FROM {line}, generate_series(1, 6) number WHERE line.mandate_id = %s
        """,
        [env.uid, outcome.id, mandate.id],
    )
    cr.execute(
        f"""
        WITH promise AS (
            INSERT INTO collection_promise (
                number, account_id, company_id, currency_id, user_id, amount,
                date_made, date_promised, state, note)
            SELECT 'P', item.account_id, item.company_id, item.currency_id, %s, 10,
                   CURRENT_DATE - 10, CURRENT_DATE, 'broken', item.id
              FROM collection_item item
              JOIN {line} ON line.account_id = item.account_id
             WHERE item.id %% 12 = 0 AND line.mandate_id = %s
         RETURNING id, note::int AS item_id
        )
        INSERT INTO collection_item_collection_promise_rel (
            collection_promise_id, collection_item_id)
        SELECT id, item_id FROM promise
        """,
        [env.uid, mandate.id],
    )
    cr.execute(
        f"""
        WITH letter AS (
            INSERT INTO collection_letter (
                account_id, partner_id, company_id, currency_id, level_id, channel,
                date, state, by_post, amount_due, amount_total)
            SELECT acc.id, acc.partner_id, acc.company_id, line.currency_id, %s,
                   'post', CURRENT_DATE - 20, 'sent', TRUE, line.amount, line.amount
              FROM {line} JOIN collection_account acc ON acc.id = line.account_id
             WHERE line.mandate_id = %s RETURNING id
        ), sent AS (
            INSERT INTO ir_attachment (
                name, type, res_model, res_id, store_fname, file_size, checksum,
                mimetype)
            SELECT 'Letter.pdf', 'binary', 'collection.letter', letter.id,
                   store_fname, file_size, checksum, mimetype
              FROM letter, ir_attachment WHERE ir_attachment.id = %s
         RETURNING id, res_id)
        SELECT id, res_id FROM sent
        """,
        [level.id, mandate.id, file.id],
    )
    cr.execute(
        """
        UPDATE collection_letter letter SET attachment_id = file.id
          FROM ir_attachment file
         WHERE file.res_model = 'collection.letter' AND file.res_id = letter.id
           AND file.name = 'Letter.pdf'
        """
    )
    cr.execute(
        """
        INSERT INTO collection_letter_line (
            letter_id, item_id, level_id, move_name, date_due, amount_due)
        SELECT letter.id, item.id, letter.level_id, 'INV', item.date_due,
               item.amount_residual
          FROM collection_letter letter
          JOIN ir_attachment file ON file.id = letter.attachment_id
          JOIN collection_item item ON item.account_id = letter.account_id
         WHERE file.name = 'Letter.pdf' AND item.state = 'open'
        """
    )
    agent = mandate.agent_ids
    cr.execute(
        f"""
        INSERT INTO collection_access_log (
            account_id, company_id, user_id, agent_id, provider_id, mandate_id, date,
            door)
        SELECT line.account_id, line.company_id, %s, %s, %s, %s,
               now() - make_interval(days => number), 'page'
          FROM {line}, generate_series(1, 5) number WHERE line.mandate_id = %s
        """,
        [
            agent.user_id.id,
            agent.id,
            mandate.provider_id.id,
            mandate.id,
            mandate.id,
        ],
    )
    env["collection.receipt"]._bring_up_to_date()
    cr.execute(
        f"""
        UPDATE collection_receipt receipt
           SET mandate_id = line.mandate_id, placement_line_id = line.id,
               side = 'provider'
          FROM {line}
         WHERE line.account_id = receipt.account_id AND line.mandate_id = %s
           AND receipt.date > CURRENT_DATE - 365
        """,
        [mandate.id],
    )
    env.invalidate_all()
    cr.commit()


def reversibility(meter):
    """All that a mandate leaves behind, written, and read back against the database."""
    env = meter.env
    mandate = env["collection.mandate"].search([("name", "=", "Benchmark")])
    if not mandate:
        hand_over(meter)
        mandate = env["collection.mandate"].search([("name", "=", "Benchmark")])
    work(env, mandate)
    vacuum(env)
    mandate.action_reversibility()
    package = env["collection.reversibility"].search([])
    env.cr.commit()
    with meter.step("reversibility") as figures:
        package._cron_prepare()
    if package.state != "done":
        raise SystemExit(package.error or package.differences)
    figures["count"] = package.row_count
    env.cr.commit()


STEPS = {
    "refresh": refresh,
    "receipts": receipts,
    "profiles": profiles,
    "measure": measure,
    "first_actions": first_actions,
    "compute": compute,
    "confirm": confirm,
    "print": print_letters,
    "mail": mail,
    "mark_sent": mark_sent,
    "second_run": second_run,
    "hand_over": hand_over,
    "contract": contract,
    "reversibility": reversibility,
}


@contextmanager
def open_database(name):
    with Registry(name).cursor() as cr:
        # a batch job may take as long as it needs
        cr.execute("SET statement_timeout = 0")
        yield Meter(api.Environment(cr, SUPERUSER_ID, {"lang": "en_US"}))


def measure_ours(options):
    steps = options.steps.split(",") if options.steps else ["ledger", *STEPS]
    figures = {}
    if "ledger" in steps and options.bare_db:
        with (
            open_database(options.db) as ours,
            open_database(options.bare_db) as bare,
        ):
            ledger((bare, ours))
            figures |= ours.figures
            figures |= {f"{name}_bare": kept for name, kept in bare.figures.items()}
    with open_database(options.db) as meter:
        for name in steps:
            if name in STEPS:
                STEPS[name](meter)
                vacuum(meter.env)
        return figures | meter.figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--db", required=True)
    parser.add_argument("--bare-db")
    parser.add_argument("--size", required=True)
    parser.add_argument("--side", choices=("ours", "peer"), required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--steps")
    parser.add_argument("--addons-path")
    options = parser.parse_args()
    arguments = ["-d", options.db, "--log-level=warn", "--log-handler=benchmark:INFO"]
    if options.addons_path:
        arguments.append(f"--addons-path={options.addons_path}")
    config.parse_config(arguments, setup_logging=True)
    if options.side == "peer":
        with open_database(options.db) as meter:
            peer(meter)
            figures = meter.figures
    else:
        figures = measure_ours(options)
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    side = kept.setdefault(options.side, {}).setdefault(options.size, {})
    today = date.today().isoformat()
    side |= {name: step | {"date": today} for name, step in figures.items()}
    options.out.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
