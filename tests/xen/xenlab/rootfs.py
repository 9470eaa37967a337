"""The dom0 root: a small Debian with libxl, made by mmdebstrap, as a disk image."""
import gzip
import os
import pathlib
import shutil

from . import tools
from .errors import Unavailable

SUITE = "bookworm"
# Not linux-image-cloud-amd64: it has no CONFIG_XEN_DOM0.
PACKAGES = ["linux-image-amd64", "xen-hypervisor-4.17-amd64", "xen-utils-4.17", "qemu-system-xen",
            "grub-xen-host", "lvm2", "e2fsprogs", "fdisk", "kmod", "iproute2", "iputils-ping", "python3"]
# Nothing of this is used by a dom0 whose only hardware is virtio.
LEFT_OUT = [f"/lib/modules/*/kernel/{part}/*" for part in (
    "sound", "drivers/gpu", "drivers/media", "drivers/net/ethernet", "drivers/net/wireless",
    "drivers/infiniband", "drivers/usb", "drivers/staging", "drivers/iio", "drivers/scsi")]
LEFT_OUT += ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"]
INITRAMFS_HOOK = (r'mkdir -p "$1/etc/initramfs-tools/conf.d"; '
                  r'printf "MODULES=list\nRESUME=none\n" > "$1/etc/initramfs-tools/conf.d/lab"; '
                  r'printf "virtio_pci\nvirtio_blk\next4\n" > "$1/etc/initramfs-tools/modules"')
DOM0_FILES = pathlib.Path(__file__).resolve().parent.parent / "dom0"


def bootstrap(root):
    if os.geteuid() != 0:
        raise Unavailable("the lab is not prepared yet, and `lab prepare` needs root")
    tools.find("mke2fs", "e2fsprogs")
    argv = [tools.find("mmdebstrap", "mmdebstrap"), "--variant=minbase", f"--include={','.join(PACKAGES)}",
            f"--essential-hook={INITRAMFS_HOOK}"]
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    tools.run_apart(*argv, SUITE, str(root))
    shutil.copytree(DOM0_FILES, root / "lab")


def one(root, pattern):
    found = sorted(root.glob(pattern))
    if len(found) != 1:
        raise Unavailable(f"the dom0 root has {len(found)} of {pattern}, not one")
    return found[0]


def extract_boot_files(root, directory):
    shutil.copy(one(root, "boot/vmlinuz-*"), directory / "vmlinuz")
    shutil.copy(one(root, "boot/initrd.img-*"), directory / "initrd.img")
    # QEMU's multiboot loader takes no gzipped kernel.
    with gzip.open(one(root, "boot/xen-*.gz")) as packed, open(directory / "xen", "wb") as plain:
        shutil.copyfileobj(packed, plain)


def make_image(root, image):
    with open(image, "wb") as file:
        file.truncate(4 << 30)
    # No journal: the disk is thrown away after every run.
    tools.run(tools.find("mke2fs", "e2fsprogs"), "-q", "-t", "ext4", "-O", "^has_journal",
              "-d", str(root), str(image))
