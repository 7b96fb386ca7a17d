"""Reading one component: a file and buffers for an unpickler, fed by chunks that are read ahead.

    with checkpoint.component(entry) as part:
        value = pickle.Unpickler(part.stream, buffers=part.buffers).load()

Buffers are fresh memory, writable and aligned, into which the store has read them: an array that is restored from one
is the array's own, without another copy. What is read ahead of the unpickler stays within `_AHEAD` bytes, besides the
one buffer that it needs next.
"""

from __future__ import annotations

import io
import mmap
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from kernelferry.api.manifest import Blob, ComponentEntry
from kernelferry.checkpoint.chunks import CHUNK
from kernelferry.checkpoint.fetching import ChunkReader, is_shared

_AHEAD = 4 * CHUNK  # for the stream, and as much for the buffers
_OWN_PAGES = 1 << 20

Memory = bytearray | mmap.mmap


class ComponentReader:
    """The file and the buffers of one component; reading ahead begins at once.

    Attributes:
        stream: what the unpickler reads.
        buffers: what it takes its out-of-band buffers from.
    """

    def __init__(self, chunks: ChunkReader, entry: ComponentEntry) -> None:
        self._source = BlobFile(chunks, entry.stream)
        self._buffers = _Buffers(chunks, entry.buffers)
        self.stream = io.BufferedReader(self._source, 256 << 10)
        self.buffers: Iterator[Memory] = self._buffers

    def close(self) -> None:
        """Give up what was not asked for."""
        self._source.close()
        self._buffers.cancel()

    def __enter__(self) -> ComponentReader:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class BlobFile(io.RawIOBase):
    """The bytes of a blob, as a file."""

    def __init__(self, chunks: ChunkReader, blob: Blob) -> None:
        super().__init__()
        self._chunks = chunks
        self._shared = is_shared(blob)
        self._todo = deque(blob.chunks)
        self._ahead: deque[Future[bytearray]] = deque()
        self._left = blob.size
        self._skip = blob.offset
        self._at = memoryview(b"")
        self._read_ahead()

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, target: Any) -> int:
        """Read on into the target, which need not be filled."""
        while self._left and not self._at:
            chunk = memoryview(self._ahead.popleft().result())
            self._read_ahead()
            self._at, self._skip = chunk[self._skip :], max(0, self._skip - len(chunk))
        with memoryview(target).cast("B") as view:
            count = min(len(view), len(self._at), self._left)
            view[:count] = self._at[:count]
        self._at = self._at[count:]
        self._left -= count
        return count

    def close(self) -> None:
        """Give up what was not asked for."""
        self._todo.clear()
        if not self._shared:
            for future in self._ahead:
                future.cancel()
        super().close()

    def _read_ahead(self) -> None:
        while self._todo and len(self._ahead) < _AHEAD // CHUNK:
            self._ahead.append(self._chunks.fetch(self._todo.popleft(), shared=self._shared))


class _Buffers(Iterator[Memory]):
    """The buffers, each complete when it is handed out."""

    def __init__(self, chunks: ChunkReader, blobs: Sequence[Blob]) -> None:
        self._chunks = chunks
        self._todo = deque(blobs)
        self._ahead: deque[_Filling] = deque()
        self._held = 0
        self._read_ahead()

    def __next__(self) -> Memory:
        if not self._ahead:
            raise StopIteration
        filling = self._ahead.popleft()
        memory = filling.result()
        self._held -= len(memory)
        self._read_ahead()
        return memory

    def cancel(self) -> None:
        """Give up what was not asked for."""
        self._todo.clear()
        for filling in self._ahead:
            filling.cancel()

    def _read_ahead(self) -> None:
        while self._todo and (not self._ahead or self._held + self._todo[0].size <= _AHEAD):
            blob = self._todo.popleft()
            self._held += blob.size
            self._ahead.append(_Filling(self._chunks, blob))


class _Filling:
    """A buffer that is being read."""

    def __init__(self, chunks: ChunkReader, blob: Blob) -> None:
        self._blob = blob
        self._memory = _memory(blob.size)
        self._fetched: list[Future[bytearray]] = []
        self._filled: list[Future[None]] = []
        if is_shared(blob):
            self._fetched = [chunks.fetch(chunk, shared=True) for chunk in blob.chunks]
            return
        view, start = memoryview(self._memory), 0
        for chunk in blob.chunks:
            self._filled.append(chunks.fill(chunk, view[start : start + chunk.size]))
            start += chunk.size

    def result(self) -> Memory:
        for done in self._filled:
            done.result()
        skip, start = self._blob.offset, 0
        for fetched in self._fetched:
            part = memoryview(fetched.result())[skip : skip + self._blob.size - start]
            self._memory[start : start + len(part)] = part
            skip, start = max(0, skip - len(fetched.result())), start + len(part)
        return self._memory

    def cancel(self) -> None:
        for future in self._filled:
            future.cancel()


def _memory(size: int) -> Memory:
    if size < _OWN_PAGES:
        return bytearray(size)
    # Not a bytearray: it would be filled with zeros first. Private, for the default is memory that a forked child
    # shares, and then a snapshot would see what the session does after it.
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
