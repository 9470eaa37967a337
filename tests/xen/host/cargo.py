# SPDX-License-Identifier: LGPL-2.1-or-later
"""What goes into dom0 as files: the installed domuimg, the libraries and Python modules that dom0
lacks, and libvirt's daemon with its Xen driver. Each is a pair of paths, outside and inside."""
import json
import os
import pathlib
import re
import subprocess

# What dom0 may lack; it takes its own where it has them.
LIBRARIES = "/opt/domuimg/lib"
# dom0's own must be taken: these go with its hypervisor and its C library.
OWN = re.compile(r"lib(c|m|dl|pthread|rt|resolv|xen\w*)[.-]|ld-linux")
PYTHON = "/usr/bin/python3"
LIBVIRTD = pathlib.Path("/usr/sbin/libvirtd")
DRIVER = "libvirt/connection-driver/libvirt_driver_libxl.so"
CPU_MAP = pathlib.Path("/usr/share/libvirt/cpu_map")
# libvirt has no model without both vme, which QEMU does not emulate, and sep, which Xen takes from
# AMD's processors; and without a model its Xen driver does not start.
CPU_MODEL = """<cpus>
  <model name="lab">
    <decode host="on" guest="on"/>
    <feature name="fpu"/>
  </model>
</cpus>
"""
LIBVIRTD_CONF = """auth_unix_rw = "none"
log_outputs = "3:file:/var/log/libvirtd.log"
"""
TYPELIBS = """
import json, gi
gi.require_version("Domuimg", "1")
from gi.repository import Domuimg, GIRepository
library = GIRepository.Repository.get_default()
print(json.dumps([gi.__path__[0], *map(library.get_typelib_path, library.get_loaded_namespaces())]))
"""


class Cargo:
    def __init__(self, build, work):
        self.build, self.work = build, work
        self.root = work / "installed"
        subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet", "--destdir", str(self.root)],
                       check=True, stdout=subprocess.DEVNULL)
        self.pairs = [(path, self.inside(path)) for path in files_in(self.root)
                      if path.suffix not in (".gir", ".h")]
        self.library = next(path.parent for path in files_in(self.root) if path.name == "libdomuimg.so.1")
        self.program = self.find("bin/domuimg")
        self.has_python = self.find("domuimg/__init__.py") is not None
        if self.has_python:
            self.add_python()
        self.has_libvirt = self.find("domuimg/domuimg-libvirt") is not None and LIBVIRTD.exists() \
            and self.driver() is not None
        if self.has_libvirt:
            self.add_libvirt()
        self.add_libraries()

    def inside(self, path):
        return f"/{path.relative_to(self.root)}"

    def find(self, end):
        return next((inside for _, inside in self.pairs if inside.endswith(f"/{end}")), None)

    def add(self, path, inside=None):
        self.pairs.append((path, inside or str(path)))

    def add_text(self, inside, text):
        path = self.work / f"text{len(self.pairs)}"
        path.write_text(text)
        self.add(path, inside)

    def environment(self):
        return {**os.environ, "LD_LIBRARY_PATH": str(self.library),
                "GI_TYPELIB_PATH": str(self.library / "girepository-1.0")}

    def add_python(self):
        said = subprocess.run([PYTHON, "-c", TYPELIBS], env=self.environment(), check=True, text=True,
                              capture_output=True).stdout
        package, *typelibs = json.loads(said)
        for path in files_in(pathlib.Path(package)):
            if "__pycache__" not in path.parts:
                self.add(path)
        for path in typelibs:
            if not path.startswith(str(self.root)):
                self.add(pathlib.Path(path))

    @staticmethod
    def driver():
        return next((path for path in pathlib.Path("/usr/lib").glob(f"*/{DRIVER}")), None)

    def add_libvirt(self):
        """Only its Xen driver: each other would ask for what a dom0 need not have."""
        self.add(LIBVIRTD)
        self.add(self.driver())
        for path in files_in(CPU_MAP):
            if path.name != "index.xml":
                self.add(path)
        index = (CPU_MAP / "index.xml").read_text()
        end = index.index("</arch>", index.index("<arch name='x86'>"))
        self.add_text(str(CPU_MAP / "index.xml"), f'{index[:end]}<include filename="lab.xml"/>{index[end:]}')
        self.add_text(str(CPU_MAP / "lab.xml"), CPU_MODEL)
        self.add_text("/etc/libvirt/libvirtd.conf", LIBVIRTD_CONF)

    def add_libraries(self):
        # The init of applications is static, which ldd has no answer for.
        programs = [str(path) for path, _ in self.pairs if is_elf(path) and path.name != "domuimg-init"]
        said = subprocess.run(["ldd", *programs], env=self.environment(), text=True, capture_output=True,
                              check=True).stdout
        found = dict(re.findall(r"^\s*(\S+) => (/\S+)", said, re.M))
        self.pairs += [(pathlib.Path(path), f"{LIBRARIES}/{name}") for name, path in found.items()
                       if not OWN.match(name) and not path.startswith(str(self.root))]

    def files(self):
        return [(str(path), inside) for path, inside in self.pairs]


def files_in(directory):
    return sorted(path for path in directory.rglob("*") if path.is_file())


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"
