"""From what pickling has shown to a plan: which names to store, which to recompute, and which can be neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernelferry.kernel.entropy import is_entropic
from kernelferry.kernel.pins import present_pin
from kernelferry.objects.dumping import Dumped
from kernelferry.objects.grouping import Grouped
from kernelferry.state.costs import Component, Costs
from kernelferry.state.history import CellExecution, HistoryGraph
from kernelferry.state.plan import Plan, make_plan
from kernelferry.state.replay import ReplayPolicy, ReplayRules

REPLAY_FACTOR = 2.0
"""A replay is priced at twice what the cell took: another machine may be slower, and of a stored value we are sure."""
REPLAY_SECONDS = 0.05
"""Besides, for each cell."""
NEVER = 1e9
"""Seconds: the price of a cell that would come out different. It runs again only for what cannot be stored."""
STORED_ANYWAY = 0.2
"""Seconds: what takes less to store and load is stored wherever it can be, even if its cell has to run again anyway. A
stored value is what it was, and shares with others what it shared; of a recomputed one that has yet to be seen."""
_WORTH_TIMING = 1 << 20  # bytes
BANDWIDTH = 200e6
"""Bytes per second of a store that has not been measured yet."""


@dataclass(frozen=True)
class Bandwidth:
    """How fast a store is, in bytes per second."""

    write: float = BANDWIDTH
    read: float = 2 * BANDWIDTH


@dataclass(frozen=True)
class Reasons:
    """Why roots cannot be stored, by key; those of definitions count for whatever uses them."""

    by_key: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """Return why a name cannot be stored; empty if it can."""
        return self.by_key.get(f"={name}", "")


def rules(policy: ReplayPolicy) -> ReplayRules:
    """Return what decides about replays, with eyes on the files as they are now."""
    return ReplayRules(policy, present_pin)


def refusals_of(found: ReplayRules) -> Any:
    """Add to the rules what this shell cannot run again."""

    def refusals(cell: CellExecution) -> tuple[str, ...]:
        reasons = found.refusals(cell)
        if cell.source is not None and _awaits(cell.source):
            reasons = (*reasons, "awaits at its top level")
        return reasons

    return refusals


def plan_for(
    history: HistoryGraph,
    grouped: Grouped,
    reasons: Reasons,
    *,
    policy: ReplayPolicy,
    bandwidth: Bandwidth,
    alpha: float = 1.0,
) -> Plan:
    """Plan how a session is carried over.

    Args:
        history: of the session.
        grouped: its roots, pickled.
        reasons: why some of them could not be.
        policy: which cells may run again.
        bandwidth: of the store.
        alpha: see `Costs`.
    """
    active = history.active()
    home = {mark: part for part in grouped.components for mark in part.marks if mark != "#"}
    components = []
    for tie in grouped.ties:
        names = frozenset(key[1:] for key in tie if key[0] == "=" and key[1:] in active)
        if names:
            components.append(_component(tie, names, home, reasons, bandwidth))
    prices = {
        cell.index: NEVER if is_entropic(history, cell.index) else cell.seconds * REPLAY_FACTOR + REPLAY_SECONDS
        for cell in history.cells
    }
    costs = Costs(tuple(components), bandwidth.write, bandwidth.read, prices, alpha)
    return make_plan(history, costs, refusals_of(rules(policy)))


def _component(
    tie: frozenset[str], names: frozenset[str], home: Mapping[str, Dumped], reasons: Reasons, bandwidth: Bandwidth
) -> Component:
    parts = {id(part): part for key in tie if (part := home.get(key)) is not None}.values()
    failed = {name: reason for name in names if (reason := reasons.of(name))}
    size = sum(part.size for part in parts)
    # What is tied to an output, to a definition or to what the process holds is wanted as it is: storing costs nothing.
    others = any(key[0] != "=" or key[1:] not in names for key in tie)
    if others and not failed:
        return Component(names)
    # Of small ones the time says more about what was imported meanwhile than about them.
    seconds = sum(part.seconds for part in parts) if size > _WORTH_TIMING else 0.0
    cost = size / bandwidth.write + size / bandwidth.read + 2 * seconds
    if cost < STORED_ANYWAY:
        return Component(names, failed=failed)
    return Component(names, size, size, seconds, seconds, failed=failed)


def _awaits(source: str) -> bool:
    if "await" not in source and "async" not in source:
        return False
    import ast  # noqa: PLC0415 - seldom needed

    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
    try:
        compile(source, "<cell>", "exec", flags & ~ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        code = compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError:
        return True  # a magic, perhaps; in doubt it is not run again
    return bool(code.co_flags & _COROUTINE)


_COROUTINE = 0x80  # inspect.CO_COROUTINE, without the import
