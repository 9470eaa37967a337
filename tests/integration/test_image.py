# SPDX-License-Identifier: LGPL-2.1-or-later
"""Vendors' cloud images by name: fetched, verified, cached, converted, grown, and with a seed."""
import fcntl
import hashlib
import json
import os
import subprocess

import cloud_image
import test_convert
import test_seed
import world

NAME = "cloud.qcow2"


@world.need_program("qemu-img", "sfdisk", "mke2fs", "mkfs.vfat", "gpg", "gpgv", "isoinfo", "blkid")
@test_convert.need_fuse()
class Image(world.Case):
    @classmethod
    def setUpClass(cls):
        cls.shared = cls.shared_directory()
        cls.files = cls.shared / "files"
        cls.files.mkdir()
        image = cloud_image.make(cls.files)
        cloud_image.make(cls.files, "plain.qcow2", cloud_init=False)
        cls.vendor = cloud_image.Vendor(cls.shared / "gpg", "vendor")
        cls.addClassCleanup(cls.vendor.stop)
        cls.other = cloud_image.Vendor(cls.shared / "other", "other")
        cls.addClassCleanup(cls.other.stop)
        cls.vendor.export(cls.files / "vendor.asc")
        lists = cls.files / "SHA512SUMS"
        lists.write_text("0" * 128 + "  other.qcow2\n" + cloud_image.sums(image)
                         + cloud_image.sums(cls.files / "plain.qcow2"))
        cls.vendor.sign(lists, cls.files / "SHA512SUMS.gpg")
        cls.other.sign(lists, cls.files / "other.gpg")
        (cls.shared / "CHECKSUM").write_text("# a comment\n" + cloud_image.sums(image, "sha256", bsd=True))
        cls.vendor.clear_sign(cls.shared / "CHECKSUM", cls.files / "CHECKSUM")
        (cls.files / "wrong").write_text("1" * 64 + f"  {NAME}\n")

    def setUp(self):
        super().setUp()
        self.server = cloud_image.Server(self.files)
        self.addCleanup(self.server.close)
        self.definitions = self.dir / "images"
        self.definitions.mkdir()
        self.environment |= {"DOMUIMG_IMAGES_DIR": str(self.definitions),
                             "XDG_DATA_HOME": str(self.dir / "share"),
                             "OSINFO_SYSTEM_DIR": str(self.dir / "osinfo")}
        self.cache = self.dir / "cache/images"

    def define(self, *lines, id="cloud1", key=True, image="", file=NAME, where=None):
        text = f"[image]\nname=Cloud 1\n{image}\n[x86_64]\nurl={self.server.url(file)}\n"
        text += "".join(f"{line}\n" for line in lines)
        if key:
            text += (f"[key]\nurls={self.server.url('vendor.asc')}\n"
                     f"fingerprints={self.vendor.fingerprint}\n")
        where = where or self.definitions
        where.mkdir(parents=True, exist_ok=True)
        (where / f"{id}.conf").write_text(text)

    def define_signed(self, **settings):
        self.define("checksums=SHA512SUMS", "signature=SHA512SUMS.gpg", **settings)

    def make(self, *more, id="cloud1"):
        return self.run_program(self.command(f"image:{id}", *more))

    def made(self, *more, **settings):
        done = self.make(*more, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())

    def fetched(self, name=NAME):
        return [wanted for path, wanted in self.server.requests if path == f"/{name}"]

    def clear(self):
        for path in self.out.iterdir():
            path.unlink()

    def test_one_is_fetched_verified_converted_grown_and_gets_a_seed(self):
        self.define_signed()
        key = self.dir / "key.pub"
        key.write_text(test_seed.KEY + "\n")
        manifest = self.made("--disk", "size=160M", "--ssh-key", key)
        self.assertIn(f"signed by {self.vendor.fingerprint}", manifest["source"])
        self.assertIn("Cloud 1", manifest["source"])
        self.assertEqual(manifest["system"], "Cloud 12")
        table = json.loads(subprocess.run(["sfdisk", "--json", self.out / "t.img"], check=True,
                                          capture_output=True).stdout)["partitiontable"]
        root = table["partitions"][2]
        self.assertGreater(root["size"] * 512, 138 * cloud_image.MIB)
        at = f"{self.out / 't.img'}?offset={root['start'] * 512}"
        subprocess.run(["e2fsck", "-fn", at], check=True, capture_output=True)
        size = subprocess.run(["dumpe2fs", "-h", at], check=True, capture_output=True, text=True).stdout
        self.assertGreater(int(size.split("Block count:")[1].split()[0]), 138000 // 4)
        seed = self.out / "t-seed.iso"
        meta = json.loads(test_seed.read(seed, "/meta-data"))
        self.assertEqual((meta["local-hostname"], meta["public-keys"]), ("t", [test_seed.KEY]))
        network = json.loads(test_seed.read(seed, "/network-config"))["config"]
        self.assertEqual((network[0]["mac_address"], network[0]["subnets"]),
                         (manifest["nics"][0]["mac"], [{"type": "dhcp"}]))
        self.assertEqual(self.journals(), [])

    def test_the_second_one_comes_from_the_cache(self):
        self.define_signed()
        self.made()
        self.clear()
        self.made()
        self.assertEqual(self.fetched(), [None])
        digest = hashlib.sha512((self.files / NAME).read_bytes()).hexdigest()
        self.assertEqual([path.name for path in self.cache.iterdir()], [f"{digest[:32]}-{NAME}"])

    def test_a_damaged_file_in_the_cache_is_fetched_again(self):
        self.define_signed()
        self.made()
        self.clear()
        path, = self.cache.iterdir()
        with path.open("r+b") as file:
            file.seek(1000)
            file.write(b"x" * 100)
        self.made()
        self.assertEqual(len(self.fetched()), 2)

    def test_a_download_is_continued(self):
        self.define_signed()
        self.server.stop_after[NAME] = 3 << 20
        self.assert_one_line(self.make(), NAME)
        self.assert_nothing_left()
        part, = self.cache.iterdir()
        self.assertEqual(part.stat().st_size, 3 << 20)
        self.server.stop_after.clear()
        self.made()
        self.assertEqual(self.fetched(), [None, f"bytes={3 << 20}-"])

    def test_a_server_that_cannot_continue_begins_again(self):
        self.define_signed()
        self.server.stop_after[NAME] = 3 << 20
        self.make()
        self.server.stop_after.clear()
        self.server.knows_ranges = False
        self.made()

    def test_a_part_of_something_else_is_dropped(self):
        self.define_signed()
        self.made()
        self.clear()
        whole, = self.cache.iterdir()
        whole.unlink()
        part = whole.with_name(whole.name + ".part")
        part.write_bytes(b"x" * 1000)
        self.server.requests.clear()
        self.made()
        self.assertEqual(self.fetched(), ["bytes=1000-", None])
        self.assertFalse(part.exists())

    def test_a_clear_signed_list(self):
        self.define("checksums=CHECKSUM", image="clearsigned=true\n")
        manifest = self.made()
        digest = hashlib.sha256((self.files / NAME).read_bytes()).hexdigest()
        self.assertIn(f"sha256 {digest}, signed by {self.vendor.fingerprint}", manifest["source"])

    def test_text_outside_of_the_signature_is_not_believed(self):
        forged = self.files / "FORGED"
        forged.write_text("1" * 64 + f"  {NAME}\n" + (self.files / "CHECKSUM").read_text())
        self.addCleanup(forged.unlink)
        self.define("checksums=FORGED", image="clearsigned=true\n")
        done = self.make()
        if done.returncode == 0:
            self.assertNotIn("1" * 64, (self.out / "t.json").read_text())
        else:
            self.assert_one_line(done, "FORGED")

    def test_keys_of_the_users_own(self):
        for armor in (True, False):
            self.define_signed(key=False)
            keyring = self.vendor.export(self.dir / "own.gpg", armor)
            self.assertIn(self.vendor.fingerprint, self.made("--keyring", keyring)["source"])
            self.clear()
        wrong = self.other.export(self.dir / "wrong.gpg")
        self.assert_one_line(self.make("--keyring", wrong), "SHA512SUMS", "no signature of a key")

    def test_what_nobody_vouches_for(self):
        self.define_signed(key=False)
        self.assert_one_line(self.make(), "--keyring", "--allow-unsigned")
        self.define("checksums=SHA512SUMS", "signature=other.gpg")
        self.assert_one_line(self.make(), "no signature of a key")
        self.define("checksums=SHA512SUMS", key=False)
        self.assert_one_line(self.make(), "is not signed", "--allow-unsigned")
        self.define(key=False)
        self.assert_one_line(self.make(), "no checksum of it is known", "--allow-unsigned")
        self.assertEqual(self.fetched(), [])
        self.assert_nothing_left()
        for lines in (["checksums=SHA512SUMS"], []):
            self.define(*lines, key=False)
            manifest = self.made("--allow-unsigned")
            self.assertIn("not signed", manifest["source"])
            self.assertIn("no signature vouches for", " ".join(manifest["warnings"]))
            self.clear()

    def test_a_key_in_the_keyring_that_is_not_the_vendors(self):
        """The published file has one more key than it should."""
        both = self.files / "both.asc"
        both.write_text((self.files / "vendor.asc").read_text()
                        + self.other.export(self.dir / "o").read_text())
        self.addCleanup(both.unlink)
        self.define("checksums=SHA512SUMS", "signature=other.gpg", key=False)
        with (self.definitions / "cloud1.conf").open("a") as file:
            file.write(f"[key]\nurls={self.server.url('both.asc')}\n"
                       f"fingerprints={self.vendor.fingerprint}\n")
        self.assert_one_line(self.make(), self.other.fingerprint, "not its vendor's")

    def test_a_wrong_checksum(self):
        self.define("checksums=wrong", key=False)
        self.assert_one_line(self.make("--allow-unsigned"), NAME, "does not have the checksum")
        self.assert_nothing_left()
        self.assertEqual(list(self.cache.iterdir()), [])
        self.define("checksums=SHA512SUMS", key=False, file="missing.qcow2")
        self.assert_one_line(self.make("--allow-unsigned"), "SHA512SUMS", "missing.qcow2")
        self.define("checksums=nowhere", key=False)
        self.assert_one_line(self.make("--allow-unsigned"), "nowhere", "no such file")

    def test_a_list_of_the_image_alone_may_name_it_otherwise(self):
        digest = hashlib.sha256((self.files / NAME).read_bytes()).hexdigest()
        for text in (f"{digest}  cloud-12.3-20261130.qcow2\n", f"{digest}\n"):
            own = self.files / f"{NAME}.sha256"
            own.write_text(text)
            self.addCleanup(own.unlink, missing_ok=True)
            self.define(f"checksums={NAME}.sha256", key=False)
            self.assertIn(digest, self.made("--allow-unsigned")["source"])
            self.clear()

    def test_an_address_with_a_query(self):
        self.define_signed(file=f"{NAME}?download=1")
        self.assertIn(self.vendor.fingerprint, self.made()["source"])

    def test_a_signature_is_verified_where_it_can_be(self):
        self.define_signed()
        self.assertIn(f"signed by {self.vendor.fingerprint}", self.made("--allow-unsigned")["source"])
        self.clear()
        self.define("checksums=SHA512SUMS", "signature=other.gpg")
        self.assert_one_line(self.make("--allow-unsigned"), "no signature of a key")
        self.define_signed(key=False)
        wrong = self.other.export(self.dir / "wrong.gpg")
        self.assert_one_line(self.make("--allow-unsigned", "--keyring", wrong), "no signature of a key")
        manifest = self.made("--allow-unsigned")
        self.assertIn("signature not verified", manifest["source"])
        self.assertIn("its signature was not verified", " ".join(manifest["warnings"]))

    def test_a_further_disk_is_added(self):
        self.define_signed()
        manifest = self.made("--disk", "size=120M", "--disk", "size=32M,label=data",
                             "--disk", "size=16M,fs=swap,layout=gpt", "--cloud-init", "none")
        self.assertEqual([(disk["vdev"], disk.get("fs"), "from" in disk) for disk in manifest["disks"]],
                         [("xvda", None, True), ("xvdb", "ext4", False), ("xvdc", None, False)])
        self.assertEqual([part["fs"] for part in manifest["disks"][2]["partitions"]], ["swap"])
        text = (self.out / "t.cfg").read_text()
        for name in ("t.img", "t-xvdb.img", "t-xvdc.img"):
            self.assertIn(str(self.out / name), text)
        self.assertEqual(test_seed.label(self.out / "t-xvdb.img"), "data")
        subprocess.run(["e2fsck", "-fn", self.out / "t-xvdb.img"], check=True, capture_output=True)
        table = json.loads(subprocess.run(["sfdisk", "--json", self.out / "t-xvdc.img"], check=True,
                                          capture_output=True).stdout)["partitiontable"]
        self.assertEqual((table["label"], len(table["partitions"])), ("gpt", 1))
        done = self.run_program([world.PROGRAM, "delete", self.out / "t.cfg", "--disks", "--yes"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_a_further_disk_that_cannot_be(self):
        self.define_signed()
        first = ["--disk", "size=120M", "--disk"]
        for disk, part in (("fs=ext4", "add size="), ("size=32M,mount=/srv", "leave out mount="),
                           ("size=1M", "the least is 8M"), ("format=xva,size=32M", "xva")):
            with self.subTest(disk=disk):
                self.assert_one_line(self.make(*first, disk), part)
                self.assert_nothing_left()
        done = self.make(*first, "size=32M", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("t-xvdb.img", done.stdout)
        self.assertNotIn("config-missing-file", done.stdout)
        self.assert_nothing_left()

    def test_without_the_cache(self):
        self.define_signed()
        self.made("--no-cache")
        self.assertFalse(self.cache.exists())

    def test_an_image_without_cloud_init_gets_no_seed(self):
        self.define_signed(file="plain.qcow2")
        self.made("--hostname", "web1")
        self.assertFalse((self.out / "t-seed.iso").exists())
        self.assertNotIn("seed", (self.out / "t.cfg").read_text())

    def test_names(self):
        self.define_signed()
        self.define_signed(id="mine", where=self.dir / "share/domuimg/images")
        self.assert_one_line(self.make(id="nosuch"), "nosuch", "cloud1, ", "mine")
        self.assert_one_line(self.make("--arch", "arm64"), "aarch64", "x86_64")
        self.assert_one_line(self.make(id="../x"), "not a valid image name")
        (self.definitions / "bad.conf").write_text("[image]\n[x86_64]\nchecksums=x\n")
        self.assert_one_line(self.make(id="bad"), "bad.conf", "url")
        self.made(id="mine")

    def test_the_list_of_images(self):
        self.define_signed()
        self.define(id="bare", key=False)
        done = self.run_program([world.PROGRAM, "list-images"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^cloud1 +x86_64 +signature +yes +Cloud 1$")
        self.assertRegex(done.stdout, r"(?m)^bare +x86_64 +--allow-unsigned ")
        images = json.loads(self.run_program([world.PROGRAM, "list-images", "--json"]).stdout)["images"]
        self.assertIn({"name": "cloud1", "title": "Cloud 1", "architecture": "x86_64",
                       "url": self.server.url(NAME), "checksum": True, "signed": True, "keys": True,
                       "untried": False}, images)
        for stray in ("my image.conf", ".#cloud1.conf"):
            (self.definitions / stray).write_text("")
        self.assertEqual(self.run_program([world.PROGRAM, "list-images"]).stdout, done.stdout)
        (self.definitions / "bad.conf").write_text("no key file")
        self.assert_one_line(self.run_program([world.PROGRAM, "list-images"]), "bad.conf")

    def test_a_rehearsal(self):
        self.define_signed()
        done = self.make("--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("cloud-init's seed", done.stdout)
        self.assertIn("verdict:", done.stdout)
        self.assert_nothing_left()

    def test_the_cache_cannot_be_written(self):
        self.define_signed()
        self.cache.parent.mkdir()
        self.cache.write_text("")
        self.assert_one_line(self.make(), str(self.cache))
        self.assert_nothing_left()
        self.made("--no-cache")

    def test_another_process_downloads_it(self):
        self.define_signed()
        self.made()
        self.clear()
        whole, = self.cache.iterdir()
        part = whole.with_name(whole.name + ".part")
        whole.unlink()
        with part.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.assert_one_line(self.make(), "another process")
        self.assertTrue(os.path.exists(part))
