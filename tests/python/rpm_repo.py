# SPDX-License-Identifier: LGPL-2.1-or-later
"""A repository of RPM packages: a Linux that boots, out of Debian packages that this machine has.

What packages do to each other is as in an RPM distribution: a package for directories and one for
users come first, scriptlets run in the new root, and the kernel's has dracut make an initramfs. So
nothing is downloaded. `rpm_repo.py DIRECTORY` makes it all in DIRECTORY, which is to be empty.
"""
import collections
import functools
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

SEEDS = ("bash", "coreutils", "cpio", "dash", "dbus", "dracut-core", "e2fsprogs", "findutils", "grep", "gzip",
         "hostname", "iproute2", "kmod", "libc-bin", "libpam-modules", "libpam-runtime", "login", "mount",
         "ncurses-base", "passwd", "procps", "rpm", "sed", "systemd-sysv", "tar", "udev", "util-linux")
# What only Debian's own maintainer scripts need.
NOT_NEEDED = re.compile(r"adduser|cdebconf|debconf.*|dpkg|gpg.*|gnupg.*|initramfs-tools.*|install-info|perl.*|python.*|"
                        r"rpm-common-dev|sensible-utils|debugedit|rpm2cpio|libfile-find-rule-perl|pkg-config|"
                        r"linux-base|usrmerge|usr-is-merged|init-system-helpers|base-passwd|base-files|logsave")
LEFT_OUT = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/lintian/",
            "/usr/share/bash-completion/", "/usr/share/info/", "/usr/lib/rpm/debugedit")
ALIASES = ("bin", "sbin", "lib", "lib64")
DIRECTORIES = ("boot dev etc home media mnt opt proc root run srv sys tmp usr usr/bin usr/sbin usr/lib usr/lib64 "
               "usr/share var var/cache var/lib var/lib/rpm var/log var/tmp etc/rpm etc/pam.d").split()
MODES = {"proc": "0555", "sys": "0555", "root": "0700", "tmp": "1777", "var/tmp": "1777"}
PROVIDES = {"dash": "/bin/sh", "glibc-common": "/sbin/ldconfig"}  # where scriptlets look for them
GROUP = "Base"
KEY_NAME = "domuimg test repository"


def run(*argv, **settings):
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False, **settings)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]}: status {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def fields():
    """Package → (names that it needs), of all that is installed; what is provided counts as its name."""
    text = run("dpkg-query", "-W", "-f", "${Package}\t${Pre-Depends}, ${Depends}\t${Provides}\n")
    rows = [line.split("\t") for line in text.splitlines()]
    provided = {re.split(r"[ (]", name.strip())[0]: row[0] for row in rows for name in row[2].split(",") if name}
    provided |= {row[0]: row[0] for row in rows}

    def needed(row):
        for wanted in row[1].split(","):
            for name in wanted.split("|"):
                found = provided.get(re.split(r"[ (:]", name.strip())[0])
                if found:
                    yield found
                    break
    return {row[0]: sorted(set(needed(row))) for row in rows}


def closure(seeds):
    """Package → those that it needs of the set."""
    needs, found, todo = fields(), {}, list(seeds)
    while todo:
        name = todo.pop()
        if name in found or NOT_NEEDED.fullmatch(name):
            continue
        found[name] = [other for other in needs[name] if not NOT_NEEDED.fullmatch(other)]
        todo += found[name]
    return found


def merged(path):
    """A path of a Debian package in a root whose /bin is a link to usr/bin."""
    first = path.split("/")[1]
    return "/usr" + path if first in ALIASES else path


class Packages:
    """The sources of one rpmbuild."""

    def __init__(self, directory):
        self.directory = directory
        self.stage = directory / "stage"
        self.spec = []
        self.taken = set()

    def put(self, path, text, mode=0o644):
        target = self.stage / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(mode)
        return path

    def copy(self, path):
        """The line of %files for a file of this machine; None for a directory with files, and for what is gone."""
        target = merged(path)
        if target in self.taken or target.startswith(LEFT_OUT) or not os.path.lexists(path):
            return None
        staged = self.stage / target[1:]
        if os.path.isdir(path) and not os.path.islink(path):
            if os.listdir(path):
                return None
            staged.mkdir(parents=True, exist_ok=True)
        elif not os.path.lexists(staged):
            staged.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, staged, follow_symlinks=False)
        self.taken.add(target)
        return f'{"%dir " if staged.is_dir() and not staged.is_symlink() else ""}"{target}"'

    def package(self, name, files, requires=(), scripts="", recommends=()):
        name = rpm_name(name)
        lines = [f"%package -n {name}", f"Summary: {name}", "AutoReqProv: no"]
        lines += [f"Recommends: {other}" for other in recommends]
        lines += [f"Requires(pre): {rpm_name(other)}" for other in requires]
        lines += [f"Provides: {PROVIDES[name]}"] if name in PROVIDES else []
        lines += [f"%description -n {name}", name, scripts, f"%files -n {name}", "%defattr(-,root,root,-)", *files]
        self.spec.append("\n".join(lines))

    def build(self, version="1"):
        spec = self.directory / "set.spec"
        head = ["%define debug_package %{nil}", "%define __os_install_post %{nil}", "%define _build_id_links none",
                "%define _binary_payload w.ufdio", "%define _unpackaged_files_terminate_build 0",
                "Name: set", f"Version: {version}", "Release: 1", "Summary: set", "License: none", "AutoReqProv: no",
                "%description", "set", ""]
        spec.write_text("\n".join(head) + "\n\n".join(self.spec) + "\n")
        run("rpmbuild", "-bb", "--target", "x86_64", "--buildroot", self.stage, "--noclean",
            "--define", f"_topdir {self.directory / 'build'}", "--define", f"_rpmdir {self.directory / 'repo'}",
            spec, env=os.environ | {"HOME": str(self.directory)})


