# pylint: disable=translation-required  # what a test posts, nobody reads
import re
from collections import Counter
from functools import cached_property
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from lxml import html

from odoo import fields
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ..demo_company import DemoCommon

#: where the pages of the provider's people stand
HOME = "/my/collection"
#: a megabyte of text
MUCH = "Blah " * 200_000
#: signs of an address that a server reads
ADDRESS_LIMIT = 5000
#: what is refused, or passes, but breaks nothing, in whatever field it is typed
ANYWHERE = (
    "\0",
    "a\0b",
    MUCH[:10_000],
    "<b>'\"%s{}\\</b>",
    "-1",
    "1e308",
    "9" * 5000,
    "\u00b2",
    "\u0663",
    "[[6, 0, [1]]]",
)
#: how many of these are typed into one field after the other, the rest into all at once
ALONE = 3
#: what no text holds, of these
NO_TEXTS = 2
#: the odd signs of these in one text that a field can hold
ODD_TEXT = "\u00b2\u0663 \U0001f600 <b>'\"%s{}\\</b> 1e308 [[6, 0, [1]]]"
#: of the rest, how many are typed into all fields of each form, in turn
AT_ONCE = 2
#: a day that nobody plans for, and what no day is
FAR_DAYS = ("9999-12-31",)
NO_DAYS = (
    "0000-00-00",
    "2026-02-30",
    "abc",
    "2026-11-25 10:00:00",
    "99999999999-01-01",
)
#: what no amount is
NO_AMOUNTS = ("1e308", "1e999", "NaN", "1_000", "abc")
#: what no number of people or pieces is
NO_NUMBERS = ("abc", "1e3", "1.5", "9" * 20)
#: what no hour is
NO_HOURS = ("25:00", "12:60", "abc", "9" * 5000 + ":00")
#: numbers of records and of pages that there are not
NO_IDS = ("0", "-1", "2147483648", "9223372036854775808", "9" * 30, "\u0663", "1.5")
#: choices that stand for nothing as long as nothing else is said
NOT_SAID = ("contact-contact_id", "means-target", "promise-payment_means")
#: kinds of fields that read what is typed, and that keep it, whatever it is
READING = ("choice", "date", "decimal", "number", "time")
KEEPING = ("checkbox", "search", "tel", "text", "textarea")
#: parameters of the pages, whichever of them knows which
PARAMETERS = (
    "accepted",
    "agent",
    "done",
    "filterby",
    "nobody",
    "page",
    "recorded",
    "search",
    "sortby",
)


class Page:
    """A page of the portal, as somebody sees it."""

    def __init__(self, url, response):
        self.url = url
        self.status = response.status_code
        self.landed = urlsplit(response.url).path
        kind = response.headers.get("Content-Type", "")
        # a file is none, and it takes long to find that out
        self.text = response.text if kind.startswith("text/") else ""
        self._is_html = "text/html" in kind

    @cached_property
    def tree(self):
        if not self._is_html:
            return None
        # what HTML cannot hold, no browser shows
        return html.fromstring(self.text.replace("\0", "") or "<html/>")

    @property
    def links(self):
        """Addresses within the site that a click leads to."""
        for link in self.tree.iter("a") if self.tree is not None else ():
            href = (link.get("href") or "").partition("#")[0]
            if href.startswith(("/", "?")):
                yield urljoin(self.url, href)

    @property
    def forms(self):
        """Forms about the provider's work."""
        for form in self.tree.forms if self.tree is not None else ():
            if (form.get("action") or "").startswith(HOME):
                yield form

    @property
    def refused(self):
        """Whether what was asked was not done."""
        return self.status in (404, 422) or bool(
            self.tree.xpath("//*[contains(@class, 'alert-danger')]")
        )

    @property
    def alerts(self):
        """What the page says about what was refused or done."""
        if self.tree is None:
            return []
        return [
            " ".join(alert.text_content().split())
            for alert in self.tree.xpath(
                "//*[@role='alert' or @role='status' or hasclass('alert')]",
                extensions={(None, "hasclass"): _has_class},
            )
        ]


