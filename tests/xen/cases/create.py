# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that `domuimg create` makes: each is started from the xl.cfg that it wrote, unchanged, and
has to reach its login prompt. Only where systemd is the subject is the guest a whole Debian."""
import gzip
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import urllib.request

from corpus import outcome, predict
from xenlab.errors import Unavailable

from .case import Case, Line

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path += [str(TESTS / "python"), str(TESTS / "integration")]
import installer_iso  # noqa: E402
import oci_image  # noqa: E402
import rpm_repo  # noqa: E402

PASSWORD = "correct horse"
DEBIAN = ("--from", "debian:bookworm", "--disk", "size=2G", "--kernel", "guest")
WRAPPER = """#!/bin/sh
export DOMUIMG_LIBEXEC_DIR=/lab/libexec
exec /lab/programs/ld-linux-x86-64.so.2 --library-path /lab/programs /lab/programs/{name} "$@"
"""
ANSWERS = pathlib.Path(__file__).resolve().parents[3] / "lib" / "source" / "answers"
NETBOOT = "/usr/lib/debian-installer/images/12/amd64/text"
DNSMASQ = ("dnsmasq --conf-file=/dev/null --port=0 --user=root --interface=xenbr0 --bind-interfaces"
           " --no-ping --pid-file= --dhcp-leasefile=/run/leases --log-facility=/var/log/dnsmasq"
           " --dhcp-range=10.77.0.50,10.77.0.60 --dhcp-boot=pxelinux.0 --enable-tftp --tftp-root=/lab/tftp")
DHCPD = ("--ship", f"{pathlib.Path(__file__).resolve().parents[1] / 'foreign/dhcpd.py'}:/lab/dhcpd.py",
         "--before", "python3 /lab/dhcpd.py xenbr0 >/dev/null 2>&1 &")
PXE_MENU = "DEFAULT guest\nLABEL guest\n KERNEL kernel\n INITRD ramdisk\n APPEND from=network\n IPAPPEND 2\n"


class Failed(Exception):
    """domuimg's own words."""


def libraries(program):
    said = subprocess.run(["ldd", program], check=True, text=True, capture_output=True).stdout
    return re.findall(r"(/\S+) \(0x", said)


class Maker:
    """The CLI of the build, in one case."""

    def __init__(self, shared, work):
        self.shared, self.work, self.cli = shared, work, shared.build / "cli"

    def run(self, *words, **variables):
        command = [self.cli / "domuimg", *words]
        environment = {"DOMUIMG_CACHE_DIR": str(self.shared.work / "cache"),
                       "DOMUIMG_LIBEXEC_DIR": str(self.cli / "helpers"), **os.environ, **variables}
        done = subprocess.run(command, text=True, capture_output=True, env=environment, check=False)
        if done.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))}\n{done.stderr}")

    def create(self, name, *options, **variables):
        """The path of its xl.cfg."""
        self.run("create", name, "--dir", self.work / "out", *options, **variables)
        return self.work / "out" / f"{name}.cfg"

    def debian(self, name, *options):
        """One after another: the first one downloads it for all."""
        with self.shared.locks["debian"]:
            return self.create(name, *DEBIAN, *options)

    def secret(self):
        path = self.work / "password"
        path.write_text(f"{PASSWORD}\n", encoding="ascii")
        return path

    def ship(self, programs):
        """Options of the lab that put programs of this machine, with their libraries beside them,
        into dom0 at the paths given."""
        cargo = self.work / "programs"
        cargo.mkdir()
        options = ["--ship", f"{cargo}:/lab/programs"]
        for program, inside in programs.items():
            for path in [program, *libraries(program)]:
                shutil.copy(path, cargo)
            wrapper = self.work / f"wrapper-{program.name}"
            wrapper.write_text(WRAPPER.format(name=program.name), encoding="ascii")
            wrapper.chmod(0o755)
            options += ["--ship", f"{wrapper}:{inside}"]
        return options


def debian_pv(maker):
    return maker.debian("pv1", "--type", "pv", "--root-password-file", maker.secret()), [], []


