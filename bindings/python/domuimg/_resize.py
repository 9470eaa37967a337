# SPDX-License-Identifier: LGPL-2.1-or-later
"""`resize` over the introspected library; no logic of its own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Optional, Union

from ._build import Cancellable
from ._errors import translated
from ._gi import Domuimg


@dataclass(frozen=True)
class Resize:
    """A disk that was made larger or smaller; `str()` says it for a person."""

    old_size: int
    new_size: int
    text: str
    details: dict[str, Any]
    """All of it, as `domuimg resize --json` prints it."""

    def __str__(self) -> str:
        return self.text


def resize(
    what: Union[str, os.PathLike[str]],
    size: str,
    *,
    dir: Union[str, os.PathLike[str], None] = None,
    shrink: bool = False,
    dry_run: bool = False,
    cancellable: Optional[Cancellable] = None,
) -> Resize:
    """Makes a disk of a guest larger or smaller, with the filesystem on it.

    `what` is the guest, as for `kernel_update`, and after a colon, as in `"web1:xvdb"`, its disk; the
    first without. `size` is `"32G"`, or `"+4G"` for so much more; only with `shrink` may it be less.
    The guest has to be shut down. With `dry_run` nothing is written.
    """
    flags = Domuimg.ResizeFlags.NONE
    if shrink:
        flags |= Domuimg.ResizeFlags.SHRINK
    if dry_run:
        flags |= Domuimg.ResizeFlags.DRY_RUN
    with translated():
        done = Domuimg.Resize.run(
            os.fsdecode(what),
            None if dir is None else os.fsdecode(dir),
            size,
            flags,
            None if cancellable is None else cancellable._gio,
        )
    return Resize(
        old_size=done.get_old_size(),
        new_size=done.get_new_size(),
        text=done.to_text(),
        details=json.loads(done.to_json()),
    )
