# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests from container images: umoci says what the layers are together, and bad images are refused in one line."""
import gzip
import http.server
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import threading

import compare
import guest
import oci_image as oci
import world

SERVER = {"Entrypoint": ["/bin/server"], "Cmd": ["--port", "80"], "Env": ["PATH=/bin", "LEVEL=1"]}
BASE = [oci.directory("bin"), oci.file("bin/server", guest.program(), mode=0o755), oci.directory("etc"),
        oci.file("etc/passwd", b"root:x:0:0::/:\n")]


def five_layers():
    """Whiteouts, opaque directories, and hard links to what lower layers have."""
    return [
        [*BASE, oci.directory("usr", mtime=1), oci.directory("usr/lib", mode=0o750, uid=3), oci.symlink("lib", "usr/lib"),
         oci.file("usr/lib/a", b"one"), oci.file("usr/lib/b", b"two"), oci.directory("data"),
         oci.file("data/old", b"old"), oci.directory("data/deep"), oci.file("data/deep/x", b"x"),
         oci.file("kept", b"the first content"), oci.file("shared", b"s" * 9000),
         *(oci.directory(path) for path in ("srv", "srv/d", "opt", "opt/d")), oci.file("srv/d/old", b"old"),
         oci.file("opt/d/old", b"old")],
        [oci.link("linked", "kept"), oci.file("kept", b"the second content"), oci.file("usr/lib/.wh.b"),
         oci.link("usr/lib/shared", "shared")],
        [oci.directory("data", mode=0o700), oci.file("data/.wh..wh..opq"), oci.file("data/new", b"new"),
         oci.file(".wh.shared"), oci.file("etc/.wh.never-was")],
        [oci.file("data/deep", b"a file now", mode=0o4755), oci.directory("kept"), oci.file("kept/inside", b"i"),
         oci.file("usr/lib/a", b"one again", mtime=1e9)],
        [oci.file("data/.wh.new"), oci.file("data/last", b"l"), oci.link("again", "linked"),
         oci.file("usr/lib/c", b"c"), oci.file("srv/d/x/new", b"in no directory of this layer"),
         oci.file("srv/.wh..wh..opq"), oci.file("opt/d/x/new", b"nor this"), oci.file("opt/.wh.d")],
    ]


