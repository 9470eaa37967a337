# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on XFS in LVM, in raw images and qcow2: read, changed and converted by User-mode Linux, with
the same results as by libguestfs's appliance."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

import guest
import world

SETTINGS = ('activation{udev_sync=0 udev_rules=0} devices{obtain_device_list_from_udev=0'
            ' external_device_info_source="none" use_devicesfile=0}')


@world.need_root()
@world.need_program("linux.uml", "lvm", "losetup", "sfdisk", "mkfs.xfs", "qemu-img")
class Appliance(world.Case):
    def lvm(self, *words):
        """What needs no device-mapper: metadata only."""
        subprocess.run(["lvm", *words, "--config", SETTINGS], check=True, capture_output=True,
                       env=os.environ | {"DM_DISABLE_UDEV": "1", "LVM_SUPPRESS_FD_WARNINGS": "1"})

    def make_volume(self, device, content):
        """A logical volume of all of the device, with the content of a file."""
        group = f"it{os.getpid()}"
        self.lvm("pvcreate", "-y", device)
        self.lvm("vgcreate", "-y", "-s", "4M", group, device)
        self.lvm("lvcreate", "--driverloaded", "n", "-an", "-Zn", "-Wn", "-y", "-l", "100%FREE",
                 "-n", "root", group)
        # The first extent lies behind the metadata.
        subprocess.run(["dd", f"if={content}", f"of={device}", "bs=1M", "seek=1", "conv=notrunc,sparse",
                        "status=none"], check=True)
        return f"{group}/root"

    def make(self):
        """GPT with a partition of LVM, in it the root that `create` has made on XFS."""
        root = self.create(f"tar:{guest.write_tar(self.dir / 'root.tar')}", "--disk",
                           "fs=xfs,size=320M", name="root")
        disk = self.dir / "disk.img"
        with open(disk, "wb") as file:
            file.truncate(400 << 20)
        subprocess.run(["sfdisk", "-q", disk], input="label: gpt\nstart=4M,type=E6D6D379-F507-44C2-A23C-238F2A3DF928\n",
                       text=True, check=True)
        device = subprocess.run(["losetup", "-f", "--show", "-o", str(4 << 20), "--sizelimit",
                                 str((400 << 20) - (5 << 20)), disk],
                                check=True, capture_output=True, text=True).stdout.strip()
        try:
            volume = self.make_volume(device, root)
        finally:
            subprocess.run(["losetup", "-d", device], check=True)
        return disk, volume

    def convert(self, disk):
        packed = self.dir / "disk.qcow2"
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", disk, packed], check=True)
        return packed

    def write_config(self, image, kind, volume):
        path = self.dir / f"{kind}.cfg"
        path.write_text(f'name = "g"\ntype = "pv"\nmemory = 256\nkernel = "{self.kernel}"\n'
                        f'disk = [ "{image},{kind},xvda,w" ]\n'
                        f'cmdline = "root=/dev/{volume} ro console=hvc0"\n')
        return path

    def check(self, config, **more):
        begun = time.monotonic()
        done = subprocess.run([world.PROGRAM, "check", "--json", config], env=self.environment | more,
                              capture_output=True, text=True, timeout=300)
        report = json.loads(done.stdout)
        return (report["verdict"], sorted(finding["id"] for finding in report["findings"]),
                time.monotonic() - begun)

    def test_raw_and_qcow2_are_the_same(self):
        disk, volume = self.make()
        before = disk.read_bytes()
        raw = self.check(self.write_config(disk, "raw", volume))
        packed = self.check(self.write_config(self.convert(disk), "qcow2", volume))
        self.assertEqual(raw[0], packed[0])
        # A qcow2 needs more of the host than a raw image.
        self.assertEqual(raw[1], [name for name in packed[1] if name != "host-unknown"])
        self.assertNotIn("file-unreadable", raw[1])
        self.assertNotIn("image-unreadable", raw[1])
        self.assertNotIn("root-device", raw[1])
        self.assertEqual(disk.read_bytes(), before)

    @world.need_program("guestfish")
    def test_libguestfs_says_the_same(self):
        disk, volume = self.make()
        config = self.write_config(disk, "raw", volume)
        self.assertEqual(self.check(config)[:2], self.check(config, DOMUIMG_NO_UML="1")[:2])

    def test_a_damaged_filesystem_is_not_an_empty_one(self):
        disk, volume = self.make()
        with open(disk, "r+b") as file:
            # The root's superblock keeps its magic, and nothing else.
            file.seek((4 << 20) + (1 << 20) + 8)
            file.write(b"\xff" * 500)
        _, ids, _ = self.check(self.write_config(disk, "raw", volume))
        self.assertTrue({"image-unreadable", "root-filesystem"} & set(ids), ids)

    def test_nothing_stays(self):
        disk, volume = self.make()
        config = self.write_config(self.convert(disk), "qcow2", volume)
        (self.dir / "tmp").mkdir()
        memory = self.memory_of_machines()
        self.check(config, TMPDIR=str(self.dir / "tmp"))
        self.assertEqual(list((self.dir / "tmp").iterdir()), [])
        # Another test's machine may be starting.
        deadline = time.monotonic() + 30
        while (left := self.memory_of_machines() - memory) and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(left, set())

    def test_what_a_killed_machine_left_goes_with_the_next(self):
        disk, volume = self.make()
        config = self.write_config(disk, "raw", volume)
        left = pathlib.Path(tempfile.mkdtemp(prefix="domuimg-", dir="/dev/shm"))
        used = pathlib.Path(tempfile.mkdtemp(prefix="domuimg-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, used)
        (used / "file").touch()
        for path in (left, used):
            os.utime(path, (1, 1))
        self.check(config)
        self.assertFalse(left.exists())
        self.assertTrue(used.exists())

    @staticmethod
    def memory_of_machines():
        return set(pathlib.Path("/dev/shm").glob("domuimg-*"))


if __name__ == "__main__":
    unittest.main()
