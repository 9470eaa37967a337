# SPDX-License-Identifier: LGPL-2.1-or-later
"""`clone` and `generalise` over the introspected library; no logic of their own."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional, Union

from ._build import Cancellable, ProgressCallback, _follow, _spec
from ._errors import translated
from ._gi import Domuimg

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._settings import Settings

Path = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Clone:
    """A guest that was cloned; a path is None where there is no such file."""

    name: str
    uuid: str
    disks: list[str]
    config_path: Optional[str]
    xml_path: Optional[str]
    manifest_path: str
    verdict: Optional[str]
    """`"boots"`, `"fails"` or `"unknown"`, as a check says; None without a configuration."""
    warnings: list[str]
    root_password: Optional[str] = field(default=None, repr=False)
    """What `root_password="generate"` asked for; it is kept nowhere else."""


def clone(
    source: Path,
    name: Optional[str] = None,
    *,
    count: Optional[int] = None,
    table: Optional[Path] = None,
    source_dir: Optional[Path] = None,
    copy: Optional[str] = None,
    identity: Optional[str] = None,
    on_progress: Optional[ProgressCallback] = None,
    cancellable: Optional[Cancellable] = None,
    **settings: Unpack[Settings],
) -> list[Clone]:
    """Makes copies of a guest, or of an image, that are machines of their own.

    `source` is a guest's name (with `source_dir`, in that directory), or the path of its manifest or
    configuration, or of an image. There is one clone with that `name`, or with `count` so many, whose
    `name` is a pattern such as `"web%03d"`, or one for each row of `table`, a .csv or .json file.
    `copy` says how disks are copied, and `identity` which cleaners are on, as `domuimg clone` has them.
    Each clone is made whole or not at all; progress and settings are as of `create`.
    """
    maker = Domuimg.Clone.new(
        os.fsdecode(source), None if source_dir is None else os.fsdecode(source_dir)
    )
    spec = _spec("clone", name if count is None else None, None, settings)
    maker.set_copy(copy)
    with translated():
        if identity is not None:
            maker.set_identity(identity)
        if table is not None:
            maker.add_table(spec, os.fsdecode(table))
        elif count is not None:
            maker.add_count(spec, name or "", count)
        else:
            maker.add(spec)
    stop = cancellable or Cancellable()
    _follow(lambda progress: maker.run(progress, stop._gio), on_progress, stop)
    return [_clone(one) for one in json.loads(maker.to_json())["clones"]]


def _clone(made: dict[str, Any]) -> Clone:
    return Clone(
        name=made["name"],
        uuid=made["uuid"],
        disks=made["disks"],
        config_path=made["config"],
        xml_path=made["xml"],
        manifest_path=made["manifest"],
        verdict=made["verdict"],
        warnings=made["warnings"],
        root_password=made.get("root_password"),
    )


def generalise(
    image: Path, *, identity: Optional[str] = None, cancellable: Optional[Cancellable] = None
) -> list[str]:
    """Takes out of a guest's image what tells whose it was, and returns what was changed, one line each."""
    with translated():
        return list(
            Domuimg.generalise(
                os.fsdecode(image), identity, None if cancellable is None else cancellable._gio
            )
        )
