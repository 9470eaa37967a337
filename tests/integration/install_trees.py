# SPDX-License-Identifier: LGPL-2.1-or-later
"""Install trees for tests, and servers that have them."""
import gzip
import hashlib
import pathlib
import re
import socket
import socketserver
import subprocess
import threading

import boot_server
import guest

# Of Debian's package debian-installer-12-netboot-amd64.
NETBOOT = pathlib.Path("/usr/lib/debian-installer/images/12/amd64/text")
PAIR = NETBOOT / "debian-installer" / "amd64"
INFO = """[general]
; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.
family = Fedora
version = 42
arch = {arch}
name = Fedora 42
[header]
type = productmd.treeinfo
version = 1.2
[images-{arch}]
kernel = {kernel}
initrd = images/pxeboot/initrd.img
[images-xen]
kernel = images/xen/vmlinuz
initrd = images/xen/initrd.img
[checksums]
"""


def write_initrd(path, scratch):
    """The initramfs of an installer that has an init and nothing else."""
    scratch.mkdir()
    (scratch / "init").write_bytes(guest.program())
    (scratch / "init").chmod(0o755)
    archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=scratch, check=True,
                             capture_output=True, input=b"init\n").stdout
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(archive, mtime=0))
    return path


def split_initrd(initrd, before):
    """What stands behind the bytes of @before in an initramfs, as names and contents."""
    data = initrd.read_bytes()
    original = before.read_bytes()
    assert data.startswith(original)
    start = (len(original) + 3) // 4 * 4
    assert not any(data[len(original):start])
    names = subprocess.run(["cpio", "--quiet", "-it"], input=data[start:], check=True,
                           capture_output=True).stdout.decode().split()
    return {name: subprocess.run(["cpio", "--quiet", "-i", "--to-stdout", name], input=data[start:], check=True,
                                 capture_output=True).stdout.decode() for name in names}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Fedora:
    """A tree that describes itself: a PVH kernel, and a PV one in images/xen."""

    def __init__(self, directory, **changes):
        self.dir = directory
        self.kernel = self.dir / "images/pxeboot/vmlinuz"
        self.initrd = self.dir / "images/pxeboot/initrd.img"
        self.kernel.parent.mkdir(parents=True)
        guest.write_kernel(self.kernel, pvh=True)
        write_initrd(self.initrd, directory.parent / (directory.name + "-initrd"))
        self.xen = self.dir / "images/xen/vmlinuz"
        self.xen.parent.mkdir()
        guest.write_kernel(self.xen)
        (self.xen.parent / "initrd.img").write_bytes(self.initrd.read_bytes())
        self.describe(**changes)

    def describe(self, arch="x86_64", kernel="images/pxeboot/vmlinuz", sums=True, **wrong):
        text = INFO.format(arch=arch, kernel=kernel)
        for path in sorted(self.dir.rglob("images/*/*")) if sums else []:
            name = str(path.relative_to(self.dir))
            text += f"{name} = sha256:{wrong.get(path.name, digest(path))}\n"
        (self.dir / ".treeinfo").write_text(text)


class Ranges(boot_server.Quiet):
    """Knows ranges, and breaks off in the middle of what is named in `broken`, once each."""
    broken: "set[str]" = set()
    asked: "list[tuple[str, str]]" = []

    def do_GET(self):
        path = pathlib.Path(self.translate_path(self.path))
        self.asked.append((self.path, self.headers.get("Range", "")))
        if not path.is_file():
            self.send_error(404)
            return
        data = path.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = len(data)
        if path.name in self.broken:
            self.broken.discard(path.name)
            end = start + (len(data) - start) // 2
        self.wfile.write(data[start:end])


class FtpSession(socketserver.StreamRequestHandler):
    """What libcurl asks for a file; a directory or file that is not there is refused, as servers do."""

    def handle(self):
        self.where = self.server.directory
        self.say("220 ready")
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(" ")
            if word == "QUIT":
                return
            getattr(self, word.lower(), self.unknown)(rest)

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def unknown(self, rest):
        self.say("502 not known")

    def user(self, rest):
        self.say("230 welcome")

    def pwd(self, rest):
        self.say('257 "/"')

    def type(self, rest):
        self.say("200 done")

    def cwd(self, rest):
        self.where = self.where / rest.lstrip("/")
        self.say("250 done" if self.where.is_dir() else "550 no")

    def epsv(self, rest):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.say(f"229 there (|||{self.listener.getsockname()[1]}|)")

    def size(self, rest):
        path = self.where / rest
        self.say(f"213 {path.stat().st_size}" if path.is_file() else "550 no")

    def retr(self, rest):
        path = self.where / rest
        with self.listener:
            if not path.is_file():
                self.say("550 no")
                return
            self.say("150 it comes")
            data = self.listener.accept()[0]
        with data:
            try:
                data.sendall(path.read_bytes())
            except OSError:
                """A client that has enough of it."""
        self.say("226 done")


class Ftp:
    def __init__(self, directory):
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), FtpSession)
        self.server.daemon_threads = True
        self.server.directory = directory
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self):
        return f"ftp://127.0.0.1:{self.server.server_address[1]}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
