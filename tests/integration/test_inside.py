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


class Keyed(Inside):
    def setUp(self):
        super().setUp()
        self.key = self.dir / "key"
        self.key.write_text(PASSPHRASE + "\n")

    def findings(self, *words):
        done = self.run_program([world.PROGRAM, "check", *map(str, words), "--json"])
        report = json.loads(done.stdout)
        self.assertIn("findings", report, done.stdout)
        return [one for one in report["findings"] if one["id"] != "host-unknown"]

    def ids(self, *words):
        return [one["id"] for one in self.findings(*words)]

    def root(self, size="60M", **files):
        """A filesystem with the root of a guest whose fstab names what does not exist."""
        tree = self.dir / "tree"
        tree.mkdir()
        subprocess.run(["tar", "-C", tree, "-xf", guest.write_tar(self.dir / "root.tar")], check=True)
        (tree / "etc" / "fstab").write_text("UUID=11111111-2222-3333-4444-555555555555 / ext4 defaults 0 1\n")
        for name, text in files.items():
            (tree / "etc" / name).write_text(text)
        image = self.dir / "plain"
        subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-d", tree, image, size], check=True, capture_output=True)
        return image

    def encrypt(self, plain, options, head):
        container = self.dir / "container"
        with open(container, "wb") as file:
            file.truncate(head + os.path.getsize(plain))
        # The fewest that cryptsetup takes: by itself it counts how many this processor does in two seconds.
        iterations = "1000" if "luks1" in options else "4"
        status, text = output("cryptsetup", "luksFormat", "--batch-mode", "--key-file", "-", "--pbkdf-memory", "32",
                              "--pbkdf-force-iterations", iterations, *options, container, input=PASSPHRASE)
        self.assertEqual(status, 0, text)
        volume_key = self.dir / "volume-key"
        volume_key.unlink(missing_ok=True)
        status, text = output("cryptsetup", "luksDump", container, "--batch-mode", "--dump-volume-key",
                              "--volume-key-file", volume_key, "--key-file", "-", input=PASSPHRASE)
        self.assertEqual(status, 0, text)
        large = 4096 if "4096" in options else SECTOR
        crypt(plain, volume_key.read_bytes(), container, large=large, to_at=head)
        return container


