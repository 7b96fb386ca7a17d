"""The rows, and the one table that they end up in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Row:
    """One number.

    Args:
        topic: of the design's section 7.
        what: was measured.
        result: with its spread.
        target: empty for what is only said.
        reached: None where there is no target, or nothing could be measured.
        note: what else was seen.
    """

    topic: str
    what: str
    result: str
    target: str = ""
    reached: bool | None = None
    note: str = ""

    def cells(self) -> tuple[str, ...]:
        """As texts."""
        reached = "" if self.reached is None else ("yes" if self.reached else "NO")
        return self.topic, self.what, self.result, self.target, reached, self.note


_HEADER = ("topic", "what", "result", "target", "reached", "besides")


def text(rows: Sequence[Row]) -> str:
    """The table for a terminal."""
    cells = [_HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEADER))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def markdown(rows: Iterable[Row]) -> str:
    """The table for the documentation."""
    lines = ["| " + " | ".join(_HEADER) + " |", "|---" * len(_HEADER) + "|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row.cells()) + " |" for row in rows]
    return "\n".join(lines)


def spread(values: Sequence[float], unit: str = TIMES, digits: int = 2) -> str:
    """The median, and the range."""
    numbers = [
        f"{value:.{digits}f}" if value < 20 else f"{value:.0f}" for value in (median(values), min(values), max(values))
    ]
    if len(values) == 1:
        return f"{numbers[0]}{unit}"
    return f"{numbers[0]}{unit} ({numbers[1]}\N{EN DASH}{numbers[2]})"


def seconds(value: float) -> str:
    """A time."""
    return f"{value:.2f} s" if value >= 0.1 else f"{value * 1000:.2g} ms"


def size(value: float) -> str:
    """A number of bytes."""
    return f"{value / 1e6:.3g} MB"
