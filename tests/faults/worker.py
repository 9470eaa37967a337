# SPDX-License-Identifier: LGPL-2.1-or-later
"""One stage, and what is asked of it: a line of JSON for each question and each answer."""
import json
import pathlib
import sys

import points
import stage as stages
from judge import Expected, compare, judge, meaning_of
from pairs import Pairs
from powerloss import PowerLoss
from scenarios import SCENARIOS


class Worker:
    def __init__(self, stage):
        self.stage = stage
        self.scenario = self.expected = self.counts = None
        self.pairs = Pairs(stage)

    def set_up(self, name):
        """Runs it twice: what it makes must be the same, or nothing could be compared with it."""
        if self.scenario and self.scenario.name == name:
            return
        scenario, stage = SCENARIOS[name], self.stage
        self.scenario = None
        stage.set_environment(scenario)
        stage.make_world(scenario.prepare)
        stage.keep_world()
        before = stage.snapshot()
        done = stage.run(*scenario.argv)
        if done.returncode not in scenario.statuses:
            raise RuntimeError(f"{name} ends with {done.returncode} without any fault: {done.stderr.strip()}")
        after, self.counts = stage.snapshot(), stage.read_report()[2]
        stage.meanings = {path: meaning for path in after if (meaning := meaning_of(path)) is not None}
        self.expected = Expected(before, after, done.returncode)
        self.scenario = scenario
        self.begin()
        stage.run(*scenario.argv)
        differences = compare(stage, stage.snapshot(), after=after)
        if differences:
            raise RuntimeError(f"{name} is not the same twice: {differences}")

    def begin(self):
        if self.scenario.every_time:
            self.stage.make_world(self.scenario.prepare)
        else:
            self.stage.restore_world()

    def count(self, name):
        self.set_up(name)
        return [[*key, *value] for key, value in self.counts.items()]

    def try_point(self, text):
        point = points.parse(text)
        self.set_up(point.scenario)
        self.begin()
        done = self.stage.run(*self.scenario.argv, at=point.at)
        return judge(self.stage, self.scenario, self.expected, point, done)

    def try_pair(self, first, second, number, rounds):
        self.scenario = None
        return self.pairs.test(first, second, number, rounds)

    def lose_power(self, text, step):
        """TEXT is a scenario, or a point of it."""
        name, _, at = text.partition(":")
        return PowerLoss(self).test(name, at or None, step)

    def answer(self, question):
        try:
            return {"answer": getattr(self, question["verb"])(*question["about"])}
        except Exception as error:  # the next question may have an answer
            self.scenario = None
            return {"error": f"{type(error).__name__}: {error}"}


def main(build):
    stages.enter_namespace(build)
    worker = Worker(stages.Stage(build))
    for line in sys.stdin:
        print(json.dumps(worker.answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
