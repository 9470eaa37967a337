# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cases: guests that boot, in every type and by every loader, and each rule of `domuimg check`
broken in one way. What really happens is not written here: the lab says."""
import dataclasses
import shutil
import subprocess
import typing

from . import base as b

CASES = []
CMDLINE = "root=/dev/xvda ro console=hvc0 panic=2"
SIZE = 96 * b.MIB


@dataclasses.dataclass
class Case:
    name: str
    build: typing.Callable
    rule: str | None       # the finding that is expected; None: a guest without an error
    fixable: bool = False
    sample: bool = False   # in the default run too
    timeout: int = 150     # seconds of the lab, where a guest may say nothing more


def case(rule=None, **settings):
    def register(function):
        CASES.append(Case(function.__name__.replace("_", "-"), function, rule, **settings))
        return function
    return register


class Guest:
    """A case in the making: its directory, image and configuration."""

    def __init__(self, base, directory):
        self.base, self.directory = base, directory
        self.image = directory / "guest.img"
        self.root = directory / "root"
        self.settings = {"memory": 256, "vcpus": 1, "on_reboot": '"destroy"', "on_crash": '"destroy"',
                         "disk": [f"format=raw,vdev=xvda,access=rw,target={self.image}"]}
        self.type = "pv"
        self.extra = ""

    def small(self, edit=None, size=SIZE, table=None, features=""):
        """The small root, changed by @edit, on its image."""
        shutil.copytree(self.base.small, self.root, symlinks=True)
        if edit:
            edit(self.root)
        if table:
            b.make_table(self.image, size + 2 * b.MIB, table)
            b.make_filesystem(self.image, self.root, size, b.OFFSET, features)
        else:
            b.make_filesystem(self.image, self.root, size, 0, features)
        shutil.rmtree(self.root)
        return self

    def systemd(self, *commands, kernel=None):
        """The Debian root, changed by commands of debugfs."""
        source = self.base.debian if kernel is None else self.base.generic
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", source, self.image], check=True)
        script = self.directory / "debugfs"
        script.write_text("".join(f"{command}\n" for command in commands))
        subprocess.run(["debugfs", "-w", "-f", script, self.image], check=True, capture_output=True)
        self.settings["memory"] = 512
        return self

    def replace(self, path, text):
        """Commands of debugfs that put a file there."""
        local = self.directory / path.replace("/", "_")
        local.write_text(text)
        return [f"rm {path}", f"write {local} {path}"]

    def direct(self, kernel=None, initrd="", cmdline=CMDLINE):
        """kernel=, ramdisk= and cmdline=; initrd None: without."""
        own = kernel or self.base.kernel
        self.settings["kernel"] = f'"{getattr(own, "vmlinuz", own)}"'
        if initrd is not None:
            self.settings["ramdisk"] = f'"{initrd or self.base.kernel.initrd}"'
        self.settings["cmdline"] = f'"{cmdline}"'
        return self

    def file(self, name, content):
        path = self.directory / name
        path.write_bytes(content)
        return path

    def write(self, name):
        lines = [f'name = "{name}"', f'type = "{self.type}"']
        for key, value in self.settings.items():
            if isinstance(value, list):
                value = "[" + ", ".join(f'"{item}"' for item in value) + "]"
            lines.append(f"{key} = {value}")
        path = self.directory / "guest.cfg"
        path.write_text("\n".join(lines) + "\n" + self.extra)
        return path


def grub_menu(root, cmdline=CMDLINE, text=None):
    (root / "boot/grub/grub.cfg").write_text(text if text is not None else f"""set default=0
