"""Writing a checkpoint: components, one after the other, and then the manifest that makes them one.

    with CheckpointWriter(store, checkpoint=…, kernel=…) as writer:
        parts = {}
        for component in plan:
            try:
                with writer.component() as part:
                    Pickler(part, protocol=5, buffer_callback=part.buffer).dump(…)
                parts[component] = part
            except StoreError:
                raise                   # nothing more can be written
            except Exception:
                …                       # that component is skipped; the others are not touched
        writer.flush()                  # from here on the session may change
        entries = [ComponentEntry(stream=part.stream, buffers=part.buffers, …) for part in parts.values()]
        digest = writer.commit(Manifest(…))

Until `commit` nothing refers to what was written: a crash, a full disk or an error at any point leaves the store with
the checkpoints that it had, and some chunks that `gc` will find.
"""

from __future__ import annotations

from concurrent.futures import Future
from pickle import PickleBuffer
from types import TracebackType

from kernelferry.api.errors import CheckpointDamaged
from kernelferry.api.manifest import Blob, ChunkRef, Manifest, manifest_key
from kernelferry.checkpoint.chunks import CHUNK, ChunkWriter, Pending
from kernelferry.checkpoint.store import Buffer, Store

_IN_BAND = 64 << 10  # a smaller buffer costs more in the manifest than its copy in the stream


class CheckpointWriter:
    """Writes one checkpoint of one kernel; used by one thread, inside a `with`.

    Make it in the process that uses it: after a fork, in the child.

    Args:
        store: where to.
        checkpoint: the id of the checkpoint.
        kernel: the id of the kernel.
        compress: whether to compress what gains by it.
    """

    def __init__(self, store: Store, *, checkpoint: str, kernel: str, compress: bool = True) -> None:
        self._key = manifest_key(checkpoint, kernel)
        self._store = store
        self._chunks = ChunkWriter(store, compress=compress)

    @property
    def raw_bytes(self) -> int:
        """How many bytes of the session are in the store so far, for a progress bar."""
        return self._chunks.raw_bytes

    @property
    def stored_bytes(self) -> int:
        """How many bytes were written for them: without what was there already, and compressed."""
        return self._chunks.stored_bytes

    def component(self) -> ComponentWriter:
        """Begin a component, or anything else that becomes a blob; it is the file of its pickler."""
        return ComponentWriter(self._chunks)

    def flush(self) -> None:
        """Wait until all is in the store; from then on the memory that was given may change.

        Raises:
            StoreError: some of it could not be written.
        """
        self._chunks.drain()

    def commit(self, manifest: Manifest) -> str:
        """Make the checkpoint complete, and return the digest of its manifest.

        Raises:
            CheckpointDamaged: chunks that it builds upon were removed meanwhile.
            StoreError: it could not be written.
            ValueError: the manifest is of another checkpoint, or holds what is no JSON.
        """
        if manifest_key(manifest.checkpoint, manifest.kernel) != self._key:
            msg = f"this manifest belongs at {manifest_key(manifest.checkpoint, manifest.kernel)}, not at {self._key}"
            raise ValueError(msg)
        text, digest = manifest.sealed()
        needed = set(manifest.chunks())
        if missing := self._chunks.settle(needed):
            found = f"({len(missing)} of {len(needed)})"
            raise CheckpointDamaged(
                problem=f"Chunks that this checkpoint builds upon are no longer in {self._store.name} {found}.",
                state="The checkpoint was not completed; the session and earlier checkpoints are as they were.",
                remedy="Save again, in full.",
            )
        self._store.write(self._key, [text.encode("ascii")])
        return digest

    def __enter__(self) -> CheckpointWriter:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._chunks.close()


class ComponentWriter:
    """The file and the buffer callback of the pickler of one component.

    What fails inside its `with` block is forgotten: nothing of it is in any manifest.
    """

    def __init__(self, chunks: ChunkWriter) -> None:
        self._chunks = chunks
        self._held = bytearray()
        self._cut: list[Future[ChunkRef]] = []
        self._stream: Pending | None = None
        self._buffers: list[Pending] = []

    def write(self, data: Buffer | PickleBuffer) -> int:
        """Take a piece of the stream."""
        with PickleBuffer(data).raw() as view:
            done = 0
            while done < len(view):
                taken = view[done : done + CHUNK - len(self._held)]
                self._held += taken
                done += len(taken)
                if len(self._held) == CHUNK:
                    self._cut.append(self._chunks.cut(self._held))
                    self._held = bytearray()
            return done

    def buffer(self, data: PickleBuffer) -> bool:
        """Take a buffer out of band; true for one that shall go into the stream, being small."""
        view = data.raw()
        if len(view) < _IN_BAND:
            return True
        self._buffers.append(self._chunks.add(view))
        return False

    @property
    def stream(self) -> Blob:
        """Where its stream is; waits until it is there."""
        if self._stream is None:
            msg = "this component is not finished"
            raise ValueError(msg)
        return self._result(self._stream)

    @property
    def buffers(self) -> tuple[Blob, ...]:
        """Where its buffers are; waits until they are there."""
        return tuple(map(self._result, self._buffers))

    def _result(self, pending: Pending) -> Blob:
        if not all(chunk.done() for chunk in pending.chunks):
            self._chunks.seal()  # else nobody would ever fill the pack that it is in
        return pending.result()

    def __enter__(self) -> ComponentWriter:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if exc is None:
            self._finish()
        self._held = bytearray()

    def _finish(self) -> None:
        if not self._cut:
            self._stream = self._chunks.add(memoryview(self._held))
            return
        size = len(self._cut) * CHUNK + len(self._held)
        if self._held:
            self._cut.append(self._chunks.cut(self._held))
        self._stream = Pending(tuple(self._cut), size)
