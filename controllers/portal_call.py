import re

from odoo.exceptions import UserError
from odoo.http import request

from .portal import CollectionPortal, act_route

#: an hour of the day, as a browser or a person writes it
HOUR = re.compile(
    r"(?P<hour>[01]?\d|2[0-3])(:(?P<minute>[0-5]\d)?(:[0-5]\d)?)?", re.ASCII
)
#: what stands by itself for nothing: a kind is reported when something else is said
NOT_SAID = frozenset(
    {"alternative", "confirm", "contact_id", "payment_means", "target"}
)


class CollectionPortalCall(CollectionPortal):
    """The call form of a customer's page, with what comes of the call."""

    def _get_collection_call_vals(self, post):
        """Values of the call itself, as the models take them."""
        vals = {
            name: self._get_collection_text(post, name)
            for name in (
                "direction",
                "next_action",
                "note",
                "obstacle_reason",
                "person",
                "phone",
            )
            if self._get_collection_text(post, name)
        }
        vals["outcome_id"] = self._get_collection_id(post, "outcome_id")
        date = self._get_collection_date(post, "next_action_date")
        if date:
            vals["next_action_date"] = date
        hour = self._get_collection_hour(post, "next_action_time")
        if hour:
            vals["next_action_time"] = hour
        if self._get_collection_text(post, "duration"):
            try:
                vals["duration"] = self._get_collection_amount(post, "duration")
            except UserError as error:
                raise UserError(
                    request.env._("Give the duration in minutes, as a number.")
                ) from error
        return vals

    def _get_collection_amendment(self, post):
        """Values of a call as they are to be, those that were emptied included."""
        vals = self._get_collection_call_vals(post)
        vals.pop("direction", None)
        vals.pop("obstacle_reason", None)
        for name in ("phone", "note", "next_action", "person", "next_action_date"):
            vals.setdefault(name, False)
        for name in ("duration", "next_action_time"):
            vals.setdefault(name, 0.0)
        return vals

    def _get_collection_hour(self, post, name):
        """An hour of a form as a number, 14.5 for 14:30; 0 when it is empty."""
        text = self._get_collection_text(post, name)
        if not text:
            return 0.0
        found = HOUR.fullmatch(text)
        if not found:
            raise UserError(request.env._("%(hour)s is not an hour.", hour=text))
        return int(found["hour"]) + int(found["minute"] or 0) / 60

    def _get_collection_follow_up(self, account, post):
        """What came of the call, by kind: those parts of the form with something in.

        Their fields are named after the kind: `promise-amount`.
        """
        follow_up = {}
        for kind, read in (
            ("promise", lambda part: self._read_collection_promise(account, part)),
            ("plan", self._read_collection_plan),
            ("dispute", lambda part: self._read_collection_dispute(account, part)),
            ("bill", self._read_collection_bill),
            ("duplicate", lambda part: part),
            ("contact", self._read_collection_contact),
            ("means", lambda part: part),
        ):
            part = {
                name.removeprefix(f"{kind}-"): value.strip()
                for name, value in post.items()
                if name.startswith(f"{kind}-") and value.strip()
            }
            items = self._get_collection_ids(f"{kind}-item_ids")
            if items:
                part["item_ids"] = items
            if part.keys() - NOT_SAID:
                follow_up[kind] = read(part)
        dispute = follow_up.get("dispute")
        if dispute and not dispute.get("item_ids"):
            # with one open invoice there is nothing to choose
            dispute["item_ids"] = account._get_only_item().ids
        return follow_up

    def _read_collection_promise(self, account, part):
        return {
            **part,
            "amount": self._get_collection_amount(
                part, "amount", account._get_portal_currency(part.get("item_ids"))
            ),
            "date_promised": self._get_collection_date(part, "date_promised"),
            "confirm": bool(part.get("confirm")),
        }

    def _read_collection_plan(self, part):
        return {
            **part,
            "instalment_count": self._read_collection_number(
                part.get("instalment_count")
            ),
            "date_first": self._get_collection_date(part, "date_first"),
        }

    def _read_collection_dispute(self, account, part):
        return {
            **part,
            "reason_id": self._get_collection_id(part, "reason_id"),
            "amount": self._get_collection_amount(
                part, "amount", account._get_portal_currency(part.get("item_ids"))
            ),
        }

    def _read_collection_bill(self, part):
        return {**part, "bill_id": self._get_collection_id(part, "bill_id")}

    def _read_collection_contact(self, part):
        return {**part, "contact_id": self._get_collection_id(part, "contact_id")}

    @act_route("call")
    def portal_collection_call(self, account_id, then=None, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "call",
            post,
            self._act_with_collection_files(
                account,
                lambda: account._portal_log_call(
                    self._get_collection_call_vals(post),
                    self._get_collection_follow_up(account, post),
                ),
            ),
            self._go_on_after_call if then == "next" else None,
        )

    def _go_on_after_call(self, call):
        # the next page tells what became of this one
        request.session["collection_saved_call"] = call.id
        return self._claim_next_collection()

    @act_route("call/<int:call_id>/amend")
    def portal_collection_amend(self, account_id, call_id, **post):
        """Complete a call of today, or correct one by a second entry."""
        account = self._get_collection_account(account_id)
        self._get_collection_record("collection.call", account, call_id)
        return self._do_collection_act(
            account,
            "amend",
            {**post, "record_id": call_id},
            lambda: account._portal_amend_call(
                call_id,
                self._get_collection_amendment(post),
                self._get_collection_text(post, "reason"),
            ),
        )
