# SPDX-License-Identifier: LGPL-2.1-or-later
"""domuimg-bootloader as libxl runs it, beside pygrub, and with what a hostile guest can do."""
import os
import pathlib
import pty
import select
import shutil
import signal
import struct
import subprocess
import time

import guest
import pygrub
import world

PROGRAM = world.PROGRAM.parent / "domuimg-bootloader"
GRUB = """set default=0
set timeout={timeout}
menuentry 'First' {{
	linux /boot/vmlinuz root=/dev/xvda1 ro one
	initrd /boot/initrd
}}
menuentry 'Second' --id second {{
	linux /boot/vmlinuz root=/dev/xvda1 ro two
	initrd /boot/initrd /boot/more
}}
"""
FIRST = "root=/dev/xvda1 ro one"
BLS = "title An entry\nversion 1\nlinux /boot/vmlinuz\ninitrd /boot/initrd\noptions root=/dev/xvda1 bls\n"
EXTLINUX = ("DEFAULT l0\nTIMEOUT 10\nLABEL l0\n\tKERNEL /boot/vmlinuz\n"
            "\tAPPEND initrd=/boot/initrd root=/dev/xvda1 ext\n")
LEGACY = ("default 0\ntimeout 1\ntitle One\n\troot (hd0,0)\n\tkernel /boot/vmlinuz root=/dev/xvda1 old\n"
          "\tinitrd /boot/initrd\n")
MENUS = {
    "/boot/grub/grub.cfg": (GRUB.format(timeout=5), FIRST),
    "/boot/loader/entries/a.conf": (BLS, "root=/dev/xvda1 bls"),
    "/boot/extlinux/extlinux.conf": (EXTLINUX, "root=/dev/xvda1 ext"),
    "/boot/grub/menu.lst": (LEGACY, "root=/dev/xvda1 old"),
}


def unified_image(**sections):
    """A PE file of these sections, and nothing that runs."""
    header = bytearray(4096)
    struct.pack_into("<2s58xI", header, 0, b"MZ", 64)
    struct.pack_into("<4sHH", header, 64, b"PE", 0x8664, len(sections))
    content = b""
    for i, (name, data) in enumerate(sections.items()):
        struct.pack_into("<8sIIII", header, 88 + 40 * i, f".{name}".encode(), len(data), 0, len(data),
                         len(header) + len(content))
        content += data + bytes(-len(data) % 512)
    return bytes(header) + content


