# SPDX-License-Identifier: LGPL-2.1-or-later
"""`kernel_inspect`, `kernel_list` and `kernel_update` over the introspected library; no logic of its own."""

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


@dataclass(frozen=True)
class Kernel:
    """What a kernel file is."""

    version: Optional[str]
    format: str
    architecture: str
    compression: str
    notes: list[str]
    """Its Xen ELF notes, a line each."""
    boots: dict[str, bool]
    """Whether Xen itself starts it: by type, "pv", "pvh" and "hvm"."""


@dataclass(frozen=True)
class InstalledKernel:
    """A kernel in a guest, or on this host, with what belongs to it."""

    version: str
    path: str
    initramfs: Optional[str]
    modules: Optional[str]
    matches: bool
    """Whether the three belong together."""
    reason: str


def kernel_inspect(
    path: Union[str, os.PathLike[str]], *, xen: Optional[str] = None
) -> Kernel:
    """Says what a kernel file is, and as which types of guests Xen itself starts it: the host's, or of
    the version `xen`."""
    with translated():
        kernel = Domuimg.Kernel.new_for_file(os.fsdecode(path))
        types = {name: Domuimg.guest_type_from_string(name)[1] for name in ("pv", "pvh", "hvm")}
        boots = {
            name: kernel.can_boot_with(type, Domuimg.Loader.DIRECT, xen)[0]
            for name, type in types.items()
        }
    return Kernel(
        version=kernel.get_version(),
        format=Domuimg.kernel_format_to_string(kernel.get_format()),
        architecture=kernel.get_architecture(),
        compression=kernel.get_compression(),
        notes=list(kernel.get_notes()),
        boots=boots,
    )


def kernel_list(
    image: Union[str, os.PathLike[str], None] = None,
    *,
    cancellable: Optional[Cancellable] = None,
) -> list[InstalledKernel]:
    """The kernels in a disk image; without one, of this host."""
    with translated():
        kernels = Domuimg.InstalledKernel.list(
            None if image is None else os.fsdecode(image),
            None if cancellable is None else cancellable._gio,
        )
    return [_installed(kernel) for kernel in kernels]


def _installed(kernel: "Domuimg.InstalledKernel") -> InstalledKernel:
    matches, reason = kernel.get_matches()
    return InstalledKernel(
        version=kernel.get_version(),
        path=kernel.get_path(),
        initramfs=kernel.get_initramfs(),
        modules=kernel.get_modules(),
        matches=matches,
        reason=reason,
    )
