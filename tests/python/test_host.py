# SPDX-License-Identifier: LGPL-2.1-or-later
"""`doctor`, `run`, `list_guests` and `delete`, on a machine that may be no Xen host."""

import json
import unittest

import domuimg
import made


class Host(made.Case):
    def test_doctor_says_why(self):
        host = domuimg.doctor()
        self.assertGreater(len(host.findings), 30)
        self.assertTrue(all(finding.purpose for finding in host.findings))
        mke2fs = next(one for one in host.findings if one.id == "program-mke2fs")
        self.assertFalse(mke2fs.fault)
        self.assertIn("mke2fs", str(host))

    def test_an_absent_guest_is_not_found(self):
        with self.assertRaises(domuimg.NotFound):
            domuimg.run("absent")
        with self.assertRaises(domuimg.NotFound):
            domuimg.delete("absent")

    def test_a_guest_that_will_not_boot_is_refused(self):
        (self.dir / "out" / "web1.vmlinuz").unlink()
        with self.assertRaises(domuimg.NotBootable):
            domuimg.run(self.config)

    def test_no_backend_of_that_name(self):
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.list_guests(backend="virtualbox")

    def test_a_plan_of_what_would_go(self):
        before = sorted((self.dir / "out").iterdir())
        lines = domuimg.plan_delete(self.config)
        self.assertIn(f"would remove {self.config}", lines)
        self.assertIn(f"{self.dir / 'out' / 'web1.img'} stays", lines)
        self.assertIn(f"would remove {self.dir / 'out' / 'web1.img'}", domuimg.plan_delete(self.config, disks=True))
        self.assertEqual(sorted((self.dir / "out").iterdir()), before)

    @unittest.skipIf(domuimg.doctor().xen, "a guest of that name may run here")
    def test_delete_leaves_the_disk_unless_asked(self):
        lines = domuimg.delete(self.config)
        self.assertIn(f"removed {self.config}", lines)
        self.assertEqual(sorted(path.name for path in (self.dir / "out").iterdir()),
                         ["web1.img", "web1.json", "web1.vmlinuz"])

    @unittest.skipIf(domuimg.doctor().xen, "a guest of that name may run here")
    def test_delete_takes_what_the_manifest_names(self):
        domuimg.delete(self.config, disks=True)
        self.assertEqual(list((self.dir / "out").iterdir()), [])

    def test_without_a_manifest_no_disk_goes(self):
        manifest = self.dir / "out" / "web1.json"
        details = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**details, "config": "/elsewhere/web1.cfg"}))
        with self.assertRaises(domuimg.NotFound):
            domuimg.delete(self.config, disks=True)
        self.assertTrue(self.config.exists() and (self.dir / "out" / "web1.img").exists())


if __name__ == "__main__":
    unittest.main()
