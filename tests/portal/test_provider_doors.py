# pylint: disable=translation-required  # what a test posts, nobody reads
import json

from odoo import Command, fields
from odoo.http import Request
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .common import PortalCommon

#: all that a provider's agent may do with our models by remote call, as rights on the
#: model; which records it is about is the record rules' matter. A model that is not
#: here gives him nothing.
AGENT_RIGHTS = {
    "collection.account": {"read"},
    "collection.agenda": {"read"},
    "collection.bill": {"read"},
    "collection.call": {"read", "create"},
    "collection.call.outcome": {"read"},
    "collection.call.review": {"read"},
    "collection.call.review.line": {"read"},
    "collection.complaint": {"read", "create"},
    "collection.daily.figure": {"read"},
    "collection.dispute": {"read", "create"},
    "collection.dispute.reason": {"read"},
    "collection.item": {"read"},
    "collection.mandate": {"read"},
    "collection.means.change": {"read"},
    "collection.payment.instalment": {"read"},
    "collection.payment.plan": {"read"},
    "collection.placement": {"read"},
    "collection.placement.item": {"read"},
    "collection.placement.line": {"read"},
    "collection.precheck": {"read"},
    "collection.promise": {"read", "create"},
    "collection.quality.criterion": {"read"},
    "collection.receipt": {"read"},
    "collection.satisfaction": {"read"},
    "collection.provider.note": {"read"},
}
#: what may be read without any account being delegated: words of the catalogue, and
#: the mandate and the figures of one's own
WITHOUT_ACCOUNT = {
    "collection.call.outcome",
    "collection.daily.figure",
    "collection.dispute.reason",
    "collection.mandate",
    "collection.quality.criterion",
}


