from odoo import api, fields, models

from ..customer.collection_segment import CAREFUL_HANDLINGS


class CollectionAccount(models.Model):
    """What a customer says of the way they are collected from."""

    _inherit = "collection.account"

    complaint_ids = fields.One2many(
        comodel_name="collection.complaint",
        inverse_name="account_id",
        string="Complaints",
    )
    complaint_count = fields.Integer(compute="_compute_complaint_count")
    complaint_note = fields.Char(
        string="Complaints That Stop Letters",
        compute="_compute_complaint_note",
        help="Complaints of a sensitive or strategic customer that are not closed: no "
        "letter of the ladder leaves meanwhile.",
    )

    @api.depends("complaint_ids.state", "segment_id.handling")
    def _compute_complaint_note(self):
        # one rule with `collection.dunning.decision`: whoever changes one changes the
        # other
        for account in self:
            careful = account.segment_id.handling in CAREFUL_HANDLINGS
            waiting = account.complaint_ids.filtered(
                lambda complaint: complaint.state != "closed"
            )
            account.complaint_note = (
                careful and ", ".join(waiting.sorted("date").mapped("number"))
            ) or False

    def _compute_complaint_count(self):
        counts = dict(
            self.env["collection.complaint"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.complaint_count = counts.get(account._origin, 0)

    def _get_satisfaction_contact(self):
        """Who is asked how a call went: who is called."""
        self.ensure_one()
        return self._get_own_people(self.dunning_contact_id) or self.partner_id

    def action_open_complaints(self):
        """Complaints of this customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_complaint_action"
        )
        return dict(
            action,
            domain=[("account_id", "=", self.id)],
            context={"default_account_id": self.id},
        )

    def action_new_complaint(self):
        """Record what this customer complains about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Complaint"),
            "res_model": "collection.complaint",
            "view_mode": "form",
            "target": "current",
            "context": {"default_account_id": self.id},
        }
