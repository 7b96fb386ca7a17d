"""What to store, what to recompute, and what can be neither.

The choice is ElasticNotebook's: the plan of least total cost under which every stored name can be stored, and every
recomputed one can be recomputed, with components kept together (PVLDB 17(2), section 5). What the paper leaves open is
a name that can be neither stored nor recomputed. Here it is named, with the cells and the reasons, and the plan for all
the others is optimal: to refuse or to skip is the caller's policy.
"""

from __future__ import annotations

from dataclasses import dataclass

from kernelferry.state.costs import Costs
from kernelferry.state.cut import Choice, Item, choose
from kernelferry.state.history import HistoryGraph
from kernelferry.state.replay import remedy
from kernelferry.state.situation import Refusals, Situation
from kernelferry.state.steps import Step, schedule


@dataclass(frozen=True, slots=True)
class RefusedCell:
    """A cell that would have to run again, and why it must not."""

    index: int
    execution_count: int | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unmovable:
    """A name that can be neither stored nor recomputed.

    Args:
        name: the name.
        unstorable: why it cannot be stored.
        cells: what keeps it from being recomputed.
        remedies: what the user can do, each a sentence.
    """

    name: str
    unstorable: str
    cells: tuple[RefusedCell, ...]
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a session is carried over.

    Args:
        stored: names to store.
        recomputed: names to recompute.
        infeasible: names that can be neither. Where they are to be skipped, the rest of the plan stands as it is.
        cells_to_rerun: by index, in order.
        steps: in which order to run cells, load names and forget names.
        cost: of it all, in seconds, as `Costs` weighs it.
        store_seconds: the part of it for what is stored.
        replay_seconds: the part of it for what is run again.
        network: nodes and edges of what was left for the cut; 0 if all was clear before.
    """

    stored: frozenset[str]
    recomputed: frozenset[str]
    infeasible: tuple[Unmovable, ...]
    cells_to_rerun: tuple[int, ...]
    steps: tuple[Step, ...]
    cost: float
    store_seconds: float
    replay_seconds: float
    network: tuple[int, int] = (0, 0)


def make_plan(history: HistoryGraph, costs: Costs, refusals: Refusals) -> Plan:
    """Find the cheapest plan; among equals, the one that stores most.

    Args:
        history: of the session; every name that is bound in it gets an outcome.
        costs: measured.
        refusals: decides about replays; asked once for each cell that matters.
    """
    situation = Situation(history, costs, refusals)
    forced = situation.only_recomputable
    paid = situation.closure(situation.active[name] for names in forced for name in names)
    free = situation.undecided
    choice = choose(
        [Item(costs.store(component), situation.writers(component.names)) for component in free],
        situation.needs,
        {cell: 0 if cell in paid else situation.price(cell) for cell in situation.needs},
    )
    recomputed = frozenset().union(*forced, *(free[place].names for place in choice.recomputed))
    return _assemble(situation, recomputed, choice)


def _assemble(situation: Situation, recomputed: frozenset[str], choice: Choice) -> Plan:
    stored = [part for part in situation.storable if not part.names & recomputed]
    names = frozenset[str]().union(*(component.names for component in stored))
    cells = situation.closure(situation.writers(recomputed))
    store_cost = sum(map(situation.costs.store, stored))
    replay_cost = sum(map(situation.price, cells))
    return Plan(
        stored=names,
        recomputed=recomputed,
        infeasible=tuple(_explain(situation, name) for name in sorted(situation.lost)),
        cells_to_rerun=tuple(sorted(cells)),
        steps=schedule(situation.history, stored=names, cells=cells),
        cost=(store_cost + replay_cost) / 1e9,
        store_seconds=store_cost / 1e9,
        replay_seconds=replay_cost / 1e9,
        network=(choice.nodes, choice.edges),
    )


def _explain(situation: Situation, name: str) -> Unmovable:
    history = situation.history
    # To recompute it is to recompute those that it shares objects with.
    together = situation.component_of[name].names
    needed = history.requirement(sorted(together), available=situation.active.keys() - together - situation.lost)
    refused = [
        RefusedCell(index, history[index].execution_count, situation.refused[index])
        for index in needed
        if situation.refused[index]
    ]
    remedies = [remedy(cell.execution_count, cell.reasons) for cell in refused]
    remedies.append(
        f"Delete {name} if it is no longer needed, or keep what matters of it in a form that can be stored."
    )
    return Unmovable(name, situation.component_of[name].reason(name), tuple(refused), tuple(dict.fromkeys(remedies)))
