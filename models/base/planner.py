"""What PostgreSQL is told of the tables that large steps fill."""

from odoo.tools import SQL

#: rows added at once after which the planner is told what the table holds
MANY_ROWS = 1000


def tell_planner(model, count):
    """Tell the planner what the table of `model` holds, now that `count` rows came.

    What a transaction does next with thousands of rows it has just written is planned
    for the table as it was: taken for empty, it is compared row by row with as many.
    """
    if count > MANY_ROWS:
        model.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(model._table)))
