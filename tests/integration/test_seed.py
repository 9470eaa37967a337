# SPDX-License-Identifier: LGPL-2.1-or-later
"""Seeds for cloud-init and Ignition: what is in them, by isoinfo and blkid, and what becomes of them."""
import io
import json
import pathlib
import subprocess
import tarfile
import time

import guest
import world

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL0A9kJ3 me@here"


def read(iso, path):
    """A file by its Rock Ridge name."""
    return subprocess.run(["isoinfo", "-R", "-i", iso, "-x", path], check=True, capture_output=True,
                          text=True).stdout


def names(iso, form):
    done = subprocess.run(["isoinfo", form, "-f", "-i", iso], check=True, capture_output=True, text=True)
    return sorted(line.lstrip("/") for line in done.stdout.splitlines())


def label(iso):
    return subprocess.run(["blkid", "-p", "-o", "value", "-s", "LABEL", iso], check=True,
                          capture_output=True, text=True).stdout.strip()


def write_root(path, cloud_init=True, datasources=None):
    guest.write_tar(path)
    files = {"usr/bin/cloud-init": "#!/bin/sh\n"} if cloud_init else {}
    if datasources:
        files["etc/cloud/cloud.cfg.d/90_dpkg.cfg"] = f"datasource_list: [ {datasources} ]\n"
    with tarfile.open(path, "a") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = 0o755, len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return path


