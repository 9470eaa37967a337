# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest starts with: each policy of --kernel, and `domuimg kernel update`."""
import io
import json
import lzma
import os
import pathlib
import re
import signal
import subprocess
import tarfile
import time
import unittest

import guest
import world

OLD, NEW = "6.1.0-1-test", "6.1.0-2-test"
BUILTIN = "kernel/drivers/block/xen-blkfront.ko\nkernel/fs/ext4/ext4.ko\n"
MIB = 1 << 20


def kernel_of(directory, version, pvh=False):
    """A kernel for PV that says its version."""
    path = guest.write_kernel(directory / f"made-{version}", pvh)
    return path.read_bytes() + f"Linux version {version} (x) #1 SMP\n\0".encode()


def write_files(tar, files):
    for name, content in files.items():
        info = tarfile.TarInfo(name)
        if isinstance(content, str):
            info.type, info.linkname = tarfile.SYMTYPE, content
            tar.addfile(info)
            continue
        info.size = len(content)
        info.mode = 0o644
        tar.addfile(info, io.BytesIO(content))


def kernel_files(directory, version, size=0, pvh=False):
    """A kernel that can reach its root, with an initramfs of at least `size` bytes."""
    return {
        f"boot/vmlinuz-{version}": kernel_of(directory, version, pvh),
        f"boot/initrd.img-{version}": f"initramfs of {version}\n".encode().ljust(size, b"x"),
        f"lib/modules/{version}/modules.builtin": BUILTIN.encode(),
    }


class Policies(world.Case):
    def archive(self, *groups):
        path = guest.write_tar(self.dir / "root.tar")
        with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as tar:
            for files in groups:
                write_files(tar, files)
        return f"tar:{path}"

    def make(self, source, policy, *more, status=0):
        done = self.run_program(self.command(source, "--kernel", policy, *more))
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def manifest(self):
        return json.loads((self.out / "t.json").read_text())

    def config(self):
        return (self.out / "t.cfg").read_text()

    def in_guest(self, request):
        return subprocess.run(["debugfs", "-R", request, self.out / "t.img"], check=True,
                              capture_output=True, text=True, errors="replace").stdout

    def menu(self):
        return self.in_guest("cat /boot/grub/grub.cfg")


