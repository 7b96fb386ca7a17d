"""The history of a session: a bipartite graph of variable snapshots and cell executions.

A *snapshot* is a name together with the cell that wrote it last: the cell's index is its version. An *execution* is a
cell as it ran; run again, it is a new one. Edges are "cell read snapshot" and "cell wrote snapshot" (ElasticNotebook,
PVLDB 17(2), section 4). From them follows which cells have to run again to bring a value back.

Only names are kept per cell, not versions: what version a cell read follows from the order of the writes. So the graph
is linear in names x executions, and a cell that may have touched *everything* costs one flag instead of a thousand
edges.

**What the graph promises rests on its input.** Reads and writes may be too many, never too few. A name need not be an
identifier: aspects of the process can take part under names such as `process:cwd`.

A read of a name that was not bound counts too: the cell saw that it was absent (`try: x except NameError`), and must
see so again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from sys import intern
from types import MappingProxyType

from kernelferry.state.effects import NO_EFFECTS, Effects


@dataclass(frozen=True, slots=True, order=True)
class VariableSnapshot:
    """A name as one cell left it; `version` is the index of that cell."""

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class CellExecution:
    """One cell, as it ran.

    Args:
        index: its place in the history, from 0.
        execution_count: the number in `In[n]`; None for silent executions and for what was no cell.
        source: what to run to repeat it; None where that is not known (the state found when tracking began).
        seconds: how long it took.
        success: False if it ended in an exception; what it had done by then counts all the same.
        reads: names it may have looked up, or whose objects it may have used.
        writes: names it bound, or whose objects it changed, and which it left bound.
        deletes: names it left unbound.
        opaque: why it may have touched any name. It then read all that was bound, and wrote it unless `checked`.
        checked: every name was compared afterwards, so `writes` is complete although the cell is opaque.
        effects: what it did besides.
    """

    index: int
    execution_count: int | None
    source: str | None
    seconds: float
    success: bool
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    deletes: tuple[str, ...]
    opaque: tuple[str, ...] = ()
    checked: bool = False
    effects: Effects = NO_EFFECTS

    @property
    def reads_all(self) -> bool:
        """It may have read whatever was bound."""
        return bool(self.opaque)

    @property
    def writes_all(self) -> bool:
        """It may have changed whatever was bound."""
        return bool(self.opaque) and not self.checked


class HistoryGraph:
    """The executions of a session in their order, and what they read and wrote."""

    def __init__(self) -> None:
        self._cells: list[CellExecution] = []
        # For each name, the cells that left it bound (index) or unbound (~index), in order.
        self._versions: dict[str, array[int]] = {}
        # The cells that may have written everything.
        self._writers_of_all: array[int] = array("l")
        self._sources: dict[str, str] = {}

    @property
    def cells(self) -> Sequence[CellExecution]:
        """All executions, in their order."""
        return tuple(self._cells)

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, index: int) -> CellExecution:
        return self._cells[index]

    def record(  # noqa: PLR0913 - one argument for each thing that is known about an execution
        self,
        *,
        source: str | None,
        execution_count: int | None = None,
        seconds: float = 0.0,
        success: bool = True,
        reads: Iterable[str] = (),
        writes: Iterable[str] = (),
        mutates: Iterable[str] = (),
        deletes: Iterable[str] = (),
        opaque: Iterable[str] = (),
        checked: bool = False,
        effects: Effects = NO_EFFECTS,
    ) -> CellExecution:
        """Add the execution that has just ended.

        Args:
            source: as in `CellExecution`, like all that follow but one.
            execution_count: likewise.
            seconds: likewise.
            success: likewise.
            reads: likewise.
            writes: likewise; only what it has *certainly* bound, since a cell that binds a name hides its former
                versions. What was deleted in the end is taken out.
            mutates: names whose objects it changed, or may have changed, or may have bound; they count as read and
                as written. So whoever sees the same object before and after, in a name that the code may bind, says
                it here: the binding may not have been reached.
            deletes: likewise; they count as read, since `del x` fails where there is no x.
            opaque: likewise.
            checked: likewise.
            effects: likewise.
        """
        deleted = frozenset(deletes)
        changed = frozenset(mutates)
        cell = CellExecution(
            index=len(self._cells),
            execution_count=execution_count,
            source=None if source is None else self._sources.setdefault(source, source),
            seconds=seconds,
            success=success,
            reads=_names(frozenset(reads) | changed | deleted),
            writes=_names((frozenset(writes) | changed) - deleted),
            deletes=_names(deleted),
            opaque=tuple(map(intern, opaque)),
            checked=checked,
            effects=effects,
        )
        self.append(cell)
        return cell

    def append(self, cell: CellExecution) -> None:
        """Add an execution as it stands; its index must be the next."""
        if cell.index != len(self._cells):
            msg = f"the next cell has index {len(self._cells)}, not {cell.index}"
            raise ValueError(msg)
        self._cells.append(cell)
        for name in cell.writes:
            self._versions.setdefault(name, array("l")).append(cell.index)
        for name in cell.deletes:
            self._versions.setdefault(name, array("l")).append(~cell.index)
        if cell.writes_all:
            self._writers_of_all.append(cell.index)

    def version(self, name: str, *, before: int | None = None) -> int | None:
        """The cell that last wrote a name before a given cell ran, or by now; None if the name was unbound."""
        end = len(self._cells) if before is None else before
        versions = self._versions.get(name)
        if not versions:
            return None
        place = bisect_left(versions, end, key=_writer)
        if place == 0 or versions[place - 1] < 0:
            return None
        by_all = bisect_left(self._writers_of_all, end)
        return max(versions[place - 1], self._writers_of_all[by_all - 1] if by_all else 0)

    def active(self) -> dict[str, int]:
        """The names that are bound now, each with its version."""
        return dict(self._bound(len(self._cells)))

    def inputs(self, index: int) -> dict[str, int | None]:
        """What a cell read: each name with its version at that time, None if it was unbound."""
        cell = self._cells[index]
        found: dict[str, int | None] = dict(self._bound(index)) if cell.reads_all else {}
        for name in cell.reads:
            if name not in found:
                found[name] = self.version(name, before=index)
        return found

    def reads(self, index: int) -> Iterator[VariableSnapshot]:
        """The snapshots that a cell read: its incoming edges."""
        return (VariableSnapshot(name, v) for name, v in self.inputs(index).items() if v is not None)

    def written(self, index: int) -> Iterator[VariableSnapshot]:
        """The snapshots that a cell wrote: its outgoing edges."""
        cell = self._cells[index]
        names = dict.fromkeys(cell.writes)
        if cell.writes_all:
            names |= dict.fromkeys(name for name, _ in self._bound(index) if name not in cell.deletes)
        return (VariableSnapshot(name, index) for name in names)

    def sweep(self) -> Iterator[tuple[CellExecution, Mapping[str, int]]]:
        """Go through the history: each cell, with the names bound before it ran and their versions.

        The mapping is a view of the moment; whoever wants to keep it makes a copy.
        """
        bound: dict[str, int] = {}
        for cell in self._cells:
            yield cell, MappingProxyType(bound)
            if cell.writes_all:
                bound = dict.fromkeys(bound, cell.index)
            bound.update(dict.fromkeys(cell.writes, cell.index))
            for name in cell.deletes:
                bound.pop(name, None)

    def requirement(self, names: Iterable[str], *, available: AbstractSet[str] | None = None) -> tuple[int, ...]:
        """The cells that must run again, in this order, to recompute names.

        From each name's active snapshot the walk goes back over cells and what they read, and stops where it meets an
        active snapshot that is `available` (by default: any). Older snapshots are kept nowhere, so they stop nothing.

        Raises:
            KeyError: a name is not bound.
        """
        active = self.active()
        pending = [active[name] for name in names]
        needed = set(pending)
        while pending:
            for name, version in self.inputs(pending.pop()).items():
                ground = version == active.get(name) and (available is None or name in available)
                if version is not None and not ground and version not in needed:
                    needed.add(version)
                    pending.append(version)
        return tuple(sorted(needed))

    def _bound(self, end: int) -> Iterator[tuple[str, int]]:
        for name in self._versions:
            version = self.version(name, before=end)
            if version is not None:
                yield name, version


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(map(intern, names)))


def _writer(version: int) -> int:
    return version if version >= 0 else ~version
