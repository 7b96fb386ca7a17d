"""The notebooks of this folder, and what their metadata says about comparing them.

A notebook's metadata may hold `"ferry": {"may_skip": [...], "may_leave": [...]}`: names that no tool can move (a
running generator), and aspects of the process that none can (a running task). A cell's metadata may hold
`"ferry": {"fresh": [...]}`, the sources of chance that the cell fills from the operating system
(`rng = default_rng()`), and `"ferry": {"needs": [...]}`, those sources and those names without which its output cannot
be told in advance. A cell that fails on purpose has the tag `raises-exception`, as everywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent

# Seeded from the operating system when the kernel starts: it differs between two kernels, and moves with the session.
AT_START = frozenset({"random"})


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A code cell."""

    source: str
    raises: bool
    fresh: frozenset[str]
    needs: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook's code cells."""

    name: str
    cells: tuple[Cell, ...]
    may_skip: frozenset[str]
    may_leave: frozenset[str]

    def fresh_after(self, at: int) -> frozenset[str]:
        """The sources of chance that two kernels would each fill for themselves, were they alike up to cell `at`."""
        return frozenset().union(*(cell.fresh for cell in self.cells[at + 1 :]))

    def unseeded(self) -> frozenset[str]:
        """The sources of chance that differ between two runs of the whole."""
        return self.fresh_after(-1) | AT_START


def names() -> list[str]:
    """All notebooks of this folder."""
    return sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def load(name: str) -> dict[str, Any]:
    """Load one as it stands in its file."""
    text = (FOLDER / f"{name}.ipynb").read_text(encoding="utf-8")
    notebook: dict[str, Any] = json.loads(text)
    return notebook


def read(name: str) -> Notebook:
    """Read what a run of one needs."""
    raw = load(name)
    ferry = raw["metadata"].get("ferry", {})
    return Notebook(
        name=name,
        cells=tuple(_cell(cell) for cell in raw["cells"] if cell["cell_type"] == "code"),
        may_skip=frozenset(ferry.get("may_skip", ())),
        may_leave=frozenset(ferry.get("may_leave", ())),
    )


def _cell(raw: dict[str, Any]) -> Cell:
    ferry = raw["metadata"].get("ferry", {})
    return Cell(
        source="".join(raw["source"]),
        raises="raises-exception" in raw["metadata"].get("tags", ()),
        fresh=frozenset(ferry.get("fresh", ())),
        needs=frozenset(ferry.get("needs", ())),
    )
