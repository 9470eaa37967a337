# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clones: machines of their own that share what they can, and leave what they are made of as it is."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest

import archives
import compare
import guest
import world

MACHINE_ID = "0123456789abcdef0123456789abcdef"
OLD_MAC = "00:16:3e:00:00:01"
KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nof the golden image\n"


def golden(path):
    """The root of a guest that somebody has used."""
    archives.plain(path)
    with tarfile.open(path, "a") as tar:
        for name, data in {
            "etc/machine-id": MACHINE_ID.encode() + b"\n",
            "etc/hostname": b"goldenhost\n",
            "etc/hosts": b"127.0.0.1\tlocalhost\n127.0.1.1\tgoldenhost\n192.0.2.7\tgoldenhost other\n",
            "etc/systemd/network/10-lan.network":
                f"[Match]\nMACAddress={OLD_MAC.upper()}\n\n[Network]\nAddress=192.0.2.9/24\n".encode(),
            "etc/ssh/ssh_host_ed25519_key": KEY,
            "usr/sbin/sshd": b"\x7fELF",
            "var/log/syslog": b"goldenhost said this\n",
            "var/log/wtmp": b"somebody logged in",
            "var/log/journal/" + MACHINE_ID + "/system.journal": b"LPKSHHRH",
            "root/.bash_history": b"secret command\n",
            "home/ann/.bash_history": b"another\n",
            "var/lib/dhcp/dhclient.eth0.leases": b"lease {}\n",
            "var/spool/cron/crontabs/ann": b"* * * * * true\n",
            "usr/lib/systemd/system/serial-getty@.service": b"[Service]\nExecStart=-/sbin/agetty\n",
            "usr/lib/systemd/systemd-networkd": b"\x7fELF",
        }.items():
            archives.add_file(tar, name, data)
        for name in ("systemd", "system-generators/systemd-getty-generator"):
            archives.add_file(tar, f"usr/lib/systemd/{name}", guest.program(), 0o755)
        archives.add_file(tar, "sbin/agetty", guest.program(), 0o755)
        archives.add_link(tar, "sbin/init", "../usr/lib/systemd/systemd", tarfile.SYMTYPE)
    return path


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


class Files:
    """The files of an ext filesystem in an image, read by debugfs."""

    def __init__(self, image):
        self.image = image

    def ask(self, request):
        return subprocess.run(["debugfs", "-R", request, str(self.image)], check=True,
                              capture_output=True, errors="replace", text=True)

    def read(self, path):
        done = self.ask(f'cat "{path}"')
        return None if "File not found" in done.stderr else done.stdout


