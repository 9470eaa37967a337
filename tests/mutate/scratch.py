# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of the sources with a build of its own, in which mutants are made, and the tests that are run in it."""
import ctypes
import dataclasses
import filecmp
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from mutants import ROOT

CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | 0x40000
MS_BIND = 0x1000
PATIENCE = 6            # a test that takes so many times its usual time hangs
LEAST_SECONDS = 40
FAULTS = {"powerloss": ("run-powerloss", "create-tar"), "calls": ("run", "--sample", "120")}
LIBC = ctypes.CDLL(None, use_errno=True)


@dataclasses.dataclass
class Test:
    name: str
    command: list
    environment: dict
    targets: list           # what ninja has to make for it
    seconds: float = 0      # that it takes without any mutant


def with_own_tmp(directory):
    """What a mutant does to /tmp must not meet anybody else's files there."""
    places = [place for place in ("/tmp", "/var/tmp") if not directory.is_relative_to(place)]

    def prepare():
        if LIBC.unshare(CLONE_NEWNS) != 0 or LIBC.mount(b"none", b"/", None, MS_REC_PRIVATE, None) != 0:
            return  # without rights, the tests are as harmless as their user
        for place in places:
            LIBC.mount(os.fsencode(directory), os.fsencode(place), None, MS_BIND, None)
    return prepare


def sources():
    """Every file beside the builds, by its path from the top."""
    for directory, below, files in os.walk(ROOT):
        here = pathlib.Path(directory).relative_to(ROOT)
        below[:] = [name for name in below
                    if name not in (".git", "__pycache__") and not (here == pathlib.Path() and name.startswith("build"))]
        yield from (here / name for name in files if name != ".git")


class Scratch:
    def __init__(self, directory, log):
        self.directory = pathlib.Path(directory)
        self.root, self.build, self.tmp = (self.directory / name for name in ("sources", "build", "tmp"))
        self.log = log
        self.tests = {}

    def make(self):
        """Copy the sources and build all of them once; in a copy that was kept, what has changed since."""
        self.tmp.mkdir(parents=True, exist_ok=True)
        for name in sources():
            self.copy(name)
        if not (self.build / "build.ninja").exists():
            self.run(["meson", "setup", self.build, self.root, "-Doptimization=0", "-Ddebug=false", "-Dwerror=false",
                      "-Dintrospection=enabled", "-Dpython=enabled", "-Dman=disabled"])
        self.run(["ninja", "-C", self.build])
        self.find_tests()

    def copy(self, name):
        source, copy = ROOT / name, self.root / name
        if copy.exists() and filecmp.cmp(source, copy, shallow=False):
            return
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.unlink(missing_ok=True)
        shutil.copy(source, copy, follow_symlinks=False)

    def run(self, argv):
        with open(self.log, "ab") as log:
            subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def find_tests(self):
        """The tests that meson knows, and each file of those below integration/, and some faults."""
        library = [str(path.relative_to(self.build)) for path in self.build.glob("lib/libdomuimg.so.*")
                   if path.is_file() and not path.is_symlink()]
        programs = [str(path.relative_to(self.build)) for path in self.build.glob("cli/**/*")
                    if path.is_file() and os.access(path, os.X_OK)]
        listing = subprocess.run(["meson", "introspect", "--tests", self.build], check=True, stdout=subprocess.PIPE)
        for test in json.loads(listing.stdout):
            own = os.path.relpath(test["cmd"][0], self.build)
            targets = [own] if not own.startswith("..") else library + programs
            self.tests[test["name"]] = Test(test["name"], test["cmd"], test["env"], targets)
        for path in sorted((self.root / "tests/integration").glob("test_*.py")):
            name = f"integration/{path.stem}"
            command = [self.root / "tests/integration/run", self.build, path.stem]
            self.tests[name] = Test(name, command, {}, library + programs)

        for name, words in FAULTS.items():
            command = [self.root / "tests/faults" / words[0], self.build, *words[1:]]
            self.tests[f"faults/{name}"] = Test(f"faults/{name}", command, {},
                                                [*library, *programs, "tests/faults/fault"])

    def find(self, name):
        """A test by its name; after "@", the only case of it that is run: tree@/tree/memory."""
        if name in self.tests:
            return self.tests[name]
        program, _, case = name.partition("@")
        if not case or program not in self.tests:
            raise LookupError(f"there is no test {name}")
        whole = self.tests[program]
        self.tests[name] = Test(name, [*whole.command, "-p", case], whole.environment, whole.targets)
        return self.tests[name]

    def put(self, file, text):
        (self.root / file).write_text(text, encoding="utf-8")

    def compile(self, targets):
        """Whether they can be built; what the compiler said is in the log."""
        try:
            self.run(["ninja", "-C", self.build, "-k", "1", *dict.fromkeys(targets)])
            return True
        except subprocess.CalledProcessError:
            return False

    def try_test(self, test, seconds):
        """None if it passes, else what fails in it."""
        environment = {**os.environ, **test.environment, "TMPDIR": "/tmp", "HOME": "/tmp", "G_SLICE": "always-malloc",
                       "DOMUIMG_STATE_DIR": "/tmp/state", "DOMUIMG_GUESTS_DIR": "/tmp/guests",
                       "DOMUIMG_CACHE_DIR": "/tmp/cache"}
        child = subprocess.Popen(test.command, cwd=self.build, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                 start_new_session=True, preexec_fn=with_own_tmp(self.tmp))
        try:
            output = child.communicate(timeout=seconds)[0]
            return None if child.returncode == 0 else first_failure(output, child.returncode)
        except subprocess.TimeoutExpired:
            return f"does not end in {seconds:.0f} s"
        finally:
            self.end(child)

    def end(self, child):
        """Nothing of a test outlives it, neither processes nor files."""
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.communicate()
        # A test of files that cannot be removed may have ended before it made them removable again.
        subprocess.run(["chattr", "-R", "-i", self.tmp], check=False, stderr=subprocess.DEVNULL)
        for path in self.tmp.iterdir():
            subprocess.run(["rm", "-rf", "--one-file-system", "--", path], check=False)

    def measure(self, test):
        """Run it without any mutant: None, or why it cannot judge any."""
        started = time.monotonic()
        failure = self.try_test(test, 600)
        test.seconds = time.monotonic() - started
        return failure

    def judge(self, test):
        return self.try_test(test, max(LEAST_SECONDS, PATIENCE * test.seconds) * stretch())


def stretch():
    """How much slower than alone a test may be where others have the processors, which are nicer to them."""
    return max(1, 2 * os.getloadavg()[0] / os.cpu_count())


def first_failure(output, status):
    failed = re.search(r"^not ok \d* ?(?:- )?(.*)|^(?:FAIL|ERROR): (\S+)|ERROR:[./]*(\S+:\d+:\w+): ", output, re.M)
    if failed:
        return next(text for text in failed.groups() if text is not None)
    return f"ends with status {status}"
