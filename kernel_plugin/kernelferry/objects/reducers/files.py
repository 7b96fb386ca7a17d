"""Open files: the same file, opened again at the same position.

Only regular files that are still where they were opened; and after the move only if nobody has changed them. Whoever
saves flushes what is waiting in their buffers first, see `open_files`.
"""

from __future__ import annotations

import io
import os
import stat
import tempfile
from typing import Any

from kernelferry.objects.reducers.reduction import CannotStore, Reducer

_TEXT, _RAW = io.TextIOWrapper, io.FileIO
_BUFFERED = (io.BufferedReader, io.BufferedWriter, io.BufferedRandom)


def reopened(
    names: tuple[str, Any], mode: str, position: int, pin: tuple[int, int], text: dict[str, Any] | None
) -> Any:
    """Open a file again.

    Args:
        names: its absolute path, and the name that it was opened by.
        mode: that of the raw file.
        position: in bytes; for text, what `tell` said.
        pin: its size and the time of its last change.
        text: how a text file is to be decoded; None for bytes.
    """
    path, name = names
    try:
        found = os.stat(path)  # noqa: PTH116 - what open files have are names, not paths
    except OSError as exc:
        msg = f"the file {path} is not here"
        raise CannotStore(msg) from exc
    if (found.st_size, found.st_mtime_ns) != pin and (mode == "rb" or found.st_size < pin[0]):
        msg = f"the file {path} has changed since"
        raise CannotStore(msg)
    # Never one that empties the file.
    opened = open(path, {"wb": "rb+", "wb+": "rb+", "xb": "rb+", "xb+": "rb+"}.get(mode, mode))  # noqa: PTH123, SIM115
    raw: Any = getattr(opened, "raw", opened)
    raw.name = name
    more = {} if text is None else text.pop("attributes")
    made: Any = opened if text is None else io.TextIOWrapper(opened, **text)
    made.seek(position)
    if text is not None:
        vars(made).update(more)
    return made


def closed_file(kind: str, path: Any, mode: str, attributes: dict[str, Any]) -> Any:
    """Make a file that is closed."""
    if kind == "BufferedRandom":
        both: Any = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed at once
        both.raw.name = path
        both.close()
        return both
    raw = io.FileIO(os.devnull, "r" if "r" in mode else "w")
    raw.name = path
    made: Any = io.BufferedReader(raw) if "r" in mode else io.BufferedWriter(raw)
    if kind == "text":
        made = io.TextIOWrapper(made, encoding="utf-8")
        vars(made).update(attributes)
    made.close()
    return made


def _file(found: Any) -> Any:
    is_text = type(found) is _TEXT
    if found.closed:
        kind, attributes = ("text", dict(vars(found))) if is_text else (type(found).__name__, {})
        return closed_file, (kind, _name(found), str(getattr(found, "mode", "r")), attributes)
    path, raw_name, mode, pin = _checked(found)
    text = None
    if is_text:
        text = {
            "encoding": found.encoding, "errors": found.errors,
            "line_buffering": found.line_buffering, "write_through": found.write_through,
            "attributes": dict(vars(found)),
        }  # fmt: skip
        text["newline"] = None if getattr(found, "_newline", None) is None else found._newline  # noqa: SLF001
    try:
        position = found.tell()
    except (OSError, ValueError) as exc:
        msg = f"the position in {path} cannot be told ({exc})"
        raise CannotStore(msg) from exc
    return reopened, ((path, raw_name), mode, position, pin, text)


def _checked(found: Any) -> tuple[str, Any, str, tuple[int, int]]:
    """Return path, name, mode and pin of an open file that is where it was."""
    raw = found
    while not isinstance(raw, _RAW):
        raw = raw.buffer if isinstance(raw, _TEXT) else raw.raw
    name = raw.name
    if not isinstance(name, (str, bytes)):
        msg = f"open file without a path: {name!r}"
        raise CannotStore(msg)
    path = _where(raw.fileno(), os.fsdecode(name))
    opened = os.fstat(raw.fileno())
    if not stat.S_ISREG(opened.st_mode):
        msg = f"{path} is no regular file"
        raise CannotStore(msg)
    try:
        there = os.stat(path)  # noqa: PTH116
    except OSError:
        there = None
    if there is None or (there.st_ino, there.st_dev) != (opened.st_ino, opened.st_dev):
        msg = f"the open file {path} was deleted or replaced"
        raise CannotStore(msg)
    return path, name, raw.mode, (opened.st_size, opened.st_mtime_ns)


def _where(descriptor: int, name: str) -> str:
    """Return the absolute path of an open file; the session may have changed folders since it was opened."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - what open files have are names, not paths
    except OSError:
        return os.path.abspath(name)  # noqa: PTH100


def _name(found: Any) -> Any:
    name = getattr(found, "name", "")
    return name if isinstance(name, (str, bytes, int)) else ""


TABLE: dict[type, Reducer] = {_TEXT: _file, **dict.fromkeys(_BUFFERED, _file)}
