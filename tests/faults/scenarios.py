# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the program is asked to do while something goes wrong: one row each, over the smallest guests
that there can be."""
import dataclasses
import io
import pathlib
import subprocess
import tarfile
import typing

import guest
from stage import WORLD

IN, OUT = WORLD / "in", WORLD / "out"
MIB = 1 << 20
VERSION = "6.1.0-1-test"
MAC = "mac=00:16:3e:01:02:03"
BUILTIN = b"kernel/drivers/block/xen-blkfront.ko\nkernel/fs/ext4/ext4.ko\n"
FSTAB = "/dev/sda1 / ext4 defaults 0 1\n"
CONFIG = """\
# mine
name = "t"
type = "pv"
memory = 256
kernel = "{kernel}"
extra = "root=/dev/xvda console=hvc0"
disk = [ "{image},qcow2,xvda,w" ]
"""


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    prepare: typing.Callable        # of the stage, in an empty world
    argv: tuple
    statuses: tuple = (0,)          # of success
    is_cleanup: bool = False        # it is what comes after a kill: its own end must be whole
    every_time: bool = False        # a copy of the world is not the same to it
    programs: tuple = ()


def add(tar, name, content):
    file = tarfile.TarInfo(name)
    file.size, file.mode = len(content), 0o644
    tar.addfile(file, io.BytesIO(content))


def write_tar(path, word=""):
    guest.write_tar(path)
    with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as tar:
        add(tar, "etc/motd", f"{word}\n".encode() * 3000)
        add(tar, f"lib/modules/{VERSION}/modules.builtin", BUILTIN)


def add_kernel(path):
    with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as tar:
        add(tar, f"boot/vmlinuz-{VERSION}", (IN / "vmlinuz").read_bytes())


def write_kernel(path):
    guest.write_kernel(path)
    with path.open("ab") as file:
        file.write(f"Linux version {VERSION} (x) #1 SMP\n\0".encode())


def inputs(_stage):
    write_kernel(IN / "vmlinuz")
    write_tar(IN / "root.tar", "new")


def with_device(stage):
    inputs(stage)
    stage.add_device(IN / "disk", 16 * MIB)


def create(source, *more, name="t", disk="size=16M"):
    return ("create", name, "--progress", "none", "--from", source, "--dir", str(OUT), "--type", "pv",
            "--kernel", f"file:{IN / 'vmlinuz'}", "--disk", disk, "--nic", MAC, "--allow-unbootable", *more)


def directory(stage):
    inputs(stage)
    (IN / "root").mkdir()
    subprocess.run(["tar", "-xf", IN / "root.tar", "-C", IN / "root"], check=True)
    (IN / "root/etc/link").symlink_to("passwd")


def old_guest(stage):
    inputs(stage)
    write_tar(IN / "old.tar", "old")
    stage.must(*create(f"tar:{IN / 'old.tar'}", "--memory", "384M"))


def made_guest(stage):
    inputs(stage)
    stage.must(*create(f"tar:{IN / 'root.tar'}"))


def guest_with_kernel(stage):
    write_kernel(IN / "vmlinuz")
    write_tar(IN / "root.tar")
    add_kernel(IN / "root.tar")
    stage.must("create", "t", "--progress", "none", "--from", f"tar:{IN / 'root.tar'}", "--dir", str(OUT),
               "--type", "pv", "--kernel", "extract", "--disk", "size=16M", "--nic", MAC)
    (OUT / "t.vmlinuz").write_bytes(b"old")


def make_filesystem(image, offset, size, root):
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-E", f"offset={offset}", "-d", root, image, f"{size >> 10}k"],
                   check=True, capture_output=True)


def make_root(root):
    write_tar(IN / "root.tar")
    (root / "boot/grub").mkdir(parents=True)
    subprocess.run(["tar", "-xf", IN / "root.tar", "-C", root], check=True)
    (root / "etc/fstab").write_text(FSTAB)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Old 12"\n')
    (root / "boot/grub/grub.cfg").write_text(
        "menuentry old {\n  linux /boot/vmlinuz root=/dev/sda1 ro quiet\n}\n")


def broken_guest(stage):
    """Its fstab names /dev/sda1, and its configuration the wrong format of the image."""
    inputs(stage)
    make_root(IN / "root")
    with (OUT / "t.img").open("wb") as file:
        file.truncate(8 * MIB)
    make_filesystem(OUT / "t.img", 0, 8 * MIB, IN / "root")
    (OUT / "t.cfg").write_text(CONFIG.format(kernel=IN / "vmlinuz", image=OUT / "t.img"))
    (OUT / "t.img").chmod(0o640)


def foreign_machine(stage):
    inputs(stage)
    make_root(IN / "root")
    raw = IN / "disk.raw"
    with raw.open("wb") as file:
        file.truncate(10 * MIB)
    subprocess.run(["sfdisk", "-q", raw], input="label: dos\n2048,,L,*\n", text=True, check=True)
    make_filesystem(raw, MIB, 9 * MIB, IN / "root")
    subprocess.run(["qemu-img", "convert", "-O", "vmdk", raw, IN / "disk.vmdk"], check=True)
    raw.unlink()


def convert(*more):
    return ("create", "t", "--progress", "none", "--from", f"disk:{IN / 'disk.vmdk'}", "--dir", str(OUT), "--type",
            "pv", "--kernel", f"file:{IN / 'vmlinuz'}", "--nic", MAC, "--allow-unbootable", *more)


def killed_builds(stage):
    """One that had its results ready, one that had not."""
    inputs(stage)
    for name, point in (("t", "any:rename:2=kill"), ("u", "any:sync:8=kill")):
        stage.run(*create(f"tar:{IN / 'root.tar'}", name=name), at=point)
    if len(stage.journals()) != 2:
        raise RuntimeError("the builds left no journals")


TAR = f"tar:{IN / 'root.tar'}"
QEMU = ("qemu-img", "qemu-storage-daemon", "sfdisk")
SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("create-tar", inputs, create(TAR)),
    Scenario("create-dir", directory, create(f"dir:{IN / 'root'}")),
    Scenario("create-force", old_guest, create(TAR, "--force")),
    Scenario("create-lvm", inputs, create(TAR, disk="size=24M,lvm=vg0")),
    Scenario("create-squashfs", inputs, create(TAR, disk="size=16M,fs=squashfs"), programs=("mksquashfs",)),
    Scenario("create-qcow2", inputs, create(TAR, disk="size=16M,format=qcow2")),
    Scenario("create-vhd", inputs, create(TAR, disk="size=16M,format=vhd"), programs=("qemu-img",)),
    Scenario("create-device", with_device, create(TAR, disk=str(IN / "disk")), programs=("losetup",)),
    Scenario("convert", foreign_machine, convert(), programs=QEMU),
    Scenario("convert-qcow2", foreign_machine, convert("--disk", "format=qcow2"), programs=QEMU),
    Scenario("check-fix", broken_guest, ("check", "--fix", str(OUT / "t.cfg")), statuses=(0, 3, 4)),
    Scenario("kernel-update", guest_with_kernel, ("kernel", "update", "t", "--dir", str(OUT))),
    Scenario("resize", made_guest, ("resize", "t", "24M", "--dir", str(OUT))),
    Scenario("rename", made_guest, ("rename", "t", "v", "--dir", str(OUT))),
    Scenario("config-set", made_guest, ("config", "set", "memory=300", "vcpus=2", str(OUT / "t.cfg"))),
    Scenario("delete", made_guest, ("delete", str(OUT / "t.cfg"))),
    Scenario("delete-disks", made_guest, ("delete", "--disks", str(OUT / "t.cfg"))),
    Scenario("cleanup", killed_builds, ("cleanup",), is_cleanup=True, every_time=True),
)}