class Loaders(Policies):
    def test_pvgrub_finds_the_kernel_by_a_menu(self):
        old = "# the distribution's\n"
        source = self.archive(kernel_files(self.dir, OLD), kernel_files(self.dir, NEW),
                              {"boot/grub/grub.cfg": old.encode()})
        done = self.make(source, "pvgrub", "--loader", "/opt/grub.bin", "--extra", "quiet")
        self.assertIn("/opt/grub.bin is not on this machine", done.stdout)
        self.assertIn('kernel = "/opt/grub.bin"', self.config())
        self.assertNotRegex(self.config(), "cmdline|ramdisk|bootloader")
        self.assertFalse((self.out / "t.vmlinuz").exists())
        uuid = self.manifest()["disks"][0]["uuid"]
        entries = re.findall(r"^  (linux|initrd|search) (.*)$", self.menu(), re.M)
        self.assertEqual(entries[:3], [
            ("search", f"--no-floppy --set=root --fs-uuid {uuid}"),
            ("linux", f"/boot/vmlinuz-{NEW} root=UUID={uuid} ro console=hvc0 quiet"),
            ("initrd", f"/boot/initrd.img-{NEW}"),
        ])
        self.assertIn(f"/boot/vmlinuz-{OLD} ", entries[4][1])
        self.assertEqual(self.in_guest("cat /var/lib/domuimg/replaced/boot/grub/grub.cfg"), old)
        self.assertEqual(self.manifest()["kernel"]["loader"], "pvgrub")

    def test_the_links_of_packages_come_first(self):
        source = self.archive(kernel_files(self.dir, NEW), {
            "vmlinuz": f"boot/vmlinuz-{NEW}", "initrd.img": f"boot/initrd.img-{NEW}",
            "var/lib/dpkg/status": b""})
        self.make(source, "pvgrub")
        first = re.search(r"^  linux (\S+).*\n  initrd (\S+)$", self.menu(), re.M)
        self.assertEqual(first.groups(), ("/vmlinuz", "/initrd.img"))
        self.assertIn("console=hvc0", self.in_guest("cat /etc/default/grub.d/domuimg.cfg"))

    def test_links_to_another_kernel_are_not_used(self):
        source = self.archive(kernel_files(self.dir, NEW), kernel_files(self.dir, OLD), {
            "vmlinuz": f"boot/vmlinuz-{OLD}", "initrd.img": f"boot/initrd.img-{OLD}"})
        self.make(source, "pvgrub")
        self.assertIn(f"linux /boot/vmlinuz-{NEW} ", self.menu())
        self.assertNotIn("linux /vmlinuz", self.menu())

    def test_pygrub_reads_the_menu(self):
        self.make(self.archive(kernel_files(self.dir, NEW)), "pygrub", "--type", "auto")
        self.assertIn('bootloader = "pygrub"', self.config())
        self.assertIn('type = "pv"', self.config())
        self.assertNotRegex(self.config(), "(?m)^(kernel|cmdline|ramdisk)")
        self.assertRegex((self.out / "t.xml").read_text(), "<bootloader>/.*/pygrub</bootloader>")
        self.judge_by_pygrub()

    def test_our_own_loader_reads_the_menu(self):
        for more in (("--type", "auto"), ("--type", "pvh")):
            with self.subTest(more):
                self.make(self.archive(kernel_files(self.dir, NEW, pvh="pvh" in more)), "domuimg", "--force", *more)
                self.assertIn('bootloader = "domuimg-bootloader"', self.config())
                self.assertNotRegex(self.config(), "(?m)^(kernel|cmdline|ramdisk)")
                program = world.PROGRAM.parent / "domuimg-bootloader"
                done = self.run_program([program, "-q", "-n", "--output-format=simple", self.out / "t.img"])
                self.assertIn(f"kernel <kernel:/boot/vmlinuz-{NEW}>", done.stdout)
        self.make(self.archive(kernel_files(self.dir, NEW)), "domuimg", "--force", "--type", "pv")
        self.assertRegex((self.out / "t.xml").read_text(), "<bootloader>/.*/domuimg-bootloader</bootloader>")

    def test_auto_weighs_our_own_loader(self):
        files = kernel_files(self.dir, NEW)
        name = f"boot/vmlinuz-{NEW}"
        files[name] = guest.bzimage("xz", "--check=crc32", "--lzma2=preset=0,dict=256MiB", content=files[name])
        source, programs = self.archive(files), self.dir / "programs"
        self.make(source, "auto", "--type", "pv", "--host-root", self.dir / "nowhere", status=1)
        programs.mkdir()
        (programs / "domuimg-bootloader").symlink_to(world.PROGRAM.parent / "domuimg-bootloader")
        self.environment["PATH"] = f"{programs}:{self.environment['PATH']}"
        self.make(source, "auto", "--type", "pv")
        self.assertIn('bootloader = "domuimg-bootloader"', self.config())
        self.assertRegex(self.manifest()["kernel"]["reason"], "domuimg-bootloader starts as PV.*Xen itself cannot.*256 MiB")

    @world.need_program("mmdebstrap")
    def test_debian_gets_a_kernel_that_grub_can_unpack(self):
        for more, package in (((), "linux-image-amd64"),
                              (("--type", "pvh"), "linux-image-cloud-amd64"),
                              (("--kernel-package", "none"), "initramfs-tools")):
            with self.subTest(more):
                plan = self.make("debian:bookworm", "pvgrub", "--arch", "amd64", "--dry-run",
                                 *more).stdout
                self.assertEqual(package in plan, package != "initramfs-tools")

    def test_pygrub_as_pvh(self):
        files = kernel_files(self.dir, NEW, pvh=True)
        self.make(self.archive(files), "pygrub", "--type", "pvh")
        self.assertIn('type = "pvh"', self.config())
        xml = (self.out / "t.xml").read_text()
        self.assertIn('machine="xenpvh"', xml)
        self.assertRegex(xml, "<bootloader>/.*/pygrub</bootloader>")

    def judge_by_pygrub(self):
        found = list(pathlib.Path("/usr/lib").glob("xen-*/lib/python/grub/GrubConf.py"))
        if not found:
            return
        (self.dir / "grub.cfg").write_text(self.menu())
        said = subprocess.run(["python3", found[0], "grub2", self.dir / "grub.cfg"], check=True,
                              capture_output=True, text=True).stdout
        self.assertIn(f"/boot/vmlinuz-{NEW}", said)

    def test_a_loader_that_cannot_start_any_kernel_says_why(self):
        done = self.make(self.archive(), "pvgrub", status=1)
        self.assert_one_line(done, "no kernel in /boot")
        self.assert_nothing_left()
        done = self.make(self.archive(kernel_files(self.dir, NEW)), "pvgrub", "--type", "pvh",
                         status=1)
        self.assert_one_line(done, f"boot/vmlinuz-{NEW}", "PHYS32_ENTRY")
        self.assert_nothing_left()

    def test_what_contradicts_itself_is_refused_before_any_work(self):
        source = self.archive(kernel_files(self.dir, NEW))
        for words, part in [
            (("firmware",), "whole disk with a boot loader"),
            (("pvgrub", "--type", "hvm"), "PV and PVH"),
            (("pygrub", "--extra", "a;b"), "“;b”"),
            (("guest", "--loader", "/x"), "--loader goes with"),
            (("pvgrub", "--loader", "x"), "absolute path"),
        ]:
            with self.subTest(words):
                done = self.run_program(
                    self.command(source, "--dry-run", "--kernel", *words))
                self.assert_one_line(done, part)


