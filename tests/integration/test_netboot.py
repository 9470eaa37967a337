# SPDX-License-Identifier: LGPL-2.1-or-later
"""domuimg-bootloader --net as libxl runs it, from real boot servers, and from some that break."""
import os
import pathlib
import shutil
import subprocess
import time

import boot_server
import world
from test_bootloader import PROGRAM, BootloaderCase, ConsoleTest

MAC = "00:16:3e:0a:0b:0c"
PXE = """DEFAULT first
PROMPT 0
TIMEOUT {timeout}
LABEL first
  KERNEL vmlinuz
  APPEND initrd=initrd one
LABEL second
  MENU LABEL The ^second
  LINUX /vmlinuz
  INITRD initrd,more
  APPEND two
  IPAPPEND 3
"""
FACTS = "ip=192.0.2.91:192.0.2.1:192.0.2.1:255.255.255.0 BOOTIF=01-00-16-3e-0a-0b-0c"


def children(process):
    return [int(child) for path in pathlib.Path(f"/proc/{process}/task").glob("*/children")
            for child in path.read_text().split()]


def is_alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


class NetbootCase(BootloaderCase):
    def setUp(self):
        super().setUp()
        self.environment["DOMUIMG_LIBEXEC_DIR"] = str(PROGRAM.parent / "helpers")
        self.served = self.root / "boot"
        self.served.chmod(0o755)
        self.disk = self.dir / "disk.img"
        self.disk.write_bytes(b"")

    def serve(self, path, text):
        file = self.served / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def http(self, handler=boot_server.Quiet):
        server = boot_server.Http(self.served, handler)
        self.addCleanup(server.close)
        return server

    def refuse_net(self, *words, within=60):
        """As refuse, in good time."""
        begun = time.monotonic()
        (self.dir / "answer").write_bytes(b"")
        done = self.run_program(self.words(self.disk, "-q", *words), timeout=90)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertLess(time.monotonic() - begun, within)
        self.assert_clean()
        return done.stderr.splitlines()[-1]


