"""Fill a database that has `account` with receivables, by cloning prototypes in SQL.

Usage: generate.py --db NAME --size s|m [--seed N]      (S: 2,000 customers, 10,000 open
and 20,000 paid invoices; M: ten times as many)

A handful of documents is made through the ORM: open, in three instalments, in a foreign
currency, paid in part, paid, not due yet, a credit note, a payment on account. Each is
then copied as often as wanted with `INSERT … SELECT`: identifiers shifted, dates moved,
amounts multiplied by a whole number, so that every copy balances to the cent as its
prototype does. The same seed gives the same rows.
"""

# pylint: disable=sql-injection,invalid-commit
# a program of its own: tables by name, and each step committed

import argparse
import sys
import time
from datetime import date, timedelta

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tools import SQL, config

SIZES = {"s": (2_000, 10_000, 20_000), "m": (20_000, 100_000, 200_000)}
#: what stands for the number of the customer in the texts of the prototype
TOKEN = "000000"
#: models whose rows are cloned; links between them are shifted along
MODELS = (
    "account.move",
    "account.move.line",
    "account.payment",
    "account.partial.reconcile",
    "account.full.reconcile",
)
RELATIONS = {
    "account_move_line_account_tax_rel": ("account.move.line", "account_move_line_id"),
    "account_account_tag_account_move_line_rel": (
        "account.move.line",
        "account_move_line_id",
    ),
    "account_move__account_payment": ("account.payment", "payment_id"),
}


