from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...tools import outside_value
from ..delegation.collection_placement_acknowledge import REFUSAL_REASONS
from ..delegation.collection_placement_extension import ASKED_DAYS
from ..delegation.collection_provider_note import RETURN_REASONS
from .badges import badge

#: customers on one page of a hand-over
LINES_PER_PAGE = 200
#: characters of what is said about customers who are refused, returned or kept
WORDS_LIMIT = 500


class CollectionPlacement(models.Model):
    """Hand-overs as a provider's supervisor sees and acknowledges them."""

    _inherit = "collection.placement"

    def _get_portal_values(self):
        """What the provider's supervisor sees of these hand-overs, as plain values.

        A few queries whatever the number of hand-overs and accounts.
        """
        self.check_access("read")
        # sudo: frozen totals of hand-overs the supervisor reads; the lines of
        # accounts taken back since are counted, but not readable to the user
        placements_sudo = self.sudo()
        totals = {}
        for placement, currency, count, amount, _in_company in (
            self.env["collection.placement.item"]
            .sudo()
            ._sum_once(
                [("placement_id", "in", self.ids)], ["placement_id", "currency_id"]
            )
        ):
            totals.setdefault(placement.id, []).append(
                {"currency": currency, "count": count, "amount": amount}
            )
        return [
            {
                "id": placement.id,
                "number": placement.number,
                "date": placement.date,
                "company": placement.company_id.name,
                "mandate": placement.mandate_id.display_name,
                "accounts": placement.account_count,
                "active": placement.active_count,
                "totals": totals.get(placement.id, []),
                "waiting": placement.state == "handed_over",
                "deadline": placement.date_acknowledge,
            }
            for placement in placements_sudo
        ]

    # ------------------------------------------------------------------
    # One hand-over
    # ------------------------------------------------------------------

    def _get_supervised_sudo(self):
        """This hand-over as superuser, for a supervisor of its mandate.

        :raises AccessError: for anybody else
        """
        self.ensure_one()
        self.check_access("read")
        agent_sudo = self.env["collection.account"]._get_provider_agent()
        # sudo: whether the current user supervises this very mandate
        placement_sudo = self.sudo()
        if (
            not agent_sudo.supervisor
            or agent_sudo not in placement_sudo.mandate_id.agent_ids
        ):
            raise AccessError(
                self.env._("Only a supervisor acknowledges receipt of a hand-over.")
            )
        return placement_sudo

    def _get_portal_placement(self, page=1):
        """What the page of this hand-over shows, as plain values.

        :param page: of its customers, `LINES_PER_PAGE` each
        :return: dict; `seal` is what the form of the receipt sends back
        :raises AccessError: for anybody but its supervisors
        """
        placement_sudo = self._get_supervised_sudo()
        [values] = self._get_portal_values()
        lines = self.env["collection.placement.line"]
        # those that are with the provider still, under the user's own rules
        domain = [("placement_id", "=", self.id)]
        count = lines.search_count(domain)
        found = lines.search(
            domain,
            order="amount desc, id",
            limit=LINES_PER_PAGE,
            offset=(page - 1) * LINES_PER_PAGE,
        )
        found.account_id._record_access("list")
        return {
            **values,
            "sent": placement_sudo._get_receipt(sent=True),
            "receipt": placement_sudo._get_acknowledged()
            or placement_sudo._get_receipt(),
            "seal": placement_sudo._get_receipt_seal(),
            "accepted_on": placement_sudo.accepted_on,
            "accepted_by": ""
            if placement_sudo.accept_reason
            else placement_sudo.accepted_by_id.name,
            "note": placement_sudo.note,
            "count": count,
            "lines": found._get_portal_lines(),
            "refusals": lines._get_portal_reasons(REFUSAL_REASONS),
            "returns": lines._get_portal_reasons(RETURN_REASONS),
            "timed": any(line.date_deadline for line in found.sudo()),
            "asked_days": ASKED_DAYS,
            "extensions": placement_sudo.extension_ids._get_portal_values(),
        }

    def _portal_accept(self, seal):
        """Acknowledge receipt as a supervisor of the provider.

        :param seal: the figures that the page showed
        :raises AccessError: for anybody else
        :raises UserError: when they are not what stands there now
        """
        placement_sudo = self._get_supervised_sudo()
        # what is taken back or refused meanwhile waits, and is told
        placement_sudo.lock_for_update()
        placement_sudo._check_waiting()
        if seal != placement_sudo._get_receipt_seal():
            raise UserError(
                self.env._(
                    "The hand-over changed while you were looking at it: %(figures)s "
                    "now. Look at the figures again, then acknowledge receipt.",
                    figures=placement_sudo._describe_receipt(
                        *placement_sudo._get_receipt()
                    ),
                )
            )
        placement_sudo._accept()

    def _portal_refuse(self, line_ids, reason, words):
        """Refuse customers of this hand-over, as a supervisor of the provider.

        :param line_ids: ids of lines of this hand-over
        :param reason: code of `REFUSAL_REASONS`
        :param words: what is to be said about it
        :return: number of customers that go back
        :raises AccessError: for anybody else
        :raises UserError: after the receipt, without a reason, or on other lines
        """
        placement_sudo = self._get_supervised_sudo()
        lines = self._find_portal_lines(line_ids)
        if reason not in dict(REFUSAL_REASONS):
            raise UserError(self.env._("Choose why the customers are refused."))
        words = self._read_portal_words(words, needed=reason == "other")
        # what the company reads is written in its language
        placement_sudo = placement_sudo.with_context(
            lang=placement_sudo.company_id._get_collection_lang()
        )
        placement_sudo.lock_for_update()
        placement_sudo._refuse(
            # sudo: found under the rules of the supervisor, who was checked
            lines.with_env(placement_sudo.env),
            placement_sudo.env["collection.agent"]._current(),
            reason,
            words,
        )
        return len(lines)

    def _portal_return(self, line_ids, reason, body, files):
        """Ask the company to take customers of this hand-over back, with the proof.

        :param line_ids: ids of lines of this hand-over
        :param reason: code of `RETURN_REASONS`
        :param body: what was tried
        :param files: list of (name, content) as they came
        :return: number of customers it is about
        :raises AccessError: for anybody but its supervisors
        :raises UserError: on what is missing, or on other lines
        """
        self._get_supervised_sudo()
        accounts = self._find_portal_lines(line_ids).account_id
        return accounts._portal_request_returns(reason, body, files)

    def _portal_extend(self, line_ids, days, words):
        """Ask for more time with customers of this hand-over, as a supervisor.

        :param line_ids: ids of lines of this hand-over
        :param days: how many more
        :param words: why
        :return: number of customers it is about
        :raises AccessError: for anybody else
        :raises UserError: without a reason, on other days, or on other lines
        """
        placement_sudo = self._get_supervised_sudo()
        lines = self._find_portal_lines(line_ids)
        words = self._read_portal_words(words)
        placement_sudo.lock_for_update()
        # sudo: found under the rules of the supervisor, who was checked
        self.env["collection.placement.extension"].sudo()._ask(
            self.env["collection.agent"]._current(), lines.sudo(), days, words
        )
        return len(lines)

    def _find_portal_lines(self, line_ids):
        """Lines of this hand-over ticked on its page, which are with the provider.

        :raises UserError: on none, or on one that is not
        """
        if not line_ids:
            raise UserError(self.env._("Tick the customers first."))
        lines = self.env["collection.placement.line"].search(
            [("id", "in", line_ids), ("placement_id", "=", self.id)]
        )
        if len(lines) != len(set(line_ids)):
            raise UserError(
                self.env._(
                    "Some of these customers are not with you any more: look at the "
                    "list again."
                )
            )
        return lines

    @api.model
    def _read_portal_words(self, text, needed=True):
        """A few words from a page, bounded."""
        text = text.strip() if isinstance(text, str) else text
        words = self._read_outside_value(
            self.env._("Explanation"),
            lambda value: outside_value.as_text(value, WORDS_LIMIT),
            text,
        )
        if needed and not words:
            raise UserError(self.env._("Say in a few words why."))
        return words or ""

    # ------------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------------

    def _portal_export(self):
        """The customers of this hand-over that are with the provider still, with their
        invoices as they stand today: (file name, content).

        :raises AccessError: not a hand-over that the current user reads
        """
        self.ensure_one()
        self.check_access("read")
        return self._get_portal_accounts()._portal_export(self._get_list_name())

    def _get_portal_accounts(self):
        # sudo: whose lines these are; the accounts are found by the user's own rules
        account_ids = self.sudo().line_ids.account_id.ids
        return self.env["collection.account"].search(
            [("id", "in", account_ids)], order="partner_name, id"
        )

    def _get_portal_list_sudo(self):
        """The hand-over list as it was signed, without what came back since; who takes
        it along is on record."""
        placement_sudo = self._get_supervised_sudo()
        self._get_portal_accounts()._record_access("export")
        return placement_sudo.with_context(
            collection_list_active=True, lang=self._get_list_lang()
        )

    def _portal_list_xlsx(self):
        """The hand-over list as a spreadsheet: (file name, content)."""
        return self._get_portal_list_sudo()._get_xlsx()

    def _portal_list_pdf(self):
        """The hand-over list to print: (file name, PDF)."""
        placement_sudo = self._get_portal_list_sudo()
        content, _kind = placement_sudo.env["ir.actions.report"]._render_qweb_pdf(
            "account_collection.action_report_placement", placement_sudo.ids
        )
        return f"{placement_sudo._get_list_name()}.pdf", content


