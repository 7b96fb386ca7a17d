"""One command at a time changes the cluster, whichever clone or user's cache it comes from."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e.cluster.progress import say

_FILE = Path("/run/lock/kernel-ferry-cluster")


@contextmanager
def changing() -> Iterator[None]:
    """Hold the machine's lock; one that is killed lets go of it."""
    _FILE.parent.mkdir(parents=True, exist_ok=True)
    with _FILE.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("… another command changes the cluster; waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
