# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that domuimg makes, starts, lists and deletes on a real Xen host.

What `meson install` installs of the build directory, the libraries and Python modules that dom0
lacks, and libvirt's daemon are taken into the lab's dom0 as files; its snapshot stays what it is.
"""
import json
import pathlib
import shlex
import subprocess

from corpus.guest import Guest
from host.cargo import LIBRARIES, Cargo
from xenlab import accident, session

from .case import Case, Line

BY_PYTHON = "/opt/domuimg/by_python.py"
SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "host/by_python.py"
WAIT = 240
LIBVIRT = ("--backend", "libvirt")
# Moved at once: a process for each takes dom0 seconds.
INSTALL = f"""cd {LIBRARIES} && set -- && for name in *; do
  [ -e /usr/lib/x86_64-linux-gnu/$name ] || [ -e /lib/x86_64-linux-gnu/$name ] || set -- "$@" $name
done && mv "$@" /usr/local/lib/ && ldconfig"""
# dom0 has neither udev nor thin_check, and the lab's disks are seen by two names.
LVM_CONF = """devices { global_filter=[ "a|^/dev/mapper/slot|", "r|.*|" ] }
activation { udev_sync=0 udev_rules=0 }
global { thin_check_executable="" thin_repair_executable="" }
"""
CONSOLES = "cat /var/log/xen/console/guest-*.log /var/log/xen/domuimg-*.log 2>/dev/null; xl dmesg"


class Host:
    """domuimg in dom0."""

    def __init__(self, link, cargo):
        self.link = link
        self.program = cargo.program
        self.lines = []

    def result(self, ok, name, *details):
        self.lines.append(Line(name, [] if ok else ["What was seen instead:", *map(str, details)]))
        return ok

    def sh(self, command, timeout=300):
        return self.link.run(command, timeout)

    def run(self, *words, timeout=300):
        words = " ".join(shlex.quote(str(word)) for word in (self.program, *words))
        return self.sh(f"{words} 2>&1", timeout)

    def json(self, *words):
        status, output = self.run(*words, "--json")
        try:
            return status, json.loads(output)
        except ValueError:
            return status, output

    def guest(self, name, *options):
        _, said = self.json("list", *options)
        return next((guest for guest in said["guests"] if guest["name"] == name), {})

    def place(self, guest, *edits):
        """The configuration where Xen's tools look; its disk stays where the lab has put it."""
        config = f"/etc/xen/{guest.name}.cfg"
        self.link.must(f"cp {shlex.quote(str(guest.directory / 'guest.cfg'))} {config}")
        for edit in edits:
            self.link.must(f"sed -i {shlex.quote(edit)} {config}")

    def remove(self, guest):
        self.link.must(f"rm /etc/xen/{guest.name}.cfg")

    def log(self, name):
        return self.sh(f"for f in /var/log/xen/domuimg-{name}.log /var/log/xen/console/guest-{name}.log "
                       "/var/log/libvirtd.log; do echo == $f; tail -n 30 $f; done 2>&1; xl list")[1]


def make_guest(bases, work, name, kind):
    directory = work / name
    directory.mkdir()
    guest = Guest(bases, directory, name)
    guest.type = kind
    guest.settings = {"tsc_mode": "native", "on_reboot": "restart"}
    guest.finish()
    return guest


def make_tar(bases, work):
    """A root with its kernel, for a guest that is made in dom0."""
    directory = work / "made"
    directory.mkdir()
    guest = Guest(bases, directory, "made")
    path = work / "root.tar"
    subprocess.run(["tar", "-C", guest.root, "--numeric-owner", "-cf", path, "."], check=True)
    return path


def test_doctor(host):
    status, found = host.json("doctor")
    ids = {one["id"]: one for one in found["findings"]} if isinstance(found, dict) else {}
    ok = status in (0, 3) and found["xen"] and found["xen_version"].startswith("4.17") \
        and all(ids[name]["there"] for name in ("xen-pv", "xen-hvm", "xen-libxl", "tool-xl", "tool-xenstore",
                                                "network-bridge", "loader-pygrub"))
    host.result(ok, "doctor knows the host again", json.dumps(found, indent=1))


def test_run(host, guest):
    host.place(guest)
    status, output = host.run("run", guest.name, f"--wait={WAIT}", "--autostart", timeout=WAIT + 120)
    there = host.guest(guest.name)
    ok = status == 0 and there.get("state") == "running" and there.get("type") == guest.type \
        and there.get("autostart") and there.get("config") == f"/etc/xen/{guest.name}.cfg"
    return host.result(ok, f"a {guest.type} guest is run to its login prompt, and listed", status, output, there,
                  host.log(guest.name) if not ok else "")


