"""A progress bar for what takes longer than a second."""

from __future__ import annotations

import sys
from time import monotonic

_AFTER = 1.0
_EVERY = 0.2
_WIDTH = 30


class Bar:
    """A line that is written over and over: nothing at all if it is soon over."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._begun = monotonic()
        self._last = 0.0
        self._shown = False

    def show(self, done: int, everything: int, what: str = "") -> None:
        """Show how far it is.

        Args:
            done: bytes.
            everything: likewise; 0 where that is not known yet.
            what: what is being done.
        """
        now = monotonic()
        if now - self._begun < _AFTER or now - self._last < _EVERY:
            return
        self._last, self._shown = now, True
        part = min(1.0, done / everything) if everything else 0.0
        filled = int(part * _WIDTH)
        sys.stderr.write(f"\r{self._label} [{'#' * filled}{'.' * (_WIDTH - filled)}] {part:4.0%} {what[:40]:40}")
        sys.stderr.flush()

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r" + " " * (len(self._label) + _WIDTH + 52) + "\r")
            sys.stderr.flush()
