import io
import runpy
from contextlib import suppress

from openpyxl import load_workbook

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import freeze_time, tagged
from odoo.tools import file_path

from .common import HandoverCommon


@tagged("post_install", "-at_install")
@freeze_time("2026-03-31")
class TestFrozenPlacement(HandoverCommon):
    """What was handed over stays as it was signed, whoever writes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.write(
            {
                "ref": "C-17",
                "street": "3 quai Sud",
                "street2": "Bât. B",
                "zip": "59000",
                "city": "Lille",
            }
        )
        cls.provider.write({"street": "9 rue Haute", "zip": "69001", "city": "Lyon"})
        cls._invoice(cls.customer, 240.0, "2026-03-01")
        cls._invoice(cls.customer, 60.0, "2026-04-20")
        cls._invoice(cls.other_customer, 75.0, "2026-03-10")
        third = cls._customer("Kern")
        cls._invoice(third, 35.0, "2026-03-11")
        cls.third_account = cls.account_of(third)
        cls.account = cls.account_of(cls.customer)
        cls.other_account = cls.account_of(cls.other_customer)
        cls.placement = cls._hand_over(cls.account)
        cls.line = cls.placement.line_ids
        cls.held = cls.line.item_ids[0]
        cls.draft = cls.env["collection.placement"].create(
            {
                "mandate_id": cls.mandate.id,
                "line_ids": [
                    Command.create(
                        {"account_id": cls.account_of(cls.other_customer).id}
                    )
                ],
            }
        )
        cls.roles = {
            "manager": cls.manager_user,
            "collector": cls.collector_user,
            "accountant": cls.accountant_user,
            "on_site": cls.on_site_user,
            "agent": cls.agent_user,
            "supervisor": cls.supervisor_user,
            "portal": cls.plain_portal_user,
            "internal": cls.plain_internal_user,
            "superuser": cls.env.ref("base.user_root"),
        }

    def _dump(self, record):
        self.env.flush_all()
        self.env.invalidate_all()
        return {
            name: value
            for name, value in record.sudo().read(load=None)[0].items()
            if record._fields[name].store
            and not name.startswith(("message_", "write_", "rating_"))
        }

    def _attack(self, model, method, *args, context=None):
        """Call as each role by RPC; nobody gets it done."""
        for role, user in self.roles.items():
            env = self.env(user=user, su=role == "superuser")
            with (
                self.subTest(model=model, method=method, args=args, role=role),
                self.assertRaises(UserError),
                self.cr.savepoint(),
            ):
                call_kw(env[model], method, list(args), {"context": context or {}})

    # ------------------------------------------------------------------
    # Nobody writes
    # ------------------------------------------------------------------

    def test_the_line(self):
        before = self._dump(self.line)
        for vals in (
            {"amount": 1.0},
            {"amount_overdue": 0.0},
            {"state": "paid"},
            {"reason": "x"},
            {"date_end": "2026-03-31"},
            {"account_id": self.other_account.id},
            {"placement_id": self.draft.id},
            {"partner_name": "Somebody else"},
            {"partner_address": "Elsewhere"},
            {"currency_id": self.env.ref("base.USD").id},
            {"item_ids": [Command.clear()]},
        ):
            self._attack("collection.placement.line", "write", self.line.ids, vals)
        self._attack("collection.placement.line", "unlink", self.line.ids)
        self.assertEqual(self._dump(self.line), before)

    def test_the_hand_over(self):
        before = self._dump(self.placement)
        for vals in (
            {"date": "2025-01-01"},
            {"state": "draft"},
            {"mandate_id": self.other_mandate.id},
            {"number": "P/1"},
            {"note": "Another deal"},
            {"extent": "total"},
            {"provider_name": "Another"},
            {"line_ids": [Command.delete(self.line.id)]},
            {"line_ids": [Command.update(self.line.id, {"amount": 5.0})]},
            {"line_ids": [Command.create({"account_id": self.other_account.id})]},
        ):
            self._attack("collection.placement", "write", self.placement.ids, vals)
        self._attack("collection.placement", "unlink", self.placement.ids)
        self.assertEqual(self._dump(self.placement), before)

    def test_the_items(self):
        before = self._dump(self.held)
        for vals in (
            {"amount": 1.0},
            {"date_added": "2025-01-01"},
            {"days_overdue": 900},
            {"recalled": True},
            {"followed": True},
            {"line_id": self.draft.line_ids.id},
        ):
            self._attack("collection.placement.item", "write", self.held.ids, vals)
        self._attack("collection.placement.item", "unlink", self.held.ids)
        self._attack(
            "collection.placement.item",
            "create",
            {
                "line_id": self.line.id,
                "placement_id": self.placement.id,
                "company_id": self.company.id,
                "date_added": "2026-03-31",
                "date_due": "2026-03-01",
                "currency_id": self.company.currency_id.id,
                "amount": 10.0,
            },
        )
        self.assertEqual(self._dump(self.held), before)

    def test_nothing_is_handed_over_but_by_handing_over(self):
        """Neither by a state that is written nor by one that is a default."""
        line = self.draft.line_ids
        self._attack(
            "collection.placement", "write", self.draft.ids, {"state": "handed_over"}
        )
        self._attack(
            "collection.placement",
            "create",
            {"mandate_id": self.mandate.id, "state": "accepted"},
        )
        for vals in (
            {"amount": 5.0},
            {"state": "paid"},
            {"placement_id": self.placement.id},
        ):
            self._attack("collection.placement.line", "write", line.ids, vals)
        for vals in ({"placement_id": self.placement.id}, {"state": "credited"}):
            self._attack(
                "collection.placement.line",
                "create",
                {
                    "placement_id": self.draft.id,
                    "account_id": self.third_account.id,
                    **vals,
                },
            )
        with suppress(UserError):
            made = (
                self.env["collection.placement"]
                .with_user(self.manager_user)
                .with_context(default_state="handed_over", default_provider_name="X")
                .create({"mandate_id": self.mandate.id})
            )
            self.assertEqual((made.state, made.provider_name), ("draft", False))

    def test_a_draft_is_open(self):
        draft = self.draft.with_user(self.manager_user)
        draft.write({"date": "2026-03-30", "note": "Call first"})
        draft.line_ids.unlink()
        self.assertFalse(draft.line_ids)
        draft.unlink()

    def test_the_discussion_goes_on(self):
        self.placement.with_user(self.manager_user).message_post(
            body=self.placement.number
        )
        self.placement.with_user(self.manager_user).message_subscribe(
            self.manager_user.partner_id.ids
        )

    def test_the_provider_of_a_hand_over_is_not_exchanged(self):
        other = self.setup_other_company()["company"]
        for vals in (
            {"provider_id": self.other_provider.id},
            {"company_id": other.id},
        ):
            self._attack("collection.mandate", "write", self.mandate.ids, vals)
        free = self.env["collection.mandate"].create(
            {"name": "New", "provider_id": self.provider.id}
        )
        free.with_user(self.manager_user).provider_id = self.other_provider
        self.mandate.with_user(self.manager_user).provider_id = self.provider

    # ------------------------------------------------------------------
    # What the list says
    # ------------------------------------------------------------------

    def _list(self):
        self.env.flush_all()
        self.env.invalidate_all()
        _name, content = self.placement.with_user(self.collector_user)._get_xlsx()
        cells = [
            [list(row) for row in sheet.iter_rows(values_only=True)]
            for sheet in load_workbook(io.BytesIO(content)).worksheets
        ]
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account_collection.report_collection_placement", self.placement.ids
        )
        text = html.decode()
        return cells, text[text.index("o_collection_placement") :]

    def test_the_list_follows_nobody(self):
        before = self._list()
        self.assertIn("3 quai Sud, Bât. B, 59000 Lille, France", before[1])
        self.assertIn("9 rue Haute", before[1])
        self.customer.write(
            {
                "name": "Renamed Ltd",
                "ref": "NEW",
                "street": "Moved",
                "city": "Nice",
                "country_id": self.env.ref("base.be").id,
            }
        )
        self.provider.write({"name": "Provider renamed", "street": "1 avenue Neuve"})
        self.company.partner_id.write({"name": "We renamed", "street": "2 rue Neuve"})
        self.placement.invalidate_recordset()
        after = self._list()
        self.assertEqual(after[0], before[0])
        for name in ("Renamed Ltd", "NEW", "Moved", "Nice"):
            self.assertNotIn(name, after[1])
        self.assertNotIn("Provider renamed", after[1])
        self.assertNotIn("1 avenue Neuve", after[1])

    def test_what_stands_on_the_line(self):
        self.assertRecordValues(
            self.line,
            [
                {
                    "partner_name": "Nord",
                    "partner_ref": "C-17",
                    "partner_city": "Lille",
                    "partner_address": "3 quai Sud, Bât. B, 59000 Lille, France",
                    "currency_id": self.company.currency_id.id,
                    "amount": 300.0,
                    "amount_overdue": 240.0,
                }
            ],
        )

    def test_a_customer_without_address(self):
        self.other_customer.country_id = False
        self.draft.action_hand_over()
        self.assertRecordValues(
            self.draft.line_ids, [{"partner_name": "Vela", "partner_address": ""}]
        )

    # ------------------------------------------------------------------
    # The steps of the module
    # ------------------------------------------------------------------

    def test_taking_back_and_closing_go_on(self):
        self.line.with_user(self.manager_user)._take_back("recalled", "Strategic")
        self.assertRecordValues(
            self.line,
            [
                {
                    "state": "recalled",
                    "reason": "Strategic",
                    "date_end": fields.Date.to_date("2026-03-31"),
                    "amount": 300.0,
                }
            ],
        )
        self.assertEqual(self.placement.state, "closed")
        self._attack(
            "collection.placement.line", "write", self.line.ids, {"state": "active"}
        )
        self._attack(
            "collection.placement.line", "write", self.line.ids, {"reason": "Other"}
        )

    def test_one_item_is_taken_back(self):
        item = self.held.item_id
        item.with_user(self.manager_user)._recall("Sales asked")
        self.assertTrue(self.held.recalled)
        self.assertEqual(self.line.amount, 300.0)

    def test_hand_overs_of_before_names_were_kept(self):
        """An update gives them the names of today, and leaves the others alone."""
        earlier = self._hand_over(self.third_account).line_ids
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE collection_placement_line SET partner_name = NULL,"
            " partner_address = NULL WHERE id = %s",
            [earlier.id],
        )
        self.customer.name = "Renamed"
        self.env.flush_all()
        self.env.invalidate_all()
        path = file_path("account_collection/migrations/19.0.1.1.0/post-placements.py")
        runpy.run_path(path)["migrate"](self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual(earlier.partner_name, "Kern")
        self.assertEqual(earlier.partner_address, "France")
        self.assertEqual(self.line.partner_name, "Nord")
        self.assertEqual(self.line.partner_city, "Lille")
        self.assertEqual(earlier.amount, 35.0)
