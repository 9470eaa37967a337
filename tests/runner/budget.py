# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether a run took longer than it may, judged by what the run itself did.

The seconds that other programs, or other machines on the same host, took from this one are not
counted, and a slower processor has more time. A run that the machine had no peace for, or that
mostly waited for something outside such as a mirror, is not judged at all.
"""
import os
import resource
import time

VARIABLE = "DOMUIMG_TEST_BUDGET"
PROCESSORS = 2
# What the work of calibrate() takes on the machine that the budget was set on.
REFERENCE = 0.3
DISTURBED = 0.10
MOSTLY_WAITING = 0.40
TICK = os.sysconf("SC_CLK_TCK")


def calibrate():
    """The processor's seconds for a fixed piece of work, the best of three."""
    def once():
        started = time.thread_time()
        total = 0
        for number in range(10_000_000):
            total += number & 7
        return time.thread_time() - started
    return min(once() for _ in range(3))


def busy():
    """The seconds that all processors together have worked, or were taken by the machine's host."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, stat.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICK


def own():
    """The seconds that this process, and what it has started and waited for, have worked."""
    return sum(usage.ru_utime + usage.ru_stime
               for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


class Budget:
    def __init__(self, minutes):
        self.minutes = float(os.environ.get(VARIABLE) or minutes)
        self.slowness = calibrate() / REFERENCE
        self.count = min(PROCESSORS, len(os.sched_getaffinity(0)))
        self.all = os.cpu_count()
        self.began, self.busy, self.own = time.monotonic(), busy(), own()

    def verdict(self):
        """(whether it is over the budget, what to say of it)."""
        seconds, worked = time.monotonic() - self.began, own() - self.own
        others = max(0.0, busy() - self.busy - worked)
        slowness = max(1.0, self.slowness, calibrate() / REFERENCE)
        allowed = self.minutes * 60 * slowness * PROCESSORS / self.count
        fair = seconds - others / self.all
        said = (f"{seconds:.0f} s, of which the machine worked {others / self.all:.0f} s for others: {fair:.0f} s, "
                f"and {allowed:.0f} s are allowed; {worked:.0f} s of processor time")
        if fair <= allowed:
            return False, said
        if others > DISTURBED * seconds * self.all:
            return False, f"{said}. Not judged: others used the machine"
        if worked < (1 - MOSTLY_WAITING) * seconds * self.count:
            return False, f"{said}. Not judged: the run mostly waited"
        return True, said
