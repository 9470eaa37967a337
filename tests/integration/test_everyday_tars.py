# SPDX-License-Identifier: LGPL-2.1-or-later
"""Archives as GNU tar makes them every day, with names that come twice and hard links in any order:
what tar -x makes of them is what the guest gets."""
import copy
import json
import os
import stat
import struct
import subprocess
import tarfile
import unittest

import archives
import compare
import guest
import world
from archives import add_directory, add_file, add_link

CHECKS = {"ext4": ["e2fsck", "-fn"], "xfs": ["xfs_repair", "-n"], "btrfs": ["btrfs", "check"]}
OPTIONS = {"ext4": "ro", "xfs": "ro,norecovery", "btrfs": "ro,subvol=@"}
MIB = 1 << 20


def append(archive, *steps):
    with tarfile.open(archive, "a") as tar:
        for step in steps:
            step(tar)
    return archive


def forget(entry):
    """What tar -x does not bring back: times of directories whose files come late, a symlink's mode."""
    if entry["kind"] in (stat.S_IFDIR, stat.S_IFLNK):
        del entry["mtime" if entry["kind"] == stat.S_IFDIR else "mode"]


def with_xattr(tar, name, value):
    entry = tarfile.TarInfo(name)
    entry.pax_headers = {"SCHILY.xattr.user.mark": value}
    tar.addfile(entry)


def changed_kinds(tar):
    """Each kind of file, and then another one of its name."""
    for number, first in enumerate((lambda name: add_file(tar, name, b"old" * 4000),
                                    lambda name: add_link(tar, name, "old" * 40, b"2"),
                                    lambda name: add_directory(tar, name),
                                    lambda name: with_xattr(tar, name, "x" * 3000))):
        for kind in "fslmd":
            name = f"var/{number}{kind}"
            if kind == "d" and number == 1:
                continue
            first(name)
            {"f": lambda n: add_file(tar, n, b"new" * 9000),
             "s": lambda n: add_link(tar, n, "new", b"2"),
             "l": lambda n: add_link(tar, n, "etc/passwd"),
             "m": lambda n: with_xattr(tar, n, "new"),
             "d": lambda n: add_directory(tar, n)}[kind](name)


def replaced_pair(tar):
    """A file of two names, of which one becomes another file; then the same, the other way."""
    for one, other, replaced in (("a", "b", "a"), ("c", "d", "d")):
        add_file(tar, f"var/{one}", b"both" * 5000)
        add_link(tar, f"var/{other}", f"var/{one}")
        add_file(tar, f"var/{replaced}", b"alone" * 5000)


