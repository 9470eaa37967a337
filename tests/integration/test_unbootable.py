# SPDX-License-Identifier: LGPL-2.1-or-later
"""Roots that cannot reach a login are refused, each with the id of the rule, and nothing is left."""
import gzip
import io
import struct
import tarfile

import guest
import world

DIRECTORIES = ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "root", "run", "sbin", "sys",
               "tmp", "var")
ARM64 = 183
I386 = 3


def root_files():
    """Content and mode by name; a guest that nothing is wrong with."""
    files = {name: (text.encode(), 0o644) for name, text in guest.ROOT_FILES.items()}
    files |= {name: (guest.program(), 0o755) for name in guest.PROGRAMS}
    return files


def write_root(path, files, leave_out=()):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for name in DIRECTORIES:
            if name not in leave_out:
                directory = tarfile.TarInfo(name)
                directory.type = tarfile.DIRTYPE
                directory.mode = 0o755
                tar.addfile(directory)
        for name, (content, mode) in files.items():
            file = tarfile.TarInfo(name)
            file.size = len(content)
            file.mode = mode
            tar.addfile(file, io.BytesIO(content))


def of_machine(machine):
    program = bytearray(guest.program())
    struct.pack_into("<H", program, 18, machine)
    return bytes(program)


def with_interpreter(path):
    """A program that asks for a dynamic loader."""
    name = path.encode() + b"\0"
    headers = 64 + 2 * 56
    program = bytearray(guest.program())
    struct.pack_into("<H", program, 56, 2)
    struct.pack_into("<IIQQQQQQ", program, 64 + 56, 3, 4, headers, 0, 0, len(name), len(name), 1)
    program[headers:headers + len(name)] = name
    return bytes(program)


def cpio(names):
    """An initramfs of empty files, as the kernel's newc archives are."""
    archive = b""
    for name in [*names, "TRAILER!!!"]:
        data = name.encode() + b"\0"
        mode = 0o100755 if name != "TRAILER!!!" else 0
        fields = (1, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(data), 0)
        archive += b"070701" + "".join(f"{field:08x}" for field in fields).encode() + data
        archive += b"\0" * (-len(archive) % 4)
    return archive


