# SPDX-License-Identifier: LGPL-2.1-or-later
"""What machines of other hypervisors are described by and have: names and texts as they come from
other systems, and nothing that is lost or merged without a word."""
import gzip
import hashlib
import io
import json
import pathlib
import shutil
import subprocess
import tarfile

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

    def make_esp(self, files):
        path = self.put_disk()
        with path.open("wb") as file:
            file.truncate(40 * MIB)
        subprocess.run(["sfdisk", "-q", path], input="label: gpt\nstart=2048, size=71680, type=U\n",
                       text=True, check=True)
        subprocess.run(["mkfs.vfat", "-F", "16", "--offset=2048", path, "35840"], check=True,
                       capture_output=True)
        for name, content in files.items():
            for above in [parent for parent in reversed(pathlib.PurePosixPath(name).parents)][1:]:
                subprocess.run(["mmd", "-D", "s", "-i", f"{path}@@{MIB}", f"::{above}"], check=False,
                               capture_output=True)
            (self.dir / "content").write_bytes(content)
            subprocess.run(["mcopy", "-i", f"{path}@@{MIB}", self.dir / "content", f"::{name}"], check=True)
        return self.write("old.vmx", HEAD + vmx_disk("disk.raw") + 'firmware = "efi"\n')

    def esp_file(self, name):
        return subprocess.run(["mtype", "-i", f"{self.out / 't.img'}@@{MIB}", f"::{name}"],
                              capture_output=True, check=True).stdout

    @world.need_program("mkfs.vfat", "mcopy", "mtype")
    def test_boot_entries_of_the_uefi(self):
        """The guest's UEFI knows only \\EFI\\BOOT\\BOOTX64.EFI."""
        vmx = self.make_esp({"EFI/debian/shimx64.efi": b"MZ shim", "EFI/debian/grubx64.efi": b"MZ grub"})
        manifest = self.converted(vmx)
        self.assertTrue(any("EFI/debian/grubx64.efi" in line for line in manifest["changes"]), manifest)
        self.assertEqual(self.esp_file("EFI/BOOT/BOOTX64.EFI"), b"MZ grub")
        self.clear()
        self.assert_told(self.converted(vmx, "--no-customise"), "BOOTX64.EFI")
        self.clear()
        vmx = self.make_esp({"EFI/BOOT/BOOTX64.EFI": b"MZ own", "EFI/debian/grubx64.efi": b"MZ grub"})
        self.assertEqual(self.converted(vmx)["changes"], [])
        self.assertEqual(self.esp_file("EFI/BOOT/BOOTX64.EFI"), b"MZ own")

    @world.need_program("mkfs.vfat", "mcopy")
    def test_loader_of_another_processor(self):
        vmx = self.make_esp({"EFI/BOOT/BOOTAA64.EFI": b"MZ"})
        self.assert_one_line(self.convert(vmx), "another processor", "amd64")
        self.assert_nothing_left()

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

    def test_descriptor_with_a_byte_order_mark(self):
        subprocess.run(["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=monolithicFlat", self.disk,
                        self.machine / "disk.vmdk"], check=True)
        descriptor = self.machine / "disk.vmdk"
        descriptor.write_bytes(b"\xef\xbb\xbf" + descriptor.read_bytes())
        self.converted(descriptor)
        self.assertEqual((self.out / "t.img").read_bytes(), self.disk.read_bytes())

    def test_texts_of_windows(self):
        self.put_disk("서버.raw")
        vmx = HEAD.replace("old", "서버") + vmx_disk("서버.raw")
        xml = ("<domain type='kvm'><name>old</name><memory>393216</memory><vcpu>2</vcpu><devices>"
               "<disk type='file'><source file='서버.raw'/><target dev='vda'/></disk></devices></domain>")
        conf = "cores: 2\nmemory: 384\nscsi0: local:1/서버.raw\n"
        for name, text in (("old.vmx", vmx), ("old.xml", xml), ("1.conf", conf)):
            for encoding in ("utf-16", "utf-8-sig", *(["cp949"] if name != "old.xml" else [])):
                with self.subTest(name=name, encoding=encoding):
                    source = self.write(name, text.replace("\n", "\r\n"), encoding)
                    self.assertIn("384 MiB, 2 vCPUs", self.rehearsed(source))
                    self.assertIn("384 MiB, 2 vCPUs", self.rehearsed(self.machine / "서버.raw"))
                    source.unlink()

    def test_what_vma_extracts(self):
        disk = self.put_disk("disk-drive-scsi0.raw")
        self.put_disk("disk-drive-scsi1.raw")
        conf = self.write("qemu-server.conf", "boot: order=scsi1\nmemory: 384\ncores: 2\n"
                          "scsi0: local-lvm:vm-100-disk-0,size=4M\nscsi1: ceph:vm-100-disk-1,size=4M\n"
                          "#qmdump#map:scsi0:drive-scsi0:local-lvm:raw:\n"
                          "#qmdump#map:scsi1:drive-scsi1:ceph:raw:\n")
        for source in (conf, disk):
            manifest = self.converted(source)
            self.assertEqual([each["from"] for each in manifest["disks"]],
                             [str(self.machine / f"disk-drive-scsi{i}.raw") for i in (1, 0)])
            self.assertEqual(manifest["memory"], 384 << 20)
            self.clear()


