# SPDX-License-Identifier: LGPL-2.1-or-later
"""A libvirtd of a test's own, and what stands between it and the program."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import world

# Between a client and the socket in its own directory, as ssh would be. The file "limit" beside it has
# it break off once that many bytes were sent; "pause", stand still after as many.
RELAY = """#!{python}
import os, pathlib, socket, sys, threading, time
here = pathlib.Path(sys.argv[0]).parent
read = lambda name: int((here / name).read_text()) if (here / name).exists() else None
limit, pause = read("limit"), read("pause")
server = socket.socket(socket.AF_UNIX)
server.connect(str(here / "run/libvirt/libvirt-sock"))
def send():
    sent = 0
    while block := os.read(0, 65536):
        sent += len(block)
        if limit is not None and sent > limit:
            os._exit(0)  # limit
        if pause is not None and sent > pause:
            (here / "paused").touch()
            time.sleep(100)
        server.sendall(block)
    os._exit(0)
threading.Thread(target=send, daemon=True).start()
while block := server.recv(65536):
    os.write(1, block)
"""
# In the place of Xen's driver, which takes nothing where no Xen is: the real libvirtd is given a guest
# of QEMU that has the same name and UUID.
XEN_DRIVER = """#!{python}
import os, re, sys
if sys.argv[1] == "define":
    xml = sys.stdin.read()
    name, uuid = (re.search(f"<{{tag}}>(.*?)</{{tag}}>", xml)[1] for tag in ("name", "uuid"))
    assert "type=\\"xen\\"" in xml
    read, write = os.pipe()
    os.write(write, f'<domain type="qemu"><name>{{name}}</name><uuid>{{uuid}}</uuid>'
                    '<memory>65536</memory><os><type arch="x86_64">hvm</type></os></domain>'.encode())
    os.close(write)
    os.dup2(read, 0)
os.environ["LD_PRELOAD"] = "{preload}"
os.execv("{helper}", ["{helper}", *sys.argv[1:]])
"""


def user():
    """Whom libvirtd runs as: for root it would be the one of the whole machine."""
    return world.NOBODY if world.is_root() else os.geteuid()


class Libvirt:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir()
        self.pool = self.dir / "pool"
        for path in (self.pool, self.dir / "run", self.dir / "cache"):
            path.mkdir()
        # The sockets of guests are in it, and the names of sockets are short.
        self.config = pathlib.Path(tempfile.mkdtemp(prefix="domuimg-", dir="/tmp"))
        self.relay = self.write("relay", RELAY, python=sys.executable)
        if world.is_root():
            for path in (self.dir, self.config, *self.dir.iterdir()):
                os.chown(path, world.NOBODY, world.NOBODY)
        socket = self.dir / "run/libvirt/libvirt-sock"
        self.here = f"qemu+unix:///session?socket={socket}"
        self.there = f"qemu+ext://elsewhere/session?command={self.relay}"
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(self.dir),
                       "XDG_RUNTIME_DIR": str(self.dir / "run"), "XDG_CONFIG_HOME": str(self.config),
                       "XDG_CACHE_HOME": str(self.dir / "cache")}
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(["libvirtd", "--pid-file", str(self.dir / "run/pid")],
                                        env=environment, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, **self.as_user())
        for _ in range(300):
            if socket.exists():
                break
            time.sleep(0.1)
        self.virsh("pool-define-as", "pool", "dir", "--target", str(self.pool))
        self.virsh("pool-start", "pool")

    @staticmethod
    def as_user():
        if not world.is_root():
            return {}
        return {"user": world.NOBODY, "group": world.NOBODY, "extra_groups": []}

    def write(self, name, text, **values):
        path = self.dir / name
        path.write_text(text.format(**values))
        path.chmod(0o755)
        return path

    def xen_driver(self, preload=""):
        """A directory with helpers in the place of the real ones."""
        helpers = self.dir / "helpers"
        helpers.mkdir()
        for path in (world.PROGRAM.parent / "helpers").iterdir():
            if path.name != "domuimg-libvirt" and path.is_file():
                (helpers / path.name).symlink_to(path)
        self.write("helpers/domuimg-libvirt", XEN_DRIVER, python=sys.executable, preload=preload,
                   helper=world.PROGRAM.parent / "helpers" / "domuimg-libvirt")
        return helpers

    def virsh(self, *words):
        done = subprocess.run(["virsh", "-q", "-c", self.here, *words], capture_output=True, text=True,
                              timeout=60)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout

    def volumes(self):
        self.virsh("pool-refresh", "pool")
        return sorted(line.split()[0] for line in self.virsh("vol-list", "pool").splitlines() if line)

    def guests(self):
        return self.virsh("list", "--all", "--name").split()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
        shutil.rmtree(self.config)


def is_installed():
    return shutil.which("libvirtd") is not None or pathlib.Path("/usr/sbin/libvirtd").exists()
