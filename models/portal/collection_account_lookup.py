import math

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, escape_psql

from ...tools import outside_value
from ...tools.amount_input import parse_amount
from ...tools.caller import (
    identifier,
    identifier_pattern,
    number_parts,
    number_pattern,
    word_pattern,
)
from ..base.collection_provider_values import CHAR_LIMIT
from ..base.planner import compile_nothing

#: words of a search that are looked for
WORD_LIMIT = 8
#: shorter than these, tax and company numbers are found everywhere
MIN_IDENTIFIER = 4
#: whole numbers from here on, or with a zero in front, are numbers of something
NO_AMOUNT = 10**8
#: what a customer has that a caller may say: the better ones come first
EXACT, NUMBER, BEGINNING, INVOICE, AMOUNT, ANYWHERE = range(6)


class CollectionAccount(models.Model):
    """Who is on the telephone: customers found by whatever a caller says.

    Looked for is among the accounts and items that the agent sees by their own record
    rules, in one statement, and in nothing but what the customer's page shows them.
    """

    _inherit = "collection.account"

    @api.model
    def _portal_look_up(self, search, domain=Domain.TRUE):
        """Accounts found by any part of a phone number, a person, town, e-mail, tax or
        company number, reference, invoice number, or by an amount.

        :param domain: of the accounts among which to look
        :return: the best first: {account id: {"person": id of the contact by whom it
            was found, or None, "found": what says so}}
        """
        try:
            search = (outside_value.as_text(search, CHAR_LIMIT) or "").strip()
        except outside_value.OutsideValueError:
            # what nothing is called, nothing is found by
            return {}
        if not search:
            return {}
        # their ids first: of how many there are, the database has no idea beforehand,
        # and it would look for each hit in all of them
        ids = self._search(domain).get_result_ids()
        if not ids:
            return {}
        # what is read of the customers is read past the ORM
        self.flush_model(["partner_id", "priority"])
        self.env["res.partner"].flush_model()
        compile_nothing(self.env)
        rows = self.env.execute_query(
            SQL(
                """
                WITH mine AS MATERIALIZED (
                    SELECT id, partner_id, priority FROM collection_account
                     WHERE id = ANY(%(ids)s))
                SELECT DISTINCT ON (hit.account_id)
                       hit.account_id, hit.rank, hit.person_id, hit.found,
                       mine.priority
                  FROM (%(hits)s) hit
                  JOIN mine ON mine.id = hit.account_id
              ORDER BY hit.account_id, hit.rank, hit.person_id, hit.found
                """,
                ids=list(ids),
                hits=SQL(" UNION ALL ").join(self._get_look_up_hits(search)),
            )
        )
        rows.sort(key=lambda row: (row[1], -(row[4] or 0), row[0]))
        return {
            account_id: {"person": person_id, "found": found or ""}
            for account_id, _rank, person_id, found, _priority in rows
        }

    @api.model
    def _get_look_up_hits(self, search):
        """Statements that give account_id, rank, person_id and found."""
        return [
            self._look_up_people(search),
            self._look_up_invoices(search),
            *self._look_up_amounts(search),
        ]

    @api.model
    def _look_up_people(self, search):
        """The customers themselves and the contacts that their pages show."""
        spoken = SQL(
            "CONCAT_WS(' ', customer.name, customer.ref, customer.zip, customer.city,"
            " person.name, person.email, person.city)"
        )
        patterns = [word_pattern(word) for word in search.split()[:WORD_LIMIT]]
        words = SQL(" AND ").join(
            SQL("%s ~ %s", spoken, pattern) for pattern in patterns
        )
        named = SQL(
            "CONCAT_WS(' ', person.name, person.email) ~ %s", "|".join(patterns)
        )
        # sudo: prefixes of countries are no secret
        prefixes = self.env["res.country"].sudo()._read_group([], ["phone_code"])
        parts = number_parts(search, tuple(str(code) for (code,) in prefixes if code))
        number = (
            SQL("person.phone ~ %s", number_pattern(parts)) if parts else SQL("FALSE")
        )
        code = identifier(search)
        known = (
            SQL(
                "(customer.vat ~ %(code)s OR customer.company_registry ~ %(code)s)",
                code=identifier_pattern(code),
            )
            if len(code) >= MIN_IDENTIFIER and any(sign.isdigit() for sign in code)
            else SQL("FALSE")
        )
        return SQL(
            """
            SELECT mine.id AS account_id,
                   CASE WHEN customer.ref ILIKE %(whole)s
                             OR person.email ILIKE %(whole)s THEN %(exact)s
                        WHEN %(number)s OR %(known)s THEN %(by_number)s
                        WHEN %(begins)s THEN %(beginning)s
                        ELSE %(anywhere)s END AS rank,
                   CASE WHEN %(number)s
                             OR person.id <> customer.id AND (%(named)s)
                        THEN person.id END AS person_id,
                   CASE WHEN %(number)s
                        THEN CONCAT_WS(' · ', NULLIF(person.name, customer.name),
                                       person.phone)
                        WHEN %(known)s
                        THEN CONCAT_WS(' · ', customer.vat, customer.company_registry)
                        WHEN %(named)s
                        THEN CONCAT_WS(' · ', NULLIF(person.name, customer.name),
                                       person.email)
                        END AS found
              FROM mine
              JOIN res_partner customer ON customer.id = mine.partner_id
              JOIN res_partner person
                ON person.commercial_partner_id = customer.id
               AND (person.id = customer.id OR person.parent_id = customer.id
                    AND person.active AND person.type <> 'delivery')
             WHERE (%(words)s) OR COALESCE(%(number)s, FALSE)
                OR person.id = customer.id AND %(known)s
            """,
            whole=escape_psql(search),
            exact=EXACT,
            number=number,
            known=known,
            named=named,
            by_number=NUMBER,
            begins=SQL("customer.name ~ %s", f"^{word_pattern(search)}"),
            beginning=BEGINNING,
            anywhere=ANYWHERE,
            words=words,
        )

    @api.model
    def _look_up_invoices(self, search):
        """Invoices that the agent sees, by their number or the customer's reference."""
        items = self.env["collection.item"]
        part = escape_psql(search)
        query = items._search(
            Domain("move_name", "ilike", part) | Domain("move_ref", "ilike", part)
        )
        number = items._field_to_sql(query.table, "move_name", query)
        return query.select(
            SQL("%s AS account_id", SQL.identifier(query.table, "account_id")),
            SQL(
                "CASE WHEN %s ILIKE %s THEN %s ELSE %s END AS rank",
                number,
                part,
                EXACT,
                INVOICE,
            ),
            SQL("NULL::integer AS person_id"),
            SQL("%s AS found", number),
        )

    @api.model
    def _look_up_amounts(self, search):
        """Invoices over an amount, and customers who owe it in all.

        A whole number also finds the amounts that begin with it: who calls says 1234
        of 1,234.56.
        """
        lang = self.env["res.lang"]._get_data(code=self.env.lang)
        point = lang.decimal_point or "."
        try:
            amount = parse_amount(search, point, lang.thousands_sep or "", 3)
        except ValueError:
            return
        if not 0 < amount <= outside_value.MAX_NUMBER:
            return
        whole = amount == math.floor(amount) and point not in search
        if whole and (search.startswith("0") or amount >= NO_AMOUNT):
            return
        first, last = amount - 0.0005, amount + (0.9995 if whole else 0.0005)
        items = self.env["collection.item"]

        def between(name):
            return Domain(name, ">=", first) & Domain(name, "<", last)

        query = items._search(between("amount_residual") | between("amount_total"))
        yield query.select(
            SQL("%s AS account_id", SQL.identifier(query.table, "account_id")),
            SQL("%s AS rank", AMOUNT),
            SQL("NULL::integer AS person_id"),
            SQL("%s AS found", items._field_to_sql(query.table, "move_name", query)),
        )
        query = items._search(Domain("state", "=", "open"))
        total = SQL(
            "SUM(%s)", items._field_to_sql(query.table, "amount_residual", query)
        )
        account_id = SQL.identifier(query.table, "account_id")
        query.groupby = SQL(
            "%s, %s",
            account_id,
            items._field_to_sql(query.table, "currency_id", query),
        )
        query.having = SQL(
            "COUNT(*) > 1 AND %(total)s >= %(first)s AND %(total)s < %(last)s",
            total=total,
            first=first,
            last=last,
        )
        yield query.select(
            SQL("%s AS account_id", account_id),
            SQL("%s AS rank", AMOUNT),
            SQL("NULL::integer AS person_id"),
            SQL("NULL::varchar AS found"),
        )

    def _get_portal_caller(self, person):
        """Name and number of a contact of this customer who calls, for the form.

        :param person: number of the contact, as an address says it
        """
        self._check_delegated_to_me()
        for contact in self._get_sheet_contacts():
            if str(contact["id"]) == person:
                name = "" if contact["customer"] else contact["name"]
                return {"person": name, "phone": contact["phone"] or ""}
        return {"phone": ""}