class UrlTest(NetbootCase):
    def test_pxelinux_by_http(self):
        self.serve("pxelinux.cfg/default", PXE.format(timeout=50))
        url = self.http().url()
        kernel, ramdisk, cmdline = self.boot(self.disk, "-q", f"--net={url}", "--args=more")
        self.assertEqual((kernel, ramdisk, cmdline), (self.kernel.read_bytes(), self.initrd, "one more"))
        _, ramdisk, cmdline = self.boot(self.disk, "-q", f"--net={url}", "--entry=The second")
        self.assertEqual((ramdisk, cmdline), (self.initrd + b"\0\0\0more", "two"))

    def test_grub_by_http(self):
        self.serve("grub/grub.cfg", "menuentry 'x' {\n linux /vmlinuz a=$net_default_mac\n initrd /initrd /more\n}\n")
        _, ramdisk, cmdline = self.boot(self.disk, "-q", f"--net={self.http().url()}", f"--mac={MAC}")
        self.assertEqual((ramdisk, cmdline), (self.initrd + b"\0\0\0more", f"a={MAC}"))

    def test_an_install_tree(self):
        self.serve("tree/images/pxeboot/initrd.img", "i")
        shutil.copy(self.kernel, self.served / "tree/images/pxeboot/vmlinuz")
        url = self.http().url("tree/")
        self.assertEqual(self.boot(self.disk, "-q", f"--net={url}"),
                         (self.kernel.read_bytes(), b"i", f"inst.repo={url}"))

    def test_a_compressed_kernel_is_handed_out(self):
        kernels = sorted(pathlib.Path("/boot").glob("vmlinuz-*"))
        if not kernels:
            self.skipTest("no kernel of this machine")
        shutil.copy(kernels[-1], self.served / "vmlinuz")
        (self.served / "vmlinuz").chmod(0o644)
        kernel, ramdisk, _ = self.boot(self.disk, "-q", f"--net={self.http().url('vmlinuz')}")
        self.assertEqual((kernel, ramdisk), (kernels[-1].read_bytes(), None))

    def test_what_is_no_kernel_for_xen(self):
        self.serve("pxelinux.cfg/default", "LABEL a\nKERNEL more\n")
        self.assertIn("not a kernel", self.refuse_net(f"--net={self.http().url()}"))

    def test_a_kernel_without_notes(self):
        (self.served / "vmlinuz").write_bytes(b"\x7fELF\2\1\1".ljust(4096, b"\0"))
        self.refuse_net(f"--net={self.http().url('vmlinuz')}")

    def test_nothing_there(self):
        url = self.http().url("absent/")
        self.assertIn(url, self.refuse_net(f"--net={url}"))

    def test_other_schemes_are_refused(self):
        self.serve("menu", "LABEL a\nKERNEL file:///etc/passwd\n")
        self.assertIn("file:///etc/passwd", self.refuse_net(f"--net={self.http().url('menu')}"))
        done = self.run_program(self.words(self.disk, "--net=file:///etc/passwd"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("file:///etc/passwd", done.stderr)


class CheckTest(NetbootCase):
    def verdict(self, *args):
        config = self.dir / "g.cfg"
        words = ", ".join(f'"{word}"' for word in args)
        config.write_text(f'name = "g"\ntype = "pv"\nmemory = 256\nbootloader = "domuimg-bootloader"\n'
                          f'bootloader_args = [{words}]\ndisk = ["{self.make()},raw,xvda,rw"]\n')
        return self.run_program([str(world.PROGRAM), "check", str(config), "--xen", "4.17"]).stdout

    def test_what_a_network_will_give_is_not_known(self):
        self.assertIn("(--net), and is not known before [loader-unknown]", self.verdict("--net", f"--mac={MAC}"))

    def test_it_is_called_by_its_name(self):
        self.assertIn("domuimg-bootloader finds no boot menu", self.verdict("-q"))


class BrokenServerTest(NetbootCase):
    def test_tftp_stops_halfway(self):
        server = boot_server.StoppingTftp(b"LABEL a\nKERNEL vmlinuz\n")
        self.addCleanup(server.close)
        said = self.refuse_net(f"--net={server.url('menu')}", "--net-timeout=4")
        self.assertIn(server.url("vmlinuz"), said)

    def test_http_stops_halfway(self):
        said = self.refuse_net(f"--net={self.http(boot_server.Stops).url('menu')}", "--net-timeout=10")
        self.assertIn("vmlinuz", said)

    def test_kill_9_in_the_middle(self):
        url = self.http(boot_server.Stops).url("menu")
        words = self.words(self.disk, "-q", f"--net={url}")
        process = subprocess.Popen(words, env=self.environment, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   text=True)
        for line in process.stderr:
            if "Booting" in line:
                break
        started = children(process.pid)
        self.assertTrue(started)
        process.kill()
        process.wait()
        process.stderr.close()
        self.wait_for_the_end(started)
        self.assertEqual(list(self.out.iterdir()), [])

    def wait_for_the_end(self, processes):
        end = time.monotonic() + 10
        while any(is_alive(process) for process in processes):
            self.assertLess(time.monotonic(), end, "a process is left")
            time.sleep(0.05)

    def test_a_menu_without_an_end(self):
        said = self.refuse_net(f"--net={self.http(boot_server.Stops).url('endless')}", "--net-timeout=30")
        self.assertIn("larger than any menu", said)

    def test_nobody_listens(self):
        server = self.http()
        url = server.url()
        server.close()
        self.assertIn(url, self.refuse_net(f"--net={url}"))

    def test_a_full_directory(self):
        if not world.is_root():
            self.skipTest("needs root")
        self.serve("pxelinux.cfg/default", PXE.format(timeout=50))
        (self.served / "initrd").write_bytes(os.urandom(2 << 20))
        self.run_program(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", self.out], check=True)
        self.addCleanup(self.run_program, ["umount", "-l", self.out], check=True)
        self.assertIn("No space left", self.refuse_net(f"--net={self.http().url()}"))


@world.need_root()
@world.need_program("ip", "ss", "dnsmasq")
class DhcpTest(NetbootCase):
    def network(self, *options, **settings):
        network = boot_server.Network(self.served, *options, **settings)
        self.addCleanup(network.close)
        return network

    def boot_in(self, network, *words):
        return self.boot(self.disk, "-q", f"--mac={MAC}", *words,
                         program=network.inside([str(PROGRAM), "--net"]))

    def test_pxelinux_by_mac(self):
        self.serve("pxelinux.cfg/01-00-16-3e-0a-0b-0c", PXE.format(timeout=50))
        self.serve("pxelinux.cfg/default", "LABEL a\nKERNEL absent\n")
        network = self.network("--dhcp-boot=pxelinux.0")
        _, ramdisk, cmdline = self.boot_in(network, "--entry=second")
        self.assertEqual((ramdisk, cmdline), (self.initrd + b"\0\0\0more", f"two {FACTS}"))

    def test_pxelinux_by_address(self):
        self.serve("pxelinux.cfg/C00002", PXE.format(timeout=50))
        self.assertEqual(self.boot_in(self.network("--dhcp-boot=pxelinux.0"), "--bridge=xenbr0"),
                         (self.kernel.read_bytes(), self.initrd, "one"))

    def test_script_of_ipxe_by_http(self):
        self.serve("boot.ipxe", "#!ipxe\nset base http://${next-server}\nkernel ${base}/vmlinuz ip=${ip}\n"
                                "initrd ${base}/initrd\nboot\n")
        network = self.network(f"--dhcp-boot=http://{boot_server.SERVER}/boot.ipxe,,{boot_server.SERVER}")
        self.assertEqual(self.boot_in(network)[1:], (self.initrd, "ip=192.0.2.91"))

    def test_grub_by_tftp(self):
        self.serve("grub/grub.cfg", "menuentry 'x' {\n linux (tftp)/vmlinuz grub\n initrd (tftp)/initrd\n}\n")
        self.assertEqual(self.boot_in(self.network("--dhcp-boot=grubx64.efi"))[1:], (self.initrd, "grub"))

    def test_nothing_on_the_host_is_changed(self):
        self.serve("pxelinux.cfg/default", PXE.format(timeout=50))
        network = self.network("--dhcp-boot=pxelinux.0")
        addresses = network.inside(["ip", "-o", "addr"])
        before = self.run_program(addresses).stdout
        self.boot_in(network)
        self.assertEqual(self.run_program(addresses).stdout, before)

    def test_dhcp_never_answers(self):
        network = self.network(serves=False)
        (self.dir / "answer").write_bytes(b"")
        begun = time.monotonic()
        done = self.run_program(self.words(self.disk, "-q", f"--mac={MAC}", "--net-timeout=3",
                                           program=network.inside([str(PROGRAM), "--net"])), timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no DHCP server answers on xenbr0", done.stderr)
        self.assertLess(time.monotonic() - begun, 30)
        self.assert_clean()

    def test_no_bridge(self):
        network = self.network(serves=False)
        done = self.run_program(self.words(self.disk, f"--mac={MAC}", "--bridge=absent",
                                           program=network.inside([str(PROGRAM), "--net"])))
        self.assertEqual(done.returncode, 1)
        self.assertIn("absent", done.stderr)


class NetConsoleTest(NetbootCase, ConsoleTest):
    """What ConsoleTest asks of a menu on a disk, of a menu from the network."""

    def setUp(self):
        super().setUp()
        # The words of ConsoleTest's menu.
        self.serve("grub/grub.cfg", (self.root / "boot/grub/grub.cfg").read_text().replace("/boot/", "/"))
        self.image = f"--net={self.http().url()}"


def load_tests(loader, tests, pattern):
    """Not again the tests that are only imported."""
    cases = (UrlTest, CheckTest, BrokenServerTest, DhcpTest, NetConsoleTest)
    return loader.suiteClass(loader.loadTestsFromTestCase(case) for case in cases)
