# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes Xen guests: disk image, kernel and domain configuration.

>>> import domuimg
>>> result = domuimg.create("web1", source="debian:bookworm", dir="out", on_progress=print)
>>> result.config_path
'out/web1.cfg'

The keywords are the keys of a specification, which domuimg(1) describes, with `_` for `-`
and `source` for `from`. Everything that fails raises a subclass of `Error`.
"""

from ._build import Cancellable, Plan, ProgressCallback, Result, cleanup, create, plan, unfinished
from ._errors import (
    IO,
    Busy,
    Cancelled,
    CorruptInput,
    Error,
    Exists,
    Failed,
    InvalidArgument,
    MissingTool,
    Network,
    NoSpace,
    NotBootable,
    NotFound,
    NotSupported,
    Permission,
    ToolFailed,
    UnsafeInput,
    Untrusted,
)
from ._check import Finding, Report, check, check_all, fix
from ._config import config_convert, config_set, config_show
from ._gi import Domuimg as _library
from ._host import Guest, Host, adopt, delete, doctor, list_guests, plan_delete, run
from ._kernel import InstalledKernel, Kernel, KernelUpdate, kernel_inspect, kernel_list, kernel_update
from ._life import Show, rename, show
from ._resize import Resize, resize
from ._settings import Settings

__version__: str = _library.get_version()

__all__ = [
    "Busy",
    "Cancellable",
    "Cancelled",
    "CorruptInput",
    "Error",
    "Exists",
    "Failed",
    "Finding",
    "Guest",
    "Host",
    "IO",
    "InstalledKernel",
    "InvalidArgument",
    "Kernel",
    "KernelUpdate",
    "MissingTool",
    "Network",
    "NoSpace",
    "NotBootable",
    "NotFound",
    "NotSupported",
    "Permission",
    "Plan",
    "ProgressCallback",
    "Report",
    "Resize",
    "Result",
    "Settings",
    "Show",
    "ToolFailed",
    "UnsafeInput",
    "Untrusted",
    "adopt",
    "check",
    "check_all",
    "cleanup",
    "config_convert",
    "config_set",
    "config_show",
    "create",
    "delete",
    "doctor",
    "fix",
    "kernel_inspect",
    "kernel_list",
    "kernel_update",
    "list_guests",
    "plan",
    "plan_delete",
    "rename",
    "resize",
    "run",
    "show",
    "unfinished",
]
