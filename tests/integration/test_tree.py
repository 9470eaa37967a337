# SPDX-License-Identifier: LGPL-2.1-or-later
"""--from tree: installers from servers, directories and ISO images, and two configurations for each."""
import json
import pathlib
import shutil
import subprocess
import unittest
import urllib.parse

import boot_server
import guest
import ssh_server
import world
from install_trees import NETBOOT, PAIR, Fedora, Ftp, Ranges, digest, split_initrd, write_initrd

KICKSTART = """lang en_US.UTF-8
url --url=http://192.0.2.9/fedora/
rootpw --plaintext geheim
autopart
rhsm --organization=1 --activation-key=geheim
%packages
@core
%end
%post
echo root:geheim | chpasswd
curl -u joe:geheim http://192.0.2.9/
%end
"""
# What gives an installer its files where the tree is a directory of this host.
REPO = ("--extra-args", "inst.repo=http://192.0.2.9/f/")


class Refuses(boot_server.Quiet):
    """Answers like a server that does not say what it does not have."""

    def send_error(self, code, *words):
        super().send_error(403 if code == 404 else code, *words)


def make_iso(image, directory, label="t"):
    done = subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-V", label, "-o", str(image),
                           "-follow-links", str(directory)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return image


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me\n"


class TreeCase(world.Case):
    def command(self, source, *more, name="t", kernel=None):
        return [str(world.PROGRAM), "create", name, "--progress", "none", "--from", f"tree:{source}",
                "--dir", str(self.out), *(str(word) for word in more)]

    def make(self, source, *more, **settings):
        done = self.run_program(self.command(source, *more, **settings))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refuse(self, source, *parts, more=()):
        self.assert_one_line(self.run_program(self.command(source, *more)), *parts)
        self.assert_nothing_left()

    def config(self, suffix=""):
        """The lines of a configuration that are one key and its value."""
        lines = (self.out / f"t{suffix}.cfg").read_text().splitlines()
        return {key: value.strip('"') for key, _, value in (line.partition(" = ") for line in lines) if value}

    def manifest(self):
        return json.loads((self.out / "t.json").read_text())

    def serve(self, directory, handler=boot_server.Quiet):
        server = boot_server.Http(directory, handler)
        self.addCleanup(server.close)
        return server.url()


@unittest.skipUnless(ssh_server.SSHD and shutil.which("ssh"), "sshd or ssh is not installed")
class SshTest(TreeCase):
    def setUp(self):
        super().setUp()
        self.tree = Fedora(self.dir / "it's a tree")
        self.server = ssh_server.Server(self.dir / "ssh")
        self.addCleanup(self.server.close)
        self.environment["PATH"] = f"{self.server.dir / 'bin'}:{self.environment['PATH']}"
        self.url = self.server.url(urllib.parse.quote(str(self.tree.dir)))

    def test_from_another_host(self):
        self.make(self.url, *REPO)
        install = self.config("-install")
        self.assertEqual(install["cmdline"], "console=hvc0 inst.text inst.repo=http://192.0.2.9/f/")
        self.assertEqual(pathlib.Path(install["kernel"]).read_bytes(), self.tree.kernel.read_bytes())
        self.assertEqual(pathlib.Path(install["ramdisk"]).read_bytes(), self.tree.initrd.read_bytes())

    def test_a_part_in_the_cache_is_completed(self):
        cache = pathlib.Path(self.environment["DOMUIMG_CACHE_DIR"])
        cache.mkdir(parents=True, exist_ok=True)
        (cache / f"install-{digest(self.tree.initrd)}.part").write_bytes(self.tree.initrd.read_bytes()[:100])
        self.make(self.url, *REPO)
        self.assertEqual((self.out / "t-install.initrd").read_bytes(), self.tree.initrd.read_bytes())

    def test_the_installer_cannot_read_it_there(self):
        self.refuse(self.url, "--extra-args inst.repo=")

    def test_a_tree_without_a_kernel(self):
        self.tree.kernel.unlink()
        self.refuse(self.url, "there is no such file as images/pxeboot/vmlinuz", more=REPO)

    def test_what_is_not_a_tree(self):
        self.refuse(self.server.url(str(self.server.dir)), "is not an install tree", more=REPO)

    def test_a_host_that_takes_no_key_of_ours(self):
        self.server.forget_the_key()
        self.refuse(self.url, "Permission denied", "ssh -o BatchMode=yes", more=REPO)

    def test_a_host_that_is_not_known(self):
        (self.server.dir / "known").write_text("")
        self.refuse(self.url, "Host key verification failed", more=REPO)


