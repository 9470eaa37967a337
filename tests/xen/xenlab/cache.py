"""Where the prepared lab lives: one directory for each version of what made it."""
import contextlib
import fcntl
import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from . import machine, rootfs, tools

# Cache entries without a file of these names are not usable.
FILES = ("xen", "vmlinuz", "initrd.img", "dom0.img", "root.qcow2", "memory", "state")
UNUSED_SECONDS = 14 * 24 * 3600
# The entry that a run has found already, for what it starts: to ask apt takes most of a second.
VARIABLE = "DOMUIMG_LAB_ENTRY"


def base(kind="xen"):
    """The directory of all entries of a kind: the lab's own, or what it is used for."""
    default = pathlib.Path.home() / ".cache" / "domuimg-tests"
    return pathlib.Path(os.environ.get("DOMUIMG_TEST_CACHE") or default) / kind


def versions(packages):
    """The versions apt would install; empty where it does not know the packages."""
    done = subprocess.run(["apt-cache", "policy", *packages], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return re.findall(r"^(\S+):|Candidate: (\S+)", done.stdout, re.M)


@functools.cache
def key():
    """A change of packages, QEMU or the lab's own recipe makes a new entry."""
    recipe = [repr(versions(rootfs.PACKAGES)), tools.run(tools.qemu(), "--version"),
              repr(machine.command("on", "log", machine.disks("root"), 0, 0))]
    here = pathlib.Path(__file__).parent
    recipe += [path.read_text() for path in (here / "rootfs.py", here / "prepare.py",
                                             *sorted(rootfs.DOM0_FILES.iterdir()))]
    return hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:16]


def entry():
    known = os.environ.get(VARIABLE)
    return pathlib.Path(known) if known else base() / key()


def ready(directory):
    return all((directory / name).exists() for name in FILES)


@contextlib.contextmanager
def locked(kind="xen"):
    """One prepare at a time; who comes second finds the work done."""
    base(kind).mkdir(parents=True, exist_ok=True)
    with open(base(kind) / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def workspace(kind="xen"):
    """A directory on the cache's own filesystem, gone afterwards unless renamed."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="new-", dir=base(kind)))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def sweep(kind="xen"):
    """Under the lock: what killed runs left, and entries that nobody uses any more."""
    old = time.time() - UNUSED_SECONDS
    for path in base(kind).iterdir():
        if path.is_dir() and (path.name.startswith("new-") or path.stat().st_mtime < old):
            shutil.rmtree(path, ignore_errors=True)
