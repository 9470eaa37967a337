# SPDX-License-Identifier: LGPL-2.1-or-later
"""`check` and `fix`: what the library finds, and what is done about it."""

import pathlib
import tempfile
import unittest

import domuimg
import guest


class Checks(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name)
        root = guest.write_tar(self.dir / "root.tar")
        kernel = guest.write_kernel(self.dir / "vmlinuz")
        self.result = domuimg.create("web1", source=f"tar:{root}", kernel=f"file:{kernel}",
                                     type="pv", dir=self.dir / "out")
        self.config = self.dir / "out" / "web1.cfg"

    def ids(self, report):
        return [finding.id for finding in report.findings]

    def test_findings_have_everything(self):
        self.config.write_text(self.config.read_text() + "memorry = 7\n")
        report = domuimg.check(self.config, xen="4.17")
        finding = next(finding for finding in report.findings if finding.id == "config-unknown-key")
        self.assertEqual(finding.severity, "warning")
        self.assertIn("memorry", finding.message)
        self.assertIn("web1.cfg", finding.evidence)
        self.assertEqual(report.type, "pv")
        self.assertIn("verdict: ", str(report))

    def test_a_missing_kernel_fails(self):
        (self.dir / "out" / "web1.vmlinuz").unlink()
        report = domuimg.check(self.config)
        self.assertEqual(report.verdict, "fails")
        self.assertIn("kernel-missing", self.ids(report))

    def test_fix_says_what_was_done(self):
        text = self.config.read_text()
        self.config.write_text(text.replace("root=/dev/xvda", "root=/dev/sda1"))
        self.assertIn("root-device", self.ids(domuimg.check(self.config)))
        report, changes = domuimg.fix(self.config)
        self.assertNotIn("root-device", self.ids(report))
        self.assertTrue(any("root" in change for change in changes), changes)
        self.assertEqual(self.config.read_text(), text)

    def test_mistakes_are_exceptions(self):
        with self.assertRaises(domuimg.NotFound):
            domuimg.check(self.dir / "absent.cfg")
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.check(self.config, xen="new")
        with self.assertRaises(TypeError):
            domuimg.check()


if __name__ == "__main__":
    unittest.main()