def debian_pvh(maker):
    cfg = maker.debian("pvh1", "--type", "pvh", "--hostname", "edited.example.org",
                       "--root-password-file", maker.secret(), "--nic", "ip=10.77.0.5/24,gateway=10.77.0.1")
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "hostname", "--run", "ip -4 addr",
                 "--run", "cat /proc/mounts; systemctl is-system-running; systemctl --failed --no-legend; true",
                 "--ping", "10.77.0.5"], ["edited", "10.77.0.5/24"]


def seed(maker):
    """A Debian whose own cloud-init sets it up from the seed, and nobody else."""
    cfg = maker.debian("seed1", "--type", "pvh", "--package", "cloud-init", "--cloud-init", "auto",
                       "--hostname", "seeded.example.org", "--root-password-file", maker.secret(),
                       "--nic", "ip=10.77.0.5/24,gateway=10.77.0.1")
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "cloud-init status --wait --long",
                 "--run", "hostname", "--run", "ip -4 addr", "--ping", "10.77.0.5"], \
        ["DataSourceNoCloud", "seeded", "10.77.0.5/24"]


def on(fs):
    """A Debian whose root is on that filesystem."""
    def make(maker):
        with maker.shared.locks["debian"]:
            cfg = maker.create(f"{fs}1", "--from", "debian:bookworm", "--disk", f"size=2G,fs={fs}", "--kernel", "guest",
                               "--root-password-file", maker.secret())
        return cfg, ["--login", f"root:{PASSWORD}", "--run", "findmnt -no FSTYPE /; findmnt -no SOURCE,TARGET -t btrfs",
                     "--run", "systemctl is-system-running; systemctl --failed --no-legend; true"], [fs]
    return make


def tar_pv(maker):
    return maker.create("tar1", "--from", f"tar:{maker.shared.tar}", "--kernel", "host",
                        "--host-root", maker.shared.host, "--type", "pv"), [], []


def directory(maker):
    return maker.create("dir1", "--from", f"dir:{maker.shared.host}"), [], []


def pygrub(maker):
    return maker.create("pygrub1", "--from", f"dir:{maker.shared.host}", "--kernel", "pygrub", "--type", "pv"), [], []


def pvgrub(maker):
    return maker.create("pvgrub1", "--from", f"dir:{maker.shared.host}", "--kernel", "pvgrub", "--type", "pvh"), [], []


def bootloader(kind):
    """A guest of pygrub's kind, whose only change is the boot loader's name."""
    def make(maker):
        cfg = maker.create(f"bl{kind}", "--from", f"dir:{maker.shared.host}", "--kernel", "pygrub", "--type", "pv")
        text = re.sub("bootloader = .*", 'bootloader = "domuimg-bootloader"', cfg.read_text())
        cfg.write_text(text.replace('type = "pv"', f'type = "{kind}"'))
        return cfg, maker.ship({maker.cli / "domuimg-bootloader": "/usr/bin/domuimg-bootloader"}), []
    return make


def network(maker):
    """A guest with no kernel on its disk, whose kernel and initramfs are on a boot server."""
    cfg = maker.create("net1", "--from", f"tar:{maker.shared.tar}", "--kernel", "pxe",
                       "--root-password-file", maker.secret())
    text, served = cfg.read_text(), maker.work / "tftp"
    (served / "pxelinux.cfg").mkdir(parents=True)
    mac = re.search(r"mac=([0-9a-fA-F:]{17})", text)[1].lower()
    for pattern, name in (("vmlinuz-*", "kernel"), ("initrd.img-*", "ramdisk")):
        shutil.copy(max(pathlib.Path(maker.shared.host, "boot").glob(pattern)), served / name)
        (served / name).chmod(0o644)
    (served / "pxelinux.cfg" / f"01-{mac.replace(':', '-')}").write_text(PXE_MENU)
    dnsmasq = pathlib.Path(shutil.which("dnsmasq", path=f"{os.environ['PATH']}:/usr/sbin"))
    options = maker.ship({maker.cli / "domuimg-bootloader": "/usr/bin/domuimg-bootloader",
                          maker.cli / "helpers/domuimg-netboot": "/lab/libexec/domuimg-netboot",
                          dnsmasq: "/usr/bin/dnsmasq"})
    return cfg, [*options, "--ship", f"{served}:/lab/tftp", "--before", DNSMASQ, "--login", f"root:{PASSWORD}",
                 "--run", "cat /proc/cmdline"], ["from=network", "BOOTIF=01-00-16-3e"]


