# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether what a fault left is whole, nothing, or the old."""
import dataclasses
import hashlib
import itertools
import json
import pathlib
import stat
import subprocess

import compare as trees
from stage import TOP, WORLD

UNKNOWN = 4  # the status of a check
SIGKILL, SIGTRAP, SIGABRT = 128 + 9, 128 + 5, 128 + 6


@dataclasses.dataclass(frozen=True)
class Expected:
    """What there is before, and after a run without a fault."""
    before: dict
    after: dict
    status: int


def differences(wanted, found):
    """A line each for what is missing, not wanted, or other than it should be."""
    for path in sorted(wanted.keys() | found.keys()):
        name = path.removeprefix(f"{WORLD}/")
        if path not in found:
            yield f"{name} is missing"
        elif path not in wanted:
            yield f"{name} should not be there: {found[path]}"
        elif wanted[path] != found[path]:
            yield f"{name} is {found[path]}, not {wanted[path]}"


def tree_of(image):
    """What is in an image, as the kernel sees it; None where its filesystem is not whole."""
    raw, offset = TOP / "raw", 0
    if subprocess.run(["qemu-img", "convert", "-O", "raw", image, raw], check=False).returncode != 0:
        return None
    with raw.open("rb") as file:
        file.seek(510)
        if file.read(2) == b"\x55\xaa":
            offset = 1 << 20
    if subprocess.run(["e2fsck", "-fn", f"{raw}?offset={offset}"], capture_output=True, check=False).returncode != 0:
        return None
    with trees.mounted(raw, f"ro,offset={offset}") as mounted:
        return {name: without_time(entry) for name, entry in trees.describe(mounted).items()}


def without_time(entry):
    """Directories of a root that is installed here are of today."""
    return {key: value for key, value in entry.items() if key != "mtime" or not stat.S_ISDIR(entry["kind"])}


def is_image(path):
    return pathlib.Path(path).suffix in (".img", ".qcow2", ".vhd") or pathlib.Path(path).is_block_device()


def meaning_of(path):
    """What is in an image, and what a manifest says besides how it was copied, and from which inode; None for what
    has to be the same to the byte."""
    if is_image(path):
        return tree_of(path)
    if pathlib.Path(path).suffix != ".json":
        return None
    manifest = json.loads(pathlib.Path(path).read_text())
    for disk in manifest.get("disks", ()):
        disk.get("base", {}).pop("digest", None)
    return {key: value for key, value in manifest.items() if key not in ("warnings", "unused_bytes_left_out")}


def means(path, wanted):
    """Whether it says or holds the same; a verdict may be unknown, where something could not be read."""
    found = meaning_of(path)
    if isinstance(found, dict) and found.get("verdict") == "unknown":
        found = {**found, **{key: wanted.get(key) for key in ("verdict", "check")}}
    return found == wanted


def is_copy(path, one, other):
    """Clones have their kernel under further names of the same file, or, where that cannot be, in copies."""
    return pathlib.Path(path).suffix in (".vmlinuz", ".initrd") and (*one[:3], *one[4:]) == (*other[:3], *other[4:])


def is_equal(stage, state, found):
    """The same files; an image may hold the same tree in another way, where the program or a tool had to do
    without something that it prefers to have (such as /dev/fuse, which spares it a copy), which the manifest
    tells."""
    if state == found:
        return True
    if state.keys() != found.keys():
        return False
    unlike = [path for path in state if state[path] != found[path]]
    return all(is_copy(path, state[path], found[path])
               or (path in stage.meanings and found[path][:3] == state[path][:3]
                   and means(path, stage.meanings[path])) for path in unlike)


def states_before(expected, scenario):
    """What there was, and whatever of its parts may be complete beside."""
    new = {path: what for path, what in expected.after.items() if path not in expected.before}
    for number in range(len(scenario.parts) or 1):
        for chosen in itertools.combinations(scenario.parts, number):
            made = {path: what for path, what in new.items() if pathlib.Path(path).name.partition(".")[0] in chosen}
            yield " and ".join(["before", *chosen]), {**expected.before, **made}


def compare(stage, found, **states):
    """Nothing where it is one of the states, else how it differs from each."""
    if any(is_equal(stage, state, found) for state in states.values()):
        return []
    lines = []
    for name, state in states.items():
        lines.append(f"it is not as {name}:")
        lines += [f"  {line}" for line in differences(state, found)]
    return lines


def is_whole(path):
    """Whether a file of the cache is what its name says."""
    if path.suffix == ".part":
        return True
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-tq", path], check=False).returncode == 0
    return hashlib.sha512(path.read_bytes()).hexdigest().startswith(path.name.partition("-")[0])


def judge_leftovers(stage, left):
    left = [*left, *(f"{path} is damaged" for path in stage.cached() if not is_whole(path))]
    return [f"was left: {what}" for what in (*left, *stage.leftovers())]


