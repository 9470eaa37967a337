# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs that a run starts: each leads a session of its own, so that all of it can be ended."""
import contextlib
import os
import signal
import subprocess
import threading
import time

GRACE = 15  # seconds that a program has for its own cleaning up


class Stopping(Exception):
    """The run is being ended: nothing more is started."""


class Processes:
    def __init__(self):
        self.lock = threading.Lock()
        self.running = set()
        self.stopping = False

    @contextlib.contextmanager
    def start(self, argv, **options):
        with self.lock:
            if self.stopping:
                raise Stopping
            child = subprocess.Popen([str(word) for word in argv], stdin=subprocess.DEVNULL, start_new_session=True,
                                     **options)
            self.running.add(child)
        try:
            yield child
        finally:
            child.wait()
            with self.lock:
                self.running.discard(child)
        if self.stopping:  # what it said last is no result
            raise Stopping

    def run_quietly(self, log, argv, **options):
        """To the end, with all that it says in @log; its status."""
        with open(log, "ab") as output, self.start(argv, stdout=output, stderr=subprocess.STDOUT, **options) as child:
            return child.wait()

    def stop_all(self):
        with self.lock:
            self.stopping = True
            running = list(self.running)
        for child in running:
            send(child, signal.SIGTERM)
        end = time.monotonic() + GRACE
        for child in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0, end - time.monotonic()))
            # What it started may have outlived it.
            send(child, signal.SIGKILL)


def send(child, number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
