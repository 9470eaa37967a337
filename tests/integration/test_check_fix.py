# SPDX-License-Identifier: LGPL-2.1-or-later
"""`check --fix` repairs a guest's image and its configuration together, or leaves both alone."""
import hashlib
import os
import signal
import subprocess
import tempfile
import time
import unittest

import world

MOMENTS = 12
IMAGE_SIZE = 96 << 20
CONFIG = """\
# mine
name = "t"
type = "pv"
memory = 256
kernel = "{kernel}"
cmdline = "root=/dev/xvda console=hvc0"
disk = [ "{image},qcow2,xvda,w" ]
"""


@world.need_program("mke2fs", "debugfs", "e2fsck", "tune2fs")
class CheckFix(world.Case):
    """Its image's fstab names /dev/sda1, and its configuration the wrong format of the image."""

    def setUp(self):
        super().setUp()
        self.image = self.out / "t.img"
        self.config = self.out / "t.cfg"
        root = self.dir / "root"
        for name in ("bin", "dev", "etc", "proc", "run", "sbin", "sys", "tmp", "var"):
            (root / name).mkdir(parents=True)
        (root / "etc/fstab").write_text("/dev/sda1 / ext4 defaults 0 1\n")
        (root / "filling").write_bytes(os.urandom(60 << 20))
        with self.image.open("wb") as file:
            file.truncate(IMAGE_SIZE)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, self.image], check=True)
        self.config.write_text(CONFIG.format(kernel=self.kernel, image=self.image))
        self.image.chmod(0o640)
        self.originals = world.snapshot(self.out)
        self.before = self.snapshot()
        self.fix = [str(world.PROGRAM), "check", "--fix", str(self.config)]

    def read(self, path):
        done = subprocess.run(["debugfs", "-R", f"cat {path}", self.image], check=True,
                              capture_output=True, text=True)
        return done.stdout

    def is_fixed(self):
        return "qcow2" not in self.config.read_text()

    def snapshot(self):
        """Names and digests: a difference of images is no text to read."""
        return {name: hashlib.sha256(content).hexdigest()
                for name, content in world.snapshot(self.out).items()}

    def assert_unchanged(self):
        self.assertEqual(self.snapshot(), self.before)
        self.assertEqual(self.journals(), [])

    def assert_fixed(self):
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["t.cfg", "t.img"])
        self.assertEqual(self.config.read_text(),
                         CONFIG.format(kernel=self.kernel, image=self.image).replace(
                             "qcow2", "raw"))
        self.assertIn("UUID=", self.read("/etc/fstab"))
        self.assertEqual(self.read("/var/lib/domuimg/replaced/etc/fstab"),
                         "/dev/sda1 / ext4 defaults 0 1\n")
        subprocess.run(["e2fsck", "-fn", self.image], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        self.assertEqual(self.journals(), [])

    def assert_all_or_nothing(self):
        if self.is_fixed():
            self.assert_fixed()
        else:
            self.assert_unchanged()

    def test_all_is_repaired(self):
        done = self.run_program(self.fix)
        self.assertIn(done.returncode, (0, 3, 4), done.stderr)
        self.assert_fixed()
        self.assertEqual(self.image.stat().st_mode & 0o7777, 0o640)

    def test_a_second_run_changes_nothing(self):
        self.run_program(self.fix)
        self.before = self.snapshot()
        self.run_program(self.fix)
        self.assert_unchanged()

    def test_dry_run(self):
        done = self.run_program([*self.fix, "--dry-run"])
        self.assertIn("set the format of the disk xvda", done.stderr + done.stdout)
        self.assert_unchanged()

    def test_symlinks_stay(self):
        real = self.dir / "real"
        self.image.rename(real)
        self.image.symlink_to(real)
        done = self.run_program(self.fix)
        self.assertIn(done.returncode, (0, 3, 4), done.stderr)
        self.assertTrue(self.image.is_symlink())
        self.assert_fixed()

    def test_no_copy_for_the_configuration_alone(self):
        self.run_program(self.fix)
        text = self.config.read_text()
        inode = self.image.stat().st_ino
        self.config.write_text(text.replace(",raw,", ",qcow2,"))
        self.run_program(self.fix)
        self.assertIn(",raw,", self.config.read_text())
        self.assertEqual(self.image.stat().st_ino, inode)

    def interrupt(self, number, delay):
        with subprocess.Popen(self.fix, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            try:
                child.wait(delay)
            except subprocess.TimeoutExpired:
                child.send_signal(number)
            child.communicate(timeout=60)

    def restore(self):
        for name, content in self.originals.items():
            (self.out / name).write_bytes(content)

    def at_many_moments(self, number, check):
        start = time.monotonic()
        self.run_program(self.fix)
        whole = time.monotonic() - start
        self.assert_fixed()
        for moment in range(MOMENTS):
            self.restore()
            delay = whole * (moment + 0.5) / MOMENTS
            with self.subTest(delay=round(delay, 3)):
                self.interrupt(number, delay)
                check()

    def test_ctrl_c(self):
        self.at_many_moments(signal.SIGINT, self.assert_all_or_nothing)

    def test_killed(self):
        self.at_many_moments(signal.SIGKILL, self.assert_cleaned_up)

    def assert_cleaned_up(self):
        done = self.run_program([str(world.PROGRAM), "cleanup"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_all_or_nothing()

    def test_file_size_limit(self):
        for size in (4096, 30_000_000):
            with self.subTest(size=size):
                done = self.run_program(self.fix, preexec_fn=world.limit_file_size(size))
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assert_unchanged()

    @world.need_root()
    def test_no_space_for_the_copy(self):
        with tempfile.TemporaryDirectory(dir=self.dir) as small:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=110M", "none", small], check=True)
            try:
                image = os.path.join(small, "t.img")
                subprocess.run(["cp", "--sparse=always", self.image, image], check=True)
                self.image.unlink()
                self.image.symlink_to(image)
                self.before = self.snapshot()
                done = self.run_program(self.fix)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("MiB are free", done.stderr)
                self.assertEqual(os.listdir(small), ["t.img"])
                self.assert_unchanged()
            finally:
                subprocess.run(["umount", small], check=True)

    def test_image_in_use(self):
        with self.image.open("r+b"):
            done = self.run_program(self.fix)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("in use", done.stderr)
        self.assert_unchanged()

    def slowed(self, injection):
        call = injection.partition(":")[0]
        return subprocess.Popen(["strace", "-f", "-qqq", "-o", self.dir / "calls",
                                 "-e", f"trace={call}", "-e", f"inject={injection}", *self.fix],
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def write_when(self, is_time, child):
        """What a guest that was started meanwhile does; then the end of the repair."""
        while not is_time():
            self.assertIsNone(child.poll())
            time.sleep(0.01)
        with self.image.open("r+b") as image:
            image.write(b"guest")
        _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 1, errors)
        with self.image.open("rb") as image:
            self.assertEqual(image.read(5), b"guest")
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["t.cfg", "t.img"])
        self.assertIn("qcow2", self.config.read_text())
        self.assertEqual(self.journals(), [])

    @world.need_program("strace")
    def test_what_is_written_during_the_sync_is_kept(self):
        with self.slowed("fsync:delay_enter=2000000") as child:
            self.write_when(lambda: len(list(self.out.glob(".t.*"))) == 2, child)

    @world.need_program("strace")
    def test_what_is_written_in_the_commit_is_kept(self):
        # The writer waits for the lease, and then has the file that it opened.
        with self.slowed("fdatasync:delay_exit=2000000:when=3+") as child:
            self.write_when(lambda: any(b'"commit"' in path.read_bytes()
                                        for path in self.state.glob("*.journal")), child)

    @world.need_program("strace")
    def test_a_guest_that_ran_after_a_kill_is_kept(self):
        for rename in (1, 2):
            with self.subTest(rename=rename):
                with self.slowed(f"renameat2:signal=KILL:when={rename}") as child:
                    child.communicate(timeout=60)
                path = self.image if rename == 1 else self.config
                with path.open("ab") as file:
                    file.write(b"\n# newer\n")
                before = path.read_bytes()
                done = self.run_program([str(world.PROGRAM), "cleanup"])
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("was changed since", done.stdout)
                self.assertTrue(path.read_bytes() == before)
                self.assertFalse(self.is_fixed())
                self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                                 ["t.cfg", "t.img"])
                self.assertEqual(self.journals(), [])
                self.restore()

    def test_journal_is_replayed_first(self):
        subprocess.run(["debugfs", "-w", "-R", "feature needs_recovery", self.image], check=True,
                       capture_output=True)
        done = self.run_program(self.fix)
        self.assertIn(done.returncode, (0, 3, 4), done.stderr)
        self.assert_fixed()

    @world.need_root()
    @world.need_program("losetup")
    def test_block_device_is_changed_in_place(self):
        made = subprocess.run(["losetup", "--show", "-f", self.image], capture_output=True,
                              text=True)
        if made.returncode != 0:
            self.skipTest(f"no loop device: {made.stderr.strip()}")
        device = made.stdout.strip()
        try:
            self.config.write_text(self.config.read_text().replace(str(self.image), device))
            done = self.run_program(self.fix)
            self.assertIn(done.returncode, (0, 3, 4), done.stderr)
        finally:
            subprocess.run(["losetup", "-d", device], check=True)
        self.assertIn("UUID=", self.read("/etc/fstab"))
        subprocess.run(["e2fsck", "-fn", self.image], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main()
