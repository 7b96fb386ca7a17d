"""Claims about image archives, on a tiny image as buildah leaves it."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from e2e.cluster.archive import pack, without

BASE, CODE = b"a big layer", b"a small one"


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def contents(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read() for name, file in files.items() if file}


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    for data in (BASE, CODE):
        (folder / digest(data).removeprefix("sha256:")).write_bytes(data)
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    (folder / "manifest.json").write_text(json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json"}))
    pack(folder, "localhost/some/image:dev", tmp_path / "whole.tar")
    return tmp_path / "whole.tar"


def test_every_blob_lies_under_its_own_digest(archive: Path) -> None:
    blobs = {name: data for name, data in contents(archive).items() if name.startswith("blobs/")}
    assert blobs == {f"blobs/sha256/{digest(data).removeprefix('sha256:')}": data for data in blobs.values()}
    assert {BASE, CODE} < set(blobs.values())


def test_the_index_leads_from_the_reference_to_the_manifest(archive: Path) -> None:
    [entry] = json.loads(contents(archive)["index.json"])["manifests"]
    manifest = contents(archive)[f"blobs/sha256/{entry['digest'].removeprefix('sha256:')}"]
    assert json.loads(manifest)["mediaType"] == entry["mediaType"]
    assert entry["size"] == len(manifest)
    assert entry["annotations"]["org.opencontainers.image.ref.name"] == "localhost/some/image:dev"


def test_what_the_receiver_has_is_left_out_and_nothing_else(archive: Path, tmp_path: Path) -> None:
    without(archive, {digest(BASE), "sha256:unrelated"}, tmp_path / "thin.tar")
    whole, thin = contents(archive), contents(tmp_path / "thin.tar")
    assert whole.keys() - thin.keys() == {f"blobs/sha256/{digest(BASE).removeprefix('sha256:')}"}
    assert thin.items() <= whole.items()
