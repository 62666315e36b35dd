from odoo import api, fields, models
from odoo.fields import Domain

#: who may know how a customer is judged and reminded: not the customer on
#: the portal, nor a provider's agent who works them
CREDIT_GROUPS = (
    "account_collection.group_collection_user,"
    "account.group_account_invoice,account.group_account_readonly"
)

#: what decides which customer a contact belongs to
OWNERSHIP_FIELDS = {"is_company", "parent_id"}


class ResPartner(models.Model):
    """What is known of a customer as a debtor."""

    _inherit = "res.partner"

    # what rules look through: of a partner, the accounts and a provider's agents
    collection_account_ids = fields.One2many(
        comodel_name="collection.account",
        inverse_name="partner_id",
        string="Collection Accounts",
        groups=fields.NO_ACCESS,
    )
    collection_agent_ids = fields.One2many(
        comodel_name="collection.agent",
        inverse_name="provider_id",
        string="Collection Agents",
        groups=fields.NO_ACCESS,
    )
    collection_account_id = fields.Many2one(
        comodel_name="collection.account",
        compute="_compute_collection_account_id",
        search="_search_collection_account_id",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
    )
    collection_segment_id = fields.Many2one(
        comodel_name="collection.segment",
        string="Segment",
        compute="_compute_collection_account_id",
        inverse="_inverse_collection_segment_id",
        search="_search_collection_segment_id",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
        help="Set here, the segment is locked: the classification leaves it alone.",
    )
    collection_delegated = fields.Boolean(
        string="Delegated",
        compute="_compute_collection_account_id",
        search="_search_collection_delegated",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
    )
    collection_level_id = fields.Many2one(
        comodel_name="collection.policy.level",
        string="Dunning Level",
        compute="_compute_collection_account_id",
        search="_search_collection_level_id",
        compute_sudo=True,
        groups=CREDIT_GROUPS,
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_collection_account_id(self):
        accounts = self.env["collection.account"].search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        )
        by_partner = {account.partner_id: account for account in accounts}
        for partner in self:
            customer = partner.commercial_partner_id._origin
            account = by_partner.get(customer, accounts[:0])
            partner.collection_account_id = account
            partner.collection_segment_id = account.segment_id
            partner.collection_delegated = account.delegation_state == "delegated"
            partner.collection_level_id = account.level_id

    def _inverse_collection_segment_id(self):
        for segment, partners in self.grouped("collection_segment_id").items():
            accounts = self.env["collection.account"]._get_or_create(partners)
            accounts.write({"segment_id": segment.id, "segment_locked": bool(segment)})

    def _search_by_account(self, field_name, domain):
        # core asks for the groups of a field where it is read, not where it is searched
        self._check_field_access(self._fields[field_name], "read")
        # sudo: only decides which of the user's own partners match, by a field they may
        # read; what they say of other records has become ids under their rights
        accounts_sudo = (
            self.env["collection.account"]
            .sudo()
            .search(domain & Domain("company_id", "=", self.env.company.id))
        )
        return Domain("commercial_partner_id", "in", accounts_sudo.partner_id.ids)

    def _search_collection_account_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._search_by_account(
            "collection_account_id", Domain("id", "in", value)
        )

    def _search_collection_segment_id(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        if operator == "any":
            value = self.env["collection.segment"].search(value).ids
        if False in value:
            # customers without account have no segment either
            others = self._search_by_account(
                "collection_segment_id", Domain("segment_id", "not in", list(value))
            )
            return ~others
        return self._search_by_account(
            "collection_segment_id", Domain("segment_id", "in", value)
        )

    def _search_collection_delegated(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._search_by_account(
            "collection_delegated", Domain("delegation_state", "=", "delegated")
        )

    def _search_collection_level_id(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        if operator == "any":
            value = self.env["collection.policy.level"].search(value).ids
        return self._search_by_account(
            "collection_level_id", Domain("level_id", "in", value)
        )

    def unlink(self):
        # EXTENDS base: an account of which nothing is recorded keeps nobody
        # sudo: whoever keeps the contacts need not know of collections
        accounts_sudo = (
            self.env["collection.account"]
            .sudo()
            .with_context(active_test=False)
            .search([("partner_id", "in", self.ids)])
        )
        accounts_sudo._get_empty().unlink()
        return super().unlink()

    def write(self, vals):
        # EXTENDS base: who belongs to another customer from now on owes as part of it
        if OWNERSHIP_FIELDS.isdisjoint(vals):
            return super().write(vals)
        contacts = self.with_context(active_test=False).search(
            [("id", "child_of", self.ids)]
        )
        before = {contact: contact.commercial_partner_id for contact in contacts}
        res = super().write(vals)
        moved = contacts.filtered(
            lambda contact: contact.commercial_partner_id != before[contact]
        )
        if moved:
            # sudo: whoever keeps the contacts need not know of the ledger
            self.env["collection.account"]._note_lines(
                self.env["account.move.line"]
                .sudo()
                .search(
                    [
                        ("partner_id", "in", moved.ids),
                        (
                            "account_id",
                            "any",
                            self.env["account.account"]._get_debtor_domain(),
                        ),
                        ("parent_state", "=", "posted"),
                    ]
                )
            )
        return res

    def action_open_collection_account(self):
        self.ensure_one()
        return self.collection_account_id.get_formview_action()
