import datetime
import re
from contextlib import contextmanager
from unittest.mock import patch

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, MissingError, RedirectWarning, UserError
from odoo.service.model import call_kw
from odoo.tests import Form
from odoo.tools import SQL
from odoo.tools.safe_eval import datetime as datetime_of_views
from odoo.tools.safe_eval import dateutil, safe_eval, time

from odoo.addons.web.controllers.utils import clean_action

#: rows that a list shows at first
LIMIT = 80
#: of one action after the other, how far a button is followed
DEPTH = 2
#: how often the same is opened, of records of the same kind
OFTEN = 2
#: what the kind of a record is told by
STATES = ("state", "delegation_state")
#: what the client does by itself, without asking the server
CLIENT_TAGS = {"display_notification", "reload", "soft_reload"}
#: what a statement that writes cannot do without; others may hold it as well
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE|nextval)\b", re.IGNORECASE)
#: keys of a context that are about the action that opened a view, not about its buttons
OF_THE_ACTION = ("default_", "search_default_", "group_by", "active_", "form_view_ref")


class WebClient:
    """What the web client asks the server for in the name of a user, without a browser.

    Views, domains, contexts and conditions are evaluated as the client does; what it
    would show as a crash is noted in `crashes`, what it would show as a refusal is not.
    """

    def __init__(self, env, user, companies, views=None, often=OFTEN):
        """
        :param often: how often the same answer of the same button is opened
        :param views: descriptions of views that this user was given before, as the
            browser keeps them; what is new is added
        """
        self.user = user
        self.env = env(
            user=user,
            su=False,
            context={
                "lang": user.lang,
                "tz": user.tz,
                "uid": user.id,
                "allowed_company_ids": companies.ids,
            },
        )
        self.crashes = []
        # statements that may have written something, while somebody wants to know
        self._written = []
        # how often something was done, by what it was
        self.done = {}
        # (model, method) of the buttons pressed, names of the models opened
        self.pressed = set()
        self.opened = set()
        self._views = {} if views is None else views
        self._often = often
        self._times = {}
        # (model, method) of the button whose answer is being opened
        self._pressing = None

    # ------------------------------------------------------------------
    # Trying
    # ------------------------------------------------------------------

    @contextmanager
    def trying(self, what, offered=True, reading=False):
        """Do something and take it back; a crash is noted as one of `what`.

        :param reading: whether nothing is to be taken back unless it fails; what was
            read may be known to what comes next
        :param offered: whether the screen offers it to this user: nobody is offered
            what they have no right to
        """
        self.done[what.split()[0]] = self.done.get(what.split()[0], 0) + 1
        cr = self.env.cr
        self.env.flush_all()
        savepoint = cr.savepoint(flush=False)
        written = len(self._written)
        kept = False
        try:
            yield
            self.env.flush_all()
            kept = reading
        except Refused:
            self.done["refused"] = self.done.get("refused", 0) + 1
        except (AccessError, MissingError) as error:
            if offered:
                self._note(what, error)
        except (UserError, RedirectWarning) as error:
            if not str(error.args[0] if error.args else "").strip():
                self._note(what, error)
        except Exception as error:  # noqa: BLE001
            self._note(what, error)
        finally:
            if not kept:
                self.env.transaction.clear()
                cr.precommit.clear()
                del self._written[written:]
            savepoint.close(rollback=not kept)

    @contextmanager
    def _noting_writes(self):
        """Gives a list of the statements that may have written something, without
        those of what was tried and taken back."""
        cr, before, self._written = self.env.cr, self._written, []
        execute = cr.execute

        def noting(query, *args, **kwargs):
            text = query.code if isinstance(query, SQL) else query
            if WRITES.search(text):
                self._written.append(text)
            return execute(query, *args, **kwargs)

        try:
            with patch.object(cr, "execute", noting):
                yield self._written
                self.env.flush_all()
        finally:
            self._written = before

    def _is_known(self, *key):
        """Whether the same was done often enough."""
        return self._times.get(key, 0) >= self._often

    def _count(self, *key):
        self._times[key] = self._times.get(key, 0) + 1

    def _kind_of(self, records):
        """None, one or several, and in which states."""
        if not records:
            return ()
        names = [
            name
            for name in STATES
            if name in records._fields and records._fields[name].store
        ]
        # sudo: in the database, so that nothing is known to the user by it
        states = (
            records.sudo()
            .with_context(active_test=False)
            ._read_group([("id", "in", records.ids)], names)
            if names
            else []
        )
        return (records._name, len(records) > 1, *states)

    def _note(self, what, error):
        where = error.__traceback__
        while where.tb_next:
            where = where.tb_next
        name = where.tb_frame.f_code.co_filename.rpartition("/")[2]
        self.crashes.append(
            f"{self.user.login}: {what}: {error!r:.400} ({name}:{where.tb_lineno})"
        )

    # ------------------------------------------------------------------
    # Evaluating
    # ------------------------------------------------------------------

    def evaluate(self, text, values=None, context=None):
        """The value of an expression of a view or an action."""
        if not isinstance(text, str):
            return text
        context = {**self.env.context, **(context or {})}
        today = fields.Date.context_today(self.env.user)
        return safe_eval(
            text.strip() or "False",
            {
                **context,
                "context": context,
                "context_today": lambda: today,
                "current_date": str(today),
                "datetime": datetime_of_views,
                "now": str(fields.Datetime.now()),
                "relativedelta": dateutil.relativedelta.relativedelta,
                "time": time,
                "today": str(today),
                "uid": self.user.id,
                **(values or {}),
            },
        )

    def is_hidden(self, node, values, stop=None):
        """Whether a part of a view is hidden, by itself or with what surrounds it."""
        while node is not None and node is not stop:
            if self.evaluate(node.get("invisible") or "False", values):
                return True
            node = node.getparent()
        return False

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def get_menu_actions(self):
        """Window actions in the menus of the application that the user sees."""
        root = self.env.ref("account_collection.menu_collection_root")
        visible = self.env["ir.ui.menu"]._visible_menu_ids()
        actions = self.env["ir.actions.act_window"].sudo()
        # sudo: as core reads the menus; which of them are seen is the user's
        for menu in root.sudo().search([("id", "child_of", root.id)]):
            path = map(int, menu.parent_path.split("/")[:-1])
            action = menu.action
            if action and action._name == actions._name and visible.issuperset(path):
                actions |= action
        return actions

    def load(self, action, context=None):
        """The description of an action, as `/web/action/load` gives it."""
        # sudo: as core reads the actions themselves
        action = action.with_env(self.env).with_context(**(context or {})).sudo()
        if action._name == "ir.actions.act_window":
            return clean_action(action._get_action_dict(), env=self.env)
        return clean_action(action.read()[0], env=self.env)

    def open(self, action, active=None, depth=DEPTH, search=False):
        """Open whatever a menu or a button answers with.

        :param active: records about which it is: `active_ids` of its context
        :param depth: how many answers of buttons of wizards are opened in turn
        :param search: also read what each filter and each grouping shows
        """
        if not isinstance(action, dict):
            return
        kind = action["type"]
        if kind == "ir.actions.act_window":
            self._open_window(action, active, depth, search)
        elif kind == "ir.actions.server":
            self.open(self._run(action["id"], active), active, depth)
        elif kind == "ir.actions.report":
            self._print(action, active)
        elif kind == "ir.actions.act_url":
            if not action["url"].startswith(("/", "https:", "mailto:", "tel:")):
                raise ValueError(action["url"])
        elif kind == "ir.actions.client":
            if action["tag"] in CLIENT_TAGS:
                self.open((action.get("params") or {}).get("next"), active, depth)
            elif not action["tag"]:
                raise ValueError(f"no client action: {action!r}")
        elif kind != "ir.actions.act_window_close":
            raise ValueError(f"no kind of action: {action!r}")

    def _active(self, records):
        if records is None:
            return {}
        return {
            "active_model": records._name,
            "active_id": records[:1].id,
            "active_ids": records.ids,
        }

    def _run(self, action_id, active):
        action = self.env["ir.actions.server"].browse(action_id)
        answer = action.with_context(**self._active(active)).run()
        return clean_action(answer, env=self.env) if answer else None

    def _print(self, action, active):
        # sudo: as core reads the actions themselves; it is printed as the user
        report = self.env["ir.actions.report"]
        ids = (action.get("context") or {}).get("active_ids")
        if isinstance(action.get("context"), str):
            ids = self.evaluate(action["context"]).get("active_ids")
        ids = ids or (active.ids if active is not None else [])
        report._render_qweb_html(action["report_name"], ids, action.get("data"))

    def _open_window(self, action, active, depth, search):
        context = {
            **self._active(active),
            **(self.evaluate(action.get("context") or {}, self._active(active)) or {}),
        }
        model = self.env[action["res_model"]].with_context(**context)
        self.opened.add(model._name)
        domain = self.evaluate(action.get("domain") or "[]", context=context)
        views = [tuple(view) for view in action["views"]]
        if action.get("target") == "new":
            views = views[:1]
        search_view = action.get("search_view_id") or False
        if isinstance(search_view, list | tuple):
            search_view = search_view[0]
        found = self.get_views(
            model, [*views, (search_view, "search")], action.get("id")
        )
        for view_id, view_type in views:
            arch = found[view_type]
            if view_type == "form":
                record = model.browse(action.get("res_id") or 0)
                if action.get("res_id"):
                    self.read_form(record, arch)
                elif model._transient or (
                    model.has_access("create") and _offers(arch, "create")
                ):
                    self._open_new(model, view_id, arch, depth)
            else:
                self._read_many(model, view_type, arch, domain, found["search"])
        if search and any(kind != "form" for _id, kind in views):
            self._search(model, found, domain)

    def get_views(self, model, views, action_id=None):
        """The descriptions of views, by type."""
        context = tuple(
            sorted(
                (key, str(value))
                for key, value in model.env.context.items()
                if key.endswith("_view_ref")
            )
        )
        key = (model._name, tuple(views), context)
        if key not in self._views:
            answer = call_kw(
                model.browse(),
                "get_views",
                [views],
                {
                    "options": {
                        "toolbar": True,
                        "load_filters": True,
                        "action_id": action_id,
                    },
                    "context": dict(model.env.context),
                },
            )
            fields_of = {
                name: found["fields"] for name, found in answer["models"].items()
            }
            answer = answer["views"]
            for kind, view in answer.items():
                unknown = _get_unknown(
                    etree.fromstring(view["arch"]), model._name, fields_of
                )
                if unknown:
                    # what the client cannot show stops it
                    raise ValueError(f"{model._name} {kind} without {unknown}")
            self._views[key] = {
                kind: etree.fromstring(view["arch"]) for kind, view in answer.items()
            }
            for kind, view in answer.items():
                toolbar = view.get("toolbar") or {}
                self._views[key][kind, "toolbar"] = [
                    *toolbar.get("action", []),
                    *toolbar.get("print", []),
                ]
        return self._views[key]

    def get_reachable(self, names):
        """Models whose records the forms of the models `names` lead to, in turn."""
        found, todo = set(), list(names)
        while todo:
            model = self.env[todo.pop()]
            if model._name not in found and model.has_access("read"):
                found.add(model._name)
                todo += self._get_linked(
                    model, self.get_views(model, [(False, "form")])["form"]
                )
        return found

    def _get_linked(self, model, view):
        for node in _own(view, "field"):
            field = model._fields[node.get("name")]
            if (
                not field.relational
                or not field.comodel_name.startswith("collection.")
                or node.get("invisible") in ("1", "True")
                or node.get("widget") in ("many2many_tags", "statusbar")
                or self.evaluate(node.get("options") or "{}").get("no_open")
            ):
                continue
            if field.type == "many2one" or not node.xpath("./list[@editable]"):
                yield field.comodel_name
            for below in node.iterchildren("list", "form"):
                yield from self._get_linked(self.env[field.comodel_name], below)

    # ------------------------------------------------------------------
    # Forms
    # ------------------------------------------------------------------

    def read_form(self, record, arch):
        """What a form shows of a record."""
        [values] = record.web_read(self._specify(record, arch))
        return _flatten(values)

    def _open_new(self, model, view_id, arch, depth):
        """A new form; of a wizard, each of its buttons is pressed."""
        form = Form(model, view=view_id or None)
        if not model._transient or depth <= 0:
            return
        context = model.env.context
        active = self.env[context.get("active_model") or model._name]
        active = active.browse(context.get("active_ids"))
        source = (model._name, view_id, depth, self._pressing, self._kind_of(active))
        nodes = [
            node
            for node in _buttons(arch)
            if not self._is_known(*source, node.get("name"))
        ]
        if not nodes:
            return
        with self.trying(f"wizard {model._name}"):
            try:
                record = form.save()
            except AssertionError as error:
                # "... is a required field": the client marks it red
                raise Refused from error
            arch = self.get_views(model, [(view_id, "form")])["form"]
            values = self.read_form(record, arch)
            # each on the wizard as it was saved: what a button does is taken back
            for node in nodes:
                with self.trying(f"wizard {model._name}.{node.get('name')}"):
                    if not self.is_hidden(node, values):
                        self.press(record, node, values, depth - 1)
                        # where it refused, another record may not
                        self._count(*source, node.get("name"))

    # ------------------------------------------------------------------
    # Lists and what else shows many records
    # ------------------------------------------------------------------

    def _specify(self, model, view, level=1):
        """What the client asks of the fields of a view, and of those within them."""
        specification = {}
        for node in _own(view, "field"):
            field = model._fields[node.get("name")]
            asked = specification.setdefault(field.name, {})
            if field.type in ("many2one", "reference"):
                asked["fields"] = {"display_name": {}}
            elif field.type in ("one2many", "many2many"):
                if level and node.get("invisible") not in ("1", "True"):
                    below = asked.setdefault("fields", {})
                    below |= self._specify_rows(field, node, level)
                asked["limit"] = 40
        return specification

    def _specify_rows(self, field, node, level):
        if node.get("widget") in ("many2many_tags", "many2many_checkboxes"):
            return {"display_name": {}}
        comodel = self.env[field.comodel_name]
        views = [view for view in node if isinstance(view.tag, str)]
        if not views:
            views = [self.get_views(comodel, [(False, "list")])["list"]]
        specification = {}
        for view in views:
            if view.tag != "form":
                specification |= self._specify(comodel, view, level - 1)
        return specification

    def _read_many(self, model, view_type, arch, domain, search):
        """What a view of many records shows when it opens."""
        domain, groupby = self._get_defaults(model, domain, search)
        if view_type in ("list", "kanban", "activity"):
            groupby = groupby or (arch.get("default_group_by") or "").split(",")
            groupby = [name for name in groupby if name]
            if groupby and view_type != "activity":
                self._read_groups(model, arch, domain, groupby)
            else:
                self._read_list(model, arch, domain)
            if view_type == "activity":
                self.env["mail.activity"].get_activity_data(model._name, domain, LIMIT)
        elif view_type in ("pivot", "graph"):
            self._read_figures(model, arch, domain, groupby)
        elif view_type == "calendar":
            start = arch.get("date_start")
            model.search_read(
                domain + [(start, "!=", False)],
                [start, *self._specify(model, arch)],
                limit=LIMIT,
            )
        else:
            raise ValueError(f"no test for views of type {view_type}")

    def _read_list(self, model, arch, domain, shown=None):
        """
        :param shown: records whose rows were read before by the same action: they are
            found, and not read again; the others are added
        """
        specification = self._specify(model, arch)
        limit = int(arch.get("limit") or LIMIT)
        order = arch.get("default_order")
        if shown is None:
            rows = model.web_search_read(
                domain, specification, limit=limit, order=order, count_limit=10001
            )["records"]
        else:
            found = model.search_fetch(domain, specification, limit=limit, order=order)
            if len(found) == limit:
                model.search_count(domain, limit=10001)
            found = found.browse(id_ for id_ in found.ids if id_ not in shown)
            shown.update(found.ids)
            rows = found.web_read(specification)
        conditions = {
            value
            for node in (arch, *_own(arch, "button", "field"))
            for name, value in node.attrib.items()
            if name in ("invisible", "readonly") or name.startswith("decoration-")
        }
        if arch.tag == "list":
            for row in rows[:5]:
                for condition in conditions:
                    self.evaluate(condition, _flatten(row))
        return rows

    def _get_aggregates(self, model, arch):
        for name in self._specify(model, arch):
            field = model._fields[name]
            aggregator = field._description_aggregator(self.env)
            if aggregator and field.type in ("float", "integer", "monetary"):
                yield f"{name}:{aggregator}"

    def _with_intervals(self, model, groupby):
        """Days are grouped by month where a view says no other interval."""
        return [
            f"{name}:month"
            if ":" not in name and model._fields[name].type in ("date", "datetime")
            else name
            for name in groupby
        ]

    def _read_groups(self, model, arch, domain, groupby):
        specification = self._specify(model, arch)
        groups = model.web_read_group(
            domain,
            self._with_intervals(model, groupby[:1]),
            list(self._get_aggregates(model, arch)),
            limit=LIMIT,
            auto_unfold=arch.tag == "kanban" or arch.get("expand") == "1",
            unfold_read_specification=specification,
        )["groups"]
        for group in groups[:2]:
            inside = domain + list(group["__extra_domain"])
            if groupby[1:]:
                self._read_groups(model, arch, inside, groupby[1:])
            else:
                model.web_search_read(inside, specification, limit=3)

    def _read_figures(self, model, arch, domain, groupby):
        sets = {"row": [], "col": [], None: []}
        measures = []
        for node in _own(arch, "field"):
            name, kind = node.get("name"), node.get("type")
            if kind == "measure":
                aggregator = model._fields[name]._description_aggregator(self.env)
                measures += [f"{name}:{aggregator}"] if aggregator else []
            elif node.get("invisible") != "1" and kind in (*sets, None):
                interval = node.get("interval")
                sets[kind].append(f"{name}:{interval}" if interval else name)
        sets = {
            kind: self._with_intervals(model, names) for kind, names in sets.items()
        }
        groupby = self._with_intervals(model, groupby)
        if arch.tag == "graph":
            rows = sets["row"] + sets[None]
            model.formatted_read_group(domain, groupby or rows, [*measures, "__count"])
        else:
            rows, columns = groupby or sets["row"], sets["col"]
            model.formatted_read_grouping_sets(
                domain, [[], rows, [*rows, *columns]], [*measures, "__count"]
            )

    # ------------------------------------------------------------------
    # Searching
    # ------------------------------------------------------------------

    def _get_filters(self, model, search):
        """(name, domain, groupby) of each filter of a search view."""
        for node in search.iter("filter"):
            context = self.evaluate(node.get("context") or "{}")
            domain = self.evaluate(node.get("domain") or "[]")
            if node.get("date"):
                today = fields.Date.context_today(self.env.user)
                domain = [
                    (node.get("date"), ">=", str(today.replace(day=1))),
                    (node.get("date"), "<=", str(today)),
                ]
            groupby = context.get("group_by") or []
            if isinstance(groupby, str):
                groupby = groupby.split(",")
            yield node.get("name"), domain, groupby

    def _get_defaults(self, model, domain, search):
        """The domain and the groupings with which a search begins."""
        context = model.env.context
        domain, groupings = list(domain), list(context.get("group_by") or [])
        if isinstance(context.get("group_by"), str):
            groupings = [context["group_by"]]
        for name, filtered, groupby in self._get_filters(model, search):
            if context.get(f"search_default_{name}"):
                domain += filtered
                groupings += groupby
        for node in search.iter("field"):
            value = context.get(f"search_default_{node.get('name')}")
            if value:
                domain += self._search_field(model, node, value)
        return domain, groupings

    def _search_field(self, model, node, value):
        if node.get("filter_domain"):
            return self.evaluate(
                node.get("filter_domain"), {"self": value, "raw_value": value}
            )
        operator = node.get("operator")
        if not operator:
            operator = "ilike" if isinstance(value, str) else "="
        if isinstance(value, list | tuple):
            operator = "in"
        return [(node.get("name"), operator, value)]

    def _search(self, model, found, domain):
        """Whatever the search view of a model offers, one after the other."""
        search = found["search"]
        arch = found.get("list", found.get("kanban"))
        if arch is None:
            return
        shown = set()
        for name, filtered, groupby in self._get_filters(model, search):
            with self.trying(f"filter {model._name} {name}", reading=True):
                if groupby:
                    self._read_groups(model, arch, domain, groupby)
                else:
                    self._read_list(model, arch, domain + filtered, shown)
        for node in search.iter("field"):
            field = model._fields[node.get("name")]
            values = {
                "boolean": True,
                "date": str(fields.Date.today()),
                "datetime": str(fields.Datetime.now()),
                "float": 1.0,
                "integer": 1,
                "monetary": 1.0,
            }
            value = values.get(field.type, "a")
            if field.type == "selection":
                value = field.get_values(self.env)[0]
            with self.trying(f"search {model._name} {field.name}", reading=True):
                typed = self._search_field(model, node, value)
                self._read_list(model, arch, domain + typed, shown)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    def press(self, records, node, values=None, depth=DEPTH):
        """Press a button of records, and open what it answers with.

        :param values: what the view shows of the record
        """
        name = node.get("name")
        active = self._active(records)
        # what opened a view is no matter of its buttons
        kept = {
            key: value
            for key, value in records.env.context.items()
            if key not in self.env.context and not key.startswith(OF_THE_ACTION)
        }
        asked = self.evaluate(node.get("context") or "{}", {**active, **(values or {})})
        self.pressed.add((records._name, name))
        kind = self._kind_of(records)
        if node.get("type") == "action":
            action = self.load(self._find_action(name), active)
        else:
            action = call_kw(
                records.browse(),
                name,
                [records.ids],
                {"context": {**self.env.context, **kept, **asked}},
            )
            if isinstance(action, dict) and action.get("type") != "":
                action = clean_action(action, env=self.env)
        self.env.flush_all()
        if isinstance(action, dict) and action["type"] == "ir.actions.act_window":
            own = self.evaluate(action.get("context") or {}, active)
            action["context"] = {**kept, **asked, **(own or {})}
            if self._is_known_answer((records._name, name), kind, action, active):
                return
        before, self._pressing = self._pressing, (records._name, name)
        try:
            self.open(action, records, depth)
        finally:
            self._pressing = before

    def _is_known_answer(self, button, kind, action, active):
        """Whether what a button opens was opened often enough: the same views, from
        records and with records behind them of the same kind. Wizards are not."""
        model = self.env[action["res_model"]]
        if model._transient:
            return False
        if action.get("res_id"):
            behind = self._kind_of(model.browse(action["res_id"]))
        else:
            context = {**active, **action["context"]}
            domain = self.evaluate(action.get("domain") or "[]", context=context)
            model = model.with_context(**context)
            behind = model.search_count(domain, limit=2)
        views = tuple(map(tuple, action["views"]))
        key = (button, kind, model._name, views, behind)
        known = self._is_known(*key)
        self._count(*key)
        return known

    def _find_action(self, name):
        if name.isdecimal():
            base = self.env["ir.actions.actions"].sudo().browse(int(name))
            return self.env[base.type].browse(base.id)
        return self.env.ref(name)

    def press_all(self, record):
        """Press each button that the forms of a record show of it, and of the first
        of the rows in them."""
        if not record:
            return
        arch = self.get_views(record, [(False, "form")])["form"]
        label = f"{record._name} {record.id}"
        values = {}
        with self.trying(f"form {label}", reading=True):
            values = self.read_form(record, arch)
        for node in _buttons(arch) if values else ():
            what = f"button {label}.{node.get('name')}"
            hidden = True
            with self.trying(f"condition {label}.{node.get('name')}", reading=True):
                hidden = self.is_hidden(node, values)
            if not hidden:
                with self.trying(what):
                    with self._noting_writes() as written:
                        self.press(record.browse(record.id), node, values)
                    # where nothing is written, the form shows what it showed
                    if written and record.exists():
                        self.read_form(record, arch)
        for field in _own(arch, "field"):
            for view in field.iterchildren("list") if values else ():
                rows = record.browse(record.id)[field.get("name")]
                if rows and not self.is_hidden(field, values):
                    self._press_row(rows[0], view, values, label)

    def press_rest(self, records, part=""):
        """Press what the records pressed so far did not show, where one of `records`
        does.

        :param part: only buttons whose names it is a part of
        """
        arch = self.get_views(records, [(False, "form")])["form"]
        for node in _buttons(arch):
            name = node.get("name")
            if part not in name or (records._name, name) in self.pressed:
                continue
            with self.trying(f"button {records._name}.{name}"):
                asked = dict.fromkeys(_get_names(node) & records._fields.keys(), {})
                for values in records.web_read(asked):
                    if not self.is_hidden(node, _flatten(values)):
                        record = records.browse(values["id"])
                        self.press(record, node, self.read_form(record, arch))
                        break

    def _press_row(self, row, view, parent, label):
        """Press the buttons of a row of a list, in a form or not."""
        values = {}
        with self.trying(f"row {label} {row}", reading=True):
            values = self.read_form(row, view)
        for node in _buttons(view) if values else ():
            if node.getparent().tag == "header":
                continue
            with self.trying(f"button {label} {row}.{node.get('name')}"):
                shown = {**values, "parent": _Dotted(parent or {})}
                if not self.is_hidden(node, shown, view):
                    self.press(row.browse(row.id), node, values)

    def press_selection(self, records, view_id=False):
        """Press what a list offers for its selected rows, none of them included, and
        what each row offers."""
        found = self.get_views(records, [(view_id, "list"), (False, "form")])
        arch = found["list"]
        for row in records[:1]:
            self._press_row(row, arch, None, f"list {records._name}")
        for count in sorted({0, min(1, len(records)), len(records)}):
            selected = records[:count].with_env(self.env)
            for node in arch.xpath("./header/button[@name]"):
                if not count and node.get("display") != "always":
                    continue
                with self.trying(f"selection {selected}.{node.get('name')}"):
                    if not self.is_hidden(node, {}):
                        self.press(selected, node)
            for entry in found["list", "toolbar"] if selected else ():
                with self.trying(f"menu {selected}.{entry['name']}"):
                    action = self._find_action(str(entry["id"]))
                    self.open(self.load(action, self._active(selected)), selected)


