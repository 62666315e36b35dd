"""Statements that the ledger repeats, planned once per transaction.

Posting one invoice asks three statements of us, each of which PostgreSQL plans for
longer than it runs. Where many documents follow each other, as in a reconciliation of
bank statements, they are prepared when they come for the second time.
"""

from itertools import count
from weakref import WeakKeyDictionary

from odoo.tools import SQL

#: beyond, a plan made for the very rows is worth its price
FEW = 4

#: {cursor of the database: {code of the statement: name it is prepared under}}; what is
#: prepared ends when the connection goes back to the server's pool
_prepared = WeakKeyDictionary()
_numbers = count()


def list_ids(ids):
    """SQL list of `ids`, of the same length for any few of them.

    The code is then the same as well; and PostgreSQL, which would guess at the length
    of an array, sees that a plan for any values is as good as one for these.
    """
    ids = list(ids)
    if len(ids) <= FEW:
        ids += ids[-1:] * (FEW - len(ids))
    return SQL("(%s)", SQL(", ").join(SQL("%s", id_) for id_ in ids))


def fetch_rows(env, query, few):
    """Execute `query`, prepared from the second time on when it concerns few rows.

    :param SQL query: its code tells which prepared statement it is
    :param bool few: whether the plan may be one for any few rows
    :return: the rows
    """
    if not few:
        return env.execute_query(query)
    names = _prepared.setdefault(env.cr._obj, {})
    if query.code not in names:
        names[query.code] = None
        return env.execute_query(query)
    name = names[query.code]
    if not name:
        name = f"account_collection_{next(_numbers)}"
        marks = tuple(f"${number}" for number in range(1, len(query.params) + 1))
        # the code is this module's own, and the values stay parameters
        env.cr.execute(SQL(f"PREPARE {name} AS {query.code % marks}"))
        names[query.code] = name
    values = SQL(", ").join(SQL("%s", value) for value in query.params)
    return env.execute_query(SQL(f"EXECUTE {name} (%s)", values))
