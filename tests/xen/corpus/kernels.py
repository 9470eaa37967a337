"""Broken in what is loaded: the kernel and the initramfs."""

from . import bzimage, cpio
from .case import case


@case("kernel-missing")
def kernel_missing(guest):
    """kernel= names a file that is not there."""
    guest.kernel.unlink()


@case("kernel-missing")
def kernel_missing_in_guest(guest):
    """The menu for GRUB names a kernel that is not in the guest."""
    guest.type, guest.loader = "pvh", "pvgrub"
    guest.remove(f"/boot/vmlinuz-{guest.version}")


@case("kernel-not-a-kernel", sample=True)
def kernel_is_text(guest):
    """kernel= names a file that is no kernel."""
    guest.kernel.write_text("#!/bin/sh\necho this is no kernel\n" * 1000)


@case("kernel-not-a-kernel")
def kernel_is_initramfs(guest):
    """kernel= and ramdisk= are swapped."""
    guest.kernel, guest.ramdisk = guest.ramdisk, guest.kernel


@case("kernel-architecture")
def kernel_arm64(guest):
    """The kernel is an arm64 Image."""
    guest.kernel.write_bytes(bzimage.arm64_image())


@case("kernel-type")
def kernel_without_pv_notes(guest):
    """PV, and the kernel has no entry for PV, as one without CONFIG_XEN_PV."""
    bzimage.without_notes(guest.kernel, bzimage.ENTRY)


@case("kernel-type")
def kernel_without_pvh_note(guest):
    """PVH, and the kernel has no entry for PVH, as one without CONFIG_PVH."""
    guest.type = "pvh"
    bzimage.without_notes(guest.kernel, bzimage.PHYS32_ENTRY)


@case()
def kernel_plain_elf(guest):
    """The kernel is an unpacked ELF."""
    guest.kernel.write_bytes(bzimage.unpack(guest.kernel.read_bytes()))


@case()
def kernel_gzip(guest):
    """The kernel's payload packed by gzip."""
    bzimage.repack(guest.kernel, "gzip")


@case()
def kernel_zstd(guest):
    """The kernel's payload packed by zstd."""
    bzimage.repack(guest.kernel, "zstd")


@case("kernel-compression")
def kernel_xz_large_dictionary(guest):
    """The kernel's payload packed by xz with a dictionary of 256 MiB, as since Linux 6.12."""
    bzimage.repack(guest.kernel, "xz", "256MiB")


@case("kernel-compression")
def kernel_lz4_pvgrub(guest):
    """PV by GRUB for Xen, and the kernel is packed by LZ4."""
    guest.loader = "pvgrub"


@case("kernel-memory")
def kernel_memory(guest):
    """Less memory than the kernel takes."""
    guest.memory = 40


@case("kernel-memory")
def initramfs_memory(guest):
    """Memory for the kernel, and none for what the initramfs unpacks to."""
    guest.type = "pvh"
    guest.memory = 80


@case("initramfs-missing")
def initramfs_missing(guest):
    """No ramdisk=, and the kernel has xen-blkfront as a module."""
    guest.ramdisk = None


@case("initramfs-corrupt")
def initramfs_truncated(guest):
    """The initramfs is cut off in its middle."""
    data = guest.ramdisk.read_bytes()
    guest.ramdisk.write_bytes(data[:len(data) // 2])


@case("initramfs-corrupt")
def initramfs_corrupt(guest):
    """The initramfs has a hole of other bytes in it."""
    data = bytearray(guest.ramdisk.read_bytes())
    middle = len(data) // 3
    data[middle:middle + 4096] = b"\x5a" * 4096
    guest.ramdisk.write_bytes(data)


@case("initramfs-corrupt")
def initramfs_is_text(guest):
    """The initramfs is no initramfs."""
    guest.ramdisk.write_text("not an initramfs\n" * 1000)


@case("initramfs-version", nightly=True)
def initramfs_of_another_kernel(guest):
    """The initramfs belongs to another version of the kernel."""
    cpio.of_version(guest.ramdisk, guest.version, f"6.0.0-1-{guest.version.split('-', 2)[2]}")


@case("initramfs-driver", fixable=True, sample=True)
def initramfs_without_blkfront(guest):
    """The initramfs lacks xen-blkfront."""
    cpio.without(guest.ramdisk, "xen-blkfront.ko")


@case("initramfs-driver", fixable=True, kernel="generic")
def initramfs_without_ext4(guest):
    """The initramfs lacks ext4, which this kernel has as a module."""
    cpio.without(guest.ramdisk, "ext4.ko")


@case("initramfs-driver", fixable=True)
def initramfs_without_blkfront_pvgrub(guest):
    """The initramfs in the guest, loaded by GRUB for Xen, lacks xen-blkfront."""
    guest.type, guest.loader = "pvh", "pvgrub"
    cpio.without(guest.path(f"/boot/initrd.img-{guest.version}"), "xen-blkfront.ko")


@case("modules-missing")
def modules_missing(guest):
    """No /lib/modules for the kernel; all that is needed is in the initramfs."""
    guest.remove(f"/lib/modules/{guest.version}")


@case("modules-index")
def modules_without_index(guest):
    """The modules have no modules.dep."""
    for index in guest.path(f"/lib/modules/{guest.version}").glob("modules.dep*"):
        index.unlink()