def judge_journals(stage):
    return [f"a journal is left: {path.name}: {' '.join(path.read_text().split())}" for path in stage.journals()]


def compare_results(stage, expected):
    """What a success promises: what is made is there, and what is removed is not. There may be temporary
    files, too."""
    ours = expected.before.keys() | expected.after.keys()
    found = {path: what for path, what in stage.snapshot().items() if path in ours}
    return compare(stage, found, after=expected.after)


def judge_cleaned(stage, **states):
    """The next cleanup leaves one of these, and no journal."""
    done = stage.plainly("cleanup")
    if done.returncode != 0:
        return [f"cleanup ends with {done.returncode}: {done.stderr.strip()}"]
    lines = judge_journals(stage) + compare(stage, stage.snapshot(), **states)
    return [*lines, *(f"cleanup said: {line}" for line in done.stdout.splitlines() if lines)]


def judge_killed(stage, expected, scenario):
    """A cleanup that was interrupted is to be done by the next one; all else may be as it was, too."""
    before = {} if scenario.is_cleanup else dict(states_before(expected, scenario))
    return judge_cleaned(stage, **before, after=expected.after)


def nothing(expected):
    """What a cleanup leaves of a build that it could not complete, and says so."""
    return {path: what for path, what in expected.after.items() if not path.startswith(f"{WORLD}/out/")}


def judge_troubled_cleanup(stage, expected):
    """It had an error of its own: the next one makes it whole or nothing."""
    return judge_cleaned(stage, after=expected.after, nothing=nothing(expected))


def judge_words(done):
    """An error is one line, the last one, that says what failed."""
    lines = done.stderr.splitlines()
    if lines and [line for line in lines if line.startswith("domuimg: ")] == lines[-1:]:
        return []
    return [f"the error is not one line: {lines}"]


def judge_failed(stage, expected, scenario, done):
    """All is as it was, or at least the next cleanup knows what to do."""
    words = judge_words(done)
    if scenario.is_cleanup:
        return words + judge_troubled_cleanup(stage, expected)
    if stage.journals():
        return words + judge_killed(stage, expected, scenario)
    return words + compare(stage, stage.snapshot(), **dict(states_before(expected, scenario)))


def judge_verdict(stage, scenario, done):
    """It is unknown, or all that is said is what the next check says of the guest as it is now."""
    plain = stage.plainly("check", scenario.argv[-1])
    if done.returncode == UNKNOWN or (done.returncode, done.stdout) == (plain.returncode, plain.stdout):
        return []
    return [f"it is not what is said of the guest now: {plain.returncode}: {' '.join(plain.stdout.split())}"]


def judge_less(stage, expected, scenario, done):
    """A check that could not read something repairs what it knows of: each file is whole, but none was made."""
    found = stage.snapshot()
    lines = judge_verdict(stage, scenario, done)
    lines += [f"{path} is new or missing" for path in found.keys() ^ expected.before.keys()]
    images = [path for path in found if is_image(path)]
    return lines + [f"{path} is damaged" for path in images if subprocess.run(
        ["e2fsck", "-fn", path], capture_output=True, check=False).returncode]


def judge_success(stage, expected, scenario, done):
    """All is there. A check that could not read something may know less, and then says so."""
    if scenario.is_cleanup:
        return judge_troubled_cleanup(stage, expected)
    lines = compare_results(stage, expected)
    if scenario.argv[0] == "check" and (lines or done.returncode not in (expected.status, 1)):
        return judge_journals(stage) + judge_less(stage, expected, scenario, done)
    if stage.journals():
        # What could not be removed is left to cleanup; the result must be there nevertheless.
        return lines + judge_cleaned(stage, after=expected.after)
    return compare(stage, stage.snapshot(), after=expected.after)


def is_done_but_not_said(done):
    """What is printed comes after what is done, and it cannot be taken back."""
    return done.returncode == 1 and "all is done, but standard output could not be written" in done.stderr


def died(point, status):
    """Whether it ended as by a kill. GLib ends a process that is out of memory."""
    return (point.is_kill and status == SIGKILL) or (point.action == "ENOMEM" and point.kind == "map"
                                                     and status in (SIGTRAP, SIGABRT))


def judge(stage, scenario, expected, point, done):
    """What is wrong, a line each; and whether the fault took place."""
    where, left, _ = stage.read_report()
    status = done.returncode
    lines = judge_leftovers(stage, left) if not point.is_kill else [f"was left: {what}" for what in left]
    if died(point, status):
        lines += judge_killed(stage, expected, scenario) + judge_leftovers(stage, [])
    elif status in scenario.statuses or is_done_but_not_said(done):
        lines += judge_success(stage, expected, scenario, done)
    elif status == 1:
        lines += judge_failed(stage, expected, scenario, done)
    else:
        lines.append(f"ended with {status}")
    if lines:
        lines.insert(0, f"at {where}; status {status}: {' '.join((done.stderr + done.stdout).split())[:600]}")
    return where is not None, lines
