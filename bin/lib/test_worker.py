"""Odoo's command line, for one of the processes that share the tests of a run.

Usage: test_worker.py collect|draw|demo FOLDER ODOO_BIN ARGUMENT...

``collect`` writes down in FOLDER which classes there are, runs of them what belongs
to the installation only, and makes what the others start from; ``draw`` runs, class by
class, what no other process has drawn. ``demo`` loads the demo company and does the
same with the classes about it (`on_demo`), which ``draw`` leaves alone. What came to
its end is noted in FOLDER/done: what is missing was not tested.
"""

import gc
import json
import os
import runpy
import sys
from pathlib import Path

import odoo.cli  # noqa: F401 - what sets Odoo up comes first
from odoo.service import server

#: how many ordinary tests it takes as long as to set up a class, and to test over HTTP;
#: a class whose tests take still longer has an attribute `each_takes`
SET_UP = 4
HTTP_TEST = 4
#: caches of the registry that hold more than what follows from code, views and settings
PASSING = ("default",)


def seconds():
    """A clock that tests do not freeze."""
    return os.times().elapsed


def by_class(tests):
    """`tests` in lists by the name of their class, in the order they came in."""
    classes = {}
    for test in tests:
        name = f"{type(test).__module__}.{type(test).__qualname__}"
        classes.setdefault(name, []).append(test)
    return classes


class Share:
    """What the processes of a run share: a folder with a file per class."""

    def __init__(self, folder):
        self.todo = Path(folder, "todo.json")
        self.drawn = Path(folder, "drawn")
        self.done = Path(folder, "done")

    def write(self, module_names, classes, http_case):
        """Note what is to be run, the longest first, so that all end together."""

        def weight(name):
            tests = classes[name]
            each = HTTP_TEST if isinstance(tests[0], http_case) else 1
            # a class of few and long tests says so
            each = getattr(tests[0], "each_takes", each)
            return SET_UP + each * len(tests)

        self.drawn.mkdir()
        self.done.mkdir()
        todo = {
            "modules": module_names,
            "classes": {
                name: len(classes[name])
                for name in sorted(classes, key=weight, reverse=True)
            },
        }
        self.todo.write_text(json.dumps(todo), encoding="utf-8")

    def read(self):
        return json.loads(self.todo.read_text(encoding="utf-8"))

    def draw(self, classes, on_demo):
        """Yield the tests of each class that this process is the first to draw.

        :param on_demo: whether of those about the demo company, or of the others
        """
        for name in self.read()["classes"]:
            if getattr(classes[name][0], "on_demo", False) != on_demo:
                continue
            try:
                (self.drawn / name).touch(exist_ok=False)
            except FileExistsError:
                continue
            started = seconds()
            yield from classes[name]
            # asked for the next one, the last one has ended
            result = {"tests": len(classes[name]), "seconds": seconds() - started}
            (self.done / name).write_text(json.dumps(result), encoding="utf-8")


def prepare():
    """Make the company, the people and all that classes start from, once for all of
    them: each class would make it anew, which takes longer than many of their tests."""
    from odoo.addons.account_collection.tests.common import (  # noqa: PLC0415
        CollectionCommon,
    )

    CollectionCommon._prepare()


def load_demo():
    """Load the demo company, once for all classes about it."""
    from odoo.addons.account_collection.tests.demo_company import (  # noqa: PLC0415
        DemoCommon,
    )

    DemoCommon._prepare()


def keep_triggers():
    """Have the registry merge the triggers of the same fields once, not whenever these
    are written, which takes a tenth of the time in which an invoice is made.

    What is left out of the merged tree is decided each time, as the framework does.
    """
    from odoo.orm.registry import Registry, TriggerTree  # noqa: PLC0415

    merge_trees = Registry.get_trigger_tree

    def select_from(tree, select):
        selected = TriggerTree([field for field in tree.root if select(field)])
        for label, subtree in tree.items():
            kept = select_from(subtree, select)
            if kept:
                selected[label] = kept
        return selected

    def get_trigger_tree(registry, fields, select=bool):
        # emptied with the trees of single fields, which it is merged from
        known, key = registry._field_trigger_trees, tuple(fields)
        if key not in known:
            known[key] = merge_trees(registry, fields)
        return select_from(known[key], select)

    Registry.get_trigger_tree = get_trigger_tree


class Caches:
    """Has the caches of the registry last from test to test, until something in a test
    empties one of them; as it stands, the framework empties all of them after each.

    Whatever changes what a cache holds empties it, as everywhere in Odoo. What it holds
    from then on may be about records that the test, or the class, undoes: it is emptied
    again when that one ends. What a class knows of its records ends with it.
    """

    def __init__(self):
        from odoo.modules.registry import Registry  # noqa: PLC0415

        self.clear_cache = Registry.clear_cache
        # names of those emptied while a class was set up, and since the last test
        self.by_class, self.by_test = set(), set()

        def clear_cache(registry, *names):
            self.by_test.update(names or PASSING)
            self.clear_cache(registry, *names)

        def clear_all_caches(registry):
            self.end_test(registry)

        Registry.clear_cache = clear_cache
        Registry.clear_all_caches = clear_all_caches

    def end_test(self, registry):
        """What the framework calls when a test ends, and when a class does."""
        if self.by_test:
            self.clear_cache(registry, *self.by_test)
            self.by_test.clear()

    def end_class(self, registry):
        self.clear_cache(registry, *PASSING, *self.by_class, *self.by_test)
        self.by_test.clear()

    def begin_tests(self):
        self.by_class, self.by_test = self.by_test, set()


def share_tests(role, share):
    """Have Odoo run, once the registry is loaded, what `role` says."""
    preload_registries = server.preload_registries

    def preload(dbnames):
        # not before the command line is read: imported by a server that does not test,
        # the framework complains
        from odoo.modules.registry import Registry  # noqa: PLC0415
        from odoo.tests import loader  # noqa: PLC0415
        from odoo.tests.common import HttpCase  # noqa: PLC0415
        from odoo.tests.suite import OdooSuite  # noqa: PLC0415

        make_suite = loader.make_suite
        draws = role in ("draw", "demo")
        caches = Caches() if draws else None
        if draws:
            keep_triggers()

        class SharedSuite(OdooSuite):
            def run(self, result, debug=False):
                classes = by_class(self)
                if role == "demo":
                    load_demo()
                self._tests = share.draw(classes, role == "demo") if draws else []
                # what is loaded stays: whoever counts queries collects beforehand, and
                # need not look through all of Odoo each time
                gc.collect()
                gc.freeze()
                return super().run(result, debug)

            def _handleClassSetUp(self, test, result):  # noqa: N802 - unittest's name
                begins = result._previousTestClass is not type(test)
                if begins:
                    caches.end_class(Registry(dbnames[0]))
                super()._handleClassSetUp(test, result)
                if begins:
                    caches.begin_tests()

        def make_shared_suite(module_names, position="at_install"):
            if position != "post_install":
                # whoever collects also installs
                return make_suite(module_names if role == "collect" else [], position)
            if draws:
                return SharedSuite(make_suite(share.read()["modules"], position))
            suite = SharedSuite(make_suite(module_names, position))
            share.write(module_names, by_class(suite), HttpCase)
            return suite

        loader.make_suite = make_shared_suite
        status = preload_registries(dbnames)
        if role == "collect":
            prepare()
        return status

    server.preload_registries = preload


if __name__ == "__main__":
    share_tests(sys.argv[1], Share(sys.argv[2]))
    sys.argv = sys.argv[3:]
    runpy.run_path(sys.argv[0], run_name="__main__")
