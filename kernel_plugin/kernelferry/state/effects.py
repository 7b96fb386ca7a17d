"""What a cell did besides computing: plain values, written down by whoever watched it run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class FilePin:
    """A file as it was when a cell read it; equal pins mean equal content.

    Args:
        path: absolute.
        size: in bytes.
        mtime_ns: when it was last modified.
        digest: of its content, or of samples of it if it is large; whoever makes pins says how.
    """

    path: str
    size: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True, slots=True)
class FileWrite:
    """A file that a cell opened to write, removed, renamed, or changed in another way.

    Args:
        path: absolute.
        how: the open mode, or a word such as `removed`.
        scratch: it did not exist before the cell, and does not exist after it.
    """

    path: str
    how: str
    scratch: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """What the audit events and the shell showed of one execution.

    Args:
        files_read: inputs, pinned.
        files_unpinned: inputs that could not be pinned, such as pipes, devices, or files gone by then.
        files_written: see `FileWrite`.
        sockets: whom it connected to or listened for, as text.
        processes: the commands that it started.
        stdin: it asked the user for input.
        randomness: which generators it advanced, as `random` or `numpy.random`.
        randomness_lost: those of them whose state before the cell is not known, so that a replay would draw other
            values.
        process_state: aspects of the process that it changed, as `cwd` or `environ`.
        threads: it left threads or tasks behind, which go on by themselves.
        magics: those that it used, as `%cd`.
        other: audit events that matter and have no place above.
        shell_history: what it used of the shell's own history, as `_3` or `In`; a replay finds another there.
        folder: the working directory before it, if it opened files by relative paths; otherwise empty.
    """

    files_read: tuple[FilePin, ...] = ()
    files_unpinned: tuple[str, ...] = ()
    files_written: tuple[FileWrite, ...] = ()
    sockets: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    stdin: bool = False
    randomness: tuple[str, ...] = ()
    randomness_lost: tuple[str, ...] = ()
    process_state: tuple[str, ...] = ()
    threads: bool = False
    magics: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    shell_history: tuple[str, ...] = ()
    folder: str = ""

    def to_json(self) -> dict[str, Any]:
        """Only what is not empty, in plain types."""
        written: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value and isinstance(value, tuple):
                written[field.name] = [_plain(item) for item in value]
            elif value:
                written[field.name] = value
        return written

    @classmethod
    def from_json(cls, written: Any) -> Effects:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is something else.
        """
        if not isinstance(written, Mapping):
            msg = f"effects are an object, not {written!r:.60}"
            raise ValueError(msg)  # noqa: TRY004 - to the reader of a file it is a wrong value like others
        return cls(**{name: _read(name, written[name]) for name in _FIELDS if name in written})


NO_EFFECTS = Effects()

_FIELDS = tuple(field.name for field in fields(Effects))
_FLAGS = {"stdin", "threads"}
_TEXTS = {"folder"}
_ROWS: dict[str, tuple[type[FilePin | FileWrite], tuple[type, ...]]] = {
    "files_read": (FilePin, (str, int, int, str)),
    "files_written": (FileWrite, (str, str, bool)),
}


def _plain(item: FilePin | FileWrite | str) -> list[Any] | str:
    return item if isinstance(item, str) else [getattr(item, field.name) for field in fields(item)]


def _read(name: str, value: Any) -> Any:
    if (name in _FLAGS and isinstance(value, bool)) or (name in _TEXTS and isinstance(value, str)):
        return value
    if name in _ROWS and isinstance(value, list):
        kind, types = _ROWS[name]
        if all(isinstance(row, list) and list(map(type, row)) == list(types) for row in value):
            return tuple(kind(*row) for row in value)
    elif name not in _FLAGS | _TEXTS and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    msg = f"the effect {name!r} cannot be {value!r:.60}"
    raise ValueError(msg)
