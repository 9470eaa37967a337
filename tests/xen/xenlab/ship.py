"""Take a guest's files into dom0, at the paths its xl.cfg has them at.

Small files travel in a tar that is itself a raw disk; disk images become virtio
disks under a throw-away overlay, so the caller's image is only ever read.
"""
import dataclasses
import json
import os
import shlex
import string
import tarfile

from . import tools, xlcfg
from .errors import UsageError
from .machine import SHIP_SIZE, SLOT_SIZE, SLOTS


@dataclasses.dataclass
class Guest:
    path: str
    name: str
    type: str
    settings: dict
    files: list
    disks: list


def as_list(value):
    return value if isinstance(value, list) else [value]


def read_guest(path):
    path = os.path.abspath(path)
    try:
        with open(path, encoding="utf-8") as file:
            settings = xlcfg.parse(file.read())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    if not settings.get("name"):
        raise UsageError(f"{path}: no name=")
    kind = settings.get("type") or settings.get("builder", "pv")
    files = [settings[key] for key in ("kernel", "ramdisk", "bootloader", "firmware_override") if key in settings]
    # What the build machine has not may well be dom0's own, such as pvgrub or pygrub.
    files = [name for name in files if os.path.isabs(name) and os.path.exists(name)]
    targets = [xlcfg.disk(spec) for spec in as_list(settings.get("disk", []))]
    return Guest(path, settings["name"], kind, settings, files, [disk for disk in targets if disk[0]])


class Cargo:
    """Everything that the guests of one run need, collected before the start."""

    def __init__(self, directory):
        self.directory = directory
        self.files = {}
        self.slots = {}

    def add_guest(self, guest):
        self.add_file(guest.path)
        for name in guest.files:
            self.add_file(name)
        for target, kind in guest.disks:
            if os.path.exists(target):  # else xl's own words are the answer
                self.add_disk(target, kind)

    def add_file(self, path, inside=None):
        if not os.path.exists(path):
            raise UsageError(f"{path}: no such file")
        self.files[inside or os.path.abspath(path)] = os.path.realpath(path)

    def add_disk(self, target, kind="raw"):
        if target in self.slots:
            return
        if not os.path.exists(target):
            raise UsageError(f"{target}: the disk does not exist")
        if len(self.slots) == SLOTS:
            raise UsageError(f"the lab has only {SLOTS} disks for guests")
        overlay = os.path.join(self.directory, f"slot{len(self.slots)}.qcow2")
        image, size = self.source(target, kind)
        if size > SLOT_SIZE:
            raise UsageError(f"{target}: larger than the lab's {SLOT_SIZE >> 30} GiB")
        # The guest finds qcow2 as qcow2 in dom0, so here it is bytes like any other.
        tools.run(tools.qemu_img(), "create", "-q", "-f", "qcow2", "-b", image, "-F", "raw",
                  overlay, str(SLOT_SIZE))
        self.slots[target] = (overlay, SLOT_SIZE if kind != "raw" else size)

    def source(self, target, kind):
        """The image to lay the overlay on; one with a backing file is flattened first."""
        image = os.path.realpath(target)
        if kind != "raw":
            info = json.loads(tools.run(tools.qemu_img(), "info", "--output=json", image))
            if "backing-filename" in info:
                flat = os.path.join(self.directory, f"flat{len(self.slots)}")
                tools.run(tools.qemu_img(), "convert", "-O", kind, image, flat)
                image = flat
        with open(image, "rb") as file:
            return image, file.seek(0, os.SEEK_END)

    def pack(self):
        """Write the tar disk, of the one size that the snapshot knows."""
        path = os.path.join(self.directory, "ship")
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
            for inside, outside in self.files.items():
                archive.add(outside, arcname=inside.lstrip("/"))
        if os.path.getsize(path) > SHIP_SIZE:
            raise UsageError(f"more than {SHIP_SIZE >> 30} GiB of kernels and files to ship")
        os.truncate(path, SHIP_SIZE)
        return path

    def overlays(self):
        return [overlay for overlay, _ in self.slots.values()]

    def unpack(self, link):
        """In dom0: files to their paths, and for each disk a device of its exact size."""
        # Sparse, and stopping at the archive's end, however long the disk.
        link.must("tar -x -f /dev/vdb -C / --no-same-owner --keep-directory-symlink", 300)
        for number, (target, (_, size)) in enumerate(self.slots.items()):
            device = f"/dev/vd{string.ascii_lowercase[number + 2]}"
            table = f"0 {-(-size // 512)} linear {device} 0"
            where = shlex.quote(target)
            link.must(f"dmsetup create slot{number} --noudevsync --table {shlex.quote(table)} && "
                      f"mkdir -p \"$(dirname {where})\" && ln -sfn /dev/mapper/slot{number} {where}")
