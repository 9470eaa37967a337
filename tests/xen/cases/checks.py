# SPDX-License-Identifier: LGPL-2.1-or-later
"""The corpus of `domuimg check`: what it predicts of each guest against what real Xen does with it.

Where the report calls a guest fixable, `domuimg check --fix` mends it, and it has to boot then.
"""
import dataclasses
import functools
import hashlib

from corpus import CASES as GUESTS
from corpus import outcome, predict
from corpus.guest import Guest

from .case import Case, Line


@dataclasses.dataclass
class Result:
    case: object
    predicted: str = ""
    ids: list = dataclasses.field(default_factory=list)
    outcome: object = None
    fixed: bool = None
    problems: list = dataclasses.field(default_factory=list)
    fix_problems: list = dataclasses.field(default_factory=list)
    tried_fix: bool = False


def examine(case, shared, directory):
    """All that is done with one guest."""
    options, result = shared.options, Result(case)
    guest = Guest(shared.bases, directory, case.name, case.root, case.kernel)
    case.edit(guest)
    config = guest.finish()
    judge = predict.Judge(shared.build) if shared.build else None
    about = ["--host", predict.write_profile(directory)] if case.host else []
    found = judge.check(config, *about) if judge else None
    boots = not options.no_boot and (options.tier == "all" or not case.nightly)
    result.outcome = outcome.find_out(config, guest.digest, guest.systemd, options.fresh and boots, boots)
    if found is not None:
        compare(result, found)
        if not options.no_fix and (found.fixable or case.fixable):
            try_fix(result, judge, guest, config, options)
    shared.results[case.name] = result
    return lines(result)


def compare(result, found):
    result.predicted, result.ids = found.verdict, found.ids()
    if found.trouble:
        result.problems.append(f"check: {found.trouble}")
    if result.outcome and found.verdict != result.outcome.verdict:
        result.problems.append(f"predicted {found.verdict}, but it {result.outcome.verdict}")
    result.problems += [f"no finding {name}" for name in result.case.breaks if name not in result.ids]
    if not result.case.breaks and found.ids("error", "warning"):
        result.problems.append("a good guest has findings")
    if result.case.fixable and not all(map(found.mends, result.case.breaks)):
        result.problems.append("it is not called fixable")
    if result.problems:
        result.problems += [f"  {finding['severity']}: {finding['id']}: {finding['message']} "
                            f"[{finding['evidence']}] fixable: {finding['fixable']}" for finding in found.findings]


def try_fix(result, judge, guest, config, options):
    result.tried_fix = True
    after = judge.check(config, "--fix")
    if after.verdict != "boots":
        result.fixed = False
        result.fix_problems = [f"after --fix the check says {after.verdict} {after.trouble}",
                               *(f"  {finding['severity']}: {finding['id']}: {finding['message']}"
                                 for finding in after.findings)]
        return
    key = hashlib.sha256(predict.digest_of_fixed(guest, config).encode()).hexdigest()
    # That each repair makes its guest boot is proved every night; the default run proves it of some.
    boots = not options.no_boot and (options.tier == "all" or result.case.sample)
    real = outcome.find_out(config, key, guest.systemd, options.fresh and boots, boots)
    result.fixed = real.boots if real else None
    if real and not real.boots:
        result.fix_problems = [f"after --fix: {real.reason}", real.console]


def lines(result):
    real = result.outcome
    said = f"{real.verdict}: {real.reason}" if real else "not booted"
    console = f"console:\n{real.console}" if real else ""
    problems = [*result.problems, console] if result.problems else []
    found = [Line(f"predicted {result.predicted or 'nothing'}, {said}", problems, details=console)]
    if result.tried_fix:
        said = "check says boots" if result.fixed is None else "boots"
        found.append(Line(f"{said} after --fix", result.fix_problems))
    return found


def in_default_run():
    """The names of the samples, and of guests for each other rule: those that stand for many rules
    at once before others, those that are booted in it before those that are not, and small ones before
    those with systemd."""
    names, covered = set(), set()
    for guest in sorted(GUESTS, key=lambda guest: (not guest.sample, guest.nightly, -len(guest.breaks),
                                                   guest.root == "systemd")):
        if guest.sample or not covered.issuperset(guest.breaks):
            names.add(guest.name)
            covered.update(guest.breaks)
    return names


IN_DEFAULT_RUN = in_default_run()


def row(guest, default):
    made = f"a {guest.root} root with the {guest.kernel} kernel" + (f", broken in {', '.join(guest.breaks)}" if guest.breaks else "")
    asked = "its login prompt" + (", after --fix, too" if guest.fixable else "")
    seconds = (90 if guest.root == "systemd" else 40) * (2 if guest.fixable else 1)
    return Case("checks", guest.name, made, guest.summary, asked, functools.partial(examine, guest), seconds,
                default=default)


CASES = tuple(row(guest, guest.name in IN_DEFAULT_RUN) for guest in GUESTS)