class UnbootableTest(world.Case):
    def setUp(self):
        super().setUp()
        self.files = root_files()
        self.leave_out = ()

    def command(self, source, *more, **settings):
        return [word for word in super().command(source, *more, **settings)
                if word != "--allow-unbootable"]

    def ramdisk(self, content):
        (self.dir / "initrd").write_bytes(content)

    def assert_refused(self, rule, *more, **settings):
        """By the check of what was made, which can be overruled."""
        command = self.assert_never_made(rule, *more, **settings)
        done = self.run_program([*command, "--allow-unbootable"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Verdict: fails", done.stdout)
        self.assertNotIn("Start it", done.stdout)

    def assert_never_made(self, rule, *more, **settings):
        """Where there is nothing to start it with, nothing can be made."""
        tar = self.dir / "root.tar"
        write_root(tar, self.files, self.leave_out)
        command = self.command(f"tar:{tar}", *more, **settings)
        self.assert_one_line(self.run_program(command), f"[{rule}]")
        self.assert_nothing_left()
        return command

    def test_nothing_is_wrong_with_the_root_itself(self):
        tar = self.dir / "root.tar"
        write_root(tar, self.files)
        done = self.run_program(self.command(f"tar:{tar}"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Verdict: unknown", done.stdout)

    def test_no_init(self):
        for name in ("sbin/init", "bin/sh"):
            del self.files[name]
        self.assert_refused("init-missing")

    def test_init_is_not_executable(self):
        self.files["sbin/init"] = (guest.program(), 0o644)
        self.assert_refused("init-not-executable")

    def test_init_is_for_another_processor(self):
        self.files["sbin/init"] = (of_machine(ARM64), 0o755)
        self.assert_refused("init-architecture")

    def test_init_is_not_a_program(self):
        self.files["sbin/init"] = (b"no program\n", 0o755)
        self.assert_refused("init-architecture")

    def test_no_dynamic_loader(self):
        self.files["sbin/init"] = (with_interpreter("/lib64/ld-linux-x86-64.so.2"), 0o755)
        self.assert_refused("init-loader")

    def test_dynamic_loader_for_another_processor(self):
        self.files["sbin/init"] = (with_interpreter("/lib64/ld-linux-x86-64.so.2"), 0o755)
        self.files["lib64/ld-linux-x86-64.so.2"] = (of_machine(ARM64), 0o755)
        self.assert_refused("init-loader")

    def test_script_without_its_interpreter(self):
        self.files["sbin/init"] = (b"#!/bin/absent\n", 0o755)
        self.assert_refused("init-missing")

    def test_no_getty_program(self):
        del self.files["sbin/getty"]
        self.assert_refused("console-getty", "--no-customise")

    def test_no_getty_on_the_console(self):
        self.files["etc/inittab"] = (b"id:2:initdefault:\n1:2345:respawn:/sbin/getty 38400 tty1\n",
                                     0o644)
        self.assert_refused("console-getty", "--no-customise")

    def test_getty_in_another_runlevel(self):
        self.files["etc/inittab"] = (b"id:2:initdefault:\nh0:5:respawn:/sbin/getty 38400 hvc0\n",
                                     0o644)
        self.assert_refused("console-getty", "--no-customise")

    def test_fstab_names_a_disk_that_does_not_exist(self):
        self.files["etc/fstab"] = (b"/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 /var ext4 defaults 0 2\n",
                                   0o644)
        self.assert_refused("fstab-device", "--no-customise")

    def test_console_elsewhere(self):
        self.files["etc/inittab"] = (b"id:2:initdefault:\nS0:2345:respawn:/sbin/getty 9600 ttyS0\n",
                                     0o644)
        self.assert_refused("console-getty", "--no-customise")

    def test_root_on_a_device_that_does_not_exist(self):
        self.assert_refused("root-device", "--extra", "root=/dev/sda1")

    def test_no_root_in_any_filesystem_of_that_uuid(self):
        self.ramdisk(cpio(["init"]))
        self.assert_refused("root-device", "--extra",
                            "root=UUID=01234567-89ab-cdef-0123-456789abcdef",
                            kernel=f"{self.kernel},{self.dir / 'initrd'}")

    def test_damaged_initramfs(self):
        self.ramdisk(gzip.compress(cpio(["init"]) * 50)[:60])
        self.assert_never_made("initramfs-corrupt",
                            kernel=f"{self.kernel},{self.dir / 'initrd'}")

    def test_kernel_without_pv(self):
        guest.write_kernel(self.kernel, pvh=True)
        self.kernel.write_bytes(self.kernel.read_bytes().replace(b"xen-3.0", b"xen-9.9"))
        self.assert_never_made("kernel-type")

    def test_kernel_file_that_is_not_a_kernel(self):
        self.kernel.write_bytes(b"not a kernel\n" * 400)
        self.assert_never_made("kernel-not-a-kernel")

    def test_no_kernel_in_the_guest(self):
        self.assert_never_made("kernel-missing", "--kernel", "guest")

    def test_kernel_of_the_guest_without_drivers(self):
        version = "6.1.0-test"
        self.files[f"boot/vmlinuz-{version}"] = (self.kernel.read_bytes(), 0o644)
        self.files[f"lib/modules/{version}/modules.builtin"] = (b"kernel/fs/ext2/ext2.ko\n", 0o644)
        self.assert_never_made("initramfs-missing", "--kernel", "guest")

    def test_no_mount_point_for_dev(self):
        self.leave_out = ("dev", "proc", "sys")
        self.assert_refused("mount-point-missing", "--no-customise")
