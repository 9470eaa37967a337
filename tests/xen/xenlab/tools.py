"""Programs of the build machine: found, or named in the reason for a skip."""
import os
import shutil
import subprocess

from .errors import Unavailable

# What is started within ends with it, and its mounts are nobody else's: a run that is killed leaves none.
APART = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc"]
# mke2fs lies in sbin, which users have not on their PATH.
SEARCH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"


def find(name, package):
    path = shutil.which(name, path=SEARCH)
    if path is None:
        raise Unavailable(f"{name} is missing: install the package {package}")
    return path


def run(*argv):
    """Run to the end; the output, or LabError's child with what it said."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode != 0:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise Unavailable(f"{os.path.basename(argv[0])} failed ({done.returncode}):\n{tail}")
    return done.stdout


def run_apart(*argv):
    """The same, as root, of what mounts."""
    return run(*APART, *argv)


def qemu():
    return find("qemu-system-x86_64", "qemu-system-x86")


def qemu_img():
    return find("qemu-img", "qemu-utils")
