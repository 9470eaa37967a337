# SPDX-License-Identifier: LGPL-2.1-or-later
"""Container images, made of nothing but Python: layouts and archives of OCI, and archives of docker save."""
import gzip
import hashlib
import io
import json
import pathlib
import tarfile

LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
TAG = "org.opencontainers.image.ref.name"
BUSYBOX = pathlib.Path("/bin/busybox")


def directory(name, **more):
    return {"name": name, "type": tarfile.DIRTYPE, "mode": 0o755} | more


def file(name, data=b"", **more):
    return {"name": name, "data": data, "mode": 0o644} | more


def symlink(name, target):
    return {"name": name, "type": tarfile.SYMTYPE, "linkname": target, "mode": 0o777}


def link(name, target):
    return {"name": name, "type": tarfile.LNKTYPE, "linkname": target}


def tar(entries):
    """The bytes of a layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for entry in entries:
            fields = dict(entry)
            data = fields.pop("data", b"")
            info = tarfile.TarInfo()
            for name, value in fields.items():
                setattr(info, name, value)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def digest(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class Layout:
    """A directory of OCI's layout, to which images are added."""

    def __init__(self, path):
        self.path, self.manifests = pathlib.Path(path), []
        (self.path / "blobs/sha256").mkdir(parents=True)
        (self.path / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')

    def blob(self, data, media_type):
        name = digest(data)
        (self.path / "blobs" / name.replace(":", "/")).write_bytes(data)
        return {"mediaType": media_type, "digest": name, "size": len(data)}

    def json(self, value, media_type):
        return self.blob(json.dumps(value).encode(), media_type)

    def image(self, layers, arch="amd64", tag=None, **config):
        """Adds one of @layers, lists of entries or bytes; its manifest's descriptor."""
        raw = [layer if isinstance(layer, bytes) else tar(layer) for layer in layers]
        description = {"architecture": arch, "os": "linux", "config": config,
                       "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in raw]}}
        manifest = self.json({"schemaVersion": 2, "mediaType": MANIFEST,
                              "config": self.json(description, CONFIG),
                              "layers": [self.blob(gzip.compress(layer, mtime=0), LAYER) for layer in raw]},
                             MANIFEST)
        if tag:
            manifest["annotations"] = {TAG: tag}
        self.manifests.append(manifest)
        return self.write()

    def index(self, platforms):
        """Replaces what is there by one index of several platforms, one for each image in order."""
        several = [descriptor | {"platform": {"os": "linux", "architecture": arch}}
                   for descriptor, arch in zip(self.manifests, platforms)]
        self.manifests = [self.json({"schemaVersion": 2, "mediaType": INDEX, "manifests": several}, INDEX)]
        return self.write()

    def write(self):
        (self.path / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": self.manifests}))
        return self

    def archive(self, path):
        with tarfile.open(path, "w") as out:
            out.add(self.path, ".")
        return path


def docker_archive(path, layers, tag="test:latest", arch="amd64", **config):
    """As docker save wrote it: a folder a layer, the same layer twice as a link."""
    raw = [layer if isinstance(layer, bytes) else tar(layer) for layer in layers]
    description = json.dumps({"architecture": arch, "os": "linux", "config": config,
                              "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in raw]}}).encode()
    name = f"{hashlib.sha256(description).hexdigest()}.json"
    names, entries = [], [file(name, description)]
    for number, layer in enumerate(raw):
        names.append(f"layer{number}/layer.tar")
        first = raw.index(layer)
        entries.append(file(names[-1], layer) if first == number
                       else symlink(names[-1], f"../layer{first}/layer.tar"))
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": names}]
    pathlib.Path(path).write_bytes(tar([*entries, file("manifest.json", json.dumps(manifest).encode())]))
    return path


def busybox(path, page=b"a page from a guest"):
    """A small server as an image: busybox's httpd, of a user of its own."""
    base = [directory("bin"), file("bin/busybox", BUSYBOX.read_bytes(), mode=0o755), symlink("bin/sh", "busybox"),
            directory("etc"), file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n"),
            file("etc/group", b"root:x:0:\nweb:x:33:\n"), directory("srv"), file("srv/old.html", b"old")]
    server = [link("bin/httpd", "bin/busybox"), file("srv/index.html", page), file("srv/.wh.old.html")]
    return Layout(path).image([base, server], tag="v1", Entrypoint=["httpd"], Cmd=["-f", "-v", "-p", "8080"],
                              Env=["PATH=/bin"], User="web", WorkingDir="/srv", StopSignal="SIGINT",
                              ExposedPorts={"8080/tcp": {}})
