"""Checkpoints that earlier releases have written are read by all later ones.

`old/v1` is one of them, written once by the code below: run this file with a folder to make another. It is not to be
changed; what a new version writes gets a folder of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest import mock

from kernelferry.checkpoint import open_checkpoint
from kernelferry.stores import DirectoryStore
from tests.kernelferry.checkpoint.sessions import load, save, small_chunks

OLD = Path(__file__).parent / "old"
VALUES = {
    "x": 42,
    "Out[3]": ["text", {"key": (1.5, None)}],
    "data": bytearray(range(256)) * 2,
    "zeros": bytes(3000),
}


def write(folder: str) -> None:
    """Write it with the standard library alone, so that it can be read without packages too."""
    with mock.patch.dict(sys.modules, {"blake3": None, "zstandard": None}):
        save(DirectoryStore(folder, create=True), VALUES, created="2026-01-01T00:00:00.000000Z")


def write_in_many_chunks(folder: str) -> None:
    """With chunks so small that even this has several."""
    with small_chunks():
        write(folder)


def test_a_checkpoint_of_version_1_is_read() -> None:
    store = DirectoryStore(OLD / "v1")
    assert load(store) == VALUES
    with open_checkpoint(store) as checkpoint:
        assert checkpoint.manifest.schema == "1.0"
        assert checkpoint.manifest.components[0].roots == ("x",)
        assert checkpoint.damaged() == []


def test_a_checkpoint_with_chunks_of_another_size_is_read() -> None:
    assert load(DirectoryStore(OLD / "v1-many-chunks")) == VALUES


def test_the_same_bytes_are_written_today(tmp_path: Path) -> None:
    """A change of this is no mistake by itself, but old and new checkpoints then share no chunks."""
    write(str(tmp_path))
    names = [{path.name for path in folder.glob("chunks/*")} for folder in (OLD / "v1", tmp_path)]
    assert names[0] == names[1]


if __name__ == "__main__":
    write(str(Path(sys.argv[1]) / "v1"))
    write_in_many_chunks(str(Path(sys.argv[1]) / "v1-many-chunks"))
