# SPDX-License-Identifier: LGPL-2.1-or-later
"""`create`, `plan` and `cleanup` over the introspected library; no logic of their own."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Optional, Union

from ._errors import from_glib, translated
from ._gi import Domuimg, Gio, GLib

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._settings import Settings

ProgressCallback = Callable[[float, str], object]


class Cancellable:
    """Stops a build from another thread, or from its own progress callable."""

    def __init__(self) -> None:
        self._gio = Gio.Cancellable.new()

    def cancel(self) -> None:
        """Asks the build to stop; it raises `Cancelled` when it has cleaned up."""
        self._gio.cancel()

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._gio.is_cancelled()


@dataclass(frozen=True)
class Result:
    """What a build has made; a path is None where there is no such file."""

    name: str
    uuid: str
    image_path: Optional[str]
    config_path: Optional[str]
    install_config_path: Optional[str]
    """What starts the installer of a guest that has yet to be installed."""
    xml_path: Optional[str]
    manifest_path: Optional[str]
    kernel_path: Optional[str]
    ramdisk_path: Optional[str]
    verdict: str
    """Whether the guest will reach its login: "boots" or "unknown", or "fails" if that was allowed."""
    details: dict[str, Any]
    """All of it, as `domuimg create --json` prints it, but for the password."""
    root_password: Optional[str] = field(default=None, repr=False)
    """What `root_password="generate"` asked for; it is kept nowhere else."""


@dataclass(frozen=True)
class Plan:
    """The steps that a build would take; `str()` gives them for a person."""

    text: str
    details: dict[str, Any]
    """All of it, as `domuimg create --dry-run --json` prints it."""

    def __str__(self) -> str:
        return self.text


def create(
    name: Optional[str] = None,
    *,
    on_progress: Optional[ProgressCallback] = None,
    cancellable: Optional[Cancellable] = None,
    spec_file: Union[str, os.PathLike[str], None] = None,
    **settings: Unpack[Settings],
) -> Result:
    """Makes a guest, or leaves nothing behind.

    `on_progress(fraction, message)` is called in the caller's thread, with a fraction from
    0.0 to 1.0. An exception from it, Ctrl-C and `cancellable` each stop the build; the
    first two are raised again once everything is cleaned up, the last raises `Cancelled`.

    Settings come on top of those in `spec_file`, and are added to its lists. Lists are for
    keys that can be repeated, bools for flags; None means unset.
    """
    build = Domuimg.Build.new(_spec("create", name, spec_file, settings))
    return _result(_run(build, on_progress, cancellable or Cancellable()))


def plan(
    name: Optional[str] = None,
    *,
    spec_file: Union[str, os.PathLike[str], None] = None,
    **settings: Unpack[Settings],
) -> Plan:
    """What `create` would do with the same settings, without touching anything.

    For a machine that is converted (`disk:`) the details have `changes`, `warnings` and `verdict`,
    for which its disks are looked into.
    """
    build = Domuimg.Build.new(_spec("plan", name, spec_file, settings))
    with translated():
        steps = build.rehearse(None)
    return Plan(text=steps.to_text(), details=json.loads(steps.to_json()))


def cleanup(*, dry_run: bool = False, discard: Optional[str] = None) -> list[str]:
    """Finishes or removes what was left by what was killed, and returns what that was.

    With `dry_run` nothing is done. `discard` is the ID of one that `unfinished` names: it is given
    up, and its files stay as they are.
    """
    with translated():
        if discard is not None:
            return list(Domuimg.cleanup_discard(discard))
        return list(Domuimg.cleanup(dry_run, None))


def unfinished() -> list[str]:
    """The IDs of what was killed and is not finished; after `cleanup`, that which cannot be."""
    with translated():
        return list(Domuimg.cleanup_list_unfinished())


def _key(function: str, keyword: str) -> str:
    key = "from" if keyword == "source" else keyword.replace("_", "-")
    known = keyword.isidentifier() and key in Domuimg.Spec.list_keys()
    if not known or keyword in ("name", "from"):
        raise TypeError(f"{function}() got an unexpected keyword argument '{keyword}'")
    return key


def _text(keyword: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    raise TypeError(f"{keyword}: expected text, a path or a number, not {type(value).__name__}")


def _spec(
    function: str,
    name: Optional[str],
    spec_file: Union[str, os.PathLike[str], None],
    settings: Any,
) -> Domuimg.Spec:
    spec = Domuimg.Spec.new()
    with translated():
        if spec_file is not None:
            spec.load_file(os.fsdecode(spec_file))
        if name is not None:
            spec.set("name", name)
        for keyword, value in settings.items():
            key = _key(function, keyword)
            if value is None:
                continue
            if isinstance(value, (str, int, os.PathLike)):
                value = [value]
            elif Domuimg.Spec.get_kind(key) != Domuimg.SpecKind.LIST:
                raise TypeError(f"{keyword}: takes one value, not {type(value).__name__}")
            for item in value:
                spec.add(key, _text(keyword, item))
    return spec


def _run(
    build: Domuimg.Build, on_progress: Optional[ProgressCallback], cancellable: Cancellable
) -> Domuimg.Result:
    return _follow(lambda progress: build.run(progress, cancellable._gio), on_progress, cancellable)


def _follow(
    call: Callable[["Domuimg.Progress"], Any],
    on_progress: Optional[ProgressCallback],
    cancellable: Cancellable,
) -> Any:
    """Runs the call in a thread of its own, so that Ctrl-C reaches Python meanwhile."""
    # Of progress as (fraction, message), and at last the result or the error.
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    progress = Domuimg.Progress.new()
    if on_progress is not None:
        progress.connect("changed", lambda _, fraction, text: events.put((fraction, text)))

    def work() -> None:
        try:
            events.put((call(progress),))
        except BaseException as error:  # noqa: BLE001: raised again in the caller's thread
            events.put(error)

    thread = threading.Thread(target=work, name="domuimg")
    try:
        thread.start()
        event = events.get()
        while _is_progress(event):
            if on_progress is not None:
                on_progress(*event)
            event = events.get()
    except BaseException:
        cancellable.cancel()
        if thread.ident is not None:
            _wait_for_end(events)
        raise
    if isinstance(event, GLib.Error):
        raise from_glib(event)
    if isinstance(event, BaseException):
        raise event
    return event[0]


def _is_progress(event: object) -> bool:
    """A result is alone in its tuple."""
    return isinstance(event, tuple) and len(event) == 2


def _wait_for_end(events: queue.SimpleQueue[Any]) -> None:
    """Lets the build clean up, however often Ctrl-C is pressed.

    Thread.join does not help: interrupted, it takes the thread for ended (Python 3.11).
    """
    while True:
        try:
            if not _is_progress(events.get()):
                return
        except KeyboardInterrupt:
            continue


def _result(result: Domuimg.Result) -> Result:
    details = json.loads(result.to_json())
    details.pop("root_password", None)
    return Result(
        name=result.get_name(),
        uuid=result.get_uuid(),
        image_path=result.get_image_path(),
        config_path=result.get_config_path(),
        install_config_path=result.get_install_config_path(),
        xml_path=result.get_xml_path(),
        manifest_path=result.get_manifest_path(),
        kernel_path=result.get_kernel_path(),
        ramdisk_path=result.get_ramdisk_path(),
        verdict=details["check"]["verdict"],
        details=details,
        root_password=result.get_root_password(),
    )
