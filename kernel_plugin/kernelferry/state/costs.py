"""What storing and replaying cost: the inputs of a plan.

All measured elsewhere. Inside a plan time is counted in whole nanoseconds, so that sums are exact and a minimum is a
minimum, whatever the order of the additions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Component:
    """Names that share mutable objects: they are stored together or recomputed together, and their payload counts once.

    Args:
        names: the names bound to its objects.
        store_bytes: what is not in the store yet.
        load_bytes: what has to be fetched to load it; all of it.
        serialise_seconds: to turn it into bytes.
        load_seconds: to turn the bytes into objects again.
        unstorable: why none of it can be stored; empty if it can.
        failed: names of it that cannot be stored although the others can, and why. To recompute them is to recompute
            the others too; where that is impossible they are lost, and the others are stored.
    """

    names: frozenset[str]
    store_bytes: int = 0
    load_bytes: int = 0
    serialise_seconds: float = 0.0
    load_seconds: float = 0.0
    unstorable: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)

    def reason(self, name: str) -> str:
        """Return why a name of it cannot be stored; empty if it can."""
        return self.unstorable or self.failed.get(name, "")


@dataclass(frozen=True, slots=True)
class Costs:
    """The prices of a session at the moment of the plan.

    Args:
        components: disjoint. A bound name that is in none is taken for one that cannot be stored.
        write_bandwidth: to the store, in bytes per second.
        read_bandwidth: from the store.
        replay_seconds: by cell; the others take as long as they took.
        alpha: weight of the storing against the restoring. 1 is a migration, in which the user waits for both; less
            favours the restore.
    """

    components: tuple[Component, ...]
    write_bandwidth: float
    read_bandwidth: float
    replay_seconds: Mapping[int, float] = field(default_factory=dict)
    alpha: float = 1.0

    def __post_init__(self) -> None:
        if not (self.write_bandwidth > 0 and self.read_bandwidth > 0 and self.alpha >= 0):
            msg = "bandwidths are positive, and alpha is not negative"
            raise ValueError(msg)
        names = [name for component in self.components for name in component.names]
        if len(names) != len(set(names)):
            msg = "a name belongs to one component only"
            raise ValueError(msg)

    def store(self, component: Component) -> int:
        """What it costs to store and load a component, in nanoseconds: alpha x storing + loading."""
        storing = component.store_bytes / self.write_bandwidth + component.serialise_seconds
        loading = component.load_bytes / self.read_bandwidth + component.load_seconds
        return nanoseconds(self.alpha * storing + loading)

    def replay(self, cell: int, seconds: float) -> int:
        """What it costs to run a cell again, in nanoseconds, where its execution took so many seconds."""
        return nanoseconds(self.replay_seconds.get(cell, seconds))


def nanoseconds(seconds: float) -> int:
    """A duration as plans count it; what a clock that was set back has measured counts as nothing."""
    return max(0, round(seconds * _NANOSECONDS))
