# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two directories, compared in every attribute that an archive carries."""
import contextlib
import hashlib
import os
import pathlib
import stat
import subprocess
import tempfile
import time


@contextlib.contextmanager
def mounted(image, options="ro", where=None):
    """The kernel's view of an image."""
    with tempfile.TemporaryDirectory(prefix="domuimg-mnt.") as directory:
        directory = where or directory
        subprocess.run(["mount", "-o", f"loop,noatime,{options}", image, directory], check=True)
        try:
            yield pathlib.Path(directory)
        finally:
            subprocess.run(["umount", directory], check=True)
            wait_for_loop(image)


def wait_for_loop(image):
    """The kernel lets go of a loop device's file a moment after the last mount has gone."""
    for _ in range(250):
        if not subprocess.run(["losetup", "-j", image], check=True, capture_output=True).stdout:
            return
        time.sleep(0.02)


def new_filesystem(path, size):
    with open(path, "wb") as file:
        file.truncate(size)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-N", "300000", path], check=True)
    return path


def _content(path):
    """A digest of what is not zero, and where; holes take no time."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        offset = 0
        while True:
            try:
                offset = os.lseek(file.fileno(), offset, os.SEEK_DATA)
            except OSError:
                return digest.hexdigest()
            offset -= offset % 4096
            end = os.lseek(file.fileno(), offset, os.SEEK_HOLE)
            os.lseek(file.fileno(), offset, os.SEEK_SET)
            while offset < end:
                block = file.read(4096)
                if not block:
                    break
                if block.strip(b"\0"):
                    digest.update(b"%d:" % offset + block)
                offset += len(block)


def _attributes(path):
    names = os.listxattr(path, follow_symlinks=False)
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in sorted(names)}


def _describe(path, status):
    kind = stat.S_IFMT(status.st_mode)
    told = {
        "kind": kind,
        "mode": oct(stat.S_IMODE(status.st_mode)),
        "owner": (status.st_uid, status.st_gid),
        "mtime": status.st_mtime_ns,
        "xattrs": _attributes(path),
    }
    if kind in (stat.S_IFCHR, stat.S_IFBLK):
        told["device"] = (os.major(status.st_rdev), os.minor(status.st_rdev))
    if kind == stat.S_IFLNK:
        told["target"] = os.readlink(path)
    if kind == stat.S_IFREG:
        told["size"] = status.st_size
        told["content"] = _content(path)
    if kind != stat.S_IFDIR:
        told["links"] = status.st_nlink
    return told


def describe(root):
    """Path → attributes of all below @root; hard links are told by the first of their names."""
    root = os.fsencode(root)
    told = {b".": _describe(root, os.lstat(root))}
    first_names = {}
    pending = [root]
    while pending:
        directory = pending.pop()
        # In the order of the directory itself: a wide one need not have an index.
        for name in os.listdir(directory):
            path = directory + b"/" + name
            relative = path[len(root) + 1:]
            if name == b"lost+found" and (directory == root or os.path.ismount(directory)):
                continue
            status = os.lstat(path)
            if stat.S_ISDIR(status.st_mode):
                pending.append(path)
            told[relative] = _describe(path, status)
            if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
                inode = (status.st_dev, status.st_ino)
                first = min(first_names.get(inode, relative), relative)
                first_names[inode] = first
                told[relative]["inode"] = inode
    for entry in told.values():
        if "inode" in entry:
            entry["same-as"] = first_names[entry.pop("inode")]
    return told


def differences(wanted, found):
    """One line for each attribute that differs."""
    lines = []
    for path in sorted(wanted.keys() | found.keys()):
        if path not in found:
            lines.append(f"{path!r} is missing")
        elif path not in wanted:
            lines.append(f"{path!r} should not be there")
        else:
            lines += [f"{path!r}: {key}: {found[path].get(key)!r}, not {value!r}"
                      for key, value in wanted[path].items() if found[path].get(key) != value]
    return lines
