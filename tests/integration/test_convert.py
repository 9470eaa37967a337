# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines of other hypervisors: every format gives the same disk, the old one stays as it was,
and what fails leaves nothing."""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
import unittest

import test_kernel_policies
import world

MIB = 1 << 20
START = 1 * MIB
SIZE = 96 * MIB
FORMATS = {
    "sparse.vmdk": ("vmdk", "subformat=monolithicSparse"),
    "flat.vmdk": ("vmdk", "subformat=monolithicFlat"),
    "split.vmdk": ("vmdk", "subformat=twoGbMaxExtentSparse"),
    "split-flat.vmdk": ("vmdk", "subformat=twoGbMaxExtentFlat"),
    "stream.vmdk": ("vmdk", "subformat=streamOptimized"),
    "disk.vhdx": ("vhdx", None), "disk.vdi": ("vdi", None), "disk.vhd": ("vpc", "force_size=on"),
    "disk.qcow": ("qcow", None), "disk.qcow2": ("qcow2", None), "disk.raw": ("raw", None),
}
VMX = """\
.encoding = "UTF-8"
displayName = "old"
memsize = "384"
numvcpus = "2"
guestOS = "debian12-64"
scsi0.present = "TRUE"
scsi0:0.present = "TRUE"
scsi0:0.fileName = "sparse.vmdk"
ethernet0.present = "TRUE"
ethernet0.networkName = "VM Network"
ethernet0.generatedAddress = "00:0c:29:aa:bb:cc"
sound.present = "TRUE"
"""
FSTAB = "/dev/sda1 / ext4 errors=remount-ro 0 1\n/dev/sr0 /media udf,iso9660 user,noauto 0 0\n"
GRUB = """\
set default=0
menuentry old {
  linux /boot/vmlinuz root=/dev/sda1 ro quiet
}
"""
OVF = """\
<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
 <References><File ovf:id="f1" ovf:href="stream.vmdk"/></References>
 <DiskSection><Info/><Disk ovf:diskId="d1" ovf:fileRef="f1" ovf:capacity="{size}"/></DiskSection>
 <VirtualSystem ovf:id="old"><Info/><Name>old</Name>
  <VirtualHardwareSection><Info/>
   <Item><rasd:AllocationUnits>byte * 2^20</rasd:AllocationUnits><rasd:InstanceID>1</rasd:InstanceID>
    <rasd:ElementName>memory</rasd:ElementName>
    <rasd:ResourceType>4</rasd:ResourceType><rasd:VirtualQuantity>384</rasd:VirtualQuantity></Item>
   <Item><rasd:InstanceID>2</rasd:InstanceID><rasd:ElementName>scsi</rasd:ElementName>
    <rasd:ResourceType>6</rasd:ResourceType></Item>
   <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ElementName>disk</rasd:ElementName>
    <rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:Parent>2</rasd:Parent>
    <rasd:AddressOnParent>0</rasd:AddressOnParent><rasd:ResourceType>17</rasd:ResourceType></Item>
  </VirtualHardwareSection>
 </VirtualSystem>
</Envelope>
"""


def need_fuse():
    possible = os.access("/dev/fuse", os.R_OK | os.W_OK) and shutil.which("qemu-storage-daemon")
    return unittest.skipUnless(possible, "no FUSE or no qemu-storage-daemon")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pack(path, files, manifest):
    """An OVA; @manifest: whether its checksums are right."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        for file in files:
            archive.add(file, file.name)
        with tempfile.NamedTemporaryFile("w", suffix=".mf") as text:
            for file in files:
                text.write(f"SHA256({file.name})= {digest(file) if manifest else '0' * 64}\n")
            text.flush()
            archive.add(text.name, "old.mf")


