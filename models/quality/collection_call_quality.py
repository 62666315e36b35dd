from odoo import api, fields, models


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

        That of the customer while the caller's provider has it, else the one the
        caller works under.
        """
        mandates = {}
        for call in self:
            agent = call.agent_id
            mandate = call.account_id.mandate_id
            if not agent.provider_id:
                mandate = mandate.browse()
            elif mandate.provider_id != agent.provider_id:
                theirs = agent.mandate_ids.filtered(
                    lambda mandate, call=call: mandate.company_id == call.company_id
                )
                mandate = theirs.filtered(lambda m: m._is_working())[:1] or theirs[:1]
            mandates[call] = mandate
        return mandates
