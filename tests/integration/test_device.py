# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on block devices: whole or without a filesystem, and never over what somebody uses."""
import contextlib
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import archives
import compare
import world

MIB = 1 << 20
SIZE = 200 * MIB


def judge(*words, **settings):
    return subprocess.run(words, capture_output=True, text=True, check=True, **settings).stdout


def found_on(device):
    """What blkid finds, by its own reading of the device."""
    done = subprocess.run(["blkid", "-p", "-s", "TYPE", "-s", "PTTYPE", "-o", "value", device],
                          capture_output=True, text=True)
    return done.stdout.split()


@contextlib.contextmanager
def loop(path, *options):
    device = judge("losetup", "--find", "--show", *options, str(path)).strip()
    try:
        yield pathlib.Path(device)
    finally:
        judge("losetup", "--detach", device)


def loops_work():
    if not world.is_root():
        return False
    with tempfile.NamedTemporaryFile() as file:
        file.truncate(MIB)
        try:
            with loop(file.name) as device:
                return device.is_block_device()
        except (OSError, subprocess.CalledProcessError):
            return False


@unittest.skipUnless(loops_work(), "needs root and loop devices")
@world.need_program("losetup", "blkid", "e2fsck", "mke2fs", "mkswap")
class Device(world.Case):
    @classmethod
    def setUpClass(cls):
        shared = cls.shared_directory()
        cls.archive = archives.plain(shared / "root.tar", 60_000_000)
        cls.tree = shared / "tree"
        cls.tree.mkdir()
        judge("tar", "-C", cls.tree, "-xpf", cls.archive, "--numeric-owner")
        cls.add_attributes()
        cls.packed = shared / "packed.tar"
        judge("tar", "-C", cls.tree, "-cf", cls.packed, "--format=pax", "--numeric-owner",
              "--xattrs", "--xattrs-include=*", ".")

    @classmethod
    def add_attributes(cls):
        file = cls.tree / "file"
        file.write_text("content")
        os.chown(file, 1234, 5678)
        file.chmod(0o4751)
        os.link(file, cls.tree / "hard")
        (cls.tree / "soft").symlink_to("file")
        os.mknod(cls.tree / "null", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
        with contextlib.suppress(OSError):
            os.setxattr(file, "user.domuimg", b"kept")

    def new_loop(self, *options, size=SIZE, name="backing", fill=False):
        self.backing = self.dir / name
        with self.backing.open("wb") as file:
            if fill:
                file.write(b"old secrets " * (size // 12 + 1))
            file.truncate(size)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        return stack.enter_context(loop(self.backing, *options))

    def build(self, device, *more, source=None, **settings):
        command = self.command(source or f"tar:{self.archive}", "--no-customise", "--disk", device,
                               *more, **settings)
        return self.run_program(command)

    def make(self, device, *more, **settings):
        done = self.build(device, *more, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())

    def assert_refused(self, device, *parts, more=()):
        before = self.backing.read_bytes()
        for dry_run in ((), ("--dry-run",)):
            self.assert_one_line(self.build(device, *more, *dry_run), *parts)
        self.assertTrue(self.backing.read_bytes() == before)
        self.assert_nothing_left()

    def test_a_guest_is_whole_on_it(self):
        device = self.new_loop(fill=True)
        manifest = self.make(device, source=f"tar:{self.packed}")
        disk = manifest["disks"][0]
        self.assertEqual((disk["path"], disk["kind"], disk["size"]), (str(device), "device", SIZE))
        judge("e2fsck", "-fn", device)
        self.assertEqual(judge("blkid", "-p", "-s", "UUID", "-o", "value", device).strip(),
                         disk["uuid"])
        with tempfile.TemporaryDirectory() as point:
            judge("mount", "-o", "ro", device, point)
            try:
                self.assertEqual(compare.differences(compare.describe(self.tree),
                                                     compare.describe(pathlib.Path(point))), [])
            finally:
                judge("umount", point)
        self.assertFalse(b"old secrets" in self.backing.read_bytes())
        self.assertIn(f"target={device}", (self.out / "t.cfg").read_text())
        self.assertIn("format=raw", (self.out / "t.cfg").read_text())
        xml = (self.out / "t.xml").read_text()
        self.assertRegex(xml, "<disk type=['\"]block['\"]")
        self.assertRegex(xml, f"<source dev=['\"]{device}['\"]")
        self.assertEqual([path.name for path in self.out.iterdir() if path.name[0] == "."], [])
        self.assertEqual(self.journals(), [])

    def new_partition(self):
        """The first partition of a device, with a node where udev would make one."""
        device = self.new_loop()
        judge("sfdisk", "-q", device, input="label: gpt\n2048,150M\n,\n")
        # What the kernel and udev do by themselves on most machines.
        subprocess.run(["partx", "--add", device], capture_output=True)
        self.addCleanup(subprocess.run, ["partx", "--delete", device], capture_output=True)
        numbers = pathlib.Path(f"/sys/class/block/{device.name}p1/dev")
        if not numbers.exists():
            self.skipTest("loop devices have no partitions here")
        partition = pathlib.Path(f"{device}p1")
        if not partition.exists():
            os.mknod(partition, 0o600 | stat.S_IFBLK,
                     os.makedev(*map(int, numbers.read_text().split(":"))))
            self.addCleanup(partition.unlink)
        return device, partition

    def test_from_a_directory_to_a_partition(self):
        device, partition = self.new_partition()
        self.make(partition, source=f"dir:{self.tree}")
        judge("e2fsck", "-fn", partition)
        self.assertEqual(found_on(device), ["gpt"])
        with tempfile.TemporaryDirectory() as point:
            judge("mount", "-o", "ro", partition, point)
            try:
                done = self.build(device, "--force", name="other")
            finally:
                judge("umount", point)
        self.assert_one_line(done, str(device), f"{partition.name} is mounted on {point}")

    def convert(self, device, *more, size=64 * MIB):
        image = self.dir / "old.img"
        with image.open("wb") as file:
            file.truncate(size)
        judge("mke2fs", "-q", "-t", "ext4", "-d", self.tree, image)
        return self.build(device, *more, source=f"disk:{image}")

    def test_the_copy_of_a_disk(self):
        device = self.new_loop(fill=True)
        done = self.convert(device, size=150 * MIB)
        self.assertEqual(done.returncode, 0, done.stderr)
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertEqual((manifest["disks"][0]["path"], manifest["disks"][0]["size"]),
                         (str(device), SIZE))
        self.assertEqual(found_on(device), ["ext4"])
        judge("e2fsck", "-fn", device)
        self.assertFalse(b"old secrets" in self.backing.read_bytes())

    def test_the_copy_of_a_disk_that_is_larger(self):
        device = self.new_loop(size=100 * MIB)
        self.assert_one_line(self.convert(device, size=150 * MIB), str(device), "too small")
        self.assertEqual(found_on(device), [])
        self.assert_nothing_left()

    def test_a_swap_disk(self):
        root = self.new_loop()
        swap = self.new_loop(size=16 * MIB, name="swap")
        self.make(root, "--disk", f"{swap},fs=swap")
        self.assertEqual((found_on(root), found_on(swap)), (["ext4"], ["swap"]))

    def test_one_device_twice(self):
        device = self.new_loop()
        link = self.dir / "link"
        link.symlink_to(device)
        done = self.build(device, "--disk", link)
        self.assert_one_line(done, "twice")
        self.assertEqual(found_on(device), [])
        self.assert_nothing_left()

    def test_check_reads_it(self):
        device = self.new_loop()
        self.make(device)
        whole = self.run_program([str(world.PROGRAM), "check", str(self.out / "t.cfg"), "--json"])
        self.assertIn("verdict", json.loads(whole.stdout), whole.stderr)
        judge("wipefs", "-aq", device)
        wiped = self.run_program([str(world.PROGRAM), "check", str(self.out / "t.cfg"), "--json"])
        self.assertEqual(json.loads(wiped.stdout)["verdict"], "fails", wiped.stderr)
        self.assertNotEqual(json.loads(whole.stdout), json.loads(wiped.stdout))

    def test_mounted(self):
        device = self.new_loop()
        judge("mke2fs", "-q", "-t", "ext4", device)
        for force in ((), ("--force",)):
            with tempfile.TemporaryDirectory() as point:
                judge("mount", device, point)
                try:
                    done = self.build(device, *force)
                finally:
                    judge("umount", point)
                self.assert_one_line(done, str(device), f"mounted on {point}", "unmount")
        self.assert_nothing_left()
        judge("e2fsck", "-fn", device)

    def test_a_signature(self):
        device = self.new_loop()
        judge("mke2fs", "-q", "-t", "ext3", device)
        self.assert_refused(device, str(device), "ext3", "--force")
        judge("wipefs", "-aq", device)
        judge("sfdisk", "-q", device, input="label: gpt\n,\n")
        self.assert_refused(device, str(device), "gpt", "--force")
        self.make(device, "--force")
        self.assertEqual(found_on(device), ["ext4"])
        judge("e2fsck", "-fn", device)

    def test_a_member_of_a_volume_group(self):
        device = self.new_loop()
        # As pvcreate writes it: the label in the second sector.
        label = bytearray(512)
        label[:32] = b"LABELONE" + (1).to_bytes(8, "little") + bytes(4) + (32).to_bytes(4, "little") \
            + b"LVM2 001"
        label[32:64] = b"0123456789abcdef0123456789abcdef"
        label[16:20] = lvm_checksum(bytes(label[20:])).to_bytes(4, "little")
        with device.open("r+b") as file:
            file.seek(512)
            file.write(label)
        self.assert_refused(device, str(device), "LVM2_member")

    def test_swap_in_use(self):
        device = self.new_loop(size=16 * MIB)
        judge("mkswap", device)
        if subprocess.run(["swapon", device], capture_output=True).returncode != 0:
            self.skipTest("swap cannot be used here")
        try:
            self.assert_one_line(self.build(device, "--force"), str(device), "swap", "swapoff")
        finally:
            judge("swapoff", device)
        self.assert_nothing_left()

    def test_read_only(self):
        device = self.new_loop("--read-only")
        self.assert_refused(device, str(device), "read-only")
        self.assert_refused(device, str(device), "read-only", more=("--force",))

    def test_held_by_a_program(self):
        device = self.new_loop()
        held = os.open(device, os.O_RDWR | os.O_EXCL)
        try:
            self.assert_refused(device, str(device), "in use", more=("--force",))
        finally:
            os.close(held)

    def test_too_small(self):
        device = self.new_loop(size=40 * MIB)
        self.assert_one_line(self.build(device), str(device), "too small", "40 MiB")
        self.assertEqual(found_on(device), [])
        self.assert_nothing_left()
        device = self.new_loop(size=MIB, name="tiny")
        self.assert_refused(device, "too small")

    def test_a_size(self):
        device = self.new_loop()
        self.assert_one_line(self.build(f"{device},size=100M"), str(device), "leave out size=")
        self.make(f"{device},size={SIZE}")

    def test_what_is_no_device(self):
        self.assert_one_line(self.build("/dev/domuimg-none"), "/dev/domuimg-none")
        self.assertFalse(os.path.lexists("/dev/domuimg-none"))
        self.assert_one_line(self.build("/dev/null"), "/dev/null", "not a block device")
        device = self.new_loop()
        self.assert_one_line(self.build(f"{device},format=qcow2", source=f"disk:{self.archive}"),
                             str(device), "qcow2")
        self.assert_nothing_left()

    def test_a_bare_size(self):
        self.assert_one_line(self.build("1G"), "size=1G or ./1G?")
        self.assert_nothing_left()

    def test_a_stream_that_ends_too_early(self):
        device = self.new_loop(fill=True)
        broken = self.archive.read_bytes()[:20_000_000]
        for more in ((), ("--force",)):
            command = self.command("tar:-", "--no-customise", "--disk", device, *more)
            done = subprocess.run(command, env=self.environment, input=broken, capture_output=True,
                                  timeout=300)
            with self.subTest(more=more):
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
                self.assertIn(f"what was on {device} is gone".encode(), done.stderr)
                self.assertEqual(found_on(device), [])
                self.assert_nothing_left()

    def test_a_build_that_fails_before_leaves_the_device(self):
        device = self.new_loop(fill=True)
        broken = self.dir / "broken.tar"
        broken.write_bytes(self.archive.read_bytes()[:20_000_000])
        before = self.backing.read_bytes()
        self.assert_one_line(self.build(device, source=f"tar:{broken}"))
        self.assertTrue(self.backing.read_bytes() == before)
        self.assert_nothing_left()

    @world.need_program("strace")
    def test_a_write_that_fails(self):
        device = self.new_loop()
        judge("mke2fs", "-q", "-t", "ext2", device)
        command = self.command(f"tar:{self.archive}", "--no-customise", "--force", "--disk", device)
        for when in (1, 2, 3):
            done = self.run_program(["strace", "-f", "-qqq", "-o", "/dev/null", "-P", str(device),
                                     "-e", "trace=fsync", "-e",
                                     f"inject=fsync:error=EIO:when={when}", *command])
            with self.subTest(when=when):
                self.assert_one_line(done, f"what was on {device} is gone and cannot be restored")
                self.assertEqual(found_on(device), [])
                self.assert_nothing_left()

    @world.need_program("strace")
    def test_killed_while_it_is_written(self):
        device = self.new_loop()
        command = self.command(f"tar:{self.archive}", "--no-customise", "--force", "--disk", device)
        for when in (1, 2, 3):
            judge("mke2fs", "-q", "-F", "-t", "ext2", device)
            done = self.run_program(["strace", "-f", "-qqq", "-o", "/dev/null", "-P", str(device),
                                     "-e", "trace=fsync", "-e",
                                     f"inject=fsync:signal=KILL:when={when}", *command])
            with self.subTest(when=when):
                self.assertNotEqual(done.returncode, 0)
                # The last fsync is of the first page: all else is on the disk by then.
                self.assertEqual(found_on(device), [] if when < 3 else ["ext4"])
                said = self.run_program([str(world.PROGRAM), "cleanup"])
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertIn(str(device), said.stdout)
                self.assertIn("old content gone", said.stdout)
                self.assertEqual(found_on(device), [])
                self.assert_nothing_left()

    @world.need_program("strace")
    def test_cleanup_leaves_what_others_wrote_since(self):
        device = self.new_loop()
        command = self.command(f"tar:{self.archive}", "--no-customise", "--disk", device)
        self.run_program(["strace", "-f", "-qqq", "-o", "/dev/null", "-P", str(device), "-e",
                          "trace=fsync", "-e", "inject=fsync:signal=KILL:when=3", *command])
        judge("mke2fs", "-q", "-F", "-t", "ext3", device)
        self.assertEqual(self.run_program([str(world.PROGRAM), "cleanup"]).returncode, 0)
        self.assertEqual(found_on(device), ["ext3"])
        self.assert_nothing_left()

    def test_killed_at_some_moments(self):
        device = self.new_loop()
        command = self.command(f"tar:{self.archive}", "--no-customise", "--force", "--disk", device)
        start = time.monotonic()
        self.assertEqual(self.run_program(command).returncode, 0)
        whole = time.monotonic() - start
        for moment in range(8):
            for path in self.out.iterdir():
                path.unlink()
            judge("mke2fs", "-q", "-F", "-t", "ext2", device)
            with subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(whole * (moment + 0.5) / 8)
                child.send_signal(signal.SIGKILL)
            with self.subTest(moment=moment):
                self.assertIn(found_on(device), ([], ["ext2"], ["ext4"]))
                self.assertEqual(self.run_program([str(world.PROGRAM), "cleanup"]).returncode, 0)
                self.assertEqual(found_on(device) == ["ext4"], (self.out / "t.json").exists())
                if found_on(device):
                    judge("e2fsck", "-fn", device)

    def test_two_at_once(self):
        device = self.new_loop()
        commands = [self.command(f"tar:{self.archive}", "--no-customise", "--disk", device,
                                 name=name) for name in ("one", "two")]
        children = [subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    for command in commands]
        errors = [child.communicate()[1] for child in children]
        self.assertEqual(sorted(child.returncode for child in children), [0, 1], errors)
        winner = ("one", "two")[children[1].returncode == 0]
        self.assertEqual([path.name for path in self.out.glob("*.json")], [f"{winner}.json"])
        manifest = json.loads((self.out / f"{winner}.json").read_text())
        self.assertEqual(judge("blkid", "-p", "-s", "UUID", "-o", "value", device).strip(),
                         manifest["disks"][0]["uuid"])
        judge("e2fsck", "-fn", device)

    def delete(self, *more):
        if os.path.exists("/proc/xen/capabilities"):
            self.skipTest("would ask this host's Xen")
        done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"), *more])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_delete(self):
        device = self.new_loop()
        link = self.dir / "link"
        link.symlink_to(device)
        self.make(link)
        said = self.delete("--disks")
        self.assertIn(f"took the ext4 off {link}", said)
        self.assertEqual(found_on(device), [])
        self.assertTrue(link.is_symlink())
        self.assertTrue(device.is_block_device())
        self.assert_nothing_left()

    def test_delete_leaves_what_others_made(self):
        device = self.new_loop()
        self.make(device)
        judge("mke2fs", "-q", "-F", "-t", "ext4", device)
        said = self.delete("--disks")
        self.assertIn(f"{device} stays as it is", said)
        self.assertEqual(found_on(device), ["ext4"])
        self.assert_nothing_left()

    def test_delete_leaves_what_is_in_use(self):
        device = self.new_loop()
        self.make(device)
        with tempfile.TemporaryDirectory() as point:
            judge("mount", "-o", "ro", device, point)
            try:
                said = self.delete("--disks")
            finally:
                judge("umount", point)
        self.assertTrue(re.search(f"{device} stays as it is: .*mounted", said), said)
        self.assertEqual(found_on(device), ["ext4"])


def lvm_checksum(data):
    """LVM's CRC-32: without the usual inversion, from its own first value."""
    crc = 0xf597a6cf
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xedb88320 if crc & 1 else 0)
    return crc


if __name__ == "__main__":
    unittest.main()
