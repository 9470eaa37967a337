# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines of other hypervisors: what `domuimg create --from disk:` makes of them boots in the lab.

Each machine is a Debian that knows nothing of Xen, made by Debian's own tools; each case exports
one in a format, converts it, judges the files, and boots what came of it to a login and onto its
network. The same machines by `qemu-img convert` alone must not boot.
"""
import functools

from foreign import CASES as CONVERSIONS
from foreign import MACHINES, boot, export, judge

from .case import Case, Line

# Of one processor, with the machine's making.
SECONDS, SMALL_SECONDS = 600, 60


def converted(case, shared, work):
    machine = shared.machine(case.machine)
    (work / "machine").mkdir()
    source = case.export(machine, work / "machine")
    conversion = judge.Converter(shared.build).convert(case, source, work)
    lines = [Line(f"{case.machine} is converted", conversion.problems)]
    if shared.options.no_boot:
        return lines
    if not conversion.config.exists():
        return [*lines, Line("it boots", ["there is nothing to boot"])]
    real = boot.converted(conversion.config, machine.machine)
    problems = [] if real.boots else [real.reason, real.console]
    return [*lines, Line("it boots to a login, and its network works", problems, details=real.console)]


def as_it_is(name, shared, work):
    machine = shared.machine(name)
    (work / "machine").mkdir()
    source = export.vmdk("monolithicSparse")(machine, work / "machine")
    real = boot.unconverted(machine, source, work, shared.options.fresh, not shared.options.no_boot)
    if real is None:
        return [Line("it is booted", skipped="its boot is not known of earlier runs")]
    # Anything else would say nothing of what the conversion is for.
    expected = not real.boots and "initramfs" in real.how
    problems = [] if expected else [real.reason, real.console]
    return [Line(f"by qemu-img alone, it does not find its root: {real.reason}", problems)]


CASES = (
    *(Case("foreign", case.name, f"disk: {case.machine} {' '.join(case.options)}", "as it was converted",
           "its address, ping, swap and /boot", functools.partial(converted, case),
           SMALL_SECONDS if case.sample else SECONDS, default=case.sample)
      for case in CONVERSIONS),
    *(Case("plain", name, "qemu-img convert", "PVH", "that it does not find its root",
           functools.partial(as_it_is, name), SECONDS) for name in MACHINES),
)
