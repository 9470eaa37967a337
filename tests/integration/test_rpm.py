# SPDX-License-Identifier: LGPL-2.1-or-later
"""--from rpm: with real dnf and zypper, and repositories that rpmbuild and createrepo_c make here."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

import rpm_repo
import world
from world import NOBODY, PROGRAM

TOOLS = ("dnf", "rpmbuild", "createrepo_c", "gpg")


class RpmCase(world.Case):
    """With a repository of the class, and a release of the test."""

    seeds = ()

    @classmethod
    def setUpClass(cls):
        cls.repository = rpm_repo.make(cls.shared_directory(), cls.seeds, kernel=False)
        for path in (cls.repository.path.parent, cls.repository.home):
            path.chmod(0o755)

    def setUp(self):
        super().setUp()
        self.releases = self.dir / "releases"
        rpm_repo.release(self.releases)
        self.environment |= {"DOMUIMG_LIBEXEC_DIR": str(PROGRAM.parent / "helpers"),
                             "DOMUIMG_RELEASES_DIR": str(self.releases)}

    def words(self, *more, repo=None, key=None, release="test"):
        trust = ["--keyring", key or self.repository.key] if key != "none" else []
        return self.command(f"rpm:{release}", "--kernel-package", "none", "--disk", "size=256M",
                            "--repo", repo or self.repository.path, *trust, *more)

    def make(self, *more, **settings):
        done = self.run_program(self.words("--no-customise", *more, **settings))
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.out / "t.img"

    def refuse(self, *more, parts=(), **settings):
        done = self.run_program(self.words(*more, **settings))
        self.assert_one_line(done, *parts)
        self.assert_nothing_left()

    def copy_repository(self):
        """One that the test may break."""
        return pathlib.Path(shutil.copytree(self.repository.path, self.dir / "repo"))

    def unpack(self, image):
        root = self.dir / "root"
        root.mkdir()
        subprocess.run(["debugfs", "-R", f"rdump / {root}", image], check=True, capture_output=True)
        return root

    def read(self, image, path):
        return subprocess.run(["debugfs", "-R", f"cat {path}", image], check=True, capture_output=True, text=True).stdout


def again(case):
    shutil.rmtree(case.out)
    case.out.mkdir()


@world.need_program(*TOOLS)
class Installs(RpmCase):
    def test_a_group_a_package_and_the_files_of_the_release(self):
        image = self.make("--package", "hello")
        self.assertEqual(self.read(image, "/usr/share/hello/text"), "hello 1\n")
        self.assertIn("Test Linux", self.read(image, "/etc/os-release"))
        self.assertIn("xen-blkfront", self.read(image, "/etc/dracut.conf.d/50-domuimg.conf"))
        self.assertEqual(self.read(image, "/usr/share/hello/friend"), "")
        self.assertEqual(self.read(image, "/usr/share/doc/hello/README"), "")
        root = self.unpack(image)
        self.assertEqual([path.name for path in (root / "dev").iterdir()], [])
        self.assertEqual((root / "proc").stat().st_mode & 0o7777, 0o555)

    def test_weak_dependencies_and_documentation(self):
        image = self.make("--package", "hello", "--weak-deps", "--docs")
        self.assertEqual(self.read(image, "/usr/share/hello/friend"), "friend\n")
        self.assertEqual(self.read(image, "/usr/share/doc/hello/README"), "Read me.\n")

    def test_without_the_group_of_the_release(self):
        rpm_repo.release(self.releases, groups="")
        image = self.make("--package", "hello", "--group", "base")
        self.assertIn("root:", self.read(image, "/etc/passwd"))

    def test_a_server_and_a_repo_file(self):
        server, address = rpm_repo.serve(self.repository.path.parent)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        listed = self.dir / "test.repo"
        # What a file says of signatures does not count.
        listed.write_text(f"# Two.\n[main]\ngpgcheck=0\n[one]\nname=One\nbaseurl={address}/repo\ngpgcheck=0\n"
                          f"gpgkey=file://{self.repository.key}\n\n[two]\nbaseurl=http://127.0.0.1:1/\nenabled=0\n")
        image = self.make("--package", "hello", repo=listed, key="none")
        self.assertEqual(self.read(image, "/usr/share/hello/text"), "hello 1\n")

    def test_a_release_that_knows_its_keys(self):
        listing = subprocess.run(["gpg", "--homedir", self.repository.home, "--with-colons", "--list-keys"],
                                 check=True, capture_output=True, text=True).stdout
        print_of_key = next(line.split(":")[9] for line in listing.splitlines() if line.startswith("fpr"))
        rpm_repo.release(self.releases, key=f"urls=file://{self.repository.key}\nfingerprints={print_of_key}")
        self.make("--package", "hello", key="none")
        again(self)
        rpm_repo.release(self.releases, key=f"urls=file://{self.repository.key}\nfingerprints={'0' * 40}")
        self.refuse(key="none", parts=["has the key", print_of_key, "--keyring"])

    def test_a_binary_keyring(self):
        binary = self.dir / "key.gpg"
        subprocess.run(["gpg", "--dearmor", "--output", binary, self.repository.key], check=True)
        self.make("--package", "hello", key=binary)

    @world.need_program("zypper")
    def test_zypper(self):
        rpm_repo.release(self.releases, manager="zypper", groups="")
        image = self.make("--package", "hello", "--package", "setup")
        self.assertEqual(self.read(image, "/usr/share/hello/text"), "hello 1\n")
        again(self)
        self.refuse("--package", "nosuch", parts=["no such package", "nosuch"])


@world.need_program(*TOOLS)
class Cache(RpmCase):
    def test_a_second_create_installs_nothing(self):
        repo = self.copy_repository()
        self.make("--package", "hello", repo=repo)
        again(self)
        for path in repo.rglob("*.rpm"):
            path.unlink()
        self.make("--package", "hello", repo=repo)
        self.assertEqual(self.read(self.out / "t.img", "/usr/share/hello/text"), "hello 1\n")
        again(self)
        self.refuse("--package", "hello", "--no-cache", repo=repo, parts=["test: "])

    def test_a_new_index_is_a_new_root(self):
        repo = self.copy_repository()
        self.make("--package", "hello", repo=repo)
        again(self)
        rpm_repo.index(repo)
        rpm_repo.release(self.releases, groups="")
        self.make("--package", "hello-friend", repo=repo)
        names = [path.name for path in (self.dir / "cache").iterdir()]
        self.assertEqual(len(names), 2)
        again(self)
        (repo / "repodata" / "repomd.xml").write_text((repo / "repodata" / "repomd.xml").read_text() + "\n")
        self.make("--package", "hello-friend", repo=repo)
        later = [path.name for path in (self.dir / "cache").iterdir()]
        self.assertEqual(len(later), 2)
        self.assertNotEqual(sorted(names), sorted(later))


@world.need_program(*TOOLS)
class BadInput(RpmCase):
    def test_unknown_release(self):
        self.refuse(release="nosuch", parts=["no release “nosuch”", "test"])

    def test_package_that_does_not_exist(self):
        self.refuse("--package", "nosuch", parts=["no such package", "nosuch"])

    def test_group_that_does_not_exist(self):
        self.refuse("--group", "nosuch", parts=["no such group", "nosuch"])

    def test_repository_that_is_not_reached(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.refuse(repo=f"http://127.0.0.1:{port}/", parts=["repo0", "not reached", str(port)])

    def test_address_without_repository(self):
        self.refuse(repo=self.dir, parts=["repo0", "repomd.xml"])

    def test_repo_file_that_does_not_exist(self):
        self.refuse(repo=self.dir / "no.repo", parts=["no.repo"])

    def test_no_key(self):
        self.refuse(key="none", parts=["which key", "--keyring", "--allow-unsigned"])

    def test_wrong_key(self):
        other = rpm_repo.make_key(self.dir / "other", "another key")
        self.refuse(key=other, parts=["not signed by a key that is trusted", "--keyring"])

    def unsigned(self):
        repo = self.copy_repository()
        for path in repo.rglob("*.rpm"):
            subprocess.run(["rpmsign", "--delsign", path], check=True, capture_output=True)
        rpm_repo.index(repo)
        rpm_repo.release(self.releases, groups="")
        return repo

    def test_unsigned_packages(self):
        self.refuse("--package", "hello", repo=self.unsigned(), parts=["not signed"])

    def test_unsigned_packages_that_are_wanted(self):
        self.make("--package", "hello", "--allow-unsigned", repo=self.unsigned(), key="none")
        manifest = json.loads((self.out / "t.json").read_text())
        self.assertIn("signatures are not checked", json.dumps(manifest))

    def test_stale_mirror(self):
        repo = self.copy_repository()
        for path in repo.rglob("hello-1*.rpm"):
            path.write_bytes(path.read_bytes()[:-64] + b"x" * 64)
        self.refuse("--package", "hello", repo=repo, parts=["do not fit together"])

    def test_metadata_that_is_not_of_the_index(self):
        repo = self.copy_repository()
        for path in (repo / "repodata").glob("*primary.xml.gz"):
            path.write_bytes(path.read_bytes()[:-9] + b"123456789")
        self.refuse("--package", "hello", repo=repo, parts=["test: "])

    def test_keys_of_other_sources(self):
        done = self.run_program(self.command(f"dir:{self.dir}", "--repo", "/srv"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("--repo goes with --from rpm:RELEASE only", done.stderr)


@world.need_program(*TOOLS)
class Labels(RpmCase):
    """Of SELinux, by the guest's own setfiles where it has one."""

    seeds = ("bash", "coreutils", "dash", "libc-bin", "policycoreutils")

    def create(self, *packages):
        words = [word for name in packages for word in ("--package", name)]
        key = self.dir / "key.pub"
        key.write_text("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0000000000000000000000000000000000000000000 a@b\n")
        done = self.run_program(self.words("--ssh-key", key, *words))
        self.assertEqual(done.returncode, 0, done.stderr)

    def label(self, path):
        return subprocess.run(["debugfs", "-R", f"ea_get -V {path} security.selinux", self.out / "t.img"], check=True,
                              capture_output=True, text=True).stdout.rstrip("\0\n")

    def test_files_of_packages_and_new_ones(self):
        self.create("selinux-policy-test", "policycoreutils")
        self.assertEqual(self.label("/etc/passwd"), "test_u:object_r:etc_t:s0")
        self.assertEqual(self.label("/etc/shadow"), "test_u:object_r:shadow_t:s0")
        self.assertEqual(self.label("/usr/sbin/setfiles"), "test_u:object_r:default_t:s0")
        self.assertEqual(self.label("/etc/fstab"), "test_u:object_r:etc_t:s0")
        self.assertEqual(self.label("/root/.ssh/authorized_keys"), "test_u:object_r:home_t:s0")
        self.assertEqual(self.read(self.out / "t.img", "/.autorelabel"), "")
        self.assertIn("SELinux labels of the policy test", (self.out / "t.json").read_text())

    def test_a_guest_without_setfiles_is_labelled_at_its_first_boot(self):
        rpm_repo.release(self.releases, groups="")
        self.create("selinux-policy-test", "setup")
        status = subprocess.run(["debugfs", "-R", "stat /.autorelabel", self.out / "t.img"], check=True,
                                capture_output=True, text=True)
        self.assertIn("Type: regular", status.stdout)
        self.assertIn("at the first boot", (self.out / "t.json").read_text())


