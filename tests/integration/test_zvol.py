# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on volumes of ZFS, as its program is asked for them; a real ZFS is not here."""
import json
import os
import pathlib
import subprocess
import unittest

import archives
import fake_zfs
import test_device
import world

MIB = 1 << 20


@unittest.skipUnless(test_device.loops_work(), "needs root and loop devices")
@world.need_program("losetup", "blkid", "e2fsck", "mke2fs")
class Zvol(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.archive = archives.plain(cls.shared_directory() / "root.tar", 30_000_000)

    def setUp(self):
        super().setUp()
        self.pool = f"domuimg-test{os.getpid()}"
        programs = self.dir / "bin"
        programs.mkdir()
        (programs / "zfs").symlink_to(fake_zfs.__file__)
        self.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.dir)}
        self.zfs = self.dir / "zfs"
        self.zfs.mkdir()
        self.write({"name": self.pool, "size": 600 * MIB, "volumes": {}})
        self.addCleanup(self.remove_devices)

    def remove_devices(self):
        for volume in self.volumes().values():
            subprocess.run(["losetup", "--detach", volume["loop"]], check=True)
        directory = fake_zfs.DEVICES / self.pool
        if directory.exists():
            for path in directory.iterdir():
                path.unlink()
            directory.rmdir()
            if not list(fake_zfs.DEVICES.iterdir()):
                fake_zfs.DEVICES.rmdir()

    def write(self, state):
        (self.zfs / "state.json").write_text(json.dumps(state))

    def volumes(self):
        return json.loads((self.zfs / "state.json").read_text())["volumes"]

    def build(self, *more, disk="web,size=100M", source=None, **settings):
        return self.run_program(self.command(source or f"tar:{self.archive}", "--no-customise", "--disk",
                                             f"zvol:{self.pool}/{disk}", *more, **settings))

    def make(self, *more, **settings):
        done = self.build(*more, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())["disks"][0]

    def test_made_replaced_and_deleted(self):
        disk = self.make()
        device = pathlib.Path(f"/dev/zvol/{self.pool}/web")
        volume = self.volumes()[f"{self.pool}/web"]
        self.assertEqual((disk["path"], disk["kind"], disk["volume"]), (str(device), "zvol", volume["guid"]))
        subprocess.run(["e2fsck", "-fn", device], check=True, capture_output=True)
        self.assert_one_line(self.build(name="other"), str(device), "exists already")
        second = self.make("--force", disk="web,size=120M")
        self.assertNotEqual(second["volume"], disk["volume"])
        self.assertEqual([(name, volume["guid"]) for name, volume in self.volumes().items()],
                         [(f"{self.pool}/web", second["volume"])])
        self.assertEqual(self.journals(), [])
        if os.path.exists("/proc/xen/capabilities"):
            return
        done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"), "--disks"])
        self.assertEqual((done.returncode, self.volumes()), (0, {}), done.stderr)
        self.assert_nothing_left()

    def test_a_build_that_fails(self):
        command = self.command("tar:-", "--no-customise", "--disk", f"zvol:{self.pool}/web,size=100M")
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              input="not a tar", timeout=300)
        self.assert_one_line(done)
        self.assertEqual(self.volumes(), {})
        self.assert_nothing_left()

    def test_what_cannot_be(self):
        self.assert_one_line(self.build(disk="web,size=1G"), self.pool, "no room")
        for disk in ("-x", "a b", "web,thin=x"):
            self.assert_one_line(self.build(disk=disk))
        done = self.run_program(self.command(f"tar:{self.archive}", "--disk", "zvol:none/web,size=100M"))
        self.assert_one_line(done, "does not exist")
        self.assertEqual(self.volumes(), {})


if __name__ == "__main__":
    unittest.main()
