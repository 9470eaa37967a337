# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests on logical volumes: made, renamed and removed as LVM's programs are asked to, or nothing."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import archives
import fake_lvm
import test_device
import world

MIB = 1 << 20
PROGRAMS = ("vgs", "lvs", "lvcreate", "lvextend", "lvremove", "lvrename")


@unittest.skipUnless(test_device.loops_work(), "needs root and loop devices")
@world.need_program("losetup", "blkid", "e2fsck", "mke2fs")
class Lvm(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.archive = archives.plain(cls.shared_directory() / "root.tar", 30_000_000)

    def setUp(self):
        super().setUp()
        self.group = f"domuimg-test{os.getpid()}"
        programs = self.dir / "bin"
        programs.mkdir()
        for name in PROGRAMS:
            (programs / name).symlink_to(fake_lvm.__file__)
        self.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.dir)}
        self.lvm = self.dir / "lvm"
        self.lvm.mkdir()
        self.write({self.group: {"size": 600 * MIB, "volumes": {}}})
        self.addCleanup(self.remove_devices)

    def remove_devices(self):
        # A kill may leave one that no volume has.
        done = subprocess.run(["losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE"],
                              check=True, capture_output=True, text=True)
        for line in done.stdout.splitlines():
            loop, _, backing = line.partition(" ")
            if backing.strip().startswith(f"{self.lvm}/"):
                subprocess.run(["losetup", "--detach", loop], check=True)
        directory = pathlib.Path("/dev") / self.group
        if directory.exists():
            for path in directory.iterdir():
                path.unlink()
            directory.rmdir()

    def read(self):
        return json.loads((self.lvm / "state.json").read_text())

    def write(self, state):
        (self.lvm / "state.json").write_text(json.dumps(state))

    def volumes(self):
        return self.read()[self.group]["volumes"]

    def device(self, name="web"):
        return f"/dev/{self.group}/{name}"

    def build(self, *more, disk="web", source=None, **settings):
        return self.run_program(self.command(source or f"tar:{self.archive}", "--no-customise",
                                             "--disk", f"lvm:{self.group}/{disk}", *more,
                                             **settings))

    def make(self, *more, **settings):
        done = self.build(*more, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())

    def add_pool(self, percent="1.00"):
        state = self.read()
        state[self.group]["volumes"]["pool"] = {"uuid": "pool", "tags": [], "size": 100 * MIB,
                                                "is_pool": True, "percent": percent}
        self.write(state)

    def assert_whole(self, name="web"):
        subprocess.run(["e2fsck", "-fn", self.device(name)], check=True, capture_output=True)

    def test_a_guest_is_whole_on_it(self):
        manifest = self.make(disk="web,size=100M")
        disk = manifest["disks"][0]
        self.assertEqual((disk["path"], disk["kind"], disk["format"], disk["size"], disk["volume"]),
                         (self.device(), "lvm", "raw", 100 * MIB, self.volumes()["web"]["uuid"]))
        self.assertEqual(list(self.volumes()), ["web"])
        self.assert_whole()
        self.assertFalse(b"old secrets" in pathlib.Path(self.device()).read_bytes())
        self.assertIn(f"target={self.device()}", (self.out / "t.cfg").read_text())
        self.assertRegex((self.out / "t.xml").read_text(), "<disk type=['\"]block['\"]")
        self.assertEqual(self.journals(), [])

    def test_the_size_is_that_of_the_content(self):
        size = self.make()["disks"][0]["size"]
        self.assertEqual(size, self.volumes()["web"]["size"])
        self.assert_whole()

    def resize(self, size, *more):
        return self.run_program([str(world.PROGRAM), "resize", "t", size, "--dir", str(self.out), *more])

    def must_resize(self, size):
        done = self.resize(size)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def blocks(self):
        """Bytes of the filesystem on it."""
        listing = subprocess.run(["dumpe2fs", "-h", self.device()], check=True, capture_output=True, text=True).stdout
        values = dict(line.split(":", 1) for line in listing.splitlines() if ":" in line)
        return int(values["Block count"]) * int(values["Block size"])

    def size_in_manifest(self):
        return json.loads((self.out / "t.json").read_text())["disks"][0]["size"]

    def test_it_grows_by_whole_extents(self):
        self.make(disk="web,size=100M")
        self.must_resize("201M")
        self.assertEqual(self.volumes()["web"]["size"], 204 * MIB)
        self.assert_whole()
        self.assertEqual((self.blocks(), self.size_in_manifest()), (204 * MIB, 204 * MIB))

    @world.need_program("linux.uml", "mkfs.xfs", "xfs_repair")
    def test_xfs_on_it_grows(self):
        self.make(disk="web,size=360M")
        subprocess.run(["mkfs.xfs", "-q", "-f", self.device()], check=True)
        self.must_resize("500M")
        subprocess.run(["xfs_repair", "-n", self.device()], check=True, capture_output=True)
        with open(self.device(), "rb") as file:
            self.assertEqual(int.from_bytes(file.read(16)[8:], "big") * 4096, 500 * MIB)

    def test_a_thin_one_grows_beyond_its_group(self):
        self.add_pool()
        self.make(disk="web,size=100M,thin=pool")
        self.must_resize("2G")
        self.assert_whole()
        self.assertEqual((self.blocks(), self.volumes()["web"]["pool"]), (2048 * MIB, "pool"))

    def test_what_does_not_grow_stays(self):
        self.make(disk="web,size=100M")
        for size, more, word in (("2G", (), "has no room"), ("60M", ("--shrink", ), "can only be made larger"),
                                 ("60M", (), "--shrink")):
            refused = self.resize(size, *more)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn(word, refused.stderr)
        with open(self.device(), "rb", opener=lambda path, flags: os.open(path, flags | os.O_EXCL)):
            self.assertIn("is in use", self.resize("200M").stderr)
        state = self.read()
        state[self.group]["volumes"]["web"]["uuid"] = "another"
        self.write(state)
        self.assertIn("not the volume that was made", self.resize("200M").stderr)
        self.assertEqual((self.volumes()["web"]["size"], self.size_in_manifest()), (100 * MIB, 100 * MIB))
        self.assert_whole()

    def test_a_volume_with_partitions_does_not_grow(self):
        self.make("--layout", "gpt,esp=no,bios=no", disk="web,size=100M")
        self.assertIn("volume with a partition table", self.resize("200M").stderr)
        self.assertEqual(self.volumes()["web"]["size"], 100 * MIB)

    def test_what_has_grown_by_half_is_told_and_gone_on_with(self):
        self.make(disk="web,size=100M")
        broken = self.dir / "bin" / "resize2fs"
        broken.write_text("#!/bin/sh\necho 'it is worn out' >&2\nexit 1\n")
        broken.chmod(0o755)
        refused = self.resize("201M")
        self.assert_one_line(refused, f"{204 * MIB} bytes now and keeps them", "worn out")
        self.assertEqual((self.volumes()["web"]["size"], self.blocks(), self.size_in_manifest()),
                         (204 * MIB, 100 * MIB, 100 * MIB))
        broken.unlink()
        self.must_resize(str(204 * MIB))
        self.assert_whole()
        self.assertEqual((self.blocks(), self.size_in_manifest()), (204 * MIB, 204 * MIB))

    def test_thin(self):
        self.add_pool()
        self.make(disk="web,size=1G,thin=pool")
        self.assertEqual(self.volumes()["web"]["pool"], "pool")
        self.assert_whole()
        used = os.stat(self.volumes()["web"]["backing"]).st_blocks * 512
        self.assertLess(used, 100 * MIB)

    def test_a_converted_disk(self):
        image = self.dir / "old.img"
        image.touch()
        os.truncate(image, 64 * MIB)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", image], check=True)
        manifest = self.make(source=f"disk:{image}")
        self.assertEqual(manifest["disks"][0]["volume"], self.volumes()["web"]["uuid"])
        self.assert_whole()

    def assert_refused(self, *parts, left=(), **settings):
        for dry_run in ((), ("--dry-run",)):
            self.assert_one_line(self.build(*dry_run, **settings), *parts)
        self.assertEqual(sorted(self.volumes()), sorted(left))
        self.assert_nothing_left()

    def test_what_is_not_there(self):
        self.add_pool()
        left = ["pool"]
        self.assert_refused("no thin pool other", disk="web,size=100M,thin=other", left=left)
        self.write({self.group: {"size": 600 * MIB, "volumes": {}}, "x": self.read()[self.group]})
        wrong = self.command(f"tar:{self.archive}", "--disk", "lvm:none/web")
        self.assert_one_line(self.run_program(wrong), "no volume group none", "vgs")

    def test_no_room(self):
        self.assert_refused("has no room for 1.0", "600.0", disk="web,size=1G")
        self.add_pool()
        state = self.read()
        state[self.group]["volumes"]["pool"]["zero"] = ""
        self.write(state)
        self.assert_refused("lvchange --zero y", disk="web,size=1G,thin=pool", left=["pool"])
        self.add_pool("100.00")
        self.assert_refused("pool is full", disk="web,size=1G,thin=pool", left=["pool"])

    def test_no_room_for_the_content(self):
        self.write({self.group: {"size": 40 * MIB, "volumes": {}}})
        self.assert_one_line(self.build(), "has no room for", "40.0")
        self.assertEqual(self.volumes(), {})
        self.assert_nothing_left()

    def test_names(self):
        for disk in ("a b", "-x", "..", "a_tdata", "a/b", "web,prealloc=full"):
            self.assert_one_line(self.build(disk=disk))
        for whole in ("lvm:", "lvm:web", "lvm:/dev/x/y", "lvm:size=1G"):
            done = self.run_program(self.command(f"tar:{self.archive}", "--disk", whole))
            with self.subTest(whole=whole):
                self.assert_one_line(done, "lvm")
        self.assertEqual(self.volumes(), {})

    def test_a_name_that_is_taken(self):
        first = self.make(disk="web,size=100M")["disks"][0]["volume"]
        done = self.build(disk="web,size=100M", name="other")
        self.assert_one_line(done, self.device(), "exists already", "--force")
        self.assertEqual(self.volumes()["web"]["uuid"], first)
        second = self.make("--force", disk="web,size=120M")["disks"][0]["volume"]
        self.assertNotEqual(first, second)
        self.assertEqual([(name, volume["uuid"]) for name, volume in self.volumes().items()],
                         [("web", second)])
        self.assert_whole()
        self.assertEqual(self.journals(), [])

    def test_one_that_is_in_use_is_not_replaced(self):
        first = self.make(disk="web,size=100M")["disks"][0]["volume"]
        held = os.open(self.device(), os.O_RDWR | os.O_EXCL)
        try:
            done = self.build("--force", disk="web,size=100M")
        finally:
            os.close(held)
        self.assert_one_line(done, self.device(), "in use")
        self.assertEqual(self.volumes()["web"]["uuid"], first)

    def test_a_build_that_fails(self):
        command = self.command("tar:-", "--no-customise", "--disk",
                               f"lvm:{self.group}/web,size=100M")
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              input="not a tar", timeout=300)
        self.assert_one_line(done)
        self.assertNotIn("is gone", done.stderr)
        self.assertEqual(self.volumes(), {})
        self.assert_nothing_left()

    def test_a_pool_that_is_full_halfway(self):
        self.add_pool()
        # What writes to such a volume gets an error in the end, as from a file system that is full.
        wrapper = self.dir / "bin" / "lvcreate"
        wrapper.unlink()
        wrapper.write_text("#!/usr/bin/python3\nimport os, pathlib, sys\n"
                           f"sys.path.insert(0, {os.path.dirname(fake_lvm.__file__)!r})\n"
                           "import fake_lvm\nsys.argv[0] = 'lvcreate'\nfake_lvm.main()\n"
                           "state = fake_lvm.STATE / 'state.json'\n"
                           "state.write_text(state.read_text().replace('1.00', '100.00'))\n")
        wrapper.chmod(0o755)
        command = self.command("tar:-", "--no-customise", "--disk",
                               f"lvm:{self.group}/web,size=100M,thin=pool")
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              input="not a tar", timeout=300)
        self.assert_one_line(done, "thin pool", "is full", "lvextend")
        self.assertEqual(list(self.volumes()), ["pool"])
        self.assert_nothing_left()

    def test_killed_at_some_moments(self):
        command = self.command(f"tar:{self.archive}", "--no-customise", "--force", "--disk",
                               f"lvm:{self.group}/web,size=100M")
        start = time.monotonic()
        self.assertEqual(self.run_program(command).returncode, 0)
        whole = time.monotonic() - start
        for moment in range(16):
            before = self.volumes()["web"]["uuid"]
            with subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(whole * (moment + 0.5) / 16)
                child.send_signal(signal.SIGKILL)
            # A program of LVM's that was begun goes on.
            time.sleep(0.3)
            with self.subTest(moment=moment):
                said = self.run_program([str(world.PROGRAM), "cleanup"])
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertEqual(list(self.volumes()), ["web"], said.stdout)
                manifest = json.loads((self.out / "t.json").read_text())
                self.assertEqual(manifest["disks"][0]["volume"], self.volumes()["web"]["uuid"])
                self.assert_whole()
                self.assertEqual(self.journals(), [], before)

    def kill_at(self, program, number):
        """Ends domuimg when it calls this program of LVM's for the nth time; with a wrapper."""
        wrapper = self.dir / "bin" / program
        wrapper.unlink()
        wrapper.write_text("#!/usr/bin/python3\nimport os, signal, sys\n"
                           f"sys.path.insert(0, {os.path.dirname(fake_lvm.__file__)!r})\n"
                           "import fake_lvm\n"
                           f"log = fake_lvm.STATE / 'log'\nlines = log.read_text().split('\\n')\n"
                           f"n = sum(line.startswith('{program} ') for line in lines)\n"
                           f"if n == {number - 1} and not (fake_lvm.STATE / 'killed').exists():\n"
                           "    (fake_lvm.STATE / 'killed').touch()\n"
                           "    os.kill(os.getppid(), signal.SIGKILL)\n    sys.exit(1)\n"
                           f"sys.argv[0] = '{program}'\nfake_lvm.main()\n")
        wrapper.chmod(0o755)

    def test_killed_in_an_exchange(self):
        for number in (1, 2, 3):
            first = self.make("--force", disk="web,size=100M")["disks"][0]["volume"]
            (self.lvm / "log").write_text("")
            (self.lvm / "killed").unlink(missing_ok=True)
            self.kill_at("lvrename", number)
            self.assertNotEqual(self.build("--force", disk="web,size=100M").returncode, 0)
            with self.subTest(number=number):
                self.assertTrue((self.lvm / "killed").exists())
                said = self.run_program([str(world.PROGRAM), "cleanup"])
                self.assertEqual(said.returncode, 0, said.stderr)
                self.assertEqual(list(self.volumes()), ["web"], said.stdout)
                manifest = json.loads((self.out / "t.json").read_text())
                self.assertEqual(manifest["disks"][0]["volume"], self.volumes()["web"]["uuid"])
                self.assertNotEqual(manifest["disks"][0]["volume"], first)
                self.assert_whole()
                self.assertEqual(self.journals(), [])

    def test_two_at_once(self):
        commands = [self.command(f"tar:{self.archive}", "--no-customise", "--disk",
                                 f"lvm:{self.group}/web,size=100M", name=name)
                    for name in ("one", "two")]
        children = [subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    for command in commands]
        errors = [child.communicate()[1] for child in children]
        self.assertEqual(sorted(child.returncode for child in children), [0, 1], errors)
        self.assertEqual(list(self.volumes()), ["web"])
        self.assertEqual(len(list(self.out.glob("*.json"))), 1)
        self.assert_whole()

    def delete(self):
        if os.path.exists("/proc/xen/capabilities"):
            self.skipTest("would ask this host's Xen")
        done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"), "--disks"])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_delete(self):
        self.make(disk="web,size=100M")
        self.assertIn(f"removed {self.device()}", self.delete())
        self.assertEqual(self.volumes(), {})
        self.assert_nothing_left()

    def test_delete_leaves_another_one(self):
        self.make(disk="web,size=100M")
        state = self.read()
        state[self.group]["volumes"]["web"]["uuid"] = "another"
        self.write(state)
        self.assertIn(f"{self.device()} stays", self.delete())
        self.assertEqual(list(self.volumes()), ["web"])
        self.assert_nothing_left()

    def test_delete_of_one_in_use(self):
        self.make(disk="web,size=100M")
        if os.path.exists("/proc/xen/capabilities"):
            self.skipTest("would ask this host's Xen")
        held = os.open(self.device(), os.O_RDWR | os.O_EXCL)
        try:
            done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"),
                                     "--disks"])
        finally:
            os.close(held)
        self.assert_one_line(done, self.device(), "in use")
        self.assertEqual(list(self.volumes()), ["web"])
        self.assertTrue((self.out / "t.json").exists())


if __name__ == "__main__":
    unittest.main()
