# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two verbs on one guest at once: one wins or both, in an order; never a mixture, and nothing is left."""
import dataclasses
import subprocess
import time

from judge import differences, judge_journals, judge_leftovers
from scenarios import IDENTITY, IN, MAC, OUT, add_kernel, write_kernel, write_tar
from stage import WORLD, patience


def create(word, *more, name="t"):
    return ("create", name, "--progress", "none", "--from", f"tar:{IN / word}.tar", "--dir", str(OUT), "--type", "pv",
            "--kernel", "extract", "--disk", "size=16M", "--nic", MAC, *more)


def clone(hostname):
    """Another guest's, in place of it."""
    return ("clone", "g", "t", "--source-dir", str(OUT), "--dir", str(OUT), "--copy", "sparse", "--force", "--hostname",
            hostname, *IDENTITY, "--progress", "none")


def config_set(*settings):
    return ("config", "set", *settings, str(OUT / "t.cfg"))


CONFIG = str(OUT / "t.cfg")
# Of each verb two, for when it is paired with itself.
VERBS = {
    "create": (create("one"), create("two")),
    "create-force": (create("one", "--force"), create("two", "--force", "--memory", "384M")),
    "check-fix": (("check", "--fix", CONFIG),) * 2,
    "config-set": (config_set("memory=300"), config_set("vcpus=2")),
    "clone-force": (clone("one"), clone("two")),
    "rebuild": (("rebuild", "t", "--dir", str(OUT), "--progress", "none"),) * 2,
    "kernel-update": (("kernel", "update", "t", "--dir", str(OUT)),) * 2,
    "delete": (("delete", "--disks", CONFIG),) * 2,
    "cleanup": (("cleanup",),) * 2,
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Whether the first and the second have succeeded, and what there is."""
    first: bool
    second: bool
    files: dict


def prepare(stage):
    """A guest that each verb has something to do with: its kernel is old, and its disk's format wrong."""
    write_kernel(IN / "vmlinuz")
    for word in ("old", "one", "two"):
        write_tar(IN / f"{word}.tar", word)
        add_kernel(IN / f"{word}.tar")
    stage.must(*create("old", name="g"))
    stage.must(*create("old"))
    (OUT / "t.vmlinuz").write_bytes(b"old")
    config = OUT / "t.cfg"
    config.write_text(config.read_text().replace("raw", "qcow2"))


class Pairs:
    def __init__(self, stage):
        self.stage = stage
        self.pair, self.wanted, self.seconds = None, [], 0

    def is_done(self, verb, status):
        return status in ((0, 3, 4) if verb == "check-fix" else (0,))

    def in_order(self, argvs, order):
        """What there is when they run one after the other, or only one."""
        self.stage.restore_world()
        done = {}
        for index in order:
            started = time.monotonic()
            done[index] = self.is_done(self.pair[index], self.stage.plainly(*argvs[index]).returncode)
            self.seconds = max(self.seconds, time.monotonic() - started)
        return Outcome(done.get(0, False), done.get(1, False), self.stage.snapshot())

    def set_up(self, pair):
        argvs = (VERBS[pair[0]][0], VERBS[pair[1]][1])
        if pair == self.pair:
            return argvs
        self.pair, self.seconds = None, 0
        self.stage.make_world(prepare)
        self.stage.keep_world()
        self.pair = pair
        # One of them may be refused while the other is at work.
        self.wanted = [self.in_order(argvs, order) for order in ((0, 1), (1, 0), (0,), (1,))]
        return argvs

    def at_once(self, argvs, distance):
        """Both; the second begins later, or earlier where the distance is negative."""
        self.stage.restore_world()
        order = (0, 1) if distance >= 0 else (1, 0)
        started = {}
        for index in order:
            started[index] = subprocess.Popen(
                [self.stage.program, *argvs[index]], env=self.stage.environment, cwd=WORLD, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if index == order[0]:
                time.sleep(abs(distance))
        words = [started[index].communicate(timeout=patience())[1] for index in (0, 1)]
        return [started[index].returncode for index in (0, 1)], words

    def test(self, first, second, number, rounds):
        """What is wrong after a round, a line each."""
        argvs = self.set_up((first, second))
        # From one after the other to the other way round.
        distance = self.seconds * (2 * (number + 0.5) / rounds - 1)
        statuses, words = self.at_once(argvs, distance)
        done = [self.is_done(verb, status) for verb, status in zip(self.pair, statuses)]
        lines = [f"{verb} ended with {status}" for verb, status in zip(self.pair, statuses) if status < 0]
        lines += judge_journals(self.stage) + judge_leftovers(self.stage, [])
        lines += self.compare(Outcome(*done, self.stage.snapshot()))
        if lines:
            lines += [f"{verb} ended with {status}: {text.strip()}"
                      for verb, status, text in zip(self.pair, statuses, words)]
        return lines

    def fits(self, wanted, found):
        """A check says what it thinks of whatever it finds: its status tells nothing of what it did."""
        statuses = ((wanted.first, found.first), (wanted.second, found.second))
        return all(one == other or verb == "check-fix" for verb, (one, other) in zip(self.pair, statuses))

    def compare(self, found):
        nearest = None
        for wanted in self.wanted:
            if self.fits(wanted, found):
                lines = list(differences(wanted.files, found.files))
                if not lines:
                    return []
                if nearest is None or len(lines) < len(nearest):
                    nearest = lines
        return nearest or ["no order of the two ends like this"]
