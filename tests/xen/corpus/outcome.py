"""What real Xen did with a guest: asked of the lab once, then remembered by content."""
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile

from xenlab import cache

LAB = pathlib.Path(__file__).resolve().parent.parent / "lab"
TIMEOUT = 3600
# In the time of the emulated machine, by whether it is systemd; initramfs-tools waits 30 s for the
# root without a word, and systemd 90 s for a device.
SILENCE = {False: 60, True: 120}
# What says more than the line that the guest stopped at.
TELLING = re.compile(r"ALERT!.*|No root device specified.*|not syncing: .*|run-init: .*|mount: .*failed: .*|"
                     r"error: .*|Failed to mount .*|Failed to start .*|.*respawning too fast.*")


@dataclasses.dataclass
class Outcome:
    boots: bool
    how: str        # in one line: the prompt was there, or what stopped it
    console: str    # its last lines

    @property
    def verdict(self):
        return "boots" if self.boots else "fails"

    @property
    def reason(self):
        """In the guest's own words where it had some."""
        said = [] if self.boots else TELLING.findall(self.console)
        return f"{self.how} — {said[-1].strip()}" if said else self.how


class LabBroken(Exception):
    """Nothing is known of the guest; the lab's words."""


def remembered(key):
    return cache.base("outcomes") / f"{key}.json"


def key_of(digest):
    """With all that the answer depends on beside the guest: Xen, dom0 and the lab's recipe."""
    return hashlib.sha256(f"{cache.key()} {digest}".encode()).hexdigest()[:32]


def find_out(config, digest, systemd, fresh=False, boots=True):
    """Boot it, or recall it; None where it has never been booted, and is not to be."""
    path = remembered(key_of(digest))
    if path.exists() and not fresh:
        return Outcome(**json.loads(path.read_text(encoding="utf-8")))
    if not boots:
        return None
    outcome = boot(config, SILENCE[systemd])
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(dataclasses.asdict(outcome), file)
    os.replace(file.name, path)
    return outcome


def lab_boot(config, *options, silence=SILENCE[True]):
    """`lab boot` with further options: (its status, all that it said)."""
    done = run_lab(config, silence, options)
    return done.returncode, done.stdout + done.stderr


def run_lab(config, silence, options):
    return subprocess.run([LAB, "boot", config, "--log", config.parent / "console.log", "--timeout", str(TIMEOUT),
                           "--silence", str(silence), *options], text=True, errors="replace", capture_output=True,
                          check=False)


def boot(config, silence, *options):
    """With further options of `lab boot`."""
    done = run_lab(config, silence, options)
    if done.returncode not in (0, 1):
        raise LabBroken(done.stderr)
    return read(done, config.parent / "console.log")


def read(done, log):
    tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:] if log.exists() else []
    if done.returncode == 0:
        return Outcome(True, "login prompt", "\n".join(tail))
    lines = done.stderr.replace(f"{log.parent}/", "").splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("lab: ")), 0)
    how = lines[start].split(": ", 2)[-1] if lines else ""
    if "xl create failed" in how:
        how += ": " + complaint(lines[start + 1:])
        tail = lines[start + 1:start + 15]
    return Outcome(False, how.removesuffix(" before its console showed 'login:'"), "\n".join(tail))


def complaint(lines):
    """Of xl or of what it started: the first, without the place in Xen's sources."""
    if "--- bootloader" in lines:
        end = [*lines, "--- "]
        start = end.index("--- bootloader") + 1
        return end[start:next(number for number in range(start, len(end)) if end[number].startswith("--- "))][-1]
    said = [line for line in lines if "error" in line.lower() or "invalid" in line.lower()]
    return re.sub(r"\w+\.c:\d+:\s*", "", (said or lines or [""])[0]).strip()
