# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same input and SOURCE_DATE_EPOCH give the same bytes."""
import io
import random
import tarfile

import guest
import world

EPOCH = "1700000000"


def write_tar(path):
    chance = random.Random(1)
    guest.write_tar(path)
    with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as tar:
        for number in range(3000):
            data = chance.randbytes(chance.randrange(20000))
            file = tarfile.TarInfo(f"var/{number}")
            file.size = len(data)
            file.mtime = 1e9 + number / 7
            tar.addfile(file, io.BytesIO(data))
    return path


class Reproducible(world.Case):
    def setUp(self):
        super().setUp()
        self.environment["SOURCE_DATE_EPOCH"] = EPOCH
        self.archive = write_tar(self.dir / "root.tar")

    def builds(self, *more):
        images = []
        for number in ("1", "2"):
            self.out = self.dir / f"out{number}"
            done = self.run_program(self.command(f"tar:{self.archive}", *more))
            self.assertEqual(done.returncode, 0, done.stderr)
            images.append((self.out / "t.img").read_bytes())
        return images

    def test_image_as_it_comes(self):
        first, second = self.builds("--no-customise")
        self.assertTrue(first == second, "the images differ")

    def test_customised_image(self):
        first, second = self.builds("--hostname", "same", "--nic", "mac=00:16:3e:01:02:03")
        self.assertTrue(first == second, "the images differ")