@world.need_program("cryptsetup", "mke2fs")
class Opened(Keyed):
    """`check --luks-key`: what it says of a guest is what it says of the same guest in the clear."""

    def test_a_guest_that_was_made_is_seen(self):
        self.make("--disk", f"size=200M,luks={self.key}")
        config = self.out / "t.cfg"
        self.assertIn("root-unknown", self.ids(config))
        seen = self.ids(config, "--luks-key", self.key)
        self.assertNotIn("root-unknown", seen)
        self.assertNotIn("root-device", seen)
        self.assertEqual(seen, self.ids(config, "--luks-key", f"xvda:{self.key}"))

    def test_a_group_in_a_qcow2_is_seen(self):
        if output("qemu-img", "--version")[0] != 0:
            self.skipTest("qemu-img")
        self.make("--disk", f"size=1G,format=qcow2,layout=gpt,esp=no,bios=no,luks={self.key},lvm=vg0,swap=8M")
        config = self.out / "t.cfg"
        self.assertIn("root-unknown", self.ids(config))
        self.assertNotIn("root-unknown", self.ids(config, "--luks-key", f"xvda2:{self.key}"))

    def test_faults_in_it_are_found(self):
        plain = self.root()
        container = self.encrypt(plain, ("--type", "luks2", "--sector-size", "512"), HEAD)
        uuid = output("blkid", "-p", "-o", "value", "-s", "UUID", container)[1].strip()
        config = self.dir / "g.cfg"
        config.write_text(f'name = "g"\ntype = "pv"\nmemory = 256\nkernel = "{self.kernel}"\n'
                          f'cmdline = "root=/dev/mapper/luks-{uuid} ro"\n'
                          f'disk = ["format=raw,vdev=xvda,access=rw,target={container}"]\n')
        self.assertNotIn("fstab-device", self.ids(config))
        self.assertIn("fstab-device", self.ids(config, "--luks-key", self.key))

    def test_the_formats_of_cryptsetup(self):
        plain = self.root("20M")
        for options, head in ((("--type", "luks1"), 2 * MIB), (("--type", "luks1", "--key-size", "256"), 2 * MIB),
                              (("--type", "luks2", "--sector-size", "4096"), HEAD)):
            with self.subTest(options=options):
                container = self.encrypt(plain, options, head)
                uuid = output("blkid", "-p", "-o", "value", "-s", "UUID", container)[1].strip()
                found = self.findings("--image", container, "--type", "pv", "--kernel", self.kernel,
                                      "--cmdline", f"root=/dev/mapper/luks-{uuid}", "--luks-key", self.key)
                self.assertNotIn("image-unreadable", [one["id"] for one in found], found)
                # Only what is in the fstab says this.
                self.assertIn("fstab-device", [one["id"] for one in found], found)

    def test_wrong_keys_are_told(self):
        self.make("--disk", f"size=200M,luks={self.key}")
        wrong = self.dir / "wrong"
        wrong.write_text("x")
        config = self.out / "t.cfg"
        for word, said in ((wrong, "does not open it"), (f"xvdb:{self.key}", "xvdb is not there")):
            found = [one for one in self.findings(config, "--luks-key", word) if one["id"] == "image-unreadable"]
            self.assertEqual(len(found), 1, found)
            self.assertIn(said, found[0]["message"])
        done = self.run_program([world.PROGRAM, "check", config, "--luks-key", self.dir / "absent"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("reading the key of an encrypted disk", done.stderr)
        done = self.run_program([world.PROGRAM, "check", config, "--fix", "--luks-key", self.key])
        self.assertEqual(done.returncode, 1)
        self.assertIn("only looked at", done.stderr)

    def test_other_ciphers_and_damage_are_refused(self):
        plain = self.root("20M")
        container = self.encrypt(plain, ("--type", "luks1", "--cipher", "aes-cbc-essiv:sha256"), 2 * MIB)
        found = self.findings("--image", container, "--type", "pv", "--kernel", self.kernel, "--luks-key", self.key)
        self.assertIn("is not read here", " ".join(one["message"] for one in found))
        with open(container, "r+b") as file:
            file.seek(8)
            file.write(b"\xff" * 100)
        found = self.findings("--image", container, "--type", "pv", "--kernel", self.kernel, "--luks-key", self.key)
        self.assertIn("damaged", " ".join(one["message"] for one in found))


@world.need_program("cryptsetup", "mke2fs", "qemu-img", "e2fsck")
class Converted(Keyed):
    """`create --from disk: --luks-key`: a machine is changed in its container, which stays as it is."""

    def convert(self, image, *more, name="c"):
        return self.run_program(self.command(f"disk:{image}", "--no-backup", *map(str, more), name=name))

    def disk(self, container):
        """One with a table, as an installer makes it."""
        path = self.dir / "disk"
        with open(path, "wb") as file:
            file.truncate(MIB + os.path.getsize(container))
        subprocess.run(["sfdisk", "-q", path], input="start=2048,type=83\n", text=True, check=True)
        with open(path, "r+b") as file:
            file.seek(MIB)
            file.write(container.read_bytes())
        return path

    def assert_opens(self, container):
        """As the machine's initramfs opens it: by the same passphrase, and with the same UUID."""
        status, text = output("cryptsetup", "open", "--test-passphrase", container, "--key-file", "-",
                              input=PASSPHRASE)
        self.assertEqual(status, 0, text)
        return output("blkid", "-p", "-o", "value", "-s", "UUID", container)[1].strip()

    def test_a_root_is_changed_and_stays_encrypted(self):
        for options, head in ((("--type", "luks2", "--sector-size", "4096"), HEAD),
                              (("--type", "luks1", "--key-size", "256"), 2 * MIB)):
            with self.subTest(options=options):
                subprocess.run(["rm", "-rf", self.dir / "tree", self.out], check=True)
                plain = self.root("60M", fstab="/dev/mapper/sda1_crypt / ext4 defaults 0 1\n/dev/sr0 /media auto ro 0 0\n",
                                  crypttab="sda1_crypt /dev/sda1 none luks\n")
                container = self.encrypt(plain, options, head)
                disk, before = self.disk(container), container.read_bytes()
                done = self.convert(disk, "--luks-key", self.key)
                self.assertEqual(done.returncode, 0, done.stderr)
                made = self.cut(self.out / "c.img", MIB, len(before), "made")
                uuid = self.assert_opens(made)
                self.assertEqual(disk.read_bytes()[MIB:], before)
                self.assertEqual(made.read_bytes()[:head], before[:head])
                content = self.dir / "content"
                content.unlink(missing_ok=True)
                crypt(made, (self.dir / "volume-key").read_bytes(), content,
                      large=4096 if "4096" in options else SECTOR, from_at=head, encrypts=False)
                status, text = output("e2fsck", "-fn", content)
                self.assertEqual(status, 0, text)
                self.assertIn("/dev/sr0 /media auto ro,nofail 0 0", self.in_file(content, "cat /etc/fstab"))
                self.assertIn(f"sda1_crypt UUID={uuid} none luks", self.in_file(content, "cat /etc/crypttab"))
                # Its initramfs may have the old name, which nothing here can tell.
                self.assertIn("an initramfs that has a copy of that line is not changed", done.stdout)

    def test_a_root_in_a_group(self):
        self.make("--disk", f"size=1G,format=qcow2,layout=gpt,esp=no,bios=no,luks={self.key},lvm=vg0,swap=8M")
        done = self.convert(self.out / "t.qcow2", "--luks-key", f"xvda2:{self.key}", "--hostname", "another")
        self.assertEqual(done.returncode, 0, done.stderr)
        system = self.partitions(self.out / "c.img")[1]
        container = self.cut(self.out / "c.img", system["start"] * SECTOR, system["size"] * SECTOR, "container")
        self.assert_opens(container)
        # What is not read cannot be judged: the root is unknown without the key only.
        self.assertIn("root-unknown", self.ids(self.out / "c.cfg"))
        self.assertNotIn("root-unknown", self.ids(self.out / "c.cfg", "--luks-key", self.key))

    def test_without_the_key_it_is_told_what_opens_it(self):
        disk = self.disk(self.encrypt(self.root("20M"), ("--type", "luks1"), 2 * MIB))
        (self.dir / "wrong").write_text("x")
        for more, said in (((), "xvda1 is encrypted: --luks-key FILE opens it"),
                           (("--luks-key", self.dir / "wrong"), "does not open it"),
                           (("--luks-key", f"xvdb:{self.key}"), "xvda1 is encrypted"),
                           (("--luks-key", self.dir / "absent"), "reading the key of an encrypted disk")):
            self.assert_one_line(self.convert(disk, *more), said)
            self.assert_nothing_left()


def crypt(source, key, to, large=SECTOR, from_at=0, to_at=0, encrypts=True):
    """aes-xts-plain64 by libcrypto, called from here: not by the code under test."""
    import ctypes
    import ctypes.util
    crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
    for name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_xts", "EVP_aes_128_xts"):
        getattr(crypto, name).restype = ctypes.c_void_p
    context = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new())
    cipher = ctypes.c_void_p(crypto.EVP_aes_256_xts() if len(key) == 64 else crypto.EVP_aes_128_xts())
    got, done = ctypes.c_int(), ctypes.create_string_buffer(large)
    with open(source, "rb") as file, open(to, "r+b" if os.path.exists(to) else "w+b") as out:
        file.seek(from_at)
        out.seek(to_at)
        number = 0
        while sector := file.read(large):
            crypto.EVP_CipherInit_ex(context, cipher, None, key, number.to_bytes(16, "little"), int(encrypts))
            crypto.EVP_CipherUpdate(context, done, ctypes.byref(got), sector, large)
            out.write(done.raw)
            number += large // SECTOR
    return to


def decrypt(container, key, to):
    to.unlink(missing_ok=True)
    return crypt(container, key, to, from_at=HEAD, encrypts=False)
