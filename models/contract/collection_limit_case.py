from odoo import api, fields, models


class CollectionLimitCase(models.Model):
    """What a provider's people wanted to grant beyond what the mandate allows.

    Refused, or waiting for the company's approval: how often tells whether the limits
    suit the customers, or the agents do not know them.
    """

    _name = "collection.limit.case"
    _description = "Beyond the Powers of a Mandate"
    _order = "date desc, id desc"
    _rec_name = "account_id"

    account_id = fields.Many2one(
        comodel_name="collection.account",
        string="Customer",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, readonly=True
    )
    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Who",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    date = fields.Datetime(
        required=True, readonly=True, index=True, default=fields.Datetime.now
    )
    limit = fields.Selection(
        selection=[
            ("promise_day", "Promise too far ahead"),
            ("promise_share", "Too little promised"),
            ("plan", "Payment plan"),
        ],
        required=True,
        readonly=True,
    )
    outcome = fields.Selection(
        selection=[("refused", "Refused"), ("approval", "Sent for approval")],
        required=True,
        readonly=True,
    )
    note = fields.Text(string="What Was Said", readonly=True)

    @api.model
    def _record(self, account, limit, outcome, note=False):
        """Keep what the current user, one of a provider's people, wanted to grant.

        :return: the case; none of in-house people, whose limits are no mandate's
        """
        user = self.env.user
        # sudo: the account that the caller works, delegated now or no case
        account_sudo = account.sudo()
        if not (user.share or user._is_on_site()) or not account_sudo.mandate_id:
            return self.browse()
        return (
            self.sudo()
            .create(
                {
                    "account_id": account.id,
                    "company_id": account_sudo.company_id.id,
                    "mandate_id": account_sudo.mandate_id.id,
                    "user_id": self.env.uid,
                    "limit": limit,
                    "outcome": outcome,
                    "note": note,
                }
            )
            .with_env(self.env)
        )
