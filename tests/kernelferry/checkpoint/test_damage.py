"""Of a damaged checkpoint nothing is handed out that was not checked."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from kernelferry.api import CheckpointDamaged, SchemaTooNew, plain, seals
from kernelferry.checkpoint import find, open_checkpoint
from kernelferry.stores import MemoryStore
from tests.kernelferry.checkpoint.sessions import load, save, small_chunks, unpickle

MANIFEST = "checkpoints/first/kernel/manifest.json"
VALUES = {"text": "abc" * 40, "bytes": [bytes(range(200)), bytearray(range(200))]}


class Buffer:
    """Gives its bytes out of band, and remembers what it was made from."""

    made: list[bytes] = []  # noqa: RUF012 - it is for all of them

    def __init__(self, data: Any) -> None:
        self.data = bytes(data)
        self.made.append(self.data)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Buffer, (pickle.PickleBuffer(bytearray(self.data)),)


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    with small_chunks():
        save(store, {**VALUES, "buffers": [Buffer(b"z" * 300), Buffer(bytes(range(100)))]})
    Buffer.made.clear()
    return store


def _chunks(store: MemoryStore) -> list[str]:
    keys = [key for key in store.values if key.startswith("chunks/")]
    assert len(keys) > 10
    return keys


def _read_everything(store: MemoryStore) -> list[bytes]:
    """All bytes that can be had from a checkpoint; errors are those of reading."""
    had = []
    with small_chunks(), open_checkpoint(store) as checkpoint:
        for entry in checkpoint.manifest.components:
            with checkpoint.component(entry) as part:
                had += [bytes(buffer) for buffer in part.buffers]
                had.append(part.stream.read())
        had.append(checkpoint.blob("note"))
    return had


def _damages() -> list[tuple[str, Callable[[bytes], bytes | None]]]:
    return [
        ("missing", lambda _: None),
        ("empty", lambda _: b""),
        ("short", lambda data: data[:-1]),
        ("long", lambda data: data + b"x"),
        ("first", lambda data: bytes([data[0] ^ 1]) + data[1:]),
        ("last", lambda data: data[:-1] + bytes([data[-1] ^ 0x80])),
        ("other", lambda data: b"\0" * len(data)),
    ]


@pytest.mark.parametrize(("name", "damage"), _damages())
def test_no_damaged_chunk_is_handed_out(store: MemoryStore, name: str, damage: Callable[[bytes], bytes | None]) -> None:
    whole = _read_everything(store)
    for key in _chunks(store):
        before, after = store.values[key], damage(store.values[key])
        del store.values[key]
        if after is not None:
            store.values[key] = after
        with pytest.raises(CheckpointDamaged, match="is missing" if name == "missing" else "altered or cut short"):
            _read_everything(store)
        with open_checkpoint(store) as checkpoint:
            assert {ref.key for ref in checkpoint.damaged()} == {key}
        store.values[key] = before
    assert _read_everything(store) == whole


def test_every_altered_byte_of_a_chunk_is_noticed(store: MemoryStore) -> None:
    key = _chunks(store)[0]
    whole = store.values[key]
    for at in range(len(whole)):
        store.values[key] = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        with open_checkpoint(store) as checkpoint:
            assert len(checkpoint.damaged()) == 1


def test_an_unpickler_is_given_no_byte_of_a_damaged_buffer(store: MemoryStore) -> None:
    with small_chunks(), open_checkpoint(store) as checkpoint:
        (entry,) = (each for each in checkpoint.manifest.components if each.id == "buffers")
        store.values[entry.buffers[1].chunks[0].key] = b"?" * 64
        with checkpoint.component(entry) as part, pytest.raises(CheckpointDamaged):
            unpickle(part)
    assert Buffer.made == [b"z" * 300], "the one before it was whole"


def test_every_altered_or_missing_byte_of_a_manifest_is_noticed(store: MemoryStore) -> None:
    whole = store.values[MANIFEST]
    for at in range(0, len(whole), 7):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            store.values[MANIFEST] = damaged
            with pytest.raises((CheckpointDamaged, SchemaTooNew), match="Nothing"):
                open_checkpoint(store)


def test_a_manifest_is_the_one_that_is_expected() -> None:
    store = MemoryStore()
    digest = save(store, {"x": 1})
    assert load(store, expected=digest) == {"x": 1}
    save(store, {"x": 2})  # whole and right, but not what the operator has recorded
    with pytest.raises(CheckpointDamaged, match="Find out who replaced it"):
        load(store, expected=digest)


def test_a_manifest_stands_where_it_belongs(store: MemoryStore) -> None:
    store.values["checkpoints/second/kernel/manifest.json"] = store.values[MANIFEST]
    with pytest.raises(CheckpointDamaged, match="first/kernel stands at second/kernel"):
        open_checkpoint(store, checkpoint="second")


def test_a_manifest_that_is_whole_but_makes_no_sense_is_refused(store: MemoryStore) -> None:
    data = {**plain.loads(store.values[MANIFEST]), "names": []}
    del data["digest"]
    store.values[MANIFEST] = seals.seal(plain.dumps(data))[0].encode()
    with pytest.raises(CheckpointDamaged, match="names: expected an object"):
        open_checkpoint(store)


def test_a_newer_major_version_is_refused(store: MemoryStore) -> None:
    store.values[MANIFEST] = b'{"schema":"2.0"}'
    with pytest.raises(SchemaTooNew):
        open_checkpoint(store)


def test_what_is_no_manifest_is_no_checkpoint(store: MemoryStore) -> None:
    store.values["checkpoints/notes.txt"] = store.values["checkpoints/x/y/manifest.json.bak"] = b"?"
    assert len(find(store)) == 1


def test_an_unreadable_checkpoint_is_not_passed_over_in_silence(store: MemoryStore) -> None:
    save(store, {"x": 1}, checkpoint="older", created="2001-01-01T00:00:00.000000Z")
    store.values[MANIFEST] = b"?"
    with pytest.raises(CheckpointDamaged, match="first/kernel"):
        open_checkpoint(store)
    assert load(store, checkpoint="older") == {"x": 1}


def test_a_chunk_that_was_cut_short_is_written_again_by_the_next_save() -> None:
    store = MemoryStore()
    value = {"x": bytes(range(256)) * 4000}
    save(store, value, compress=False)
    for key in [key for key in store.values if key.startswith("chunks/")]:
        store.values[key] = b""
    save(store, value, checkpoint="second", compress=False)
    assert load(store) == value
