# SPDX-License-Identifier: LGPL-2.1-or-later
"""Settings reach the library, and mistakes in them are exceptions."""

import unittest

import domuimg
import made


class Plans(made.Inputs):
    def setUp(self):
        super().setUp()
        self.settings = {
            "source": f"tar:{self.root}",
            "kernel": f"file:{self.kernel}",
            "dir": self.out,
        }

    def test_a_plan_touches_nothing(self):
        before = sorted(self.dir.iterdir())
        plan = domuimg.plan("web1", **self.settings)
        self.assertIn("web1", str(plan))
        self.assertIsInstance(plan.details, dict)
        self.assertEqual(sorted(self.dir.iterdir()), before)

    def test_unknown_keywords_are_type_errors(self):
        for keyword in ("bogus", "from", "ssh-key"):
            with self.assertRaisesRegex(TypeError, keyword):
                domuimg.plan("web1", **{keyword: "x"})

    def test_kinds_are_checked(self):
        with self.assertRaisesRegex(TypeError, "hostname: takes one value"):
            domuimg.plan("web1", hostname=["a", "b"])
        with self.assertRaisesRegex(TypeError, "package: expected text"):
            domuimg.plan("web1", package=[1.5])

    def test_bad_values_are_invalid_arguments(self):
        for settings in ({"memory": "much"}, {"uuid": "x"}, {"force": "perhaps"}):
            with self.subTest(settings), self.assertRaises(domuimg.InvalidArgument):
                domuimg.plan("web1", **(self.settings | settings))
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.plan("a/b", **self.settings)

    def test_values_of_all_kinds(self):
        plan = domuimg.plan(
            "web1", memory=600, force=True, hostname=None, config="a=1", **self.settings
        )
        self.assertIn("600", str(plan))

    def test_settings_come_on_top_of_a_file(self):
        spec = self.dir / "web1.domu"
        spec.write_text("[domu]\nname=from-file\nmemory=700\n")
        plan = domuimg.plan(spec_file=spec, memory=800, **self.settings)
        self.assertIn("from-file", str(plan))
        self.assertIn("800", str(plan))
        self.assertNotIn("700", str(plan))

    def test_a_missing_file_is_not_found(self):
        with self.assertRaises(domuimg.NotFound):
            domuimg.plan("web1", spec_file=self.dir / "none.domu")


if __name__ == "__main__":
    unittest.main()
