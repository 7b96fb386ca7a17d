"""Pools that have nothing to do, futures that are done, and context variables."""

from __future__ import annotations

import concurrent.futures
import contextvars
from typing import Any

from kernelferry.objects.reducers.reduction import CannotStore, Reducer

_UNSET = "unset"


def thread_pool(arguments: tuple[Any, ...], closed: bool) -> Any:  # noqa: FBT001
    """Make a pool of threads."""
    made = concurrent.futures.ThreadPoolExecutor(*arguments)
    if closed:
        made.shutdown()
    return made


def done_future(result: Any, failure: BaseException | None, cancelled: bool) -> Any:  # noqa: FBT001
    """Make a future that is done."""
    made: concurrent.futures.Future[Any] = concurrent.futures.Future()
    if cancelled:
        made.cancel()
        made.set_running_or_notify_cancel()
    elif failure is not None:
        made.set_exception(failure)
    else:
        made.set_result(result)
    return made


def context_variable(name: str, value: tuple[Any, ...]) -> Any:
    """Make a context variable with the value that it had."""
    made: contextvars.ContextVar[Any] = contextvars.ContextVar(name)
    if value != (_UNSET,):
        made.set(value[1])
    return made


def context_with(values: list[tuple[Any, Any]]) -> Any:
    """Make a context in which variables have these values."""
    made = contextvars.Context()
    for variable, value in values:
        made.run(variable.set, value)
    return made


def _context(context: contextvars.Context) -> Any:
    return context_with, (list(context.items()),)


def _thread_pool(pool: Any) -> Any:
    # There is no public way to ask a pool what it has to do.
    queue, threads = pool._work_queue, pool._threads  # noqa: SLF001
    busy = queue.qsize() > 0 or pool._idle_semaphore._value < len(threads)  # noqa: SLF001
    if busy and not pool._shutdown:  # noqa: SLF001
        msg = "a pool of threads that has work to do"
        raise CannotStore(msg)
    arguments: tuple[Any, ...] = (pool._max_workers, pool._thread_name_prefix)  # noqa: SLF001
    if getattr(pool, "_initializer", None) is not None:
        arguments = (*arguments, pool._initializer, pool._initargs)  # noqa: SLF001
    return thread_pool, (arguments, pool._shutdown)  # noqa: SLF001


def _future(future: concurrent.futures.Future[Any]) -> Any:
    if not future.done():
        msg = "a future that is not done"
        raise CannotStore(msg)
    if future.cancelled():
        return done_future, (None, None, True)
    failure = future.exception()
    return done_future, (None if failure is not None else future.result(), failure, False)


def _context_variable(variable: contextvars.ContextVar[Any]) -> Any:
    try:
        return context_variable, (variable.name, ("set", variable.get()))
    except LookupError:
        return context_variable, (variable.name, (_UNSET,))


TABLE: dict[type, Reducer] = {
    concurrent.futures.ThreadPoolExecutor: _thread_pool,
    concurrent.futures.Future: _future,
    contextvars.ContextVar: _context_variable,
    contextvars.Context: _context,
}
