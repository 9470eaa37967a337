# SPDX-License-Identifier: LGPL-2.1-or-later
"""The programs that a run starts: each leads a session of its own, so that all of it can be ended."""
import contextlib
import os
import signal
import subprocess
import threading
import time

GRACE = 15  # seconds that a program has for its own cleaning up
TICK = os.sysconf("SC_CLK_TCK")


class Stopping(Exception):
    """The run is being ended: nothing more is started."""


class Effort(threading.local):
    """The processor's seconds that the programs took which this thread has started."""
    seconds = 0.0


class Processes:
    def __init__(self):
        self.effort = Effort()
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
            self.effort.seconds += end_of(child)
            with self.lock:
                self.running.discard(child)
        if self.stopping:  # what it said last is no result
            raise Stopping

    def run_quietly(self, log, argv, **options):
        """To the end, with all that it says in @log; its status."""
        with open(log, "ab") as output, self.start(argv, stdout=output, stderr=subprocess.STDOUT, **options) as child:
            pass
        return child.returncode

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


def end_of(child):
    """Wait for it: the processor's seconds that it took, with all that it waited for itself."""
    seconds = 0.0
    # What has ended has its times until somebody waits for it, as who ends everything does.
    with contextlib.suppress(OSError):
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        with open(f"/proc/{child.pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        seconds = sum(map(int, fields[11:15])) / TICK
    child.wait()
    return seconds


def send(child, number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number)
