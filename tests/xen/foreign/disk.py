"""A machine's disk: its system put onto it and made to boot by GRUB, in libguestfs' appliance."""
import contextlib
import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess

from xenlab import cache, tools

from . import system
from .machine import MACHINES, PASSWORD
from .run import must

HERE = pathlib.Path(__file__).resolve().parent
KIND = "foreign"
# Not every /dev/kvm within a virtual machine works.
APPLIANCE = {"LIBGUESTFS_BACKEND": "direct", "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg"}


@dataclasses.dataclass
class Disk:
    """What is there of a machine that was made: the kernel and initramfs are as on the disk."""
    machine: object
    directory: pathlib.Path
    key: str

    @property
    def image(self):
        return self.directory / "disk.img"

    @property
    def kernel(self):
        return self.directory / "vmlinuz"

    @property
    def ramdisk(self):
        return self.directory / "initrd.img"


def digest(*parts):
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def packages_of(suite):
    """Of all machines of a suite, so that they share one root."""
    ours = [machine for machine in MACHINES.values() if machine.suite == suite]
    return sorted({*system.COMMON, *(name for machine in ours
                                     for name in (system.GRUB[machine.target], *machine.packages))})


def entry(machine):
    recipe = [(HERE / name).read_text(encoding="utf-8") for name in ("system.py", "disk.py")]
    return cache.base(KIND) / digest(repr(machine), repr(packages_of(machine.suite)), *recipe)


def base_entry(suite):
    recipe = (HERE / "system.py").read_text(encoding="utf-8")
    return cache.base(KIND) / f"root-{digest(suite, repr(packages_of(suite)), recipe)}"


def keep(work, directory):
    """Under its final name only when it is whole."""
    (work / "complete").touch()
    shutil.rmtree(directory, ignore_errors=True)
    work.rename(directory)


def base(suite, say):
    """The root that a suite's machines are made of."""
    directory = base_entry(suite)
    if not (directory / "complete").exists():
        say(f"making a root of Debian {suite} (minutes, once)")
        with cache.workspace(KIND) as work:
            system.bootstrap(suite, packages_of(suite), work / "root")
            keep(work, directory)
    return directory / "root"


def script(machine):
    """guestfish's: partitions and filesystems, the system, its boot loader."""
    # The appliance's own names of disks are not those that guestfish knows them by.
    disk = "/dev/$(lsblk -no pkname $(findmnt -no source -T /boot))"
    install = {"i386-pc": f"grub-install --target=i386-pc {disk}",
               "x86_64-efi": "grub-install --target=x86_64-efi --no-nvram --force-extra-removable"}[machine.target]
    return "\n".join(["run", machine.disk, "tar-in root.tar / xattrs:true", f'sh "{install}"',
                      'command "update-grub"', "umount-all", "shutdown", ""])


def make(machine, root, work):
    subprocess.run(["cp", "-a", root, work / "root"], check=True)
    system.settle(machine, work / "root", PASSWORD)
    release = system.version(work / "root")
    shutil.copy(work / f"root/boot/vmlinuz-{release}", work / "vmlinuz")
    shutil.copy(work / f"root/boot/initrd.img-{release}", work / "initrd.img")
    must("tar", "-C", work / "root", "--xattrs", "--numeric-owner", "-cf", work / "root.tar", ".")
    shutil.rmtree(work / "root")
    with open(work / "disk.img", "wb") as file:
        file.truncate(machine.size << 20)
    must(tools.find("guestfish", "guestfish"), "--format=raw", "-a", "disk.img", cwd=work, input=script(machine),
         env={**os.environ, **APPLIANCE})
    (work / "root.tar").unlink()


def ensure(machine, say):
    """The machine's disk, made now if need be."""
    directory = entry(machine)
    if not (directory / "complete").exists():
        with cache.locked(KIND):
            if not (directory / "complete").exists():
                cache.sweep(KIND)
                root = base(machine.suite, say)
                say(f"making {machine.name} (minutes, once)")
                with cache.workspace(KIND) as work:
                    make(machine, root, work)
                    keep(work, directory)
    with contextlib.suppress(OSError):
        os.utime(directory)
    return Disk(machine, directory, directory.name)
