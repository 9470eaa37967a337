"""The QEMU machine that Xen runs on: started, saved, restored, and always ended."""
import ctypes
import json
import signal
import socket
import subprocess
import time

from . import tools
from .errors import LabError
from .link import Link

MEMORY = "3520M"
SHIP_SIZE = 8 << 30
SLOT_SIZE = 64 << 30
SLOTS = 6
# Each word has its reason in ../README.md.
CPU = "max,-smap,-smep,-la57,-rdtscp,-avx,-avx2,-f16c,-vaes,-vpclmulqdq,-pku,-pks"
XEN_ARGS = ("dom0_mem=1024M,max:1024M no-bootscrub spec-ctrl=no,eager-fpu "
            "console=com1 com1=115200 loglvl=warning guest_loglvl=all noreboot")
DOM0_ARGS = "root=/dev/vda rw console=hvc0 init=/lab/init net.ifnames=0 mitigations=off"


def escaped(path):
    return str(path).replace(",", ",,")


def die_with_parent():
    """Even a SIGKILL of the lab leaves no machine behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def disks(root, ship=None, slots=()):
    """The same disks in the same places for every start, as a snapshot demands."""
    drives = [f"file={escaped(root)},format=qcow2",
              f"file={escaped(ship)},format=raw" if ship else empty(SHIP_SIZE)]
    drives += [f"file={escaped(path)},format=qcow2" for path in slots]
    drives += [empty(SLOT_SIZE)] * (SLOTS - len(slots))
    arguments = []
    for number, drive in enumerate(drives):
        arguments += ["-drive", f"if=none,id=d{number},cache=unsafe,{drive}",
                      "-device", f"virtio-blk-pci,drive=d{number},addr={number + 4:#x}"]
    return arguments


def empty(size):
    return f"file.driver=null-co,file.size={size},file.read-zeroes=on,format=raw"


def command(share, console_log, disk_arguments, link_fd, monitor_fd):
    return [tools.qemu(), "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-S", "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=on", "-cpu", CPU, "-smp", "1", "-m", MEMORY,
            "-machine", "pc,memory-backend=ram",
            "-object", f"memory-backend-file,id=ram,size={MEMORY},mem-path=memory,share={share}",
            "-kernel", "xen", "-append", XEN_ARGS, "-initrd", f"vmlinuz {DOM0_ARGS},initrd.img",
            "-serial", f"file:{escaped(console_log)}", *disk_arguments,
            "-device", "virtio-serial-pci,addr=0x3",
            "-chardev", f"socket,id=lab,fd={link_fd}", "-device", "virtserialport,chardev=lab,name=lab",
            "-chardev", f"socket,id=qmp,fd={monitor_fd}", "-mon", "chardev=qmp,mode=control"]


class Machine:
    """A context: leaving it ends QEMU, whatever happened inside."""

    def __init__(self, directory, console_log, disk_arguments, incoming=False):
        self.console_log = console_log
        link, qemu_link = socket.socketpair()
        self.monitor, qemu_monitor = socket.socketpair()
        # Private, the memory file is copied on write: many machines start from one snapshot.
        argv = command("off" if incoming else "on", console_log, disk_arguments,
                       qemu_link.fileno(), qemu_monitor.fileno())
        if incoming:
            argv += ["-incoming", "defer"]
        self.messages = open(f"{console_log}.qemu", "w+")
        self.process = subprocess.Popen(argv, cwd=directory, preexec_fn=die_with_parent,
                                        pass_fds=[qemu_link.fileno(), qemu_monitor.fileno()],
                                        stdin=subprocess.DEVNULL, stdout=self.messages, stderr=self.messages)
        qemu_link.close()
        qemu_monitor.close()
        self.replies = self.monitor.makefile("rb")
        self.replies.readline()  # the greeting
        self.link = Link(link)

    def __enter__(self):
        self.qmp("qmp_capabilities")
        self.qmp("migrate-set-capabilities", capabilities=[{"capability": "x-ignore-shared", "state": True}])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.monitor.close()
        self.messages.close()

    def qmp(self, execute, fds=(), **arguments):
        request = json.dumps({"execute": execute, "arguments": arguments}).encode()
        try:
            socket.send_fds(self.monitor, [request], fds)
        except OSError:
            pass  # the missing reply is the error, and QEMU's own words its reason
        for line in self.replies:
            reply = json.loads(line)
            if "error" in reply:
                raise LabError(f"QEMU: {execute}: {reply['error']['desc']}")
            if "return" in reply:
                return reply["return"]
        self.process.wait()
        self.messages.seek(0)
        raise LabError(f"QEMU ended: {self.messages.read().strip()}")

    def start(self):
        self.qmp("cont")

    def migrated(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = self.qmp("query-migrate").get("status")
            if status == "completed":
                return
            if status == "failed":
                break
            time.sleep(0.02)
        raise LabError("QEMU could not save or restore the snapshot")

    def save(self, path):
        self.qmp("stop")
        with open(path, "wb") as state:
            self.qmp("getfd", fds=[state.fileno()], fdname="state")
            self.qmp("migrate", uri="fd:state")
            self.migrated()

    def restore(self, path):
        with open(path, "rb") as state:
            self.qmp("getfd", fds=[state.fileno()], fdname="state")
            self.qmp("migrate-incoming", uri="fd:state")
            self.migrated()
        self.start()
        self.link.ask("clock", 60, now=time.time())

    def console_tail(self, lines=30):
        with open(self.console_log, errors="replace") as log:
            return "\n".join(log.read().splitlines()[-lines:])
