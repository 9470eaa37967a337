# SPDX-License-Identifier: LGPL-2.1-or-later
"""The smallest guest that can be built: a tar of a root, and a kernel for PV."""

import io
import pathlib
import struct
import subprocess
import tarfile

ROOT_FILES = {
    "etc/os-release": 'ID=test\nNAME="Test"\nVERSION_ID="1"\n',
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "etc/shadow": "root::19000:0:99999:7:::\n",
    "etc/group": "root:x:0:\n",
    "etc/inittab": "id:2:initdefault:\nh0:2345:respawn:/sbin/getty 38400 hvc0\n",
    "etc/fstab": "",
}
PROGRAMS = ("sbin/init", "sbin/getty", "bin/sh", "bin/login")


def _elf(segments: "list[bytes]", entry: int, rest: bytes = b"") -> bytes:
    header = struct.pack(
        "<16sHHIQQQIHHHHHH",
        b"\x7fELF\x02\x01\x01" + b"\0" * 9,
        2, 62, 1, entry, 64, 0, 0, 64, 56, len(segments), 0, 0, 0,
    )
    return (header + b"".join(segments) + rest).ljust(4096, b"\0")


def _load(at: int) -> bytes:
    return struct.pack("<IIQQQQQQ", 1, 5, 0, at, at, 4096, 4096, 4096)


def program() -> bytes:
    """A static program for x86-64, without code."""
    return _elf([_load(0x400000)], 0x400000)


def write_tar(path: pathlib.Path, without: str = "") -> pathlib.Path:
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in ("bin", "dev", "etc", "proc", "root", "run", "sbin", "sys", "tmp", "var"):
            directory = tarfile.TarInfo(name)
            directory.type = tarfile.DIRTYPE
            directory.mode = 0o755
            tar.addfile(directory)
        for name, text in ROOT_FILES.items():
            _add(tar, name, text.encode(), 0o644)
        for name in PROGRAMS:
            if name != without:
                _add(tar, name, program(), 0o755)
    return path


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    file = tarfile.TarInfo(name)
    file.size = len(content)
    file.mode = mode
    tar.addfile(file, io.BytesIO(content))


def _note(kind: int, value: bytes) -> bytes:
    padded = value + b"\0" * (-len(value) % 4)
    return struct.pack("<III", 4, len(value), kind) + b"Xen\0" + padded


def bzimage(*packer: str, content: bytes) -> bytes:
    """The header of Linux's boot protocol, and @content packed as its payload."""
    packed = subprocess.run([*packer, "-c"], input=content, check=True, capture_output=True).stdout
    payload = packed if packer[0] == "gzip" else packed + struct.pack("<I", len(content))
    image = bytearray(1024)
    image[0x1F1] = 1
    struct.pack_into("<I", image, 0x1F4, len(payload) // 16 + 1)
    struct.pack_into("<H", image, 0x1FE, 0xAA55)
    struct.pack_into("<4sH", image, 0x202, b"HdrS", 0x20F)
    struct.pack_into("<II", image, 0x248, 0, len(payload))
    return bytes(image) + payload


def write_kernel(path: pathlib.Path, pvh: bool = False) -> pathlib.Path:
    """An ELF file with the notes of a Linux kernel for PV, and for PVH too, and no code."""
    notes = b"".join(
        [
            _note(6, b"linux\0"),  # GUEST_OS
            _note(5, b"xen-3.0\0"),  # XEN_VERSION
            _note(8, b"generic\0"),  # LOADER
            _note(1, struct.pack("<Q", 0x1000000)),  # ENTRY
            _note(3, struct.pack("<Q", 0)),  # VIRT_BASE
        ]
        + [_note(18, struct.pack("<I", 0x1000000))] * pvh  # PHYS32_ENTRY
    )
    headers = 64 + 2 * 56
    note = struct.pack("<IIQQQQQQ", 4, 4, headers, 0, 0, len(notes), len(notes), 4)
    path.write_bytes(_elf([_load(0x1000000), note], 0x1000000, notes))
    return path
