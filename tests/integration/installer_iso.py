# SPDX-License-Identifier: LGPL-2.1-or-later
"""ISO images with an installer that is small: Debian's kernel, busybox and mke2fs, where Debian's images have
theirs; and images whose boot record is a few instructions."""
import gzip
import pathlib
import re
import shutil
import stat
import subprocess

import guest

FSTAB = "/dev/vda / ext4 defaults 0 1\n"
PLACE = pathlib.Path("install.amd")
MODULES = ("virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk",
           "failover", "net_failover", "virtio_net")
# To see what is in CD-ROM drives.
DRIVES = ("scsi_common", "scsi_mod", "libata", "ata_piix", "cdrom", "sr_mod", "isofs")
# What is done after the modules are there: a line of it is on the kernel's command line.
INIT = """#!/bin/busybox sh
bb=/bin/busybox
$bb mkdir -p /proc /sys /dev
$bb mount -t proc proc /proc
$bb mount -t sysfs sys /sys
$bb mount -t devtmpfs dev /dev
for module in {modules}; do $bb insmod /modules/$module.ko; done
while [ ! -b /dev/vda ]; do $bb sleep 0.1; done
echo "Partitioning disks"
[ -s /preseed.cfg ] && $bb grep -q '^d-i partman-auto/disk string /dev/vda$' /preseed.cfg && echo "It has its answers"
set -- $($bb cat /proc/cmdline)
for word; do
  case $word in
    test=panic) exit 1 ;;
    copies=*) for i in $($bb seq ${{word#copies=}}); do $bb cat /guest/var/data; done >/guest/var/copies ;;
    test=mirror)
      $bb ifconfig eth0 10.0.2.15
      answer() {{ $bb sed -n "s#^d-i mirror/http/$1 string ##p" /preseed.cfg; }}
      $bb wget -q -O /guest/etc/fetched http://$(answer hostname)$(answer directory)/fetched || exit 1 ;;
    test=seed)
      for module in {drives}; do $bb insmod /modules/$module.ko; done
      $bb mkdir /seed
      until $bb mount -t iso9660 /dev/sr0 /seed && [ -f /seed/meta-data ]; do
        $bb umount /seed
        $bb mount -t iso9660 /dev/sr1 /seed && [ -f /seed/meta-data ] && break
        $bb umount /seed
        $bb sleep 0.1
      done
      $bb dd if=/dev/sr1 bs=2048 skip=16 count=1 | $bb grep -q CIDATA && $bb cp /seed/user-data /guest/etc/seed ;;
    test=ask) echo "Which disk?"; read answer; [ "$answer" = /dev/vda ] || exit 1 ;;
  esac
done
echo "Installing the base system"
/bin/mke2fs -q -F -t ext4 -d /guest /dev/vda
echo "Finishing the installation"
$bb poweroff -f
"""


def kernel():
    """(nullable) Debian's for clouds, with its release."""
    found = sorted(pathlib.Path("/boot").glob("vmlinuz-*-cloud-amd64"))
    return (found[-1], found[-1].name.partition("-")[2]) if found else None


def libraries(program):
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", said)]


def add_program(root, program):
    shutil.copy(program, root / "bin")
    for library in libraries(program):
        target = root / str(library).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library, target)


def add_modules(root, release):
    (root / "modules").mkdir()
    tree = pathlib.Path("/lib/modules") / release
    for name in (*MODULES, *DRIVES):
        packed = next(tree.rglob(f"{name}.ko*"))
        plain = root / "modules" / f"{name}.ko"
        if packed.suffix == ".xz":
            plain.write_bytes(subprocess.run(["xz", "-dc", packed], check=True, capture_output=True).stdout)
        else:
            shutil.copy(packed, plain)


def pack(root):
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=root, check=True,
                             capture_output=True, input=names.encode()).stdout
    return gzip.compress(archive, compresslevel=1, mtime=0)


def write_guest(directory):
    """The files of a small guest, whose kernel has notes for PV and PVH and no code."""
    directory.mkdir()
    for name in ("boot", "dev", "proc", "root", "run", "sys", "tmp", "var"):
        (directory / name).mkdir()
    files = {**guest.ROOT_FILES, "etc/fstab": FSTAB}
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    for name in guest.PROGRAMS:
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(guest.program())
        path.chmod(0o755)
    guest.write_kernel(directory / "boot" / "vmlinuz-6.1.0-test", pvh=True)


