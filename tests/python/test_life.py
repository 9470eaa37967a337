# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest after it was made: shown, and given another name."""

import json
import os
import pathlib
import tempfile
import unittest

import domuimg
import guest


class Life(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name).resolve()
        self.out = self.dir / "out"
        self.root = guest.write_tar(self.dir / "root.tar")
        self.kernel = guest.write_kernel(self.dir / "vmlinuz")

    def make(self, name="web1", **more):
        settings = {"disk": "size=64M", **more}
        return domuimg.create(name, source=f"tar:{self.root}", kernel=f"file:{self.kernel}", type="pv",
                              dir=self.out, **settings)

    def files(self):
        return {path.name: path.read_bytes() for path in self.out.iterdir()}


class Shown(Life):
    def test_what_it_is(self):
        made = self.make()
        shown = domuimg.show("web1", dir=self.out)
        self.assertEqual((shown.name, shown.manifest_path), ("web1", made.manifest_path))
        image = os.stat(made.image_path)
        self.assertEqual(shown.disk_usage, image.st_blocks * 512)
        now = shown.details["now"]
        self.assertEqual(now["disk_usage"], shown.disk_usage)
        self.assertEqual({file["role"]: (file["path"], file["mode"]) for file in now["files"]}, {
            "disk": (made.image_path, "0600"), "kernel": (made.kernel_path, "0644"),
            "xl.cfg": (made.config_path, "0644"), "libvirt": (made.xml_path, "0644"),
            "manifest": (made.manifest_path, "0644")})
        self.assertEqual(shown.details["spec"]["disk"], ["size=64M"])
        self.assertIn("disk=size=64M", str(shown))
        self.assertEqual(shown.details["directory"], os.getcwd())
        self.assertRegex(shown.details["made"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_by_its_configuration_and_manifest(self):
        made = self.make()
        os.unlink(made.kernel_path)
        for path in made.config_path, made.manifest_path:
            shown = domuimg.show(path)
            self.assertEqual(shown.name, "web1")
            self.assertIn(f"{made.kernel_path} (missing)", str(shown))

    def test_no_hypervisor_is_no_state(self):
        self.make()
        shown = domuimg.show("web1", dir=self.out, connect="nonsense:///")
        self.assertEqual((shown.state, shown.details["now"]["domid"]), ("unknown", -1))
        self.assertTrue(shown.details["now"]["state_unknown_because"])

    def test_none(self):
        with self.assertRaisesRegex(domuimg.NotFound, "absent"):
            domuimg.show("absent", dir=self.dir)


class Renamed(Life):
    def test_every_file_and_what_they_say(self):
        self.make(disk=["size=64M", "size=32M,mount=/data"])
        before = self.files()
        done = domuimg.rename("web1", "www", dir=self.out)
        self.assertIn(f"renamed {self.out}/web1.img to {self.out}/www.img", done)
        after = self.files()
        self.assertEqual({name.replace("web1", "www") for name in before}, set(after))
        for name in ".img", "-xvdb.img", ".vmlinuz":
            self.assertEqual(before["web1" + name], after["www" + name])
        for name in ".cfg", ".xml":
            self.assertEqual(before["web1" + name].replace(b"web1", b"www"), after["www" + name])
        manifest = json.loads(after["www.json"])
        self.assertEqual(manifest["spec"].pop("hostname"), "web1")
        self.assertEqual(json.dumps(json.loads(before["web1.json"])).replace("web1", "www"),
                         json.dumps(manifest))
        self.assertEqual(domuimg.check(self.out / "www.cfg").verdict, "unknown")

    def test_a_disk_of_its_own_keeps_its_name(self):
        path = self.out / "web1-data.img"
        self.make(disk=["size=64M", f"size=32M,mount=/data,path={path}"])
        done = domuimg.rename("web1", "www", dir=self.out)
        self.assertIn(f"{path} keeps its name", done)
        self.assertTrue(path.exists())
        self.assertIn(str(path), (self.out / "www.cfg").read_text())

    def test_only_said(self):
        self.make()
        before = self.files()
        self.assertIn(f"would rename {self.out}/web1.img to {self.out}/www.img",
                      domuimg.rename("web1", "www", dir=self.out, dry_run=True))
        self.assertEqual(before, self.files())

    def test_refused(self):
        self.make()
        self.make("www")
        before = self.files()
        with self.assertRaises(domuimg.Exists):
            domuimg.rename("web1", "www", dir=self.out)
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.rename("web1", "a/b", dir=self.out)
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.rename("web1", "web1", dir=self.out)
        with open(self.out / "web1.img", "r+b"), self.assertRaises(domuimg.Busy):
            domuimg.rename("web1", "new", dir=self.out)
        cancellable = domuimg.Cancellable()
        cancellable.cancel()
        with self.assertRaises(domuimg.Cancelled):
            domuimg.rename("web1", "new", dir=self.out, cancellable=cancellable)
        self.assertEqual(before, self.files())

    def test_a_running_one(self):
        self.make("test")
        with self.assertRaisesRegex((domuimg.Busy, domuimg.NotSupported), "running|without libvirt"):
            domuimg.rename("test", "new", dir=self.out, connect="test:///default")
        self.assertTrue((self.out / "test.cfg").exists())


if __name__ == "__main__":
    unittest.main()
