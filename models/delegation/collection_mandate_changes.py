from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..base.days import company_today
from .collection_placement_item import WENT

#: how long a customer who ended is told of
CHANGE_DAYS = 31
#: how many of the days that were missed a digest makes up for
DIGEST_DAYS = 7
#: lines of a digest; the page has the rest
DIGEST_LINES = 100


class CollectionMandate(models.Model):
    """What changed of the customers of a mandate, told to the provider.

    What it already knew, by the names of the day of the hand-over, and nothing that
    the company wrote for itself: no reason of a recall, no note.
    """

    _inherit = "collection.mandate"

    changes_told_on = fields.Date(
        readonly=True,
        copy=False,
        help="Day up to which the provider's people were told by e-mail what changed.",
    )

    def _get_changes_sudo(self, first, last, limit=None):
        """What changed under these mandates from day `first` to `last`, newest first.

        To be called as superuser for people who may know: members of their teams.

        :return: list of dicts: `day`, `kind`, `label`, `line` and `account` (records),
            `name`, `ref`, `invoice`, `amount` (or None), `currency`, `details`
        """
        changes = [
            *self._get_event_changes(first, last),
            *self._get_item_changes(first, last),
            *self._get_line_changes(first, last),
            *self._get_dispute_changes(first, last),
        ]
        changes.sort(key=lambda change: (change["name"] or "", change["order"]))
        changes.sort(key=lambda change: change["day"], reverse=True)
        return changes[:limit]

    def _describe_change(self, line, day, kind, label, **more):
        return {
            "order": 0,
            "day": day,
            "kind": kind,
            "label": label,
            "line": line,
            "account": line.account_id,
            "name": line.partner_name,
            "ref": line.partner_ref or "",
            "invoice": "",
            "amount": None,
            "currency": line.currency_id,
            "details": "",
            **more,
        }

    def _get_event_changes(self, first, last):
        """What the ledger did to items."""
        labels = {
            "paid": (self.env._("Payment"), self.env._("Payment taken back")),
            "before": (
                self.env._("Payment from before the hand-over"),
                self.env._("Payment taken back"),
            ),
            "credited": (self.env._("Credit"), self.env._("Credit taken back")),
            "written_off": (
                self.env._("Written off"),
                self.env._("Write-off taken back"),
            ),
            "withdrawn": (
                self.env._("Invoice withdrawn"),
                self.env._("Invoice issued again"),
            ),
        }
        events = self.env["collection.placement.event"].search(
            [
                ("placement_item_id.line_id.mandate_id", "in", self.ids),
                ("date", ">=", first),
                ("date", "<=", last),
            ]
        )
        for event in events:
            held = event.placement_item_id
            yield self._describe_change(
                held.line_id,
                event.date,
                event.kind if event.amount > 0 else "undone",
                labels[event.kind][event.amount < 0],
                invoice=held.move_name or "",
                amount=abs(event.amount),
            )

    def _get_item_changes(self, first, last):
        """Items that joined, were taken back alone, or went to another customer."""
        items = self.env["collection.placement.item"]
        mine = Domain("line_id.mandate_id", "in", self.ids)
        joined = items.search(
            mine
            & WENT
            & Domain("followed", "=", True)
            & Domain("date_added", ">=", first)
            & Domain("date_added", "<=", last)
        )
        for held in joined:
            yield self._describe_change(
                held.line_id,
                held.date_added,
                "joined",
                self.env._("New invoice"),
                invoice=held.move_name or "",
                amount=held.amount_company,
            )
        back = items.search(
            mine
            & Domain("recalled", "=", True)
            & Domain("date_recalled", ">=", first)
            & Domain("date_recalled", "<=", last)
        )
        for held in back:
            moved = held.item_id and held.item_id.account_id != held.line_id.account_id
            yield self._describe_change(
                held.line_id,
                held.date_recalled,
                "back",
                self.env._("Now another customer's: no longer with you")
                if moved
                else self.env._("Taken back by the company"),
                invoice=held.move_name or "",
                amount=held.amount_company,
            )

    def _get_line_changes(self, first, last):
        """Customers who ended, and who came again."""
        labels = {
            "paid": self.env._("Ended: paid"),
            "credited": self.env._("Ended: credited"),
            "written_off": self.env._("Ended: written off"),
            "recalled": self.env._("Ended: taken back by the company"),
            "returned": self.env._("Ended: returned by you"),
            "transferred": self.env._("Ended: no longer with you"),
            "expired": self.env._("Ended: the time was over"),
        }
        lines = self.env["collection.placement.line"]
        mine = Domain("mandate_id", "in", self.ids)
        # what was only proposed was never theirs
        mine &= Domain("went", "=", True)
        for line in lines.search(
            mine
            & Domain("state", "!=", "active")
            & Domain("date_end", ">=", first)
            & Domain("date_end", "<=", last)
        ):
            yield self._describe_change(
                line,
                line.date_end,
                "ended",
                labels[line.state],
                order=8,
                details=line._describe_settled(),
            )
        for line in lines.search(
            mine
            & Domain("date_revived", ">=", first)
            & Domain("date_revived", "<=", last)
        ):
            yield self._describe_change(
                line,
                line.date_revived,
                "revived",
                self.env._("With you again"),
                order=9,
            )

    def _get_dispute_changes(self, first, last):
        """Disputes that were decided about items that are with the provider."""
        labels = {
            "accepted": self.env._("Dispute accepted"),
            "partial": self.env._("Dispute partly accepted"),
            "rejected": self.env._("Dispute rejected"),
        }
        for dispute in self.env["collection.dispute"].search(
            [
                ("date_decided", ">=", first),
                ("date_decided", "<=", last),
                ("state", "in", list(labels)),
                ("item_ids", "any", [("placement_line_id.mandate_id", "in", self.ids)]),
            ]
        ):
            items = dispute.item_ids.filtered("delegated")
            line = items.placement_line_id[:1]
            if line.mandate_id in self:
                yield self._describe_change(
                    line,
                    dispute.date_decided,
                    "dispute",
                    labels[dispute.state],
                    invoice=", ".join(items.mapped("move_name")),
                    amount=dispute.amount_accepted,
                    currency=dispute.currency_id,
                    details=dispute.decision_note or "",
                )

    # ------------------------------------------------------------------
    # Digest
    # ------------------------------------------------------------------

    @api.model
    def _cron_tell_changes(self):
        """Every morning: who works under a mandate is told what changed the day before,
        once, and only when something did."""
        for place, companies in self.env["res.company"]._by_collection_place():
            mandates = self.with_context(**place).search(
                [("company_id", "in", companies.ids), ("state", "!=", "ended")]
            )
            mandates._tell_changes()

    def _tell_changes(self):
        """As of the current day: what changed up to yesterday, by e-mail.

        One e-mail per person and company, in the reader's language.
        """
        told = {}
        for mandate in self:
            yesterday = company_today(mandate) - timedelta(days=1)
            first = max(
                mandate.changes_told_on or yesterday - timedelta(days=1),
                yesterday - timedelta(days=DIGEST_DAYS),
            ) + timedelta(days=1)
            agents = mandate._get_reachable_agents() if first <= yesterday else ()
            for agent in agents:
                told.setdefault((agent, mandate.company_id), []).append(
                    (mandate, first)
                )
            mandate.changes_told_on = yesterday
        for (agent, company), parts in told.items():
            yesterday = company_today(company) - timedelta(days=1)
            reader = self.with_context(lang=agent.user_id.lang)
            changes = [
                change
                for mandate, first in parts
                for change in mandate.with_env(reader.env)._get_changes_sudo(
                    first, yesterday
                )
            ]
            if changes:
                agent._mail_from(
                    company,
                    lambda env: env._("What changed with your customers"),
                    "account_collection.collection_mail_changes",
                    {
                        "changes": changes[:DIGEST_LINES],
                        "more": max(len(changes) - DIGEST_LINES, 0),
                        "day": yesterday,
                    },
                )


class CollectionPlacementLine(models.Model):
    """How a line ended, as the provider is told."""

    _inherit = "collection.placement.line"

    date_revived = fields.Date(
        string="Again since",
        readonly=True,
        copy=False,
        help="Day on which the customer went back to the provider, by a payment that "
        "bounced or a new invoice.",
    )

    def _describe_settled(self):
        """What settled the items meanwhile, in words; nothing where nothing did."""
        self.ensure_one()
        return self._describe_outcome(
            {
                outcome: self[name]
                for outcome, name in (
                    ("paid", "amount_paid"),
                    ("credited", "amount_credited"),
                    ("written_off", "amount_written_off"),
                )
                if self[name]
            }
        )
