# SPDX-License-Identifier: LGPL-2.1-or-later
"""The introspected library, or an ImportError that says what is missing."""

try:
    import gi
except ImportError as error:
    raise ImportError(
        "domuimg needs PyGObject; on Debian it is the package python3-gi, "
        "for the interpreter /usr/bin/python3"
    ) from error


def _add_places(typelibs: str, libraries: str) -> None:
    """PyGObject 3.52 and newer are built with GIRepository 3.0, in which a repository is an object
    and what was a function of the class is a method; older ones with 2.0."""
    try:
        gi.require_version("GIRepository", "3.0")
    except ValueError:
        gi.require_version("GIRepository", "2.0")
    from gi.repository import GIRepository

    if hasattr(GIRepository.Repository, "dup_default"):
        repository = GIRepository.Repository.dup_default()
    else:
        repository = GIRepository.Repository.get_default()
    repository.prepend_search_path(typelibs)
    repository.prepend_library_path(libraries)


try:
    # Where the library was installed: written by the installation, and absent when the
    # package is used from its source tree.
    from ._installed import LIBRARY_DIR, TYPELIB_DIR
except ImportError:
    pass
else:
    _add_places(TYPELIB_DIR, LIBRARY_DIR)

try:
    gi.require_version("Domuimg", "1")
except ValueError as error:
    raise ImportError(
        "domuimg needs the typelib Domuimg-1 of libdomuimg; "
        "is it in a directory of GI_TYPELIB_PATH?"
    ) from error

from gi.repository import Domuimg, Gio, GLib  # noqa: E402

__all__ = ["Domuimg", "Gio", "GLib"]
