# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that are installed by `run --install`, where a program stands in for libvirt's: what it is asked to
start, in which order, and what is believed of what it says. The lab does the same with Xen."""
import json
import unittest

import guest
import world
from install_trees import Fedora
from test_tree import REPO

HELPER = """#!/usr/bin/python3
import json, pathlib, shutil, sys
here = pathlib.Path(__file__).parent
text = sys.stdin.read()
once = "--once" in sys.argv
with open(here / "started", "a") as log:
    print(json.dumps([once, "<kernel>" in text]), file=log)
print(json.dumps({"event": "created", "domid": "7"}), flush=True)
if once:
    installed = here / "installed"
    if installed.exists():
        shutil.copy(installed, (here / "disk").read_text())
    print(json.dumps({"event": "ended", "reason": (here / "reason").read_text()}), flush=True)
"""


class RunInstallTest(world.Case):
    def setUp(self):
        super().setUp()
        self.tree = Fedora(self.dir / "tree")
        self.helpers = self.dir / "helpers"
        self.helpers.mkdir()
        for path in (world.PROGRAM.parent / "helpers").iterdir():
            if path.name != "domuimg-libvirt":
                (self.helpers / path.name).symlink_to(path)
        helper = self.helpers / "domuimg-libvirt"
        helper.write_text(HELPER)
        helper.chmod(0o755)
        (self.helpers / "disk").write_text(str(self.out / "t.img"))
        (self.helpers / "reason").write_text("poweroff")
        self.environment["DOMUIMG_LIBEXEC_DIR"] = str(self.helpers)
        self.environment["PATH"] = f"{world.PROGRAM.parent}:{self.environment['PATH']}"

    def create(self, *more):
        return self.run_program([str(world.PROGRAM), "create", "t", "--progress", "none", "--from",
                                 f"tree:{self.tree.dir}", "--dir", str(self.out), *REPO, *more])

    def run_guest(self, *more):
        return self.run_program([str(world.PROGRAM), "run", str(self.out / "t.cfg"), "--backend", "libvirt", *more])

    def started(self):
        """Whether each start was one to its end, and of a kernel outside of the disk."""
        path = self.helpers / "started"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def install(self):
        """What the installer leaves on the disk: a filesystem with a root that has no init."""
        root = guest.write_tar(self.dir / "root.tar", without="sbin/init")
        made = self.run_program(self.command(f"tar:{root}", "--disk", "size=64M", name="other"))
        self.assertEqual(made.returncode, 0, made.stderr)
        (self.out / "other.img").rename(self.helpers / "installed")

    def test_one_that_is_not_installed_is_not_started(self):
        self.assertEqual(self.create().returncode, 0)
        self.assert_one_line(self.run_guest(), "t-install.cfg", "--install")
        self.assertEqual(self.started(), [])

    def test_an_installer_that_leaves_nothing(self):
        self.assertEqual(self.create().returncode, 0)
        self.assert_one_line(self.run_guest("--install"), "t-install.cfg", "still empty")
        self.assertEqual(self.started(), [[True, True]])

    def test_an_installer_that_crashes(self):
        self.install()
        self.assertEqual(self.create().returncode, 0)
        (self.helpers / "reason").write_text("crash")
        self.assert_one_line(self.run_guest("--install"), "did not end by itself (crash)")
        self.assertEqual(self.started(), [[True, True]])

    def test_what_will_not_boot_is_told(self):
        self.install()
        self.assertEqual(self.create().returncode, 0)
        done = self.run_guest("--install")
        self.assertEqual(done.returncode, 1)
        self.assertIn("will not boot", done.stderr)
        self.assertEqual(self.started(), [[True, True]])
        self.assertEqual(json.loads((self.out / "t.json").read_text())["verdict"], "fails")
        self.assertEqual(self.journals(), [])

    def test_it_is_started_by_its_own_configuration(self):
        self.install()
        self.assertEqual(self.create().returncode, 0)
        done = self.run_guest("--install", "--no-check")
        self.assertEqual((done.returncode, done.stdout), (0, "t runs as domain 7\n"), done.stderr)
        self.assertEqual(self.started(), [[True, True], [False, False]])
        # What is installed is not installed again.
        self.assertEqual(self.run_guest("--install", "--no-check").returncode, 0)
        self.assertEqual(self.started()[2:], [[False, False]])

    def test_create_starts_what_it_makes(self):
        self.install()
        done = self.create("--start", "--connect", "test:///default")
        self.assertEqual(self.started(), [[True, True]], done.stderr)
        self.assertIn("will not boot", done.stderr)
        self.assertTrue((self.out / "t.cfg").exists())

    @unittest.skipIf(world.pathlib.Path("/proc/xen/capabilities").exists(), "this is a Xen host")
    def test_nothing_is_made_where_nothing_can_be_started(self):
        self.assert_one_line(self.create("--start"), "not a Xen host")
        self.assert_nothing_left()