@world.need_program("qemu-img", "sfdisk", "mke2fs", "debugfs", "e2fsck")
class Convert(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.old = cls.shared_directory()
        root = cls.old / "root"
        for name in ("bin", "boot/grub", "dev", "etc", "proc", "run", "sbin", "sys", "tmp", "var"):
            (root / name).mkdir(parents=True)
        (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Old 12"\n')
        (root / "etc/fstab").write_text(FSTAB)
        (root / "boot/grub/grub.cfg").write_text(GRUB)
        (root / "filling").write_bytes(os.urandom(30 * MIB))
        part = cls.old / "part"
        with part.open("wb") as file:
            file.truncate(SIZE - START)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", root, part], check=True)
        raw = cls.old / "disk.raw"
        with raw.open("wb") as file:
            file.truncate(SIZE)
        subprocess.run(["sfdisk", "-q", raw], input="label: dos\n2048,,L,*\n", text=True, check=True)
        subprocess.run(["dd", f"if={part}", f"of={raw}", "bs=1M", "seek=1", "conv=notrunc,sparse",
                        "status=none"], check=True)
        part.unlink()
        bootable = cls.old / "bootable.raw"
        shutil.copyfile(raw, bootable)
        with bootable.open("r+b") as file:
            file.write(b"\xeb\x63\x90")  # as GRUB's first sector begins
        for name, (kind, options) in FORMATS.items():
            if kind != "raw":
                subprocess.run(["qemu-img", "convert", "-O", kind, *(["-o", options] if options else []),
                                raw, cls.old / name], check=True)
        (cls.old / "old.ovf").write_text(OVF.format(size=SIZE))
        cls.files = {path: digest(path) for path in cls.old.iterdir() if path.is_file()}

    def convert(self, source, *more):
        return self.run_program(self.command(f"disk:{source}", *more))

    def converted(self, source, *more):
        done = self.convert(source, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())

    def read(self, image, path):
        done = subprocess.run(["debugfs", "-R", f"cat {path}", f"{image}?offset={START}"], check=True,
                              capture_output=True, text=True)
        return done.stdout

    def assert_old_is_untouched(self):
        self.assertEqual({path: digest(path) for path in self.files}, self.files)

    def assert_private(self, image):
        """A guest's disk holds its keys and passwords."""
        self.assertEqual(image.stat().st_mode & 0o777, 0o600, image)

    def clear(self):
        for path in self.out.iterdir():
            path.unlink()

    def test_every_format_gives_the_same_disk(self):
        for name in FORMATS:
            with self.subTest(name=name):
                self.converted(self.old / name, "--no-customise")
                self.assertEqual(digest(self.out / "t.img"), self.files[self.old / "disk.raw"])
                self.assertEqual({path.name for path in self.out.iterdir()},
                                 {"t.img", "t.cfg", "t.xml", "t.json", "t.vmlinuz"})
                self.assertEqual(self.journals(), [])
                self.clear()
        self.assert_old_is_untouched()

    def test_the_guest_is_changed_and_its_originals_are_kept(self):
        manifest = self.converted(self.old / "disk.vdi")
        image = self.out / "t.img"
        self.assertTrue(self.read(image, "/etc/fstab").startswith("UUID="))
        self.assertEqual(self.read(image, "/var/lib/domuimg/replaced/etc/fstab"), FSTAB)
        self.assertIn("console=hvc0", self.read(image, "/boot/grub/grub.cfg"))
        self.assertIn("changed /etc/fstab", manifest["changes"])
        self.assertEqual(manifest["system"], "Old 12")
        subprocess.run(["e2fsck", "-fn", f"{image}?offset={START}"], check=True, capture_output=True)
        self.assert_old_is_untouched()

    def test_a_rehearsal_lists_what_is_done_and_leaves_nothing(self):
        done = self.convert(self.old / "disk.vdi", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("changed /etc/fstab", done.stdout)
        self.assertIn("verdict: ", done.stdout)
        self.assert_nothing_left()
        self.assert_old_is_untouched()

    def test_raw_is_private(self):
        self.converted(self.old / "sparse.vmdk", "--no-customise")
        self.assert_private(self.out / "t.img")

    def test_qcow2(self):
        self.converted(self.old / "sparse.vmdk", "--disk", "format=qcow2", "--no-customise")
        image = self.out / "t.qcow2"
        self.assert_private(image)
        subprocess.run(["qemu-img", "check", "-q", image], check=True)
        subprocess.run(["qemu-img", "compare", "-q", "-f", "qcow2", "-F", "raw", image,
                        self.old / "disk.raw"], check=True)
        self.assertIn("format=qcow2", (self.out / "t.cfg").read_text())

    def check_report(self, *words):
        done = subprocess.run([world.PROGRAM, "check", "--json", *words], env=self.environment,
                              capture_output=True, text=True)
        return json.loads(done.stdout)

    @need_fuse()
    def test_overlay(self):
        manifest = self.converted(self.old / "disk.qcow2", "--disk", "overlay:")
        image = self.out / "t.qcow2"
        self.assert_private(image)
        self.assertLess(image.stat().st_size, 8 * MIB)
        self.assertEqual(manifest["disks"][0]["backing"], str(self.old / "disk.qcow2"))
        raw = self.dir / "flat"
        subprocess.run(["qemu-img", "convert", "-O", "raw", image, raw], check=True)
        self.assertTrue(self.read(raw, "/etc/fstab").startswith("UUID="))
        self.assert_old_is_untouched()

    @need_fuse()
    def test_an_overlay_is_checked_with_what_it_lies_over(self):
        manifest = self.converted(self.old / "disk.qcow2", "--disk", "overlay:")
        report = self.check_report(self.out / "t.cfg")
        self.assertEqual(report["verdict"], manifest["verdict"], report)
        made = {finding["id"] for finding in manifest["check"]["findings"]}
        self.assertEqual({finding["id"] for finding in report["findings"]}, made)
        # Nobody says so of another image that lies over a file of another directory.
        (self.out / "t.json").unlink()
        report = self.check_report(self.out / "t.cfg")
        self.assertEqual(report["verdict"], "unknown")
        self.assertIn("--allow-backing", report["findings"][0]["message"])

    @need_fuse()
    def test_unused_blocks_are_not_copied(self):
        image = self.dir / "junk.raw"
        image.write_bytes((self.old / "disk.raw").read_bytes())
        part = f"{image}?offset={START}"
        big = self.dir / "big"
        big.write_bytes(os.urandom(20 * MIB))
        subprocess.run(["debugfs", "-w", "-R", f"write {big} big", part], check=True, capture_output=True)
        subprocess.run(["debugfs", "-w", "-R", "rm big", part], check=True, capture_output=True)
        plain = self.dir / "plain.raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", image, plain], check=True)
        self.converted(image, "--no-customise")
        self.assertLess((self.out / "t.img").stat().st_blocks, plain.stat().st_blocks - 15 * MIB // 512)
        subprocess.run(["e2fsck", "-fn", f"{self.out / 't.img'}?offset={START}"], check=True,
                       capture_output=True)
        # An image in use elsewhere would not look like this: a deleted file is no trace of it.
        self.assertEqual(self.read(self.out / "t.img", "/etc/fstab"), FSTAB)

    def test_hardware_of_a_description(self):
        machine = self.dir / "machine"
        machine.mkdir()
        (machine / "sparse.vmdk").symlink_to(self.old / "sparse.vmdk")
        (machine / "old.vmx").write_text(VMX)
        (machine / "sparse.vmdk").unlink()
        (machine / "sparse.vmdk").write_bytes((self.old / "sparse.vmdk").read_bytes())
        for source in ("old.vmx", "sparse.vmdk"):
            with self.subTest(source=source):
                manifest = self.converted(machine / source, "--map-network", "VM Network=xenbr7")
                self.assertEqual((manifest["memory"], manifest["vcpus"]), (384 << 20, 2))
                self.assertEqual(manifest["nics"][0]["bridge"], "xenbr7")
                self.assertTrue(manifest["nics"][0]["mac"].startswith("00:16:3e:"))
                self.assertTrue(any("sound" in line for line in manifest["warnings"]), manifest)
                self.clear()

    def test_macs_are_kept_if_asked(self):
        (self.dir / "old.vmx").write_text(VMX)
        (self.dir / "sparse.vmdk").write_bytes((self.old / "sparse.vmdk").read_bytes())
        manifest = self.converted(self.dir / "old.vmx", "--keep-macs")
        self.assertEqual(manifest["nics"][0]["mac"], "00:0c:29:aa:bb:cc")

    def test_ova(self):
        ova = self.dir / "old.ova"
        pack(ova, [self.old / "old.ovf", self.old / "stream.vmdk"], True)
        manifest = self.converted(ova, "--no-customise")
        self.assertEqual(manifest["memory"], 384 << 20)
        self.assertEqual(digest(self.out / "t.img"), self.files[self.old / "disk.raw"])

    def test_ova_that_its_manifest_denies(self):
        ova = self.dir / "old.ova"
        pack(ova, [self.old / "old.ovf", self.old / "stream.vmdk"], False)
        self.assert_one_line(self.convert(ova))
        self.assert_nothing_left()

    def test_ova_without_its_disk(self):
        ova = self.dir / "old.ova"
        pack(ova, [self.old / "old.ovf"], True)
        self.assert_one_line(self.convert(ova), "stream.vmdk")
        self.assert_nothing_left()

    def test_not_left_cleanly(self):
        image = self.dir / "dirty.raw"
        image.write_bytes((self.old / "disk.raw").read_bytes())
        subprocess.run(["debugfs", "-w", "-R", "feature needs_recovery", f"{image}?offset={START}"],
                       check=True, capture_output=True)
        before = digest(image)
        self.assert_one_line(self.convert(image), "not left cleanly")
        self.assert_nothing_left()
        self.assertEqual(digest(image), before)

    def make_disk(self, path, *roots):
        """Of such partitions, each with what is in a directory."""
        size = 16 * MIB
        with path.open("wb") as file:
            file.truncate(START + size * len(roots))
        lines = "".join(f"{(START + size * i) // 512},{size // 512},L\n" for i in range(len(roots)))
        subprocess.run(["sfdisk", "-q", path], input="label: dos\n" + lines, text=True, check=True)
        for i, root in enumerate(roots):
            subprocess.run(["mke2fs", "-q", "-t", "ext4", "-E", f"offset={START + size * i}", "-d", root,
                            path, f"{size >> 10}k"], check=True, capture_output=True)

    def test_several_systems(self):
        roots = []
        for name in ("First", "Second"):
            root = self.dir / name
            for directory in ("bin", "etc", "sbin"):
                (root / directory).mkdir(parents=True)
            (root / "etc/os-release").write_text(f'ID=debian\nPRETTY_NAME="{name} 1"\n')
            (root / "etc/fstab").write_text("")
            roots.append(root)
        image = self.dir / "two.raw"
        self.make_disk(image, *roots)
        self.assert_one_line(self.convert(image), "xvda1 (First 1), xvda2 (Second 1)")
        self.assert_one_line(self.convert(image, "--root", "xvda3"), "xvda1 (First 1)")
        self.assert_nothing_left()
        manifest = self.converted(image, "--root", "xvda2")
        self.assertEqual(manifest["system"], "Second 1")

    def test_hibernated(self):
        root = self.dir / "windows"
        (root / "Windows/System32").mkdir(parents=True)
        (root / "hiberfil.sys").write_bytes(b"hibr" + bytes(4092))
        image = self.dir / "asleep.raw"
        self.make_disk(image, root)
        self.assert_one_line(self.convert(image), "hibernated")
        self.assert_nothing_left()

    def make_cloud_image(self, path, drivers=""):
        """GPT: where GRUB lies for a BIOS, an ESP that is /boot, too, and the root, as a Debian's
        or Arch's image may have them."""
        uuid = "11111111-2222-4333-8444-555555555555"
        root, boot = self.dir / "root", self.dir / "boot"
        for name in ("bin", "boot", "etc", "sbin"):
            (root / name).mkdir(parents=True)
        (root / "etc/os-release").write_text('ID=arch\nPRETTY_NAME="Arch Linux"\n')
        (root / "etc/fstab").write_text(f"UUID={uuid} / ext4 rw 0 1\nUUID=ABCD-1234 /boot vfat rw 0 2\n")
        (boot / "loader/entries").mkdir(parents=True)
        (boot / "EFI/BOOT").mkdir(parents=True)
        (boot / "EFI/BOOT/BOOTX64.EFI").write_bytes(b"MZ")
        (boot / "loader/loader.conf").write_text("default arch.conf\n")
        (boot / "vmlinuz-linux").write_bytes(test_kernel_policies.kernel_of(self.dir, "6.1.0-test", True))
        (root / "lib/modules/6.1.0-test").mkdir(parents=True)
        (root / "lib/modules/6.1.0-test/modules.builtin").write_text(drivers)
        (boot / "loader/entries/arch.conf").write_text(
            f"title Arch Linux\nlinux /vmlinuz-linux\noptions root=UUID={uuid} rw quiet\n")
        with path.open("wb") as file:
            file.truncate(100 * MIB)
        subprocess.run(["sfdisk", "-q", path], text=True, check=True, input=(
            "label: gpt\nstart=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649\n"
            "start=4096, size=98304, type=U\nstart=102400, size=98304, type=L\n"))
        subprocess.run(["mkfs.vfat", "-F", "32", "-i", "ABCD1234", "--offset=4096", path, "49152"],
                       check=True, capture_output=True)
        for entry in sorted(boot.iterdir()):
            subprocess.run(["mcopy", "-s", "-i", f"{path}@@{2 * MIB}", entry, "::"], check=True)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-U", uuid, "-E", f"offset={50 * MIB}", "-d", root,
                        path, "49152k"], check=True, capture_output=True)

    def read_esp(self, image, path):
        done = subprocess.run(["mtype", "-i", f"{image}@@{2 * MIB}", f"::{path}"], check=True,
                              capture_output=True, text=True)
        return done.stdout

    def check_grown(self, image, start, size):
        """Its table, its last partition and the filesystem in that take all of it."""
        self.assertEqual(image.stat().st_size, size)
        done = subprocess.run(["sfdisk", "-J", image], check=True, capture_output=True, text=True)
        last = max(json.loads(done.stdout)["partitiontable"]["partitions"], key=lambda part: part["start"])
        self.assertEqual(last["start"] * 512, start)
        self.assertGreater((last["start"] + last["size"]) * 512, size - 2 * MIB)
        at = f"{image}?offset={start}"
        subprocess.run(["e2fsck", "-fn", at], check=True, capture_output=True)
        done = subprocess.run(["dumpe2fs", "-h", at], check=True, capture_output=True, text=True)
        fields = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
        length = int(fields["Block count"]) * int(fields["Block size"])
        self.assertGreater(length, last["size"] * 512 - MIB)

    @need_fuse()
    def test_larger(self):
        for source, target in (("disk.raw", "size=160M"), ("stream.vmdk", "size=160M"),
                               ("disk.qcow2", "size=160M,format=qcow2"), ("disk.qcow2", f"overlay:{self.out / 't.qcow2'},size=160M"),
                               ("split.vmdk", "size=160M,format=vhd")):
            with self.subTest(source=source, target=target):
                manifest = self.converted(self.old / source, "--disk", target)
                self.assertEqual(manifest["disks"][0]["size"], 160 * MIB)
                self.assertTrue(any(line.startswith("made xvda1 and its ext4") for line in manifest["changes"]))
                made, image = pathlib.Path(manifest["disks"][0]["path"]), self.dir / "flat"
                if made.suffix == ".vhd":
                    subprocess.run(["qemu-img", "convert", "-f", "vpc", "-O", "raw", made, image], check=True)
                    image.open("r+b").truncate(160 * MIB)
                else:
                    subprocess.run(["qemu-img", "convert", "-O", "raw", made, image], check=True)
                self.check_grown(image, START, 160 * MIB)
                self.assertEqual(self.read(image, "/etc/os-release"), self.read(self.old / "disk.raw", "/etc/os-release"))
                self.clear()
        self.assert_old_is_untouched()

    def test_larger_is_rehearsed_and_smaller_refused(self):
        done = self.convert(self.old / "disk.raw", "--disk", "size=160M", "--dry-run")
        self.assertIn("make xvda larger, from 96.0 MiB to 160.0 MiB", done.stdout.replace("\xa0", " "))
        self.assert_nothing_left()
        self.assert_one_line(self.convert(self.old / "disk.raw", "--disk", "size=64M"), "only be made larger")
        self.assert_one_line(self.convert(self.old / "disk.raw", "--disk", "size=160M,fs=ext4"), "size=")
        self.converted(self.old / "disk.raw", "--disk", "size=96M")

    @need_fuse()
    def test_larger_without_a_table_or_with_swap_last(self):
        bare = self.dir / "bare.raw"
        part = bytes((self.old / "disk.raw").read_bytes()[START:])
        bare.write_bytes(part)
        self.converted(bare, "--disk", "size=160M")
        subprocess.run(["e2fsck", "-fn", self.out / "t.img"], check=True, capture_output=True)
        self.clear()
        swap = self.dir / "swap.raw"
        swap.write_bytes((self.old / "disk.raw").read_bytes())
        with swap.open("r+b") as file:
            file.truncate(SIZE + 8 * MIB)
        subprocess.run(["sfdisk", "-q", "-a", swap], input=f"{SIZE // 512},,S\n", text=True, check=True)
        space = self.dir / "space"
        space.write_bytes(bytes(8 * MIB))
        subprocess.run(["mkswap", space], check=True, capture_output=True)
        with swap.open("r+b") as file:
            file.seek(SIZE)
            file.write(space.read_bytes()[:-MIB])
        self.assert_one_line(self.convert(swap, "--disk", "size=160M"), "swap space")
        self.assert_nothing_left()

    def put_second(self, make, size):
        """The disk with a further partition, which lies last."""
        image, part = self.dir / "both.raw", self.dir / "part"
        image.write_bytes((self.old / "disk.raw").read_bytes())
        with image.open("r+b") as file, part.open("wb") as data:
            file.truncate(SIZE + size + MIB)
            data.truncate(size)
        subprocess.run(["sfdisk", "-q", "-a", image], input=f"{SIZE // 512},{size // 512},L\n", text=True,
                       check=True)
        subprocess.run([*make, part], check=True, capture_output=True)
        subprocess.run(["dd", f"if={part}", f"of={image}", "bs=1M", f"seek={SIZE // MIB}",
                        "conv=notrunc,sparse", "status=none"], check=True)
        return image

    @world.need_program("mkfs.vfat")
    @need_fuse()
    def test_larger_with_what_does_not_grow(self):
        image = self.put_second(["mkfs.vfat"], 40 * MIB)
        manifest = self.converted(image, "--disk", "size=200M")
        self.assertTrue(any("xvda2" in line and "vfat" in line for line in manifest["warnings"]), manifest)
        self.clear()
        self.assert_one_line(self.convert(image, "--disk", "size=200M", "--strict"), "vfat")
        self.assert_nothing_left()

    @world.need_program("mkfs.xfs", "linux.uml", "xfs_db")
    @need_fuse()
    def test_larger_xfs(self):
        image = self.put_second(["mkfs.xfs", "-q"], 310 * MIB)
        manifest = self.converted(image, "--disk", "size=500M")
        self.assertTrue(any("made xvda2 and its xfs" in line for line in manifest["changes"]), manifest)
        part = self.dir / "grown"
        subprocess.run(["dd", f"if={self.out / 't.img'}", f"of={part}", "bs=1M", f"skip={SIZE // MIB}",
                        "conv=sparse", "status=none"], check=True)
        done = subprocess.run(["xfs_db", "-r", "-c", "sb 0", "-c", "print dblocks", part], check=True,
                              capture_output=True, text=True)
        self.assertGreater(int(done.stdout.split("=")[1]) * 4096, 400 * MIB)
        subprocess.run(["xfs_repair", "-n", part], check=True, capture_output=True)

    @world.need_program("mkfs.vfat", "mcopy")
    @need_fuse()
    def test_larger_cloud_image(self):
        image = self.dir / "cloud.raw"
        self.make_cloud_image(image)
        self.converted(image, "--disk", "size=200M")
        self.check_grown(self.out / "t.img", 50 * MIB, 200 * MIB)
        self.assertEqual(subprocess.run(["sfdisk", "--verify", self.out / "t.img"], check=True,
                                        capture_output=True, text=True).stdout.count("No errors"), 1)

    # libguestfs has to open what is shown without a name, also where results lie in a long path.
    @world.need_program("mkfs.vfat", "mcopy", "mtype", "supermin")
    @need_fuse()
    def test_boot_on_esp(self):
        image = self.dir / "cloud.raw"
        self.make_cloud_image(image)
        self.out = self.out / ("long" * 20) / "out"
        self.out.mkdir(parents=True)
        manifest = self.converted(image)
        self.assertEqual(manifest["system"], "Arch Linux")
        self.assertIn("changed /boot/loader/entries/arch.conf", manifest["changes"])
        self.assertIn("console=hvc0", self.read_esp(self.out / "t.img", "/loader/entries/arch.conf"))
        self.assertEqual({path.name for path in self.out.iterdir()},
                         {"t.img", "t.cfg", "t.xml", "t.json", "t.vmlinuz"})
        self.clear()
        manifest = self.converted(image, "--disk", "format=qcow2")
        raw = self.dir / "flat"
        subprocess.run(["qemu-img", "convert", "-O", "raw", self.out / "t.qcow2", raw], check=True)
        self.assertIn("console=hvc0", self.read_esp(raw, "/loader/entries/arch.conf"))

    # That the kernel there has no driver is known by those only who have read it from the ESP; auto would
    # go on with the host's.
    @world.need_program("mkfs.vfat", "mcopy", "supermin")
    @need_fuse()
    def test_every_loader_of_an_image_with_esp(self):
        image = self.dir / "cloud.raw"
        self.make_cloud_image(image)
        for policy in ("guest", "pvgrub", "pygrub", "firmware"):
            with self.subTest(policy=policy):
                command = [str(world.PROGRAM), "create", "t", "--progress", "none", "--from",
                           f"disk:{image}", "--dir", str(self.out), "--kernel", policy, "--dry-run"]
                done = self.run_program(command)
                if done.returncode == 0:
                    self.assertIn("Arch Linux", done.stdout)
                else:
                    self.assert_one_line(done, "/boot/vmlinuz-linux: xen-blkfront is not built into it")

    # Where /boot is a filesystem of its own, that is what the menu is for: in the root there is no kernel.
    @world.need_program("mkfs.vfat", "mcopy", "mtype", "supermin")
    @need_fuse()
    def test_menus_of_loaders_on_a_separate_boot(self):
        image = self.dir / "cloud.raw"
        self.make_cloud_image(image, test_kernel_policies.BUILTIN)
        for policy in ("pvgrub", "pygrub"):
            with self.subTest(policy=policy):
                self.converted(image, "--kernel", policy)
                menu = self.read_esp(self.out / "t.img", "/grub/grub.cfg")
                self.assertIn("search --no-floppy --set=root --fs-uuid ABCD-1234\n  linux /vmlinuz-linux ", menu)
                self.clear()

    @world.need_program("mkntfs", "ntfs-3g", "umount")
    @world.need_root()
    @need_fuse()
    def test_windows(self):
        image, mount = self.dir / "windows.raw", self.dir / "mount"
        with image.open("wb") as file:
            file.truncate(32 * MIB)
        subprocess.run(["mkntfs", "-q", "-F", image], check=True, capture_output=True)
        mount.mkdir()
        subprocess.run(["ntfs-3g", image, mount], check=True)
        try:
            (mount / "Windows/System32").mkdir(parents=True)
        finally:
            subprocess.run(["umount", mount], check=True)
        before = digest(image)
        command = [str(world.PROGRAM), "create", "t", "--progress", "none", "--from", f"disk:{image}",
                   "--dir", str(self.out)]
        done = self.run_program(command)
        self.assertEqual(done.returncode, 0, done.stderr)
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertEqual((manifest["system"], manifest["type"]), ("Windows", "hvm"))
        self.assertEqual(manifest["kernel"]["loader"], "firmware")
        self.assertEqual(digest(self.out / "t.img"), before)

    def test_xva(self):
        xva = self.out / "t.xva"
        self.assert_one_line(self.convert(self.old / "disk.vdi", "--disk", "xva:"), "--kernel firmware")
        command = [str(world.PROGRAM), "create", "t", "--progress", "none", "--from",
                   f"disk:{self.old / 'bootable.raw'}", "--dir", str(self.out), "--disk", "xva:",
                   "--memory", "384M", "--no-customise", "--allow-unbootable"]
        done = self.run_program(command)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({path.name for path in self.out.iterdir()}, {"t.xva", "t.json"})
        with tarfile.open(xva) as archive:
            self.assertEqual(archive.getnames()[0], "ova.xml")
        moved = self.dir / "moved.xva"
        xva.rename(moved)
        self.clear()
        manifest = self.converted(moved, "--no-customise")
        self.assertEqual(manifest["memory"], 384 << 20)
        self.assertEqual(digest(self.out / "t.img"), digest(self.old / "bootable.raw"))

    def test_backing_file_elsewhere(self):
        (self.dir / "elsewhere").mkdir()
        image = self.dir / "elsewhere" / "over.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b",
                        self.old / "disk.raw", image], check=True)
        self.assert_one_line(self.convert(image), "--allow-backing")
        self.assert_nothing_left()
        self.converted(image, "--allow-backing", "--no-customise")
        self.assertEqual(digest(self.out / "t.img"), self.files[self.old / "disk.raw"])

    def test_truncated_and_missing(self):
        data = (self.old / "stream.vmdk").read_bytes()
        (self.dir / "cut.vmdk").write_bytes(data[:len(data) // 2])
        self.assert_one_line(self.convert(self.dir / "cut.vmdk"), "cut.vmdk")
        (self.dir / "flat.vmdk").write_bytes((self.old / "flat.vmdk").read_bytes())
        self.assert_one_line(self.convert(self.dir / "flat.vmdk"), "flat-flat.vmdk")
        self.assert_one_line(self.convert(self.dir / "absent.vmdk"), "absent.vmdk")
        self.assert_nothing_left()

    def test_encrypted(self):
        image = self.dir / "secret.qcow2"
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "16M"], check=True)
        with open(image, "r+b") as file:
            # crypt_method is LUKS. QEMU's own way measures the processor, which fails where that is busy.
            file.seek(32)
            file.write((2).to_bytes(4, "big"))
        self.assert_one_line(self.convert(image), "encrypted")
        self.assert_nothing_left()

    def test_file_size_limit(self):
        done = self.run_program(self.command(f"disk:{self.old / 'sparse.vmdk'}"),
                                preexec_fn=world.limit_file_size(30_000_000))
        self.assert_one_line(done)
        self.assert_nothing_left()

    def test_killed(self):
        command = self.command(f"disk:{self.old / 'sparse.vmdk'}")
        start = time.monotonic()
        self.assertEqual(self.run_program(command).returncode, 0)
        whole = time.monotonic() - start
        self.clear()
        for moment in range(10):
            with self.subTest(moment=moment):
                with subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
                    try:
                        child.wait(whole * (moment + 0.5) / 10)
                    except subprocess.TimeoutExpired:
                        child.send_signal(signal.SIGKILL)
                    child.wait()
                for _ in range(50):
                    if str(self.out) not in pathlib.Path("/proc/self/mounts").read_text():
                        break
                    time.sleep(0.1)
                done = self.run_program([str(world.PROGRAM), "cleanup"])
                self.assertEqual(done.returncode, 0, done.stderr)
                if (self.out / "t.json").exists():
                    self.clear()
                self.assert_nothing_left()
                self.assertNotIn(str(self.out), pathlib.Path("/proc/self/mounts").read_text())
        self.assert_old_is_untouched()


if __name__ == "__main__":
    unittest.main()
