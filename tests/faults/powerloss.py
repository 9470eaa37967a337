# SPDX-License-Identifier: LGPL-2.1-or-later
"""The power fails: what the program wrote to a disk is recorded, and the disk is put together again as it
was at each flush, without what came after the last one.

QEMU's storage daemon writes the log, in the format of dm-log-writes, below a loop device with ext4 on it."""
import contextlib
import pathlib
import shutil
import struct
import subprocess
import time

from judge import compare_results, judge_cleaned
from stage import TEMPLATE, TOP, WORLD, Digests

DISK_SIZE = "96M"
SECTOR = 512
MAGIC = 0x6a736677736872
FLUSH, DISCARD = 1, 4
# Nothing is written out but by a sync: not by a timer, nor because a new file takes an old one's place.
OPTIONS = "noauto_da_alloc,commit=3000"
SCRATCH = TOP / "power"
BASE, DISK, LOG, NOW = SCRATCH / "base", SCRATCH / "disk", SCRATCH / "log", SCRATCH / "now"


def run(*argv):
    subprocess.run([str(word) for word in argv], check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def mounted(disk, options):
    """On the world's place."""
    WORLD.mkdir(exist_ok=True)
    run("mount", "-o", f"loop,{options}", disk, WORLD)
    try:
        yield
    finally:
        # The loop device goes with the mount.
        run("umount", WORLD)


@contextlib.contextmanager
def recorded():
    """A disk whose writes are logged."""
    for path in (DISK, LOG):
        path.write_bytes(b"")
    shutil.copyfile(BASE, SCRATCH / "written")
    argv = ["qemu-storage-daemon",
            "--blockdev", f"driver=file,filename={SCRATCH / 'written'},node-name=data",
            "--blockdev", f"driver=file,filename={LOG},node-name=log",
            "--blockdev", "driver=blklogwrites,file=data,log=log,node-name=logged,log-append=off",
            "--export", f"fuse,id=e,node-name=logged,mountpoint={DISK},writable=on"]
    with subprocess.Popen(argv) as daemon:
        try:
            for _ in range(250):
                if DISK.stat().st_size:
                    break
                time.sleep(0.02)
            yield
        finally:
            daemon.terminate()
            daemon.wait()


def read_log():
    """What was written until now: flags, offset and data of each entry."""
    with LOG.open("rb") as log:
        if struct.unpack("<Q", log.read(8))[0] != MAGIC:
            raise RuntimeError(f"{LOG} is not a log of writes")
        log.seek(SECTOR)
        while len(header := log.read(SECTOR)) == SECTOR:
            sector, sectors, flags, _length = struct.unpack_from("<QQQQ", header)
            if not sectors and not flags:
                return
            data = b"" if flags & DISCARD else log.read(sectors * SECTOR)
            yield flags, sector * SECTOR, data


class PowerLoss:
    def __init__(self, worker):
        self.worker, self.stage = worker, worker.stage

    def record(self, name, at=None):
        """The entries that were on the disk when the program ended, and how it did."""
        self.worker.set_up(name)
        self.stage.clear()
        shutil.rmtree(SCRATCH, ignore_errors=True)
        SCRATCH.mkdir()
        run("mke2fs", "-q", "-t", "ext4", "-d", TEMPLATE, BASE, DISK_SIZE)
        with recorded(), mounted(DISK, OPTIONS):
            done = self.stage.run(*self.worker.scenario.argv, at=at, disturb=True)
            entries = list(read_log())
        return entries, done

    def states(self, entries):
        """The disk at each flush; what was written after the last one is lost."""
        last = max(i for i, entry in enumerate(entries) if entry[0] & FLUSH)
        shutil.copyfile(BASE, NOW)
        written = False
        for i, (flags, offset, data) in enumerate(entries[:last + 1]):
            if data:
                with NOW.open("r+b") as disk:
                    disk.seek(offset)
                    disk.write(data)
                written = True
            if flags & FLUSH and (written or i == last):
                written = False
                yield i, i == last

    def look(self, is_end):
        """Mounts it, which recovers the filesystem's own journal, and lets cleanup do its work."""
        expected, stage = self.worker.expected, self.stage
        scratch = SCRATCH / "recovered"
        subprocess.run(["cp", "--sparse=always", NOW, scratch], check=True)
        stage.digests = Digests()
        before = {} if is_end else {"before": expected.before}
        with mounted(scratch, "noatime"):
            lines = compare_results(stage, expected) if is_end else []
            return lines + judge_cleaned(stage, **before, after=expected.after)

    def test(self, name, at, step):
        """How many states were looked at, every @step-th and the last, and what is wrong with the first
        that is."""
        entries, done = self.record(name, at)
        succeeded = done.returncode in self.worker.scenario.statuses
        count = 0
        for order, (number, is_end) in enumerate(self.states(entries)):
            if order % step and not is_end:
                continue
            count += 1
            lines = self.look(is_end and succeeded)
            if lines:
                what = "after its success" if is_end and succeeded else "while it ran"
                return count, [f"power lost {what}, at entry {number} of {len(entries)}:", *lines]
        return count, [] if succeeded else [f"ended with {done.returncode}: {done.stderr.strip()}"]
