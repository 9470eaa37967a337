# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests in image formats that are written as their files come: the same disk as a raw one, and sound."""
import json
import os
import struct
import subprocess

import archives
import world

MIB = 1 << 20
EPOCH = "1700000000"
DRIVER = {"qcow2": "qcow2", "vhd": "vpc"}


def judge(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


@world.need_program("qemu-img", "e2fsck", "mke2fs")
class Formats(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.archive = archives.plain(cls.shared_directory() / "root.tar", 60_000_000)

    def setUp(self):
        super().setUp()
        self.environment["SOURCE_DATE_EPOCH"] = EPOCH

    def make(self, disk, *more, source=None, name="t"):
        done = self.run_program(self.command(source or f"tar:{self.archive}", "--no-customise",
                                             "--nic", "mac=00:16:3e:01:02:03", "--disk", disk,
                                             *more, name=name))
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / f"{name}.json").read_text())["disks"][0]

    def compare(self, disk, driver, raw):
        judge("qemu-img", "compare", "-f", driver, "-F", "raw", disk["path"], raw["path"])
        info = json.loads(judge("qemu-img", "info", "-f", driver, "--output=json", disk["path"]))
        self.assertEqual(info["virtual-size"], raw["size"])

    def assert_as_raw(self, disk, driver, raw):
        self.compare(disk, driver, raw)
        self.assertEqual(os.stat(disk["path"]).st_mode & 0o777, 0o600)
        if driver == "qcow2":
            judge("qemu-img", "check", "-f", driver, disk["path"])

    def test_the_same_disk(self):
        for size in ("200M", "203M", "3G"):
            raw = self.make(f"size={size}", "--force")
            for name, driver in DRIVER.items():
                disk = self.make(f"size={size},format={name}", "--force")
                with self.subTest(size=size, format=name):
                    self.assertEqual(disk["format"], name)
                    self.assert_as_raw(disk, driver, raw)
                    self.assertLess(os.stat(disk["path"]).st_size, 160 * MIB)
                    self.assertIn(f"format={name}", (self.out / "t.cfg").read_text())

    def test_the_same_bytes(self):
        for disk in ("format=qcow2", "format=vhd", "format=qcow2,compress=yes",
                     "format=qcow2,prealloc=metadata", "format=vhd,prealloc=full"):
            with self.subTest(disk=disk):
                first = self.make(f"size=200M,{disk}", "--force")["path"]
                content = open(first, "rb").read()
                second = self.make(f"size=200M,{disk}", "--force")["path"]
                self.assertTrue(content == open(second, "rb").read())

    def test_compressed(self):
        raw = self.make("size=200M")
        plain = self.make("size=200M,format=qcow2", "--force")
        size = os.stat(plain["path"]).st_size
        disk = self.make("size=200M,format=qcow2,compress=yes", "--force")
        self.assert_as_raw(disk, "qcow2", raw)
        self.assertLess(os.stat(disk["path"]).st_size, size)
        self.assertEqual(self.journals(), [])

    def test_preallocated(self):
        raw = self.make("size=200M")
        for name, driver in DRIVER.items():
            disk = self.make(f"size=200M,format={name},prealloc=full", "--force")
            self.assert_as_raw(disk, driver, raw)
            self.assertGreaterEqual(os.stat(disk["path"]).st_blocks * 512, 200 * MIB)
        disk = self.make("size=200M,format=qcow2,prealloc=metadata", "--force")
        self.assert_as_raw(disk, "qcow2", raw)
        self.assertLess(os.stat(disk["path"]).st_blocks * 512, 120 * MIB)
        self.assertEqual({entry["offset"] is not None for entry in json.loads(
            judge("qemu-img", "map", "--output=json", disk["path"])) if entry["present"]}, {True})
        content = open(raw["path"], "rb").read()
        full = self.make("size=200M,prealloc=full", "--force")
        self.assertGreaterEqual(os.stat(full["path"]).st_blocks * 512, 200 * MIB)
        self.assertTrue(content == open(full["path"], "rb").read())

    def convert(self, disk):
        image = self.dir / "old.img"
        if not image.exists():
            image.touch()
            os.truncate(image, 64 * MIB)
            judge("mke2fs", "-q", "-t", "ext4", str(image))
        return self.make(disk, "--force", source=f"disk:{image}"), image

    def test_converted(self):
        for disk, driver in (("format=qcow2", "qcow2"), ("format=vhd", "vpc"),
                             ("format=qcow2,compress=yes", "qcow2"),
                             ("format=qcow2,prealloc=metadata", "qcow2"),
                             ("format=vhd,prealloc=full", "vpc")):
            with self.subTest(disk=disk):
                made, image = self.convert(disk)
                judge("qemu-img", "compare", "-f", driver, "-F", "raw", made["path"], str(image))

    def test_a_vhd_as_its_specification_has_it(self):
        disk = self.make("size=203M,format=vhd")
        with open(disk["path"], "rb") as file:
            data = file.read()
        footer, header = data[-512:], data[512:1536]
        self.assertEqual(footer, data[:512])
        for part, at in ((footer, 64), (header, 36)):
            total = sum(part) - sum(part[at:at + 4])
            self.assertEqual(struct.unpack(">I", part[at:at + 4])[0], ~total & 0xffffffff)
        self.assertEqual(struct.unpack(">QQ", footer[40:56]), (203 * MIB, 203 * MIB))
        self.assertNotEqual(footer[68:84], bytes(16))
        self.assertEqual(struct.unpack(">I", footer[60:64])[0], 3)
        entries = struct.unpack(">102I", data[1536:1536 + 408])
        used = [entry for entry in entries if entry != 0xffffffff]
        self.assertEqual(len(set(used)), len(used))
        for entry in used:
            self.assertEqual(data[entry * 512:entry * 512 + 512], b"\xff" * 512)
            self.assertEqual((entry + 1) % 8, 0)

    def test_a_path_alone(self):
        path = self.dir / "some.qcow2"
        disk = self.make(f"{path},size=100M,format=qcow2")
        self.assertEqual(disk["path"], str(path))
        judge("qemu-img", "check", "-f", "qcow2", str(path))

    def test_a_further_disk(self):
        self.make("size=200M,format=qcow2", "--disk", "size=100M,format=vhd,fs=ext3")
        judge("qemu-img", "convert", "-f", "vpc", "-O", "raw", str(self.out / "t-xvdb.vhd"),
              str(self.dir / "raw"))
        judge("e2fsck", "-fn", str(self.dir / "raw"))

    def test_what_does_not_go_together(self):
        for disk, part in (("size=100M,prealloc=metadata", "raw"),
                           ("size=100M,format=vhd,prealloc=metadata", "VHD"),
                           ("size=100M,compress=yes", "compress"),
                           ("size=100M,format=vhd,compress=yes", "compress"),
                           ("size=100M,format=qcow2,compress=yes,prealloc=full", "compress"),
                           ("size=100M,prealloc=some", "none, metadata or full"),
                           ("size=100M,thin=pool", "thin"),
                           ("size=3T,format=vhd", "2040 GiB"),
                           ("1G", "size=1G or ./1G?")):
            with self.subTest(disk=disk):
                done = self.run_program(self.command(f"tar:{self.archive}", "--disk", disk))
                self.assert_one_line(done, part)
        self.assert_nothing_left()

    def test_no_room(self):
        for disk in ("size=200M,format=qcow2", "size=200M,format=vhd"):
            command = self.command(f"tar:{self.archive}", "--no-customise", "--disk", disk)
            done = self.run_program(command, preexec_fn=world.limit_file_size(20 * MIB))
            with self.subTest(disk=disk):
                self.assertNotEqual(done.returncode, 0)
                self.assert_nothing_left()
