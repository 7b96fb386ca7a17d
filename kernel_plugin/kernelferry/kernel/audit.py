"""One audit hook for the life of the process, and a window that is open while a cell runs.

A hook cannot be removed, and is called for every event: `id()` raises one. So it asks first whether it knows the event,
and then whether a window is open, and does nothing else. What the window sees it turns into text at once: to keep the
arguments would keep the user's objects alive.

Whose deeds these are: those of the thread that runs the cell, and of threads that were not there before it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernelferry.kernel.origins import Origin, origin
from kernelferry.kernel.paths import absolute

_WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_ACCESS = os.O_WRONLY | os.O_RDWR
_O_TMPFILE = getattr(os, "O_TMPFILE", 0)
_O_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_WITHOUT_KIND = str.maketrans("", "", "btU")
_LONGEST = 200
"""Characters of a command or an address that are kept: enough to recognise it."""


@dataclass(slots=True)
class Seen:
    """What was seen, in the order of its first occurrence; dictionaries serve as ordered sets.

    Args:
        read: path to the time of its last modification when it was opened; None if that could not be told.
        written: path to how, and whether it was there before.
        relative: a relative path was used, so the working directory matters.
    """

    read: dict[str, int | None] = field(default_factory=dict)
    written: dict[str, tuple[str, bool]] = field(default_factory=dict)
    sockets: dict[str, None] = field(default_factory=dict)
    processes: dict[str, None] = field(default_factory=dict)
    other: dict[str, None] = field(default_factory=dict)
    stdin: bool = False
    threads_started: bool = False
    relative: bool = False


@dataclass(slots=True)
class Window:
    """Sees the events of one cell.

    Args:
        namespace: the notebook's, by which the user's own frames are known.
        strangers: threads that run already and are not the cell's, by their number, which a later one may get again.
        source: of the cell; a path that stands in it is certainly the user's.
        shells_own: where the shell keeps its own files, as beginnings of paths.
    """

    namespace: object
    strangers: Mapping[int, threading.Thread]
    shells_own: tuple[str, ...] = ()
    source: str = ""
    seen: Seen = field(default_factory=Seen)

    def see(self, event: str, args: tuple[Any, ...]) -> None:
        """Take notice of an event that was raised in this very thread."""
        ident = threading.get_ident()
        if ident in self.strangers and threading._active.get(ident) is self.strangers[ident]:  # type: ignore[attr-defined]  # noqa: SLF001
            return  # `current_thread` would make up an object for a thread that has none
        try:
            _EVENTS[event](self, args)
        except Exception as exc:  # noqa: BLE001 - an exception here would end up in the user's code
            self.seen.other[f"{event} (it could not be read: {type(exc).__name__})"] = None

    def open(self, args: tuple[Any, ...]) -> None:
        """A file is being opened."""
        path, mode, flags = args
        if isinstance(path, int) or flags & _O_DIRECTORY:  # a directory is opened to name others relative to it
            return
        if _O_TMPFILE and flags & _O_TMPFILE == _O_TMPFILE:  # a file without a name
            return
        writing = _is_writing(mode, flags)
        if writing and os.path.isdir(path):  # noqa: PTH112 - bytes too
            return  # temporary files name their folder first, and then themselves
        if writing:
            self.write(path, mode.translate(_WITHOUT_KIND) if isinstance(mode, str) and mode else "written")
        if _is_reading(mode, flags):
            self.read(path)

    def read(self, path: Any, folder: int = -1) -> None:
        """A file is being opened to be read, or a folder to be listed."""
        found = absolute(path, folder)
        if found in self.seen.read or self._passes_over(found, writing=False):
            return
        self.seen.relative = self.seen.relative or not os.path.isabs(os.fspath(path))  # noqa: PTH117 - bytes too
        try:
            self.seen.read[found] = os.stat(found).st_mtime_ns  # noqa: PTH116 - likewise
        except (OSError, ValueError):
            # What is not there fails to open; that it is not there, the cell has seen.
            self.seen.read[found] = None

    def write(self, path: Any, how: str, folder: int = -1) -> None:
        """A file is being changed, made or removed."""
        if isinstance(path, int):  # its opening was seen
            return
        found = absolute(path, folder)
        if found in self.seen.written or self._passes_over(found, writing=True):
            return
        self.seen.relative = self.seen.relative or not os.path.isabs(os.fspath(path))  # noqa: PTH117 - bytes too
        self.seen.written[found] = how, os.path.lexists(found)

    def connect(self, peer: object) -> None:
        """Somebody is talked to, or listened for."""
        if peer is not None:
            self.seen.sockets[_short(peer)] = None

    def start(self, command: object) -> None:
        """A process is being started."""
        if origin(self.namespace) is not Origin.LIBRARY_IMPORT:
            self.seen.processes[_short(command)] = None

    def _passes_over(self, path: str, *, writing: bool) -> bool:
        name = os.path.basename(path)  # noqa: PTH119 - plain text, and often
        if path.startswith(self.shells_own) or (name.startswith("<") and name.endswith(">")):
            return True  # the last: where a cell does not compile, the compiler tries to read its line there
        return path not in self.source and origin(self.namespace).explains(path, writing=writing)


def install() -> None:
    """Add the hook to this process, unless it is there."""
    global _installed  # noqa: PLW0603 - a hook is for the life of the process, like this module
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)
        # A forked child has its own cells, or none.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=close)


def open_window(window: Window) -> None:
    """Begin to look; whatever looked before sees no more."""
    global _window  # noqa: PLW0603 - there is one hook, and it looks here
    _window = window


def close() -> None:
    """End looking."""
    global _window  # noqa: PLW0603 - there is one hook, and it looks here
    _window = None


_installed = False
_window: Window | None = None


def _is_writing(mode: object, flags: int) -> bool:
    if isinstance(mode, str) and mode:
        return any(letter in "wxa+" for letter in mode)
    return bool(flags & _WRITING_FLAGS)


def _is_reading(mode: object, flags: int) -> bool:
    if isinstance(mode, str) and mode:
        return "r" in mode or ("+" in mode and "w" not in mode and "x" not in mode)
    return flags & _ACCESS != os.O_WRONLY and not flags & (os.O_TRUNC | os.O_EXCL)


def _short(value: object) -> str:
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    if isinstance(value, list | tuple):
        value = " ".join(_short(part) for part in value)
    return str(value)[:_LONGEST]


def _address(address: Any) -> object:
    if isinstance(address, tuple) and len(address) >= 2:
        return f"{_short(address[0])}:{_short(address[1])}"
    return address


def _rename(window: Window, args: tuple[Any, ...]) -> None:
    source, target, source_folder, target_folder = args
    window.write(source, "renamed", source_folder)
    window.write(target, "renamed", target_folder)


def _sqlite(window: Window, args: tuple[Any, ...]) -> None:
    # What goes on in the file afterwards, nobody sees.
    if args[0] not in {":memory:", b":memory:", "", b""}:
        window.write(args[0], "opened as a database")


def _stdin(window: Window, args: tuple[Any, ...]) -> None:  # noqa: ARG001 - one signature for all
    window.seen.stdin = True


def _thread(window: Window, args: tuple[Any, ...]) -> None:  # noqa: ARG001 - likewise
    window.seen.threads_started = True


def _writes(how: str, place: int = 0, folder: int | None = None) -> Callable[[Window, tuple[Any, ...]], None]:
    def see(window: Window, args: tuple[Any, ...]) -> None:
        window.write(args[place], how, -1 if folder is None or folder >= len(args) else args[folder])

    return see


def _lists(window: Window, args: tuple[Any, ...]) -> None:
    if not isinstance(args[0], int):
        window.read("." if args[0] is None else args[0])


def _process(window: Window, args: tuple[Any, ...]) -> None:
    # (executable, args, …) for most; the arguments say more.
    window.start(args[1] if len(args) > 1 and args[1] else args[0])


def _other(event: str) -> Callable[[Window, tuple[Any, ...]], None]:
    def see(window: Window, args: tuple[Any, ...]) -> None:
        detail = args[0] if args and isinstance(args[0], str | int) else ""
        window.seen.other[f"{event} {detail}".strip()] = None

    return see


def _host(window: Window, args: tuple[Any, ...]) -> None:
    window.connect(_address(tuple(args[1:3])))


_EVENTS: dict[str, Callable[[Window, tuple[Any, ...]], None]] = {
    "open": Window.open,
    "os.remove": _writes("removed", 0, 1),
    "os.rmdir": _writes("removed", 0, 1),
    "shutil.rmtree": _writes("removed"),
    "os.mkdir": _writes("made", 0, 2),
    "os.truncate": _writes("truncated"),
    "os.chmod": _writes("changed the mode of", 0, 2),
    "os.chown": _writes("changed the owner of", 0, 3),
    "os.utime": _writes("changed the time of", 0, 3),
    "os.setxattr": _writes("changed an attribute of"),
    "os.removexattr": _writes("changed an attribute of"),
    "os.link": _writes("linked", 1, 3),
    "os.symlink": _writes("linked", 1, 2),
    "os.rename": _rename,
    "os.listdir": _lists,
    "os.scandir": _lists,
    "sqlite3.connect": _sqlite,
    "socket.connect": lambda window, args: window.connect(_address(args[1])),
    "socket.bind": lambda window, args: window.connect(_address(args[1])),
    "socket.sendto": lambda window, args: window.connect(_address(args[1])),
    "socket.sendmsg": lambda window, args: window.connect(_address(args[1])),
    "socket.getaddrinfo": lambda window, args: window.connect(_address(args[:2])),
    "socket.gethostbyname": lambda window, args: window.connect(args[0]),
    "urllib.Request": lambda window, args: window.connect(args[0]),
    "http.client.connect": _host,
    "ftplib.connect": _host,
    "smtplib.connect": _host,
    "imaplib.open": _host,
    "poplib.connect": _host,
    "subprocess.Popen": _process,
    "os.system": _process,
    "os.exec": _process,
    "os.posix_spawn": _process,
    "os.spawn": lambda window, args: window.start(args[2]),
    "os.startfile": _process,
    "pty.spawn": _process,
    "os.fork": lambda window, _: window.start("fork()"),
    "os.forkpty": lambda window, _: window.start("forkpty()"),
    "builtins.input": _stdin,
    "_thread.start_new_thread": _thread,
    "_thread.start_joinable_thread": _thread,
    **{event: _other(event) for event in ("os.kill", "os.killpg", "webbrowser.open", "syslog.syslog", "sys.settrace",
                                          "sys.setprofile", "resource.setrlimit", "resource.prlimit")},
}  # fmt: skip


def _hook(event: str, args: tuple[Any, ...], known: frozenset[str] = frozenset(_EVENTS)) -> None:
    if event in known and _window is not None:
        _window.see(event, args)
