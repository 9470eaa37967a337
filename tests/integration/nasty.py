# SPDX-License-Identifier: LGPL-2.1-or-later
"""A directory with everything that a root can hold and an archive can carry."""
import os
import socket
import stat
import subprocess

SPECIAL_TIMES = {
    b"before-1970": (-86400 * 365 * 40, 987654321),
    b"just-before-1970": (-2, 999999999),
    b"epoch": (0, 0),
    b"after-2038": (2**31 + 5, 123456789),
    b"after-2106": (2**32 + 7, 1),
    b"year-2400": (13569465600, 999999999),
}
NAMES = [
    "unicode-äöü-日本語-🐧".encode(),
    "e\u0301-decomposed".encode(),
    b"latin-1-\xe4\xf6\xfc",
    b"not-utf-8-\xff\xfe\x80",
    b"new\nline",
    b"tab\tbackslash\\quote\"star*",
    b"-rf",
    b" leading and trailing ",
    b"n" * 255,
    b"99-bytes-" + b"x" * 90,
    b"100-bytes" + b"x" * 91,
    b"101-bytes" + b"x" * 92,
]
SET_UID = stat.S_ISUID | 0o755


def _write(path, data=b"", mode=0o644):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def _names(base):
    for number, name in enumerate(NAMES):
        _write(base + b"/" + name, b"%d\n" % number)
    deep = base
    for level in range(12):
        deep += b"/" + b"deep-%02d-" % level + b"d" * 120
        os.mkdir(deep)
    _write(deep + b"/bottom", b"bottom")
    os.symlink(deep[len(base):], base + b"/long-symlink")


def _kinds(base):
    os.mkfifo(base + b"/fifo", 0o620)
    for name, kind, device in (
        (b"null", stat.S_IFCHR, os.makedev(1, 3)),
        (b"xvda", stat.S_IFBLK, os.makedev(202, 0)),
        (b"big-minor", stat.S_IFBLK, os.makedev(259, 70000)),
        (b"big-major", stat.S_IFCHR, os.makedev(3000, 300)),
    ):
        os.mknod(base + b"/" + name, kind | 0o660, device)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.fsdecode(base + b"/socket"))
    for name, target in (
        (b"absolute", b"/etc/passwd"),
        (b"dangling", b"nowhere/at/all"),
        (b"up", b"../../../../etc/shadow"),
        (b"itself", b"itself"),
        (b"59-bytes", b"a" * 59),
        (b"60-bytes", b"b" * 60),
        (b"61-bytes", b"c" * 61),
        (b"4000-bytes", b"d/" * 2000),
    ):
        os.symlink(target, base + b"/" + name)
    os.lchown(base + b"/dangling", 12, 34)


def _files(base):
    for mode in (0o000, 0o400, 0o777, SET_UID, 0o2755, 0o1777, 0o7777):
        _write(base + b"/mode-%o" % mode, b"mode", mode)
        os.mkdir(base + b"/dir-%o" % mode)
        os.chmod(base + b"/dir-%o" % mode, mode)
    for size in (0, 1, 59, 60, 61, 156, 160, 511, 512, 513, 4095, 4096, 4097, 1048576, 5000001):
        _write(base + b"/size-%d" % size, os.urandom(4096) * (size // 4096 + 1))
        os.truncate(base + b"/size-%d" % size, size)
    for owner in (1, 1000, 65534, 65535, 65536, 2**31, 2**32 - 2):
        _write(base + b"/owner-%d" % owner, b"owner")
        os.chown(base + b"/owner-%d" % owner, owner, owner)
    _write(base + b"/linked", b"linked")
    for number in range(70):
        os.link(base + b"/linked", base + b"/link-%02d" % number)
    os.link(base + b"/../kinds/fifo", base + b"/linked-fifo")
    os.link(base + b"/../kinds/null", base + b"/linked-device")
    os.link(base + b"/../kinds/up", base + b"/linked-symlink", follow_symlinks=False)


def _sparse(base):
    with open(base + b"/hole-in-the-middle", "wb") as file:
        file.write(b"start")
        file.seek(300 * 1048576)
        file.write(b"end")
    with open(base + b"/hole-at-the-end", "wb") as file:
        file.write(b"start" * 1000)
        file.truncate(200 * 1048576 + 17)
    with open(base + b"/only-a-hole", "wb") as file:
        file.truncate(77 * 1048576)
    with open(base + b"/many-holes", "wb") as file:
        for number in range(200):
            file.seek(number * 65536 + 4096)
            file.write(b"%d" % number * 100)
    with open(base + b"/over-4-GiB", "wb") as file:
        file.write(b"start")
        file.seek(4 << 30)
        file.write(b"beyond")
        file.truncate(5 << 30)


def _attributes(base):
    for name in (b"file", b"dir", b"many", b"large", b"capable", b"listed", b"listed-dir"):
        if b"dir" in name:
            os.mkdir(base + b"/" + name)
        else:
            _write(base + b"/" + name, name)
    for name in (b"file", b"dir"):
        os.setxattr(base + b"/" + name, "user.text", b"value")
        os.setxattr(base + b"/" + name, "user.empty", b"")
        os.setxattr(base + b"/" + name, "user.binary", bytes(range(256)))
        os.setxattr(base + b"/" + name, "trusted.mark", b"\0\1\2")
    for number in range(40):
        os.setxattr(base + b"/many", f"user.number-{number:02}", b"x" * 40)
    os.setxattr(base + b"/large", "user.large", os.urandom(3000))
    os.setxattr(base + b"/large", "security.selinux", b"system_u:object_r:etc_t:s0\0")
    for command in (
        ["setcap", "cap_net_raw,cap_net_admin+ep", base + b"/capable"],
        ["setfacl", "-m", "u:23456:rwx,u:65536:r,g:23457:r-x,m::rwx", base + b"/listed"],
        ["setfacl", "-m", "u:23456:rwx,d:u:23456:rwx,d:g:23457:r-x,d:o::-", base + b"/listed-dir"],
    ):
        subprocess.run(command, check=True)


def _times(base):
    for name, (seconds, nanoseconds) in SPECIAL_TIMES.items():
        time = seconds * 10**9 + nanoseconds
        _write(base + b"/" + name)
        os.utime(base + b"/" + name, ns=(time, time))
        os.mkdir(base + b"/dir-" + name)
        os.utime(base + b"/dir-" + name, ns=(time, time))
        os.symlink(name, base + b"/symlink-" + name)
        os.utime(base + b"/symlink-" + name, ns=(time, time), follow_symlinks=False)


def make(path):
    """Fills the empty directory at @path; on a filesystem with extended attributes."""
    root = os.fsencode(path)
    for name, fill in ((b"names", _names), (b"kinds", _kinds), (b"files", _files),
                       (b"sparse", _sparse), (b"attributes", _attributes), (b"times", _times)):
        os.mkdir(root + b"/" + name)
        fill(root + b"/" + name)
    os.mkdir(root + b"/empty")
    os.chmod(root, 0o751)
    os.chown(root, 5, 6)
    os.setxattr(root, "user.of-the-root", b"itself")
    os.utime(root, ns=(1234567890123456789, 1234567890123456789))


def make_wide(path, count=100_000):
    """A directory of many entries, some of them with content."""
    for number in range(count):
        name = os.path.join(path, f"entry-{number:06}-of-a-wide-directory")
        with open(name, "wb") as file:
            if number % 100 == 0:
                file.write(b"%d" % number)
