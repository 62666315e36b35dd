from odoo import api, fields, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Which policy applies to a customer."""

    _inherit = "collection.account"

    policy_note = fields.Text(
        string="Where the Items Continue",
        compute="_compute_policy_note",
        help="Open items whose last letter belongs to another policy, and where they "
        "stand on this one.",
    )
    effective_policy_id = fields.Many2one(
        comodel_name="collection.policy",
        string="Dunning Policy",
        compute="_compute_effective_policy_id",
    )

    # ------------------------------------------------------------------
    # The effective policy: one rule, in Python for what is being edited, in SQL for
    # the level rule. Whoever changes one of the two changes the other.
    # ------------------------------------------------------------------

    @api.depends(
        "policy_id",
        "segment_id.policy_id",
        "company_id.collection_policy_id",
        "company_id.parent_id.collection_policy_id",
    )
    def _compute_effective_policy_id(self):
        # sudo: the provider's people read which policy applies, not whence it comes
        for account, account_sudo in zip(self, self.sudo(), strict=True):
            company = account_sudo.company_id
            shared = account_sudo.segment_id.policy_id
            if shared.company_id and shared.company_id not in company.parent_ids:
                # segments are shared between companies, their policies may not be
                shared = shared.browse()
            account.effective_policy_id = (
                account_sudo.policy_id or shared or company._get_collection_policy()
            ).id

    @api.model
    def _effective_policy_sql(self):
        """SQL of the same over `collection_account acc`, whose own policy an item may
        override: (expression, joins)."""
        return (
            SQL(
                "COALESCE(acc.policy_id, shared.id, %s)",
                self.env["res.company"]._collection_policy_sql(SQL("com")),
            ),
            SQL(
                """
                  JOIN res_company com ON com.id = acc.company_id
             LEFT JOIN collection_segment segment ON segment.id = acc.segment_id
             -- segments are shared between companies, their policies may not be
             LEFT JOIN collection_policy shared
                    ON shared.id = segment.policy_id
                   AND (shared.company_id IS NULL
                        -- the company and its head offices
                        OR shared.company_id = ANY (
                            string_to_array(trim(BOTH '/' FROM com.parent_path),
                                            '/')::int[]))
                """
            ),
        )

    @api.depends("effective_policy_id", "policy_id", "segment_id")
    @api.depends_context("lang")
    def _compute_policy_note(self):
        groups = {}
        for account, level, count in self.env["collection.item"]._read_group(
            [
                ("account_id", "in", self._origin.ids),
                ("state", "=", "open"),
                ("level_id", "!=", False),
                ("policy_id", "=", False),
            ],
            ["account_id", "level_id"],
            ["__count"],
        ):
            groups.setdefault(account, []).append((level, count))
        for account in self:
            policy = account.effective_policy_id
            moved = [
                (level, count)
                for level, count in groups.get(account._origin, ())
                if level.policy_id != policy._origin
            ]
            if not moved or not policy:
                account.policy_note = False
                continue
            levels = self.env["collection.policy.level"].browse(
                level.id for level, _count in moved
            )
            standings = policy._get_standings(levels)
            account.policy_note = "\n".join(
                account._describe_standing(level, count, standings[level])
                for level, count in moved
            )

    def _describe_standing(self, level, count, standing):
        """How `count` items last sent `level` of another policy continue on this."""
        ladder = self.effective_policy_id._origin._ordered_levels()
        position = ladder.ids.index(standing.id) + 1 if standing else 0
        following = ladder[position : position + 1]
        if not following:
            return self.env._(
                "Open items at “%(level)s” (%(policy)s): %(count)s. No level is left, "
                "they stay at “%(standing)s”",
                count=count,
                level=level.name,
                policy=level.policy_id.name,
                standing=standing.name,
            )
        return self.env._(
            "Open items at “%(level)s” (%(policy)s): %(count)s. They continue at "
            "“%(following)s”",
            count=count,
            level=level.name,
            policy=level.policy_id.name,
            following=following.name,
        )

    def action_hold(self):
        """Ask until when and why no reminder to these customers may leave."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_hold_action"
        )
        return dict(action, context={"default_account_ids": self.ids})

    def action_release_hold(self):
        self.write({"hold_until": False, "hold_reason": False})

    def action_set_level(self):
        """Ask for the level that the open items have reached, and why."""
        return self.open_item_ids.action_set_level()
