# pylint: disable=translation-required  # what a test posts, nobody reads
from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..common import CollectionCommon

#: texts and people on what a provider's people read that are no words of theirs, and
#: why; `*`: of the whole model
NOT_THEIRS = {
    # facts of the customer, as the company knows them or the customer said them
    ("collection.account", "call_time_zone"): "where the customer is",
    ("collection.account", "partner_email"): "the customer's",
    ("collection.account", "partner_id"): "the customer",
    ("collection.account", "partner_lang"): "the customer's",
    ("collection.account", "partner_name"): "the customer's",
    ("collection.account", "partner_phone"): "the customer's",
    ("collection.account", "partner_ref"): "the customer's",
    ("collection.means.change", "person"): "who at the customer's answered",
    ("collection.payment.plan", "person"): "who at the customer's agreed",
    ("collection.precheck", "contact_email"): "whom to ask at the customer's",
    ("collection.precheck", "contact_id"): "whom to ask at the customer's",
    ("collection.precheck", "contact_name"): "whom to ask at the customer's",
    ("collection.precheck", "contact_phone"): "whom to ask at the customer's",
    ("collection.precheck", "person"): "who at the customer's answered",
    ("collection.promise", "person"): "who at the customer's promised",
    # the company's
    ("collection.account", "agent_id"): "whom the provider of today gave it to",
    ("collection.account", "hold_reason"): "the company's people hold",
    ("collection.account", "salesperson_id"): "the company's",
    ("collection.account", "user_id"): "the company's",
    ("collection.agenda", "agent_id"): "as of the account",
    ("collection.agenda", "user_id"): "the agent or the collector of today",
    ("collection.bill", "reason"): "said by the bank, noted by the company",
    ("collection.dispute", "decision_note"): "the company decides",
    ("collection.payment.plan", "approver_id"): "the company approves",
    # made of the above, or of what is closed
    ("collection.account", "call_obstacles"): "made by the module",
    ("collection.account", "mandate_notice"): "of the mandate of today",
    ("collection.account", "means_script"): "the company's script",
    ("collection.account", "other_side_action"): "see below",
    ("collection.account", "priority_reason"): "see below",
    ("collection.agenda", "name"): "see below",
    ("collection.dispute", "item_names"): "numbers of invoices",
    # records that another provider's people do not read at all
    ("collection.call", "*"): "of its own people, or the company's",
    ("collection.call.review", "*"): "of the mandate",
    ("collection.call.review.line", "*"): "of the mandate",
    ("collection.complaint", "*"): "of whoever noted it",
    ("collection.daily.figure", "*"): "of the mandate",
    ("collection.mandate", "*"): "the mandate itself",
    ("collection.provider.note", "*"): "of the mandate",
    ("collection.receipt", "*"): "of the mandate",
    ("collection.satisfaction", "*"): "of the mandate",
    # a catalogue
    ("collection.dispute.reason", "*"): "the company's",
    ("collection.quality.criterion", "*"): "the company's",
}
#: numbers, names of what it is about, and what the module says itself
EVERYWHERE = {
    "lapse_reason",
    "level_name",
    "move_name",
    "move_ref",
    "number",
    "partner_id",
    "res_model",
}
#: what is said and done about a record
MESSAGES = {
    "ir.attachment",
    "mail.activity",
    "mail.message",
    "mail.scheduled.message",
}
PEOPLE = {"collection.agent", "res.partner", "res.users"}


