from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..base.days import company_today


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
    lapse_reason = fields.Char(
        string="Why It Lapsed",
        readonly=True,
        copy=False,
        help="Why nothing is owed any more of what it is about.",
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
        for record_sudo in self.sudo():
            if record_sudo.item_ids.account_id != record_sudo.account_id:
                raise ValidationError(record_sudo._get_refusals()["items"])
            if len(record_sudo.item_ids.currency_id) > 1:
                raise ValidationError(record_sudo._get_refusals()["currencies"])

    def _check_may_agree(self):
        """Hook: refuse what the current user may not agree about these items.

        :raises UserError: saying what to do first
        """

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_no_step(vals)
        # defaults of the caller are values of theirs
        own = {f"default_{name}" for name in self._step_fields}
        if self.env.su or own.isdisjoint(self.env.context):
            return super().create(vals_list)
        kept = {k: v for k, v in self.env.context.items() if k not in own}
        clean = self.with_env(self.env(context=kept))
        return super(CollectionAgreementMixin, clean).create(vals_list)

    def _check_no_step(self, vals):
        """Refuse whoever writes what follows from an approval or from the ledger.

        :raises UserError: saying what to do instead
        """
        if not self.env.su and self._step_fields.intersection(vals):
            raise UserError(self._get_refusals()["agreed"])

    def write(self, vals):
        # of a provider's people the rights on fields refuse it
        if not self._is_outsider():
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

    # ------------------------------------------------------------------
    # Following the items
    # ------------------------------------------------------------------

    @api.model
    def _concerning(self, account_ids):
        """SQL: ids of the records of these accounts, or about one of their items.

        What was agreed about several items stays where it was when only some of them
        came to another account: it is found from both.
        """
        item_ids = self._fields["item_ids"]
        return SQL(
            """(
                SELECT id FROM %(table)s WHERE account_id = ANY(%(accounts)s)
                 UNION ALL
                SELECT rel.%(record)s
                  FROM collection_item about
                  JOIN %(relation)s rel ON rel.%(item)s = about.id
                 WHERE about.account_id = ANY(%(accounts)s))""",
            table=SQL.identifier(self._table),
            relation=SQL.identifier(item_ids.relation),
            record=SQL.identifier(item_ids.column1),
            item=SQL.identifier(item_ids.column2),
            accounts=list(account_ids or ()),
        )

    @api.model
    def _among_concerned(self, column, account_ids):
        """SQL: the record `column` is one of `_concerning`; any when they are None."""
        if account_ids is None:
            return SQL("TRUE")
        return SQL("%s IN %s", column, self._concerning(account_ids))

    def _is_pending(self):
        """Whether something is still expected of it."""
        raise NotImplementedError

    def _lose_items(self, items, reason):
        """`items` are no longer owed by this customer: they leave what it is about.

        What was about nothing else lapses.
        """
        for record in self.filtered(lambda record: record._is_pending()):
            left = record.item_ids - items
            if not left:
                record._lapse(reason)
                continue
            record.account_id._message_log(
                body=self.env._(
                    "%(document)s is no longer about %(items)s: %(reason)s",
                    document=record.display_name,
                    items=", ".join((record.item_ids & items).mapped("display_name")),
                    reason=reason,
                )
            )

    def _lapse(self, reason=None):
        """Nothing is owed any more of what it is about: it ends, and says why.

        :param reason: by default what the ledger says of its items
        """
        for record in self:
            reason_said = reason or record.item_ids._explain_settlement()
            record.write({"state": "lapsed", "lapse_reason": reason_said})
            record.account_id._message_log(
                body=self.env._(
                    "%(document)s has lapsed: %(reason)s",
                    document=record.display_name,
                    reason=reason_said,
                )
            )

    def _bring_back(self, next_action):
        """Put the customer back on top of the diary, saying why."""
        self.ensure_one()
        self.account_id.write(
            {
                "next_action_date": company_today(self),
                "next_action": next_action,
            }
        )
