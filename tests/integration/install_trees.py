# SPDX-License-Identifier: LGPL-2.1-or-later
"""Install trees for tests, and servers that have them."""
import gzip
import hashlib
import pathlib
import re
import subprocess

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
