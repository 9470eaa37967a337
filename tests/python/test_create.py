# SPDX-License-Identifier: LGPL-2.1-or-later
"""A build from Python: results, progress, errors and the ways to stop it."""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import unittest

import domuimg
import guest
import made

INTERRUPTED = """
import os, signal, sys
import domuimg
signal.signal(signal.SIGINT, signal.default_int_handler)
def interrupt(fraction, message):
    os.kill(os.getpid(), signal.SIGINT)
try:
    domuimg.create("web1", source=sys.argv[1], kernel=sys.argv[2], type="pv", dir=sys.argv[3],
                   on_progress=interrupt)
except KeyboardInterrupt:
    sys.exit(7)
"""


class Builds(made.Inputs):
    def setUp(self):
        super().setUp()
        self.source = f"tar:{self.root}"
        self.kernel = f"file:{self.kernel}"

    def create(self, **settings):
        settings = {"source": self.source, "kernel": self.kernel, "type": "pv"} | settings
        return domuimg.create("web1", dir=self.out, **settings)

    def assert_nothing_is_left(self):
        self.assertEqual(list(self.out.iterdir()) if self.out.exists() else [], [])

    def test_results_are_there(self):
        result = self.create(memory=600)
        self.assertEqual(result.name, "web1")
        self.assertEqual(result.config_path, str(self.out / "web1.cfg"))
        for path in (
            result.image_path,
            result.config_path,
            result.xml_path,
            result.manifest_path,
            result.kernel_path,
        ):
            self.assertTrue(os.path.isfile(path), path)
        config = pathlib.Path(result.config_path).read_text()
        self.assertIn("memory = 600", config)
        self.assertIn(result.uuid, config)
        self.assertIsInstance(result.details, dict)
        self.assertEqual(result.verdict, "unknown")

    def test_a_guest_that_is_still_to_be_installed(self):
        tree = self.dir / "tree" / "images" / "pxeboot"
        tree.mkdir(parents=True)
        guest.write_kernel(tree / "vmlinuz", pvh=True)
        (tree / "initrd.img").write_bytes(b"")
        with self.assertRaisesRegex(domuimg.NotBootable, "initramfs"):
            self.create(source=f"tree:{self.dir / 'tree'}", kernel="pvgrub", type="auto",
                        extra_args="inst.repo=http://192.0.2.9/")
        self.assertEqual(list(self.out.iterdir()) if self.out.exists() else [], [])
        (self.dir / "init").write_bytes(guest.program())
        (self.dir / "init").chmod(0o755)
        with open(tree / "initrd.img", "wb") as file:
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=self.dir, check=True, stdout=file,
                           input=b"init\n")
        result = self.create(source=f"tree:{self.dir / 'tree'}", kernel="pvgrub", type="auto",
                             extra_args="inst.repo=http://192.0.2.9/")
        self.assertEqual(result.verdict, "unknown")
        text = pathlib.Path(result.install_config_path).read_text()
        self.assertIn('cmdline = "console=hvc0 inst.text inst.repo=http://192.0.2.9/"', text)
        self.assertEqual(result.details["installer"]["config"], result.install_config_path)

    def test_a_guest_that_would_not_boot_is_an_error(self):
        source = f"tar:{guest.write_tar(self.dir / 'no-init.tar', without='sbin/init')}"
        with self.assertRaisesRegex(domuimg.NotBootable, r"\[init-missing\]"):
            self.create(source=source)
        self.assert_nothing_is_left()
        self.assertEqual(self.create(source=source, allow_unbootable=True).verdict, "fails")

    def test_progress_runs_from_start_to_end_in_this_thread(self):
        seen = []
        threads = set()

        def watch(fraction, message):
            seen.append((fraction, message))
            threads.add(threading.get_ident())

        self.create(on_progress=watch)
        fractions = [fraction for fraction, _ in seen]
        self.assertEqual(fractions, sorted(fractions))
        self.assertEqual(fractions[-1], 1.0)
        self.assertTrue(any(message for _, message in seen))
        self.assertEqual(threads, {threading.get_ident()})

    def test_a_password_is_for_the_caller_alone(self):
        result = self.create(root_password="generate")
        self.assertRegex(result.root_password, "^[a-z2-9]{16}$")
        self.assertNotIn(result.root_password, repr(result))
        self.assertIsNone(self.create(force=True).root_password)

    def test_a_name_that_exists_is_refused(self):
        self.create()
        with self.assertRaises(domuimg.Exists):
            self.create()

    def test_failure_leaves_nothing(self):
        (self.dir / "root.tar").write_bytes(b"no tar at all" * 100)
        with self.assertRaises(domuimg.Error):
            self.create()
        self.assert_nothing_is_left()

    def test_a_cancelled_build_leaves_nothing(self):
        cancellable = domuimg.Cancellable()
        with self.assertRaises(domuimg.Cancelled):
            self.create(cancellable=cancellable, on_progress=lambda *_: cancellable.cancel())
        self.assertTrue(cancellable.cancelled)
        self.assert_nothing_is_left()

    def test_an_exception_in_the_callable_stops_the_build(self):
        with self.assertRaises(ZeroDivisionError):
            self.create(on_progress=lambda *_: 1 / 0)
        self.assert_nothing_is_left()

    def test_ctrl_c_stops_the_build(self):
        child = subprocess.run(
            [sys.executable, "-c", INTERRUPTED, self.source, self.kernel, str(self.out)],
            timeout=120,
        )
        self.assertEqual(child.returncode, 7, signal.Signals(-child.returncode).name
                         if child.returncode < 0 else "no KeyboardInterrupt")
        self.assert_nothing_is_left()


if __name__ == "__main__":
    unittest.main()
