# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the cases are made from: a small root that is at its login in seconds, a Debian with
systemd, two real kernels with their real initramfs, and tools to break them."""
import os
import pathlib
import re
import shutil
import subprocess

MIB = 1 << 20
UUID = "5d1f7a3c-91be-4c07-8f3e-0a6b2c4d8e10"
SWAP_UUID = "0b7e5c1a-3f64-4d0f-9a41-7f0f4f9c2b35"
EPOCH = 1700000000
OFFSET = MIB  # of the first partition
INITTAB = """::sysinit:/etc/rcS
hvc0::respawn:/sbin/getty 38400 hvc0
"""
RC = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null
mount -a
"""
APPLETS = ["sh", "mount", "umount", "cat", "ls", "echo", "uname", "ip", "login", "sleep", "hostname"]


def run(*command, **settings):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True, **settings)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def one(directory, pattern):
    found = sorted(directory.glob(pattern))
    if not found:
        raise RuntimeError(f"{directory} has no {pattern}")
    return found[-1]


class Kernel:
    """A kernel of a Debian guest, as files of this machine."""

    def __init__(self, boot):
        self.vmlinuz = one(boot, "vmlinuz-*")
        self.version = self.vmlinuz.name.removeprefix("vmlinuz-")
        self.initrd = boot / f"initrd.img-{self.version}"
        self.config = boot / f"config-{self.version}"

    def payload(self):
        """Offset and length of what is compressed in the bzImage."""
        data = self.vmlinuz.read_bytes()
        start = ((data[0x1f1] or 4) + 1) * 512 + int.from_bytes(data[0x248:0x24c], "little")
        return data, start, int.from_bytes(data[0x24c:0x250], "little")

    def plain(self):
        """The ELF file in it; its last four bytes in the bzImage are its size."""
        data, start, length = self.payload()
        packed = data[start:start + length - 4]
        tool = {b"\xfd7zX": "xz", b"\x02!L\x18": "lz4", b"\x28\xb5\x2f\xfd": "zstd"}.get(packed[:4], "gzip")
        return subprocess.run([tool, "-dc"], input=packed, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False).stdout

    def repacked(self, *tool):
        """The bzImage with its payload compressed by another tool."""
        data, start, _ = self.payload()
        plain = self.plain()
        packed = subprocess.run(tool, input=plain, stdout=subprocess.PIPE, check=True).stdout
        packed += len(plain).to_bytes(4, "little")
        head = bytearray(data[:start])
        head[0x24c:0x250] = len(packed).to_bytes(4, "little")
        return bytes(head) + packed

    def without_note(self, kind):
        """The ELF file with one kind of Xen's notes renamed to one that nobody knows."""
        plain = bytearray(self.plain())
        for found in re.finditer(rb"\x04\0\0\0(....)(....)Xen\0", bytes(plain), re.S):
            if int.from_bytes(found[2], "little") == kind:
                at = found.start() + 8
                plain[at:at + 4] = (0x7f).to_bytes(4, "little")
        return bytes(plain)


