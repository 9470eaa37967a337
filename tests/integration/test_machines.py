# SPDX-License-Identifier: LGPL-2.1-or-later
"""What machines of other hypervisors are described by and have: names and texts as they come from
other systems, and nothing that is lost or merged without a word."""
import json
import shutil
import subprocess
import unittest

import world

MIB = 1 << 20
HEAD = """\
config.version = "8"
virtualHW.version = "18"
displayName = "old"
memsize = "384"
numvcpus = "2"
guestOS = "otherlinux-64"
scsi0.present = "TRUE"
"""


def vmx_disk(name, unit=0):
    return f'scsi0:{unit}.present = "TRUE"\nscsi0:{unit}.fileName = "{name}"\n'


def vmx_card(number, network, more=""):
    return (f'ethernet{number}.present = "TRUE"\nethernet{number}.networkName = "{network}"\n'
            f'ethernet{number}.generatedAddress = "00:0c:29:00:00:{number:02x}"\n{more}')


class Machine(world.Case):
    """A disk with boot code of its own and no system that is known."""

    def setUp(self):
        super().setUp()
        self.machine = self.dir / "machine"
        self.machine.mkdir()
        self.disk = self.dir / "disk.raw"
        with self.disk.open("wb") as file:
            file.truncate(4 * MIB)
        subprocess.run(["sfdisk", "-q", self.disk], input="label: dos\n2048,,7,*\n", text=True,
                       check=True)
        with self.disk.open("r+b") as file:
            file.write(b"\xfa\xb8\x00\x10\x8e\xd0\xbc\x00\xb0")

    def put_disk(self, name="disk.raw"):
        path = self.machine / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.disk, path)
        return path

    def write(self, name, text, encoding="utf-8"):
        path = self.machine / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def convert(self, source, *more):
        command = [str(world.PROGRAM), "create", "t", "--progress", "none", "--from", f"disk:{source}",
                   "--dir", str(self.out), "--kernel", "firmware", "--type", "hvm"]
        return self.run_program([*command, *(str(word) for word in more)])

    def converted(self, source, *more):
        done = self.convert(source, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.text = done.stdout
        return json.loads((self.out / "t.json").read_text())

    def rehearsed(self, source, *more):
        done = self.convert(source, "--dry-run", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.text = done.stdout
        return done.stdout

    def assert_told(self, manifest, *parts):
        """In the manifest and on the terminal."""
        found = [line for line in manifest["warnings"] if all(part in line for part in parts)]
        self.assertTrue(found, manifest["warnings"])
        self.assertIn(found[0], self.text)

    def clear(self):
        for path in self.out.iterdir():
            path.unlink()


class Losses(Machine):
    def test_networks_that_were_apart(self):
        self.put_disk()
        cards = "".join(vmx_card(i, name) for i, name in enumerate(["VM Network", "DMZ", "DMZ", "SAN"]))
        vmx = self.write("old.vmx", HEAD + vmx_disk("disk.raw") + cards)
        manifest = self.converted(vmx)
        self.assert_told(manifest, "“VM Network”, “DMZ”, “SAN”", "xenbr0", "--map-network")
        self.assertEqual([nic["network"] for nic in manifest["nics"]],
                         ["VM Network", "DMZ", "DMZ", "SAN"])
        plan = self.rehearsed(vmx, "--force", "--map-network", "DMZ=xenbr1")
        self.assertIn("on xenbr1 (“DMZ” on the old machine)", plan)
        self.assertIn("networks “VM Network”, “SAN” were apart", plan)
        for maps in (["*=xenbr3"], ["VM Network=xenbr0", "DMZ=xenbr1", "SAN=xenbr0"]):
            words = [word for each in maps for word in ("--map-network", each)]
            self.assertNotIn("were apart", self.rehearsed(vmx, "--force", *words))

    def test_one_network_is_no_loss(self):
        self.put_disk()
        vmx = self.write("old.vmx", HEAD + vmx_disk("disk.raw") + vmx_card(0, "LAN") + vmx_card(1, "LAN"))
        self.assertNotIn("were apart", self.rehearsed(vmx, "--strict"))

    def test_cable_that_was_out(self):
        self.put_disk()
        out = 'ethernet0.startConnected = "FALSE"\n'
        vmx = self.write("old.vmx", HEAD + vmx_disk("disk.raw") + vmx_card(0, "LAN", out))
        self.assert_told(self.converted(vmx), "“LAN”", "was not connected")

    def test_secure_boot(self):
        self.put_disk()
        vmx = self.write("old.vmx", HEAD + vmx_disk("disk.raw")
                         + 'firmware = "efi"\nuefi.secureBoot.enabled = "TRUE"\n')
        self.assert_told(self.converted(vmx, "--allow-unbootable"), "Secure Boot")

    def cdrom(self, kind, name):
        return (f'ide1:0.present = "TRUE"\nide1:0.deviceType = "{kind}"\n'
                f'ide1:0.fileName = "{name}"\n')

    def test_drives_for_cdroms(self):
        self.put_disk()
        self.write("tools.iso", bytes(2048))
        for kind, name, told in (("cdrom-image", "tools.iso", "tools.iso is not copied"),
                                 ("cdrom-raw", "auto detect", "host's CD-ROM drive"),
                                 ("atapi-cdrom", "auto detect", "host's CD-ROM drive")):
            with self.subTest(kind=kind):
                vmx = self.write("old.vmx", HEAD + vmx_disk("disk.raw") + self.cdrom(kind, name))
                manifest = self.converted(vmx)
                self.assertIn("vdev=hdc,access=ro,devtype=cdrom", (self.out / "t.cfg").read_text())
                self.assertIn('device="cdrom"', (self.out / "t.xml").read_text())
                self.assert_told(manifest, told)
                self.clear()

    def test_no_place_for_a_cdrom(self):
        for i in range(4):
            self.put_disk(f"{i}.raw")
        disks = "".join(vmx_disk(f"{i}.raw", i) for i in range(4))
        vmx = self.write("old.vmx", HEAD + disks + self.cdrom("cdrom-image", "a.iso"))
        manifest = self.converted(vmx)
        self.assertNotIn("cdrom", (self.out / "t.cfg").read_text())
        self.assert_told(manifest, "a.iso", "left out")

    def test_cdroms_of_proxmox_and_libvirt(self):
        self.put_disk("a.raw")
        conf = self.write("1.conf", "scsi0: local:1/a.raw\nide2: local:iso/d.iso,media=cdrom\n"
                                    "sata1: none,media=cdrom\n")
        self.assert_told(self.converted(conf), "hdc is empty", "local:iso/d.iso")
        self.assertEqual((self.out / "t.cfg").read_text().count("devtype=cdrom"), 2)
        self.clear()
        xml = self.write("old.xml", "<domain type='kvm'><name>old</name><devices>"
                         "<disk type='file'><source file='a.raw'/><target dev='vda'/></disk>"
                         "<disk type='network' device='cdrom'><source protocol='https' name='d.iso'/>"
                         "<target dev='sda' bus='sata'/></disk></devices></domain>")
        self.assert_told(self.converted(xml), "https d.iso")

    def test_disks_that_nothing_emulates(self):
        for i in range(6):
            self.put_disk(f"{i}.raw")
        vmx = self.write("old.vmx", HEAD + "".join(vmx_disk(f"{i}.raw", i) for i in range(6)))
        self.assert_told(self.converted(vmx), "xvde, xvdf", "PV drivers")

    def test_strict(self):
        self.put_disk()
        vmx = self.write("old.vmx", HEAD + vmx_disk("disk.raw") + 'sound.present = "TRUE"\n')
        for more in ([], ["--dry-run"]):
            self.assert_one_line(self.convert(vmx, "--strict", *more), "--strict", "sound card")
        self.assert_nothing_left()
        vmx.write_text(HEAD + vmx_disk("disk.raw") + self.cdrom("cdrom-image", "a.iso"))
        self.assert_one_line(self.convert(vmx, "--strict"), "--strict", "a.iso")
        self.assert_nothing_left()
        spec = self.dir / "t.spec"
        spec.write_text(f"[domu]\nfrom=disk:{vmx}\nstrict=true\ndir={self.out}\nkernel=firmware\n")
        done = self.run_program([str(world.PROGRAM), "create", "t", "--progress", "none", "--spec", str(spec)])
        self.assert_one_line(done, "--strict")
        vmx.write_text(HEAD + vmx_disk("disk.raw"))
        self.converted(vmx, "--strict")

    def test_machines_of_arm(self):
        self.put_disk("a.raw")
        xml = ("<domain type='kvm'><name>old</name><os><type arch='aarch64'>hvm</type></os><devices>"
               "<disk type='file'><source file='a.raw'/><target dev='vda'/></disk></devices></domain>")
        for name, text in (("old.xml", xml), ("1.conf", "arch: aarch64\nscsi0: local:1/a.raw\n"),
                           ("old.vmx", HEAD.replace("otherlinux-64", "arm-debian12-64") + vmx_disk("a.raw")),
                           ("run.sh", "qemu-system-aarch64 -m 512 -drive file=a.raw,if=virtio\n")):
            with self.subTest(name=name):
                self.assert_one_line(self.convert(self.write(name, text)), "aarch64", "x86")
                self.assert_nothing_left()

    def test_disks_that_are_not_files(self):
        xml = ("<domain type='kvm'><name>old</name><devices><disk type='network'>"
               "<source protocol='rbd' name='pool/vm-1'/><target dev='vda'/></disk></devices></domain>")
        for name, text in (("old.xml", xml),
                           ("run.sh", "qemu-system-x86_64 -drive file=rbd:pool/vm-1,if=virtio,id=d0\n")):
            with self.subTest(name=name):
                self.assert_one_line(self.convert(self.write(name, text)), "rbd", "pool/vm-1", "copy")


class Names(Machine):
    def test_case_of_another_system(self):
        path = self.put_disk("disk-Ä.raw")
        vmx = self.write("old.vmx", HEAD + vmx_disk("Disk-A\u0308.RAW"))
        manifest = self.converted(vmx)
        self.assertEqual(manifest["disks"][0]["from"], str(path))
        self.assert_told(manifest, "Disk-A\u0308.RAW", str(path))
        self.assertIn("384 MiB", self.rehearsed(path, "--force"))
        self.put_disk("DISK-Ä.raw")
        self.assert_one_line(self.convert(vmx, "--force"), "Disk-A\u0308.RAW", "beside")

    def make_chain(self, hint):
        subprocess.run(["qemu-img", "convert", "-O", "vmdk", self.disk, self.machine / "disk.vmdk"],
                       check=True)
        subprocess.run(["qemu-img", "create", "-q", "-f", "vmdk", "-b", "disk.vmdk", "-F", "vmdk",
                        "top.vmdk"], check=True, cwd=self.machine)
        with (self.machine / "top.vmdk").open("r+b") as file:
            file.seek(512)
            old = file.read(20 * 512)
            new = old.replace(b'Hint="disk.vmdk"', b'Hint="' + hint.encode() + b'"')[:len(old)]
            self.assertNotEqual(old, new)
            file.seek(512)
            file.write(new)

    def test_parent_by_the_path_of_an_old_host(self):
        for hint in ("/vmfs/volumes/5458b680-34ec3500/old/disk.vmdk", "D:\\VMs\\Old\\DISK.vmdk",
                     "/vmfs/volumes/1/old/Disk.VMDK"):
            with self.subTest(hint=hint):
                self.make_chain(hint)
                manifest = self.converted(self.machine / "top.vmdk")
                self.assertEqual((self.out / "t.img").read_bytes(), self.disk.read_bytes())
                self.assert_told(manifest, hint, str(self.machine / "disk.vmdk"))
                self.clear()
        (self.machine / "disk.vmdk").unlink()
        self.assert_one_line(self.convert(self.machine / "top.vmdk"), "Disk.VMDK")

    def test_parent_that_only_has_the_name_of_its_child(self):
        self.make_chain("/vmfs/volumes/1/template/top.vmdk")
        self.assert_one_line(self.convert(self.machine / "top.vmdk"), "template/top.vmdk")
        self.assert_nothing_left()

    def test_extent_in_another_case_is_named(self):
        subprocess.run(["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", self.disk,
                        self.machine / "disk.vmdk"], check=True)
        descriptor = self.machine / "disk.vmdk"
        descriptor.write_text(descriptor.read_text().replace("disk-flat", "Disk-FLAT"))
        self.assert_one_line(self.convert(descriptor), "Disk-FLAT.vmdk", "/disk-flat.vmdk is")

