"""Chunks come out of a store, by several threads, and not a byte of one is handed out before its digest is right.

A chunk that is not compressed is read straight to where it belongs. Reading ahead is bounded by what `Ahead` says, and
what a caller gives up is not read.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from kernelferry.api.errors import CheckpointDamaged, NotInStore
from kernelferry.api.manifest import Blob, ChunkRef
from kernelferry.checkpoint import codecs, digests
from kernelferry.checkpoint.store import Store

_WORKERS = min(4, os.cpu_count() or 1)
_KEPT = 4  # chunks; they hold small blobs, which are mostly asked for in the order in which they were written


class ChunkReader:
    """Reads chunks in the background; may be used by several threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="kernelferry-read")
        self._shared: OrderedDict[str, Future[bytearray]] = OrderedDict()
        self._lock = Lock()

    def fill(self, ref: ChunkRef, target: memoryview) -> Future[None]:
        """Begin to read a chunk into a target of its size."""
        return self._pool.submit(self._fill, ref, target)

    def fetch(self, ref: ChunkRef, *, shared: bool = False) -> Future[bytearray]:
        """Begin to read a chunk; one that several blobs share is kept for the next of them."""
        if not shared:
            return self._pool.submit(self._fetch, ref)
        with self._lock:
            if ref.key not in self._shared:
                self._shared[ref.key] = self._pool.submit(self._fetch, ref)
            self._shared.move_to_end(ref.key)
            while len(self._shared) > _KEPT:
                self._shared.popitem(last=False)
            return self._shared[ref.key]

    def close(self) -> None:
        """Stop; what has not begun is not read."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _fetch(self, ref: ChunkRef) -> bytearray:
        data = bytearray(ref.size)
        self._fill(ref, memoryview(data))
        return data

    def _fill(self, ref: ChunkRef, target: memoryview) -> None:
        with target:  # so that nobody who owns the memory finds it in use
            try:
                whole = self._read(ref, target)
            except NotInStore as exc:
                raise _damaged(self._store, ref, "is missing") from exc
            if not whole or not digests.matches(target, ref.digest):
                raise _damaged(self._store, ref, "was altered or cut short")

    def _read(self, ref: ChunkRef, target: memoryview) -> bool:
        if not ref.codec:
            return self._store.read_into(ref.key, target) == ref.size
        data = self._store.read(ref.key, limit=codecs.bound(ref.size))
        return codecs.expand(ref.codec, data, target)


def is_shared(blob: Blob) -> bool:
    """Whether other blobs may have a part in its chunks."""
    return blob.size < sum(chunk.size for chunk in blob.chunks)


def _damaged(store: Store, ref: ChunkRef, how: str) -> CheckpointDamaged:
    return CheckpointDamaged(
        problem=f"A part of this checkpoint {how}: {ref.key} in {store.name}.",
        state="Nothing of that part was loaded.",
        remedy="Load another checkpoint, or run again the cells that made what is missing.",
    )
