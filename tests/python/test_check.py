# SPDX-License-Identifier: LGPL-2.1-or-later
"""`check` and `fix`: what the library finds, and what is done about it."""

import unittest

import domuimg
import made
from domuimg._gi import Domuimg
from gi.repository import GLib


class Checks(made.Case):
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

    def test_xml_and_manifest_are_the_same_guest(self):
        first, *others = [domuimg.check(self.dir / "out" / f"web1.{end}")
                          for end in ("cfg", "xml", "json")]
        for other in others:
            self.assertEqual(first, other)

    def test_encrypted_disks_have_keys(self):
        key = self.dir / "key"
        key.write_text("correct battery")
        made = domuimg.create("web2", source=f"tar:{self.dir}/root.tar", kernel=f"file:{self.dir}/vmlinuz", type="pv",
                              dir=self.dir / "out", disk=f"size=64M,luks={key}", allow_unbootable=True)
        self.assertIn("root-unknown", self.ids(domuimg.check(made.config_path)))
        self.assertNotIn("root-unknown", self.ids(domuimg.check(made.config_path, luks_keys=[f"xvda:{key}"])))
        with self.assertRaises(domuimg.NotFound):
            domuimg.check(made.config_path, luks_keys=["/nonexistent/key"])

    def test_several_at_once(self):
        good, absent = domuimg.check_all([self.config, self.dir / "absent.cfg"])
        self.assertEqual(good.guest, str(self.config))
        self.assertIsNone(good.error)
        self.assertEqual(absent.verdict, "none")
        self.assertIn("absent.cfg", absent.error)

    def test_all_guests_of_this_host(self):
        self.assertIsInstance(domuimg.check_all(), list)

    def test_async(self):
        loop = GLib.MainLoop()
        done = []

        def ended(check, result):
            done.append(check.run_finish(result))
            loop.quit()

        Domuimg.Check.new_for_config(str(self.config)).run_async(None, ended)
        self.assertEqual(done, [])
        loop.run()
        self.assertEqual([one.get_id() for one in done[0].get_findings()],
                         self.ids(domuimg.check(self.config)))

    def test_async_of_several(self):
        loop = GLib.MainLoop()
        done = []

        def ended(_source, result):
            done.extend(Domuimg.Check.run_all_finish(result))
            loop.quit()

        checks = [Domuimg.Check.new_for_config(str(self.dir / name))
                  for name in ("out/web1.cfg", "absent.cfg")]
        Domuimg.Check.run_all_async(checks, None, ended)
        loop.run()
        self.assertEqual([Domuimg.verdict_to_string(one.get_verdict()) for one in done][1], "none")
        self.assertEqual([one.get_guest() for one in done],
                         [str(self.dir / name) for name in ("out/web1.cfg", "absent.cfg")])

    def test_async_fix(self):
        self.config.write_text(self.config.read_text().replace("root=/dev/xvda", "root=/dev/sda1"))
        loop = GLib.MainLoop()
        done = []

        def ended(check, result):
            done.append(check.fix_finish(result))
            loop.quit()

        Domuimg.Check.new_for_config(str(self.config)).fix_async(None, ended)
        loop.run()
        report, changes = done[0]
        self.assertNotIn("root-device", [one.get_id() for one in report.get_findings()])
        self.assertTrue(any("root" in change for change in changes), changes)

    def test_mistakes_are_exceptions(self):
        with self.assertRaises(domuimg.NotFound):
            domuimg.check(self.dir / "absent.cfg")
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.check(self.config, xen="new")
        with self.assertRaises(TypeError):
            domuimg.check()


if __name__ == "__main__":
    unittest.main()
