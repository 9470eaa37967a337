# SPDX-License-Identifier: LGPL-2.1-or-later
"""New roots on XFS, btrfs and F2FS: filled by User-mode Linux, judged by the kernel and their own
checkers."""
import os
import shutil
import signal
import subprocess
import tarfile
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


class Archives(world.Case):
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


@world.need_root()
@world.need_program("tar", "linux.uml", "setfacl", "setcap", "mkfs.xfs", "xfs_repair", "mkfs.btrfs")
class Filesystems(Archives):
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
            self.assertRegex(done.stdout, r"t\.qcow2 \(512\.0.MiB, [0-9.]+.MiB on disk\)")
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


READ_ONLY = ("squashfs",)


@world.need_root()
@world.need_program("tar", "setfacl", "setcap", "mksquashfs")
class ReadOnly(Archives):
    """Roots that are packed: what the kernel mounts is what tar makes of the archive."""

    def limit(self):
        """Takes away what a squashfs cannot hold: times outside of 32 bits, ACLs, attributes of the root; and what a tar cannot: sockets."""
        for path in [*self.source.glob("times/*")]:
            if not 0 <= path.lstat().st_mtime < 1 << 32:
                os.utime(path, (0, 0), follow_symlinks=False)
        for name in ("kinds/socket", "names/long-symlink", "kinds/4000-bytes"):
            if name == "kinds/socket" or os.readlink(self.source / name).startswith("/"):
                (self.source / name).unlink()
        subprocess.run(["setfacl", "-R", "-b", self.source], check=True)
        os.chown(self.source, 0, 0)
        for name in os.listxattr(self.source):
            os.removexattr(self.source, name)

    def assert_packed(self, fs, image, archive):
        reference = compare.new_filesystem(self.dir / "reference.img", 2 << 30)
        with compare.mounted(reference, "rw") as wanted, compare.mounted(image) as found:
            subprocess.run(["tar", "-C", wanted, "-xpSf", archive, "--same-owner", *ATTRIBUTES],
                           check=True, stderr=subprocess.DEVNULL)
            told = [compare.describe(wanted), compare.describe(found)]
            for entry in told[0].values():
                entry["mtime"] -= entry["mtime"] % 10**9
            lines = compare.differences(*told)
        if lines:
            self.fail("\n".join(lines[:40]))

    def test_they_are_what_tar_makes(self):
        nasty.make(self.source)
        for fs in READ_ONLY:
            self.limit()
            archive = self.pack()
            self.assert_packed(fs, self.create(f"tar:{archive}", "--force", "--disk", f"fs={fs}"), archive)


    def test_what_a_squashfs_cannot_hold_is_refused(self):
        (self.source / "file").write_text("a")
        for command in (["setfacl", "-m", "u:123:r", "file"], ["touch", "-d", "1950-01-01", "file"]):
            subprocess.run(command, cwd=self.source, check=True)
            done = self.run_program(self.command(f"tar:{self.pack()}", "--no-customise", "--disk", "fs=squashfs"))
            self.assert_one_line(done, "/file", "which a squashfs cannot hold")
            self.assert_nothing_left()
            subprocess.run(["setfacl", "-b", "file"], cwd=self.source, check=True)

    def test_only_the_journal_may_lose_its_lists(self):
        for name, is_refused in (("var/log/journal/0123", False), ("var/log/journal", False),
                                 ("var/log/journal-remote", True), ("var/log/app", True)):
            (self.source / name).mkdir(parents=True, exist_ok=True)
            subprocess.run(["setfacl", "-m", "u:123:rx", self.source / name], check=True)
            done = self.run_program(self.command(f"tar:{self.pack()}", "--no-customise", "--force",
                                                 "--disk", "fs=squashfs"))
            if is_refused:
                self.assert_one_line(done, f"/{name} has an access control list")
            else:
                self.assertEqual(done.returncode, 0, done.stderr)
            subprocess.run(["setfacl", "-b", self.source / name], check=True)

    def test_a_rebuild_is_the_same_to_the_byte(self):
        (self.source / "etc").mkdir()
        (self.source / "etc" / "file").write_bytes(os.urandom(3 << 20))
        archive, images = self.pack(), []
        self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        for number in ("1", "2"):
            self.out = self.dir / number
            images.append(self.create(f"tar:{archive}", "--disk", "fs=squashfs").read_bytes())
        self.assertEqual(*images)

    def test_the_guest_writes_into_memory(self):
        (self.source / "etc").mkdir()
        source = f"tar:{self.pack()}"
        done = self.run_program(self.command(source, "--disk", "fs=squashfs"))
        self.assertEqual(done.returncode, 0, done.stderr)
        with compare.mounted(self.out / "t.img") as root:
            fstab = (root / "etc/fstab").read_text()
        self.assertIn("/dev/xvda / squashfs ro 0 0\n", fstab)
        self.assertIn("tmpfs /var/log tmpfs ", fstab)
        self.assertNotIn("root-read-only", done.stdout)

    def test_a_root_without_memory_to_write_to_is_told_of(self):
        for name in ("etc", "bin", "sbin"):
            (self.source / name).mkdir()
        (self.source / "etc" / "os-release").write_text("ID=debian\n")
        for name in ("sbin/init", "bin/sh"):
            (self.source / name).write_bytes(b"#!")
            (self.source / name).chmod(0o755)
        done = self.run_program(self.command(f"tar:{self.pack()}", "--no-customise", "--disk", "fs=squashfs"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("root-read-only: the root, squashfs, can only be read", done.stdout)

    def test_a_loader_gets_a_boot_of_its_own(self):
        source = f"tar:{self.pack()}"
        done = self.run_program(self.command(source, "--disk", "fs=squashfs", "--kernel", "pvgrub"))
        self.assert_one_line(done, "does not read the guest's kernel from squashfs", "layout=gpt")
        self.assert_nothing_left()


@world.need_root()
@world.need_program("tar", "linux.uml", "setfacl", "setcap", "mkfs.erofs", "fsck.erofs")
class Erofs(Archives):
    """It holds whatever ext4 does, and is read here as the kernel reads it."""

    def make(self, archive, *more):
        return self.create(f"tar:{archive}", "--force", "--disk", ",".join(("fs=erofs", *more)))

    def test_it_is_what_tar_makes(self):
        nasty.make(self.source)
        (self.source / "names" / ("n" * 255)).unlink()
        (self.source / "sparse" / "over-4-GiB").unlink()
        archive = self.pack()
        image = self.make(archive)
        checked = subprocess.run(["fsck.erofs", image], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        reference = compare.new_filesystem(self.dir / "reference.img", 2 << 30)
        with compare.mounted(reference, "rw") as wanted, compare.mounted(image) as found:
            subprocess.run(["tar", "-C", wanted, "-xpSf", archive, "--same-owner", *ATTRIBUTES],
                           check=True, stderr=subprocess.DEVNULL)
            lines = compare.differences(compare.describe(wanted), compare.describe(found))
        self.assertEqual(lines, [], "\n".join(lines[:40]))

    def test_a_rebuild_is_the_same_to_the_byte_and_has_its_label(self):
        (self.source / "etc").mkdir()
        (self.source / "etc" / "file").write_bytes(os.urandom(1 << 20) + bytes(1 << 20))
        archive, images = self.pack(), []
        self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        for number in ("1", "2"):
            self.out = self.dir / number
            images.append(self.make(archive, "label=root-of-a-guest"))
        self.assertEqual(*(image.read_bytes() for image in images))
        told = subprocess.run(["dump.erofs", "-s", images[0]], capture_output=True, text=True, check=True,
                              env={**os.environ, "TZ": "UTC"}).stdout
        self.assertIn("Tue Nov 14 22:13:20 2023", told)
        labels = subprocess.run(["blkid", "-p", "-s", "LABEL", "-o", "value", images[0]],
                                capture_output=True, text=True, check=True).stdout
        self.assertEqual(labels, "root-of-a-guest\n")

    def test_the_guest_knows_it_by_its_uuid_and_a_check_reads_it(self):
        (self.source / "etc").mkdir()
        for name in ("bin", "sbin"):
            (self.source / name).mkdir()
        (self.source / "etc" / "os-release").write_text("ID=debian\n")
        for name in ("sbin/init", "bin/sh"):
            (self.source / name).write_bytes(b"#!")
            (self.source / name).chmod(0o755)
        self.assertEqual(self.run_program(self.command(f"tar:{self.pack()}", "--disk", "fs=erofs")).returncode, 0)
        image = self.out / "t.img"
        uuid = subprocess.run(["blkid", "-p", "-s", "UUID", "-o", "value", image],
                              capture_output=True, text=True, check=True).stdout.strip()
        with compare.mounted(image) as root:
            self.assertIn(f"UUID={uuid} / erofs ro 0 0\n", (root / "etc/fstab").read_text())
        done = self.run_program([str(world.PROGRAM), "check", str(self.out / "t.cfg")])
        self.assertIn("initramfs-missing", done.stdout)
        self.assertNotIn("root-read-only", done.stdout)
        with open(self.out / "t.cfg") as file:
            self.assertIn("root=/dev/xvda ro", file.read())
        self.make(self.pack())
        done = self.run_program([str(world.PROGRAM), "check", str(self.out / "t.cfg")])
        self.assertIn("the root, erofs, can only be read", done.stdout)

    def test_what_is_too_large_is_refused_with_its_size(self):
        (self.source / "etc").mkdir()
        (self.source / "file").write_bytes(os.urandom(20 << 20))
        done = self.run_program(self.command(f"tar:{self.pack()}", "--disk", "size=12M,fs=erofs"))
        self.assert_one_line(done, "the erofs of the guest has 21 MiB", "size=")
        self.assert_nothing_left()

    def test_a_name_that_its_program_cannot_take_is_refused(self):
        (self.source / "etc").mkdir()
        (self.source / "etc" / ("n" * 255)).write_text("a")
        done = self.run_program(self.command(f"tar:{self.pack()}", "--disk", "fs=erofs"))
        self.assert_one_line(done, "/etc/nnn", "has a name of 255 bytes", "fs=ext4")
        self.assert_nothing_left()


@world.need_program("mksquashfs", "unsquashfs")
class RootInode(world.Case):
    """The root's time is put into its inode, which may go on in the next block of inodes, of 8192 bytes each."""

    TIME = 0x12345678

    def make(self, lengths):
        """A guest of symlinks with targets of these lengths; where its root's inode is in its block."""
        archive = self.dir / "root.tar"
        with tarfile.open(archive, "w") as tar:
            for number, length in enumerate([None, *lengths]):
                entry = tarfile.TarInfo("./" if length is None else f"link-{number}")
                entry.type = tarfile.DIRTYPE if length is None else tarfile.SYMTYPE
                entry.mode = 0o755
                entry.mtime = self.TIME + number
                entry.linkname = "" if length is None else "a" * length
                tar.addfile(entry)
        image = self.create(f"tar:{archive}", "--force", "--disk", "fs=squashfs")
        with open(image, "rb") as file:
            file.seek(32)
            return image, int.from_bytes(file.read(8), "little") & 0xffff

    def assert_whole(self, image, lengths):
        into = self.dir / "there"
        shutil.rmtree(into, ignore_errors=True)
        done = self.run_program(["unsquashfs", "-no-progress", "-d", str(into), str(image)])
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(int(into.stat().st_mtime), self.TIME)
        self.assertEqual({path.name: (len(os.readlink(path)), int(path.lstat().st_mtime)) for path in into.iterdir()},
                         {f"link-{number}": (length, self.TIME + number)
                          for number, length in enumerate(lengths, 1)})

    def test_it_may_be_anywhere(self):
        lengths = [40] * 125
        base = self.make(lengths)[1]
        self.assertLess(base, 8100)
        for place in (8170, *range(8176, 8192), 0):
            more = (place - base) % 8192
            filled = [40 + more // 125 + (number < more % 125) for number in range(125)]
            image, found = self.make(filled)
            self.assertEqual(found, place)
            with self.subTest(place=place):
                self.assert_whole(image, filled)
