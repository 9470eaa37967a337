# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clones of a guest by Python, and a golden image."""

import json
import pathlib
import unittest

import domuimg
import made
from domuimg._gi import Domuimg, GLib


class Clone(made.Case):
    name = "gold"
    settings = {"disk": "size=64M"}

    def clone(self, *words, **settings):
        return domuimg.clone("gold", *words, source_dir=self.out, dir=self.out, **settings)

    def test_one(self):
        seen = []
        made, = self.clone("web1", memory=300, root_password="generate",
                           on_progress=lambda *event: seen.append(event))
        self.assertEqual(json.loads(pathlib.Path(made.manifest_path).read_text())["memory"], 300 << 20)
        self.assertGreater(len(made.root_password), 8)
        self.assertEqual(made.verdict, domuimg.check(made.config_path).verdict)
        self.assertNotIn(made.root_password, repr(made))
        self.assertIn((1.0, "Cloning web1"), seen)

    def test_many(self):
        made = self.clone("web%02d", count=3)
        self.assertEqual([one.name for one in made], ["web01", "web02", "web03"])
        self.assertEqual(len({one.uuid for one in made}), 3)
        table = self.dir / "hosts.csv"
        table.write_text("name,memory\nalpha,256M\nbeta,\n")
        self.assertEqual([one.name for one in self.clone(table=table)], ["alpha", "beta"])

    def test_errors(self):
        for kind, words, settings in (
                (domuimg.Exists, ["gold"], {"dir": self.out, "copy": "sparse", "identity": "none"}),
                (domuimg.InvalidArgument, ["a"], {"identity": "soul"}),
                (domuimg.InvalidArgument, ["a"], {"package": "vim"}),
                (domuimg.InvalidArgument, ["a"], {"count": 2}),
                (domuimg.NotSupported, ["a"], {"copy": "tape"})):
            with self.subTest(settings), self.assertRaises(
                    (kind, domuimg.InvalidArgument) if words == ["gold"] else kind):
                domuimg.clone(self.out / "gold.json", *words, **{"dir": self.out, **settings})
        cancellable = domuimg.Cancellable()
        cancellable.cancel()
        with self.assertRaises(domuimg.Cancelled):
            self.clone("a", cancellable=cancellable)
        self.assertFalse((self.out / "a.json").exists())

    def test_asynchronously(self):
        maker = Domuimg.Clone.new("gold", str(self.out))
        spec = Domuimg.Spec.new()
        spec.set("dir", str(self.out))
        maker.add_count(spec, "web%d", 2)
        loop, results = GLib.MainLoop.new(None, False), []

        def done(source, result):
            results.append(source.run_finish(result))
            loop.quit()

        maker.run_async(None, None, done)
        loop.run()
        self.assertEqual(results, [True])
        self.assertEqual(maker.list_manifests(), [f"{self.out}/web{n}.json" for n in (1, 2)])

    def test_a_golden_image(self):
        changes = domuimg.generalise(self.out / "gold.img")
        self.assertIn("changed /etc/hostname", changes)
        with self.assertRaises(domuimg.NotFound):
            domuimg.generalise(self.out / "none.img")


if __name__ == "__main__":
    unittest.main()
