"""All stores keep the same contract."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kernelferry.api import NotInStore
from kernelferry.checkpoint import Store
from kernelferry.stores import DirectoryStore, MemoryStore


@pytest.fixture(params=["memory", "directory", "not durable"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "memory":
        return MemoryStore()
    return DirectoryStore(tmp_path, durable=request.param == "directory")


def test_a_value_is_the_parts_one_after_the_other(store: Store) -> None:
    store.write("a/b", [b"one", bytearray(b"two"), b"", memoryview(b"three")])
    assert store.read("a/b") == b"onetwothree"
    assert store.read("a/b", limit=4) == b"onet"
    store.write("a/b", [])
    assert store.read("a/b") == b""


def test_a_value_of_very_many_parts_is_whole(store: Store) -> None:
    store.write("a", [bytes([number % 256]) for number in range(5000)])
    assert store.read("a") == bytes(number % 256 for number in range(5000))


@pytest.mark.parametrize("size", [0, 2, 3, 5])
def test_reading_into_a_target_tells_how_long_the_value_is(store: Store, size: int) -> None:
    store.write("a", [b"xyz"])
    target = bytearray(size)
    assert store.read_into("a", memoryview(target)) == 3
    assert target == b"xyz\0\0"[:size]


def test_what_is_not_there_is_not_in_the_store(store: Store) -> None:
    with pytest.raises(NotInStore, match="There is no chunks/x in"):
        store.read("chunks/x")
    with pytest.raises(NotInStore, match="There is no chunks/x in"):
        store.read_into("chunks/x", memoryview(bytearray(1)))
    assert store.touch("chunks/x") is None
    assert store.delete("chunks/x") is False


def test_values_are_listed_by_how_their_keys_begin(store: Store) -> None:
    for key in ("chunks/ab", "chunks/ac", "checkpoints/a/k/manifest.json"):
        store.write(key, [b"xyz"])
    assert {entry.key for entry in store.list("chunks/a")} == {"chunks/ab", "chunks/ac"}
    assert {entry.key for entry in store.list("chunks/ab")} == {"chunks/ab"}
    assert {entry.key for entry in store.list("checkpoints/")} == {"checkpoints/a/k/manifest.json"}
    assert {entry.key for entry in store.list("c")} == {entry.key for entry in store.list("")}
    assert len(list(store.list(""))) == 3
    assert list(store.list("nothing/")) == []
    (entry,) = store.list("chunks/ab")
    assert (entry.size, abs(entry.modified - time.time()) < 10) == (3, True)


def test_a_batch_is_there_after_its_sync(store: Store) -> None:
    with store.batch() as batch:
        batch.write("chunks/a", [b"x"])
        batch.write("chunks/b", [b"y", b"z"])
        batch.write("chunks/a", [b"x"])
        batch.sync()
        assert (store.read("chunks/a"), store.read("chunks/b")) == (b"x", b"yz")
        batch.write("chunks/c", [b""])
        batch.sync()
    assert store.touch("chunks/c") == 0


def test_what_was_written_or_touched_after_a_time_can_be_spared(store: Store) -> None:
    store.write("chunks/a", [b"x"])
    assert store.delete("chunks/a", unless_after=time.time() - 100) is False
    assert store.read("chunks/a") == b"x"
    assert store.delete("chunks/a", unless_after=time.time() + 100) is True
    store.write("chunks/a", [b"x"])
    assert store.delete("chunks/a") is True
    assert list(store.list("")) == []
    assert list(store.tidy(0)) == []