@tagged("post_install", "-at_install")
class TestProviderWords(CollectionCommon):
    """What one provider's people wrote, and who they are, the next one's do not read.

    By no door, on the portal or on our premises, after a transfer or a recall.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.next_on_site_user = cls._user(
            "collection_next_on_site", "account_collection.group_collection_on_site"
        )
        exporting = cls.env.ref("base.group_allow_export")
        (cls.next_on_site_user | cls.on_site_user).sudo().group_ids += exporting
        cls.next_on_site = cls._agent(cls.next_on_site_user, cls.other_provider)
        cls.other_mandate.agent_ids += cls.next_on_site
        users = cls.env["collection.agent"].search([]).user_id
        users.partner_id.lang = "en_US"
        for user, name in (
            (cls.agent_user, "Zoe Distant"),
            (cls.on_site_user, "Max Distant"),
        ):
            user.name = name
            user.collection_agent_ids.name = name
        today = cls._today()
        cls.invoice = cls._invoice(cls.customer, 500.0, fields.Date.add(today, days=-9))
        cls.second = cls._invoice(cls.customer, 300.0, fields.Date.add(today, days=-5))
        cls.account = cls.account_of(cls.customer)
        cls._hand_over(cls.account)
        cls.made = cls._act(cls.agent_user) | cls._act(cls.on_site_user)

    @classmethod
    def _act(cls, user):
        """What `user` writes down of the customer: {model: records}."""
        today = cls._today()
        account = cls.account.with_user(user)
        item = cls.invoice.collection_item_ids
        secret = f"Secret of {user.login}"
        env = cls.env(user=user)
        call = env["collection.call"].create(
            cls._call_values(
                cls.account,
                note=secret,
                next_action=secret,
                next_action_date=fields.Date.add(today, days=3),
            )
        )
        # done under the rights of the system, as the pages do
        theirs = cls.env(user=user, su=True)
        promise = theirs["collection.promise"].create(
            {
                "account_id": cls.account.id,
                "amount": 10.0,
                "date_promised": fields.Date.add(today, days=4),
                "item_ids": cls.second.collection_item_ids.ids,
                "note": secret,
            }
        )
        promise.withdrawal_reason = secret
        plan = theirs["collection.payment.plan"].create(
            {
                "account_id": cls.account.id,
                "item_ids": item.ids,
                "instalment_ids": [
                    Command.create(
                        {"date": fields.Date.add(today, days=20), "amount": 500.0}
                    )
                ],
                "note": secret,
            }
        )
        dispute = env["collection.dispute"].create(
            {
                "account_id": cls.account.id,
                "item_ids": [Command.set(item.ids)],
                "reason_id": cls._dispute_reason("price").id,
                "amount": 5.0,
                "description": secret,
            }
        )
        change = account._record_means_change("transfer", "asked", note=secret)
        precheck = cls.env["collection.precheck"].search([("item_id", "=", item.id)])
        precheck = precheck or cls.env["collection.precheck"].create(
            {"item_id": item.id}
        )
        precheck.with_user(user).sudo().note = secret
        cls.account.with_user(user).sudo()._message_log(
            body=secret, author_id=user.partner_id.id
        )
        # sudo: what an agent's page does
        file = theirs["ir.attachment"].create(
            {
                "name": f"{secret}.txt",
                "raw": secret.encode(),
                "res_model": "collection.dispute",
                "res_id": dispute.id,
            }
        )
        activity = theirs["mail.activity"].create(
            {
                "res_model_id": cls.env["ir.model"]._get_id("collection.account"),
                "res_id": cls.account.id,
                "summary": secret,
                "note": secret,
                "user_id": cls.on_site_user.id,
            }
        )
        records = (
            call,
            promise,
            plan,
            dispute,
            change,
            precheck,
            file,
            activity,
        )
        return {record._name: record.with_env(cls.env) for record in records}

    # ------------------------------------------------------------------
    # Which fields
    # ------------------------------------------------------------------

    def test_every_text_and_name_is_decided_on(self):
        for name, model in self.env.registry.items():
            if model._abstract or not hasattr(model, "_provider_fields"):
                continue
            known = model._provider_fields | model._on_site_fields
            self.assertLessEqual(model._provider_words, known, name)
            if (name, "*") in NOT_THEIRS:
                self.assertFalse(model._provider_words, name)
                continue
            for field_name in known - EVERYWHERE:
                field = model._fields[field_name]
                if field.type not in ("char", "html", "text") and (
                    field.type != "many2one" or field.comodel_name not in PEOPLE
                ):
                    continue
                with self.subTest(field=str(field)):
                    self.assertNotEqual(
                        field_name in model._provider_words,
                        (name, field_name) in NOT_THEIRS,
                        "words of a provider's people, or not: decide on it",
                    )

    def test_readers_have_copies_of_their_own(self):
        for name, model in self.env.registry.items():
            for field_name in getattr(model, "_provider_words", ()):
                with self.subTest(model=name, field=field_name):
                    self.assertIn(
                        "uid",
                        self.env.registry.field_depends_context[
                            model._fields[field_name]
                        ],
                    )

    # ------------------------------------------------------------------
    # By any door
    # ------------------------------------------------------------------

    def _go_to_the_next(self, way):
        if way == "transfer":
            self.env["collection.transfer"].with_user(self.manager_user).create(
                {
                    "account_ids": [Command.set(self.account.ids)],
                    "mandate_id": self.other_mandate.id,
                    "reason": "Silent",
                }
            ).action_transfer()
        else:
            self.account.placement_line_id._take_back("recalled", "Silent")
            self._hand_over(self.account, self.other_mandate)
        self.env.flush_all()
        self.env.invalidate_all()

    def _read_everything(self, user):
        """All that `user` is given of our models and what is said about them."""
        env = self.env(user=user)
        told = []
        for name in self.env.registry:
            model = env[name]
            if (
                not (name.startswith("collection.") or name in MESSAGES)
                or model._abstract
                or model._transient
                or not model.has_access("read")
                or not getattr(model, "_provider_fields", True)
            ):
                # a model without fields for them gives them nothing but numbers
                continue
            records = model.with_context(active_test=False).search([])
            names = [
                field_name
                for field_name, field in model._fields.items()
                if model._has_field_access(field, "read")
                and field.type != "binary"
                and not (
                    field.type in ("many2many", "one2many")
                    and (
                        name in MESSAGES
                        or not env[field.comodel_name].has_access("read")
                    )
                )
            ]
            told.append(records.read(names))
            told.append(records.web_read({field_name: {} for field_name in names}))
            told.append(model.name_search("", limit=None))
            exported = [
                field_name
                for field_name in names
                if field_name != "id"
                and model._fields[field_name].exportable
                and not model._fields[field_name].relational
            ]
            if (
                records
                and name not in MESSAGES
                and user.has_group("base.group_allow_export")
            ):
                told.append(records.export_data(exported))
            for field_name in names:
                field = model._fields[field_name]
                if (
                    field.store
                    and field.type in ("char", "many2one", "text")
                    and name not in MESSAGES
                ):
                    told.append(
                        model.formatted_read_group([], [field_name], ["__count"])
                    )
        account = env["collection.account"].browse(self.account.id)
        told.append(account._get_call_sheet())
        if user.share:
            told.append(account._get_portal_values())
            told.append(account._get_portal_rows())
            told.append(list(account._get_portal_export_rows()))
        agenda = env["collection.agenda"]
        told.append(agenda._get_mine()._get_portal_rows())
        return str(told)

    def _assert_silent(self):
        for user in (self.other_agent_user, self.next_on_site_user):
            with mute_logger("odoo.addons.base.models.ir_model"):
                told = self._read_everything(user)
            # it is not that nothing is told
            self.assertIn(self.invoice.name, told)
            self.assertIn(self.made["collection.promise"].number, told)
            for secret in ("Secret of", "Distant", self.provider.name):
                with self.subTest(user=user.login, secret=secret):
                    self.assertNotIn(secret, told)
            self._assert_no_answer(user)

    def _assert_no_answer(self, user):
        """Nor do questions find out."""
        env = self.env(user=user)
        for name, records in self.made.items():
            for field_name in getattr(records, "_provider_words", ()):
                field = records._fields[field_name]
                if not env[name]._has_field_access(field, "read"):
                    continue
                term = (
                    (field_name, "in", records.mapped(field_name).ids)
                    if field.type == "many2one"
                    else (field_name, "ilike", "secret")
                )
                with self.subTest(user=user.login, field=str(field)):
                    self.assertTrue(env[name].search([]))
                    self.assertFalse(env[name].search([term]))
        if not user.share:
            with self.assertRaises(AccessError):
                env["collection.account"].search([("activity_summary", "ilike", "s")])
            for records in (self.made["ir.attachment"], self.made["mail.activity"]):
                with self.assertRaises(AccessError):
                    records.with_user(user).read(["display_name"])
        for name in ("collection.promise", "collection.dispute"):
            with self.assertRaises(AccessError):
                env[name].search([("create_uid", "=", self.on_site_user.id)])

    def test_after_a_transfer(self):
        self._go_to_the_next("transfer")
        self._assert_silent()

    def test_after_a_recall(self):
        self._go_to_the_next("recall")
        self._assert_silent()

    def test_their_own_and_the_company_read_them(self):
        """The test above would pass if nobody read anything."""
        for user in (self.agent_user, self.on_site_user, self.supervisor_user):
            told = self._read_everything(user)
            for writer in (self.agent_user, self.on_site_user):
                with self.subTest(user=user.login, writer=writer.login):
                    self.assertIn(f"Secret of {writer.login}", told)
        self._go_to_the_next("transfer")
        for user in (self.collector_user, self.manager_user):
            for name, records in self.made.items():
                for field_name in getattr(records, "_provider_words", ()):
                    with self.subTest(user=user.login, name=name, field=field_name):
                        self.assertEqual(
                            records.with_user(user)[field_name].sudo()
                            if records._fields[field_name].relational
                            else records.with_user(user)[field_name],
                            records.sudo()[field_name],
                        )
        # and when the customer comes back
        self._transfer_back()
        told = self._read_everything(self.on_site_user)
        self.assertIn(f"Secret of {self.agent_user.login}", told)

    def _transfer_back(self):
        self.account.placement_line_id._take_back("recalled", "Back again")
        self._hand_over(self.account)
        self.env.invalidate_all()

    def test_written_and_read_in_one_transaction(self):
        """Each reader has a copy: none is written back over what is newer."""
        self._go_to_the_next("transfer")
        promise = self.made["collection.promise"]
        theirs = promise.with_user(self.next_on_site_user)
        self.assertFalse(theirs.note)
        self.assertTrue(promise.note)
        promise.with_user(self.manager_user).sudo().write({"note": "Newer"})
        self.assertFalse(theirs.note)
        self.assertEqual(promise.note, "Newer")
        self.env.flush_all()
        [[stored]] = self.env.execute_query(
            SQL("SELECT note FROM collection_promise WHERE id = %s", promise.id)
        )
        self.assertEqual(stored, "Newer")

    def test_a_correction_holds_what_was_said(self):
        call = self.made["collection.call"]
        correction = call.with_user(self.manager_user)._correct(
            "Another number", {"note": call.note, "phone": "+33 1 00 00 00 00"}
        )
        self.env.flush_all()
        for user in (self.agent_user, self.on_site_user):
            self.assertTrue(correction.with_user(user).has_access("read"))
        self._go_to_the_next("transfer")
        for user in (self.other_agent_user, self.next_on_site_user):
            self.assertFalse(correction.with_user(user).has_access("read"))
            self.assertFalse(
                self.env["collection.call"].with_user(user).search([("note", "!=", "")])
            )

    def test_what_the_company_discusses(self):
        """On our premises as on the portal: their own words, what is theirs to do."""
        self.account.with_user(self.manager_user).message_post(body="Between us")
        ours = self.account.with_user(self.collector_user).activity_schedule(
            "mail.mail_activity_data_todo",
            summary="Ask our lawyer",
            user_id=self.collector_user.id,
        )
        for_them = self.account.with_user(self.manager_user).activity_schedule(
            "mail.mail_activity_data_todo",
            summary="Please check the address",
            user_id=self.on_site_user.id,
        )
        self.env.flush_all()
        self.env.invalidate_all()
        account = self.account.with_user(self.on_site_user)
        said = " ".join(account.message_ids.mapped("body"))
        self.assertIn(f"Secret of {self.agent_user.login}", said)
        self.assertNotIn("Between us", said)
        self.assertIn(for_them, account.activity_ids)
        self.assertNotIn(ours, account.activity_ids)
        self.assertFalse(ours.with_user(self.on_site_user).has_access("read"))


@tagged("post_install", "-at_install")
class TestWordsOfWhatStayed(CollectionCommon):
    """Of a customer of whom only chosen items are with a provider, what the company
    says may be about the others: its people read the day of it, and not a word."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.on_site_user.partner_id.lang = cls.agent_user.partner_id.lang = "en_US"
        today = cls._today()
        cls.gone = cls._invoice(cls.customer, 500.0, fields.Date.add(today, days=-9))
        cls.kept = cls._invoice(cls.customer, 300.0, fields.Date.add(today, days=-5))
        cls.account = cls.account_of(cls.customer)
        placement = cls.env["collection.placement"].create(
            {
                "mandate_id": cls.mandate.id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": cls.account.id,
                            "scope": "items",
                            "chosen_item_ids": [
                                Command.set(cls.gone.collection_item_ids.ids)
                            ],
                        }
                    )
                ],
            }
        )
        placement.action_hand_over()
        cls.day = fields.Date.add(today, days=3)
        cls.call = (
            cls.env["collection.call"]
            .with_user(cls.collector_user)
            .create(
                cls._call_values(
                    cls.account,
                    "information_only",
                    note="Ours alone",
                    person="Mr Kept",
                    next_action="Ours again",
                    next_action_date=cls.day,
                )
            )
            .with_env(cls.env)
        )
        item = cls.kept.collection_item_ids
        cls.promise = (
            cls.env["collection.promise"]
            .with_user(cls.collector_user)
            .create(
                {
                    "account_id": cls.account.id,
                    "amount": 20.0,
                    "date_promised": cls.day,
                    "item_ids": item.ids,
                    "note": "Ours alone",
                }
            )
        )
        cls.dispute = (
            cls.env["collection.dispute"]
            .with_user(cls.collector_user)
            .create(
                {
                    "account_id": cls.account.id,
                    "item_ids": item.ids,
                    "reason_id": cls._dispute_reason("price").id,
                    "description": "Ours alone",
                }
            )
        )
        cls.env.flush_all()
        cls.env.invalidate_all()

    def test_the_day_and_not_a_word(self):
        for user in (self.agent_user, self.on_site_user):
            account = self.account.with_user(user)
            shown = [account._get_call_sheet(), account.read(["next_action"])]
            if user.share:
                shown += [account._get_portal_values(), account._get_portal_rows()]
            agenda = account.env["collection.agenda"].search([])
            shown += [agenda.read(["name"]), account.priority_reason]
            for secret in (
                "Ours",
                "Mr Kept",
                self.kept.name,
                self.promise.number,
                self.dispute.number,
                self.call.number,
            ):
                with self.subTest(user=user.login, secret=secret):
                    self.assertNotIn(secret, str(shown))
            for record in (self.call, self.promise, self.dispute):
                with self.subTest(user=user.login, model=record._name):
                    self.assertFalse(record.with_user(user).has_access("read"))
            # that there was one, on which day, and who calls next: one call a day
            [entry] = account._get_call_sheet()["history"]
            self.assertEqual(entry["date"], self.call.date)
            self.assertEqual(entry["who"], self.company.name)
            self.assertEqual(entry["title"], "Call")
            self.assertEqual(entry["contact"], "right_party")
            self.assertIn(self.company.name, account.other_side_action)
            self.assertEqual(account.next_action_date, self.day)
            self.assertIn(self.gone.name, str(account._get_call_sheet()["items"]))

    def test_their_own_words_are_theirs(self):
        self.env["collection.call"].with_user(self.agent_user).create(
            self._call_values(
                self.account,
                note="Of the provider",
                next_action="Theirs",
                next_action_date=fields.Date.add(self.day, days=1),
                obstacle_reason="Asked for it",
            )
        )
        self.env.flush_all()
        self.env.invalidate_all()
        for user in (self.agent_user, self.on_site_user):
            account = self.account.with_user(user)
            self.assertEqual(account.next_action, "Theirs")
            self.assertIn("Of the provider", str(account._get_call_sheet()["history"]))
        account = self.account.with_user(self.collector_user)
        self.assertEqual(account.next_action, "Theirs")

    def test_the_company_of_a_whole_customer(self):
        """As long as all of it is theirs, the timeline is one (S29)."""
        self.account.placement_line_id._take_back("recalled", "All of it")
        self._hand_over(self.account)
        for user in (self.agent_user, self.on_site_user):
            account = self.account.with_user(user)
            self.assertIn("Ours alone", str(account._get_call_sheet()["history"]))
            self.assertTrue(self.call.with_user(user).has_access("read"))
            self.assertEqual(account.next_action, "Ours again")

    def test_the_company_reads_all(self):
        account = self.account.with_user(self.collector_user)
        self.assertIn("Ours alone", str(account._get_call_sheet()["history"]))
        self.assertEqual(account.next_action, "Ours again")
