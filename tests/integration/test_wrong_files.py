# SPDX-License-Identifier: LGPL-2.1-or-later
"""A file that is something else than its source takes: one line says what it is, and the way."""
import bz2
import gzip
import lzma
import os
import shutil
import subprocess
import tarfile
import unittest

import guest
import world
from archives import add_file

MIB = 1 << 20


def disk(size=MIB):
    return bytes(510) + b"\x55\xaa" + bytes(size - 512)


MACHINES = {
    "a.vma": (b"VMA\0\0\0\0\1" + bytes(20000), ["Proxmox", "vma extract"]),
    "a.vmcx": (b"\1\0\0\0HYPERV_STORAGE\0" + bytes(8000), ["Hyper-V", ".vhdx"]),
    "other.VMCX": (bytes(8000), ["Hyper-V"]),
    "a.zip": (b"PK\3\4" + os.urandom(5000), ["zip"]),
    "a.7z": (b"7z\xbc\xaf\x27\x1c" + os.urandom(5000), ["7z"]),
    "a.wim": (b"MSWIM\0\0\0" + bytes(5000), ["Windows"]),
    "a.squashfs": (b"hsqs" + bytes(5000), ["squashfs", "unsquashfs"]),
    "disk.img.gz": (gzip.compress(disk()), ["a disk image", "gzip", "gunzip"]),
    "disk.qcow2.xz": (lzma.compress(b"QFI\xfb" + bytes(5000)), ["qcow2", "xz", "unxz"]),
    "disk.img.bz2": (bz2.compress(disk()), ["bzip2", "bunzip2"]),
    "a.vma.gz": (gzip.compress(b"VMA\0" + bytes(5000)), ["Proxmox", "gunzip"]),
    "page.img": (b"<!DOCTYPE html>\n<html><body>404</body></html>\n", ["web page"]),
    "notes.img": (b"to do: find the disk\n" * 100, ["text file"]),
    "utf16.txt": ("Name: vm1\r\nMemory: 4096\r\n" * 20).encode("utf-16"),
    "vmlinuz": (bytes(510) + b"\x55\xaa" + bytes(2) + b"HdrS" + bytes(5000), ["Linux kernel"]),
    "saved": (b"LibvirtQemudSave" + bytes(5000), ["virsh"]),
    "empty.img": (b"", ["empty"]),
}
MACHINES["utf16.txt"] = (MACHINES["utf16.txt"], ["UTF-16", "iconv"])

ROOTS = {
    "a.qcow2": (b"QFI\xfb" + bytes(5000), ["qcow2", "--from disk:"]),
    "a.vmdk": (b"KDMV" + bytes(5000), ["VMDK", "--from disk:"]),
    "a.img": (disk(), ["disk image", "--from disk:"]),
    "ext.img": (bytes(0x438) + b"\x53\xef" + bytes(5000), ["ext", "--from disk:"]),
    "a.iso": (bytes(32769) + b"CD001" + bytes(5000), ["CD-ROM"]),
    "a.zip": (b"PK\3\4" + os.urandom(5000), ["zip"]),
    "a.squashfs": (b"hsqs" + bytes(5000), ["unsquashfs"]),
    "disk.img.gz": (gzip.compress(disk()), ["disk image", "gzip", "disk:"]),
    "text.tar": (b"text\n" * 999, ["text file"]),
}


class WrongFiles(world.Case):
    def refuse(self, source, *parts):
        for more in ((), ("--dry-run",), ("--type", "hvm", "--kernel", "firmware")):
            if source.endswith(".gz") and source.startswith("tar:") and more:
                continue
            command = self.command(source, *more)
            if "firmware" in more:
                command = [word for word in command if not word.startswith("file:")]
                del command[command.index("--kernel")]
                del command[command.index("--type")], command[command.index("pv")]
            done = self.run_program(command)
            self.assert_one_line(done, os.path.basename(source), *parts)
            self.assertNotIn("use --kernel host", done.stderr)
            self.assert_nothing_left()

    def write(self, name, content):
        path = self.dir / name
        path.write_bytes(content)
        return path

    def pack(self, name, *names, root=False, mode="w:gz"):
        path = self.dir / name
        if root:
            path.write_bytes(gzip.compress(guest.write_tar(self.dir / "plain.tar").read_bytes()))
            return path
        with tarfile.open(path, mode) as tar:
            for inside in names:
                add_file(tar, inside)
        return path

    def test_of_a_machine(self):
        for name, (content, parts) in MACHINES.items():
            with self.subTest(name=name):
                self.refuse(f"disk:{self.write(name, content)}", *parts)

    def test_of_a_root(self):
        for name, (content, parts) in ROOTS.items():
            with self.subTest(name=name):
                self.refuse(f"tar:{self.write(name, content)}", *parts)

    def test_boxes_and_packed_archives(self):
        for mode in ("w:gz", "w:xz", "w:bz2"):
            self.refuse(f"disk:{self.pack('m.box', './metadata.json', './box.img', mode=mode)}",
                        "Vagrant", "box.img", "tar -xf")
        self.refuse(f"disk:{self.pack('plain.box', 'metadata.json', 'box.img', mode='w')}",
                    "Vagrant", "box.img")
        self.refuse(f"disk:{self.pack('vb.box', 'metadata.json', 'box.ovf', 'd.vmdk')}", "Vagrant",
                    "box.ovf")
        self.refuse(f"disk:{self.pack('m.ova.gz', 'm.ovf', 'd.vmdk')}", "m.ovf", "tar -xf")
        self.refuse(f"disk:{self.pack('gce.tar.gz', 'disk.raw')}", "disk.raw")
        self.refuse(f"disk:{self.pack('what.tar.gz', 'a', 'b')}", "tar archive", "gzip")

    def test_roots_as_disks(self):
        self.refuse(f"disk:{self.pack('root.tar.gz', root=True)}", "archive of a root",
                    "--from tar:")
        self.refuse(f"disk:{guest.write_tar(self.dir / 'root.tar')}", "archive of a root",
                    "--from tar:")

    def test_a_directory_with_a_root_below_it(self):
        root = self.dir / "ct" / "rootfs" / "etc"
        root.mkdir(parents=True)
        done = self.run_program(self.command(f"dir:{self.dir}/ct"))
        self.assert_one_line(done, f"dir:{self.dir}/ct/rootfs")

    def test_images_of_containers_as_disks(self):
        self.refuse(f"disk:{self.pack('saved.tar', 'a/layer.tar', 'manifest.json', mode='w')}",
                    "docker save")

    @unittest.skipUnless(shutil.which("zstd"), "zstd is needed")
    def test_a_backup_of_proxmox(self):
        subprocess.run(["zstd", "-q", self.write("a.vma", MACHINES["a.vma"][0])], check=True)
        self.refuse(f"disk:{self.dir / 'a.vma.zst'}", "Proxmox", "unzstd")


if __name__ == "__main__":
    unittest.main()
