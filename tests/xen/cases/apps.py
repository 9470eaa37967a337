# SPDX-License-Identifier: LGPL-2.1-or-later
"""Guests that are one application of this machine: each is used from dom0 over its network card."""
import pathlib

from .case import Case
from .create import booted

APPS = pathlib.Path(__file__).resolve().parents[1] / "apps"
RULES = pathlib.Path(__file__).resolve().parents[3] / "lib" / "app" / "rules"
ADDRESS = "10.77.0.5"
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


CASES = (
    row("nginx-pvh", "app: of nginx", "PVH, the host's kernel, our init",
        application("/usr/sbin/nginx", "/", "Welcome to nginx!", "--type", "pvh"), default=True),
    row("nginx-pv", "app: of nginx, on a squashfs", "PV, the host's kernel, our init",
        application("/usr/sbin/nginx", "/", "Welcome to nginx!", "--type", "pv", "--disk", "size=256M,fs=squashfs")),
    row("python-pvh", "app: of a script in Python", "PVH, the host's kernel, our init",
        application(APPS / "hello.py", "/x", "from Python", "--type", "pvh")),
)
