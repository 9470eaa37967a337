# SPDX-License-Identifier: LGPL-2.1-or-later
"""`kernel_update` over the introspected library; no logic of its own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Optional, Union

from ._build import Cancellable
from ._errors import translated
from ._gi import Domuimg


@dataclass(frozen=True)
class KernelUpdate:
    """Whether a guest's kernel had to be copied out again; `str()` says it for a person."""

    needed: bool
    old_version: Optional[str]
    new_version: str
    text: str
    details: dict[str, Any]
    """All of it, as `domuimg kernel update --json` prints it."""

    def __str__(self) -> str:
        return self.text


def kernel_update(
    name: Union[str, os.PathLike[str]],
    *,
    dir: Union[str, os.PathLike[str], None] = None,
    dry_run: bool = False,
    cancellable: Optional[Cancellable] = None,
) -> KernelUpdate:
    """Copies a guest's own kernel and initramfs out again, after the guest upgraded them.

    `name` is its name, or the path of its configuration or manifest; with `dir`, in which it was
    made, its name. The guest has to be shut down. With `dry_run` nothing is written.
    """
    with translated():
        update = Domuimg.KernelUpdate.run(
            os.fsdecode(name),
            None if dir is None else os.fsdecode(dir),
            dry_run,
            None if cancellable is None else cancellable._gio,
        )
    return KernelUpdate(
        needed=update.is_needed(),
        old_version=update.get_old_version(),
        new_version=update.get_new_version(),
        text=update.to_text(),
        details=json.loads(update.to_json()),
    )
