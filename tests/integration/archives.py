# SPDX-License-Identifier: LGPL-2.1-or-later
"""Archives made entry by entry, good and bad."""
import io
import os
import tarfile

import guest


def plain(path, size=3_000_000):
    """A guest's root and some files of @size bytes together."""
    guest.write_tar(path)
    with tarfile.open(path, "a") as tar:
        for number in range(10):
            add_file(tar, f"var/file-{number}", os.urandom(size // 10))
    return path


def add_file(tar, name, data=b"data", mode=0o644):
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = mode
    tar.addfile(entry, io.BytesIO(data))


def add_directory(tar, name):
    entry = tarfile.TarInfo(name)
    entry.type = tarfile.DIRTYPE
    entry.mode = 0o755
    tar.addfile(entry)


def add_link(tar, name, target, kind=tarfile.LNKTYPE):
    entry = tarfile.TarInfo(name)
    entry.type = kind
    entry.linkname = target
    tar.addfile(entry)


def hostile(path, *steps):
    """A guest's root, and then what @steps, functions of a TarFile, add."""
    guest.write_tar(path)
    with tarfile.open(path, "a") as tar:
        for step in steps:
            step(tar)
    return path


def many(path, count):
    """An archive of @count tiny files in directories of a thousand."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for number in range(count):
            if number % 1000 == 0:
                add_directory(tar, f"d{number // 1000:04}")
            add_file(tar, f"d{number // 1000:04}/file-{number:07}", b"tiny")
    return path