def test_restart(host, guest):
    """What on_reboot wants is done by the process that run has left."""
    before = host.guest(guest.name).get("domid")
    host.sh(f"xl sysrq {guest.name} b")
    status, _ = host.sh(f"for i in $(seq 120); do d=$(xl domid {guest.name} 2>/dev/null); "
                        f'[ -n "$d" ] && [ "$d" != {before} ] && exit 0; sleep 0.5; done; exit 1', 120)
    host.result(status == 0, "on_reboot starts it again", host.log(guest.name) if status else "")


def test_delete(host, guest):
    status, output = host.run("delete", guest.name, "--yes", "--timeout", 2, timeout=180)
    gone = not host.guest(guest.name)
    left = host.sh(f"ls /etc/xen/{guest.name}.cfg /etc/xen/auto/{guest.name}.cfg 2>/dev/null")[1]
    host.result(status == 0 and gone and not left, f"the {guest.type} guest is deleted", status, output, left)


def test_nobody(host):
    """Those that stay for on_reboot end with their guests; dom0 has no pgrep."""
    status, output = host.sh("for i in $(seq 40); do grep -lx domuimg-libxl /proc/[0-9]*/comm 2>/dev/null || exit 0; "
                             "sleep 0.5; done; exit 1", 60)
    host.result(status == 0, "and nobody stays with guests that are gone", output)


def test_errors(host, guest):
    host.place(guest, "s/^memory = .*/memory = 900000/")
    status, output = host.run("run", guest.name, "--no-check", "--verbose")
    ok = status == 1 and "libxl" in output and "memory" in output.lower()
    host.result(ok, "libxl's own words say why a guest does not start", status, output)
    left = host.guest(guest.name)
    host.result(left.get("state") == "off", "and nothing of it is left", left)
    host.remove(guest)


def test_once(host, guest):
    """Its kernel has no room to start in, and so an early end."""
    host.place(guest, '/^ramdisk = /d; s/^cmdline = "/&panic=-1 mem=16M /')
    status, output = host.run("run", guest.name, "--no-check", "--once", timeout=200)
    ok = "has ended" in output and host.guest(guest.name).get("state") == "off"
    host.result(ok, "--once comes back at its end", status, output)
    host.remove(guest)


def test_python(host, tar):
    """A PVH guest, made there, too."""
    name = "host-made"
    status, output = host.sh(f"python3 {BY_PYTHON} {name} {shlex.quote(str(tar))} {WAIT} 2>&1", WAIT + 300)
    try:
        said = json.loads(output.splitlines()[-1])
    except (ValueError, IndexError):
        said = {}
    ok = status == 0 and said.get("xen") and said["off"]["state"] == "off" \
        and said["run"]["domid"] == said["running"]["domid"] >= 0 and said["running"]["state"] == "running" \
        and said["running"]["type"] == "pvh" and said["running"]["autostart"] \
        and said["running"]["uuid"] == said["off"]["uuid"]
    host.result(ok, "the Python package makes a guest in dom0, runs it to its login prompt, and lists it", status, output,
           host.log(name) if not ok else "")
    left = host.sh(f"ls /etc/xen/{name}.* /etc/xen/auto/{name}.* /var/lib/xen/images/{name}.* 2>/dev/null")[1]
    host.result(ok and said["gone"] is None and said["error"] == "NotFound" and not left,
           "and deletes it with all that was made", left, output)


def test_libvirtd(host):
    host.link.must("/usr/sbin/libvirtd -d -p /run/libvirtd.pid")
    status, output = host.sh("for i in $(seq 60); do [ -S /run/libvirt/libvirt-sock ] && exit 0; sleep 0.5; done; "
                             "exit 1", 90)
    _, found = host.json("doctor")
    ids = {one["id"]: one["there"] for one in found["findings"]}
    ok = status == 0 and ids.get("tool-libvirt") and ids.get("tool-libvirtd") and ids.get("backend-libvirt")
    return host.result(ok, "doctor finds libvirt's daemon", output, ids, host.log("none") if not ok else "")


