import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.sampling import draw, quota
from ..base.roles import MANAGER_GROUP

#: days that are drawn for later when the nightly job did not run
CATCH_UP_DAYS = 7
SUNDAY = 6


class CollectionCallDraw(models.Model):
    """Which calls of a day were drawn for a review, and the proof that nobody chose.

    Drawn once the day is over, with a seed made up at that moment and kept: whoever
    doubts draws again from the same calls and finds the same ones.
    """

    _name = "collection.call.draw"
    _description = "Draw of Calls to Review"
    _order = "day desc, id desc"
    _rec_name = "day"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    day = fields.Date(required=True, readonly=True)
    seed = fields.Char(required=True, readonly=True)
    population = fields.Json(
        readonly=True,
        groups=MANAGER_GROUP,
        help="Calls of each person and the share that was to be drawn.",
    )
    call_count = fields.Integer(
        string="Calls Drawn from",
        readonly=True,
        help="Calls of the day in which somebody was reached.",
    )
    review_ids = fields.One2many(
        comodel_name="collection.call.review",
        inverse_name="draw_id",
        string="Calls Drawn",
        readonly=True,
    )
    review_count = fields.Integer(string="Drawn", compute="_compute_review_count")

    _day_uniq = models.Constraint(
        "UNIQUE (company_id, day)", "The calls of this day were drawn already."
    )

    @api.depends("review_ids")
    def _compute_review_count(self):
        for record in self:
            record.review_count = len(record.review_ids)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_drawn(self):
        raise UserError(self.env._("What was drawn stays drawn."))

    # ------------------------------------------------------------------
    # The draw
    # ------------------------------------------------------------------

    @api.model
    def _cron_draw(self):
        """Every night: draw of the days that are over, of each company."""
        Cron = self.env["ir.cron"]
        calling = self.env["collection.call"]._read_group([], ["company_id"])
        for (company,) in calling:
            yesterday = company._get_collection_today() - timedelta(days=1)
            last = self.search([("company_id", "=", company.id)], limit=1).day
            first = yesterday - timedelta(days=CATCH_UP_DAYS - 1)
            day = max(first, last + timedelta(days=1)) if last else yesterday
            while day <= yesterday:
                self._draw_day(company, day)
                day += timedelta(days=1)
            Cron._commit_progress(1)

    @api.model
    def _draw_day(self, company, day, seed=None):
        """Draw the calls of one day; they wait for their review.

        Of each person the share that was agreed; on the last day of a week one call
        at least of whoever called in that week and of whom none was drawn yet.

        :param seed: of the lottery; None: one that nobody could foresee
        :return: the draw
        """
        seed = seed or secrets.token_hex(16)
        calls = self._get_calls(company, day, day)
        population = self._get_population(calls)
        chosen = self._choose(population, seed)
        reasons = dict.fromkeys(chosen, "share")
        if day.weekday() == SUNDAY:
            weekly = self._choose_weekly(company, day, seed, calls.browse(chosen))
            reasons.update(dict.fromkeys(weekly, "week"))
        record = self.create(
            {
                "company_id": company.id,
                "day": day,
                "seed": seed,
                "population": population,
                "call_count": len(calls),
            }
        )
        self.env["collection.call.review"]._create_for(record, reasons)
        return record

    @api.model
    def _get_calls(self, company, first, last):
        """Calls between two days, both included, in which somebody was reached."""
        domain = [
            ("company_id", "=", company.id),
            ("connected", "=", True),
            ("date", ">=", company._get_collection_midnight(first)),
            ("date", "<", company._get_collection_midnight(last + timedelta(days=1))),
            ("correction_of_id", "=", False),
        ]
        return self.env["collection.call"].search(domain, order="id")

    @api.model
    def _get_population(self, calls):
        """What is drawn from: calls of each person and the share of them.

        :return: list of {"user": id, "share": percent, "calls": ids}
        """
        mandates = calls._get_working_mandates()
        groups = calls.grouped(lambda call: (call.user_id, mandates[call]))
        return [
            {
                "user": user.id,
                "share": (
                    mandate.quality_share
                    if mandate
                    else theirs.company_id.collection_quality_share
                ),
                "calls": theirs.ids,
            }
            for (user, mandate), theirs in groups.items()
        ]

    @api.model
    def _choose(self, population, seed):
        """The share of each person's calls that is to be reviewed: ids in order."""
        chosen = set()
        for group in population:
            ids = group["calls"]
            number = quota(len(ids), group["share"], seed, group["user"])
            chosen |= draw(ids, number, seed)
        return sorted(chosen)

    @api.model
    def _choose_weekly(self, company, sunday, seed, chosen):
        """One call of whoever called in this week and was not drawn yet: ids."""
        calls = self._get_calls(company, sunday - timedelta(days=SUNDAY), sunday)
        drawn = self.env["collection.call.review"].search(
            [("call_id", "in", calls.ids)]
        )
        covered = set((chosen.user_id | drawn.user_id).ids)
        theirs = {}
        for group in self._get_population(calls):
            if group["share"] > 0 and group["user"] not in covered:
                theirs.setdefault(group["user"], []).extend(group["calls"])
        picked = set()
        for ids in theirs.values():
            picked |= draw(ids, 1, f"{seed} week")
        return sorted(picked)

    def _is_genuine(self):
        """Whether drawing again from the same calls gives the same reviews.

        Once names were deleted for age it can no longer be told: None.
        """
        self.ensure_one()
        if not self.population and self.call_count:
            return None
        reviews = self.review_ids.filtered(lambda review: review.reason == "share")
        return self._choose(self.population or [], self.seed) == sorted(
            reviews.call_id.ids
        )

    def action_verify(self):
        """Draw again, and say whether the same calls come out."""
        self.ensure_one()
        genuine = self._is_genuine()
        if genuine is None:
            message = self.env._(
                "The names were deleted for age: the draw can no longer be repeated."
            )
        elif genuine:
            message = self.env._(
                "Drawn again from %(count)s calls: the same ones come out.",
                count=self.call_count,
            )
        else:
            message = self.env._(
                "Drawn again, other calls come out: this draw was tampered with."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success" if genuine else "warning",
            },
        }
