from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class CollectionAgreementMixin(models.AbstractModel):
    """What was agreed with a customer about certain items, or is contested of them.

    It is about one customer and one currency, stays as it was agreed once it counts,
    and what the ledger makes of it comes back to whoever works the customer. The
    model has a `state`.
    """

    _name = "collection.agreement.mixin"
    _description = "Agreement about Items"
    _inherit = ["collection.ledger.mixin", "collection.provider.mixin", "mail.thread"]

    #: what was agreed, which nobody rewrites afterwards
    _agreed_fields = frozenset()
    #: what only the steps of the module write, as superuser
    _step_fields = frozenset()
    #: states in which it may be rewritten all the same
    _changeable_states = ()
    #: states in which it may be deleted
    _deletable_states = ()

    account_id = fields.Many2one(
        comodel_name="collection.account",
        required=True,
        index=True,
        ondelete="restrict",
    )
    partner_id = fields.Many2one(related="account_id.partner_id")
    company_id = fields.Many2one(
        related="account_id.company_id", store=True, index=True, precompute=True
    )
    item_ids = fields.Many2many(
        comodel_name="collection.item",
        required=True,
        domain="[('account_id', '=', account_id), ('state', '=', 'open')]",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_currency_id",
        store=True,
        precompute=True,
    )

    @api.depends("item_ids.currency_id", "account_id")
    def _compute_currency_id(self):
        for record in self:
            record.currency_id = (
                record.item_ids.currency_id[:1] or record.account_id.currency_id
            )

    def _get_refusals(self):
        """What is said when one of the rules below is broken.

        :return: dict of texts: `items` are not the customer's, there are several
            `currencies`, what was `agreed` is rewritten, or the record is `deleted`
        """
        raise NotImplementedError

    @api.constrains("item_ids", "account_id")
    def _check_items(self):
        # sudo: whoever agrees or decides may not see all of the position
        for record in self.sudo():
            if record.item_ids.account_id != record.account_id:
                raise ValidationError(record._get_refusals()["items"])
            if len(record.item_ids.currency_id) > 1:
                raise ValidationError(record._get_refusals()["currencies"])

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_no_step(vals)
        # defaults of the caller are values of theirs
        own = {f"default_{name}" for name in self._step_fields}
        if self.env.su or own.isdisjoint(self.env.context):
            return super().create(vals_list)
        kept = {k: v for k, v in self.env.context.items() if k not in own}
        # pylint: disable=context-overridden; keywords could only add to it
        without = self.with_context(kept)
        return super(CollectionAgreementMixin, without).create(vals_list)

    def _check_no_step(self, vals):
        """Refuse whoever writes what follows from an approval or from the ledger.

        :raises AccessError: saying what to do instead
        """
        if not self.env.su and self._step_fields.intersection(vals):
            raise AccessError(self._get_refusals()["agreed"])

    def write(self, vals):
        self._check_no_step(vals)
        if self._agreed_fields.intersection(vals):
            self._check_changeable()
        return super().write(vals)

    def _check_changeable(self):
        """Refuse to rewrite what was agreed.

        :raises UserError: saying what to do instead
        """
        if not self.env.su and any(
            record.state not in self._changeable_states for record in self
        ):
            raise UserError(self._get_refusals()["agreed"])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_record(self):
        if any(record.state not in self._deletable_states for record in self):
            raise UserError(self._get_refusals()["deleted"])

    def _get_state_label(self):
        """The state in words, in the language of the current user."""
        self.ensure_one()
        return dict(self._fields["state"]._description_selection(self.env))[self.state]

    def _bring_back(self, next_action):
        """Put the customer back on top of the diary, saying why."""
        self.ensure_one()
        self.account_id.write(
            {
                "next_action_date": fields.Date.context_today(self),
                "next_action": next_action,
            }
        )
