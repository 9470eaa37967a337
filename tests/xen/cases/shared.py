# SPDX-License-Identifier: LGPL-2.1-or-later
"""What cases share: the build, the options of the run, and what is made once for all of them."""
import collections
import os
import pathlib
import shutil
import subprocess
import threading

from corpus import roots
from foreign import MACHINES, disk, small
from host.cargo import Cargo
from xenlab import cache, prepare
from xenlab.tap import say


class Shared:
    def __init__(self, options, work):
        self.options, self.work = options, work
        self.build = pathlib.Path(options.build).resolve() if options.build else None
        self.locks = collections.defaultdict(threading.Lock)
        self.made = {}
        self.results = {}       # of the corpus, for the table in docs/checks.md

    def once(self, name, make, *arguments):
        """What @make returns, or the exception that it ended with, the same for all who ask."""
        with self.locks[name]:
            if name not in self.made:
                try:
                    self.made[name] = make(*arguments)
                except Exception as error:  # whoever comes next need not wait for the same failure
                    self.made[name] = error
        if isinstance(self.made[name], Exception):
            raise self.made[name]
        return self.made[name]

    @property
    def lab(self):
        return self.once("lab", self.make_lab)

    @staticmethod
    def make_lab():
        entry = prepare.ensure()
        os.environ[cache.VARIABLE] = str(entry)
        return entry

    @property
    def bases(self):
        return self.once("bases", roots.ensure, say)

    def machine(self, name):
        if name == small.MACHINE.name:
            return self.once(name, self.make_small)
        return self.once(f"machine {name}", disk.ensure, MACHINES[name], say)

    def make_small(self):
        directory = self.work / "shared-small"
        directory.mkdir()
        return small.make(self.bases, directory)

    @property
    def host(self):
        """The root of a small system with its kernel: where `--kernel host` looks, and what dir: copies."""
        return self.once("host", self.make_host)

    def make_host(self):
        root, kernel = self.work / "shared-host", self.bases.kernel("cloud")
        copy(self.bases.root("sysv"), root)
        copy(kernel.directory / "boot", root / "boot")
        copy(kernel.directory / "lib/modules", root / "usr/lib/modules")
        return root

    @property
    def tar(self):
        """The same without kernel and modules."""
        return self.once("tar", self.make_tar)

    def make_tar(self):
        path = self.work / "shared-root.tar"
        subprocess.run(["tar", "-C", self.bases.root("sysv"), "--numeric-owner", "-cf", path, "."], check=True)
        return path

    @property
    def has_libxl(self):
        return (self.build / "cli/helpers/domuimg-libxl").exists()

    @property
    def cargo(self):
        """What dom0 is given so that domuimg runs there."""
        return self.once("cargo", self.make_cargo)

    def make_cargo(self):
        directory = self.work / "shared-cargo"
        directory.mkdir()
        return Cargo(self.build, directory)

    def keep_logs(self, case, directory):
        """The console of a guest that failed, where the run keeps its logs."""
        if not self.options.logs:
            return
        target = pathlib.Path(self.options.logs)
        target.mkdir(parents=True, exist_ok=True)
        for console in directory.rglob("console.log"):
            shutil.copyfile(console, target / f"{case.id.replace('/', '-')}.log")


def copy(source, target):
    subprocess.run(["cp", "-a", "-T", source, target], check=True)
