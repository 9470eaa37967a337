# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs here share: workers in namespaces of their own, and TAP."""
import concurrent.futures
import json
import os
import pathlib
import queue
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PATHS = [str(HERE), str(HERE.parent / "python"), str(HERE.parent / "integration")]


class Worker:
    """A process with a stage; it is asked one thing after another."""

    def __init__(self, build):
        environment = {**os.environ, "PYTHONPATH": ":".join(PATHS), "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
             str(HERE / "worker.py"), str(build)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def ask(self, verb, *about):
        print(json.dumps({"verb": verb, "about": about}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "the worker has ended"}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ask_all(workers, questions):
    """Each question with its answer, in their order; whoever is free has the next."""
    free = queue.SimpleQueue()
    for worker in workers:
        free.put(worker)

    def one(question):
        worker = free.get()
        try:
            return question, worker.ask(*question)
        finally:
            free.put(worker)

    with concurrent.futures.ThreadPoolExecutor(len(workers)) as executor:
        yield from executor.map(one, questions)


class Tap:
    def __init__(self):
        self.number, self.failed = 0, False

    def line(self, name, lines=(), detail=""):
        """A test, which has failed if there are lines on why."""
        self.number += 1
        for line in lines:
            print(f"# {line}")
        self.failed = self.failed or bool(lines)
        print(f"{'not ok' if lines else 'ok'} {self.number} {name}{' # ' + detail if detail else ''}", flush=True)

    def end(self):
        print(f"1..{self.number}", flush=True)
        return 1 if self.failed else 0


def add_options(parser):
    parser.add_argument("build", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--part", metavar="N/M", default="1/1", help="every M-th of them, from the N-th")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))


def part_of(options, things):
    number, parts = map(int, options.part.split("/"))
    return things[number - 1::parts]


def why_not(build):
    """A reason to skip everything, or None."""
    if not (build / "tests/faults/fault").exists():
        return "the tracer was not built: it needs x86-64 and libseccomp"
    if os.geteuid() != 0:
        return "needs root, for namespaces and mounts"
    return None


def missing_programs(names):
    return [name for name in names if not shutil.which(name)]
