# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what a fault left is whole, nothing, or the old."""
import dataclasses

from stage import WORLD

SIGKILL, SIGTRAP, SIGABRT = 128 + 9, 128 + 5, 128 + 6


@dataclasses.dataclass(frozen=True)
class Expected:
    """What there is before, and after a run without a fault."""
    before: dict
    after: dict
    status: int


def differences(wanted, found):
    """A line each for what is missing, not wanted, or other than it should be."""
    for path in sorted(wanted.keys() | found.keys()):
        name = path.removeprefix(f"{WORLD}/")
        if path not in found:
            yield f"{name} is missing"
        elif path not in wanted:
            yield f"{name} should not be there: {found[path]}"
        elif wanted[path] != found[path]:
            yield f"{name} is {found[path]}, not {wanted[path]}"


def compare(found, **states):
    """Nothing where it is one of the states, else how it differs from each."""
    if any(state == found for state in states.values()):
        return []
    lines = []
    for name, state in states.items():
        lines.append(f"it is not as {name}:")
        lines += [f"  {line}" for line in differences(state, found)]
    return lines


def judge_leftovers(stage, left):
    return [f"was left: {what}" for what in (*left, *stage.leftovers())]


def judge_journals(stage):
    return [f"a journal is left: {path.name}: {' '.join(path.read_text().split())}" for path in stage.journals()]


def judge_cleaned(stage, expected, scenario):
    """After a kill: the next cleanup leaves one or the other."""
    done = stage.plainly("cleanup")
    if done.returncode != 0:
        return [f"cleanup ends with {done.returncode}: {done.stderr.strip()}"]
    lines = judge_journals(stage)
    before = {} if scenario.is_cleanup else {"before": expected.before}
    lines += compare(stage.snapshot(), **before, after=expected.after)
    return [*lines, *(f"cleanup said: {line}" for line in done.stdout.splitlines() if lines)]


def judge_words(done):
    """An error is one line that says what failed."""
    lines = done.stderr.splitlines()
    if len(lines) == 1 and lines[0].startswith("domuimg: "):
        return []
    return [f"not one line of words: {lines}"]


def judge_failed(stage, expected, scenario, done):
    """All is as it was, or at least the next cleanup knows what to do."""
    words = judge_words(done)
    if scenario.is_cleanup or stage.journals():
        return words + judge_cleaned(stage, expected, scenario)
    return words + compare(stage.snapshot(), before=expected.before)


def judge_success(stage, expected, scenario, done, where):
    """A check that could not read something may know less, and then changes nothing."""
    before = {"before": expected.before} if done.returncode not in (expected.status, 1) else {}
    lines = compare(stage.snapshot(), after=expected.after, **before)
    # All was done, but the journal itself could not be removed.
    if stage.journals() and where and where.startswith("unlink") and where.endswith(".journal"):
        return lines + judge_cleaned(stage, expected, scenario)
    return lines + judge_journals(stage)


def is_done_but_not_said(done):
    """What is printed comes after what is done, and it cannot be taken back."""
    return done.returncode == 1 and "all is done, but standard output could not be written" in done.stderr


def died(point, status):
    """Whether it ended as by a kill. GLib ends a process that is out of memory."""
    return (point.is_kill and status == SIGKILL) or (point.action == "ENOMEM" and point.kind == "map"
                                                     and status in (SIGTRAP, SIGABRT))


def judge(stage, scenario, expected, point, done):
    """What is wrong, a line each; and whether the fault took place."""
    where, left, _ = stage.read_report()
    status = done.returncode
    lines = judge_leftovers(stage, left) if not point.is_kill else [f"was left: {what}" for what in left]
    if died(point, status):
        lines += judge_cleaned(stage, expected, scenario) + judge_leftovers(stage, [])
    elif status in scenario.statuses or is_done_but_not_said(done):
        lines += judge_success(stage, expected, scenario, done, where)
    elif status == 1:
        lines += judge_failed(stage, expected, scenario, done)
    else:
        lines.append(f"ended with {status}")
    if lines:
        lines.insert(0, f"at {where}; status {status}: {' '.join(done.stderr.split())[:400]}")
    return where is not None, lines
