"""What real Xen once refuted of a prediction, and its kin."""
import gzip
import lzma

from . import cpio
from .case import case


@case("initramfs-packing", nightly=True)
def initramfs_xz_crc64(guest):
    """The initramfs packed by plain xz, whose check is CRC64."""
    plain = gzip.decompress(guest.ramdisk.read_bytes())
    guest.ramdisk.write_bytes(lzma.compress(plain, check=lzma.CHECK_CRC64, preset=0))


@case(nightly=True)
def initramfs_xz_crc32(guest):
    """The initramfs packed by xz with CRC32."""
    plain = gzip.decompress(guest.ramdisk.read_bytes())
    guest.ramdisk.write_bytes(lzma.compress(plain, check=lzma.CHECK_CRC32, preset=0))


@case("initramfs-init", nightly=True)
def initramfs_init_not_executable(guest):
    """/init of the initramfs without the right to execute it."""
    with cpio.unpacked(guest.ramdisk) as files:
        (files / "init").chmod(0o644)


@case("initramfs-init", nightly=True)
def initramfs_one_directory_too_high(guest):
    """The initramfs has everything below a directory."""
    with cpio.unpacked(guest.ramdisk) as files:
        top = files / "initramfs"
        names = list(files.iterdir())
        top.mkdir()
        for name in names:
            name.rename(top / name.name)


@case("initramfs-init", nightly=True)
def rdinit_missing(guest):
    """rdinit= of a program that the initramfs does not have."""
    guest.cmdline = f"{guest.default_cmdline()} rdinit=/gone"


@case("cmdline-length", "root-missing", nightly=True)
def cmdline_long_pv(guest):
    """PV, and root= lies behind the first 1,024 bytes."""
    guest.cmdline = f"ro console=hvc0 filler={'x' * 1100} root=/dev/xvda"


@case(nightly=True)
def cmdline_long_pvh(guest):
    """PVH, and root= lies behind the first 1,024 bytes."""
    guest.type = "pvh"
    guest.cmdline = f"ro console=hvc0 filler={'x' * 1100} root=/dev/xvda"


@case("cmdline-length", nightly=True)
def cmdline_too_long_pvh(guest):
    """PVH, and the command line has over 2,048 bytes."""
    guest.type = "pvh"
    guest.cmdline = f"root=/dev/xvda ro console=hvc0 filler={'x' * 2100}"


@case("root-device", nightly=True)
def root_quoted(guest):
    """root= in quotes, which initramfs-tools takes for a part of the name."""
    guest.cmdline = "root='/dev/xvda' ro console=hvc0".replace("'", "\\\"")


@case("root-filesystem", fixable=True, nightly=True)
def rootfstype_ext3(guest):
    """rootfstype=ext3, and the root is ext4."""
    guest.cmdline = f"{guest.default_cmdline()} rootfstype=ext3"


@case("root-options", nightly=True)
def rootflags_subvol(guest):
    """rootflags=subvol=@, and the root is ext4."""
    guest.cmdline = f"{guest.default_cmdline()} rootflags=subvol=@"


@case("kernel-memory", nightly=True)
def mem_too_small(guest):
    """mem=48M on the command line."""
    guest.cmdline = f"{guest.default_cmdline()} mem=48M"


@case("selinux-policy", root="systemd", nightly=True)
def selinux_without_policy(guest):
    """SELinux is to be enforced, and there is no policy."""
    guest.cmdline = f"{guest.default_cmdline()} security=selinux selinux=1 enforcing=1"


@case("console-getty", root="systemd", nightly=True)
def getty_masked_by_cmdline(guest):
    """systemd.mask=serial-getty@hvc0.service on the command line."""
    guest.cmdline = f"{guest.default_cmdline()} systemd.mask=serial-getty@hvc0.service"


@case(nightly=True)
def root_hexadecimal(guest):
    """root=ca00, the number of xvda."""
    guest.cmdline = "root=ca00 ro console=hvc0"


@case("filesystem-readonly", "filesystem-unclean", nightly=True)
def readonly_with_journal(guest):
    """The disk is read-only, and its journal must be replayed."""
    guest.on_image.append(("debugfs", "feature needs_recovery"))
    guest.disk = f"{guest.image},raw,xvda,r"


@case("filesystem-kernel", nightly=True)
def blocks_of_64k(guest):
    """ext4 with blocks of 64 KiB."""
    guest.mkfs = ["-b", "65536"]


