# SPDX-License-Identifier: LGPL-2.1-or-later
"""meson's testlog.json as results: one for each subtest, or for each program."""
import json
import re

RESULT = re.compile(r"(not )?ok\b(?: +\d+)?(?: +-)? *([^#]*)(?:# *(.*))?$")
TAIL = 80


def report_all(suite, log, report):
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            report_program(suite, json.loads(line), report)


def report_program(suite, test, report):
    """The subtests of a program; the program itself where it has none, or failed beyond them."""
    name = f"{suite}/{test['name'].split(' / ')[-1].split(':')[-1]}"
    verdict, output = test["result"], test.get("stdout", "") + test.get("stderr", "")
    seconds = test.get("duration", 0)
    report.took(name, seconds)
    subtests = [match for match in map(RESULT.match, test.get("stdout", "").splitlines()) if match]
    with report.lock:
        for match in subtests:
            report_subtest(name, match, report)
        if verdict in ("OK", "EXPECTEDFAIL"):
            if not subtests:
                report.result("passed", f"{name} ({seconds:.1f} s)")
            else:
                report.say(f"      {name} took {seconds:.1f} s")
        elif verdict == "SKIP":
            if not subtests:
                report.result("skipped", name, " ".join(output.split()))
        else:
            report.say(*(f"      {line}" for line in output.splitlines()[-TAIL:]))
            if not any(match[1] for match in subtests):
                report.result("failed", name, f"{verdict.lower()}, status {test.get('returncode')}")


def report_subtest(program, match, report):
    name, detail = f"{program}: {match[2].strip().lstrip('/')}", match[3] or ""
    if match[1]:
        report.result("failed", name, detail)
    elif detail.upper().startswith("SKIP"):
        report.result("skipped", name, detail[4:].strip())
    else:
        report.result("passed", name)
