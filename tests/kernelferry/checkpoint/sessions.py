"""Sessions to save and load, and stores that tell what was done to them."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from kernelferry.api import ComponentEntry, Environment, Manifest, NameEntry, ProcessEntry
from kernelferry.api.manifest import utc_now
from kernelferry.checkpoint import CheckpointWriter, ComponentReader, Store, chunks, component, open_checkpoint, writer
from kernelferry.checkpoint.store import Buffer
from kernelferry.stores import MemoryStore

ENVIRONMENT = Environment(python="3.11.7", implementation="CPython", platform="Linux", machine="x86_64")
NOTE = b"a note"


def save(
    store: Store,
    values: Mapping[str, object],
    *,
    checkpoint: str = "first",
    kernel: str = "kernel",
    created: str = "",
    compress: bool = True,
) -> str:
    """Save values, each as a component; return the digest of the manifest."""
    with CheckpointWriter(store, checkpoint=checkpoint, kernel=kernel, compress=compress) as out:
        parts = {name: _write(out, value) for name, value in values.items()}
        with out.component() as note:
            note.write(NOTE)
        out.flush()
        return out.commit(
            Manifest(
                checkpoint=checkpoint,
                kernel=kernel,
                created=created or utc_now(),
                environment=ENVIRONMENT,
                names={name: NameEntry(outcome="stored", component=name) for name in values},
                components=tuple(
                    ComponentEntry(
                        id=name, names=(name,), engine="pickle", stream=part.stream, buffers=part.buffers, roots=(name,)
                    )
                    for name, part in parts.items()
                ),
                process={"random": ProcessEntry(outcome="stored", blob=note.stream)},
                blobs={"note": note.stream},
            )
        )


def _write(out: CheckpointWriter, value: object) -> writer.ComponentWriter:
    with out.component() as part:
        pickle.Pickler(part, protocol=5, buffer_callback=part.buffer).dump(value)
    return part


def unpickle(part: ComponentReader) -> Any:
    """Load the one value of a component."""
    return pickle.Unpickler(part.stream, buffers=part.buffers).load()  # noqa: S301 - the tests have written it


def load(store: Store, **which: Any) -> dict[str, Any]:
    """Load all values of a checkpoint."""
    with open_checkpoint(store, **which) as checkpoint:
        assert checkpoint.blob("note") == NOTE
        return {entry.id: unpickle(part) for entry, part in checkpoint.components(checkpoint.manifest.components)}


@dataclass
class RecordingStore(MemoryStore):
    """A store in memory that remembers which keys were written, and can be made to fail."""

    written: list[str] = field(default_factory=list)
    before_write: Callable[[str], None] = lambda _: None

    def write(self, key: str, parts: Sequence[Buffer]) -> None:
        self.before_write(key)
        self.written.append(key)
        super().write(key, parts)


@contextmanager
def small_chunks() -> Iterator[None]:
    """Chunks of 64 bytes, so that short data has many."""
    with (
        mock.patch.multiple(chunks, CHUNK=64, PACKED=16),
        mock.patch.multiple(writer, CHUNK=64, _IN_BAND=8),
        mock.patch.multiple(component, CHUNK=64, _AHEAD=256, _OWN_PAGES=128),
    ):
        yield
