# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel finds, adds and removes names in a large directory by the index that it comes with."""
import os
import subprocess
import tarfile

import archives
import compare
import guest
import world

COUNT = 100_000


def name_of(number):
    return f"{number}-{'äöü漢'[number % 4] * (number % 9)}"


def write_tar(path):
    guest.write_tar(path)
    with tarfile.open(path, "a", format=tarfile.GNU_FORMAT) as tar:
        archives.add_directory(tar, "many")
        for number in range(COUNT):
            archives.add_file(tar, f"many/{name_of(number)}", b"")
    return path


@world.need_root()
@world.need_program("mke2fs", "e2fsck", "debugfs")
class DirectoryIndex(world.Case):
    def assert_clean(self, image):
        checked = subprocess.run(["e2fsck", "-fn", image], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def assert_indexed(self, image):
        dump = subprocess.run(["debugfs", "-R", "htree_dump /many", image], capture_output=True,
                              text=True, errors="replace")
        self.assertIn("Indirect levels: 1", dump.stdout)

    def test_100000_names(self):
        image = self.create(f"tar:{write_tar(self.dir / 'root.tar')}")
        self.assert_clean(image)
        self.assert_indexed(image)
        with compare.mounted(image, "rw") as root:
            many = root / "many"
            for number in range(COUNT):
                os.lstat(many / name_of(number))
            for number in range(5000):
                (many / f"new-{name_of(number)}").touch(exist_ok=False)
            for number in range(COUNT):
                os.unlink(many / name_of(number))
            self.assertEqual(len(os.listdir(many)), 5000)
        self.assert_clean(image)
