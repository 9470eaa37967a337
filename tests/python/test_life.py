# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest after it was made: shown, and given another name."""

import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import unittest.mock

import domuimg
import guest


class Life(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = pathlib.Path(directory.name).resolve()
        self.out = self.dir / "out"
        state = unittest.mock.patch.dict(os.environ, DOMUIMG_STATE_DIR=str(self.dir / "state"),
                                         DOMUIMG_GUESTS_DIR=str(self.dir / "known"))
        state.start()
        self.addCleanup(state.stop)
        self.root = guest.write_tar(self.dir / "root.tar")
        self.kernel = guest.write_kernel(self.dir / "vmlinuz")

    def make(self, name="web1", **more):
        settings = {"disk": "size=64M", "dir": self.out, **more}
        return domuimg.create(name, source=f"tar:{self.root}", kernel=f"file:{self.kernel}", type="pv",
                              **settings)

    def files(self):
        return {path.name: path.read_bytes() for path in self.out.iterdir()}


class Shown(Life):
    def test_what_it_is(self):
        made = self.make()
        shown = domuimg.show("web1", dir=self.out)
        self.assertEqual((shown.name, shown.manifest_path), ("web1", made.manifest_path))
        image = os.stat(made.image_path)
        self.assertEqual(shown.disk_usage, image.st_blocks * 512)
        now = shown.details["now"]
        self.assertEqual(now["disk_usage"], shown.disk_usage)
        self.assertEqual({file["role"]: (file["path"], file["mode"]) for file in now["files"]}, {
            "disk": (made.image_path, "0600"), "kernel": (made.kernel_path, "0644"),
            "xl.cfg": (made.config_path, "0644"), "libvirt": (made.xml_path, "0644"),
            "manifest": (made.manifest_path, "0644")})
        self.assertEqual(shown.details["spec"]["disk"], ["size=64M"])
        self.assertIn("disk=size=64M", str(shown))
        self.assertEqual(shown.details["directory"], os.getcwd())
        self.assertRegex(shown.details["made"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_by_its_configuration_and_manifest(self):
        made = self.make()
        os.unlink(made.kernel_path)
        for path in made.config_path, made.manifest_path:
            shown = domuimg.show(path)
            self.assertEqual(shown.name, "web1")
            self.assertIn(f"{made.kernel_path} (missing)", str(shown))

    def test_no_hypervisor_is_no_state(self):
        self.make()
        shown = domuimg.show("web1", dir=self.out, connect="nonsense:///")
        self.assertEqual((shown.state, shown.details["now"]["domid"]), ("unknown", -1))
        self.assertTrue(shown.details["now"]["state_unknown_because"])

    def test_none(self):
        with self.assertRaisesRegex(domuimg.NotFound, "absent"):
            domuimg.show("absent", dir=self.dir)


class Listed(Life):
    def test_wherever_it_was_made(self):
        made = self.make(nic="ip=192.0.2.7/24,gateway=192.0.2.1", hostname="web1.example.org")
        self.make("db1")
        found = domuimg.inventory()
        guests = {one["name"]: one for one in found.guests}
        web = guests["web1"]
        self.assertEqual((web["manifest"], web["config"], web["address"], web["base"], web["disk_usage"]),
                         (made.manifest_path, made.config_path, "192.0.2.7", None,
                          os.stat(made.image_path).st_blocks * 512))
        self.assertEqual(found.hosts, "192.0.2.7 web1.example.org web1\n")
        self.assertIn(f"\nweb1 ansible_host='192.0.2.7' domuimg_name='web1' domuimg_uuid='{made.uuid}'",
                      found.ansible)
        self.assertRegex(str(found), r"(?m)^db1 +- (unknown|off) .* 0m  /.*/db1.cfg$")
        if not os.path.exists("/proc/xen/capabilities"):
            self.assertEqual({one["state"] for one in found.guests}, {"unknown"})

    def test_of_a_directory(self):
        self.make()
        self.assertEqual(domuimg.inventory(dir=self.dir).guests, [])
        (self.out / "other.json").write_text('{"a": 1}')
        (self.out / "db1.json").write_text('{"domuimg": "0.1.0", "name"')
        found = domuimg.inventory(dir=self.out)
        self.assertEqual([one["name"] for one in found.guests], ["web1"])
        self.assertEqual(len(found.problems), 1)
        self.assertIn("db1.json", found.problems[0])

    def test_what_is_gone_is_not_listed(self):
        made = self.make()
        domuimg.delete(made.config_path, disks=True)
        self.assertNotIn("web1", [one["name"] for one in domuimg.inventory().guests])

    def make_overlay(self, name, base):
        """A guest whose disk lies over another's."""
        made = self.make(name)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, made.image_path],
                       check=True)
        manifest = json.loads(pathlib.Path(made.manifest_path).read_text())
        manifest["disks"][0]["format"] = "qcow2"
        pathlib.Path(made.manifest_path).write_text(json.dumps(manifest))
        return made

    @unittest.skipUnless(shutil.which("qemu-img"), "qemu-img is not installed")
    def test_what_lies_over_another_comes_below_it(self):
        golden = self.make("golden")
        self.make_overlay("a1", golden.image_path)
        found = domuimg.inventory()
        one = next(one for one in found.guests if one["name"] == "a1")
        self.assertEqual((one["base"], one["base_guest"]), (golden.image_path, "golden"))
        self.assertEqual([line.split(" - ")[0].rstrip() for line in str(found).splitlines()[1:]
                          if line.split()[0] in ("golden", "a1")], ["golden", "  a1"])
        for refused in (lambda: domuimg.delete(golden.config_path, disks=True),
                        lambda: domuimg.rename("golden", "new", dir=self.out)):
            with self.assertRaisesRegex(domuimg.Busy, "a1"):
                refused()
        self.assertTrue(os.path.exists(golden.image_path))

    @unittest.skipUnless(shutil.which("qemu-img"), "qemu-img is not installed")
    def test_what_others_lie_over_is_known_by_any_path(self):
        self.out.mkdir(exist_ok=True)
        (self.dir / "link").symlink_to(self.out)
        golden = self.make("golden", dir=self.dir / "link")
        self.make_overlay("a1", str(self.out / "golden.img"))
        for refused in (lambda: domuimg.delete(golden.config_path, disks=True),
                        lambda: self.make("golden", dir=self.dir / "link", force=True),
                        # Its manifest is not what says what is replaced.
                        lambda: self.make("other", disk=f"path={golden.image_path},size=64M", force=True),
                        lambda: domuimg.run(golden.config_path, check=False, connect="test:///default")):
            with self.assertRaisesRegex(domuimg.Busy, "a1"):
                refused()


    def test_a_manifest_that_is_too_deep_is_damaged(self):
        self.out.mkdir(exist_ok=True)
        (self.out / "deep.json").write_text('{"domuimg":' + "[" * 300_000)
        with self.assertRaisesRegex(domuimg.CorruptInput, "deep.json"):
            domuimg.show(self.out / "deep.json")


class Renamed(Life):
    def test_every_file_and_what_they_say(self):
        self.make(disk=["size=64M", "size=32M,mount=/data"])
        before = self.files()
        done = domuimg.rename("web1", "www", dir=self.out)
        self.assertIn(f"renamed {self.out}/web1.img to {self.out}/www.img", done)
        after = self.files()
        self.assertEqual({name.replace("web1", "www") for name in before}, set(after))
        for name in ".img", "-xvdb.img", ".vmlinuz":
            self.assertEqual(before["web1" + name], after["www" + name])
        for name in ".cfg", ".xml":
            self.assertEqual(before["web1" + name].replace(b"web1", b"www"), after["www" + name])
        manifest = json.loads(after["www.json"])
        self.assertEqual(manifest["spec"].pop("hostname"), "web1")
        self.assertEqual(json.dumps(json.loads(before["web1.json"])).replace("web1", "www"),
                         json.dumps(manifest))
        self.assertEqual(domuimg.check(self.out / "www.cfg").verdict, "unknown")

    def test_a_disk_of_its_own_keeps_its_name(self):
        path = self.out / "web1-data.img"
        self.make(disk=["size=64M", f"size=32M,mount=/data,path={path}"])
        done = domuimg.rename("web1", "www", dir=self.out)
        self.assertIn(f"{path} keeps its name", done)
        self.assertTrue(path.exists())
        self.assertIn(str(path), (self.out / "www.cfg").read_text())

    def test_only_said(self):
        self.make()
        before = self.files()
        self.assertIn(f"would rename {self.out}/web1.img to {self.out}/www.img",
                      domuimg.rename("web1", "www", dir=self.out, dry_run=True))
        self.assertEqual(before, self.files())

    def test_refused(self):
        self.make()
        self.make("www")
        before = self.files()
        with self.assertRaises(domuimg.Exists):
            domuimg.rename("web1", "www", dir=self.out)
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.rename("web1", "a/b", dir=self.out)
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.rename("web1", "web1", dir=self.out)
        with open(self.out / "web1.img", "r+b"), self.assertRaises(domuimg.Busy):
            domuimg.rename("web1", "new", dir=self.out)
        cancellable = domuimg.Cancellable()
        cancellable.cancel()
        with self.assertRaises(domuimg.Cancelled):
            domuimg.rename("web1", "new", dir=self.out, cancellable=cancellable)
        self.assertEqual(before, self.files())

    def test_a_running_one(self):
        # What libvirt's test driver has always running; one of its name with another UUID would be another guest.
        self.make("test", uuid="6695eb01-f6a4-8304-79aa-97f2502e193f")
        with self.assertRaisesRegex((domuimg.Busy, domuimg.NotSupported), "running|without libvirt"):
            domuimg.rename("test", "new", dir=self.out, connect="test:///default")
        self.assertTrue((self.out / "test.cfg").exists())


class Addresses(Life):
    NETWORK = "ip=auto:192.0.2.0/29,gateway=192.0.2.1"

    def address(self, made):
        return made.details["nics"][0]["address"]

    def test_each_is_given_once_and_freed_by_delete(self):
        made = [self.make(name, nic=self.NETWORK) for name in ("a", "b")]
        self.assertEqual([self.address(one) for one in made], ["192.0.2.2", "192.0.2.3"])
        domuimg.rename("a", "z", dir=self.out)
        self.assertEqual(domuimg.rebuild("z", dir=self.out).details["nics"][0]["address"], "192.0.2.2")
        self.assertIn("gave back the address 192.0.2.2",
                      " ".join(domuimg.delete(self.out / "z.cfg", disks=True)))
        self.assertEqual(self.address(self.make("c", nic=self.NETWORK)), "192.0.2.2")
        self.assertEqual(self.address(self.make("b", nic=self.NETWORK, force=True)), "192.0.2.3")
        # What somebody was given by hand, and the gateway of others.
        self.make("d", nic="ip=192.0.2.4/29")
        self.assertEqual(self.address(self.make("e", nic="ip=auto:192.0.2.0/29")), "192.0.2.5")

    def test_what_is_not_made_gives_it_back(self):
        before = self.make("a", nic=self.NETWORK)
        with self.assertRaises(domuimg.NoSpace):
            self.make("b", nic=self.NETWORK, disk="size=8M")
        self.assertEqual(self.address(self.make("c", nic=self.NETWORK)), "192.0.2.3")
        self.assertEqual(self.address(before), "192.0.2.2")

    def test_a_file_that_is_full(self):
        pool = self.dir / "pool"
        pool.write_text("# ours\nnetwork 192.0.2.0/24\nrange 192.0.2.9 192.0.2.10\ngateway 192.0.2.1\n"
                        "dns 192.0.2.9\nlease 192.0.2.1")
        self.assertEqual(self.address(self.make("a", nic=f"ip=auto:{pool}")), "192.0.2.9")
        self.assertEqual(self.address(self.make("b", nic=f"ip=auto:{pool}")), "192.0.2.10")
        for name in "c", "d":
            with self.assertRaisesRegex(domuimg.NoSpace, f"{pool} is full"):
                self.make(name, nic=f"ip=auto:{pool}")
        self.assertEqual(pool.read_text().count("lease 192.0.2.9 "), 1)

    def test_two_at_once(self):
        program = [sys.executable, "-c", "import domuimg, sys; print(domuimg.create(sys.argv[1], source=sys.argv[2],"
                   " kernel=sys.argv[3], type='pv', dir=sys.argv[4], disk='size=64M', nic=sys.argv[5])"
                   ".details['nics'][0]['address'])"]
        running = [subprocess.Popen([*program, f"g{i}", f"tar:{self.root}", f"file:{self.kernel}", self.out,
                                     self.NETWORK], stdout=subprocess.PIPE, text=True) for i in range(4)]
        said = [one.communicate()[0].strip() for one in running]
        self.assertEqual(sorted(said), ["192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"])

    def test_refused(self):
        for nic, words in (("ip=auto:", "needs a pool"), (f"ip=auto:{self.dir}/none", "none"),
                           (f"ip=auto:{self.root}", "root.tar")):
            with self.assertRaisesRegex(domuimg.Error, words):
                self.make(nic=nic)
        self.assertFalse(self.out.exists())


STATUS = """Package: {name}
Status: install ok installed
Architecture: amd64
Version: {version}

"""


class MadeAgain(Life):
    def write_root(self, packages):
        guest.write_tar(self.root)
        status = "".join(STATUS.format(name=name, version=version) for name, version in packages.items())
        with tarfile.open(self.root, "a", format=tarfile.PAX_FORMAT) as tar:
            file = tarfile.TarInfo("var/lib/dpkg/status")
            file.size = len(status)
            tar.addfile(file, io.BytesIO(status.encode()))

    def test_with_what_it_had_and_what_is_new(self):
        self.write_root({"bash": "5.1", "old": "1"})
        made = self.make(disk=["size=64M", "size=32M,fs=ext4,mount=/data"], nic="bridge=br7")
        data = self.out / "web1-xvdb.img"
        with data.open("r+b") as file:
            file.seek(20 << 20)
            file.write(b"precious")
        before, label = data.read_bytes(), os.stat(data)
        self.write_root({"bash": "5.2", "new": "1"})
        again = domuimg.rebuild("web1", dir=self.out)
        self.assertEqual(again.changes, ["package bash:amd64: 5.1 → 5.2", "new package new:amd64 1",
                                         "package old:amd64 is gone"])
        self.assertEqual(again.kept, [str(data)])
        self.assertEqual((data.read_bytes(), os.stat(data).st_ino), (before, label.st_ino))
        details = json.loads(pathlib.Path(made.manifest_path).read_text())
        self.assertEqual([details["uuid"], details["nics"][0]["mac"], details["nics"][0]["bridge"]],
                         [made.uuid, made.details["nics"][0]["mac"], "br7"])
        self.assertEqual(details["disks"][1], made.details["disks"][1])
        fstab = subprocess.run(["debugfs", "-R", "cat /etc/fstab", self.out / "web1.img"], check=True,
                               capture_output=True, text=True).stdout
        self.assertIn(f"UUID={made.details['disks'][1]['uuid']} /data", fstab)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()),
                         sorted("web1" + end for end in
                                (".img", "-xvdb.img", ".cfg", ".xml", ".json", ".vmlinuz")))
        self.assertEqual(domuimg.rebuild(made.config_path).changes, [])
        config = pathlib.Path(made.config_path)
        config.write_text(config.read_text() + 'on_crash = "preserve"\n')
        self.assertEqual(domuimg.rebuild(made.config_path).changes, [f'{config}: gone: on_crash = "preserve"'])

    def test_from_another_directory(self):
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(self.dir)
        domuimg.create("web1", source="tar:root.tar", kernel="file:vmlinuz", type="pv", dir="out", disk="size=64M")
        os.chdir("/")
        domuimg.rebuild("web1", dir=self.out)
        self.assertEqual(domuimg.show("web1", dir=self.out).details["spec"]["from"], f"tar:{self.root}")

    def refused(self, error, words, **more):
        before = self.files()
        with self.assertRaisesRegex(error, words):
            domuimg.rebuild("web1", dir=self.out, **more)
        self.assertEqual(before, self.files())

    def test_what_is_missing_is_named(self):
        key = self.dir / "key.pub"
        key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDqpT0EoOYzZ3B2C2w8XQ3Uq0fEo8y2lV4Z2V6XH9dGJ me\n")
        self.make(ssh_key=str(key))
        os.unlink(key)
        os.unlink(self.root)
        self.refused(domuimg.NotFound, "root.tar .--from., .*key.pub .--ssh-key. cannot be found")

    def test_secrets_are_asked_for(self):
        secret = self.dir / "secret"
        secret.write_text("first\n")
        self.make(root_password_file=secret)
        os.unlink(secret)
        self.refused(domuimg.NotFound, "--root-password-file")
        other = self.dir / "other"
        other.write_text("second\n")
        domuimg.rebuild("web1", dir=self.out, root_password_file=other)
        self.assertNotIn("second", (self.out / "web1.json").read_text())

    def test_the_old_one_stays_unless_the_new_one_boots(self):
        self.make()
        guest.write_tar(self.root)
        with tarfile.open(self.root, "w") as tar:
            for name in ("etc", "usr", "usr/bin"):
                file = tarfile.TarInfo(name)
                file.type, file.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(file)
        self.refused(domuimg.NotBootable, "")

    def test_a_disk_of_the_system(self):
        self.make(disk=["size=64M", "size=32M,fs=ext4,mount=/var"])
        self.refused(domuimg.NotSupported, "/var")

    def test_a_missing_disk_of_data(self):
        self.make(disk=["size=64M", "size=32M,fs=ext4,mount=/data"])
        os.unlink(self.out / "web1-xvdb.img")
        self.refused(domuimg.NotFound, "web1-xvdb.img is missing")

    def test_one_in_use(self):
        self.make()
        with open(self.out / "web1.img", "r+b"):
            self.refused(domuimg.Busy, "in use")

    def test_after_a_new_name(self):
        self.make(disk=["size=64M", "size=32M,fs=ext4,mount=/data"])
        domuimg.rename("web1", "www", dir=self.out)
        again = domuimg.rebuild("www", dir=self.out)
        self.assertEqual(again.kept, [str(self.out / "www-xvdb.img")])
        hostname = subprocess.run(["debugfs", "-R", "cat /etc/hostname", self.out / "www.img"], check=True,
                                  capture_output=True, text=True).stdout
        self.assertEqual(hostname, "web1\n")


if __name__ == "__main__":
    unittest.main()