def test_libvirt_run(host, guest, *options):
    """To its login prompt where the options have --wait."""
    host.place(guest)
    status, output = host.run("run", guest.name, *LIBVIRT, *options, timeout=WAIT + 120)
    there = host.guest(guest.name, *LIBVIRT)
    ok = status == 0 and there.get("state") == "running" and there.get("type") == guest.type \
        and there.get("autostart") == ("--autostart" in options) \
        and host.guest(guest.name).get("domid") == there.get("domid")
    how = " to its login prompt" if options else ""
    host.result(ok, f"libvirt: a {guest.type} guest is run{how}, and listed", status, output, there,
           host.log(guest.name) if not ok else "")


def test_libvirt_again(host, guest):
    host.sh(f"xl destroy {guest.name}; for i in $(seq 40); do xl domid {guest.name} 2>/dev/null || break; sleep 0.5; "
            "done")
    before = host.guest(guest.name, *LIBVIRT)
    status, output = host.run("run", guest.name, *LIBVIRT)
    after = host.guest(guest.name, *LIBVIRT)
    ok = before.get("state") == "off" and status == 0 and after.get("state") == "running" \
        and after.get("uuid") == before.get("uuid")
    host.result(ok, "libvirt: what was ended is known as off, and run again", before, status, output, after)


def test_libvirt_delete(host, guest):
    status, output = host.run("delete", guest.name, "--yes", *LIBVIRT, "--timeout", 2, timeout=180)
    left = host.guest(guest.name, *LIBVIRT) or host.guest(guest.name)
    host.result(status == 0 and not left, f"libvirt: the {guest.type} guest is deleted, and forgotten", status, output, left)


def test_libvirt_errors(host, guest):
    host.place(guest, "s/^memory = .*/memory = 900000/")
    status, output = host.run("run", guest.name, *LIBVIRT, "--no-check")
    left = host.guest(guest.name, *LIBVIRT)
    host.result(status == 1 and "libvirt did not start the guest" in output and not left,
           "libvirt: its own words say why a guest does not start, and it is forgotten", status, output, left)
    host.remove(guest)


INSTALLER = """#!/bin/sh
export PATH=/sbin:/usr/sbin:/bin:/usr/bin
mkdir -p /proc /sys /dev
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
modprobe xen-blkfront
while [ ! -b /dev/xvda ]; do sleep 1; done
gunzip -c /system.gz >/dev/xvda
sync
poweroff -f
"""
TREEINFO = """[general]
family = Lab
version = 1
arch = x86_64
[images-x86_64]
kernel = linux
initrd = initrd
"""


def make_tree(bases, work):
    """An install tree whose installer writes a guest that was made before onto the disk; with its size."""
    directory = work / "system"
    directory.mkdir()
    guest = Guest(bases, directory, "system")
    guest.loader = "pygrub"
    guest.finish()
    added = work / "added"
    added.mkdir()
    (added / "init").write_text(INSTALLER)
    (added / "init").chmod(0o755)
    with (added / "system.gz").open("wb") as file:
        subprocess.run(["gzip", "-1", "-c", str(guest.image)], stdout=file, check=True)
    archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=added, check=True,
                             capture_output=True, input=b"init\nsystem.gz\n").stdout
    tree = work / "tree"
    tree.mkdir()
    (tree / ".treeinfo").write_text(TREEINFO)
    (tree / "linux").write_bytes(guest.kernel.read_bytes())
    before = guest.ramdisk.read_bytes()
    (tree / "initrd").write_bytes(before + bytes(-len(before) % 4) + archive)
    return tree, guest.image.stat().st_size


def by_installer(host, size):
    status, output = host.run("create", "made", "--from", "tree:/opt/tree", "--disk", f"size={size}", "--type", "pv",
                              "--kernel", "pygrub", "--memory", "512", "--nic", "none", "--config",
                              'tsc_mode="native"', "--extra-args", "inst.repo=http://192.0.2.9/", timeout=300)
    refused = host.run("run", "made")
    ok = status == 0 and refused[0] == 1 and "--install" in refused[1]
    host.result(ok, "what is still to be installed is not started", status, output, refused)
    status, output = host.run("run", "made", "--install", f"--wait={WAIT}", timeout=2 * WAIT + 300)
    there = host.guest("made")
    ok = status == 0 and there.get("state") == "running" and there.get("config") == "/etc/xen/made.cfg"
    host.result(ok, "its installer runs to its end, and then what it has installed, to its login prompt", status,
                output, there, host.log("made") if not ok else "")
    verdict = host.sh("grep verdict /var/lib/xen/images/made.json")[1]
    host.result('"boots"' in verdict, "the manifest says that it boots", verdict)
    status, output = host.run("delete", "made", "--disks", "--yes", "--timeout", 2, timeout=180)
    left = host.sh("ls /etc/xen/made* /var/lib/xen/images/made* 2>/dev/null")[1]
    host.result(status == 0 and not left, "and all of it is deleted", status, output, left)