@tagged("post_install", "-at_install")
class TestProviderDoors(PortalCommon):
    """Nobody comes to another one's customers by any door.

    Three strangers try each: the agent of another provider, the agent of an account
    that was recalled, and a portal user who is nobody's agent. The models are those
    of the registry, so that a model added later is tried without being named.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mandate.write({"plan_instalments": 5, "plan_amount": 9000.0})
        late, other = cls.items.sorted("date_due")
        today = cls._today()
        account = cls.account.with_user(cls.agent_user)
        cls.kept_promise = account._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": fields.Date.add(today, days=5),
                "item_ids": other.ids,
            }
        ).with_env(cls.env)
        cls.plan = account._portal_propose_plan(
            {
                "instalment_count": 2,
                "date_first": fields.Date.add(today, days=9),
                "item_ids": late.ids,
            }
        ).with_env(cls.env)
        cls.bill = cls.env["collection.bill"].create(
            {
                "account_id": cls.account.id,
                "item_ids": [Command.set(other.ids)],
                "kind": "lcr",
            }
        )
        cls.bill.action_send()
        cls.precheck = cls.env["collection.precheck"].create({"item_id": other.id})
        cls.means_change = account._record_means_change("transfer", "asked").with_env(
            cls.env
        )
        cls.call = (
            cls.env["collection.call"]
            .with_user(cls.agent_user)
            .create(cls._call_values(cls.account))
            .with_env(cls.env)
        )
        cls.dispute = (
            cls.env["collection.dispute"]
            .with_user(cls.agent_user)
            .create(
                {
                    "account_id": cls.account.id,
                    "item_ids": [Command.set(late.ids)],
                    "amount": 10.0,
                    "reason_id": cls.env.ref(
                        "account_collection.dispute_reason_price"
                    ).id,
                }
            )
            .with_env(cls.env)
        )
        cls._tell_quality(today)
        cls.note = account._portal_write_note("Closed on Fridays").with_env(cls.env)
        cls.account.next_action_date = today
        cls.letter = cls.account._write_letter("statement")
        cls.review = cls.env["collection.mandate.review"].create(
            {"mandate_id": cls.mandate.id, "date": today}
        )
        cls.env.flush_all()

    @classmethod
    def _tell_quality(cls, today):
        """A call of the agent that was heard, a mark of the customer, a complaint."""
        agent_env = cls.env(user=cls.agent_user)
        heard = agent_env["collection.call"].create(
            {
                "account_id": cls.account.id,
                "outcome_id": cls.env.ref(
                    "account_collection.outcome_information_only"
                ).id,
                "next_action": "Call again",
                "next_action_date": fields.Date.add(today, days=2),
                "obstacle_reason": "Asked us to call again at once",
            }
        )
        heard = heard.with_env(cls.env)
        cls.call |= heard
        cls.mandate.quality_share = 100.0
        cls.company.partner_id.tz = cls.agent_user.tz  # the same day for both
        # sudo: what the nightly jobs do
        draw = cls.env["collection.call.draw"].sudo()._draw_day(cls.company, today)
        cls.call_review = draw.review_ids.with_env(cls.env)
        cls.call_review.line_ids.result = "yes"
        cls.call_review.action_done()
        requests = cls.env["collection.satisfaction"].sudo()
        request = requests._create_for(heard, today)
        request._rating_get_access_token()
        request.rating_apply(4, rating=request.rating_ids, feedback="Polite")
        cls.satisfaction = request.with_env(cls.env)
        cls.complaint = (
            agent_env["collection.complaint"]
            .create(
                {
                    "account_id": cls.account.id,
                    "category": "error",
                    "description": "Wrong amount",
                }
            )
            .with_env(cls.env)
        )

    # ------------------------------------------------------------------
    # Who tries, and what
    # ------------------------------------------------------------------

    def _our_models(self):
        return sorted(
            name
            for name, model in self.env.registry.items()
            if name.startswith("collection.") and not model._abstract
        )

    def _recall(self):
        self.account.placement_line_id._take_back("recalled", "Ours again")
        self.env.flush_all()

    def _strangers(self):
        """Each of those who may see nothing of the account, logged in."""
        for user in (self.other_agent_user, self.plain_portal_user):
            self._log_in(user)
            with self.subTest(user=user.login):
                yield user
        self._recall()
        self._log_in(self.agent_user)
        with self.subTest(user="recalled"):
            yield self.agent_user

    def _records(self):
        """A record of the account, by model: all that a stranger might ask for."""
        return {
            "collection.account": self.account,
            "collection.agenda": self.env["collection.agenda"].search(
                [("account_id", "=", self.account.id)]
            ),
            "collection.bill": self.bill,
            "collection.call": self.call,
            "collection.call.review": self.call_review,
            "collection.call.review.line": self.call_review.line_ids,
            "collection.complaint": self.complaint,
            "collection.dispute": self.dispute,
            "collection.item": self.items,
            "collection.letter": self.letter,
            "collection.means.change": self.means_change,
            "collection.mandate.review": self.review,
            "collection.payment.instalment": self.plan.instalment_ids,
            "collection.payment.plan": self.plan,
            "collection.placement.item": self.placement.line_ids.item_ids,
            "collection.placement.line": self.placement.line_ids,
            "collection.precheck": self.precheck,
            "collection.promise": self.kept_promise,
            "collection.satisfaction": self.satisfaction,
            "collection.provider.note": self.note,
        }

    def _answer(self, model, method, *args, **kwargs):
        """What a remote call gives; None when it is refused."""
        try:
            with mute_logger("odoo.http", "odoo.sql_db"):
                return self._call_kw(model, method, *args, **kwargs)
        except JsonRpcException as error:
            self.assertRegex(
                str(error), "AccessError|MissingError|UserError|ValidationError"
            )
            return None

    # ------------------------------------------------------------------
    # Rights on models
    # ------------------------------------------------------------------

    def test_rights_are_those_stated(self):
        for model in self._our_models():
            rights = {
                user: {
                    operation
                    for operation in ("read", "write", "create", "unlink")
                    if self.env[model].with_user(user).has_access(operation)
                }
                for user in (self.agent_user, self.plain_portal_user)
            }
            with self.subTest(model=model):
                self.assertFalse(rights[self.plain_portal_user])
                self.assertEqual(
                    rights[self.agent_user], AGENT_RIGHTS.get(model, set())
                )

    def test_what_is_readable_is_filtered_by_field(self):
        """No model gives an agent all of its fields by oversight."""
        for model in AGENT_RIGHTS:
            if model == "collection.call.outcome":
                continue
            with self.subTest(model=model):
                names = set(self.env[model].with_user(self.agent_user).fields_get())
                self.assertLessEqual(
                    names,
                    self.env[model]._provider_fields
                    | self.env[model]._provider_technical_fields,
                )

    # ------------------------------------------------------------------
    # Remote calls
    # ------------------------------------------------------------------

    def test_nothing_is_found(self):
        for _user in self._strangers():
            for model in self._our_models():
                if model in WITHOUT_ACCOUNT:
                    continue
                with self.subTest(model=model):
                    self.assertFalse(self._answer(model, "search", []))
                    self.assertFalse(
                        self._answer(model, "search_read", [], ["display_name"])
                    )
                    self.assertFalse(self._answer(model, "search_count", []))
                    self.assertFalse(self._answer(model, "name_search", ""))
                    groups = self._answer(
                        model,
                        "formatted_read_group",
                        [],
                        groupby=[],
                        aggregates=["__count"],
                    )
                    self.assertFalse(groups and groups[0]["__count"])
                    found = self._answer(
                        model,
                        "web_search_read",
                        [],
                        specification={"display_name": {}},
                    )
                    self.assertFalse(found and found["records"])

    def test_nothing_is_read_or_changed(self):
        records = self._records()
        for _user in self._strangers():
            for model, record in records.items():
                ids = record.ids
                for method, args in (
                    ("read", (["display_name"],)),
                    ("export_data", (["id"],)),
                    ("web_read", ({"display_name": {}},)),
                    ("write", ({"note": "x"},)),
                    ("unlink", ()),
                    ("copy", ()),
                    ("get_metadata", ()),
                ):
                    if method == "get_metadata" and model == "collection.agenda":
                        # a view without dates: nothing but the numbers asked for
                        continue
                    with self.subTest(model=model, method=method):
                        self.assertIsNone(self._answer(model, method, ids, *args))
                with self.subTest(model=model, method="create"):
                    self.assertIsNone(
                        self._answer(model, "create", [{"account_id": self.account.id}])
                    )
        self.assertTrue(self.kept_promise.exists())
        self.assertEqual(self.plan.state, "active")

    def test_acts_are_refused(self):
        acts = (
            (self.kept_promise, "action_confirm_withdrawal"),
            (self.kept_promise, "action_write_letter"),
            (self.plan, "action_cancel"),
            (self.plan, "action_approve"),
            (self.plan, "action_write_letter"),
            (self.bill, "action_chase"),
            (self.bill, "action_accept"),
            (self.bill, "action_unpaid"),
            (self.precheck, "action_confirm"),
            (self.precheck, "action_send_duplicate"),
            (self.account, "action_open_partner"),
            (self.items, "action_send_duplicate"),
            (self.mandate, "action_end"),
            (self.mandate, "action_open_access_log"),
            (self.review, "action_cancel"),
            (self.complaint, "action_answer"),
            (self.complaint, "action_release_calls"),
            (self.call_review, "action_done"),
            (self.dispute, "action_in_progress"),
            (self.dispute, "action_credit_note"),
            (self.dispute, "action_reopen"),
            (self.note, "action_done"),
            (self.note, "action_open_account"),
        )
        for _user in self._strangers():
            for record, method in acts:
                with self.subTest(model=record._name, method=method):
                    # what only opens a window changes nothing and tells no figure
                    answer = self._answer(record._name, method, record.ids)
                    self.assertIn(type(answer), (type(None), dict))
        self.assertEqual(self.kept_promise.state, "open")
        self.assertEqual(self.plan.state, "active")
        self.assertEqual(self.bill.chase_count, 0)
        self.assertEqual(self.precheck.state, "to_check")
        self.assertEqual(self.mandate.state, "live")
        self.assertEqual(self.review.state, "planned")
        self.assertEqual(self.note.state, "open")
        self.assertEqual(self.dispute.state, "open")
        self.assertFalse(self.dispute.credit_note_ids)

    def test_private_methods_are_no_remote_calls(self):
        for user in (self.other_agent_user, self.agent_user):
            self._log_in(user)
            for model, method in (
                ("collection.account", "_portal_new_promise"),
                ("collection.account", "_record_access"),
                ("collection.account", "_record_means_change"),
                ("collection.promise", "_create_checked"),
                ("collection.mandate", "_portal_assign_many"),
                ("collection.agenda", "_get_mine"),
            ):
                with (
                    self.subTest(method=method),
                    mute_logger("odoo.http"),
                    self.assertRaises(JsonRpcException),
                ):
                    self._call_kw(model, method, self.account.ids, {})

    # ------------------------------------------------------------------
    # Pages, documents, exports
    # ------------------------------------------------------------------

    def test_pages_and_documents(self):
        report = self.env.ref("account_collection.action_report_letter").report_name
        placement_report = self.env.ref(
            "account_collection.action_report_placement"
        ).report_name
        item = self.items[:1]
        for _user in self._strangers():
            self._assert_no_entry()
            for url in (
                f"/account_collection/item/{item.id}/invoice",
                f"/account_collection/placement/{self.placement.id}/xlsx",
                "/account_collection/interest_claim/1/xlsx",
                f"/report/html/{report}/{self.letter.id}",
                f"/report/pdf/{report}/{self.letter.id}",
                f"/report/html/{placement_report}/{self.placement.id}",
                f"/report/pdf/account.report_invoice/{self.invoice.id}",
                f"/my/invoices/{self.invoice.id}",
                f"/web/content/collection.letter/{self.letter.id}/attachment_id",
                f"/web/image/collection.account/{self.account.id}/display_name",
            ):
                with (
                    self.subTest(url=url),
                    mute_logger(
                        "odoo.http", "odoo.addons.base.models.ir_qweb", "odoo.sql_db"
                    ),
                ):
                    response = self.url_open(url)
                    body = response.content
                    if response.status_code == 200:
                        # sent elsewhere, or the picture of nothing
                        self.assertNotIn(b"%PDF", body)
                        self.assertNotEqual(response.headers["Content-Type"], "xlsx")
                    for secret in (b"Nord", b"1,000.00", b"Claire Dubois"):
                        self.assertNotIn(secret, body)

    def test_exports(self):
        for _user in self._strangers():
            for model in ("collection.account", "collection.promise"):
                for kind in ("xlsx", "csv"):
                    with (
                        self.subTest(model=model, kind=kind),
                        mute_logger("odoo.http", "odoo.addons.web.controllers.export"),
                    ):
                        response = self.url_open(
                            f"/web/export/{kind}",
                            data={
                                "data": json.dumps(
                                    {
                                        "model": model,
                                        "fields": [{"name": "id", "label": "ID"}],
                                        "ids": False,
                                        "domain": [],
                                        "import_compat": False,
                                        "context": {},
                                        "groupby": [],
                                    }
                                ),
                                "csrf_token": Request.csrf_token(self),
                            },
                        )
                        self.assertNotEqual(response.status_code, 200)

    def test_attachments(self):
        records = self._records()
        records.pop("collection.agenda")
        attachments = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {
                        "name": f"{model}.txt",
                        "raw": b"secret",
                        "res_model": model,
                        "res_id": record[:1].id,
                    }
                    for model, record in records.items()
                ]
            )
        )
        for _user in self._strangers():
            for attachment in attachments:
                with self.subTest(model=attachment.res_model), mute_logger("odoo.http"):
                    for url in (
                        f"/web/content/{attachment.id}",
                        f"/web/content/{attachment.id}?access_token=guess",
                        f"/web/image/{attachment.id}",
                    ):
                        self.assertNotIn(b"secret", self.url_open(url).content)
                    self.assertIsNone(
                        self._answer(
                            "ir.attachment", "read", attachment.ids, ["raw", "name"]
                        )
                    )
                    self.assertFalse(
                        self._answer(
                            "ir.attachment",
                            "search",
                            [
                                ("res_model", "=", attachment.res_model),
                                ("res_id", "=", attachment.res_id),
                            ],
                        )
                    )

    # ------------------------------------------------------------------
    # Discussions
    # ------------------------------------------------------------------

    def test_discussions(self):
        records = {
            model: record[:1]
            for model, record in self._records().items()
            if hasattr(record, "message_post")
        }
        for record in records.values():
            # sudo: nobody posts on what customers say
            record.sudo().message_post(
                body="Their lawyer called",
                subtype_xmlid="mail.mt_comment",
                message_type="comment",
            )
        messages = self.env["mail.message"].search(
            [("body", "ilike", "Their lawyer called")]
        )
        self.assertEqual(len(messages), len(records))
        for _user in self._strangers():
            self.assertFalse(
                self._answer("mail.message", "search", [("id", "in", messages.ids)])
            )
            self.assertIsNone(
                self._answer("mail.message", "read", messages.ids, ["body"])
            )
            for model, record in records.items():
                thread = {"thread_model": model, "thread_id": record.id}
                with self.subTest(model=model):
                    self.assertIsNone(
                        self._answer(model, "message_post", record.ids, body="Hello")
                    )
                    for url, params in (
                        ("/mail/thread/messages", thread),
                        ("/mail/chatter_fetch", thread),
                        (
                            "/mail/message/post",
                            {
                                **thread,
                                "post_data": {
                                    "body": "Hello",
                                    "message_type": "comment",
                                },
                            },
                        ),
                        ("/mail/thread/recipients", thread),
                        (
                            "/mail/data",
                            {"fetch_params": [["mail.thread", {**thread}]]},
                        ),
                    ):
                        with self.subTest(url=url), mute_logger("odoo.http"):
                            try:
                                answer = self.make_jsonrpc_request(url, params)
                            except JsonRpcException:
                                continue
                            self.assertNotIn("lawyer", str(answer))
                    self.assertNotIn(
                        "Hello", " ".join(record.message_ids.mapped("body"))
                    )

    # ------------------------------------------------------------------
    # And who may, can
    # ------------------------------------------------------------------

    def test_his_own_doors_are_open(self):
        """The tests above would also pass if everything were closed to everybody."""
        self._log_in(self.agent_user)
        for model, record in self._records().items():
            if "read" not in AGENT_RIGHTS.get(model, ()):
                continue
            if model == "collection.agenda":
                # to decide the dispute is the company's
                self.assertIn("dispute", record.mapped("kind"))
                record = record.filtered("for_provider")
            with self.subTest(model=model):
                self.assertEqual(
                    set(record.ids), set(self._answer(model, "search", []))
                )
                self.assertTrue(
                    self._answer(model, "read", record.ids, ["display_name"])
                )
        self.assertEqual(self._status(self.url), 200)