def rpm_name(name):
    return {"libc6": "glibc", "libc-bin": "glibc-common"}.get(name, name)


def kernel_version():
    return max(path.name for path in pathlib.Path("/lib/modules").iterdir() if path.name.endswith("-cloud-amd64"))


def add_first(packages):
    """What comes before all others: release, directories, users."""
    release = packages.put("/etc/os-release",
                           'NAME="Test Linux"\nID=testlinux\nID_LIKE=fedora\nVERSION_ID=1\nPRETTY_NAME="Test Linux 1"\n')
    packages.package("test-release", [release])
    lines = []
    for name in DIRECTORIES:
        (packages.stage / name).mkdir(parents=True, exist_ok=True)
        lines.append(f"%dir %attr({MODES.get(name, '0755')},root,root) /{name}")
    for name in ALIASES:
        (packages.stage / name).symlink_to(f"usr/{name}")
        lines.append(f"/{name}")
    packages.package("filesystem", lines, ["test-release"])
    master = pathlib.Path("/usr/share/base-passwd")
    users = "messagebus:x:101:101::/nonexistent:/usr/sbin/nologin\nsystemd-network:x:998:998::/:/usr/sbin/nologin\n"
    groups = "messagebus:x:101:\nsystemd-network:x:998:\nsystemd-journal:x:999:\ninput:x:102:\nsgx:x:103:\nkvm:x:104:\nrender:x:105:\n"
    passwd = (master / "passwd.master").read_text().replace(":*:", ":x:") + users
    files = [packages.put("/etc/passwd", passwd),
             packages.put("/etc/group", (master / "group.master").read_text().replace(":*:", ":x:") + groups),
             packages.put("/etc/shadow", "".join(f"{line.split(':')[0]}:*:19000:0:99999:7:::\n"
                                                 for line in passwd.splitlines()), 0o640),
             packages.put("/etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"),
             packages.put("/etc/rpm/macros", "%_dbpath /var/lib/rpm\n"),
             packages.put("/etc/profile", "PATH=/usr/sbin:/usr/bin\nexport PATH\n")]
    files += [packages.copy(str(path)) for path in sorted(pathlib.Path("/etc/pam.d").glob("common-*"))]
    packages.package("setup", files, ["filesystem"])


def add_debian(packages, seeds):
    """Each Debian package as a package of its own."""
    scripts = {"libc-bin": "%posttrans -n glibc-common -p /sbin/ldconfig",
               # A scriptlet that asks the root what it is made of.
               "systemd": "%posttrans -n systemd\ntest -r /proc/self/status && test -c /dev/null\n"
                          "systemctl preset systemd-networkd.service"}
    for name, needs in sorted(closure(seeds).items()):
        paths = run("dpkg-query", "-L", name).splitlines()
        copied = [packages.copy(path) for path in paths if path != "/." and path.startswith("/")]
        packages.package(name, [line for line in copied if line], ["setup", *needs], scripts.get(name, ""))


