"""What goes on by itself: threads and tasks of the user's, which may change anything while a cell runs, and between.

The kernel has threads and tasks of its own, and so have some libraries whose threads only count or wait; those are left
out. A pool's thread that waits for work does nothing either.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_HARMLESS_MODULES = ("tqdm.", "ipykernel.", "IPython.", "zmq.", "tornado.", "jupyter_client.", "debugpy", "_pydevd")
_POOLS = ("/concurrent/futures/thread.py", "/multiprocessing/pool.py")
_WAITING = (*_POOLS, "/threading.py", "/queue.py", "/multiprocessing/connection.py", "/selectors.py")


class Activity:
    """Tells the user's threads and tasks from those that were there before him.

    Args:
        namespace: the notebook's, by which the user's own code is known.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._own = frozenset(id(thread) for thread in threading.enumerate())
        self._kept = tuple(threading.enumerate())  # so that no later thread gets the identity of one of them

    def threads(self) -> list[threading.Thread]:
        """The threads of the user's that may be doing something now."""
        alive = threading.enumerate()
        if len(alive) <= 1:
            return []
        return [thread for thread in alive if id(thread) not in self._own and self._matters(thread)]

    def tasks(self) -> list[str]:
        """The unfinished tasks on the running loop that run code of the user's, by name."""
        asyncio: Any = sys.modules.get("asyncio")  # a kernel has loaded it
        loop = asyncio._get_running_loop() if asyncio else None  # noqa: SLF001 - the public one raises, and often
        if loop is None:
            return []
        current = asyncio.current_task(loop)
        return [task.get_name() for task in asyncio.all_tasks(loop) if task is not current and self._is_users(task)]

    def _matters(self, thread: threading.Thread) -> bool:
        cls = type(thread)
        if thread is threading.main_thread() or cls.__module__.startswith(_HARMLESS_MODULES):
            return False
        # A timer waits too, but for the user's function; a pool's thread waits for what a later cell gives it.
        names = list(_files(sys._current_frames().get(thread.ident or 0)))  # noqa: SLF001 - there is no other way
        waits = any(name.endswith(_POOLS) for name in names) and all(name.endswith(_WAITING) for name in names)
        return not waits

    def _is_users(self, task: Any) -> bool:
        coroutine = task.get_coro()
        code = getattr(coroutine, "cr_code", None) or getattr(coroutine, "gi_code", None)
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is not None and frame.f_globals is self._namespace:
            return True
        # A library's coroutine runs what it was given; the kernel's own run nothing of the user's.
        module = frame.f_globals.get("__name__", "") if frame is not None else ""
        return code is not None and not str(module).startswith((*_HARMLESS_MODULES, "asyncio."))


def _files(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back
