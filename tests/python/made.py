# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of guests that are there already start from."""

import pathlib
import tempfile
import unittest

import domuimg
import guest


class Case(unittest.TestCase):
    """One guest, the smallest that there is, in a directory of the test's own."""

    name = "web1"
    settings: dict = {}

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name)
        self.out = self.dir / "out"
        root = guest.write_tar(self.dir / "root.tar")
        kernel = guest.write_kernel(self.dir / "vmlinuz")
        self.result = domuimg.create(self.name, source=f"tar:{root}", kernel=f"file:{kernel}",
                                     type="pv", dir=self.out, **self.settings)
        self.config = self.out / f"{self.name}.cfg"
