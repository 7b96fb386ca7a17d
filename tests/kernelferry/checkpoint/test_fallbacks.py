"""Images with and without the packages of the extra `fast` read what the others write, or say what they lack."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import kernelferry
from kernelferry.api import PackageMissing
from kernelferry.checkpoint import collect, open_checkpoint
from kernelferry.stores import MemoryStore
from tests.kernelferry.checkpoint.sessions import load, save

VALUES = {"zeros": bytes(2_000_000), "numbers": list(range(20_000))}


def _without(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)


BARE = ("blake3", "zstandard", "compression", "compression.zstd")


def test_what_a_bare_image_writes_everyone_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    with monkeypatch.context() as bare:
        _without(bare, *BARE)
        save(store, VALUES)
        assert load(store) == VALUES
    assert load(store) == VALUES
    assert any(key.endswith(".zlib") for key in store.values)
    assert all("/b2-" in key for key in store.values if key.startswith("chunks/"))


@pytest.mark.parametrize(("absent", "compress"), [("blake3", False), ("zstandard", True)])
def test_what_a_bare_image_cannot_read_names_the_package(
    monkeypatch: pytest.MonkeyPatch,
    absent: str,
    compress: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    store = MemoryStore()
    save(store, VALUES, compress=compress)
    _without(monkeypatch, absent, *BARE[2:])
    with pytest.raises(PackageMissing, match=f"Install the package {absent}"):
        load(store)
    with open_checkpoint(store) as checkpoint, pytest.raises(PackageMissing):
        checkpoint.damaged()


def test_both_kinds_share_a_store_and_its_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    save(store, VALUES, checkpoint="fast")
    with monkeypatch.context() as bare:
        _without(bare, *BARE)
        save(store, VALUES, checkpoint="bare")
        assert collect(store, grace=-1).chunks == 0, "it need not read chunks to know who needs them"
        assert load(store, checkpoint="bare") == VALUES
    assert load(store, checkpoint="fast") == VALUES


_IMPORTED = """
import sys
before = set(sys.modules)
import kernelferry.api, kernelferry.checkpoint, kernelferry.stores
print(*{name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)
"""


def test_importing_it_imports_nothing_of_a_third_party() -> None:
    path = str(Path(kernelferry.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["kernelferry"]
