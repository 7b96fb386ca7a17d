"""The order of a restore: which cell runs when, and when each stored name is loaded.

Replays and loads take turns in the order of the original cells. A stored name is loaded right after the cell that wrote
it last, whether that cell runs again or not: cells that run later find it, and what a replay has made of the name is
replaced by the stored value. Names of one component are loaded at different times, if different cells wrote them last,
but they come from one pickle.

Whoever follows the steps gets the session's names, each with the value it had, and no others:

* a cell that read that a name was *not* bound must find it unbound: what other replays have left there is forgotten;
* at the end, names that replays have bound on the way, but that hold another version than the session's, are forgotten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from kernelferry.state.history import HistoryGraph


@dataclass(frozen=True, slots=True)
class Run:
    """Run a cell again; it is expected to end as it did, be it in an exception."""

    cell: int


@dataclass(frozen=True, slots=True)
class Load:
    """Bind names to their stored values."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forget:
    """Unbind names."""

    names: tuple[str, ...]


Step = Run | Load | Forget


def schedule(history: HistoryGraph, *, stored: Collection[str], cells: Collection[int]) -> tuple[Step, ...]:
    """Put replays and loads in order.

    Args:
        history: of the session.
        stored: names that are loaded; they are bound in the session.
        cells: those that run again, with all that they need.
    """
    active = history.active()
    loads: dict[int, list[str]] = defaultdict(list)
    for name in stored:
        loads[active[name]].append(name)
    steps: list[Step] = []
    present: dict[str, int] = {}  # the version that each name has while the steps are followed
    for index in sorted({*cells, *loads}):
        if index in cells:
            _forget(_absent_to(history, index, present), present, steps)
            steps.append(Run(index))
            _follow(history, index, present)
        if index in loads:
            steps.append(Load(tuple(sorted(loads[index]))))
            present.update(dict.fromkeys(loads[index], index))
    _forget([name for name, version in present.items() if version != active.get(name)], present, steps)
    return tuple(steps)


def _absent_to(history: HistoryGraph, index: int, present: Collection[str]) -> list[str]:
    """Names that are bound now, and that a cell read as unbound when it first ran."""
    cell = history[index]
    looked_at = present if cell.reads_all else cell.reads
    return [name for name in looked_at if name in present and history.version(name, before=index) is None]


def _follow(history: HistoryGraph, index: int, present: dict[str, int]) -> None:
    present.update((snapshot.name, index) for snapshot in history.written(index))
    for name in history[index].deletes:
        present.pop(name, None)


def _forget(names: Collection[str], present: dict[str, int], steps: list[Step]) -> None:
    if names:
        steps.append(Forget(tuple(sorted(names))))
        for name in names:
            del present[name]
