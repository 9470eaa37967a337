# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks that grow and shrink, with what is on them, or stay as they were."""
import json
import subprocess
import unittest

import archives
import compare
import world

MIB = 1 << 20


def blocks_of(image):
    """Bytes of the filesystem, by its superblock."""
    listing = subprocess.run(["dumpe2fs", "-h", str(image)], check=True, capture_output=True,
                             text=True).stdout
    values = dict(line.split(":", 1) for line in listing.splitlines() if ":" in line)
    return int(values["Block count"]) * int(values["Block size"])


def judge_table(image):
    """The partitions of a table that its own tools find without fault."""
    subprocess.run(["sfdisk", "--verify", "-q", str(image)], check=True, capture_output=True)
    listing = subprocess.run(["sfdisk", "--json", str(image)], check=True, capture_output=True)
    table = json.loads(listing.stdout)["partitiontable"]
    if table["label"] == "gpt":
        said = subprocess.run(["sgdisk", "-v", str(image)], check=True, capture_output=True, text=True).stdout
        assert "No problems found" in said, said
    return table["partitions"]


def files_of(image):
    with compare.mounted(image) as root:
        return compare.describe(root)


@world.need_root()
@world.need_program("sfdisk", "sgdisk", "resize2fs", "e2fsck", "dumpe2fs")
class Resize(world.Case):
    def setUp(self):
        super().setUp()
        root = self.dir / "root.tar"
        archives.plain(root)
        self.image = self.create(f"tar:{root}", "--disk", "size=64M", "--disk",
                                 "size=32M,fs=swap", "--disk", "size=32M,mount=/srv")

    def resize(self, what, size, *more):
        return self.run_program([str(world.PROGRAM), "resize", what, size, "--dir", str(self.out),
                                 *more])

    def must_resize(self, what, size, *more):
        done = self.resize(what, size, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def judge(self, image, size):
        subprocess.run(["e2fsck", "-fn", str(image)], check=True, capture_output=True)
        self.assertEqual(image.stat().st_size, size)
        self.assertEqual(blocks_of(image), size)

    def size_in_manifest(self, number):
        return json.loads((self.out / "t.json").read_text())["disks"][number]["size"]

    def test_a_root_grows(self):
        before = files_of(self.image)
        mode = self.image.stat().st_mode
        self.assertEqual(self.must_resize("t", "200M").replace("\u00a0", " "),
                         "resized xvda of t from 64.0 MiB to 200.0 MiB\n")
        self.judge(self.image, 200 * MIB)
        self.assertEqual(files_of(self.image), before)
        self.assertEqual(self.image.stat().st_mode, mode)
        self.assertEqual(self.size_in_manifest(0), 200 * MIB)
        self.assertIn("has 200.0\u00a0MiB already", self.must_resize("t", "200M"))

    def test_so_much_more(self):
        said = json.loads(self.must_resize("t:xvdc", "+8M", "--json"))
        self.assertEqual((said["disk"], said["old_size"], said["new_size"], said["done"]),
                         ("xvdc", 32 * MIB, 40 * MIB, True))
        self.judge(self.out / "t-xvdc.img", 40 * MIB)
        self.assertEqual(self.size_in_manifest(2), 40 * MIB)

    def test_swap_keeps_its_uuid(self):
        image = self.out / "t-xvdb.img"
        tags = ["blkid", "-p", "-o", "value", "-s", "UUID", str(image)]
        before = subprocess.run(tags, check=True, capture_output=True).stdout
        self.must_resize("t:xvdb", "48M")
        self.assertEqual(subprocess.run(tags, check=True, capture_output=True).stdout, before)
        self.assertEqual(image.stat().st_size, 48 * MIB)

    def test_it_shrinks_only_when_asked_and_as_far_as_its_files_let_it(self):
        self.must_resize("t", "200M")
        before = files_of(self.image)
        refused = self.resize("t", "100M")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("--shrink", refused.stderr)
        self.must_resize("t", "100M", "--shrink")
        self.judge(self.image, 100 * MIB)
        self.assertEqual(files_of(self.image), before)
        content = self.image.read_bytes()
        refused = self.resize("t", "1M", "--shrink")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("cannot be made so small: what is on it needs", refused.stderr)
        self.assertEqual(self.image.read_bytes(), content)

    def test_a_dry_run_changes_nothing(self):
        said = self.must_resize("t", "+1G", "--dry-run")
        self.assertIn("would resize xvda of t", said)
        self.judge(self.image, 64 * MIB)
        self.assertEqual(self.size_in_manifest(0), 64 * MIB)

    def test_the_last_partition_grows_with_its_disk(self):
        for layout in ("gpt", "mbr"):
            image = self.create(f"tar:{self.dir / 'root.tar'}", "--layout", f"{layout},esp=no,bios=no",
                                "--disk", "size=64M", name=layout)
            before = judge_table(image)
            self.must_resize(layout, "150M")
            after = judge_table(image)
            self.assertEqual(image.stat().st_size, 150 * MIB)
            self.assertEqual([part["start"] for part in after], [part["start"] for part in before])
            self.assertEqual(after[:-1], before[:-1])
            start, size = after[-1]["start"] * 512, after[-1]["size"] * 512
            self.assertGreater(start + size, 148 * MIB)
            self.judge_part(image, after[-1])
            refused = self.resize(layout, "100M", "--shrink")
            self.assertIn("can only be made larger", refused.stderr)

    def raw_of(self, image):
        """What a guest sees of a qcow2 file that QEMU finds without fault."""
        subprocess.run(["qemu-img", "check", "-q", "-f", "qcow2", str(image)], check=True)
        raw = self.dir / "seen.img"
        subprocess.run(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", str(image), str(raw)], check=True)
        return raw

    @world.need_program("qemu-img", "qemu-storage-daemon")
    def test_a_qcow2_file_grows_and_shrinks(self):
        source = f"tar:{self.dir / 'root.tar'}"
        image = self.create(source, "--disk", "size=64M,format=qcow2", name="cow").with_suffix(".qcow2")
        before = files_of(self.raw_of(image))
        for size, more in ((200, ()), (90, ("--shrink",))):
            self.must_resize("cow", f"{size}M", *more)
            raw = self.raw_of(image)
            self.judge(raw, size * MIB)
            self.assertEqual(files_of(raw), before)
            self.assertEqual(json.loads((self.out / "cow.json").read_text())["disks"][0]["size"], size * MIB)
        content = image.read_bytes()
        self.assertIn("cannot be made so small", self.resize("cow", "1M", "--shrink").stderr)
        self.assertEqual(image.read_bytes(), content)

    @world.need_program("qemu-img", "qemu-storage-daemon")
    def test_the_last_partition_of_a_qcow2_file_grows(self):
        source = f"tar:{self.dir / 'root.tar'}"
        image = self.create(source, "--layout", "gpt,esp=no,bios=no", "--disk", "size=64M,format=qcow2",
                            name="cow").with_suffix(".qcow2")
        allocated = image.stat().st_blocks * 512
        self.must_resize("cow", "1G")
        self.assertLess(image.stat().st_blocks * 512, allocated + 40 * MIB)
        raw = self.raw_of(image)
        part = judge_table(raw)[-1]
        self.assertGreater(part["size"] * 512, 1020 * MIB)
        self.judge_part(raw, part)

    def judge_part(self, image, entry):
        part = self.part_of(image, entry)
        subprocess.run(["e2fsck", "-fn", str(part)], check=True, capture_output=True)
        self.assertGreater(blocks_of(part), part.stat().st_size - MIB)

    @world.need_program("linux.uml", "mkfs.xfs", "xfs_repair", "mkfs.btrfs", "btrfs", "qemu-img", "qemu-storage-daemon")
    def test_xfs_and_btrfs_grow(self):
        source = f"tar:{self.dir / 'root.tar'}"
        judges = {"xfs": ["xfs_repair", "-n"], "btrfs": ["btrfs", "check", "--readonly"]}
        for fs, layout, kind in (("xfs", "none", "raw"), ("xfs", "gpt,esp=no,bios=no", "raw"),
                                 ("btrfs", "mbr,esp=no,bios=no", "raw"), ("btrfs", "none", "qcow2")):
            name = f"{fs}-{layout[:3]}-{kind}"
            with self.subTest(name):
                image = self.create(source, "--layout", layout, "--disk", f"size=400M,fs={fs}", name=name)
                if kind == "qcow2":
                    self.make_qcow2(name, image)
                self.must_resize(name, "1G")
                raw = self.raw_of(image) if kind == "qcow2" else image
                if layout != "none":
                    raw = self.part_of(raw, judge_table(raw)[-1])
                subprocess.run([*judges[fs], str(raw)], check=True, capture_output=True)
                self.assertGreater(self.bytes_of(fs, raw), 1000 * MIB)
                content = image.read_bytes()
                self.assertIn("made smaller" if layout == "none" else "larger",
                              self.resize(name, "500M", "--shrink").stderr)
                self.assertEqual(image.read_bytes(), content)

    def make_qcow2(self, name, image):
        """What `create` does not make with such a filesystem on it."""
        other = self.dir / "other.qcow2"
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", image, other], check=True)
        other.rename(image)
        path = self.out / f"{name}.json"
        manifest = json.loads(path.read_text())
        manifest["disks"][0]["format"] = "qcow2"
        path.write_text(json.dumps(manifest))

    def bytes_of(self, fs, image):
        """What its superblock says."""
        with open(image, "rb") as file:
            if fs == "btrfs":
                file.seek(65536 + 0x70)
                return int.from_bytes(file.read(8), "little")
            head = file.read(16)
            return int.from_bytes(head[4:8], "big") * int.from_bytes(head[8:16], "big")

    def part_of(self, image, entry):
        part = self.dir / "part.img"
        with open(image, "rb") as disk:
            disk.seek(entry["start"] * 512)
            part.write_bytes(disk.read(entry["size"] * 512))
        return part

    @world.need_program("qemu-img")
    def test_a_format_that_stays_as_it_is(self):
        self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M,format=vhd", name="hard")
        self.assertIn("(vhd) cannot be resized", self.resize("hard", "1G").stderr)
        image = self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M,format=qcow2",
                            name="cow").with_suffix(".qcow2")
        over = self.dir / "over.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "qcow2", over], check=True)
        over.rename(image)
        self.assertIn("backing file", self.resize("cow", "1G").stderr)

    def test_what_cannot_be_resized(self):
        for what, size, word in (("t:xvdz", "1G", "has no disk xvdz; it has xvda, xvdb or xvdc"),
                                 ("none", "1G", "no manifest"),
                                 ("t", "big", "is not a size"),
                                 ("t", "+", "is not a size")):
            refused = self.resize(what, size)
            self.assertIn(refused.returncode, (1, 2), what)
            self.assertIn(word, refused.stderr)
        with open(self.image, "r+b"):
            refused = self.resize("t", "1G")
        self.assertIn("is in use", refused.stderr)
        self.judge(self.image, 64 * MIB)

    def test_a_damaged_filesystem_stays_as_it_is(self):
        with open(self.image, "r+b") as file:
            file.seek(4096 * 2)
            file.write(b"\xff" * 4096 * 6)
        content = self.image.read_bytes()
        refused = self.resize("t", "1G")
        self.assertEqual(refused.returncode, 1)
        self.assertEqual(self.image.read_bytes(), content)
        self.assertEqual(sorted(path.name for path in self.out.iterdir() if path.name[0] == "."), [])


if __name__ == "__main__":
    unittest.main()
