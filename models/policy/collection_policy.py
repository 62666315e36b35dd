from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class CollectionPolicy(models.Model):
    """A ladder of dunning levels; it applies to a company, segment, customer or
    single invoice.

    Whoever comes from another ladder stands on this one where it is no more severe
    than what they have received (`_standing_query`), so that a change of policy neither
    parks an item nor starts it again at the bottom.
    """

    _name = "collection.policy"
    _description = "Dunning Policy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        help="Leave empty to share the policy between companies.",
    )
    level_ids = fields.One2many(
        comodel_name="collection.policy.level",
        inverse_name="policy_id",
        string="Levels",
        copy=True,
    )
    tolerance = fields.Float(
        default=1.0,
        digits=(16, 2),
        help="Smallest residual amount that is dunned, in the company's currency. "
        "It is converted into the currency of each item.",
    )
    catch_up = fields.Selection(
        selection=[
            ("one_by_one", "One level after the other"),
            ("by_age", "Start at the level of the item's age"),
        ],
        required=True,
        default="one_by_one",
        help="How an item starts that is already very late and was never dunned. "
        "By age: at the highest level already due, but never at a formal notice.",
    )
    align_customer = fields.Boolean(
        string="Align the Customer's Items",
        help="All items of a letter take the highest level among them.",
    )
    interval_days = fields.Integer(
        string="Days between Two Letters",
        default=0,
        help="An item gets its next letter this many days after the last one at the "
        "earliest, whatever its levels say. Without it a very late customer would "
        "climb one level each day of the daily run.",
    )
    do_nothing = fields.Boolean(
        help="Customers and invoices under this policy are never dunned."
    )

    @api.constrains("level_ids")
    def _check_levels(self):
        for policy in self:
            first = policy._ordered_levels()[:1]
            if first.delay_basis == "previous":
                raise ValidationError(
                    self.env._(
                        "The first level of the policy “%(policy)s” has no previous "
                        "level to count from. Let it count from the due date.",
                        policy=policy.name,
                    )
                )

    def _ordered_levels(self):
        """Levels in the order in which they are climbed."""
        return self.level_ids.sorted(lambda level: (level.sequence, level.id))

    @api.model
    def _standing_query(self):
        """SQL of where an item stands on each policy, by its last sent level.

        On the level's own policy: there. On another one: at the last level that is
        no more severe than what was sent. Tones are ordered service, courteous,
        firm, formal (a formal notice is formal); within a tone the item stands as
        many levels up as on the old ladder, at most those there are. A formal notice
        counts as sent only where one was sent. No row: at the bottom.

        :return: query of `level_id`, `policy_id`, `standing_id`, `rank` (from 1)
        """
        return SQL(
            """
            WITH graded AS (
                SELECT id, policy_id,
                       ROW_NUMBER() OVER climbing AS rank,
                       -- what comes after a firm letter is firm at the least
                       MAX(CASE WHEN formal_notice THEN 3
                           ELSE array_position(
                                ARRAY['service', 'courteous', 'firm', 'formal'],
                                tone::text) - 1 END) OVER climbing AS severity,
                       BOOL_OR(formal_notice IS TRUE) OVER climbing AS notice
                  FROM collection_policy_level
                WINDOW climbing AS (PARTITION BY policy_id ORDER BY sequence, id)
            ),
            placed AS (
                SELECT graded.*,
                       ROW_NUMBER() OVER (PARTITION BY policy_id, severity
                                          ORDER BY rank) AS step
                  FROM graded
            )
            SELECT DISTINCT ON (sent.id, stands.policy_id)
                   sent.id AS level_id, stands.policy_id,
                   stands.id AS standing_id, stands.rank
              FROM placed sent
              JOIN placed stands
                ON stands.id = sent.id
                OR (stands.policy_id <> sent.policy_id
                    AND (sent.notice OR NOT stands.notice)
                    AND (stands.severity, stands.step)
                        <= (sent.severity, sent.step))
          ORDER BY sent.id, stands.policy_id, stands.rank DESC
            """
        )

    def _get_standings(self, levels):
        """Where items last sent `levels` stand on this policy: {level: level}."""
        self.ensure_one()
        Level = self.env["collection.policy.level"]
        Level.flush_model(["policy_id", "sequence", "tone", "formal_notice"])
        rows = self.env.execute_query(
            SQL(
                "SELECT level_id, standing_id FROM (%s) standing"
                " WHERE policy_id = %s AND level_id IN %s",
                self._standing_query(),
                self._origin.id or 0,
                tuple(levels.ids) or (0,),
            )
        )
        standings = dict.fromkeys(levels, Level)
        for level_id, standing_id in rows:
            standings[Level.browse(level_id)] = Level.browse(standing_id)
        return standings
