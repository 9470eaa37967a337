"""Make the lab once: root, boot files, disk, and the snapshot of a booted dom0."""
import contextlib
import os
import shutil
import sys
import time

from . import cache, rootfs, tools
from .errors import LabError, Unavailable
from .machine import MEMORY, Machine, disks

BOOT_SECONDS = 600


def say(message):
    print(f"lab: {message}", file=sys.stderr, flush=True)


def ensure():
    """The directory of a prepared lab, made now if need be."""
    directory = cache.entry()
    if not cache.ready(directory):
        with cache.locked():
            if not cache.ready(directory):
                cache.sweep()
                build(directory)
    with contextlib.suppress(OSError):  # a cache that others own may be used all the same
        os.utime(directory)
    return directory


def build(directory):
    with cache.workspace() as work:
        say("making the dom0 root (some minutes, once)")
        root = work / "root"
        rootfs.bootstrap(root)
        rootfs.extract_boot_files(root, work)
        rootfs.make_image(root, work / "dom0.img")
        snapshot(work)
        shutil.rmtree(root)
        shutil.rmtree(directory, ignore_errors=True)
        work.rename(directory)


def snapshot(work):
    say("booting Xen and dom0 for the snapshot")
    # The root's disk stays as it was when the memory was saved: runs only read it.
    tools.run(tools.qemu_img(), "create", "-q", "-f", "qcow2", "-b", "dom0.img", "-F", "raw",
              str(work / "root.qcow2"))
    with open(work / "memory", "wb") as memory:
        memory.truncate(int(MEMORY.removesuffix("M")) << 20)
    started = time.monotonic()
    with Machine(work, work / "prepare.log", disks(work / "root.qcow2")) as machine:
        machine.start()
        try:
            machine.link.ask("clock", BOOT_SECONDS, now=time.time())
            machine.link.must("xl info && xl dmesg -c && sync && sleep 2", BOOT_SECONDS)
        except LabError as error:
            raise Unavailable(f"the dom0 does not boot: {error}\n{machine.console_tail()}") from None
        machine.save(work / "state")
    say(f"dom0 was up after {time.monotonic() - started:.0f} s; snapshot saved")
