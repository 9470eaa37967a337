"""Broken in the configuration, the boot menu, the console, the network."""
from .case import case


@case("console-parameter")
def console_ttys0(guest):
    """console=ttyS0 on the command line of a PV guest, a getty on hvc0."""
    guest.cmdline = "root=/dev/xvda ro console=ttyS0"


@case("console-parameter", root="systemd")
def console_ttys0_systemd(guest):
    """console=ttyS0 on the command line of a systemd guest."""
    guest.cmdline = "root=/dev/xvda ro console=ttyS0"


@case("console-getty", fixable=True, nightly=True)
def getty_missing(guest):
    """No getty on hvc0 in inittab."""
    guest.replace("/etc/inittab", "h0:2345:respawn:/sbin/agetty --keep-baud 115200 hvc0\n",
                  "1:2345:respawn:/sbin/agetty --noclear tty1\n")


@case("init-programs")
def inittab_without_openrc(guest):
    """inittab waits for /sbin/openrc, which is not there."""
    guest.replace("/etc/inittab", "h0:2345:respawn:", "x1:2345:wait:/sbin/openrc default\nh0:2345:respawn:")


@case("console-getty", fixable=True, root="systemd", nightly=True)
def getty_masked_systemd(guest):
    """serial-getty@hvc0.service is masked."""
    guest.path("/etc/systemd/system/serial-getty@hvc0.service").symlink_to("/dev/null")


@case("console-securetty")
def securetty(guest):
    """securetty without hvc0: the prompt is there, and root may not log in."""
    guest.write("/etc/securetty", "tty1\nttyS0\n")
    guest.write("/etc/pam.d/login", "auth requisite pam_securetty.so\n")


def nobody(guest):
    """root's password is locked: the prompt is there, and nobody gets in."""
    guest.replace("/etc/shadow", "root::", "root:*:")


@case("network-interface")
def network_ens33(guest):
    """The network's file names ens33."""
    guest.write("/etc/network/interfaces", "auto lo ens33\niface lo inet loopback\niface ens33 inet dhcp\n")
    guest.settings["vif"] = ["mac=00:16:3e:11:22:33,bridge=xenbr0"]


@case("network-persistent-rules")
def network_persistent_rules(guest):
    """udev keeps eth0 for the interface of another machine."""
    guest.write("/etc/udev/rules.d/70-persistent-net.rules",
                'SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="00:0c:29:11:22:33", NAME="eth0"\n')
    guest.settings["vif"] = ["mac=00:16:3e:11:22:33,bridge=xenbr0"]


@case("menu-unreadable", sample=True)
def menu_blscfg_pygrub(guest):
    """pygrub, and grub.cfg only says blscfg."""
    guest.loader = "pygrub"
    guest.menu = "set default=0\nset timeout=0\nblscfg\n"
    guest.write("/boot/loader/entries/corpus.conf",
                f"title Corpus\nversion {guest.version}\nlinux /boot/vmlinuz-{guest.version}\n"
                f"initrd /boot/initrd.img-{guest.version}\noptions root=/dev/xvda ro console=hvc0\n")


@case("menu-missing")
def menu_missing_pygrub(guest):
    """pygrub, and there is no menu."""
    guest.loader, guest.menu = "pygrub", None


@case("menu-missing")
def menu_missing_pvgrub(guest):
    """GRUB for Xen, and there is no menu."""
    guest.type, guest.loader, guest.menu = "pvh", "pvgrub", None


@case("menu-default")
def menu_default_dangling_pvgrub(guest):
    """GRUB for Xen, and the default entry is not in the menu."""
    guest.type, guest.loader = "pvh", "pvgrub"
    guest.menu = guest.menu.replace("default=0", "default='Gone'")


@case("menu-default")
def menu_default_dangling_pygrub(guest):
    """pygrub, and the default entry is not in the menu: it takes the first."""
    guest.loader = "pygrub"
    guest.menu = guest.menu.replace("default=0", "default=7")


@case("menu-unreadable")
def menu_default_submenu_pygrub(guest):
    """pygrub, and the default entry is a title within a submenu that is not there: it takes the first."""
    guest.loader = "pygrub"
    guest.menu = guest.menu.replace("default=0", 'default="gnulinux-advanced>gone"')


