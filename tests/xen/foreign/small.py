"""A small machine with sysvinit, whose disk is made without the appliance: in the default run it
stands for the big ones, of which each takes minutes."""
import dataclasses
import subprocess

from corpus import cpio
from corpus.guest import Guest
from xenlab import tools

from . import system
from .disk import Disk
from .machine import PASSWORD, SWAP, SWAP_IS_ON, Machine, ifupdown, text

MIB = 1 << 20
SWAP_SIZE = 32 * MIB
# What Debian's scripts would do, by udev and by ifupdown, which the root has not.
NETWORKING = r"""/lib/systemd/systemd-udevd --daemon
udevadm trigger -c add -s net
udevadm settle
ip link set lo up
of_file () { sed -n "s/^ *$1/\1/p" /etc/network/interfaces; }
nic=$(of_file 'iface \(.*\) inet static')
ip addr add "$(of_file 'address \(.*\)')" dev "$nic" && ip link set "$nic" up
"""
MACHINE = Machine(
    "small-mbr-ext4", "bookworm", 0, disk="",
    fstab=text("""\
        /dev/sda1  /              ext4         errors=remount-ro  0  1
        /dev/sda2  none           swap         sw                 0  0
        /dev/sr0   /media/cdrom0  udf,iso9660  user,noauto        0  0
        """),
    network=ifupdown("ens33", "10.77.0.61"), nic="ens33", root="/dev/xvda1", address="10.77.0.61",
    asks=(SWAP_IS_ON,))


def make(bases, directory):
    """Its disk, as disk.ensure() returns the others'."""
    guest = Guest(bases, directory, MACHINE.name)
    guest.layout, guest.loader = "mbr", "bios"
    guest.cmdline = "root=/dev/sda1 ro quiet"
    settle(guest)
    guest.finish()
    add_swap(guest.image)
    machine = dataclasses.replace(MACHINE, size=guest.image.stat().st_size // MIB)
    return Disk(machine, directory, guest.digest)


def settle(guest):
    """All that makes it no domU: names, console, and an initramfs without Xen's drivers."""
    guest.ramdisk = guest.path(f"/boot/initrd.img-{guest.version}")
    cpio.without(guest.ramdisk, *(f"{driver}.ko" for driver in system.XEN_DRIVERS))
    guest.write("/etc/initramfs-tools/modules", "ext4\n")
    guest.write("/etc/fstab", MACHINE.fstab)
    for name, content in MACHINE.network.items():
        guest.write(name, content)
    guest.path("/etc/network/interfaces.d").mkdir()
    guest.path("/sbin/ip").symlink_to("/bin/busybox")
    guest.replace("/etc/init.d/sysinit", "mount -a\n", f"mount -a\nswapon -a\n{NETWORKING}")
    guest.replace("/etc/inittab", "--keep-baud 115200 hvc0", "--noclear tty1")
    system.in_root(guest.root, "chpasswd", input=f"root:{PASSWORD}\n")


def add_swap(image):
    """As a partition behind the root's."""
    end = image.stat().st_size
    with open(image, "r+b") as file:
        file.truncate(end + SWAP_SIZE)
    subprocess.run([tools.find("sfdisk", "fdisk"), "-q", "--append", "--no-reread", "--no-tell-kernel", image],
                   input=f"start={end // 512}, type=82\n", text=True, check=True, stdout=subprocess.DEVNULL)
    swap = image.with_name("swap")
    with open(swap, "wb") as file:
        file.truncate(SWAP_SIZE)
    tools.run(tools.find("mkswap", "util-linux"), "-q", "-U", SWAP, str(swap))
    with open(image, "r+b") as file:
        file.seek(end)
        file.write(swap.read_bytes())
    swap.unlink()
