from odoo import api, fields, models

from ...models.agreement.collection_promise import MEANS
from ...models.base.days import company_today
from ...models.upstream.collection_means_change import REFUSALS


class CollectionMeansAnswer(models.TransientModel):
    """A customer was asked to pay by another means: what they say."""

    _name = "collection.means.answer"
    _description = "Record the Payment Means Proposed"
    _inherit = ["collection.relation.mixin"]

    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        readonly=True,
        # only the number is kept: the customer is read under the user's own rights
        ondelete="cascade",
    )
    payment_means = fields.Selection(related="account_id.payment_means")
    means_script = fields.Text(compute="_compute_means_script")
    target = fields.Selection(selection=MEANS, string="Proposed", required=True)
    answer = fields.Selection(
        selection=[
            ("asked", "Will think about it"),
            ("accepted", "Accepts"),
            ("refused", "Refuses"),
        ],
        required=True,
        default="accepted",
    )
    date_effective = fields.Date(string="In Effect from", default=company_today)
    refusal_reason = fields.Selection(selection=REFUSALS)
    person = fields.Char(string="Answered by")
    note = fields.Text()

    @api.depends("account_id", "target")
    def _compute_means_script(self):
        for wizard in self:
            account = wizard.account_id
            proposal = account and account._get_means_proposal()
            wizard.means_script = (
                proposal["script"]
                if proposal and proposal["target"] == wizard.target
                else False
            )

    def action_confirm(self):
        """Keep the answer; see `collection.account._record_means_change`."""
        self.ensure_one()
        accepted, refused = self.answer == "accepted", self.answer == "refused"
        self.account_id._record_means_change(
            self.target,
            self.answer,
            date_effective=accepted and self.date_effective,
            refusal_reason=refused and self.refusal_reason,
            person=self.person,
            note=self.note,
        )
        return {"type": "ir.actions.act_window_close"}
