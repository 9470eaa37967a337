"""Guests that boot: each type and loader, each layout, each kernel."""
from .case import case


@case()
def good_pv_direct(guest):
    """PV, kernel and initramfs copied out, the disk is the filesystem."""


@case()
def good_pvh_direct(guest):
    """PVH, kernel and initramfs copied out."""
    guest.type = "pvh"


@case(kernel="generic")
def good_pv_direct_xz(guest):
    """PV, Debian's generic kernel: packed by xz, ext4 a module."""


@case()
def good_pv_mbr(guest):
    """PV, the filesystem in the first partition of an MBR."""
    guest.layout = "mbr"


@case()
def good_pvh_gpt_uuid(guest):
    """PVH, the filesystem in a GPT partition, root= by UUID."""
    guest.type, guest.layout = "pvh", "gpt"
    guest.cmdline = f"root=UUID={guest.uuid} ro console=hvc0"


@case()
def good_pv_label(guest):
    """PV, root= by label."""
    guest.cmdline = "root=LABEL=corpus ro console=hvc0"


@case()
def good_pygrub(guest):
    """PV by pygrub, reading the guest's grub.cfg."""
    guest.loader = "pygrub"


@case()
def good_pygrub_mbr(guest):
    """PV by pygrub, from an MBR partition."""
    guest.loader, guest.layout = "pygrub", "mbr"


@case(kernel="generic")
def good_pv_pvgrub(guest):
    """PV by GRUB for Xen, with a kernel packed by xz."""
    guest.loader = "pvgrub"


@case()
def good_pvh_pvgrub(guest):
    """PVH by GRUB for Xen, with a kernel packed by LZ4."""
    guest.type, guest.loader = "pvh", "pvgrub"


@case()
def good_pvh_pvgrub_gpt(guest):
    """PVH by GRUB for Xen, from a GPT partition."""
    guest.type, guest.loader, guest.layout = "pvh", "pvgrub", "gpt"


@case()
def good_hvm_bios_mbr(guest):
    """HVM, GRUB in the MBR started by the BIOS."""
    guest.type, guest.loader, guest.layout = "hvm", "bios", "mbr"


@case()
def good_hvm_bios_gpt(guest):
    """HVM, GRUB in a GPT's BIOS boot partition."""
    guest.type, guest.loader, guest.layout = "hvm", "bios", "gpt"


@case()
def good_hvm_direct(guest):
    """HVM with kernel= and ramdisk=."""
    guest.type = "hvm"


@case(root="systemd")
def good_systemd_pv(guest):
    """PV, a systemd guest."""


@case(root="systemd")
def good_systemd_pvh(guest):
    """PVH, a systemd guest."""
    guest.type = "pvh"


@case()
def good_qcow2(guest):
    """PV, the disk in qcow2 and declared as that."""
    guest.on_image.append(("convert", "qcow2"))
    guest.disk = f"{guest.image},qcow2,xvda,rw"
