# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks with partitions: one image is started in every way that its type of guest has."""
import os
import pathlib
import re
import select
import shutil
import subprocess
import time

from corpus import outcome, predict

from .case import Case, Line
from .create import PASSWORD, Failed, Maker, libraries, row
from .shared import copy

GIB = 1073741824
OVMF = pathlib.Path("/usr/share/OVMF")
GRUB = "/usr/lib/grub-xen/grub-{}.bin"
WAYS = {
    "PV by GRUB for Xen": ('type = "pv"', f'kernel = "{GRUB.format("x86_64-xen")}"'),
    "PVH by GRUB for Xen": ('type = "pvh"', f'kernel = "{GRUB.format("i386-xen_pvh")}"'),
    "PV by pygrub": ('type = "pv"', 'bootloader = "pygrub"'),
    "HVM by its BIOS": ('type = "hvm"', 'serial = "pty"'),
}


def as_way(text, way):
    """The configuration @text, with another type and another loader."""
    kept = [line for line in text.splitlines()
            if not re.match(r"(type|kernel|ramdisk|cmdline|bootloader|serial|firmware) *=", line)]
    return "\n".join([*kept, *WAYS[way], ""])


def make_generic(shared):
    """The root with Debian's usual kernel, which GRUB for Xen PV can unpack as it cannot the cloud's."""
    root, kernel = shared.work / "shared-generic", shared.bases.kernel("generic")
    copy(shared.bases.root("sysv"), root)
    copy(kernel.directory / "boot", root / "boot")
    copy(kernel.directory / "lib/modules", root / "usr/lib/modules")
    return root


def in_ways(*options, ways, generic=False):
    """Makes one guest, and boots its image in each of @ways: nothing but the configuration changes."""
    def run(shared, work):
        maker = Maker(shared, work)
        root = shared.once("generic", make_generic, shared) if generic else shared.host
        try:
            cfg = maker.create("disk1", "--from", f"dir:{root}", "--type", "pvh", "--root-password-file",
                               maker.secret(), *options)
        except Failed as error:
            return [Line("it is made", str(error).splitlines())]
        text, lines = cfg.read_text(), []
        for way in ways:
            cfg.write_text(as_way(text, way))
            found = predict.Judge(shared.build).check(cfg)
            problems = [] if found.verdict == "boots" and not found.ids("error", "warning") else [
                f"domuimg check says {found.verdict} {found.trouble}", *map(str, found.findings)]
            lines.append(Line(f"{way}: it is predicted to boot", problems))
            status, said = outcome.lab_boot(cfg, "--login", f"root:{PASSWORD}", "--run", "swapon -a; mount; cat /proc/swaps")
            lines.append(Line(f"{way}: it boots", [f"lab boot ended with {status}", said] if status else []))
        return lines
    return run


def several(maker):
    """/var on a disk of its own, and a disk for swap."""
    cfg = maker.create("several1", "--from", f"dir:{maker.shared.host}", "--type", "pvh",
                       "--disk", "size=1G", "--disk", "size=512M,mount=/var,label=var", "--disk", "size=64M,fs=swap",
                       "--root-password-file", maker.secret())
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "swapon -a; mount; cat /proc/swaps; ls /var/lib/dpkg/status"], [
        "/dev/xvdb on /var type ext4", "/dev/xvdc", "/var/lib/dpkg/status"]


def enlarge(cfg):
    """The image on a disk of 1 GiB more, and what asks the guest whether its root has nearly all of that."""
    image = cfg.with_suffix(".img")
    os.truncate(image, image.stat().st_size + GIB)
    least = image.stat().st_size * 9 // 10 // 1024
    return ["--login", f"root:{PASSWORD}", "--run",
            f"df -k /; [ $(df -k --output=size / | tail -1) -gt {least} ] && echo it has grown to $((40 + 2))"], [
        "it has grown to 42"]


def growing_by_systemd(maker):
    """systemd-repart makes the partition longer, systemd-growfs the filesystem."""
    with maker.shared.locks["debian"]:
        cfg = maker.create("grow1", "--from", "debian:bookworm", "--kernel", "guest", "--layout", "gpt",
                           "--disk", "size=2G,growfs=true", "--root-password-file", maker.secret())
    return cfg, *enlarge(cfg)


def growing_by_script(maker):
    """The script that is written into a guest without systemd does both, by sfdisk, which that has not yet, and
    resize2fs."""
    root = maker.work / "root"
    copy(maker.shared.host, root)
    for path in [shutil.which("sfdisk", path="/usr/sbin:/sbin"), *libraries("/sbin/sfdisk")]:
        target = root / "usr" / path.removeprefix("/usr").lstrip("/")
        if not target.exists():
            shutil.copy(path, target)
    cfg = maker.create("grow2", "--from", f"dir:{root}", "--type", "pvh", "--layout", "mbr",
                       "--disk", "size=1G,growfs=true", "--root-password-file", maker.secret())
    return cfg, *enlarge(cfg)