OVF = """\
<?xml version="1.0"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
 xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
 <References><File ovf:id="f1" ovf:href="disk.vmdk" {more}/></References>
 <DiskSection><Info/><Disk ovf:diskId="d1" ovf:fileRef="f1" ovf:capacity="4194304"/></DiskSection>
 <VirtualSystem ovf:id="old"><Info/><VirtualHardwareSection><Info/>
  <Item><rasd:InstanceID>3</rasd:InstanceID><rasd:ElementName>disk</rasd:ElementName>
   <rasd:HostResource>ovf:/disk/d1</rasd:HostResource><rasd:ResourceType>17</rasd:ResourceType></Item>
 </VirtualHardwareSection></VirtualSystem>
</Envelope>
"""


class Archives(Machine):
    def setUp(self):
        super().setUp()
        packed = self.dir / "packed.vmdk"
        subprocess.run(["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=streamOptimized", self.disk,
                        packed], check=True)
        self.packed = packed.read_bytes()

    def pack(self, members):
        path = self.dir / "old.ova"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name, content in members:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
        return path

    def manifest_of(self, files):
        lines = [f"SHA256({name})= {hashlib.sha256(content).hexdigest()}\n" for name, content in files]
        return "".join(lines).encode()

    def assert_same_disk(self):
        self.assertEqual((self.out / "t.img").read_bytes(), self.disk.read_bytes())
        self.clear()

    def test_archive_of_a_directory(self):
        ovf = OVF.format(more="").encode()
        files = [("old.ovf", ovf), ("disk.vmdk", self.packed)]
        beside = [("._old", b"\0\5\x16\7"), ("old/._old.ovf", b"\0\5\x16\7"),
                  ("__MACOSX/old/._disk.vmdk", b"\0\5\x16\7"), ("old/._old.mf", b"\0\5\x16\7")]
        members = [*beside, *((f"old/{name}", content) for name, content in files),
                   ("old/old.mf", self.manifest_of(files))]
        self.converted(self.pack(members))
        self.assert_same_disk()
        members[-1] = ("old/old.mf", self.manifest_of([("old.ovf", ovf), ("disk.vmdk", b"other")]))
        self.assert_one_line(self.convert(self.pack(members)), "disk.vmdk is not what")
        self.converted(self.pack([("old/old.ovf", ovf), ("old/Disk.VMDK", self.packed)]))
        self.assert_same_disk()

    def test_compressed_disk_beside_its_description(self):
        self.write("disk.vmdk", gzip.compress(self.packed))
        self.converted(self.write("old.ovf", OVF.format(more='ovf:compression="gzip"')))
        self.assert_same_disk()

    def chunks(self, content, size=4096):
        return [(f"disk.vmdk.{i:09d}", content[at:at + size])
                for i, at in enumerate(range(0, len(content), size))]

    def test_disk_in_chunks(self):
        for more, content in (('ovf:chunkSize="4096"', self.packed),
                              ('ovf:chunkSize="4096" ovf:compression="gzip"', gzip.compress(self.packed))):
            with self.subTest(more=more):
                ovf = OVF.format(more=f'{more} ovf:size="{len(content)}"').encode()
                chunks = self.chunks(content)
                self.converted(self.pack([("old.ovf", ovf), *chunks]))
                self.assert_same_disk()
                for name, piece in [("old.ovf", ovf), *chunks]:
                    self.write(name, piece)
                self.converted(self.machine / "old.ovf")
                self.assert_same_disk()
        ovf = OVF.format(more=f'ovf:chunkSize="100" ovf:size="{len(self.packed)}"').encode()
        short = self.pack([("old.ovf", ovf), *self.chunks(self.packed, 100)[:-1]])
        self.assert_one_line(self.convert(short), "disk.vmdk", "pieces")
        self.assert_nothing_left()
        self.assert_one_line(self.convert(self.pack([("old.ovf", ovf)])), "disk.vmdk.000000000")
