import inspect
import re
from contextlib import contextmanager

import psycopg2

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.models import MAGIC_COLUMNS
from odoo.service.model import call_kw, get_public_method
from odoo.sql_db import Cursor
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .quality.common import NOW, QualityCommon

#: stands in every name, number and note of the customer who is not the callers', and
#: in nothing else
SECRET = "Xq7zk"
#: stands in what accountants, who read customers and invoices, are not told either
NOTE = "Vj3wp"
#: a statement that changes a table, wherever it stands in it
CHANGE = re.compile(
    r"\b(?:INSERT\s+INTO|DELETE\s+FROM|TRUNCATE)\s+\"?(\w+)"
    r"|\bUPDATE\s+\"?(\w+)\"?(?:\s+(?:AS\s+)?\w+)?\s+SET\b"
    r"|\b(nextval)\b",
    re.IGNORECASE,
)
#: of core, the same for every model and about no record
ABOUT_NO_RECORD = {
    "fields_get",
    "get_view",
    "get_views",
}
#: that every role but the accountant is refused: core methods are tried on it for all
CLOSED_MODEL = "collection.letter"
#: what core says of an argument in words that are no UserError, as for its own models
WORDS_OF_CORE = ("Expected singleton", "Invalid token or rating")
#: rights that a role has on purpose, by method: (model, or "" for any)
RIGHTS = {
    # the next of those delegated to him
    "on_site": {"action_next_customer": ""},
    # invoicing writes on customers, opens disputes and sends copies of invoices
    "accountant": {
        "action_send_duplicate": "collection.item",
        "activity_schedule": "collection.account",
        "copy": "collection.dispute",
        "create": "collection.dispute",
        "message_post": "collection.account",
        "name_create": "collection.dispute",
        "web_save": "collection.dispute",
    },
}
#: of each type of field, what no number, day or text of the business is
HOSTILE = {
    "date": ["9999-12-31"],
    "float": [float("nan")],
    "integer": [2**31 - 1],
    "monetary": [float("nan")],
}
MODULE = "odoo.addons.account_collection."


