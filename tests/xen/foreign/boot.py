"""A converted machine in the Xen lab: to its login, and onto its network."""
import pathlib
import shutil

from corpus import outcome
from xenlab import tools

from .machine import PASSWORD
from .run import must

SILENCE = 180  # emulated seconds; systemd waits half of them for a device
DHCPD = pathlib.Path(__file__).resolve().parent / "dhcpd.py"
HAS_ADDRESS = ("for i in $(seq 60); do ip -4 -o addr show scope global | grep -q ' {address}/' && break; sleep 1; done; "
               "ip -4 addr; ip -4 -o addr show scope global | grep ' {address}/'")


def converted(config, machine):
    """Its outcome: that it boots means that all that is asked of it in the guest went well, too."""
    options = ["--ship", f"{DHCPD}:/lab/dhcpd.py", "--before", "python3 /lab/dhcpd.py xenbr0 >/dev/null 2>&1 &",
               "--login", f"root:{PASSWORD}", "--run", HAS_ADDRESS.format(address=machine.address)]
    for command in machine.asks:
        options += ["--run", command]
    return outcome.boot(config, SILENCE, *options, "--ping", machine.address)


CONFIG = """name = "{name}"
type = "pvh"
memory = 512
vcpus = 1
kernel = "{kernel}"
ramdisk = "{ramdisk}"
cmdline = "root={root} ro console=hvc0"
disk = [ "{image},raw,xvda,rw" ]
vif = [ "mac=00:16:3e:11:22:33,bridge=xenbr0" ]
"""


def unconverted(disk, source, work, fresh, boots=True):
    """What becomes of the same machine by qemu-img alone, with as good a configuration as one can
    write by hand; None where it has never been booted, and is not to be."""
    image, config = work / "plain.img", work / "guest.cfg"
    must(tools.qemu_img(), "convert", "-O", "raw", source, image)
    for name in ("kernel", "ramdisk"):
        shutil.copy(getattr(disk, name), work / name)
    text = CONFIG.format(name=disk.machine.name, kernel=work / "kernel", ramdisk=work / "ramdisk",
                         root=disk.machine.root, image=image)
    config.write_text(text, encoding="utf-8")
    return outcome.find_out(config, f"foreign {disk.key} {text.replace(str(work), '')}", True, fresh, boots)
