"""The roots that the corpus' guests are edits of: made once, by mmdebstrap, and cached.

Two Debian roots without a kernel ("sysv" is small and boots fast, "systemd" is what people run),
and two of Debian's kernels with the initramfs that initramfs-tools made for them. The cloud kernel
is LZ4 and has ext4 built in; the generic one is XZ and has it as a module. Both have xen-blkfront
as a module. Nothing of the default run wants systemd or the generic kernel: these are made when the
first guest wants them.
"""
import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil

from xenlab import cache, tools
from xenlab.errors import Unavailable

SUITE = "bookworm"
KERNELS = {"cloud": "linux-image-cloud-amd64", "generic": "linux-image-amd64"}
COMMON = ["e2fsprogs", "kmod", "login", "mount", "udev", "util-linux"]
ROOTS = {"sysv": [*COMMON, "sysvinit-core", "initscripts", "busybox", "initramfs-tools"],
         "systemd": [*COMMON, "systemd-sysv"]}
# No guest of Xen has this hardware, and unpacking and copying it is most of the time.
LEFT_OUT = [f"/lib/modules/*/kernel/{part}/*" for part in (
    "sound", "drivers/gpu", "drivers/media", "drivers/net/ethernet", "drivers/net/wireless",
    "drivers/infiniband", "drivers/usb", "drivers/staging", "drivers/iio", "drivers/hwmon",
    "drivers/input", "drivers/mtd", "drivers/hid", "drivers/platform", "drivers/isdn", "net")]
LEFT_OUT += ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/i18n/*"]
INITRAMFS_HOOK = (r'mkdir -p "$1/etc/initramfs-tools/conf.d"; '
                  r'printf "MODULES=list\nRESUME=none\nCOMPRESS=gzip\nCOMPRESSLEVEL=1\n" '
                  r'> "$1/etc/initramfs-tools/conf.d/corpus"; '
                  r'printf "xen-blkfront\nxen-netfront\next4\ncrc32c\n" > "$1/etc/initramfs-tools/modules"')
# Debian's own scripts are slow under emulation; what they do that matters here is this.
SYSINIT = """#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
mountpoint -q /proc || mount -t proc proc /proc
mountpoint -q /sys || mount -t sysfs sysfs /sys
mountpoint -q /dev || mount -t devtmpfs udev /dev
mount -o remount,rw /
mount -a
hostname -F /etc/hostname
"""
INITTAB = """id:2:initdefault:
si::sysinit:/etc/init.d/sysinit
h0:2345:respawn:/sbin/agetty --keep-baud 115200 hvc0
"""


@dataclasses.dataclass
class Kernel:
    version: str
    directory: pathlib.Path  # boot/ and lib/modules/VERSION as in a root


@dataclasses.dataclass
class Bases:
    key: str
    directory: pathlib.Path

    def root(self, kind):
        return self.part(kind)

    def part(self, name):
        """A directory; what few guests want is made when the first one wants it."""
        directory = self.directory / name
        if not directory.exists():
            with cache.locked("corpus"):
                if not directory.exists():
                    RARE[name](directory)
        return directory

    def kernel(self, kind):
        directory = self.part(f"kernel-{kind}")
        return Kernel(next((directory / "lib/modules").iterdir()).name, directory)


def bootstrap(root, packages, hooks=()):
    if os.geteuid() != 0:
        raise Unavailable("the corpus' roots are not made yet, and that needs root")
    argv = [tools.find("mmdebstrap", "mmdebstrap"), "--variant=essential", f"--include={','.join(packages)}", *hooks]
    argv += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    tools.run_apart(*argv, SUITE, str(root))
    # The build machine's, by mmdebstrap.
    (root / "etc/hostname").write_text("corpus\n")
    (root / "etc/fstab").write_text("")
    # Nobody is asked for a password, as little as anybody could give one that is locked.
    shadow = root / "etc/shadow"
    shadow.write_text(shadow.read_text().replace("root:*:", "root::", 1))
    for leftover in ("var/lib/apt", "var/cache/apt", "var/log/dpkg.log"):
        shutil.rmtree(root / leftover, ignore_errors=True)


def take_kernel(root, directory):
    """Move the kernel and all that belongs to it out of the root."""
    version, = [path.name for path in (root / "usr/lib/modules").iterdir()]
    (directory / "boot").mkdir(parents=True)
    (directory / "lib/modules").mkdir(parents=True)
    for name in ("vmlinuz", "initrd.img", "config"):
        shutil.move(root / f"boot/{name}-{version}", directory / "boot")
    shutil.move(root / f"usr/lib/modules/{version}", directory / "lib/modules")


def settle_sysv(root):
    (root / "etc/inittab").write_text(INITTAB)
    (root / "etc/init.d/sysinit").write_text(SYSINIT)
    (root / "etc/init.d/sysinit").chmod(0o755)


def settle_systemd(root):
    """Nothing that a login does not need."""
    system = root / "etc/systemd/system"
    for unit in ("systemd-timesyncd.service", "systemd-networkd-wait-online.service", "e2scrub_reap.service",
                 "systemd-pstore.service", "systemd-binfmt.service", "systemd-hwdb-update.service",
                 "fstrim.timer", "e2scrub_all.timer", "getty@tty1.service", "systemd-random-seed.service"):
        (system / unit).unlink(missing_ok=True)
        (system / unit).symlink_to("/dev/null")


def bootstrap_with_kernel(root, kind):
    bootstrap(root, [*ROOTS["sysv"], KERNELS[kind]], [f"--essential-hook={INITRAMFS_HOOK}"])


def build(directory):
    with cache.workspace("corpus") as work:
        bootstrap_with_kernel(work / "sysv", "cloud")
        take_kernel(work / "sysv", work / "kernel-cloud")
        for leftover in (work / "sysv/boot").iterdir():
            leftover.unlink()
        settle_sysv(work / "sysv")
        (work / "complete").touch()
        shutil.rmtree(directory, ignore_errors=True)
        work.rename(directory)


def build_systemd(root):
    with cache.workspace("corpus") as work:
        bootstrap(work / "root", ROOTS["systemd"])
        settle_systemd(work / "root")
        (work / "root").rename(root)


def build_generic(directory):
    with cache.workspace("corpus") as work:
        bootstrap_with_kernel(work / "root", "generic")
        take_kernel(work / "root", work / "kernel")
        (work / "kernel").rename(directory)


RARE = {"systemd": build_systemd, "kernel-generic": build_generic}


def ensure(say):
    """The bases, made now if need be."""
    packages = sorted({*KERNELS.values(), *(name for names in ROOTS.values() for name in names)})
    recipe = repr(cache.versions(packages)) + pathlib.Path(__file__).read_text(encoding="utf-8")
    key = hashlib.sha256(recipe.encode()).hexdigest()[:16]
    directory = cache.base("corpus") / key
    if not (directory / "complete").exists():
        with cache.locked("corpus"):
            if not (directory / "complete").exists():
                cache.sweep("corpus")
                say("making the corpus' roots and kernels (some minutes, once)")
                build(directory)
    with contextlib.suppress(OSError):
        os.utime(directory)
    return Bases(key, directory)
