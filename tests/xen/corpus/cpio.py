"""Change what is in an initramfs."""
import contextlib
import gzip
import pathlib
import subprocess
import tempfile


@contextlib.contextmanager
def unpacked(path):
    """Its files in a directory; as they are there afterwards, they go back into it."""
    with tempfile.TemporaryDirectory(dir=path.parent) as work:
        subprocess.run(["cpio", "-i", "--quiet", "--no-absolute-filenames", "-D", work],
                       input=gzip.decompress(path.read_bytes()), check=True)
        yield pathlib.Path(work)
        names = subprocess.run(["find", ".", "-print0"], cwd=work, capture_output=True, check=True).stdout
        archive = subprocess.run(["cpio", "-o", "-0", "--quiet", "-H", "newc", "--reproducible", "-R", "0:0"],
                                 cwd=work, input=b"\0".join(sorted(names.split(b"\0")[:-1])) + b"\0",
                                 capture_output=True, check=True).stdout
    path.write_bytes(gzip.compress(archive, 1, mtime=0))


def without(path, *names):
    """The same initramfs without the files of these names."""
    with unpacked(path) as files:
        for name in names:
            found = list(files.rglob(name))
            assert found, f"{path} has no {name}"
            for file in found:
                file.unlink()


def of_version(path, version, other):
    """The same initramfs, as if it had been made for a kernel of another version."""
    with unpacked(path) as files:
        modules = files / "usr/lib/modules"
        (modules / version).rename(modules / other)