class Oci(world.Case):
    def layout(self, *layers, name="image", **settings):
        return oci.Layout(self.dir / name).image(list(layers) or [BASE], **(SERVER | settings))

    def made(self, ref, *more):
        done = self.run_program(self.command(f"oci:{ref}", *more))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / "t.img"

    def read(self, path):
        return subprocess.run(["debugfs", "-R", f"cat {path}", self.out / "t.img"], check=True, text=True,
                              capture_output=True).stdout

    def refuse(self, ref, *parts, more=()):
        self.assert_one_line(self.run_program(self.command(f"oci:{ref}", *more)), *parts)
        self.assert_nothing_left()

    def test_values_of_an_env_file_are_in_the_guest_alone(self):
        secrets, layout = self.dir / "secrets", self.layout()
        secrets.write_text("# of the shop\nSHOP_KEY=hunter2 and more\nLEVEL=9\n")
        secrets.chmod(0o600)
        self.made(layout.path, "--env-file", secrets, "--env", "LEVEL=10")
        config = self.read("/etc/domuimg-init.conf")
        self.assertIn("env SHOP_KEY=hunter2 and more\n", config)
        self.assertIn("env LEVEL=10\n", config)
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertIn(f"took the variables SHOP_KEY, LEVEL from {secrets}", manifest["changes"])
        self.assertEqual(manifest["spec"]["env-file"], [str(secrets)])
        for path in self.out.iterdir():
            if path.name != "t.img":
                self.assertNotIn(b"hunter2", path.read_bytes(), path.name)
        stat_of_config = subprocess.run(["debugfs", "-R", "stat /etc/domuimg-init.conf", self.out / "t.img"], text=True,
                                        check=True, capture_output=True).stdout
        self.assertRegex(stat_of_config, r"Mode:\s+0600")

    def test_an_env_file_that_is_none_is_refused(self):
        bad, layout = self.dir / "bad", self.layout()
        bad.write_text("A=1\nhunter2\n")
        self.refuse(layout.path, f"env-file: line 2 of {bad} is not NAME=VALUE", more=("--env-file", bad))
        self.refuse(layout.path, "env-file", "cannot be read", more=("--env-file", self.dir / "none"))

    @world.need_root()
    @world.need_program("umoci")
    def test_layers_are_what_umoci_unpacks(self):
        layout = self.layout(*five_layers(), tag="five")
        image = self.create(f"oci:{layout.path}")
        subprocess.run(["umoci", "unpack", "--image", f"{layout.path}:five", self.dir / "bundle"], check=True,
                       capture_output=True)
        subprocess.run(["e2fsck", "-fn", image], check=True, capture_output=True)
        with compare.mounted(image) as found:
            wanted = compare.describe(self.dir / "bundle/rootfs")
            told = compare.describe(found)
            # umoci sets the time of a directory before it removes what is in it.
            for told_of in (wanted, told):
                for entry in told_of.values():
                    if stat.S_ISDIR(entry["kind"]):
                        entry.pop("mtime")
            self.assertEqual(compare.differences(wanted, told), [])

    def test_an_opaque_directory_hides_all_that_is_below_it(self):
        layout = self.layout([*BASE, oci.directory("d"), oci.directory("d/deep"), oci.file("d/deep/x"), oci.file("d/z")],
                             [oci.directory("d"), oci.file("d/deep/new", b"new"), oci.file("d/.wh..wh..opq")])
        self.made(layout.path)
        listed = subprocess.run(["debugfs", "-R", "ls -p /d", self.out / "t.img"], check=True, text=True,
                                capture_output=True).stdout
        self.assertNotIn("/z/", listed)
        self.assertEqual(self.read("/d/deep/new"), "new")
        self.assertEqual(self.read("/d/deep/x"), "")

    def test_what_the_guest_runs(self):
        layout = self.layout(User="7:8", WorkingDir="/srv", StopSignal="SIGQUIT")
        self.made(layout.path, "--env", "LEVEL=2", "--env", "MORE=a b", "--cmd", "'two words' x", "--restart", "no",
                  "--volume", "/var/data=16M", "--nic", "ip=192.0.2.5/24,dns=192.0.2.1")
        text = self.read("/etc/domuimg-init.conf")
        for line in ("arg /bin/server\narg two words\narg x", "env PATH=/bin\nenv LEVEL=2\nenv MORE=a b", "user 7:8",
                     "directory /srv", "stop-signal QUIT", "restart no", "dns 192.0.2.1"):
            self.assertIn(f"\n{line}\n", text)
        self.assertRegex(text, r"\nmount UUID=[0-9a-f-]{36} /var/data ext4\n")
        self.assertRegex(text, r"\naddress [0-9a-f:]{17} 192.0.2.5/24\n")
        self.assertIn("init=/usr/lib/domuimg/init", (self.out / "t.cfg").read_text())
        self.assertTrue((self.out / "t-xvdb.img").exists() or list(self.out.glob("t*xvdb*")))

    def test_users(self):
        accounts = [*BASE, oci.file("etc/passwd", b"root:x:0:0::/:\nweb:x:33:33::/srv:\nodd:x:-1:1::/:\n"),
                    oci.file("etc/group", b"web:x:33:\n")]
        for number, user in enumerate(("web", "web:web", "0:4294967294", "web:7")):
            with self.subTest(user=user):
                self.made(self.layout(accounts, name=f"good{number}", User=user).path, "--force")
                self.assertIn(f"\nuser {user}\n", self.read("/etc/domuimg-init.conf"))
        shutil.rmtree(self.out)
        self.out.mkdir()
        shutil.rmtree(self.state)
        for number, (user, part) in enumerate((
                ("nobody", "/etc/passwd"), ("odd", "/etc/passwd"), ("web:none", "/etc/group"), ("-1", "“-1”"),
                ("+7", "“+7”"), (" 7", "“ 7”"), ("4294967295", "4294967294"), ("7:", "group"), (":7", "user"),
                ("7:-1", "“-1”"), ("7:8:9", "“8:9”"))):
            with self.subTest(user=user):
                self.refuse(self.layout(accounts, name=f"bad{number}", User=user).path, part, "to run as")

    def test_signals(self):
        for number, (signal, wanted) in enumerate((("SIGRTMIN+3", "37"), ("RTMAX-1", "63"), ("sigusr1", "USR1"),
                                                   ("SIGCONT", "18"), ("9", "9"))):
            with self.subTest(signal=signal):
                self.made(self.layout(name=f"good{number}", StopSignal=signal).path, "--force")
                self.assertIn(f"\nstop-signal {wanted}\n", self.read("/etc/domuimg-init.conf"))
        shutil.rmtree(self.out)
        self.out.mkdir()
        shutil.rmtree(self.state)
        for number, signal in enumerate(("SIGNONE", "0", "65", "3x", "SIGRTMIN+31", "RTMAX+1", "SIG")):
            with self.subTest(signal=signal):
                self.refuse(self.layout(name=f"bad{number}", StopSignal=signal).path, f"“{signal}”", "signal")

    def test_a_directory_that_no_layer_has(self):
        self.made(self.layout(WorkingDir="/srv/a/b").path)
        for path in ("/srv", "/srv/a", "/srv/a/b"):
            told = subprocess.run(["debugfs", "-R", f"stat {path}", self.out / "t.img"], check=True, text=True,
                                  capture_output=True).stdout
            self.assertRegex(told, r"Type: directory +Mode: +0755")
            self.assertRegex(told, r"User: +0 +Group: +0 ")
        shutil.rmtree(self.out)
        self.out.mkdir()
        shutil.rmtree(self.state)
        self.refuse(self.layout(name="file", WorkingDir="/etc/passwd/x").path, "/etc/passwd/x", "not a directory")

    def test_a_platform_of_several(self):
        layout = self.layout([*BASE, oci.file("which", b"amd64")])
        layout.image([[oci.file("which", b"arm64")]], arch="arm64", **SERVER)
        layout.index(["amd64", "arm64"])
        self.made(layout.path)
        self.assertEqual(self.read("/which"), "amd64")
        shutil.rmtree(self.out)
        self.out.mkdir()
        shutil.rmtree(self.state)
        self.refuse(layout.path, "s390x", "linux/amd64, linux/arm64", "--arch", more=["--arch", "s390x"])

    def test_indexes_of_the_same_or_of_too_many(self):
        layout = self.layout()
        image = layout.manifests[0]
        one = inner = layout.json({"schemaVersion": 2, "manifests": []}, oci.INDEX)
        for _ in range(3):
            inner = layout.json({"schemaVersion": 2, "manifests": [inner] * 60}, oci.INDEX)
        layout.manifests = [inner]
        layout.write()
        self.refuse(layout.path, "holds no image")
        layout.manifests = [inner, image]
        self.made(layout.write().path)
        shutil.rmtree(self.out)
        self.out.mkdir()
        shutil.rmtree(self.state)
        many = [layout.json({"schemaVersion": 2, "manifests": [one], "number": number}, oci.INDEX)
                for number in range(4100)]
        layout.manifests = [layout.json({"schemaVersion": 2, "manifests": part}, oci.INDEX)
                            for part in (many[:2050], many[2050:])]
        self.refuse(layout.write().path, "more than 4096 manifests")

    def test_archives(self):
        layers = [BASE, [oci.file("twice", b"2")], [oci.file("twice", b"2")]]
        layout = self.layout(*layers)
        plain = layout.archive(self.dir / "oci.tar")
        packed = self.dir / "oci.tar.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
        docker = oci.docker_archive(self.dir / "docker.tar", layers, **SERVER)
        for archive in (plain, packed, docker):
            with self.subTest(archive=archive.name):
                self.made(archive, "--force")
                self.assertEqual(self.read("/twice"), "2")
                self.assertIn("arg --port", self.read("/etc/domuimg-init.conf"))

    def test_images_with_tags(self):
        layout = self.layout([*BASE, oci.file("one")], tag="one")
        layout.image([[*BASE, oci.file("two", b"2")]], tag="two", **SERVER)
        self.refuse(layout.path, "holds 2 images", "one, two")
        self.refuse(f"{layout.path}:three", "three", "one, two")
        self.made(f"{layout.path}:two")
        self.assertEqual(self.read("/two"), "2")

    def test_a_container_that_boots_itself(self):
        layers = [*BASE, oci.file("usr/lib/modules/6.1/vmlinuz", pathlib.Path(self.kernel).read_bytes()),
                  oci.file("sbin/init", guest.program(), mode=0o755)]
        self.made(self.layout(layers).path)
        self.assertNotIn("init=", (self.out / "t.cfg").read_text())

    def test_same_bytes(self):
        self.environment["SOURCE_DATE_EPOCH"] = "1700000000"
        layout, images = self.layout(*five_layers()), []
        for number in ("1", "2"):
            self.out = self.dir / f"out{number}"
            images.append(self.made(layout.path, "--nic", "mac=00:16:3e:01:02:03").read_bytes())
        self.assertTrue(images[0] == images[1], "the images differ")

    def test_layers_that_lead_out(self):
        for name, entry, parts in (
                ("up", oci.file("../escaped", b"x"), ["../escaped"]),
                ("absolute", oci.file("/etc/passwd", b"x"), ["/etc/passwd", "absolute"]),
                ("linked", oci.link("passwd", "../../etc/passwd"), ["../../etc/passwd"]),
                ("nowhere", oci.link("passwd", "etc/nothing"), ["etc/nothing", "neither it nor a layer below"]),
                ("root", oci.file(".wh."), ["whiteout"]),
                ("dot", oci.file("etc/.wh..."), ["whiteout"]),
                ("below", oci.file("etc/passwd/below", b"x"), ["etc/passwd/below", "not a directory"])):
            with self.subTest(name=name):
                self.refuse(self.layout(BASE, [entry], name=name).path, "layer 2", *parts)

    def test_a_symlink_that_leads_out_stays_inside(self):
        layout = self.layout([*BASE, oci.symlink("out", f"../../../..{self.dir}/outside")],
                             [oci.file("out/planted", b"inside")])
        (self.dir / "outside").mkdir()
        self.made(layout.path)
        self.assertEqual(list((self.dir / "outside").iterdir()), [])
        self.assertEqual(self.read(f"{self.dir}/outside/planted"), "inside")

    def test_damaged_images(self):
        layout = self.layout(BASE, [oci.file("more", b"m" * 5000)])
        manifest = json.loads((layout.path / "blobs" / layout.manifests[0]["digest"].replace(":", "/")).read_text())
        layer = layout.path / "blobs" / manifest["layers"][1]["digest"].replace(":", "/")
        whole = layer.read_bytes()
        other = gzip.compress(oci.tar([oci.file("more", b"n" * 5000)]), mtime=0)
        for name, data, part in (("other", other.ljust(len(whole), b"\0")[:len(whole)], "digest"),
                                 ("garbage", bytes(len(whole)), "digest"), ("short", whole[:-3], "bytes")):
            with self.subTest(name=name):
                layer.write_bytes(data)
                self.refuse(layout.path, "layer 2", part)
        layer.unlink()
        self.refuse(layout.path, "layer 2")
        config = layout.path / "blobs" / manifest["config"]["digest"].replace(":", "/")
        config.write_bytes(config.read_bytes().replace(b"LEVEL=1", b"LEVEL=9"))
        self.refuse(layout.path, "digest", manifest["config"]["digest"])

    def test_what_is_not_an_image(self):
        (self.dir / "empty").mkdir()
        self.refuse(self.dir / "empty", "index.json", "dir:")
        self.refuse(guest.write_tar(self.dir / "root.tar"), "not a container image")
        self.refuse(self.dir / "missing", "missing")
        broken = self.layout(name="broken")
        for text, part in (("{", "JSON"), ("[]", "neither"), ('{"manifests": [{"digest": "sha256:../../x"}]}', "digest"),
                           ("[" * 5000, "JSON"), ('{"manifests": []}', "holds no image")):
            with self.subTest(text=text[:20]):
                (broken.path / "index.json").write_text(text)
                self.refuse(broken.path, part)

    def test_parts_that_are_no_regular_files(self):
        layout = self.layout()
        parts = [layout.manifests[0]["digest"]]
        manifest = json.loads((layout.path / "blobs" / parts[0].replace(":", "/")).read_text())
        parts += [manifest["config"]["digest"], manifest["layers"][0]["digest"]]
        for part in parts:
            blob, aside = layout.path / "blobs" / part.replace(":", "/"), self.dir / "aside"
            blob.rename(aside)
            for make in (lambda: blob.symlink_to(aside), lambda: os.mkfifo(blob)):
                make()
                with self.subTest(part=part, kind=oct(blob.lstat().st_mode)):
                    self.refuse(layout.path, str(blob), "is not a regular file")
                blob.unlink()
            aside.rename(blob)

    def test_messages_hold_no_control_characters(self):
        odd = "a\n\x1b[2Jb\x9bc"
        for name, layout, end in (
                ("program", self.layout(name="program", Entrypoint=[f"/bin/{odd}"]), "by --cmd"),
                ("user", self.layout(name="user", User=odd), "4294967294"),
                ("directory", self.layout(name="directory", WorkingDir=f"/bin/server/{odd}"), "be made of it"),
                ("signal", self.layout(name="signal", StopSignal=odd), "from 1 to 64"),
                ("arch", oci.Layout(self.dir / "arch").image([BASE], arch=odd, **SERVER), "by --arch"),
                ("path", self.layout(BASE, [oci.file(f"etc/passwd/{odd}")], name="path"), "the layers below")):
            with self.subTest(name=name):
                self.refuse(layout.path, "a??[2Jb?c", end)
        missing = oci.docker_archive(self.dir / "docker.tar", [BASE], arch=None, **SERVER)
        self.refuse(missing, "only for linux/unknown")

    def test_an_entry_point_that_is_not_there(self):
        self.refuse(self.layout(Entrypoint=["/bin/gone"]).path, "/bin/gone", "--cmd")
        self.refuse(self.layout(name="path", Entrypoint=["gone"]).path, "gone", "PATH")
        self.refuse(self.layout(name="none", Entrypoint=None, Cmd=None).path, "--cmd")

    @world.need_program("skopeo")
    def test_a_registry(self):
        layout = self.layout([*BASE, oci.file("from", b"a registry")])
        server = registry(layout)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        address = f"127.0.0.1:{server.server_port}"
        settings = self.dir / ".config/containers"
        settings.mkdir(parents=True)
        (settings / "registries.conf").write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
        (settings / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        self.environment["HOME"] = str(self.dir)
        self.made(f"docker://{address}/test:v1")
        self.assertEqual(self.read("/from"), "a registry")
        (settings / "policy.json").write_text('{"default": [{"type": "reject"}]}')
        shutil.rmtree(self.out)
        self.out.mkdir()
        shutil.rmtree(self.state)
        done = self.run_program(self.command(f"oci:docker://{address}/test:v1"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("reject", done.stderr)
        self.assert_nothing_left()


def registry(layout):
    """A registry's API for one image, as far as a pull needs it."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.rpartition("/")[2]
            wanted = layout.manifests[0]
            digest = wanted["digest"] if name == "v1" else name
            path = layout.path / "blobs" / digest.replace(":", "/")
            if self.path == "/v2/":
                return self.answer(b"{}", "application/json")
            if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest) or not path.exists():
                return self.send_error(404)
            kind = wanted["mediaType"] if "/manifests/" in self.path else "application/octet-stream"
            return self.answer(path.read_bytes(), kind, digest)

        def answer(self, data, kind, digest=""):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Docker-Content-Digest", digest)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
