# SPDX-License-Identifier: LGPL-2.1-or-later
"""The list of mutants: careful mistakes, each of which some test should notice."""
import dataclasses
import fnmatch
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Broken(Exception):
    """A list that cannot be used as it is."""


@dataclasses.dataclass
class Mutant:
    name: str
    where: str                  # its place in the list, for messages
    file: str = ""
    wrong: str = ""             # what is wrong with it
    lives: str = ""             # why no test need notice it
    tests: tuple = ()           # the tests to begin with, before those that are nearest to its file
    before: list = dataclasses.field(default_factory=list)
    after: list = dataclasses.field(default_factory=list)

    @property
    def original(self):
        return "\n".join(self.before)

    @property
    def replacement(self):
        return "\n".join(self.after)

    def apply(self, text):
        """The file's text with the mistake in it."""
        count = text.count(self.original)
        if count != 1:
            found = f"{count} times" if count else "not any more"
            raise Broken(f"{self.where}: {self.name}: its original text is found {found} in {self.file}")
        return text.replace(self.original, self.replacement)


def parse(path):
    """One file of the list: blocks of "mutant:", "file:", "wrong:", then lines of "-" and "+"."""
    mutants, file = [], ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.relative_to(ROOT)}:{number}"
        key, _, value = line.partition(": ")
        if not line or line.startswith("#"):
            continue
        if key == "file":
            file = value
        elif key == "mutant":
            mutants.append(Mutant(value, where, file))
        elif not mutants:
            raise Broken(f"{where}: no mutant has begun here")
        elif line[0] in "-+" and line[1:2] in ("", " "):
            (mutants[-1].before if line[0] == "-" else mutants[-1].after).append(line[2:])
        elif key == "tests":
            mutants[-1].tests = tuple(value.split())
        elif key in ("wrong", "lives"):
            setattr(mutants[-1], key, value)
        else:
            raise Broken(f"{where}: “{line}” is neither a key nor a line of “-” or “+”")
    return mutants


def load():
    """All mutants, those of one file beside each other, so that it is compiled once for each."""
    found = [mutant for path in sorted((HERE / "list").glob("*.txt")) for mutant in parse(path)]
    return sorted(found, key=lambda mutant: mutant.file)


def check(mutant, root=ROOT):
    """None, or what keeps the mutant from being used."""
    for word in ("file", "wrong", "before"):
        if not getattr(mutant, word):
            return f"{mutant.where}: {mutant.name}: without “{word}”"
    if mutant.original == mutant.replacement:
        return f"{mutant.where}: {mutant.name}: changes nothing"
    path = root / mutant.file
    if not path.is_file():
        return f"{mutant.where}: {mutant.name}: there is no {mutant.file}"
    try:
        mutant.apply(path.read_text(encoding="utf-8"))
    except Broken as problem:
        return str(problem)
    return None


def check_all(mutants):
    """Every fault of the list as a whole, and of each mutant."""
    names = [mutant.name for mutant in mutants]
    yield from (f"{name}: more than one mutant has this name" for name in sorted(set(names)) if names.count(name) > 1)
    yield from filter(None, map(check, mutants))
    living = sum(1 for mutant in mutants if mutant.lives)
    if living * 10 > len(mutants):
        yield f"{living} of {len(mutants)} may live; at most a tenth"


def nearest(file):
    """The names of the tests nearest to a source file, best first, by the first line that fits it."""
    for line in (HERE / "nearest").read_text(encoding="utf-8").splitlines():
        pattern, _, tests = line.partition(":")
        if line and not line.startswith("#") and fnmatch.fnmatch(file, pattern.strip()):
            return tests.split()
    return []