class FedoraTest(TreeCase):
    def setUp(self):
        super().setUp()
        self.tree = Fedora(self.dir / "tree")

    def test_from_a_server(self):
        url = self.serve(self.tree.dir)
        said = self.make(url, "--extra-args", "ip=dhcp")
        self.assertIn("Fedora 42", self.manifest()["installer"]["name"])
        install, final = self.config("-install"), self.config()
        self.assertEqual(install["cmdline"], f"console=hvc0 inst.repo={url} inst.text ip=dhcp")
        self.assertEqual((install["type"], install["on_reboot"], install["on_poweroff"]),
                         ("pvh", "destroy", "destroy"))
        self.assertEqual(pathlib.Path(install["kernel"]).read_bytes(), self.tree.kernel.read_bytes())
        self.assertEqual(pathlib.Path(install["ramdisk"]).read_bytes(), self.tree.initrd.read_bytes())
        self.assertNotIn("kernel", final)
        self.assertEqual((final["type"], final["bootloader"], final["on_reboot"]),
                         ("pvh", "domuimg-bootloader", "restart"))
        self.assertEqual(install["uuid"], final["uuid"])
        image = self.out / "t.img"
        self.assertEqual((image.stat().st_size, image.stat().st_blocks), (20 << 30, 0))
        self.assertEqual(self.manifest()["verdict"], "unknown")
        self.assertIn("unknown until it is installed", said)
        self.assertEqual(self.journals(), [])

    def test_check_knows_that_it_is_to_be_installed(self):
        self.environment["PATH"] = f"{world.PROGRAM.parent}:{self.environment['PATH']}"
        self.make(self.tree.dir, *REPO)
        for suffix in "", "-install":
            done = self.run_program([str(world.PROGRAM), "check", "--json", str(self.out / f"t{suffix}.cfg")])
            self.assertEqual(done.returncode, 4, done.stdout)
            self.assertIn("installer-pending", [found["id"] for found in json.loads(done.stdout)["findings"]])

    def test_delete_removes_all_of_it(self):
        self.make(self.tree.dir, *REPO)
        done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"), "--disks"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assert_nothing_left()

    def test_again_by_force(self):
        self.make(self.tree.dir, *REPO)
        before = self.config()["uuid"]
        done = self.run_program(self.command(self.tree.dir, *REPO))
        self.assert_one_line(done, "exists already")
        self.make(self.tree.dir, *REPO, "--force")
        self.assertEqual(self.config("-install")["uuid"], before)

    def test_pv_takes_the_kernel_for_it(self):
        self.make(self.tree.dir, "--type", "pv", "--extra-args", "method=nfs:192.0.2.9:/f")
        self.assertEqual((self.out / "t-install.vmlinuz").read_bytes(), self.tree.xen.read_bytes())
        self.assertEqual(self.config("-install")["cmdline"],
                         "console=hvc0 text method=nfs:192.0.2.9:/f")
        self.assertTrue((self.out / "t.xml").exists())

    def test_an_old_tree_without_anything_else(self):
        self.tree.kernel.write_bytes(b"\x7fELF\2\1\1".ljust(4096, b"\0"))
        guest.write_kernel(self.tree.kernel)
        self.tree.describe()
        self.make(self.tree.dir, *REPO)
        self.assertEqual(self.config()["type"], "pv")

    def test_answers_are_in_the_initramfs(self):
        answers = self.dir / "a.cfg"
        answers.write_text(KICKSTART)
        self.assert_nothing_left()
        self.make(self.tree.dir, "--answers", answers)
        self.assertEqual(split_initrd(self.out / "t-install.initrd", self.tree.initrd), {"ks.cfg": KICKSTART})
        self.assertIn("inst.ks=file:/ks.cfg", self.config("-install")["cmdline"])
        self.assertNotIn("geheim", (self.out / "t.json").read_text())
        self.assertEqual((self.out / "t-install.initrd").stat().st_mode & 0o777, 0o600)

    def test_a_plan_says_nothing_of_what_answers_say(self):
        answers = self.dir / "a.cfg"
        answers.write_text(KICKSTART)
        plan = self.make(self.tree.dir, "--answers", answers, "--dry-run")
        known = f"the kickstart {answers} ({len(KICKSTART)} bytes)"
        self.assertIn(known, plan)
        found = json.loads(self.make(self.tree.dir, "--answers", answers, "--dry-run", "--json"))
        self.assertIn(known, "\n".join(found["steps"]))
        self.assertEqual([disk["fs"] for disk in found["disks"]], [None])
        for text in plan, json.dumps(found):
            self.assertNotIn("geheim", text)
            self.assertNotIn("lang en_US", text)
        self.assert_nothing_left()

    def test_a_directory_that_the_guest_cannot_reach(self):
        self.refuse(self.tree.dir, str(self.tree.dir), "--extra-args inst.repo=")
        self.refuse(self.tree.dir, "--extra-args inst.repo=", more=["--extra-args", "xinst.repo=a inst.repository=b"])
        self.make(self.tree.dir, "--extra-args", "ip=dhcp inst.stage2=http://192.0.2.9/f/")
        answers = self.dir / "a.cfg"
        answers.write_text("lang C\nautopart\n")
        self.assert_one_line(self.run_program(self.command(self.tree.dir, "--answers", answers, "--force")),
                             "--extra-args inst.repo=")

    @world.need_program("xorriso")
    def test_an_iso_that_is_no_drive_of_a_guest(self):
        self.make(make_iso(self.dir / "a.iso", self.tree.dir, "Fedora S/42"))
        # As xl reads it, a backslash is two in a string.
        self.assertEqual(self.config("-install")["cmdline"],
                         r"console=hvc0 inst.repo=hd:LABEL=Fedora\\x20S\\x2f42 inst.text")
        self.assertIn(f"{self.dir}/a.iso", (self.out / "t-install.cfg").read_text())
        self.make(make_iso(self.dir / "b.iso", self.tree.dir, "a:b"), "--force")
        self.assertIn("inst.repo=hd:/dev/xvdz ", self.config("-install")["cmdline"])
        self.make(self.dir / "b.iso", "--type", "pv", "--force")
        self.assertIn("method=cdrom ", self.config("-install")["cmdline"])

    @world.need_program("xorriso")
    def test_an_iso_with_a_symlink_to_nowhere(self):
        (self.tree.dir / ".treeinfo").rename(self.tree.dir / "info")
        (self.tree.dir / ".treeinfo").symlink_to("info")
        image = self.dir / "a.iso"
        subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", str(image), str(self.tree.dir)],
                       check=True, capture_output=True)
        data = image.read_bytes()
        # A Rock Ridge entry: its name, length, version and flags.
        self.assertIn(b"SL\x0b\1\0", data)
        image.write_bytes(data.replace(b"SL\x0b\1\0", b"XX\x0b\1\0"))
        self.refuse(image, "a.iso", ".treeinfo", "leads nowhere")

    def test_answers_of_another_installer(self):
        answers = self.dir / "a.cfg"
        answers.write_text('<profile xmlns="http://www.suse.com/1.0/yast2ns"/>\n')
        self.refuse(self.tree.dir, "is an AutoYaST profile", "reads a kickstart", more=["--answers", answers])
        answers.write_text("d-i debian-installer/locale string C\n")
        self.refuse(self.tree.dir, "is a preseed", "reads a kickstart", more=["--answers", answers])
        answers.write_text("hello\n")
        self.refuse(self.tree.dir, "neither a preseed", more=["--answers", answers])
        self.refuse(self.tree.dir, "answers:", "absent", more=["--answers", self.dir / "absent"])

    def test_settings_that_nothing_would_heed(self):
        self.refuse(self.tree.dir, "--hostname", "--answers", more=["--hostname", "h"])
        self.refuse(self.tree.dir, "--extra-args", more=["--extra", "x", *REPO])
        self.refuse(self.tree.dir, "--cloud-init", more=["--cloud-init", "auto", *REPO])
        self.refuse(self.tree.dir, "--kernel host", more=["--kernel", "host", *REPO])
        self.refuse(self.tree.dir, "--layout", more=["--layout", "gpt", *REPO])
        self.refuse(self.tree.dir, "fs=", more=["--disk", "size=4G,fs=xfs", *REPO])

    def test_a_download_is_resumed(self):
        Ranges.broken, Ranges.asked = {"vmlinuz", "initrd.img"}, []
        self.make(self.serve(self.tree.dir, Ranges))
        self.assertEqual([bool(span) for path, span in Ranges.asked if path.endswith("vmlinuz")], [False, True])
        self.assertEqual(digest(self.out / "t-install.initrd"), digest(self.tree.initrd))

    def test_what_was_fetched_is_kept(self):
        url = self.serve(self.tree.dir, Ranges)
        self.make(url)
        Ranges.broken, Ranges.asked = set(), []
        self.make(url, "--force")
        self.assertEqual([path for path, _ in Ranges.asked], ["/.treeinfo"])
        # What somebody has damaged is fetched again.
        for path in (self.dir / "cache").glob("install-*"):
            path.write_bytes(b"damaged")
        self.make(url, "--force")
        self.assertEqual(digest(self.out / "t-install.initrd"), digest(self.tree.initrd))

    def test_wrong_checksums(self):
        for name in "vmlinuz", "initrd.img":
            self.tree.describe(**{name: "0" * 64})
            for where in self.tree.dir, self.serve(self.tree.dir):
                self.refuse(where, name, "its checksum is", "0" * 64, more=REPO)
        self.assertEqual(list((self.dir / "cache").glob("install-*.part")), [])

    def test_paths_outside_of_the_tree(self):
        for path in ("../../etc/passwd", "/etc/passwd", "images/../../x", "http://example.org/x", "a//b", "x?y"):
            self.tree.describe(kernel=path)
            self.refuse(self.tree.dir, path, "not the path of a file in the tree")

    def test_a_symlink_out_of_the_tree(self):
        secret = self.dir / "secret"
        guest.write_kernel(secret)
        self.tree.describe(sums=False)
        self.tree.kernel.unlink()
        self.tree.kernel.symlink_to(secret)
        self.refuse(self.tree.dir, "vmlinuz", more=REPO)

    def test_another_architecture(self):
        self.tree.describe(arch="aarch64")
        self.refuse(self.tree.dir, "use the tree for x86_64, or --arch aarch64")

    def test_a_kernel_that_is_cut_off(self):
        self.tree.kernel.write_bytes(self.tree.kernel.read_bytes()[:100])
        self.tree.describe()
        self.refuse(self.tree.dir, "images/pxeboot/vmlinuz", more=REPO)

    def test_an_initramfs_that_is_cut_off(self):
        self.tree.initrd.write_bytes(self.tree.initrd.read_bytes()[:60])
        self.tree.describe()
        self.refuse(self.tree.dir, "[initramfs-corrupt]", more=REPO)

    def test_files_that_are_not_there(self):
        self.tree.describe(sums=False)
        guest.write_kernel(self.kernel, pvh=True)
        for path in self.tree.initrd, self.tree.kernel:
            path.unlink()
            for where in self.tree.dir, self.serve(self.tree.dir):
                self.refuse(where, path.name, more=REPO)
            path.write_bytes(self.kernel.read_bytes())

    def test_what_is_not_a_treeinfo(self):
        (self.tree.dir / ".treeinfo").write_text("<html>404</html>\n")
        self.refuse(self.tree.dir, ".treeinfo")

    def test_what_is_not_a_tree(self):
        empty = self.dir / "empty"
        empty.mkdir()
        for where in empty, self.serve(empty):
            self.refuse(where, "is not an install tree")
        self.refuse(self.dir / "absent", "there is no such directory")
        self.refuse(self.kernel, "neither a directory nor an ISO image")
        self.refuse("nfs:server:/tree", "mount -t nfs")
        self.refuse("ssh://joe:SEKRIT@192.0.2.1/tree", "a name or password in an address")
        self.refuse("http://127.0.0.1:1/x/", "http://127.0.0.1:1/x/")

    def test_an_address_with_a_password(self):
        for address in "http://joe:SEKRIT@127.0.0.1:1/t/", "FTP://joe:SE@KRIT@h/", "https:///SEKRIT@h/":
            done = self.run_program(self.command(address))
            self.assert_one_line(done, "a name or password in an address")
            self.assertNotIn("KRIT", done.stderr)
            self.assert_nothing_left()
        # It is not one of these.
        self.refuse("http://127.0.0.1:1/a@b/", "http://127.0.0.1:1/a@b/")

    def test_a_server_that_refuses_what_it_does_not_have(self):
        (self.tree.dir / ".treeinfo").unlink()
        self.make(self.serve(self.tree.dir, Refuses))
        empty = self.dir / "empty"
        empty.mkdir()
        for path in self.out.iterdir():
            path.unlink()
        self.refuse(self.serve(empty, Refuses), "is not an install tree", "refuses to send some of these")

    def test_from_ftp(self):
        server = Ftp(self.tree.dir)
        self.addCleanup(server.close)
        # Directories and files that are not there are refused.
        (self.tree.dir / ".treeinfo").unlink()
        (self.tree.dir / "images").rename(self.tree.dir / "main")
        self.refuse(server.url(), "is not an install tree")
        (self.tree.dir / "main").rename(self.tree.dir / "images")
        self.make(server.url())
        self.assertEqual(digest(self.out / "t-install.initrd"), digest(self.tree.initrd))

    def test_a_plan_does_nothing(self):
        for handler in boot_server.Quiet, Refuses:
            plan = self.make(self.serve(self.tree.dir, handler), "--dry-run")
            self.assertIn("ask its questions", plan)
            self.assertIn("t-install.cfg", plan)
            self.assert_nothing_left()


