"""Many files made durable together, at the price of a few.

What crash safety needs is an order, not haste: (1) the bytes of a chunk are on the disk before it gets its name, for a
name is taken for a promise, by later saves too, which do not look into chunks that are there already; (2) the names of
all chunks are on the disk before the manifest gets its name. Hence: write all chunks to temporary files and let the
disk work; then, once, make their bytes durable, rename them all, and make durable the one folder that they are in. What
is costly is to wait for the disk's cache to be flushed, and file systems with a journal do that once for many files
that are synced at one time.

A loss of power before that leaves temporary files; afterwards, chunks that `gc` finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from types import TracebackType

from kernelferry.checkpoint.store import Buffer
from kernelferry.stores.explaining import WRITING, explained
from kernelferry.stores.files import remove_all, sync_file, sync_folders, write_new

_TOGETHER = 4  # files synced at one time


class FileBatch:
    """Writes the files of a folder; see `Batch`.

    It belongs to the process that has made it: in a forked child it would rename what its parent is still writing.

    Args:
        root: the folder.
        chunks: the folder in it whose names must be durable even where nothing was written, because another writer may
            have put them there a moment ago.
        durable: whether what is written must outlast a loss of power.
    """

    def __init__(self, root: Path, chunks: Path, *, durable: bool) -> None:
        self._root = root
        self._durable = durable
        self._lock = Lock()
        self._written: dict[Path, Path] = {}
        self._chunks = chunks

    def write(self, key: str, parts: Sequence[Buffer]) -> None:
        """See `Batch`."""
        path = self._root / key
        with explained(self._root, WRITING):
            temporary = write_new(self._root, path, parts, flush="soon" if self._durable else "never")
        with self._lock:
            self._written[temporary] = path

    def sync(self) -> None:
        """See `Batch`."""
        with self._lock:
            written, self._written = self._written, {}
        with explained(self._root, WRITING):
            try:
                self._settle(written)
            except BaseException:
                remove_all(written)  # those that have their names already have no longer this one
                raise

    def __enter__(self) -> FileBatch:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        remove_all(self._written)

    def _settle(self, written: dict[Path, Path]) -> None:
        if self._durable:
            _sync_all(list(written))
        for temporary, path in written.items():
            temporary.replace(path)
        if self._durable:
            for folder in {self._chunks, *(path.parent for path in written.values())}:
                if folder.is_dir():
                    sync_folders(self._root, folder)


def _sync_all(paths: list[Path]) -> None:
    if len(paths) < 2:  # no threads for what most small saves are
        for path in paths:
            sync_file(path)
        return
    with ThreadPoolExecutor(_TOGETHER, thread_name_prefix="kernelferry-sync") as pool:
        for _ in pool.map(sync_file, paths):
            pass
