# SPDX-License-Identifier: LGPL-2.1-or-later
"""The OS definition for Ganeti and the hook of libvirt's, run as these do."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

import guest
import world

TOP = pathlib.Path(__file__).resolve().parents[2] / "docs"
SCRIPTS = TOP / "ganeti"
MIB = 1 << 20
# Where Debian's package has its library; another copy for those who do not install it.
LIBRARY = pathlib.Path(os.environ.get("DOMUIMG_TEST_GANETI", "/usr/share/ganeti/3.0"))
LOADER = """
import sys
sys.path.insert(0, sys.argv[1])
from ganeti import backend
ok, found = backend._TryOSFromDisk("ganeti", base_dir=sys.argv[2])
assert ok, found
assert found.supported_variants == ["bookworm", "trixie"], found.supported_variants
assert "from" in [name for name, _ in found.supported_parameters]
assert found.api_versions == [20], found.api_versions
"""


class Base(world.Case):
    def setUp(self):
        super().setUp()
        tar = guest.write_tar(self.dir / "root.tar")
        kernel = guest.write_kernel(self.dir / "vmlinuz")
        self.disk = self.dir / "disk0"
        with self.disk.open("wb") as file:
            file.truncate(64 * MIB)
        programs = self.dir / "bin"
        programs.mkdir()
        (programs / "domuimg").symlink_to(world.PROGRAM)
        self.environment = {
            **self.environment, "PATH": f"{programs}:{os.environ['PATH']}", "DOMUIMG_GANETI_DIR": str(self.dir / "state"),
            "OS_API_VERSION": "20", "INSTANCE_NAME": "web1.example.org", "INSTANCE_OS": "domuimg", "OS_NAME": "domuimg",
            "OS_VARIANT": "bookworm", "HYPERVISOR": "xen-pvm", "DEBUG_LEVEL": "0",
            "DISK_COUNT": "1", "DISK_0_PATH": str(self.disk), "DISK_0_SIZE": "64", "DISK_0_ACCESS": "rw",
            "NIC_COUNT": "1", "NIC_0_MAC": "00:16:3e:01:02:03", "NIC_0_BRIDGE": "xenbr7", "NIC_0_IP": "192.0.2.7",
            "NIC_0_NETWORK_SUBNET": "192.0.2.0/24", "NIC_0_NETWORK_GATEWAY": "192.0.2.1",
            "OSP_FROM": f"tar:{tar}", "OSP_KERNEL": f"file:{kernel}", "OSP_TYPE": "pv"}

    def script(self, name, *arguments, **more):
        content = more.pop("input", None)
        return subprocess.run([SCRIPTS / name, *arguments], env={**self.environment, **more}, input=content,
                              capture_output=True, check=False)

    def must(self, name, *arguments, **more):
        done = self.script(name, *arguments, **more)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout


class Ganeti(Base):
    def test_an_instance_from_its_beginning_on(self):
        self.must("verify", "parameters")
        made = json.loads(self.must("create"))
        self.assertEqual([made["disks"][0]["path"], made["nics"][0]["mac"], made["nics"][0]["bridge"],
                          made["nics"][0]["address"]], [str(self.disk), "00:16:3e:01:02:03", "xenbr7", "192.0.2.7"])
        subprocess.run(["e2fsck", "-fn", self.disk], check=True, capture_output=True)
        self.must("create", INSTANCE_REINSTALL="1")
        dump = self.must("export", EXPORT_INDEX="0", EXPORT_DEVICE=str(self.disk))
        self.assertEqual(dump, self.disk.read_bytes())
        other = self.dir / "disk1"
        other.write_bytes(bytes(64 * MIB))
        self.must("import", IMPORT_INDEX="0", IMPORT_DEVICE=str(other), input=dump)
        self.assertEqual(other.read_bytes(), dump)
        self.must("rename", OLD_INSTANCE_NAME="web1.example.org", INSTANCE_NAME="www.example.org")
        manifest = json.loads((self.dir / "state/www.example.org.json").read_text())
        self.assertEqual([manifest["name"], manifest["disks"][0]["path"]], ["www.example.org", str(self.disk)])

    def test_what_is_wrong_is_said(self):
        for more, words in (({"OSP_FROM": "nonsense:x"}, b"nonsense"), ({"OSP_TYPE": "big"}, b"big"),
                            ({"OSP_FROM": "tar:/absent.tar"}, b"absent.tar")):
            done = self.script("verify", "parameters", **more)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(words, done.stderr)
        self.assertEqual(self.script("create", OSP_FROM="tar:/absent.tar").returncode, 1)
        self.assertEqual(self.script("rename", OLD_INSTANCE_NAME="absent").returncode, 1)

    def test_usage(self):
        for name in ("create", "verify", "export", "import", "rename"):
            self.assertIn(b"usage: ", self.must(name, "--help"))
            self.assertEqual(self.script(name, "nonsense").returncode, 1)

    @unittest.skipUnless((LIBRARY / "ganeti").is_dir(), "ganeti-3.0 is not installed")
    def test_ganeti_itself_takes_it(self):
        done = subprocess.run([sys.executable, "-c", LOADER, LIBRARY, TOP], capture_output=True, text=True, check=False)
        if "ModuleNotFoundError" in done.stderr:
            self.skipTest(done.stderr.splitlines()[-1])
        self.assertEqual(done.returncode, 0, done.stderr)


class Hook(Base):
    def hook(self, text, *arguments):
        return subprocess.run([TOP / "hooks/libxl", *arguments], env=self.environment, input=text.encode(),
                              capture_output=True, check=False)

    def test_only_what_would_boot_is_started(self):
        made = json.loads(self.must("create"))
        text = pathlib.Path(made["xml"]).read_text()
        self.assertEqual(self.hook(text, "web1", "prepare", "begin", "-").returncode, 0)
        os.unlink(made["kernel"]["path"])
        done = self.hook(text, "web1", "prepare", "begin", "-")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"web1 will not boot", done.stderr)
        self.assertEqual(self.hook(text, "web1", "release", "end", "-").returncode, 0)

