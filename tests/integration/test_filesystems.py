# SPDX-License-Identifier: LGPL-2.1-or-later
"""New roots on XFS, btrfs and F2FS: filled by User-mode Linux, judged by the kernel and their own
checkers."""
import os
import signal
import subprocess
import time
import unittest

import compare
import nasty
import world

ATTRIBUTES = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls"]
OPTIONS = {"xfs": "ro,norecovery", "btrfs": "ro,subvol=@"}
CHECKS = {"xfs": ["xfs_repair", "-n"], "btrfs": ["btrfs", "check"]}


def without_shadows(described):
    """XFS shows root its ACLs twice."""
    for entry in described.values():
        entry["xattrs"] = {name: value for name, value in entry["xattrs"].items()
                           if not name.startswith("trusted.SGI_ACL_")}
    return described


@world.need_root()
@world.need_program("tar", "linux.uml", "setfacl", "setcap", "mkfs.xfs", "xfs_repair", "mkfs.btrfs")
class Filesystems(world.Case):
    def setUp(self):
        super().setUp()
        image = compare.new_filesystem(self.dir / "source.img", 1 << 30)
        mount = compare.mounted(image, "rw")
        self.source = mount.__enter__()
        self.addCleanup(mount.__exit__, None, None, None)

    def pack(self):
        archive = self.dir / "root.tar"
        subprocess.run(["tar", "-C", self.source, "-cf", archive, "--format=pax", "--sparse",
                        *ATTRIBUTES, "--exclude=./lost+found", "."], check=True,
                       stderr=subprocess.DEVNULL)
        return archive

    def assert_same(self, fs, image, archive):
        checked = subprocess.run([*CHECKS[fs], image], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        reference = compare.new_filesystem(self.dir / "reference.img", 2 << 30)
        with compare.mounted(reference, "rw") as wanted, \
             compare.mounted(image, OPTIONS[fs]) as found:
            subprocess.run(["tar", "-C", wanted, "-xpSf", archive, "--same-owner", *ATTRIBUTES],
                           check=True, stderr=subprocess.DEVNULL)
            told = compare.describe(wanted), without_shadows(compare.describe(found))
            if fs == "btrfs":
                # Where its subvolume is mounted.
                for entries in told:
                    del entries[b"home"]
            lines = compare.differences(*told)
        if lines:
            self.fail("\n".join(lines[:40]))

    def fill(self, fs):
        nasty.make(self.source)
        (self.source / "home").mkdir()
        if fs == "xfs":
            # Its device numbers have 14 and 18 bits, and its symlinks at most 1023 bytes.
            for name in ("kinds/big-major", "kinds/4000-bytes", "names/long-symlink"):
                (self.source / name).unlink()
            for path in [*self.source.glob("times/*")]:
                if path.lstat().st_mtime >= 1 << 31:
                    os.utime(path, (0, 0), follow_symlinks=False)
        archive = self.pack()
        self.assert_same(fs, self.create(f"tar:{archive}", "--disk", f"fs={fs}"), archive)

    def test_xfs_is_what_tar_makes(self):
        self.fill("xfs")

    def test_btrfs_is_what_tar_makes(self):
        self.fill("btrfs")

    def test_xfs_and_btrfs_in_a_qcow2(self):
        """They are filled in a file beside it, which has no name."""
        (self.source / "home").mkdir()
        (self.source / "file").write_bytes(os.urandom(3 << 20))
        archive = self.pack()
        for fs in ("xfs", "btrfs"):
            done = self.run_program(self.command(f"tar:{archive}", "--no-customise", "--force", "--disk",
                                                 f"fs={fs},size=512M,format=qcow2"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"t\.qcow2 \(512\.0 MiB, [0-9.]+ MiB on disk\)")
            subprocess.run(["qemu-img", "check", "-q", self.out / "t.qcow2"], check=True)
            raw = self.dir / f"{fs}.raw"
            subprocess.run(["qemu-img", "convert", "-O", "raw", self.out / "t.qcow2", raw], check=True)
            self.assert_same(fs, raw, archive)
            self.assertEqual([path.name for path in self.out.iterdir() if path.name.startswith(".")], [])

    def test_home_is_a_subvolume_of_btrfs(self):
        (self.source / "home" / "me").mkdir(parents=True)
        (self.source / "home" / "me" / "file").write_text("mine")
        image = self.create(f"tar:{self.pack()}", "--disk", "fs=btrfs")
        with compare.mounted(image, "ro,subvol=@home") as home:
            self.assertEqual((home / "me" / "file").read_text(), "mine")
        with compare.mounted(image, "ro,subvol=@") as root:
            self.assertEqual(list((root / "home").iterdir()), [])

    def test_another_disk_of_btrfs_has_no_subvolumes(self):
        (self.source / "var" / "lib").mkdir(parents=True)
        (self.source / "var" / "lib" / "file").write_text("mine")
        self.create(f"tar:{self.pack()}", "--disk", "fs=xfs", "--disk", "fs=btrfs,size=256M,mount=/var")
        with compare.mounted(self.out / "t-xvdb.img") as var:
            self.assertEqual((var / "lib" / "file").read_text(), "mine")
            self.assertEqual([path.name for path in var.iterdir()], ["lib"])

    def test_a_hard_link_to_nothing_is_refused(self):
        (self.source / "a").write_text("a")
        (self.source / "b").hardlink_to(self.source / "a")
        archive = self.pack()
        subprocess.run(["tar", "--delete", "-f", archive, "./a"], check=True)
        done = self.run_program(self.command(f"tar:{archive}", "--no-customise", "--disk", "fs=xfs"))
        if done.returncode == 0:
            self.skipTest("the archive has the content with the other name")
        self.assert_one_line(done, "hard link")
        self.assert_nothing_left()

    def test_a_time_that_xfs_cannot_hold_is_refused(self):
        (self.source / "late").write_text("late")
        os.utime(self.source / "late", (1 << 31, 1 << 31))
        done = self.run_program(self.command(f"tar:{self.pack()}", "--disk", "fs=xfs"))
        self.assert_one_line(done, "/late", "time of change")
        self.assert_nothing_left()

    def test_a_disk_that_is_too_small(self):
        with open(self.source / "large", "wb") as file:
            for _ in range(400):
                file.write(os.urandom(1 << 20))
        archive = self.pack()
        done = self.run_program(self.command(f"tar:{archive}", "--disk", "fs=xfs,size=320M"))
        self.assert_one_line(done, "too small")
        self.assert_nothing_left()

    def test_without_user_mode_linux(self):
        (self.source / "a").write_text("a")
        self.environment["DOMUIMG_NO_UML"] = "1"
        done = self.run_program(self.command(f"tar:{self.pack()}", "--disk", "fs=xfs"))
        self.assert_one_line(done, "User-mode Linux")
        self.assert_nothing_left()

    def kernels(self):
        """Processes of User-mode Linux that have this test's disk."""
        found = subprocess.run(["pgrep", "-x", "linux.uml"], capture_output=True, text=True)
        return [int(number) for number in found.stdout.split()
                if str(self.dir) in os.popen(f"ls -l /proc/{number}/fd 2>/dev/null").read()]

    def begin(self):
        with open(self.source / "large", "wb") as file:
            for _ in range(300):
                file.write(os.urandom(1 << 20))
        command = self.command(f"tar:{self.pack()}", "--disk", "fs=xfs")
        build = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True)
        self.addCleanup(build.stderr.close)
        deadline = time.monotonic() + 60
        while not self.kernels() and time.monotonic() < deadline:
            time.sleep(0.05)
        return build

    def test_the_machine_dies(self):
        build = self.begin()
        for number in self.kernels():
            os.kill(number, signal.SIGKILL)
        _, said = build.communicate(timeout=30)
        self.assertEqual(build.returncode, 1)
        self.assertIn("User-mode Linux", said)
        self.assert_nothing_left()

    def test_nothing_of_it_outlives_us(self):
        build = self.begin()
        build.kill()
        build.wait()
        deadline = time.monotonic() + 30
        while self.kernels() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.kernels(), [])


if __name__ == "__main__":
    unittest.main()
