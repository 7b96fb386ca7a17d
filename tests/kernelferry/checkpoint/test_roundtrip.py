"""What is saved is loaded as it was, whatever its size and wherever the cuts fall."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernelferry
from kernelferry.api import CheckpointNotFound, ComponentEntry, Manifest
from kernelferry.api.manifest import utc_now
from kernelferry.checkpoint import CheckpointWriter, find, open_checkpoint
from kernelferry.stores import DirectoryStore, MemoryStore
from tests.kernelferry.checkpoint.sessions import ENVIRONMENT, load, save, small_chunks


class Held:
    """A value that gives its bytes out of band."""

    def __init__(self, data: bytearray) -> None:
        self.data = data

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Held, (pickle.PickleBuffer(self.data),)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and bytes(self.data) == bytes(other.data)

    __hash__ = None  # type: ignore[assignment] # two of them may be equal and change


PIECES = st.binary(max_size=400)
VALUES = st.dictionaries(st.text("abc", min_size=1), st.lists(PIECES | PIECES.map(bytearray).map(Held)), max_size=6)


@given(VALUES, st.booleans())
def test_every_session_comes_back_as_it_was(values: dict[str, object], compress: bool) -> None:  # noqa: FBT001 - hypothesis passes it
    store = MemoryStore()
    with small_chunks():
        save(store, values, compress=compress)
        assert load(store) == values


@given(st.lists(PIECES, max_size=12), st.data())
def test_a_stream_can_be_written_and_read_in_pieces_of_any_size(pieces: list[bytes], data: st.DataObject) -> None:
    store, stream = MemoryStore(), b"".join(pieces)
    with small_chunks():
        with CheckpointWriter(store, checkpoint="c", kernel="k") as out:
            with out.component() as part:
                for piece in pieces:
                    part.write(piece)
            entry = ComponentEntry(id="a", names=(), engine="pickle", stream=part.stream)
            out.commit(
                Manifest(checkpoint="c", kernel="k", created=utc_now(), environment=ENVIRONMENT, components=(entry,))
            )
        with open_checkpoint(store) as checkpoint, checkpoint.component(entry) as read:
            expected = BytesIO(stream)
            while expected.tell() < len(stream):
                size = data.draw(st.integers(1, 300))
                assert read.stream.read(size) == expected.read(size)
            assert read.stream.read() == b""


def test_an_array_is_writable_and_owns_the_memory_that_was_read_into() -> None:
    store = MemoryStore()
    for size in (20_000, 2_000_000):  # shared chunk, own chunks
        save(store, {"a": np.arange(size)}, checkpoint=f"of-{size}")
        with open_checkpoint(store, checkpoint=f"of-{size}") as checkpoint:
            (entry,) = checkpoint.manifest.components
            with checkpoint.component(entry) as part:
                (buffer,) = part.buffers
            with checkpoint.component(entry) as part:
                array = pickle.loads(part.stream.read(), buffers=[buffer])  # noqa: S301 - written above
        assert np.array_equal(array, np.arange(size))
        memoryview(buffer)[:8] = b"\xff" * 8
        assert array[0] == -1, "it is that memory, not a copy"
        array += 1
        assert array.ctypes.data % 16 == 0


def test_blobs_and_those_of_the_process_are_read_by_name() -> None:
    store = MemoryStore()
    save(store, {})
    with open_checkpoint(store) as checkpoint:
        assert checkpoint.blob("note") == b"a note"
        blob = checkpoint.manifest.process["random"].blob
        assert blob is not None
        assert checkpoint.read(blob) == b"a note"
        with pytest.raises(KeyError):
            checkpoint.blob("no such")


def test_a_component_that_fails_leaves_no_trace_and_the_others_whole() -> None:
    store = MemoryStore()
    with CheckpointWriter(store, checkpoint="c", kernel="k") as out:
        bad = out.component()
        with suppress(ZeroDivisionError), bad:
            bad.write(b"half a pickle")
            bad.buffer(pickle.PickleBuffer(os.urandom(300_000)))
            raise ZeroDivisionError
        with pytest.raises(ValueError, match="not finished"):
            _ = bad.stream
        with out.component() as good:
            good.write(b"whole")
        entry = ComponentEntry(id="a", names=(), engine="pickle", stream=good.stream)
        out.commit(
            Manifest(checkpoint="c", kernel="k", created=utc_now(), environment=ENVIRONMENT, components=(entry,))
        )
    with open_checkpoint(store) as checkpoint:
        assert checkpoint.read(entry.stream) == b"whole"


def test_a_manifest_of_another_checkpoint_is_not_written() -> None:
    store = MemoryStore()
    with (
        CheckpointWriter(store, checkpoint="c", kernel="k") as out,
        pytest.raises(ValueError, match="belongs at checkpoints/other/k"),
    ):
        out.commit(Manifest(checkpoint="other", kernel="k", created=utc_now(), environment=ENVIRONMENT))
    assert store.values == {}


def test_the_latest_is_the_one_that_was_made_last_not_the_one_written_last() -> None:
    store = MemoryStore()
    save(store, {"x": 2}, checkpoint="b", created="2026-01-02T00:00:00.000000Z")
    save(store, {"x": 1}, checkpoint="a", created="2026-01-01T00:00:00.000000Z")
    save(store, {"x": 0}, checkpoint="a", kernel="other", created="2026-01-01T12:00:00.000000Z")
    assert load(store) == {"x": 2}
    assert load(store, checkpoint="a", kernel="kernel") == {"x": 1}
    assert load(store, kernel="other") == {"x": 0}
    assert {found.checkpoint for found in find(store)} == {"a", "b"}


def test_a_checkpoint_that_is_not_there_is_named_with_those_that_are() -> None:
    store = MemoryStore()
    with pytest.raises(CheckpointNotFound, match=r"no complete checkpoint in memory\. .* Name a place"):
        load(store)
    save(store, {}, checkpoint="this-one")
    with pytest.raises(CheckpointNotFound, match=r"of the name that of kernel k in memory\. .* There are: this-one\."):
        load(store, checkpoint="that", kernel="k")
    with pytest.raises(CheckpointNotFound, match=r"of the name \.\./up in memory"):
        load(store, checkpoint="../up")


def test_a_thousand_small_components_share_a_file(tmp_path: Path) -> None:
    values = {f"Out[{number}]": {"x": number} for number in range(1000)}
    store = DirectoryStore(tmp_path)
    save(store, values)
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 2
    assert load(store) == values


_MEMORY = """
import resource, sys
import numpy as np
from tests.kernelferry.checkpoint.sessions import load, save
from kernelferry.stores import DirectoryStore
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
store = DirectoryStore(sys.argv[1])
save(store, {"x": np.random.default_rng(0).normal(size=2_000_000)}, checkpoint="warm-up")
load(store)
one, two = np.random.default_rng(1).normal(size=16_000_000), np.tile(np.arange(1000.0), 16_000)
text = [str(number) for number in range(1_000_000)]
before = peak()
save(store, {"one": one, "two": two, "text": text}, checkpoint="big")
after = peak()
print(after - before)
"""


def test_a_save_needs_little_memory_besides_the_session(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    path = f"{Path(kernelferry.__file__).parents[1]}{os.pathsep}{root}"
    command = [sys.executable, "-c", _MEMORY, str(tmp_path)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 64 + 24, "and the pickler's memo of a million texts, which is not ours"