class BootloaderCase(world.Case):
    def setUp(self):
        super().setUp()
        self.root = self.dir / "root"
        (self.root / "boot").mkdir(parents=True)
        shutil.copy(self.kernel, self.root / "boot/vmlinuz")
        self.initrd = os.urandom(100001)
        (self.root / "boot/initrd").write_bytes(self.initrd)
        (self.root / "boot/more").write_bytes(b"more")

    def put(self, path, text):
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def make(self, table=None, size="64M", mkfs=("mke2fs", "-q", "-F", "-t", "ext4", "-d")):
        """A disk with the files, by itself or in a partition."""
        filesystem, image = self.dir / "fs.img", self.dir / "disk.img"
        subprocess.run(["truncate", "-s", size, filesystem], check=True)
        subprocess.run([*mkfs, self.root, filesystem], check=True, capture_output=True)
        if table is None:
            return filesystem
        with image.open("wb") as file:
            file.truncate(filesystem.stat().st_size + (4 << 20))
        subprocess.run(["sfdisk", "-q", image], input=f"label: {table}\n2048,{size},L\n", text=True,
                       check=True)
        subprocess.run(["dd", f"if={filesystem}", f"of={image}", "bs=1M", "seek=1",
                        "conv=notrunc,sparse", "status=none"], check=True)
        return image

    def words(self, image, *more, program=(str(PROGRAM),)):
        return [*program, f"--output={self.dir / 'answer'}", "--output-format=simple0",
                f"--output-directory={self.out}", *more, str(image)]

    def boot(self, image, *more, **settings):
        """What libxl would take: kernel, ramdisk (None) and the command line."""
        (self.dir / "answer").write_bytes(b"")
        done = self.run_program(self.words(image, *more, **settings))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.answer()

    def answer(self):
        fields = (self.dir / "answer").read_bytes().split(b"\0")
        self.assertEqual(fields[-2:], [b"", b""])
        values = dict(field.decode().split(" ", 1) for field in fields[:-2])
        ramdisk = values.get("ramdisk")
        return (pathlib.Path(values["kernel"]).read_bytes(),
                pathlib.Path(ramdisk).read_bytes() if ramdisk else None, values.get("args"))

    def refuse(self, image, *parts, **settings):
        """It fails in good time with a line that says why, and leaves nothing."""
        (self.dir / "answer").write_bytes(b"")
        done = self.run_program(self.words(image, "-q", **settings), timeout=90)
        self.assertEqual(done.returncode, 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assert_clean()

    def assert_clean(self):
        self.assertEqual(list(self.out.iterdir()), [])
        self.assertEqual((self.dir / "answer").read_bytes(), b"")


class MenuTest(BootloaderCase):
    def test_each_menu_is_read(self):
        for path, (text, args) in MENUS.items():
            with self.subTest(path):
                self.put(path, text)
                kernel, ramdisk, cmdline = self.boot(self.make(), "-q")
                self.assertEqual(kernel, self.kernel.read_bytes())
                self.assertEqual(ramdisk, self.initrd)
                self.assertEqual(cmdline, args)
                (self.root / path.lstrip("/")).unlink()

    @world.need_program("sfdisk")
    def test_partitions(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        for table in ("dos", "gpt"):
            with self.subTest(table):
                self.assertEqual(self.boot(self.make(table), "-q")[2], FIRST)
                self.assertEqual(self.boot(self.make(table), "-q", "--offset=1048576")[2], FIRST)

    def test_initrds_are_joined_at_a_multiple_of_four(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        image = self.make()
        for entry in ("1", "second", "Second"):
            _, ramdisk, cmdline = self.boot(image, f"--entry={entry}", "--args=more")
            self.assertEqual(ramdisk, self.initrd + b"\0\0\0" + b"more")
            self.assertEqual(cmdline, "root=/dev/xvda1 ro two more")

    def test_each_way_of_mapping_blocks(self):
        """By blocks as in ext2, in the inode, with holes, in many pieces."""
        (self.root / "boot/more").write_bytes(b"m" * 50)
        with (self.root / "boot/initrd").open("wb") as file:
            for i in range(300):
                file.seek(i * 12000)
                file.write(b"%d" % i * 1000)
            file.seek(5 << 20)
            file.write(b"end.")
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        # mke2fs cuts a hole at the end off, where files may be in inodes.
        with (self.root / "boot/vmlinuz").open("ab") as file:
            file.write(b"end")
        names = ("vmlinuz", "initrd", "more")
        whole, first, second = ((self.root / "boot" / name).read_bytes() for name in names)
        for options in (("-t", "ext2"), ("-t", "ext4", "-O", "inline_data", "-I", "512"),
                        ("-t", "ext4", "-b", "1024")):
            image = self.make(mkfs=("mke2fs", "-q", "-F", *options, "-d"))
            with self.subTest(options=options):
                kernel, ramdisk, _ = self.boot(image, "-q", "--entry=second")
                self.assertTrue(kernel == whole)
                self.assertTrue(ramdisk == first + second)

    def test_the_initramfs_of_a_unified_image_comes_first(self):
        unified = unified_image(linux=self.kernel.read_bytes(), initrd=b"inside")
        (self.root / "boot/vmlinuz").write_bytes(unified)
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        kernel, ramdisk, _ = self.boot(self.make(), "-q", "--entry=second")
        self.assertEqual(kernel, self.kernel.read_bytes())
        padded = self.initrd + bytes(-len(self.initrd) % 4)
        self.assertTrue(ramdisk == b"inside\0\0" + padded + b"more")

    def test_what_xen_does_not_unpack_is_unpacked(self):
        content = self.kernel.read_bytes()
        large = guest.bzimage("xz", "--check=crc32", "--lzma2=preset=0,dict=256MiB", content=content)
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        for packer in (["gzip"], ["xz", "--check=crc32"], ["lz4", "-l"], ["zstd", "--no-check"]):
            image = guest.bzimage(*packer, content=content)
            with self.subTest(packer=packer):
                (self.root / "boot/vmlinuz").write_bytes(image)
                self.assertEqual(self.boot(self.make(), "-q")[0], image)
        (self.root / "boot/vmlinuz").write_bytes(large)
        done = self.run_program(self.words(self.make(), "-q"))
        self.assertIn("unpacked, since its xz dictionary has 256 MiB", done.stderr)
        self.assertEqual(self.answer()[0], content)

    def test_a_kernel_can_be_named(self):
        _, ramdisk, cmdline = self.boot(self.make(), "--kernel=/boot/vmlinuz", "--args=root=/x")
        self.assertIsNone(ramdisk)
        self.assertEqual(cmdline, "root=/x")

    def test_files_are_the_owners(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        self.boot(self.make(), "-q")
        self.assertEqual({path.stat().st_mode & 0o777 for path in self.out.iterdir()}, {0o600})

    def test_pygrub_chooses_the_same(self):
        program, reason = pygrub.command(self.dir)
        if program is None:
            self.skipTest(reason)
        for path in ("/boot/grub/grub.cfg", "/boot/extlinux/extlinux.conf", "/boot/grub/menu.lst"):
            with self.subTest(path):
                self.put(path, MENUS[path][0])
                image = self.make()
                (self.root / path.lstrip("/")).unlink()
                self.assertEqual(self.boot(image, "-q", "--args=x"),
                                 self.boot(image, "-q", "--args=x", program=program))

    @world.need_program("grub-fstest", "mkfs.btrfs")
    def test_btrfs_is_read_by_grub(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        image = self.make(size="120M", mkfs=("mkfs.btrfs", "-q", "-f", "--rootdir"))
        kernel, ramdisk, cmdline = self.boot(image, "-q")
        self.assertEqual((kernel, ramdisk, cmdline), (self.kernel.read_bytes(), self.initrd, FIRST))


ENVIRONMENT = b"# GRUB Environment Block\n"
ONCE = """if [ -s $prefix/grubenv ]; then load_env; fi
if [ "${next_entry}" ]; then set default="${next_entry}"; set next_entry=; save_env next_entry; else set default=0; fi
menuentry normal { linux /boot/vmlinuz normal }
menuentry rescue { linux /boot/vmlinuz rescue }
menuentry gone { linux /boot/gone }
"""


def environment(*lines, size=1024):
    return (ENVIRONMENT + b"".join(line.encode() + b"\n" for line in lines)).ljust(size, b"#")


class SaveTest(BootloaderCase):
    """An entry for one boot is booted once, and nothing else of the disk changes."""

    def setUp(self):
        super().setUp()
        self.put("/boot/grub/grub.cfg", ONCE)
        self.set_environment(environment("keep=1", "next_entry=rescue"))

    def set_environment(self, content):
        (self.root / "boot/grub/grubenv").write_bytes(content)

    def boot_saying(self, image, *more):
        (self.dir / "answer").write_bytes(b"")
        done = self.run_program(self.words(image, "-q", *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.answer()[2], done.stderr

    def assert_not_saved(self, image, reason, *more):
        before = image.read_bytes()
        for _ in range(2):
            cmdline, said = self.boot_saying(image, *more)
            self.assertEqual(cmdline, "rescue")
            self.assertIn("next_entry", said)
            self.assertIn("booted every time", said)
            self.assertIn(reason, said)
        self.assertTrue(image.read_bytes() == before)

    @world.need_program("sfdisk")
    def test_once(self):
        for table in (None, "gpt"):
            for block in ("1024", "4096"):
                with self.subTest(table=table, block=block):
                    image = self.make(table, mkfs=("mke2fs", "-q", "-F", "-t", "ext4", "-b", block, "-d"))
                    before = image.read_bytes()
                    self.assertEqual(self.boot_saying(image), ("rescue", ""))
                    after = image.read_bytes()
                    place = before.index(environment("keep=1", "next_entry=rescue"))
                    self.assertEqual(after[place:place + 1024], environment("keep=1", "next_entry="))
                    self.assertTrue(after[:place] + before[place:place + 1024] + after[place + 1024:] == before)
                    self.assertEqual(self.boot_saying(image), ("normal", ""))
                    subprocess.run(["e2fsck", "-fn", image], check=table is None, capture_output=True)

    def test_an_entry_that_fails_was_tried(self):
        self.set_environment(environment("next_entry=gone"))
        image = self.make()
        self.refuse(image, "/boot/gone")
        self.assertEqual(self.boot_saying(image)[0], "normal")

    def test_nothing_is_written_but_for_a_boot(self):
        image = self.make()
        before = image.read_bytes()
        done = self.run_program(self.words(image, "--list-entries"))
        self.assertNotIn("next_entry", done.stderr)
        done = self.run_program(self.words(image, "-q", "--not-really"))
        self.assertIn("next_entry: --not-really; the entry that is to be booted once", done.stderr)
        self.assertTrue(image.read_bytes() == before)
        self.assert_not_saved(image, "--read-only", "--read-only")

    def test_a_disk_in_use_is_not_written(self):
        image = self.make()
        with image.open("r+b"):
            self.assert_not_saved(image, "is in use")

    def test_a_disk_for_reading_only(self):
        if world.is_root():
            self.skipTest("root may write everything")
        image = self.make()
        image.chmod(0o444)
        self.assert_not_saved(image, "Permission denied")

    def test_a_block_that_is_not_plain(self):
        for content, reason in ((environment("next_entry=rescue", size=2048), "one plain block"),
                                (environment("next_entry=rescue", size=900), "one plain block")):
            with self.subTest(len(content)):
                self.set_environment(content)
                self.assert_not_saved(self.make(), reason)

    def test_a_filesystem_that_was_not_unmounted(self):
        image = self.make()
        subprocess.run(["debugfs", "-w", "-R", "feature needs_recovery", image], check=True, capture_output=True)
        self.assert_not_saved(image, "was not unmounted")

    @world.need_program("grub-fstest", "mkfs.btrfs")
    def test_a_filesystem_that_is_only_read(self):
        image = self.make(size="120M", mkfs=("mkfs.btrfs", "-q", "-f", "--rootdir"))
        self.assert_not_saved(image, "only ext2, ext3 and ext4")

    def test_the_entry_that_was_booted_becomes_the_default(self):
        self.put("/boot/grub/grub.cfg", "load_env\nset default=$saved_entry\n"
                 "function savedefault { saved_entry=\"${chosen}\"; save_env saved_entry; }\n"
                 "menuentry a { savedefault; linux /boot/vmlinuz a }\n"
                 "menuentry b --id bb { savedefault; linux /boot/vmlinuz b }\n")
        image = self.make()
        self.assertEqual(self.boot_saying(image, "--entry=b"), ("b", ""))
        self.assertEqual(self.boot_saying(image), ("b", ""))

    def test_what_systemd_boot_counts_is_told(self):
        (self.root / "boot/grub/grub.cfg").unlink()
        self.put("/loader/entries/a+2-1.conf", "linux /boot/vmlinuz\noptions counted\n")
        cmdline, said = self.boot_saying(self.make())
        self.assertEqual(cmdline, "counted")
        self.assertIn("a+2-1.conf", said)


@world.need_program("grub-fstest")
class OtherFilesystemTest(BootloaderCase):
    """What grub-fstest reads for us."""

    def setUp(self):
        super().setUp()
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        self.image = self.dir / "disk.img"

    def empty(self, size):
        with self.image.open("wb") as file:
            file.truncate(size)

    def assert_booted(self, *words):
        self.assertEqual(self.boot(self.image, "-q", *words), (self.kernel.read_bytes(), self.initrd, FIRST))

    def mounted(self, *options):
        """The files go into the image by the kernel."""
        where = self.dir / "mnt"
        where.mkdir()
        subprocess.run(["mount", "-o", ",".join(("loop", *options)), self.image, where], check=True)
        try:
            shutil.copytree(self.root, where, dirs_exist_ok=True)
        finally:
            subprocess.run(["umount", where], check=True)

    @world.need_root()
    @world.need_program("mkfs.xfs")
    def test_xfs(self):
        self.empty(320 << 20)
        subprocess.run(["mkfs.xfs", "-q", self.image], check=True)
        self.mounted()
        self.assert_booted()

    @world.need_program("mkfs.vfat", "mcopy")
    def test_fat(self):
        self.empty(64 << 20)
        subprocess.run(["mkfs.vfat", self.image], check=True, capture_output=True)
        subprocess.run(["mcopy", "-s", "-i", self.image, self.root / "boot", "::"], check=True)
        self.assert_booted()

    @world.need_program("bsdtar")
    def test_iso9660(self):
        subprocess.run(["bsdtar", "--format=iso9660", "-cf", self.image, "-C", self.root, "."], check=True)
        self.assert_booted()

    @world.need_program("guestfish", "sfdisk")
    def test_logical_volume(self):
        """Made in libguestfs's appliance: device-mapper need not be on this host."""
        self.empty(256 << 20)
        tar = self.dir / "root.tar"
        subprocess.run(["tar", "-C", self.root, "-cf", tar, "."], check=True)
        script = f"""add {self.image} format:raw
run
part-init /dev/sda mbr
part-add /dev/sda p 2048 -2048
pvcreate /dev/sda1
vgcreate vg /dev/sda1
lvcreate root vg 100
mkfs ext4 /dev/vg/root
mount /dev/vg/root /
tar-in {tar} /
"""
        subprocess.run(["guestfish"], input=script, text=True, check=True, capture_output=True,
                       env=self.environment | {"LIBGUESTFS_BACKEND": "direct",
                                               "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg"})
        self.assert_booted()


class ConsoleTest(BootloaderCase):
    def setUp(self):
        super().setUp()
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=30))
        self.image = self.make()

    def start(self, terminal="vt100"):
        (self.dir / "answer").write_bytes(b"")
        self.console, child = pty.openpty()
        self.addCleanup(os.close, self.console)
        self.process = subprocess.Popen(self.words(self.image), stdin=child, stdout=child, stderr=child,
                                        env=self.environment | {"TERM": terminal},
                                        start_new_session=True)
        os.close(child)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.seen = ""

    def expect(self, text):
        end = time.monotonic() + 60
        while text not in self.seen:
            ready = select.select([self.console], [], [], max(end - time.monotonic(), 0))[0]
            self.assertTrue(ready, f"no {text!r} in {self.seen!r}")
            try:
                self.seen += os.read(self.console, 65536).decode(errors="replace")
            except OSError:
                self.fail(f"no {text!r} in {self.seen!r}")

    def type(self, keys):
        os.write(self.console, keys)

    def test_arrow_keys(self):
        self.start()
        self.expect("any key stops")
        self.type(b"\x1b[B\r")
        self.assertEqual(self.process.wait(60), 0)
        self.assertEqual(self.answer()[2], "root=/dev/xvda1 ro two")

    def test_the_command_line_is_edited(self):
        self.start()
        self.expect("any key stops")
        self.type(b"e")
        self.expect("> " + FIRST)
        self.type(b" single\r")
        self.assertEqual(self.process.wait(60), 0)
        self.assertEqual(self.answer()[2], FIRST + " single")

    def test_numbers_on_a_dumb_terminal(self):
        self.start("dumb")
        self.expect("Entry to boot")
        self.type(b"1\n")
        self.assertEqual(self.process.wait(60), 0)
        self.assertEqual(self.answer()[2], "root=/dev/xvda1 ro two")
        self.assertNotIn("\x1b", self.seen)

    def test_an_end_leaves_nothing(self):
        self.start()
        self.expect("any key stops")
        self.process.terminate()
        self.expect("domuimg-bootloader: ")
        self.assertEqual(self.process.wait(60), 1)
        self.assert_clean()

    def test_the_reader_is_killed(self):
        self.start()
        self.expect("any key stops")
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            for child in task.read_text().split():
                os.kill(int(child), signal.SIGKILL)
        self.type(b"\r")
        self.expect("signal 9")
        self.assertEqual(self.process.wait(60), 1)
        self.assert_clean()


class HostileTest(BootloaderCase):
    def test_a_menu_of_a_million_lines(self):
        self.put("/boot/grub/grub.cfg", "menuentry 'x' { linux /a }\n" * 1000000)
        self.refuse(self.make(size="128M"), "grub.cfg")

    def test_a_menu_that_includes_itself(self):
        self.put("/boot/grub/grub.cfg", "source /boot/grub/grub.cfg\nconfigfile /boot/grub/grub.cfg\n" * 50)
        self.refuse(self.make(), "no entry")

    def test_symlinks_in_a_circle(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=0))
        (self.root / "boot/vmlinuz").unlink()
        (self.root / "boot/vmlinuz").symlink_to("other")
        (self.root / "boot/other").symlink_to("vmlinuz")
        self.refuse(self.make(), "/boot/vmlinuz")

    @world.need_program("debugfs")
    def test_a_kernel_of_a_terabyte(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=0))
        image = self.make()
        subprocess.run(["debugfs", "-w", "-R", "sif /boot/vmlinuz size 1099511627776", image], check=True,
                       capture_output=True)
        self.refuse(image, "1099511627776 bytes")

    def test_a_kernel_that_unpacks_without_end(self):
        bomb = guest.bzimage("xz", "--check=crc32", "--lzma2=preset=0,dict=256MiB", content=bytes(200 << 20))
        (self.root / "boot/vmlinuz").write_bytes(bomb)
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=5))
        self.refuse(self.make(), "unpacks to more than any kernel does")

    def test_what_is_no_kernel(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=0))
        (self.root / "boot/vmlinuz").write_text("not a kernel")
        self.refuse(self.make(), "not a kernel")

    def test_no_menu_and_no_filesystem(self):
        self.refuse(self.make(), "no boot menu")
        empty = self.dir / "empty.img"
        with empty.open("wb") as file:
            file.truncate(1 << 20)
        self.refuse(empty, "no filesystem")

    @world.need_root()
    def test_a_full_directory(self):
        self.put("/boot/grub/grub.cfg", GRUB.format(timeout=0))
        (self.root / "boot/initrd").write_bytes(os.urandom(2 << 20))
        image = self.make()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.out], check=True)
        self.addCleanup(subprocess.run, ["umount", "-l", self.out], check=True)
        self.refuse(image, "No space left")