@case("menu-initrds")
def menu_initrds_pygrub(guest):
    """pygrub, and the entry has two initramfs."""
    guest.loader = "pygrub"
    guest.menu = guest.menu.replace("initrd ", "initrd /boot/early.cpio ")
    guest.write("/boot/early.cpio", "0" * 512)


@case()
def features_checksum_seed_pvgrub(guest):
    """GRUB for Xen of Debian 12, and ext4 has metadata_csum_seed."""
    guest.type, guest.loader = "pvh", "pvgrub"
    guest.features = "metadata_csum_seed,^orphan_file"


@case()
def features_orphan_file_pvgrub(guest):
    """GRUB for Xen, and ext4 has orphan_file."""
    guest.type, guest.loader = "pvh", "pvgrub"
    guest.features = "^metadata_csum_seed,orphan_file"


@case("filesystem-features")
def features_inline_data_pvgrub(guest):
    """GRUB for Xen, and ext4 has inline_data."""
    guest.type, guest.loader = "pvh", "pvgrub"
    guest.features = "^metadata_csum_seed,^orphan_file,inline_data"


@case("config-format", fixable=True, nightly=True)
def format_qcow2_as_raw(guest):
    """A qcow2 file declared raw."""
    guest.on_image.append(("convert", "qcow2"))


@case("config-format", fixable=True, nightly=True)
def format_raw_as_qcow2(guest):
    """A raw file declared qcow2."""
    guest.disk = f"{guest.image},qcow2,xvda,rw"


@case("config-missing-file")
def disk_missing(guest):
    """The file of the disk is not there."""
    guest.on_image.append(("remove",))


@case("initramfs-missing")
def ramdisk_missing(guest):
    """ramdisk= names a file that is not there."""
    guest.ramdisk = guest.directory / "gone.img"


@case("config-duplicate-vdev")
def duplicate_vdev(guest):
    """Two disks as xvda."""
    guest.second_disk("xvda")


@case("config-duplicate-mac")
def duplicate_mac(guest):
    """Two interfaces with one MAC address."""
    guest.settings["vif"] = ["mac=00:16:3e:11:22:33,bridge=xenbr0"] * 2


@case("config-mac")
def multicast_mac(guest):
    """A multicast MAC address."""
    guest.settings["vif"] = ["mac=01:16:3e:11:22:33,bridge=xenbr0"]


@case("config-unknown-key")
def unknown_key(guest):
    """A key that xl does not know."""
    guest.settings["memry"] = 512


@case("config-key-too-new")
def key_too_new(guest):
    """A key of Xen 4.18."""
    guest.settings["bootloader_restrict"] = 1


@case("config-syntax")
def syntax_of_python(guest):
    """A configuration with Python in it, as xm read them."""
    guest.extra = "import os\nmemory = 2 * 256\n"


@case("config-syntax")
def syntax_error(guest):
    """A list that is not closed."""
    guest.extra = 'vif = [ "bridge=xenbr0"\n'


@case("config-disk")
def disk_without_vdev(guest):
    """A disk without a name for the guest."""
    guest.disk = f"{guest.image},raw"


@case("config-no-kernel")
def no_kernel(guest):
    """Neither kernel= nor bootloader=."""
    guest.loader = "none"


@case("config-value", nightly=True)
def value_of_another_kind(guest):
    """A list where a string belongs."""
    guest.settings["cmdline"] = [guest.default_cmdline()]


@case("config-contradiction")
def contradiction(guest):
    """kernel= and firmware= of a PV guest."""
    guest.settings["firmware"] = "pvgrub64"


@case("config-contradiction", fixable=True)
def maxmem_below_memory(guest):
    """maxmem= is less than memory=."""
    guest.settings["maxmem"] = 128


@case("config-memory")
def no_memory(guest):
    """No memory= at all."""
    guest.memory = None


@case("loader-missing", host=True)
def loader_missing(guest):
    """GRUB for Xen is not on the host."""
    guest.settings["kernel"] = "/usr/lib/grub-xen/gone/grub-x86_64-xen.bin"


@case("image-no-boot-loader", sample=True)
def hvm_without_boot_loader(guest):
    """HVM by the BIOS, and the disk is only a filesystem."""
    guest.type, guest.loader = "hvm", "none"


@case("image-no-boot-loader")
def hvm_without_boot_code(guest):
    """HVM by the BIOS, partitioned, and no code in the MBR."""
    guest.type, guest.loader, guest.layout = "hvm", "none", "mbr"
