# SPDX-License-Identifier: LGPL-2.1-or-later
"""The introspected library, or an ImportError that says what is missing."""

try:
    import gi
except ImportError as error:
    raise ImportError(
        "domuimg needs PyGObject; on Debian it is the package python3-gi, "
        "for the interpreter /usr/bin/python3"
    ) from error

try:
    # Where the library was installed: written by the installation, and absent when the
    # package is used from its source tree.
    from ._installed import LIBRARY_DIR, TYPELIB_DIR
except ImportError:
    pass
else:
    gi.require_version("GIRepository", "2.0")
    from gi.repository import GIRepository

    GIRepository.Repository.prepend_search_path(TYPELIB_DIR)
    GIRepository.Repository.prepend_library_path(LIBRARY_DIR)

try:
    gi.require_version("Domuimg", "1")
except ValueError as error:
    raise ImportError(
        "domuimg needs the typelib Domuimg-1 of libdomuimg; "
        "is it in a directory of GI_TYPELIB_PATH?"
    ) from error

from gi.repository import Domuimg, Gio, GLib  # noqa: E402

__all__ = ["Domuimg", "Gio", "GLib"]