def make_image(path, tree, *options):
    done = subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-V", "test", *options, "-o",
                           str(path), str(tree)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return path


def make_installer(scratch, system=None, data=None):
    """An image whose installer writes the files of a directory to the disk, else those of the smallest guest, and
    more data if that is wanted; scratch is a directory that is not there yet."""
    linux, release = kernel()
    root = scratch / "root"
    (root / "bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin")
    add_program(root, shutil.which("mke2fs", path="/sbin:/usr/sbin"))
    add_modules(root, release)
    if system is None:
        write_guest(root / "guest")
    else:
        subprocess.run(["cp", "-a", str(system), str(root / "guest")], check=True)
        (root / "guest" / "etc" / "fstab").write_text(FSTAB)
    if data is not None:
        (root / "guest" / "var" / "data").write_bytes(data)
    init = root / "init"
    init.write_text(INIT.format(modules=" ".join(MODULES), drives=" ".join(DRIVES)))
    init.chmod(init.stat().st_mode | stat.S_IXUSR)
    tree = scratch / "tree"
    (tree / PLACE).mkdir(parents=True)
    shutil.copy(linux, tree / PLACE / "vmlinuz")
    (tree / PLACE / "initrd.gz").write_bytes(pack(root))
    return make_image(scratch / "installer.iso", tree)


def make_bootable(path, code, scratch):
    """An image that has a boot record of a few bytes of x86's real mode, and nothing else."""
    scratch.mkdir()
    (scratch / "boot.bin").write_bytes(code.ljust(2048, b"\0"))
    return make_image(path, scratch, "-b", "boot.bin", "-no-emul-boot", "-boot-load-size", "4")


def say(text):
    """Code that writes @text to the serial line."""
    # mov dx, 0x3f8; then mov al, CHARACTER; out dx, al for each.
    return b"\xba\xf8\x03" + b"".join(b"\xb0" + bytes([c]) + b"\xee" for c in text.encode())


# xor ax, ax; mov es, ax; mov bx, 0x7e00; mov ax, 0x0301; mov cx, 1; mov dx, 0x80; int 0x13: the BIOS writes the second
# sector of the boot record to the first one of the first disk.
WRITE = b"\x31\xc0\x8e\xc0\xbb\x00\x7e\xb8\x01\x03\xb9\x01\x00\xba\x80\x00\xcd\x13"
# cli; hlt; jmp to itself
HALT = b"\xfa\xf4\xeb\xfd"
# The keyboard's controller resets the processor.
RESET = b"\xb0\xfe\xe6\x64" + HALT
# mov dx, 0x604; mov ax, 0x2000; out dx, ax: what ACPI does to power QEMU's "pc" off.
POWER_OFF = b"\xba\x04\x06\xb8\x00\x20\xef" + HALT


def boot_sector(code):
    """What makes a disk one that a BIOS starts, with a partition that is active."""
    partition = b"\x80\0\0\0\x83\0\0\0" + (1).to_bytes(4, "little") + (1000).to_bytes(4, "little")
    return code.ljust(446, b"\0") + partition.ljust(64, b"\0") + b"\x55\xaa"


# xor ax, ax; mov es, ax; mov ds, ax; mov bx, 0x7c00; inc byte [0x7d00]; and itself, the first sector, is written to the
# disk. cmp byte [0x7d00], 3; jae behind the restart.
COUNT = (b"\x31\xc0\x8e\xc0\x8e\xd8\xbb\x00\x7c\xfe\x06\x00\x7d\xb8\x01\x03\xb9\x01\x00\xba\x80\x00\xcd\x13"
         b"\x80\x3e\x00\x7d\x03\x73") + bytes([len(RESET)]) + RESET + POWER_OFF
# Installs that, and is done.
INSTALLER = (WRITE + POWER_OFF).ljust(512, b"\0") + boot_sector(HALT)
# The same, but it restarts, and what it has installed powers off.
RESTARTS = (WRITE + RESET).ljust(512, b"\0") + boot_sector(POWER_OFF)
# It restarts three times before it is done.
RESTARTS_OFTEN = (WRITE + RESET).ljust(512, b"\0") + boot_sector(COUNT)
