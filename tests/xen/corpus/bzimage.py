"""Kernels that differ from Debian's in one thing: notes or compression of the payload.

See Documentation/arch/x86/boot.rst of Linux for the header's fields.
"""
import struct
import subprocess

ENTRY, PHYS32_ENTRY = 1, 18
GONE = 0x7F00  # a type of note that nobody reads
PACKERS = {"gzip": ["gzip", "-9n"], "zstd": ["zstd", "-19", "--no-check"], "lz4": ["lz4", "-l", "-12"],
           "xz": ["xz", "--check=crc32"]}


def payload_of(image):
    """(offset, length) of the packed ELF."""
    sectors = image[0x1F1]
    offset, length = struct.unpack_from("<II", image, 0x248)
    return (sectors + 1) * 512 + offset, length


def unpack(image):
    start, length = payload_of(image)
    assert image[start:start + 4] == b"\x02\x21\x4c\x18", "the kernel is not packed by lz4"
    # The last four bytes are the unpacked size.
    return subprocess.run(["lz4", "-dcq"], input=bytes(image[start:start + length - 4]), check=True,
                          capture_output=True).stdout


def replace_payload(path, image, vmlinux, how, dictionary=None):
    argv = list(PACKERS[how])
    if dictionary:
        argv.append(f"--lzma2=preset=0,dict={dictionary}")
    packed = subprocess.run([*argv, "-c"], input=vmlinux, check=True, capture_output=True).stdout
    if how != "gzip":
        packed += struct.pack("<I", len(vmlinux))
    start, length = payload_of(image)
    assert len(packed) <= length, f"{how} needs more room than there is"
    image[start:start + length] = packed.ljust(length, b"\0")
    struct.pack_into("<I", image, 0x24C, len(packed))
    path.write_bytes(image)


def repack(path, how, dictionary=None):
    image = bytearray(path.read_bytes())
    replace_payload(path, image, unpack(image), how, dictionary)


def without_notes(path, *types):
    image = bytearray(path.read_bytes())
    vmlinux = bytearray(unpack(image))
    for kind in types:
        found = 0
        for size in (4, 8):
            note = struct.pack("<III", 4, size, kind) + b"Xen\0"
            at = vmlinux.find(note)
            if at >= 0:
                struct.pack_into("<I", vmlinux, at + 8, GONE)
                found += 1
        assert found, f"no note {kind} in the kernel"
    replace_payload(path, image, vmlinux, "lz4")


def arm64_image():
    """The header of an arm64 Image, and nothing behind it; see Linux' arm64/booting.rst."""
    header = struct.pack("<IIQQQQQQ4sI", 0x91005A4D, 0x14000010, 0, 2 << 20, 0xA, 0, 0, 0, b"ARM\x64", 0)
    return header.ljust(1 << 20, b"\0")
