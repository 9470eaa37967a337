"""One guest of the corpus: an edit of a base root, its disk image and its xl.cfg."""
import hashlib
import os
import shutil
import stat
import subprocess
import uuid

from xenlab import tools

from . import disk

GRUB = {"pv": "/usr/lib/grub-xen/grub-x86_64-xen.bin", "pvh": "/usr/lib/grub-xen/grub-i386-xen_pvh.bin"}
MENU = """set default=0
set timeout=0
menuentry 'Debian GNU/Linux' {{
  search --no-floppy --fs-uuid --set=root {uuid}
  linux /boot/vmlinuz-{version} {cmdline}
  initrd /boot/initrd.img-{version}
}}
"""


class Guest:
    """What a case edits. Nothing is written outside `directory`.

    loader: direct, pvgrub, pygrub, or bios (a boot loader on the disk).
    layout: whole (the disk is the filesystem), mbr or gpt (it is the first partition for files).
    """

    def __init__(self, bases, directory, name, root="sysv", kernel="cloud"):
        self.bases, self.directory, self.name = bases, directory, name
        self.type, self.loader, self.layout = "pv", "direct", "whole"
        self.systemd = root == "systemd"
        self.memory = 512 if self.systemd else 256
        self.features = None
        self.filesystem, self.mkfs = "ext4", []
        self.uuid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"domuimg-corpus:{name}"))
        self.size = 0
        self.cmdline = None
        self.menu = MENU
        self.settings = {}
        self.extra = ""
        self.disk, self.disks = None, []
        self.on_image = []
        self.root = directory / "root"
        subprocess.run(["cp", "-a", bases.root(root), self.root], check=True)
        self.use_kernel(bases.kernel(kernel))

    # Files of the guest.

    def use_kernel(self, kernel):
        self.version = kernel.version
        subprocess.run(["cp", "-a", "-T", kernel.directory / "boot", self.root / "boot"], check=True)
        self.path("/lib/modules").mkdir(exist_ok=True)
        subprocess.run(["cp", "-a", kernel.directory / "lib/modules" / kernel.version, self.path("/lib/modules")],
                       check=True)
        self.kernel = self.directory / "vmlinuz"
        self.ramdisk = self.directory / "initrd.img"
        shutil.copy(self.path(f"/boot/vmlinuz-{self.version}"), self.kernel)
        shutil.copy(self.path(f"/boot/initrd.img-{self.version}"), self.ramdisk)

    def path(self, name):
        """Of a file in the root; /lib and its like are links into /usr there."""
        for merged in ("/lib/", "/sbin/", "/bin/", "/lib64/"):
            if name.startswith(merged):
                name = f"/usr{name}"
        return self.root / name.lstrip("/")

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def replace(self, name, old, new):
        text = self.path(name).read_text()
        assert old in text, f"{name} has no {old!r}"
        self.path(name).write_text(text.replace(old, new))

    def remove(self, name):
        path = self.path(name)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    # Its disk and its configuration.

    def second_disk(self, vdev="xvdb"):
        """An empty ext4."""
        image = self.directory / "data.img"
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        tools.run(tools.find("mke2fs", "e2fsprogs"), "-q", "-F", "-t", "ext4", str(image))
        self.path("/srv").mkdir(exist_ok=True)
        self.disks.append(f"{image},raw,{vdev},rw")

    @property
    def image(self):
        return self.directory / "disk.img"

    @property
    def offset(self):
        return disk.OFFSETS[self.layout]

    @property
    def console(self):
        return "ttyS0" if self.type == "hvm" else "hvc0"

    def root_device(self):
        return {"whole": "/dev/xvda", "mbr": "/dev/xvda1", "gpt": "/dev/xvda2"}[self.layout]

    def default_cmdline(self):
        quiet = " quiet" if self.type == "hvm" else ""
        return f"root={self.root_device()} ro console={self.console}{quiet}"

    def finish(self):
        """Write all of it; the xl.cfg's path."""
        if self.cmdline is None:
            self.cmdline = self.default_cmdline()
        if self.type == "hvm" and not self.systemd:
            self.path("/etc/inittab").write_text(self.path("/etc/inittab").read_text().replace("hvc0", "ttyS0"))
        if self.loader != "direct" and self.menu:
            self.write("/boot/grub/grub.cfg", self.menu.format(uuid=self.uuid, version=self.version,
                                                               cmdline=self.cmdline))
        self.digest = self.content_digest()
        disk.make(self)
        for change in self.on_image:
            disk.CHANGES[change[0]](self, *change[1:])
        config = self.directory / "guest.cfg"
        config.write_text(self.config())
        shutil.rmtree(self.root)
        return config

    def boot_settings(self):
        if self.loader == "direct":
            ramdisk = {"ramdisk": self.ramdisk} if self.ramdisk else {}
            return {"kernel": self.kernel, **ramdisk, "cmdline": self.cmdline}
        if self.loader == "pvgrub":
            return {"kernel": GRUB[self.type]}
        return {"bootloader": "pygrub"} if self.loader == "pygrub" else {}

    def config(self):
        values = {"name": self.name, "type": self.type, "memory": self.memory, "vcpus": 1,
                  **self.boot_settings(), "disk": [self.disk or f"{self.image},raw,xvda,rw", *self.disks],
                  "serial": "pty" if self.type == "hvm" else None,
                  "on_reboot": "destroy", "on_crash": "destroy", **self.settings}
        return "".join(f"{key} = {as_xl(value)}\n" for key, value in values.items()
                       if value is not None) + self.extra

    def content_digest(self):
        """Of everything that decides what the guest does, whatever directory it lies in."""
        here = str(self.directory)
        parts = [self.layout, str(self.size), repr(self.features), *([self.filesystem, repr(self.mkfs)] if self.mkfs or self.filesystem != "ext4" else []), self.uuid, repr(self.on_image).replace(here, ""),
                 self.config().replace(here, ""), file_digest(self.kernel), file_digest(self.ramdisk)]
        return hashlib.sha256("\0".join([*parts, *listing(self.root)]).encode()).hexdigest()[:32]


def as_xl(value):
    if isinstance(value, list):
        return "[ " + ", ".join(as_xl(item) for item in value) + " ]"
    return str(value) if isinstance(value, int) else f'"{value}"'


def file_digest(path):
    if path is None or not os.path.isfile(path):
        return "-"
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") \
            else hashlib.sha256(file.read()).hexdigest()


def listing(root):
    """A line for each file: what it is, whose, and a digest of its content; no times."""
    lines = []
    for place, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(place, name)
            status = os.lstat(path)
            content = os.readlink(path) if stat.S_ISLNK(status.st_mode) else \
                file_digest(path) if stat.S_ISREG(status.st_mode) else ""
            lines.append(f"{os.path.relpath(path, root)} {status.st_mode:o} {status.st_uid} {status.st_gid} {content}")
    return sorted(lines)
