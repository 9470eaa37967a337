# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of suites, and how each is run."""
import dataclasses
import os
import typing

from . import tap
from .builds import DIFFERENT

# The sanitizer's strstr() measures all of its text each time: g_strsplit() of megabytes takes minutes.
SANITIZED = {"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:intercept_strstr=0",
             "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "G_SLICE": "always-malloc",
             # A sanitizer needs more of a Linux than there is in User-mode Linux when its init begins.
             "DOMUIMG_NO_UML": "1"}


@dataclasses.dataclass(frozen=True)
class Suite:
    name: str
    says: str
    tiers: str                  # of quick, default, nightly
    build: str                  # the build that it needs
    run: typing.Callable        # of (run, this suite)
    lab: bool = False           # it boots guests, in workers of its own


def meson(patience="4", *which, **environment):
    """Their time-outs are for tests that hang, and no judgement of a busy machine: hence the patience."""
    return lambda run, suite: run.meson_tests(suite, ["--timeout-multiplier", patience, *which], environment)


def program(path, *options, **environment):
    """A program of tests/ that speaks TAP, given the build's directory."""
    def start(run, suite):
        argv = [run.root / "tests" / path, run.builds.path(suite.build), *options]
        tap.run(suite.name, run.processes, run.report, argv, sequential=not suite.lab,
                env={**os.environ, **environment})
    return start


def minimal(run, suite):
    meson("4", "--suite", "cli")(run, suite)
    meson("4", *DIFFERENT)(run, suite)


def sanitizers(run, suite):
    meson("15", **SANITIZED)(run, suite)
    run.report.result("skipped", "sanitizers/python", "python3 is not linked with the sanitizers' runtime")


def fuzz(run, suite):
    program("fuzz/run", "1" if run.options.tier == "quick" else "2")(run, suite)


def faults(*programs):
    """Programs of tests/faults, each with its options, on as many processors as a suite has."""
    def start(run, suite):
        for path, *options in programs:
            program(f"faults/{path}", "--jobs", str(run.jobs), *options)(run, suite)
    return start


def lab(*options):
    """Cases of the Xen lab's table."""
    def start(run, suite):
        fresh = ["--fresh"] if run.options.repeat > 1 else []
        program("xen/run-lab", *options, *fresh, "--logs", run.logs / suite.name)(run, suite)
    return start


def in_lab(name, says, *options, tiers="nightly"):
    return Suite(name, says, tiers, "default", lab(*options), lab=True)


def mutants(parts):
    """The list of mutants, in parts that each fit in a suite's time."""
    return (Suite(f"mutants-{part}", f"mistakes that some test has to notice, part {part} of {parts}", "nightly",
                  "default", program("mutate/run", "--part", f"{part}/{parts}")) for part in range(1, parts + 1))


# Each of the nightly ones fits in 100 minutes on two processors.
SUITES = (
    Suite("tests", "unit tests, the CLI's and the Python package's", "quick default nightly", "default", meson()),
    Suite("integration", "the program against foreign judges", "quick default nightly", "default",
          program("integration/run")),
    Suite("minimal", "the program without any optional dependency, and the unit tests of what then differs",
          "quick default", "minimal", minimal),
    Suite("minimal-all", "all tests of what is left without any optional dependency", "nightly", "minimal-all", meson()),
    Suite("sanitizers", "unit and CLI tests with ASan and UBSan", "default nightly", "sanitizers", sanitizers),
    Suite("fuzz", "each fuzz target: its corpus, and some seconds of libFuzzer", "quick default", "fuzz",
          fuzz),
    Suite("meta", "what the sources themselves must keep to", "quick default nightly", "default", program("meta/run")),
    Suite("sanitizers-integration", "the program, with ASan and UBSan, against foreign judges", "nightly", "sanitizers",
          program("integration/run", **SANITIZED)),
    Suite("schemas", "bills of materials against the schemas that their standards publish", "nightly", "default",
          program("schemas/run")),
    *mutants(6),
    Suite("fuzz-long", "each fuzz target for minutes", "nightly", "fuzz", program("fuzz/run", "240")),
    Suite("faults", "a sample of kills and errors at system calls, of two verbs at once, and of lost power", "default",
          "default", faults(("run", "--sample", "200"), ("run-pairs", "--rounds", "1"),
                            ("run-powerloss", "--step", "25", "create-tar", "check-fix"))),
    Suite("faults-kills", "the program killed at its system calls", "nightly", "default", faults(("run", "--kills"))),
    *(Suite(f"faults-errors-{part}", f"its system calls fail, are shortened or delayed: part {part} of 2", "nightly",
            "default", faults(("run", "--errors", "--part", f"{part}/2"))) for part in (1, 2)),
    Suite("faults-pairs", "each pair of verbs on one guest at once, 40 times", "nightly", "default",
          faults(("run-pairs",))),
    Suite("faults-powerloss", "power lost at each flush of the disk", "nightly", "default",
          faults(("run-powerloss",))),
    in_lab("xen", "the lab's default cases: each way to make a guest, each loader, each rule", "--tier", "default",
           tiers="default"),
    in_lab("xen-create", "guests that domuimg makes, and domuimg in dom0", "--group", "create", "--group", "app",
           "--group", "host"),
    in_lab("xen-corpus", "what `domuimg check` predicts of each guest of the corpus, and what Xen does with it",
           "--group", "checks"),
    in_lab("xen-foreign", "machines of other hypervisors, in every format, converted and booted",
           "--group", "foreign", "--group", "plain"),
)