set timeout=1
menuentry 'Linux' --class os {{
    linux /boot/vmlinuz {cmdline}
    initrd /boot/initrd.img
}}
""")


def pvgrub(guest, name="grub-x86_64-xen.bin"):
    guest.settings["kernel"] = f'"/usr/lib/grub-xen/{name}"'
    return guest


def pygrub(guest):
    guest.settings["bootloader"] = '"pygrub"'
    return guest


def use_generic(guest, root):
    """The other kernel, whose payload is in xz, for loaders that cannot unpack LZ4."""
    shutil.copy(guest.base.big_kernel.vmlinuz, root / "boot/vmlinuz")
    shutil.copy(guest.base.big_kernel.initrd, root / "boot/initrd.img")


# Guests that boot.

@case()
def pv_direct(g):
    g.small().direct()


@case(sample=True)
def pvh_direct(g):
    g.type = "pvh"
    g.small().direct()


@case()
def pv_partition_mbr(g):
    g.small(table="dos").direct(cmdline=CMDLINE.replace("xvda", "xvda1"))


@case()
def pv_partition_gpt_partuuid(g):
    g.small(table="gpt").direct(
        cmdline=CMDLINE.replace("/dev/xvda", "PARTUUID=3c4d5e6f-7081-4293-a4b5-c6d7e8f90a1b"))


@case()
def pv_by_uuid(g):
    g.small().direct(cmdline=CMDLINE.replace("/dev/xvda", f"UUID={b.UUID}"))


@case()
def pv_by_label(g):
    g.small().direct(cmdline=CMDLINE.replace("/dev/xvda", "LABEL=root"))


@case(sample=True)
def pv_pygrub(g):
    pygrub(g.small(grub_menu))


@case()
def pv_pygrub_partition(g):
    pygrub(g.small(lambda root: grub_menu(root, CMDLINE.replace("xvda", "xvda1")), table="dos"))


@case()
def pv_pvgrub_xz(g):
    def edit(root):
        grub_menu(root)
        use_generic(g, root)
    pvgrub(g.small(edit, size=160 * b.MIB))
    g.settings["memory"] = 512


@case()
def pvh_pvgrub(g):
    g.type = "pvh"
    pvgrub(g.small(grub_menu), "grub-i386-xen_pvh.bin")
    g.settings["memory"] = 512


@case(timeout=400)
def hvm_bios(g):
    def edit(root):
        grub_menu(root, "root=/dev/xvda1 ro console=ttyS0 quiet panic=2")
        (root / "etc/inittab").write_text(b.INITTAB.replace("hvc0", "ttyS0"))
    g.type = "hvm"
    g.small(edit, table="dos")
    b.install_grub(g.image, g.directory)
    g.settings |= {"serial": '"pty"', "memory": 512, "hdtype": '"ahci"'}


@case()
def pv_plain_elf(g):
    g.small().direct(kernel=g.file("vmlinux", g.base.kernel.plain()))


@case()
def pv_zstd(g):
    g.small().direct(kernel=g.file("vmlinuz", g.base.kernel.repacked("zstd", "-q", "-c")))


@case(timeout=300)
def pv_systemd(g):
    g.systemd().direct()


@case()
def unknown_key(g):
    g.small().direct()
    g.extra = 'memmory = 512\n'


@case()
def network_of_vmware(g):
    def edit(root):
        (root / "etc/network").mkdir()
        (root / "etc/network/interfaces").write_text("auto ens33\niface ens33 inet dhcp\n")
    g.small(edit).direct()


@case()
def filesystem_full(g):
    g.small(lambda root: (root / "fill").write_bytes(b"x" * (40 * b.MIB)), size=64 * b.MIB).direct()


@case()
def modules_missing(g):
    g.small(lambda root: shutil.rmtree(root / "lib/modules")).direct()


# The kernel.

@case("kernel-missing")
def kernel_missing(g):
    g.small().direct(kernel=g.directory / "no-such-kernel")


@case("kernel-not-a-kernel", sample=True)
def kernel_is_text(g):
    g.small().direct(kernel=g.file("vmlinuz", b"this is no kernel\n" * 1000))


@case("kernel-architecture")
def kernel_arm64(g):
    image = bytearray(1 << 20)
    image[0:2], image[0x38:0x3c] = b"MZ", b"ARM\x64"
    g.small().direct(kernel=g.file("Image", bytes(image)))


@case("kernel-type", sample=True)
def kernel_without_pv(g):
    g.small().direct(kernel=g.file("vmlinux", g.base.kernel.without_note(1)))


@case("kernel-type")
def kernel_without_pvh(g):
    g.type = "pvh"
    g.small().direct(kernel=g.file("vmlinux", g.base.kernel.without_note(18)))


@case("kernel-compression")
def kernel_xz_large_dictionary(g):
    g.small().direct(kernel=g.file("vmlinuz", g.base.kernel.repacked(
        "xz", "-c", "--check=crc32", "--lzma2=preset=0,dict=256MiB")))


@case("kernel-compression")
def pvgrub_lz4(g):
    pvgrub(g.small(grub_menu))


@case("kernel-memory")
def memory_too_small(g):
    g.small().direct()
    g.settings["memory"] = 32


# The initramfs.

@case("initramfs-missing")
def initramfs_missing(g):
    g.small().direct(initrd=g.directory / "no-such-initrd")


@case("initramfs-missing")
def initramfs_none(g):
    g.small().direct(initrd=None)


@case("initramfs-corrupt")
def initramfs_truncated(g):
    data = g.base.kernel.initrd.read_bytes()
    g.small().direct(initrd=g.file("initrd", data[:len(data) // 2]))


@case("initramfs-version")
def initramfs_of_other_kernel(g):
    g.small().direct(initrd=g.base.big_kernel.initrd)


@case("initramfs-driver", fixable=True, sample=True)
def initramfs_without_blkfront(g):
    initramfs = b.Initramfs(g.base.kernel.initrd, g.directory / "initramfs")
    initramfs.remove("xen-blkfront")
    initramfs.pack(g.directory / "initrd")
    g.systemd().direct(initrd=g.directory / "initrd")


@case("initramfs-driver", fixable=True)
def initramfs_without_ext4(g):
    initramfs = b.Initramfs(g.base.big_kernel.initrd, g.directory / "initramfs")
    initramfs.remove("ext4")
    initramfs.pack(g.directory / "initrd")
    g.systemd(kernel="generic").direct(kernel=g.base.big_kernel, initrd=g.directory / "initrd")


# The root.

@case("root-missing", fixable=True)
def root_missing(g):
    g.small().direct(cmdline="ro console=hvc0 panic=2")


@case("root-device", fixable=True, sample=True)
def root_sda(g):
    g.small(table="dos").direct(cmdline=CMDLINE.replace("xvda", "sda1"))


@case("root-device", fixable=True)
def root_vda(g):
    g.small().direct(cmdline=CMDLINE.replace("xvda", "vda"))


@case("root-device", fixable=True)
def root_partition_of_whole_disk(g):
    g.small().direct(cmdline=CMDLINE.replace("xvda", "xvda1"))


@case("root-filesystem", fixable=True)
def root_disk_of_partitioned(g):
    g.small(table="dos").direct()


@case("root-device", fixable=True)
def root_unknown_uuid(g):
    g.small().direct(cmdline=CMDLINE.replace("/dev/xvda", f"UUID={b.SWAP_UUID}"))


@case("root-device", fixable=True)
def root_unknown_label(g):
    g.small().direct(cmdline=CMDLINE.replace("/dev/xvda", "LABEL=system"))


# The guest's files.

@case("fstab-device", fixable=True, timeout=420)
def fstab_missing_device(g):
    commands = g.replace("/etc/fstab", f"UUID={b.SWAP_UUID} /data ext4 defaults 0 2\n")
    g.systemd(*commands).direct()


@case(timeout=420)
def fstab_missing_device_nofail(g):
    commands = g.replace("/etc/fstab", f"UUID={b.SWAP_UUID} /data ext4 defaults,nofail 0 2\n"
                                       f"UUID={b.SWAP_UUID} none swap sw 0 0\n")
    g.systemd(*commands).direct()


@case(timeout=300)
def fstab_wrong_root(g):
    commands = g.replace("/etc/fstab", f"UUID={b.SWAP_UUID} / ext4 errors=remount-ro 0 1\n")
    g.systemd(*commands).direct()


@case("init-missing", sample=True)
def init_missing(g):
    g.small(lambda root: (root / "sbin/init").unlink()).direct()


@case("init-not-executable", fixable=True)
def init_not_executable(g):
    def edit(root):
        (root / "sbin/init").unlink()
        shutil.copy(root / "bin/busybox", root / "sbin/init")
        (root / "sbin/init").chmod(0o644)
    g.small(edit).direct()


@case("init-architecture")
def init_of_arm64(g):
    def edit(root):
        (root / "sbin/init").unlink()
        program = bytearray((root / "bin/busybox").read_bytes())
        program[18:20] = (183).to_bytes(2, "little")
        (root / "sbin/init").write_bytes(program)
        (root / "sbin/init").chmod(0o755)
    g.small(edit).direct()


@case("init-loader")
def init_loader_missing(g):
    g.small(lambda root: (root / "lib64/ld-linux-x86-64.so.2").unlink()).direct()


@case("init-libraries")
def init_library_missing(g):
    g.small(lambda root: (root / "lib/x86_64-linux-gnu/libresolv.so.2").unlink()).direct()


@case("console-getty", fixable=True, sample=True)
def console_without_getty(g):
    g.small(lambda root: (root / "etc/inittab").write_text("::sysinit:/etc/rcS\n"
                                                           "tty1::respawn:/sbin/getty 38400 tty1\n")).direct()


@case("console-getty", fixable=True, timeout=300)
def console_getty_masked(g):
    g.systemd("symlink /etc/systemd/system/serial-getty@.service /dev/null").direct()


@case("mount-point-missing", fixable=True)
def mount_point_dev_missing(g):
    g.small(lambda root: (root / "dev").rmdir()).direct()


@case("mount-point-missing", fixable=True, timeout=300)
def mount_point_proc_missing(g):
    g.systemd("rmdir /proc").direct()


# Menus and loaders.

@case("menu-missing")
def pygrub_without_menu(g):
    pygrub(g.small())


@case("menu-missing")
def pvgrub_without_menu(g):
    g.type = "pvh"
    pvgrub(g.small(), "grub-i386-xen_pvh.bin")


@case("menu-unreadable", sample=True)
def pygrub_blscfg(g):
    def edit(root):
        grub_menu(root, text="insmod part_msdos\nset timeout=1\nblscfg\n")
        (root / "boot/loader/entries").mkdir(parents=True)
        (root / "boot/loader/entries/linux.conf").write_text(
            f"title Linux\nlinux /boot/vmlinuz\ninitrd /boot/initrd.img\noptions {CMDLINE}\n")
    pygrub(g.small(edit))


@case()
def pygrub_default_dangling(g):
    def edit(root):
        grub_menu(root)
        menu = root / "boot/grub/grub.cfg"
        menu.write_text(menu.read_text().replace("default=0", 'default="gnulinux-advanced>no such entry"'))
    pygrub(g.small(edit))


@case("menu-initrds")
def pygrub_two_initrds(g):
    def edit(root):
        grub_menu(root)
        (root / "boot/extra.img").write_bytes(b"")
        menu = root / "boot/grub/grub.cfg"
        menu.write_text(menu.read_text().replace("initrd /boot/initrd.img",
                                                 "initrd /boot/extra.img /boot/initrd.img"))
    pygrub(g.small(edit))


@case("filesystem-features", fixable=True)
def pvgrub_metadata_csum_seed(g):
    g.type = "pvh"
    pvgrub(g.small(grub_menu, features=",metadata_csum,metadata_csum_seed"), "grub-i386-xen_pvh.bin")
    g.settings["memory"] = 512


@case("loader-missing")
def pvgrub_missing(g):
    g.type = "pvh"
    pvgrub(g.small(grub_menu), "grub-no-such-xen.bin")


@case("image-no-boot-loader")
def hvm_without_boot_loader(g):
    g.type = "hvm"
    g.small(table="dos")
    g.settings |= {"serial": '"pty"'}


# Disks and configuration.

@case("config-missing-file", sample=True)
def disk_missing(g):
    g.small().direct()
    g.image.rename(g.directory / "elsewhere.img")


@case("config-format", fixable=True)
def disk_raw_as_qcow2(g):
    g.small().direct()
    g.settings["disk"] = [f"format=qcow2,vdev=xvda,access=rw,target={g.image}"]


@case("config-duplicate-vdev")
def disk_twice(g):
    g.small().direct()
    g.settings["disk"].append(g.settings["disk"][0])


@case("image-truncated")
def image_truncated(g):
    g.small().direct()
    with open(g.image, "r+b") as image:
        image.truncate(SIZE // 2)


@case("image-truncated")
def partition_beyond_end(g):
    g.small(table="dos").direct(cmdline=CMDLINE.replace("xvda", "xvda1"))
    with open(g.image, "r+b") as image:
        image.truncate(SIZE // 2)


@case("config-contradiction", fixable=True)
def maxmem_below_memory(g):
    g.small().direct()
    g.settings["maxmem"] = 128


@case("config-no-kernel")
def nothing_to_boot(g):
    g.small()


@case("config-syntax")
def configuration_with_python(g):
    g.small().direct()
    g.extra = "import os\nmemory = 2 * 256\n"
