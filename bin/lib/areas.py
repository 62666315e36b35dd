"""Report what an area names of the areas after it, and fail on what is not allowed.

Usage: areas.py [--list]      from the root of the module

`models/__init__.py` gives the areas in their order. An area may import, call and read
what stands before it; what comes after extends it by `_inherit` and `super()`. Counted
are, in `models/` and `wizard/`: imports, models by name, tables in SQL, and methods
that only later areas define. What has to be named all the same stands in ALLOWED,
with the reason.
"""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

#: What a collector works, whoever it is with: records of these are passed on, and what
#: they say is theirs.
WHOSE = "columns of the hub: who works the customer, and under which hand-over"
STANDS = "columns of the hub that the level rule reads"
SUBJECT = "whatever a provider's people touch is about an account"
#: (file, name in it): why it may be said there
ALLOWED = {
    ("models/base/collection_ledger_mixin.py", "collection.account"): "the notes that "
    "the ledger takes are worked out there",
    ("models/base/collection_ledger_mixin.py", "_follow_noted_lines"): "as above",
    ("models/base/collection_provider_values.py", "collection.account"): SUBJECT,
    ("models/base/collection_provider_values.py", "_check_delegated_to_me"): SUBJECT,
    ("models/policy/collection_policy_level.py", "collection.letter"): "whose e-mail "
    "template a level may choose",
    ("models/position/collection_account.py", "collection.agent"): WHOSE,
    ("models/position/collection_account.py", "collection.placement.line"): WHOSE,
    ("models/position/collection_item.py", "collection.placement.line"): WHOSE,
    ("models/position/collection_item.py", "collection.promise"): STANDS,
    ("models/position/collection_item.py", "collection.payment.plan"): STANDS,
    ("models/position/res_partner.py", "collection.agent"): "what record rules look "
    "through, beside the accounts",
    (
        "models/level/collection_level_history.py",
        "collection.letter",
    ): "the letter that was sent is the reason of a step",
    (
        "models/letter/collection_letter.py",
        "collection.dunning.run",
    ): "a letter belongs to the run that proposed it, and goes with it",
    (
        "models/letter/collection_letter_of_kind.py",
        "collection.mandate",
    ): "under which a provider presents itself",
    ("models/upstream/collection_means_change.py", "collection.call"): "in which the "
    "customer agreed",
    ("models/upstream/collection_means_change.py", "collection.mandate"): "under which "
    "the customer was asked",
    (
        "models/contact/collection_account_worklist.py",
        "collection_placement",
    ): "what an agent of a provider may be offered, in one statement",
    (
        "models/contact/collection_account_worklist.py",
        "collection_placement_line",
    ): "as above",
    ("models/contact/collection_account_worklist.py", "_is_working"): "as above",
}

#: methods that every model has from core: an area that extends one for a model of its
#: own does not make it its own
OF_CORE = frozenset(
    {
        "formatted_read_group",
        "formatted_read_grouping_sets",
        "invalidate_model",
        "modified",
        "web_read_group",
    }
)

#: what tells a statement from other texts, and the tables in it
STATEMENT = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO)\s")
TABLE = re.compile(r"\bcollection_\w+")


def model_names(node):
    """(`_name` or None, [`_inherit`]) of a class."""
    name, inherited = None, []
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            match statement.targets[0]:
                case ast.Name(id="_name"):
                    name = ast.literal_eval(statement.value)
                case ast.Name(id="_inherit"):
                    inherited = ast.literal_eval(statement.value)
    return name, [inherited] if isinstance(inherited, str) else inherited


class Areas:
    """The areas, what each defines and what each names."""

    def __init__(self, root):
        self.root = root
        package = ast.parse((root / "models/__init__.py").read_text())
        self.order = [
            alias.name for statement in package.body for alias in statement.names
        ]
        self.files = {
            path: ast.parse(path.read_text())
            for kind in ("models", "wizard")
            for path in sorted((root / kind).glob("*/*.py"))
            if path.name != "__init__.py"
        }
        self.model_area = {}
        self.method_areas = defaultdict(set)
        for path, tree in self.files.items():
            rank = self.rank(path)
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    name, inherited = model_names(node)
                    if name and name not in inherited:
                        self.model_area[name] = rank
                elif isinstance(node, ast.FunctionDef) and node.name not in OF_CORE:
                    self.method_areas[node.name].add(rank)
        self.table_area = {
            name.replace(".", "_"): rank for name, rank in self.model_area.items()
        }

    def rank(self, path):
        """Place in the order; a wizard comes with its area."""
        return self.order.index(path.parent.name)

    def references(self):
        """Yield (file, line, kind, name, own rank, rank of what is named)."""
        for path, tree in self.files.items():
            rank = self.rank(path)
            for node in ast.walk(tree):
                for kind, name, other in self.named_by(node):
                    yield (
                        path.relative_to(self.root),
                        node.lineno,
                        kind,
                        name,
                        rank,
                        other,
                    )

    def named_by(self, node):
        match node:
            case (
                ast.ImportFrom(level=3, module=str(module))
                | ast.ImportFrom(level=2, module=str(module))
            ):
                area = module.removeprefix("models.").split(".")[0]
                if area in self.order:
                    yield "import", module, self.order.index(area)
            case ast.Constant(value=str(text)):
                if text in self.model_area:
                    yield "model", text, self.model_area[text]
                if STATEMENT.search(text):
                    for table in self.table_area.keys() & set(TABLE.findall(text)):
                        yield "table", table, self.table_area[table]
            case ast.Call(func=ast.Attribute(attr=name)) if name in self.method_areas:
                yield "method", name, min(self.method_areas[name])


def main(arguments):
    areas = Areas(Path(__file__).resolve().parents[2])
    up = [line for line in areas.references() if line[5] > line[4]]
    total = sum(1 for _line in areas.references())
    bad, used = [], set()
    for path, number, kind, name, rank, other in up:
        key = str(path), name
        used.add(key)
        if key not in ALLOWED or "--list" in arguments:
            bad.append(
                f"{path}:{number}: {areas.order[rank]} names the {kind} {name}"
                f" of {areas.order[other]}"
            )
    bad += [
        f"{path}: {name} is allowed, but not named"
        for path, name in ALLOWED.keys() - used
    ]
    print("\n".join(bad))
    print(f"{len(up)} of {total} references run up")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
