"""Which names hold the same objects: whoever changes one of them in place changes the others too.

For each name its footprint is kept, and for each object the names that hold it. Both are renewed for the names that a
cell has touched, and only for those: what nobody touched holds what it held.

Footprints are limited, since a name may hold millions of objects. A name whose footprint is incomplete may share with
those that it has ever met: two names can only come to hold the same object through a cell that touched both, directly
or through others. So names that met are a *group*, as long as one of them is incomplete. That is coarse, and never too
little.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kernelferry.kernel.contents import FIXED, UNKNOWN, Footprint

LARGEST = 1000
"""Objects in the footprint of one name; the next would be one more tenth of a megabyte."""

_ALL_TOGETHER = 300_000
"""Objects in all footprints: some tens of megabytes."""


@dataclass(slots=True)
class Sharing:
    """Who holds what.

    Args:
        unread: names whose footprint would have taken too long at the time, and can be found later.
    """

    unread: set[str] = field(default_factory=set)
    _footprints: dict[str, Footprint] = field(default_factory=dict)
    _holders: dict[int, set[str]] = field(default_factory=dict)
    _groups: dict[str, set[str]] = field(default_factory=dict)  # the same set for all its members

    def footprint(self, name: str) -> Footprint:
        """What a name holds, as far as it is known."""
        return self._footprints.get(name, UNKNOWN)

    def holders(self, changed: Iterable[int], through: Iterable[str]) -> set[str]:
        """The names whose values may have changed.

        Args:
            changed: the objects that may have.
            through: the names that led to them.
        """
        found = set[str]()
        for identity in changed:
            found |= self._holders.get(identity, set())
        for name in through:
            incomplete = not self.footprint(name).complete
            for other in self._groups.get(name, ()):
                if incomplete or not self.footprint(other).complete:
                    found.add(other)
        return {name for name in found if not self.footprint(name).fixed}

    def update(self, name: str, footprint: Footprint) -> None:
        """Take note of what a name holds now."""
        if len(footprint.ids) > LARGEST or len(self._holders) + len(footprint.ids) > _ALL_TOGETHER:
            footprint = UNKNOWN
        if not footprint.complete:
            # From now on only the group knows whom it shares with.
            self._footprints[name], former = footprint, self.footprint(name)
            self.meet({name}.union(*(self._holders.get(identity, ()) for identity in former.ids | footprint.ids)))
            self._footprints[name] = former
        self._drop_ids(name)
        self._footprints[name] = footprint
        for identity in footprint.ids:
            self._holders.setdefault(identity, set()).add(name)

    def forget(self, name: str) -> None:
        """A name is bound no more."""
        self._drop_ids(name)
        self._footprints.pop(name, None)
        self.leave(name)

    def leave(self, name: str) -> None:
        """A name has been bound to another object, and has nothing to do with those that it met before."""
        group = self._groups.pop(name, None)
        if group is not None:
            group.discard(name)

    def meet(self, names: Collection[str]) -> None:
        """A cell has touched all these names."""
        met = {name for name in names if not self.footprint(name).fixed}
        for group in {id(group): group for name in met if (group := self._groups.get(name))}.values():
            met |= group
        if all(self.footprint(name).complete for name in met):
            for name in met:  # they are all known: what they share is known too
                self._groups.pop(name, None)
            return
        # Whoever holds an object of one of them may now share it with the incomplete ones.
        known = {identity for name in met for identity in self.footprint(name).ids}
        met |= {name for identity in known for name in self._holders.get(identity, ())}
        for group in {id(group): group for name in met if (group := self._groups.get(name))}.values():
            met |= group
        for name in met:
            self._groups[name] = met

    def _drop_ids(self, name: str) -> None:
        for identity in self._footprints.get(name, FIXED).ids:
            names = self._holders.get(identity)
            if names is not None:
                names.discard(name)
                if not names:
                    del self._holders[identity]
