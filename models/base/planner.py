"""What PostgreSQL is told before and in the middle of large steps."""

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


def compile_nothing(env):
    """Have no statement of this transaction compiled.

    The planner compiles what it takes for large. Of the statements of this module, with
    their many expressions, that takes longer than running them.
    """
    env.cr.execute(SQL("SET LOCAL jit = off"))
