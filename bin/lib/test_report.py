"""Print the outcome of a test run from Odoo's logs, and exit accordingly.

Usage: test_report.py LOG STATUS SECONDS [FOLDER [LOG STATUS]...]

FOLDER is what test_worker.py shared the tests by: the first log is that of the process
which installed the module, the others are those of the workers.
"""

import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

RESULT = re.compile(
    r"odoo\.tests\.result: (\d+) failed, (\d+) error\(s\) of (\d+) tests"
)
LEVEL = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")
HEADER = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ ")
SKIPPED = re.compile(r" INFO \S+ \S+: skipped (.*)")
NO_BROWSER = "Chrome executable not found"
SLOWEST = 10


class Outcome(NamedTuple):
    total: int
    passed: int
    bad: int
    errors: int
    warnings: int
    skipped: tuple

    def __add__(self, other):
        return Outcome(*(mine + its for mine, its in zip(self, other, strict=True)))


def read_log(path, status):
    """Print what one process has to complain of, and count it."""
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    shown, warnings, errors, skipped, result = False, 0, 0, [], None
    for line in lines:
        result_here = RESULT.search(line)
        result = result_here or result
        if HEADER.match(line):
            level = LEVEL.match(line)
            shown = bool(level) and level[1] != "WARNING"
            errors += shown
            # that a process had no test to run is judged at the end
            if level and level[1] == "WARNING" and not result_here:
                warnings += 1
                print(line)
            if skip := SKIPPED.search(line):
                skipped.append(skip[1])
                # browser tests that find no browser call themselves skipped
                errors += NO_BROWSER in skip[1]
        if shown:
            print(line)
    if result is None:
        print(f"No test result in {path}; its last lines:")
        print("\n".join(lines[-100:]))
        return Outcome(0, 0, 1, errors, warnings, tuple(skipped))
    failed, broken, total = map(int, result.groups())
    if int(status) and not (failed or broken or errors):
        print(f"The process of {path} ended with status {status}.")
        errors = 1
    bad = failed + broken
    return Outcome(total, max(total - bad, 0), bad, errors, warnings, tuple(skipped))


def read_share(folder):
    """The number of tests that were shared out and did not run; print which, and the
    classes that took longest."""
    share = Path(folder)
    try:
        todo = json.loads(share.joinpath("todo.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        print("The module was not installed, or its tests could not be collected.")
        return 1
    missing, spent = 0, []
    for name, tests in todo["classes"].items():
        label = name.rpartition(".")[2]
        try:
            done = json.loads((share / "done" / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            done = {"tests": 0}
        if done["tests"] != tests:
            print(f"Not run to its end: {label} ({tests} tests)")
            missing += tests
        else:
            spent.append((done["seconds"], label))
    slowest = sorted(spent, reverse=True)[:SLOWEST]
    if slowest:
        print("slowest:", ", ".join(f"{label} {took:.0f} s" for took, label in slowest))
        print(f"{len(spent)} classes took {sum(took for took, _label in spent):.0f} s")
    return missing


def main(log, status, seconds, folder=None, *logs):
    outcome = read_log(log, status)
    for path, ended in zip(logs[::2], logs[1::2], strict=True):
        outcome += read_log(path, ended)
    total, passed, bad, errors, warnings, skipped = outcome
    for skip in skipped:
        print(f"skipped: {skip}")
    if folder:
        bad += read_share(folder)
    if not bad and (errors or total == 0):
        print(
            "The tests passed, but the log holds errors (above)."
            if total
            else "No test ran: check the tags."
        )
        passed, bad = max(total - 1, 0), 1
    print(f"{total} tests in {seconds} s, {warnings} warnings in the log")
    print(f"{passed} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