@tagged("post_install", "-at_install")
class TestPublicMethods(QualityCommon):
    """Whoever may call any public method learns and changes nothing by it.

    The methods are those of the registry, so that one added later is called without
    being named. They are asked about a customer who is another provider's.
    """

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 30

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign_partner = cls._customer(
            f"{SECRET} Holding", ref=f"{SECRET}-1", phone="+33 3 20 00 00 01"
        )
        cls.env["res.partner"].create(
            {
                "name": f"{SECRET} Accounts",
                "parent_id": cls.foreign_partner.id,
                "email": f"{SECRET}@customer.example.com",
                "phone": "+33 6 12 34 56 78",
            }
        )
        for number, (amount, due) in enumerate(
            [(700.0, "2026-10-08"), (300.0, "2026-10-12"), (90.0, "2026-12-20")]
        ):
            cls._invoice(cls.foreign_partner, amount, due, name=f"{SECRET}/{number:05}")
        cls.foreign = cls.account_of(cls.foreign_partner)
        cls._hand_over(cls.foreign, cls.other_mandate)
        cls._tell_all(cls.foreign.with_user(cls.other_agent_user))
        cls.env["collection.account"]._rank()
        cls.env["collection.receipt"]._bring_up_to_date()
        cls.env.flush_all()
        cls.env.cr.flush()
        cls.roles = {
            "agent": cls.agent_user,
            "supervisor": cls.supervisor_user,
            "on_site": cls.on_site_user,
            "portal": cls.plain_portal_user,
            "internal": cls.plain_internal_user,
            "accountant": cls.accountant_user,
            "public": cls.env.ref("base.public_user"),
        }
        cls.employees = {"on_site", "internal", "accountant"}
        cls.insiders = {"manager": cls.manager_user, "on_site": cls.on_site_user}
        cls.about = {
            name: cls._find_about(name)
            for name, model in cls.env.registry.items()
            if name.startswith("collection.") and not model._abstract
        } | {
            "account.move": cls.foreign.item_ids.move_id,
            "res.partner": cls.foreign_partner,
        }

    @classmethod
    def _tell_all(cls, theirs):
        """Something of every kind about the foreign customer, as its agent has it."""
        late, later, to_come = cls.foreign.item_ids.sorted("date_due")
        env = theirs.env
        theirs._portal_new_promise(
            {
                "amount": 10.0,
                "date_promised": "2026-11-30",
                "item_ids": later.ids,
                "note": NOTE,
            }
        )
        theirs._portal_propose_plan(
            {
                "instalment_count": 2,
                "date_first": "2026-12-05",
                "item_ids": late.ids,
                "note": NOTE,
            }
        )
        env["collection.dispute"].create(
            {
                "account_id": theirs.id,
                "item_ids": [Command.set(late.ids)],
                "amount": 10.0,
                "description": SECRET,
                "reason_id": cls._dispute_reason("price").id,
            }
        )
        env["collection.complaint"].create(
            {"account_id": theirs.id, "category": "error", "description": NOTE}
        )
        theirs._record_means_change("transfer", "asked", note=NOTE)
        theirs._portal_write_note(NOTE)
        call = cls._log(cls.foreign, cls.other_agent_user, note=NOTE, person=SECRET)
        cls.env["collection.bill"].create(
            {
                "account_id": theirs.id,
                "item_ids": [Command.set(later.ids)],
                "kind": "lcr",
            }
        ).action_send()
        cls.env["collection.precheck"].create({"item_id": to_come.id})
        cls.foreign._write_letter("statement")
        cls.foreign.write({"next_action": SECRET, "next_action_date": "2026-11-24"})
        cls.env["collection.mandate.review"].create(
            {"mandate_id": cls.other_mandate.id, "date": "2026-11-24", "minutes": NOTE}
        )
        cls.other_mandate.quality_share = 100.0
        # sudo: what the nightly jobs do
        cls.env["collection.call.draw"].sudo()._draw_day(
            cls.company, fields.Date.to_date(NOW)
        )
        cls.env["collection.satisfaction"].sudo()._create_for(
            call, fields.Date.to_date(NOW)
        )

    @classmethod
    def _find_about(cls, name):
        """Records of a model that are about the foreign customer, or any."""
        model = cls.env[name]
        if name == "collection.account":
            return cls.foreign
        if "account_id" in model._fields:
            return model.sudo().search([("account_id", "=", cls.foreign.id)])
        if "mandate_id" in model._fields:
            return model.sudo().search([("mandate_id", "=", cls.other_mandate.id)])
        if name == "collection.mandate":
            return cls.other_mandate
        return model.sudo().search([], limit=3)

    # ------------------------------------------------------------------
    # Who calls what
    # ------------------------------------------------------------------

    def _user_of(self, role):
        return self.roles.get(role) or self.insiders[role]

    def _our_models(self):
        """Models of ours, and those of core that we add methods or fields to."""
        return sorted(
            name
            for name, model in self.env.registry.items()
            if any(base.__module__.startswith(MODULE) for base in model.__mro__)
        )

    def _public_methods(self, name):
        model = self.env[name]
        for method in dir(type(model)):
            if method.startswith("_") or method in ABOUT_NO_RECORD:
                continue
            function = inspect.getattr_static(type(model), method)
            if not inspect.isfunction(function):
                continue
            try:
                function = get_public_method(model, method)
            except AccessError:
                continue
            ours = inspect.unwrap(function).__module__.startswith(MODULE)
            if name.startswith("collection.") or ours:
                yield method, function, ours

    def _arguments(self, model, function):
        """Plausible arguments of a method, by the names of its parameters."""
        named = {
            "aggregates": ["__count"],
            "domain": [],
            "field_names": ["account_id"],
            "fields": ["display_name"],
            "fields_spec": {"display_name": {}},
            "fields_to_export": [".id", "display_name"],
            "groupby": ["id"],
            "grouping_sets": [[]],
            "name": "",
            "rate": 3,
            "specification": {"display_name": {}},
            "unfold_read_specification": {"display_name": {}},
            "values": self._values(model),
            "vals": self._values(model),
            "vals_list": [self._values(model)],
        }
        for base in type(model).__mro__:
            if function.__name__ not in vars(base):
                continue
            _self, *parameters = inspect.signature(
                vars(base)[function.__name__]
            ).parameters.values()
            parameters = [
                parameter
                for parameter in parameters
                if parameter.kind
                not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            ]
            if parameters:
                break
        for parameter in parameters:
            if parameter.name in named:
                yield parameter.name, named[parameter.name]
            elif parameter.default is parameter.empty:
                yield parameter.name, self.foreign.id

    def _values(self, model):
        if "account_id" in model._fields:
            return {"account_id": self.foreign.id}
        return {"name": "Mine"} if "name" in model._fields else {}

    def _tables_of_own(self):
        """Tables in which a user may leave rows of his own: wizards that he has open,
        the log of what he looks at, and marks of what to work out again."""
        return {"collection_access_log", "collection_receipt_stale"} | {
            model._table for model in self.env.registry.values() if model._transient
        }

    @contextmanager
    def _watching(self):
        """Note what the statements change: {table}, of others than the user's own."""
        own = self._tables_of_own()
        execute = Cursor.execute
        changed = set()

        def watched(cursor, query, params=None, **kwargs):
            execute(cursor, query, params, **kwargs)
            text = query.code if isinstance(query, SQL) else query
            text = text.decode() if isinstance(text, bytes) else str(text)
            for match in CHANGE.finditer(text):
                table = next(filter(None, match.groups()))
                if cursor.rowcount and table not in own and not table.endswith("_rel"):
                    changed.add(table)

        self.patch(Cursor, "execute", watched)
        try:
            yield changed
        finally:
            self.patch(Cursor, "execute", execute)

    def _call(self, user, name, method, args, kwargs):
        """What a remote call answers, or why it does not: (answer, error)."""
        env = self.env(user=user, su=False)
        env.invalidate_all(flush=False)
        self.env.cr.execute("SAVEPOINT a_call")
        answer = error = None
        try:
            answer = call_kw(env[name], method, args, kwargs)
            env.flush_all()
        except Exception as raised:  # noqa: BLE001
            error = raised
        env.transaction.clear()
        self.env.cr.precommit.clear()
        self.env.cr.execute("ROLLBACK TO SAVEPOINT a_call")
        self.env.cr.execute("RELEASE SAVEPOINT a_call")
        return answer, error

    def _sweep(self, role, calls):
        """Make `calls` as a role; what came out by them, changed or broke."""
        words = {NOTE} if role == "accountant" else {SECRET, NOTE}
        user = self._user_of(role)
        found = []
        count = 0
        with (
            self._watching() as changed,
            mute_logger(
                "odoo.sql_db",
                "odoo.orm.domains",
                "odoo.addons.base.models.ir_model",
                "odoo.addons.base.models.ir_rule",
                "odoo.addons.mail.models.mail_thread",
                "odoo.models",
                "py.warnings",
            ),
        ):
            for name, method, ours, args, kwargs in calls:
                count += 1
                changed.clear()
                answer, error = self._call(user, name, method, args, kwargs)
                text = f"{answer!r} {error!s}"
                where = f"{role}: {name}.{method} {args!s:.150} {kwargs!s:.150}"
                if any(word in text for word in words):
                    found.append(f"{where} tells {text[:300]}")
                # a number drawn is gone, whatever becomes of the call
                changes = changed & {"nextval"} if error else changed
                if changes and RIGHTS.get(role, {}).get(method) not in ("", name):
                    found.append(f"{where} changes {changes}")
                if ours and error and not self._is_in_words(error):
                    found.append(f"{where} breaks: {error!r:.300}")
        return count, found

    @staticmethod
    def _is_in_words(error):
        return isinstance(
            error, UserError | RedirectWarning | psycopg2.IntegrityError
        ) or any(words in str(error) for words in WORDS_OF_CORE)

    def _calls(self, role):
        """(model, method, whether it is ours, arguments, named arguments) to try."""
        for name in self._our_models():
            model = self.env[name]
            about = self.about.get(name)
            closed = name != CLOSED_MODEL and not any(
                model.with_user(self._user_of(role)).has_access(operation)
                for operation in ("read", "write", "create", "unlink")
            )
            for method, function, ours in self._public_methods(name):
                if closed and not ours:
                    # refused by core before anything of ours is asked
                    continue
                ours = ours and name.startswith("collection.") and not model._abstract
                kwargs = dict(self._arguments(model, function))
                if getattr(function, "_api_model", False):
                    yield name, method, ours, [], kwargs
                    continue
                if about:
                    yield name, method, ours, [about.ids], kwargs
                if ours or not about:
                    yield name, method, ours, [[]], kwargs

    def _typed_calls(self, role):
        """A new record in the form, with one foreign record after the other typed."""
        for name in self._our_models():
            model = self.env[name].with_user(self._user_of(role))
            if (
                not name.startswith("collection.")
                or model._abstract
                or not model.has_access("create")
            ):
                continue
            shown = {
                field.name: {"fields": {"display_name": {}}} if field.relational else {}
                for field in model._fields.values()
                if model._has_field_access(field, "read")
            }
            for field in model._fields.values():
                about = field.relational and self.about.get(field.comodel_name)
                if not about or (
                    # any employee reads contacts
                    about._name == "res.partner" and role in self.employees
                ):
                    continue
                value = (
                    about[:1].id
                    if field.type == "many2one"
                    else [Command.set(about.ids)]
                )
                values = {field.name: value}
                yield name, "onchange", True, [[], values, [field.name], shown], {}
                default = {"context": {f"default_{field.name}": value}}
                yield name, "onchange", True, [[], {}, [], shown], default
                if model._transient:
                    kwargs = {"vals": values, "specification": shown}
                    yield name, "web_save", True, [[]], kwargs

    # ------------------------------------------------------------------
    # The tests
    # ------------------------------------------------------------------

    def _assert_nothing_comes_of(self, calls):
        for role in self.roles:
            with self.subTest(role=role):
                count, found = self._sweep(role, calls(role))
                self.assertTrue(count or role in ("portal", "public"))
                self.assertFalse(found, "\n".join(found))

    def test_nobody_learns_or_changes_anything(self):
        self._assert_nothing_comes_of(self._calls)

    def test_nobody_learns_by_typing(self):
        self._assert_nothing_comes_of(self._typed_calls)

    def test_wizards_refuse_in_words(self):
        """Whatever is typed into a wizard, its buttons answer or say why not."""
        for role, user in self.insiders.items():
            found = []
            with self.subTest(role=role), mute_logger("odoo.sql_db"):
                for name in self._our_models():
                    model = self.env[name].with_user(user)
                    if not model._transient or not model.has_access("create"):
                        continue
                    for vals in self._hostile_values(name):
                        found += self._break(user, name, vals)
                self.assertFalse(found, "\n".join(found))

    def _hostile_values(self, name):
        model = self.env[name]
        plain = {
            field.name: self._find_own(field)
            for field in model._fields.values()
            if field.relational and not field.compute and self._find_own(field)
        } | {
            field.name: next(iter(field.get_values(self.env)))
            for field in model._fields.values()
            if field.type == "selection"
            and field.required
            and not (field.compute or field.default)
        }
        plain |= {
            name: "x"
            for name in ("reason", "note")
            if name in model._fields and model._fields[name].type in ("char", "text")
        }
        for field in model._fields.values():
            if field.name in MAGIC_COLUMNS or (field.compute and field.readonly):
                continue
            for value in HOSTILE.get(field.type, ()):
                yield {**plain, field.name: value}

    def _find_own(self, field):
        """A record of the delegated customer, or any."""
        if field.comodel_name == "collection.account":
            records = self.delegated
        elif field.comodel_name == "collection.item":
            records = self.delegated.item_ids
        elif not field.comodel_name.startswith("collection."):
            return None
        elif self.env[field.comodel_name]._transient:
            return None
        else:
            records = self.env[field.comodel_name].search([], limit=1)
        if not records:
            return None
        return (
            records[:1].id if field.type == "many2one" else [Command.set(records.ids)]
        )

    def _break(self, user, name, vals):
        """What of a wizard with these values breaks otherwise than in words."""
        found = []
        env = self.env(user=user, su=False)
        shown = dict.fromkeys(env[name].fields_get(), {})
        self.env.cr.execute("SAVEPOINT a_wizard")
        for method, args in [
            ("onchange", [[], dict(vals), list(vals), shown]),
            ("web_save", [[], vals, shown]),
        ]:
            _answer, error = self._call(user, name, method, args, {})
            if error and not self._is_in_words(error):
                found.append(f"{name}.{method} {vals!s:.250} breaks: {error!r:.250}")
        if not found:
            try:
                wizard = env[name].create(vals)
                env.flush_all()
            except (UserError, RedirectWarning, psycopg2.IntegrityError):
                wizard = env[name]
            for method, _function, ours in self._public_methods(name):
                if wizard and ours and method.startswith("action_"):
                    _answer, error = self._call(user, name, method, [wizard.ids], {})
                    if error and not self._is_in_words(error):
                        found.append(
                            f"{name}.{method} {vals!s:.250} breaks: {error!r:.250}"
                        )
        env.transaction.clear()
        self.env.cr.execute("ROLLBACK TO SAVEPOINT a_wizard")
        self.env.cr.execute("RELEASE SAVEPOINT a_wizard")
        return found