class Generator:
    def __init__(self, env, size, seed):
        self.env = env(context=dict(env.context, tracking_disable=True))
        self.cr = env.cr
        self.customers, self.open, self.paid = SIZES[size]
        self.seed = seed
        self.today = date.today()
        self.next_id = {}

    def run(self):
        self._prepare()
        prototypes = self._make_prototypes()
        self.env.flush_all()
        self.cr.execute(
            "SET LOCAL session_replication_role = replica; SET LOCAL jit = off;"
            "SET LOCAL maintenance_work_mem = '512MB'"
        )
        self.cr.execute("SELECT setseed(%s)", (self.seed / 1000,))
        indexes = self._drop_indexes()
        self._clone_customers()
        for documents, count, shift in prototypes:
            self._clone_documents(documents, count, shift)
        for definition in indexes:
            self.cr.execute(definition)
        for model in (*MODELS, "res.partner"):
            table = self.env[model]._table
            self.cr.execute(
                f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
            )

    # ------------------------------------------------------------------
    # Prototypes, made through the ORM
    # ------------------------------------------------------------------

    def _prepare(self):
        env = self.env
        company = env.company
        company.country_id = env.ref("base.fr")
        env["account.chart.template"].try_loading("fr", company, install_demo=False)
        company.write(
            {
                "company_registry": "55203253400646",
                "report_footer": "SAS au capital de 50 000 € – RCS Paris 552 032 534",
                "street": "1 rue de la Paix",
                "zip": "75002",
                "city": "Paris",
                "email": "billing@company.example.com",
            }
        )
        env["res.partner.bank"].create(
            {
                "acc_number": "FR7630006000011234567890189",
                "partner_id": company.partner_id.id,
            }
        )
        usd = env.ref("base.USD")
        usd.active = True
        usd.rate_ids.unlink()
        env["res.currency.rate"].create(
            {"currency_id": usd.id, "name": "2015-01-01", "rate": 1.25}
        )
        self.term = env["account.payment.term"].create(
            {
                "name": "30/60/90 days",
                "line_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "value": "percent",
                                "value_amount": share,
                                "nb_days": days,
                                "delay_type": "days_after",
                            }
                        )
                        for share, days in ((30, 30), (30, 60), (40, 90))
                    ),
                ],
            }
        )
        self.customer = env["res.partner"].create(
            {
                "name": f"Customer {TOKEN} SAS",
                "is_company": True,
                "ref": f"C{TOKEN}",
                "email": f"customer{TOKEN}@example.com",
                "phone": "+33 1 42 00 11 22",
                "street": "12 avenue de la République",
                "zip": "69003",
                "city": "Lyon",
                "lang": "fr_FR",
                "country_id": env.ref("base.fr").id,
                "customer_rank": 1,
            }
        )
        self.contact = env["res.partner"].create(
            {
                "name": f"Accounts Payable {TOKEN}",
                "parent_id": self.customer.id,
                "type": "invoice",
                "email": f"billing{TOKEN}@example.com",
                "lang": "fr_FR",
            }
        )
        self.tax = env["account.tax"].search(
            [
                ("type_tax_use", "=", "sale"),
                ("amount", "=", 20),
                ("price_include_override", "!=", "tax_included"),
                ("company_id", "=", company.id),
            ],
            limit=1,
        )

    def _make_prototypes(self):
        """[(documents of one copy, number of copies, SQL of the days they move)]."""
        late = "-floor(-ln(1 - random()) * 60)::int %% 700"
        old = "-floor(random() * 1000)::int"
        soon = "floor(random() * 29)::int"
        invoice = self._invoice
        count = self.open
        partly = invoice(31)
        paid = invoice(120)
        return [
            (invoice(31), round(count * 0.68), late),
            (
                invoice(31, invoice_payment_term_id=self.term.id),
                round(count * 0.15),
                late,
            ),
            (
                invoice(31, currency_id=self.env.ref("base.USD").id),
                round(count * 0.06),
                late,
            ),
            (partly + self._pay(partly, 0.4, 20), round(count * 0.10), late),
            (invoice(29), round(count * 0.10), soon),
            (paid + self._pay(paid, 1, 80), self.paid, old),
            (invoice(31, move_type="out_refund"), round(count * 0.024), late),
            (self._pay(None, 0, 20), round(count * 0.03), late),
        ]

    def _invoice(self, days_ago, **values):
        """A posted invoice of 1.50, due after 30 days unless said otherwise."""
        day = self.today - timedelta(days=days_ago)
        values = {"move_type": "out_invoice", **values}
        if "invoice_payment_term_id" not in values:
            values |= {
                "invoice_payment_term_id": False,
                "invoice_date_due": day + timedelta(days=30),
            }
        move = self.env["account.move"].create(
            {
                "partner_id": self.customer.id,
                "invoice_date": day,
                "date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": name,
                            "price_unit": price,
                            "tax_ids": [Command.set(self.tax.ids)],
                        }
                    )
                    for name, price in (("Services", 1.0), ("Travel", 0.25))
                ],
                **values,
            }
        )
        move.action_post()
        return [move]

    def _pay(self, invoices, share, days_ago):
        """A posted payment of that share of the invoice, or of 1.00 on account."""
        amount = 1.0
        if invoices:
            amount = round(invoices[0].amount_total * share, 2)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": amount,
                "date": self.today - timedelta(days=days_ago),
                "invoice_ids": [Command.set([move.id for move in invoices or ()])],
            }
        )
        payment.action_post()
        move = payment.move_id
        if not move:
            # without an outstanding account a payment has no entry of its own
            sys.exit("The payment method has no outstanding account.")
        if invoices:
            (invoices[0] | move).line_ids.filtered(
                lambda line: line.account_type == "asset_receivable"
            ).reconcile()
        return [move]

    # ------------------------------------------------------------------
    # Copies, made in SQL
    # ------------------------------------------------------------------

    def _drop_indexes(self):
        self.cr.execute(
            """
            SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
              FROM pg_index i
         LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid
             WHERE i.indrelid::regclass::text = ANY(%s)
               AND c.oid IS NULL AND NOT i.indisprimary
            """,
            ([self.env[model]._table for model in MODELS],),
        )
        indexes = self.cr.fetchall()
        for name, _definition in indexes:
            self.cr.execute(f"DROP INDEX {name}")
        return [definition for _name, definition in indexes]

    def _take_ids(self, table, count):
        """First of `count` free identifiers."""
        if table not in self.next_id:
            self.cr.execute(f"SELECT COALESCE(max(id), 0) + 1 FROM {table}")
            self.next_id[table] = self.cr.fetchone()[0]
        first = self.next_id[table]
        self.next_id[table] += count
        return first

    def _clone_customers(self):
        """Customers 1 to n; every fifth has a contact for its invoices."""
        self.first = self._take_ids("res_partner", self.customers)
        self.first_contact = self._take_ids("res_partner", self.customers // 5)
        number = SQL("lpad(i::text, %s, '0')", len(TOKEN))
        customer = SQL("%s + i", self.first - 1)
        contact = SQL("%s + i / 5", self.first_contact - 1)
        for record, new_id, step in (
            (self.customer, customer, 1),
            (self.contact, contact, 5),
        ):
            links = {self.customer.id: customer, self.contact.id: contact}
            self._insert(
                "res.partner",
                self._read("res_partner", SQL("id = %s", record.id))[0],
                SQL("generate_series(%s, %s, %s) i", step, self.customers, step),
                {"id": new_id},
                {"res.partner": links},
                [(TOKEN, number)],
            )
        self.cr.execute(
            "UPDATE res_partner SET email = NULL, email_normalized = NULL"
            " WHERE id >= %s AND id %% 12 = 0",
            (self.first,),
        )

    def _clone_documents(self, documents, count, shift):
        """`count` copies of the moves `documents` with all that hangs on them."""
        env = self.env
        moves = env["account.move"].union(*documents)
        lines = moves.line_ids
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        records = {
            "account.move": moves,
            "account.move.line": lines,
            "account.payment": moves.origin_payment_id,
            "account.partial.reconcile": partials,
            "account.full.reconcile": lines.full_reconcile_id,
        }
        links = {"res.partner": {self.customer.id: SQL("customer_id")}}
        for model, of_model in records.items():
            if of_model:
                first = self._take_ids(env[model]._table, count * len(of_model))
                links[model] = {
                    record.id: SQL("%s + i", first + position * count - 1)
                    for position, record in enumerate(of_model)
                }
        self.cr.execute("DROP TABLE IF EXISTS bench_copy")
        self.cr.execute(
            SQL(
                # a few customers have very many documents, some have none
                """
                CREATE TEMP TABLE bench_copy AS
                SELECT i, (%(first)s + p)::int AS customer_id,
                       CASE WHEN (p + 1) %% 5 = 0
                            THEN %(first_contact)s + (p + 1) / 5 - 1
                            ELSE %(first)s + p END::int AS addressee_id,
                       factor, days
                  FROM (SELECT i, floor(%(customers)s * power(random(), 1.6))::int AS p,
                               10 + floor(exp(random() * 8))::int AS factor,
                               """
                + shift
                + """ AS days
                          FROM generate_series(1, %(count)s) i) chosen
                """,
                first=self.first,
                first_contact=self.first_contact,
                customers=self.customers,
                count=count,
            )
        )
        texts = []
        for move in moves:
            number = self.next_id.setdefault(("number", move.journal_id.id), 1000)
            self.next_id["number", move.journal_id.id] += count
            year = str(move.date.year)
            before, _year, after = move.sequence_prefix.partition(year)
            texts.append(
                (
                    move.name,
                    SQL(
                        "%s || to_char(%s::date + days, 'YYYY') || %s"
                        " || lpad((%s + i)::text, 7, '0')",
                        before,
                        move.date,
                        after,
                        number,
                    ),
                )
            )
            links.setdefault("number", {})[move.id] = (
                SQL("%s + i", number),
                SQL(
                    "%s || to_char(%s::date + days, 'YYYY') || %s",
                    before,
                    move.date,
                    after,
                ),
            )
        source = SQL("bench_copy")
        for model, of_model in records.items():
            for row in self._read(
                env[model]._table, SQL("id IN %s", self._ids(of_model))
            ):
                values = {"id": links[model][row["id"]]}
                if model == "account.move":
                    number, prefix = links["number"][row["id"]]
                    values |= {"sequence_number": number, "sequence_prefix": prefix}
                    if row["move_type"] != "entry":
                        values["partner_id"] = SQL("addressee_id")
                if model == "account.move.line" and row["matching_number"]:
                    of_row = lines.browse(row["id"])
                    group, mark = of_row.full_reconcile_id, ""
                    if not group:
                        group, mark = partials.sorted("id")[:1], "P"
                    values["matching_number"] = SQL(
                        "%s || (%s)", mark, links[group._name][group.id]
                    )
                self._insert(model, row, source, values, links, texts)
        for table, (model, column) in RELATIONS.items():
            for row in self._read(
                table,
                SQL("%s IN %s", SQL.identifier(column), self._ids(records[model])),
            ):
                values = {column: links[model][row[column]]}
                if "invoice_id" in row:
                    values["invoice_id"] = links["account.move"][row["invoice_id"]]
                self._insert(None, row, source, values, links, texts, table=table)

    @staticmethod
    def _ids(records):
        return tuple(records.ids) or (0,)

    def _read(self, table, condition):
        return self.env.execute_query_dict(
            SQL(
                "SELECT * FROM %s WHERE %s ORDER BY 1", SQL.identifier(table), condition
            )
        )

    def _insert(self, model, row, source, values, links, texts, table=None):
        """Insert a copy of `row` for each row of `source`."""
        table = table or self.env[model]._table
        self.cr.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
            (table,),
        )
        types = dict(self.cr.fetchall())
        fields = self.env[model]._fields if model else {}
        columns, expressions = [], []
        for name, value in row.items():
            field = fields.get(name)
            if name in values:
                value = values[name]
            elif value is None:
                continue
            elif field and field.type == "many2one" and field.comodel_name in links:
                value = links[field.comodel_name].get(value, value)
            elif field and (field.type == "monetary" or name == "price_unit"):
                value = SQL("%s * factor", value)
            elif types[name] == "date":
                value = SQL("%s::date + days", value)
            elif types[name] in ("text", "character varying"):
                for old, new in texts:
                    if isinstance(value, str) and old in value:
                        before, _old, after = value.partition(old)
                        value = SQL("%s || (%s) || %s", before, new, after)
            elif types[name] == "jsonb":
                value = self.env.execute_query(
                    SQL(
                        "SELECT %s::text FROM %s WHERE id = %s",
                        SQL.identifier(name),
                        SQL.identifier(table),
                        row["id"],
                    )
                )[0][0]
            columns.append(SQL.identifier(name))
            expressions.append(SQL("(%s)::%s", value, SQL(types[name])))
        self.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s",
                SQL.identifier(table),
                SQL(", ").join(columns),
                SQL(", ").join(expressions),
                source,
            )
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--db", required=True)
    parser.add_argument("--size", choices=SIZES, required=True)
    parser.add_argument("--seed", type=int, default=42)
    options = parser.parse_args()
    config.parse_config(["-d", options.db, "--log-level=warn"], setup_logging=True)
    started = time.time()
    with Registry(options.db).cursor() as cr:
        Generator(
            api.Environment(cr, SUPERUSER_ID, {}), options.size, options.seed
        ).run()
    with Registry(options.db).cursor() as cr:
        cr.rollback()
        cr._cnx.autocommit = True
        cr.execute("VACUUM ANALYZE")
        cr.execute("SELECT count(*) FROM account_move_line")
        sys.stdout.write(
            f"{cr.fetchone()[0]:,} journal items in {time.time() - started:.0f} s\n"
        )


if __name__ == "__main__":
    main()