def by_libxl(host, pv):
    test_doctor(host)
    if test_run(host, pv):
        test_restart(host, pv)
    test_delete(host, pv)
    test_nobody(host)
    test_errors(host, pv)
    test_once(host, pv)


def by_python(host, tar):
    test_python(host, tar)
    test_nobody(host)


def by_libvirt(host, pv, pvh):
    if test_libvirtd(host):
        test_libvirt_run(host, pv, f"--wait={WAIT}", "--autostart")
        test_libvirt_again(host, pv)
        test_libvirt_delete(host, pv)
        test_libvirt_run(host, pvh)
        test_libvirt_delete(host, pvh)
        test_libvirt_errors(host, pvh)


def make_group(host, disk):
    """A volume group on an empty disk."""
    host.link.must(f"printf %s {shlex.quote(LVM_CONF)} > /etc/lvm/lvmlocal.conf && modprobe dm-thin-pool && "
                   f"disk=$(readlink -f {shlex.quote(str(disk))}) && pvcreate -q $disk && vgcreate -q lab $disk")


def volumes(host):
    status, output = host.sh("lvs --noheadings -o lv_name,segtype lab | sort")
    return dict(line.split() for line in output.splitlines()) if status == 0 else output


def make_on_volume(host, tar, volume, *options):
    return host.run("create", "made", "--from", f"tar:{tar}", "--disk", f"lvm:lab/{volume}", "--memory",
                    "256", "--nic", "none", "--config", 'tsc_mode="native"', *options, timeout=600)


def test_volume(host, tar, volume, left, *options):
    """Made on a volume in dom0, booted from it, and taken away with it."""
    name = volume.partition(",")[0]
    status, output = make_on_volume(host, tar, volume, *options)
    manifest = host.sh("cat /var/lib/xen/images/made.json")[1]
    uuid = host.sh(f"lvs --noheadings -o lv_uuid lab/{name}")[1].strip()
    checked, said = host.sh(f"e2fsck -fn /dev/lab/{name} 2>&1")
    ok = status == 0 and checked == 0 and uuid and f'"{uuid}"' in manifest \
        and set(volumes(host)) == {name, *left}
    host.result(ok, f"a guest is made on lvm:lab/{volume}", status, output, manifest, uuid, said, volumes(host))
    status, output = host.run("run", "made", f"--wait={WAIT}", timeout=WAIT + 120)
    open_now = host.sh(f"lvs --noheadings -o lv_device_open lab/{name}")[1].strip()
    ok = status == 0 and open_now == "open"
    host.result(ok, "and booted from it, which is in use then", status, output, open_now, host.log("made") if not ok else "")
    status, output = make_on_volume(host, tar, volume, "--force", *options)
    host.result(status == 1 and "in use" in output, "so that it cannot be replaced", status, output)
    status, output = host.run("delete", "made", "--disks", "--timeout", 2, timeout=180)
    ok = status == 0 and f"removed /dev/lab/{name}" in output and set(volumes(host)) == set(left)
    host.result(ok, "and removed with it", status, output, volumes(host))


def test_replaced_volume(host, tar):
    first = make_on_volume(host, tar, "web,size=700M")
    before = host.sh("lvs --noheadings -o lv_uuid lab/web")[1]
    second = make_on_volume(host, tar, "web,size=800M", "--force")
    after = host.sh("lvs --noheadings -o lv_uuid lab/web")[1]
    ok = first[0] == 0 and second[0] == 0 and before != after and volumes(host) == {"web": "linear"}
    host.result(ok, "a volume is replaced by another one", first, second, before, after, volumes(host))
    status, output = host.run("delete", "made", "--disks", timeout=180)
    host.result(status == 0 and volumes(host) == {}, "which is removed", status, output, volumes(host))


def test_full_pool(host, tar):
    host.link.must("lvcreate -q -y --type thin-pool -L 100M -n small lab && lvchange -q --errorwhenfull y lab/small")
    status, output = make_on_volume(host, tar, "web,size=1G,thin=small")
    ok = status == 1 and "the thin pool lab/small is full" in output and set(volumes(host)) == {"pool", "small"}
    host.result(ok, "a thin pool that is full halfway is said to be, and nothing is left", status, output, volumes(host))
    left = host.sh("ls -A /var/lib/xen/images /etc/xen/made.cfg /var/lib/domuimg/journal 2>/dev/null")[1]
    host.result("made" not in left, "nor a file", left)