class Refused(Exception):  # noqa: N818  # no error: a form that is not complete
    """The client says what is missing."""


class _Dotted(dict):
    """`parent` in the conditions of a row."""

    __getattr__ = dict.__getitem__


def _offers(arch, operation):
    return arch.get(operation) not in ("0", "false", "False")


def _own(view, *tags):
    """Elements of a view that are no part of a view within it."""
    level = len(list(view.iterancestors("field")))
    for node in view.iter(*tags):
        if node is not view and len(list(node.iterancestors("field"))) == level:
            yield node


def _buttons(view):
    """Buttons of a view itself, each once."""
    nodes = {}
    for node in _own(view, "button", "a"):
        if node.get("type") in ("object", "action") and node.get("name"):
            key = (node.get("name"), node.get("context"), node.get("invisible"))
            nodes.setdefault(key, node)
    return list(nodes.values())


def _get_unknown(node, model, fields_of):
    """Fields of a view that the client was told nothing about."""
    unknown = []
    for child in node.iterchildren(etree.Element):
        inner = model
        if child.tag == "field":
            known = fields_of.get(model, {}).get(child.get("name"))
            if not known:
                unknown.append(f"{model}.{child.get('name')}")
                continue
            inner = known.get("relation") or model
        unknown += _get_unknown(child, inner, fields_of)
    return unknown


def _get_names(node):
    """Whatever the conditions name under which a part of a view is hidden."""
    names = set()
    while node is not None:
        names |= set(re.findall(r"[a-z_]+", node.get("invisible") or ""))
        node = node.getparent()
    return names


def _flatten(values):
    """Values read for a view, as its conditions know them."""
    flat = {}
    for name, value in values.items():
        if isinstance(value, dict):
            value = value.get("id", False)
        elif isinstance(value, list):
            value = [row["id"] if isinstance(row, dict) else row for row in value]
        elif isinstance(value, datetime.date):
            value = str(value)
        flat[name] = value
    return flat
