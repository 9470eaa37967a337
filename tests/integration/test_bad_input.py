# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input gets one clear line and status 1 or 2; nothing is lost, and nothing left."""
import functools
import gzip
import http.server
import os
import shutil
import socket
import subprocess
import threading
import unittest

import archives
import world
from archives import add_directory, add_file, add_link

COMPRESSORS = [["gzip"], ["xz"], ["zstd", "-q"], ["lz4", "-q"], ["bzip2"]]

HOSTILE = {
    "a name with dots": ([lambda tar: add_file(tar, "etc/../../escape")], "escape"),
    "a name that starts with dots": ([lambda tar: add_file(tar, "../escape")], "escape"),
    "a name of dots": ([lambda tar: add_directory(tar, "..")], ".."),
    "an absolute name": ([lambda tar: add_file(tar, "/etc/escape")], "/etc/escape"),
    "a hard link to outside": ([lambda tar: add_link(tar, "etc/link", "../../etc/passwd")],
                               "etc/link"),
    "a hard link to nothing": ([lambda tar: add_link(tar, "etc/link", "etc/nothing")],
                               "etc/nothing"),
    "a hard link to itself": ([lambda tar: add_link(tar, "etc/link", "etc/link")], "etc/link"),
    "a hard link to a directory": ([lambda tar: add_link(tar, "etc/link", "var")], "etc/link"),
    "hard links to each other": ([lambda tar: add_link(tar, "etc/one", "etc/other"),
                                  lambda tar: add_link(tar, "etc/other", "etc/one")], "etc/one"),
    "a file where a directory was": ([lambda tar: add_file(tar, "etc")], "etc"),
    "a directory where a symlink was": ([lambda tar: add_link(tar, "lib", "usr/lib", b"2"),
                                         lambda tar: add_directory(tar, "lib")], "/lib"),
    "a file below a file": ([lambda tar: add_file(tar, "etc/passwd/below")], "etc/passwd"),
    "a file below a symlink": ([lambda tar: add_link(tar, "etc/l", "/tmp", b"2"),
                                lambda tar: add_file(tar, "etc/l/below")], "etc/l"),
    "a name of 256 bytes": ([lambda tar: add_file(tar, "etc/" + "n" * 256)], "nnn"),
}

ARGUMENTS = {
    "a size that is none": (["--disk", "size=lots"], "lots"),
    "a disk key that is none": (["--disk", "colour=red"], "colour"),
    "a MAC that is none": (["--nic", "mac=00:16:3e:zz:00:00"], "mac"),
    "a uuid that is none": (["--uuid", "1234"], "1234"),
    "a memory of nothing": (["--memory", "0"], "memory"),
    "a type that is none": (["--type", "xen"], "xen"),
    "a source that is none": (["--from", "floppy:a"], "floppy"),
    "an option that is none": (["--no-such-option"], "--no-such-option"),
    "a file that is not there": (["--from", "tar:/nonexistent.tar"], "/nonexistent.tar"),
    "a directory as archive": (["--from", "tar:/usr"], "/usr"),
    "a copy of a directory that is not there": (["--from", "dir:/nonexistent"], "/nonexistent"),
    "a copy of a file": (["--from", "dir:/etc/passwd"], "/etc/passwd"),
    "a password file that is not there": (["--root-password-file", "/nonexistent/password"],
                                          "/nonexistent/password"),
    "a key file that is not there": (["--ssh-key", "/nonexistent/key.pub"],
                                     "/nonexistent/key.pub"),
    "a key that is none": (["--ssh-key", "/etc/passwd"], "/etc/passwd"),
    "a kernel that is not there": (["--kernel", "file:/nonexistent/vmlinuz"],
                                   "/nonexistent/vmlinuz"),
    "a kernel that is none": (["--kernel", "file:/etc/passwd"], "/etc/passwd"),
    "an initramfs that is none": (["--kernel", "file:{kernel},/etc/passwd"], "/etc/passwd"),
    "a kernel that cannot be this type": (["--type", "pvh"], "PVH"),
    "no kernel in the guest": (["--kernel", "guest"], "kernel"),
}


