# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests in the storage pools of a real libvirtd, here and as if on another host."""
import json
import os
import signal
import subprocess
import time
import unittest

import archives
import libvirt_here
import world

MOMENTS = 8


@unittest.skipUnless(libvirt_here.is_installed(), "libvirtd is not installed")
@unittest.skipUnless((world.PROGRAM.parent / "helpers" / "domuimg-libvirt").exists(),
                     "built without libvirt")
@world.need_program("virsh", "qemu-img", "e2fsck")
class Pool(world.Case):
    @classmethod
    def setUpClass(cls):
        shared = cls.shared_directory()
        shared.chmod(0o755)
        cls.archive = archives.plain(shared / "root.tar", 30_000_000)

    def setUp(self):
        super().setUp()
        self.libvirt = libvirt_here.Libvirt(self.dir / "libvirt")
        self.addCleanup(self.libvirt.stop)
        self.there = self.libvirt.there

    def pool_command(self, *more, disk="pool/web,size=100M", connect=None, **settings):
        return self.command(f"tar:{self.archive}", "--no-customise", "--connect", connect or self.there,
                            "--disk", f"pool:{disk}", *more, **settings)

    def build(self, *more, **settings):
        return self.run_program(self.pool_command(*more, **settings))

    def make(self, *more, **settings):
        done = self.build(*more, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((self.out / "t.json").read_text())

    def delete(self, *more):
        return self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"), *more])

    def cleanup(self, *more):
        return self.run_program([str(world.PROGRAM), "cleanup", *more])

    def assert_nothing_made(self, volumes=()):
        self.assertEqual(self.libvirt.volumes(), sorted(volumes))
        self.assert_nothing_left()

    def assert_root(self, path):
        """What is there is the filesystem of the guest."""
        subprocess.run(["e2fsck", "-fn", path], check=True, capture_output=True)
        names = subprocess.run(["debugfs", "-R", "ls -p /", path], check=True, capture_output=True,
                               text=True).stdout
        self.assertIn("lost+found", names)

    def test_uploaded_replaced_and_deleted(self):
        manifest = self.make()
        web = self.libvirt.pool / "web"
        self.assertEqual(self.libvirt.volumes(), ["t.vmlinuz", "web"])
        self.assert_root(web)
        self.assertLess(web.stat().st_blocks * 512, 50_000_000)
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["t.cfg", "t.json", "t.xml"])
        self.assertEqual((self.libvirt.pool / "t.vmlinuz").read_bytes(), self.kernel.read_bytes())
        self.assertEqual((manifest["disks"][0]["kind"], manifest["disks"][0]["path"]), ("pool", str(web)))
        config = (self.out / "t.cfg").read_text()
        self.assertIn(f"target={web}", config)
        self.assertIn(f'kernel = "{self.libvirt.pool}/t.vmlinuz"', config)
        self.assert_one_line(self.build(name="other", disk="pool/web,size=100M"), "#pool/web", "exists already")
        self.make("--force", disk="pool/web,size=120M")
        self.assert_root(web)
        self.assertEqual(web.stat().st_size, 120 << 20)
        self.assertEqual(self.journals(), [])
        self.assertIn("#pool/web stays", self.build("--force", disk="pool/two,size=100M").stdout)
        self.make("--force")
        self.libvirt.virsh("vol-delete", "two", "pool")
        if os.path.exists("/proc/xen/capabilities"):
            return
        done = self.delete("--disks")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"removed {self.there}#pool/web\n", done.stdout)
        self.assert_nothing_made()

    def test_all_that_a_guest_has(self):
        """A second disk, and an initramfs beside the kernel."""
        initrd = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=b"vmlinuz\n", cwd=self.dir,
                                check=True, stdout=subprocess.PIPE).stdout
        (self.dir / "initrd").write_bytes(initrd)
        self.make("--disk", "pool:pool/var,size=20M,mount=/srv/data", kernel=f"{self.kernel},{self.dir}/initrd")
        self.assertEqual(self.libvirt.volumes(), ["t.initrd", "t.vmlinuz", "var", "web"])
        self.assert_root(self.libvirt.pool / "var")
        self.assertEqual((self.libvirt.pool / "t.initrd").read_bytes(), initrd)
        self.assertIn(f"<initrd>{self.libvirt.pool}/t.initrd</initrd>", (self.out / "t.xml").read_text())
        self.assertIn(f"target={self.libvirt.pool}/var", (self.out / "t.cfg").read_text())
        if os.path.exists("/proc/xen/capabilities"):
            return
        self.assertEqual(self.delete("--disks").returncode, 0)
        self.assert_nothing_made()

    def test_qcow2_is_uploaded_as_such(self):
        self.make(disk="pool/web,size=100M,format=qcow2")
        web = self.libvirt.pool / "web"
        subprocess.run(["qemu-img", "check", "-q", "-f", "qcow2", web], check=True)
        self.assertIn("<format type='qcow2'/>", self.libvirt.virsh("vol-dumpxml", "web", "pool"))
        subprocess.run(["qemu-img", "convert", "-O", "raw", web, self.dir / "raw"], check=True)
        self.assert_root(self.dir / "raw")
        self.assertIn("format=qcow2", (self.out / "t.cfg").read_text())

    def test_the_content_is_that_of_a_file(self):
        self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        image = self.create(f"tar:{self.archive}", "--disk", "size=100M")
        self.make("--force")
        self.assertEqual((self.libvirt.pool / "web").read_bytes(), image.read_bytes())

    def test_a_libvirt_without_sparse_streams(self):
        library = world.PROGRAM.parents[1] / "tests/integration/no-sparse.so"
        self.environment["DOMUIMG_LIBEXEC_DIR"] = str(self.libvirt.xen_driver(preload=library))
        self.make()
        self.assert_root(self.libvirt.pool / "web")
        self.assertGreater((self.libvirt.pool / "web").stat().st_blocks * 512, 90_000_000)

    def test_a_directory_of_this_host_gets_a_file(self):
        temporary = self.dir / "temporary"
        self.environment["TMPDIR"] = str(temporary)
        for path in (self.out, self.state, temporary):
            path.mkdir(exist_ok=True)
            os.chown(path, libvirt_here.user(), -1)
        settings = self.libvirt.as_user()
        for format, more in (("raw", ""), ("qcow2", ",format=qcow2")):
            done = self.run_program(self.pool_command("--force", connect=self.libvirt.here,
                                                      disk=f"pool/web,size=100M{more}"), **settings)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.libvirt.virsh("vol-list", "pool").split()[0], "web")
            self.assertIn(f"<format type='{format}'/>", self.libvirt.virsh("vol-dumpxml", "web", "pool"))
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertEqual((manifest["disks"][0]["kind"], manifest["volumes"][0]["id"]), ("file", None))
        self.assertTrue((self.out / "t.vmlinuz").exists())
        if os.path.exists("/proc/xen/capabilities"):
            return
        done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.cfg"), "--disks"], **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.libvirt.virsh("vol-list", "pool").split(), [])

    def test_defined_and_renamed(self):
        self.environment["DOMUIMG_LIBEXEC_DIR"] = str(self.libvirt.xen_driver())
        manifest = self.make("--define", "--autostart")
        done = self.run_program([str(world.PROGRAM), "rename", str(self.out / "t.cfg"), "u"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("defined it by its new name", done.stdout)
        self.assertNotIn("cleanup", done.stdout)
        self.assertEqual(self.libvirt.guests(), ["u"])
        self.assertIn(manifest["uuid"], self.libvirt.virsh("domuuid", "u"))
        self.assertRegex(self.libvirt.virsh("dominfo", "u"), "Autostart: *enable")
        self.assertEqual(self.journals(), [])

    def test_defined_and_undefined(self):
        self.environment["DOMUIMG_LIBEXEC_DIR"] = str(self.libvirt.xen_driver())
        manifest = self.make("--define", "--autostart")
        self.assertEqual((self.libvirt.guests(), manifest["defined"]), (["t"], self.there))
        self.assertIn(manifest["uuid"], self.libvirt.virsh("dumpxml", "t"))
        self.assertIn("Autostart:      enable", self.libvirt.virsh("dominfo", "t"))
        self.assert_one_line(self.build("--define", disk="pool/two,size=100M", connect=self.libvirt.here),
                             "#t", "has a guest of this name")
        second = self.make("--define", "--force")
        self.assertIn(second["uuid"], self.libvirt.virsh("dumpxml", "t"))
        self.assertEqual(self.libvirt.volumes(), ["t.vmlinuz", "web"])
        if os.path.exists("/proc/xen/capabilities"):
            return
        self.assertEqual(self.delete("--disks").returncode, 0)
        self.assertEqual(self.libvirt.guests(), [])
        self.assert_nothing_made()

    def test_a_guest_that_libvirt_refuses(self):
        """No Xen is here, so the real libvirtd takes no guest of Xen's."""
        self.assert_one_line(self.build("--define"), "does not take the guest")
        self.assertEqual(self.libvirt.guests(), [])
        self.assert_nothing_made()

    def test_refused_before_anything_is_written(self):
        (self.libvirt.pool / "taken").write_bytes(b"somebody's")
        os.chown(self.libvirt.pool / "taken", libvirt_here.user(), -1)
        none = self.there.replace("/relay", "/none")
        for settings, words in (({"disk": "nothing/web,size=100M"}, ("no storage pool nothing", "pool-list")),
                                ({"disk": "pool/taken,size=100M"}, ("exists already",)),
                                ({"disk": "pool/web,format=vhd"}, ("raw or qcow2",)),
                                ({"disk": "pool/web,compress=yes"}, ("format=qcow2",)),
                                ({"disk": "pool/web/x"}, ("POOL/VOLUME",)),
                                ({"disk": "pool/-x"}, ("POOL/VOLUME",)),
                                ({"connect": none}, ("libvirt cannot be asked",)),
                                ({"connect": "xen://root:secret@host/system"}, ("holds a password",)),
                                ({"connect": "somewhere"}, ("not a URI",)),
                                ({"connect": "test:///default"}, ("no storage pool pool",))):
            done = self.build(**settings)
            self.assert_one_line(done, *words)
            self.assertNotIn("secret", done.stderr)
        self.assert_one_line(self.build("--autostart"), "--define")
        self.assert_one_line(self.run_program(self.command(f"tar:{self.archive}", "--connect", self.there,
                                                           "--define")), "is on this host")
        self.libvirt.virsh("pool-destroy", "pool")
        self.assert_one_line(self.build(), "is not active", "pool-start pool")
        self.libvirt.virsh("pool-start", "pool")
        self.environment["DOMUIMG_LIBEXEC_DIR"] = str(self.dir)
        self.assert_one_line(self.build(), "installed without libvirt")
        self.assert_nothing_made(["taken"])

    def test_kinds_of_pools(self):
        """As libvirt's driver of tests has them: what can be made there, and what not."""
        pools = self.dir / "pools.xml"
        pools.write_text("""<node>
            <pool type='iscsi'><name>far</name><source><host name='elsewhere'/><device path='iqn.2026-01.x:y'/>
              </source><target><path>/dev/disk/by-path</path></target></pool>
            <pool type='rbd'><name>ceph</name><source><host name='elsewhere'/><name>rbd</name></source></pool>
            <pool type='netfs'><name>nfs</name><source><host name='elsewhere'/><dir path='/srv'/></source>
              <target><path>/mnt/nfs</path></target></pool>
            <pool type='logical'><name>vg</name><source><name>vg</name></source>
              <target><path>/dev/vg</path></target></pool></node>""")
        for disk, words in (("far/web,size=1G", ("of the type iscsi",)), ("ceph/web,size=1G", ("of the type rbd",)),
                            ("vg/web,size=1G,format=qcow2", ("holds block devices", "leave out format=qcow2")),
                            ("vg/web,size=1000G", ("has no room",))):
            self.assert_one_line(self.build(disk=disk, connect=f"test:///{pools}"), *words)
        for disk, path in (("nfs/web,size=1G", "/mnt/nfs/web"), ("vg/web,size=1G", "/dev/vg/web")):
            done = self.build("--dry-run", disk=disk, connect=f"test:///{pools}")
            self.assertIn(f"make {path}: pool, 1.0", done.stdout)
        self.assert_nothing_left()

    def test_the_driver_of_tests_takes_no_content(self):
        self.assert_one_line(self.build(connect="test:///default", disk="default-pool/web,size=100M"),
                             "test:///default#default-pool/web", "does not find the volume")
        self.assert_nothing_left()

    @world.need_root()
    @world.need_program("mount")
    def test_a_pool_that_is_full(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=8M,uid={world.NOBODY}", "none",
                        self.libvirt.pool], check=True)
        try:
            self.libvirt.virsh("pool-refresh", "pool")
            self.assert_one_line(self.build(), "has no room", "#pool/web")
            self.assertEqual(list(self.libvirt.pool.iterdir()), [])
        finally:
            subprocess.run(["umount", self.libvirt.pool], check=True)
        self.assert_nothing_left()

    def test_a_connection_that_breaks_off(self):
        limit = self.libvirt.dir / "limit"
        limit.write_text("10000000")
        self.assert_one_line(self.build(), "connection to libvirt was lost during the upload")
        self.assert_nothing_made()

    def test_a_connection_that_is_gone_for_good(self):
        text = self.libvirt.relay.read_text()
        self.libvirt.relay.write_text(text.replace("os._exit(0)  # limit", "(here / 'gone').touch() or os._exit(0)")
                                      .replace("server = ", "if (here / 'gone').exists(): sys.exit(1)\nserver = ", 1))
        (self.libvirt.dir / "limit").write_text("10000000")
        self.assert_one_line(self.build(), "domuimg cleanup deletes it", "was lost during the upload")
        self.assertEqual(self.libvirt.volumes(), ["web"])
        self.assertEqual(len(self.journals()), 1)
        (self.libvirt.dir / "gone").unlink()
        (self.libvirt.dir / "limit").unlink()
        self.assertIn(f"removed {self.there}#pool/web", self.cleanup().stdout)
        self.assert_nothing_made()

    def start_and_stop_at(self, moment):
        (self.libvirt.dir / "pause").write_text(str(moment))
        child = subprocess.Popen(self.pool_command(), env=self.environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                 start_new_session=True)
        for _ in range(300):
            if (self.libvirt.dir / "paused").exists():
                return child
            time.sleep(0.1)
        self.fail("the upload has not come that far")

    def test_killed_during_the_upload(self):
        child = self.start_and_stop_at(10_000_000)
        child.kill()
        child.communicate()
        (self.libvirt.dir / "pause").unlink()
        self.assertEqual(self.libvirt.volumes(), ["web"])
        self.assertIn(f"would remove {self.there}#pool/web", self.cleanup("--dry-run").stdout)
        self.assertIn(f"removed {self.there}#pool/web", self.cleanup().stdout)
        self.assert_nothing_made()

    def test_cancelled_during_the_upload(self):
        child = self.start_and_stop_at(10_000_000)
        (self.libvirt.dir / "pause").unlink()
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
        self.assert_nothing_made()

    def test_killed_at_any_moment(self):
        start = time.monotonic()
        self.make()
        whole = time.monotonic() - start
        if self.delete("--disks").returncode != 0:
            self.skipTest("a Xen is here")
        for moment in range(MOMENTS):
            child = subprocess.Popen(self.pool_command(), env=self.environment, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     start_new_session=True)
            try:
                child.wait(whole * (moment + 1) / (MOMENTS + 1))
            except subprocess.TimeoutExpired:
                pass
            child.kill()
            child.wait()
            time.sleep(0.3)
            self.cleanup()
            self.assertEqual(self.journals(), [])
            if (self.out / "t.json").exists():
                self.assertEqual(self.libvirt.volumes(), ["t.vmlinuz", "web"])
                self.assertEqual(self.delete("--disks").returncode, 0)
            self.assert_nothing_made()

    def test_what_is_not_ours_stays(self):
        self.make()
        self.libvirt.virsh("vol-delete", "web", "pool")
        self.libvirt.virsh("pool-destroy", "pool")
        self.libvirt.virsh("pool-undefine", "pool")
        self.libvirt.virsh("pool-define-as", "pool", "dir", "--target", str(self.libvirt.pool))
        self.libvirt.virsh("pool-start", "pool")
        self.libvirt.virsh("vol-create-as", "pool", "web", "1M")
        if os.path.exists("/proc/xen/capabilities"):
            return
        done = self.delete("--disks")
        self.assertIn("#pool/web stays", done.stdout)
        self.assertIn("web", self.libvirt.volumes())

    def test_what_a_guest_runs_on_stays(self):
        self.make()
        xml = self.dir / "user.xml"
        xml.write_text('<domain type="qemu"><name>user</name><memory>65536</memory>'
                       '<os><type arch="x86_64">hvm</type></os><devices><disk type="file">'
                       f'<driver type="raw"/><source file="{self.libvirt.pool}/web"/><target dev="vda"/>'
                       '</disk></devices></domain>')
        self.libvirt.virsh("create", str(xml), "--paused")
        try:
            self.assert_one_line(self.build("--force"), "is in use by the guest user")
            if not os.path.exists("/proc/xen/capabilities"):
                self.assert_one_line(self.delete("--disks"), "is in use by the guest user")
                self.assertTrue((self.out / "t.cfg").exists())
        finally:
            self.libvirt.virsh("destroy", "user")
        self.make("--force")

    def test_a_disk_of_another_machine(self):
        old = self.create(f"tar:{self.archive}", "--disk", "size=100M", name="old")
        for format in ("qcow2", "raw"):
            done = self.run_program(self.command(f"disk:{old}", "--connect", self.there, "--no-customise",
                                                 "--disk", f"pool:pool/web,format={format}", "--force"))
            self.assertEqual(done.returncode, 0, done.stderr)
            subprocess.run(["qemu-img", "compare", "-q", "-f", "raw", "-F", format, old,
                            self.libvirt.pool / "web"], check=True)


if __name__ == "__main__":
    unittest.main()
