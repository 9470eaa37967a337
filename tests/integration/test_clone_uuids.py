# SPDX-License-Identifier: LGPL-2.1-or-later
"""Filesystems of clones and of golden images with UUIDs of their own."""
import json
import re
import subprocess
import tarfile
import uuid

import archives
import compare
import world

OLD = "01234567-89ab-4cde-8f01-23456789abcd"
FILES = {
    "etc/hostname": "gold\n",
    "etc/initramfs-tools/conf.d/resume": f"RESUME=UUID={OLD}\n",
    "boot/grub/grub.cfg": f"search --fs-uuid --set=root {OLD.upper()}\nlinux /vmlinuz root=UUID={OLD} ro\n",
    "boot/loader/entries/a.conf": f"options root=UUID={OLD} ro\n",
    "etc/notes": f"{OLD} stays where nobody looks for it\n",
}


@world.need_root()
@world.need_program("qemu-img", "e2fsck", "tune2fs", "blkid")
class Uuids(world.Case):
    def setUp(self):
        super().setUp()
        archives.plain(self.dir / "root.tar")
        with tarfile.open(self.dir / "root.tar", "a") as tar:
            for name, text in FILES.items():
                archives.add_file(tar, name, text.encode())

    def make(self, *more):
        """A guest whose root has the UUID that its files name."""
        image = self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M", "--disk", "size=16M,fs=swap", *more,
                            name="gold")
        was = self.uuid(image)
        subprocess.run(["tune2fs", "-f", "-U", OLD, str(image)], check=True, capture_output=True)
        config = self.out / "gold.cfg"
        config.write_text(re.sub('cmdline = ".*"', f'cmdline = "root=UUID={OLD} ro"', config.read_text()))
        with compare.mounted(image, "rw") as root:
            (root / "etc/fstab").write_text(f"UUID={OLD} / ext4 defaults 0 1\n"
                                            f"UUID={self.uuid(self.out / 'gold-xvdb.img')} none swap sw 0 0\n")
        self.assertNotEqual(was, OLD)
        return image

    @staticmethod
    def uuid(image):
        return subprocess.run(["blkid", "-p", "-o", "value", "-s", "UUID", str(image)], check=True,
                              capture_output=True, text=True).stdout.strip()

    def run_verb(self, *words):
        return self.run_program([str(world.PROGRAM), *map(str, words)])

    def flat(self, disk):
        path = self.dir / "flat"
        subprocess.run(["qemu-img", "convert", "-O", "raw", str(disk), str(path)], check=True)
        return path

    def judge(self, image, swap):
        flat = self.flat(swap)
        swap_uuid = self.uuid(flat)
        flat = self.flat(image)
        subprocess.run(["e2fsck", "-fn", str(flat)], check=True, capture_output=True)
        new = self.uuid(flat)
        self.assertNotIn(new, (OLD, ""))
        with compare.mounted(flat) as root:
            found = {name: (root / name).read_text() for name in FILES}
            fstab = (root / "etc/fstab").read_text()
        for name, text in FILES.items():
            if name not in ("etc/notes", "etc/hostname"):
                self.assertEqual(found[name].lower(), text.lower().replace(OLD, new), name)
        self.assertEqual(found["etc/notes"], FILES["etc/notes"])
        self.assertEqual(fstab, f"UUID={new} / ext4 defaults 0 1\nUUID={swap_uuid} none swap sw 0 0\n")
        return new, swap_uuid

    def clone(self, name, *more, identity="filesystem-uuid"):
        return self.run_verb("clone", "gold", name, "--source-dir", self.out, "--dir", self.out, "--identity",
                             identity, "--allow-unbootable", "--progress", "none", *more)

    def judge_clones(self):
        seen = {OLD, self.uuid(self.out / "gold-xvdb.img")}
        for name in ("overlay", "sparse"):
            with self.subTest(name):
                done = self.clone(name, "--copy", name, "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                made, = json.loads(done.stdout)["clones"]
                new = self.judge(*made["disks"])
                self.assertFalse(seen & set(new))
                seen |= set(new)
                config = (self.out / f"{name}.cfg").read_text()
                self.assertIn(f"root=UUID={new[0]} ro", config)
                self.assertNotIn(OLD, config + (self.out / f"{name}.xml").read_text())
                # The verdict is one of filesystems by their new names.
                self.assertNotIn("does not exist in this guest", done.stdout)
                self.assertRegex(done.stdout, "resume has another UUID now, and the initramfs still the old one")
                self.assertEqual(self.uuid(self.out / "gold.img"), OLD)

    def test_clones(self):
        self.make()
        self.judge_clones()

    def test_clones_of_an_old_filesystem(self):
        """Its checksums of groups begin with the UUID itself."""
        image = self.make()
        subprocess.run(["tune2fs", "-O", "^metadata_csum,uninit_bg", str(image)], check=True, capture_output=True)
        subprocess.run(["e2fsck", "-fy", str(image)], check=False, capture_output=True)
        self.judge_clones()

    def test_golden_image(self):
        image = self.make()
        with compare.mounted(image, "rw") as root:
            (root / "etc/notes").unlink()
        other = self.dir / "other.qcow2"
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", str(image), str(other)], check=True)
        for golden in (image, other):
            with self.subTest(golden.suffix):
                done = self.run_verb("generalise", golden, "--identity", "filesystem-uuid")
                self.assertEqual(done.returncode, 0, done.stderr)
                content = golden.read_bytes()
                self.assertEqual([trace for trace in (OLD.encode(), OLD.upper().encode(), uuid.UUID(OLD).bytes)
                                  if trace in content], [])
                flat = self.flat(golden)
                subprocess.run(["e2fsck", "-fn", str(flat)], check=True, capture_output=True)
                with compare.mounted(flat) as root:
                    self.assertIn(f"UUID={self.uuid(flat)} / ext4", (root / "etc/fstab").read_text())

    @staticmethod
    def table(disk):
        """The disk's own UUID, and those of its partitions."""
        said = json.loads(subprocess.run(["sfdisk", "-J", disk], check=True, capture_output=True).stdout)["partitiontable"]
        return [said["id"].lower(), *(one.get("uuid", f"{said['id'].lower()[2:]}-{number:02}").lower()
                                      for number, one in enumerate(said["partitions"], 1))]

    @world.need_program("sfdisk", "sgdisk")
    def test_partitions(self):
        for layout in ("gpt", "mbr"):
            image = self.create(f"tar:{self.dir / 'root.tar'}", "--disk", f"size=128M,layout={layout}", "--force",
                                name="gold")
            old = self.table(image)
            config = self.out / "gold.cfg"
            config.write_text(re.sub('cmdline = ".*"', f'cmdline = "root=PARTUUID={old[-1]} ro"', config.read_text()))
            for how in ("overlay", "sparse"):
                with self.subTest(how, layout=layout):
                    name = f"{how}{layout}"
                    done = self.clone(name, "--copy", how, "--json", identity="partition-uuid")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertNotIn("does not exist in this guest", done.stdout)
                    flat = self.flat(json.loads(done.stdout)["clones"][0]["disks"][0])
                    new = self.table(flat)
                    self.assertFalse(set(new) & set(old))
                    self.assertEqual(len(set(new)), len(old))
                    self.assertIn(f"root=PARTUUID={new[-1]} ro", (self.out / f"{name}.cfg").read_text())
                    subprocess.run(["sfdisk", "--verify", str(flat)], check=True, capture_output=True)
                    if layout == "gpt":
                        said = subprocess.run(["sgdisk", "-v", str(flat)], check=True, capture_output=True, text=True).stdout
                        self.assertIn("No problems found", said)
                    self.assertEqual(self.table(image), old)
                self.run_verb("delete", self.out / f"{name}.cfg", "--disks", "--yes")

    def test_a_table_that_is_damaged(self):
        image = self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=128M,layout=gpt", name="gold")
        with image.open("r+b") as file:
            file.seek(-512, 2)
            file.write(bytes(512))
        before = world.snapshot(self.out)
        self.assert_one_line(self.clone("c", identity="partition-uuid"), "partition table", "damaged")
        self.assertEqual(world.snapshot(self.out), before)

    def test_what_its_own_loader_looks_for(self):
        self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=128M,layout=gpt", name="gold")
        config = self.out / "gold.cfg"
        config.write_text(re.sub("(?m)^(kernel|cmdline) = .*$", "", config.read_text()).replace('"pv"', '"hvm"'))
        before = world.snapshot(self.out)
        done = self.clone("c")
        self.assert_one_line(done, "boot loader", "filesystem-uuid")
        self.assertEqual(world.snapshot(self.out), before)
