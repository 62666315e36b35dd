from odoo import api, fields, models
from odoo.tools import SQL


class CollectionAccount(models.Model):
    """Who is written to, how, and what was written."""

    _inherit = "collection.account"

    dunning_contact_id = fields.Many2one(
        comodel_name="res.partner",
        string="Letters to",
        domain="[('commercial_partner_id', '=', partner_id)]",
        index="btree_not_null",
        tracking=True,
        ondelete="restrict",
        help="Contact who gets every letter. Empty: the contact of the invoices, the "
        "invoice address, or the customer.",
    )
    dunning_copy_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="collection_account_copy_rel",
        column1="account_id",
        column2="partner_id",
        string="Copy to",
        help="Contacts who get a copy of each letter that goes by e-mail.",
    )
    new_contact_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="collection_account_new_contact_rel",
        column1="account_id",
        column2="partner_id",
        string="Contacts to Look at",
        copy=False,
        readonly=True,
        help="Added by the provider: nothing is sent to them before somebody of the "
        "company has looked at them.",
    )
    preferred_channel = fields.Selection(
        selection=[("email", "E-mail"), ("post", "Post")],
        tracking=True,
        help="How this customer wants letters, instead of what the level says. "
        "Registered letters stay registered.",
    )
    correspondence_note = fields.Char(
        compute="_compute_correspondence_note",
        compute_sudo=True,
        help="Who is chosen for letters and belongs to the customer no longer.",
    )
    letter_ids = fields.One2many(
        comodel_name="collection.letter", inverse_name="account_id", string="Letters"
    )
    letter_count = fields.Integer(compute="_compute_letter_count")

    def _compute_letter_count(self):
        counts = dict(
            self.env["collection.letter"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.letter_count = counts.get(account._origin, 0)

    @api.depends(
        "dunning_contact_id.active",
        "dunning_contact_id.commercial_partner_id",
        "dunning_copy_ids.active",
        "dunning_copy_ids.commercial_partner_id",
        "partner_id",
    )
    def _compute_correspondence_note(self):
        for account in self:
            chosen = account.with_context(active_test=False)
            chosen = chosen.dunning_contact_id | chosen.dunning_copy_ids
            lost = chosen - account._get_own_people(chosen)
            account.correspondence_note = (
                self.env._(
                    "No longer with the customer, so no letter or copy goes to them: "
                    "%(people)s",
                    people=", ".join(lost.mapped("name")),
                )
                if lost
                else False
            )

    def write(self, vals):
        opened = (
            self.filtered(lambda account: not account.insolvency_date)
            if vals.get("insolvency_date")
            else self.browse()
        )
        res = super().write(vals)
        opened._stop_letters()
        return res

    @api.model
    def _get_followers(self):
        self.env["collection.letter.line"].flush_model(["item_id"])
        return super()._get_followers() | {
            "cancelled": SQL(
                """aml.parent_state = 'cancel' AND EXISTS (
                            SELECT 1 FROM collection_letter_line line
                             WHERE line.item_id = ci.id)"""
            ),
        }

    @api.model
    def _follow_position(self, account_ids=None, followers=None):
        changed = super()._follow_position(account_ids, followers)
        if followers is None or "cancelled" in followers:
            changed += self.env["collection.letter"]._follow_ledger(account_ids)
        return changed

    @api.model
    def _cron_refresh(self):
        res = super()._cron_refresh()
        self.env["collection.letter"]._follow_calls()
        return res

    def _stop_letters(self):
        """Insolvency opened: no letter that has not left leaves any more, and no call
        that one asked for is made."""
        if not self:
            return
        self.env["collection.letter"].search(
            [
                ("account_id", "in", self.ids),
                ("state", "in", ("draft", "to_send", "error")),
            ]
        )._cancel(self.env._("Insolvency of the customer"))
        self.letter_ids._end_calls()

    def _dunning_contact(self):
        """Who is written to and called: the contact chosen for letters, else the one
        for invoices, else the customer."""
        self.ensure_one()
        account_sudo = self.sudo()
        partner = account_sudo.partner_id
        return account_sudo._get_own_people(
            account_sudo.dunning_contact_id
        ) or partner.browse(partner.address_get(["invoice"])["invoice"])

    def _get_own_people(self, people):
        """Those of `people` who are still the customer's: neither archived nor with
        somebody else by now. The customer is, whatever they are."""
        self.ensure_one()
        # sudo: whose contacts they are, nothing more
        customer_sudo = self.sudo().partner_id
        return people.filtered(
            lambda person: (
                person == customer_sudo
                or (
                    person.sudo().active
                    and person.sudo().commercial_partner_id == customer_sudo
                )
            )
        )

    def action_confirm_contacts(self):
        """Contacts that the provider added are contacts like any other from now on."""
        self.check_access("write")
        for account in self:
            # sudo: collectors may not write contacts; they say that these are right
            account.sudo().new_contact_ids.write({"type": "contact"})
            account._message_log(
                body=self.env._(
                    "Contacts confirmed: %(contacts)s.",
                    contacts=", ".join(account.new_contact_ids.mapped("name")),
                )
            )
        self.sudo().new_contact_ids = False

    def action_open_letters(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_letter_action"
        )
        return dict(action, domain=[("account_id", "=", self.id)], context={})
