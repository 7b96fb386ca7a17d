"""What can be seen but not moved: whatever is running.

Saying so is all that can be done. What belongs to the kernel, the server's libraries or progress bars is not named:
the new kernel has its own.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import types
import weakref
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.origins import is_users_file, is_users_frame, session, users
from kernelferry.objects.process.references import Objects
from kernelferry.objects.process.wording import listed

# Their threads and tasks are part of the kernel, or come back by themselves.
_INFRASTRUCTURE = {
    *("ipykernel", "IPython", "zmq", "tornado", "jupyter_client", "jupyter_core", "anyio", "comm", "kernelferry"),
    *("debugpy", "_pydevd_bundle", "_pydev_bundle", "pydevd", "tqdm", "ipyparallel", "concurrent", "nest_asyncio"),
}

# Helpers of pools, by what stands in their command.
_COME_BACK = (b"loky", b"multiprocessing.", b"kernelferry")


class _Running:
    """Something that is running is named, and nothing is restored."""

    early = False

    def restore(self, data: object, objects: Objects) -> list[str]:  # noqa: ARG002
        """Nothing can be done."""
        return []


class Tasks(_Running):
    """Tasks of the event loop, other than the kernel's own."""

    name = "asyncio"

    def loaded(self) -> bool:
        """Whether a loop may exist."""
        return True

    def baseline(self) -> None:
        """None is needed: whose a task is can be seen."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Name the tasks that have not ended."""
        loop = _loop()
        if loop is None:
            return None
        own = asyncio.current_task(loop)
        tasks = [task for task in asyncio.all_tasks(loop) if task is not own and not _is_infrastructure(_module(task))]
        names = sorted(f"{task.get_name()} ({getattr(task.get_coro(), '__qualname__', '?')})" for task in tasks)
        if not names:
            return None
        return Captured(left=(f"A running task cannot be moved: {listed(names)}.",))


class Threads(_Running):
    """Threads that do something for the session.

    Libraries have threads of their own, most of them idle, and have them again when they need them. So a thread counts
    if it was told to run code of the session's or something that a variable holds, or if it runs code of the session's
    right now, as the busy worker of a pool does.
    """

    name = "threads"

    def loaded(self) -> bool:
        """Every process has them."""
        return True

    def baseline(self) -> weakref.WeakSet[threading.Thread]:
        """Those that are running."""
        return weakref.WeakSet(threading.enumerate())

    def capture(self, start: Iterable[threading.Thread] | None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Name them."""
        own = {threading.main_thread(), threading.current_thread(), *(start or ())}
        known = {thread.ident: thread for thread in threading.enumerate()}
        variables = _variables()
        names = [
            "a thread without a name" if (thread := known.get(ident)) is None else thread.name
            for ident, frame in sys._current_frames().items()  # noqa: SLF001 - there is no public way
            if known.get(ident) not in own and _is_the_sessions(known.get(ident), frame, variables)
        ]
        return Captured(left=(f"A running thread cannot be moved: {listed(names)}.",)) if names else None


class Children(_Running):
    """Processes that were started since and are still running. They are seen on Linux only."""

    name = "child processes"

    def loaded(self) -> bool:
        """Whether they can be seen."""
        return sys.platform == "linux"

    def baseline(self) -> set[int]:
        """Those that are running."""
        return set(_children())

    def capture(self, start: set[int] | None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Name the new ones: those that the session forked by their name, others by their command."""
        variables = _variables()
        forked = {process.pid: process for process in _forked()}
        names = [
            f"{process.name} (process {process.pid})"
            for process in forked.values()
            if id(process) in variables or users(process) or users(getattr(process, "_target", None))
        ]
        names += [_command(pid) for pid in _children() if pid not in (start or ()) and pid not in forked]
        named = [name for name in names if name]
        return Captured(left=(f"A running process stays behind: {listed(named)}.",)) if named else None


def _variables() -> set[int]:
    return {id(value) for value in session().values() if value is not None}


def _is_the_sessions(thread: threading.Thread | None, frame: types.FrameType, variables: Collection[int]) -> bool:
    if _is_infrastructure(type(thread).__module__):
        return False
    target = getattr(thread, "_target", None)
    # what it was told to do, and on what; a timer's comes last
    work = [thread, target, getattr(target, "__self__", None), getattr(thread, "function", None)]
    return any(id(each) in variables or _is_users_code(each) for each in work) or _runs_users_code(frame)


def _is_users_code(thing: object) -> bool:
    code = getattr(thing, "__code__", None)
    return users(thing) or (isinstance(code, types.CodeType) and is_users_file(code.co_filename))


def _runs_users_code(innermost: types.FrameType) -> bool:
    frame: types.FrameType | None = innermost
    while frame is not None:
        if is_users_frame(frame):
            return True
        frame = frame.f_back
    return False


def _is_infrastructure(module: str | None) -> bool:
    return module is not None and module.partition(".")[0] in _INFRASTRUCTURE


def _module(task: asyncio.Task[Any]) -> str | None:
    """The module in which a task's coroutine was written."""
    coroutine = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
    return frame and frame.f_globals.get("__name__")


def _loop() -> asyncio.AbstractEventLoop | None:
    """The loop of this thread, running or not. A loop is never made, and no policy, for the asking."""
    running = asyncio._get_running_loop()  # noqa: SLF001 - as the public one, without the exception
    if running is not None:
        return running
    if sys.version_info >= (3, 14):
        try:
            return asyncio.get_event_loop()
        except RuntimeError:
            return None
    policy = asyncio.events._event_loop_policy  # type: ignore[attr-defined]  # noqa: SLF001
    return getattr(getattr(policy, "_local", None), "_loop", None)


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        try:
            found += map(int, (task / "children").read_text(encoding="ascii").split())
        except OSError:  # this thread has just ended, or the kernel was built without this file
            continue
    return found


def _forked() -> list[Any]:
    """Processes of `multiprocessing`; those of a pool are among them."""
    module: Any = sys.modules.get("multiprocessing.process")
    return [process for process in list(module._children) if process.pid] if module else []  # noqa: SLF001


def _command(pid: int) -> str:
    """Which program a process runs, or nothing if that is of no account: it has ended, or comes back when needed."""
    try:
        command, own = (Path(f"/proc/{each}/cmdline").read_bytes() for each in (pid, os.getpid()))
    except OSError:
        return ""
    # A copy of this very process is a fork that saves it, or a worker of a pool.
    if not command or command == own or any(mark in command for mark in _COME_BACK):
        return ""
    # Not all of it: arguments may be secrets.
    return f"{os.fsdecode(command.split(bytes(1))[0])} (process {pid})"