def by_lvm(host, tar, disk):
    make_group(host, disk)
    test_replaced_volume(host, tar)
    test_volume(host, tar, "web,size=700M", (), "--type", "pvh")


def by_thin(host, tar, disk):
    make_group(host, disk)
    host.link.must("lvcreate -q -y --type thin-pool -L 1G -n pool lab")
    test_volume(host, tar, "web,size=2G,thin=pool", ("pool",), "--type", "pv")
    test_full_pool(host, tar)


def in_dom0(shared, name, steps, files, images, *arguments):
    """All the steps in one dom0; its lines."""
    def attempt():
        # As disks they need not be copied into dom0's.
        with session.dom0([], [*files, *cargo.files()], [str(image) for image in images]) as link:
            link.must(INSTALL)
            host = Host(link, cargo)
            steps(host, *arguments)
            left = host.sh(CONSOLES)[1] if any(line.problems for line in host.lines) else ""
        return host.lines, left

    cargo = shared.cargo
    return accident.retried(name, attempt, lambda result: accident.sign_in(result[1]))[0]


def guest_files(*guests):
    return [(str(guest.directory / name), None) for guest in guests for name in ("guest.cfg", "vmlinuz", "initrd.img")]


def without(what):
    return [Line("it is tried", skipped=f"this build is without {what}")]


def libxl(shared, work):
    if not shared.has_libxl:
        return without("libxl")
    pv = make_guest(shared.bases, work, "host-pv", "pv")
    return in_dom0(shared, "host/libxl", by_libxl, guest_files(pv), [pv.image], pv)


def python(shared, work):
    if not shared.has_libxl or not shared.cargo.has_python:
        return without("libxl or the Python package")
    tar = make_tar(shared.bases, work)
    return in_dom0(shared, "host/python", by_python, [(str(SCRIPT), BY_PYTHON)], [tar], tar)


def on_volumes(shared, work, name, steps):
    if not shared.has_libxl:
        return without("libxl")
    tar = make_tar(shared.bases, work)
    disk = work / "group.img"
    with disk.open("wb") as file:
        file.truncate(4 << 30)
    return in_dom0(shared, f"host/{name}", steps, [], [tar, disk], tar, disk)


def installer(shared, work):
    if not shared.has_libxl:
        return without("libxl")
    tree, size = make_tree(shared.bases, work)
    files = [(str(tree / name), f"/opt/tree/{name}") for name in (".treeinfo", "linux", "initrd")]
    return in_dom0(shared, "host/installer", by_installer, files, [], size)


def lvm(shared, work):
    return on_volumes(shared, work, "lvm", by_lvm)


def thin(shared, work):
    return on_volumes(shared, work, "thin", by_thin)


def libvirt(shared, work):
    if not shared.has_libxl or not shared.cargo.has_libvirt:
        return without("libxl or libvirt, or this machine without libvirt's Xen driver")
    pv, pvh = (make_guest(shared.bases, work, f"host-{kind}", kind) for kind in ("pv", "pvh"))
    return in_dom0(shared, "host/libvirt", by_libvirt, guest_files(pv, pvh), [pv.image, pvh.image], pv, pvh)


def row(name, made, boots, asked, run, seconds, default=True):
    return Case("host", name, made, boots, asked, run, seconds, default=default)


CASES = (
    row("libxl", "the CLI in dom0", "PV through libxl", "doctor, run, list, restart, delete, libxl's words", libxl, 120),
    row("python", "the Python package in dom0, of a tar", "PVH through libxl", "run, list, delete", python, 120),
    row("libvirt", "the CLI in dom0", "PV and PVH through libvirt", "run, list, again, delete, libvirt's words", libvirt,
        150),
    row("lvm", "the CLI in dom0, on a logical volume", "PVH through libxl", "the volume: made, replaced, in use, removed",
        lvm, 150),
    row("installer", "the CLI in dom0, of an install tree", "the installer, then what it installed, PV through libxl",
        "run without --install, and with it; the verdict; delete", installer, 200, default=False),
    row("thin", "the CLI in dom0, on a thin volume", "PV through libxl", "the same; a pool that is full halfway", thin, 150,
        default=False),
)
