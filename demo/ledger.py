import heapq
import random
from calendar import SATURDAY
from datetime import datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command, fields

#: same figures at each loading, relative to the day
SEED = 1907

#: label, unit price
PRODUCTS = [
    ("Café en grains Arabica Grand Cru, carton 6 × 1 kg", 118.80),
    ("Café moulu Mélange du Comptoir, carton 12 × 250 g", 61.20),
    ("Capsules compatibles, boîte de 200", 52.00),
    ("Thés et infusions, présentoir 80 sachets", 34.50),
    ("Sirops de bar 1 L, lot de 6", 41.40),
    ("Jus de fruits 25 cl, caisse de 24", 29.90),
    ("Eau minérale verre 50 cl, caisse de 20", 17.60),
    ("Chocolat en poudre 32 %, seau 5 kg", 48.70),
    ("Location machine espresso 2 groupes, mois", 145.00),
    ("Entretien et détartrage machine", 96.00),
]

#: invoices added so that today's screens show every case, whatever the day:
#: customer, days since the due date, amount before tax
STAGED = [
    ("ainay", 0, 1480.0),
    ("confluent", 0, 6240.0),
    ("hirondelles", 0, 236.0),
    ("perraudin", -1, 318.0),
    ("aubrac", -2, 1120.0),
    ("rivoire", -3, 284.0),
    ("lumicite", -5, 3960.0),
    ("lacombe", 12, 148.0),
    ("frimaldi", 18, 412.0),
    ("vauquelin", 19, 280.0),
    ("tilleuls", 22, 1865.0),
    ("valmorency", 47, 3420.0),
    ("barjavel", 52, 186.0),
    ("orphise", 55, 1290.0),
    ("houblonne", 68, 640.0),
    ("tilleul", 83, 1650.0),
    ("rheinblick", 74, 2150.0),
    ("marlowe", 41, 1890.0),
    ("silberdistel", 36, 1240.0),
    ("pontneuf", 96, 2380.0),
    ("garebasse", 112, 560.0),
    ("pluvinet", 131, 214.0),
    ("moulin", 158, 780.0),
    # forgotten for years: time-barred within six months
    ("garebasse", 1650, 340.0),
]

#: months of history by default: a year of turnover, and what it began with
MONTHS = 13
#: days for which customers in trouble paid nothing
TROUBLE_DAYS = 175


