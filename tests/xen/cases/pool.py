# SPDX-License-Identifier: LGPL-2.1-or-later
"""The one runner of the lab's cases: two at a time, the longest first."""
import concurrent.futures
import os
import pathlib
import resource
import subprocess
import time
import traceback

from foreign.run import Broken
from corpus.outcome import LabBroken
from runner import slots
from xenlab import accident
from xenlab.errors import LabError, Unavailable
from xenlab.tap import Tap, say

from .case import Line

# Longer than the other suites look for a slot, which so go first.
PATIENCE = 1.0
EXPECTED = (LabBroken, LabError, Broken, OSError, ValueError, KeyError, AssertionError, subprocess.SubprocessError)


class Accidents:
    """What befell the cases so far; each is told once."""

    def __init__(self, work):
        self.path = pathlib.Path(work) / "accidents"
        self.path.touch()
        os.environ[accident.VARIABLE] = str(self.path)
        self.told = 0

    def tell(self):
        lines = self.path.read_text(encoding="utf-8").splitlines()
        for line in lines[self.told:]:
            say(f"accident: {line}")
        self.told = len(lines)


def examine(case, shared, directory):
    try:
        return case.run(shared, directory)
    except Unavailable as error:
        return [Line("it is tried", skipped=str(error).splitlines()[0])]
    except EXPECTED:
        return [Line("it is tried", traceback.format_exc().splitlines())]


def processor_seconds():
    """What this process, and what it has started and waited for, have worked."""
    return sum(usage.ru_utime + usage.ru_stime
               for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def run_one(case, shared):
    """(the case, its lines, its seconds once it had a slot, those of the processor)."""
    directory = shared.work / case.id
    with slots.held(PATIENCE):
        if accident.ending.is_set():
            return case, [], 0, 0
        started, worked = time.monotonic(), processor_seconds()
        directory.mkdir(parents=True)
        lines = examine(case, shared, directory)
        seconds, worked = time.monotonic() - started, processor_seconds() - worked
    if any(line.problems for line in lines):
        shared.keep_logs(case, directory)
    if not shared.options.keep:
        subprocess.run(["rm", "-rf", directory], check=False)
    return case, lines, seconds, worked


def report(tap, case, lines, seconds, worked, show):
    """The last line of a case has its seconds, and those of the processor where they are known."""
    took = f"{worked:.1f} s of processor time, {seconds:.1f} s" if worked is not None else f"{seconds:.1f} s"
    for number, line in enumerate(lines, 1):
        text = f"{case.id}: {' '.join(line.text.split()).replace('#', '')}"
        if line.skipped:
            tap.skip(text, line.skipped)
        else:
            tap.line(not line.problems, f"{text} ({took})" if number == len(lines) else text, line.problems)
        if show and line.details and not line.problems:
            say(line.details)


def run(cases, shared):
    """The exit status."""
    tap, accidents = Tap(), Accidents(shared.work)
    pool = concurrent.futures.ThreadPoolExecutor(shared.options.jobs)
    try:
        waiting = [pool.submit(run_one, case, shared) for case in sorted(cases, key=lambda case: -case.seconds)]
        for done in concurrent.futures.as_completed(waiting):
            case, lines, seconds, worked = done.result()
            # Of cases that run at once, nothing tells apart whose time it was.
            alone = shared.options.jobs == 1 or len(waiting) == 1
            report(tap, case, lines, seconds, worked if alone else None, shared.options.show)
            accidents.tell()
    finally:
        pool.shutdown(cancel_futures=True)
    return tap.end()
