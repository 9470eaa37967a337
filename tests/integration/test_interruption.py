# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whatever ends a build, there is all of its result or nothing."""
import os
import signal
import subprocess
import time
import unittest

import archives
import compare
import world

MOMENTS = 15
RESULTS = {"t.img", "t.cfg", "t.xml", "t.json"}


class Interruption(world.Case):
    @classmethod
    def setUpClass(cls):
        shared = cls.shared_directory()
        cls.archive = archives.plain(shared / "root.tar", 100_000_000)

    def setUp(self):
        super().setUp()
        (self.out / "t.img.old").write_bytes(b"somebody's")
        self.before = world.snapshot(self.out)
        self.build = self.command(f"tar:{self.archive}", "--no-customise")

    def time_of_a_build(self):
        start = time.monotonic()
        done = self.run_program(self.build)
        self.assertEqual(done.returncode, 0, done.stderr)
        for path in self.out.glob("t*"):
            if path.name != "t.img.old":
                path.unlink()
        return time.monotonic() - start

    def interrupt(self, number, delay):
        """Sends a signal after a delay; whether the build was still running then."""
        with subprocess.Popen(self.build, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              start_new_session=True) as child:
            try:
                child.wait(delay)
            except subprocess.TimeoutExpired:
                pass
            child.send_signal(number)
            _, errors = child.communicate(timeout=60)
        group = child.pid
        # What a killed parent leaves is ended by the kernel, a moment later.
        for _ in range(50):
            if not world.children_of(group):
                break
            time.sleep(0.1)
        self.assertEqual(world.children_of(group), [])
        return child.returncode, errors

    def results_are_whole(self):
        return RESULTS <= {path.name for path in self.out.iterdir()}

    def assert_all_or_nothing(self):
        if self.results_are_whole():
            subprocess.run(["e2fsck", "-fn", self.out / "t.img"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for path in self.out.glob("t*"):
                if path.name != "t.img.old":
                    path.unlink()
        self.assert_nothing_left(self.before)

    def at_many_moments(self, number, check):
        whole = min(self.time_of_a_build() for _ in range(3))
        for moment in range(MOMENTS):
            delay = whole * (moment + 0.5) / MOMENTS
            with self.subTest(delay=round(delay, 3)):
                check(*self.interrupt(number, delay))

    def test_ctrl_c(self):
        self.at_many_moments(signal.SIGINT, self.assert_ended_well)

    def test_terminated(self):
        self.at_many_moments(signal.SIGTERM, self.assert_ended_well)

    def assert_ended_well(self, status, errors):
        # Before the program is set up for it, a signal ends it as it ends any.
        if status > 0:
            self.assertLessEqual(len(errors.splitlines()), 1, errors)
        self.assert_all_or_nothing()

    def test_killed(self):
        self.at_many_moments(signal.SIGKILL, self.assert_cleaned_up)

    def assert_cleaned_up(self, status, errors):
        # Until then nothing unfinished has a final name.
        for path in self.out.iterdir():
            if path.name in RESULTS:
                self.assertTrue(self.results_are_whole() or self.journals(), path)
        done = self.run_program([str(world.PROGRAM), "cleanup"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_all_or_nothing()

    def test_cleanup_leaves_a_running_build_alone(self):
        with subprocess.Popen(self.build, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            while child.poll() is None:
                done = self.run_program([str(world.PROGRAM), "cleanup"])
                self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(child.returncode, 0)
        self.assertTrue(self.results_are_whole())

    def test_file_size_limit(self):
        for size in (4096, 10_000_000, 60_000_000):
            with self.subTest(size=size):
                done = self.run_program(self.build, preexec_fn=world.limit_file_size(size))
                self.assert_one_line(done)
                self.assert_nothing_left(self.before)

    @world.need_root()
    def test_no_space_left(self):
        for size in (1, 20, 80, 95):
            with self.subTest(mebibytes=size):
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}M", "none", self.out],
                               check=True)
                try:
                    self.assert_one_line(self.run_program(self.build), "pace")
                    self.assert_nothing_left()
                finally:
                    subprocess.run(["umount", self.out], check=True)

    @world.need_root()
    @world.need_program("mke2fs")
    def test_no_space_left_on_ext4(self):
        image = compare.new_filesystem(self.dir / "small.img", 100 << 20)
        with compare.mounted(image, "rw") as small:
            (small / "lost+found").rmdir()
            self.out = small
            self.build = self.command(f"tar:{self.archive}", "--no-customise")
            self.assert_one_line(self.run_program(self.build), "pace")
            self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
