"""What is possible at the moment of a plan, before anything is chosen.

A name is *obtainable* if its component can be stored, or if it can be recomputed: every cell that it needs may run
again, and every active name that these cells start from is obtainable itself. Names of one component may support each
other through other components, so this is the largest set that agrees with itself, found by striking out.

In a component of which some names cannot be stored, these names can be recomputed only together with all the others, or
what they share would be two. Where that is impossible they alone are lost: nothing shares anything with a name that is
not there, so the others can be stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from kernelferry.state.costs import Component, Costs
from kernelferry.state.history import CellExecution, HistoryGraph

Refusals = Callable[[CellExecution], tuple[str, ...]]
"""Why a cell must not run again; empty if it may. See `ReplayRules.refusals`."""


class Situation:
    """The names of a session with the ways in which each can be carried over.

    Attributes:
        active: the bound names, each with the cell that wrote it last.
        components: those given that have bound names, reduced to these, and one for each name that is in none.
        needs: for each cell that matters, the earlier cells whose results it needs and which are kept nowhere.
        refused: for each of them, why it must not run again.
        lost: names that can be neither stored nor recomputed.
    """

    def __init__(self, history: HistoryGraph, costs: Costs, refusals: Refusals) -> None:
        self.history = history
        self.costs = costs
        self.active = history.active()
        self.components = tuple(self._components())
        self.component_of = {name: part for part in self.components for name in part.names}
        self.needs: Mapping[int, tuple[int, ...]] = {}
        self._ground_of: dict[str, list[int]] = defaultdict(list)  # name to the cells that start from it
        self._find_needs()
        self.refused = {cell: refusals(history[cell]) for cell in sorted(self.needs)}
        self.lost: set[str] = set()
        self._impossible: set[int] = set()
        self._strike_out()

    @property
    def only_recomputable(self) -> list[frozenset[str]]:
        """The names that have to be recomputed, by component."""
        return [part.names - self.lost for part in self.components if self._failing(part)]

    @property
    def storable(self) -> list[Component]:
        """What can be stored, without the names that are lost."""
        return [
            part if not part.names & self.lost else replace(part, names=part.names - self.lost)
            for part in self.components
            if part.names - self.lost and not self._failing(part)
        ]

    @property
    def undecided(self) -> list[Component]:
        """The components that can be stored as well as recomputed."""
        return [part for part in self.storable if self._impossible.isdisjoint(self.writers(part.names))]

    def writers(self, names: Iterable[str]) -> tuple[int, ...]:
        """The cells that wrote names last, each once."""
        return tuple(sorted({self.active[name] for name in names}))

    def closure(self, cells: Iterable[int]) -> set[int]:
        """Cells, with all cells that they need."""
        pending = list(cells)
        found = set(pending)
        while pending:
            new = [cell for cell in self.needs[pending.pop()] if cell not in found]
            found.update(new)
            pending.extend(new)
        return found

    def price(self, cell: int) -> int:
        """What it costs to run a cell again, in nanoseconds."""
        return self.costs.replay(cell, self.history[cell].seconds)

    def _components(self) -> Iterable[Component]:
        left = set(self.active)
        for part in self.costs.components:
            if names := part.names & left:
                left -= names
                yield part if names == part.names else replace(part, names=names)
        for name in sorted(left):
            yield Component(frozenset({name}), unstorable="its cost is not known")

    def _find_needs(self) -> None:
        needs: dict[int, tuple[int, ...]] = {}
        fragile = {name for name, part in self.component_of.items() if part.reason(name)}
        for cell, bound in self.history.sweep():
            read = bound if cell.reads_all else {name: bound[name] for name in cell.reads if name in bound}
            # An active snapshot is either stored or recomputed for its own sake; only older ones are for this cell's.
            needs[cell.index] = tuple({version for name, version in read.items() if self.active.get(name) != version})
            for name in fragile & read.keys():
                if self.active[name] == read[name]:
                    self._ground_of[name].append(cell.index)
        self.needs = needs
        self.needs = {cell: needs[cell] for cell in sorted(self.closure(self.active.values()))}

    def _failing(self, part: Component) -> set[str]:
        """Return the names of a component that cannot be stored and are not lost yet."""
        return {name for name in part.names - self.lost if part.reason(name)}

    def _strike_out(self) -> None:
        dependents: dict[int, list[int]] = defaultdict(list)
        for cell, needed in self.needs.items():
            for other in needed:
                dependents[other].append(cell)
        written: dict[int, list[str]] = defaultdict(list)
        for name, cell in self.active.items():
            written[cell].append(name)
        pending = [cell for cell, reasons in self.refused.items() if reasons]
        while pending:
            cell = pending.pop()
            if cell in self._impossible:
                continue
            self._impossible.add(cell)
            pending.extend(dependents[cell])
            for name in written[cell]:
                for lost in self._lost_with(name):
                    self.lost.add(lost)
                    pending.extend(cell for cell in self._ground_of[lost] if cell in self.needs)

    def _lost_with(self, name: str) -> set[str]:
        """Return the names that are lost when a name cannot be recomputed."""
        part = self.component_of[name]
        if part.unstorable:
            return {name}
        return self._failing(part)