class DemoLedger:
    """Invoices and payments of the demo company, posted month after month.

    What each customer pays, and when, follows from how he behaves. `advance` posts
    what happened up to a day, so that dunning runs and hand-overs can take place
    in between, on the ledger as it stood.
    """

    def __init__(self, env, company, customers, today, months=MONTHS):
        self.env = env
        self.company = company
        self.today = today
        self.customers = customers
        self.random = {key: random.Random(f"{SEED}-{key}") for key in customers}
        self.months = months
        #: customers who stop paying, and journal items that are not paid
        self.insolvent = set()
        self.withheld = set()
        self._payments = []
        self._sequence = 0
        self._bank = env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", company.id)], limit=1
        )
        self._plan = self._plan_invoices()

    # ------------------------------------------------------------------
    # Plan
    # ------------------------------------------------------------------

    def _plan_invoices(self):
        """Invoices to post, by date: (date, customer key, due date, amount)."""
        plan = []
        for key, customer in self.customers.items():
            rng = self.random[key]
            rhythm = float(customer["rhythm"])
            for month in range(self.months):
                count = int(rhythm) + (rng.random() < rhythm - int(rhythm))
                for _position in range(count):
                    date = self.today - relativedelta(
                        months=month, days=rng.randint(1, 27)
                    )
                    amount = rng.uniform(
                        float(customer["low"]), float(customer["high"])
                    )
                    plan.append((working_day(date), key, None, amount))
        for key, days, amount in STAGED:
            due = self.today - timedelta(days=days)
            plan.append((due - timedelta(days=30), key, due, amount))
        plan = [entry for entry in plan if entry[0] <= self.today]
        return sorted(plan, key=lambda entry: (entry[0], entry[1], entry[3]))

    def _days_late(self, key, date):
        """How long after the due date the customer pays; None: not so far."""
        rng = self.random[key]
        behaviour = self.customers[key]["behaviour"]
        if behaviour == "good":
            return rng.randint(-4, 3)
        if behaviour == "slow":
            return rng.randint(10, 38)
        if behaviour == "very_slow":
            return rng.randint(45, 115)
        if behaviour == "irregular":
            return rng.choice([rng.randint(-2, 5), rng.randint(15, 40), 65, 95])
        if behaviour == "public":
            return rng.randint(20, 50)
        if behaviour == "public_slow":
            return rng.randint(45, 85)
        troubled = (self.today - date).days < TROUBLE_DAYS
        return None if troubled else rng.randint(10, 30)

    # ------------------------------------------------------------------
    # Posting
    # ------------------------------------------------------------------

    def advance(self, date):
        """Post everything that happened up to `date`, a month at a time."""
        while self._plan and self._plan[0][0] <= date:
            limit = min(self._plan[0][0] + relativedelta(months=1, day=1), date)
            count = sum(1 for entry in self._plan if entry[0] <= limit)
            entries, self._plan = self._plan[:count], self._plan[count:]
            self._post_invoices(entries)
            self._post_payments(limit)
            self._analyze()
        self._post_payments(date)

    def _analyze(self):
        """Let the database know how much there is by now.

        All is one transaction, which autovacuum does not see: with the statistics
        of empty tables, queries on payments take minutes instead of milliseconds.
        """
        self.env.flush_all()
        self.env.cr.execute(
            "ANALYZE account_move, account_move_line, account_payment,"
            " account_partial_reconcile, collection_item"
        )

    def _post_invoices(self, entries):
        moves = self.env["account.move"].create(
            [self._prepare_invoice(*entry) for entry in entries]
        )
        moves.action_post()
        for move, (_date, key, due, _amount) in zip(moves, entries, strict=True):
            if due is None:
                self._schedule(key, move)

    def _prepare_invoice(self, date, key, due, amount):
        customer = self.customers[key]
        rng = self.random[key]
        lines = []
        labels = rng.sample(PRODUCTS, rng.choice((1, 1, 2)))
        for label, price in labels:
            quantity = max(round(amount / len(labels) / price), 1)
            lines.append(
                Command.create(
                    {"name": label, "quantity": quantity, "price_unit": price}
                )
            )
        values = {
            "move_type": "out_invoice",
            "partner_id": customer["partner"].id,
            "invoice_user_id": customer["partner"].user_id.id,
            "invoice_date": date,
            "date": date,
            "currency_id": customer["currency_id"],
            "invoice_line_ids": lines,
        }
        if due is not None:
            values.update(invoice_payment_term_id=False, invoice_date_due=due)
        return values

    def _schedule(self, key, move):
        rng = self.random[key]
        for line in receivable_lines(move).sorted("date_maturity"):
            late = self._days_late(key, move.invoice_date)
            if late is None:
                continue
            date = working_day(line.date_maturity + timedelta(days=late))
            amount = line.amount_residual_currency
            behaviour = self.customers[key]["behaviour"]
            if behaviour in ("irregular", "very_slow") and rng.random() < 0.2:
                part = move.currency_id.round(amount * rng.choice((0.4, 0.5, 0.6)))
                self._push(date, key, line, part)
                date += timedelta(days=rng.randint(30, 70))
            self._push(date, key, line, None)

    def _push(self, date, key, line, amount):
        """Plan a payment of `amount`, or of all that is left of the line."""
        self._sequence += 1
        heapq.heappush(self._payments, (date, self._sequence, key, line, amount))

    def _post_payments(self, date):
        """Payments received up to `date`: one a day and customer, matched at once."""
        groups = {}
        while self._payments and self._payments[0][0] <= date:
            day, _sequence, key, line, amount = heapq.heappop(self._payments)
            if key in self.insolvent or line.id in self.withheld or line.reconciled:
                continue
            # a part payment comes alone, or it would pay the other invoices first
            group = groups.setdefault((day, key, amount and line.id), [])
            group.append((line, amount or line.amount_residual_currency))
        self._pay(
            [
                (
                    day,
                    lines[0][0].partner_id,
                    lines[0][0].currency_id,
                    sum(amount for _line, amount in lines),
                    lines[0][0].browse([line.id for line, _amount in lines]),
                )
                for (day, *_key), lines in groups.items()
            ]
        )

    def _pay(self, receipts):
        """Post payments: (date, customer, currency, amount, lines to match)."""
        if not receipts:
            return
        payments = self.env["account.payment"].create(
            [
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": partner.id,
                    "amount": amount,
                    "date": date,
                    "currency_id": currency.id,
                    "journal_id": self._bank.id,
                    "memo": " ".join(lines.move_id.mapped("name")) or False,
                }
                for date, partner, currency, amount, lines in receipts
            ]
        )
        payments.action_post()
        plan = []
        for payment, (*_unused, lines) in zip(payments, receipts, strict=True):
            if lines:
                plan.append(receivable_lines(payment.move_id) | lines)
        self.env["account.move.line"]._reconcile_plan(plan)

    # ------------------------------------------------------------------
    # What happens once
    # ------------------------------------------------------------------

    def pay_all(self, key, date):
        """The customer settles everything he owes."""
        lines = self.open_items(key).move_line_id
        self._pay(
            [
                (
                    date,
                    self.customers[key]["partner"],
                    currency,
                    sum(of_currency.mapped("amount_residual_currency")),
                    of_currency,
                )
                for currency, of_currency in lines.grouped("currency_id").items()
            ]
        )

    def pay_short(self, key, date, missing):
        """The oldest invoice is paid, but for a few cents."""
        item = self.open_items(key)[:1]
        if item:
            amount = item.amount_residual - missing
            line = item.move_line_id
            self._pay(
                [(date, self.customers[key]["partner"], item.currency_id, amount, line)]
            )

    def receive(self, key, date, amount):
        """A payment that nobody has matched with an invoice yet."""
        partner = self.customers[key]["partner"]
        currency = partner.env["res.currency"].browse(
            self.customers[key]["currency_id"]
        )
        lines = partner.env["account.move.line"]
        self._pay([(date, partner, currency, amount, lines)])

    def credit(self, key, date, amount, reason, items=None):
        """Credit note of `amount` before tax, matched with `items` if there are any."""
        values = self._prepare_invoice(date, key, date, amount)
        values.update(
            move_type="out_refund",
            ref=reason,
            invoice_line_ids=[Command.create({"name": reason, "price_unit": amount})],
        )
        refund = self.env["account.move"].create(values)
        refund.action_post()
        if items:
            (receivable_lines(refund) | items.move_line_id).reconcile()
        return refund

    def open_items(self, key):
        """Open items of the customer, oldest due date first."""
        return self.env["collection.item"].search(
            [("account_id", "=", self.customers[key]["account"].id)]
            + [("state", "=", "open")],
            order="date_due, id",
        )


def receivable_lines(moves):
    """Open receivable journal items of `moves`."""
    return moves.line_ids.filtered(
        lambda line: line.account_type == "asset_receivable" and not line.reconciled
    )


def moment(date, hour, minute=0):
    """Moment of `date`, in the server's time."""
    return datetime.combine(date, time(hour, minute))


def working_day(date):
    """`date`, or the Monday after it at week-ends."""
    date = fields.Date.to_date(date)
    if date.weekday() >= SATURDAY:
        date += timedelta(days=7 - date.weekday())
    return date
