# SPDX-License-Identifier: LGPL-2.1-or-later
"""Configurations over the introspected library; no logic of their own."""

from __future__ import annotations

import json
import os
from typing import Any, Mapping, Optional, Union

from ._errors import translated
from ._gi import Domuimg

PathLike = Union[str, "os.PathLike[str]"]


def config_show(config: PathLike) -> dict[str, Any]:
    """What a configuration says: of xl, xm or libvirt, by its path or the name of a guest.

    As `domuimg config show --json` prints it; passwords are "***".
    """
    with translated():
        path = Domuimg.Domain.find_config(os.fsdecode(config))
        domain = Domuimg.Domain.new_from_file(path)
        return json.loads(domain.to_json())


def config_convert(
    config: PathLike,
    to: PathLike,
    *,
    format: Optional[str] = None,
    force: bool = False,
) -> list[str]:
    """Writes a configuration in another format, "xl" or "libvirt"; what is lost, and what else
    there is to know.

    Without a format it is libvirt's for a name that ends in `.xml`, else xl's.
    """
    target = os.fsdecode(to)
    with translated():
        if format is None:
            chosen = Domuimg.config_format_for_path(target)
        else:
            _, chosen = Domuimg.config_format_from_string(format)
        _, warnings = Domuimg.config_convert(os.fsdecode(config), target, chosen, force, None)
    return list(warnings)


def config_set(
    config: PathLike,
    settings: Mapping[str, Union[str, int, None]],
    *,
    dry_run: bool = False,
) -> list[str]:
    """Changes settings in a configuration of xl, all of them or none; what was changed.

    Comments, order and unknown keys are kept; None takes a key out.
    """
    words = [f"{key}={'' if value is None else value}" for key, value in settings.items()]
    with translated():
        path = Domuimg.Domain.find_config(os.fsdecode(config))
        _, changes, _ = Domuimg.config_set(path, words, dry_run)
    return list(changes)
