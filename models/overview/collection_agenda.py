from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.days import company_today_sql

KINDS = [
    ("callback", "Callback"),
    ("promise", "Promise to check"),
    ("instalment", "Instalment"),
    ("bill_chase", "Bill to chase"),
    ("bill", "Bill to come back"),
    ("dispute", "Dispute to decide"),
    ("precheck", "Invoice to check"),
    ("hold", "End of a hold"),
    ("review", "Review with the provider"),
]
#: distance between the numbers of two rows of one source
STEP = 16


class CollectionAgenda(models.Model):
    """What is to be done and by which day, gathered from where it is kept.

    A view, so that nothing has to be kept in step: a callback that was moved or a
    promise that was kept is gone from here at once.
    """

    _name = "collection.agenda"
    _description = "Collection Agenda"
    _inherit = ["collection.ledger.mixin", "collection.provider.mixin"]
    _auto = False
    _order = "date, hour, id"
    _rec_name = "name"

    _provider_fields = frozenset(
        {
            "account_id",
            "agent_id",
            "amount",
            "company_id",
            "currency_id",
            "date",
            "hour",
            "kind",
            "name",
            "overdue",
            "res_id",
            "res_model",
        }
    )
    _on_site_fields = frozenset({"partner_id", "side", "user_id"})

    account_id = fields.Many2one(comodel_name="collection.account", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    mandate_id = fields.Many2one(comodel_name="collection.mandate", readonly=True)
    date = fields.Date(readonly=True)
    hour = fields.Float(
        readonly=True,
        aggregator=None,
        help="Hour agreed with the customer, in his own time.",
    )
    kind = fields.Selection(selection=KINDS, readonly=True)
    name = fields.Char(string="What", readonly=True, depends_context=("uid",))
    amount = fields.Monetary(readonly=True, aggregator=None)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    side = fields.Selection(
        selection=[("company", "In-house"), ("provider", "Provider")], readonly=True
    )
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        readonly=True,
        help="The provider's agent who works the customer.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Who Does It", readonly=True
    )
    overdue = fields.Boolean(readonly=True)
    for_provider = fields.Boolean(
        readonly=True, help="It is about invoices that were handed over."
    )
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(
        model_field="res_model", string="Record", readonly=True
    )

    _depends = {
        "collection.account": [
            "active",
            "agent_id",
            "delegation_state",
            "hold_reason",
            "hold_until",
            "mandate_id",
            "next_action",
            "next_action_date",
            "next_action_time",
            "user_id",
        ],
        "collection.promise": [
            "account_id",
            "amount",
            "amount_received",
            "company_id",
            "currency_id",
            "date_promised",
            "item_ids",
            "state",
        ],
        "collection.payment.plan": [
            "account_id",
            "company_id",
            "currency_id",
            "item_ids",
            "state",
        ],
        "collection.payment.instalment": ["amount", "amount_received", "date"],
        "collection.bill": [
            "account_id",
            "amount",
            "company_id",
            "currency_id",
            "date_chase",
            "date_return_deadline",
            "item_ids",
            "state",
        ],
        "collection.dispute": [
            "account_id",
            "amount",
            "company_id",
            "currency_id",
            "deadline",
            "owner_id",
            "state",
        ],
        "collection.precheck": [
            "account_id",
            "company_id",
            "date_due",
            "item_id",
            "state",
        ],
        "collection.item": ["amount_residual", "delegated"],
        "collection.mandate": ["name", "user_id"],
        "collection.mandate.review": ["company_id", "date", "mandate_id", "state"],
        "collection.agent": ["user_id"],
        "res.company": ["collection_precheck_from", "collection_promise_days"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT source.source_id * %(step)s + source.number AS id,
                   source.account_id, account.partner_id, source.company_id,
                   COALESCE(source.mandate_id, account.mandate_id) AS mandate_id,
                   source.date,
                   CASE WHEN source.kind = 'callback'
                        THEN NULLIF(account.next_action_time, 0) END AS hour,
                   source.kind, source.name, source.amount,
                   source.currency_id,
                   CASE WHEN account.delegation_state = 'delegated'
                             AND source.by_provider AND source.for_provider
                        THEN 'provider' ELSE 'company' END AS side,
                   CASE WHEN account.delegation_state = 'delegated'
                             AND source.by_provider AND source.for_provider
                        THEN account.agent_id END AS agent_id,
                   CASE WHEN account.delegation_state = 'delegated'
                             AND source.by_provider AND source.for_provider
                        THEN agent.user_id
                        ELSE COALESCE(source.user_id, account.user_id)
                         END AS user_id,
                   source.date < %(today)s AS overdue,
                   COALESCE(account.delegation_state = 'delegated'
                            AND source.for_provider, FALSE) AS for_provider,
                   source.res_model, source.res_id
              FROM (%(sources)s) source
         LEFT JOIN collection_account account ON account.id = source.account_id
         LEFT JOIN collection_agent agent ON agent.id = account.agent_id
             WHERE source.account_id IS NULL OR account.active
            """,
            step=STEP,
            today=company_today_sql(self.env, SQL("source.company_id")),
            sources=SQL(" UNION ALL ").join(self._get_sources()),
        )

    @api.model
    def _get_sources(self):
        """One query per kind, with the columns in the same order.

        `by_provider`: whoever works the customer does it, else the company does;
        `for_provider`: a provider's agent may see it when the customer is theirs. What
        is about items that were not handed over, or were taken back alone, is the
        company's.
        """
        return [
            SQL(
                """
                SELECT id AS source_id, 1 AS number, id AS account_id, company_id,
                       NULL::integer AS mandate_id, next_action_date AS date,
                       'callback' AS kind,
                       CONCAT_WS(' ', CASE WHEN next_action_time > 0 THEN to_char(
                           next_action_time * interval '1 hour', 'HH24:MI') END,
                           %s) AS name,
                       NULL::numeric AS amount, NULL::integer AS currency_id,
                       NULL::integer AS user_id, TRUE AS by_provider,
                       TRUE AS for_provider, 'collection.account' AS res_model,
                       id AS res_id
                  FROM collection_account
                 WHERE next_action_date IS NOT NULL
                """,
                # what the reader may know of it
                self.env["collection.account"]._field_to_sql(
                    "collection_account", "next_action"
                ),
            ),
            SQL(
                """
                SELECT promise.id, 2, promise.account_id, promise.company_id, NULL,
                       promise.date_promised + company.collection_promise_days,
                       'promise', promise.number,
                       promise.amount - COALESCE(promise.amount_received, 0),
                       promise.currency_id, NULL, TRUE, %s, 'collection.promise',
                       promise.id
                  FROM collection_promise promise
                  JOIN res_company company ON company.id = promise.company_id
                 WHERE promise.state = 'open'
                """,
                self._any_delegated("collection.promise", SQL("promise.id")),
            ),
            SQL(
                """
                SELECT part.id, 3, plan.account_id, plan.company_id, NULL, part.date,
                       'instalment', plan.number,
                       part.amount - COALESCE(part.amount_received, 0),
                       plan.currency_id, NULL, TRUE, %s, 'collection.payment.plan',
                       plan.id
                  FROM collection_payment_instalment part
                  JOIN collection_payment_plan plan ON plan.id = part.plan_id
                 WHERE plan.state = 'active'
                   AND part.amount > COALESCE(part.amount_received, 0)
                """,
                self._any_delegated("collection.payment.plan", SQL("plan.id")),
            ),
            SQL(
                """
                SELECT bill.id, 4, bill.account_id, bill.company_id, NULL,
                       bill.date_chase, 'bill_chase', bill.number, bill.amount,
                       bill.currency_id, NULL, TRUE, %s, 'collection.bill', bill.id
                  FROM collection_bill bill
                 WHERE bill.state = 'sent'
                """,
                self._any_delegated("collection.bill", SQL("bill.id")),
            ),
            SQL(
                """
                SELECT bill.id, 5, bill.account_id, bill.company_id, NULL,
                       bill.date_return_deadline, 'bill', bill.number, bill.amount,
                       bill.currency_id, NULL, TRUE, %s, 'collection.bill', bill.id
                  FROM collection_bill bill
                 WHERE bill.state IN ('sent', 'chased', 'late')
                """,
                self._any_delegated("collection.bill", SQL("bill.id")),
            ),
            SQL(
                """
                SELECT dispute.id, 6, dispute.account_id, dispute.company_id, NULL,
                       dispute.deadline, 'dispute', dispute.number,
                       NULLIF(dispute.amount, 0), dispute.currency_id,
                       dispute.owner_id, FALSE, FALSE, 'collection.dispute',
                       dispute.id
                  FROM collection_dispute dispute
                 WHERE dispute.state IN ('open', 'in_progress')
                   AND dispute.deadline IS NOT NULL
                """
            ),
            SQL(
                """
                SELECT control.id, 7, control.account_id, control.company_id, NULL,
                       control.date_due - company.collection_precheck_from,
                       'precheck', move.name, item.amount_residual, item.currency_id,
                       NULL, TRUE, item.delegated, 'collection.precheck', control.id
                  FROM collection_precheck control
                  JOIN collection_item item ON item.id = control.item_id
                  JOIN account_move move ON move.id = item.move_id
                  JOIN res_company company ON company.id = control.company_id
                 WHERE control.state = 'to_check'
                """
            ),
            SQL(
                """
                SELECT id, 8, id, company_id, NULL, hold_until, 'hold', hold_reason,
                       NULL, NULL, NULL, FALSE, FALSE, 'collection.account', id
                  FROM collection_account
                 WHERE hold_until >= %s
                """,
                company_today_sql(self.env, SQL("company_id")),
            ),
            SQL(
                """
                SELECT review.id, 9, NULL, review.company_id, review.mandate_id,
                       review.date, 'review', mandate.name, NULL, NULL,
                       mandate.user_id, FALSE, FALSE, 'collection.mandate.review',
                       review.id
                  FROM collection_mandate_review review
                  JOIN collection_mandate mandate ON mandate.id = review.mandate_id
                 WHERE review.state = 'planned'
                """
            ),
        ]

    @api.model
    def _any_delegated(self, model, source):
        """Whether one of the items of a record of `model` was handed over."""
        field = self.env[model]._fields["item_ids"]
        return SQL(
            """
            EXISTS (SELECT 1 FROM %(rel)s rel
                      JOIN collection_item item ON item.id = rel.%(item)s
                     WHERE rel.%(owner)s = %(source)s AND item.delegated)
            """,
            rel=SQL.identifier(field.relation),
            item=SQL.identifier(field.column2),
            owner=SQL.identifier(field.column1),
            source=source,
        )

    @api.depends("kind", "name", "account_id", "amount")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        # sudo: how the customer is called; the row itself was readable
        for row, row_sudo in zip(self, self.sudo(), strict=True):
            amount = row.currency_id.format(row.amount) if row.amount else ""
            row.display_name = " · ".join(
                filter(
                    None,
                    [
                        row_sudo.account_id.display_name,
                        labels.get(row.kind),
                        row.name,
                        amount,
                    ],
                )
            )

    def action_open(self):
        """Open what the row is about: the record, or the customer if closed."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id)
        if not record.has_access("read"):
            record = self.account_id
        return record.get_formview_action()

    @api.model
    def _get_mine(self, domain=None, limit=None):
        """Rows of the current user, overdue first, for pages that list them.

        A provider's agent: of the customers assigned to them, and of those that
        nobody has; their supervisor: of the whole team. Under the record rules.

        :param domain: narrows them, e.g. `[("date", "<=", "today +7d")]`
        """
        rows = Domain(domain or [])
        agent_sudo = self.env["collection.agent"]._current()
        if agent_sudo.provider_id:
            if not agent_sudo.supervisor:
                rows &= Domain("agent_id", "in", [agent_sudo.id, False])
        else:
            rows &= Domain("user_id", "=", self.env.uid)
        return self.search(rows, limit=limit)
