# SPDX-License-Identifier: LGPL-2.1-or-later
"""`show` and `rename` over the introspected library; no logic of their own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Optional, Union

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