class CollectionPlacementLine(models.Model):
    """Customers of a hand-over as its page lists them."""

    _inherit = "collection.placement.line"

    def _get_portal_lines(self):
        """What the page shows of these lines, which the current user reads."""
        counts = dict(
            self.env["collection.placement.item"]._read_group(
                [("line_id", "in", self.ids)], ["line_id"], ["__count"]
            )
        )
        # sudo: how the customers were called when they were handed over
        return [
            {
                "id": line.id,
                "account_id": line.account_id.id,
                "ref": line_sudo.partner_ref or "",
                "name": line_sudo.partner_name,
                "city": line_sudo.partner_city or "",
                "items": counts.get(line, 0),
                "amount": line.amount,
                "overdue": line.amount_overdue,
                "deadline": line_sudo.date_deadline,
                "currency": line_sudo.currency_id,
            }
            for line, line_sudo in zip(self, self.sudo(), strict=True)
        ]

    @api.model
    def _get_portal_reasons(self, reasons):
        """Reasons of a form, in the reader's language."""
        labels = dict(self._fields["return_reason"]._description_selection(self.env))
        return [{"code": code, "label": labels[code]} for code, _label in reasons]


class CollectionPlacementExtension(models.Model):
    """What was asked and answered, as the page of the hand-over tells it."""

    _inherit = "collection.placement.extension"

    def _get_portal_values(self):
        """Plain values; the callers have checked whose they are."""
        states = dict(self._fields["state"]._description_selection(self.env))
        return [
            {
                "date": extension.date,
                "author": extension.agent_id.name,
                "said": extension._describe_days(),
                "reason": extension.reason,
                "answer": extension.answer or "",
                **badge(extension.state, states[extension.state]),
            }
            for extension in self
        ]

    def _describe_days(self):
        """How many days were asked for, and granted, for how many customers."""
        self.ensure_one()
        names = {"count": self.line_count, "days": self.days}
        if self.state != "granted":
            return self.env._("Customers: %(count)s, days asked for: %(days)s", **names)
        return self.env._(
            "Customers: %(count)s, days asked for: %(days)s, granted: %(granted)s",
            granted=self.days_granted,
            **names,
        )
