# SPDX-License-Identifier: LGPL-2.1-or-later
"""`check` and `fix` over the introspected library; no logic of their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional, Union

from ._build import Cancellable
from ._errors import translated
from ._gi import Domuimg

PathLike = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check found; docs/checks.md explains the ids."""

    id: str
    severity: str
    """"error", "unknown", "warning" or "info"."""
    message: str
    evidence: Optional[str]
    fixable: bool
    remedy: Optional[str]


@dataclass(frozen=True)
class Report:
    """What a check found; `str()` says it for a person."""

    verdict: str
    """"boots", "fails" or "unknown"."""
    type: str
    findings: list[Finding]
    text: str

    def __str__(self) -> str:
        return self.text


def _report(report: "Domuimg.Report") -> Report:
    return Report(
        verdict=Domuimg.verdict_to_string(report.get_verdict()),
        type=Domuimg.guest_type_to_string(report.get_guest_type()),
        findings=[
            Finding(
                id=finding.get_id(),
                severity=Domuimg.severity_to_string(finding.get_severity()),
                message=finding.get_message(),
                evidence=finding.get_evidence(),
                fixable=finding.get_fixable(),
                remedy=finding.get_remedy(),
            )
            for finding in report.get_findings()
        ],
        text=report.to_text(),
    )


def _check(
    config: Optional[PathLike],
    image: Optional[PathLike],
    type: str,
    kernel: Optional[PathLike],
    ramdisk: Optional[PathLike],
    cmdline: Optional[str],
    xen: Optional[str],
) -> "Domuimg.Check":
    if (config is None) == (image is None):
        raise TypeError("give either a configuration or an image")
    check = (
        Domuimg.Check.new_for_config(os.fsdecode(config))
        if config is not None
        else Domuimg.Check.new_for_image(os.fsdecode(image))
    )
    _, guest_type = Domuimg.guest_type_from_string(type)
    check.set_guest_type(guest_type)
    check.set_kernel(None if kernel is None else os.fsdecode(kernel))
    check.set_ramdisk(None if ramdisk is None else os.fsdecode(ramdisk))
    check.set_cmdline(cmdline)
    if xen is not None:
        check.set_xen_version(xen)
    return check


def check(
    config: Optional[PathLike] = None,
    *,
    image: Optional[PathLike] = None,
    type: str = "auto",
    kernel: Optional[PathLike] = None,
    ramdisk: Optional[PathLike] = None,
    cmdline: Optional[str] = None,
    xen: Optional[str] = None,
    cancellable: Optional[Cancellable] = None,
) -> Report:
    """Says, without starting it, whether a guest will reach its login, and why not."""
    with translated():
        made = _check(config, image, type, kernel, ramdisk, cmdline, xen)
        return _report(made.run(None if cancellable is None else cancellable._gio))


def fix(
    config: Optional[PathLike] = None,
    *,
    image: Optional[PathLike] = None,
    type: str = "auto",
    kernel: Optional[PathLike] = None,
    ramdisk: Optional[PathLike] = None,
    cmdline: Optional[str] = None,
    xen: Optional[str] = None,
    cancellable: Optional[Cancellable] = None,
) -> tuple[Report, list[str]]:
    """Repairs what can be repaired, all of it or nothing; what a check finds afterwards, and what
    was done. The guest has to be shut down.
    """
    with translated():
        made = _check(config, image, type, kernel, ramdisk, cmdline, xen)
        report, changes = made.fix(None if cancellable is None else cancellable._gio)
    return _report(report), list(changes)
