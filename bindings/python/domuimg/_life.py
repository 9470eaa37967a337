# SPDX-License-Identifier: LGPL-2.1-or-later
"""`show` and `rename` over the introspected library; no logic of their own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Optional, Sequence, Union

from ._build import Cancellable
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
