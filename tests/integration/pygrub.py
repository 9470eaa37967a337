# SPDX-License-Identifier: LGPL-2.1-or-later
"""Xen's pygrub, to compare with: installed, or taken out of Debian's packages without installing it."""
import glob
import os
import pathlib
import subprocess

PACKAGES = ["xen-utils-4.17", "libxenmisc4.17"]


def command(directory):
    """The words that start it, or None and why; what is fetched goes into the directory."""
    installed = sorted(glob.glob("/usr/lib/xen-*/bin/pygrub"))
    if installed:
        return [installed[-1]], ""
    got = subprocess.run(["apt-get", "-q", "download", *PACKAGES], cwd=directory,
                         capture_output=True, text=True)
    packages = sorted(pathlib.Path(directory).glob("*.deb"))
    if got.returncode != 0 or len(packages) < len(PACKAGES):
        return None, f"pygrub is not installed, and its package cannot be fetched"
    root = pathlib.Path(directory) / "root"
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    program = next(root.glob("usr/lib/xen-*/bin/pygrub"))
    libraries = next(root.glob("usr/lib/xen-*/lib/*/libxenfsimage.so")).parent
    return ["env", f"LD_LIBRARY_PATH={libraries}", f"FSIMAGE_FSDIR={libraries / 'xenfsimage'}",
            f"PATH=/usr/bin:{os.environ['PATH']}", "/usr/bin/python3", str(program)], ""
