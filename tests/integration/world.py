# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every test here starts from: an empty directory, a kernel, and the built program."""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

import guest

PROGRAM = pathlib.Path(os.environ["DOMUIMG_BUILD"]) / "cli" / "domuimg"
SOURCES = pathlib.Path(__file__).resolve().parents[2]
NOBODY = 65534
# A process starts with the peak of who started it, so that has to be a small one.
MEASURE = """
import os, sys
status, usage = os.wait4(os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:]), 0)[1:]
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def is_root():
    return os.geteuid() == 0


def need_root():
    return unittest.skipUnless(is_root(), "needs root")


def need_program(*names):
    missing = [name for name in names if shutil.which(name) is None]
    return unittest.skipIf(missing, f"{' and '.join(missing)} not installed")


class Case(unittest.TestCase):
    """A test with a world of its own, whose journal and cache no other sees."""

    @classmethod
    def shared_directory(cls):
        """One for all tests of the class, from its setUpClass()."""
        holder = tempfile.TemporaryDirectory(prefix="domuimg-it.")
        cls.addClassCleanup(holder.cleanup)
        return pathlib.Path(holder.name)

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="domuimg-it.")
        self.addCleanup(holder.cleanup)
        self.dir = pathlib.Path(holder.name)
        self.dir.chmod(0o755)
        self.out = self.dir / "out"
        self.out.mkdir()
        self.state = self.dir / "state"
        self.kernel = guest.write_kernel(self.dir / "vmlinuz")
        self.environment = os.environ | {
            "DOMUIMG_LIBEXEC_DIR": str(PROGRAM.parent / "helpers"),
            "DOMUIMG_ANSWERS_DIR": str(SOURCES / "lib" / "source" / "answers"),
            "DOMUIMG_STATE_DIR": str(self.state),
            "DOMUIMG_GUESTS_DIR": str(self.dir / "known"),
            "DOMUIMG_CACHE_DIR": str(self.dir / "cache"),
            "LC_ALL": "C.UTF-8",
        }

    def command(self, source, *more, name="t", kernel=None):
        return [str(PROGRAM), "create", name, "--progress", "none", "--from", str(source),
                "--dir", str(self.out),
                "--kernel", f"file:{kernel or self.kernel}", "--type", "pv", "--allow-unbootable",
                *(str(word) for word in more)]

    def run_program(self, command, timeout=300, **settings):
        return subprocess.run(command, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace",
                              timeout=timeout, **settings)

    def create(self, source, *more, **settings):
        """A build that must succeed, with the guest's files left as they are."""
        done = self.run_program(self.command(source, "--no-customise", *more, **settings))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / f"{settings.get('name', 't')}.img"

    def peak_memory(self, command):
        """Peak resident bytes of the program and of everything it ran, one after another."""
        done = self.run_program([sys.executable, "-S", "-c", MEASURE, *command])
        self.assertEqual(done.returncode, 0, done.stderr)
        return int(done.stdout.splitlines()[-1]) * 1024

    def journals(self):
        return sorted(path for path in self.state.rglob("*") if path.is_file())

    def assert_one_line(self, done, *parts):
        """An error as it should be: one line that says what it is about."""
        self.assertIn(done.returncode, (1, 2), done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("domuimg: "), done.stderr)
        self.assertEqual(done.stdout, "")
        for part in parts:
            self.assertIn(part, lines[0])

    def assert_nothing_left(self, before=()):
        self.assertEqual(snapshot(self.out), dict(before))
        self.assertEqual(self.journals(), [])


def snapshot(directory):
    """Every name under a directory, with what is in it."""
    return {
        str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None
        for path in sorted(directory.rglob("*"))
    }


def limit_file_size(size):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return limit


def children_of(group):
    """Living processes of a process group."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            found.append(int(path.parent.name))
    return found
