"""Pins: what a file was when a cell read it, in a form that can be compared later, and elsewhere.

A digest says how it was made: `xxh3-…` and `b2-…` are of the whole content, `sampled-…` of a large file's beginning,
end, and pieces between. Folders are pinned too, by the names in them, for a cell may depend on a listing.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import stat
from collections.abc import Callable
from typing import Any

from kernelferry.state.effects import FilePin

WHOLE_BYTES = 8 * 1024 * 1024
"""Files up to this size are digested as a whole: some milliseconds."""

_SAMPLE_BYTES = 64 * 1024
_SAMPLES = 32


def present_pin(path: str) -> FilePin | None:
    """The pin of a file or folder as it is now; None if it is not there, cannot be read, or is neither.

    Args:
        path: absolute.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - this runs for each file that a cell read
        if stat.S_ISDIR(status.st_mode):
            return _folder_pin(path)
        if not stat.S_ISREG(status.st_mode):
            return None
        return FilePin(path, status.st_size, status.st_mtime_ns, _file_digest(path, status.st_size))
    except (OSError, ValueError):  # ValueError: a zero byte in the name
        return None


def _folder_pin(path: str) -> FilePin:
    digest, algorithm = _hasher()
    names = sorted(os.listdir(path))  # noqa: PTH208 - likewise
    digest.update("\0".join(names).encode(errors="surrogateescape"))
    # The time of a folder changes with any file that comes and goes, also when the names are the same in the end.
    return FilePin(path, len(names), 0, f"names-{algorithm}-{digest.hexdigest()}")


def _file_digest(path: str, size: int) -> str:
    digest, algorithm = _hasher()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - likewise
        if size <= WHOLE_BYTES:
            digest.update(file.read())
            return f"{algorithm}-{digest.hexdigest()}"
        for place in range(_SAMPLES):
            file.seek(place * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
    return f"sampled-{algorithm}-{digest.hexdigest()}"


def _hasher() -> tuple[Any, str]:
    global _make  # noqa: PLW0603 - looked for once, when it is first needed
    if _make is None:
        _make = _find_hasher()
    return _make()


_make: Callable[[], tuple[Any, str]] | None = None


def _find_hasher() -> Callable[[], tuple[Any, str]]:
    try:
        xxhash: Any = importlib.import_module("xxhash")
    except ImportError:
        return lambda: (hashlib.blake2b(digest_size=16), "b2")
    return lambda: (xxhash.xxh3_128(), "xxh3")
