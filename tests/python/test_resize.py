# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks of a guest that get another size."""

import unittest

import domuimg
import made

MIB = 1 << 20


class Resize(made.Case):
    settings = {"disk": "size=64M"}

    def test_larger_and_smaller(self):
        done = domuimg.resize("web1", "128M", dir=self.out)
        self.assertEqual((done.old_size, done.new_size), (64 * MIB, 128 * MIB))
        self.assertEqual((self.out / "web1.img").stat().st_size, 128 * MIB)
        self.assertIn("resized xvda", str(done))
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.resize(self.out / "web1.json", "64M")
        done = domuimg.resize(self.out / "web1.json", "64M", shrink=True, dry_run=True)
        self.assertFalse(done.details["done"])
        domuimg.resize(self.out / "web1.json", "64M", shrink=True)
        self.assertEqual((self.out / "web1.img").stat().st_size, 64 * MIB)

    def test_cancelled(self):
        cancellable = domuimg.Cancellable()
        cancellable.cancel()
        with self.assertRaises(domuimg.Cancelled):
            domuimg.resize("web1", "128M", dir=self.out, cancellable=cancellable)
        self.assertEqual((self.out / "web1.img").stat().st_size, 64 * MIB)


if __name__ == "__main__":
    unittest.main()
