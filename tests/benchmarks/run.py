"""How much is measured, and where."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """One run of the benchmarks.

    Args:
        scratch: a folder for everything that is written; on the disk that is measured.
        scale: of the workloads; 1 for those of the design.
        repetitions: of each comparison.
        quick: whether only an impression is wanted.
    """

    scratch: Path
    scale: float = 1.0
    repetitions: int = 3
    quick: bool = False

    def say(self, what: str) -> None:
        """Tell who waits."""
        print(f"  {what}", file=sys.stderr, flush=True)  # noqa: T201 - whom it is for stands above


def full(scratch: Path) -> Run:
    """All of it, at the sizes of the design."""
    return Run(scratch)


def quick(scratch: Path) -> Run:
    """An impression."""
    return Run(scratch, scale=0.1, repetitions=2, quick=True)
