from markupsafe import Markup

from odoo.tests import freeze_time, tagged

from odoo.addons.account_collection.hooks import post_init_hook

from ..common import CollectionCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestFirstSteps(CollectionCommon):
    """What leads a newcomer to the first letter, and what is there by itself."""

    def _settings(self):
        return (
            self.env["collection.company.settings"].with_user(self.manager_user).new({})
        )

    def test_installed_on_a_ledger_of_ones_own(self):
        self.env["collection.agent"].search([("side", "=", "company")]).unlink()
        late = self._invoice(self.customer, 700.0, "2026-01-10")
        self._invoice(self.other_customer, 50.0, "2026-03-28")
        accounts = self.account_of(self.customer) | self.account_of(self.other_customer)
        self.customer.vat = "FR23334175221"
        self.assertFalse(accounts.segment_id)
        post_init_hook(self.env)
        self.env.invalidate_all()
        self.assertTrue(all(accounts.mapped("segment_id")))
        self.assertFalse(any(accounts.mapped("segment_locked")))
        self.assertGreater(
            self.account_of(self.customer).priority,
            self.account_of(self.other_customer).priority,
        )
        # set by hand stays, and installing twice changes nothing
        strategic = self.env.ref("account_collection.segment_strategic")
        self.customer.collection_segment_id = strategic
        post_init_hook(self.env)
        self.assertEqual(self.account_of(self.customer).segment_id, strategic)
        # three letters are four clicks away: new, compute, confirm, send
        run = self._run("2026-03-31")
        self.assertEqual(run.letter_ids.line_ids.item_id.move_id, late)

    def test_what_is_missing(self):
        self.company.write({"collection_signatory": False, "company_registry": False})
        self._invoice(self.customer, 700.0, "2026-01-10")
        settings = self._settings()
        self.assertFalse(settings.has_signatory)
        self.assertIn("SIREN", settings.particulars_missing)
        self.assertEqual(settings.unclassified_count, 1)
        self.assertFalse(settings.has_run)
        self.assertFalse(settings.ready)
        for act in (
            "action_open_collectors",
            "action_open_classification",
            "action_open_runs",
            "action_open_company",
        ):
            self.assertTrue(getattr(settings, act)()["res_model"])

    def test_each_step_is_said_once(self):
        self.company.collection_signatory = False
        settings = self._settings()
        self.assertFalse(settings.has_signatory)
        self.assertFalse(settings.particulars_missing)
        self.assertIn("signs", settings.collection_letter_health)

    def test_what_was_typed_is_kept(self):
        settings = self.env["collection.company.settings"].with_user(self.manager_user)
        for act, name in (
            ("action_open_company", "A. Martin"),
            ("action_open_collectors", "B. Martin"),
            ("action_open_classification", "C. Martin"),
            ("action_open_runs", "D. Martin"),
            ("action_compute_run", "E. Martin"),
        ):
            with self.subTest(act=act):
                wizard = settings.create({"collection_signatory": name})
                self.assertTrue(getattr(wizard, act)()["res_model"])
                self.assertEqual(self.company.collection_signatory, name)

    def test_an_empty_worklist_says_where_to_begin(self):
        accounts = self.env["collection.account"]
        worklist = accounts.with_context(collection_worklist=True)
        link = "collection_company_settings_action"
        for user, model, said in (
            (self.manager_user, worklist, True),
            (self.manager_user, accounts, False),
            (self.collector_user, worklist, False),
        ):
            words = model.with_user(user).get_empty_list_help(Markup("<p>Nobody</p>"))
            self.assertIn("<p>Nobody</p>", words)
            self.assertEqual(link in words, said)
        self.patch(
            self.env.registry["collection.company.settings"],
            "_compute_first_steps",
            lambda wizards: wizards.update({"ready": True}),
        )
        self.assertNotIn(
            link, worklist.with_user(self.manager_user).get_empty_list_help("")
        )

    def test_all_is_there(self):
        self._agent(self.collector_user, self.env["res.partner"])
        self.company.report_footer = (
            "SAS au capital de 50 000 € – RCS Paris 552 032 534"
        )
        self._invoice(self.customer, 700.0, "2026-01-10")
        post_init_hook(self.env)
        self._send(self._run("2026-03-31"))
        settings = self._settings()
        self.assertFalse(settings.particulars_missing)
        self.assertTrue(settings.has_signatory)
        self.assertTrue(settings.has_collector)
        self.assertFalse(settings.unclassified_count)
        self.assertTrue(settings.has_run)
        self.assertTrue(settings.ready)
