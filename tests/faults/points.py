# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which faults there are: SCENARIO:WHO:KIND:N=ACTION, as the tracer and the command line know them."""
import dataclasses

ERRORS = {
    "read": ("EIO", "short"),
    "write": ("EIO", "ENOSPC", "short"),
    "copy": ("EIO", "ENOSPC", "short"),
    "open": ("EACCES", "EMFILE", "EIO"),
    "close": ("EIO",),
    "sync": ("EIO", "ENOSPC"),
    "rename": ("EIO", "EACCES", "ENOSPC"),
    "unlink": ("EIO", "EACCES"),
    "mkdir": ("ENOSPC", "EACCES"),
    "truncate": ("ENOSPC", "EIO"),
    "mode": ("EACCES", "EIO"),
    "stat": ("EIO", "EACCES"),
    "xattr": ("EIO",),
    "list": ("EIO",),
    "seek": ("EIO",),
    "lock": ("EIO", "EMFILE"),
    "ioctl": ("EIO",),
    "map": ("ENOMEM",),
    "process": ("ENOMEM",),
    "exec": ("EACCES", "ENOMEM"),
    "fd": ("EMFILE",),
    "mount": ("EACCES",),
}
# The kinds after which a disk is another than before. Nothing is seen of a kill between two others.
CHANGES = ("write", "copy", "close", "sync", "rename", "unlink", "mkdir", "truncate", "mode", "lock", "process",
           "exec", "mount", "ioctl", "open")
DELAYED = ("rename", "sync", "unlink", "exec", "process")


@dataclasses.dataclass(frozen=True, order=True)
class Point:
    scenario: str
    who: str        # self: the program; tool: what it starts; any
    kind: str
    number: int
    action: str

    def __str__(self):
        return f"{self.scenario}:{self.at}"

    @property
    def at(self):
        return f"{self.who}:{self.kind}:{self.number}={self.action}"

    @property
    def group(self):
        return f"{self.scenario}: {self.who} {self.kind} {self.action}"

    @property
    def is_kill(self):
        return self.action.startswith("kill")


def parse(text):
    try:
        scenario, who, kind, rest = text.split(":")
        number, action = rest.split("=")
        return Point(scenario, who, kind, int(number), action)
    except ValueError:
        raise SystemExit(f"{text} is not SCENARIO:WHO:KIND:N=ACTION") from None


def kills(scenario, counts):
    """At each call that changes something: of all processes at once, and of the program alone where it has
    others at work for it."""
    has_tools = any(who == "tool" for who, _kind in counts)
    for kind in CHANGES:
        total = sum(counts.get((who, kind), (0, 0))[0] for who in ("self", "tool"))
        for number in range(1, total + 1):
            yield Point(scenario, "any", kind, number, "kill")
        for number in range(1, total + 1) if has_tools else ():
            yield Point(scenario, "any", kind, number, "kill-main")


def errors(scenario, counts):
    for (who, kind), (calls, with_count) in sorted(counts.items()):
        for action in (*ERRORS[kind], *(("delay",) if kind in DELAYED else ())):
            for number in range(1, (with_count if action == "short" else calls) + 1):
                yield Point(scenario, who, kind, number, action)


def shares(points_of, count):
    """How many of each scenario there are among so many: the root of how many it has."""
    whole = sum(len(points) ** 0.5 for points in points_of.values())
    return {name: round(count * len(points) ** 0.5 / whole) for name, points in points_of.items()}


def spread(points, count):
    """So many of them, spread over all: as the groups follow each other, each has its share."""
    if count is None or count >= len(points):
        return points
    return [points[(2 * i + 1) * len(points) // (2 * count)] for i in range(count)]
