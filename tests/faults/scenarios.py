# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the program is asked to do while something goes wrong: one row each, over the smallest guests
that there can be."""
import dataclasses
import hashlib
import io
import pathlib
import subprocess
import tarfile
import typing

import guest
import installer_iso
import oci_image
from stage import ENVIRONMENT, WORLD

IN, OUT = WORLD / "in", WORLD / "out"
MIB = 1 << 20
VERSION = "6.1.0-1-test"
MAC = "mac=00:16:3e:01:02:03"
IDENTITY = ("--uuid", "5f4a1b62-8a57-4d6f-9d5e-1c2b3a495867", "--nic", "mac=00:16:3e:04:05:06")
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


TAR = f"tar:{IN / 'root.tar'}"


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    prepare: typing.Callable        # of the stage, in an empty world
    argv: tuple
    statuses: tuple = (0,)          # of success
    is_cleanup: bool = False        # it is what comes after a kill: its own end must be whole
    every_time: bool = False        # a copy of the world is not the same to it
    programs: tuple = ()
    parts: tuple = ()               # names of guests, each of which is made whole or not at all
    helpers: bool = False           # it needs programs and data of the library's own
    environment: dict = dataclasses.field(default_factory=dict)     # more of it


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
    (IN / "pool").write_text("network 192.0.2.0/24\n")
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


def guest_with_data(stage):
    """What it is made from has changed since, and so has its second disk."""
    inputs(stage)
    write_tar(IN / "root.tar", "old")
    stage.must(*create(TAR, "--disk", "size=16M,fs=ext2,mount=/data"))
    write_tar(IN / "root.tar", "new")
    with (OUT / "t-xvdb.img").open("r+b") as file:
        file.seek(8 * MIB)
        file.write(b"data")


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


def convert(*more, source=f"disk:{IN / 'disk.vmdk'}"):
    return ("create", "t", "--progress", "none", "--from", source, "--dir", str(OUT), "--type",
            "pv", "--kernel", f"file:{IN / 'vmlinuz'}", "--nic", MAC, "--allow-unbootable", *more)


def cloud_image(stage):
    """A vendor's, with its list of checksums, and the definition of it."""
    foreign_machine(stage)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", IN / "disk.vmdk", IN / "cloud.qcow2"], check=True)
    (IN / "disk.vmdk").unlink()
    digest = hashlib.sha512((IN / "cloud.qcow2").read_bytes()).hexdigest()
    (IN / "SHA512SUMS").write_text(f"{digest}  cloud.qcow2\n")
    (IN / "images").mkdir()
    (IN / "images/cloud1.conf").write_text(
        f"[image]\nname=Cloud 1\n[x86_64]\nurl=file://{IN / 'cloud.qcow2'}\nchecksums=SHA512SUMS\n")


def container_image(stage):
    """Of two layers; the second one removes a file of the first."""
    inputs(stage)
    base = [oci_image.directory("bin"), oci_image.file("bin/server", guest.program(), mode=0o755),
            oci_image.directory("srv"), oci_image.file("srv/old", b"old")]
    oci_image.Layout(IN / "image").image([base, [oci_image.file("srv/.wh.old"), oci_image.file("srv/new", b"new")]],
                                         Entrypoint=["/bin/server"])


def program_with_root(stage):
    """One that needs nothing, in a root without packages."""
    inputs(stage)
    (IN / "root/bin").mkdir(parents=True)
    (IN / "root/bin/server").write_bytes(guest.program())
    (IN / "root/bin/server").chmod(0o755)


# Installs what is in the tar: of a repository only the file that tells its state is asked for.
DNF = """\
#!/bin/sh -e
while [ "$1" != --installroot ]; do shift; done
tar -xf {tar} -C "$2"
"""


def repository(stage):
    inputs(stage)
    for name in ("bin", "releases", "repo/repodata"):
        (IN / name).mkdir(parents=True)
    (IN / "bin/dnf").write_text(DNF.format(tar=IN / "root.tar"))
    (IN / "bin/dnf").chmod(0o755)
    (IN / "repo/repodata/repomd.xml").write_text("<repomd/>\n")
    (IN / "releases/test.conf").write_text(
        "[release]\nname=Test Linux\nmanager=dnf\nversion=1\n[rpm]\ndatabase=/var/lib/rpm\nformat=sqlite\n")


def installer(stage):
    """Its boot record writes a sector to the disk, and powers off."""
    inputs(stage)
    installer_iso.make_bootable(IN / "boot.iso", installer_iso.INSTALLER, IN / "boot")


def guest_with_table(stage):
    """Three clones, so that one may be complete while another is not begun."""
    made_guest(stage)
    rows = [f"w{n},5f4a1b62-8a57-4d6f-9d5e-1c2b3a49586{n},mac=00:16:3e:04:05:0{n}" for n in range(3)]
    (IN / "guests.csv").write_text("\n".join(["name,uuid,nic", *rows, ""]))


