from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..base.roles import check_manager


class CollectionMandateAmendment(models.Model):
    """What was changed in a mandate on one day after both sides had agreed to it.

    It holds from that day, as the company gives the provider its instructions; the
    provider's supervisor takes note of it on the portal.
    """

    _name = "collection.mandate.amendment"
    _description = "Amendment to a Mandate"
    _order = "date desc, number desc, id desc"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    number = fields.Integer(required=True, readonly=True)
    date = fields.Date(required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Made by",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    reason = fields.Char(help="Why the contract was changed.")
    noted_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Noted by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Who of the provider took note of it.",
    )
    noted_on = fields.Datetime(readonly=True, copy=False)
    line_ids = fields.One2many(
        comodel_name="collection.mandate.amendment.line",
        inverse_name="amendment_id",
        string="Changes",
        readonly=True,
    )

    changes = fields.Text(string="What Changed", compute="_compute_changes")

    @api.depends("line_ids.before", "line_ids.after")
    @api.depends_context("lang")
    def _compute_changes(self):
        for amendment in self:
            amendment.changes = "\n".join(
                self.env._(
                    "%(term)s: %(before)s → %(after)s",
                    term=line.name,
                    before=line.before or "–",
                    after=line.after or "–",
                )
                for line in amendment.line_ids
            )

    @api.depends("mandate_id", "number", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for amendment in self:
            amendment.display_name = self.env._(
                "Amendment %(number)s to %(mandate)s of %(day)s",
                number=amendment.number,
                mandate=amendment.mandate_id.number or "",
                day=format_date(self.env, amendment.date) if amendment.date else "",
            )

    def write(self, vals):
        if set(vals) - {"reason"} and not self.env.su:
            raise UserError(
                self.env._("Of an amendment, only the reason can be changed.")
            )
        return super().write(vals)

    def _note(self):
        """The provider takes note of these amendments, as the current user."""
        # sudo: only who and when, of amendments that the caller was let near
        self.sudo().filtered(lambda amendment: not amendment.noted_on).write(
            {"noted_by_id": self.env.uid, "noted_on": fields.Datetime.now()}
        )

    @api.model
    def _amend(self, mandate, changes):
        """Add `changes` to today's amendment of a mandate, or to a new one.

        What was changed twice before the provider took note stands once, as it was
        first and as it is last; what was changed back leaves nothing.

        :param changes: list of (key, label, before, after), texts
        """
        check_manager(self.env, self.env._("Only credit managers change a mandate."))
        # sudo: rows that nobody types
        amendments_sudo = self.sudo()
        today = mandate.company_id._get_collection_today()
        amendment_sudo = amendments_sudo.search(
            [
                ("mandate_id", "=", mandate.id),
                ("date", "=", today),
                ("user_id", "=", self.env.uid),
                ("noted_on", "=", False),
            ],
            limit=1,
        )
        if not amendment_sudo:
            last = amendments_sudo.search(
                [("mandate_id", "=", mandate.id)], order="number desc", limit=1
            )
            amendment_sudo = amendments_sudo.create(
                {
                    "mandate_id": mandate.id,
                    "number": last.number + 1,
                    "date": today,
                    "user_id": self.env.uid,
                }
            )
        lines = {line.key: line for line in amendment_sudo.line_ids}
        for key, label, before, after in changes:
            line = lines.get(key)
            if not line:
                amendment_sudo.line_ids.create(
                    {
                        "amendment_id": amendment_sudo.id,
                        "key": key,
                        "name": label,
                        "before": before,
                        "after": after,
                    }
                )
            elif line.before == after:
                line.unlink()
            else:
                line.after = after
        if not amendment_sudo.line_ids:
            amendment_sudo.unlink()


class CollectionMandateAmendmentLine(models.Model):
    """One term of a contract, before and after."""

    _name = "collection.mandate.amendment.line"
    _description = "Change of a Mandate"
    _order = "id"

    amendment_id = fields.Many2one(
        comodel_name="collection.mandate.amendment",
        required=True,
        index=True,
        ondelete="cascade",
    )
    key = fields.Char(required=True, readonly=True)
    name = fields.Char(string="Term", required=True, readonly=True)
    before = fields.Text(readonly=True)
    after = fields.Text(readonly=True)