class BadInput(world.Case):
    def setUp(self):
        super().setUp()
        (self.out / "other.img").write_bytes(b"somebody's")
        (self.out / "t.txt").write_bytes(b"somebody's too")
        self.before = world.snapshot(self.out)

    def refuse(self, source, *more, parts=()):
        done = self.run_program(self.command(source, *more))
        self.assert_one_line(done, *parts)
        self.assert_nothing_left(self.before)

    def test_truncated_archive(self):
        archive = archives.plain(self.dir / "root.tar", 300_000)
        whole = archive.read_bytes()
        # One block of zeros is taken for the end; what follows it is padding.
        end = len(whole.rstrip(b"\0")) // 512 * 512 + 512
        for length in (*range(1, end, end // 40), 511, 512, 513, end - 1, end):
            with self.subTest(length=length):
                archive.write_bytes(whole[:length])
                self.refuse(f"tar:{archive}", parts=["root.tar"])

    def test_truncated_compressed_archive(self):
        whole = gzip.compress(archives.plain(self.dir / "root.tar", 300_000).read_bytes())
        archive = self.dir / "root.tar.gz"
        for length in (1, 2, 10, 11, *range(20, len(whole), len(whole) // 20), len(whole) - 1):
            with self.subTest(length=length):
                archive.write_bytes(whole[:length])
                self.refuse(f"tar:{archive}", parts=["root.tar.gz"])

    def test_corrupt_header(self):
        archive = archives.plain(self.dir / "root.tar", 30_000)
        whole = bytearray(archive.read_bytes())
        whole[512 * 3 + 150] ^= 0x15
        archive.write_bytes(whole)
        self.refuse(f"tar:{archive}", parts=["root.tar"])

    def test_empty_archives(self):
        for name, content in (("empty", b""), ("zeros", b"\0" * 10240), ("text", b"text\n" * 999),
                              ("packed", gzip.compress(b""))):
            with self.subTest(name=name):
                archive = self.dir / name
                archive.write_bytes(content)
                self.refuse(f"tar:{archive}", parts=[name])

    def test_disk_too_small(self):
        archive = archives.plain(self.dir / "root.tar", 40_000_000)
        self.refuse(f"tar:{archive}", "--disk", "size=20M", parts=["20 MiB", "needs at least"])

    def test_disk_of_the_size_that_was_asked_for(self):
        archive = archives.plain(self.dir / "root.tar", 40_000_000)
        done = self.run_program(self.command(f"tar:{archive}", "--disk", "size=20M"))
        wanted = done.stderr.partition("size=")[2].split()[0]
        self.create(f"tar:{archive}", "--disk", f"size={wanted}")

    def test_names_that_are_none(self):
        archive = archives.plain(self.dir / "root.tar", 30_000)
        for name in ("a/b", "..", "-x", "", "a b", "7", "n" * 65):
            with self.subTest(name=name):
                command = self.command(f"tar:{archive}", "--", name)
                command.remove("t")
                self.assert_one_line(self.run_program(command))
                self.assert_nothing_left(self.before)

    def test_result_that_exists(self):
        archive = archives.plain(self.dir / "root.tar", 30_000)
        for name in ("t.img", "t.cfg", "t.xml", "t.json"):
            with self.subTest(name=name):
                (self.out / name).write_bytes(b"precious")
                before = world.snapshot(self.out)
                done = self.run_program(self.command(f"tar:{archive}"))
                self.assert_one_line(done, name, "--force")
                self.assert_nothing_left(before)
                (self.out / name).unlink()

    def test_failure_under_force_keeps_what_was_there(self):
        archive = archives.plain(self.dir / "root.tar", 300_000)
        archive.write_bytes(archive.read_bytes()[:200_000])
        for name in ("t.img", "t.cfg", "t.xml", "t.json"):
            (self.out / name).write_bytes(b"precious")
        self.before = world.snapshot(self.out)
        self.refuse(f"tar:{archive}", "--force", parts=["root.tar"])

    @world.need_root()
    @world.need_program("setpriv")
    def test_directory_without_write_permission(self):
        archive = archives.plain(self.dir / "root.tar", 30_000)
        self.out.chmod(0o755)
        self.state.mkdir()
        os.chown(self.state, world.NOBODY, world.NOBODY)
        drop = ["setpriv", f"--reuid={world.NOBODY}", f"--regid={world.NOBODY}", "--clear-groups"]
        command = [*drop, *self.command(f"tar:{archive}")]
        if self.run_program([*drop, str(world.PROGRAM), "--version"]).returncode != 0:
            self.skipTest("the build directory is closed to other users")
        self.assert_one_line(self.run_program(command), str(self.out))
        self.assert_nothing_left(self.before)

    @world.need_root()
    @world.need_program("unshare", "mke2fs")
    def test_missing_program(self):
        archive = archives.plain(self.dir / "root.tar", 30_000)
        hide = ["unshare", "--mount", "sh", "-c",
                'mount --bind /dev/null "$0" && exec "$@"', shutil.which("mke2fs")]
        done = self.run_program([*hide, *self.command(f"tar:{archive}")])
        self.assert_one_line(done, "mke2fs", "e2fsprogs")
        self.assert_nothing_left(self.before)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@world.need_program("mmdebstrap")
class BadMirror(world.Case):
    def refuse(self, mirror, *parts):
        done = self.run_program(self.command("debian:bookworm", "--mirror", mirror))
        self.assert_one_line(done, *parts)
        self.assert_nothing_left()

    def serve(self):
        """An empty mirror on the loopback interface."""
        self.site = self.dir / "site"
        self.site.mkdir()
        handler = functools.partial(Quiet, directory=str(self.site))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/debian"

    def test_mirror_that_is_not_reached(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.refuse(f"http://127.0.0.1:{port}/debian", "mirror", str(port))

    def test_unknown_suite(self):
        self.refuse(self.serve(), "bookworm")

    def test_unsigned_repository(self):
        mirror = self.serve()
        suite = self.site / "debian" / "dists" / "bookworm"
        (suite / "main" / "binary-amd64").mkdir(parents=True)
        (suite / "main" / "binary-amd64" / "Packages").touch()
        empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        (suite / "Release").write_text(
            "Origin: Debian\nSuite: stable\nCodename: bookworm\nArchitectures: amd64\n"
            "Components: main\nDate: Sat, 01 Jan 2022 00:00:00 UTC\n"
            f"SHA256:\n {empty} 0 main/binary-amd64/Packages\n")
        self.refuse(mirror, "not signed")


def add_tests():
    def hostile_test(steps, part):
        def test(self):
            archive = archives.hostile(self.dir / "root.tar", *steps)
            self.refuse(f"tar:{archive}", parts=[part])
        return test

    def argument_test(arguments, part):
        def test(self):
            archive = archives.plain(self.dir / "root.tar", 30_000)
            words = [word.format(kernel=self.kernel) for word in arguments]
            self.refuse(f"tar:{archive}", *words, parts=[part])
        return test

    def corrupt_test(program):
        def test(self):
            archives.plain(self.dir / "root.tar", 300_000)
            done = subprocess.run([*program, "-c", self.dir / "root.tar"], check=True,
                                  stdout=subprocess.PIPE)
            whole = bytearray(done.stdout)
            middle = len(whole) // 2
            whole[middle:middle + 8] = bytes(byte ^ 0x55 for byte in whole[middle:middle + 8])
            archive = self.dir / "corrupt"
            archive.write_bytes(whole)
            self.refuse(f"tar:{archive}", parts=["corrupt"])
        return world.need_program(program[0])(test)

    for program in COMPRESSORS:
        setattr(BadInput, f"test_corrupt_{program[0]}", corrupt_test(program))
    for name, (steps, part) in HOSTILE.items():
        setattr(BadInput, "test_" + name.replace(" ", "_"), hostile_test(steps, part))
    for name, (arguments, part) in ARGUMENTS.items():
        setattr(BadInput, "test_" + name.replace(" ", "_"), argument_test(arguments, part))


add_tests()

if __name__ == "__main__":
    unittest.main()
