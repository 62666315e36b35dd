from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date


class CollectionDunningRun(models.Model):
    """One pass over the open items of a company: who gets which letter, and why not.

    The level rule is set-based SQL (`_decision_query`), so that the number of
    queries does not depend on the number of items.
    """

    _name = "collection.dunning.run"
    _description = "Dunning Run"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        default=fields.Date.context_today,
        help="Day for which lateness and levels are computed; date of the letters.",
    )
    policy_ids = fields.Many2many(
        comodel_name="collection.policy",
        string="Policies",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Empty: all policies.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("computed", "Computed"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    letter_ids = fields.One2many(
        comodel_name="collection.letter", inverse_name="run_id", string="Letters"
    )
    exclusion_ids = fields.One2many(
        comodel_name="collection.dunning.exclusion",
        inverse_name="run_id",
        string="Left Out",
    )
    letter_count = fields.Integer(string="Number of Letters", compute="_compute_totals")
    sent_count = fields.Integer(string="Letters Sent", compute="_compute_totals")
    exclusion_count = fields.Integer(
        string="Number Left Out", compute="_compute_totals"
    )
    summary = fields.Html(compute="_compute_summary", sanitize=False)
    rate_warning = fields.Char(compute="_compute_rate_warning")

    @api.depends("date", "company_id")
    @api.depends_context("lang")
    def _compute_name(self):
        for run in self:
            run.name = (
                self.env._("Run of %s", format_date(self.env, run.date))
                if run.date
                else False
            )

    @api.depends("letter_ids.state", "exclusion_ids")
    def _compute_totals(self):
        letters = {}
        for run, state, count in self.env["collection.letter"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count"]
        ):
            letters.setdefault(run, {})[state] = count
        exclusions = dict(
            self.env["collection.dunning.exclusion"]._read_group(
                [("run_id", "in", self.ids)], ["run_id"], ["__count"]
            )
        )
        for run in self:
            by_state = letters.get(run._origin, {})
            run.letter_count = sum(by_state.values()) - by_state.get("cancelled", 0)
            run.sent_count = by_state.get("sent", 0)
            run.exclusion_count = exclusions.get(run._origin, 0)

    @api.depends("state")
    @api.depends_context("lang")
    def _compute_rate_warning(self):
        """Rates without which letters of this run would be in error."""
        # sudo: the rates are published, and whoever sees the run may know
        Regime = self.env["collection.interest.regime"].sudo()
        regimes = Regime.search([("active", "=", True)])
        warning = " ".join(dict.fromkeys(filter(None, regimes.mapped("rate_warning"))))
        for run in self:
            run.rate_warning = warning if run.state in ("draft", "computed") else False

    @api.depends("letter_ids.state", "letter_ids.amount_total", "exclusion_ids")
    @api.depends_context("lang")
    def _compute_summary(self):
        letters = self.env["collection.letter"]._read_group(
            [("run_id", "in", self.ids), ("state", "!=", "cancelled")],
            ["run_id", "level_id", "channel", "currency_id"],
            ["__count", "amount_due:sum", "amount_interest:sum", "amount_total:sum"],
        )
        exclusions = self.env["collection.dunning.exclusion"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "reason"], ["__count"]
        )
        channels = dict(
            self.env["collection.letter"]
            ._fields["channel"]
            ._description_selection(self.env)
        )
        reasons = dict(
            self.env["collection.dunning.exclusion"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        for run in self:
            run.summary = self.env["ir.qweb"]._render(
                "account_collection.collection_dunning_run_summary",
                {
                    "letters": [
                        {
                            "level": level.name,
                            "channel": channels[channel],
                            "count": count,
                            "amounts": [
                                currency.format(amount or 0.0) for amount in amounts
                            ],
                        }
                        for owner, level, channel, currency, count, *amounts in letters
                        if owner == run._origin
                    ],
                    "exclusions": [
                        {"reason": reasons[reason], "count": count}
                        for owner, reason, count in exclusions
                        if owner == run._origin
                    ],
                },
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        if any(run.state == "done" for run in self):
            raise UserError(
                self.env._("A run whose letters were confirmed stays on record.")
            )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_compute(self):
        """Draw up the letters and exclusions of the run, without sending anything.

        Drafts never count: those of this run and of earlier unconfirmed runs of
        the company are superseded.
        """
        for run in self:
            if run.state not in ("draft", "computed"):
                raise UserError(self.env._("This run is finished: start a new one."))
            run._supersede_drafts()
            letters = run._write_decisions()
            letters._compute_penalties()
            run.state = "computed"

    def action_confirm(self):
        """Number the letters; from now on they are waiting to be sent."""
        for run in self:
            if run.state != "computed":
                raise UserError(
                    self.env._("Compute the run before you confirm its letters.")
                )
            run.letter_ids.filtered(lambda letter: letter.state == "draft")._confirm()
            run.state = "done"

    def action_send(self):
        """Send every letter of the run that is waiting, each computed again first."""
        for run in self:
            if run.state == "computed":
                run.action_confirm()
            if run.state != "done":
                raise UserError(
                    self.env._("Compute and confirm the run before you send it.")
                )
        self.letter_ids.filtered(lambda letter: letter.state == "to_send")._send()

    def action_cancel(self):
        for run in self:
            if run.sent_count:
                raise UserError(
                    self.env._("Letters of this run were sent: it cannot be undone.")
                )
            run.letter_ids.filtered(
                lambda letter: letter.state in ("draft", "to_send", "error")
            )._cancel(self.env._("Run cancelled"))
            run.state = "cancelled"

    def action_open_letters(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_action"
        )
        return dict(action, domain=[("run_id", "=", self.id)], context={})

    def action_open_exclusions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_dunning_exclusion_action"
        )
        return dict(
            action,
            domain=[("run_id", "=", self.id)],
            context={"search_default_group_reason": 1},
        )

    def action_print(self):
        """One PDF with every letter of the run that goes by post."""
        letters = self.letter_ids.filtered(
            lambda letter: letter.state in ("draft", "to_send", "sent")
        )
        if not letters:
            raise UserError(self.env._("There is no letter to print."))
        return letters.action_print()

    # ------------------------------------------------------------------
    # The level rule
    # ------------------------------------------------------------------

    def _supersede_drafts(self):
        self.ensure_one()
        others = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("state", "=", "computed"),
                ("id", "!=", self.id),
            ]
        )
        others.state = "cancelled"
        # without a number nobody has seen them: those in error are drafts, too
        self.env["collection.letter"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("run_id", "not in", [False, self.id]),
                ("state", "in", ("draft", "error")),
                ("number", "=", False),
            ]
        )._cancel(self.env._("Superseded by a later computation"))
        # own drafts carry no number and were never seen by the customer
        self.env.flush_all()
        for table in ("collection_letter", "collection_dunning_exclusion"):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE run_id = %s",
                    SQL.identifier(table),
                    self.id,
                )
            )
        self.env["collection.letter"].invalidate_model(flush=False)
        self.env["collection.letter.line"].invalidate_model(flush=False)
        self.env["collection.dunning.exclusion"].invalidate_model(flush=False)
        self.invalidate_recordset(flush=False)

    def _write_decisions(self):
        """Write letters, lines and exclusions in one statement; return the letters."""
        self.ensure_one()
        self._flush_for_decision()
        rows = self.env.execute_query(
            SQL(
                """
                WITH decision AS MATERIALIZED (%(decision)s),
                grouped AS MATERIALIZED (
                    SELECT nextval('collection_letter_id_seq') AS id,
                           account_id, currency_id, channel, contact_id, overdue,
                           amount_due, amount_credit, level_id
                      FROM (SELECT account_id, currency_id, channel, contact_id,
                                   -- what is not due yet is never part of a demand
                                   days_overdue >= 1 AS overdue,
                                   SUM(amount_due) AS amount_due,
                                   SUM(amount_credit) AS amount_credit,
                                   (array_agg(level_id ORDER BY
                                        level_sequence DESC, level_id DESC))[1]
                                   AS level_id
                              FROM decision
                             WHERE reason IS NULL
                          GROUP BY account_id, currency_id, channel, contact_id,
                                   days_overdue >= 1
                          ORDER BY account_id, currency_id, channel, overdue) letters
                ), letter AS (
                    INSERT INTO collection_letter (
                        id, run_id, account_id, partner_id, company_id, currency_id,
                        level_id, channel, date, state, amount_due, amount_interest,
                        amount_indemnity, amount_credit, amount_total,
                        create_uid, create_date, write_uid, write_date)
                    SELECT id, %(run)s, account_id, contact_id, %(company)s,
                           currency_id, level_id, channel, %(date)s, 'draft',
                           amount_due, 0, 0, amount_credit, amount_due - amount_credit,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM grouped
                 RETURNING id
                ), line AS (
                    INSERT INTO collection_letter_line (
                        letter_id, item_id, level_id, move_name, invoice_date,
                        date_due, days_overdue, amount_total, amount_paid, amount_due,
                        amount_interest, amount_indemnity,
                        create_uid, create_date, write_uid, write_date)
                    SELECT grouped.id, decision.item_id, decision.level_id,
                           COALESCE(move.name, ''),
                           COALESCE(move.invoice_date, move.date), decision.date_due,
                           decision.days_overdue, decision.amount_total,
                           decision.amount_total - decision.amount_residual,
                           decision.amount_due, 0, 0,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM decision
                      JOIN grouped ON grouped.account_id = decision.account_id
                                  AND grouped.currency_id = decision.currency_id
                                  AND grouped.channel = decision.channel
                                  AND grouped.overdue = (decision.days_overdue >= 1)
                      JOIN account_move move ON move.id = decision.move_id
                     WHERE decision.reason IS NULL
                ), exclusion AS (
                    INSERT INTO collection_dunning_exclusion (
                        run_id, company_id, item_id, level_id, reason,
                        create_uid, create_date, write_uid, write_date)
                    SELECT %(run)s, %(company)s, item_id, next_level_id, reason,
                           %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s,
                           now() AT TIME ZONE 'UTC'
                      FROM decision
                     WHERE reason IS NOT NULL AND days_overdue >= 1
                )
                SELECT id FROM letter ORDER BY id
                """,
                decision=self._decision_query(
                    self.company_id, self.date, policies=self.policy_ids
                ),
                run=self.id,
                company=self.company_id.id,
                date=self.date,
                uid=self.env.uid,
            )
        )
        self.invalidate_recordset(flush=False)
        return self.env["collection.letter"].browse(row[0] for row in rows)

    @api.model
    def _flush_for_decision(self):
        self.env.flush_all()
        # compiling a statement of this size takes longer than running it
        self.env.cr.execute(SQL("SET LOCAL jit = off"))

    @api.model
    def _currency_factors(self, company, date):
        """Units of each currency for one unit of the company's, at `date`."""
        # an item may be in a currency that is archived by now
        currencies = self.env["res.currency"].search([("active", "in", (True, False))])
        rates = currencies._get_rates(company, date)
        base = rates[company.currency_id.id]
        return [(currency.id, rates[currency.id] / base) for currency in currencies]

    @api.model
    def _decision_query(self, company, date, policies=None, items=None):
        """SQL that decides, for each open item, its letter level or why it has none.

        The rule: the next level after the last one sent on the item's effective
        policy (invoice, then account, then segment, then company); triggered by
        its own delay; one level per item and run. A level before the due date
        no longer applies once the item is overdue. With "by age", an item that
        was never dunned starts at the highest level already due by the due date
        and not a formal notice.

        :param company: company whose items are looked at
        :param date: day of the run
        :param policies: only items under these policies, all when empty
        :param items: decide again for these items only, which are on a confirmed
            letter: the level itself is not questioned
        :return: query of one row per item; `reason` NULL means "on a letter"
        """
        again = items is not None
        return SQL(
            """
            WITH factor (currency_id, value) AS (VALUES %(factors)s),
            ladder AS (
                SELECT level.*,
                       ROW_NUMBER() OVER (PARTITION BY policy_id
                                          ORDER BY sequence, id) AS rank
                  FROM collection_policy_level level
            ),
            item AS (
                SELECT ci.id AS item_id, ci.move_id, ci.account_id, ci.currency_id,
                       ci.date_due, ci.amount_total, ci.amount_residual,
                       ci.amount_residual - ci.amount_disputed AS amount_due,
                       %(date)s::date - ci.date_due AS days_overdue,
                       ci.level_id AS last_level_id, ci.level_date,
                       ci.approved_level_id, ci.delegated,
                       COALESCE(ci.policy_id, acc.policy_id, shared.id,
                                com.collection_policy_id) AS policy_id,
                       aml.no_followup IS TRUE
                           OR move.payment_state = 'blocked' AS no_followup,
                       acc.insolvency_date IS NOT NULL AS insolvent,
                       acc.hold_until >= %(date)s AS on_hold,
                       acc.partner_id, factor.value AS factor
                  FROM collection_item ci
                  JOIN collection_account acc ON acc.id = ci.account_id
                  JOIN res_company com ON com.id = ci.company_id
                  JOIN account_move_line aml ON aml.id = ci.move_line_id
                  JOIN account_move move ON move.id = ci.move_id
                  JOIN factor ON factor.currency_id = ci.currency_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
             -- segments are shared between companies, their policies may not be
             LEFT JOIN collection_policy shared
                    ON shared.id = segment.policy_id
                   AND (shared.company_id IS NULL
                        OR shared.company_id = ci.company_id)
                 WHERE ci.state = 'open' AND ci.company_id = %(company)s
                   AND %(item_filter)s
            ),
            climbed AS (
                SELECT item.*, policy.id IS NOT NULL AS has_policy,
                       policy.do_nothing, policy.align_customer,
                       policy.tolerance, COALESCE(age.id, next.id) AS next_level_id
                  FROM item
             LEFT JOIN collection_policy policy
                    ON policy.id = item.policy_id AND policy.active
             LEFT JOIN ladder last
                    ON last.id = item.last_level_id AND last.policy_id = policy.id
             LEFT JOIN LATERAL (
                    SELECT level.id FROM ladder level
                     WHERE level.policy_id = policy.id
                       AND level.rank > COALESCE(last.rank, 0)
                       AND NOT (item.days_overdue >= 1
                                AND level.delay_basis = 'due'
                                AND level.delay_days < 0)
                  ORDER BY level.rank LIMIT 1) next ON TRUE
             LEFT JOIN LATERAL (
                    SELECT level.id FROM ladder level
                     WHERE level.policy_id = policy.id
                       AND policy.catch_up = 'by_age'
                       AND item.last_level_id IS NULL
                       AND item.days_overdue >= 1
                       AND level.formal_notice IS NOT TRUE
                       AND CASE level.delay_basis
                           WHEN 'due'
                           THEN level.delay_days >= 0
                                AND item.date_due + level.delay_days <= %(date)s
                           WHEN 'eom'
                           THEN (date_trunc('month', item.date_due + level.delay_days)
                                 + interval '1 month - 1 day')::date <= %(date)s
                           ELSE FALSE END
                  ORDER BY level.rank DESC LIMIT 1) age ON TRUE
                 WHERE %(policy_filter)s
            ),
            credit AS (
                SELECT acc.id AS account_id, aml.currency_id,
                       -SUM(aml.amount_residual_currency) AS amount
                  FROM account_move_line aml
                  JOIN account_account aa
                    ON aa.id = aml.account_id AND aa.account_type = 'asset_receivable'
                  JOIN res_partner p ON p.id = aml.partner_id
                  JOIN collection_account acc
                    ON acc.partner_id = p.commercial_partner_id
                   AND acc.company_id = aml.company_id
                 WHERE aml.company_id = %(company)s
                   AND aml.parent_state = 'posted'
                   AND aml.reconciled IS NOT TRUE AND aml.balance < 0
                   AND %(credit_filter)s
              GROUP BY acc.id, aml.currency_id
            ),
            waiting AS (
                SELECT DISTINCT line.item_id
                  FROM collection_letter letter
                  JOIN collection_letter_line line ON line.letter_id = letter.id
                 WHERE letter.state IN ('to_send', 'error')
                   AND letter.company_id = %(company)s
                   AND line.item_id IS NOT NULL
            ),
            -- what leaves an item no right to any letter, whatever its level
            standing AS (
                SELECT climbed.*, level.rank, level.sequence AS level_sequence,
                       level.delay_basis, level.delay_days, level.min_amount,
                       level.needs_approval, level.worked_by,
                       COALESCE(credit.amount, 0) AS credit_total,
                       waiting.item_id IS NOT NULL AS waiting,
                       CASE
                       WHEN NOT climbed.has_policy THEN 'no_policy'
                       WHEN climbed.do_nothing THEN 'do_nothing'
                       WHEN climbed.no_followup THEN 'no_followup'
                       WHEN climbed.insolvent THEN 'insolvent'
                       WHEN climbed.amount_due <= 0 THEN 'disputed'
                       WHEN climbed.on_hold THEN 'on_hold'
                       WHEN climbed.delegated
                            AND level.worked_by IS DISTINCT FROM 'company'
                       THEN 'delegated'
                       END AS barred
                  FROM climbed
             LEFT JOIN ladder level ON level.id = climbed.next_level_id
             LEFT JOIN credit ON credit.account_id = climbed.account_id
                             AND credit.currency_id = climbed.currency_id
             LEFT JOIN waiting ON waiting.item_id = climbed.item_id
            ),
            -- open credits pay the oldest items first, each up to what it owes
            covered AS (
                SELECT standing.*,
                       CASE WHEN barred IS NULL
                       THEN GREATEST(0, LEAST(amount_due, credit_total + amount_due
                            - SUM(CASE WHEN barred IS NULL THEN amount_due ELSE 0 END)
                              OVER (PARTITION BY account_id, currency_id
                                    ORDER BY date_due, item_id)))
                       ELSE 0 END AS amount_credit
                  FROM standing
            ),
            reasoned AS (
                SELECT covered.*,
                       CASE
                       WHEN barred IS NOT NULL THEN barred
                       WHEN amount_credit >= amount_due THEN 'covered_by_credit'
                       WHEN amount_due < GREATEST(tolerance, COALESCE(min_amount, 0))
                                         * factor
                       THEN 'below_minimum'
                       WHEN %(again)s THEN NULL
                       WHEN next_level_id IS NULL THEN 'not_yet'
                       WHEN waiting THEN 'not_yet'
                       WHEN CASE delay_basis
                            WHEN 'due' THEN date_due + delay_days
                            WHEN 'eom'
                            THEN (date_trunc('month', date_due + delay_days)
                                  + interval '1 month - 1 day')::date
                            ELSE COALESCE(level_date, date_due) + delay_days
                            END > %(date)s
                       THEN 'not_yet'
                       WHEN needs_approval
                            AND approved_level_id IS DISTINCT FROM next_level_id
                       THEN 'awaiting_approval'
                       END AS reason
                  FROM covered
            ),
            aligned AS (
                SELECT reasoned.*,
                       CASE WHEN align_customer AND reason IS NULL
                       THEN FIRST_VALUE(next_level_id) OVER (
                            PARTITION BY account_id, currency_id, policy_id,
                                         reason IS NULL, days_overdue >= 1
                            ORDER BY rank DESC NULLS LAST)
                       ELSE next_level_id END AS level_id
                  FROM reasoned
            )
            SELECT aligned.item_id, aligned.move_id, aligned.account_id,
                   aligned.currency_id, aligned.date_due, aligned.days_overdue,
                   aligned.amount_total, aligned.amount_residual, aligned.amount_due,
                   aligned.amount_credit, aligned.reason, aligned.next_level_id,
                   aligned.level_id, level.sequence AS level_sequence,
                   contact.id AS contact_id,
                   CASE WHEN level.channel = 'email'
                             AND COALESCE(contact.email, '') = '' THEN 'post'
                        ELSE level.channel END AS channel
              FROM aligned
         LEFT JOIN collection_policy_level level ON level.id = aligned.level_id
              JOIN LATERAL (
                    SELECT p.id, p.email FROM res_partner p
                     WHERE p.id = aligned.partner_id
                        OR (p.parent_id = aligned.partner_id
                            AND p.type = 'invoice' AND p.active)
                  ORDER BY p.id = aligned.partner_id, p.id LIMIT 1) contact ON TRUE
             WHERE (aligned.reason IS NULL OR aligned.days_overdue >= 1)
               AND %(wanted)s
            """,
            date=date,
            company=company.id,
            factors=SQL(", ").join(
                SQL("(%s, %s::numeric)", currency_id, factor)
                for currency_id, factor in self._currency_factors(company, date)
            ),
            # all items of the customers: they share the open credits
            item_filter=SQL("ci.account_id IN %s", tuple(items.account_id.ids) or (0,))
            if again
            else SQL("TRUE"),
            credit_filter=self.env["collection.account"]._credit_filter(
                items.account_id.ids
            )
            if again
            else SQL("TRUE"),
            wanted=SQL("aligned.item_id IN %s", tuple(items.ids) or (0,))
            if again
            else SQL("TRUE"),
            policy_filter=SQL("item.policy_id IN %s", tuple(policies.ids))
            if policies
            else SQL("TRUE"),
            again=again,
        )
