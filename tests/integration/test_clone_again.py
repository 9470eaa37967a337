# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clones that are made again of what they were cloned of."""
import json
import re

import compare
import test_clone
import world


@world.need_root()
@world.need_program("qemu-img", "e2fsck", "debugfs")
class Again(world.Case):
    def setUp(self):
        super().setUp()
        self.image = self.create(f"tar:{test_clone.golden(self.dir / 'root.tar')}", "--disk", "size=64M", name="gold")

    def verb(self, *words):
        return self.run_program([str(world.PROGRAM), *map(str, words)])

    def clone(self, name, *more):
        done = self.verb("clone", "gold", name, "--source-dir", self.out, "--dir", self.out, "--progress", "none",
                         *more)
        self.assertEqual(done.returncode, 0, done.stderr)

    def rebuild(self, name, *more):
        return self.verb("rebuild", name, "--dir", self.out, "--progress", "none", *more)

    def manifest(self, name):
        return json.loads((self.out / f"{name}.json").read_text())

    def identity(self, name):
        """What others know it by."""
        text = (self.out / f"{name}.cfg").read_text()
        return re.findall(r"(?:uuid = \S+|mac=[0-9a-f:]+)", text), self.manifest(name)["uuid"]

    def test_a_copy(self):
        self.clone("w1", "--copy", "sparse", "--hostname", "www", "--identity", "-logs")
        before = self.identity("w1")
        with compare.mounted(self.out / "w1.img", "rw") as root:
            (root / "etc/motd").write_text("of yesterday\n")
        plan = self.rebuild("w1", "--dry-run").stdout
        self.assertIn("w1.img becomes a new copy", plan)
        done = self.rebuild("w1", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["rebuilt"], {"kept": [], "changes": []})
        self.assertEqual(self.identity("w1"), before)
        self.assertEqual(self.manifest("w1")["source"], "clone of gold")
        self.assertNotIn("base", self.manifest("w1")["disks"][0])
        with compare.mounted(self.out / "w1.img") as root:
            self.assertEqual((root / "etc/hostname").read_text(), "www\n")
            self.assertFalse((root / "etc/motd").exists())
            # The same cleaners are on.
            self.assertEqual((root / "var/log/syslog").read_text(), "goldenhost said this\n")
            self.assertEqual((root / "etc/machine-id").read_text(), "")
        self.assert_nothing_left(world.snapshot(self.out))

    def test_an_overlay(self):
        self.clone("w1")
        content = self.image.read_bytes()
        before = self.identity("w1")
        done = self.rebuild("w1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Nothing has changed", done.stdout)
        self.assertEqual(self.identity("w1"), before)
        self.assertEqual(self.manifest("w1")["disks"][0]["base"]["path"], str(self.image))
        self.assertEqual(self.image.read_bytes(), content)

    def test_what_would_not_boot_leaves_the_old(self):
        self.clone("w1", "--copy", "sparse")
        with compare.mounted(self.image, "rw") as root:
            (root / "usr/lib/systemd/systemd").chmod(0o644)
        before = world.snapshot(self.out)
        self.assert_one_line(self.rebuild("w1"), "[init-not-executable]", "w1")
        self.assertEqual(world.snapshot(self.out), before)
        self.assertEqual(self.rebuild("w1", "--allow-unbootable").returncode, 0)

    def test_what_is_missing(self):
        self.clone("w1", "--copy", "sparse")
        (self.out / "gold.json").rename(self.dir / "gold.json")
        before = world.snapshot(self.out)
        self.assert_one_line(self.rebuild("w1"), "gold.json cannot be found")
        self.assertEqual(world.snapshot(self.out), before)

    def test_disks_of_data(self):
        self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M", "--disk", "size=16M,fs=ext4,mount=/srv",
                    name="two")
        done = self.verb("clone", "two", "w2", "--source-dir", self.out, "--dir", self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        before = world.snapshot(self.out)
        self.assert_one_line(self.rebuild("w2"), "more than one disk", "domuimg clone --force")
        self.assertEqual(world.snapshot(self.out), before)
