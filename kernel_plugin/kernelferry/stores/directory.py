"""Checkpoints in a folder: one file for each value.

A value is written to a temporary file beside its place, made durable, and renamed. So at its place there is the old one
or the new one, whole, whatever happens in between, and two who write the same do not disturb each other.

Files can be read by their owner alone: what a session holds is nobody else's.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from kernelferry.checkpoint.store import Batch, Buffer, Entry
from kernelferry.stores.batch import FileBatch
from kernelferry.stores.explaining import READING, REMOVING, WRITING, explain, explained
from kernelferry.stores.files import is_temporary, make_root, remove, sync_folders, temporary_beside, write_new

_OURS = ("chunks", "checkpoints")  # the user may keep other things in the folder too, and many


class DirectoryStore:
    """Keeps values as files in a folder.

    Args:
        folder: where.
        create: whether to make it where it is not there.
        durable: whether what is written must outlast a loss of power, not only of the process. It costs what the disk
            costs.

    Raises:
        StoreError: there is no such folder, or it cannot be made.
    """

    def __init__(self, folder: str | os.PathLike[str], *, create: bool = False, durable: bool = True) -> None:
        self._folder = Path(folder).absolute()
        self._durable = durable
        with explained(self._folder, WRITING if create else READING):
            if create:
                make_root(self._folder, durable=durable)
            os.scandir(self._folder).close()

    @property
    def name(self) -> str:
        """The path of the folder."""
        return str(self._folder)

    def write(self, key: str, parts: Sequence[Buffer]) -> None:
        """See `Store`."""
        path = self._path(key)
        with explained(self._folder, WRITING):
            temporary = write_new(self._folder, path, parts, flush="now" if self._durable else "never")
            try:
                temporary.replace(path)
            except BaseException:
                remove(temporary)
                raise
            if self._durable:
                sync_folders(self._folder, path.parent)

    def batch(self) -> Batch:
        """See `Store`."""
        return FileBatch(self._folder, self._folder / "chunks", durable=self._durable)

    def read(self, key: str, *, limit: int | None = None) -> bytes:
        """See `Store`."""
        with explained(self._folder, READING, key=key), self._path(key).open("rb") as file:
            return file.read(-1 if limit is None else limit)

    def read_into(self, key: str, target: memoryview) -> int:
        """See `Store`."""
        with explained(self._folder, READING, key=key), self._path(key).open("rb", buffering=0) as file:
            done = 0
            while done < len(target) and (count := file.readinto(target[done:])):
                done += count
            return done if done < len(target) else os.fstat(file.fileno()).st_size

    def touch(self, key: str) -> int | None:
        """See `Store`."""
        path = self._path(key)
        with explained(self._folder, WRITING):
            try:
                os.utime(path)
            except FileNotFoundError:
                return None
            except PermissionError:
                pass  # somebody else's file in a shared folder: it is as old as it is
            return path.stat().st_size

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store`."""
        top = prefix.rpartition("/")[0]
        for path in self._files(self._path(top) if top else self._folder):
            key = path.relative_to(self._folder).as_posix()
            if key.startswith(prefix) and not is_temporary(path):
                with explained(self._folder, READING), suppress(FileNotFoundError):  # removed since
                    found = path.stat()
                    yield Entry(key, found.st_size, found.st_mtime)

    def delete(self, key: str, *, unless_after: float = math.inf) -> bool:
        """See `Store`."""
        path = self._path(key)
        aside = temporary_beside(path)
        with explained(self._folder, REMOVING):
            try:
                if path.stat().st_mtime > unless_after:
                    return False
                # Out of sight first: who touches it from now on is told that there is none, and who did so between
                # the look and this is seen by a second look.
                path.replace(aside)
                if aside.stat().st_mtime > unless_after:
                    aside.replace(path)
                    return False
            except FileNotFoundError:
                return False
            aside.unlink()
            self._remove_empty(path.parent)
        return True

    def tidy(self, older_than: float) -> Iterator[str]:
        """See `Store`."""
        ours = (path for part in _OURS for path in self._files(self._folder / part))
        for path in ours:
            with explained(self._folder, REMOVING), suppress(FileNotFoundError):  # its writer was quicker
                if is_temporary(path) and path.stat().st_mtime < time.time() - older_than:
                    path.unlink()
                    yield path.relative_to(self._folder).as_posix()

    def _path(self, key: str) -> Path:
        # Keys are made of checked parts. Should one ever not be, it must not lead out of the folder.
        if any(part in {"", ".", ".."} or "\0" in part or is_temporary(Path(part)) for part in key.split("/")):
            msg = f"not a key: {key!r}"
            raise ValueError(msg)
        return self._folder / key

    def _files(self, top: Path) -> Iterator[Path]:
        """All files below a folder; none, if it is not there but that of the store is."""
        folders = [top]
        while folders:
            try:
                with os.scandir(folders.pop()) as found:
                    entries = list(found)
            except OSError as exc:
                if isinstance(exc, FileNotFoundError) and self._folder.is_dir():
                    continue
                raise explain(exc, self._folder, READING) from exc
            folders += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
            yield from (Path(entry.path) for entry in entries if entry.is_file())

    def _remove_empty(self, folder: Path) -> None:
        """Remove a folder and those above it, as far as they are empty; the folders of checkpoints are many."""
        with suppress(OSError):
            while self._folder not in {folder, folder.parent}:
                folder.rmdir()
                folder = folder.parent
