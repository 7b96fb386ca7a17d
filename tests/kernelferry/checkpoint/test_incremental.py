"""A save writes what the store does not have, and nothing else."""

from __future__ import annotations

import os
import time
from concurrent.futures import CancelledError
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from kernelferry.api import CheckpointDamaged, ComponentEntry, Manifest, StoreError
from kernelferry.api.manifest import utc_now
from kernelferry.checkpoint import CheckpointWriter, collect, find, open_checkpoint
from kernelferry.stores import DirectoryStore, MemoryStore
from tests.kernelferry.checkpoint.sessions import ENVIRONMENT, RecordingStore, load, save


def _manifest(checkpoint: str) -> str:
    return f"checkpoints/{checkpoint}/kernel/manifest.json"


def test_a_second_save_of_the_same_writes_the_manifest_alone() -> None:
    store = RecordingStore()
    values = {
        "small": list(range(100)),
        "array": np.random.default_rng(0).normal(size=1_000_000),
        "zeros": bytes(10**6),
    }
    save(store, values)
    store.written.clear()
    save(store, values, checkpoint="second")
    assert store.written == [_manifest("second")]


def test_one_changed_number_in_a_large_array_writes_one_chunk() -> None:
    store = RecordingStore()
    array = np.random.default_rng(0).normal(size=12_500_000)  # 100 MB
    save(store, {"array": array})
    store.written.clear()
    array[7_000_000] = 0
    save(store, {"array": array}, checkpoint="second")
    chunk, manifest = store.written
    assert len(store.values[chunk]) <= 4 << 20
    assert manifest == _manifest("second")


def test_the_same_bytes_are_written_once_in_a_checkpoint() -> None:
    store = RecordingStore()
    noise = os.urandom(4 << 20)
    save(store, {"a": noise * 5, "b": bytearray(noise * 3)}, compress=False)
    assert sum(len(store.values[key]) for key in store.values) < 20 << 20  # of 32 MiB; the cuts of two streams differ


def test_the_counters_tell_what_was_new() -> None:
    store = MemoryStore()
    data = os.urandom(1 << 20)
    for expected in (len(data), 0):
        with CheckpointWriter(store, checkpoint="c", kernel="k") as out:
            with out.component() as part:
                part.write(data)
            out.flush()
            assert (out.raw_bytes, out.stored_bytes) == (len(data), expected)
            assert part.stream.size == len(data)


def test_entries_of_an_earlier_checkpoint_can_be_taken_over_unread() -> None:
    store = RecordingStore()
    save(store, {"x": bytes(1_000_000)})
    with open_checkpoint(store) as earlier:
        entries = earlier.manifest.components
    _commit(store, entries)
    with open_checkpoint(store, checkpoint="second") as checkpoint:
        assert checkpoint.damaged() == []


def test_what_was_taken_over_and_is_gone_is_noticed_before_the_commit() -> None:
    store = RecordingStore()
    save(store, {"x": os.urandom(1_000_000)})
    with open_checkpoint(store) as earlier:
        entries = earlier.manifest.components
    del store.values[entries[0].stream.chunks[0].key]
    with pytest.raises(CheckpointDamaged, match=r"no longer in memory \(1 of 1\)\. .* Save again"):
        _commit(store, entries)
    assert [found.checkpoint for found in find(store)] == ["first"]


def _commit(store: MemoryStore, entries: tuple[ComponentEntry, ...]) -> None:
    with CheckpointWriter(store, checkpoint="second", kernel="kernel") as out:
        out.commit(
            Manifest(
                checkpoint="second", kernel="kernel", created=utc_now(), environment=ENVIRONMENT, components=entries
            )
        )


