"""Tell the person at the terminal which step runs and how long each took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str) -> None:
    """Print one line at once; standard error, so that standard output stays for results."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a step, and its duration when it ends."""
    say(f"… {what}")
    started = time.monotonic()
    try:
        yield
    except BaseException:
        say(f"✗ {what} ({time.monotonic() - started:.1f} s)")
        raise
    say(f"✓ {what} ({time.monotonic() - started:.1f} s)")
