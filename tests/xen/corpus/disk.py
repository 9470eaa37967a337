"""Disk images of the corpus: a filesystem made of a root, bare or in a partition."""
import pathlib
import struct
import subprocess

from xenlab import tools

SECTOR = 512
MIB = 1 << 20
GRUB_MODULES = "biosdisk part_msdos part_gpt ext2 normal linux search search_fs_uuid configfile serial terminal echo"
# Where the filesystem begins, and sfdisk's script.
OFFSETS = {"whole": 0, "mbr": 2048 * SECTOR, "gpt": 4096 * SECTOR}
TABLES = {"mbr": "label: dos\nstart=2048, type=83, bootable\n",
          "gpt": "label: gpt\nstart=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649\n"
                 "start=4096, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n"}


def filesystem_size(root):
    used = int(subprocess.run(["du", "-s", "-B", "1", root], check=True, text=True, capture_output=True).stdout.split()[0])
    return (used * 5 // 4 + 96 * MIB) // MIB * MIB


def make(guest):
    """The image of a guest's root, as its layout wants it."""
    size = guest.size or filesystem_size(guest.root)
    offset = guest.offset
    with open(guest.image, "wb") as file:
        file.truncate(offset + size + (MIB if guest.layout == "gpt" else 0))
    if guest.layout != "whole":
        subprocess.run([tools.find("sfdisk", "fdisk"), "-q", "--no-reread", "--no-tell-kernel", guest.image],
                       input=TABLES[guest.layout], text=True, check=True, stdout=subprocess.DEVNULL)
    if guest.filesystem == "btrfs":
        tools.run(tools.find("mkfs.btrfs", "btrfs-progs"), "-q", "--rootdir", str(guest.root), str(guest.image))
        return
    # These are what Debian's GRUB cannot read, and newer mke2fs makes by default.
    features = guest.features or "^metadata_csum_seed,^orphan_file"
    tools.run(tools.find("mke2fs", "e2fsprogs"), "-q", "-F", "-t", "ext4", "-O", features, "-U", guest.uuid,
              "-L", "corpus", *guest.mkfs, "-E", f"offset={offset},root_owner=0:0", "-d", str(guest.root), str(guest.image),
              f"{size // 1024}k")
    if guest.loader == "bios":
        install_grub(guest)


def install_grub(guest):
    """GRUB's boot.img and core.img, set to each other as grub-bios-setup would."""
    directory = pathlib.Path("/usr/lib/grub/i386-pc")
    partition = {"mbr": "msdos1", "gpt": "gpt2"}[guest.layout]
    core = guest.directory / "core.img"
    tools.run(tools.find("grub-mkimage", "grub-common"), "-O", "i386-pc", "-o", str(core),
              "-p", f"(hd0,{partition})/boot/grub", *GRUB_MODULES.split())
    first = {"mbr": 1, "gpt": 2048}[guest.layout]
    boot = bytearray((directory / "boot.img").read_bytes())
    struct.pack_into("<Q", boot, 0x5C, first)
    loader = bytearray(core.read_bytes())
    struct.pack_into("<Q", loader, SECTOR - 12, first + 1)
    with open(guest.image, "r+b") as file:
        file.write(boot[:440])
        file.seek(first * SECTOR)
        file.write(loader)


def truncate(guest, size):
    with open(guest.image, "r+b") as file:
        file.truncate(size)


def debugfs(guest, *commands):
    for command in commands:
        tools.run(tools.find("debugfs", "e2fsprogs"), "-w", "-R", command, f"{guest.image}?offset={guest.offset}")


def convert(guest, form):
    """Into another format, under the same name."""
    other = guest.directory / "other"
    tools.run(tools.qemu_img(), "convert", "-O", form, str(guest.image), str(other))
    other.rename(guest.image)


def fill(guest):
    """Use up every block, the reserved ones too."""
    free = dump(guest, "Free blocks")
    size = dump(guest, "Block size")
    filler = guest.directory / "filler"
    with open(filler, "wb") as file:
        for _ in range(free * size // MIB):
            file.write(b"\xa5" * MIB)
    debugfs(guest, f"write {filler} /var/filler")
    filler.unlink()


def dump(guest, field):
    text = tools.run(tools.find("dumpe2fs", "e2fsprogs"), "-h", str(guest.image))
    return int(next(line for line in text.splitlines() if line.startswith(f"{field}:")).split(":")[1])


def remove_image(guest):
    guest.image.unlink()


def erase_boot_code(guest):
    with open(guest.image, "r+b") as file:
        file.write(bytes(440))


def damage_gpt(guest):
    """The first copy; the second one is at the end."""
    with open(guest.image, "r+b") as file:
        file.seek(SECTOR + 16)
        file.write(b"\xa5" * 4)


CHANGES = {"truncate": truncate, "debugfs": debugfs, "convert": convert, "fill": fill,
           "remove": remove_image, "erase boot code": erase_boot_code,
           "damage gpt": damage_gpt}
