"""Graphs so deep that recursion over them runs out of stack.

The C pickler calls itself for each level. Where the interpreter lets us, it gets a thread with a stack for a million
levels. From Python 3.12 to 3.13 the depth of C calls is fixed; there the pickler that is written in Python does it,
slowly, since the depth of Python calls is not.
"""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from kernelferry.objects.pickling import PROTOCOL, Overrides, Session, Sink, out_of_band

T = TypeVar("T")

_LEVELS = 2_000_000
_STACKS = (1 << 30, 512 << 20, 256 << 20)  # bytes; only what is used of them is ever taken
_C_DEPTH_IS_FIXED = (3, 12) <= sys.version_info < (3, 14)


class PurePickler(Overrides, pickle._Pickler):  # noqa: SLF001 - the pickler in Python
    """The pickler that is written in Python, with our overrides."""

    def __init__(self, session: Session, sink: Sink, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(sink, PROTOCOL, buffer_callback=out_of_band(buffers))
        self.session = session


def needs_python() -> bool:
    """Say whether deep graphs need the pickler that is written in Python."""
    return _C_DEPTH_IS_FIXED


def call_deep(function: Callable[[], T]) -> T:
    """Call a function where recursion may go very deep.

    Raises:
        RecursionError: not even there was there room for it.
    """
    answer: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            answer.append(function())
        except BaseException as exc:  # noqa: BLE001 - raised again in the thread that asked
            failure.append(exc)

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _LEVELS))
    try:
        _in_thread(run)
    finally:
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return answer[0]


def _in_thread(run: Callable[[], None]) -> None:
    before = threading.stack_size()
    for size in _STACKS:
        try:
            threading.stack_size(size)
            thread: Any = threading.Thread(target=run, name="kernelferry-deep")
            thread.start()
        except (RuntimeError, ValueError):  # no room for a stack of this size
            continue
        finally:
            threading.stack_size(before)
        thread.join()
        return
    msg = "there is no room for the stack that a graph of this depth needs"
    raise RecursionError(msg)
