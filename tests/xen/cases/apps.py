# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that are one application of this machine: each is used from dom0 over its network card."""
import os
import pathlib
import subprocess

from .case import Case, Line
from .create import booted, oci_image

APPS = pathlib.Path(__file__).resolve().parents[1] / "apps"
RULES = pathlib.Path(__file__).resolve().parents[3] / "lib" / "app" / "rules"
ADDRESS = "10.77.0.5"
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin/postgres")
MAC, EUI = "00:16:3e:01:02:03", "216:3eff:fe01:203"
MB = 1000000
FETCH = ("for i in $(seq 60); do python3 -c 'import urllib.request;"
         " print(urllib.request.urlopen(\"http://{}{}\", timeout=5).read().decode())' && exit; sleep 1; done; exit 1")


def application(program, path, answer, *options):
    def make(maker):
        cfg = maker.create("app", "--from", f"app:{program}", "--nic", f"ip={ADDRESS}/24", *options,
                           DOMUIMG_RULES_DIR=str(RULES))
        return cfg, ["--expect", "as init process", "--ask", FETCH.format(ADDRESS, path)], [answer]
    return make


def row(name, made, boots, make, seconds=30, default=False):
    return Case("app", name, made, boots, "a page, fetched by dom0", booted(make, True), seconds, default=default)


def fetch(address):
    return FETCH.format(address, "")


def everything(maker):
    """A container image whose program asks of init all that no other guest does: an address of its own and one of
    a router's prefix by IPv6, starts after failures, a disk for its data, and a root that has grown."""
    program = APPS / "facts.sh"
    words = "sh wc kill mkdir cat id pwd df tail test grep ip httpd".split()
    image = oci_image.Layout(maker.work / "image").image(
        [[oci_image.directory(name) for name in ("bin", "etc", "run", "run/facts")]
         + [oci_image.file("bin/busybox", oci_image.BUSYBOX.read_bytes(), mode=0o755),
            *(oci_image.symlink(f"bin/{word}", "busybox") for word in words),
            oci_image.file("bin/facts", program.read_bytes(), mode=0o755),
            oci_image.file("etc/passwd", b"root:x:0:0::/:\nweb:x:33:33::/:\n"),
            oci_image.directory("data", uid=33, gid=33)]],
        Entrypoint=["facts"], Env=["PATH=/bin"], User="web", WorkingDir="/srv")
    cfg = maker.create("facts", "--from", f"oci:{image.path}", "--host-root", maker.shared.host, "--type", "pvh",
                       "--disk", "size=100M,growfs=true", "--volume", "/data=64M", "--env", "WORD=given",
                       "--nic", f"mac={MAC},ip=fd00:77::5/64,gateway=fd00:77::1,dns=fd00:77::1")
    os.truncate(cfg.with_suffix(".img"), 400 * MB)
    options = ["--ship", f"{APPS / 'router.py'}:/lab/router.py", "--before", "ip -6 addr add fd00:77::1/64 dev xenbr0",
               "--before", "ip -6 route add fd00:78::/64 dev xenbr0",
               "--before", "python3 /lab/router.py xenbr0 fd00:78:: >/dev/null 2>&1 &",
               "--expect", "starts again in 2 s",
               "--ask", fetch("[fd00:77::5]:8080"), "--ask", fetch(f"[fd00:78::{EUI}]:8080"),
               "--ask", "echo status=$(xenstore-read /local/domain/$(xl domid facts)/data/domuimg/exit-status)",
               "--ask", "xl shutdown facts", "--then", "is told to end", "--then", "the guest is off"]
    return cfg, options, ["starts=3 user=33 word=given directory=/srv", "nameserver fd00:77::1", "root=grown",
                          "data=disk", "run=kept", f"fd00:78::{EUI}/64", "status=137"]


def static(maker):
    """A program without libraries, and what it is told is in no manifest."""
    program, secrets = maker.work / "answer", maker.work / "secrets"
    subprocess.run(["cc", "-static", "-O2", "-o", program, APPS / "answer.c"], check=True)
    secrets.write_text("GREETING=in secret\n")
    make = application(program, "/", "static, and told in secret", "--type", "pv", "--disk", "size=64M,fs=squashfs",
                       "--env-file", secrets)
    return make(maker)


def words(maker):
    cfg = maker.create("words", "--from", f"app:{APPS / 'words.sh'}", "--type", "pvh", "--nic", "none",
                       DOMUIMG_RULES_DIR=str(RULES))
    return cfg, ["--expect", "counted 3 words", "--then", "ended with status 0", "--then", "the guest is off"], []


def postgres(shared, work):
    if not POSTGRES.exists():
        return [Line("it boots", skipped="there is no PostgreSQL 15 on this machine (Debian: apt install postgresql-15)")]

    def make(maker):
        cfg = maker.create("pg", "--from", f"app:{APPS / 'postgres.sh'}", "--app", POSTGRES, "--app",
                           POSTGRES.with_name("initdb"), "--user", "postgres", "--env",
                           "PGDATA=/var/lib/postgresql/data", "--nic", f"ip={ADDRESS}/24", "--type", "pvh", "--disk",
                           "size=512M", DOMUIMG_RULES_DIR=str(RULES))
        return cfg, ["--ship", f"{APPS / 'query.py'}:/lab/query.py", "--expect", "ready to accept connections",
                     "--ask", f"python3 /lab/query.py {ADDRESS} 'select 6 * 7, version()'", "--ask", "xl shutdown pg",
                     "--then", "is told to end", "--then", "ended with status 0", "--then", "the guest is off"], \
            ["answered: 42 PostgreSQL"]
    return booted(make, True)(shared, work)


CASES = (
    row("nginx-pvh", "app: of nginx", "PVH, the host's kernel, our init",
        application("/usr/sbin/nginx", "/", "Welcome to nginx!", "--type", "pvh"), default=True),
    row("nginx-pv", "app: of nginx, on a squashfs", "PV, the host's kernel, our init",
        application("/usr/sbin/nginx", "/", "Welcome to nginx!", "--type", "pv", "--disk", "size=256M,fs=squashfs")),
    row("python-pvh", "app: of a script in Python", "PVH, the host's kernel, our init",
        application(APPS / "hello.py", "/x", "from Python", "--type", "pvh")),
    row("facts-pvh", "oci: of a script that asks for all that init does", "PVH, the host's kernel, our init", everything),
    row("static-pv", "app: of a static program, on a squashfs", "PV, the host's kernel, our init", static),
    row("words-pvh", "app: of a shell script with coreutils", "PVH, the host's kernel, our init", words),
    Case("app", "postgres-pvh", "app: of PostgreSQL", "PVH, the host's kernel, our init", "a query, from dom0",
         postgres, 60),
)
