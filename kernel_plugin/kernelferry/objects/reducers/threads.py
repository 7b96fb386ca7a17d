"""Locks, threads and what belongs to them."""

from __future__ import annotations

import queue
import sys
import threading
from typing import Any

from kernelferry.objects.reducers.reduction import CannotStore, Reducer

_LOCK = type(threading.Lock())
_RLOCK = type(threading.RLock())
# Of a thread that has ended: handles of the system, locks that nobody will release, and what it reported its end to.
_HANDLES = frozenset({"_tstate_lock", "_handle", "_os_thread_handle", "_context", "_stderr", "_invoke_excepthook"})


def local_with(cls: Any, attributes: dict[str, Any]) -> Any:
    """Make thread-local data as the main thread sees it, past its class's own `__init__`."""
    made = threading.local.__new__(cls)
    made.__dict__.update(attributes)
    return made


def ended_thread(cls: Any) -> Any:
    """Make a thread that has ended."""
    made = cls.__new__(cls)
    made._stderr = sys.stderr  # noqa: SLF001 - there is no public way to a thread that has ended
    made._invoke_excepthook = threading._make_invoke_excepthook()  # type: ignore[attr-defined]  # noqa: SLF001
    made._tstate_lock = None  # noqa: SLF001 - up to Python 3.12
    if hasattr(threading, "_ThreadHandle"):  # from 3.13 on; one that has ended can only be had from a thread that has
        short = threading.Thread(target=int)
        short.start()
        short.join()
        made._handle = short._handle  # type: ignore[attr-defined]  # noqa: SLF001
    return made


def queue_of(items: list[Any]) -> Any:
    """Make a simple queue that holds these."""
    made: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for item in items:
        made.put(item)
    return made


def _lock(lock: Any) -> Any:
    if lock.locked():
        msg = "thread lock is held"
        raise CannotStore(msg)
    return threading.Lock, ()


def _rlock(lock: Any) -> Any:
    if repr(lock).startswith("<locked"):  # there is no method to ask before Python 3.14
        msg = "thread lock is held"
        raise CannotStore(msg)
    return threading.RLock, ()


def local(found: threading.local) -> Any:
    """Write thread-local data, as this thread sees it."""
    return local_with, (type(found), dict(vars(found)))


def thread(found: threading.Thread) -> Any:
    """Write a thread that has ended, or that has not begun."""
    if found.is_alive():
        msg = f"thread {found.name} is running"
        raise CannotStore(msg)
    state = vars(found)
    if not found._started.is_set():  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way to ask
        msg = f"thread {found.name} has not been started"
        raise CannotStore(msg)
    return ended_thread, (type(found),), {key: value for key, value in state.items() if key not in _HANDLES}


def _simple_queue(found: queue.SimpleQueue[Any]) -> Any:
    items = []
    while True:
        try:
            items.append(found.get_nowait())
        except queue.Empty:
            break
    for item in items:
        found.put(item)
    return queue_of, (items,)


TABLE: dict[type, Reducer] = {
    _LOCK: _lock,
    _RLOCK: _rlock,
    threading.local: local,
    threading.Thread: thread,
    queue.SimpleQueue: _simple_queue,
}
