#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""LVM's programs for a machine without device-mapper: the state is a file, volumes are loop devices.

It is called by the name of the program. What it does not know, or the real program would not take, it
refuses, so that a test sees it; each call is a line of the log.
"""
import fcntl
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

STATE = pathlib.Path(os.environ["HOME"]) / "lvm"
EXTENT = 4 << 20
NAME = re.compile(r"[A-Za-z0-9+_.][A-Za-z0-9+_.-]*")


def fail(text, status=5):
    print(f"  {text}", file=sys.stderr)
    sys.exit(status)


def options_of(words, known, flags):
    """Options as LVM's getopt takes them, and what is left."""
    found, rest = {}, []
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("-"):
            rest.append(word)
        elif equals and name in known:
            found.setdefault(name, []).append(value)
        elif not equals and name in flags:
            found[name] = [""]
        else:
            fail(f"unrecognized option {word}", 3)
    return found, rest


def selected(row, selection):
    for part in selection.split(" && "):
        field, value = re.fullmatch(r'(\w+)="?([^"]*)"?', part).groups()
        if row[field] != value:
            return False
    return True


def device_of(group, name):
    return pathlib.Path("/dev") / group / name


class Groups:
    def __init__(self):
        STATE.mkdir(exist_ok=True)
        self.lock = open(STATE / "lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.file = STATE / "state.json"
        self.groups = json.loads(self.file.read_text())
        self.make_devices()

    def make_devices(self):
        """What udev does, and again where one of these programs was killed before it had."""
        for group, content in self.groups.items():
            wanted = {name: volume["loop"] for name, volume in content["volumes"].items()
                      if "loop" in volume}
            directory = pathlib.Path("/dev") / group
            if wanted:
                directory.mkdir(exist_ok=True)
            for path in directory.iterdir() if directory.exists() else ():
                if wanted.get(path.name) != os.readlink(path):
                    path.unlink()
            for name, loop in wanted.items():
                if not (directory / name).is_symlink():
                    (directory / name).symlink_to(loop)

    def write(self):
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.groups))
        new.rename(self.file)
        self.make_devices()

    def group(self, name):
        if name not in self.groups:
            fail(f'Volume group "{name}" not found')
        return self.groups[name]

    def free(self, name):
        group = self.groups[name]
        return group["size"] - sum(volume["size"] for volume in group["volumes"].values()
                                   if not volume.get("pool"))


def report(groups, words, rows):
    found, rest = options_of(words, {"units", "separator", "options", "select"},
                             {"noheadings", "nosuffix"})
    if rest or found["units"] != ["b"] or set(found) != {"units", "separator", "options", "select",
                                                          "noheadings", "nosuffix"}:
        fail("not as expected")
    for row in rows(groups):
        if selected(row, found["select"][0]):
            print("  " + found["separator"][0].join(row[field]
                                                   for field in found["options"][0].split(",")))


def rows_of_groups(groups):
    for name in groups.groups:
        yield {"vg_name": name, "vg_free": str(groups.free(name))}


def is_open(group, name):
    try:
        os.close(os.open(device_of(group, name), os.O_RDONLY | os.O_EXCL))
    except OSError:
        return True
    return False


def rows_of_volumes(groups):
    for name, group in groups.groups.items():
        for lv, volume in group["volumes"].items():
            is_pool = volume.get("is_pool", False)
            yield {"vg_name": name, "lv_name": lv, "lv_uuid": volume["uuid"],
                   "lv_tags": ",".join(volume["tags"]), "data_percent": volume.get("percent", ""),
                   "pool_lv": volume.get("pool") or "",
                   "zero": volume.get("zero", "zero") if is_pool else "",
                   "segtype": "thin-pool" if is_pool else "thin" if volume.get("pool") else "linear",
                   "lv_device_open": "open" if not is_pool and is_open(name, lv) else ""}