def _has_class(context, name):
    return name in (context.context_node.get("class") or "").split()


def _shape(url):
    """An address, whichever customer it is about."""
    return re.sub(r"\d+", "N", url)


def _sign(form):
    """What tells one form from another."""
    return _shape(form.get("action"))


def _kind(element):
    """What kind of field an element is."""
    kind = element.get("type") or element.tag
    if kind in ("date", "time"):
        return kind
    if element.get("inputmode") == "decimal":
        return "decimal"
    if kind == "number":
        return kind
    if element.get("name") in NOT_SAID:
        return "not said"
    if kind in ("select", "radio") or element.get("name").endswith("_ids"):
        # any other box is ticked or not, whatever its value
        return "choice"
    return kind


def _read(form):
    """What a browser sends of a form that nobody changed: [(name, value)]."""
    # fields may stand outside the form they belong to
    return [(name, value) for name, value in form.form_values() if name != "csrf_token"]


def _fields(form):
    """Elements of a form into which something is typed or chosen, by their names."""
    found = {}
    for element in form.inputs:
        name = element.get("name")
        if name and name != "csrf_token" and element.get("type") != "submit":
            found.setdefault(name, element)
    if form.get("id"):
        for element in form.xpath(f"//*[@form='{form.get('id')}']"):
            found.setdefault(element.get("name"), element)
    return found


def _encode(pairs, limit=None):
    """Names and values as a browser sends them."""
    pairs = [(name, value[:limit]) for name, value in pairs]
    return urlencode(pairs)


def _pairs(data):
    return [(name, value) for name, values in data.items() for value in values]


def _as_shown(text):
    """A text as a page holds it."""
    return re.sub(r"\s+", " ", text.replace("\0", "")).strip()


