from odoo import fields, models

from ..base.days import company_today


class CollectionPlacement(models.Model):
    """Hand-overs that rules proposed, until somebody approves."""

    _inherit = "collection.placement"

    by_rule = fields.Boolean(
        string="Proposed by Rules",
        readonly=True,
        copy=False,
        help="The rules of the mandate chose these customers.",
    )

    def action_hand_over(self):
        """Whom the rules proposed on an earlier day goes as of the day of approval, and
        whoever may not go any more stays."""
        waiting = self.filtered(
            lambda placement: placement.by_rule and placement.state == "proposed"
        )
        for placement in waiting:
            placement.check_access("write")
            placement.date = company_today(placement)
            placement._let_stay()
        # of whom nobody may go any more, nothing is left to hand over
        going = self - waiting.filtered(lambda placement: placement.state == "closed")
        res = super(CollectionPlacement, going).action_hand_over()
        waiting.mandate_id._tell_proposals()
        return res

    def _let_stay(self):
        """Refuse the lines of customers who by now may not go, or owe nothing late."""
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line.state == "active")
        reasons = self.env["collection.delegation.choice"]._get_reasons(
            lines.account_id, self.date, self.mandate_id
        )
        labels = dict(
            self.env["collection.handover.line"]
            ._fields["proposed_reason"]
            ._description_selection(self.env)
        )
        stay = {}
        for line in lines:
            codes = [code for code in reasons[line.account_id.id] if code != "proposed"]
            if codes:
                stay.setdefault(labels[codes[0]], []).append(line.id)
            elif line.account_id.amount_overdue <= 0:
                stay.setdefault(self.env._("Nothing is overdue any more"), []).append(
                    line.id
                )
        for reason, line_ids in stay.items():
            lines.browse(line_ids)._refuse(reason)

    def unlink(self):
        mandates = self.filtered("by_rule").mandate_id
        res = super().unlink()
        mandates._tell_proposals()
        return res


class CollectionPlacementLine(models.Model):
    """Why a rule proposed a customer, and why somebody refused."""

    _inherit = "collection.placement.line"

    rule_id = fields.Many2one(
        comodel_name="collection.delegation.rule",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    rule_reason = fields.Char(
        string="Why Proposed", readonly=True, copy=False, help="As of that night."
    )

    def action_refuse(self):
        """Ask why, then keep these customers of a proposal in-house."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_proposal_refusal_action"
        )
        return dict(action, context={"default_line_ids": self.ids})

    def _refuse(self, reason):
        res = super()._refuse(reason)
        self.filtered("rule_id").mandate_id._tell_proposals()
        return res

    def _take_back(self, state, reason, recall_reason=False):
        # also what was proposed only is taken back
        mandates = self.filtered(
            lambda line: line.rule_id and line.placement_id.state == "proposed"
        ).mandate_id
        res = super()._take_back(state, reason, recall_reason)
        mandates._tell_proposals()
        return res