class HostModules(Policies):
    """A host whose kernel the guest is to start with."""

    def host(self, modules, index=True):
        root = self.dir / "host"
        directory = root / "lib/modules" / NEW
        (root / "boot").mkdir(parents=True)
        (directory / "kernel").mkdir(parents=True)
        (root / "boot" / f"vmlinuz-{NEW}").write_bytes(kernel_of(self.dir, NEW))
        (directory / "modules.builtin").write_text(BUILTIN)
        (directory / "modules.order").write_text("".join(f"kernel/{name}\n" for name in modules))
        if index:
            (directory / "modules.dep.bin").write_bytes(b"index")
        for name, content in modules.items():
            (directory / "kernel" / name).write_bytes(content)
        return ("--host-root", root)

    def module(self):
        source = self.dir / "empty.c"
        source.write_text("int nothing;\n")
        subprocess.run(["cc", "-c", "-o", self.dir / "empty.o", source], check=True)
        return (self.dir / "empty.o").read_bytes()

    def test_they_are_copied_as_they_are_where_the_guest_reads_them(self):
        source = self.archive({"usr/bin/kmod": b"... liblzma.so.5 ..."})
        self.make(source, "host", *self.host({"a.ko.xz": lzma.compress(b"module")}))
        listed = self.in_guest(f"ls /lib/modules/{NEW}/kernel")
        self.assertIn("a.ko.xz", listed)
        self.assertIn("index", self.in_guest(f"cat /lib/modules/{NEW}/modules.dep.bin"))

    @world.need_program("depmod", "cc")
    def test_they_are_unpacked_where_the_guest_cannot(self):
        module = self.module()
        self.make(self.archive({"usr/bin/kmod": b"... libz.so.1 ..."}), "host",
                  *self.host({"a.ko.xz": lzma.compress(module)}))
        self.in_guest(f"dump /lib/modules/{NEW}/kernel/a.ko {self.dir}/a.ko")
        self.assertEqual((self.dir / "a.ko").read_bytes(), module)
        self.assertNotIn("a.ko.xz", self.in_guest(f"ls /lib/modules/{NEW}/kernel"))
        self.assertIn("kernel/a.ko:", self.in_guest(f"cat /lib/modules/{NEW}/modules.dep"))
        self.assertTrue(any("unpacked" in line for line in self.manifest()["changes"]))

    @world.need_program("depmod", "cc")
    def test_depmod_is_run_where_it_has_not_been(self):
        self.make(self.archive(), "host", *self.host({"a.ko": self.module()}, index=False))
        self.assertIn("kernel/a.ko:", self.in_guest(f"cat /lib/modules/{NEW}/modules.dep"))
        self.assertIn("modules.dep.bin", self.in_guest(f"ls /lib/modules/{NEW}"))

    def test_too_small_a_disk_is_refused_with_numbers(self):
        big = {"a.ko": os.urandom(40 * MIB)}
        host = self.host(big)
        for policy in ("host", "auto"):
            with self.subTest(policy):
                done = self.make(self.archive(), policy, *host, "--disk", "size=32M", status=1)
                self.assert_one_line(done, "MiB", "--disk size=")
                needed = re.search(r"size=(\d+)M", done.stderr)[1]
                self.assert_nothing_left()
                self.make(self.archive(), policy, *host, "--disk", f"size={needed}M", "--force")
                for path in self.out.iterdir():
                    path.unlink()

    def test_auto_says_why_it_is_not_the_guests(self):
        done = self.make(self.archive(), "auto", *self.host({"a.ko": b"module"}))
        reason = self.manifest()["kernel"]["reason"]
        self.assertIn(NEW, reason)
        self.assertIn("there is no kernel in /boot", reason)
        self.assertIn(reason, done.stdout)


