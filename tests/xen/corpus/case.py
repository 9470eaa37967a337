"""The declaration of a case, and the list of all of them."""
import dataclasses
import typing

CASES = []


@dataclasses.dataclass
class Case:
    name: str
    edit: typing.Callable
    breaks: tuple = ()      # ids of the findings that have to be there; none for a good guest
    fixable: bool = False   # `--fix` has to make it boot
    root: str = "sysv"
    kernel: str = "cloud"
    host: bool = False      # by the profile of the lab's dom0
    sample: bool = False    # of the tests' default run
    nightly: bool = False   # booted there only; the default run asks what is predicted of it

    @property
    def summary(self):
        return " ".join(self.edit.__doc__.split()).rstrip(".")


def case(*breaks, **options):
    """Make a case of a function that edits a guest; named by it, told of by its docstring."""
    def declare(edit):
        CASES.append(Case(edit.__name__.replace("_", "-"), edit, breaks, **options))
        return edit
    return declare