@tagged("post_install", "-at_install")
class TestPortalCrawl(DemoCommon, HttpCase):
    """Every link of every page is followed and every form sent, as somebody means it
    and as nobody should; the pages are found by their links, the forms on the pages.
    """

    #: as long as so many ordinary tests, see bin/lib/test_worker.py
    each_takes = 400

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent = cls.env.ref("__collection_demo__.agent")
        cls.supervisor = cls.env.ref("__collection_demo__.supervisor")
        # somebody else's customer
        cls.foreign = cls.env["collection.account"].search(
            [
                ("company_id", "=", cls.company.id),
                ("delegation_state", "=", "in_house"),
            ],
            limit=1,
        )
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.faults = []
        # forms that were sent as they are meant
        self.accepted = set()
        # how many fields of a kind were tried with what it cannot read
        self.tried = Counter()

    # ------------------------------------------------------------------
    # A browser that forgets
    # ------------------------------------------------------------------

    def _ask(self, url, data=None, **kwargs):
        """A page, and nothing of what asking for it changed.

        :param data: [(name, value)] of a form that is posted
        """
        if data is not None:
            token = Request.csrf_token(self)
            kwargs.setdefault("headers", {})
            kwargs["headers"]["Content-Type"] = "application/x-www-form-urlencoded"
            kwargs["data"] = _encode([("csrf_token", token), *data])
        self.env.flush_all()
        savepoint = self.cr.savepoint(flush=False)
        try:
            with mute_logger("odoo.http", "odoo.sql_db", "werkzeug"):
                return Page(url, self.url_open(url, timeout=60, **kwargs))
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def _fault(self, what, page, value=None):
        shown = f" with {value!s:.60}" if value is not None else ""
        words = page.alerts[:1] or [" ".join(page.text.split())[-300:]]
        self.faults.append(f"{what}{shown}: {page.status} {words[0]:.300}")

    def _crawl(self, user, most=None):
        """Every page that `user` reaches by links, by its address.

        :param most: of pages that differ in numbers only, so many are looked at, and
            of lists each filter and each order, not each with each
        """
        self.authenticate(user.login, user.login)
        pages, todo, shapes, known = {}, ["/my", HOME], [], set()
        while todo:
            url = todo.pop(0)
            path, query = urlsplit(url)[2:4]
            if url in pages or not path.startswith("/my"):
                continue
            if most:
                shapes.append(_shape(url))
                choices = {(_shape(path), choice) for choice in parse_qsl(query)}
                if shapes.count(shapes[-1]) > most or (choices and choices <= known):
                    continue
                known |= choices
            pages[url] = page = self._ask(url)
            if page.status != 200:
                self._fault(f"{user.login} GET {url}", page)
            if url.startswith(HOME):
                todo += page.links
        return pages

    def _forms(self, pages):
        """One form of each kind, the one with the most to fill in."""
        found = {}
        for page in pages.values():
            for form in page.forms:
                known = found.get(_sign(form))
                if known is None or len(_fields(form)) > len(_fields(known)):
                    found[_sign(form)] = form
        return found

    def _send(self, form, data, **kwargs):
        if form.method == "GET":
            return self._ask(f"{form.get('action')}?{_encode(data, ADDRESS_LIMIT)}")
        return self._ask(form.get("action"), data, **kwargs)

    # ------------------------------------------------------------------
    # The tests
    # ------------------------------------------------------------------

    def _assert_no_faults(self):
        self.assertFalse(self.faults, "\n".join(self.faults))

    def _assert_pages_answer(self, pages):
        """Whatever stands in the address of a page, it is shown or not found."""
        shapes = {}
        for url in pages:
            path = urlsplit(url).path
            if path.startswith(HOME):
                shapes.setdefault(_shape(path), path)
        for path in shapes.values():
            for part in re.findall(r"(?<=/)\d+", path):
                for number in (*NO_IDS, str(self.foreign.id)):
                    self._assert_answers(path.replace(part, number, 1))
            for turn in range(len(ANYWHERE)) if path == HOME else ():
                values = ANYWHERE[turn:] + ANYWHERE[:turn]
                # each value comes to each parameter; what is looked for comes alone, as
                # where nothing is found nothing is put in order
                searched = {"search": values[0]}
                others = dict(zip(PARAMETERS, values, strict=False))
                del others["search"]
                for asked in (searched, others):
                    self._assert_answers(
                        f"{path}?{_encode(asked.items(), ADDRESS_LIMIT)}"
                    )
            for value in ANYWHERE[:4]:
                everything = [(name, value) for name in PARAMETERS]
                self._assert_answers(f"{path}?{_encode(everything, 500)}")
            everything = [(name, "-7") for name in PARAMETERS]
            self._assert_answers(f"{path}?{_encode(everything)}&{_encode(everything)}")

    def _assert_answers(self, url):
        page = self._ask(url)
        if page.status not in (200, 404):
            self._fault(f"GET {url[:80]}", page)

    def _fill(self, form):
        """What somebody sends who fills in the form: {name: [values]}."""
        data = {}
        for name, value in _read(form):
            data.setdefault(name, []).append(value)
        today = fields.Date.context_today(self.env.user)
        for name, element in _fields(form).items():
            kind = element.get("type") or element.tag
            closed = element.xpath(
                "ancestor::details[not(@open)][ancestor::form]", smart_strings=False
            )
            if closed or any(data.get(name) or ()):
                continue
            if kind == "checkbox":
                data[name] = [element.get("value") or "on"]
            elif kind == "radio":
                # somebody was reached, and nothing has to come of it
                reached = element.xpath(
                    f"ancestor::form//input[@name='{name}'][not(@data-required)]"
                    "[@data-contact='right_party']/@value"
                )
                data[name] = (reached or [element.get("value")])[:1]
            elif kind == "select":
                data[name] = [value for value in element.value_options if value][:1]
            elif kind == "date":
                data[name] = [str(fields.Date.add(today, days=5))]
            elif kind == "time":
                # agreed with somebody who was reached, and this may be anything else
                data[name] = [""]
            elif kind == "number":
                data[name] = [element.get("min") or "1"]
            elif kind == "email":
                data[name] = ["somebody@example.com"]
            elif element.get("inputmode") == "decimal":
                # a promise is about a good part of what is due
                due = form.xpath("//input[@name='promise-amount']/@data-proposed")
                promise = form.get("action").endswith("/promise")
                data[name] = due[:1] if promise and due else ["1"]
            elif kind in ("text", "textarea", "tel", "search"):
                data[name] = ["Said so on the telephone"]
        return data

    def _assert_kept(self, what, page, form, data, value):
        """A refused form says why, and holds what was typed."""
        if not any(len(words) > 10 for words in page.alerts):
            self._fault(f"{what}: refused without words", page, value)
        again = [
            other for other in page.forms if other.get("action") == form.get("action")
        ]
        if not again:
            self._fault(f"{what}: the form is gone", page, value)
            return
        kept = {}
        for name, text in _read(again[0]):
            kept.setdefault(name, []).append(text)
        for name, element in _fields(again[0]).items():
            if element.get("type") == "hidden":
                # nobody typed it
                continue
            typed = [text for text in data.get(name, ()) if text]
            if element.tag == "select" or element.get("type") in ("checkbox", "radio"):
                # what is none of the choices cannot be chosen again
                choices = element.xpath(
                    f"ancestor::form//*[@name='{name}']//@value"
                    f"|ancestor::form//*[@name='{name}']/@value"
                )
                typed = [text for text in typed if text in choices]
            typed = [_as_shown(text) for text in typed]
            if typed and typed != [_as_shown(text) for text in kept.get(name, [])]:
                self._fault(
                    f"{what}: {name} is lost, {kept.get(name)!s:.60}", page, typed
                )

    def _hostile(self, element):
        """What is typed into a field: [(value, whether it must be refused)].

        What can be read and goes too far is a matter of each form. What cannot be read
        is one of its kind of field, which one function reads for all forms: the first
        field of a kind gets all of it, each of the others one, in turn. A choice that
        refuses a value it does not offer refuses any.
        """
        kind = _kind(element)
        too_far, unreadable, long, texts = (), (), (), ANYWHERE[:ALONE]
        if kind == "date":
            too_far, unreadable = FAR_DAYS, NO_DAYS
        elif kind == "time":
            unreadable = NO_HOURS
        elif kind == "decimal":
            too_far, unreadable = ("-1",), NO_AMOUNTS
        elif kind == "number":
            too_far, unreadable = ("-1", "0"), NO_NUMBERS
        elif kind == "choice":
            too_far, unreadable = ("-7",), ("nothing of the kind",)
            if "item" in element.get("name"):
                too_far += (str(self.foreign.item_ids[:1].id),)
        elif kind != "not said":
            # how much a field holds is its own matter
            long, texts = texts[NO_TEXTS:], texts[:NO_TEXTS]
            if kind == "textarea":
                long += (MUCH,)
        senseless = [
            *((value, True) for value in unreadable),
            *((value, False) for value in texts),
        ]
        if self.tried[kind]:
            senseless = senseless[self.tried[kind] % len(senseless) :][:1]
            senseless = [] if kind == "choice" else senseless
        self.tried[kind] += 1
        return [
            *((value, True) for value in too_far),
            *((value, False) for value in long),
            *senseless,
        ]

    def _assert_accepted(self, sign, form, data):
        page = self._send(form, _pairs(data))
        self.accepted.add(sign)
        if page.status != 200 or page.refused:
            self._fault(f"{sign}: {data!s:.300} is not accepted", page)

    def _type(self, what, form, data, typed):
        """Send a form with something else `typed` into some of its fields."""
        typed = {**data, **typed}
        page = self._send(form, _pairs(typed))
        if page.status == 422:
            self._assert_kept(what, page, form, typed, typed)
        elif page.status not in (200, 404):
            self._fault(what, page, typed)
        return page

    def _attack(self, form):
        """Send a form as nobody should, field by field."""
        sign = _sign(form)
        data = self._fill(form)
        self._assert_accepted(sign, form, data)
        as_it_stands = self._send(form, _read(form))
        if as_it_stands.status not in (200, 422):
            self._fault(f"{sign} as it stands", as_it_stands)
        kinds = {
            name: _kind(element)
            for name, element in _fields(form).items()
            if element.get("type") != "file"
        }
        texts = [name for name, kind in kinds.items() if kind in KEEPING]
        page = texts and self._type(
            f"{sign} in texts", form, data, dict.fromkeys(texts, [ODD_TEXT])
        )
        # where one field refuses, nobody knows about the others
        taken = texts if page and page.status == 200 and not page.refused else ()
        for name, element in _fields(form).items():
            for value, must in self._hostile(element):
                what = f"{sign} {name}"
                page = self._type(what, form, data, {name: [value]})
                if (
                    must
                    and page.status == 200
                    and not page.refused
                    and form.method == "POST"
                ):
                    self._fault(f"{what}: accepted", page, value)
        self._leave_out(form, data)
        values = ANYWHERE[ALONE:]
        at_once = values
        if self.tried["at once"]:
            at_once = values * 2
            at_once = at_once[self.tried["at once"] * AT_ONCE % len(values) :][:AT_ONCE]
        for value in values if kinds else ():
            everywhere = dict.fromkeys(kinds, [value])
            if value in at_once:
                self._type(f"{sign} everywhere", form, data, everywhere)
            words = {
                name: [value]
                for name, kind in kinds.items()
                if kind not in READING and name not in taken
            }
            if words and (words != everywhere or value not in at_once):
                self._type(f"{sign} in words", form, data, words)
        self.tried["at once"] += bool(kinds)
        for what, page in (
            ("everything twice", self._send(form, [*_pairs(data), *_pairs(data)])),
            ("JSON", self._ask(form.get("action"), json={"params": [None]})),
        ):
            if page.status >= 500:
                self._fault(f"{sign} with {what}", page)

    def _leave_out(self, form, data):
        """Send a form without one of its fields, whichever."""
        sign = _sign(form)

        def leave_out(names, **kwargs):
            left = {name: values for name, values in data.items() if name not in names}
            page = self._send(form, _pairs(left), **kwargs)
            if page.status not in (200, 303, 404, 422):
                self._fault(f"{sign} without {', '.join(names)}", page)
            return page.status

        # a form that was accepted leads to a page: it is looked at once, without all
        # that may be missing, and after each where these may not be missing together
        dispensable = [
            name for name in data if leave_out([name], allow_redirects=False) == 303
        ]
        if dispensable and leave_out(dispensable) != 200:
            for name in dispensable:
                leave_out([name])

    def test_pages_and_forms(self):
        """Each page is there, each form is accepted as it is meant; whatever else is
        asked or typed is not found, or refused in words."""
        # of customers, who supervises sees what the agent sees
        for user, most in ((self.agent, None), (self.supervisor, 3)):
            pages = self._crawl(user, most)
            self._assert_pages_answer(pages)
            for sign, form in self._forms(pages).items():
                if sign not in self.accepted:
                    self._attack(form)
        self._assert_no_faults()
        self.assertGreater(len(self.accepted), 15)

    def test_french(self):
        """The same in French, where amounts are written otherwise."""
        self.env["res.lang"]._activate_lang("fr_FR")
        (self.agent | self.supervisor).lang = "fr_FR"
        for user in (self.agent, self.supervisor):
            pages = self._crawl(user, most=3)
            self.assertEqual(pages[HOME].tree.get("lang"), "fr-FR")
            for sign, form in self._forms(pages).items():
                self._assert_accepted(sign, form, self._fill(form))
        self._assert_no_faults()
