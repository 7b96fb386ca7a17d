"""Who holds which object: what several roots have in common.

Most roots are small; a few hold nearly all there is. So what small ones hold goes into one dictionary, and each large
one keeps its own: then two roots are compared at the price of the smaller.

What a root holds, its pickler remembers; to ask for it costs as much as pickling does. Where a large root is made of
nothing but plain containers and simple instances, the garbage collector knows the same, and answers several times
faster when asked for whole levels at once.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from sys import getrefcount
from typing import Any

from kernelferry.objects.recognition import has_default_reduce, is_compiled_in

LARGE = 20_000
"""Objects; a guess, far from where it matters."""

_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes, type(...), type})
_PLAIN = frozenset({list, dict, tuple, set, frozenset})
_DEEPEST = 16

Held = Mapping[int, Any]
"""The objects that a root holds, by identity."""


class Holders:
    """What roots hold that were met so far."""

    def __init__(self) -> None:
        self._small: dict[int, str] = {}
        self._large: list[tuple[str, Held]] = []

    def of(self, identity: int) -> str | None:
        """Return the first root that holds an object."""
        found = self._small.get(identity)
        if found is not None:
            return found
        return next((key for key, held in self._large if identity in held), None)

    def add(self, key: str, parts: Sequence[Held]) -> Iterator[tuple[Any, str]]:
        """Add a root; go through what it has in common with others: the object, and the other root.

        Args:
            key: the root.
            parts: what it holds, in any number of parts.
        """
        for held in parts:
            for identity in held.keys() & self._small.keys():
                yield held[identity], self._small[identity]
            for other, theirs in self._large:
                if other != key:
                    for identity in held.keys() & theirs.keys():
                        yield held[identity], other
        for held in parts:
            if len(held) >= LARGE:
                self._large.append((key, held))
            else:
                for identity in held:
                    self._small.setdefault(identity, key)


def held_plainly(root: Any, known: Iterable[Any] = ()) -> list[Held] | None:
    """Return what an object leads to and others may hold too, if it leads to nothing else than plain things.

    Most objects of large data are referred to once, by the one that they are in: so the count of their references says,
    and then nobody else can hold them. Only the others are returned.

    Args:
        root: the object; its pickler must be alive, and remember each part of it.
        known: what is not gone into, such as the session's own namespace.
    """
    plain: dict[type, bool] = dict.fromkeys(_PLAIN, True)
    levels: list[Held] = [{id(each): each for each in known}]
    level, own = [root], 0  # a root is referred to by whoever asks
    while level:
        for kind in set(map(type, level)):
            if kind not in plain:
                plain[kind] = _is_simple(kind)
            if not plain[kind]:
                return None
        if len(levels) == _DEEPEST:
            return None  # a long chain: there is nothing to gain
        counts = list(map(getrefcount, level))
        if set(counts) != {own}:
            level = _without_known(level, counts, own, levels)
        level = gc.get_referents(*level)
        if set(map(type, level)) <= _ATOMS:
            break  # the usual end, and one that needs no look at each
        level = [each for each in level if type(each) not in _ATOMS]
        own = _OWN
    return levels[1:]


def _without_known(level: list[Any], counts: list[int], own: int, levels: list[Held]) -> list[Any]:
    """Note the objects of a level that others may refer to; return all that are met for the first time."""
    others = [each for each, count in zip(level, counts, strict=True) if count != own]
    new = dict(zip(map(id, others), others, strict=True))
    for former in levels:
        for identity in new.keys() & former.keys():
            del new[identity]
    levels.append(new)
    return [*(each for each, count in zip(level, counts, strict=True) if count == own), *new.values()]


def _calibrated() -> int:
    """Return how often an object is referred to that one container, one list of ours and its pickler's memo hold."""
    container: list[Any] = [[]]
    level = [each for each in gc.get_referents(container)]  # noqa: C416 - just as it is done above
    return next(map(getrefcount, level)) + 1


def _is_simple(kind: type) -> bool:
    """Say whether pickle writes instances of a type as what the collector sees of them: their attributes."""
    if type(kind) is not type or not has_default_reduce(kind):
        return False
    bases = kind.__mro__[:-1]
    if any(map(is_compiled_in, bases)):  # compiled
        return False
    special = {"__reduce__", "__getstate__", "__getnewargs__", "__getnewargs_ex__", "__setstate__", "__slots__"}
    return not any(special & vars(base).keys() for base in bases) and isinstance(
        kind.__dict__.get("__dict__", _DICT), types.GetSetDescriptorType
    )


class _Empty:
    pass


_DICT = _Empty.__dict__["__dict__"]
_OWN = _calibrated()
