"""What `domuimg check` says of a guest, and what its --fix does to it."""
import dataclasses
import json
import os
import pathlib
import re
import subprocess

from xenlab import tools

from .guest import file_digest, listing

XEN = "4.17"  # the lab's
# What `domuimg doctor --json` says in the lab's dom0, of all that guests depend on.
PROFILE = {"xen": True, "xen_version": "4.17", "findings": [], "host": {
    "cpus": 1, "default_bridge": "xenbr0", "types": ["pv", "pvh", "hvm"], "bridges": ["xenbr0"],
    "interfaces": ["lo", "xenbr0"],
    "scripts": ["block", "vif-bridge", "vif-nat", "vif-route", "vif-openvswitch"],
    "files": ["/usr/lib/grub-xen/grub-x86_64-xen.bin", "/usr/lib/grub-xen/grub-i386-xen_pvh.bin",
              "/usr/lib/xen-4.17/bin/pygrub", "/usr/lib/xen-4.17/boot/hvmloader",
              "/usr/share/seabios/bios-256k.bin", "/usr/libexec/xen-qemu-system-i386"],
    "domains": ["Domain-0"], "pools": ["Pool-0"], "pci": [], "pci_assignable": []}}
STATUS = {0: "boots", 3: "fails", 4: "unknown"}
# Its errors decide; without any, what is unknown may. What an error hides is unknown, too.
DECIDING = ("error", "unknown")


@dataclasses.dataclass
class Prediction:
    verdict: str
    findings: list
    trouble: str = ""

    def ids(self, *severities):
        return [finding["id"] for finding in self.findings
                if not severities or finding["severity"] in severities]

    @property
    def fixable(self):
        """Whether the report says that --fix mends all that keeps the guest from booting."""
        deciding = next(filter(None, (self.of(severity) for severity in DECIDING)), [])
        return bool(deciding) and all(finding["fixable"] for finding in deciding)

    def of(self, severity):
        return [finding for finding in self.findings if finding["severity"] == severity]

    def mends(self, name):
        """Whether each finding of that id is called fixable."""
        return all(finding["fixable"] for finding in self.findings if finding["id"] == name)


def write_profile(directory):
    """A host profile as a file; its path."""
    path = directory / "host.json"
    path.write_text(json.dumps(PROFILE))
    return path


class Judge:
    def __init__(self, build):
        self.program = pathlib.Path(build) / "cli" / "domuimg"

    def check(self, config, *options):
        environment = {"DOMUIMG_LIBEXEC_DIR": str(self.program.parent / "helpers"), **os.environ}
        done = subprocess.run([self.program, "check", config, "--json", "--xen", XEN, *options],
                              text=True, capture_output=True, check=False, env=environment)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            return Prediction("none", [], f"status {done.returncode}: {done.stderr}")
        trouble = ""
        if STATUS.get(done.returncode) != report["verdict"]:
            trouble = f"status {done.returncode} with the verdict {report['verdict']}: {done.stderr}"
        return Prediction(report["verdict"], report["findings"], trouble)


def digest_of_fixed(guest, config):
    """Of the guest as it is now in its image, for what a repair made of it."""
    parts = [config.read_text().replace(str(guest.directory), "")]
    for name in re.findall(r'"(/[^",]*)', config.read_text()):
        if not name.startswith(str(guest.image)):
            parts.append(file_digest(name))
    root = guest.directory / "fixed"
    root.mkdir()
    image = guest.image
    if b"QFI\xfb" == image.open("rb").read(4):
        image = guest.directory / "fixed.raw"
        tools.run(tools.qemu_img(), "convert", "-O", "raw", str(guest.image), str(image))
    where = f"{image}?offset={guest.offset}"
    tools.run(tools.find("debugfs", "e2fsprogs"), "-R", f"rdump / {root}", where)
    features = tools.run(tools.find("debugfs", "e2fsprogs"), "-R", "features", where)
    return guest.digest + "\0".join([*parts, features, *listing(root)])
