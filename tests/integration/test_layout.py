# SPDX-License-Identifier: LGPL-2.1-or-later
"""Disks with partitions, and guests with several filesystems, judged by others."""
import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile

import compare
import guest
import nasty
import pygrub
import world
from test_image_equals_tar import ATTRIBUTES
from test_kernel_policies import NEW, kernel_files, write_files

EPOCH = "1700000000"
SECTOR = 512
ROOT_X86_64 = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
XBOOTLDR = "BC13C2FF-59E6-4262-A352-B275FD6F7172"
GRUB_AS_HOST = world.need_program("grub-mkimage", "mkfs.vfat", "sfdisk", "sgdisk")


def output(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace")
    return done.returncode, done.stdout + done.stderr


class Layouts(world.Case):
    def archive(self, *groups):
        path = guest.write_tar(self.dir / "root.tar")
        with tarfile.open(path, "a", format=tarfile.PAX_FORMAT) as tar:
            for files in groups:
                write_files(tar, files)
        return f"tar:{path}"

    def make(self, source, *more):
        done = self.run_program(self.command(source, *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / "t.img"

    def table(self, image):
        status, text = output("sfdisk", "--json", image)
        self.assertEqual(status, 0, text)
        return json.loads(text)["partitiontable"]

    def part(self, image, number):
        """The bytes of a partition, as a file of their own."""
        entry = self.table(image)["partitions"][number - 1]
        path = self.dir / f"part{number}"
        with open(image, "rb") as disk, open(path, "wb") as file:
            disk.seek(entry["start"] * SECTOR)
            file.write(disk.read(entry["size"] * SECTOR))
        return path

    def judge(self, image):
        """Everything that others say of a disk and of each filesystem on it."""
        table = self.table(image)
        status, text = output("sfdisk", "--verify", image)
        self.assertEqual(status, 0, text)
        self.assertIn("No errors detected" if table["label"] == "gpt" else "", text)
        if table["label"] == "gpt":
            status, text = output("sgdisk", "-v", image)
            self.assertIn("No problems found", text)
        kinds = []
        for number, entry in enumerate(table["partitions"], 1):
            self.assertEqual(entry["start"] % 2048, 0, "not aligned to 1 MiB")
            path = self.part(image, number)
            kinds.append(output("blkid", "-p", "-o", "value", "-s", "TYPE", path)[1].strip())
            if kinds[-1].startswith("ext"):
                status, text = output("e2fsck", "-fn", path)
                self.assertEqual(status, 0, text)
            if kinds[-1] == "vfat":
                status, text = output("fsck.vfat", "-n", path)
                self.assertEqual(status, 0, text)
        return kinds

    def in_part(self, image, number, request):
        return subprocess.run(["debugfs", "-R", request, self.part(image, number)], check=True,
                              capture_output=True, text=True, errors="replace").stdout

    def manifest(self):
        return json.loads((self.out / "t.json").read_text())


class Tables(Layouts):
    @GRUB_AS_HOST
    def test_a_gpt_has_an_esp_a_place_for_grub_and_the_root(self):
        image = self.make(self.archive(kernel_files(self.dir, NEW)), "--disk", "size=200M,layout=gpt")
        self.assertEqual(self.judge(image), ["", "vfat", "ext4"])
        table = self.table(image)
        self.assertEqual([entry["type"] for entry in table["partitions"]], [BIOS_BOOT, ESP, ROOT_X86_64])
        self.assertEqual([part["mount"] for part in self.manifest()["disks"][0]["partitions"]],
                         [None, "/boot/efi", "/"])
        fstab = self.in_part(image, 3, "cat /etc/fstab")
        root, esp = self.manifest()["disks"][0]["uuid"], self.manifest()["disks"][0]["partitions"][1]["uuid"]
        self.assertIn(f"UUID={root} / ext4 ", fstab)
        self.assertIn(f"UUID={esp} /boot/efi vfat umask=0077 ", fstab)
        self.assertRegex((self.out / "t.cfg").read_text(), r'cmdline = "root=/dev/xvda3 ro')

    def test_a_plan_names_the_partitions(self):
        done = self.run_program(self.command(self.archive(), "--dry-run", "--layout", "gpt,bios=no,esp=no,swap=16M"))
        self.assertIn("divide it by a partition table (gpt): swap, 16 MiB; / (ext4)\n", done.stdout)

    @GRUB_AS_HOST
    def test_an_mbr_has_an_active_root_and_a_gap_for_grub(self):
        image = self.make(self.archive(kernel_files(self.dir, NEW)), "--disk", "size=100M", "--layout",
                          "mbr,swap=16M")
        self.assertEqual(self.judge(image), ["swap", "ext4"])
        swap, root = self.table(image)["partitions"]
        self.assertEqual((swap["type"], root["type"], root["bootable"]), ("82", "83", True))
        self.assertIn(b"GRUB", image.read_bytes()[:SECTOR])

    def test_the_type_of_a_boot_partition_is_known_to_others(self):
        image = self.make(self.archive(), "--disk", "size=200M,layout=gpt,esp=no,bios=no,boot=32M,swap=16000000")
        self.assertEqual(self.judge(image), ["ext4", "swap", "ext4"])
        self.assertEqual(self.table(image)["partitions"][0]["type"], XBOOTLDR)

    @GRUB_AS_HOST
    def test_the_same_input_gives_the_same_bytes(self):
        self.environment["SOURCE_DATE_EPOCH"] = EPOCH
        source, digests = self.archive(kernel_files(self.dir, NEW)), []
        for number in ("1", "2"):
            self.out = self.dir / number
            digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in (
                self.make(source, "--layout", "gpt,boot=32M,swap=16M", "--partition", "/var,size=32M",
                          "--disk", "size=300M", "--disk", "size=16M,mount=/srv,layout=gpt"),
                self.out / "t-xvdb.img")])
        self.assertEqual(*digests)

    def test_the_size_follows_the_content(self):
        image = self.make(self.archive(), "--layout", "gpt,esp=no,bios=no,swap=64M")
        self.assertEqual(image.stat().st_size, self.manifest()["disks"][0]["size"])
        self.assertGreater(image.stat().st_size, 64 << 20)
        self.judge(image)

    def test_what_a_filesystem_is_to_have_is_given(self):
        uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        image = self.make(self.archive(), "--disk", f"size=64M,uuid={uuid},reserved=0,features=^huge_file,label=ROOT")
        said = output("dumpe2fs", "-h", image)[1]
        self.assertIn(f"Filesystem UUID:          {uuid}", said)
        self.assertRegex(said, r"Reserved block count: +0\n")
        self.assertNotIn("huge_file", said)
        self.assertIn(f"UUID={uuid} / ", subprocess.run(["debugfs", "-R", "cat /etc/fstab", image],
                                                         capture_output=True, text=True).stdout)


class Loaders(Layouts):
    def bootable(self, *more):
        done = self.run_program([str(world.PROGRAM), "create", "t", "--progress", "none", "--dir", self.out,
                                 "--allow-unbootable", "--from",
                                 self.archive(kernel_files(self.dir, NEW, pvh=True)), *more])
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / "t.img"

    @GRUB_AS_HOST
    def test_an_hvm_guest_has_its_kernel_on_its_disk(self):
        image = self.bootable("--type", "hvm", "--disk", "size=200M,layout=gpt")
        config = (self.out / "t.cfg").read_text()
        self.assertIn('type = "hvm"', config)
        self.assertNotRegex(config, "(?m)^(kernel|ramdisk|cmdline|bootloader|firmware)")
        self.assertFalse((self.out / "t.vmlinuz").exists())
        self.assertEqual(self.manifest()["kernel"]["loader"], "firmware")
        self.judge(image)

    @GRUB_AS_HOST
    def test_without_a_bios_it_is_uefi_that_starts_it(self):
        self.bootable("--type", "hvm", "--disk", "size=200M,layout=gpt,bios=no")
        self.assertRegex((self.out / "t.cfg").read_text(), '(?m)^(firmware|bios) *= *"(uefi|ovmf)"')

    @GRUB_AS_HOST
    @world.need_program("mcopy")
    def test_the_esp_has_the_fallback_and_the_name_of_the_distribution(self):
        image = self.bootable("--disk", "size=200M,layout=gpt")
        esp = self.part(image, 2)
        listed = output("mdir", "-/", "-b", "-i", esp, "::")[1]
        for path in ("EFI/BOOT/BOOTX64.EFI", "EFI/test/grubx64.efi", "EFI/test/grub.cfg"):
            self.assertIn(path, listed)
        text = output("mtype", "-i", esp, "::EFI/test/grub.cfg")[1]
        self.assertIn(f"search.fs_uuid {self.manifest()['disks'][0]['uuid']} root", text)
        self.assertEqual(output("mtype", "-i", esp, "::EFI/BOOT/BOOTX64.EFI")[1][:2], "MZ")

    @GRUB_AS_HOST
    def test_one_menu_is_for_all(self):
        image = self.bootable("--disk", "size=300M,layout=gpt,boot=64M")
        menu = self.in_part(image, 3, "cat /grub/grub.cfg")
        boot = self.manifest()["disks"][0]["partitions"][2]["uuid"]
        root = self.manifest()["disks"][0]["uuid"]
        self.assertIn(f"search --no-floppy --set=root --fs-uuid {boot}\n  linux /vmlinuz-{NEW} root=UUID={root} ro"
                      " console=tty0 console=hvc0 console=ttyS0\n", menu)
        self.assertEqual(output("grub-script-check", self.write("menu", menu))[0], 0)
        command, why = pygrub.command(self.dir)
        if command is None:
            self.skipTest(why)
        said = subprocess.run([*command, "-l", str(image)], capture_output=True, text=True)
        self.assertIn(f"/vmlinuz-{NEW}", said.stdout + said.stderr)

    def write(self, name, text):
        (self.dir / name).write_text(text)
        return self.dir / name

    @GRUB_AS_HOST
    def test_a_check_judges_every_type(self):
        image = self.bootable("--disk", "size=300M,layout=gpt,boot=64M")
        for kind in ("pv", "pvh", "hvm"):
            with self.subTest(kind):
                done = self.run_program([world.PROGRAM, "check", "--image", image, "--type", kind, "--json"])
                found = {finding["id"] for finding in json.loads(done.stdout)["findings"]}
                self.assertFalse(found & {"kernel-missing", "menu-missing", "image-no-boot-loader", "root-device",
                                          "fstab-mount-point"}, done.stdout)

    @GRUB_AS_HOST
    def test_the_login_is_on_every_console(self):
        image = self.bootable("--disk", "size=200M,layout=gpt")
        inittab = self.in_part(image, 3, "cat /etc/inittab")
        self.assertRegex(inittab, "(?m)^S0:2345:respawn:.*getty 38400 ttyS0")
        self.assertRegex(inittab, "(?m)^h0:2345:respawn:/sbin/getty 38400 hvc0")
        self.assertTrue(all(len(line.partition("respawn:")[2]) < 128 for line in inittab.splitlines()))


@world.need_root()
@world.need_program("tar", "setfacl", "setcap")
class Growth(Layouts):
    PROGRAMS = {name: b"program" for name in ("usr/sbin/findfs", "usr/sbin/resize2fs", "usr/bin/growpart")}

    def test_what_grows_is_written_into_the_guest_and_told(self):
        image = self.make(self.archive(self.PROGRAMS), "--disk", "size=64M,growfs=true",
                          "--disk", "size=64M,mount=/var,growfs=true")
        script = self.read(image, "/etc/domuimg/growfs")
        found = re.findall(r"^grow (\S+) resize2fs '(.*)'", script, re.M)
        self.assertEqual([place for _, place in found], ["/", "/var"])
        fstab = self.read(image, "/etc/fstab")
        self.assertEqual([f"UUID={uuid}" for uuid, _ in found],
                         [line.split()[0] for line in fstab.splitlines() if line.startswith("UUID=")])
        status, said = output("dash", "-n", self.keep("script", script))
        self.assertEqual(status, 0, said)

    def read(self, image, path):
        done = subprocess.run(["debugfs", "-R", f"cat {path}", image], capture_output=True, text=True, check=True)
        return done.stdout

    def keep(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    @GRUB_AS_HOST
    def test_systemd_is_asked_where_it_can(self):
        programs = {"usr/lib/systemd/systemd": b"program", "usr/lib/systemd/systemd-growfs": b"program",
                    "usr/bin/systemd-repart": b"program",
                    "usr/lib/systemd/system/sysinit.target.wants/systemd-repart.service": b"program"}
        path = guest.write_tar(self.dir / "systemd.tar", without="sbin/init")
        with tarfile.open(path, "a") as tar:
            write_files(tar, programs | {"sbin/init": "../usr/lib/systemd/systemd"})
        image = self.make(f"tar:{path}", "--layout", "gpt", "--disk", "size=200M,growfs=true")
        root = self.part(image, 3)
        self.assertIn("errors=remount-ro,x-systemd.growfs", self.read(root, "/etc/fstab"))
        self.assertIn("Type=root-x86-64", self.read(root, "/etc/repart.d/50-domuimg-root.conf"))

    def test_a_plan_says_so(self):
        done = self.run_program([world.PROGRAM, "create", "t", "--from", self.archive(), "--dir", self.out, "--dry-run",
                                 "--disk", "growfs=yes", "--disk", "size=1G,mount=/var"])
        self.assertIn("have / take all of disk xvda when the guest first boots", done.stdout)
        self.assertNotIn("have /var", done.stdout)

    def refused(self, *more, source=None):
        done = self.run_program(self.command(source or self.archive(), *more))
        self.assertIn(done.returncode, (1, 2), done.stderr)
        self.assert_nothing_left()
        return done

    def test_what_cannot_grow(self):
        for words, more in {
            ("true nor false", ): ("--disk", "growfs=2G"),
            ("f2fs", "mounted at /var"): ("--disk", "size=64M", "--disk", "size=64M,fs=f2fs,mount=/var,growfs=true"),
            ("xvdb", "not mounted"): ("--disk", "size=64M", "--disk", "size=64M,growfs=true"),
            ("--no-customise", ): ("--disk", "growfs=true", "--no-customise"),
            ("growfs=", ): ("--layout", "gpt", "--partition", "/var,size=64M,growfs=true"),
            ("findfs", "--package util-linux"): ("--disk", "size=64M,growfs=true"),
        }.items():
            with self.subTest(more):
                self.assert_one_line(self.refused(*more), *words)


class Several(Layouts):
    def nasty(self):
        """An archive with everything in it that makes trouble, below several mount points; and what tar makes of
        it on one filesystem."""
        mount = contextlib.ExitStack()
        self.addCleanup(mount.close)
        source, wanted = (mount.enter_context(compare.mounted(compare.new_filesystem(self.dir / name, 2 << 30), "rw"))
                          for name in ("source.img", "wanted.img"))
        for name in ("var", "var/log", "boot", "usr"):
            (source / name).mkdir(mode=0o751)
        os.chown(source / "var", 12, 34)
        os.setxattr(source / "boot", "user.note", b"of the mount point")
        for name in ("usr/one", "var/two", "var/log/three"):
            (source / name).mkdir()
            nasty.make(source / name)
        archive = self.dir / "nasty.tar"
        subprocess.run(["tar", "-C", source, "-cf", archive, "--format=pax", "--sparse", *ATTRIBUTES, "."], check=True,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["tar", "-C", wanted, "-xpSf", archive, "--same-owner", *ATTRIBUTES], check=True,
                       stderr=subprocess.DEVNULL)
        return wanted, archive

    def test_every_attribute_is_kept_on_every_filesystem(self):
        wanted, archive = self.nasty()
        image = self.create(f"tar:{archive}", "--disk", "size=300M,layout=gpt,esp=no,bios=no,boot=16M",
                            "--partition", "/var,size=64M,fs=ext3", "--disk", "size=64M,mount=/var/log,fs=ext2")
        self.assertEqual(self.judge(image), ["ext4", "ext3", "ext4"])
        self.assertEqual(output("e2fsck", "-fn", self.out / "t-xvdb.img")[0], 0)
        with contextlib.ExitStack() as stack:
            root = stack.enter_context(compare.mounted(self.part(image, 3)))
            for where, path in (("boot", self.part(image, 1)), ("var", self.part(image, 2)),
                                ("var/log", self.out / "t-xvdb.img")):
                stack.enter_context(compare.mounted(path, where=root / where))
            lines = compare.differences(compare.describe(wanted), compare.describe(root))
        self.assertEqual("\n".join(lines[:40]), "")

    def test_large_files_have_all_their_blocks_without_extents(self):
        archive = self.dir / "large.tar"
        content = {name: os.urandom(1 << 16) * times for name, times in (("a", 1), ("b", 90), ("c", 700))}
        with tarfile.open(archive, "w") as tar:
            for name, data in content.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
        for fs in ("ext2", "ext3"):
            with self.subTest(fs):
                self.out = self.dir / fs
                image = self.create(f"tar:{archive}", "--disk", f"size=128M,fs={fs}")
                status, text = output("e2fsck", "-fn", image)
                self.assertEqual(status, 0, text)
                with compare.mounted(image) as found:
                    for name, data in content.items():
                        self.assertEqual((found / name).read_bytes() == data, True, name)


class Mistakes(Layouts):
    def refused(self, *more, source=None):
        before = world.snapshot(self.out)
        done = self.run_program(self.command(source or self.archive(), *more))
        self.assertNotEqual(done.returncode, 0, done.stdout)
        self.assert_nothing_left(before)
        return done

    def test_a_layout_that_cannot_be(self):
        for words, part in (
                (["--disk", "size=8M,layout=gpt,esp=no,bios=no"], "its partitions take"),
                (["--disk", "size=64M,layout=gpt"], "use size="),
                (["--disk", "layout=gpt,esp=10M"], "too small"),
                (["--disk", "esp=64M"], "add layout=gpt"),
                (["--partition", "/var,size=64M"], "add layout=gpt"),
                (["--layout", "gpt,bios=no,esp=no", "--partition", "/var"], "add size="),
                (["--layout", "gpt,bios=no,esp=no", "--partition", "/../var,size=64M"], "below the root"),
                (["--layout", "gpt,bios=no,esp=no,boot=64M", "--partition", "/boot,size=64M"], "two filesystems"),
                (["--layout", "mbr,bios=no,boot=16M,swap=16M", "--partition", "/a,size=16M", "--partition",
                  "/b,size=16M"], "use layout=gpt"),
                (["--disk", "vdev=xvda1,layout=gpt"], "layout=none"),
                (["--layout", "apm"], "none, gpt or mbr"),
                (["--layout", "gpt,home=1G"], "esp=64M"),
                (["--disk", "size=64M", "--disk", "size=64M,esp=40M,layout=gpt"], "first disk"),
                (["--disk", "reserved=80"], "0% to 50%"),
                (["--disk", "features=dir_index:"], "is not a list"),
                (["--disk", "uuid=1"], "not a UUID")):
            with self.subTest(words):
                self.assertIn(part, self.refused(*words).stderr)

    def test_missing_modules_of_grub_name_their_package(self):
        self.environment["DOMUIMG_GRUB_DIR"] = str(self.dir)
        self.assert_one_line(self.refused("--layout", "gpt"), "grub-pc-bin", "bios=no")
        self.assert_one_line(self.refused("--layout", "gpt,bios=no"), "grub-efi-amd64-bin", "esp=no")
        self.make(self.archive(), "--layout", "gpt,bios=no,esp=no")

    def test_grub_that_cannot_be_made_leaves_nothing(self):
        """It is made while the root is filled, and its failure is told all the same; so is one that has
        not ended when something else fails."""
        program = self.dir / "bin" / "grub-mkimage"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho 'it is worn out' >&2\nexit 3\n")
        program.chmod(0o755)
        self.environment["PATH"] = f"{program.parent}:{os.environ['PATH']}"
        self.assert_one_line(self.refused("--layout", "gpt"), "grub-mkimage", "it is worn out")
        (program.parent / "slow").symlink_to("/usr/bin/sleep")
        program.write_text(f"#!/bin/sh\n{program.parent}/slow 100\n")
        done = self.refused("--layout", "gpt", "--disk", "size=150M", "--disk", "size=64M,mount=/var",
                            source=self.links())
        self.assert_one_line(done, "hard link")
        self.assertFalse(list(self.that_run(program.parent)))

    def that_run(self, directory):
        """Processes with a program of the directory among their arguments."""
        for entry in os.scandir("/proc"):
            with contextlib.suppress(OSError):
                with open(f"{entry.path}/cmdline", "rb") as file:
                    if entry.name.isdigit() and os.fsencode(directory) in file.read():
                        yield entry.name

    def test_a_bare_filesystem_has_nothing_for_firmware(self):
        done = self.run_program([world.PROGRAM, "create", "t", "--from", self.archive(), "--dir", self.out,
                                 "--type", "hvm", "--kernel", "firmware"])
        self.assert_one_line(done, "--layout gpt")
        self.assert_nothing_left()

    def links(self):
        path = guest.write_tar(self.dir / "links.tar")
        with tarfile.open(path, "a") as tar:
            info = tarfile.TarInfo("var/link")
            info.type, info.linkname = tarfile.LNKTYPE, "etc/passwd"
            tar.addfile(info)
        return f"tar:{path}"

    def test_a_hard_link_between_two_filesystems_is_named(self):
        done = self.refused("--disk", "size=64M", "--disk", "size=64M,mount=/var", source=self.links())
        self.assert_one_line(done, "/var/link", "/etc/passwd", "hard link")

    def test_a_mount_point_that_is_a_symlink(self):
        source = self.archive({"srv": "var"})
        done = self.refused("--disk", "size=64M", "--disk", "size=64M,mount=/srv", source=source)
        self.assert_one_line(done, "/srv is not a directory")

    def test_a_filesystem_that_is_full_is_named(self):
        source = self.archive({"var/large": b"x" * (40 << 20)})
        done = self.refused("--disk", "size=128M", "--disk", "size=16M,mount=/var", source=source)
        self.assert_one_line(done, "/var")
