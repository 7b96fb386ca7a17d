"""One execution under watch: what it may touch is found before it runs, what it has changed afterwards.

The order of the doubts: a name that the cell has not read keeps its value, unless it shares an object with one that the
cell has. Of what it has read, everything may have changed that two looks do not prove to be as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kernelferry.kernel.bindings import Bindings
from kernelferry.kernel.contents import OPAQUE, Content, Footprint, Look, unchanged
from kernelferry.kernel.sharing import LARGEST, Sharing
from kernelferry.kernel.statements import parts_of_cell

FIRST_STEPS = 250
"""Objects looked at before a cell: about 0.2 ms. A guess, to be traded against precision."""

_LAST_STEPS = 500
_STEP_SECONDS = 1e-6
_SHARE = 0.005
"""Of the cell's own time, for the look after it."""
_MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Touched:
    """What a cell may do to the user's names, as its code says.

    Args:
        names: those whose objects it may have in its hands.
        binds: those that it may bind.
        certain: those that it has bound, as it has ended without an exception.
        source: its code, if all that it touches is named there; otherwise empty.
        unverifiable: of `names`, those that something else may change too, while the cell runs or before. For them it
            proves nothing that they are after the cell what they were right before it.
    """

    names: Collection[str] = frozenset()
    binds: Collection[str] = frozenset()
    certain: Collection[str] = frozenset()
    source: str = ""
    unverifiable: Collection[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What a cell has done to names; as `HistoryGraph.record` wants them."""

    writes: frozenset[str]
    mutates: frozenset[str]
    deletes: frozenset[str]


@dataclass(slots=True)
class FirstLook:
    """The session before a cell.

    Args:
        bindings: of all names.
        footprints: of the names that were looked at.
        contents: of the objects that these hold.
    """

    bindings: Bindings
    footprints: dict[str, Footprint] = field(default_factory=dict)
    contents: Mapping[int, Content] = field(default_factory=dict)

    def take(self, names: Mapping[str, object], touched: Touched, sharing: Sharing, look: Look) -> None:
        """Look at what the cell is about to touch, the smallest first, as far as the steps go."""
        sizes = {
            name: len(footprint.ids)
            for name in touched.names
            if name in names
            and name not in touched.unverifiable
            and (footprint := sharing.footprint(name)).complete
            and footprint.ids
        }
        for name in sorted(sizes, key=sizes.__getitem__):
            if look.steps < sizes[name]:
                break
            self.footprints[name] = look.at(names[name])
        self.contents = {**look.contents, **self.contents}  # what is known from before wins

    def suspects(self, names: Mapping[str, object], touched: Touched, sharing: Sharing, look: Look) -> Suspects:
        """The objects that may have changed, by what the cell had in its hands."""
        found = Suspects()
        for name in touched.names:
            known = sharing.footprint(name)
            if known.fixed or name not in self.bindings:
                continue
            before = self.footprints.get(name)
            if before is None or not before.complete:
                found.add(name, known.ids)
                continue
            if name in names and self.bindings.is_same(name, names[name]):
                look.at(names[name])
            changed = {
                identity
                for identity in before.ids
                if not unchanged(self.contents.get(identity, OPAQUE), look.contents.get(identity))
            }
            if changed:
                found.add(name, changed)
        return found


@dataclass(slots=True)
class Suspects:
    """Objects that may have changed, and the names that led to them."""

    ids: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def add(self, name: str, ids: Iterable[int]) -> None:
        """What was reached through a name."""
        self.names.add(name)
        self.ids.update(ids)


def last_look(first: FirstLook, names: Mapping[str, object], touched: Touched, sharing: Sharing, look: Look) -> Changes:
    """Compare the session with what it was before a cell, and learn who shares what from now on.

    Args:
        first: the look before.
        names: the user's names now.
        touched: what the cell may have done.
        sharing: renewed for all that has changed.
        look: what it may cost.
    """
    changed = first.bindings.changed(names)
    deletes = first.bindings.names() - names.keys()
    suspects = first.suspects(names, touched, sharing, look)
    mutates = (suspects.names | sharing.holders(suspects.ids, suspects.names)) & names.keys() - changed
    # The same object in a name that the code may bind: nobody can tell whether it was bound anew.
    mutates |= {name for name in touched.binds if name in names and name not in changed}
    certain = frozenset(touched.certain) & names.keys()
    _meet(sharing, touched, {name for name in touched.names if name in first.bindings})
    for name in deletes:
        sharing.forget(name)
    for name in changed - set(touched.names):
        sharing.leave(name)
    look.writes_down = False  # from here on only who holds what matters
    for name in changed | mutates:
        if name in changed or sharing.footprint(name).complete:  # what was too large is so still, as a rule
            sharing.update(name, look.at(names[name], LARGEST))
            if look.steps <= 0:
                sharing.unread.add(name)
    _meet(sharing, touched, {name for name in touched.names if name in names} | mutates | changed)
    _read_one(names, sharing, look)
    return Changes(frozenset(changed | certain), frozenset(mutates - certain), frozenset(deletes))


def _meet(sharing: Sharing, touched: Touched, names: set[str]) -> None:
    """Those that stood together have met; where that does not matter, or is not known, all have."""
    if not touched.source or all(sharing.footprint(name).complete for name in names):
        sharing.meet(names)
        return
    # A name that the cell binds may have carried anything on the way, whatever it holds in the end.
    own = {*touched.binds, *(name for name in names if not sharing.footprint(name).fixed)}
    parts = parts_of_cell(touched.source, own.__contains__)
    left = names.difference(*parts)
    for part in parts or [set()]:
        sharing.meet((part & names) | left)


def _read_one(names: Mapping[str, object], sharing: Sharing, look: Look) -> None:
    """Make up for one of the looks that were too long for the cell that needed them."""
    while sharing.unread:
        name = sharing.unread.pop()
        if name in names and not sharing.footprint(name).complete:
            look.steps = max(look.steps, LARGEST)
            sharing.update(name, look.at(names[name], LARGEST))
            sharing.meet([name])
            return


def steps_after(seconds: float) -> int:
    """How many objects may be looked at after a cell that took so long."""
    return _LAST_STEPS + min(_MOST_STEPS, int(max(0.0, seconds) * _SHARE / _STEP_SECONDS))
