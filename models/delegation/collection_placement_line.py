from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .collection_mandate import WORKING

#: states of a hand-over whose accounts the provider works
HANDED_OVER = ("handed_over", "accepted")
#: outcomes of a line, after which the provider no longer works the account
SETTLED_STATES = ("paid", "credited", "written_off")

#: why the company takes an account or an item back
RECALL_REASONS = [
    ("customer_request", "Customer request"),
    ("sales_dispute", "Dispute with sales"),
    ("strategic", "Became strategic"),
    ("paid_directly", "Paid directly"),
    ("insolvency", "Insolvency"),
    ("prescription", "Prescription near"),
    ("underperforming", "Provider underperforming"),
    ("contract_end", "End of the contract"),
    ("error", "Handed over by mistake"),
    ("other", "Other"),
]


class CollectionPlacementLine(models.Model):
    """One account within a hand-over."""

    _name = "collection.placement.line"
    _description = "Account Handed Over"
    _inherit = [
        "collection.frozen.mixin",
        "collection.ledger.mixin",
        "collection.provider.mixin",
    ]
    _order = "placement_id desc, amount desc, id"
    _rec_name = "account_id"

    _provider_fields = frozenset(
        {
            "account_id",
            "amount",
            "amount_overdue",
            "company_id",
            "currency_id",
            "item_ids",
            "mandate_id",
            "placement_id",
            "state",
        }
    )
    _transition_fields = frozenset(
        {
            "agent_id",
            "amount",
            "amount_overdue",
            "date_end",
            "item_ids",
            "partner_address",
            "partner_city",
            "partner_name",
            "partner_ref",
            "reason",
            "recall_reason",
            "segment_id",
            "segment_name",
            "state",
        }
    )

    _noted_fields = frozenset({"amount", "amount_overdue", "state"})

    placement_id = fields.Many2one(
        comodel_name="collection.placement",
        string="Hand-over",
        required=True,
        index=True,
        ondelete="cascade",
    )
    mandate_id = fields.Many2one(
        related="placement_id.mandate_id", store=True, index=True
    )
    company_id = fields.Many2one(
        related="placement_id.company_id", store=True, index=True
    )
    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="placement_id.currency_id", store=True)
    partner_name = fields.Char(
        string="Customer at Hand-over", readonly=True, copy=False
    )
    partner_ref = fields.Char(
        string="Reference at Hand-over", readonly=True, copy=False
    )
    partner_city = fields.Char(string="City at Hand-over", readonly=True, copy=False)
    partner_address = fields.Char(
        string="Address at Hand-over", readonly=True, copy=False
    )
    segment_id = fields.Many2one(
        comodel_name="collection.segment",
        string="Segment at Hand-over",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    segment_name = fields.Char(
        string="Name of the Segment at Hand-over", readonly=True, copy=False
    )
    amount = fields.Monetary(
        readonly=True,
        copy=False,
        help="Open amount of the items that were handed over on the day, company "
        "currency.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        readonly=True,
        copy=False,
        help="Overdue amount at hand-over.",
    )
    state = fields.Selection(
        selection=[
            ("active", "With the provider"),
            ("paid", "Paid"),
            ("credited", "Credited"),
            ("written_off", "Written off"),
            ("recalled", "Recalled"),
            ("returned", "Returned by the provider"),
            ("transferred", "Transferred"),
            ("expired", "Mandate ended"),
        ],
        required=True,
        default="active",
        readonly=True,
        copy=False,
        index=True,
    )
    reason = fields.Char(
        readonly=True,
        copy=False,
        help="Why the account came back; what was received, credited and written off "
        "where it was not one of these alone.",
    )
    recall_reason = fields.Selection(
        selection=RECALL_REASONS, readonly=True, copy=False
    )
    date_end = fields.Date(string="Until", readonly=True, copy=False)
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="Agent at the End",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Whom the customer was assigned to when the hand-over ended.",
    )
    item_ids = fields.One2many(
        comodel_name="collection.placement.item",
        inverse_name="line_id",
        string="Items at Hand-over",
        readonly=True,
    )
    change_ids = fields.One2many(
        comodel_name="collection.placement.change",
        inverse_name="line_id",
        string="Changes",
        readonly=True,
    )

    @api.depends("partner_name", "account_id")
    def _compute_display_name(self):
        # sudo: how the customer of a line that is readable was called on its day
        for line in self.sudo():
            line.with_env(self.env).display_name = (
                line.partner_name or line.account_id.display_name
            )

    _one_active = models.UniqueIndex(
        "(account_id) WHERE state = 'active'",
        "This account is with a provider already.",
    )

    def _is_frozen(self):
        return self.placement_id._is_frozen()

    @api.model
    def _note_columns(self):
        return SQL("own.placement_id, own.id, NULL")

    def _check_can_go(self):
        """Refuse accounts that must not leave the company, or that their mandate does
        not cover."""
        today = fields.Date.context_today(self)
        for line in self:
            account = line.account_id
            # on a proposed hand-over it is because of these very lines
            reasons = account._get_reasons_to_stay()
            if "reserved" in reasons or "never" in reasons:
                raise UserError(
                    self.env._(
                        "%(customer)s is reserved and stays in-house.",
                        customer=account.display_name,
                    )
                )
            if "insolvent" in reasons:
                raise UserError(
                    self.env._(
                        "%(customer)s is insolvent: declare the claim instead of "
                        "handing it over.",
                        customer=account.display_name,
                    )
                )
            if "delegated" in reasons:
                raise UserError(
                    self.env._(
                        "%(customer)s is with a provider already.",
                        customer=account.display_name,
                    )
                )
            if line.mandate_id._get_reasons_to_refuse(
                # handed over as they stand: no day to come makes them later
                account,
                min(line.placement_id.date, today),
            ):
                raise UserError(
                    self.env._(
                        "%(customer)s is not one of those whom the mandate %(mandate)s "
                        "covers: look at its segments, days and amount.",
                        customer=account.display_name,
                        mandate=line.mandate_id.display_name,
                    )
                )
        creditors = self.account_id._get_creditors()
        if creditors:
            raise UserError(
                self.env._(
                    "%(customer)s is owed more than they owe: settle that first.",
                    customer=creditors[0].display_name,
                )
            )

    # ------------------------------------------------------------------
    # Hand-over, set-based: a file has thousands of accounts
    # ------------------------------------------------------------------

    def _freeze_items(self):
        """Copy the open items of the lines' accounts as they stand today, and their
        customers' names and addresses."""
        if not self:
            return
        self._add_items(SQL("line.id = ANY(%s)", list(self.ids)))
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line line
                   SET amount = COALESCE(held.amount, 0),
                       amount_overdue = COALESCE(held.overdue, 0),
                       segment_id = acc.segment_id
                  FROM collection_placement_line same
                  JOIN collection_account acc ON acc.id = same.account_id
             LEFT JOIN LATERAL (
                        SELECT SUM(item.amount_company) AS amount,
                               SUM(item.amount_company)
                                   FILTER (WHERE item.days_overdue > 0) AS overdue
                          FROM collection_placement_item item
                         WHERE item.line_id = same.id) held ON TRUE
                 WHERE same.id = line.id AND line.id IN %s
             RETURNING line.id
                """,
                tuple(self.ids),
            )
        )
        self._freeze_particulars()

    def _freeze_particulars(self):
        """Copy how the customers of the lines are called today and where they are."""
        if not self:
            return
        self.flush_model()
        self.env["res.partner"].flush_model(
            ["city", "country_id", "name", "ref", "street", "street2", "zip"]
        )
        lang = self.company_id.partner_id[:1].lang or "en_US"
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line line
                   SET partner_name = partner.name,
                       partner_ref = partner.ref,
                       partner_city = partner.city,
                       partner_address = CONCAT_WS(
                           ', ', NULLIF(partner.street, ''),
                           NULLIF(partner.street2, ''),
                           NULLIF(CONCAT_WS(' ', partner.zip, partner.city), ''),
                           COALESCE(country.name ->> %(lang)s,
                                    country.name ->> 'en_US')),
                       segment_name = COALESCE(segment.name ->> %(lang)s,
                                               segment.name ->> 'en_US')
                  FROM collection_account acc
                  JOIN res_partner partner ON partner.id = acc.partner_id
             LEFT JOIN res_country country ON country.id = partner.country_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
                 WHERE acc.id = line.account_id AND line.id IN %(lines)s
             RETURNING line.id
                """,
                lang=lang,
                lines=tuple(self.ids),
            )
        )
        self.invalidate_recordset(flush=False)

    @api.model
    def _add_items(self, condition, followed=False):
        """Freeze and link the open items the lines of `condition` do not hold yet.

        Items excluded from follow-up, blocked for payment, time-barred, or taken
        back one by one stay out.

        :param followed: whether they join a hand-over that took place earlier
        :return: number of items added
        """
        self.env["collection.item"].flush_model()
        self.env["collection.account"].flush_model()
        self.env["collection.placement"].flush_model()
        self.env["collection.mandate"].flush_model(["new_item_rule"])
        self.env["account.move.line"].flush_model(["no_followup"])
        self.env["account.move"].flush_model(["payment_state", "name"])
        self.env["collection.policy.level"].flush_model(["name"])
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                WITH added AS (
                    INSERT INTO collection_placement_item (
                        line_id, placement_id, company_id, item_id, move_name,
                        date_added, date_due, currency_id, amount, amount_company,
                        days_overdue, level_id, level_name, recalled, followed,
                        create_uid, create_date, write_uid, write_date)
                    SELECT line.id, line.placement_id, ci.company_id, ci.id, move.name,
                           %(today)s, ci.date_due, ci.currency_id, ci.amount_residual,
                           ci.amount_residual_company, %(today)s::date - ci.date_due,
                           ci.level_id,
                           -- in the language in which the list is signed
                           COALESCE(level.name ->> owner.lang, level.name ->> 'en_US'),
                           FALSE, %(followed)s, %(uid)s,
                           now() AT TIME ZONE 'UTC',
                           %(uid)s, now() AT TIME ZONE 'UTC'
                      FROM collection_placement_line line
                      JOIN collection_placement placement
                        ON placement.id = line.placement_id
                      JOIN collection_mandate mandate
                        ON mandate.id = placement.mandate_id
                      JOIN collection_item ci
                        ON ci.account_id = line.account_id AND ci.state = 'open'
                      JOIN account_move_line aml ON aml.id = ci.move_line_id
                      JOIN account_move move ON move.id = ci.move_id
                      JOIN res_company company ON company.id = ci.company_id
                      JOIN res_partner owner ON owner.id = company.partner_id
                 LEFT JOIN collection_policy_level level ON level.id = ci.level_id
                     WHERE %(condition)s
                       AND line.state = 'active'
                       AND ci.placement_line_id IS NULL
                       AND aml.no_followup IS NOT TRUE
                       AND move.payment_state IS DISTINCT FROM 'blocked'
                       AND NOT %(in_payment)s
                       AND ci.id NOT IN (
                            SELECT item_id FROM (%(limitation)s) term
                             WHERE date_limitation < %(today)s)
                       -- not a join: it would be looked up row by row in the very
                       -- table that is being filled
                       AND (line.id, ci.id) NOT IN (
                            SELECT held.line_id, held.item_id
                              FROM collection_placement_item held
                             WHERE held.recalled AND held.item_id IS NOT NULL)
                 RETURNING item_id, line_id
                )
                UPDATE collection_item ci
                   SET placement_line_id = added.line_id, delegated = TRUE
                  FROM added
                 WHERE ci.id = added.item_id
             RETURNING ci.id
                """,
                condition=condition,
                in_payment=self.env["collection.item"]._in_payment(
                    SQL("ci"), SQL("move")
                ),
                today=fields.Date.context_today(self),
                limitation=self.env["collection.item"]._limitation_query(
                    SQL("TRUE"), before=fields.Date.context_today(self)
                ),
                followed=followed,
                uid=self.env.uid,
            )
        )
        item_ids = [row[0] for row in rows]
        self._invalidate_items(item_ids)
        if followed:
            self._note_followed(item_ids)
        return len(rows)

    @api.model
    def _note_followed(self, item_ids):
        """Keep which items joined a hand-over that took place, and by whose act."""
        if not item_ids:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO collection_placement_change (
                    placement_id, line_id, move_name, company_id, date, user_id,
                    model_name, field_name, value_after)
                SELECT own.placement_id, own.line_id, own.move_name, own.company_id,
                       %s, %s, 'collection.placement.item', 'followed', 'true'
                  FROM collection_item item
                  JOIN collection_placement_item own
                    ON own.line_id = item.placement_line_id AND own.item_id = item.id
                 WHERE item.id = ANY(%s) AND own.followed
                """,
                fields.Datetime.now(),
                self.env.uid,
                item_ids,
            )
        )

    def _invalidate_items(self, item_ids):
        self.env["collection.item"].browse(item_ids).invalidate_recordset(
            ["placement_line_id", "delegated"], flush=False
        )
        self.invalidate_model(["item_ids"], flush=False)
        self.env["account.move"].invalidate_model(["collection_delegated"], flush=False)
        self.env["res.partner"].invalidate_model(["collection_delegated"], flush=False)

    def _link_accounts(self):
        """Point the accounts at their line, so that the provider sees them."""
        if not self:
            return
        self.flush_model(["account_id", "state"])
        self.env["collection.account"].flush_model(["placement_line_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_account acc
                   SET placement_line_id = line.id
                  FROM collection_placement_line line
                 WHERE line.account_id = acc.id AND line.state = 'active'
                   AND line.id IN %s
             RETURNING acc.id
                """,
                tuple(self.ids),
            )
        )
        accounts = self.env["collection.account"].browse(row[0] for row in rows)
        accounts.invalidate_recordset(["placement_line_id"], flush=False)
        accounts.modified(["placement_line_id"])
        accounts._update_delegation()

    # ------------------------------------------------------------------
    # Taking back
    # ------------------------------------------------------------------

    def _take_back(self, state, reason, recall_reason=False):
        """End the lines: the provider's access goes in this same transaction.

        :param state: final state of the lines
        :param reason: why, shown on the hand-over and in the customer's timeline
        :param recall_reason: one of RECALL_REASONS when the company takes them back
        """
        lines = self.filtered(lambda line: line.state == "active")
        if not lines:
            return
        lines._transit(
            {
                "state": state,
                "reason": reason,
                "recall_reason": recall_reason,
                "date_end": fields.Date.context_today(self),
            }
        )
        accounts = lines.account_id
        accounts.flush_recordset(["agent_id"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_placement_line line SET agent_id = acc.agent_id
                  FROM collection_account acc
                 WHERE acc.id = line.account_id AND line.id IN %s
                """,
                tuple(lines.ids),
            )
        )
        lines.invalidate_recordset(["agent_id"], flush=False)
        accounts.with_context(tracking_disable=True).write(
            {"placement_line_id": False, "agent_id": False}
        )
        accounts._update_delegation()
        self.env["collection.item"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item
                   SET placement_line_id = NULL, delegated = FALSE
                 WHERE placement_line_id IN %s
             RETURNING id
                """,
                tuple(lines.ids),
            )
        )
        self._invalidate_items([row[0] for row in rows])
        # the selection is evaluated in the user's language
        label = dict(self._fields["state"]._description_selection(self.env))[state]
        accounts._message_log_batch(
            bodies={
                account.id: self.env._(
                    "No longer with the provider: %(state)s. %(reason)s",
                    state=label,
                    reason=reason or "",
                )
                for account in accounts
            }
        )
        lines.placement_id._close_if_done()
        self.env["mail.followers"]._dismiss_provider_people()

    def _absorb(self, line):
        """Work on with this line what was handed over with `line`, which ends.

        Both are of one mandate, and their customers have become one. Of the same
        hand-over they become one line of it; otherwise each hand-over stays as it was
        signed, and the items of the other one follow later in this one.
        """
        self.ensure_one()
        self.env.flush_all()
        if line.placement_id == self.placement_id:
            line.item_ids._transit({"line_id": self.id})
            self._transit(
                {
                    "amount": self.amount + line.amount,
                    "amount_overdue": self.amount_overdue + line.amount_overdue,
                }
            )
        else:
            self._copy_items(line)
        self.env["collection.item"].search(
            [("placement_line_id", "=", line.id)]
        ).placement_line_id = self
        if line.placement_id == self.placement_id:
            # what it held stands on this line: nothing of the hand-over is lost
            self.env.flush_all()
            self._take_history(line)
            self.env.cr.execute(
                SQL("DELETE FROM collection_placement_line WHERE id = %s", line.id)
            )
            self.env.invalidate_all(flush=False)
            return
        line._transit(
            {
                "state": "transferred",
                "reason": self.env._(
                    "Merged with %(customer)s",
                    customer=self.account_id.display_name,
                ),
                "date_end": fields.Date.context_today(self),
            }
        )
        line.placement_id._close_if_done()

    def _take_history(self, line):
        """Keep what was written of `line`, which is about to go, and whose it was."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE collection_placement_change SET line_id = %(kept)s
                 WHERE line_id = %(gone)s;
                INSERT INTO collection_placement_change (
                    placement_id, line_id, company_id, date, user_id, model_name,
                    field_name, value_before, value_after, reason)
                SELECT gone.placement_id, kept.id, gone.company_id, %(now)s, %(uid)s,
                       %(model)s, 'partner_name',
                       CONCAT_WS(', ', gone.partner_name, gone.partner_ref,
                                 gone.partner_address, gone.amount),
                       kept.partner_name, %(reason)s
                  FROM collection_placement_line gone, collection_placement_line kept
                 WHERE gone.id = %(gone)s AND kept.id = %(kept)s
                """,
                kept=self.id,
                gone=line.id,
                now=fields.Datetime.now(),
                uid=self.env.uid,
                model=self._name,
                reason=self.env._(
                    "Merged with %(customer)s",
                    customer=self.account_id.display_name,
                ),
            )
        )

    def _copy_items(self, line):
        """Hold what `line` holds, as it was on the day it was handed over."""
        held = self.env["collection.placement.item"]
        own = {"line_id": self.id, "placement_id": self.placement_id.id}
        own["followed"] = True
        names = [
            name
            for name, field in held._fields.items()
            if field.store and field.column_type and name != "id"
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO collection_placement_item (%s)"
                " SELECT %s FROM collection_placement_item WHERE line_id = %s",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(
                    SQL("%s", own[name]) if name in own else SQL.identifier(name)
                    for name in names
                ),
                line.id,
            )
        )
        self.invalidate_recordset(["item_ids"], flush=False)

    def action_recall(self):
        """Ask why, then take these accounts back."""
        return self.account_id.action_recall()

    # ------------------------------------------------------------------
    # Following the ledger
    # ------------------------------------------------------------------

    @api.model
    def _follow_ledger(self, account_ids=None):
        """Let the hand-overs follow what happened in the ledger.

        New invoices join by the mandate's rule; an account whose items are all
        settled leaves; one that left that way comes back when a payment bounces
        or, if the mandate takes new invoices, with the next one.

        :return: number of lines and items changed
        """
        accounts = self._among(SQL("line.account_id"), account_ids)
        # sudo: the ledger moved; whoever moved it need not know of hand-overs
        self_sudo = self.sudo()
        self_sudo.flush_model()
        self_sudo.env["collection.placement.item"].flush_model()
        if account_ids is not None and not self.env.execute_query(
            SQL(
                "SELECT 1 FROM collection_placement_line line WHERE %s LIMIT 1",
                accounts,
            )
        ):
            return 0
        changed = self_sudo._let_go_elsewhere() if account_ids is None else 0
        changed += self_sudo._revive(accounts)
        changed += self_sudo._relink(accounts)
        changed += self_sudo._add_items(
            SQL(
                """%(accounts)s AND placement.state IN %(handed_over)s
                   AND (mandate.new_item_rule = 'all'
                        OR (mandate.new_item_rule = 'overdue'
                            AND ci.date_due < %(today)s))""",
                accounts=accounts,
                handed_over=HANDED_OVER,
                today=fields.Date.context_today(self),
            ),
            followed=True,
        )
        changed += self_sudo._settle(accounts)
        return changed

    @api.model
    def _let_go_elsewhere(self):
        """At night: no item is with a provider who does not work its account.

        :return: number of items
        """
        self.env["collection.item"].flush_model(["account_id", "placement_line_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item ci
                   SET placement_line_id = NULL, delegated = FALSE
                  FROM collection_placement_line line
                 WHERE line.id = ci.placement_line_id
                   AND line.account_id <> ci.account_id
             RETURNING ci.id
                """
            )
        )
        self._invalidate_items([row[0] for row in rows])
        return len(rows)

    @api.model
    def _revive(self, accounts):
        """Reopen settled lines whose customer owes again under a running mandate."""
        today = fields.Date.context_today(self)
        self.env["collection.item"].flush_model()
        self.env["collection.account"].flush_model()
        self.env["collection.mandate"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (line.account_id) line.id
                  FROM collection_placement_line line
                  JOIN collection_account acc ON acc.id = line.account_id
                  JOIN collection_placement placement
                    ON placement.id = line.placement_id
                  JOIN collection_mandate mandate ON mandate.id = placement.mandate_id
                 WHERE %(accounts)s
                   AND line.state IN %(settled)s
                   AND acc.placement_line_id IS NULL
                   AND acc.delegation_state = 'in_house'
                   AND mandate.id IN %(working)s
                   -- only the last hand-over speaks for the account
                   AND NOT EXISTS (
                        SELECT 1 FROM collection_placement_line later
                         WHERE later.account_id = line.account_id
                           AND later.id > line.id)
                   AND EXISTS (
                        SELECT 1 FROM collection_item ci
                     LEFT JOIN collection_placement_item held
                            ON held.item_id = ci.id AND held.line_id = line.id
                         WHERE ci.account_id = line.account_id AND ci.state = 'open'
                           AND (held.id IS NOT NULL AND held.recalled IS NOT TRUE
                                OR held.id IS NULL AND mandate.new_item_rule = 'all'
                                OR held.id IS NULL
                                   AND mandate.new_item_rule = 'overdue'
                                   AND ci.date_due < %(today)s))
                """,
                accounts=accounts,
                settled=SETTLED_STATES,
                working=self.env["collection.mandate"]._search(WORKING).subselect(),
                today=today,
            )
        )
        lines = self.browse(row[0] for row in rows)
        if not lines:
            return 0
        lines._transit(
            {"state": "active", "reason": False, "date_end": False},
            self.env._("The customer owes again."),
        )
        for placement in lines.placement_id.filtered(lambda p: p.state == "closed"):
            placement._transit({"state": "handed_over"})
        lines._link_accounts()
        lines.account_id._message_log_batch(
            bodies={
                account.id: self.env._("With the provider again: the customer owes.")
                for account in lines.account_id
            }
        )
        return len(lines)

    @api.model
    def _relink(self, accounts):
        """Give items that were handed over, and owe again, back to their lines.

        :return: number of items
        """
        self.flush_model(["account_id", "placement_id", "state"])
        self.env["collection.placement"].flush_model(["state"])
        self.env["collection.item"].flush_model(["placement_line_id", "state"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item ci
                   SET placement_line_id = line.id, delegated = TRUE
                  FROM collection_placement_line line
                  JOIN collection_placement placement
                    ON placement.id = line.placement_id
                   AND placement.state IN %(handed_over)s
                  JOIN collection_placement_item held
                    ON held.line_id = line.id AND held.recalled IS NOT TRUE
                 WHERE %(accounts)s AND line.state = 'active'
                   AND ci.id = held.item_id AND ci.account_id = line.account_id
                   AND ci.state = 'open' AND ci.placement_line_id IS NULL
             RETURNING ci.id
                """,
                accounts=accounts,
                handed_over=HANDED_OVER,
            )
        )
        self._invalidate_items([row[0] for row in rows])
        return len(rows)

    @api.model
    def _settle(self, accounts):
        """End the lines whose handed-over items are all settled.

        What settled most of it since the hand-over is how the line ends. Money that was
        paid before, and only matched since, is not the provider's.

        :return: number of lines
        """
        source = self.env["collection.receipt.source"]
        source._flush_for_receipts()
        rows = self.env.execute_query(
            SQL(
                """
                WITH held AS (
                    SELECT line.id AS line_id, held.item_id, held.date_added,
                           held.create_date,
                           bool_and(ci.id IS NULL OR ci.state = 'closed')
                               OVER (PARTITION BY line.id) AS done
                      FROM collection_placement_line line
                      JOIN collection_placement_item held
                        ON held.line_id = line.id AND held.recalled IS NOT TRUE
                 LEFT JOIN collection_item ci ON ci.id = held.item_id
                     WHERE %(accounts)s AND line.state = 'active'
                ), since AS (
                    SELECT held.line_id, receipt.amount_company AS amount,
                           CASE WHEN receipt.kind = 'write_off' THEN 'written_off'
                                WHEN receipt.kind <> 'money' THEN 'credited'
                                WHEN receipt.date < held.date_added THEN 'before'
                                ELSE 'paid' END AS outcome
                      FROM held
                      JOIN (%(settled)s) receipt
                        ON receipt.item_id = held.item_id
                       AND receipt.kind <> 'exchange'
                       -- what came before the hand-over says nothing of its outcome
                       AND receipt.matched_on >= held.create_date
                )
                SELECT held.line_id,
                       COALESCE((
                            SELECT json_object_agg(outcome, amount)
                              FROM (SELECT since.outcome, SUM(since.amount) AS amount
                                      FROM since
                                     WHERE since.line_id = held.line_id
                                  GROUP BY since.outcome) part), '{}'::json)
                  FROM held
                 WHERE held.done
              GROUP BY held.line_id
              ORDER BY held.line_id
                """,
                accounts=accounts,
                settled=source._settled_query(
                    SQL("item.id IN (SELECT held.item_id FROM held WHERE held.done)")
                ),
            )
        )
        ends = defaultdict(list)
        for line_id, amounts in rows:
            # nothing at all: the invoice itself is gone
            outcome = max(amounts, key=amounts.get, default="credited")
            line = self.browse(line_id)
            reason = (
                line._describe_outcome(amounts)
                if len(amounts) > 1 or outcome == "before"
                else False
            )
            ends[outcome, reason].append(line_id)
        for (outcome, reason), line_ids in ends.items():
            lines = self.browse(line_ids)
            if outcome == "before":
                lines._take_back("recalled", reason, "paid_directly")
            else:
                lines._take_back(outcome, reason)
        return len(rows)

    def _describe_outcome(self, amounts):
        """What settled the line, in words: `amounts` {outcome: amount}."""
        self.ensure_one()
        money = {
            outcome: self.currency_id.format(amount)
            for outcome, amount in amounts.items()
        }
        parts = []
        if "paid" in money:
            parts.append(self.env._("received: %s", money["paid"]))
        if "credited" in money:
            parts.append(self.env._("credited: %s", money["credited"]))
        if "written_off" in money:
            parts.append(self.env._("written off: %s", money["written_off"]))
        if "before" in money:
            parts.append(self.env._("paid before the hand-over: %s", money["before"]))
        text = ", ".join(parts)
        return text[:1].upper() + text[1:]
