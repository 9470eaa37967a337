# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever does heavy work holds a slot meanwhile, so that only so much of it goes on at once as the
machine can do. Slots are locks on files: they hold between processes, and end with them."""
import contextlib
import fcntl
import os
import pathlib
import time

VARIABLE = "DOMUIMG_TEST_SLOTS"


def create(directory, count):
    """From now on this process and all that it starts share so many slots."""
    for number in range(count):
        (pathlib.Path(directory) / f"slot{number}").touch()
    os.environ[VARIABLE] = str(directory)


@contextlib.contextmanager
def held(patience):
    """Wait for a free slot, looking every @patience seconds. Where nobody made slots, do not wait."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        yield
        return
    while (lock := take(pathlib.Path(directory))) is None:
        time.sleep(patience)
    with lock:  # closing the file frees the slot
        yield


def take(directory):
    for path in sorted(directory.glob("slot*")):
        lock = open(path, "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return lock
    return None
