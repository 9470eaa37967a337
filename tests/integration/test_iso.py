# SPDX-License-Identifier: LGPL-2.1-or-later
"""--from iso: installers that run in QEMU, and what becomes of their disks, and of those that fail."""
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

import boot_server
import installer_iso
import world
from test_questions import Terminal

PNG = b"\x89PNG\r\n\x1a\n"
SECRET = "geheim"


def qemus(directory):
    """Running QEMUs that use files of a directory."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if b"qemu-system" in words.split(b"\0")[0] and str(directory).encode() in words:
            found.append(int(path.parent.name))
    return found


@world.need_program("qemu-system-x86_64", "xorriso")
class IsoCase(world.Case):
    def setUp(self):
        super().setUp()
        self.password = self.dir / "password"
        self.password.write_text(SECRET + "\n")

    disk = "size=64M"

    def command(self, source, *more, name="t", kernel=None):
        return [str(world.PROGRAM), "create", name, "--progress", "none", "--from", f"iso:{source}",
                "--dir", str(self.out), "--disk", self.disk, *(str(word) for word in more)]

    def refuse(self, source, *parts, more=()):
        self.assert_one_line(self.run_program(self.command(source, *more)), *parts)
        self.assert_nothing_left()

    def bootable(self, *code):
        return installer_iso.make_bootable(self.dir / "boot.iso", b"".join(code), self.dir / "boot")

    def fail_there(self, source, *parts, more=(), is_silent=False):
        """An installer that fails leaves its log, if it said anything, and its last screen, and nothing else."""
        done = self.run_program(self.command(source, *more))
        kept = [self.out / "t-installer.png"] if is_silent else [self.out / "t-installer.log", self.out / "t-installer.png"]
        self.assert_one_line(done, *parts, *map(str, kept))
        self.assertEqual(sorted(world.snapshot(self.out)), [path.name for path in kept])
        self.assertTrue(kept[-1].read_bytes().startswith(PNG))
        self.assertEqual(self.journals(), [])
        self.assertEqual(qemus(self.dir), [])
        return "" if is_silent else kept[0].read_text()


@unittest.skipUnless(installer_iso.kernel(), "Debian's kernel for clouds is not installed")
class InstallerTest(IsoCase):
    # The modules of a kernel that replaces its own need 95 MiB.
    disk = "size=256M"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = installer_iso.make_installer(cls.shared_directory() / "installer")

    def login(self, *more):
        return "--root-password-file", str(self.password), *more

    def test_what_was_installed_is_converted(self):
        done = self.run_program(self.command(self.image, *self.login(), "--progress", "lines"))
        self.assertEqual(done.returncode, 0, done.stderr)
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertEqual((manifest["verdict"], manifest["type"]), ("boots", "pvh"))
        self.assertIn("the guest's would not do", manifest["kernel"]["reason"])
        self.assertIn("changed /etc/fstab", manifest["changes"])
        self.assertIn("Installing: Partitioning disks", done.stderr)
        image = self.out / "t.img"
        self.assertEqual(image.stat().st_size, 256 << 20)
        done = subprocess.run(["/sbin/e2fsck", "-fn", str(image)], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        said = subprocess.run(["/sbin/debugfs", "-R", "cat /etc/fstab", str(image)], capture_output=True, text=True,
                              check=True).stdout
        self.assertNotIn("vda", said)
        self.assertEqual(self.journals(), [])
        self.assertEqual(sorted(world.snapshot(self.out)),
                         ["t.cfg", "t.img", "t.initrd", "t.json", "t.vmlinuz", "t.xml"])

    def test_a_panic_is_told_at_once(self):
        log = self.fail_there(self.image, "Kernel panic - not syncing", more=self.login("--extra-args", "test=panic"))
        self.assertIn("It has its answers", log)

    def test_it_asks_on_the_terminal(self):
        command = [word for word in self.command(self.image, "--interactive", "--extra-args", "test=ask")
                   if word not in ("--progress", "none")]
        terminal = Terminal(command, self.environment, self.dir)
        terminal.expect("Which disk?")
        terminal.say("/dev/vda")
        terminal.expect("Installing the base system")
        terminal.expect("t is made")
        self.assertEqual(terminal.wait(), 0)
        self.assertTrue((self.out / "t.img").exists())

    def test_a_dry_run_shows_the_answers_without_secrets(self):
        done = self.run_program(self.command(self.image, *self.login("--dry-run", "--mirror",
                                                                     "http://192.0.2.1/debian")))
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("in QEMU", "d-i partman-auto/disk string /dev/vda", "d-i mirror/http/hostname string 192.0.2.1",
                      "d-i debian-installer/exit/poweroff boolean true"):
            self.assertIn(words, done.stdout)
        self.assertNotIn(SECRET, done.stdout)
        self.assert_nothing_left()

    def test_somebody_has_to_be_able_to_log_in(self):
        self.refuse(self.image, "nobody could log in", "--root-password-file")

    def test_another_architecture(self):
        self.refuse(self.image, "aarch64", "x86_64 only", more=self.login("--arch", "arm64"))

    def test_one_that_is_cut_off(self):
        cut = self.dir / "cut.iso"
        cut.write_bytes(self.image.read_bytes()[:-4096])
        self.refuse(cut, "cut off", "fetch it again", more=self.login())


@unittest.skipUnless(installer_iso.kernel(), "Debian's kernel for clouds is not installed")
class InstallerOfTreeTest(IsoCase):
    """--from tree: --installer qemu, of a tree as Debian's mirrors have it."""
    disk = "size=256M"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scratch = cls.shared_directory()
        installer_iso.make_installer(scratch / "installer")
        cls.served = scratch / "served"
        cls.netboot = cls.served / "debian/dists/bookworm/main/installer-amd64/current/images/netboot"
        cls.netboot = cls.netboot / "debian-installer/amd64"
        cls.netboot.mkdir(parents=True)
        for old, new in ("vmlinuz", "linux"), ("initrd.gz", "initrd.gz"):
            (scratch / "installer/tree/install.amd" / old).rename(cls.netboot / new)
        (cls.served / "debian/fetched").write_text("from the mirror\n")

    def setUp(self):
        super().setUp()
        server = boot_server.Http(self.served)
        self.addCleanup(server.close)
        self.url = server.url("debian/dists/bookworm/main/installer-amd64/")

    def command(self, source, *more, name="t", kernel=None):
        words = super().command(source, *more)
        words[words.index(f"iso:{source}")] = f"tree:{source}"
        return words

    def here(self, *more):
        return "--installer", "qemu", "--root-password-file", str(self.password), *more

    def test_what_was_installed_is_converted(self):
        done = self.run_program(self.command(self.url, *self.here("--extra-args", "test=mirror")))
        self.assertEqual(done.returncode, 0, done.stderr)
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertEqual((manifest["verdict"], manifest["type"]), ("boots", "pvh"))
        self.assertIn("changed /etc/fstab", manifest["changes"])
        # It has reached the mirror, which is on the loopback interface of its host.
        said = subprocess.run(["/sbin/debugfs", "-R", "cat /etc/fetched", str(self.out / "t.img")],
                              capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, "from the mirror\n")
        self.assertEqual(self.journals(), [])
        self.assertEqual(sorted(world.snapshot(self.out)),
                         ["t.cfg", "t.img", "t.initrd", "t.json", "t.vmlinuz", "t.xml"])

    def test_a_plan(self):
        done = self.run_program(self.command(self.url, *self.here("--dry-run")))
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("in QEMU", "d-i partman-auto/disk string /dev/vda", "d-i mirror/http/hostname string 10.0.2.2:",
                      "d-i mirror/http/directory string /debian"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("t-install.cfg", done.stdout)
        self.assert_nothing_left()

    def test_its_checksum_is_verified(self):
        sums = self.served / "debian/dists/bookworm/main/installer-amd64/current/images/SHA256SUMS"
        sums.write_text(f"{'0' * 64}  ./netboot/debian-installer/amd64/linux\n")
        self.addCleanup(sums.unlink)
        self.refuse(self.url, "checksum", "should be " + "0" * 64, more=self.here())

    def test_somebody_has_to_answer(self):
        (self.dir / "casper").mkdir()
        for name in "vmlinuz", "initrd":
            (self.dir / "casper" / name).write_bytes(b"x")
        self.refuse(self.dir, "nobody would answer", "--answers", more=("--installer", "qemu"))

    def test_what_is_no_tree(self):
        self.refuse(self.url.partition("dists")[0], "is not an install tree", more=self.here())

    def test_settings_of_a_run_here_go_with_it_only(self):
        self.refuse(self.url, "--timeout goes with --installer qemu", more=("--timeout", "60"))


UNATTEND = """<?xml version="1.0" encoding="utf-8"?>
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="windowsPE"/>
</unattend>
"""


def read_iso(image, path):
    return subprocess.run(["bsdtar", "-xOf", str(image), path], check=True, capture_output=True, text=True).stdout


@unittest.skipUnless(installer_iso.kernel(), "Debian's kernel for clouds is not installed")
class UbuntuTest(IsoCase):
    """An image as Ubuntu's live installer for servers has it."""
    disk = "size=256M"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        scratch = cls.shared_directory()
        installer_iso.make_installer(scratch / "installer")
        tree = scratch / "installer/tree"
        (tree / "install.amd").rename(tree / "casper")
        (tree / "casper/initrd.gz").rename(tree / "casper/initrd")
        (tree / ".disk").mkdir()
        (tree / ".disk/info").write_text('Ubuntu-Server 24.04 LTS "Noble Numbat" - Release amd64 (20240423)\n')
        cls.image = installer_iso.make_image(scratch / "ubuntu.iso", tree)
        (tree / ".disk/info").write_text('Ubuntu 22.04 LTS "Jammy Jellyfish" - Release amd64 (20220419)\n')
        cls.desktop = installer_iso.make_image(scratch / "desktop.iso", tree)

    def login(self, *more):
        return "--root-password-file", str(self.password), *more

    def plan(self, image, *more):
        done = self.run_program(self.command(image, "--dry-run", "--json", *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        return "\n".join(json.loads(done.stdout)["steps"])

    def test_its_answers_are_on_a_second_disk(self):
        done = self.run_program(self.command(self.image, *self.login("--package", "vim", "--extra-args", "test=seed")))
        self.assertEqual(done.returncode, 0, done.stderr)
        said = subprocess.run(["/sbin/debugfs", "-R", "cat /etc/seed", str(self.out / "t.img")], capture_output=True,
                              text=True, check=True).stdout
        head, _, rest = said.partition("\n")
        self.assertEqual(head, "#cloud-config")
        found = json.loads(rest)["autoinstall"]
        self.assertEqual((found["version"], found["shutdown"], found["packages"]), (1, "poweroff", ["vim"]))
        self.assertNotIn("identity", found)
        self.judge(said)
        self.judge("#cloud-config\n" + json.dumps(found["user-data"]))
        self.assertEqual(json.loads((self.out / "t.json").read_text())["verdict"], "boots")

    def judge(self, text):
        """cloud-init's own opinion, where it is installed."""
        path = self.dir / "user-data"
        path.write_text(text)
        if shutil.which("cloud-init"):
            subprocess.run(["cloud-init", "schema", "--config-file", str(path)], check=True, capture_output=True)

    def test_a_plan(self):
        plan = self.plan(self.image, *self.login("--mirror", "http://127.0.0.1:3142/ubuntu", "--locale", "de_DE.UTF-8"))
        for words in ("Ubuntu-Server 24.04", "an autoinstall file in a second CD-ROM drive", "10.0.2.2:3142/ubuntu",
                      "de_DE.UTF-8"):
            self.assertIn(words, plan)
        self.assertNotIn(SECRET, plan)
        self.assert_nothing_left()

    def test_somebody_has_to_be_able_to_log_in(self):
        self.refuse(self.image, "nobody could log in")

    def test_the_desktop_has_no_answers_of_ours(self):
        self.refuse(self.desktop, "writes no answers for this installer", more=self.login("--package", "vim"))

    def test_answers_of_ones_own_are_not_shown(self):
        answers = self.dir / "answers"
        answers.write_text(f"autoinstall:\n  version: 1\n  identity: {{password: {SECRET}}}\n")
        plan = self.plan(self.desktop, "--answers", answers)
        self.assertIn(f"the autoinstall file {answers}", plan)
        self.assertNotIn(SECRET, plan)

    def test_a_kickstart_is_not_for_it(self):
        answers = self.dir / "answers"
        answers.write_text("%packages\n@core\n%end\n")
        self.refuse(self.image, "is a kickstart", "reads an autoinstall file", more=("--answers", answers))


class BootRecordTest(IsoCase):
    def test_nothing_was_written(self):
        self.fail_there(self.bootable(installer_iso.POWER_OFF), "powered off without having written to the disk",
                        is_silent=True)

    def test_it_restarts_again_and_again(self):
        self.fail_there(self.bootable(installer_iso.RESET), "it restarts again and again", is_silent=True)

    def test_it_stalls(self):
        log = self.fail_there(self.bootable(installer_iso.say("Ready\r\n"), installer_iso.HALT), "it stalled",
                        "for 10 seconds", more=("--timeout", "120"))
        self.assertIn("Ready", log)

    def test_it_is_never_done(self):
        self.fail_there(self.bootable(installer_iso.HALT), "had not powered off after 3 seconds", "--timeout",
                        more=("--timeout", "3"), is_silent=True)

    def install(self, code):
        done = self.run_program(self.command(self.bootable(code)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.out / "t.img").read_bytes().startswith(code[512:1024]))
        return json.loads((self.out / "t.json").read_text()), done.stdout

    def test_what_is_not_known_becomes_hvm_unchanged(self):
        manifest, said = self.install(installer_iso.INSTALLER)
        self.assertEqual((manifest["type"], manifest["kernel"]["policy"]), ("hvm", "auto"))
        self.assertIn("no system that is known was found on the disks; nothing is changed in them", said)
        image = self.out / "t.img"
        self.assertEqual(image.read_bytes()[512:], bytes((64 << 20) - 512))

    def test_it_may_go_on_from_the_disk_once(self):
        self.assertEqual(self.install(installer_iso.RESTARTS)[0]["type"], "hvm")

    def test_a_qcow2_disk(self):
        self.disk = "size=64M,format=qcow2"
        done = self.run_program(self.command(self.bootable(installer_iso.INSTALLER)))
        self.assertEqual(done.returncode, 0, done.stderr)
        raw = self.dir / "raw"
        subprocess.run(["qemu-img", "convert", "-O", "raw", str(self.out / "t.qcow2"), str(raw)], check=True)
        self.assertEqual(raw.read_bytes()[:512], installer_iso.boot_sector(installer_iso.HALT))

    def test_the_disk_of_one_that_failed_is_kept_where_that_is_wanted(self):
        image = self.bootable(installer_iso.POWER_OFF)
        done = self.run_program(self.command(image, "--keep-failed"))
        self.assert_one_line(done, "its disk is in", str(self.out / "t-installer.img"))
        self.assertEqual((self.out / "t-installer.img").stat().st_size, 64 << 20)

    def test_answers_need_an_installer_that_is_known(self):
        answers = self.dir / "answers"
        answers.write_text("%packages\n@core\n%end\n")
        self.refuse(self.bootable(installer_iso.HALT), "no installer that is known", more=("--answers", answers))

    def test_answers_for_windows_are_in_a_drive_of_their_own(self):
        answers = self.dir / "answers.xml"
        answers.write_text(UNATTEND)
        program = self.start("--answers", answers)
        words = pathlib.Path(f"/proc/{qemus(self.dir)[0]}/cmdline").read_bytes().decode()
        image = re.search(r'"filename":"([^"]*/answers\.iso)"', words)[1]
        self.assertEqual(read_iso(image, "autounattend.xml"), UNATTEND)
        label = subprocess.run(["blkid", "-p", "-o", "value", "-s", "LABEL", image], check=True, capture_output=True,
                               text=True).stdout
        self.assertEqual(label.strip(), "ANSWERS")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)
        self.wait_for_the_end()
        self.assert_nothing_left()

    def test_it_may_restart_often_where_it_has_answers(self):
        answers = self.dir / "answers.xml"
        answers.write_text(UNATTEND)
        done = self.run_program(self.command(self.bootable(installer_iso.RESTARTS_OFTEN), "--answers", answers))
        self.assertEqual(done.returncode, 0, done.stderr)
        # It has counted them.
        self.assertEqual((self.out / "t.img").read_bytes()[0x100], 3)

    def test_interactive_needs_a_console_that_is_known(self):
        self.refuse(self.bootable(installer_iso.HALT), "--interactive", "--display vnc", more=("--interactive",))

    def test_a_window_needs_a_session(self):
        for name in "DISPLAY", "WAYLAND_DISPLAY":
            self.environment.pop(name, None)
        self.refuse(self.bootable(installer_iso.HALT), "--display gtk", "graphical session", more=("--display", "gtk"))

    def test_its_screen_by_vnc(self):
        command = self.command(self.bootable(installer_iso.HALT), "--display", "vnc", "--progress", "lines")
        program = subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   text=True)
        self.addCleanup(program.kill)
        for line in program.stderr:
            found = re.search(r"127\.0\.0\.1:(\d+) by VNC, with the password (\w{8})$", line)
            if found:
                break
        with socket.create_connection(("127.0.0.1", int(found[1])), timeout=30) as screen:
            self.assertEqual(screen.recv(4), b"RFB ")
            screen.sendall(b"RFB 003.008\n")
            said = b""
            while len(said) < 10:
                said += screen.recv(10)
        # One way to log in, and that is with a password.
        self.assertEqual(said[8:], b"\1\2")
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)
        self.wait_for_the_end()
        self.assert_nothing_left()

    def start(self, *more):
        """One that runs for ever, once it runs."""
        program = subprocess.Popen(self.command(self.bootable(installer_iso.HALT), *more), env=self.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(program.kill)
        end = time.monotonic() + 30
        while not qemus(self.dir):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        return program

    def wait_for_the_end(self):
        end = time.monotonic() + 10
        while qemus(self.dir) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(qemus(self.dir), [])

    def test_nothing_is_left_when_it_is_interrupted(self):
        program = self.start()
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=30)
        self.assertNotEqual(program.returncode, 0)
        self.wait_for_the_end()
        self.assert_nothing_left()

    def test_nothing_is_left_when_it_is_killed(self):
        program = self.start()
        program.kill()
        program.communicate(timeout=30)
        self.wait_for_the_end()
        done = self.run_program([str(world.PROGRAM), "cleanup"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_nothing_left()


class FetchedTest(IsoCase):
    def setUp(self):
        super().setUp()
        self.served = self.dir / "served"
        self.served.mkdir()
        self.image = installer_iso.make_bootable(self.served / "boot image.iso", installer_iso.POWER_OFF,
                                                 self.dir / "boot")
        server = boot_server.Http(self.served)
        self.addCleanup(server.close)
        self.url = server.url("boot%20image.iso")

    def test_it_is_fetched_and_run(self):
        self.fail_there(self.url, self.url, "powered off without having written", is_silent=True)

    def test_its_checksum_is_verified(self):
        (self.served / "SHA256SUMS").write_text(f"{'0' * 64} *boot image.iso\n")
        self.refuse(self.url, "checksum", "should be " + "0" * 64)

    def test_one_that_is_not_there(self):
        self.refuse(self.url.replace("image", "other"), "no such file on the server")

    def test_an_address_that_is_more_than_a_name(self):
        self.refuse(self.url + "?a=b", "download")


class BadImageTest(IsoCase):
    def test_an_image_without_a_boot_record(self):
        (self.dir / "plain").mkdir()
        image = installer_iso.make_image(self.dir / "plain.iso", self.dir / "plain")
        self.refuse(image, "plain.iso", "cannot be started", "not a bootable image")

    def test_what_is_not_an_image(self):
        path = self.dir / "text"
        path.write_text("no image\n" * 10000)
        self.refuse(path, "neither a directory nor an ISO image")

    def test_a_directory(self):
        self.refuse(self.dir, "not an ISO image")

    def test_one_that_is_not_there(self):
        self.refuse(self.dir / "absent.iso", "no such")