def rpm(listed):
    """A guest of RPM packages that are made here, from their address or a .repo file."""
    def make(maker):
        directory = maker.work / "rpm"
        directory.mkdir()
        repository = rpm_repo.make(directory)
        rpm_repo.release(directory / "releases")
        server, address = rpm_repo.serve(repository.path)
        options = ["--repo", address, "--keyring", repository.key]
        if listed:
            (directory / "test.repo").write_text(f"[test]\nname=Test\nbaseurl={address}\n"
                                                 f"gpgkey=file://{repository.key}\n")
            options = ["--repo", directory / "test.repo"]
        variables = {"DOMUIMG_RELEASES_DIR": str(directory / "releases"),
                     "DOMUIMG_LIBEXEC_DIR": str(maker.cli / "helpers")}
        try:
            cfg = maker.create("rpm1", "--from", "rpm:test", *options, "--kernel", "guest",
                               "--root-password-file", maker.secret(), **variables)
        finally:
            server.shutdown()
            server.server_close()
        return cfg, ["--login", f"root:{PASSWORD}", "--run", "rpm -qa; systemctl is-system-running"], \
            ["kernel-1-1.x86_64", "glibc-1-1.x86_64"]
    return make


def installer(kind):
    """Debian's installer, whose answers give it an address of its own and a mirror that does not answer."""
    def make(maker):
        cfg = maker.create(f"tree{kind}", "--from", f"tree:{NETBOOT}", "--type", kind, "--disk", "size=4G",
                           "--root-password-file", maker.secret(), "--mirror", "http://10.77.0.1/debian",
                           "--nic", "ip=10.77.0.5/24,gateway=10.77.0.1,dns=10.77.0.1", "--extra-args", "quiet",
                           DOMUIMG_ANSWERS_DIR=str(ANSWERS))
        return cfg.with_name(f"{cfg.stem}-install.cfg"), ["--ping", "10.77.0.5", "--expect", "Bad archive mirror"], []
    return make


def small_iso(maker):
    """What an installer of a few lines makes, with the names of QEMU's disks."""
    image = installer_iso.make_installer(maker.work / "installer", maker.shared.host)
    cfg = maker.create("iso1", "--from", f"iso:{image}", "--disk", "size=1G", "--root-password-file", maker.secret(),
                       DOMUIMG_ANSWERS_DIR=str(ANSWERS))
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "cat /etc/fstab"], ["UUID="]


def mirror():
    """The one that apt on this machine uses."""
    said = subprocess.run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(RELEASE) $(REPO_URI)",
                           "Created-By: Packages"], check=True, text=True, capture_output=True).stdout
    found = re.findall(r"^Debian [a-z]+ (https?://\S+)$", said, re.M)
    if not found:
        raise Unavailable("apt on this machine has no mirror of Debian by HTTP")
    uri = found[0].rstrip("/")
    udebs = "main/debian-installer/binary-amd64/Packages.gz"
    try:
        with urllib.request.urlopen(f"{uri}/dists/bookworm/{udebs}", timeout=60) as listed:
            names = re.findall("^Filename: (.*apt-setup-udeb.*)$", gzip.decompress(listed.read()).decode(), re.M)
        with urllib.request.urlopen(f"{uri}/{names[0]}", timeout=60):
            return uri
    except (OSError, IndexError) as error:
        raise Unavailable(f"{uri} does not have what debian-installer consists of: {error}") from None


def debian_iso(maker):
    """A whole Debian, which its own installer installs out of the network."""
    image = installer_iso.make_image(maker.work / "netboot.iso", NETBOOT, "-follow-links")
    cfg = maker.create("iso2", "--from", f"iso:{image}", "--disk", "size=4G", "--root-password-file", maker.secret(),
                       "--hostname", "installed.example.org", "--mirror", mirror(),
                       DOMUIMG_ANSWERS_DIR=str(ANSWERS))
    return cfg, ["--login", f"root:{PASSWORD}", "--run", "hostname",
                 "--run", "systemctl is-system-running; systemctl --failed --no-legend; true"], ["installed"]