def add_kernel(packages):
    version = kernel_version()
    paths = [f"/boot/vmlinuz-{version}", f"/boot/config-{version}"]
    paths += [str(path) for path in pathlib.Path(f"/lib/modules/{version}").rglob("*")
              if path.is_file() and not re.match(r"modules\.(?!builtin|order)", path.name)]
    packages.package("kernel", [packages.copy(path) for path in paths],
                     ["dracut-core", "kmod", "coreutils", "bash", "systemd", "udev", "glibc-common"],
                     f"%posttrans -n kernel\ndepmod {version}\n"
                     f"dracut --quiet --force /boot/initramfs-{version}.img {version}\n")


def add_extra(packages, version):
    packages.package("hello", [packages.put("/usr/share/hello/text", f"hello {version}\n"),
                               "%doc " + packages.put("/usr/share/doc/hello/README", "Read me.\n")],
                     ["filesystem"], recommends=["hello-friend"])
    packages.package("hello-friend", [packages.put("/usr/share/hello/friend", "friend\n")], ["filesystem"])


def add_policy(packages):
    """As a package of SELinux's policy: settings, and the labels of files."""
    packages.package("selinux-policy-test", [
        packages.put("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=test\n"),
        packages.put("/etc/selinux/test/contexts/files/file_contexts",
                     "/.*\ttest_u:object_r:default_t:s0\n/etc(/.*)?\ttest_u:object_r:etc_t:s0\n"
                     "/etc/shadow\t--\ttest_u:object_r:shadow_t:s0\n/root(/.*)?\ttest_u:object_r:home_t:s0\n")],
        ["filesystem"])


def comps(names):
    entries = "\n".join(f'<packagereq type="mandatory">{name}</packagereq>' for name in names)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE comps PUBLIC "-//Red Hat, Inc.//DTD Comps info//EN" '
            f'"comps.dtd">\n<comps><group><id>base</id><name>{GROUP}</name><description/><default>true</default>'
            f"<uservisible>true</uservisible><packagelist>{entries}</packagelist></group></comps>\n")


def make_key(home, name=KEY_NAME):
    """A key in a GnuPG home of its own; the file of its public half."""
    home.mkdir(mode=0o700)
    run("gpg", "--homedir", home, "--batch", "--passphrase", "", "--quick-gen-key", name, "rsa2048", "sign", "never")
    public = home / "public.asc"
    run("gpg", "--homedir", home, "--batch", "--yes", "--armor", "--output", public, "--export")
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    return public


def sign(home, directory, name=KEY_NAME):
    files = sorted(directory.rglob("*.rpm"))
    run("rpmsign", "--addsign", "--define", f"__gpg {shutil.which('gpg')}", "--define", f"_gpg_name {name}", "--define", f"_gpg_path {home}", *files,
        env=os.environ | {"GNUPGHOME": str(home), "HOME": str(home)})
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)


def index(repo, groups=None):
    argv = ["createrepo_c", "--quiet", "--no-database"]
    if groups is not None:
        argv += ["--groupfile", groups]
    run(*argv, repo)


Repository = collections.namedtuple("Repository", "path key home")


def make(directory, seeds=SEEDS, kernel=True, version="1"):
    """A signed repository in @directory, of these Debian packages with what they need."""
    packages = Packages(directory)
    add_first(packages)
    add_debian(packages, seeds)
    if kernel:
        add_kernel(packages)
    add_extra(packages, version)
    add_policy(packages)
    packages.build(version)
    home = directory / "gnupg"
    key = make_key(home)
    sign(home, directory / "repo")
    groups = directory / "comps.xml"
    groups.write_text(comps(["test-release", "setup", "filesystem", *map(rpm_name, seeds)]))
    index(directory / "repo", groups)
    shutil.rmtree(packages.stage)
    shutil.rmtree(directory / "build")
    return Repository(directory / "repo", key, home)


def release(directory, name="test", manager="dnf", form="sqlite", groups="base", **more):
    """A file for the release in @directory."""
    directory.mkdir(exist_ok=True)
    lines = ["[release]", "name=Test Linux", f"manager={manager}", "version=1", f"groups={groups}", "kernel=kernel",
             "[rpm]", "database=/var/lib/rpm", f"format={form}",
             "[file /etc/dracut.conf.d/50-domuimg.conf]",
             r'text=hostonly="no"\nadd_drivers+=" xen-blkfront xen-netfront "\n',
             *(f"[{section}]\n{text}" for section, text in more.items())]
    (directory / f"{name}.conf").write_text("\n".join(lines) + "\n")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def serve(directory):
    """A server on the loopback interface, and its address."""
    handler = functools.partial(Quiet, directory=str(directory))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


if __name__ == "__main__":
    print(make(pathlib.Path(sys.argv[1]).resolve()))