@case("fstab-options", root="systemd", nightly=True)
def fstab_unknown_option(guest):
    """A needed mount has an option that ext4 does not know."""
    guest.second_disk()
    guest.write("/etc/fstab", "/dev/xvdb /srv ext4 compress=zstd 0 2\n")


@case("fstab-type", root="systemd", nightly=True)
def fstab_unformatted(guest):
    """A needed mount is of a disk without a filesystem."""
    guest.second_disk()
    (guest.directory / "data.img").write_bytes(bytes(16 << 20))
    guest.write("/etc/fstab", "/dev/xvdb /srv ext4 defaults 0 2\n")


@case("fstab-mount-point", root="systemd", nightly=True)
def fstab_mount_point_is_file(guest):
    """A needed mount's mount point is a file."""
    guest.second_disk()
    guest.write("/srv2", "a file\n")
    guest.write("/etc/fstab", "/dev/xvdb /srv2 ext4 defaults 0 2\n")


@case("init-missing", nightly=True)
def init_with_dos_lines(guest):
    """/sbin/init is a script whose lines end in CR LF."""
    guest.remove("/sbin/init")
    guest.write("/sbin/init", "#!/bin/sh\r\nexec /bin/sh\r\n", 0o755)


@case("console-getty", root="systemd", nightly=True)
def no_udev(guest):
    """A systemd guest without udev."""
    guest.remove("/lib/systemd/systemd-udevd")


@case("console-getty", root="systemd", nightly=True)
def getty_generator_masked(guest):
    """systemd-getty-generator is masked."""
    directory = guest.path("/etc/systemd/system-generators")
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "systemd-getty-generator").symlink_to("/dev/null")


@case("console-getty", root="systemd", nightly=True)
def getty_drop_in(guest):
    """A drop-in has the getty run a program that is not there."""
    guest.write("/etc/systemd/system/serial-getty@.service.d/site.conf",
                "[Service]\nExecStart=\nExecStart=-/opt/site/getty %I\n")


@case("init-no-login", nightly=True)
def inittab_without_level(guest):
    """sysvinit's inittab has no initdefault."""
    text = guest.path("/etc/inittab").read_text()
    guest.path("/etc/inittab").write_text("".join(line for line in text.splitlines(True)
                                                  if "initdefault" not in line))


@case("loader-filesystem")
def pygrub_on_btrfs(guest):
    """pygrub, and the root is btrfs."""
    guest.loader, guest.filesystem = "pygrub", "btrfs"


@case("kernel-missing", nightly=True)
def pygrub_kernel_missing(guest):
    """kernel= of a file that is not in the guest, beside bootloader="pygrub"."""
    guest.loader = "pygrub"
    guest.settings["kernel"] = "/boot/gone"


@case(nightly=True)
def pygrub_arguments(guest):
    """pygrub gets kernel, initramfs and command line as arguments, and there is no menu."""
    guest.loader, guest.menu = "pygrub", None
    guest.settings["bootloader_args"] = [f"--kernel=/boot/vmlinuz-{guest.version}",
                                         f"--ramdisk=/boot/initrd.img-{guest.version}",
                                         "--args=root=/dev/xvda ro console=hvc0"]


@case("kernel-type", nightly=True)
def grub_pv_image_for_pvh(guest):
    """PVH, and the kernel is GRUB's image for PV guests."""
    guest.type, guest.loader = "pvh", "pvgrub"
    guest.settings["kernel"] = "/usr/lib/grub-xen/grub-x86_64-xen.bin"


@case("partition-table", nightly=True)
def gpt_first_copy_damaged(guest):
    """The first copy of the GPT is damaged, the second one is whole."""
    guest.layout = "gpt"
    guest.on_image.append(("damage gpt",))


@case("image-no-boot-loader", nightly=True)
def hvm_only_xvde(guest):
    """HVM by the BIOS, and the only disk is xvde."""
    guest.type, guest.loader, guest.layout = "hvm", "bios", "mbr"
    guest.disk = f"{guest.image},raw,xvde,rw"


@case(nightly=True)
def initramfs_by_hand(guest):
    """An initramfs whose /init knows its root, and no root=."""
    guest.cmdline = "console=hvc0"
    with cpio.unpacked(guest.ramdisk) as files:
        (files / "scripts/functions").unlink()
        (files / "init").write_text("""#!/bin/sh
mkdir -p /dev /proc /sys /root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe xen-blkfront
modprobe ext4
sleep 5
mount -o ro /dev/xvda /root
mount --move /dev /root/dev
exec switch_root /root /sbin/init
""")
