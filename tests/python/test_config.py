# SPDX-License-Identifier: LGPL-2.1-or-later
"""Configurations are shown, converted and changed."""

import pathlib
import shutil
import tempfile
import unittest

import domuimg

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "config"


class Configurations(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name)

    def copy(self, name):
        return pathlib.Path(shutil.copy(FIXTURES / name, self.dir))

    def test_every_format_is_shown(self):
        for name in "pv-devices.cfg", "xend-pv.cfg", "xen-4.xml":
            with self.subTest(name):
                self.assertEqual(domuimg.config_show(FIXTURES / name)["type"], "pv")
        self.assertEqual(
            domuimg.config_show(FIXTURES / "hvm-display.cfg")["graphics"]["password"], "***"
        )

    def test_a_conversion_tells_what_is_lost(self):
        target = self.dir / "guest.xml"
        warnings = domuimg.config_convert(FIXTURES / "pv-devices.cfg", target)
        self.assertTrue(any("vtpm" in warning for warning in warnings))
        self.assertEqual(domuimg.config_show(target)["name"], "pv-devices")
        with self.assertRaises(domuimg.Exists):
            domuimg.config_convert(FIXTURES / "pv-devices.cfg", target)
        domuimg.config_convert(FIXTURES / "pv-devices.cfg", target, force=True, format="xl")
        self.assertIn('name = "pv-devices"', target.read_text())

    def test_settings_are_changed_all_or_none(self):
        path = self.copy("carried.cfg")
        before = path.read_text()
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.config_set(path, {"memory": 128, "memroy": 1})
        self.assertIn("memory: 64 → 128", domuimg.config_set(path, {"memory": 128}, dry_run=True))
        self.assertEqual(path.read_text(), before)
        domuimg.config_set(path, {"memory": 128, "irqs": None})
        self.assertEqual(
            path.read_text(),
            before.replace("memory = 64", "memory = 128").replace("irqs = [ 3, 0x10 ]\n", ""),
        )

    def test_errors_are_exceptions(self):
        with self.assertRaises(domuimg.NotFound):
            domuimg.config_show("no-such-guest-anywhere")
        broken = self.dir / "broken.cfg"
        broken.write_text("memory = [\n")
        with self.assertRaisesRegex(domuimg.CorruptInput, r"broken\.cfg:2:1"):
            domuimg.config_show(broken)


if __name__ == "__main__":
    unittest.main()
