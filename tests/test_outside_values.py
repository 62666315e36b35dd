from datetime import date, timedelta

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import CollectionCommon

#: what the outsiders of each kind create or write by remote call; a right that is
#: added without being attacked here fails the test
MODELS = {
    "agent_user": {
        "collection.call",
        "collection.complaint",
        "collection.dispute",
        "collection.promise",
    },
    "on_site_user": {
        "collection.call",
        "collection.call.amend",
        "collection.call.screen",
        "collection.complaint",
        "collection.corrective.action",
        "collection.dispute",
        "collection.dispute.decision",
        "collection.means.answer",
        "collection.precheck",
        "collection.promise",
        "collection.team.sheet",
        "collection.team.sheet.line",
    },
}
#: refused: in words, or as what no field of any model takes
REFUSALS = (
    UserError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    psycopg2.Error,
)
#: tables that every act may touch, whoever acts
IGNORED_TABLES = {
    "bus_bus",
    "collection_access_log",
    # marks of what to work out again, which whoever reads takes away
    "collection_receipt_stale",
    "ir_cron_trigger",
    "ir_sequence",
    "ir_sequence_date_range",
}


@tagged("post_install", "-at_install")
class TestOutsideValues(CollectionCommon):
    """Nested commands, foreign numbers and monsters, sent to all that outsiders
    may create or write; nothing outside their delegation changes by one column."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        today = cls._today()
        cls.invoices = cls._invoice(cls.customer, 1000, today - timedelta(days=40))
        cls.invoices |= cls._invoice(cls.customer, 500, today + timedelta(days=10))
        cls.foreign_invoice = cls._invoice(
            cls.other_customer, 700, today - timedelta(days=30)
        )
        cls.base_values = {}
        cls.account = cls.account_of(cls.customer)
        cls.foreign = cls.account_of(cls.other_customer)
        cls.foreign.delegation_state = "reserved"
        cls._hand_over(cls.account)
        cls.items = cls.account.item_ids.sorted("date_due")
        cls.foreign_items = cls.foreign.item_ids
        cls._make_records(cls.account, cls.items, "own_records")
        cls._make_records(cls.foreign, cls.foreign_items, "foreign_records")
        cls.agent_call = (
            cls.env["collection.call"]
            .with_user(cls.on_site_user)
            .create(cls._call_values(cls.account))
            .with_env(cls.env)
        )
        cls.env.flush_all()

    @classmethod
    def _make_records(cls, account, items, name):
        """One record of each kind about `account`, by model."""
        env, today = cls.env, cls._today()
        # the system's: nobody in-house promises anything of what is handed over
        promises = env["collection.promise"].with_user(env.ref("base.user_root"))
        promise = promises.create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(items[:1].ids)],
                "amount": 5.0,
                "date_promised": today + timedelta(days=3),
            }
        ).with_env(env)
        dispute = env["collection.dispute"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(items[:1].ids)],
                "amount": 5.0,
                "reason_id": cls._dispute_reason("price").id,
            }
        )
        bill = env["collection.bill"].create(
            {
                "account_id": account.id,
                "item_ids": [Command.set(items[-1:].ids)],
                "kind": "lcr",
            }
        )
        bill.action_send()
        call = env["collection.call"].create(cls._call_values(account))
        letter = account._write_letter("statement")
        attachment = env["ir.attachment"].create(
            {
                "name": "secret.txt",
                "raw": b"secret",
                "res_model": letter._name,
                "res_id": letter.id,
            }
        )
        message = letter.message_post(body="Said among ourselves")
        records = {
            "collection.account": account,
            "collection.item": items,
            "collection.promise": promise,
            "collection.dispute": dispute,
            "collection.bill": bill,
            "collection.call": call,
            "collection.letter": letter,
            "collection.precheck": env["collection.precheck"].create(
                {"item_id": items[-1:].id}
            ),
            "collection.corrective.action": env["collection.corrective.action"].create(
                {
                    "name": "Mend it",
                    "dysfunction_id": env["collection.dysfunction"]
                    .search([], limit=1)
                    .id,
                    "deadline": today + timedelta(days=30),
                    "owner_id": (
                        cls.on_site_user if name == "own_records" else cls.manager_user
                    ).id,
                }
            ),
            "ir.attachment": attachment,
            "mail.message": message,
            "res.partner": account.partner_id,
            "account.move": items.move_id[:1],
            "account.move.line": items.move_line_id[:1],
        }
        setattr(cls, name, records)

    # ------------------------------------------------------------------
    # What there is before and after
    # ------------------------------------------------------------------

    def _own_tables(self):
        """Tables of wizards: what somebody types there is nobody else's."""
        for model in self.env.registry.values():
            if model._transient:
                yield model._table
                yield from (
                    field.relation
                    for field in model._fields.values()
                    if field.type == "many2many" and field.store
                )

    def _foreign_filters(self):
        """By table, the condition on rows that lie outside the delegation."""
        columns = {}
        for table, column in self.env.execute_query(
            SQL(
                "SELECT table_name, column_name FROM information_schema.columns"
                " JOIN pg_class ON relname = table_name AND relkind = 'r'"
                " WHERE table_schema = 'public'"
            )
        ):
            columns.setdefault(table, set()).add(column)
        skipped = IGNORED_TABLES | set(self._own_tables())
        filters = {}
        for table in sorted(columns.keys() - skipped):
            names, condition = columns[table], SQL("TRUE")
            if table == "collection_account":
                condition = SQL("id <> %s", self.account.id)
            elif table == "mail_message":
                # what is written anew about his own customer is his work
                condition = SQL(
                    "(id <= %s OR (model, res_id) IN %s)",
                    self._last_id(table),
                    tuple(
                        (model, id_)
                        for model, records in self.foreign_records.items()
                        for id_ in records.ids
                    ),
                )
            elif table.startswith("mail_") and "id" in names:
                condition = SQL("id <= %s", self._last_id(table))
            elif table.startswith(("mail_message_", "mail_mail_")):
                owner = "mail_message" if "mail_message_id" in names else "mail_mail"
                condition = SQL(
                    "%s <= %s", SQL.identifier(f"{owner}_id"), self._last_id(owner)
                )
            elif "account_id" in names and table.startswith("collection_"):
                condition = SQL("account_id IS DISTINCT FROM %s", self.account.id)
            elif "collection_item_id" in names:
                condition = SQL(
                    "collection_item_id IN %s", tuple(self.foreign_items.ids)
                )
            filters[table] = condition
        return filters

    def _last_id(self, table):
        [(last,)] = self.env.execute_query(
            SQL("SELECT COALESCE(MAX(id), 0) FROM %s", SQL.identifier(table))
        )
        return last

    def _digests(self, tables):
        """One digest of the rows outside the delegation for each of `tables`."""
        if not tables:
            return {}
        return dict(
            self.env.execute_query(
                SQL(" UNION ALL ").join(
                    SQL(
                        "(SELECT %s, COALESCE(SUM(hashtextextended(row_::text, 0)), 0)"
                        " FROM %s row_ WHERE %s)",
                        table,
                        SQL.identifier(table),
                        self.filters[table],
                    )
                    for table in tables
                )
            )
        )

    def _touched(self):
        """How often each table was written in this transaction."""
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del"
                    " FROM pg_stat_xact_user_tables WHERE schemaname = 'public'"
                )
            )
        )

    # ------------------------------------------------------------------
    # Attacks
    # ------------------------------------------------------------------

    def _foreign_id(self, comodel):
        """A record that is none of the outsider's, of any model."""
        if comodel not in self.foreign_ids:
            record = self.foreign_records.get(comodel)
            if record is None:
                records = self.env[comodel].sudo().with_context(active_test=False)
                record = records.search([], order="id", limit=1)
            self.foreign_ids[comodel] = record[:1].id or 1
        return self.foreign_ids[comodel]

    def _own_id(self, comodel):
        record = self.own_records.get(comodel)
        return record[:1].id if record else self._foreign_id(comodel)

    def _prey(self, comodel):
        """Values that show where they get to."""
        for name in ("note", "name", "body", "description", "reason", "phone"):
            field = self.env[comodel]._fields.get(name)
            if field and field.store and field.type in ("char", "text", "html"):
                return {name: "TAKEN OVER"}
        return {"write_uid": 1}

    def _commands(self, comodel, inner):
        """Every command code on own and foreign records; `inner`: values within."""
        own, foreign = self._own_id(comodel), self._foreign_id(comodel)
        for values in inner:
            yield [[0, 0, values]]
            yield [[1, foreign, values]]
        for id_ in {own, foreign}:
            yield [[1, id_, self._prey(comodel)]]
            yield [[2, id_, 0]]
            yield [[3, id_, 0]]
            # led by something harmless
            yield [[4, own, 0], [2, id_, 0]]
        yield [[4, own, 0], [1, foreign, self._prey(comodel)]]
        yield [[4, foreign, 0]]
        yield [[4, foreign, self._prey(comodel)]]
        yield [[5, 0, 0]]
        yield [[6, 0, [own, foreign]]]
        yield [[6, 0, [[1, foreign, self._prey(comodel)]]]]
        yield [foreign]

    def _relational(self, model):
        return [
            (name, field.comodel_name)
            for name, field in sorted(self.env[model]._fields.items())
            if field.relational and field.comodel_name in self.env
        ]

    def _nested(self, comodel):
        """Values with commands in each relational field of `comodel`."""
        for name, below in self._relational(comodel):
            foreign, prey = self._foreign_id(below), self._prey(below)
            for command in (
                [0, 0, prey],
                [1, foreign, prey],
                [2, foreign, 0],
                [3, foreign, 0],
                [4, foreign, 0],
                [5, 0, 0],
                [6, 0, [foreign]],
            ):
                yield {name: [command]}
            yield {name: foreign}

    def _attacks(self, model, deep):
        """(field, value) for every relational field of `model`, depth 1 and 2.

        :param deep: x2many fields whose commands carry commands themselves; of the
            others it is the name that is refused, whatever they hold
        """
        for name, comodel in self._relational(model):
            inner = [self._prey(comodel)]
            field = self.env[model]._fields[name]
            if name in deep and field.store and field.type != "many2one":
                inner += self._nested(comodel)
            for value in self._commands(comodel, inner):
                yield name, value
            foreign = self._foreign_id(comodel)
            for value in (
                foreign,
                [foreign, "name"],
                {"id": foreign, **self._prey(comodel)},
                self._prey(comodel),
                str(foreign),
                [[]],
                [None],
                [{}],
                {},
                True,
                -1,
                2**40,
            ):
                yield name, value

    def _base_values(self, model):
        """Values with which an outsider really creates a record of `model`."""
        if not self.base_values:
            self.base_values.update(self._make_base_values())
        return self.base_values.get(model, {})

    def _make_base_values(self):
        day = str(self._today() + timedelta(days=5))
        account, item = self.account.id, self.items[:1].id
        return {
            "collection.call": self._call_values(self.account),
            "collection.complaint": {
                "account_id": account,
                "category": "error",
                "description": "Wrong amount",
            },
            "collection.dispute": {
                "account_id": account,
                "item_ids": [[6, 0, [item]]],
                "amount": 1.0,
                "reason_id": self._dispute_reason("price").id,
            },
            "collection.promise": {
                "account_id": account,
                "item_ids": [[6, 0, [item]]],
                "amount": 1.0,
                "date_promised": day,
            },
            "collection.call.amend": {"call_id": self.agent_call.id},
            "collection.call.screen": {"account_id": account},
            "collection.means.answer": {"account_id": account, "target": "transfer"},
            "collection.dispute.decision": {
                "dispute_id": self.own_records["collection.dispute"].id
            },
        }

    def _acts(self, user, model, name, value):
        """Remote calls of `user` that send `value` for the field `name`."""
        records = self.env[model].with_user(user)
        base = self._base_values(model)
        if records.has_access("create"):
            yield lambda: records.create([{**base, name: value}])
        own = self.own_records.get(model)
        if own and records.has_access("write"):
            yield lambda: own.with_user(user).write({name: value})

    def _try(self, act, savepoint):
        """Act, see what came of it, take it back.

        What was refused should have done nothing: that shows with what passes next.

        :return: (tables changed outside the delegation, fields of new records that
            refer to somebody else's); None when it was refused
        """
        try:
            with mute_logger("odoo.sql_db"):
                records = act()
                self.env.flush_all()
                result = self._get_changed(), self._get_foreign_chosen(records)
        except REFUSALS as refusal:
            if isinstance(refusal, psycopg2.Error):
                self._take_back(savepoint)
            return None
        self._take_back(savepoint)
        return result

    def _take_back(self, savepoint):
        savepoint.rollback()
        self.env.invalidate_all(flush=False)
        self.touched = self._touched()

    def _get_changed(self):
        tables = [
            table
            for table, count in self._touched().items()
            if count != self.touched.get(table, 0) and table in self.filters
        ]
        digests = self._digests(tables)
        return {table for table in tables if digests[table] != self.before[table]}

    def _get_foreign_chosen(self, records):
        """Fields of new records of ours that refer to somebody else's records."""
        if isinstance(records, bool) or records._transient:
            return set()
        return {
            name
            for name, comodel in self._relational(records._name)
            if records._fields[name].store
            and comodel in self.foreign_records
            and records.sudo()[name] & self.foreign_records[comodel]
        }

    def _get_attacks(self, login):
        for model in sorted(MODELS[login]):
            writable = self.env[model]._fields.keys()
            if hasattr(self.env[model], "_provider_writable_fields"):
                writable = self.env[model]._provider_writable_fields
            for name, value in self._attacks(model, writable):
                yield model, name, value

    def _attack(self, login):
        self.foreign_ids = {}
        self.filters = self._foreign_filters()
        self.before = self._digests(self.filters)
        self.touched = self._touched()
        user = getattr(self, login)
        tried = passed = 0
        harm = []
        with self.env.cr.savepoint() as savepoint:
            for model, name, value in self._get_attacks(login):
                for act in self._acts(user, model, name, value):
                    tried += 1
                    result = self._try(act, savepoint)
                    passed += result is not None
                    if result and any(result):
                        harm.append((model, name, value, *result))
        self.assertFalse(harm)
        # what is only refused proves nothing, nor does what only passes
        self.assertGreater(tried, 1000)
        self.assertGreater(passed, 0)
        self.assertLess(passed, tried / 2)
        self.assertEqual(self._digests(self.filters), self.before)

    def test_agent_attacks(self):
        self._attack("agent_user")

    def test_on_site_attacks(self):
        self._attack("on_site_user")

    def test_every_model_is_attacked(self):
        """A right to create or write that comes later is to be attacked as well."""
        for login, models in MODELS.items():
            user = getattr(self, login)
            self.assertEqual(
                {
                    name
                    for name, model in self.env.registry.items()
                    if name.startswith("collection.")
                    and not model._abstract
                    and any(
                        self.env[name].with_user(user).has_access(operation)
                        for operation in ("create", "write", "unlink")
                    )
                },
                models,
            )

    def test_what_is_meant_passes(self):
        """Choices of own records pass, as a browser sends them and as a list."""
        promises = self.env["collection.promise"].with_user(self.agent_user)
        first, second = self.items.ids
        for value, chosen in (
            ([[6, 0, [first]]], [first]),
            ([[6, False, [first, second]]], [first, second]),
            ([[4, second, 0]], [second]),
            ([[4, first], [4, second, False]], [first, second]),
            ([second], [second]),
            # nothing chosen: what is overdue
            ([], [first]),
            ([[6, 0, []]], [first]),
        ):
            with self.subTest(value=value):
                promise = promises.create(
                    {**self._base_values("collection.promise"), "item_ids": value}
                )
                self.assertEqual(sorted(promise.item_ids.ids), sorted(chosen))

    def test_seen_but_of_another_customer(self):
        """What an agent reads of one customer is no choice for another one."""
        third = self._customer("Third")
        self._invoice(third, 90, self._today() - timedelta(days=9))
        account = self.account_of(third)
        self._hand_over(account)
        call = (
            self.env["collection.call"]
            .with_user(self.agent_user)
            .create(self._call_values(account))
        )
        self.assertTrue(call.account_id)
        for model, values in (
            ("collection.complaint", {"call_id": call.id}),
            ("collection.promise", {"item_ids": [[6, 0, account.item_ids.ids]]}),
            (
                "collection.dispute",
                {"item_ids": [[4, self.items[:1].id], [4, account.item_ids.id]]},
            ),
        ):
            with (
                self.subTest(model=model),
                self.assertRaisesRegex(AccessError, "belongs to this customer"),
            ):
                self.env[model].with_user(self.agent_user).create(
                    {**self._base_values(model), **values}
                )

    # ------------------------------------------------------------------
    # Monsters
    # ------------------------------------------------------------------

    def _monsters(self, field):
        """Values that are none, by type of field."""
        numbers = [float("nan"), float("inf"), 1e15, 10**400, "12", [], {}, [[]]]
        return {
            "char": ["x" * 251, "a\0b", "\ud800", 5, [], {"a": 1}, True],
            "text": ["x" * 10**6, "a\0b", 5, [], [[4, 1]], True],
            "float": numbers,
            "integer": [*numbers, 2**40, 1.5],
            "monetary": numbers,
            "date": [
                "9999-12-31",
                "0001-01-01",
                "tomorrow",
                "2026-13-01",
                "2026-01-01 00:00:00",
                date.max,
                20260101,
                [],
                {},
                True,
            ],
            "datetime": ["9999-12-31 23:59:59", "2026-01-01", [], True],
            "selection": ["nothing of the kind", 5, [], {}, True],
            "boolean": ["yes", 2, [], {}],
        }.get(field.type, [])

    def test_monsters_are_refused_in_words(self):
        for login, models in MODELS.items():
            user = getattr(self, login)
            for model in sorted(models):
                if not hasattr(self.env[model], "_provider_writable_fields"):
                    continue
                names = self.env[model]._provider_writable_fields
                for name in sorted(names - {"account_id"}):
                    field = self.env[model]._fields[name]
                    for value in self._monsters(field):
                        for act in self._acts(user, model, name, value):
                            with self.subTest(
                                user=login,
                                model=model,
                                name=name,
                                value=repr(value)[:40],
                            ):
                                self.assertIsNone(self._try_plainly(act))

    def _try_plainly(self, act):
        try:
            with self.env.cr.savepoint():
                records = act()
                self.env.flush_all()
                return records
        except UserError as error:
            self.assertTrue(str(error))
            return None
        finally:
            self.env.invalidate_all(flush=False)

    def test_bounds(self):
        today = self._today()
        promises = self.env["collection.promise"].with_user(self.agent_user)
        base = self._base_values("collection.promise")
        item = self.items[:1]
        # to the cent what is due and is contested in part by nobody here
        promise = promises.create({**base, "amount": item.amount_residual})
        self.assertEqual(promise.amount, 1000.0)
        with self.assertRaisesRegex(
            UserError, "1,000.01.* cannot be promised.*1,000.00"
        ):
            promises.create({**base, "amount": 1000.01})
        # in-house as well: no receipt could keep it
        in_house = {
            **base,
            "account_id": self.foreign.id,
            "item_ids": [Command.set(self.foreign_items[:1].ids)],
        }
        with self.assertRaisesRegex(UserError, "cannot be promised"):
            self.env["collection.promise"].create({**in_house, "amount": 10.0**15})
        last = today + timedelta(days=732)
        promises.create({**base, "date_promised": str(last)})
        for maker, values in (
            (promises, base),
            (self.env["collection.promise"], in_house),
        ):
            with self.assertRaisesRegex(UserError, "choose a day between"):
                maker.create({**values, "date_promised": last + timedelta(days=1)})
        calls = self.env["collection.call"]
        values = self._call_values(self.account, "information_only")
        for maker in (calls.with_user(self.agent_user), calls):
            with self.assertRaisesRegex(UserError, "choose a day between"):
                maker.create({**values, "next_action_date": "9999-12-31"})
        with self.assertRaisesRegex(UserError, "choose a day between"):
            self.account.next_action_date = last + timedelta(days=1)

    def test_many_at_once(self):
        calls = self.env["collection.call"]
        values = self._call_values(self.account)
        before = calls.search_count([])
        with self.assertRaisesRegex(UserError, "20 entries at a time"):
            calls.with_user(self.agent_user).create([values] * 300)
        self.assertEqual(calls.search_count([]), before)
        self.assertFalse(calls.with_user(self.agent_user).create([]))
        made = calls.with_user(self.agent_user).create([values] * 20)
        self.assertEqual(len(made), 20)
