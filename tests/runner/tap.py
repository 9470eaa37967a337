# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Test Anything Protocol, line by line as a program writes it."""
import re
import subprocess
import time

RESULT = re.compile(r"(not )?ok\b(?: +\d+)?(?: +-)? *([^#]*)(?:# *(.*))?$")
SECONDS = re.compile(r" \((?:[\d.]+ s of processor time, )?(\d+(?:\.\d+)?) s\)$")
SKIP = re.compile(r"skip\b *(.*)$", re.I)
NOTHING = re.compile(r"1\.\.|TAP version|# (Start|End) of |# random seed|$")
ACCIDENT = re.compile(r"# accident: (.*)$")


class Reader:
    """What a failed result says of itself may come before its line or after it. A program that runs
    one test after another need not say how long each took: @sequential."""

    def __init__(self, suite, report, sequential):
        self.suite, self.report, self.sequential = suite, report, sequential
        self.results = self.failures = 0
        self.since = time.monotonic()

    def read(self, line):
        match = RESULT.match(line)
        accident = ACCIDENT.match(line)
        if match:
            self.result(bool(match[1]), match[2].strip(), match[3] or "")
        elif line.startswith("Bail out!"):
            self.fail(self.suite, line)
        elif accident:
            self.report.accident(accident[1])
            self.report.say(f"      {self.suite}: accident: {accident[1]}")
        elif not NOTHING.match(line):
            self.report.say(f"      {line.removeprefix('# ')}")

    def result(self, failed, text, detail):
        self.results += 1
        name = self.timed(f"{self.suite}/{text}")
        skip = SKIP.match(detail)
        if failed:
            self.fail(name, detail)
        elif skip:
            self.report.result("skipped", f"{self.suite}/{text}", skip[1])
        else:
            self.report.result("passed", name)

    def timed(self, name):
        """With its seconds: in its own words where it has any, else since the result before it."""
        said, now = SECONDS.search(name), time.monotonic()
        seconds = float(said[1]) if said else now - self.since
        self.since = now
        if not said and not self.sequential:
            return name
        self.report.took(SECONDS.sub("", name), seconds)
        return name if said else f"{name} ({seconds:.1f} s)"

    def fail(self, name, detail=""):
        self.failures += 1
        self.report.result("failed", name, detail)


def run(suite, processes, report, argv, sequential=True, **options):
    """Run a program that speaks TAP; a failure is reported even if it had no words for it."""
    reader = Reader(suite, report, sequential)
    with processes.start(argv, stdout=subprocess.PIPE, text=True, errors="replace", **options) as child:
        for line in child.stdout:
            reader.read(line.rstrip("\n"))
    if reader.failures:
        return
    if child.returncode != 0:
        reader.fail(suite, f"exit status {child.returncode}")
    elif not reader.results:
        reader.fail(suite, "ran no test")
