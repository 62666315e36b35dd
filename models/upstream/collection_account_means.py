from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..agreement.collection_promise import MEANS
from ..base.days import company_today
from .collection_means_campaign import PROFESSIONAL_MEANS
from .collection_means_change import NEEDS_BANK_DETAILS

#: all that may be said about an answer beside the answer itself
ANSWER_FIELDS = frozenset({"date_effective", "note", "person", "refusal_reason"})
#: months for which a customer who refused is left in peace, outside of campaigns
REFUSAL_MONTHS = 6


class CollectionAccount(models.Model):
    """How customers pay, are to pay, and what to propose to them."""

    _inherit = "collection.account"

    payment_means = fields.Selection(
        selection=MEANS,
        index="btree_not_null",
        tracking=True,
        help="How the customer pays today.",
    )
    payment_means_target = fields.Selection(
        selection=MEANS,
        string="Wished Means",
        tracking=True,
        help="What this customer is to be brought to. Empty: as the campaigns say.",
    )
    means_to_propose = fields.Selection(
        selection=MEANS,
        compute="_compute_means_to_propose",
        search="_search_means_to_propose",
        compute_sudo=True,
        help="What to propose to the customer: his own wished means, else that of the "
        "first running campaign he belongs to. Nothing once he has answered.",
    )
    means_script = fields.Text(
        string="How to Propose It",
        compute="_compute_means_to_propose",
        compute_sudo=True,
    )
    means_change_ids = fields.One2many(
        comodel_name="collection.means.change",
        inverse_name="account_id",
        string="Means Proposed",
    )

    # ------------------------------------------------------------------
    # What may be proposed
    # ------------------------------------------------------------------

    @api.constrains("payment_means", "payment_means_target")
    def _check_payment_means(self):
        for account in self:
            for means in (account.payment_means, account.payment_means_target):
                if means and not account._may_use_means(means):
                    raise ValidationError(account._explain_unsuitable(means))

    def _may_use_means(self, means):
        """Bills of exchange and B2B direct debits are for professionals only."""
        self.ensure_one()
        # sudo: the kind of customer, which the provider's people need not read
        return (
            means not in PROFESSIONAL_MEANS
            or self.sudo()._get_debtor_type() != "consumer"
        )

    def _explain_unsuitable(self, means):
        labels = dict(self._fields["payment_means"]._description_selection(self.env))
        return self.env._(
            "%(customer)s is a consumer: “%(means)s” is for professionals only.",
            customer=self.display_name,
            means=labels[means],
        )

    def _get_wished_domain(self, means):
        """Accounts to which `means` is to be proposed by their own wish."""
        since = company_today(self) - relativedelta(months=REFUSAL_MONTHS)
        answered = Domain("target", "=", means) & (
            (Domain("state", "=", "refused") & Domain("date_answered", ">=", since))
            | (Domain("state", "=", "accepted") & Domain("date_applied", "=", False))
        )
        return (
            Domain("payment_means_target", "=", means)
            & (
                Domain("payment_means", "=", False)
                | Domain("payment_means", "!=", means)
            )
            & Domain("insolvency_date", "=", False)
            & ~Domain("means_change_ids", "any", answered)
        )

    def _get_running_campaigns(self, companies):
        return self.env["collection.means.campaign"].search(
            self.env["collection.means.campaign"]._get_running_domain(companies)
        )

    @api.depends(
        "payment_means",
        "payment_means_target",
        "segment_id",
        "insolvency_date",
        "means_change_ids.state",
    )
    def _compute_means_to_propose(self):
        accounts = self.env["collection.account"].with_context(active_test=False)
        self.means_to_propose = False
        self.means_script = False
        left = set(self._origin.ids)
        found = {}
        for means in set(self.mapped("payment_means_target")) - {False}:
            domain = Domain("id", "in", list(left)) & self._get_wished_domain(means)
            for account in accounts.search(domain):
                found[account.id] = (means, False)
        left -= found.keys()
        campaigns = self._get_running_campaigns(self.company_id) if left else ()
        for campaign in campaigns:
            domain = Domain("id", "in", list(left)) & campaign._get_candidate_domain()
            matching = accounts.search(domain)
            for account in matching:
                found[account.id] = (campaign.target, campaign.script)
            left -= set(matching.ids)
        for account in self:
            means, script = found.get(account._origin.id, (False, False))
            account.means_to_propose = means
            account.means_script = script

    def _search_means_to_propose(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: which campaigns run; what is found stays under the rules of accounts
        env = self.sudo().env
        campaigns = env["collection.account"]._get_running_campaigns(self.env.companies)
        wanted = {means for means, _label in MEANS}
        proposed = dict.fromkeys(wanted, Domain.FALSE)
        before = Domain.FALSE
        for means in wanted:
            proposed[means] = self._get_wished_domain(means)
            before |= proposed[means]
        for campaign in campaigns:
            domain = campaign._get_candidate_domain()
            proposed[campaign.target] |= domain & ~before
            before |= domain
        domain = Domain.OR(proposed[means] for means in wanted if means in value)
        return domain | ~before if False in value else domain

    def _get_means_proposal(self):
        """What to propose to this customer on the telephone or on the portal.

        :return: {"target", "label", "script"}, or None when there is nothing
        :raises AccessError: to whom the account is closed
        """
        self.ensure_one()
        self.check_access("read")
        means = self.means_to_propose
        if not means:
            return None
        labels = dict(self._fields["means_to_propose"]._description_selection(self.env))
        return {"target": means, "label": labels[means], "script": self.means_script}

    # ------------------------------------------------------------------
    # What the customer answers
    # ------------------------------------------------------------------

    def _check_may_record_means(self):
        """Who works the customer: collectors, and the provider it is delegated to.

        :return: agent who records it, as superuser; empty in-house when there is none
        """
        agent_sudo = self._check_may_work()
        if (
            not self.env.su
            and not self._is_outsider()
            and not self.env.user.has_group("account_collection.group_collection_user")
        ):
            raise AccessError(
                self.env._("Ask a collector to record how the customer wants to pay.")
            )
        return agent_sudo

    def _record_means_change(self, target, answer, call=None, **vals):
        """Record that the customer was asked to pay by `target`, or what they said.

        A customer counts once per campaign: a later answer takes the place of an
        earlier one, and the timeline keeps both.

        :param target: a code of `MEANS`
        :param answer: `asked`, `accepted` or `refused`
        :param call: the collection.call during which it was said
        :param vals: values of `ANSWER_FIELDS`: `date_effective` of what was accepted
            (today by default), `refusal_reason` of what was refused, `person`, `note`
        :return: the collection.means.change, as the current user
        :raises AccessError: not delegated to the current agent, or on other values
        :raises UserError: an unknown means or answer, a means the customer may not
            use or uses already, a refusal without reason, a day in the past
        """
        agent_sudo = self._check_may_record_means()
        vals = self.env["collection.means.change"]._clean_outside_values(
            vals, ANSWER_FIELDS
        )
        vals = self._check_means_answer(target, answer, vals)
        if call:
            call.check_access("read")
            if call.account_id != self:
                raise UserError(self.env._("This call was made to another customer."))
        # sudo: who may record it was checked, and the values are a closed list
        account_sudo = self.sudo()
        campaign_sudo, change_sudo = account_sudo._find_means_change(target)
        if (
            change_sudo.state == "accepted"
            and not change_sudo.date_applied
            and answer == "asked"
        ):
            raise UserError(
                self.env._("The customer has accepted already: nothing to ask.")
            )
        values = account_sudo._prepare_means_change(agent_sudo, answer, call, vals)
        if not change_sudo:
            change_sudo = change_sudo.create(
                {
                    **values,
                    "account_id": self.id,
                    "campaign_id": campaign_sudo.id,
                    "segment_id": account_sudo.segment_id.id,
                    "means_from": account_sudo.payment_means,
                    "target": target,
                    "date_asked": company_today(self),
                }
            )
        else:
            if answer == "asked":
                values["ask_count"] = change_sudo.ask_count + 1
            change_sudo.write(values)
        account_sudo._log_means_change(change_sudo)
        if answer == "accepted":
            change_sudo._apply()
            account_sudo._ask_bank_details(change_sudo)
        return change_sudo.with_env(self.env)

    def action_record_means(self):
        """Ask what the customer answers to the means proposed."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_collection.collection_means_answer_action"
        )
        return dict(
            action,
            context={
                "default_account_id": self.id,
                "default_target": self.means_to_propose,
            },
        )

    def _check_means_answer(self, target, answer, vals):
        """The values of an answer that makes sense, dates as dates."""
        labels = dict(self._fields["payment_means"]._description_selection(self.env))
        answers = dict(self.env["collection.means.change"]._fields["state"].selection)
        reasons = dict(
            self.env["collection.means.change"]._fields["refusal_reason"].selection
        )
        vals = {name: value for name, value in vals.items() if value}
        if target not in labels:
            raise UserError(self.env._("Choose one of the means of payment."))
        if answer not in answers:
            raise UserError(
                self.env._("Say whether the customer was asked, accepts or refuses.")
            )
        if not self._may_use_means(target):
            raise UserError(self._explain_unsuitable(target))
        if self.payment_means == target:
            raise UserError(
                self.env._(
                    "%(customer)s pays so already: %(means)s.",
                    customer=self.display_name,
                    means=labels[target],
                )
            )
        if answer == "refused" and vals.get("refusal_reason") not in reasons:
            raise UserError(self.env._("Say why the customer refuses."))
        if answer != "refused" and "refusal_reason" in vals:
            raise UserError(self.env._("A reason is for a refusal only."))
        if answer != "accepted" and "date_effective" in vals:
            raise UserError(
                self.env._("Only what was accepted takes effect on some day.")
            )
        if answer == "accepted":
            today = company_today(self)
            day = fields.Date.to_date(vals.get("date_effective")) or today
            if day < today:
                raise UserError(
                    self.env._("The change cannot take effect in the past.")
                )
            vals["date_effective"] = day
        return vals

    def _find_means_change(self, target):
        """The campaign in which `target` is proposed to this customer, and the row
        that a new answer goes to; each may be empty."""
        changes = self.env["collection.means.change"]
        for campaign in self._get_running_campaigns(self.company_id).filtered(
            lambda campaign: campaign.target == target
        ):
            change = changes.search(
                [("campaign_id", "=", campaign.id), ("account_id", "=", self.id)]
            )
            if change or self.search_count(
                Domain("id", "=", self.id) & campaign._get_candidate_domain()
            ):
                return campaign, change
        change = changes.search(
            [
                ("account_id", "=", self.id),
                ("target", "=", target),
                "|",
                ("state", "=", "asked"),
                "&",
                ("state", "=", "accepted"),
                ("date_applied", "=", False),
            ],
            limit=1,
        )
        return change.campaign_id, change

    def _prepare_means_change(self, agent_sudo, answer, call, vals):
        asked = answer == "asked"
        return {
            "person": False,
            "note": False,
            "refusal_reason": False,
            "date_effective": False,
            **vals,
            "state": answer,
            "date_answered": not asked and company_today(self),
            "date_applied": False,
            "side": agent_sudo.side or "company",
            "agent_id": agent_sudo.id,
            "user_id": self.env.uid,
            "mandate_id": self.mandate_id.id if agent_sudo.provider_id else False,
            "call_id": call.id if call else False,
        }

    def _log_means_change(self, change):
        labels = dict(change._fields["target"]._description_selection(self.env))
        states = dict(change._fields["state"]._description_selection(self.env))
        reasons = dict(
            change._fields["refusal_reason"]._description_selection(self.env)
        )
        said = [reasons.get(change.refusal_reason), change.person, change.note]
        self._message_log(
            body=self.env._(
                "Payment by “%(means)s” proposed: %(answer)s. %(said)s",
                means=labels[change.target],
                answer=states[change.state].lower(),
                said=" – ".join(filter(None, said)),
            ),
            author_id=self.env.user.partner_id.id,
        )

    def _ask_bank_details(self, change):
        """Somebody gets the customer's mandate or bank details before it begins."""
        if change.target not in NEEDS_BANK_DETAILS:
            return
        self._activity_schedule_for(
            self.company_id._get_collection_user(self.user_id),
            "mail.mail_activity_data_todo",
            lambda account: {
                "direct_debit": account.env._("Get the SEPA mandate signed"),
                "direct_debit_b2b": account.env._(
                    "Get the SEPA B2B mandate signed, and registered by the "
                    "customer's bank"
                ),
                "lcr_magnetic": account.env._(
                    "Get the customer's bank details for the LCR"
                ),
            }[change.target],
            date_deadline=change.date_effective,
        )
