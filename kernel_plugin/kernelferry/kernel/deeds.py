"""From what was seen of a cell to its `Effects`: files are pinned, traces that are gone are called so."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernelferry.kernel.audit import Seen
from kernelferry.kernel.pins import present_pin
from kernelferry.state.effects import FilePin, FileWrite

_PIN_SECONDS = 0.05
_PIN_SHARE = 0.01
"""Pinning may take so long, or that share of the cell's own time, whichever is more. What is left is not pinned."""


@dataclass(frozen=True, slots=True)
class Process:
    """What of the process a cell may change, and can be compared at once."""

    folder: str
    environment: Mapping[Any, Any]  # in the encoded form that the platform has
    path: tuple[object, ...]

    @classmethod
    def now(cls, path: list[str]) -> Process:
        """Look at it."""
        try:
            folder = os.getcwd()  # noqa: PTH109 - this runs before each cell
        except OSError:
            folder = ""
        # The encoded form costs a microsecond, the decoded one a hundred.
        environment = getattr(os.environ, "_data", os.environ)
        return cls(folder, dict(environment), tuple(path))

    def changes(self, now: Process) -> list[str]:
        """The aspects that differ."""
        return [
            aspect
            for aspect, differs in (
                ("cwd", self.folder != now.folder),
                ("environ", self.environment != now.environment),
                ("sys.path", self.path != now.path),
            )
            if differs
        ]


@dataclass(slots=True)
class Files:
    """The files of a cell, as `Effects` have them."""

    pins: list[FilePin] = field(default_factory=list)
    unpinned: list[str] = field(default_factory=list)
    written: list[FileWrite] = field(default_factory=list)


def settle(seen: Seen, seconds: float) -> Files:
    """Look at the files after the cell.

    Args:
        seen: what it did.
        seconds: how long it took; a long cell may have read many files.
    """
    files = Files()
    for path, (how, existed) in seen.written.items():
        files.written.append(FileWrite(path, how, scratch=not existed and not os.path.lexists(path)))
    own = {write.path for write in files.written if write.scratch}
    end = time.perf_counter() + max(_PIN_SECONDS, _PIN_SHARE * seconds)
    for path, modified in seen.read.items():
        if path in own or _is_nothing(path):
            continue
        pin = None if path in seen.written or time.perf_counter() > end else present_pin(path)
        if pin is None or (modified is not None and not _is_folder(pin) and pin.mtime_ns != modified):
            files.unpinned.append(path)
        else:
            files.pins.append(pin)
    return files


def _is_folder(pin: FilePin) -> bool:
    return pin.digest.startswith("names-")


def _is_nothing(path: str) -> bool:
    # The one device whose content is always the same.
    try:
        return path == os.devnull and stat.S_ISCHR(os.stat(path).st_mode)  # noqa: PTH116 - as elsewhere here
    except OSError:
        return False
