# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the program is run: a directory of its own in a tmpfs, in a namespace of mounts and processes,
so that whatever a run leaves is seen, and nobody else's is."""
import ctypes
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import time

SOURCES = pathlib.Path(__file__).resolve().parents[2]
TOP = pathlib.Path("/var/tmp")  # a tmpfs, for a worker
WORLD = TOP / "faults"
TEMPLATE = TOP / "template"
DISTURBED = WORLD / "disturbed"  # is synced while the program runs, in the tests of power loss
NOT_OURS = {str(DISTURBED), str(WORLD / "lost+found")}
NOT_COMPARED = (WORLD / "state", WORLD / "cache")
PATIENCE = 60
# linux/loop.h
LOOP_SET_STATUS64, LOOP_GET_STATUS64, LOOP_INFO64_SIZE = 0x4C04, 0x4C05, 232
LO_FLAGS, LO_FLAGS_AUTOCLEAR = 52, 4
PAGE = 4096
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "SOURCE_DATE_EPOCH": "1700000000",
    "HOME": str(WORLD / "home"),
    "TMPDIR": str(WORLD / "tmp"),
    "DOMUIMG_STATE_DIR": str(WORLD / "state"),
    "DOMUIMG_GUESTS_DIR": str(WORLD / "state/known"),
    "DOMUIMG_CACHE_DIR": str(WORLD / "cache"),
}


def patience():
    """Seconds that a run may take: more where others have the processors, too."""
    return PATIENCE * max(1, 2 * os.getloadavg()[0] / os.cpu_count())


def own_tmp(build):
    """/tmp, where only what does not ask for TMPDIR leaves something; not if the build has to stay in sight."""
    return () if build.is_relative_to("/tmp") else (pathlib.Path("/tmp"),)


def enter_namespace(build):
    """For a process that `unshare` has put into namespaces of its own."""
    for place in (TOP, *own_tmp(build)):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777", "none", place], check=True)
    # Its parent's end is its own.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def copy(source, target):
    """A directory with all in it, holes kept."""
    subprocess.run(["cp", "-a", "--sparse=always", source, target], check=True)


