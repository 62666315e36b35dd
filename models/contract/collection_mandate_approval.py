from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..base.roles import check_manager

#: what says that one side agreed
APPROVALS = (
    "company_approved_by_id",
    "company_approved_on",
    "provider_approved_by_id",
    "provider_approved_on",
)
#: who signed for the provider on paper, and when
SIGNATURE = ("provider_signatory", "provider_signed_on")
#: and the paper
PAPER = ("signed_contract", "signed_contract_name", *SIGNATURE)


class CollectionMandate(models.Model):
    """Both sides agree on the contract, by name and on a day.

    First the company, whose offer the provider's supervisors then read on the portal.
    What is changed in between is to be approved anew by both.
    """

    _inherit = "collection.mandate"

    company_approved_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Approved by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        tracking=True,
    )
    company_approved_on = fields.Datetime(
        string="Approved on", readonly=True, copy=False
    )
    provider_approved_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Approved for the Provider by",
        readonly=True,
        copy=False,
        ondelete="restrict",
        tracking=True,
    )
    provider_approved_on = fields.Datetime(
        string="Approved for the Provider on", readonly=True, copy=False
    )
    signed_contract = fields.Binary(
        attachment=True,
        copy=False,
        help="Where the provider signs on paper: the contract as both have signed it.",
    )
    signed_contract_name = fields.Char(copy=False)
    provider_signatory = fields.Char(
        string="Signed for the Provider by", copy=False, tracking=True
    )
    provider_signed_on = fields.Date(
        string="Signed for the Provider on", copy=False, tracking=True
    )

    @api.model
    def _get_sealed_fields(self):
        return super()._get_sealed_fields() | set(APPROVALS)

    def _is_signed_on_paper(self):
        self.ensure_one()
        return bool(
            self.signed_contract and self.provider_signatory and self.provider_signed_on
        )

    def _get_missing(self, state):
        missing = super()._get_missing(state)
        if state == "agreed":
            if not self.company_approved_on:
                missing.append(self.env._("A credit manager approves the contract."))
            if not self.provider_approved_on and not self._is_signed_on_paper():
                missing.append(
                    self.env._(
                        "A supervisor of the provider approves the contract on the "
                        "portal, or the contract signed on paper is put here with who "
                        "signed it and when."
                    )
                )
        return missing

    def action_approve(self):
        """Approve the contract for the company: it is now offered to the provider.

        :raises AccessError: for others than credit managers
        :raises UserError: when it was agreed on before
        """
        check_manager(self.env, self.env._("Only credit managers approve a mandate."))
        for mandate in self:
            mandate.check_access("write")
            mandate._check_in_study()
            mandate._seal(
                {
                    "company_approved_by_id": self.env.uid,
                    "company_approved_on": fields.Datetime.now(),
                }
            )
            if mandate._is_signed_on_paper():
                mandate.action_agree()

    def _check_in_study(self):
        if self.state != "study":
            raise UserError(
                self.env._(
                    "%(mandate)s was agreed on already.", mandate=self.display_name
                )
            )

    def write(self, vals):
        self._check_paper(vals)
        # who signs and changes something at once signs what stands there then
        signature = {name: vals[name] for name in SIGNATURE if name in vals}
        res = super().write({k: v for k, v in vals.items() if k not in signature})
        return super().write(signature) if signature else res

    def _check_paper(self, vals):
        """Refuse to exchange what was signed once it counts.

        :raises UserError: naming the mandate
        """
        for mandate in self:
            if mandate.state != "study" and any(
                name in vals and mandate[name] for name in PAPER
            ):
                raise UserError(
                    self.env._(
                        "%(mandate)s was agreed on by this paper: it stays. What "
                        "changes is an amendment.",
                        mandate=mandate.display_name,
                    )
                )

    def _reset_approvals(self):
        """What was approved, or signed, is not what stands there any more."""
        consent = (*APPROVALS, *SIGNATURE)
        approved = self.filtered(lambda mandate: any(mandate[x] for x in consent))
        approved._seal(dict.fromkeys(consent, False))

    @api.model
    def _get_contracts_sudo(self):
        """Contracts that the current user reads for the provider, as superuser.

        Offers, what is agreed on and what runs: of mandates that name them as one of
        the provider's supervisors; none for others.
        """
        agent_sudo = self.env["collection.agent"]._current()
        # sudo: the rules hide what does not run yet; the domain names whose it is
        mandates_sudo = self.sudo()
        if not agent_sudo.supervisor or not agent_sudo.provider_id:
            return mandates_sudo.browse()
        return mandates_sudo.search(
            Domain("provider_id", "=", agent_sudo.provider_id.id)
            & Domain("agent_ids", "in", agent_sudo.ids)
            & Domain("state", "!=", "ended")
            & Domain("company_approved_on", "!=", False)
        )

    @api.model
    def _get_contract_sudo(self, mandate_id):
        """One of `_get_contracts_sudo`.

        :raises AccessError: where it is none
        """
        mandate_sudo = self._get_contracts_sudo().filtered(
            lambda mandate: mandate.id == mandate_id
        )
        if not mandate_sudo:
            raise AccessError(
                self.env._("This contract is for the supervisors of the provider.")
            )
        return mandate_sudo

    @api.model
    def _approve_for_provider(self, mandate_id):
        """The provider's supervisor agrees: with that, both sides have.

        :raises AccessError: for anybody else
        :raises UserError: when it was agreed on already, or changed meanwhile
        """
        mandate_sudo = self._get_contract_sudo(mandate_id)
        # two supervisors at once: the second one is told
        mandate_sudo.lock_for_update()
        mandate_sudo._check_in_study()
        mandate_sudo._seal(
            {
                "provider_approved_by_id": self.env.uid,
                "provider_approved_on": fields.Datetime.now(),
            }
        )
        mandate_sudo.action_agree()
        return mandate_sudo
