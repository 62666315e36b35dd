from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..base.days import company_today, company_today_sql, each_company_day
from ..base.planner import compile_nothing
from .collection_mandate import WORKING
from .collection_placement import HANDED_OVER

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
            "amount_credited",
            "amount_overdue",
            "amount_paid",
            "amount_written_off",
            "date_deadline",
            "date_end",
            "date_revived",
            "deadline_warned",
            "extension_ids",
            "former_line_id",
            "item_ids",
            "merged_line_id",
            "partner_address",
            "partner_city",
            "partner_name",
            "partner_ref",
            "reason",
            "recall_reason",
            "return_reason",
            "segment_id",
            "segment_name",
            "state",
            "went",
        }
    )

    _noted_fields = frozenset(
        {"amount", "amount_overdue", "date_deadline", "scope", "state"}
    )

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
    amount_today = fields.Monetary(
        string="Owed Today",
        compute="_compute_today",
        help="What would go if it went today; of a proposal nothing is frozen yet.",
    )
    overdue_today = fields.Monetary(compute="_compute_today")
    state = fields.Selection(
        selection=[
            ("active", "With the provider"),
            ("paid", "Paid"),
            ("credited", "Credited"),
            ("written_off", "Written off"),
            ("recalled", "Recalled"),
            ("returned", "Returned by the provider"),
            ("transferred", "Transferred"),
            ("expired", "Time over"),
            ("refused", "Not handed over"),
        ],
        required=True,
        default="active",
        readonly=True,
        copy=False,
        index=True,
    )
    went = fields.Boolean(
        string="Was Handed Over",
        readonly=True,
        copy=False,
        help="Not only proposed, and kept or refused before the hand-over.",
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
    date_end = fields.Date(string="Ended on", readonly=True, copy=False)
    agent_id = fields.Many2one(
        comodel_name="collection.agent",
        string="Agent at the End",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Whom the customer was assigned to when the hand-over ended.",
    )
    scope = fields.Selection(
        selection=[("account", "The whole customer"), ("items", "Chosen items")],
        required=True,
        default="account",
        help="Chosen items: nothing follows them later, and whatever else the customer "
        "owes stays with the company.",
    )
    chosen_item_ids = fields.Many2many(
        comodel_name="collection.item",
        relation="collection_placement_line_chosen_rel",
        column1="line_id",
        column2="item_id",
        string="Items Chosen",
        copy=False,
        help="The only ones that go.",
    )
    item_ids = fields.One2many(
        comodel_name="collection.placement.item",
        inverse_name="line_id",
        string="Items at Hand-over",
        readonly=True,
    )
    merged_line_id = fields.Many2one(
        comodel_name="collection.placement.line",
        string="Goes on with",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the customer with whom this one was merged: what was handed "
        "over here is worked there.",
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

    @api.depends("account_id.amount_open", "account_id.amount_overdue", "scope")
    def _compute_today(self):
        for line in self:
            if line.scope == "items":
                items = line.chosen_item_ids
                late = items.filtered(lambda item: item.days_overdue > 0)
                line.amount_today = sum(items.mapped("amount_residual_company"))
                line.overdue_today = sum(late.mapped("amount_residual_company"))
            else:
                line.amount_today = line.account_id.amount_open
                line.overdue_today = line.account_id.amount_overdue

    _one_active = models.UniqueIndex(
        "(account_id) WHERE state = 'active'",
        "This account is with a provider already.",
    )

    def _is_frozen(self):
        return self.placement_id._is_frozen()

    @api.model
    def _get_mandate_sql(self, account, day, provider):
        """SQL of the mandate under which a provider had a customer on a day.

        Of the last hand-over, where two of one provider met on that day; NULL of none.

        :param account: SQL of the account, `day` of the day, `provider` of the partner
        """
        for model, names in (
            (self, ["account_id", "date_end", "mandate_id", "placement_id", "went"]),
            (self.placement_id, ["date"]),
            (self.mandate_id, ["provider_id"]),
        ):
            model.flush_model(names)
        return SQL(
            """
            (SELECT line.mandate_id
               FROM collection_placement_line line
               JOIN collection_placement placement
                 ON placement.id = line.placement_id
               JOIN collection_mandate held ON held.id = line.mandate_id
              WHERE line.account_id = %(account)s
                AND held.provider_id = %(provider)s
                AND line.went
                AND placement.date <= %(day)s
                AND (line.date_end IS NULL OR line.date_end >= %(day)s)
           ORDER BY placement.date DESC, line.id DESC
              LIMIT 1)
            """,
            account=account,
            day=day,
            provider=provider,
        )

    @api.model
    def _note_columns(self):
        return SQL("own.placement_id, own.id, NULL, own.company_id")

    def _check_can_go(self):
        """Refuse accounts that must not leave the company, or that their mandate does
        not cover."""
        choice = self.env["collection.delegation.choice"]
        self.fetch(["account_id", "placement_id", "scope"])
        for placement, lines in self.grouped("placement_id").items():
            # handed over as they stand: no day to come makes them later
            day = min(placement.date, company_today(placement))
            reasons = choice._get_reasons(lines.account_id, day, placement.mandate_id)
            parts = lines.filtered(lambda line: line.scope == "items")
            counts = choice._count_going_items(parts.chosen_item_ids)
            for line in parts:
                if line.account_id.id not in counts:
                    reasons[line.account_id.id].append("no_item")
            for line in lines:
                # on a proposed hand-over it is because of these very lines
                codes = reasons[line.account_id.id]
                if codes and line.account_id.placement_line_id == line:
                    codes = [code for code in codes if code != "proposed"]
                if codes:
                    raise UserError(line._describe_refusal(codes[0]))

    def _describe_refusal(self, code):
        """Why this account cannot go, for whoever wanted to hand it over."""
        names = {
            "customer": self.account_id.display_name,
            "mandate": self.mandate_id.display_name,
        }
        match code:
            case "reserved" | "never":
                return self.env._(
                    "%(customer)s is reserved and stays in-house.", **names
                )
            case "insolvent":
                return self.env._(
                    "%(customer)s is insolvent: declare the claim instead of handing "
                    "it over.",
                    **names,
                )
            case "delegated":
                return self.env._("%(customer)s is with a provider already.", **names)
            case "proposed":
                return self.env._(
                    "%(customer)s is on another hand-over that was proposed.", **names
                )
            case "time_barred":
                return self.env._(
                    "All that %(customer)s owes is time-barred: there is nothing to "
                    "collect.",
                    **names,
                )
            case "creditor":
                return self.env._(
                    "%(customer)s is owed more than they owe: settle that first.",
                    **names,
                )
            case "no_item":
                return self.env._(
                    "None of the items chosen of %(customer)s may go: they are "
                    "settled, excluded, or with the provider already.",
                    **names,
                )
            case "other_lot":
                return self.env._(
                    "%(customer)s was drawn for another provider.", **names
                )
        return self.env._(
            "%(customer)s is not one of those whom the mandate %(mandate)s covers: "
            "look at its segments, days and amount.",
            **names,
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
        self._freeze_particulars(
            SQL(
                """
                , amount = COALESCE(held.amount, 0),
                  amount_overdue = COALESCE(held.overdue, 0),
                  segment_id = acc.segment_id
                """
            ),
            # line by line, by the index: added up beforehand, thousands of lines would
            # be compared with as many, where the planner takes a table that was filled
            # a moment ago for an empty one
            SQL(
                """
             LEFT JOIN LATERAL (
                        SELECT SUM(item.amount_company) AS amount,
                               SUM(item.amount_company)
                                   FILTER (WHERE item.days_overdue > 0) AS overdue
                          FROM collection_placement_item item
                         WHERE item.line_id = same.id) held ON TRUE
                """
            ),
        )

    def _freeze_particulars(self, more=None, joined=None):
        """Copy how the customers of the lines are called today and where they are.

        :param more: SQL of what else is set, from what is `joined`
        """
        self.flush_model()
        self.env["res.partner"].flush_model(
            ["city", "country_id", "name", "ref", "street", "street2", "zip"]
        )
        lang = self.company_id.partner_id[:1].lang or "en_US"
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line line
                   SET went = TRUE,
                       partner_name = partner.name,
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
                       %(more)s
                  FROM collection_placement_line same
                  JOIN collection_account acc ON acc.id = same.account_id
                  JOIN res_partner partner ON partner.id = acc.partner_id
             LEFT JOIN res_country country ON country.id = partner.country_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
                       %(joined)s
                 WHERE same.id = line.id AND line.id = ANY(%(lines)s)
             RETURNING line.id
                """,
                lang=lang,
                more=more or SQL(),
                joined=joined or SQL(),
                lines=list(self.ids),
            )
        )
        self.invalidate_recordset(
            [
                "amount",
                "amount_overdue",
                "display_name",
                "partner_address",
                "partner_city",
                "partner_name",
                "partner_ref",
                "segment_id",
                "segment_name",
                "went",
            ],
            flush=False,
        )

    @api.model
    def _add_items(self, condition, followed=False, by_hand=False):
        """Freeze and link the open items the lines of `condition` do not hold yet.

        Items that may not go (`collection.item._may_go_sql`) stay out, those that were
        not chosen where only some were, and, unless somebody chose them again, those
        that were taken back one by one.

        :param followed: whether they join a hand-over that took place earlier
        :param by_hand: whether somebody chose these very items
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
                        line_id, item_id, move_name, date_added, date_due, currency_id,
                        amount, amount_company, days_overdue, level_id, level_name,
                        recalled, followed, create_date)
                    SELECT line.id, ci.id, move.name,
                           %(today)s, ci.date_due, ci.currency_id, ci.amount_residual,
                           ci.amount_residual_company, %(today)s::date - ci.date_due,
                           ci.level_id,
                           -- in the language in which the list is signed
                           COALESCE(level.name ->> owner.lang, level.name ->> 'en_US'),
                           FALSE, %(followed)s,
                           -- whose doing it is, the hand-over tells
                           now() AT TIME ZONE 'UTC'
                      FROM collection_placement_line line
                      JOIN collection_placement placement
                        ON placement.id = line.placement_id
                      JOIN collection_mandate mandate
                        ON mandate.id = placement.mandate_id
                      JOIN collection_item ci
                        ON ci.account_id = line.account_id AND ci.state = 'open'
                      JOIN account_move move ON move.id = ci.move_id
                      JOIN res_company company ON company.id = ci.company_id
                      JOIN res_partner owner ON owner.id = company.partner_id
                 LEFT JOIN collection_policy_level level ON level.id = ci.level_id
                     WHERE %(condition)s
                       AND line.state = 'active'
                       AND ci.delegated IS NOT TRUE
                       AND %(may_go)s
                       AND (%(by_hand)s OR line.scope = 'account'
                            OR ci.id IN (
                                SELECT chosen.item_id
                                  FROM collection_placement_line_chosen_rel chosen
                                 WHERE chosen.line_id = line.id))
                       -- not a join: it would be looked up row by row in the very
                       -- table that is being filled
                       AND (%(by_hand)s OR (line.id, ci.id) NOT IN (
                            SELECT held.line_id, held.item_id
                              FROM collection_placement_item held
                             WHERE held.recalled AND held.item_id IS NOT NULL))
                 RETURNING item_id
                )
                UPDATE collection_item ci SET delegated = TRUE
                  -- in the order in which they lie: of many, each page is written once
                  FROM (SELECT * FROM added ORDER BY item_id) AS added
                 WHERE ci.id = added.item_id
             RETURNING ci.id
                """,
                condition=condition,
                may_go=self.env["collection.item"]._may_go_sql(),
                today=company_today_sql(self.env, SQL("ci.company_id")),
                followed=followed,
                by_hand=by_hand,
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
                SELECT %s, %s, %s, 'collection.placement.item', 'followed', 'true'
                  FROM collection_item item
                  JOIN collection_placement_line line
                    ON line.account_id = item.account_id AND line.state = 'active'
                  JOIN collection_placement_item own
                    ON own.line_id = line.id AND own.item_id = item.id
                 WHERE item.id = ANY(%s) AND own.followed
                """,
                self.env["collection.placement.item"]._note_columns(),
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
        self.env["account.move"].invalidate_model(
            ["collection_delegated", "collection_delegated_note"], flush=False
        )
        self.env["res.partner"].invalidate_model(
            ["collection_delegated", "collection_delegated_note"], flush=False
        )
        self.env["collection.account"].invalidate_model(
            ["delegated_item_count", "delegated_note", "open_item_count"], flush=False
        )

    @api.constrains("account_id", "chosen_item_ids")
    def _check_chosen(self):
        for line in self:
            strangers = line.chosen_item_ids.filtered(
                lambda item, line=line: item.account_id != line.account_id
            )
            if strangers:
                raise ValidationError(
                    self.env._(
                        "%(items)s: not what %(customer)s owes.",
                        items=", ".join(strangers[:5].mapped("display_name")),
                        customer=line.account_id.display_name,
                    )
                )

    def _join(self, items=None):
        """By hand: hand over more of what the customers of these lines owe.

        The list that was signed stays as it is; what joins says on which day it did.

        :param items: only these; None: all they owe, and what they will owe
        :raises UserError: where nothing joins
        """
        if not self:
            return
        self.check_access("write")
        condition = SQL(
            "line.id = ANY(%s) AND placement.state IN %s", list(self.ids), HANDED_OVER
        )
        if items is None:
            self._transit({"scope": "account"})
        else:
            condition = SQL("%s AND ci.id = ANY(%s)", condition, list(items.ids))
        before = self._count_held()
        self._add_items(condition, followed=True, by_hand=True)
        self.modified(["item_ids", "state"])
        after = self._count_held()
        joined = {
            line.account_id: after.get(line.id, 0) - before.get(line.id, 0)
            for line in self
        }
        idle = [account for account, count in joined.items() if not count]
        if idle:
            raise UserError(
                self.env._(
                    "Nothing of %(customer)s joins the hand-over: what is chosen is "
                    "settled, excluded, or with the provider already.",
                    customer=idle[0].display_name,
                )
            )
        self.account_id._log_notes(
            {
                account.id: self.env._(
                    "More goes to %(provider)s (%(number)s), items: %(count)s.",
                    provider=line.placement_id.provider_id.display_name,
                    number=line.placement_id.number,
                    count=joined[account],
                )
                for line in self
                for account in line.account_id
            }
        )
        self.account_id._mark_stale()
        for mandate, lines in self.grouped("mandate_id").items():
            mandate._draft_missing_notices(lines.account_id)

    def _check_joinable(self, mandate):
        """Refuse to let more join hand-overs of customers who may not go by now."""
        choice = self.env["collection.delegation.choice"]
        reasons = choice._get_reasons(self.account_id, company_today(mandate), mandate)
        for line in self:
            codes = reasons[line.account_id.id]
            if line.mandate_id == mandate:
                codes = [code for code in codes if code != "delegated"]
            if codes:
                raise UserError(line._describe_refusal(codes[0]))

    def _count_held(self):
        """Items that the provider works now: {line id: number}."""
        return {
            account.placement_line_id.id: count
            for account, count in self.env["collection.item"]._read_group(
                [("placement_line_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        }

    # ------------------------------------------------------------------
    # Taking back
    # ------------------------------------------------------------------

    def _take_back(self, state, reason, recall_reason=False):
        """End the lines: the provider's access goes in this same transaction.

        :param state: final state of the lines
        :param reason: why, shown on the hand-over and in the customer's timeline
        :param recall_reason: one of RECALL_REASONS when the company takes them back
        """
        self.fetch(["account_id", "company_id", "placement_id", "state"])
        lines = self.filtered(lambda line: line.state == "active")
        if not lines:
            return
        lines.check_access("write")
        accounts = lines.account_id
        accounts.check_access("write")
        lines._end(state, reason, recall_reason)
        # the selection is evaluated in the user's language
        label = dict(self._fields["state"]._description_selection(self.env))[state]
        body = self.env._(
            "No longer with the provider: %(state)s. %(reason)s",
            state=label,
            reason=reason or "",
        )
        accounts._log_notes(dict.fromkeys(accounts.ids, body))
        lines.placement_id._close_if_done()
        self.env["mail.followers"]._dismiss_provider_people()

    def _end(self, state, reason, recall_reason):
        """End these active lines and let their accounts and items go, in SQL: a file
        has thousands of each. Arguments as for `_take_back`."""
        compile_nothing(self.env)
        accounts = self.account_id
        self._note_changes({"state": state}, reason)
        self.env["collection.item"].flush_model()
        accounts.flush_model(["agent_id", "placement_line_id"])
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                UPDATE collection_placement_line line
                   SET state = %(state)s, reason = %(reason)s,
                       recall_reason = %(recall_reason)s, date_end = %(today)s,
                       agent_id = acc.agent_id, write_uid = %(uid)s,
                       write_date = now() AT TIME ZONE 'UTC'
                  FROM collection_account acc
                 WHERE acc.id = line.account_id AND line.id = ANY(%(lines)s)
             RETURNING line.id
                """,
                state=state,
                reason=reason or None,
                recall_reason=recall_reason or None,
                today=company_today_sql(self.env, SQL("line.company_id")),
                uid=self.env.uid,
                lines=list(self.ids),
            )
        )
        ended = ["agent_id", "date_end", "reason", "recall_reason", "state"]
        self.invalidate_recordset(ended, flush=False)
        accounts._update_delegation()
        self.modified(ended)
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item SET delegated = FALSE
                 WHERE account_id = ANY(%s) AND delegated
             RETURNING id
                """,
                list(accounts.ids),
            )
        )
        self._invalidate_items([row[0] for row in rows])

    def _refuse(self, reason):
        """Keep customers in-house who were proposed only; the proposal says why.

        :raises UserError: of one that was handed over, which is recalled instead
        """
        self.check_access("write")
        lines = self.filtered(lambda line: line.state == "active")
        if lines.placement_id._is_frozen():
            raise UserError(
                self.env._(
                    "What was handed over is taken back, not refused: recall it."
                )
            )
        for today, of_day in each_company_day(lines):
            of_day._transit({"state": "refused", "reason": reason, "date_end": today})
        accounts = lines.account_id
        accounts._update_delegation()
        body = self.env._("Not handed over: %(reason)s", reason=reason)
        accounts._log_notes(dict.fromkeys(accounts.ids, body))
        lines.placement_id._close_if_done()

    def _absorb(self, line):
        """Work on with this line what was handed over with `line`, which ends.

        Both are of one mandate, and their customers have become one. Each line stays as
        it was signed, under the name of its day; what the other one holds follows in
        this one. Where both are of the same hand-over, its list tells it once.
        """
        self.ensure_one()
        self.env.flush_all()
        if line.scope == "items" and self.scope != "items":
            # of two decisions the narrower holds: nothing goes that nobody chose
            self._transit({"scope": "items"})
        self._copy_items(line)
        line._transit(
            {
                "state": "transferred",
                "reason": self.env._(
                    "Merged with %(customer)s",
                    customer=self.account_id.display_name,
                ),
                "date_end": company_today(line),
            }
        )
        (line | self.search([("merged_line_id", "=", line.id)]))._transit(
            {"merged_line_id": self.id}
        )
        line.placement_id._close_if_done()

    def _copy_items(self, line):
        """Hold what `line` holds, as it was on the day it was handed over."""
        held = self.env["collection.placement.item"]
        own = {
            "line_id": self.id,
            "followed": True,
        }
        # what stands on the list already, under the former customer
        listed = line.placement_id == self.placement_id
        names = [
            name
            for name, field in held._fields.items()
            if field.store and field.column_type and name not in ("id", "origin_id")
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO collection_placement_item (%s, origin_id)"
                " SELECT %s, CASE WHEN %s THEN COALESCE(origin_id, id) END"
                " FROM collection_placement_item WHERE line_id = %s",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL(", ").join(
                    SQL("%s", own[name]) if name in own else SQL.identifier(name)
                    for name in names
                ),
                listed,
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
        self.env["collection.item"].flush_model(["account_id", "delegated", "state"])
        joins = True
        if account_ids is not None:
            [[joins]] = self.env.execute_query(
                SQL(
                    """
                    SELECT bool_or(
                        line.state = 'active'
                        AND EXISTS (
                            SELECT 1 FROM collection_item ci
                             WHERE ci.account_id = line.account_id
                               AND ci.state = 'open' AND ci.delegated IS NOT TRUE))
                      FROM collection_placement_line line
                     WHERE %s
                    """,
                    accounts,
                )
            )
            if joins is None:
                return 0
        changed = self_sudo._let_go_elsewhere() if account_ids is None else 0
        revived = self_sudo._revive(accounts)
        changed += revived + self_sudo._relink(accounts)
        # what may go takes long to tell, and is not asked where nothing could
        if joins or revived:
            changed += self_sudo._add_items(
                SQL(
                    """%(accounts)s AND placement.state IN %(handed_over)s
                       AND line.scope = 'account'
                       AND (mandate.new_item_rule = 'all'
                            OR (mandate.new_item_rule = 'overdue'
                                AND ci.date_due < %(today)s))""",
                    accounts=accounts,
                    handed_over=HANDED_OVER,
                    today=company_today_sql(self.env, SQL("ci.company_id")),
                ),
                followed=True,
            )
        changed += self_sudo._settle(accounts)
        # what it did is noted once the lines are what follows from it
        return changed + self_sudo._note_events(accounts)

    @api.model
    def _let_go_elsewhere(self):
        """At night: no item is with a provider whose hand-over does not hold it.

        :return: number of items
        """
        self.env["collection.item"].flush_model(["account_id", "delegated"])
        self.env["collection.account"].flush_model(["placement_line_id"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item ci SET delegated = FALSE
                  FROM collection_account acc
                 WHERE ci.delegated AND acc.id = ci.account_id
                   AND NOT EXISTS (
                        SELECT 1 FROM collection_placement_item held
                         WHERE held.item_id = ci.id
                           AND held.line_id = acc.placement_line_id
                           AND held.recalled IS NOT TRUE)
             RETURNING ci.id
                """
            )
        )
        self._invalidate_items([row[0] for row in rows])
        return len(rows)

    @api.model
    def _revive(self, accounts):
        """Reopen settled lines whose customer owes again under a running mandate."""
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
                   AND (COALESCE(mandate.revive_days, 0) = 0
                        OR line.date_end + mandate.revive_days >= %(today)s)
                   -- only the last hand-over speaks for the account
                   AND NOT EXISTS (
                        SELECT 1 FROM collection_placement_line later
                         WHERE later.account_id = line.account_id
                           AND later.id > line.id AND later.state <> 'refused')
                   AND EXISTS (
                        SELECT 1 FROM collection_item ci
                     LEFT JOIN collection_placement_item held
                            ON held.item_id = ci.id AND held.line_id = line.id
                         WHERE ci.account_id = line.account_id AND ci.state = 'open'
                           AND (held.id IS NOT NULL AND held.recalled IS NOT TRUE
                                OR held.id IS NULL AND line.scope = 'account'
                                   AND mandate.new_item_rule = 'all'
                                OR held.id IS NULL AND line.scope = 'account'
                                   AND mandate.new_item_rule = 'overdue'
                                   AND ci.date_due < %(today)s))
                """,
                accounts=accounts,
                settled=SETTLED_STATES,
                working=self.env["collection.mandate"]._search(WORKING).subselect(),
                today=company_today_sql(self.env, SQL("line.company_id")),
            )
        )
        lines = self.browse(row[0] for row in rows)
        if not lines:
            return 0
        for today, of_day in each_company_day(lines):
            of_day._transit(
                {
                    "state": "active",
                    "reason": False,
                    "date_end": False,
                    "date_revived": today,
                },
                self.env._("The customer owes again."),
            )
        for placement in lines.placement_id.filtered(lambda p: p.state == "closed"):
            # what was acknowledged once is not asked for again
            placement._transit(
                {"state": "accepted" if placement.accepted_on else "handed_over"}
            )
        lines.account_id._update_delegation()
        body = self.env._("With the provider again: the customer owes.")
        lines.account_id._log_notes(dict.fromkeys(lines.account_id.ids, body))
        return len(lines)

    @api.model
    def _relink(self, accounts):
        """Give items that were handed over, and owe again, back to their lines.

        :return: number of items
        """
        self.flush_model(["account_id", "placement_id", "state"])
        self.env["collection.placement"].flush_model(["state"])
        self.env["collection.item"].flush_model(["delegated", "state"])
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE collection_item ci SET delegated = TRUE
                  FROM collection_placement_line line
                  JOIN collection_placement placement
                    ON placement.id = line.placement_id
                   AND placement.state IN %(handed_over)s
                  JOIN collection_placement_item held
                    ON held.line_id = line.id AND held.recalled IS NOT TRUE
                 WHERE %(accounts)s AND line.state = 'active'
                   AND ci.id = held.item_id AND ci.account_id = line.account_id
                   AND ci.state = 'open' AND ci.delegated IS NOT TRUE
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
