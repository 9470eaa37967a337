"""The system of a machine: a Debian by mmdebstrap, settled for other hardware than a domU's."""
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request

from xenlab import tools
from xenlab.errors import Unavailable

from .run import Broken, must

COMMON = ["linux-image-amd64", "initramfs-tools", "systemd-sysv", "dbus", "udev", "kmod", "login", "mount", "e2fsprogs",
          "util-linux", "iproute2", "iputils-ping", "netbase", "procps"]
GRUB = {"i386-pc": "grub-pc", "x86_64-efi": "grub-efi-amd64"}
# Most of a kernel's modules by size, and no part of a server's hardware.
LEFT_OUT = [f"{usr}/lib/modules/*/kernel/{part}/*" for usr in ("", "/usr") for part in (
    "sound", "drivers/gpu", "drivers/media", "drivers/infiniband", "drivers/net/wireless", "drivers/staging",
    "drivers/iio")]
LEFT_OUT += ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/i18n/*"]
# What VMware, KVM and older PCs have.
MODULES = ["ata_piix", "ahci", "sd_mod", "mptspi", "vmw_pvscsi", "e1000", "vmxnet3", "virtio_pci", "virtio_blk",
           "virtio_scsi", "virtio_net"]
FILESYSTEM_MODULES = {"ext4": ["ext4", "crc32c"], "xfs": ["xfs", "crc32c"]}
XEN_DRIVERS = ("xen-blkfront", "xen-netfront")


def mirror():
    """The one that apt on this machine uses; None where it says none."""
    done = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(ORIGIN)",
                           "Created-By: Packages"], text=True, capture_output=True, check=False)
    for line in done.stdout.splitlines():
        uri, release, origin = line.split("|", 2)
        if origin == "Debian" and "-" not in release:
            return uri.rstrip("/")
    return None


def reach(uri, suite):
    """Unavailable where the mirror has no such suite, or cannot be reached."""
    if not uri or not uri.startswith(("http:", "https:", "file:")):
        return  # mmdebstrap finds out
    try:
        with urllib.request.urlopen(f"{uri}/dists/{suite}/InRelease", timeout=60):
            pass
    except (urllib.error.URLError, OSError) as error:
        raise Unavailable(f"{uri} has no {suite}: {error}") from None


def bootstrap(suite, packages, root):
    if os.geteuid() != 0:
        raise Unavailable("the foreign machines are not made yet, and that needs root")
    uri = mirror()
    reach(uri, suite)
    argv = [*tools.APART, tools.find("mmdebstrap", "mmdebstrap"), "--variant=essential", f"--include={','.join(packages)}"]
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    must(*argv, suite, root, *[uri] if uri else [])
    for leftover in ("var/lib/apt/lists", "var/cache/apt", "var/log/dpkg.log", "var/log/apt"):
        shutil.rmtree(root / leftover, ignore_errors=True)


def in_root(root, *argv, **options):
    """Run it there, with a /proc that goes with it."""
    return must(*tools.APART, "sh", "-c", 'mount -t proc proc "$1/proc" && root=$1 && shift && exec chroot "$root" "$@"',
                "sh", root, *argv, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}, **options)


def write(root, name, text):
    path = root / name.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.write_text(text, encoding="utf-8")


def settle(machine, root, password):
    """All that makes it this machine, but for its disk."""
    initramfs = f"MODULES=list\nRESUME={machine.resume}\n"
    modules = MODULES + FILESYSTEM_MODULES[machine.filesystem]
    files = {"/etc/hostname": f"{machine.name}\n", "/etc/hosts": f"127.0.0.1 localhost\n127.0.1.1 {machine.name}\n",
             "/etc/machine-id": f"{machine.id.hex}\n", "/etc/resolv.conf": "nameserver 10.77.0.1\n",
             "/etc/fstab": machine.fstab, "/etc/initramfs-tools/conf.d/drivers": initramfs,
             "/etc/initramfs-tools/modules": "".join(f"{name}\n" for name in modules),
             "/etc/default/grub": "GRUB_DEFAULT=0\nGRUB_TIMEOUT=1\nGRUB_DISTRIBUTOR=Debian\n"
                                  f"GRUB_CMDLINE_LINUX_DEFAULT=quiet\nGRUB_DISABLE_OS_PROBER=true\n{machine.grub}",
             **machine.network, **machine.files}
    for name, text in files.items():
        write(root, name, text)
    for service in machine.services:
        in_root(root, "systemctl", "enable", service)
    in_root(root, "chpasswd", input=f"root:{password}\n")
    in_root(root, "update-initramfs", "-u", "-k", "all")
    assert_foreign(root)


def version(root):
    found = [path.name for path in (root / "lib/modules").iterdir()]
    if len(found) != 1:
        raise Broken(f"{root} has {len(found)} kernels")
    return found[0]


def assert_foreign(root):
    """That the machine cannot reach a disk of Xen's before its root is mounted."""
    release = version(root)
    held = in_root(root, "lsinitramfs", f"/boot/initrd.img-{release}")
    built_in = (root / f"lib/modules/{release}/modules.builtin").read_text(encoding="ascii")
    for driver in XEN_DRIVERS:
        if re.search(rf"/{driver}\.ko", held + built_in):
            raise Broken(f"{driver} is in the initramfs or the kernel of {root}")
    if not re.search(r"/vmw_pvscsi\.ko", held):
        raise Broken(f"the initramfs of {root} lacks VMware's drivers")
