# SPDX-License-Identifier: LGPL-2.1-or-later
"""`check`, `check_all` and `fix` over the introspected library; no logic of their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Iterable, Optional, Union

from ._build import Cancellable, ProgressCallback, _follow
from ._errors import translated
from ._gi import Domuimg

PathLike = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check found in a guest (docs/checks.md explains the ids), or `doctor` on a
    host."""

    id: str
    severity: str
    """"error", "unknown", "warning" or "info"."""
    message: str
    evidence: Optional[str]
    fixable: bool
    remedy: Optional[str]
    fault: bool = True
    """Whether something is wrong or missing: not so for what a host has."""
    purpose: Optional[str] = None
    """What a host has this for."""


@dataclass(frozen=True)
class Report:
    """What a check found; `str()` says it for a person."""

    verdict: str
    """"boots", "fails" or "unknown"; of `check_all` also "none" for what it could not look at."""
    type: str
    findings: list[Finding]
    text: str
    guest: Optional[str] = None
    """Of `check_all`: what was checked."""
    error: Optional[str] = None
    """Of `check_all`: why it could not be looked at."""

    def __str__(self) -> str:
        return self.text


def _finding(finding: "Domuimg.Finding") -> Finding:
    return Finding(
        id=finding.get_id(),
        severity=Domuimg.severity_to_string(finding.get_severity()),
        message=finding.get_message(),
        evidence=finding.get_evidence(),
        fixable=finding.get_fixable(),
        remedy=finding.get_remedy(),
        fault=finding.get_is_fault(),
        purpose=finding.get_purpose(),
    )


def _report(report: "Domuimg.Report") -> Report:
    return Report(
        verdict=Domuimg.verdict_to_string(report.get_verdict()),
        type=Domuimg.guest_type_to_string(report.get_guest_type()),
        findings=[_finding(finding) for finding in report.get_findings()],
        text=report.to_text(),
        guest=report.get_guest(),
        error=report.get_error(),
    )


def _check(
    config: Optional[PathLike],
    image: Optional[PathLike],
    type: str,
    kernel: Optional[PathLike],
    ramdisk: Optional[PathLike],
    cmdline: Optional[str],
    xen: Optional[str],
    allow_backing: bool = False,
    host: Optional[PathLike] = None,
    luks_keys: Iterable[str] = (),
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
    check.set_allow_backing(allow_backing)
    if xen is not None:
        check.set_xen_version(xen)
    if host is not None:
        check.set_host(os.fsdecode(host))
    for key in luks_keys:
        check.add_luks_key(key)
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
    host: Optional[PathLike] = None,
    allow_backing: bool = False,
    luks_keys: Iterable[str] = (),
    cancellable: Optional[Cancellable] = None,
) -> Report:
    """Says, without starting it, whether a guest will reach its login, and why not. `config` is the
    path of a configuration (xl.cfg, libvirt's XML, a file of xm) or manifest, or a guest's name.
    `allow_backing`: follow backing files outside the images' directories. `host`: the profile of the
    Xen host that it is to run on, what `domuimg doctor --json` has written there. `luks_keys`: files that
    open its encrypted disks, "FILE" or "xvda2:FILE".
    """
    with translated():
        made = _check(config, image, type, kernel, ramdisk, cmdline, xen, allow_backing, host, luks_keys)
        return _report(made.run(None if cancellable is None else cancellable._gio))


def check_all(
    guests: Optional[Iterable[PathLike]] = None,
    *,
    xen: Optional[str] = None,
    host: Optional[PathLike] = None,
    allow_backing: bool = False,
    cancellable: Optional[Cancellable] = None,
) -> list[Report]:
    """As `check`, of several; without `guests`, of all that are configured on this host. One that
    cannot be looked at has an `error` in its report, and does not stop the others.
    """
    with translated():
        names = Domuimg.Check.list_guests() if guests is None else list(guests)
        checks = [_check(name, None, "auto", None, None, None, xen, allow_backing, host) for name in names]
        reports = Domuimg.Check.run_all(checks, None if cancellable is None else cancellable._gio)
    return [_report(report) for report in reports]


def fix(
    config: Optional[PathLike] = None,
    *,
    image: Optional[PathLike] = None,
    type: str = "auto",
    kernel: Optional[PathLike] = None,
    ramdisk: Optional[PathLike] = None,
    cmdline: Optional[str] = None,
    xen: Optional[str] = None,
    host: Optional[PathLike] = None,
    allow_backing: bool = False,
    on_progress: Optional[ProgressCallback] = None,
    cancellable: Optional[Cancellable] = None,
) -> tuple[Report, list[str]]:
    """Repairs what can be repaired, all of it or nothing; what a check finds afterwards, and what
    was done. The guest has to be shut down. `on_progress` is as of `create`.
    """
    stop = cancellable or Cancellable()
    with translated():
        made = _check(config, image, type, kernel, ramdisk, cmdline, xen, allow_backing, host)

    def work(progress: "Domuimg.Progress") -> tuple["Domuimg.Report", list[str]]:
        made.set_progress(progress)
        return made.fix(stop._gio)

    report, changes = _follow(work, on_progress, stop)
    return _report(report), list(changes)
