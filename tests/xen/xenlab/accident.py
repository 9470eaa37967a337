"""Accidents: what only the emulated processor, or the lab itself, can have done. They are recognised
by what they leave behind, written down, and what met one is tried again. All of that happens here."""
import fcntl
import os
import re
import sys
import threading

from .errors import LabError

ATTEMPTS = 3
# Set when everything is being ended: what fails then is no accident.
ending = threading.Event()
# A file that gets a line for each accident, for whoever counts them.
VARIABLE = "DOMUIMG_LAB_ACCIDENTS"
# QEMU's SVM leaves the vector of an interrupt that it injected pending, and delivers it once more
# when it has to leave the guest in that very moment. Where that hits a PVH or HVM kernel on its
# entry stack, nothing helps it, whatever the guest.
SIGNS = re.compile(r"Triple fault|Fatal exception in interrupt|double fault|stack guard page was hit")


def sign_in(text):
    """The accident that left this text, or None."""
    found = SIGNS.search(text)
    return found and found[0]


def retried(what, attempt, accident_of):
    """What @attempt returns, which is called again where @accident_of finds an accident in that, or
    where the lab itself failed."""
    for number in range(1, ATTEMPTS + 1):
        try:
            result = attempt()
        except LabError as error:
            if last(number) or error.status != LabError.status:
                raise
            accident = str(error).splitlines()[0]
        else:
            accident = accident_of(result)
            if last(number) or not accident:
                return result
        record(f"{what}: {accident}")


def last(number):
    return number == ATTEMPTS or ending.is_set()


def record(line):
    print(f"An accident, tried again: {line}", file=sys.stderr, flush=True)
    if os.environ.get(VARIABLE):
        with open(os.environ[VARIABLE], "a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(f"{line}\n")
