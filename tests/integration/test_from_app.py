# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that are one application: what a run opens is in them, and all that is in them is accounted for."""
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import world

RULES = world.SOURCES / "lib" / "app" / "rules"
HELLO = world.SOURCES / "tests" / "xen" / "apps" / "hello.py"
EPOCH = "1700000000"
WORDS = """#!/bin/sh -e
cat /etc/services | tr -cs 'A-Za-z' '\\n' | sort | uniq -c | sort -rn | head -5
now=$(date +%s)
[ -n "$now" ] && sleep 0.1
"""


@world.need_program("mke2fs", "debugfs")
class App(world.Case):
    def setUp(self):
        super().setUp()
        self.environment |= {"DOMUIMG_RULES_DIR": str(RULES), "SOURCE_DATE_EPOCH": EPOCH}

    def make(self, program, *more, name="t"):
        done = self.run_program(self.command(f"app:{program}", "--nic", "mac=00:16:3e:01:02:03", *more, name=name))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / f"{name}.img"

    def show(self, *more, name="t"):
        return self.run_program([str(world.PROGRAM), "show", str(self.out / f"{name}.json"), *more])

    def unpack(self, image):
        directory = self.dir / "unpacked"
        directory.mkdir()
        subprocess.run(["debugfs", "-R", f"rdump / {directory}", image], check=True, capture_output=True)
        return directory

    def trace(self, command, seconds=None):
        """A run that ends by itself, or one of a server, which is ended."""
        file = self.dir / "trace"
        words = [str(world.PROGRAM), "trace", "-o", str(file), "--", *command]
        run = subprocess.Popen(words, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
        if seconds is not None:
            time.sleep(seconds)
            run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[1]
        self.assertEqual(run.returncode, 0, said)
        return file

    def assert_nothing_missing(self, program, command, opened, seconds=None):
        self.make(program)
        file = self.trace(command, seconds)
        paths = file.read_text().splitlines()
        for path in opened:
            self.assertIn(path, paths)
        done = self.show("--missing", str(file))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    @world.need_program("strace", "/usr/sbin/nginx")
    def test_nginx_has_what_it_opens(self):
        self.assert_nothing_missing("/usr/sbin/nginx", ["/usr/sbin/nginx", "-t"], ["/etc/nginx/nginx.conf"])

    @world.need_program("strace")
    def test_python_has_what_it_opens(self):
        self.assert_nothing_missing(HELLO, [str(HELLO)], [str(HELLO)], 3)

    @world.need_program("strace")
    def test_shell_script_has_what_it_opens(self):
        script = self.dir / "words.sh"
        script.write_text(WORDS)
        script.chmod(0o755)
        self.make(script)
        file = self.trace([str(script)])
        done = self.show("--missing", str(file))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        self.assertIn("/usr/bin/uniq", file.read_text())

    @world.need_program("strace")
    def test_missing_files_are_listed_and_can_be_added(self):
        extra = pathlib.Path("/usr/share/doc/dash/copyright")
        if not extra.exists():
            self.skipTest(f"there is no {extra}")
        file = self.trace(["/usr/bin/cat", str(extra)])
        self.make("/usr/bin/cat")
        done = self.show("--missing", str(file))
        self.assertEqual((done.returncode, done.stdout), (1, f"{extra}\n"), done.stderr)
        self.make("/usr/bin/cat", "--trace-file", file, name="u")
        done = self.show("--missing", str(file), name="u")
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_every_file_is_in_the_bill(self):
        image = self.make("/usr/bin/getent")
        root = self.unpack(image)
        spdx = json.loads((self.out / "t.spdx.json").read_text())
        cyclonedx = json.loads((self.out / "t.cdx.json").read_text())
        sums = {f"/{path.relative_to(root)}": hashlib.sha256(path.read_bytes()).hexdigest()
                for path in root.rglob("*") if path.is_file() and not path.is_symlink()}

        def digest(sums, key, value):
            return next(one[value] for one in sums if one[key] in ("SHA256", "SHA-256"))

        self.assertEqual({file["fileName"][1:]: digest(file["checksums"], "algorithm", "checksumValue")
                          for file in spdx["files"]}, sums)
        files = [part for part in cyclonedx["components"] if part["type"] == "file"]
        for package in cyclonedx["components"]:
            files += package.get("components", [])
        self.assertEqual({file["name"]: digest(file["hashes"], "alg", "content") for file in files}, sums)
        self.check_spdx(spdx)

    def check_spdx(self, spdx):
        """By SPDX 2.3's chapters: identifiers that are the only ones of their name, relationships that lead
        somewhere, the sum over all files."""
        ids = [spdx["SPDXID"], *(part["SPDXID"] for part in spdx["packages"] + spdx["files"])]
        self.assertEqual(len(ids), len(set(ids)))
        for one in spdx["relationships"]:
            self.assertIn(one["spdxElementId"], ids)
            self.assertIn(one["relatedSpdxElement"], ids)
        named = {one["licenseId"] for one in spdx["hasExtractedLicensingInfos"]}
        for package in spdx["packages"]:
            for word in package["licenseDeclared"].split(" AND "):
                self.assertTrue(not word.startswith("LicenseRef-") or word in named, word)
        sums = sorted(sum["checksumValue"] for file in spdx["files"] for sum in file["checksums"]
                      if sum["algorithm"] == "SHA1")
        guest = spdx["packages"][0]["packageVerificationCode"]["packageVerificationCodeValue"]
        self.assertEqual(guest, hashlib.sha1("".join(sums).encode()).hexdigest())
        libc = [package for package in spdx["packages"] if package["name"] == "libc6"]
        self.assertTrue(not os.path.exists("/var/lib/dpkg/status") or libc)

    def test_same_inputs_give_the_same_bytes(self):
        results = []
        for name in ("a", "b"):
            out = self.out
            self.out = self.dir / name
            self.out.mkdir()
            self.make("/usr/bin/getent")
            results.append({path.name: path.read_bytes() for path in self.out.iterdir()
                            if path.name in ("t.img", "t.spdx.json", "t.cdx.json", "t.why.json")})
            self.out = out
        self.assertEqual(len(results[0]), 4)
        self.assertEqual(results[0], results[1])

    def test_roots_of_all_kinds(self):
        image = self.make("/usr/bin/sort")
        root = self.unpack(image)
        archive = self.dir / "root.tar"
        subprocess.run(["tar", "-C", root, "-cf", archive, "."], check=True)
        for name, place in (("dir", root), ("tar", archive), ("img", image)):
            self.make("/usr/bin/sort", "--from-root", place, name=name)
            done = self.show("--why", "/bin/sort", name=name)
            self.assertEqual(done.stdout, "/usr/bin/sort: it was asked for\n", done.stderr)

    def test_delete_takes_the_documents_along(self):
        self.make("/usr/bin/true")
        self.assertIn(self.out / "t.cdx.json", list(self.out.iterdir()))
        done = self.run_program([str(world.PROGRAM), "delete", str(self.out / "t.json"), "--disks", "--yes"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_bad_input_leaves_nothing(self):
        root = self.dir / "root"
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "text").write_text("hello\n")
        (root / "bin" / "loop").symlink_to("loop")
        (root / "bin" / "cut").write_bytes(pathlib.Path("/usr/bin/true").read_bytes()[:3000])
        (root / "var/lib/dpkg").mkdir(parents=True)
        (root / "var/lib/dpkg/status").write_text("")
        (root / "bin" / "lonely").write_bytes(pathlib.Path("/usr/bin/true").read_bytes())
        bad = self.dir / "bad"
        (bad / "var/lib/dpkg").mkdir(parents=True)
        (bad / "var/lib/dpkg/status").write_text("rubbish\n")
        for program, more, part in (("bin/x", (), "absolute path"),
                                    ("/bin/none", (), "there is no program /bin/none"),
                                    ("/bin/text", (), "cannot be started"),
                                    ("/bin/loop", (), "symbolic links"),
                                    ("/bin/cut", (), "/bin/cut"),
                                    ("/bin/lonely", (), "ld-linux"),
                                    ("/bin/text", ("--from-root", bad), "is damaged: line 1"),
                                    ("/bin/text", ("--from-root", self.dir / "no"), "opening the root"),
                                    ("/bin/text", ("--trace-file", self.dir / "no"), "no")):
            with self.subTest(program=program, more=more):
                more = more if "--from-root" in more else ("--from-root", root, *more)
                done = self.run_program(self.command(f"app:{program}", *more))
                self.assert_one_line(done, part)
                self.assert_nothing_left()


if __name__ == "__main__":
    unittest.main()