def in_volumes(maker):
    """The root, /var and swap are logical volumes, and the kernel lies beside the disk."""
    with maker.shared.locks["debian"]:
        cfg = maker.create("lvm1", "--from", "debian:bookworm", "--kernel", "guest", "--disk", "size=2G,lvm=vg-0,swap=64M",
                           "--partition", "/var,size=512M", "--root-password-file", maker.secret())
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "findmnt -no SOURCE / /var; cat /proc/swaps",
                 "--run", "systemctl is-system-running; systemctl --failed --no-legend; true"], [
        "/dev/mapper/vg--0-root", "/dev/mapper/vg--0-var", "partition"]


def encrypted(maker):
    """Its kernel is in the partition for /boot; the passphrase is typed at the console."""
    passphrase = maker.work / "passphrase"
    passphrase.write_text("correct battery\n")
    with maker.shared.locks["debian"]:
        cfg = maker.create("luks1", "--from", "debian:bookworm", "--kernel", "pvgrub", "--type", "pvh", "--disk",
                           f"size=3G,layout=gpt,esp=no,bios=no,luks={passphrase},lvm=vg0", "--root-password-file",
                           maker.secret())
    return cfg, ["--send", "Please unlock disk xvda2_crypt:=correct battery\\n", "--login", f"root:{PASSWORD}",
                 "--run", "findmnt -no SOURCE /; lsblk -no TYPE; cat /etc/crypttab",
                 "--run", "systemctl is-system-running; systemctl --failed --no-legend; true"], [
        "/dev/mapper/vg0-root", "crypt"]


def partition(maker):
    """The partition alone is the disk, as in old configurations."""
    cfg = maker.create("part1", "--from", f"dir:{maker.shared.host}", "--type", "pv", "--disk", "size=1G,vdev=xvda1",
                       "--root-password-file", maker.secret())
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "mount"], ["/dev/xvda1 on / type ext4"]


def read_until(process, word, seconds):
    """All that the process said until @word came, it ended, or the time was over; and whether it came."""
    said, end = b"", time.monotonic() + seconds
    while word not in said and time.monotonic() < end:
        if not select.select([process.stdout], [], [], 5)[0]:
            continue
        got = os.read(process.stdout.fileno(), 65536)
        if not got:
            break
        said += got
    return word in said, said.decode(errors="replace")


def by_uefi(shared, work):
    """Debian's package has no OVMF for Xen: the image of an HVM guest, unchanged, on a machine without Xen. It gets as
    far as its initramfs, whose only driver for disks is Xen's."""
    try:
        cfg = Maker(shared, work).create("uefi1", "--from", f"dir:{shared.host}", "--type", "hvm", "--layout", "gpt")
    except Failed as error:
        return [Line("it is made", str(error).splitlines())]
    shutil.copy(OVMF / "OVMF_VARS.fd", work / "vars.fd")
    command = ["qemu-system-x86_64", "-m", "1024", "-nographic", "-no-reboot", "-net", "none", "-snapshot",
               "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF / 'OVMF_CODE.fd'}",
               "-drive", f"if=pflash,format=raw,file={work / 'vars.fd'}",
               "-drive", f"file={cfg.with_suffix('.img')},format=raw,if=virtio"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        came, said = read_until(process, b"Begin: Mounting root file system", 600)
        process.kill()
    return [Line("OVMF starts its kernel", [] if came else [said[-3000:]])]


CASES = (
    Case("create", "gpt-uefi", "dir:, on a GPT with an ESP", "by UEFI without Xen, up to its initramfs", "", by_uefi, 60,
         default=False),
    Case("create", "gpt", "dir:, on a GPT with an ESP and a place for GRUB", "the same image as PVH by GRUB, as HVM",
         "", in_ways("--layout", "gpt", ways=("PVH by GRUB for Xen", "HVM by its BIOS")), 150),
    Case("create", "gpt-parts", "dir:, with /boot, /var and swap in partitions", "the same image in every way", "",
         in_ways("--layout", "gpt,boot=256M,swap=64M", "--partition", "/var,size=512M", "--disk", "size=2G",
                 ways=tuple(WAYS), generic=True), 240, default=False),
    Case("create", "mbr", "dir:, on an MBR with a separate /boot", "the same image in every way", "",
         in_ways("--layout", "mbr,boot=256M", ways=tuple(WAYS), generic=True), 240, default=False),
    row("several", "dir:, with /var and swap on disks of their own", "PVH", "its mounts", several,
        default=False),
    row("growfs", "debian: on a GPT, with growfs=true and 1 GiB more", "PVH, its own kernel copied out",
        "the size of its root", growing_by_systemd, 150, good=False,
        default=False),
    row("growfs-script", "dir: on an MBR, with growfs=true and 1 GiB more", "PVH", "the size of its root",
        growing_by_script, default=False),
    row("lvm", "debian: in logical volumes", "PVH, its own kernel copied out", "its mounts and swap", in_volumes, 150,
        default=False),
    row("luks", "debian: in a volume group in LUKS, the passphrase typed", "PVH by GRUB for Xen, from a /boot of its own",
        "its mounts", encrypted, 200, good=False, default=False),
    row("partition", "dir:", "PV from a disk that is xvda1", "its root", partition, default=False),
)
