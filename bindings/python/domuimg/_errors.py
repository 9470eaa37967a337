# SPDX-License-Identifier: LGPL-2.1-or-later
"""One exception for each code of the library's error domain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ._gi import Domuimg, Gio, GLib


class Error(Exception):
    """Something went wrong; the text says what, where and what to do."""


class Cancelled(Error):
    """The work was cancelled, and nothing of it is left."""


class Failed(Error):
    """Something that no other class names."""


class InvalidArgument(Error):
    """A setting is wrong or contradicts another."""


class NotSupported(Error):
    """This library, build or host cannot do it."""


class MissingTool(Error):
    """A program is not installed; the text names it and its package."""


class NotFound(Error):
    """A file or other object is not there."""


class Exists(Error):
    """A result has the name of something that is there already."""


class Permission(Error):
    """The caller may not do this."""


class NoSpace(Error):
    """A disk, or the host's file system, is too small."""


class CorruptInput(Error):
    """Input breaks its format."""


class UnsafeInput(Error):
    """Input that would act outside the guest."""


class Network(Error):
    """A server was not reached or did not have what was asked for."""


class Untrusted(Error):
    """A signature is missing or wrong."""


class ToolFailed(Error):
    """A program that was run failed."""


class NotBootable(Error):
    """The guest would not boot as asked."""


class Busy(Error):
    """Somebody else is using it."""


class IO(Error):
    """Reading or writing failed."""


_BY_CODE: dict[int, type[Error]] = {
    int(Domuimg.Error.FAILED): Failed,
    int(Domuimg.Error.INVALID_ARGUMENT): InvalidArgument,
    int(Domuimg.Error.NOT_SUPPORTED): NotSupported,
    int(Domuimg.Error.MISSING_TOOL): MissingTool,
    int(Domuimg.Error.NOT_FOUND): NotFound,
    int(Domuimg.Error.EXISTS): Exists,
    int(Domuimg.Error.PERMISSION): Permission,
    int(Domuimg.Error.NO_SPACE): NoSpace,
    int(Domuimg.Error.CORRUPT_INPUT): CorruptInput,
    int(Domuimg.Error.UNSAFE_INPUT): UnsafeInput,
    int(Domuimg.Error.NETWORK): Network,
    int(Domuimg.Error.UNTRUSTED): Untrusted,
    int(Domuimg.Error.TOOL_FAILED): ToolFailed,
    int(Domuimg.Error.NOT_BOOTABLE): NotBootable,
    int(Domuimg.Error.BUSY): Busy,
    int(Domuimg.Error.IO): IO,
}


def from_glib(error: GLib.Error) -> Error:
    """The exception that a GError means."""
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
        return Cancelled(error.message)
    if error.domain == GLib.quark_to_string(Domuimg.error_quark()):
        return _BY_CODE.get(error.code, Error)(error.message)
    return Error(error.message)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raises a GError from inside as one of the classes above."""
    try:
        yield
    except GLib.Error as error:
        raise from_glib(error) from None
