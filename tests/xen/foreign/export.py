"""A machine as another hypervisor would hand it over: its disk in a format, and what goes with it."""
import hashlib
import tarfile

from xenlab import tools

from . import describe
from .run import must

VCPUS, MEMORY = 1, 512
SUFFIXES = {"vpc": "vhd", "raw": "img"}
HEAD = 1 << 20  # where partition table and boot loader lie


def convert(disk, path, form, *options):
    must(tools.qemu_img(), "convert", "-f", "raw", "-O", form, *options, disk.image, path)
    return path


def image(form, *options):
    """An export that is nothing but a disk image."""
    def export(disk, directory):
        suffix = SUFFIXES.get(form, form)
        return convert(disk, directory / f"{disk.machine.name}.{suffix}", form, *options)
    return export


def vmdk(subformat, scsi=True):
    adapter = ",adapter_type=lsilogic" if scsi else ""
    return image("vmdk", "-o", f"subformat={subformat}{adapter}")


def fields(disk, path):
    machine = disk.machine
    return {"name": machine.name, "memory": MEMORY, "memory_kib": MEMORY << 10, "vcpus": VCPUS, "path": path,
            "file": path.name, "capacity": machine.size << 20, "firmware": "efi" if machine.efi else "bios",
            "file_size": path.stat().st_size,
            "loader": "\n    <loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>"
                      if machine.efi else ""}


def with_vmx(subformat):
    def export(disk, directory):
        path = vmdk(subformat)(disk, directory)
        path.with_suffix(".vmx").write_text(describe.VMX.format(**fields(disk, path)), encoding="utf-8")
        return path.with_suffix(".vmx")
    return export


def with_libvirt(*options):
    """The image is what is converted; the description lies beside it."""
    def export(disk, directory):
        path = image("qcow2", *options)(disk, directory)
        path.with_suffix(".xml").write_text(describe.LIBVIRT.format(**fields(disk, path)), encoding="utf-8")
        return path
    return export


def qcow2_chain(disk, directory):
    """The lower image lacks what the upper one has: partition table and boot loader."""
    base = convert(disk, directory / "base.qcow2", "qcow2")
    must(qemu_io(), "-f", "qcow2", "-c", f"write -z 0 {HEAD}", base)
    with open(disk.image, "rb") as whole, open(directory / "head", "wb") as head:
        head.write(whole.read(HEAD))
    top = directory / f"{disk.machine.name}.qcow2"
    must(tools.qemu_img(), "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "base.qcow2", top, cwd=directory)
    must(qemu_io(), "-f", "qcow2", "-c", f"write -s {directory / 'head'} 0 {HEAD}", top)
    (directory / "head").unlink()
    return top


def qemu_io():
    return tools.find("qemu-io", "qemu-utils")


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ova(disk, directory):
    """Description, manifest and disk in this order, as VMware packs them."""
    name = disk.machine.name
    path = convert(disk, directory / f"{name}-disk1.vmdk", "vmdk", "-o", "subformat=streamOptimized,adapter_type=lsilogic")
    ovf, manifest = directory / f"{name}.ovf", directory / f"{name}.mf"
    ovf.write_text(describe.OVF.format(**fields(disk, path)), encoding="utf-8")
    manifest.write_text("".join(f"SHA256({file.name})= {sha256(file)}\n" for file in (ovf, path)), encoding="ascii")
    archive = directory / f"{name}.ova"
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for file in (ovf, manifest, path):
            tar.add(file, arcname=file.name)
            file.unlink()
    return archive