@world.need_root()
@world.need_program("qemu-img", "e2fsck", "debugfs")
class Clone(world.Case):
    def setUp(self):
        super().setUp()
        self.image = self.create(f"tar:{golden(self.dir / 'root.tar')}", "--disk", "size=64M", "--nic",
                                 f"mac={OLD_MAC}", name="gold")
        self.before = digest(self.image)

    def clone(self, *words, source="gold", source_dir=None):
        where = ["--source-dir", str(self.out)] if source_dir is None else source_dir
        return self.run_program([str(world.PROGRAM), "clone", str(source), *where, "--dir", str(self.out),
                                 "--progress", "none", *map(str, words)])

    def must_clone(self, *words, **settings):
        done = self.clone(*words, "--json", **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(digest(self.image), self.before)
        self.assertEqual(json.loads(done.stdout)["json_version"], 1)
        return json.loads(done.stdout)["clones"]

    def open(self, disk):
        """Its files, once foreign judges have nothing to say."""
        disk = pathlib.Path(disk)
        flat = self.dir / f"{disk.stem}.flat"
        if disk.suffix == ".qcow2":
            subprocess.run(["qemu-img", "check", "-q", str(disk)], check=True)
        subprocess.run(["qemu-img", "convert", "-O", "raw", str(disk), str(flat)], check=True)
        subprocess.run(["e2fsck", "-fn", str(flat)], check=True, capture_output=True)
        return Files(flat)

    def judge(self, made):
        files = self.open(made["disks"][0])
        manifest = json.loads(pathlib.Path(made["manifest"]).read_text())
        mac = manifest["nics"][0]["mac"]
        self.assertNotEqual(mac, OLD_MAC)
        self.assertIn(f"mac={mac}", pathlib.Path(made["config"]).read_text())
        self.assertEqual(files.read("/etc/hostname"), made["name"] + "\n")
        self.assertEqual(files.read("/etc/hosts"),
                         f"127.0.0.1\tlocalhost\n127.0.1.1\t{made['name']}\n192.0.2.7\tother\n")
        self.assertEqual(files.read("/etc/systemd/network/10-lan.network"),
                         f"[Match]\nMACAddress={mac}\n\n[Network]\nAddress=192.0.2.9/24\n")
        self.assertEqual(files.read("/etc/machine-id"), "")
        self.assertEqual(files.read("/var/log/wtmp"), "")
        for gone in ("/etc/ssh/ssh_host_ed25519_key", "/var/log/syslog", f"/var/log/journal/{MACHINE_ID}",
                     "/root/.bash_history", "/home/ann/.bash_history", "/var/lib/dhcp/dhclient.eth0.leases",
                     "/var/spool/cron/crontabs/ann"):
            self.assertIsNone(files.read(gone), gone)
        self.assertIn("ssh-keygen", files.read("/etc/systemd/system/domuimg-ssh-host-keys.service"))
        return manifest

    def test_each_way_to_copy(self):
        for way in ("overlay", "sparse"):
            with self.subTest(way):
                made, = self.must_clone(f"by-{way}", "--copy", way)
                manifest = self.judge(made)
                self.assertEqual(manifest["disks"][0].get("base", {}).get("path"),
                                 str(self.image) if way == "overlay" else None)
        self.assert_one_line(self.clone("other", "--copy", "tape"), "tape", "overlay")

    def test_blocks_are_shared_where_that_can_be(self):
        for fs, make in (("xfs", ["mkfs.xfs", "-q", "-m", "reflink=1"]), ("btrfs", ["mkfs.btrfs", "-q"])):
            if shutil.which(make[0]) is None:
                continue
            with self.subTest(fs):
                disk = self.dir / fs
                with open(disk, "wb") as file:
                    file.truncate(400 << 20)
                subprocess.run([*make, str(disk)], check=True, capture_output=True)
                where = self.dir / f"{fs}.mounted"
                where.mkdir()
                with compare.mounted(disk, "rw", where):
                    shutil.copy(self.image, where / "gold.img")
                    os.sync()
                    before = shutil.disk_usage(where).free
                    done = self.run_program([str(world.PROGRAM), "clone", str(where / "gold.img"), "--dir", str(where),
                                             "--count", "5", "--name", "n%d", "--json"])
                    self.assertEqual(done.returncode, 0, done.stderr)
                    said = json.loads(done.stdout)
                    self.assertEqual(said["copies"], ["reflink"])
                    os.sync()
                    self.assertLess(before - shutil.disk_usage(where).free, 3 << 20)
                    self.assertEqual(self.open(said["clones"][4]["disks"][0]).read("/etc/hostname"), "n5\n")
                    self.assertEqual(digest(where / "gold.img"), self.before)

    def test_a_root_that_another_linux_opens(self):
        if shutil.which("mkfs.xfs") is None:
            self.skipTest("mkfs.xfs is not installed")
        self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=400M,fs=xfs", name="other")
        made, = self.must_clone("byxfs", source="other")
        self.assertTrue(made["disks"][0].endswith(".img"))
        with compare.mounted(made["disks"][0], "nouuid,norecovery,ro") as root:
            self.assertEqual((root / "etc/hostname").read_text(), "byxfs\n")
            self.assertEqual((root / "etc/machine-id").read_text(), "")
        self.assert_one_line(self.clone("byxfs2", "--copy", "overlay", source="other"), "xfs", "overlay")

    def test_an_overlay_has_only_what_is_changed(self):
        made, = self.must_clone("small")
        self.assertLess(pathlib.Path(made["disks"][0]).stat().st_blocks * 512, 300_000)
        extents = json.loads(subprocess.run(["qemu-img", "map", "--output=json", made["disks"][0]], check=True,
                                            capture_output=True).stdout)
        self.assertLess(sum(one["length"] for one in extents if one["depth"] == 0), 300_000)

    def test_many_are_all_different(self):
        made = self.must_clone("--count", "12", "--name", "web%02d", "--memory", "300")
        self.assertEqual([one["name"] for one in made], [f"web{n:02}" for n in range(1, 13)])
        manifests = [self.judge(one) for one in made]
        self.assertEqual(len({one["uuid"] for one in manifests}), 12)
        self.assertEqual(len({one["nics"][0]["mac"] for one in manifests}), 12)
        self.assertEqual({one["memory"] for one in manifests}, {300 << 20})
        self.assertEqual(self.journals(), [])

    def test_a_clone_of_a_clone(self):
        first, = self.must_clone("first")
        second, = self.must_clone("second", source="first")
        self.judge(second)
        # What lies below has changed: everything above of it is damaged, and that is said.
        with open(first["disks"][0], "r+b") as file:
            file.seek(1024)
            file.write(b"\0" * 64)
        self.assert_one_line(self.clone("third", source="second"), "first.qcow2", "was changed")
        self.assert_one_line(self.run_program([str(world.PROGRAM), "run", second["config"]]), "first.qcow2",
                             "was changed")

    def test_each_is_checked(self):
        """By its own files and configuration, the first and the others."""
        table = self.dir / "hosts.csv"
        table.write_text("name,vcpus\nfirst,1\nsecond,2\n")
        for made in self.must_clone("--each", table):
            manifest = json.loads(pathlib.Path(made["manifest"]).read_text())
            said = json.loads(self.run_program([str(world.PROGRAM), "check", made["config"], "--json"]).stdout)
            del said["json_version"]
            self.assertEqual(manifest["check"], said)
            self.assertEqual([made["verdict"], made["check"]["verdict"], manifest["verdict"]],
                             [said["verdict"]] * 3)
        self.assertEqual(said["verdict"], "unknown")
        before = world.snapshot(self.out)
        with compare.mounted(self.image, "rw") as root:
            (root / "usr/lib/systemd/systemd").chmod(0o644)
        self.before = digest(self.image)
        before["gold.img"] = self.image.read_bytes()
        self.assert_one_line(self.clone("broken"), "broken: ", "[init-not-executable]", "--allow-unbootable")
        self.assertEqual(world.snapshot(self.out), before)
        broken, = self.must_clone("broken", "--allow-unbootable")
        self.assertEqual(broken["verdict"], "fails")
        done = self.clone("--count", "2", "--name", "b%d", "--allow-unbootable")
        self.assertEqual(done.stdout.count("(fails)"), 2)
        self.assertEqual(done.stdout.count("init-not-executable"), 1)

    def test_cleaners_are_chosen(self):
        made, = self.must_clone("kept", "--identity", "-logs,-machine-id,ssh-userdir")
        files = self.open(made["disks"][0])
        self.assertEqual(files.read("/etc/machine-id"), MACHINE_ID + "\n")
        self.assertEqual(files.read("/var/log/syslog"), "goldenhost said this\n")
        made, = self.must_clone("same", "--identity", "none")
        files = self.open(made["disks"][0])
        self.assertEqual(files.read("/etc/hostname"), "goldenhost\n")
        self.assertEqual(files.read("/etc/ssh/ssh_host_ed25519_key"), KEY.decode())
        self.assert_one_line(self.clone("other", "--identity", "soul"), "soul", "cleaner")

    def test_an_address_of_its_own(self):
        made, = self.must_clone("static", "--nic", "ip=192.0.2.44/24,gateway=192.0.2.1", "--hostname", "a.example")
        text = self.open(made["disks"][0]).read("/etc/systemd/network/10-domuimg-nic0.network")
        self.assertIn("Address=192.0.2.44/24", text)
        self.assertIn("ip=192.0.2.44", pathlib.Path(made["config"]).read_text())

    def test_a_table_of_guests(self):
        table = self.dir / "hosts.csv"
        table.write_text('name,ip,memory,hostname\r\nalpha,192.0.2.1/24,300M,"a.example"\r\nbeta,,,\r\n')
        alpha, beta = self.must_clone("--each", table, "--memory", "400M")
        self.assertIn("memory = 300\n", pathlib.Path(alpha["config"]).read_text())
        self.assertIn("ip=192.0.2.1", pathlib.Path(alpha["config"]).read_text())
        self.assertEqual(self.open(alpha["disks"][0]).read("/etc/hostname"), "a\n")
        self.assertIn("memory = 400\n", pathlib.Path(beta["config"]).read_text())
        before = world.snapshot(self.out)
        for line, place in (("x,,12q,", ":3:4"), ("x,,", ":3:1"), ('"x,,,', ":3:1"), ("x,1.2.3,,", ":3:3"),
                            (",,,", ":3:1"), ("w,,,", "given to two"), ("name of two,,,", ":3:1")):
            table.write_text("name,ip,memory,hostname\nw,,,\n" + line + "\n")
            self.assert_one_line(self.clone("--each", table), place)
        table.write_text("name,package\nx,vim\n")
        self.assert_one_line(self.clone("--each", table), ":2:1", "package")
        for text, place in (("name,ip,ip\ny,192.0.2.3,\n", ":2:13"), ("name,memry\ny,\n", ":2:3")):
            table.write_text(text)
            self.assert_one_line(self.clone("--each", table), place)
        table.write_text('name,memory\ny,"1\n2"\n')
        self.assert_one_line(self.clone("--each", table), ":2:3", "1 2")
        table = self.dir / "hosts.json"
        for text, place in (('[{"name": "y\\u0000z"}]', ":1:13: "), ('[{"name": "y"},\n {"name" "z"}]', ":2:")):
            table.write_text(text)
            self.assert_one_line(self.clone("--each", table), "hosts.json" + place)
        table.write_text('[{"name": "gamma"},\n {"name": 7.5}]')
        self.assert_one_line(self.clone("--each", table), "entry 2", "name")
        self.assert_nothing_left(before)
        table.write_text('[{"name": "gamma", "vcpus": 2, "force": true}]')
        gamma, = self.must_clone("--each", table)
        self.assertIn("vcpus = 2\n", pathlib.Path(gamma["config"]).read_text())

    def test_a_table_in_yaml(self):
        table = self.dir / "hosts.yaml"
        table.write_text("# the web\n- name: alpha\n  ip: 192.0.2.1/24\n  memory: 300M\n  hostname: a.example\n"
                         "- {name: beta, vcpus: 2, hostname: ~, config: [b_key=2, a_key=1]}\n")
        done = self.clone("--each", table, "--json")
        if "libyaml" in done.stderr:
            self.skipTest("built without libyaml")
        self.assertEqual(done.returncode, 0, done.stderr)
        alpha, beta = (pathlib.Path(one["config"]).read_text() for one in json.loads(done.stdout)["clones"])
        self.assertIn("memory = 300\n", alpha)
        self.assertIn("ip=192.0.2.1", alpha)
        for line in ("vcpus = 2\n", "a_key = ", "b_key = "):
            self.assertIn(line, beta)
        before = world.snapshot(self.out)
        for text, place in (("- name: x\n  memory: 12q\n", ":2:11: "), ("- name: x\n  memry: 1\n", ":2:10: "),
                            ("- name: x\n- vcpus: 1\n", ":2:3: "), ("name: x\n", ":1:1: expected a list"),
                            ("- name: &n x\n  hostname: *n\n", ":2:13: aliases"), ("- name: {a: b}\n", ":1:9: "),
                            ("- name: x\n\tvcpus: 1\n", ":2:1: "), ('- name: "x\\0y"\n', ":1:9: "),
                            ("- name: x\n--- []\n", ":2:1: a second document"),
                            ("- name: x\n  name: y\n", ":2:9: name is given twice")):
            with self.subTest(text):
                table.write_text(text)
                self.assert_one_line(self.clone("--each", table), "hosts.yaml" + place)
        table.write_bytes(b"- name: x\n  hostname: \xe9\n")
        self.assert_one_line(self.clone("--each", table), "hosts.yaml:2:13: this is not UTF-8")
        self.assert_nothing_left(before)

    def test_two_processes_and_one_name(self):
        """One wins, the other says so, and what there is is whole."""
        command = [str(world.PROGRAM), "clone", "gold", "one", "--source-dir", str(self.out), "--dir", str(self.out),
                   "--progress", "none"]
        both = [subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 text=True) for _ in range(2)]
        said = [process.communicate()[1] for process in both]
        self.assertEqual(sorted(process.returncode for process in both), [0, 1], said)
        self.assertRegex("".join(said), "exists already|another process|in use")
        self.assertEqual(self.open(self.out / "one.qcow2").read("/etc/hostname"), "one\n")
        self.assertEqual(self.journals(), [])

    def test_a_small_image(self):
        small = self.dir / "small.img"
        small.write_bytes(bytes(1 << 19))
        done = self.run_program([str(world.PROGRAM), "clone", str(small), "copy", "--dir", str(self.out), "-q"])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_image_alone(self):
        alone = self.dir / "alone.img"
        alone.write_bytes(self.image.read_bytes())
        done = self.run_program([str(world.PROGRAM), "clone", str(alone), "copy", "--dir", str(self.out), "-q"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.open(self.out / "copy.qcow2").read("/etc/hostname"), "copy\n")
        self.assertFalse((self.out / "copy.cfg").exists())

    def test_nothing_is_made_where_one_cannot_be(self):
        self.must_clone("web2")
        before = world.snapshot(self.out)
        self.assert_one_line(self.clone("--count", "3", "--name", "web%d"), "web2", "exists already")
        self.assert_one_line(self.clone("--count", "3", "--name", "web"), "web", "number")
        self.assert_one_line(self.clone("gold"), "gold")
        self.assert_one_line(self.clone("web3", "--package", "vim"))
        with open(self.image, "r+b"):
            self.assert_one_line(self.clone("web3"), "gold.img", "in use")
        self.assert_nothing_left(before)

    def use(self, image):
        """What a running guest leaves in the journal, in directories and in inodes that are free again."""
        with compare.mounted(image, "rw") as root:
            (root / "srv").mkdir(exist_ok=True)
            for number in range(400):
                (root / "srv" / f"goldenhost-{number}").symlink_to(f"goldenhost/{MACHINE_ID}"[:50])
            (root / "srv/spool").write_bytes(MACHINE_ID.encode() * 5000)
        with compare.mounted(image, "rw") as root:
            for path in [*(root / "srv").iterdir()]:
                path.unlink()
            (root / "srv/goldenhost").mkdir()
            (root / "srv/goldenhost").rename(root / "srv/other")

    def test_nothing_tells_whose_image_it_was(self):
        self.use(self.image)
        traces = [MACHINE_ID.encode(), bytes.fromhex(MACHINE_ID), KEY, b"goldenhost", OLD_MAC.encode(),
                  OLD_MAC.upper().encode(), bytes.fromhex(OLD_MAC.replace(":", ""))]
        other = self.dir / "other.qcow2"
        subprocess.run(["qemu-img", "convert", "-O", "qcow2", str(self.image), str(other)], check=True)
        content = self.image.read_bytes()
        # They are found where this is not done.
        self.assertEqual([trace in content for trace in traces], [True, False, True, True, False, True, False])
        done = self.run_program([str(world.PROGRAM), "generalise", str(self.image), "--json"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("changed /etc/hostname", json.loads(done.stdout)["changes"])
        content = self.image.read_bytes()
        self.assertEqual([trace for trace in traces if trace in content], [])
        files = self.open(self.image)
        self.assertEqual(files.read("/etc/hostname"), "localhost\n")
        self.assertEqual(files.read("/etc/systemd/network/10-lan.network"),
                         "[Match]\nType=ether\n\n[Network]\nAddress=192.0.2.9/24\n")
        with compare.mounted(self.image) as root:
            self.assertEqual([path.name for path in (root / "srv").iterdir()], ["other"])
        self.assertEqual(self.journals(), [])
        self.before = digest(self.image)
        self.must_clone("after")
        self.assertIn(MACHINE_ID.encode(), other.read_bytes())
        size = other.stat().st_size
        done = self.run_program([str(world.PROGRAM), "generalise", str(other), "--json"])
        self.assertEqual(done.returncode, 0, done.stderr)
        content = other.read_bytes()
        self.assertEqual([trace for trace in traces if trace in content], [])
        self.assertLess(len(content), 2 * size + (4 << 20))
        self.assertEqual(self.open(other).read("/etc/hostname"), "localhost\n")

    def test_what_cannot_be_generalised_stays(self):
        before = world.snapshot(self.out)
        with open(self.image, "r+b"):
            done = self.run_program([str(world.PROGRAM), "generalise", str(self.image)])
        self.assert_one_line(done, "gold.img", "in use")
        (self.dir / "empty.img").write_bytes(bytes(1 << 21))
        done = self.run_program([str(world.PROGRAM), "generalise", str(self.dir / "empty.img")])
        self.assert_one_line(done, "empty.img", "operating system")
        self.assert_nothing_left(before)

    def test_what_clones_lie_over_stays(self):
        self.must_clone("above")
        before = world.snapshot(self.out)
        again = self.command(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M", "--force", name="gold")
        for command in ([str(world.PROGRAM), "generalise", str(self.image)],
                        [str(world.PROGRAM), "resize", "gold", "+16M", "--dir", str(self.out)],
                        [str(world.PROGRAM), "delete", str(self.out / "gold.cfg"), "--disks", "--yes"], again):
            with self.subTest(command[1]):
                self.assert_one_line(self.run_program(command), "above", "lie over")
                self.assertEqual(world.snapshot(self.out), before)

    def test_no_other_guest_loses_a_disk(self):
        self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M", "--disk", "size=16M", name="w5")
        data, = self.out.glob("w5-*.img")
        self.must_clone("below")
        self.must_clone("above", source="below")
        before = world.snapshot(self.out)
        self.assert_one_line(self.clone("below", "--force"), "below.qcow2", "above", "lies over")
        self.assert_one_line(self.clone(data.stem, "--force", "--copy", "sparse"), data.name, "w5")
        part = data.stem.removeprefix("w5")
        table = self.dir / "hosts.csv"
        table.write_text(f"name\none\none{part}\n")
        self.assert_one_line(self.clone("--each", table, "--force", source="w5"), f"one{part}", "given to two")
        self.assertEqual(world.snapshot(self.out), before)

    def test_nothing_is_given_twice(self):
        made, = self.must_clone("first", "--nic", "ip=192.0.2.44/24")
        uuid = made["uuid"]
        before = world.snapshot(self.out)
        self.assert_one_line(self.clone("x", "--nic", "ip=192.0.2.44/24"), "first", "192.0.2.44")
        self.assert_one_line(self.clone("x", "--uuid", uuid), "first", uuid)
        twice = ["--count", "2", "--name", "x%d"]
        self.assert_one_line(self.clone(*twice, "--nic", "ip=192.0.2.45/24"), "192.0.2.45", "two")
        self.assert_one_line(self.clone(*twice, "--uuid", uuid.replace("4", "5")), "two")
        self.assertEqual(world.snapshot(self.out), before)
        second, = self.must_clone("second", source="first")
        self.assertIn("192.0.2.44", "".join(second["warnings"]))
        self.assertNotIn("192.0.2.44", pathlib.Path(second["config"]).read_text())

    def test_addresses_of_a_pool(self):
        self.must_clone("first", "--nic", "ip=192.0.2.2/24")
        pool = self.dir / "pool"
        pool.write_text("network 192.0.2.0/24\nrange 192.0.2.1 192.0.2.5\ngateway 192.0.2.1\n")
        empty = pool.read_text()
        before = world.snapshot(self.out)
        nic = ["--nic", f"ip=auto:{pool}"]
        # What is too small is known first; 1 is the gateway, and 2 was given by hand.
        self.assert_one_line(self.clone("--count", "4", "--name", "n%d", *nic), "4 addresses", str(pool), "full")
        self.assert_one_line(self.clone("x", "--root-password-file", self.dir / "nothing", *nic), "nothing")
        self.assertEqual([world.snapshot(self.out), pool.read_text()], [before, empty])
        made = self.must_clone("--count", "3", "--name", "n%d", *nic)
        seen = set()
        for one in made:
            manifest = json.loads(pathlib.Path(one["manifest"]).read_text())
            address = manifest["nics"][0]["address"]
            seen.add(address)
            self.assertIn(f"ip={address}", pathlib.Path(one["config"]).read_text())
            text = self.open(one["disks"][0]).read("/etc/systemd/network/10-domuimg-nic0.network")
            self.assertIn(f"Address={address}/24\n", text)
            self.assertIn("Gateway=192.0.2.1\n", text)
        self.assertEqual(seen, {"192.0.2.3", "192.0.2.4", "192.0.2.5"})
        self.assert_one_line(self.clone("x", *nic), "full")
        # Who takes a guest's place keeps its address; who goes gives it back.
        again, = self.must_clone("n3", "--force", *nic)
        self.assertEqual(json.loads(pathlib.Path(again["manifest"]).read_text())["nics"][0]["address"], address)
        for one in made[1:]:
            done = self.run_program([str(world.PROGRAM), "delete", one["config"], "--disks", "--yes"])
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(pool.read_text().count("lease "), 1)
        with compare.mounted(self.image, "rw") as root:
            (root / "usr/lib/systemd/systemd").chmod(0o644)
        self.before = digest(self.image)
        self.assert_one_line(self.clone("x", *nic), "init-not-executable")
        self.assertEqual(pool.read_text().count("lease "), 1)
        self.assertEqual(self.journals(), [])

    def test_the_life_of_a_clone_without_a_configuration(self):
        alone = self.dir / "alone.img"
        alone.write_bytes(self.image.read_bytes())
        pool = self.dir / "pool"
        pool.write_text("network 192.0.2.0/24\n")
        before = world.snapshot(self.out)
        made, = self.must_clone("copy", "--nic", f"ip=auto:{pool}", source=alone, source_dir=())
        self.assertIsNone(made["verdict"])
        done = self.clone("copy", source=alone, source_dir=())
        self.assert_one_line(done, "copy.qcow2", "exists already")
        program = str(world.PROGRAM)
        listed = json.loads(self.run_program([program, "list", "--json", "--dir", str(self.out)]).stdout)["guests"]
        self.assertIn("copy", [one["name"] for one in listed])
        shown = self.run_program([program, "show", "copy", "--dir", str(self.out)])
        self.assertIn(str(self.out / "copy.qcow2"), shown.stdout)
        done = self.run_program([program, "rename", "copy", "other", "--dir", str(self.out)])
        self.assertEqual(done.returncode, 0, done.stderr)
        manifest = self.out / "other.json"
        self.assertEqual(json.loads(manifest.read_text())["disks"][0]["path"], str(self.out / "other.qcow2"))
        self.assertFalse((self.out / "copy.json").exists())
        self.assertIn("lease 192.0.2.1 ", pool.read_text())
        done = self.run_program([program, "delete", str(manifest), "--yes"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("other.qcow2 stays", done.stdout)
        self.assertTrue(manifest.exists())
        done = self.run_program([program, "delete", str(manifest), "--disks", "--yes"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("lease", pool.read_text())
        self.assert_nothing_left(before)

    def test_what_is_replaced(self):
        old, = self.must_clone("again")
        manifest = json.loads(pathlib.Path(old["manifest"]).read_text())
        new, = self.must_clone("again", "--force")
        self.assertEqual(new["uuid"], old["uuid"])
        self.assertEqual(json.loads(pathlib.Path(new["manifest"]).read_text())["nics"][0]["mac"],
                         manifest["nics"][0]["mac"])
        before = world.snapshot(self.out)
        self.assert_one_line(self.clone("again", "--force", "--copy", "sparse"), "again.qcow2", "domuimg delete")
        self.assertEqual(world.snapshot(self.out), before)

    def test_what_is_cloned_changes_meanwhile(self):
        process = subprocess.Popen([str(world.PROGRAM), "clone", "gold", "--source-dir", str(self.out), "--dir",
                                    str(self.out), "--json", "--progress", "none", "--count", "300", "--name",
                                    "n%03d"],
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while len(list(self.out.glob("n*.json"))) < 3:
            self.assertIsNone(process.poll())
        with open(self.image, "r+b") as file:
            file.write(b"changed")
        document, said = process.communicate()
        self.assertEqual(process.returncode, 1)
        self.assertIn("gold.img was changed", said)
        made = {str(path) for path in self.out.glob("n*.json")}
        self.assertLess(len(made), 300)
        self.assertIn(f"{len(made)} clones are complete", said)
        self.assertEqual(set(json.loads(document)["error"]["details"]), made)

    def test_a_base_that_is_put_back(self):
        made, = self.must_clone("above")
        kept = self.dir / "kept"
        shutil.copy2(self.image, kept)
        self.image.unlink()
        shutil.copy2(kept, self.image)
        self.must_clone("second", source="above")
        os.utime(self.image)
        self.assert_one_line(self.clone("third", source="above"), "gold.img", "was changed")

    def test_a_bad_row_is_known_before_anything_is_made(self):
        self.create(f"tar:{self.dir / 'root.tar'}", "--disk", "size=64M", name="small")
        before = world.snapshot(self.out)
        (self.dir / "private").write_bytes(KEY)
        (self.dir / "empty").touch()
        table = self.dir / "hosts.csv"
        for column, value, part in (("maxmem", "4M", "maxmem"), ("ssh-key", self.dir / "private", "private key"),
                                    ("root-password-file", self.dir / "empty", "empty"),
                                    ("cloud-init", f"user-data={self.dir / 'nothing'}", "nothing"),
                                    ("config", "name=other", "name"), ("dir", self.dir / "empty", "empty")):
            with self.subTest(column):
                table.write_text(f'name,{column}\nfirst,\nsecond,"{value}"\n')
                self.assert_one_line(self.clone("--each", table, source="small"), "hosts.csv:3:", part)
                self.assertEqual(world.snapshot(self.out), before)

    def test_a_kill_leaves_whole_clones(self):
        process = subprocess.Popen([str(world.PROGRAM), "clone", "gold", "--source-dir", str(self.out), "--dir",
                                    str(self.out), "--progress", "none", "--count", "300", "--name", "n%03d"],
                                   env=self.environment, stdout=subprocess.DEVNULL)
        while len(list(self.out.glob("n*.json"))) < 5:
            self.assertIsNone(process.poll())
        process.kill()
        process.wait()
        done = self.run_program([str(world.PROGRAM), "cleanup"])
        self.assertEqual(done.returncode, 0, done.stderr)
        made = sorted(path.stem for path in self.out.glob("n*.json"))
        self.assertGreaterEqual(len(made), 5)
        self.assertLess(len(made), 300)
        self.assertEqual({path.name.split(".")[0] for path in self.out.iterdir()}, {"gold", *made})
        for name in made:
            self.assertEqual({path.suffix for path in self.out.glob(f"{name}.*")},
                             {path.suffix for path in self.out.glob(f"{made[0]}.*")})
        self.open(self.out / f"{made[-1]}.qcow2")
        self.assertEqual(self.journals(), [])
        self.assertEqual(digest(self.image), self.before)


if __name__ == "__main__":
    unittest.main()