class SuseTest(TreeCase):
    def test_by_its_layout(self):
        tree = self.dir / "tree"
        loader = tree / "boot/x86_64/loader"
        loader.mkdir(parents=True)
        guest.write_kernel(loader / "linux", pvh=True)
        write_initrd(loader / "initrd", self.dir / "scratch")
        sums = "".join(f"{digest(loader / name)}  boot/x86_64/loader/{name}\n" for name in ("linux", "initrd"))
        (tree / "CHECKSUMS").write_text(sums)
        url = self.serve(tree)
        answers = self.dir / "a.xml"
        answers.write_text('<?xml version="1.0"?>\n<profile xmlns="http://www.suse.com/1.0/yast2ns">\n</profile>\n')
        self.make(url, "--answers", answers)
        self.assertEqual(self.config("-install")["cmdline"],
                         f"console=hvc0 install={url} textmode=1 autoyast=file:///autoinst.xml")
        self.assertIn("autoinst.xml", split_initrd(self.out / "t-install.initrd", loader / "initrd"))
        self.make(tree, "--force", "--extra-args", "install=nfs://192.0.2.9/s")
        (tree / "CHECKSUMS").write_text(sums.replace(digest(loader / "linux"), "1" * 64))
        for path in self.out.iterdir():
            path.unlink()
        self.refuse(url, "1" * 64)
        self.refuse(tree, "--extra-args install=")

    @world.need_program("xorriso")
    def test_from_an_iso(self):
        loader = self.dir / "tree/boot/x86_64/loader"
        loader.mkdir(parents=True)
        guest.write_kernel(loader / "linux", pvh=True)
        write_initrd(loader / "initrd", self.dir / "scratch")
        self.make(make_iso(self.dir / "a.iso", self.dir / "tree"))
        self.assertEqual(self.config("-install")["cmdline"],
                         "console=hvc0 install=hd:/?device=/dev/xvdz textmode=1")