def container(kind, address, *options, end="shutdown"):
    """A container image whose server answers dom0, and which ends when xl asks it to."""
    def make(maker):
        page, name = f"a page from {kind}", f"oci{kind}{end}"
        last = "the guest starts again" if end == "reboot" else "the guest is off"
        layout = oci_image.busybox(maker.work / "image", page.encode())
        cfg = maker.create(name, "--from", f"oci:{layout.path}", "--host-root", maker.shared.host, "--type", kind,
                           *options)
        fetch = f"import urllib.request as r; print(r.urlopen('http://{address}:8080/', timeout=60).read().decode())"
        return cfg, [*DHCPD, "--expect", "starting httpd", "--ping", address, "--ask", f'python3 -c "{fetch}"',
                     "--ask", f"xl {end} {name}", "--then", "is told to end", "--then", last], [page]
    return make


WHO = "hostname; cat /etc/machine-id; ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub; findmnt -no UUID /; echo told"


def flat(cfg):
    """The same guest with a disk of its own, as the lab cannot take what lies below an overlay."""
    image = cfg.with_suffix(".img")
    subprocess.run(["qemu-img", "check", "-q", cfg.with_suffix(".qcow2")], check=True)
    subprocess.run(["qemu-img", "convert", "-O", "raw", cfg.with_suffix(".qcow2"), image], check=True)
    subprocess.run(["e2fsck", "-fn", image], check=True, capture_output=True)
    text = cfg.read_text().replace("format=qcow2", "format=raw")
    cfg.write_text(text.replace(str(cfg.with_suffix(".qcow2")), str(image)))
    return cfg


