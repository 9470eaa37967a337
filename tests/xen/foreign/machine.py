"""The machines that stand for what other hypervisors leave: how each differs from a domU."""
import dataclasses
import textwrap
import uuid

DHCP_ADDRESS = "10.77.0.50"  # what dhcpd.py gives first
PASSWORD = "foreign"
MIB = 2048  # sectors


@dataclasses.dataclass(frozen=True)
class Machine:
    """Sizes are in MiB. `disk` is guestfish's: it ends with all filesystems mounted."""
    name: str
    suite: str
    size: int
    disk: str
    fstab: str
    network: dict               # files of its network's configuration
    nic: str                    # its interface's name on the old machine
    root: str                   # its root's name in a domU
    filesystem: str = "ext4"
    packages: tuple = ()
    address: str = DHCP_ADDRESS
    services: tuple = ()        # enabled
    grub: str = ""              # /etc/default/grub
    target: str = "i386-pc"     # of grub-install
    resume: str = "none"
    files: dict = dataclasses.field(default_factory=dict)
    asks: tuple = ()            # commands that must succeed in the domU

    @property
    def id(self):
        return uuid.uuid5(uuid.NAMESPACE_URL, f"domuimg-foreign:{self.name}")

    @property
    def efi(self):
        return self.target == "x86_64-efi"


def text(lines):
    return textwrap.dedent(lines).lstrip()


def partitions(table, *ends, start=2048):
    """(type, end in MiB)... as guestfish commands; the next one begins where one ended."""
    lines = [f"part-init /dev/sda {table}"]
    for kind, end in ends:
        # Within an extended partition, each logical one has a sector before it.
        lines.append(f"part-add /dev/sda {kind} {start} {end * MIB - 1}")
        start = start + MIB if kind == "e" else end * MIB
    return "\n".join(lines) + "\n"


def ifupdown(nic, how="dhcp"):
    stanza = f"allow-hotplug {nic}\niface {nic} inet dhcp\n" if how == "dhcp" else \
        f"auto {nic}\niface {nic} inet static\n    address {how}/24\n    gateway 10.77.0.1\n"
    return {"/etc/network/interfaces": text("""\
        # This file describes the network interfaces available on your system
        # and how to activate them. For more information, see interfaces(5).

        source /etc/network/interfaces.d/*

        # The loopback network interface
        auto lo
        iface lo inet loopback

        # The primary network interface
        """) + stanza}


def networkd(nic, how="dhcp"):
    lines = "DHCP=ipv4\n" if how == "dhcp" else f"Address={how}/24\nGateway=10.77.0.1\n"
    return {"/etc/systemd/network/10-lan.network": f"[Match]\nName={nic}\n\n[Network]\n{lines}"}


SWAP = "5c1d7a3e-0001-4c44-9d5b-0f6f3f2b0a11"
ESP = "5c1d7a3e-0002-4c44-9d5b-0f6f3f2b0a11"


def named(root):
    """GRUB's settings: the root by such a name on the kernel's command line, not by its UUID."""
    return f"GRUB_DISABLE_LINUX_UUID=true\nGRUB_DEVICE={root}\n"


SWAP_IS_ON = "swapon --show --noheadings | grep ."
BOOT_IS_MOUNTED = "mountpoint /boot"

