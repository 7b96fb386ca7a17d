"""Opening a checkpoint: the manifest is checked and decoded; components are read as they are asked for.

    with open_checkpoint(store) as checkpoint:
        for entry, part in checkpoint.components(order):
            value = pickle.Unpickler(part.stream, buffers=part.buffers).load()

Each byte that comes out of here was written by whoever wrote the manifest; whether the manifest is the one that is
meant, only the digest can say that somebody has kept elsewhere (`expected`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from kernelferry.api import plain, seals
from kernelferry.api.errors import CheckpointDamaged, CheckpointNotFound, NotInStore
from kernelferry.api.manifest import Blob, ChunkRef, ComponentEntry, Manifest, is_id, manifest_key
from kernelferry.checkpoint.component import BlobFile, ComponentReader
from kernelferry.checkpoint.fetching import ChunkReader
from kernelferry.checkpoint.store import Store

_NOTHING_LOADED = "Nothing was loaded; the session is as it was."


@dataclass(frozen=True)
class Found:
    """A complete checkpoint in a store."""

    checkpoint: str
    kernel: str


def find(store: Store, *, checkpoint: str | None = None, kernel: str | None = None) -> list[Found]:
    """All complete checkpoints of a store, or those of that id, or of that kernel, in no order."""
    if checkpoint and not is_id(checkpoint):
        return []
    prefix = f"checkpoints/{checkpoint}/" if checkpoint else "checkpoints/"
    parts = [entry.key.split("/") for entry in store.list(prefix)]
    found = [Found(part[1], part[2]) for part in parts if len(part) == 4 and part[3] == "manifest.json"]
    # What somebody else has put there under another kind of name is not ours.
    return [each for each in found if is_id(each.checkpoint) and is_id(each.kernel) and kernel in {None, each.kernel}]


def read_manifest(store: Store, found: Found) -> tuple[Manifest, str]:
    """The manifest of a checkpoint, and its digest.

    Raises:
        CheckpointDamaged: it is not what was written.
        SchemaTooNew: a newer release has written it.
        NotInStore: it is no longer there.
    """
    return _decode(store, found, *_unseal(store, found))


def open_checkpoint(
    store: Store, *, checkpoint: str | None = None, kernel: str | None = None, expected: str | None = None
) -> Checkpoint:
    """Open the latest checkpoint of a store, or of that kernel, or the one of that id.

    The latest is the one that says so: the times of files do not survive a copy. If one cannot be read, this fails
    rather than pass off an older one as the latest.

    Args:
        store: where it is.
        checkpoint: its id.
        kernel: the id of its kernel.
        expected: the digest that its manifest must have.

    Raises:
        CheckpointNotFound: there is none.
        CheckpointDamaged: it is not what was written, or not what is expected.
        SchemaTooNew: a newer release has written it.
        StoreError: the store cannot be read.
    """
    # Of all but the latest no more is read than when they were made: decoding is what takes time.
    sealed = [(found, *_unseal(store, found)) for found in find(store, checkpoint=checkpoint, kernel=kernel)]
    if not sealed:
        raise _not_found(store, checkpoint, kernel)
    manifest, digest = _decode(store, *max(sealed, key=lambda each: str(each[1].get("created"))))
    if expected not in {None, digest}:
        raise CheckpointDamaged(
            problem=f"The manifest of {manifest.checkpoint}/{manifest.kernel} has digest {digest}, not {expected}.",
            state=_NOTHING_LOADED,
            remedy="Find out who replaced it; load another checkpoint by its name.",
        )
    return Checkpoint(store, manifest, digest)


def _unseal(store: Store, found: Found) -> tuple[dict[str, Any], str]:
    try:
        return seals.unseal(store.read(manifest_key(found.checkpoint, found.kernel)))
    except ValueError as exc:
        raise _altered(store, found, exc) from exc


def _decode(store: Store, found: Found, data: dict[str, Any], digest: str) -> tuple[Manifest, str]:
    try:
        manifest = plain.decode(Manifest, data)
    except ValueError as exc:
        raise _altered(store, found, exc) from exc
    says = Found(manifest.checkpoint, manifest.kernel)
    if says != found:
        raise CheckpointDamaged(
            problem=f"{says.checkpoint}/{says.kernel} stands at {found.checkpoint}/{found.kernel} in {store.name}.",
            state=_NOTHING_LOADED,
            remedy="Put it back where it belongs, or load another checkpoint by its name.",
        )
    return manifest, digest


def _altered(store: Store, found: Found, why: ValueError) -> CheckpointDamaged:
    return CheckpointDamaged(
        problem=f"{found.checkpoint}/{found.kernel} in {store.name} has no manifest as it was written ({why}).",
        state=_NOTHING_LOADED,
        remedy="Load another checkpoint by its name.",
    )


def _not_found(store: Store, checkpoint: str | None, kernel: str | None) -> CheckpointNotFound:
    asked = [f"of the name {checkpoint}"] * bool(checkpoint) + [f"of kernel {kernel}"] * bool(kernel)
    others = sorted({found.checkpoint for found in find(store)})
    return CheckpointNotFound(
        problem=f"There is no complete checkpoint {' '.join([*asked, 'in'])} {store.name}.",
        state=_NOTHING_LOADED,
        remedy=f"There are: {', '.join(others[-10:])}." if others else "Name a place that was saved to.",
    )


class Checkpoint:
    """A checkpoint that is open for reading.

    Attributes:
        manifest: what it holds.
        digest: the digest of the manifest.
    """

    def __init__(self, store: Store, manifest: Manifest, digest: str) -> None:
        self.manifest = manifest
        self.digest = digest
        self._chunks = ChunkReader(store)

    def component(self, entry: ComponentEntry) -> ComponentReader:
        """Begin to read a component."""
        return ComponentReader(self._chunks, entry)

    def components(self, entries: Iterable[ComponentEntry]) -> Iterator[tuple[ComponentEntry, ComponentReader]]:
        """Read components one by one; while the caller works on one, the next is being read."""
        coming: tuple[ComponentEntry, ComponentReader] | None = None
        try:
            for entry in entries:
                now, coming = coming, (entry, self.component(entry))
                if now is not None:
                    with now[1]:
                        yield now
            if coming is not None:
                yield coming
        finally:
            if coming is not None:
                coming[1].close()

    def blob(self, name: str) -> bytes:
        """Read the bytes that the manifest keeps under this name.

        Raises:
            KeyError: it keeps none.
            CheckpointDamaged: they are not what was written.
        """
        return self.read(self.manifest.blobs[name])

    def read(self, blob: Blob) -> bytes:
        """Read a blob of the manifest as a whole, such as that of an aspect of the process.

        Raises:
            CheckpointDamaged: it is not what was written.
        """
        with BlobFile(self._chunks, blob) as source:
            return source.readall()

    def damaged(self) -> list[ChunkRef]:
        """Read all chunks, and return those that are missing, cut short or altered."""
        refs = list({ref.key: ref for ref in self.manifest.chunks()}.values())
        bad = []
        for start in range(0, len(refs), 4):
            for ref, fetched in [(ref, self._chunks.fetch(ref)) for ref in refs[start : start + 4]]:
                if isinstance(error := fetched.exception(), CheckpointDamaged):
                    bad.append(ref)
                elif error is not None:
                    raise error
        return bad

    def close(self) -> None:
        """Stop reading."""
        self._chunks.close()

    def __enter__(self) -> Checkpoint:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


__all__ = ["Checkpoint", "Found", "NotInStore", "find", "open_checkpoint", "read_manifest"]
