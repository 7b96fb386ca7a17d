"""Files that are whole or not there: written beside their place, made durable, and renamed.

What a writer leaves that was killed is a temporary file, which nobody takes for a value.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from kernelferry.checkpoint.store import Buffer

_TEMPORARY = re.compile(r"\.tmp-[0-9a-f]{16}")
Flush = Literal["now", "soon", "never"]
"""When the bytes of a file go to the disk: before the call returns, as soon as the disk has time, or as it pleases."""

_AT_ONCE = 256  # parts in one call; systems allow 1024


def is_temporary(path: Path) -> bool:
    """Whether this is a file that is being written, or was."""
    return _TEMPORARY.fullmatch(path.name) is not None


def temporary_beside(path: Path) -> Path:
    """A path for a temporary file in the same folder: only there can it be renamed without a copy."""
    return path.parent / f".tmp-{secrets.token_hex(8)}"


def write_beside(path: Path, parts: Sequence[Buffer], *, flush: Flush) -> Path:
    """Write a temporary file beside a path, readable by its owner alone; return where it is."""
    temporary = temporary_beside(path)
    try:
        # O_EXCL: not through a link that somebody has put there.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write_all(handle, parts)
            if flush == "now":
                os.fsync(handle)
            elif flush == "soon":
                _begin_to_flush(handle)
        finally:
            os.close(handle)
    except BaseException:
        remove(temporary)  # a full disk needs the room
        raise
    return temporary


def write_new(root: Path, path: Path, parts: Sequence[Buffer], *, flush: Flush) -> Path:
    """Like `write_beside`, but make the folder of the path where it is not there."""
    try:
        return write_beside(path, parts, flush=flush)
    except FileNotFoundError:
        make_folders(root, path.parent)
        return write_beside(path, parts, flush=flush)


def sync_file(path: Path) -> None:
    """Return when the content of a file, or of a folder, is on its disk."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folders(root: Path, folder: Path) -> None:
    """Return when the names in a folder, and in those above it up to a root, are on their disk."""
    sync_file(folder)
    while folder != root:
        folder = folder.parent
        sync_file(folder)


def make_root(root: Path, *, durable: bool) -> None:
    """Make a folder, and those above it, where they are not there."""
    missing = [folder for folder in (root, *root.parents) if not folder.exists()]
    root.mkdir(parents=True, exist_ok=True)
    if durable:
        for folder in missing:
            sync_file(folder.parent)


def make_folders(root: Path, folder: Path) -> None:
    """Make the folders between a root, which must be there, and a folder.

    Never the root itself: where it has vanished, its disk has, and what was written in its place would be lost to view.
    """
    part = root
    for name in folder.relative_to(root).parts:
        part /= name
        with suppress(FileExistsError):
            part.mkdir(mode=0o700)


def remove(path: Path) -> None:
    """Remove a file if that is possible; for temporary files, which harm nobody where they stay."""
    with suppress(OSError):
        path.unlink()


def remove_all(paths: Iterable[Path]) -> None:
    """Remove temporary files if that is possible."""
    for path in paths:
        remove(path)


def _write_all(handle: int, parts: Sequence[Buffer]) -> None:
    views = [memoryview(part).cast("B") for part in parts if len(part)]
    while views:
        written = os.writev(handle, views[:_AT_ONCE])
        while views and written >= len(views[0]):
            written -= len(views.pop(0))
        if written:
            views[0] = views[0][written:]


def _begin_to_flush(handle: int) -> None:
    # "We shall not need these pages" makes Linux begin to write them, without waiting: so the disk is busy while the
    # next ones are digested, and little is left to do when all are made durable. A hint, and so are its errors.
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
