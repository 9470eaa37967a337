# SPDX-License-Identifier: LGPL-2.1-or-later
"""`doctor`, `run`, `list_guests`, `adopt` and `delete` over the introspected library; no logic of their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Optional, Union

from ._build import Cancellable, ProgressCallback, _follow
from ._check import Finding, _finding
from ._errors import translated
from ._gi import Domuimg

PathLike = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Host:
    """What this host is, and what it has and lacks; `str()` says it for a person."""

    xen: bool
    """Whether guests can be started here: Xen runs, and this is its dom0."""
    xen_version: Optional[str]
    findings: list[Finding]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Guest:
    """A guest that runs, or that has a configuration."""

    name: str
    uuid: Optional[str]
    domid: int
    """-1 where it does not run."""
    state: str
    type: Optional[str]
    memory: int
    """MiB."""
    vcpus: int
    config: Optional[str]
    autostart: bool


def doctor(*, cancellable: Optional[Cancellable] = None) -> Host:
    """Says what this host can do, what it lacks, and what mends that."""
    made = Domuimg.Doctor.new()
    with translated():
        findings = made.examine(None if cancellable is None else cancellable._gio)
    return Host(
        xen=made.get_is_xen(),
        xen_version=made.get_xen_version(),
        findings=[_finding(finding) for finding in findings],
        text=made.to_text(),
    )


def _guest(guest: "Domuimg.HostGuest") -> Guest:
    kind = guest.get_guest_type()
    return Guest(
        name=guest.get_name(),
        uuid=guest.get_uuid(),
        domid=guest.get_domid(),
        state=Domuimg.guest_state_to_string(guest.get_state()),
        type=None if kind == Domuimg.GuestType.AUTO else Domuimg.guest_type_to_string(kind),
        memory=guest.get_memory(),
        vcpus=guest.get_vcpus(),
        config=guest.get_config(),
        autostart=guest.get_autostart(),
    )


def _backend(backend: Optional[str], connect: Optional[str]) -> "Domuimg.Backend":
    """A URI means libvirt."""
    name = backend or ("libxl" if connect is None else "libvirt")
    return Domuimg.backend_from_string(name)[1]


def run(
    name: PathLike,
    *,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    once: bool = False,
    install: bool = False,
    wait: int = 0,
    autostart: bool = False,
    check: bool = True,
    on_progress: Optional[ProgressCallback] = None,
    cancellable: Optional[Cancellable] = None,
) -> Guest:
    """Starts a guest, by its name in `/etc/xen` or the path of its configuration.

    `wait` is for how many seconds to wait for a login prompt or an address. With `once` it comes
    back at the guest's end, whose reason is the result's `state`. With `install`, a guest that is still
    to be installed has its installer run to its end first. `on_progress` is as of `create`.
    """
    stop = cancellable or Cancellable()
    start = Domuimg.Run.new(os.fsdecode(name))
    with translated():
        start.set_backend(_backend(backend, connect))
        start.set_connect(connect)
        start.set_once(once)
        start.set_install(install)
        start.set_wait(wait)
        start.set_autostart(autostart)
        start.set_check(check)
    return _guest(_follow(lambda progress: start.start(progress, stop._gio), on_progress, stop))


def list_guests(
    *,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    cancellable: Optional[Cancellable] = None,
) -> list[Guest]:
    """The guests that run, and those that have a configuration."""
    with translated():
        guests = Domuimg.host_list_guests(
            _backend(backend, connect), connect, None if cancellable is None else cancellable._gio
        )
    return [_guest(guest) for guest in guests]


def plan_delete(name: PathLike, *, disks: bool = False) -> list[str]:
    """What `delete` would remove now, and what would stay; nothing is changed."""
    with translated():
        return list(Domuimg.host_plan_delete(os.fsdecode(name), disks))


def delete(
    name: PathLike,
    *,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    disks: bool = False,
    timeout: int = 60,
    cancellable: Optional[Cancellable] = None,
) -> list[str]:
    """Ends a guest, by force after `timeout` seconds, and removes its configuration.

    With `disks` what it was made with goes, too, as its manifest says. Returns what was done.
    """
    with translated():
        return list(
            Domuimg.host_delete_guest(
                os.fsdecode(name),
                _backend(backend, connect),
                connect,
                disks,
                timeout,
                None if cancellable is None else cancellable._gio,
            )
        )


def adopt(
    guest: PathLike,
    *,
    force: bool = False,
    cancellable: Optional[Cancellable] = None,
) -> str:
    """Writes a manifest for a guest that was made elsewhere, and returns its path.

    `guest` is the path of its xl.cfg, or its name. With `force` a manifest that is there is replaced.
    """
    with translated():
        return Domuimg.adopt(
            os.fsdecode(guest), force, None if cancellable is None else cancellable._gio
        )
