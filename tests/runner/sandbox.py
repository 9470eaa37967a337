# SPDX-License-Identifier: LGPL-2.1-or-later
"""A directory for all that the tests write outside their builds, and an environment that leads there."""
import contextlib
import os
import pathlib
import subprocess
import tempfile

# Nothing of a test may meet the caller's own guests, caches or settings.
VARIABLES = {"TMPDIR": "tmp", "HOME": "home", "XDG_STATE_HOME": "state", "XDG_CACHE_HOME": "cache",
             "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_RUNTIME_DIR": "runtime",
             "DOMUIMG_STATE_DIR": "state/domuimg", "DOMUIMG_GUESTS_DIR": "state/guests",
             "DOMUIMG_CACHE_DIR": "cache/domuimg"}
UNSET = ("SOURCE_DATE_EPOCH", "DESTDIR", "MAKEFLAGS", "CC", "CFLAGS", "LDFLAGS", "NINJA_STATUS")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@contextlib.contextmanager
def entered():
    """The directory; gone afterwards."""
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="domuimg-tests."))
    try:
        prepare(scratch)
        yield scratch
    finally:
        remove(scratch)


def prepare(scratch):
    for name in ("state", "cache", "config", "data", "runtime", "tmp", "home"):
        (scratch / name).mkdir()
    (scratch / "runtime").chmod(0o700)
    for path in (scratch, scratch / "tmp"):  # guests are made by other users, too
        path.chmod(0o755)
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ.update({name: str(scratch / place) for name, place in VARIABLES.items()})
    # Where another python3 comes first, it lacks what Debian's has.
    os.environ.update(PYTHONDONTWRITEBYTECODE="1", LC_ALL="C.UTF-8", PATH=f"{PATH}:{os.environ.get('PATH', '')}")


def remove(scratch):
    """A test may have taken rights from its own directories, or left one mounted."""
    for mounted in sorted(mounts_below(scratch), reverse=True):
        if subprocess.run(["umount", "--", mounted], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            subprocess.run(["umount", "-l", "--", mounted], check=False)
    subprocess.run(["chmod", "-R", "u+rwX", "--", scratch], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["rm", "-rf", "--one-file-system", "--", scratch], check=False)


def mounts_below(scratch):
    with open("/proc/mounts", encoding="utf-8", errors="surrogateescape") as mounts:
        places = [line.split()[1] for line in mounts]
    return [place for place in places if place.startswith(f"{scratch}/")]
