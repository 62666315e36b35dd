"""Print the outcome of a test run from Odoo's log, and exit accordingly."""

import re
import sys

RESULT = re.compile(
    r"odoo\.tests\.result: (\d+) failed, (\d+) error\(s\) of (\d+) tests"
)
LEVEL = re.compile(r"^\S+ \S+ \d+ (WARNING|ERROR|CRITICAL) ")
HEADER = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ ")
SKIPPED = re.compile(r" INFO \S+ \S+: skipped (.*)")
NO_BROWSER = "Chrome executable not found"


def main(path, status, seconds):
    with open(path, encoding="utf-8", errors="replace") as log:
        lines = log.read().splitlines()
    shown, warnings, errors, skipped, result = False, 0, 0, [], None
    for line in lines:
        if HEADER.match(line):
            level = LEVEL.match(line)
            shown = bool(level) and level[1] != "WARNING"
            errors += shown
            if level and level[1] == "WARNING":
                warnings += 1
                print(line)
            if skip := SKIPPED.search(line):
                skipped.append(skip[1])
                # browser tests that find no browser call themselves skipped
                errors += NO_BROWSER in skip[1]
        if shown:
            print(line)
        result = RESULT.search(line) or result
    if result is None:
        print(f"No test result in {path}; its last lines:")
        print("\n".join(lines[-100:]))
        print("0 passed, 1 failed")
        return 1
    failed, broken, total = map(int, result.groups())
    bad = failed + broken
    if total == 0:
        print("No test ran: check the tags.")
        bad = 1
    elif not bad and (errors or int(status)):
        print("The tests passed, but the log holds errors (above).")
        bad = 1
    for skip in skipped:
        print(f"skipped: {skip}")
    print(f"{total} tests in {seconds} s, {warnings} warnings in the log")
    print(f"{max(total - bad, 0)} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
