from contextlib import contextmanager

from psycopg2.errors import CheckViolation

from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged
from odoo.tools import SQL, mute_logger

from .demo_company import NOW, DemoCommon
from .web_client import OFTEN, STATES, WebClient

MODULE = "account_collection"
ROLES = ("manager", "collector", "on_site")


class DoorsCase(TransactionCase):
    """Whatever stands on a screen opens and answers, for whoever sees it.

    Actions, views and models are those of the registry: what is added later is opened
    and pressed without being named here.
    """

    company = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.views = {role: {} for role in ROLES}

    def _user_of(self, role):
        raise NotImplementedError

    def _clients(self, often=OFTEN):
        """A client of each role; what crashed in it fails the test."""
        for role in ROLES:
            client = WebClient(
                self.env, self._user_of(role), self.company, self.views[role], often
            )
            with self.subTest(role=role), mute_logger("odoo.sql_db"):
                yield client
                self.assertFalse(client.crashes, "\n".join(client.crashes))

    def _window_actions(self):
        names = self.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", "ir.actions.act_window")]
        )
        return self.env["ir.actions.act_window"].browse(names.mapped("res_id"))

    def _open_actions(self, client, search=False):
        """Open each window action that `client` may open."""
        offered = client.get_menu_actions()
        for action in self._window_actions():
            what = f"action {action.name!r} {action.res_model}"
            # whoever knows its address may open any other as well, or is refused
            with client.trying(what, offered=action in offered):
                client.open(client.load(action), search=search)

    def _press_everything(self, client, delegated=False):
        """Press each button of one record of each state of each model.

        :param delegated: only of models that know of mandates, and of one record of
            each state of its own and of its delegation
        """
        # found in what is tried and undone, they would be gone when they are pressed
        self.env["collection.receipt"]._bring_up_to_date()
        offered = self._window_actions() & client.get_menu_actions()
        names = client.get_reachable(offered.mapped("res_model"))
        self._type_names(client, names)
        for name in sorted(names):
            if client.env[name]._transient:
                continue
            if delegated and not self._knows_mandates(client.env[name]):
                continue
            records = client.env[name]
            with client.trying(f"search {name}", reading=True):
                records = records.search([], limit=1000)
            for record in self._one_of_each(records, STATES if delegated else None):
                client.press_all(record)
            for state in self._missing_states(records):
                with self._in_state(records[:1], state) as may_be:
                    if may_be:
                        client.press_all(records[:1]._filtered_access("read"))
            client.press_selection(records[:3])
            client.press_rest(records[:300])

    def _type_names(self, client, names):
        """Type into the fields of these models that take a record of ours."""
        comodels = {
            field.comodel_name
            for name in names
            for field in client.env[name]._fields.values()
            if field.type in ("many2one", "many2many")
            and field.comodel_name.startswith("collection.")
        }
        for name in sorted(comodels):
            comodel = client.env[name]
            if comodel._rec_name or comodel._rec_names_search:
                with client.trying(f"name_search {name}", offered=False, reading=True):
                    comodel.name_search("a")

    def _knows_mandates(self, model):
        return model._name == "collection.mandate" or any(
            field.comodel_name in ("collection.mandate", "collection.placement.line")
            for field in model._fields.values()
            if field.relational
        )

    def _one_of_each(self, records, names=None):
        """One record of each value of each selection, or of these."""
        chosen = dict.fromkeys(records[:1].ids)
        for field in records._fields.values():
            if names and field.name not in names:
                continue
            if field.type == "selection" and field.store:
                # sudo: which to choose, whatever the user reads of it
                values = {record[field.name]: record.id for record in records.sudo()}
                chosen |= dict.fromkeys(values.values())
        return records.browse(chosen)

    def _missing_states(self, records):
        """States in which none of the records is, though one may be."""
        field = records._fields.get("state")
        if not records or not field or not field.store:
            return []
        # sudo: as above
        return sorted(
            set(field.get_values(self.env)) - set(records.sudo().mapped("state"))
        )

    @contextmanager
    def _in_state(self, record, state):
        """As if the record were in this state, whatever leads there; whether it may be:
        of some the table asks for more."""
        with self.env.cr.savepoint() as savepoint:
            may_be = True
            try:
                with mute_logger("odoo.sql_db"):
                    self.env.cr.execute(
                        SQL(
                            "UPDATE %s SET state = %s WHERE id = %s",
                            SQL.identifier(record._table),
                            state,
                            record.id,
                        )
                    )
            except CheckViolation:
                savepoint.rollback()
                may_be = False
            self.env.invalidate_all()
            yield may_be
            savepoint.rollback()
            self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestEveryDoor(DemoCommon, DoorsCase):
    """The demo company, with two mandates, with one and with none."""

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 300

    def _user_of(self, role):
        return self.env.ref(f"__collection_demo__.{role}")

    @contextmanager
    def _mandates(self, count):
        """As if so many mandates were running."""
        with self.env.cr.savepoint() as savepoint:
            mandates = self.env["collection.mandate"].search(
                [
                    ("company_id", "=", self.company.id),
                    ("state", "not in", ("study", "ended")),
                ],
                order="id",
            )
            self.assertEqual(len(mandates), 2)
            mandates[count:].action_end()
            self.env.flush_all()
            yield
            savepoint.rollback()
            self.env.invalidate_all()

    def test_actions(self):
        for client in self._clients():
            self._open_actions(client, search=True)

    def test_buttons(self):
        for client in self._clients():
            self._press_everything(client)
            # nothing is wrong where nothing is tried
            self.assertGreater(len(client.pressed), 14)
            self.assertGreater(len(client.opened), 9)

    def test_buttons_on_forms_of_core(self):
        accounts = self.env["collection.account"].search(
            [("company_id", "=", self.company.id)], limit=40
        )
        for client in self._clients():
            for records in (accounts.partner_id, accounts.item_ids.move_id):
                records = records.with_env(client.env)
                if records.has_access("read"):
                    client.press_rest(records, part="collection")

    def test_fewer_mandates(self):
        for count in (1, 0):
            with self._mandates(count):
                # what stands in the menus is opened so by TestWizardEntries
                for client in self._clients(often=1):
                    self._press_everything(client, delegated=True)


@tagged("post_install", "-at_install")
class TestEmptyDoors(DoorsCase):
    """A database as the installation leaves it."""

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 50

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(NOW))
        cls.company = cls.env["res.company"].create({"name": "Bare"})
        cls.users = {
            role: new_test_user(
                cls.env,
                login=f"door_{role}",
                groups=f"{MODULE}.group_collection_{group}",
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for role, group in zip(ROLES, ("manager", "user", "on_site"), strict=True)
        }

    def _user_of(self, role):
        return self.users[role]

    def test_everything(self):
        for client in self._clients():
            self._open_actions(client, search=True)
            self._press_everything(client)
