# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel of a guest that has upgraded itself."""

import json
import re
import tarfile
import unittest

import domuimg
import made

VERSION = "6.1.0-1-test"


class Updates(made.Inputs):
    def setUp(self):
        super().setUp()
        builtin = self.dir / "modules.builtin"
        builtin.write_text("kernel/drivers/block/xen-blkfront.ko\nkernel/fs/ext4/ext4.ko\n")
        with tarfile.open(self.root, "a", format=tarfile.PAX_FORMAT) as tar:
            tar.add(self.kernel, f"boot/vmlinuz-{VERSION}")
            tar.add(builtin, f"lib/modules/{VERSION}/modules.builtin")
        domuimg.create("web1", source=f"tar:{self.root}", kernel="extract", type="pv", dir=self.out)

    def test_nothing_to_do(self):
        update = domuimg.kernel_update("web1", dir=self.out)
        self.assertFalse(update.needed)
        self.assertEqual((update.old_version, update.new_version), (VERSION, VERSION))
        self.assertIn("up to date", str(update))
        self.assertFalse(update.details["done"])

    def test_a_guest_that_was_made_elsewhere(self):
        (self.out / "web1.json").unlink()
        self.assertEqual(domuimg.adopt(self.out / "web1.cfg"), str(self.out / "web1.json"))
        self.assertFalse(domuimg.kernel_update(self.out / "web1.cfg").needed)
        with self.assertRaises(domuimg.Exists):
            domuimg.adopt(self.out / "web1.cfg")
        domuimg.adopt(self.out / "web1.cfg", force=True)

    def adopt_with(self, kernel):
        config = self.out / "web1.cfg"
        config.write_text(re.sub(r"(?m)^kernel = .*", f'kernel = "{kernel}"', config.read_text()))
        domuimg.adopt(config, force=True)
        return json.loads((self.out / "web1.json").read_text())["kernel"]["from"]

    def test_only_a_copy_beside_an_adopted_guest_is_its_own(self):
        own = self.out / "web1.vmlinuz"
        self.assertEqual(self.adopt_with(own), "guest")
        elsewhere = self.dir / "vmlinuz-of-the-host"
        elsewhere.write_bytes(own.read_bytes())
        self.assertEqual(self.adopt_with(elsewhere), "file")
        link = self.out / "vmlinuz-link"
        link.symlink_to(elsewhere)
        self.assertEqual(self.adopt_with(link), "file")
        other = self.out / f"vmlinuz-{VERSION}"
        other.write_bytes(own.read_bytes() + b"of another guest")
        self.assertEqual(self.adopt_with(other), "file")

    def test_kernels(self):
        kernel = domuimg.kernel_inspect(self.out / "web1.vmlinuz", xen="4.17")
        self.assertEqual(kernel.format, "ELF")
        self.assertTrue(kernel.boots["pv"])
        (installed,) = domuimg.kernel_list(self.out / "web1.img")
        self.assertEqual(installed.version, VERSION)
        self.assertIsInstance(installed.reason, str)

    def test_progress_of_a_repair(self):
        seen = []
        config = self.out / "web1.cfg"
        config.write_text(config.read_text().replace("root=/dev/xvda", "root=/dev/sda1"))
        report, _ = domuimg.fix(config, on_progress=lambda fraction, text: seen.append(text))
        self.assertNotIn("root-device", [finding.id for finding in report.findings])
        self.assertIn("Repairing the guest", seen)

    def test_a_copy_that_differs_is_replaced(self):
        copy = self.out / "web1.vmlinuz"
        content = copy.read_bytes()
        copy.write_bytes(b"old")
        self.assertTrue(domuimg.kernel_update("web1", dir=self.out, dry_run=True).needed)
        self.assertEqual(copy.read_bytes(), b"old")
        self.assertTrue(domuimg.kernel_update("web1", dir=self.out).details["done"])
        self.assertEqual(copy.read_bytes(), content)

    def test_a_guest_is_named_as_it_is_for_a_check(self):
        for name in ("web1.cfg", "web1.json"):
            self.assertFalse(domuimg.kernel_update(self.out / name).needed, name)
        (self.out / "web1.json").unlink()
        with self.assertRaisesRegex(domuimg.NotFound, "manifest"):
            domuimg.kernel_update(self.out / "web1.cfg")
        with self.assertRaises(domuimg.NotFound):
            domuimg.kernel_update("no-such-guest")
        with self.assertRaises(domuimg.InvalidArgument):
            domuimg.kernel_update("../web1", dir=self.out)

    def test_errors_are_exceptions(self):
        with self.assertRaises(domuimg.NotFound):
            domuimg.kernel_update("web2", dir=self.out)
        cancellable = domuimg.Cancellable()
        cancellable.cancel()
        (self.out / "web1.vmlinuz").write_bytes(b"old")
        with self.assertRaises(domuimg.Cancelled):
            domuimg.kernel_update("web1", dir=self.out, cancellable=cancellable)
        self.assertEqual((self.out / "web1.vmlinuz").read_bytes(), b"old")


if __name__ == "__main__":
    unittest.main()
