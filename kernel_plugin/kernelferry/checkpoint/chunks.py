"""Bytes become chunks: cut, digested, compressed where it pays, and written, by several threads in bounded memory.

A chunk is kept under the digest of its bytes, so what is the same is kept once: within a checkpoint, and between the
checkpoints of one store. Long buffers are cut at fixed places, so that a change in place changes one chunk. Pieces much
smaller than a chunk are gathered in packs: a thousand small values must not become a thousand files.

    piece ──short──> pack ──full──┐
      └────long──────────────────>├─> worker: copy, digest, known? ── no ──> compress, write
                                  (waits while too much is under way)

The copy is deliberate. Another thread of the session may change the memory between the digest and the write, and then
the store would hold, for good, a chunk that is not what its name says. It costs less than a second digest would.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock, local

from kernelferry.api.manifest import Blob, ChunkRef
from kernelferry.checkpoint import codecs, digests
from kernelferry.checkpoint.store import Buffer, Store

CHUNK = 4 << 20
"""The size of all chunks but the last of a blob: large enough for an object store, small enough for small changes."""

PACKED = 256 << 10
"""Pieces below this size share a chunk."""

_WORKERS = min(4, os.cpu_count() or 1)
_UNDER_WAY = _WORKERS + 2  # chunks; copied, compressed, and with those of the thread that adds, they stay within 64 MiB


@dataclass(frozen=True)
class Pending:
    """A blob whose chunks are being written."""

    chunks: tuple[Future[ChunkRef], ...]
    size: int
    offset: int = 0

    def result(self) -> Blob:
        """Wait until it is in the store."""
        return Blob(tuple(chunk.result() for chunk in self.chunks), self.size, self.offset)


class ChunkWriter:
    """Writes chunks in the background.

    One thread at a time may add to it. Errors of the store come up in whatever is called next, and stay: a checkpoint
    of which a part could not be written will not be complete.

    Args:
        store: where to.
        compress: whether to compress what gains by it.
    """

    def __init__(self, store: Store, *, compress: bool = True) -> None:
        self.raw_bytes = 0
        self.stored_bytes = 0
        self._store = store
        self._batch = store.batch()
        self._algorithm = digests.best()
        self._codec = codecs.best() if compress else ""
        # Made here and not once for all: a forked child has no threads but the one that forked.
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="kernelferry-write")
        self._room = BoundedSemaphore(_UNDER_WAY)
        self._lock = Lock()
        self._claims: dict[str, Future[int]] = {}
        self._reused: set[str] = set()
        self._copies = local()
        self._error: BaseException | None = None
        self._open: list[Future[ChunkRef]] = []
        self._pack = bytearray()
        self._packed: Future[ChunkRef] = Future()

    def add(self, data: memoryview) -> Pending:
        """Write a blob."""
        if len(data) < PACKED:
            return self._gather(data)
        return Pending(tuple(self.cut(data[start : start + CHUNK]) for start in range(0, len(data), CHUNK)), len(data))

    def cut(self, data: Buffer, into: Future[ChunkRef] | None = None) -> Future[ChunkRef]:
        """Write one chunk; wait first while too much is under way.

        A memoryview may be of foreign memory; a bytearray is given away.
        """
        into = into or Future()
        try:
            self._raise()
            self._submit(data, into)
        except BaseException as exc:
            into.set_exception(exc)  # blobs that share a pack with this one would wait for it for ever
            raise
        self._open.append(into)
        if len(self._open) >= 4 * _UNDER_WAY:
            self._open = [future for future in self._open if not future.done()]
        return into

    def seal(self) -> None:
        """Write the pack that is being gathered."""
        if self._pack:
            pack, into = self._pack, self._packed
            self._pack, self._packed = bytearray(), Future()
            self.cut(pack, into)

    def drain(self) -> None:
        """Wait until all is written.

        Raises:
            StoreError: some of it could not be.
        """
        self.seal()
        for future in self._open:
            future.exception()
        self._open = []
        self._raise()

    def settle(self, refs: set[ChunkRef]) -> list[ChunkRef]:
        """Make sure that chunks are in the store, and will stay there; return those that are not.

        What this writer has written needs no question: `gc` does not touch what is new.
        """
        self.drain()
        asked = [ref for ref in refs if ref.key in self._reused or ref.key not in self._claims]
        sizes = self._pool.map(self._store.touch, [ref.key for ref in asked])
        missing = [ref for ref, size in zip(asked, sizes, strict=True) if not _is_whole(ref, size)]
        self._batch.sync()
        return missing

    def close(self) -> None:
        """Stop; what has not begun is not written, and whoever waits for it is told so."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for future in (*self._open, self._packed):
            future.cancel()
        self._batch.__exit__(None, None, None)

    def _gather(self, data: memoryview) -> Pending:
        self._raise()
        if not data:
            return Pending((), 0)
        pending = Pending((self._packed,), len(data), len(self._pack))
        self._pack += data
        if len(self._pack) >= CHUNK:
            self.seal()
        return pending

    def _submit(self, data: Buffer, into: Future[ChunkRef]) -> None:
        self._room.acquire()
        try:
            self._pool.submit(self._run, data, into)
        except BaseException:
            self._room.release()
            raise

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    # --- in the workers -----------------------------------------------------------------------------------------------

    def _run(self, data: Buffer, into: Future[ChunkRef]) -> None:
        try:
            into.set_result(self._keep(data))
        except BaseException as exc:  # noqa: BLE001 - raised in the thread that asks
            self._error = self._error or exc
            into.set_exception(exc)
        finally:
            self._room.release()

    def _keep(self, data: Buffer) -> ChunkRef:
        if isinstance(data, memoryview):
            data = self._copy(data)  # see the module's docstring; the rest is ours, and nobody changes it
        codec = codecs.choose(memoryview(data), self._codec)
        ref = ChunkRef(digests.digest(data, self._algorithm), len(data), len(data), codec)
        stored = self._once(ref, data)
        with self._lock:
            self.raw_bytes += len(data)
        return ChunkRef(ref.digest, ref.size, stored, codec)

    def _copy(self, data: memoryview) -> memoryview:
        # Always to the same place: new memory costs more than the copy, for the system fills it with zeros first.
        if not hasattr(self._copies, "place"):
            self._copies.place = memoryview(bytearray(CHUNK))
        place: memoryview = self._copies.place[: len(data)]
        place[:] = data
        return place

    def _once(self, ref: ChunkRef, data: Buffer) -> int:
        """Write what is not there; the first who asks for a key does so, the others wait for it."""
        mine: Future[int] = Future()
        with self._lock:
            first = self._claims.setdefault(ref.key, mine)
        if first is not mine:
            return first.result()
        try:
            stored = self._found(ref) or self._write(ref, data)
        except BaseException as exc:
            mine.set_exception(exc)
            raise
        mine.set_result(stored)
        return stored

    def _found(self, ref: ChunkRef) -> int:
        """How many bytes the store has for a chunk; 0 for none, or for one that has been cut short."""
        found = self._store.touch(ref.key)
        if not found or not _is_whole(ref, found):
            return 0
        self._reused.add(ref.key)
        return found

    def _write(self, ref: ChunkRef, data: Buffer) -> int:
        body = codecs.compress(ref.codec, data) if ref.codec else data
        self._batch.write(ref.key, [body])
        with self._lock:
            self.stored_bytes += len(body)
        return len(body)


def _is_whole(ref: ChunkRef, found: int | None) -> bool:
    """Whether a chunk is there, as far as its size in the store tells: compressed, it may have any."""
    return bool(found) if ref.codec else found == ref.size
