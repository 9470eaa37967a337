# SPDX-License-Identifier: LGPL-2.1-or-later
"""The image, mounted by the kernel, is what tar makes of the same archive."""
import contextlib
import pathlib
import subprocess
import tempfile
import unittest

import compare
import nasty
import world

ATTRIBUTES = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls"]
FORMATS = {
    "pax": ["--format=pax", "--sparse", *ATTRIBUTES],
    "pax_sparse_0_1": ["--format=pax", "--sparse", "--sparse-version=0.1", *ATTRIBUTES],
    "pax_sparse_0_0": ["--format=pax", "--sparse", "--sparse-version=0.0", *ATTRIBUTES],
    "gnu": ["--format=gnu", "--numeric-owner", "--sparse"],
    # Without --sparse five gigabytes of zeros would be in it.
    "oldgnu": ["--format=oldgnu", "--numeric-owner", "--exclude=./sparse"],
}
COMPRESSIONS = {
    "gzip": ["gzip", "-1"],
    "xz": ["xz", "-0"],
    "zstd": ["zstd", "-q", "-1"],
    "lz4": ["lz4", "-q", "-1"],
    "bzip2": ["bzip2", "-1"],
}


def pack(directory, archive, options):
    # A socket is left out, and said to be.
    subprocess.run(["tar", "-C", directory, "-cf", archive, *options, "."], check=True,
                   stderr=subprocess.DEVNULL)
    return archive


@world.need_root()
@world.need_program("tar", "mke2fs", "e2fsck", "setfacl", "setcap")
class ImageEqualsTar(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory(prefix="domuimg-it.")
        cls.addClassCleanup(cls.shared.cleanup)
        cls.base = pathlib.Path(cls.shared.name)
        image = compare.new_filesystem(cls.base / "source.img", 1 << 30)
        mount = contextlib.ExitStack()
        cls.addClassCleanup(mount.close)
        cls.source = mount.enter_context(compare.mounted(image, "rw"))
        (cls.source / "nasty").mkdir()
        nasty.make(cls.source / "nasty")
        cls.archives = {}

    def archive(self, name):
        if name not in self.archives:
            self.archives[name] = pack(self.source / "nasty", self.base / f"{name}.tar",
                                       FORMATS[name])
        return self.archives[name]

    def assert_same(self, image, archive):
        checked = subprocess.run(["e2fsck", "-fn", image], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        reference = compare.new_filesystem(self.dir / "reference.img", 2 << 30)
        with compare.mounted(reference, "rw") as wanted, compare.mounted(image) as found:
            subprocess.run(["tar", "-C", wanted, "-xpSf", archive, "--same-owner",
                            *ATTRIBUTES], check=True,
                           stderr=subprocess.DEVNULL)
            lines = compare.differences(compare.describe(wanted), compare.describe(found))
        if lines:
            self.fail("\n".join(lines[:40]))

    def test_files_stay_sparse(self):
        image = self.create(f"tar:{self.archive('pax')}")
        with compare.mounted(image) as found:
            for path, most in (("hole-in-the-middle", 2), ("hole-at-the-end", 2),
                               ("only-a-hole", 0), ("over-4-GiB", 2), ("many-holes", 202)):
                blocks = (found / "sparse" / path).stat().st_blocks // 8
                self.assertLessEqual(blocks, most, path)
        content = self.archive("pax").stat().st_size
        self.assertLess(image.stat().st_blocks * 512, content + 32 * 1048576)

    def test_access_lists_with_names(self):
        # GNU tar writes the names of those that it knows, whatever it is told.
        named = self.source / "named"
        named.mkdir()
        subprocess.run(["setfacl", "-m", "u:daemon:rwx,g:adm:r-x,d:g:adm:r-x", named], check=True)
        archive = pack(named, self.dir / "named.tar", FORMATS["pax"])
        self.assert_same(self.create(f"tar:{archive}"), archive)

    def test_a_directory_of_100000_entries(self):
        wide = self.source / "wide"
        wide.mkdir()
        nasty.make_wide(wide)
        archive = pack(wide, self.dir / "wide.tar", FORMATS["pax"])
        self.assert_same(self.create(f"tar:{archive}"), archive)


def add_tests():
    def format_test(name):
        def test(self):
            archive = self.archive(name)
            self.assert_same(self.create(f"tar:{archive}"), archive)
        return test

    def compression_test(command):
        def test(self):
            archive = self.archive("pax")
            packed = self.dir / "packed"
            with open(packed, "wb") as output:
                subprocess.run([*command, "-c", archive], stdout=output, check=True)
            self.assert_same(self.create(f"tar:{packed}"), archive)
        return test

    for name in FORMATS:
        setattr(ImageEqualsTar, f"test_format_{name}", format_test(name))
    for name, command in COMPRESSIONS.items():
        setattr(ImageEqualsTar, f"test_compression_{name}",
                world.need_program(command[0])(compression_test(command)))


add_tests()

if __name__ == "__main__":
    unittest.main()
