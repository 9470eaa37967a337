# SPDX-License-Identifier: LGPL-2.1-or-later
"""The keywords of `create` and `plan`, for type checkers; the library has the last word."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypedDict, Union

Text = str
Path = Union[str, "os.PathLike[str]"]
Number = Union[int, str]
Texts = Union[str, Sequence[str]]
Paths = Union[str, "os.PathLike[str]", Sequence[Union[str, "os.PathLike[str]"]]]


class Settings(TypedDict, total=False):
    """What a guest should be; `source` is the specification's key `from`."""

    source: Path
    dir: Path
    disk: Texts
    connect: Text
    define: bool
    autostart: bool
    layout: Text
    partition: Texts
    kernel: Text
    loader: Path
    type: Text
    memory: Number
    maxmem: Number
    vcpus: Number
    nic: Texts
    hostname: Text
    ssh_key: Paths
    root_password_file: Path
    root_password: Text
    cloud_init: Text
    ignition: Path
    package: Texts
    kernel_package: Text
    mirror: Texts
    variant: Text
    arch: Text
    keyring: Paths
    repo: Texts
    group: Texts
    weak_deps: bool
    docs: bool
    allow_unsigned: bool
    exclude: Texts
    include: Texts
    answers: Path
    extra_args: Text
    cmd: Text
    env: Texts
    env_file: Paths
    volume: Texts
    restart: Text
    debug_shell: bool
    app: Texts
    add: Texts
    from_root: Path
    user: Text
    trace_file: Paths
    allow_missing: bool
    sbom: Text
    installer: Text
    timeout: Number
    keep_failed: bool
    interactive: bool
    display: Text
    timezone: Text
    locale: Text
    keymap: Text
    extra: Text
    graphics: Text
    on_poweroff: Text
    on_reboot: Text
    on_crash: Text
    uuid: Text
    config: Texts
    host_keys: Text
    host_root: Path
    map_network: Texts
    keep_macs: bool
    root: Text
    luks_key: Texts
    shift_owners: bool
    allow_backing: bool
    no_backup: bool
    keep_guest_tools: bool
    no_customise: bool
    no_cache: bool
    force: bool
    host: Path
    strict: bool
    allow_unbootable: bool