class Upgraded(Policies):
    """A guest by `extract`, and what its package manager does to it."""

    SIZE = 0

    def setUp(self):
        super().setUp()
        self.make(self.archive(kernel_files(self.dir, OLD, self.SIZE)), "extract")
        self.copies = [self.out / "t.vmlinuz", self.out / "t.initrd"]

    def update(self, *more, status=0):
        done = self.run_program([str(world.PROGRAM), "kernel", "update", "t", "--dir",
                                 str(self.out), *more])
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def upgrade(self):
        commands = [f"mkdir /lib/modules/{NEW}"]
        for name, content in kernel_files(self.dir, NEW, self.SIZE).items():
            path = self.dir / "upgrade" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            commands.append(f"write {path} /{name}")
        script = self.dir / "commands"
        script.write_text("\n".join(commands) + "\n")
        subprocess.run(["debugfs", "-w", "-f", script, self.out / "t.img"], check=True,
                       capture_output=True)

    def small_files(self):
        return [(path.name, path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
                for path in sorted(self.out.iterdir()) if path.suffix != ".img"]

    def version_of_copies(self):
        found = {version for version in (OLD, NEW) for path in self.copies
                 if version.encode() in path.read_bytes()}
        self.assertEqual(len(found), 1, "a mix of two versions")
        return found.pop()


class Update(Upgraded):
    def test_nothing_is_written_where_nothing_changed(self):
        before = self.small_files()
        self.assertIn("up to date", self.update().stdout)
        self.assertEqual(self.small_files(), before)
        self.assertEqual(self.journals(), [])

    def test_a_newer_kernel_is_copied_out(self):
        self.upgrade()
        said = json.loads(self.update("--json").stdout)
        self.assertEqual((said["needed"], said["done"]), (True, True))
        self.assertEqual((said["old_version"], said["new_version"]), (OLD, NEW))
        self.assertEqual(self.version_of_copies(), NEW)
        self.assertEqual(self.manifest()["kernel"]["version"], NEW)
        self.assertEqual(self.journals(), [])
        self.assertIn("up to date", self.update().stdout)

    def test_a_dry_run_changes_nothing(self):
        self.upgrade()
        before = self.small_files()
        self.assertIn(f"would copy Linux {NEW} in place of {OLD}", self.update("--dry-run").stdout)
        self.assertEqual(self.small_files(), before)

    def test_a_lost_copy_comes_back(self):
        self.copies[1].unlink()
        self.update()
        self.assertEqual(self.version_of_copies(), OLD)

    def test_an_image_in_use_is_refused(self):
        self.upgrade()
        before = self.small_files()
        with open(self.out / "t.img", "r+b"):
            self.assert_one_line(self.update(status=1), "t.img", "running")
        self.assertEqual(self.small_files(), before)

    def test_an_image_with_an_open_journal_is_refused(self):
        subprocess.run(["debugfs", "-w", "-R", "feature needs_recovery", self.out / "t.img"],
                       check=True, capture_output=True)
        self.assert_one_line(self.update(status=1), "t.img", "shut")

    def test_an_older_update_is_not_completed_over_a_newer_one(self):
        unnamed = self.out / ".t.initrd.0123abcd"
        unnamed.write_bytes(self.copies[1].read_bytes())
        self.state.mkdir(exist_ok=True)
        journal = [["remove", str(unnamed)],
                   ["rename", str(unnamed), str(self.copies[1]), "replace"], ["commit"]]
        (self.state / "0123abcd.journal").write_text(
            "".join(json.dumps(record) + "\n" for record in journal))
        self.upgrade()
        self.update()
        self.run_program([str(world.PROGRAM), "cleanup"])
        self.assertEqual(self.version_of_copies(), NEW)
        self.assertEqual(self.journals(), [])

    def test_no_kernel_that_boots_leaves_the_old_one(self):
        subprocess.run(["debugfs", "-w", "-R", f"rm /boot/vmlinuz-{OLD}", self.out / "t.img"],
                       check=True, capture_output=True)
        before = self.small_files()
        self.assert_one_line(self.update(status=1), "no kernel")
        self.assertEqual(self.small_files(), before)

    def test_other_policies_have_nothing_to_update(self):
        source = self.archive(kernel_files(self.dir, OLD))
        for policy, part in (("pvgrub", "from the guest's disk"),
                             (f"file:{self.kernel}", "a kernel file")):
            with self.subTest(policy):
                self.make(source, policy, "--force")
                self.assert_one_line(self.update(status=1), part)

    def test_what_is_no_manifest_is_refused(self):
        for text in ("", "[]", "{}", '{"kernel": 1}', '{"type": "pv", "kernel": {"from": "guest"}}'):
            with self.subTest(text):
                (self.out / "t.json").write_text(text)
                self.assert_one_line(self.update(status=1), "t.json", "not a manifest")

    def test_damaged_manifest_is_refused(self):
        whole = self.manifest()
        for damage in ({"disks": [1]}, {"disks": []}, {"type": 1}, {"kernel": None}):
            with self.subTest(damage):
                (self.out / "t.json").write_text(json.dumps({**whole, **damage}))
                self.assert_one_line(self.update(status=1), "t.json", "damaged")


class Killed(Upgraded):
    SIZE = 30 * MIB

    def kill_after(self, delay):
        with subprocess.Popen([str(world.PROGRAM), "kernel", "update", "t", "--dir",
                               str(self.out)], env=self.environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as child:
            time.sleep(delay)
            child.send_signal(signal.SIGKILL)

    def test_kill_leaves_old_or_new(self):
        self.upgrade()
        start = time.monotonic()
        self.update()
        whole = time.monotonic() - start
        for moment in range(12):
            with self.subTest(moment):
                for path, name in zip(self.copies, ("vmlinuz", "initrd.img")):
                    path.write_bytes(kernel_files(self.dir, OLD, self.SIZE)[f"boot/{name}-{OLD}"])
                self.kill_after(whole * (moment + 0.5) / 12)
                if moment % 2 == 0:
                    self.update()
                    self.assertEqual(self.version_of_copies(), NEW)
                self.run_program([str(world.PROGRAM), "cleanup"])
                self.version_of_copies()
                self.assertEqual({path.name for path in self.out.iterdir()},
                                 {"t.img", "t.cfg", "t.xml", "t.json", "t.vmlinuz", "t.initrd"})
                self.assertEqual(self.journals(), [])


if __name__ == "__main__":
    unittest.main()
