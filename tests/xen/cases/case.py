# SPDX-License-Identifier: LGPL-2.1-or-later
"""A row of the lab's table, and what comes of it."""
import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """What makes the guest, how it boots and what is asked inside are words for a reader."""
    group: str
    name: str
    made: str
    boots: str
    asked: str
    run: typing.Callable        # of (shared, a directory of its own): the lines that it reports
    seconds: int                # of one processor, about: the longest go first
    default: bool = False       # it is booted in the default run, too

    @property
    def id(self):
        return f"{self.group}/{self.name}"


@dataclasses.dataclass
class Line:
    """One result. What went wrong is in @problems; @details are for those who ask to see them."""
    text: str
    problems: list = dataclasses.field(default_factory=list)
    skipped: str = ""
    details: str = ""


class Broken(Exception):
    """What a case needs could not be made; nothing is known of the guest."""
