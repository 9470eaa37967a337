"""Take files out of an initramfs."""
import gzip
import pathlib
import subprocess
import tempfile


def without(path, name):
    """The same initramfs without the files of that name."""
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        subprocess.run(["cpio", "-i", "--quiet", "--no-absolute-filenames", "-D", work],
                       input=gzip.decompress(path.read_bytes()), check=True)
        found = list(pathlib.Path(work).rglob(name))
        assert found, f"{path} has no {name}"
        for file in found:
            file.unlink()
        names = subprocess.run(["find", ".", "-print0"], cwd=work, capture_output=True, check=True).stdout
        archive = subprocess.run(["cpio", "-o", "-0", "--quiet", "-H", "newc", "--reproducible", "-R", "0:0"],
                                 cwd=work, input=b"\0".join(sorted(names.split(b"\0")[:-1])) + b"\0",
                                 capture_output=True, check=True).stdout
    path.write_bytes(gzip.compress(archive, 1, mtime=0))
