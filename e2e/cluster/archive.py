"""Image archives in the OCI layout: written uncompressed, and cut down to what a node lacks.

Containerd reads an archive to its end and digests every byte of it, whether it has the layers or not: 14 s for the
notebook image, each time and on each node. An archive without the layers that are there already takes 0.2 s.

Buildah compresses the layers of the OCI archives it writes itself, whatever it is told, which costs more time than it
saves; but not those of its plain folders, so archives are made from these.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Container
from pathlib import Path

_BLOBS = "blobs/sha256/"


def pack(folder: Path, reference: str, archive: Path) -> None:
    """Write what `buildah push` left in a folder (`dir:`) as an archive.

    Args:
        folder: the image's blobs, each named by its digest, and its manifest.
        reference: the name the image gets where the archive is imported.
        archive: the file to write.
    """
    manifest = (folder / "manifest.json").read_bytes()
    digest = hashlib.sha256(manifest).hexdigest()
    described = {
        "mediaType": json.loads(manifest)["mediaType"],
        "digest": f"sha256:{digest}",
        "size": len(manifest),
        "annotations": {"org.opencontainers.image.ref.name": reference},
    }
    with tarfile.open(archive, "w") as tar:
        _add(tar, "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        _add(tar, "index.json", json.dumps({"schemaVersion": 2, "manifests": [described]}).encode())
        _add(tar, _BLOBS + digest, manifest)
        for path in sorted(folder.iterdir()):
            if path.name not in {"manifest.json", "version"}:
                tar.add(path, _BLOBS + path.name)


def without(archive: Path, present: Container[str], target: Path) -> None:
    """Copy an archive, without the blobs that its receiver has.

    Args:
        archive: a whole archive.
        present: the digests the receiver has, as `sha256:…` (`ctr content ls --quiet`).
        target: the file to write.
    """
    with tarfile.open(archive) as whole, tarfile.open(target, "w") as tar:
        for member in whole:
            name = member.name
            if not (name.startswith(_BLOBS) and f"sha256:{name.removeprefix(_BLOBS)}" in present):
                tar.addfile(member, whole.extractfile(member))


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
