# SPDX-License-Identifier: LGPL-2.1-or-later
"""The builds that suites need: each made once in a run, by whoever needs it first."""
import collections
import dataclasses
import os
import pathlib
import subprocess
import threading
import time

TAIL = 60


@dataclasses.dataclass(frozen=True)
class Build:
    suffix: str
    targets: tuple
    settings: tuple


BARE = ("-Dintrospection=disabled", "-Dpython=disabled", "-Dman=disabled")
# A precompiled header saves half of the compiler's time; the whole minimal build, which goes
# without it, notices what a file forgot to include.
FASTER = "-Db_pch=true"
# clang takes a quarter of gcc's time for the sanitizers, and what it makes serves libFuzzer, too.
# libosinfo never frees a part of what it loads.
SANITIZED = (*BARE, FASTER, "-Dosinfo=disabled", "-Dfuzz=true", "--native-file", "tests/fuzz/clang.ini")
# What is left out does not depend on how the rest is optimized.
MINIMAL = ("--auto-features=disabled", *BARE, "-Doptimization=0")
# Only these differ in what is compiled of them, or in what they find there.
DIFFERENT = ("bootloader", "doctor", "image")
PROGRAMS = ("cli/domuimg", "cli/domuimg-bootloader", "cli/helpers/domuimg-netboot", "tests/cli/bad-sector.so",
            *(f"tests/unit/test-{name}" for name in DIFFERENT))
BUILDS = {
    "default": Build("", ("all",), ("-Dintrospection=enabled", "-Dpython=enabled", "-Dman=enabled", FASTER)),
    "minimal": Build("-minimal", PROGRAMS, (*MINIMAL, FASTER)),
    "minimal-all": Build("-minimal-all", ("all",), MINIMAL),
    "sanitizers": Build("-clang", ("all",), SANITIZED),
    "fuzz": Build("-clang", ("fuzzers",), SANITIZED),
}


class Builds:
    def __init__(self, root, processes, report, jobs):
        self.root, self.processes, self.report, self.jobs = root, processes, report, jobs
        self.base = os.path.abspath(os.environ.get("DOMUIMG_TEST_BUILD") or root / "build-tests")
        self.locks = collections.defaultdict(threading.Lock)
        self.made = {}
        self.makers = set()
        self.configured = set()

    def path(self, name):
        return pathlib.Path(self.base + BUILDS[name].suffix)

    def claim(self, name):
        """Tell that a lane will make it, or has."""
        self.makers.add(self.path(name))

    def claimed(self, name):
        """Whether another lane is about to make it."""
        return name not in self.made and self.path(name) in self.makers

    def ensure(self, name, jobs=None):
        """Whether the build is there; that it is made is a result of its own."""
        with self.locks[self.path(name)]:
            if name not in self.made:
                self.made[name] = self.make(name, jobs or self.jobs)
            return self.made[name]

    def make(self, name, jobs):
        started, worked = time.monotonic(), self.processes.effort.seconds
        directory, log = self.path(name), self.logs() / f"build-{name}.log"
        log.unlink(missing_ok=True)
        result = f"build/{name}"
        steps = self.configure(name, directory, log) and self.ninja(name, directory, log, jobs)
        seconds, worked = time.monotonic() - started, self.processes.effort.seconds - worked
        self.report.took(result, seconds)
        if steps:
            self.report.result("passed", f"{result} ({worked:.1f} s of processor time, {seconds:.1f} s)")
        else:
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]
            self.report.result("failed", result, f"does not build: {log}", tail)
        return steps

    def configure(self, name, directory, log):
        """Settings of an older build are brought up to date; where that fails, it is made anew."""
        if directory in self.configured:
            return True
        self.configured.add(directory)

        def setup(*options):
            argv = ["meson", "setup", *options, directory, self.root, "-Dwerror=true", *BUILDS[name].settings]
            return self.processes.run_quietly(log, argv, cwd=self.root) == 0
        if (directory / "build.ninja").exists() and setup("--reconfigure"):
            return True
        subprocess.run(["rm", "-rf", "--", directory], check=False)
        return setup()

    def ninja(self, name, directory, log, jobs):
        argv = ["ninja", "-C", directory, "-j", jobs, *BUILDS[name].targets]
        return self.processes.run_quietly(log, argv) == 0

    def logs(self):
        """Beside the builds, so that they stay when the run has ended."""
        logs = pathlib.Path(f"{self.base}-logs")
        logs.mkdir(parents=True, exist_ok=True)
        return logs
