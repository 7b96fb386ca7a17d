"""A deadline for foreign code that runs in the session's own process: where no child can be killed, a signal ends it.

It reaches only what runs Python code from time to time, in the main thread; and it is left alone where the user has an
alarm of his own.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from kernelferry.objects.reducers import KnownToFail


@contextmanager
def alarm(seconds: float) -> Iterator[Callable[[], None]]:
    """Give a function that sets the alarm anew; when it goes off, `KnownToFail` is raised in whatever runs."""
    if threading.current_thread() is not threading.main_thread() or _is_taken():
        yield lambda: None
        return

    def went_off(_number: int, _frame: Any) -> None:
        msg = f"pickling it took longer than {seconds:.0f} s"
        raise KnownToFail(msg)

    def set_anew() -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds)

    before = signal.signal(signal.SIGALRM, went_off)
    try:
        yield set_anew
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _is_taken() -> bool:
    return signal.getitimer(signal.ITIMER_REAL)[0] > 0 or signal.getsignal(signal.SIGALRM) is not signal.SIG_DFL