def lvcreate(groups, words):
    found, rest = options_of(words, {"wipesignatures", "addtag", "name", "virtualsize", "thinpool",
                                     "size"}, {"yes"})
    group_name, = rest
    group = groups.group(group_name)
    name, = found["name"]
    thin = found.get("thinpool", [None])[0]
    size = int(re.fullmatch(r"(\d+)b", found["virtualsize" if thin else "size"][0])[1])
    size = -(-size // EXTENT) * EXTENT
    if not NAME.fullmatch(name) or len(name) > 127:
        fail(f'Logical volume name "{name}" is invalid', 3)
    if name in group["volumes"]:
        fail(f'Logical Volume "{name}" already exists in volume group "{group_name}"')
    if thin and not group["volumes"].get(thin, {}).get("is_pool"):
        fail(f"Thin pool {thin} not found")
    if not thin and size > groups.free(group_name):
        fail(f'Volume group "{group_name}" has insufficient free space')
    # A volume's blocks have what was in them before.
    backing = STATE / f"{uuid.uuid4()}"
    with backing.open("wb") as file:
        if not thin:
            file.write(b"old secrets " * (4 << 20 // 12))
        file.truncate(size)
    loop = subprocess.run(["losetup", "--find", "--show", backing], check=True,
                          capture_output=True, text=True).stdout.strip()
    group["volumes"][name] = {"uuid": str(uuid.uuid4()), "tags": found.get("addtag", []),
                              "size": size, "loop": loop, "backing": str(backing), "pool": thin}
    groups.write()


def lvextend(groups, words):
    found, (path,) = options_of(words, {"size"}, {"yes"})
    group_name, name = path.split("/")
    volume = groups.group(group_name)["volumes"].get(name)
    if volume is None:
        fail(f'Failed to find logical volume "{path}"')
    size = -(-int(re.fullmatch(r"(\d+)b", found["size"][0])[1]) // EXTENT) * EXTENT
    if size <= volume["size"]:
        fail("New size given not larger than existing size")
    if not volume["pool"] and size - volume["size"] > groups.free(group_name):
        fail("Insufficient free space")
    os.truncate(volume["backing"], size)
    subprocess.run(["losetup", "--set-capacity", volume["loop"]], check=True)
    volume["size"] = size
    groups.write()


def lvremove(groups, words):
    found, rest = options_of(words, {"select"}, {"yes", "force"})
    group_name, = rest
    if set(found) != {"select", "yes", "force"}:
        fail("not as expected")
    for row in list(rows_of_volumes(groups)):
        if row["vg_name"] != group_name or not selected(row, found["select"][0]):
            continue
        if row["lv_device_open"]:
            fail(f"Logical volume {group_name}/{row['lv_name']} in use.")
        volume = groups.groups[group_name]["volumes"].pop(row["lv_name"])
        # A kill in between must not leave a volume without its device.
        groups.write()
        subprocess.run(["losetup", "--detach", volume["loop"]], check=True)
        pathlib.Path(volume["backing"]).unlink()


def lvrename(groups, words):
    _, (group_name, old, new) = options_of(words, set(), {"yes"})
    volumes = groups.group(group_name)["volumes"]
    if old not in volumes:
        fail(f'Existing logical volume "{old}" not found in volume group "{group_name}"')
    if new in volumes:
        fail(f'Logical Volume "{new}" already exists in volume group "{group_name}"')
    volumes[new] = volumes.pop(old)
    groups.write()


def main():
    name = os.path.basename(sys.argv[0])
    groups = Groups()
    with (STATE / "log").open("a") as log:
        log.write(" ".join([name, *sys.argv[1:]]) + "\n")
    if name == "vgs":
        report(groups, sys.argv[1:], rows_of_groups)
    elif name == "lvs":
        report(groups, sys.argv[1:], rows_of_volumes)
    else:
        {"lvcreate": lvcreate, "lvextend": lvextend, "lvremove": lvremove,
         "lvrename": lvrename}[name](groups, sys.argv[1:])


if __name__ == "__main__":
    main()