@world.need_program("isoinfo", "blkid")
class Seed(world.Case):
    def setUp(self):
        super().setUp()
        self.key = self.dir / "key.pub"
        self.key.write_text(KEY + "\n")
        self.root = write_root(self.dir / "root.tar")
        self.seed = self.out / "t-seed.iso"

    def make(self, *more, **settings):
        return self.run_program(self.command(f"tar:{self.root}", *more, **settings))

    def made(self, *more):
        done = self.make(*more)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())

    def debugfs(self, path):
        return subprocess.run(["debugfs", "-R", f"cat {path}", self.out / "t.img"], check=True,
                              capture_output=True, text=True).stdout

    def test_a_seed_is_made_of_the_specification(self):
        password = self.dir / "password"
        password.write_text("geheim\n")
        manifest = self.made("--cloud-init", "auto", "--hostname", "web1.example.org",
                             "--ssh-key", self.key, "--root-password-file", password,
                             "--nic", "mac=00:16:3e:01:02:03,ip=192.0.2.7/24,gateway=192.0.2.1,dns=192.0.2.53",
                             "--nic", "mac=00:16:3e:01:02:04,ip=dhcp",
                             "--nic", "mac=00:16:3e:01:02:05,ip=none")
        self.assertEqual(label(self.seed), "CIDATA")
        for form in ("-R", "-J"):
            self.assertEqual(names(self.seed, form), ["meta-data", "network-config", "user-data"])
        meta = json.loads(read(self.seed, "/meta-data"))
        self.assertEqual(meta, {"instance-id": manifest["uuid"], "local-hostname": "web1.example.org",
                                "public-keys": [KEY]})
        network = json.loads(read(self.seed, "/network-config"))
        self.assertEqual(network["version"], 1)
        self.assertEqual([(nic["mac_address"], nic["subnets"]) for nic in network["config"]], [
            ("00:16:3e:01:02:03", [{"type": "static", "address": "192.0.2.7/24",
                                    "gateway": "192.0.2.1", "dns_nameservers": ["192.0.2.53"]}]),
            ("00:16:3e:01:02:04", [{"type": "dhcp"}]),
            ("00:16:3e:01:02:05", [{"type": "manual"}])])
        head, _, config = read(self.seed, "/user-data").partition("\n")
        self.assertEqual(head, "#cloud-config")
        config = json.loads(config)
        self.assertIs(config["disable_root"], False)
        self.assertEqual(config["locale"], "false")
        # Old versions of cloud-init know the one, new ones prefer the other.
        user, = config["chpasswd"]["users"]
        self.assertEqual(config["chpasswd"]["list"], [f"root:{user['password']}"])
        self.assertEqual((user["name"], user["type"], user["password"][:3]), ("root", "hash", "$6$"))
        # cloud-init does it, and nobody else.
        self.assertNotIn("$6$", self.debugfs("/etc/shadow"))
        self.assertNotIn(KEY, self.debugfs("/root/.ssh/authorized_keys"))

    def test_the_same_is_the_same_at_another_time(self):
        found = []
        for form in ("nocloud", "config-drive"):
            for _ in range(2):
                self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
                self.made("--cloud-init", f"format={form}", "--nic", "mac=00:16:3e:01:02:03")
                found.append(self.seed.read_bytes())
                for path in self.out.iterdir():
                    path.unlink()
                time.sleep(1.1)  # an image knows seconds
        self.assertEqual(found[0], found[1])
        self.assertEqual(found[2], found[3])
        self.assertNotEqual(found[0], found[2])

    def test_it_is_private_and_named_in_everything(self):
        manifest = self.made("--cloud-init", "auto")
        self.assertEqual(self.seed.stat().st_mode & 0o777, 0o600)
        for suffix in ("cfg", "xml"):
            self.assertIn(str(self.seed), (self.out / f"t.{suffix}").read_text())
        entry = manifest["disks"][-1]
        self.assertEqual((entry["path"], entry["vdev"], entry["fs"], entry["size"]),
                         (str(self.seed), "xvdz", "iso9660", self.seed.stat().st_size))
        report = self.run_program([world.PROGRAM, "check", "--json", self.out / "t.cfg"])
        self.assertNotIn("login-nobody", report.stdout)
        self.assertNotIn("image-unreadable", report.stdout)

    def test_what_nobody_asked_for_is_left_to_the_guest(self):
        self.made("--cloud-init", "auto")
        self.assertEqual(json.loads(read(self.seed, "/user-data").partition("\n")[2]), {"locale": "false"})

    def test_it_is_deleted_with_the_disks(self):
        self.made("--cloud-init", "auto")
        done = self.run_program([world.PROGRAM, "delete", self.out / "t.cfg", "--disks", "--yes"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"removed {self.seed}", done.stdout)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_files_of_the_users_stay_as_they_are(self):
        texts = {"user-data": "#!/bin/sh\ntouch /x\n", "network-config": "version: 2\n"}
        for name, text in texts.items():
            (self.dir / name).write_text(text)
        self.made("--cloud-init", ",".join(f"{name}={self.dir / name}" for name in texts),
                  "--ssh-key", self.key)
        for name, text in texts.items():
            self.assertEqual(read(self.seed, f"/{name}"), text)
        # What the specification says is the vendor's then.
        self.assertIn('"disable_root" : false', read(self.seed, "/vendor-data"))
        self.assertIn(KEY, read(self.seed, "/meta-data"))

    def test_meta_data_of_the_users_leaves_the_host_name_to_the_guest(self):
        meta = self.dir / "meta-data"
        meta.write_text("instance-id: i-1\n")
        self.made("--cloud-init", f"meta-data={meta}")
        self.assertEqual(read(self.seed, "/meta-data"), meta.read_text())
        self.assertEqual(self.debugfs("/etc/hostname"), "t\n")

    def test_a_config_drive(self):
        self.made("--cloud-init", "format=config-drive", "--ssh-key", self.key,
                  "--nic", "mac=00:16:3e:01:02:03,ip=192.0.2.7/20,gateway=192.0.2.1,dns=192.0.2.53")
        self.assertEqual(label(self.seed), "config-2")
        at = "/openstack/latest/"
        meta = json.loads(read(self.seed, at + "meta_data.json"))
        self.assertEqual((meta["hostname"], meta["public_keys"]), ("t", {"key-0": KEY}))
        network = json.loads(read(self.seed, at + "network_data.json"))
        self.assertEqual(network["links"][0]["ethernet_mac_address"], "00:16:3e:01:02:03")
        self.assertEqual(network["networks"][0]["netmask"], "255.255.240.0")
        self.assertEqual(network["services"], [{"type": "dns", "address": "192.0.2.53"}])
        self.assertTrue(read(self.seed, at + "user_data").startswith("#cloud-config\n"))

    def test_ignition(self):
        config = self.dir / "config.ign"
        config.write_text('{"ignition": {"version": "3.3.0"}}')
        manifest = self.made("--ignition", config)
        self.assertEqual(label(self.seed), "config-2")
        self.assertEqual(read(self.seed, "/openstack/latest/user_data"), config.read_text())
        self.assertIn("ignition.platform.id=openstack", " ".join(manifest["warnings"]))

    def test_a_guest_without_cloud_init_is_told_of_and_customised(self):
        self.root = write_root(self.dir / "plain.tar", cloud_init=False)
        manifest = self.made("--cloud-init", "auto", "--ssh-key", self.key)
        self.assertIn("no cloud-init", " ".join(manifest["warnings"]))
        self.assertIn(KEY, self.debugfs("/root/.ssh/authorized_keys"))

    def test_a_cloud_init_that_does_not_look_for_the_seed(self):
        self.root = write_root(self.dir / "ec2.tar", datasources="Ec2, None")
        manifest = self.made("--cloud-init", "auto", "--ssh-key", self.key)
        self.assertIn("datasource_list", " ".join(manifest["warnings"]))
        self.assertIn(KEY, self.debugfs("/root/.ssh/authorized_keys"))

    def test_what_cannot_be(self):
        text = self.dir / "text"
        text.write_text("hello\n")
        missing = self.dir / "missing"
        for words, parts in (
                (["--cloud-init", f"user-data={missing}"], [str(missing), "cannot be read"]),
                (["--cloud-init", "format=iso"], ["format=iso", "nocloud or config-drive"]),
                (["--cloud-init", "userdata=x"], ["userdata=", "user-data="]),
                (["--cloud-init", "auto", "--ignition", text], ["exclude each other"]),
                (["--cloud-init", f"user-data={text},vendor-data={text}", "--root-password", "generate"],
                 ["root-password would go", "vendor-data="]),
                (["--cloud-init", f"user-data={text},vendor-data={text}", "--ssh-key", self.key],
                 ["ssh-key would go", "vendor-data="]),
                (["--cloud-init", f"meta-data={text}", "--ssh-key", self.key],
                 ["ssh-key would go", "meta-data="]),
                (["--cloud-init", f"format=config-drive,meta-data={text}", "--hostname", "web1"],
                 ["hostname would go", "meta-data="])):
            with self.subTest(words=words):
                self.assert_one_line(self.make(*words), *parts)
                self.assert_nothing_left()
        manifest = self.made("--cloud-init", text)
        self.assertIn("does not begin with #cloud-config", " ".join(manifest["warnings"]))

    def test_a_plan_and_no_seed(self):
        done = self.make("--cloud-init", "auto", "--dry-run")
        self.assertIn(f"write {self.seed}, cloud-init's seed, and attach it as xvdz", done.stdout)
        self.assert_nothing_left()
        self.made("--cloud-init", "none")
        self.assertFalse(pathlib.Path(self.seed).exists())

    def test_the_name_that_a_disk_has_is_left_to_it(self):
        self.made("--cloud-init", "auto", "--disk", "size=64M", "--disk", "size=16M,vdev=xvdz")
        self.assertIn("vdev=xvdy", (self.out / "t.cfg").read_text())

    def test_a_failure_leaves_nothing(self):
        huge = self.dir / "huge"
        with huge.open("wb") as file:
            file.truncate(17 << 20)
        self.assert_one_line(self.make("--cloud-init", f"user-data={huge}"), str(huge), "too large")
        self.assert_nothing_left()
