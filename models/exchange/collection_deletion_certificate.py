from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..base.days import company_today
from ..base.roles import check_manager

#: of a name that is typed outside, and of what was deleted
NAME_LENGTH = 250
TEXT_LENGTH = 2000
#: what a credit manager takes over from the paper
TYPED = frozenset({"signatory", "date_deleted", "means", "signed", "signed_name"})


class CollectionDeletionCertificate(models.Model):
    """The provider says that it has deleted what it kept, by name and on a day.

    Asked for when a mandate ends. A supervisor of the provider confirms it on the
    portal, or the company puts in the certificate signed on paper; what nobody
    confirms within the days of the contract is brought to the responsible.
    """

    _name = "collection.deletion.certificate"
    _description = "Deletion Certificate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "deadline desc, id desc"
    _rec_name = "mandate_id"

    mandate_id = fields.Many2one(
        comodel_name="collection.mandate",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        related="mandate_id.company_id", store=True, index=True, precompute=True
    )
    provider_id = fields.Many2one(
        related="mandate_id.provider_id", store=True, index=True, precompute=True
    )
    date_ended = fields.Date(string="Mandate Ended on", required=True, readonly=True)
    deadline = fields.Date(
        string="To Be Confirmed by", required=True, readonly=True, index=True
    )
    account_count = fields.Integer(
        string="Customers Handed Over", required=True, readonly=True
    )
    item_count = fields.Integer(
        string="Items Handed Over", required=True, readonly=True
    )
    state = fields.Selection(
        selection=[("asked", "Asked for"), ("confirmed", "Confirmed")],
        required=True,
        readonly=True,
        default="asked",
        tracking=True,
        index=True,
    )
    signatory = fields.Char(string="Confirmed for the Provider by", tracking=True)
    date_deleted = fields.Date(string="Deleted on", tracking=True)
    means = fields.Text(
        string="What Was Deleted", help="And how; what had to be kept, and why."
    )
    confirmed_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Confirmed in Odoo by",
        readonly=True,
        ondelete="restrict",
    )
    confirmed_on = fields.Datetime(readonly=True)
    signed = fields.Binary(
        string="Certificate on Paper",
        attachment=True,
        help="Where the provider signs on paper: the certificate as it was signed.",
    )
    signed_name = fields.Char(export_string_translation=False)
    overdue = fields.Boolean(compute="_compute_overdue")
    reminded = fields.Boolean(readonly=True, export_string_translation=False)

    _one_of_mandate = models.Constraint(
        "UNIQUE (mandate_id)", "Of each mandate there is one certificate."
    )
    _confirmed_by_name = models.Constraint(
        "CHECK (state <> 'confirmed' OR signatory <> '' AND date_deleted IS NOT NULL)",
        "Say who confirms that the data were deleted, and on which day they were.",
    )

    def _compute_overdue(self):
        for certificate in self:
            today = certificate.company_id._get_collection_today()
            certificate.overdue = (
                certificate.state == "asked" and certificate.deadline < today
            )

    def write(self, vals):
        # what the steps below write, they write as superuser
        if not self.env.su:
            self._check_by_hand(vals)
        return super().write(vals)

    def _check_by_hand(self, vals):
        """Refuse to write what only the steps note, or what was confirmed.

        :raises UserError: on such a value
        """
        ours = set(vals) - set(self.env["mail.thread"]._fields)
        ours -= set(self.env["mail.activity.mixin"]._fields)
        if ours - TYPED:
            raise UserError(
                self.env._(
                    "When and by whom a deletion was confirmed is noted as it happens: "
                    "nobody types it."
                )
            )
        if ours and any(one.state == "confirmed" for one in self):
            raise UserError(self.env._("A certificate stays as it was confirmed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Deletion certificates stay on record."))

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @api.model
    def _ask(self, mandates):
        """Ask for the certificates of mandates that have ended.

        Only where a customer was handed over: otherwise there is nothing to delete.
        """
        # sudo: nobody asks by hand; whoever ends a mandate may do so
        self_sudo = self.sudo()
        known = self_sudo.search([("mandate_id", "in", mandates.ids)]).mandate_id
        given = dict(
            self_sudo.env["collection.placement.line"]._read_group(
                [
                    ("mandate_id", "in", (mandates.sudo() - known).ids),
                    ("went", "=", True),
                ],
                ["mandate_id"],
                ["account_id:count_distinct"],
            )
        )
        items = {
            mandate: self_sudo.env["collection.placement.item"]._sum_once(
                [("placement_id.mandate_id", "=", mandate.id)]
            )[0][0]
            for mandate in given
        }
        return self_sudo.create(
            [
                {
                    "mandate_id": mandate.id,
                    "date_ended": mandate.date_end,
                    "deadline": fields.Date.add(
                        mandate.date_end, days=mandate.data_deletion_days
                    ),
                    "account_count": accounts,
                    "item_count": items[mandate],
                }
                for mandate, accounts in given.items()
            ]
        )

    @api.model
    def _cron_remind(self):
        """Every night: what nobody confirmed in time is brought to the responsible."""
        for place, companies in self.env["res.company"]._by_collection_place():
            here = self.with_context(**place)
            late = here.search(
                [
                    ("company_id", "in", companies.ids),
                    ("state", "=", "asked"),
                    ("deadline", "<", company_today(companies)),
                    ("reminded", "=", False),
                ]
            )
            for certificate in late:
                certificate._tell_responsible()
            late.reminded = True

    def _tell_responsible(self):
        mandate = self.mandate_id
        self._activity_schedule_for(
            mandate._get_responsible(),
            "mail.mail_activity_data_todo",
            lambda asked: asked.env._(
                "%(provider)s has not confirmed that the data of %(mandate)s are "
                "deleted",
                provider=mandate.provider_id.display_name,
                mandate=mandate.display_name,
            ),
        )

    # ------------------------------------------------------------------
    # Confirming
    # ------------------------------------------------------------------

    def _check_confirmation(self, signatory, day):
        """Refuse a confirmation that says nothing, or of a day that cannot be.

        :raises UserError: saying what is missing
        """
        self.ensure_one()
        if self.state == "confirmed":
            raise UserError(self.env._("The deletion was confirmed already."))
        if not (signatory or "").strip():
            raise UserError(self.env._("Enter the name of who confirms the deletion."))
        if not day:
            raise UserError(self.env._("Enter the day on which the data were deleted."))
        if not self.date_ended <= day <= self.company_id._get_collection_today():
            raise UserError(
                self.env._(
                    "The data were deleted after the mandate had ended, and today at "
                    "the latest: correct the day."
                )
            )

    def _confirm(self, vals):
        """Note the confirmation; the callers have checked who gives it."""
        self.write(
            {
                **vals,
                "state": "confirmed",
                "confirmed_by_id": self.env.uid,
                "confirmed_on": fields.Datetime.now(),
            }
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])

    def action_confirm(self):
        """Take over what the provider has signed on paper.

        :raises AccessError: for others than credit managers
        :raises UserError: without the paper, the name or the day
        """
        check_manager(
            self.env, self.env._("Only credit managers take over a certificate.")
        )
        self.check_access("write")
        for certificate in self:
            if not certificate.signed:
                raise UserError(
                    self.env._("Put in the certificate that the provider has signed.")
                )
            certificate._check_confirmation(
                certificate.signatory, certificate.date_deleted
            )
            # sudo: a credit manager, checked above; what the form itself cannot write
            certificate.sudo()._confirm({})

    @api.model
    def _get_asked_sudo(self):
        """Certificates that the current user reads for the provider, as superuser.

        Of mandates that name them as one of the provider's supervisors; none for
        others.
        """
        agent_sudo = self.env["collection.agent"]._current()
        # sudo: a mandate that has ended is closed to its provider but for this; the
        # domain names whose it is
        self_sudo = self.sudo()
        if not agent_sudo.supervisor or not agent_sudo.provider_id:
            return self_sudo.browse()
        return self_sudo.search(
            Domain("provider_id", "=", agent_sudo.provider_id.id)
            & Domain("mandate_id.agent_ids", "in", agent_sudo.ids)
        )

    @api.model
    def _get_one_sudo(self, mandate_id):
        """The one of a mandate among `_get_asked_sudo`.

        :raises AccessError: where it is none of theirs
        """
        certificate_sudo = self._get_asked_sudo().filtered(
            lambda one: one.mandate_id.id == mandate_id
        )
        if not certificate_sudo:
            raise AccessError(
                self.env._("This certificate is for the supervisors of the provider.")
            )
        return certificate_sudo

    @api.model
    def _confirm_for_provider(self, mandate_id, vals):
        """The provider's supervisor confirms the deletion.

        :param dict vals: `signatory`, `date_deleted` and `means`, as they came
        :raises AccessError: for anybody else
        :raises UserError: on a value that is none, or when it was confirmed already
        """
        certificate_sudo = self._get_one_sudo(mandate_id)
        # two supervisors at once: the second one is told
        certificate_sudo.lock_for_update()
        signatory = (vals.get("signatory") or "").strip()
        means = (vals.get("means") or "").strip()
        for text, limit in ((signatory, NAME_LENGTH), (means, TEXT_LENGTH)):
            if len(text) > limit or "\0" in text:
                raise UserError(
                    self.env._(
                        "Shorten your text to %(limit)s characters.", limit=limit
                    )
                )
        day = vals.get("date_deleted") or False
        certificate_sudo._check_confirmation(signatory, day)
        certificate_sudo._confirm(
            {"signatory": signatory, "date_deleted": day, "means": means}
        )
        return certificate_sudo

    def _get_certificate_name(self):
        """File name of the certificate, without extension."""
        self.ensure_one()
        return self.with_context(lang=self._get_lang()).env._(
            "Deletion certificate %(number)s",
            number=(self.mandate_id.number or "").replace("/", "-"),
        )

    def _get_lang(self):
        """The language of the contract."""
        return self.mandate_id._get_contract_lang()

    def _get_pdf(self):
        """The certificate as (file name, PDF), for the provider's supervisor too."""
        self.ensure_one()
        content, _kind = self.env["ir.actions.report"]._render_qweb_pdf(
            "account_collection.action_report_deletion_certificate", self.ids
        )
        return f"{self._get_certificate_name()}.pdf", content
