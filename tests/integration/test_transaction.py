# SPDX-License-Identifier: LGPL-2.1-or-later
"""A commit that fails, is killed or meets somebody else loses nothing that was there before."""
import contextlib
import json
import os
import re
import resource
import shutil
import subprocess
import threading
import time
import unittest

import archives
import world

KEYGEN = """#!/bin/sh
{real} "$@" </dev/stdin || exit
kill -9 $PPID
"""


@contextlib.contextmanager
def immutable(path):
    done = subprocess.run(["chattr", "+i", path], capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"chattr +i: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["chattr", "-i", path], check=True)


def limit_descriptors(number):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))
    return limit


class Transaction(world.Case):
    @classmethod
    def setUpClass(cls):
        shared = cls.shared_directory()
        cls.archive = archives.plain(shared / "root.tar", 1_000_000)

    def setUp(self):
        super().setUp()
        self.image = self.out / "t.img"
        self.config = self.out / "t.cfg"
        self.build = self.command(f"tar:{self.archive}", "--no-customise")
        self.again = [*self.build, "--force"]

    def traced(self, command, *injections):
        """The command under strace, which does what is injected at system calls."""
        calls = ",".join(sorted({injection.partition(":")[0] for injection in injections}))
        return ["strace", "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={calls}",
                *(word for injection in injections for word in ("-e", f"inject={injection}")),
                *command]

    def cleanup(self, status=0):
        done = self.run_program([str(world.PROGRAM), "cleanup"])
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done.stdout

    def make_old(self):
        done = self.run_program(self.build)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.before = world.snapshot(self.out)

    def assert_as_before(self):
        after = world.snapshot(self.out)
        self.assertEqual(sorted(after), sorted(self.before))
        self.assertEqual([name for name in after if after[name] != self.before[name]], [])
        self.assertEqual(self.journals(), [])

    def assert_one_guest(self):
        """All files are of one build, and none is left besides."""
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertIn(manifest["uuid"], self.config.read_text())
        self.assertIn(manifest["uuid"], (self.out / "t.xml").read_text())
        shown = subprocess.run(["blkid", "-p", "-s", "UUID", "-o", "value", self.image],
                               check=True, capture_output=True, text=True)
        self.assertEqual(shown.stdout.strip(), manifest["disks"][0]["uuid"])
        self.assertEqual(len(list(self.out.iterdir())), 5, list(self.out.iterdir()))
        self.assertEqual(self.journals(), [])

    def kill_in_commit(self, rename, command=None):
        done = self.run_program(self.traced(command or self.again,
                                            f"renameat2:signal=KILL:when={rename}"))
        self.assertNotEqual(done.returncode, 0)
        self.assertNotEqual(self.journals(), [])

    @world.need_program("strace")
    def test_killed_before_each_rename(self):
        for rename in range(1, 6):
            with self.subTest(rename=rename):
                self.make_old()
                self.kill_in_commit(rename)
                self.assertIn("completed", self.cleanup())
                self.assert_one_guest()
                for path in self.out.iterdir():
                    path.unlink()

    @world.need_program("strace")
    def test_a_guest_that_ran_since_is_kept(self):
        self.make_old()
        self.kill_in_commit(1)
        with self.image.open("r+b") as image:
            image.write(b"the guest was here")
        self.before = world.snapshot(self.out)
        self.before = {name: content for name, content in self.before.items() if name[0] != "."}
        self.assertIn("t.img was changed since", self.cleanup())
        self.assert_as_before()

    @world.need_program("strace")
    def test_a_guest_that_runs_is_kept(self):
        self.make_old()
        self.kill_in_commit(1)
        with self.image.open("r+b"):
            self.assertIn("t.img is in use", self.cleanup())
        self.assert_as_before()

    @world.need_program("strace")
    def test_a_guest_made_anew_since_is_kept(self):
        self.make_old()
        self.kill_in_commit(1)
        self.assertEqual(self.run_program(self.again).returncode, 0)
        self.before = {name: content for name, content in world.snapshot(self.out).items()
                       if name[0] != "."}
        self.assertIn("was changed since", self.cleanup())
        self.assert_as_before()

    @world.need_program("strace")
    def test_half_of_a_commit_is_put_back(self):
        self.make_old()
        self.kill_in_commit(4)
        manifest = self.out / "t.json"
        manifest.write_text(manifest.read_text() + "\n")
        self.before["t.json"] += b"\n"
        self.assertIn("put back", self.cleanup())
        self.assert_as_before()

    @world.need_program("strace")
    def test_what_is_stuck_is_given_up(self):
        self.make_old()
        self.kill_in_commit(4)
        for name in ("t.img", "t.json"):
            with (self.out / name).open("ab") as file:
                file.write(b"newer")
        identity = re.search(r"--discard (\S+)", self.cleanup(status=1))[1]
        self.assertTrue((self.out / "t.img").read_bytes().endswith(b"newer"))
        done = self.run_program([str(world.PROGRAM), "cleanup", "--discard", identity])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"left {self.out}/.t.img.{identity}, which was {self.image} before",
                      done.stdout)
        self.assertEqual(self.journals(), [])
        self.assertEqual((self.out / f".t.img.{identity}").read_bytes(), self.before["t.img"])

    def test_a_directory_in_the_way(self):
        self.make_old()
        (self.out / "t.xml").unlink()
        (self.out / "t.xml").mkdir()
        self.before = world.snapshot(self.out)
        self.assert_one_line(self.run_program(self.again), "t.xml", "directory")
        self.assert_as_before()

    @world.need_root()
    def test_an_immutable_file_in_the_way(self):
        for name in ("t.cfg", "t.json"):
            self.make_old()
            with self.subTest(name=name), immutable(self.out / name):
                self.assert_one_line(self.run_program(self.again), name, "not permitted")
                self.assert_as_before()
            for path in self.out.iterdir():
                path.unlink()

    @world.need_root()
    @unittest.skipIf(os.path.exists("/proc/xen/capabilities"), "would ask this host's Xen")
    def test_delete_says_what_it_cannot_remove(self):
        self.make_old()
        delete = [str(world.PROGRAM), "delete", str(self.config), "--disks"]
        for path in (self.image, self.out):
            with self.subTest(path=path.name), immutable(path):
                self.assert_one_line(self.run_program(delete), "not permitted")
                self.assert_as_before()
        done = self.run_program(delete)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_nothing_left()

    @world.need_program("strace")
    def test_a_killed_deletion_is_completed_or_put_back(self):
        if os.path.exists("/proc/xen/capabilities"):
            self.skipTest("would ask this host's Xen")
        delete = [str(world.PROGRAM), "delete", str(self.config), "--disks"]
        self.make_old()
        self.kill_in_commit(3, delete)
        self.cleanup()
        self.assert_nothing_left()
        self.make_old()
        self.kill_in_commit(3, delete)
        with (self.out / "t.json").open("a") as file:
            file.write("\n")
        self.before["t.json"] += b"\n"
        self.assertIn("put back", self.cleanup())
        self.assert_as_before()

    @world.need_program("strace")
    def test_a_temporary_file_that_vanishes(self):
        stopped = self.traced(self.build, "fsync:delay_enter=1500000")
        with subprocess.Popen(stopped, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            while not list(self.out.glob(".t.json.*")):
                time.sleep(0.01)
            next(self.out.glob(".t.json.*")).unlink()
            _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 1, errors)
        self.assertIn("t.json", errors)
        self.assert_nothing_left()

    @world.need_program("strace")
    def test_filesystems_without_exchange(self):
        unknown = "renameat2:error=EINVAL"
        done = self.run_program(self.traced(self.build, unknown))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_one_guest()
        done = self.run_program(self.traced(self.again, unknown))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_one_guest()
        for call in ("link", "rename"):
            for number in range(1, 8):
                with self.subTest(call=call, number=number):
                    self.run_program(self.traced(self.again, unknown,
                                                 f"{call}:signal=KILL:when={number}"))
                    self.cleanup()
                    self.assert_one_guest()

    @world.need_program("strace")
    def test_names_are_synced_once_a_directory(self):
        log = self.dir / "log"
        for command in (self.build, self.again):
            subprocess.run(["strace", "-f", "-y", "-qqq", "-o", log, "-e",
                            "trace=fsync,renameat2", *command], check=True, env=self.environment,
                           capture_output=True)
            calls = [line for line in log.read_text().splitlines()
                     if "renameat2" in line or f"<{self.out}>)" in line]
            self.assertIn("fsync", calls[-1])
            self.assertLessEqual(sum("fsync" in call for call in calls), 2)
            self.assertEqual(log.read_text().count(f"<{self.state}>)"), 1)

    @world.need_program("strace")
    def test_a_journal_that_cleanup_takes_before_it_is_locked(self):
        slow = self.traced(self.build, "flock:delay_enter=500000:when=1")
        with subprocess.Popen(slow, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            while child.poll() is None:
                self.cleanup()
            _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, errors)
        self.assert_one_guest()

    def test_few_descriptors(self):
        for number in range(3, 40):
            with self.subTest(number=number):
                done = self.run_program(self.build, preexec_fn=limit_descriptors(number))
                if done.returncode == 0:
                    break
                self.assert_nothing_left()

    def test_a_short_write_is_told(self):
        for size in (8, 100, 300):
            with self.subTest(size=size):
                done = self.run_program(self.build, preexec_fn=world.limit_file_size(size))
                self.assert_one_line(done, "File too large")
                self.assert_nothing_left()

    def test_two_at_once_make_one_guest(self):
        self.make_old()
        for _ in range(10):
            children = [subprocess.Popen(self.again, env=self.environment,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE, text=True) for _ in range(2)]
            for child in children:
                _, errors = child.communicate(timeout=60)
                self.assertEqual(child.returncode, 0, errors)
            self.assert_one_guest()

    def test_two_settings_at_once_are_both_kept(self):
        self.make_old()
        for number in range(1, 21):
            settings = [f"memory={64 + number}", f"vcpus={number}", f"maxvcpus={40 + number}"]
            children = [subprocess.Popen([world.PROGRAM, "config", "set", setting, self.config],
                                         env=self.environment, stderr=subprocess.PIPE, text=True)
                        for setting in settings]
            for child in children:
                _, errors = child.communicate(timeout=60)
                self.assertEqual(child.returncode, 0, errors)
            text = self.config.read_text()
            for setting in settings:
                self.assertRegex(text, "(?m)^{} *= *{}$".format(*setting.split("=")))
        self.assertEqual(self.journals(), [])

    @world.need_program("ssh-keygen")
    def test_host_keys_stay_in_memory(self):
        tools, temporary = self.dir / "tools", self.dir / "tmp"
        tools.mkdir()
        temporary.mkdir()
        (tools / "ssh-keygen").write_text(KEYGEN.format(real=shutil.which("ssh-keygen")))
        (tools / "ssh-keygen").chmod(0o755)
        self.environment |= {"PATH": f"{tools}:{os.environ['PATH']}", "TMPDIR": str(temporary)}
        root = self.dir / "root"
        for name in ("etc/ssh", "usr/sbin", "tmp", "dev", "proc", "sys", "run"):
            (root / name).mkdir(parents=True)
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
        (root / "usr/sbin/sshd").write_text("")
        done = self.run_program(self.command(f"dir:{root}", "--host-keys", "build"))
        self.assertEqual(done.returncode, -9, done.stderr)
        for path in [*temporary.rglob("*"), *self.state.rglob("*")]:
            if path.is_file():
                self.assertNotIn(b"PRIVATE KEY", path.read_bytes(), path)
        self.cleanup()
        self.assertEqual(list(temporary.iterdir()), [])
        self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