MACHINES = {machine.name: machine for machine in (
    Machine(
        "bookworm-mbr-ext4", "bookworm", 3072,
        # As the installer does it: the swap space is a logical partition, 1 MiB into the extended one.
        disk=partitions("mbr", ("p", 2560), ("e", 3072), ("l", 3072)) + text(f"""\
            part-set-bootable /dev/sda 1 true
            part-set-mbr-id /dev/sda 5 0x82
            mkfs ext4 /dev/sda1
            mkswap /dev/sda5 uuid:{SWAP}
            mount /dev/sda1 /
            """),
        fstab=text("""\
            # / was on /dev/sda1 during installation
            /dev/sda1  /              ext4         errors=remount-ro  0  1
            /dev/sda5  none           swap         sw                 0  0
            /dev/sr0   /media/cdrom0  udf,iso9660  user,noauto        0  0
            """),
        network=ifupdown("ens33"), nic="ens33", root="/dev/xvda1",
        packages=("ifupdown", "isc-dhcp-client", "open-vm-tools"),
        grub=named("/dev/sda1"), resume=f"UUID={SWAP}",
        asks=(SWAP_IS_ON, "! systemctl -q is-enabled open-vm-tools")),
    Machine(
        "bullseye-gpt-ext4", "bullseye", 2048,
        disk=partitions("gpt", ("p", 2), ("p", 1792), ("p", 2047)) + text("""\
            part-set-gpt-type /dev/sda 1 21686148-6449-6E6F-744E-656564454649
            part-set-gpt-type /dev/sda 3 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
            mkfs ext4 /dev/sda2
            mkswap /dev/sda3
            mount /dev/sda2 /
            """),
        fstab=text("""\
            /dev/vda2  /     ext4  errors=remount-ro  0  1
            /dev/vda3  none  swap  sw                 0  0
            """),
        network=networkd("enp1s0", "10.77.0.60"), nic="enp1s0", root="/dev/xvda2", address="10.77.0.60",
        services=("systemd-networkd",),
        grub=named("/dev/vda2") + 'GRUB_CMDLINE_LINUX="console=tty0 console=ttyS0,115200"\n',
        asks=(SWAP_IS_ON,)),
    Machine(
        "trixie-gpt-uefi-ext4", "trixie", 2048,
        disk=partitions("gpt", ("p", 65), ("p", 321), ("p", 1856), ("p", 2047)) + text(f"""\
            part-set-gpt-type /dev/sda 1 C12A7328-F81F-11D2-BA4B-00A0C93EC93B
            part-set-gpt-type /dev/sda 4 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
            part-set-gpt-guid /dev/sda 1 {ESP}
            mkfs vfat /dev/sda1
            mkfs ext4 /dev/sda2
            mkfs ext4 /dev/sda3 label:system
            mkswap /dev/sda4
            mount /dev/sda3 /
            mkdir /boot
            mount /dev/sda2 /boot
            mkdir /boot/efi
            mount /dev/sda1 /boot/efi
            """),
        fstab=text(f"""\
            LABEL=system        /          ext4  errors=remount-ro  0  1
            /dev/disk/by-path/pci-0000:03:00.0-scsi-0:0:0:0-part2  /boot  ext4  defaults  0  2
            PARTUUID={ESP}  /boot/efi  vfat  umask=0077  0  1
            /dev/sda4           none       swap  sw                 0  0
            """),
        network=ifupdown("ens192"), nic="ens192", root="/dev/xvda3", target="x86_64-efi",
        packages=("ifupdown", "dhcpcd-base"), asks=(SWAP_IS_ON, BOOT_IS_MOUNTED, "mountpoint /boot/efi")),
    Machine(
        "bookworm-xfs", "bookworm", 2048,
        disk=partitions("mbr", ("p", 2048)) + text("""\
            part-set-bootable /dev/sda 1 true
            mkfs xfs /dev/sda1
            mount /dev/sda1 /
            """),
        fstab="/dev/sda1  /  xfs  defaults  0  0\n",
        network=networkd("ens160"), nic="ens160", root="/dev/xvda1", filesystem="xfs",
        packages=("xfsprogs",), services=("systemd-networkd",), grub=named("/dev/sda1")),
    Machine(
        "bookworm-lvm", "bookworm", 2048,
        disk=partitions("mbr", ("p", 257), ("p", 2048)) + text("""\
            part-set-mbr-id /dev/sda 2 0x8e
            mkfs ext4 /dev/sda1
            pvcreate /dev/sda2
            vgcreate foreign-vg /dev/sda2
            lvcreate root foreign-vg 1536
            lvcreate swap_1 foreign-vg 128
            mkfs ext4 /dev/foreign-vg/root
            mkswap /dev/foreign-vg/swap_1
            mount /dev/foreign-vg/root /
            mkdir /boot
            mount /dev/sda1 /boot
            """),
        fstab=text("""\
            /dev/mapper/foreign--vg-root    /      ext4  errors=remount-ro  0  1
            /dev/sda1                       /boot  ext4  defaults           0  2
            /dev/mapper/foreign--vg-swap_1  none   swap  sw                 0  0
            """),
        network=ifupdown("ens224", "10.77.0.61"), nic="ens224", root="/dev/mapper/foreign--vg-root",
        packages=("ifupdown", "lvm2"), address="10.77.0.61", asks=(SWAP_IS_ON, BOOT_IS_MOUNTED)),
)}
