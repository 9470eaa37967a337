# SPDX-License-Identifier: LGPL-2.1-or-later
"""Roots in logical volumes and in LUKS containers: the containers are judged by cryptsetup and decrypted by
OpenSSL's program, the volume groups by pvck, and what is inside by e2fsck and blkid."""
import json
import os
import re
import signal
import subprocess
import time

import guest
import world

MIB = 1048576
SECTOR = 512
HEAD = 16 * MIB
PASSPHRASE = "correct battery"


def output(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, errors="replace",
                          check=False, **options)
    return done.returncode, done.stdout + done.stderr


@world.need_program("pvck", "e2fsck", "blkid", "sfdisk")
class Inside(world.Case):
    def make(self, *more):
        source = f"tar:{guest.write_tar(self.dir / 'root.tar')}"
        done = self.run_program(self.command(source, *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / "t.img"

    def manifest(self):
        return json.loads((self.out / "t.json").read_text())

    def cut(self, image, start, length, name):
        path = self.dir / name
        with open(image, "rb") as disk, open(path, "wb") as file:
            disk.seek(start)
            file.write(disk.read(length))
        return path

    def volumes(self, pv):
        """What LVM itself reads: name → (first byte, bytes) of each volume."""
        status, text = output("pvck", "--dump", "metadata_all", pv)
        self.assertEqual(status, 0, text)
        self.assertIn("metadata at 4608", text)
        status, text = output("pvck", "--dump", "headers", pv)
        self.assertEqual(status, 0, text)
        self.assertNotIn("CHECK:", text)
        status, text = output("pvck", "--dump", "metadata", pv)
        found = {}
        for name, body in re.findall(r"^([a-z_0-9]+) \{\nid = [^\n]*\nstatus = \[\"READ\", \"WRITE\", \"VISIBLE\"\]"
                                     r"(.*?)^\}\n\}", text, re.S | re.M):
            count = int(re.search(r"extent_count = (\d+)", body)[1])
            first = int(re.search(r'"pv0", (\d+)', body)[1])
            found[name] = (MIB + first * 4 * MIB, count * 4 * MIB)
        return found

    def judge(self, pv, ext, swap=()):
        found = self.volumes(pv)
        self.assertEqual(sorted(found), sorted([*ext, *swap]))
        for name, (start, length) in found.items():
            path = self.cut(pv, start, length, f"lv-{name}")
            kind = output("blkid", "-p", "-o", "value", "-s", "TYPE", path)[1].strip()
            self.assertEqual(kind, "swap" if name in swap else "ext4")
            if name in ext:
                status, text = output("e2fsck", "-fn", path)
                self.assertEqual(status, 0, text)
        return self.dir / "lv-root"

    def in_file(self, image, request):
        return subprocess.run(["debugfs", "-R", request, image], check=True, capture_output=True, text=True,
                              errors="replace").stdout

    def partitions(self, image):
        status, text = output("sfdisk", "--json", image)
        self.assertEqual(status, 0, text)
        return json.loads(text)["partitiontable"]["partitions"]


class Volumes(Inside):
    def test_a_group_on_a_bare_disk_is_read_by_lvm(self):
        image = self.make("--disk", "size=300M,lvm=vg-0,swap=8M", "--partition", "/var,size=30M")
        root = self.judge(image, ["root", "var"], ["swap"])
        fstab = self.in_file(root, "cat /etc/fstab")
        for mount in ("/ ext4", "/var ext4", "none swap"):
            self.assertIn(f" {mount} ", fstab)
        self.assertIn("root=/dev/mapper/vg--0-root ro", (self.out / "t.cfg").read_text())

    def test_no_two_volumes_have_one_name(self):
        image = self.make("--disk", "size=300M,lvm=vg0,swap=8M", *(
            word for mount in ("/root", "/swap", "/var/lib", "/var_lib", "/var_lib_2")
            for word in ("--partition", f"mount={mount},size=16M")))
        root = self.judge(image, ["root", "root_2", "swap_2", "var_lib", "var_lib_2", "var_lib_2_2"], ["swap"])
        uuids = re.findall(r"^UUID=(\S+) ", self.in_file(root, "cat /etc/fstab"), re.M)
        self.assertEqual((len(uuids), len(set(uuids))), (7, 7))

    def test_a_group_in_a_partition_has_a_boot_of_its_own(self):
        image = self.make("--disk", "size=1G,lvm=vg0,layout=gpt,esp=no,bios=no")
        boot, system = self.partitions(image)
        self.assertEqual((boot["size"] * SECTOR, system["type"]),
                         (512 * MIB, "E6D6D379-F507-44C2-A23C-238F2A3DF928"))
        self.judge(self.cut(image, system["start"] * SECTOR, system["size"] * SECTOR, "pv"), ["root"])
        self.assertEqual([part["mount"] for part in self.manifest()["disks"][0]["partitions"]], ["/boot", None])

    def test_the_same_input_gives_the_same_bytes(self):
        self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        images = []
        for number in ("1", "2"):
            self.out = self.dir / number
            images.append(self.make("--disk", "size=200M,lvm=vg0").read_bytes())
        self.assertEqual(*images)

    def test_what_cannot_be_is_refused_before_anything_is_made(self):
        (self.dir / "key").write_text(PASSPHRASE)
        key = self.dir / "key"
        for options, said in (
                (("--disk", f"luks={key},layout=gpt,swap=64M"), "add lvm=NAME"),
                (("--disk", "lvm=vg0", "--kernel", "pvgrub"), "add layout=gpt"),
                (("--disk", "lvm=vg0,layout=gpt,boot=no"), "leave out boot=no"),
                (("--disk", "lvm=a/b"), "not the name of a volume group"),
                (("--disk", "luks=/does/not/exist"), "cannot be read"),
                (("--disk", "size=1G,lvm=vg0,growfs=true"), "leave out luks= and lvm="),
                (("--disk", "size=1G", "--disk", "size=1G,lvm=vg0"), "for the first disk")):
            source = f"tar:{guest.write_tar(self.dir / 'root.tar')}"
            done = self.run_program(self.command(source, *options))
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)
            self.assertFalse(list(self.out.glob("t.*")) if self.out.exists() else [])


@world.need_program("cryptsetup", "openssl")
class Containers(Inside):
    def setUp(self):
        super().setUp()
        self.key = self.dir / "key"
        self.key.write_text(PASSPHRASE + "\n")

    def open(self, container):
        """The content, decrypted sector by sector with the key that cryptsetup tells."""
        status, text = output("cryptsetup", "open", "--test-passphrase", container, "--key-file", "-",
                              input=PASSPHRASE)
        self.assertEqual(status, 0, text)
        status, text = output("cryptsetup", "open", "--test-passphrase", container, "--key-file", "-", input="wrong")
        self.assertNotEqual(status, 0)
        volume_key = self.dir / "volume-key"
        volume_key.unlink(missing_ok=True)
        status, text = output("cryptsetup", "luksDump", container, "--batch-mode", "--dump-volume-key",
                              "--volume-key-file", volume_key, "--key-file", "-", input=PASSPHRASE)
        self.assertEqual(status, 0, text)
        return decrypt(container, volume_key.read_bytes(), self.dir / "content")

    def test_a_root_in_luks_is_opened_by_cryptsetup(self):
        image = self.make("--disk", f"size=200M,luks={self.key}")
        content = self.open(image)
        status, text = output("e2fsck", "-fn", content)
        self.assertEqual(status, 0, text)
        crypttab = self.in_file(content, "cat /etc/crypttab")
        uuid = output("blkid", "-p", "-o", "value", "-s", "UUID", image)[1].strip()
        self.assertIn(f"xvda_crypt UUID={uuid} none luks,discard,initramfs", crypttab)
        config = (self.out / "t.cfg").read_text()
        self.assertIn("root=/dev/mapper/xvda_crypt ro ", config)
        self.assertIn(uuid, config)

    def test_every_byte_of_a_guest_of_150_MB_is_in_the_container(self):
        """More than the buffers behind which a thread writes: what it encrypts, nobody else may touch."""
        root = self.dir / "root"
        (root / "data").mkdir(parents=True)
        (root / "data" / "large").write_bytes(os.urandom(120 * 1000 * 1000))
        for number in range(300):
            (root / "data" / f"small-{number}").write_bytes(os.urandom(100 * 1000))
        tar = self.dir / "large.tar"
        subprocess.run(["tar", "-C", root, "-cf", tar, "."], check=True)
        done = self.run_program(self.command(f"tar:{tar}", "--no-customise", "--disk", f"size=300M,luks={self.key}"))
        self.assertEqual(done.returncode, 0, done.stderr)
        content = self.open(self.out / "t.img")
        status, text = output("e2fsck", "-fn", content)
        self.assertEqual(status, 0, text)
        there = self.dir / "there"
        there.mkdir()
        self.in_file(content, f"rdump /data {there}")
        self.assertEqual(sorted(os.listdir(there / "data")), sorted(os.listdir(root / "data")))
        self.assertEqual([path.name for path in sorted((root / "data").iterdir())
                          if path.read_bytes() != (there / "data" / path.name).read_bytes()], [])

    def test_a_group_in_luks_in_a_qcow2(self):
        if output("qemu-img", "--version")[0] != 0:
            self.skipTest("qemu-img")
        qcow2 = self.make("--disk", f"size=1G,format=qcow2,layout=gpt,esp=no,bios=no,luks={self.key},lvm=vg0,swap=8M"
                          ).with_suffix(".qcow2")
        self.assertEqual(output("qemu-img", "check", qcow2)[0], 0)
        image = self.dir / "raw"
        self.assertEqual(output("qemu-img", "convert", "-O", "raw", qcow2, image)[0], 0)
        system = self.partitions(image)[1]
        self.assertEqual(system["type"], "CA7D7CCB-63ED-4C53-861C-1742536059CC")
        content = self.open(self.cut(image, system["start"] * SECTOR, system["size"] * SECTOR, "container"))
        self.judge(content, ["root"], ["swap"])

    def test_no_file_has_the_passphrase(self):
        self.make("--disk", f"size=200M,luks={self.key}")
        for path in self.out.iterdir():
            self.assertNotIn(PASSPHRASE.encode(), path.read_bytes(), path)

    def test_an_empty_passphrase_is_refused_and_leaves_nothing(self):
        self.key.write_text("\n")
        source = f"tar:{guest.write_tar(self.dir / 'root.tar')}"
        done = self.run_program(self.command(source, "--disk", f"size=200M,luks={self.key}"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("is empty", done.stderr)
        self.assertEqual(list(self.out.glob("*")) if self.out.exists() else [], [])

    def test_kill_9_leaves_nothing_after_cleanup(self):
        """While it is written: at its real name there is nothing, and cleanup removes the rest."""
        source = f"tar:{guest.write_tar(self.dir / 'root.tar')}"
        command = self.command(source, "--disk", f"size=600M,luks={self.key},fs=ext3")
        for delay in (0.05, 0.2, 0.6, 1.0):
            process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(delay)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            if (self.out / "t.json").exists():
                break
            done = self.run_program([command[0], "cleanup"])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(list(self.out.glob("*")) + list(self.out.glob(".*")) if self.out.exists() else [], [])


def decrypt(container, key, to):
    """aes-xts-plain64 by libcrypto, called from here: not by the code under test."""
    import ctypes
    import ctypes.util
    crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_xts"):
        getattr(crypto, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    cipher = ctypes.c_void_p(crypto.EVP_aes_256_xts())
    got, plain = ctypes.c_int(), ctypes.create_string_buffer(SECTOR)
    with open(container, "rb") as file, open(to, "wb") as out:
        file.seek(HEAD)
        number = 0
        while sector := file.read(SECTOR):
            crypto.EVP_DecryptInit_ex(context, cipher, None, key, number.to_bytes(16, "little"))
            crypto.EVP_DecryptUpdate(context, plain, ctypes.byref(got), sector, SECTOR)
            out.write(plain.raw)
            number += 1
    return to
