from odoo import api, fields, models
from odoo.tools import SQL


class CollectionCall(models.Model):
    """What became of the quality of a call: its mark, and under which mandate."""

    _inherit = "collection.call"

    # never stored: a call is not rewritten, and who sees the mark of a call is decided
    # by the rules of its review
    quality_mark = fields.Float(
        digits=(5, 1),
        compute="_compute_quality_mark",
        search="_search_quality_mark",
        help="From 0 to 100, when the call was drawn for a review.",
    )
    reviewed = fields.Boolean(
        compute="_compute_quality_mark", search="_search_reviewed"
    )

    @api.depends_context("uid")
    def _compute_quality_mark(self):
        Review = self.env["collection.call.review"]
        marks = {}
        if Review.has_access("read"):
            # under the reader's own rules: agents see their own marks
            reviews = Review.search(
                [("call_id", "in", self.ids), ("state", "=", "done")]
            )
            # sudo: which call a review that they see is about
            marks = {review.sudo().call_id.id: review.mark for review in reviews}
        for call in self:
            call.quality_mark = marks.get(call._origin.id, 0.0)
            call.reviewed = call._origin.id in marks

    def _search_quality_mark(self, operator, value):
        if operator not in ("=", "<", "<=", ">", ">=", "in"):
            return NotImplemented
        reviews = self.env["collection.call.review"].search(
            [("state", "=", "done"), ("mark", operator, value)]
        )
        # sudo: which calls the reviews that they see are about
        return [("id", "in", reviews.sudo().call_id.ids)]

    def _search_reviewed(self, operator, value):
        if operator != "in":
            return NotImplemented
        reviews = self.env["collection.call.review"].search([("state", "=", "done")])
        # sudo: which calls the reviews that they see are about
        return [("id", "in", reviews.sudo().call_id.ids)]

    def _get_working_mandates(self):
        """Mandate each call was made under: {call: mandate}, empty for in-house.

        Under which the caller's provider had the customer on that day, else the one
        the caller works under.
        """
        mandates = {}
        held = self._get_mandates_of_day()
        for call in self:
            agent = call.agent_id
            mandate = call.account_id.mandate_id
            if not agent.provider_id:
                mandate = mandate.browse()
            elif call.id in held:
                mandate = mandate.browse(held[call.id])
            elif mandate.provider_id != agent.provider_id:
                theirs = agent.mandate_ids.filtered(
                    lambda mandate, call=call: mandate.company_id == call.company_id
                )
                mandate = theirs.filtered(lambda m: m._is_working())[:1] or theirs[:1]
            mandates[call] = mandate
        return mandates

    def _get_mandates_of_day(self):
        """Ids of the mandates under which the caller's provider had the customer on the
        day of each call, where the company sits: {id of the call: id}."""
        found = {}
        self.flush_recordset(["account_id", "agent_id", "date"])
        self.agent_id.flush_recordset(["provider_id"])
        for company, calls in self.grouped("company_id").items():
            day = SQL(
                "(call.date AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
                company._get_collection_zone(),
            )
            mandate = self.env["collection.placement.line"]._get_mandate_sql(
                SQL("call.account_id"), day, SQL("agent.provider_id")
            )
            # sudo is not needed: ids of mandates, of calls that the caller has
            found |= dict(
                self.env.execute_query(
                    SQL(
                        """
                        SELECT id, mandate_id
                          FROM (SELECT call.id, %s AS mandate_id
                                  FROM collection_call call
                                  JOIN collection_agent agent
                                    ON agent.id = call.agent_id
                                 WHERE call.id IN %s) made
                         WHERE mandate_id IS NOT NULL
                        """,
                        mandate,
                        calls._ids,
                    )
                )
            )
        return found
