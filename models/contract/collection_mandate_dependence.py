from odoo import api, fields, models
from odoo.fields import Domain

from ..base.roles import check_manager
from ..delegation.collection_mandate import WORKING_STATES


class CollectionMandate(models.Model):
    """How much of the file one provider has, and what is foreseen to go."""

    _inherit = "collection.mandate"

    going_count = fields.Integer(
        string="Customers Who Go",
        readonly=True,
        copy=False,
        help="Under this mandate, or foreseen to go by its terms, on the day counted.",
    )
    going_open = fields.Monetary(string="Amount That Goes", readonly=True, copy=False)
    going_on = fields.Date(string="Counted on", readonly=True, copy=False)
    dependence_share = fields.Float(
        string="Share with the Provider (%)",
        digits=(5, 1),
        compute="_compute_dependence",
        help="Of all that customers owe the company: what is with this provider, under "
        "whichever mandate, or foreseen to go under this one.",
    )
    dependence_warning = fields.Char(
        compute="_compute_dependence", export_string_translation=False
    )
    # what is above the limit was told of
    dependence_warned = fields.Boolean(
        readonly=True, copy=False, export_string_translation=False
    )

    @api.depends("company_id", "provider_id", "going_open", "state")
    @api.depends_context("lang")
    def _compute_dependence(self):
        for mandate in self:
            mandate.dependence_share = share = mandate._get_dependence()["share"]
            # sudo: a setting of the company, for who reads its mandate
            limit = mandate.company_id.sudo().collection_dependence_limit
            mandate.dependence_warning = (
                self.env._(
                    "%(provider)s has, or is to have, %(share)s %% of what customers "
                    "owe you, more than the %(limit)s %% you set: is the exit plan "
                    "ready?",
                    provider=mandate.provider_id.display_name,
                    share=round(share),
                    limit=round(limit),
                )
                if limit and share > limit and mandate.state != "ended"
                else False
            )

    @api.model
    def _get_sealed_fields(self):
        return super()._get_sealed_fields() | {
            "dependence_warned",
            "going_count",
            "going_on",
            "going_open",
        }

    def _get_going_accounts(self):
        """Customers who go under this mandate: those proposed or handed over; as long
        as there are none, those whom its terms would let go."""
        self.ensure_one()
        placed = self.env["collection.account"].search(
            [
                ("mandate_id", "=", self.id),
                ("delegation_state", "in", ("proposed", "delegated")),
            ]
        )
        return placed or self._get_foreseen_accounts()

    def _get_foreseen_accounts(self):
        """Customers whom the hand-over would let go today, by the mandate's extent."""
        today = self.company_id._get_collection_today()
        choice = self.env["collection.delegation.choice"]
        return self.env["collection.account"].browse(
            candidate.account.id
            for candidate in choice._read_candidates(self.company_id, today)
            if choice._decide(candidate, self.extent, self, today)[0] == "goes"
        )

    def action_count_going(self):
        """Count what goes, and what that leaves to each collector.

        :raises AccessError: for others than credit managers
        """
        check_manager(self.env, self.env._("Only credit managers change a mandate."))
        for mandate in self:
            mandate.check_access("write")
            going = mandate._get_going_accounts()
            mandate._seal(
                {
                    "going_count": len(going),
                    "going_open": sum(going.mapped("amount_open")),
                    "going_on": mandate.company_id._get_collection_today(),
                }
            )
            mandate.transition_ids.filtered(
                lambda plan: plan.state == "planned"
            )._take_figures(going)

    def _get_dependence(self):
        """What of the company's open amount is with the provider of this mandate.

        Under whichever mandate; where less than was counted for this one has gone so
        far, what was counted.

        :return: dict of `accounts` and `amount` with the provider, `total`, `share`
        """
        self.ensure_one()
        # sudo: sums of the company, for who reads its mandate
        accounts_sudo = self.env["collection.account"].sudo()
        mandates_sudo = self.env["collection.mandate"].sudo()
        count = total = 0
        for mandate, state, rows, owed in accounts_sudo._read_group(
            [("company_id", "=", self.company_id.id), ("amount_open", ">", 0)],
            ["mandate_id", "delegation_state"],
            ["__count", "amount_open:sum"],
        ):
            total += owed
            if state == "delegated" and mandate.provider_id == self.provider_id:
                count += rows
                mandates_sudo |= mandate
        amounts = mandates_sudo._get_delegated_amounts()
        amount = sum(amounts.values())
        under_this = amounts.get(self._origin.id, 0.0)
        if self.state in ("study", "agreed", "pilot"):
            amount += max(self.going_open - under_this, 0.0)
        return {
            "accounts": count,
            "amount": amount,
            "total": total,
            "share": 100.0 * amount / total if total else 0.0,
        }

    @api.model
    def _warn_dependence(self, companies):
        """Tell of providers of `companies` who have more than their limit, once.

        Told again when it had been less meanwhile. Of a provider with several mandates
        one tells it.
        """
        running = self.search(
            Domain("company_id", "in", companies.ids)
            & Domain("state", "in", WORKING_STATES)
        )
        for mandates in running.grouped(
            lambda mandate: (mandate.company_id, mandate.provider_id)
        ).values():
            first = mandates.sorted("id")[0]
            above = bool(first.dependence_warning)
            if above and not any(mandates.mapped("dependence_warned")):
                first._activity_schedule_for(
                    first._get_responsible(),
                    "mail.mail_activity_data_todo",
                    lambda asked: asked.dependence_warning,
                )
            mandates.filtered(
                lambda mandate, above=above: mandate.dependence_warned != above
            )._seal({"dependence_warned": above})
