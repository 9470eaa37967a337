# SPDX-License-Identifier: LGPL-2.1-or-later
"""`show`, `inventory`, `rebuild` and `rename` over the introspected library; no logic of their own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any, Optional, Sequence, Union

from ._build import Cancellable, ProgressCallback, _follow
from ._errors import translated
from ._gi import Domuimg
from ._host import _backend

PathLike = Union[str, "os.PathLike[str]"]


def _path(path: Optional[PathLike]) -> Optional[str]:
    return None if path is None else os.fsdecode(path)


def _gio(cancellable: Optional[Cancellable]) -> Any:
    return None if cancellable is None else cancellable._gio


@dataclass(frozen=True)
class Show:
    """All that is known of a guest; `str()` says it for a person."""

    name: str
    manifest_path: str
    state: str
    """"unknown" where no hypervisor answers."""
    disk_usage: int
    """Bytes that its disks take."""
    text: str
    details: dict[str, Any]
    """All of it, as `domuimg show --json` prints it."""

    def __str__(self) -> str:
        return self.text


def show(
    guest: PathLike,
    *,
    dir: Optional[PathLike] = None,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    cancellable: Optional[Cancellable] = None,
) -> Show:
    """What is known of a guest that was made here, and what it does now.

    `guest` is its name (in `dir`, where it was made with one), or the path of its configuration or
    manifest.
    """
    with translated():
        found = Domuimg.Show.run(
            os.fsdecode(guest), _path(dir), _backend(backend, connect), connect, _gio(cancellable)
        )
    return Show(
        name=found.get_name(),
        manifest_path=found.get_manifest_path(),
        state=Domuimg.guest_state_to_string(found.get_state()),
        disk_usage=found.get_disk_usage(),
        text=found.to_text(),
        details=json.loads(found.to_json()),
    )


@dataclass(frozen=True)
class Inventory:
    """The guests of a host; `str()` is a table of them."""

    guests: list[dict[str, Any]]
    """Each as `domuimg list --json` prints it."""
    problems: list[str]
    """What could not be looked at: a damaged manifest, a hypervisor that does not answer."""
    text: str
    ansible: str
    """The same as an inventory of ansible's (INI)."""
    hosts: str
    """Lines of hosts(5), of guests with fixed addresses."""

    def __str__(self) -> str:
        return self.text


def inventory(
    *,
    dir: Optional[PathLike] = None,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    cancellable: Optional[Cancellable] = None,
) -> Inventory:
    """The guests that were made here (or only those in `dir`), those that have a configuration, and those
    that run."""
    with translated():
        found = Domuimg.Inventory.load(
            _path(dir), _backend(backend, connect), connect, _gio(cancellable)
        )
    form = Domuimg.InventoryFormat
    return Inventory(
        guests=json.loads(found.write(form.JSON))["guests"],
        problems=list(found.list_problems()),
        text=found.write(form.TEXT),
        ansible=found.write(form.INVENTORY),
        hosts=found.write(form.HOSTS),
    )


@dataclass(frozen=True)
class Rebuild:
    """A guest that was made again; `str()` says it for a person."""

    changes: list[str]
    """What it has otherwise than before: kernel, sizes, packages."""
    kept: list[str]
    """Paths of disks that stayed as they were."""
    text: str
    details: dict[str, Any]
    """All of it, as `domuimg rebuild --json` prints it, but for the password."""
    root_password: Optional[str] = field(default=None, repr=False)
    """As of `create`."""

    def __str__(self) -> str:
        return self.text


def rebuild(
    guest: PathLike,
    *,
    dir: Optional[PathLike] = None,
    root_password_file: Optional[PathLike] = None,
    allow_unbootable: bool = False,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    on_progress: Optional[ProgressCallback] = None,
    cancellable: Optional[Cancellable] = None,
) -> Rebuild:
    """Makes a guest again from its manifest, in place of the old one.

    It keeps its UUID, MAC addresses, and all disks but the first. The old guest stays unless a check finds
    nothing that keeps the new one from its login. `guest` is as for `show`, `on_progress` as for `create`.
    """
    stop = cancellable or Cancellable()
    again = Domuimg.Rebuild.new(os.fsdecode(guest), _path(dir))
    with translated():
        again.set_backend(_backend(backend, connect))
    again.set_connect(connect)
    again.set_root_password_file(_path(root_password_file))
    again.set_allow_unbootable(allow_unbootable)
    _follow(lambda progress: again.run(progress, stop._gio), on_progress, stop)
    details = json.loads(again.to_json())
    password = details.pop("root_password", None)
    return Rebuild(
        changes=list(again.list_changes()),
        kept=details["rebuilt"]["kept"],
        text=again.to_text(),
        details=details,
        root_password=password,
    )


def plan_rebuild(
    guest: PathLike,
    *,
    dir: Optional[PathLike] = None,
    root_password_file: Optional[PathLike] = None,
) -> str:
    """What `rebuild` would do, for a person; nothing is changed."""
    again = Domuimg.Rebuild.new(os.fsdecode(guest), _path(dir))
    again.set_root_password_file(_path(root_password_file))
    with translated():
        return again.plan(None)


def explain_file(guest: PathLike, path: str, *, dir: Optional[PathLike] = None) -> list[str]:
    """Why the file `path` is in a guest that is one application: the chain down to what was asked for."""
    with translated():
        found = Domuimg.Show.run(os.fsdecode(guest), _path(dir), _backend(None, None), None, None)
        return list(found.explain_file(path))


def list_missing(guest: PathLike, trace: str, *, dir: Optional[PathLike] = None) -> list[str]:
    """What a run has opened, by the text of `trace`, and a guest that is one application does not have."""
    with translated():
        found = Domuimg.Show.run(os.fsdecode(guest), _path(dir), _backend(None, None), None, None)
        return list(found.list_missing(trace))


def trace(
    command: Sequence[str],
    *,
    environment: Optional[Sequence[str]] = None,
    cancellable: Optional[Cancellable] = None,
) -> str:
    """Runs a program once under strace; the paths that it has opened, as `trace_file` takes them.

    Cancelling ends the program, and what it has opened until then is returned.
    """
    with translated():
        return str(
            Domuimg.trace_run(
                list(command), None if environment is None else list(environment), None, _gio(cancellable)
            )
        )


def rename(
    guest: PathLike,
    name: str,
    *,
    dir: Optional[PathLike] = None,
    dry_run: bool = False,
    backend: Optional[str] = None,
    connect: Optional[str] = None,
    cancellable: Optional[Cancellable] = None,
) -> list[str]:
    """Gives a guest that is shut down another name, with its files, and returns what was done.

    `guest` is as for `show`. With `dry_run` nothing is renamed.
    """
    flags = Domuimg.RenameFlags.DRY_RUN if dry_run else Domuimg.RenameFlags.NONE
    with translated():
        return list(
            Domuimg.rename_guest(
                os.fsdecode(guest),
                _path(dir),
                name,
                _backend(backend, connect),
                connect,
                flags,
                _gio(cancellable),
            )
        )