class Digests:
    """Of files; what has not changed since it was read is not read again."""

    def __init__(self):
        self.known = {}

    def of(self, path, status):
        key = (str(path), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        if key not in self.known:
            self.known[key] = self.read(path)
        return self.known[key]

    @staticmethod
    def read(path):
        """What is not zero, and where."""
        digest = hashlib.sha256()
        with open(path, "rb", buffering=0) as file:
            end = 0
            while True:
                try:
                    start = os.lseek(file.fileno(), end, os.SEEK_DATA)
                except OSError:
                    return digest.hexdigest()[:16]
                end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
                end += -end % PAGE
                for offset in range(start - start % PAGE, end, PAGE):
                    block = os.pread(file.fileno(), PAGE, offset)
                    if block.strip(b"\0"):
                        digest.update(b"%d:" % offset + block)


class Device:
    """A loop device over a file beside the world, which goes with this process."""

    def __init__(self, size):
        self.file, self.size = TOP / "device", size
        self.file.touch()
        self.empty()
        self.path = subprocess.run(["losetup", "--find", "--show", self.file], check=True, capture_output=True,
                                   text=True).stdout.strip()
        self.held = os.open(self.path, os.O_RDONLY)
        status = bytearray(fcntl.ioctl(self.held, LOOP_GET_STATUS64, bytes(LOOP_INFO64_SIZE)))
        status[LO_FLAGS] |= LO_FLAGS_AUTOCLEAR
        fcntl.ioctl(self.held, LOOP_SET_STATUS64, bytes(status))

    def empty(self):
        os.truncate(self.file, self.size)
        subprocess.run(["fallocate", "--punch-hole", "--length", str(self.size), self.file], check=True)

    def describe(self):
        """Nobody finds anything on it without its first page; whatever else was written is as nothing then."""
        data = pathlib.Path(self.path).read_bytes()
        return hashlib.sha256(data).hexdigest()[:16] if data[:PAGE].strip(b"\0") else "nothing"


class Stage:
    def __init__(self, build):
        self.program = str(build / "cli" / "domuimg")
        self.tracer = str(build / "tests" / "faults" / "fault")
        self.helpers = {"DOMUIMG_LIBEXEC_DIR": str(build / "cli" / "helpers"),
                        "DOMUIMG_RULES_DIR": str(SOURCES / "lib" / "app" / "rules")}
        self.environment = ENVIRONMENT
        self.report = TOP / "report"
        self.digests = Digests()
        self.meanings = {}  # of the images and manifests of a run without a fault, by their paths: see judge.py
        self.mounts = self.read_mounts()
        self.device = None
        self.places = (WORLD, *own_tmp(build))

    # What is there.

    def read_mounts(self):
        """Number → place: where somebody renames a directory, mounts that were copied into the namespace move
        with it."""
        lines = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return {line.split()[0]: line.split()[4] for line in lines}

    def new_mounts(self):
        return [place for number, place in self.read_mounts().items() if number not in self.mounts]

    def describe(self, path):
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        told = [stat.filemode(status.st_mode), status.st_uid, status.st_gid]
        if kind == stat.S_IFLNK:
            told.append(os.readlink(path))
            if self.device and told[-1] == self.device.path:
                told.append(self.device.describe())
        if kind == stat.S_IFREG:
            told += [status.st_nlink, status.st_size, self.digests.of(path, status)]
        return tuple(told)

    def snapshot(self):
        """All files but journals, and what a run may leave: locks and empty directories of the state, a cache."""
        found = {}
        for top in self.places:
            for path in sorted(top.rglob("*")):
                if any(map(path.is_relative_to, NOT_COMPARED)) or str(path) in NOT_OURS:
                    continue
                found[str(path)] = self.describe(path)
        return found

    def cached(self):
        """What stays for another time, whatever becomes of a run."""
        return [path for path in (WORLD / "cache").rglob("*") if path.is_file()]

    def journals(self):
        return sorted(path for path in (WORLD / "state").rglob("*")
                      if path.is_file() and path.suffix != ".lock")

    def leftovers(self):
        """Mounts, processes and loop devices that were not there before."""
        found = [f"mount {mount}" for mount in self.new_mounts()]
        found += [f"process {process}" for process in self.processes()]
        found += [f"loop device {name}" for name in self.loop_devices()]
        return found

    def loop_devices(self):
        """Those of files of this world: the kernel shows them to everybody, by names that others use, too."""
        ours = {place.stat().st_dev for place in (TOP, *self.places) if place.exists()}
        for path in pathlib.Path("/sys/block").glob("loop*/loop"):
            device = pathlib.Path("/dev", path.parent.name)
            try:
                with device.open("rb") as file:
                    status = fcntl.ioctl(file, LOOP_GET_STATUS64, bytes(LOOP_INFO64_SIZE))
            except OSError:
                continue
            if int.from_bytes(status[:8], sys.byteorder) in ours \
                    and not (self.device and self.device.path == str(device)):
                yield device.name

    def processes(self):
        """Those that live on; as the namespace's first one this process is the parent of orphans."""
        for _ in range(50):
            while True:
                try:
                    if os.waitpid(-1, os.WNOHANG)[0] == 0:
                        break
                except ChildProcessError:
                    return []
            time.sleep(0.02)
        names = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            if int(path.parent.name) != os.getpid():
                names.append(path.read_text().replace("\0", " ").strip())
        return names

    # What is done.

    def clear(self):
        for mount in reversed(self.new_mounts()):
            subprocess.run(["umount", "-l", mount], check=False)
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            if int(process.name) != os.getpid():
                os.kill(int(process.name), signal.SIGKILL)
        self.processes()
        for place in self.places:
            for path in place.iterdir() if place.exists() else ():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()

    def set_environment(self, scenario):
        self.environment = ENVIRONMENT | (self.helpers if scenario.helpers else {}) | scenario.environment

    def add_device(self, link, size):
        """The name of an empty one."""
        self.device = self.device or Device(size)
        link.symlink_to(self.device.path)

    def empty_device(self):
        if self.device:
            # What the kernel has of it in memory goes, too.
            subprocess.run(["blkdiscard", "--force", "--zeroout", self.device.path], check=True,
                           capture_output=True)
            self.device.empty()

    def make_world(self, prepare):
        """From nothing."""
        self.clear()
        self.empty_device()
        for name in ("home", "in", "out", "tmp"):
            (WORLD / name).mkdir(parents=True)
        prepare(self)

    def keep_world(self):
        shutil.rmtree(TEMPLATE, ignore_errors=True)
        copy(WORLD, TEMPLATE)

    def restore_world(self):
        self.clear()
        self.empty_device()
        WORLD.mkdir(exist_ok=True)
        copy(f"{TEMPLATE}/.", WORLD)

    def run(self, *argv, at=None, disturb=False):
        """The program, under the tracer; its status is that of the program."""
        options = [*(["--at", at] if at else []), *(["--disturb", DISTURBED] if disturb else [])]
        try:
            return subprocess.run([self.tracer, *options, self.report, self.program, *argv], env=self.environment,
                                  cwd=WORLD, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  errors="replace", timeout=patience(), check=False)
        except subprocess.TimeoutExpired as error:
            return subprocess.CompletedProcess(error.cmd, -1, "", "did not end")

    def plainly(self, *argv):
        return subprocess.run([self.program, *argv], env=self.environment, cwd=WORLD, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=patience(), check=False)

    def must(self, *argv, statuses=(0,)):
        done = self.plainly(*argv)
        if done.returncode not in statuses:
            raise RuntimeError(f"{' '.join(argv)}: {done.returncode}: {done.stderr.strip()}")
        return done

    def read_report(self):
        """Where the fault was, who was left, and how many calls there were."""
        where, left, counts = None, [], {}
        for line in self.report.read_text(errors="replace").splitlines():
            word, _, rest = line.partition(" ")
            if word == "at":
                where = rest
            elif word == "left":
                left.append(rest)
            else:
                who, kind, calls, with_count = rest.split()
                counts[who, kind] = (int(calls), int(with_count))
        return where, left, counts