@world.need_root()
@world.need_program(*TOOLS, "newuidmap", "setpriv")
class WithoutRoot(RpmCase):
    """As a user, to whom files of a mount namespace give further ids."""

    seeds = ("bash", "coreutils", "dash", "libc-bin", "login", "passwd", "rpm")

    def as_user(self, command, first_id):
        ids = self.dir / "ids"
        ids.write_text(f"{NOBODY}:{first_id}:65536\n" if first_id else "")
        script = ('mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid && '
                  f"exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups " + '"$@"')
        for path in (self.out, self.dir):
            os.chown(path, NOBODY, NOBODY)
        self.environment["HOME"] = str(self.dir)
        return self.run_program(["unshare", "--mount", "sh", "-c", script, ids, *command])

    def test_files_of_all_users(self):
        done = self.as_user(self.words("--package", "hello", "--package", "passwd", "--no-customise"), 200000)
        self.assertEqual(done.returncode, 0, done.stderr)
        root = self.unpack(self.out / "t.img")
        self.assertEqual((root / "etc/shadow").stat().st_uid, 0)
        self.assertEqual((root / "proc").stat().st_mode & 0o7777, 0o555)
        status = subprocess.run(["debugfs", "-R", "stat /usr/bin/passwd", self.out / "t.img"], check=True,
                                capture_output=True, text=True).stdout
        self.assertIn("Mode:  04755", status)
        asked = subprocess.run(["chroot", root, "rpm", "-q", "hello"], check=True, capture_output=True, text=True)
        self.assertEqual(asked.stdout, "hello-1-1.x86_64\n")

    def test_without_further_ids(self):
        done = self.as_user(self.words("--package", "hello"), None)
        self.assert_one_line(done, "/etc/subuid", "usermod")
        self.assert_nothing_left()


