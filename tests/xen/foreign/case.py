"""The cases: which machine comes in which form, and what is asked of its conversion."""
import dataclasses
import typing

from . import export, small
from .export import image, vmdk, with_libvirt, with_vmx

DESCRIBED = ("--map-network", "VM Network=xenbr0")
# Of a bare image, nothing says what the machine had.
BARE = ("--memory", "512M", "--nic", "bridge=xenbr0")


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    machine: str
    export: typing.Callable
    options: tuple
    nics: int = 1
    sample: bool = False    # of the tests' default run
    rehearse: bool = False  # --dry-run first, which must make nothing


CASES = (
    Case("ova-small", small.MACHINE.name, export.ova, DESCRIBED, nics=2, sample=True, rehearse=True),
    Case("ova-mbr", "bookworm-mbr-ext4", export.ova, DESCRIBED, nics=2, rehearse=True),
    Case("qcow2-libvirt-gpt", "bullseye-gpt-ext4", with_libvirt(), DESCRIBED),
    Case("vmdk-split-sparse-vmx-mbr", "bookworm-mbr-ext4", with_vmx("twoGbMaxExtentSparse"), DESCRIBED),
    Case("vmdk-sparse-xfs", "bookworm-xfs", vmdk("monolithicSparse"), BARE),
    Case("vmdk-flat-vmx-uefi", "trixie-gpt-uefi-ext4", with_vmx("monolithicFlat"), DESCRIBED),
    Case("vmdk-split-flat-lvm", "bookworm-lvm", vmdk("twoGbMaxExtentFlat"), BARE),
    Case("vmdk-stream-gpt-pv", "bullseye-gpt-ext4", vmdk("streamOptimized"), (*BARE, "--type", "pv")),
    Case("vhdx-uefi", "trixie-gpt-uefi-ext4", image("vhdx"), (*BARE, "--no-backup")),
    Case("vhdx-lvm", "bookworm-lvm", image("vhdx"), BARE),
    Case("vdi-xfs", "bookworm-xfs", image("vdi"), (*BARE, "--disk", "format=qcow2")),
    Case("vpc-mbr-pvh", "bookworm-mbr-ext4", image("vpc"), (*BARE, "--type", "pvh")),
    Case("qcow2-compressed-libvirt-uefi", "trixie-gpt-uefi-ext4", with_libvirt("-c"), DESCRIBED),
    Case("qcow2-chain-lvm", "bookworm-lvm", export.qcow2_chain, (*BARE, "--allow-backing")),
    Case("ova-xfs", "bookworm-xfs", export.ova, DESCRIBED, nics=2),
    Case("raw-mbr-hvm", "bookworm-mbr-ext4", image("raw"), (*BARE, "--type", "hvm", "--kernel", "firmware")),
)