@world.need_root()
@world.need_program("tar", "mke2fs", "e2fsck")
class EverydayTars(world.Case):
    def root(self):
        return guest.write_tar(self.dir / "root.tar")

    def make(self, archive, fs, *more):
        done = self.run_program([*self.command(f"tar:{archive}", "--no-customise", "--disk",
                                               f"fs={fs}", *more), "--json"])
        self.assertEqual(done.returncode, 0, done.stderr)
        image = self.out / "t.img"
        checked = subprocess.run([*CHECKS[fs], image], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        return image, "\n".join(json.loads(done.stdout)["warnings"])

    def assert_as_tar(self, archive, fs="ext4", *more):
        image, told = self.make(archive, fs, *more)
        reference = compare.new_filesystem(self.dir / "reference.img", 1 << 30)
        with compare.mounted(reference, "rw") as wanted, \
             compare.mounted(image, OPTIONS[fs]) as found:
            subprocess.run(["tar", "-C", wanted, "-xpSf", archive, "--numeric-owner", "--xattrs",
                            "--xattrs-include=*"], check=True)
            parts = compare.describe(wanted), compare.describe(found)
            for part in parts:
                for path in (b".", b"home"):
                    part.pop(path, None)
                for entry in part.values():
                    forget(entry)
            lines = compare.differences(*parts)
        if lines:
            self.fail("\n".join(lines[:40]))
        return told

    def test_a_name_twice(self):
        archive = append(self.root(), lambda tar: add_file(tar, "etc/passwd", b"new\n"))
        told = self.assert_as_tar(archive)
        self.assertIn("/etc/passwd", told)
        self.assertIn("the last", told)

    def test_strict_takes_no_name_twice(self):
        archive = append(self.root(), lambda tar: add_file(tar, "etc/passwd", b"new\n"))
        self.assert_one_line(self.run_program(self.command(f"tar:{archive}", "--strict")),
                             "--strict", "/etc/passwd")
        self.assert_nothing_left()

    def test_kinds_that_change(self):
        self.assert_as_tar(append(self.root(), changed_kinds))

    def test_a_pair_of_names_of_which_one_is_replaced(self):
        self.assert_as_tar(append(self.root(), replaced_pair))

    def test_overlapping_arguments(self):
        archive = self.root()
        files = self.dir / "files"
        files.mkdir()
        subprocess.run(["tar", "-C", files, "-xf", archive], check=True)
        (files / "etc" / "other").hardlink_to(files / "etc" / "passwd")
        subprocess.run(["tar", "-C", files, "-cf", archive, ".", "./etc", "./etc/passwd"], check=True)
        self.assertNotIn("more than once", self.assert_as_tar(archive))

    def test_a_hard_link_to_itself(self):
        archive = append(self.root(), lambda tar: add_link(tar, "etc/passwd", "./etc/passwd"))
        self.assert_as_tar(archive)

    def test_what_is_replaced_takes_no_room(self):
        content = os.urandom(20 * MIB)
        archive = append(self.root(), *[lambda tar: add_file(tar, "var/large", content)] * 4)
        self.assert_as_tar(archive, "ext4", "--disk", "size=48M")

    def test_a_pipe_whose_files_are_replaced(self):
        content = os.urandom(20 * MIB)
        archive = append(self.root(), *[lambda tar: add_file(tar, "var/large", content)] * 4)
        command = self.command("tar:-", "--no-customise", "--disk", "size=48M")
        with open(archive, "rb") as pipe:
            done = subprocess.run(command, env=self.environment, stdin=pipe, capture_output=True,
                                  text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        subprocess.run(["e2fsck", "-fn", self.out / "t.img"], check=True, capture_output=True)

    def early_links(self, fs):
        """Links of links before the file that all of them are."""
        archive = append(self.root(), lambda tar: add_link(tar, "var/third", "var/second"),
                         lambda tar: add_link(tar, "var/second", "var/first"),
                         lambda tar: add_link(tar, "var/not", "var/first"),
                         lambda tar: add_file(tar, "var/not", b"another"),
                         lambda tar: add_file(tar, "var/first", b"content"))
        image, _ = self.make(archive, fs)
        with compare.mounted(image, OPTIONS[fs]) as found:
            self.assertEqual((found / "var/not").read_bytes(), b"another")
            for name in ("first", "second", "third"):
                self.assertEqual((found / "var" / name).read_bytes(), b"content")
                self.assertEqual((found / "var" / name).stat().st_nlink, 3)

    def test_hard_links_before_their_target(self):
        self.early_links("ext4")

    @world.need_program("linux.uml", "mkfs.xfs", "xfs_repair")
    def test_xfs(self):
        self.early_links("xfs")
        for path in self.out.iterdir():
            path.unlink()
        self.assert_as_tar(append(self.root(), changed_kinds, replaced_pair), "xfs")

    @world.need_program("linux.uml", "mkfs.btrfs")
    def test_btrfs(self):
        self.assert_as_tar(append(self.root(), changed_kinds, replaced_pair), "btrfs")

    def test_names_twice_on_two_disks(self):
        archive = append(self.root(), replaced_pair, lambda tar: add_file(tar, "etc/passwd"),
                         lambda tar: add_link(tar, "var/early", "var/late"),
                         lambda tar: add_file(tar, "var/late"))
        self.make(archive, "ext4", "--disk", "size=64M", "--disk", "size=64M,mount=/var")
        subprocess.run(["e2fsck", "-fn", self.out / "t-xvdb.img"], check=True, capture_output=True)


@world.need_program("tar", "mke2fs", "e2fsck", "debugfs")
class WhatATarIs(world.Case):
    """A root below one directory, layers, and archives that are something else."""

    def pack(self, *prefixes, beside=(), name="root.tar"):
        plain = guest.write_tar(self.dir / "plain.tar")
        with tarfile.open(plain) as source, tarfile.open(self.dir / name, "w") as tar:
            for path in beside:
                add_file(tar, path)
            for prefix in prefixes:
                for entry in source:
                    content = source.extractfile(entry) if entry.isfile() else None
                    placed = copy.copy(entry)
                    placed.name = prefix + entry.name
                    tar.addfile(placed, content)
        return self.dir / name

    def make(self, source, *more, **settings):
        done = self.run_program([*self.command(source, "--no-customise", *more), "--json"],
                                **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        subprocess.run(["e2fsck", "-fn", self.out / "t.img"], check=True, capture_output=True)
        return "\n".join(json.loads(done.stdout)["warnings"])

    def read(self, command):
        return subprocess.run(["debugfs", "-R", command, self.out / "t.img"], capture_output=True,
                              text=True).stdout

    def test_a_root_below_directories(self):
        for prefix, beside in (("root.x86_64/", ["pkglist.x86_64.txt", "version"]),
                               ("rootfs/", ["metadata.yaml", "templates/hosts.tpl"]),
                               ("./centos7.1-base/", []),
                               ("backup/container/rootfs/",
                                ["backup/index.yaml", "backup/container/backup.yaml"])):
            with self.subTest(prefix=prefix):
                told = self.make(f"tar:{self.pack(prefix, beside=beside)}", "--force")
                self.assertIn(f"in {prefix.strip('./')} of", told)
                self.assertIn("root:x:0:0", self.read("cat /etc/passwd"))
                self.assertNotIn("version", self.read("ls /"))

    def test_hard_links_below_a_directory(self):
        archive = append(self.pack("rootfs/"),
                         lambda tar: add_link(tar, "rootfs/etc/again", "rootfs/etc/passwd"))
        self.make(f"tar:{archive}")
        self.assertIn("root:x:0:0", self.read("cat /etc/again"))

    def test_what_lies_beside_the_root_needs_no_room(self):
        archive = self.pack("rootfs/")
        append(archive, lambda tar: add_file(tar, "snapshot.bin", bytes(40 * MIB)))
        self.make(f"tar:{archive}", "--disk", "size=32M")

    def test_several_roots(self):
        archive = self.pack("one/rootfs/", "other/rootfs/")
        self.assert_one_line(self.run_program(self.command(f"tar:{archive}")), "one/rootfs",
                             "other/rootfs", "--root")
        self.assertNotIn("of the archive", self.make(f"tar:{archive}", "--root", "/other/rootfs"))

    def test_a_directory_that_is_not_in_the_archive(self):
        archive = self.pack("rootfs/")
        self.assert_one_line(self.run_program(self.command(f"tar:{archive}", "--root", "root")),
                             "root.tar", "root in it")

    def test_a_pipe_with_a_root_below_a_directory(self):
        archive = self.pack("rootfs/")
        with open(archive, "rb") as pipe:
            done = subprocess.run(self.command("tar:-"), env=self.environment, stdin=pipe,
                                  capture_output=True, text=True)
        self.assert_one_line(done, "rootfs", "--root rootfs")
        self.assert_nothing_left()
        with open(archive, "rb") as pipe:
            done = subprocess.run(self.command("tar:-", "--root", "rootfs"), env=self.environment,
                                  stdin=pipe, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_archives_that_are_no_roots(self):
        for names, parts in (
                (["abc/layer.tar", "abc/json", "manifest.json", "repositories"],
                 ["docker save", "--from oci:"]),
                (["blobs/sha256/abc", "index.json", "manifest.json", "oci-layout"],
                 ["OCI", "--from oci:"]),
                (["blobs/sha256/abc", "index.json", "oci-layout"], ["OCI"]),
                (["box.ovf", "disk.vmdk", "metadata.json"], ["box.ovf", "disk:"]),
                (["metadata.json", "Vagrantfile", "box.img"], ["Vagrant", "box.img"]),
                (["disk.raw"], ["disk.raw", "disk:"]),
                (["metadata.yaml", "rootfs.squashfs"], ["rootfs.squashfs", "unsquashfs"])):
            with self.subTest(names=names):
                archive = self.pack(beside=names)
                self.assert_one_line(self.run_program(self.command(f"tar:{archive}")), "root.tar",
                                     *parts)
                self.assert_nothing_left()

    def test_whiteouts(self):
        archive = self.pack("", beside=["etc/.wh.motd", "var/.wh..wh.opq", ".wh..wh.aufs",
                                        ".wh..wh.plnk/12.34", "var/lib/docker/aufs/x/.wh.y"])
        def mark(tar):
            entry = tarfile.TarInfo("etc/gone")
            entry.type = tarfile.CHRTYPE
            tar.addfile(entry)
        told = self.make(f"tar:{append(archive, mark)}")
        self.assertIn("layer of a container image", told)
        self.assertIn(": 5 of its files", told)
        self.assertNotIn(".wh.", self.read("ls /etc") + self.read("ls /var") + self.read("ls /"))
        self.assertNotIn("gone", self.read("ls /etc"))
        self.assertIn(".wh.y", self.read("ls /var/lib/docker/aufs/x"))


def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


@world.need_root()
@world.need_program("tar", "mke2fs", "e2fsck", "setfacl", "getfacl")
class ShiftedOwners(world.Case):
    """Roots of unprivileged containers, whose users begin at some number."""
    BASE = 165536
    NONE = 0xffffffff

    def setUp(self):
        super().setUp()
        image = compare.new_filesystem(self.dir / "source.img", 1 << 30)
        mount = compare.mounted(image, "rw")
        self.source = mount.__enter__()
        self.addCleanup(mount.__exit__, None, None, None)
        subprocess.run(["tar", "-C", self.source, "-xf", guest.write_tar(self.dir / "plain.tar")],
                       check=True)
        (self.source / "lost+found").rmdir()
        for path in [self.source, *self.source.rglob("*")]:
            os.chown(path, self.BASE, self.BASE, follow_symlinks=False)
        os.chown(self.source / "var", self.BASE + 33, self.BASE + 65534)
        capability = struct.pack("<IIIII", 0x03000001, 1 << 13, 0, 0, 0)
        # A process that is not in the namespace may only write what is for it.
        os.setxattr(self.source / "bin/sh", "security.capability",
                    capability + struct.pack("<I", self.BASE))
        named = acl((1, 7, self.NONE), (2, 5, self.BASE + 7), (4, 5, self.NONE),
                    (8, 4, self.BASE + 8), (16, 5, self.NONE), (32, 5, self.NONE))
        for name in ("access", "default"):
            os.setxattr(self.source / "tmp", f"system.posix_acl_{name}", named)

    def archive(self):
        path = self.dir / "root.tar"
        subprocess.run(["tar", "-C", self.source, "-cf", path, "--format=pax", "--numeric-owner",
                        "--xattrs", "--xattrs-include=*", "--acls", "."], check=True)
        return path

    def assert_shifted(self, *command, **settings):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("owner", done.stderr)
        image = self.out / "t.img"
        subprocess.run(["e2fsck", "-fn", image], check=True, capture_output=True)
        with compare.mounted(image) as found:
            self.assertEqual({path.lstat().st_uid for path in found.rglob("*")}, {0, 33})
            self.assertEqual({path.lstat().st_gid for path in found.rglob("*")}, {0, 65534})
            self.assertEqual(found.stat().st_uid, 0)
            self.assertEqual(os.getxattr(found / "bin/sh", "security.capability"),
                             struct.pack("<IIIII", 0x02000001, 1 << 13, 0, 0, 0))
            told = subprocess.run(["getfacl", "-pn", found / "tmp"], capture_output=True, text=True)
            for line in ("user:7:r-x", "group:8:r--", "default:user:7:r-x", "default:group:8:r--"):
                self.assertIn(f"\n{line}", told.stdout)

    def test_an_archive(self):
        self.assert_shifted(*self.command(f"tar:{self.archive()}", "--no-customise",
                                          "--shift-owners"))

    def test_a_pipe(self):
        with open(self.archive(), "rb") as pipe:
            self.assert_shifted(*self.command("tar:-", "--no-customise", "--shift-owners"),
                                stdin=pipe)

    def test_a_directory(self):
        self.assert_shifted(*self.command(f"dir:{self.source}", "--no-customise",
                                          "--shift-owners"))

    def test_it_is_told_where_it_was_not_asked_for(self):
        for source in (f"tar:{self.archive()}", f"dir:{self.source}"):
            done = self.run_program([*self.command(source, "--force"), "--json"])
            warnings = [line for line in json.loads(done.stdout)["warnings"] if "165536" in line]
            self.assertEqual(len(warnings), 1, warnings)
            self.assertIn("--shift-owners", warnings[0])

    def test_owners_that_are_not_shifted(self):
        done = self.run_program([*self.command(f"tar:{self.dir / 'plain.tar'}", "--shift-owners"),
                                 "--json"])
        self.assertIn("changed nothing", "\n".join(json.loads(done.stdout)["warnings"]))


if __name__ == "__main__":
    unittest.main()