class Initramfs:
    """One that is unpacked, to be changed and packed again."""

    def __init__(self, packed, directory):
        self.root = directory
        directory.mkdir()
        plain = directory.parent / "initrd.cpio"
        with open(plain, "wb") as out:
            subprocess.run(["zstd", "-dcq", packed] if packed.read_bytes()[:4] == b"\x28\xb5\x2f\xfd"
                           else ["gzip", "-dc", packed], stdout=out, check=True)
        with open(plain, "rb") as cpio:
            subprocess.run(["cpio", "-idm", "--quiet"], stdin=cpio, cwd=directory, check=True)
        plain.unlink()

    def remove(self, name):
        found = [path for path in self.root.rglob(f"{name}.ko*")]
        assert found, name
        for path in found:
            path.unlink()
        for version in (self.root / "usr/lib/modules").iterdir():
            run("depmod", "-b", self.root / "usr" if (self.root / "usr/lib").exists() else self.root,
                version.name)

    def pack(self, target):
        names = "\n".join(sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*")))
        with open(target, "wb") as out:
            cpio = subprocess.Popen(["cpio", "-o", "-H", "newc", "--quiet", "--reproducible"],
                                    cwd=self.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            gzip = subprocess.Popen(["gzip", "-1n"], stdin=cpio.stdout, stdout=out)
            cpio.stdin.write(names.encode())
            cpio.stdin.close()
            assert cpio.wait() == 0 and gzip.wait() == 0


class Base:
    """Made once for a run of the corpus."""

    def __init__(self, program, work, log=print):
        self.program, self.work = program, work
        for name in ("small", "initramfs", "cases"):
            shutil.rmtree(work / name, ignore_errors=True)
        self.debian = self.create("debian", "linux-image-cloud-amd64", log)
        self.generic = self.create("generic", "linux-image-amd64", log)
        self.kernel = Kernel(self.files(self.debian, "boot"))
        self.big_kernel = Kernel(self.files(self.generic, "boot"))
        self.small = self.make_small()
        self.initramfs = Initramfs(self.kernel.initrd, work / "initramfs")

    def create(self, name, kernel, log):
        image = self.work / name / f"{name}.img"
        if image.exists():
            return image
        log(f"# making the base {name}")
        run(self.program, "create", name, "--dir", self.work / name, "--from", "debian:bookworm",
            "--kernel-package", kernel, "--package", "busybox", "--disk", "size=1500M", "--type", "pv",
            "--nic", "mac=00:16:3e:11:22:33", env=os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH)})
        return image

    def files(self, image, *paths):
        """Files of an image, copied out."""
        target = self.work / f"{image.stem}-files"
        target.mkdir(exist_ok=True)
        for path in paths:
            run("debugfs", "-R", f"rdump /{path} {target}", image)
        return target / pathlib.Path(paths[-1]).name

    def make_small(self):
        root = self.work / "small"
        for name in ("bin sbin etc proc sys dev run tmp root lib64 boot/grub mnt lib/x86_64-linux-gnu "
                     f"lib/modules/{self.kernel.version}/kernel").split():
            (root / name).mkdir(parents=True)
        modules = f"/usr/lib/modules/{self.kernel.version}"
        for path, target in (("/usr/bin/busybox", "bin/busybox"),
                             ("/usr/lib/x86_64-linux-gnu/libc.so.6", "lib/x86_64-linux-gnu/libc.so.6"),
                             ("/usr/lib/x86_64-linux-gnu/libresolv.so.2", "lib/x86_64-linux-gnu/libresolv.so.2"),
                             ("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", "lib64/ld-linux-x86-64.so.2"),
                             *((f"{modules}/{name}", f"lib/modules/{self.kernel.version}/{name}")
                               for name in ("modules.builtin", "modules.dep", "modules.order"))):
            run("debugfs", "-R", f"dump {path} {root / target}", self.debian)
        for name in ("bin/busybox", "lib64/ld-linux-x86-64.so.2"):
            (root / name).chmod(0o755)
        for applet in APPLETS:
            (root / "bin" / applet).symlink_to("busybox")
        for applet in ("init", "getty"):
            (root / "sbin" / applet).symlink_to("../bin/busybox")
        for name, text in (("inittab", INITTAB), ("rcS", RC), ("passwd", "root::0:0:root:/root:/bin/sh\n"),
                           ("group", "root:x:0:\n"), ("hostname", "small\n"), ("fstab", ""),
                           ("os-release", 'ID=linux\nPRETTY_NAME="a small root"\n')):
            (root / "etc" / name).write_text(text)
        (root / "etc/rcS").chmod(0o755)
        shutil.copy(self.kernel.vmlinuz, root / "boot/vmlinuz")
        shutil.copy(self.kernel.initrd, root / "boot/initrd.img")
        return root


def make_filesystem(image, root, size, offset=0, features=""):
    """An ext4 filesystem of @size bytes with the files of @root, the same every time."""
    for path in [root, *root.rglob("*")]:
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)
    with open(image, "ab") as file:
        file.truncate(max(offset + size, image.stat().st_size))
    run("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^orphan_file,^metadata_csum_seed" + features,
        "-U", UUID, "-L", "root", "-E", f"hash_seed={UUID},root_owner=0:0" + (f",offset={offset}" if offset else ""),
        "-d", root, image, f"{size // 1024}k",
        env=os.environ | {"E2FSPROGS_FAKE_TIME": str(EPOCH)})


def make_table(image, size, label):
    """A disk of @size bytes with one partition that begins at OFFSET."""
    with open(image, "wb") as file:
        file.truncate(size)
    script = (f"label: {'gpt' if label == 'gpt' else 'dos'}\nlabel-id: "
              f"{'9f8b6a54-1c2d-4e3f-8a9b-0c1d2e3f4a5b' if label == 'gpt' else '0x1d2e3f40'}\n"
              f"start={OFFSET // 512}, size={(size - 2 * MIB) // 512}, "
              f"{'uuid=3c4d5e6f-7081-4293-a4b5-c6d7e8f90a1b' if label == 'gpt' else 'type=83, bootable'}\n")
    subprocess.run(["sfdisk", "-q", image], input=script, text=True, check=True)


def install_grub(image, work):
    """GRUB for the BIOS in the gap before the first partition, menu in its /boot/grub."""
    library = pathlib.Path("/usr/lib/grub/i386-pc")
    core = work / "core.img"
    run("grub-mkimage", "-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub", "-o", core, "biosdisk",
        "part_msdos", "ext2", "normal", "linux", "configfile", "search", "echo", "serial", "test")
    with open(image, "r+b") as disk:
        disk.write((library / "boot.img").read_bytes()[:440])
        disk.seek(512)
        disk.write(core.read_bytes())
