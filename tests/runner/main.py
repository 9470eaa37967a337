# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the suites of a tier, or those that were named."""
import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import traceback

from . import meson_log, sandbox, slots
from .budget import Budget
from .builds import Builds
from .processes import Processes, Stopping
from .report import Report
from .suites import SUITES

ROOT = pathlib.Path(__file__).resolve().parents[2]
SLOTS = 2
# What boots a guest also waits for it, and another may work meanwhile.
WAITING = 1
DEFAULT_MINUTES = 30
BENCHMARKS = (("run",), ("run", "--debian"), ("check",), ("convert",), ("convert", "--stream"), ("bootloader",))
EPILOG = """\
Suites, and the tiers that they belong to:
{suites}

Builds go to build-tests*, and what was said to build-tests-logs; DOMUIMG_TEST_BUILD=DIRECTORY
changes the first part of these names. What the lab makes is kept between runs only where
DOMUIMG_TEST_CACHE names a directory for it. DOMUIMG_TEST_BUDGET=MINUTES is what a default run may
take on a machine of its own (30)."""


def parse(argv):
    names = [suite.name for suite in SUITES]
    table = "\n".join(f"  {suite.name:22} {suite.tiers:22} {suite.says}" for suite in SUITES)
    parser = argparse.ArgumentParser(prog="tests/run", description="Sets up, builds and runs every test.",
                                     epilog=EPILOG.format(suites=table),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    tiers = parser.add_mutually_exclusive_group()
    tiers.add_argument("--quick", dest="tier", action="store_const", const="quick", default="default",
                       help="leave out the sanitizers and the Xen lab: minutes")
    tiers.add_argument("--nightly", dest="tier", action="store_const", const="nightly",
                       help="everything: hours; each of its suites can be run alone by --only")
    parser.add_argument("--only", metavar="SUITE", action="append", choices=names, default=[],
                        help="run this suite only; may be given again")
    for name in ("xen-corpus", "xen-foreign"):
        parser.add_argument(f"--{name}", dest="only", action="append_const", const=name,
                            help=f"the same as --only {name}")
    parser.add_argument("--repeat", metavar="N", type=int, default=1,
                        help="run them so many times in a row, and boot each guest again each time")
    parser.add_argument("--list", action="store_true", help="list the suites of the tier")
    parser.add_argument("--bench", action="store_true", help="run the benchmarks instead of the tests")
    return parser.parse_args(argv)


class Run:
    """What the suites share."""

    def __init__(self, options, suites, scratch):
        self.options, self.suites, self.scratch, self.root = options, suites, scratch, ROOT
        self.processes = Processes()
        self.picking = threading.Lock()
        self.processors = len(os.sched_getaffinity(0))
        self.jobs = self.processors if len(suites) <= 1 else max(1, self.processors // SLOTS)
        self.builds = Builds(ROOT, self.processes, None, self.jobs)
        self.logs = self.builds.logs()
        self.report = self.builds.report = Report(open(self.logs / "run.log", "w", encoding="utf-8"))

    def meson_tests(self, suite, options, environment):
        directory, log = self.builds.path(suite.build), self.logs / f"{suite.name}.log"
        testlog = directory / "meson-logs" / "testlog.json"
        testlog.unlink(missing_ok=True)
        argv = ["meson", "test", "-C", directory, "--no-rebuild", "--num-processes", self.jobs, "--no-stdsplit",
                *options]
        self.processes.run_quietly(log, argv, env={**os.environ, **environment})
        if testlog.exists() and testlog.stat().st_size:
            meson_log.report_all(suite.name, testlog, self.report)
        else:
            self.report.result("failed", suite.name, f"meson test ran nothing: {log}")

    def suite(self, suite):
        try:
            if not self.builds.ensure(suite.build):
                return
            self.report.say(f"== {suite.name}")
            (self.logs / f"{suite.name}.log").unlink(missing_ok=True)
            started, worked = time.monotonic(), self.processes.effort.seconds
            suite.run(self, suite)
            seconds, worked = time.monotonic() - started, self.processes.effort.seconds - worked
            self.report.say(f"== {suite.name} took {seconds:.0f} s, {worked:.0f} s of processor time")
        except Stopping:
            pass
        except Exception:  # a mistake of the runner itself must not look like a suite that went well
            self.report.result("failed", suite.name, "the runner broke", traceback.format_exc().splitlines())

    def lab_lane(self, suites):
        """Made ready while the build that it waits for is being built."""
        if not suites:
            return
        with contextlib.suppress(Stopping):
            self.processes.run_quietly(self.logs / "xen-prepare.log", [ROOT / "tests/xen/run-lab", "--prepare"])
            self.report.say(f"== the lab is ready, {self.processes.effort.seconds:.0f} s of processor time")
        for suite in suites:
            self.suite(suite)

    def lane(self, waiting, after=None):
        """One suite after another, each in a slot."""
        if after:
            after.join()
        elif any(suite.lab for suite in self.suites):  # which soon waits for it, and leaves its processor idle
            with slots.held(0.1), contextlib.suppress(Stopping, OSError):
                self.builds.ensure("default", self.processors)
        while suite := self.take(waiting):
            with slots.held(0.1):
                self.suite(suite)

    def take(self, waiting):
        """The first one that need not wait for a build that another lane makes."""
        with self.picking:
            if not waiting:
                return None
            at = next((number for number, suite in enumerate(waiting) if not self.builds.claimed(suite.build)), 0)
            self.builds.claim(waiting[at].build)
            return waiting.pop(at)

    def all_suites(self):
        """The lab has one slot, and everything else the other; whoever ends first leaves its slot."""
        waiting = [suite for suite in self.suites if not suite.lab]
        in_lab = [suite for suite in self.suites if suite.lab]
        lab = threading.Thread(target=self.lab_lane, args=(in_lab,))
        threads = [lab, threading.Thread(target=self.lane, args=(waiting,)),
                   threading.Thread(target=self.lane, args=(waiting, lab))]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            self.processes.stop_all()
            for thread in threads:
                thread.join()
            raise


def chosen(options):
    if options.only:
        return [suite for suite in SUITES if suite.name in options.only]
    return [suite for suite in SUITES if options.tier in suite.tiers.split()]


def set_up(suites, report):
    parts = ["test", *(["lab"] if any(suite.lab for suite in suites) else [])]
    if subprocess.run([ROOT / "tests/setup", *parts], check=False).returncode != 0:
        report.result("failed", "setup", "not all that the tests need could be installed")
        return False
    return True


def run_suites(run):
    budget, options = Budget(DEFAULT_MINUTES), run.options
    if options.repeat > 1:
        run_rounds(run, options.repeat)
    else:
        run.all_suites()
    over, said = budget.verdict()
    run.report.say(f"== the run took {said}")
    if over and not options.only and options.tier == "default" and options.repeat == 1:
        run.report.result("failed", "budget", "the default run takes too long; DOMUIMG_TEST_BUDGET=MINUTES gives more")


def run_rounds(run, count):
    """One after the other; what came of each is told together at the end."""
    said = []
    for number in range(1, count + 1):
        run.report.say(f"== round {number} of {count}")
        started, before = time.monotonic(), run.report.score()
        run.all_suites()
        score = ", ".join(f"{after - before[word]} {word}" for word, after in run.report.score().items())
        said.append(f"      round {number}: {score}, {time.monotonic() - started:.0f} s")
    run.report.say(f"== {count} rounds", *said)


def run_benchmarks(run):
    """What they measured is theirs to print."""
    if not run.builds.ensure("default"):
        return
    for program, *options in BENCHMARKS:
        argv = [ROOT / "tests/bench" / program, run.builds.path("default"), *options]
        status = subprocess.run(argv, check=False).returncode
        run.report.result("failed" if status else "passed", " ".join(("bench", program, *options)), f"exit status {status}")


def stop(number, _frame):
    """Leave through every `with`, so that nothing stays behind; a second signal changes nothing."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


def main(argv):
    options = parse(argv)
    if options.list:
        for suite in chosen(options):
            print(suite.name)
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    suites = [] if options.bench else chosen(options)
    with sandbox.entered() as scratch:
        run = Run(options, suites, scratch)
        slots.create(scratch, min(SLOTS, len(os.sched_getaffinity(0))) + WAITING)
        if set_up(suites, run.report):
            if options.bench:
                run_benchmarks(run)
            else:
                run_suites(run)
        run.report.summary()
        run.report.last_line()
    return 1 if run.report.counts["failed"] else 0