def digest(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clones(shared, work):
    """Two clones of one Debian, which both boot and are not the same machine."""
    maker = Maker(shared, work)
    try:
        maker.debian("gold", "--type", "pvh", "--package", "openssh-server", "--root-password-file", maker.secret())
        before = digest(work / "out/gold.img")
        for name, identity in (("clone1", "-logs"), ("clone2", "filesystem-uuid")):
            maker.run("clone", "gold", name, "--source-dir", work / "out", "--dir", work / "out", "--identity", identity)
    except Failed as error:
        return [Line("they are made", str(error).splitlines())]
    lines, seen = [], []
    for number in (1, 2):
        cfg = flat(work / "out" / f"clone{number}.cfg")
        status, said = outcome.lab_boot(cfg, "--login", f"root:{PASSWORD}", "--run", WHO)
        seen.append((re.findall(r"^[0-9a-f]{32}\r?$", said, re.M), re.findall(r"SHA256:\S+", said),
                     re.findall(r"^[0-9a-f]{8}-[0-9a-f-]{27}\r?$", said, re.M)))
        ok = status == 0 and f"clone{number}" in said and all(seen[-1])
        lines.append(Line(f"clone {number} boots", [] if ok else [f"lab boot ended with {status}", said]))
    different = not any(set(a) & set(b) for a, b in zip(*seen))
    lines.append(Line("they have their own IDs, keys and filesystems", [] if different else [str(seen)]))
    same = digest(work / "out/gold.img") == before
    return [*lines, Line("what they are made of is as it was", [] if same else ["gold.img has changed"])]


def predicted(shared, cfg):
    """What is wrong with the words of `domuimg check` about a guest that is good."""
    found = predict.Judge(shared.build).check(cfg)
    if found.verdict == "boots" and not found.trouble and not found.ids("error", "warning"):
        return []
    return [f"domuimg check says {found.verdict} {found.trouble}", *map(str, found.findings)]


def booted(make, good):
    def run(shared, work):
        try:
            cfg, options, expected = make(Maker(shared, work))
        except Failed as error:
            return [Line("it is made", str(error).splitlines())]
        lines = [Line("it is predicted to boot", predicted(shared, cfg))] if good else []
        status, said = outcome.lab_boot(cfg, *options)
        missing = [word for word in expected if word not in said]
        problems = [f"not in what it said: {missing}"] if missing else []
        if status or missing:
            problems += [f"lab boot ended with {status}", said]
        return [*lines, Line("it boots", problems)]
    return run


def row(name, made, boots, asked, make, seconds=40, good=True, default=True):
    """Of a @good one, `domuimg check` must predict that it boots, and find nothing."""
    return Case("create", name, made, boots, asked, booted(make, good), seconds, default=default)


CASES = (
    row("debian-pv", "debian:", "PV, its own kernel copied out", "", debian_pv, 120, default=False),
    row("debian-pvh", "debian: with host name, address and password", "PVH, its own kernel copied out",
        "host name, address, password and ping", debian_pvh, 150),
    row("seed", "debian: with cloud-init and a seed", "PVH, its own kernel copied out",
        "what cloud-init read: host name, address, password and ping", seed, 200, default=False),
    row("xfs", "debian: on XFS", "PVH, its own kernel copied out", "the type of its root", on("xfs"), 150,
        default=False),
    row("btrfs", "debian: on btrfs", "PVH, its own kernel copied out", "its subvolumes", on("btrfs"), 150,
        default=False),
    row("squashfs", "debian: on a squashfs", "PVH, its own kernel copied out", "the type of its root", on("squashfs"), 150,
        default=False),
    row("erofs", "debian: on an erofs", "PVH, its own kernel copied out", "the type of its root", on("erofs"), 150,
        default=False),
    row("rpm", "rpm: by dnf, from a .repo file over HTTP", "PVH, its own kernel and dracut's initramfs",
        "what its own rpm has installed", rpm(True), 250, default=False),
    row("rpm-address", "rpm: by dnf, from an address over HTTP", "PVH, its own kernel and dracut's initramfs",
        "what its own rpm has installed", rpm(False), 250, default=False),
    row("iso", "iso: of an installer of a few lines", "PVH, its own kernel copied out", "its fstab", small_iso, 120,
        default=False),
    row("iso-debian", "iso: of debian-installer, out of the network", "as it chooses by itself", "its host name",
        debian_iso, 4500, good=False, default=False),
    row("tree-pvh", "tree: of debian-installer, with answers", "PVH, the installer's kernel",
        "its preseeded network, by a ping, and the mirror that it was told of", installer("pvh"), 250, good=False,
        default=False),
    row("tree-pv", "tree: of debian-installer, with answers", "PV, the installer's kernel",
        "its preseeded network, by a ping, and the mirror that it was told of", installer("pv"), 250, good=False,
        default=False),
    row("tar-pv", "tar: with the host's kernel", "PV", "", tar_pv),
    row("dir", "dir:", "as it chooses by itself", "", directory, default=False),
    row("oci-pvh", "oci: of a small server", "PVH, the host's kernel with an initramfs of ours",
        "a page over its network, whose address came by DHCP, and its end by xl shutdown",
        container("pvh", "10.77.0.50"), 30),
    row("oci-pv", "oci: of a small server", "PV, the host's kernel with an initramfs of ours",
        "a page over its network, and its end by xl shutdown",
        container("pv", "10.77.0.5", "--nic", "ip=10.77.0.5/24,gateway=10.77.0.1"), 30, default=False),
    row("oci-reboot", "oci: of a small server", "PVH, the host's kernel with an initramfs of ours",
        "its end and its next start by xl reboot",
        container("pvh", "10.77.0.5", "--nic", "ip=10.77.0.5/24", end="reboot"), 30, default=False),
    row("pygrub", "dir:", "PV by pygrub", "", pygrub),
    row("bootloader-pv", "dir:", "PV by domuimg-bootloader, found by its name alone", "", bootloader("pv"), good=False),
    row("bootloader-pvh", "dir:", "PVH by domuimg-bootloader, found by its name alone", "", bootloader("pvh"), good=False,
        default=False),
    row("bootloader-net", "tar: with the kernel of the network", "PVH by domuimg-bootloader --net from dnsmasq",
        "its command line", network, good=False),
    Case("create", "clones", "debian:, then cloned twice", "PVH, its own kernel copied out",
         "host name, machine ID and SSH host key of each, and that their base is unchanged", clones, 320),
    row("pvgrub-pvh", "dir:", "PVH by GRUB for Xen", "", pvgrub),
)
