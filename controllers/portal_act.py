from odoo.http import request

from .portal import CollectionPortal, act_route

#: answers of the checklist of an invoice
CHECK_PREFIX = "check_"


class CollectionPortalAct(CollectionPortal):
    """What an agent does on a customer's page beside calling."""

    def _get_collection_agreement(self, post):
        """What promises and plans have in common."""
        return {
            name: self._get_collection_text(post, name)
            for name in ("note", "payment_means", "person")
            if self._get_collection_text(post, name)
        } | {"item_ids": self._get_collection_ids("item_ids")}

    # --- Promises and plans ---

    @act_route("promise")
    def portal_collection_promise(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "promise",
            post,
            self._act_with_collection_files(
                account,
                lambda: account._portal_new_promise(
                    {
                        **self._get_collection_agreement(post),
                        "amount": self._get_collection_amount(
                            post,
                            "amount",
                            account._get_portal_currency(
                                self._get_collection_ids("item_ids")
                            ),
                        ),
                        "date_promised": self._get_collection_date(
                            post, "date_promised"
                        ),
                    }
                ),
            ),
        )

    @act_route("promise/<int:promise_id>/withdraw")
    def portal_collection_withdraw(self, account_id, promise_id, **post):
        account = self._get_collection_account(account_id)
        promise = self._get_collection_record("collection.promise", account, promise_id)
        return self._do_collection_act(
            account,
            "withdraw",
            {**post, "record_id": promise.id},
            lambda: promise._portal_withdraw(self._get_collection_text(post, "reason")),
        )

    @act_route("plan")
    def portal_collection_plan(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "plan",
            post,
            lambda: account._portal_propose_plan(
                {
                    **self._get_collection_agreement(post),
                    "instalment_count": self._read_collection_number(
                        post.get("instalment_count")
                    ),
                    "date_first": self._get_collection_date(post, "date_first"),
                }
            ),
        )

    @act_route("plan/<int:plan_id>/cancel")
    def portal_collection_cancel(self, account_id, plan_id, **post):
        account = self._get_collection_account(account_id)
        plan = self._get_collection_record("collection.payment.plan", account, plan_id)
        return self._do_collection_act(account, "cancel", post, plan._portal_cancel)

    # --- Disputes, bills, controls ---

    def _get_collection_dispute(self, account, post):
        currency = account._get_portal_currency(self._get_collection_ids("item_ids"))
        return {
            "reason_id": self._get_collection_id(post, "reason_id"),
            "amount": self._get_collection_amount(post, "amount", currency),
            "description": self._get_collection_text(post, "description"),
        }

    @act_route("dispute")
    def portal_collection_dispute(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "dispute",
            post,
            self._act_with_collection_files(
                account,
                lambda: account._portal_open_dispute(
                    {
                        **self._get_collection_dispute(account, post),
                        # with one open invoice there is nothing to choose
                        "item_ids": self._get_collection_ids("item_ids")
                        or account._get_only_item().ids,
                    }
                ),
            ),
        )

    @act_route("bill/<int:bill_id>/chase")
    def portal_collection_chase(self, account_id, bill_id, **post):
        account = self._get_collection_account(account_id)
        bill = self._get_collection_record("collection.bill", account, bill_id)
        return self._do_collection_act(
            account,
            "chase",
            {**post, "record_id": bill.id},
            lambda: bill._portal_chase(self._get_collection_text(post, "alternative")),
        )

    @act_route("check/<int:precheck_id>")
    def portal_collection_check(self, account_id, precheck_id, **post):
        account = self._get_collection_account(account_id)
        precheck = self._get_collection_record(
            "collection.precheck", account, precheck_id
        )

        def answer():
            vals = {
                name.removeprefix(CHECK_PREFIX): True
                for name in post
                if name.startswith(CHECK_PREFIX)
            }
            vals |= {
                name: self._get_collection_text(post, name)
                for name in ("note", "payment_means", "person")
            }
            vals["date_planned"] = self._get_collection_date(post, "date_planned")
            # half a dispute is refused, not forgotten
            contested = any(
                self._get_collection_text(post, name)
                for name in ("reason_id", "amount", "description")
            )
            account._portal_answer_precheck(
                precheck.id,
                vals,
                self._get_collection_dispute(account, post) if contested else None,
            )

        return self._do_collection_act(
            account, "check", {**post, "record_id": precheck.id}, answer
        )

    # --- Messages to the company ---

    @act_route("message")
    def portal_collection_message(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "message",
            post,
            self._act_with_collection_files(
                account,
                lambda: account._portal_write_note(
                    self._get_collection_text(post, "body")
                ),
            ),
        )

    @act_route("mail")
    def portal_collection_mail(self, account_id, **post):
        """Have the company send the customer an e-mail."""
        account = self._get_collection_account(account_id)

        def send():
            request.session["collection_mailed"] = account._portal_send_mail(
                {
                    "kind": self._get_collection_text(post, "kind"),
                    "contact_id": self._get_collection_id(post, "contact_id"),
                    "item_ids": self._get_collection_ids("mail-item_ids"),
                    "template_id": self._get_collection_id(post, "template_id"),
                    "words": self._get_collection_text(post, "words"),
                }
            )

        return self._do_collection_act(account, "mail", post, send)

    @act_route("return")
    def portal_collection_return(self, account_id, **post):
        account = self._get_collection_account(account_id)
        return self._do_collection_act(
            account,
            "return",
            post,
            lambda: account._portal_request_return(
                self._get_collection_text(post, "reason"),
                self._get_collection_text(post, "body"),
                self._get_collection_files(),
            ),
        )