class UbuntuTest(TreeCase):
    def write(self, kernel, initrd):
        guest.write_kernel(kernel, pvh=True)
        write_initrd(initrd, self.dir / "scratch")

    def test_its_old_installer_takes_its_own_archive(self):
        tree = self.dir / "tree"
        pair = tree / "current/legacy-images/netboot/ubuntu-installer/amd64"
        pair.mkdir(parents=True)
        self.write(pair / "linux", pair / "initrd.gz")
        key = self.dir / "key.pub"
        key.write_text(KEY)
        self.make(tree, "--ssh-key", key)
        preseed = split_initrd(self.out / "t-install.initrd", pair / "initrd.gz")["preseed.cfg"]
        self.assertIn("d-i mirror/http/hostname string archive.ubuntu.com\n", preseed)
        self.assertIn("d-i mirror/http/directory string /ubuntu\n", preseed)

    def test_its_installer_of_today_needs_an_image(self):
        pair = self.dir / "tree/amd64"
        pair.mkdir(parents=True)
        self.write(pair / "linux", pair / "initrd")
        for where in self.dir / "tree", self.serve(self.dir / "tree"):
            self.refuse(where, "--extra-args url=")
            self.make(where, "--extra-args", "url=http://192.0.2.9/u.iso", "--force")
            for path in self.out.iterdir():
                path.unlink()


