# SPDX-License-Identifier: LGPL-2.1-or-later
"""A cloud image as vendors make them, its signed list of checksums, and a server that has both."""
import hashlib
import http.server
import os
import re
import subprocess
import threading

MIB = 1 << 20
ROOT = 18 * MIB
SIZE = 100 * MIB
# BIOS boot and ESP come first by place, and last by number, as in Debian's and Ubuntu's.
TABLE = """\
label: gpt
start=2048, size=6144, type=21686148-6449-6E6F-744E-656564454649
start=8192, size=24576, type=uefi
start=36864, type=linux
"""
FSTAB = "LABEL=cloudimg-rootfs / ext4 defaults 0 1\nLABEL=UEFI /boot/efi vfat umask=0077 0 1\n"


def write_root(root, cloud_init):
    for name in ("bin", "boot/grub", "boot/efi", "dev", "etc/cloud", "proc", "root", "run", "sbin",
                 "sys", "tmp", "usr/bin", "var/lib/cloud"):
        (root / name).mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Cloud 12"\n')
    (root / "etc/fstab").write_text(FSTAB)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/shadow").write_text("root:*:19000:0:99999:7:::\n")
    (root / "boot/grub/grub.cfg").write_text(
        "set default=0\nmenuentry c {\n  linux /boot/vmlinuz root=LABEL=cloudimg-rootfs ro\n}\n")
    (root / "filling").write_bytes(os.urandom(8 * MIB))
    if cloud_init:
        (root / "usr/bin/cloud-init").write_text("#!/bin/sh\n")
        (root / "usr/bin/cloud-init").chmod(0o755)


def make(directory, name="cloud.qcow2", cloud_init=True):
    """directory/name, a qcow2 file."""
    root = directory / f"{name}.root"
    write_root(root, cloud_init)
    raw, part, esp = (directory / f"{name}.{suffix}" for suffix in ("raw", "part", "esp"))
    with part.open("wb") as file:
        file.truncate(SIZE - ROOT - MIB)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", "cloudimg-rootfs", "-d", root, part], check=True)
    with esp.open("wb") as file:
        file.truncate(12 * MIB)
    subprocess.run(["mkfs.vfat", "-n", "UEFI", esp], check=True, capture_output=True)
    with raw.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["sfdisk", "-q", raw], input=TABLE, text=True, check=True)
    for source, seek in ((esp, 4), (part, ROOT // MIB)):
        subprocess.run(["dd", f"if={source}", f"of={raw}", "bs=1M", f"seek={seek}", "conv=notrunc,sparse",
                        "status=none"], check=True)
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", "-c", raw, directory / name], check=True)
    for path in (raw, part, esp):
        path.unlink()
    subprocess.run(["rm", "-r", root], check=True)
    return directory / name


def gpg(home, *words, **settings):
    return subprocess.run(["gpg", "--batch", "--homedir", home, "--pinentry-mode", "loopback",
                           "--passphrase", "", *map(str, words)], check=True, capture_output=True,
                          **settings)


class Vendor:
    """Signs what is in a directory."""

    def __init__(self, home, name):
        home.mkdir(mode=0o700)
        self.home = home
        gpg(home, "--quick-gen-key", f"{name} <{name}@example.org>", "rsa2048", "sign", "never")
        lines = gpg(home, "--with-colons", "--fingerprint", text=True).stdout.splitlines()
        self.fingerprint = next(line for line in lines if line.startswith("fpr:")).split(":")[9]

    def export(self, path, armor=True):
        path.write_bytes(gpg(self.home, "--export", *(["--armor"] if armor else [])).stdout)
        return path

    def sign(self, path, to):
        gpg(self.home, "--yes", "--armor", "--output", to, "--detach-sign", path)

    def clear_sign(self, path, to):
        gpg(self.home, "--yes", "--output", to, "--clear-sign", path)

    def stop(self):
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)


def sums(path, kind="sha512", bsd=False):
    digest = hashlib.new(kind, path.read_bytes()).hexdigest()
    return f"{kind.upper()} ({path.name}) = {digest}\n" if bsd else f"{digest}  {path.name}\n"


class Ranges(http.server.SimpleHTTPRequestHandler):
    """Sends from the byte that is asked for, as real servers do; the requests are kept."""

    def log_message(self, *words):
        pass

    def do_GET(self):
        path = self.translate_path(self.path)
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        try:
            with open(path, "rb") as file:
                content = file.read()
        except OSError:
            self.send_error(404)
            return
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "bytes=0-")
        start = int(start[1]) if server.knows_ranges else 0
        if start >= len(content) > 0 and start > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = min(server.stop_after.get(os.path.basename(path), len(content)), len(content))
        try:
            self.wfile.write(content[start:max(end, start)])
        except OSError:
            pass
        if end < len(content):
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, directory):
        super().__init__(("127.0.0.1", 0), lambda *words: Ranges(*words, directory=str(directory)))
        self.requests = []
        self.knows_ranges = True
        self.stop_after = {}  # bytes of a file, after which the connection ends
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *words):
        """A client that went away is what is tested."""

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def close(self):
        self.shutdown()
        self.server_close()