def processes_of(text):
    """Processes whose command line has @text."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text in path.read_bytes().decode(errors="replace"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@world.need_program(*TOOLS)
class Interrupted(RpmCase):
    def kill_while_installing(self, number):
        mounts = pathlib.Path("/proc/self/mounts").read_text()
        command = self.words("--package", "hello", "--no-cache")
        with subprocess.Popen(command, env=self.environment, stderr=subprocess.DEVNULL) as running:
            work = None
            deadline = time.monotonic() + 60
            while work is None and time.monotonic() < deadline:
                for process in processes_of("--installroot"):
                    words = pathlib.Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
                    if any(str(self.repository.path) in word for word in words) or self.is_ours(words):
                        work = os.path.dirname(words[words.index("--installroot") + 1])
                time.sleep(0.01)
            os.kill(running.pid, number)
        self.assertIsNotNone(work)
        deadline = time.monotonic() + 10
        while processes_of(work) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(processes_of(work), [])
        self.assertEqual(pathlib.Path("/proc/self/mounts").read_text(), mounts)
        done = self.run_program([str(PROGRAM), "cleanup"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertFalse(os.path.exists(work))
        self.assert_nothing_left()

    def is_ours(self, words):
        work = os.path.dirname(words[words.index("--installroot") + 1])
        listed = pathlib.Path(work) / "repos" / "domuimg.repo"
        return listed.exists() and str(self.repository.path) in listed.read_text()

    def test_killed(self):
        self.kill_while_installing(signal.SIGKILL)

    def test_interrupted(self):
        self.kill_while_installing(signal.SIGINT)


@world.need_program(*TOOLS)
class OwnDatabase(RpmCase):
    """What the guest's own rpm reads; scriptlets run."""

    seeds = ("bash", "coreutils", "dash", "libc-bin", "rpm")

    @world.need_root()
    def check(self, **settings):
        rpm_repo.release(self.releases, **settings)
        names = ("hello", "rpm", "libc-bin", "coreutils", "setup", "dash")
        root = self.unpack(self.make(*(word for name in names for word in ("--package", rpm_repo.rpm_name(name)))))
        asked = subprocess.run(["chroot", root, "rpm", "-qa", "--qf", "%{NAME}\n"], check=True, capture_output=True, text=True)
        names = asked.stdout.split()
        self.assertEqual(asked.stderr, "")
        for name in ("hello", "glibc", "rpm", "setup"):
            self.assertIn(name, names)
        self.assertEqual(len(names), len(set(names)))
        return root

    def test_sqlite(self):
        root = self.check()
        self.assertTrue((root / "etc" / "ld.so.cache").exists())
        self.assertTrue((root / "var/lib/rpm/rpmdb.sqlite").exists())

    @world.need_root()
    def test_full_disk(self):
        """Where memory has no room for the root, it is made beside the results."""
        small = self.dir / "small"
        with open(small, "wb") as file:
            file.truncate(24 << 20)
        subprocess.run(["mke2fs", "-q", small], check=True)
        script = ('mount -o loop "$0" "$1" && mount -t tmpfs -o size=1M none /dev/shm && out=$1 && shift && '
                  '{ "$@"; status=$?; ls -A "$out" | grep -v lost+found; exit $status; }')
        done = self.run_program(["unshare", "--mount", "sh", "-c", script, small, self.out,
                                 *map(str, self.words("--package", "rpm", "--no-cache"))])
        self.assert_one_line(done, "test: no space left", "TMPDIR")
        self.assert_nothing_left()

    def test_of_a_format_that_only_the_guest_can_write(self):
        self.check(form="import")

    @world.need_program("zypper")
    def test_by_zypper(self):
        self.check(form="import", manager="zypper", groups="")


if __name__ == "__main__":
    world.unittest.main()
