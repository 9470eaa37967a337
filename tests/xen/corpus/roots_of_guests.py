"""Broken in what Linux finds: root=, filesystems, fstab, init."""
import os

from .case import case


def root_is(guest, device):
    guest.cmdline = f"root={device} ro console=hvc0"


@case("root-missing", fixable=True)
def root_absent(guest):
    """No root= on the command line."""
    guest.cmdline = "ro console=hvc0"


@case("root-device", fixable=True)
def root_sda1(guest):
    """root=/dev/sda1, as on the machine that the guest came from."""
    root_is(guest, "/dev/sda1")


@case("root-device", fixable=True)
def root_vda(guest):
    """root=/dev/vda, as under KVM."""
    root_is(guest, "/dev/vda")


@case("root-device", fixable=True)
def root_partition_of_whole(guest):
    """root=/dev/xvda1, and the whole disk is the filesystem."""
    root_is(guest, "/dev/xvda1")


@case("root-filesystem", fixable=True, nightly=True)
def root_whole_of_partitioned(guest):
    """root=/dev/xvda, and the filesystem lies in its first partition."""
    guest.layout = "mbr"
    root_is(guest, "/dev/xvda")


@case("root-device", fixable=True)
def root_unknown_uuid(guest):
    """root= by a UUID that no filesystem has."""
    root_is(guest, "UUID=01234567-89ab-cdef-0123-456789abcdef")


@case("root-device", fixable=True)
def root_unknown_label(guest):
    """root= by a label that no filesystem has."""
    root_is(guest, "LABEL=elsewhere")


@case("root-device", fixable=True)
def root_sda1_pvgrub(guest):
    """root=/dev/sda1 in the menu that GRUB for Xen reads."""
    guest.type, guest.loader = "pvh", "pvgrub"
    root_is(guest, "/dev/sda1")


@case("fstab-device", fixable=True, root="systemd")
def fstab_device_systemd(guest):
    """fstab wants /dev/sdb1 at /srv, which is not there; systemd."""
    guest.path("/srv").mkdir(exist_ok=True)
    guest.write("/etc/fstab", "/dev/xvda / ext4 defaults 0 1\n/dev/sdb1 /srv ext4 defaults 0 2\n")


@case("fstab-device", root="systemd")
def fstab_nofail_systemd(guest):
    """The same with nofail."""
    guest.path("/srv").mkdir(exist_ok=True)
    guest.write("/etc/fstab", "/dev/xvda / ext4 defaults 0 1\n/dev/sdb1 /srv ext4 defaults,nofail 0 2\n")


@case("fstab-device")
def fstab_device_sysv(guest):
    """fstab wants /dev/sdb1 at /srv, which is not there; sysvinit."""
    guest.write("/etc/fstab", "/dev/xvda / ext4 defaults 0 1\n/dev/sdb1 /srv ext4 defaults 0 0\n")


@case("fstab-device", fixable=True)
def fstab_device_fsck_sysv(guest):
    """fstab wants /dev/sdb1 looked at by fsck, which is not there; Debian's own scripts of sysvinit."""
    guest.replace("/etc/inittab", "/etc/init.d/sysinit", "/etc/init.d/rcS")
    guest.write("/etc/fstab", "/dev/xvda / ext4 defaults 0 1\n/dev/sdb1 /srv ext4 defaults 0 2\n")


@case("fstab-device", root="systemd")
def fstab_root_systemd(guest):
    """fstab names the root by a UUID that no filesystem has; systemd."""
    guest.write("/etc/fstab", "UUID=01234567-89ab-cdef-0123-456789abcdef / ext4 errors=remount-ro 0 1\n")


@case("fstab-type", root="systemd")
def fstab_type_systemd(guest):
    """fstab calls an ext4 filesystem at /srv xfs; systemd."""
    fstab_type(guest)


def fstab_type(guest):
    guest.second_disk()
    guest.write("/etc/fstab", "/dev/xvda / ext4 defaults 0 1\n/dev/xvdb /srv xfs defaults 0 0\n")


@case("mount-point-missing", fixable=True)
def mount_point_proc(guest):
    """No /proc to mount on, and the root read-only at first."""
    guest.remove("/proc")


@case("mount-point-missing", fixable=True)
def mount_point_sys(guest):
    """No /sys to mount on."""
    guest.remove("/sys")


@case("mount-point-missing", fixable=True)
def mount_point_dev(guest):
    """No /dev to mount on."""
    guest.remove("/dev")


@case("mount-point-missing", fixable=True, root="systemd")
def mount_point_proc_systemd(guest):
    """No /proc to mount on; systemd."""
    guest.remove("/proc")


@case("owner-not-root")
def owners_shifted(guest):
    """/etc/passwd and its like belong to 100000, as in an unprivileged container."""
    for name in ("/etc/passwd", "/etc/shadow", "/etc/group"):
        os.chown(guest.path(name), 100000, 100000)


@case("init-missing")
def init_missing(guest):
    """No /sbin/init."""
    guest.remove("/sbin/init")


@case("init-missing")
def init_parameter(guest):
    """init= names a program that is not there."""
    guest.cmdline = "root=/dev/xvda ro console=hvc0 init=/opt/init"


@case("init-not-executable", fixable=True, nightly=True)
def init_not_executable(guest):
    """/sbin/init without the right to execute it."""
    guest.path("/sbin/init").chmod(0o644)


@case("init-architecture", nightly=True)
def init_arm64(guest):
    """/sbin/init is an arm64 program."""
    path = guest.path("/sbin/init")
    data = bytearray(path.read_bytes())
    data[18:20] = (183).to_bytes(2, "little")
    path.write_bytes(data)


@case("init-loader")
def init_without_loader(guest):
    """The dynamic loader is missing."""
    guest.remove("/lib64/ld-linux-x86-64.so.2")


@case("init-libraries", nightly=True)
def init_without_library(guest):
    """A library that init is linked with is missing."""
    for library in guest.path("/lib/x86_64-linux-gnu").glob("libselinux.so.1*"):
        library.unlink()


@case("filesystem-unclean")
def filesystem_unclean(guest):
    """The filesystem was not unmounted."""
    guest.on_image.append(("debugfs", "set_super_value state 0"))


@case("filesystem-errors")
def filesystem_errors(guest):
    """The filesystem is marked as having errors."""
    guest.on_image.append(("debugfs", "set_super_value state 3"))


@case("filesystem-full")
def filesystem_full(guest):
    """Not one block of the filesystem is free."""
    guest.on_image.append(("fill",))


@case("image-truncated", nightly=True)
def image_truncated(guest):
    """The image is shorter than its filesystem."""
    guest.size = 512 << 20
    guest.on_image.append(("truncate", 400 << 20))


@case("image-truncated", nightly=True)
def partition_beyond_the_end(guest):
    """The image ends within its partition."""
    guest.layout = "mbr"
    guest.size = 512 << 20
    guest.on_image.append(("truncate", 400 << 20))


@case()
def good_fstab_of_label(guest):
    """fstab names the root by label and a tmpfs."""
    guest.write("/etc/fstab", "LABEL=corpus / ext4 errors=remount-ro 0 1\ntmpfs /tmp tmpfs defaults 0 0\n")