@unittest.skipUnless(PAIR.exists(), "debian-installer-12-netboot-amd64 not installed")
class DebianTest(TreeCase):
    def setUp(self):
        super().setUp()
        self.key = self.dir / "key.pub"
        self.key.write_text(KEY)
        self.password = self.dir / "password"
        self.password.write_text("geheim\n")

    def tree(self):
        """The netboot pair as a mirror has it."""
        mirror = self.dir / "mirror" / "debian"
        pair = mirror / "dists/bookworm/main/installer-amd64/current/images/netboot/debian-installer/amd64"
        pair.mkdir(parents=True)
        for name in "linux", "initrd.gz":
            (pair / name).symlink_to((PAIR / name).resolve())
        sums = "".join(f"{digest(PAIR / name)}  ./netboot/debian-installer/amd64/{name}\n"
                       for name in ("linux", "initrd.gz"))
        (pair.parents[2] / "SHA256SUMS").write_text(sums)
        return mirror.parent

    def test_a_mirror_without_questions(self):
        url = self.serve(self.tree()) + "debian/dists/bookworm/main/installer-amd64/"
        settings = ["--root-password-file", self.password, "--ssh-key", self.key, "--hostname", "web.example.org",
                    "--package", "vim", "--timezone", "Europe/Berlin", "--nic",
                    "bridge=xenbr1,ip=192.0.2.7/25,gateway=192.0.2.1,dns=192.0.2.53"]
        plan = self.make(url, *settings, "--dry-run")
        self.assertIn("root-password-crypted password (hidden)", plan)
        self.assertNotIn("$6$", plan)
        self.make(url, *settings)
        added = split_initrd(self.out / "t-install.initrd", PAIR / "initrd.gz")
        self.assertEqual(sorted(added), ["domuimg-authorized-keys", "preseed.cfg"])
        self.assertEqual(added["domuimg-authorized-keys"], self.key.read_text())
        preseed = added["preseed.cfg"]
        for line in ("d-i netcfg/get_hostname string web", "d-i netcfg/get_domain string example.org",
                     "d-i netcfg/get_netmask string 255.255.255.128", "d-i time/zone string Europe/Berlin",
                     "d-i mirror/http/directory string /debian", "d-i partman-auto/disk string /dev/xvda",
                     "d-i pkgsel/include string vim", "d-i netcfg/get_nameservers string 192.0.2.53",
                     f"d-i mirror/http/hostname string {url.split('/')[2]}"):
            self.assertIn(line + "\n", preseed)
        self.assertIn("d-i passwd/root-password-crypted password $6$", preseed)
        self.assertNotIn("geheim", preseed)
        self.assertNotIn("@", preseed)
        install = self.config("-install")
        self.assertEqual((install["type"], install["memory"]), ("pvh", "1024"))
        self.assertEqual(install["cmdline"],
                         "console=hvc0 auto=true priority=critical --- console=hvc0")
        self.assertNotIn("$6$", (self.out / "t.json").read_text())

    def test_debconf_reads_the_answers(self):
        if not pathlib.Path("/usr/bin/debconf-set-selections").exists():
            self.skipTest("no debconf")
        self.make(NETBOOT, "--ssh-key", self.key, "--mirror", "https://example.org:8443/d")
        preseed = split_initrd(self.out / "t-install.initrd", PAIR / "initrd.gz")["preseed.cfg"]
        self.assertIn("d-i mirror/https/hostname string example.org:8443\n", preseed)
        done = subprocess.run(["debconf-set-selections", "--checkonly"], input=preseed, text=True,
                              capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_static_address_of_ipv6(self):
        self.make(NETBOOT, "--ssh-key", self.key, "--nic", "ip=2001:db8::5/64,gateway=2001:db8::1,dns=2001:db8::53")
        preseed = split_initrd(self.out / "t-install.initrd", PAIR / "initrd.gz")["preseed.cfg"]
        self.assertIn("d-i netcfg/get_ipaddress string 2001:db8::5/64\n", preseed)
        self.assertIn("d-i netcfg/get_gateway string 2001:db8::1\n", preseed)
        self.assertNotIn("get_netmask", preseed)

    def test_a_password_that_was_made(self):
        done = self.run_program([*self.command(NETBOOT, "--root-password", "generate"), "--json"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(json.loads(done.stdout)["root_password"], "^[a-z2-9]{16}$")
        self.assertNotIn("root_password", self.manifest())
        self.assertIn("chage -d 0 root", split_initrd(self.out / "t-install.initrd", PAIR / "initrd.gz")["preseed.cfg"])

    def test_it_asks_where_nothing_is_said(self):
        self.make(NETBOOT)
        self.assertEqual(split_initrd(self.out / "t-install.initrd", PAIR / "initrd.gz") if
                         digest(self.out / "t-install.initrd") != digest(PAIR / "initrd.gz") else {}, {})
        self.assertEqual(self.config("-install")["cmdline"], "console=hvc0 --- console=hvc0")
        self.refuse_login()

    def refuse_login(self):
        self.assert_one_line(self.run_program(self.command(NETBOOT, "--hostname", "h", "--force")),
                             "--root-password-file")

    def test_every_type(self):
        for kind in "pv", "pvh", "hvm":
            said = self.make(NETBOOT, "--type", kind, "--force")
            self.assertEqual((self.config("-install")["type"], self.config()["type"]), (kind, kind))
        self.assertIn("to be installed: an HVM guest, its installer", said)
        self.assertIn("console=ttyS0", self.config("-install")["cmdline"])
        self.assertEqual(self.config("-install")["serial"], "pty")
        self.assertNotIn("bootloader", self.config())

    def test_disks_of_other_kinds(self):
        self.make(NETBOOT, "--disk", "size=3G,format=qcow2", "--disk", "size=1G")
        done = subprocess.run(["qemu-img", "info", "--output=json", str(self.out / "t.qcow2")], check=True,
                              capture_output=True, text=True)
        self.assertEqual(json.loads(done.stdout)["virtual-size"], 3 << 30)
        self.assertEqual((self.out / "t-xvdb.img").stat().st_size, 1 << 30)

    @world.need_program("xorriso")
    def test_from_an_iso(self):
        image = make_iso(self.dir / "a.iso", NETBOOT)
        self.make(image)
        self.assertEqual(digest(self.out / "t-install.vmlinuz"), digest(PAIR / "linux"))
        self.assertEqual(digest(self.out / "t-install.initrd"), digest(PAIR / "initrd.gz"))
        self.assertIn(str(image), (self.out / "t-install.cfg").read_text())
        self.assertNotIn(str(image), (self.out / "t.cfg").read_text())
        for path in self.out.iterdir():
            path.unlink()
        with image.open("r+b") as file:
            file.truncate(image.stat().st_size // 2)
        self.refuse(image, "a.iso")