def test_two_writers_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    common = np.random.default_rng(0).normal(size=3_000_000)
    sessions: dict[str, dict[str, Any]] = {
        f"c{n}": {"common": common, "own": np.arange(n, n + 500_000), "text": str(n)} for n in range(4)
    }
    threads = [
        Thread(target=save, args=(DirectoryStore(tmp_path), values), kwargs={"checkpoint": name})
        for name, values in sessions.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, values in sessions.items():
        loaded: dict[str, Any] = load(DirectoryStore(tmp_path), checkpoint=name)
        assert all(np.array_equal(loaded[key], values[key]) for key in values)
    assert list(tmp_path.rglob(".tmp-*")) == []


def test_an_error_of_the_store_comes_up_and_nothing_is_committed() -> None:
    def fail(key: str) -> None:
        raise StoreError(problem=f"No {key}.", state="", remedy="")

    store = RecordingStore(before_write=fail)
    with pytest.raises(StoreError, match="No chunks/"):
        save(store, {"x": os.urandom(40 << 20)})
    assert store.values == {}


def test_after_an_error_nobody_waits_for_ever() -> None:
    def fail(key: str) -> None:
        raise StoreError(problem=f"No {key}.", state="", remedy="")

    with CheckpointWriter(RecordingStore(before_write=fail), checkpoint="c", kernel="k") as out:
        with out.component() as small:
            small.write(b"shares a pack")
        with pytest.raises(StoreError, match="No chunks/"), out.component() as large:
            large.write(os.urandom(100 << 20))
        for _ in range(2):
            with pytest.raises(StoreError, match="No chunks/"):
                _ = small.stream
        with pytest.raises(StoreError, match="No chunks/"):
            out.flush()


def test_what_was_not_written_when_the_writer_stops_is_not_waited_for() -> None:
    with CheckpointWriter(MemoryStore(), checkpoint="c", kernel="k") as out, out.component() as part:
        part.write(b"shares a pack")
    with pytest.raises((CancelledError, RuntimeError)):
        _ = part.stream


# --- collecting -------------------------------------------------------------------------------------------------------


def test_old_checkpoints_go_and_with_them_what_only_they_needed() -> None:
    store = MemoryStore()
    common = os.urandom(5 << 20)
    for day in range(1, 6):
        save(
            store, {"common": common, "own": str(day)}, checkpoint=f"d{day}", created=f"2026-01-0{day}T00:00:00.000000Z"
        )
    removed = collect(store, keep=2, grace=-1)
    assert set(removed.checkpoints) == {"d1/kernel", "d2/kernel", "d3/kernel"}
    assert removed.chunks == 3
    for day in (4, 5):
        assert load(store, checkpoint=f"d{day}")["own"] == str(day)
    with open_checkpoint(store) as checkpoint:
        assert checkpoint.damaged() == []


def test_the_latest_of_each_kernel_stays_however_old() -> None:
    store = MemoryStore()
    for kernel in ("a", "b"):
        for year in (2001, 2002):
            save(store, {}, checkpoint=f"y{year}", kernel=kernel, created=f"{year}-01-01T00:00:00.000000Z")
    removed = collect(store, keep=0, max_age=10)
    assert set(removed.checkpoints) == {"y2001/a", "y2001/b"}


def test_what_was_written_or_touched_within_the_grace_stays() -> None:
    old, touched, new = (f"chunks/b2-{number:064x}" for number in range(3))
    clock = [time.time() - 1000.0]
    store = MemoryStore(clock=lambda: clock[0])
    store.write(old, [b"x"])
    store.write(touched, [b"x"])
    clock[0] = time.time()
    store.write(new, [b"x"])
    store.touch(touched)
    assert collect(store, grace=500).chunks == 1
    assert set(store.values) == {touched, new}


def test_nothing_is_removed_while_a_manifest_cannot_be_read() -> None:
    store = MemoryStore()
    save(store, {"x": 1})
    store.write(f"chunks/b2-{0:064x}", [b"x"])
    store.values[_manifest("first")] = b"?"
    before = dict(store.values)
    with pytest.raises(CheckpointDamaged):
        collect(store, keep=1, grace=-1)
    assert store.values == before
