"""One conversion: what the machine's files became, and whether that is all of it and whole."""
import dataclasses
import json
import os
import pathlib
import subprocess

from xenlab import tools

from . import export
from .run import Broken, must

SECTOR = 512
RESULTS = ("config", "xml", "manifest")


@dataclasses.dataclass
class Conversion:
    config: pathlib.Path
    problems: list


def digests(directory):
    return {path.name: export.sha256(path) for path in sorted(directory.iterdir())}


class Converter:
    def __init__(self, build):
        self.program = pathlib.Path(build).resolve() / "cli" / "domuimg"

    def run(self, case, source, work, *options):
        """(status, what it said); its temporary files in a directory of their own."""
        argv = [self.program, "create", case.name, "--from", f"disk:{source}", "--dir", work / "out", *case.options, *options]
        (work / "tmp").mkdir(exist_ok=True)
        # libguestfs keeps its appliance for all that use it, where TMPDIR does not say.
        env = {"LIBGUESTFS_CACHEDIR": "/var/tmp", **os.environ, "TMPDIR": str(work / "tmp")}
        done = subprocess.run(argv, text=True, errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=env, check=False)
        return done.returncode, done.stdout

    def convert(self, case, source, work):
        """All that is wanted of it but the boot."""
        before = digests(source.parent)
        problems = self.rehearse(case, source, work) if case.rehearse else []
        status, said = self.run(case, source, work)
        if status != 0:
            return Conversion(work / f"out/{case.name}.cfg", [*problems, f"domuimg create ended with {status}:", said])
        problems += result_problems(case, work / "out")
        if digests(source.parent) != before:
            problems.append("the machine's own files are not as they were")
        if any((work / "tmp").iterdir()):
            problems.append(f"left in TMPDIR: {sorted(os.listdir(work / 'tmp'))}")
        return Conversion(work / f"out/{case.name}.cfg", problems)

    def rehearse(self, case, source, work):
        status, said = self.run(case, source, work, "--dry-run")
        problems = [] if status == 0 else [f"--dry-run ended with {status}:", said]
        for expected in ("initramfs", "fstab", "boots"):
            if expected not in said:
                problems.append(f"--dry-run says nothing of {expected}:\n{said}")
        if (work / "out").exists() and any((work / "out").iterdir()):
            problems.append(f"--dry-run made {sorted(os.listdir(work / 'out'))}")
        return problems


def result_problems(case, out):
    path = out / f"{case.name}.json"
    if not path.exists():
        return [f"no {path.name}, but {sorted(os.listdir(out))}"]
    manifest = json.loads(path.read_text(encoding="utf-8"))
    problems = []
    report = manifest.get("check") or {}
    if report.get("verdict") != "boots":
        problems.append(f"the manifest's verdict: {json.dumps(report, indent=1)}")
    if len(manifest["nics"]) != case.nics or any(nic["bridge"] != "xenbr0" for nic in manifest["nics"]):
        problems.append(f"network cards: {manifest['nics']}")
    if not manifest["changes"]:
        problems.append("the manifest lists no change")
    if "--no-backup" in case.options and any("/var/lib/domuimg/replaced" in change for change in manifest["changes"]):
        problems.append(f"--no-backup keeps originals: {manifest['changes']}")
    kernel = manifest["kernel"]
    made = [manifest[name] for name in RESULTS] + [disk["path"] for disk in manifest["disks"]]
    made += [kernel[name] for name in ("path", "ramdisk") if kernel.get(name)]
    here = {pathlib.Path(name).name for name in made if name and pathlib.Path(name).parent == out}
    if here != set(os.listdir(out)):
        problems.append(f"in its directory: {sorted(os.listdir(out))}, and the manifest has {sorted(here)}")
    for disk in manifest["disks"]:
        problems += image_problems(pathlib.Path(disk["path"]), disk["format"], out.parent)
    return problems


def image_problems(path, form, work):
    """What e2fsck says of each ext4 in a partition."""
    raw = path
    if form != "raw":
        must(tools.qemu_img(), "check", "-q", "-f", form, path)
        raw = work / "judged.raw"
        must(tools.qemu_img(), "convert", "-f", form, "-O", "raw", path, raw)
    table = json.loads(must(tools.find("sfdisk", "fdisk"), "--json", raw))["partitiontable"]
    problems = []
    for partition in table["partitions"]:
        offset = partition["start"] * SECTOR
        if type_of(raw, offset, partition["size"] * SECTOR) == "ext4":
            try:
                must(tools.find("e2fsck", "e2fsprogs"), "-fn", f"{raw}?offset={offset}")
            except Broken as error:
                problems.append(f"{partition['node']}: {error}")
    if raw != path:
        raw.unlink()
    return problems


def type_of(path, offset, size):
    """The filesystem there, as blkid names it; empty where there is none."""
    done = subprocess.run([tools.find("blkid", "util-linux"), "-p", "-O", str(offset), "-S", str(size), "-o", "value",
                           "-s", "TYPE", path], text=True, capture_output=True, check=False)
    return done.stdout.strip()
