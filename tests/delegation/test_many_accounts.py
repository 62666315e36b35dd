from markupsafe import Markup

from odoo.tests import freeze_time, tagged

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestManyAccounts(HandoverCommon):
    """A hand-over of a whole file, and its recall, in statements for all of it."""

    def _count(self, accounts):
        """Queries of a hand-over of these accounts, and of taking them back."""
        wizard = self._wizard(method="manual", account_ids=accounts.ids)
        wizard.action_preview()
        self.env.flush_all()
        self.env.invalidate_all()
        with self._count_queries() as going:
            wizard.action_confirm()
            self.env.flush_all()
        self.env.invalidate_all()
        with self._count_queries() as coming:
            wizard.placement_id.line_ids._take_back("recalled", "All of them", "other")
            self.env.flush_all()
        self.assertEqual(set(accounts.mapped("delegation_state")), {"in_house"})
        return going.total, coming.total

    def test_queries_do_not_grow(self):
        accounts = self._file(24)
        # what is read once and kept is known afterwards
        self._count(accounts[:2])
        few = self._count(accounts[:4])
        self.assertEqual(self._count(accounts[4:]), few)

    def _take_selection_back(self, records):
        """As the list does with all that was selected, beyond the page that it shows:
        the action on the ids of the domain, the wizard, its button.

        :return: queries of the entry and the wizard, and of taking back
        """
        model = records.with_user(self.manager_user).browse()
        name = "item_ids" if records._name == "collection.item" else "account_ids"
        items = records if name == "item_ids" else records.item_ids
        accounts = items.account_id
        domain = [("id", "in", records.ids)]
        chosen = model.search(domain)
        self.assertEqual(len(chosen), len(records))
        action = self.env.ref(
            f"account_collection.{records._table}_action_recall"
        ).with_user(self.manager_user)
        self.env.flush_all()
        self.env.invalidate_all()
        with self._count_queries() as asking:
            opened = action.with_context(
                active_model=model._name,
                active_ids=chosen.ids,
                active_domain=domain,
            ).run()
            wizard = (
                self.env["collection.recall"]
                .with_user(self.manager_user)
                .with_context(**opened["context"])
                .create({"reason": "strategic"})
            )
            # what the form shows: the first page of them, and how many there are
            wizard.web_read(
                {
                    "summary": {},
                    name: {"fields": {"display_name": {}}, "limit": 20},
                }
            )
        self.assertEqual(len(wizard[name]), len(records))
        owed = sum(items.mapped("amount_residual_company"))
        for told in (
            f"Customers: {len(accounts)}.",
            f"with the provider: {len(items)},",
            self.company.currency_id.format(owed),
        ):
            self.assertIn(told, wizard.summary)
        self.env.invalidate_all()
        with self._count_queries() as coming:
            wizard.action_recall()
            self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(set(accounts.mapped("delegation_state")), {"in_house"})
        self.assertFalse(any(items.mapped("delegated")))
        return asking.total, coming.total

    def test_a_selection_of_all(self):
        accounts = self._file(86)
        # with the last one a hand-over would be closed
        self._hand_over(accounts | self._file(1, amount=7.0))
        self._take_selection_back(accounts[:2])
        few = self._take_selection_back(accounts[2:26])
        # three pages of the wizard
        self.assertEqual(self._take_selection_back(accounts[26:]), few)

    def test_a_selection_of_all_items(self):
        accounts = self._file(86)
        self._hand_over(accounts | self._file(1, amount=7.0))
        self._take_selection_back(accounts[:2].item_ids)
        few = self._take_selection_back(accounts[2:26].item_ids)
        self.assertEqual(self._take_selection_back(accounts[26:].item_ids), few)

    def test_history_of_each(self):
        accounts = self._file(3)
        wizard = self._wizard(method="manual", account_ids=accounts.ids)
        wizard.action_preview()
        wizard.action_confirm()
        placement = wizard.placement_id
        placement.line_ids._take_back("recalled", "Dispute <b>", "sales_dispute")
        for account, amount in zip(
            accounts, ("103.00", "102.00", "101.00"), strict=True
        ):
            bodies = [str(body) for body in account.message_ids.mapped("body")]
            self.assertEqual(
                [body for body in bodies if placement.number in body],
                [
                    f"<p>Handed over to {placement.provider_id.display_name} "
                    f"({placement.number}): {amount}&nbsp;€.</p>"
                ],
            )
            self.assertEqual(
                [body for body in bodies if "No longer" in body],
                ["<p>No longer with the provider: Recalled. Dispute &lt;b&gt;</p>"],
            )

    def test_notes_are_those_of_core(self):
        accounts = self._file(3).with_user(self.manager_user)
        for body in (
            "Plain & <simple>",
            "Two\nlines",
            "  spaces ",
            "“Quoted” 'single' \"double\" %s {}",
            Markup("<b>Marked</b> <script>alert(1)</script>up"),
        ):
            by_core = accounts._message_log_batch(dict.fromkeys(accounts.ids, body))
            known = accounts.message_ids
            accounts._log_notes(dict.fromkeys(accounts.ids, body))
            ours = accounts.message_ids - known
            self.assertEqual(len(ours), len(accounts))
            self.assertEqual(sorted(ours.mapped("res_id")), sorted(accounts.ids))
            stored = [
                name
                for name, field in by_core._fields.items()
                if field.store
                and field.type != "one2many"
                and name not in ("id", "message_id")
            ]
            for account in accounts:
                expected, note = (
                    notes.sudo().filtered(
                        lambda note, account=account: note.res_id == account.id
                    )
                    for notes in (by_core, ours)
                )
                for name in stored:
                    self.assertEqual(note[name], expected[name], name)

    def test_note_for_nobody(self):
        accounts = self._file(2)
        known = accounts.message_ids
        accounts._log_notes({})
        self.env["collection.account"]._log_notes({accounts[0].id: "Nobody"})
        self.assertEqual(accounts.message_ids, known)

    def test_state_is_that_of_the_fields_own_rule(self):
        """In SQL for thousands, in Python for one: the same in every situation."""
        never = self.env["collection.segment"].create(
            {"name": "Never", "code": "test_never", "delegation": "never"}
        )
        accounts = self._file(6)
        proposed, away, recalled, reserved, kept, home = accounts
        self._wizard(method="manual", account_ids=proposed.ids)
        for account, step in ((proposed, "propose"), (away, "confirm")):
            wizard = self._wizard(method="manual", account_ids=account.ids)
            wizard.action_preview()
            getattr(wizard, f"action_{step}")()
        for account in (recalled, reserved, kept):
            self._hand_over(account).line_ids._take_back("recalled", "Back")
        reserved.reserved = True
        kept.segment_id = never
        draft = self.env["collection.placement"].create({"mandate_id": self.mandate.id})
        draft._add_lines(home)
        self.env.flush_all()
        # whatever stands there before
        self.env.cr.execute(
            "UPDATE collection_account SET delegation_state = '?', mandate_id = NULL,"
            " placement_line_id = NULL WHERE id = ANY(%s)",
            [accounts.ids],
        )
        self.env.invalidate_all()
        accounts._update_delegation()
        self.env.flush_all()
        states = accounts.mapped("delegation_state")
        self.assertEqual(
            states,
            ["proposed", "delegated", "in_house", "reserved", "reserved", "in_house"],
        )
        self.assertEqual(
            [bool(account.mandate_id) for account in accounts],
            [True, True, False, False, False, False],
        )
        accounts._compute_delegation_state()
        self.assertEqual(accounts.mapped("delegation_state"), states)

    def test_agent_stays_with_the_line(self):
        account = self._file(1)
        placement = self._hand_over(account)
        account.agent_id = self.agent
        placement.line_ids._take_back("recalled", "Back")
        self.assertFalse(account.agent_id)
        self.assertEqual(placement.line_ids.agent_id, self.agent)
        # an agent of the company's own stays when nothing comes home
        account.agent_id = self.agent
        account._update_delegation()
        self.assertEqual(account.agent_id, self.agent)
