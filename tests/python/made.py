# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of guests that are there already start from."""

import pathlib
import tempfile
import unittest

import domuimg
import guest


class Inputs(unittest.TestCase):
    """What the smallest guest that there is is made of, in a directory of the test's own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name)
        self.out = self.dir / "out"
        self.root = guest.write_tar(self.dir / "root.tar")
        self.kernel = guest.write_kernel(self.dir / "vmlinuz")


class Case(Inputs):
    """One such guest."""

    name = "web1"
    settings: dict = {}

    def setUp(self):
        super().setUp()
        self.result = domuimg.create(self.name, source=f"tar:{self.root}", kernel=f"file:{self.kernel}",
                                     type="pv", dir=self.out, **self.settings)
        self.config = self.out / f"{self.name}.cfg"
