#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ZFS's program for a machine without it: the state is a file, volumes are loop devices. What it does not
know it refuses, so that a test sees it. It is written from zfs(8); a real ZFS was not there to compare."""
import fcntl
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

STATE = pathlib.Path(os.environ["HOME"]) / "zfs"
DEVICES = pathlib.Path("/dev/zvol")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*(/[A-Za-z0-9][A-Za-z0-9_.:-]*)*")
BLOCK = 16384


def fail(text):
    print(text, file=sys.stderr)
    sys.exit(1)


class Pool:
    """Of which the name is the only filesystem."""

    def __init__(self):
        self.lock = open(STATE / "lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.file = STATE / "state.json"
        self.state = json.loads(self.file.read_text())
        self.volumes = self.state["volumes"]
        self.make_devices()

    def make_devices(self):
        """What udev does."""
        directory = DEVICES / self.state["name"]
        directory.mkdir(parents=True, exist_ok=True)
        for path in directory.iterdir():
            volume = self.volumes.get(f"{self.state['name']}/{path.name}")
            if not volume or volume["loop"] != os.readlink(path):
                path.unlink()
        for name, volume in self.volumes.items():
            if not (DEVICES / name).is_symlink():
                (DEVICES / name).symlink_to(volume["loop"])

    def write(self):
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.state))
        new.rename(self.file)
        self.make_devices()

    def available(self):
        return self.state["size"] - sum(volume["size"] for volume in self.volumes.values())

    def check_free(self, name):
        if not NAME.fullmatch(name) or not name.startswith(f"{self.state['name']}/"):
            fail(f"cannot create '{name}': no such pool, or invalid character")
        if name in self.volumes:
            fail(f"cannot create '{name}': dataset already exists")

    def list(self, words):
        *options, parent = words
        if options[:4] != ["-Hp", "-r", "-d1", "-tfilesystem,volume"] or len(options) != 5:
            fail("not as expected")
        if parent != self.state["name"]:
            fail(f"cannot open '{parent}': dataset does not exist")
        rows = {parent: {"guid": "1", "mark": "-", "available": str(self.available())}}
        for name, row in [*rows.items(), *self.volumes.items()]:
            known = {"name": name, "guid": row["guid"], "domuimg:mark": row["mark"],
                     "available": row.get("available", "-")}
            print("\t".join(known[field] for field in options[4].removeprefix("-o").split(",")))

    def create(self, words):
        mark, size, name = words
        mark, size = re.fullmatch(r"-odomuimg:mark=(\S+)", mark)[1], int(re.fullmatch(r"-V(\d+)", size)[1])
        self.check_free(name)
        if size % BLOCK:
            fail(f"cannot create '{name}': volume size must be a multiple of volume block size")
        if size > self.available():
            fail(f"cannot create '{name}': out of space")
        backing = STATE / str(uuid.uuid4())
        with backing.open("wb") as file:
            file.truncate(size)
        loop = subprocess.run(["losetup", "--find", "--show", backing], check=True, capture_output=True,
                              text=True).stdout.strip()
        self.volumes[name] = {"guid": str(uuid.uuid4().int >> 64), "mark": mark, "size": size, "loop": loop,
                              "backing": str(backing)}

    def rename(self, words):
        old, new = words
        if old not in self.volumes:
            fail(f"cannot open '{old}': dataset does not exist")
        self.check_free(new)
        self.volumes[new] = self.volumes.pop(old)

    def destroy(self, words):
        name, = words
        if name not in self.volumes:
            fail(f"cannot open '{name}': dataset does not exist")
        try:
            os.close(os.open(DEVICES / name, os.O_RDONLY | os.O_EXCL))
        except OSError:
            fail(f"cannot destroy '{name}': dataset is busy")
        volume = self.volumes.pop(name)
        subprocess.run(["losetup", "--detach", volume["loop"]], check=True)
        pathlib.Path(volume["backing"]).unlink()


def main():
    pool = Pool()
    verb, *words = sys.argv[1:]
    if verb not in ("list", "create", "rename", "destroy"):
        fail(f"unrecognized command '{verb}'")
    getattr(pool, verb)(words)
    pool.write()


if __name__ == "__main__":
    main()
