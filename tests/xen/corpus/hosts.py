"""What the host lacks, by a profile of the lab's dom0."""
from .case import case


@case("host-bridge", host=True, sample=True)
def bridge_missing(guest):
    """A bridge that the host does not have."""
    guest.settings["vif"] = ["bridge=dmz"]


@case("host-script", host=True, nightly=True)
def vif_script_missing(guest):
    """A script of a vif that the host does not have."""
    guest.settings["vif"] = ["bridge=xenbr0,script=vif-gone"]


@case("host-backend", host=True, nightly=True)
def vif_backend_missing(guest):
    """A domain is the network's backend that does not run."""
    guest.settings["vif"] = ["bridge=xenbr0,backend=netdom"]


@case("host-script", host=True, nightly=True)
def disk_script_missing(guest):
    """A script of a disk that the host does not have."""
    guest.disks.append("format=raw,vdev=xvdb,script=block-gone,target=x")


@case("config-interface-name")
def vifname_too_long(guest):
    """vifname= of 16 bytes."""
    guest.settings["vif"] = ["bridge=xenbr0,vifname=web1-of-the-dmz0"]


@case("host-cpus", host=True, nightly=True)
def cpus_missing(guest):
    """cpus= of a processor that the host does not have."""
    guest.settings["cpus"] = "12"


@case("host-pool", host=True, nightly=True)
def pool_missing(guest):
    """pool= that the host does not have."""
    guest.settings["pool"] = "batch"


@case("host-pci", host=True, nightly=True)
def pci_missing(guest):
    """A PCI device that the host does not have."""
    guest.settings["pci"] = ["07:00.0"]


@case("host-device-model", host=True, nightly=True)
def device_model_missing(guest):
    """The device model of Xen's first years."""
    guest.type = "hvm"
    guest.settings["device_model_version"] = "qemu-xen-traditional"


@case("host-firmware", host=True, nightly=True)
def ovmf_missing(guest):
    """UEFI on a host without OVMF."""
    guest.type = "hvm"
    guest.settings["firmware"] = "ovmf"