def clone(*more):
    return ("clone", "t", "c", "--source-dir", str(OUT), "--dir", str(OUT), "--progress", "none", "--allow-unbootable", *IDENTITY, *more)


def cloned_guest(stage):
    made_guest(stage)
    stage.must(*clone("--copy", "sparse", "--hostname", "www"))


def killed_builds(stage):
    """One that had its results ready, one that had not."""
    inputs(stage)
    for name, point in (("t", "any:rename:2=kill"), ("u", "any:sync:8=kill")):
        stage.run(*create(f"tar:{IN / 'root.tar'}", name=name), at=point)
    if len(stage.journals()) != 2:
        raise RuntimeError("the builds left no journals")


QEMU = ("qemu-img", "qemu-storage-daemon", "sfdisk")
SCENARIOS = {scenario.name: scenario for scenario in (
    Scenario("create-tar", inputs, create(TAR)),
    Scenario("create-auto", inputs, ("create", "t", "--progress", "none", "--from", TAR, "--dir", str(OUT), "--type",
                                     "pv", "--kernel", f"file:{IN / 'vmlinuz'}", "--disk", "size=16M", "--nic",
                                     f"{MAC},ip=auto:{IN / 'pool'}", "--allow-unbootable")),
    Scenario("create-dir", directory, create(f"dir:{IN / 'root'}")),
    Scenario("create-force", old_guest, create(TAR, "--force")),
    Scenario("create-lvm", inputs, create(TAR, disk="size=24M,lvm=vg0")),
    Scenario("create-squashfs", inputs, create(TAR, disk="size=16M,fs=squashfs"), programs=("mksquashfs",)),
    Scenario("create-qcow2", inputs, create(TAR, disk="size=16M,format=qcow2")),
    Scenario("create-vhd", inputs, create(TAR, disk="size=16M,format=vhd"), programs=("qemu-img",)),
    Scenario("create-device", with_device, create(TAR, disk=str(IN / "disk")), programs=("losetup",)),
    Scenario("convert", foreign_machine, convert(), programs=QEMU),
    Scenario("convert-qcow2", foreign_machine, convert("--disk", "format=qcow2"), programs=QEMU),
    Scenario("create-seed", inputs, create(TAR, "--cloud-init", "auto", "--hostname", "web1.example.org")),
    Scenario("create-oci", container_image, create(f"oci:{IN / 'image'}"), helpers=True),
    Scenario("create-app", program_with_root, create("app:/bin/server", "--from-root", str(IN / "root")), helpers=True),
    Scenario("create-rpm", repository,
             create("rpm:test", "--kernel-package", "none", "--package", "setup", "--repo", str(IN / "repo"),
                    "--allow-unsigned"),
             helpers=True, programs=("zstd",),
             environment={"DOMUIMG_RELEASES_DIR": str(IN / "releases"),
                          "PATH": f"{IN / 'bin'}:{ENVIRONMENT['PATH']}"}),
    Scenario("create-image", cloud_image,
             convert("--allow-unsigned", source="image:cloud1"), programs=QEMU,
             environment={"DOMUIMG_IMAGES_DIR": str(IN / "images")}),
    Scenario("create-iso", installer, ("create", "t", "--progress", "none", "--from", f"iso:{IN / 'boot.iso'}", "--dir",
                                       str(OUT), "--disk", "size=16M", "--nic", MAC),
             programs=("qemu-system-x86_64", "xorriso", "qemu-img", "qemu-storage-daemon")),
    Scenario("check-fix", broken_guest, ("check", "--fix", str(OUT / "t.cfg")), statuses=(0, 3, 4)),
    Scenario("kernel-update", guest_with_kernel, ("kernel", "update", "t", "--dir", str(OUT))),
    Scenario("resize", made_guest, ("resize", "t", "24M", "--dir", str(OUT))),
    Scenario("rebuild", guest_with_data, ("rebuild", "t", "--dir", str(OUT), "--progress", "none",
                                          "--allow-unbootable")),
    Scenario("clone", made_guest, clone("--copy", "overlay")),
    Scenario("clone-sparse", made_guest, clone("--copy", "sparse")),
    Scenario("clone-table", guest_with_table, ("clone", "t", "--source-dir", str(OUT), "--dir", str(OUT), "--each", str(IN / "guests.csv"),
                                               "--progress", "none", "--allow-unbootable"),
             parts=("w0", "w1", "w2")),
    Scenario("clone-again", cloned_guest, ("rebuild", "c", "--dir", str(OUT), "--progress", "none",
                                           "--allow-unbootable")),
    Scenario("rename", made_guest, ("rename", "t", "v", "--dir", str(OUT))),
    Scenario("config-set", made_guest, ("config", "set", "memory=300", "vcpus=2", str(OUT / "t.cfg"))),
    Scenario("delete", made_guest, ("delete", str(OUT / "t.cfg"))),
    Scenario("delete-disks", made_guest, ("delete", "--disks", str(OUT / "t.cfg"))),
    Scenario("cleanup", killed_builds, ("cleanup",), is_cleanup=True, every_time=True),
)}
