"""A full disk costs the checkpoint that did not fit, and nothing else."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from kernelferry.api import StoreFull
from kernelferry.stores import DirectoryStore
from tests.kernelferry.checkpoint.sessions import RecordingStore, load, save

SMALL, LARGE = {"x": os.urandom(1 << 20)}, {"x": os.urandom(20 << 20)}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this machine mounts no file system for us: {done.stderr.strip()}")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_disk_that_fills_up_keeps_the_previous_checkpoint_and_its_room(small_disk: Path) -> None:
    store = DirectoryStore(small_disk)
    save(store, SMALL, checkpoint="fits")
    free = os.statvfs(small_disk).f_bfree
    with pytest.raises(StoreFull, match=r"There is no room left in .* earlier checkpoints are as they were\. Remove"):
        save(store, LARGE, checkpoint="too-large")
    assert os.statvfs(small_disk).f_bfree == free, "what was half written has gone"
    assert load(store) == SMALL
    save(store, {"y": os.urandom(1 << 20)}, checkpoint="fits-too")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["open", "writev", "fsync", "mkdir", "replace"])
def test_no_room_is_said_whichever_call_finds_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    store = DirectoryStore(tmp_path)
    save(store, SMALL, checkpoint="fits")
    before = _files(tmp_path)
    real = getattr(os, call)

    def full(*args: Any, **kwargs: Any) -> Any:
        if call == "open" and not args[1] & os.O_CREAT:
            return real(*args, **kwargs)
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(StoreFull):
            save(store, LARGE, checkpoint="too-large")
    left = set(_files(tmp_path)) - set(before)
    # That of the manifest's folder comes last of all: then chunks are there, which the next try builds upon.
    assert not left or (call == "mkdir" and {path.parent.name for path in left} == {"chunks"})
    assert load(store) == SMALL


@pytest.mark.parametrize("last", ["chunks/", "checkpoints/"])
def test_a_store_of_any_kind_may_be_full(last: str) -> None:
    def refuse(key: str) -> None:
        if key.startswith(last):
            raise StoreFull(problem="It is full.", state="", remedy="")

    store = RecordingStore()
    save(store, SMALL, checkpoint="fits")
    store.before_write = refuse
    with pytest.raises(StoreFull, match="It is full"):
        save(store, LARGE, checkpoint="too-large")
    assert load(store) == SMALL


def _files(folder: Path) -> Sequence[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
