"""Pictures of graphs of objects: what can be told about them from outside, sharing included."""

from __future__ import annotations

import functools
import random
import re
import sys
import types
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

_ATOMS = (int, float, str, bytes, bool, type(None), np.generic)
_WRAPPERS = (staticmethod, classmethod)
_OF_ALL_CLASSES = {"__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__", "__static_attributes__",
                   "__slotnames__"}  # fmt: skip


class Link(int):
    """The number of an object."""


@dataclass
class Picture:
    """What can be told about a graph from outside: equal for two graphs exactly if they are isomorphic.

    Attributes:
        roots: for each root what it is.
        objects: each object, with the numbers of those that it holds; in the order in which they are met.
        memory: for each two arrays that share memory how far apart they are.
    """

    roots: dict[str, Any] = field(default_factory=dict)
    objects: list[Any] = field(default_factory=list)
    memory: list[tuple[int, int, int]] = field(default_factory=list)

    def of(self, names: Iterable[str]) -> Picture:
        """Return the picture that would have been taken of some of the roots."""
        found, numbers = Picture(), dict[Link, Link]()

        def renumbered(part: Any) -> Any:
            if isinstance(part, Link):
                return numbers.setdefault(part, Link(len(numbers)))
            return type(part)(map(renumbered, part)) if type(part) in {list, tuple} else part

        found.roots = {name: renumbered(self.roots[name]) for name in names}
        while len(found.objects) < len(numbers):
            found.objects.append(renumbered(self.objects[list(numbers)[len(found.objects)]]))
        for one, other, apart in self.memory:
            if one in numbers and other in numbers:
                pair = (numbers[Link(one)], numbers[Link(other)], apart)
                found.memory.append(pair if pair[0] < pair[1] else (pair[1], pair[0], -apart))
        found.memory.sort()
        return found


def picture(roots: Mapping[str, Any]) -> Picture:
    """Take a picture of what some roots lead to."""
    return _Walk().over(roots)


class _Walk:
    def __init__(self) -> None:
        self._numbers: dict[int, Link] = {}
        self._met: list[Any] = []

    def over(self, roots: Mapping[str, Any]) -> Picture:
        found = Picture(roots={name: self._seen(value) for name, value in roots.items()})
        for thing in self._met:  # grows meanwhile
            found.objects.append(self._described(thing))
        found.memory = list(_shared_memory(self._met))
        return found

    def _seen(self, thing: Any) -> Any:
        if isinstance(thing, _ATOMS) or (type(thing) in {tuple, frozenset} and not thing):
            return type(thing).__name__, repr(thing)
        if id(thing) not in self._numbers:
            self._numbers[id(thing)] = Link(len(self._met))
            self._met.append(thing)
        return self._numbers[id(thing)]

    def _all(self, things: Iterable[Any]) -> list[Any]:
        return [self._seen(thing) for thing in things]

    def _described(self, thing: Any) -> Any:
        kind = type(thing).__name__
        return (re.sub("^(list|dict|tuple).*iterator$", "iterator", kind), *self._contents(thing))

    def _contents(self, thing: Any) -> Iterator[Any]:
        match thing:
            case np.ndarray():
                yield from (str(thing.dtype), thing.shape, thing.flags.writeable)
                yield self._all(thing.reshape(-1).tolist()) if thing.dtype.hasobject else thing.tobytes()
            case bytearray():
                yield bytes(thing)
            case deque():
                yield from (thing.maxlen, self._all(thing))
            case list() | tuple():
                yield self._all(thing)
            case dict():
                yield [(self._seen(key), self._seen(value)) for key, value in thing.items()]
            case set() | frozenset():
                yield self._all(sorted(thing, key=_order))
            case _:
                yield from self._of_code(thing)
        yield self._attributes(thing)

    def _of_code(self, thing: Any) -> Iterator[Any]:  # noqa: C901, PLR0912 - likewise
        match thing:
            case types.FunctionType() if _is_of_library(thing):
                yield from (thing.__module__, thing.__qualname__)
            case types.FunctionType():
                yield from (thing.__qualname__, thing.__code__.co_code, thing.__code__.co_names)
                yield [repr(each) for each in thing.__code__.co_consts if not isinstance(each, types.CodeType)]
                yield self._all([*(thing.__closure__ or ()), *(thing.__defaults__ or ())])
            case types.CellType():
                yield self._all([thing.cell_contents] if _is_full(thing) else [])
            case types.MethodType():
                yield self._all([thing.__self__, thing.__func__])
            case functools.partial():
                yield self._all([thing.func, *thing.args, *thing.keywords.values()])
            case type() if thing.__module__ == "__main__":
                yield from (thing.__qualname__, self._all(thing.__mro__))
                members = {name: value for name, value in vars(thing).items() if name not in _OF_ALL_CLASSES}
                yield [(name, self._seen(members[name])) for name in sorted(members)]
            case types.GeneratorType():
                frame = thing.gi_frame
                yield None if frame is None else (frame.f_lasti, self._all(frame.f_locals.values()))
            case random.Random():
                yield zlib.crc32(repr(thing.getstate()).encode())
            case np.random.Generator():
                yield repr(thing.bit_generator.state)
            case type() | types.ModuleType():
                yield thing.__name__
            case types.BuiltinFunctionType():
                yield from (thing.__name__, self._seen(thing.__self__))
            case _ if hasattr(type(thing), "__next__") and type(thing).__module__ in {"builtins", "itertools"}:
                # Those of dictionaries become those of lists, and what has come to its end forgets what it went over.
                how, parts, *place = thing.__reduce__()
                yield from (how.__name__, self._all([*parts, *(place or [0])]))
            case staticmethod() | classmethod():
                yield self._seen(thing.__func__)
            case _:
                pass

    def _attributes(self, thing: Any) -> list[Any]:
        if isinstance(thing, (type, types.MethodType, types.ModuleType, np.ndarray, *_WRAPPERS)) or _is_of_library(
            thing
        ):
            return []
        names = dict.fromkeys(getattr(thing, "__dict__", {}))
        for cls in type(thing).__mro__:
            slots = vars(cls).get("__slots__", ())
            names |= dict.fromkeys(f"_{cls.__name__}{slot}" if slot[:2] == "__" else slot for slot in slots)
        own = [name for name in names if hasattr(thing, name) and "__dict__" not in name]
        found = [(name, self._seen(getattr(thing, name))) for name in own]
        is_users = type(type(thing)) is type and type(thing).__module__ == "__main__"
        return [*found, self._seen(type(thing))] if is_users else found


def _order(thing: Any) -> str:
    """Give things of one set an order that does not depend on their identity."""
    if isinstance(thing, (tuple, frozenset)):
        parts = map(_order, thing)
        return f"{type(thing).__name__}({','.join(parts if isinstance(thing, tuple) else sorted(parts))})"
    if isinstance(thing, _ATOMS):
        return f"{type(thing).__name__} {thing!r}"
    return f"{type(thing).__name__} {getattr(thing, 'tag', getattr(thing, '__qualname__', ''))}"


def _shared_memory(met: Sequence[Any]) -> Iterator[tuple[int, int, int]]:
    shown = [
        (number, np.frombuffer(thing, np.uint8) if isinstance(thing, bytearray) else thing)
        for number, thing in enumerate(met)
        if isinstance(thing, (np.ndarray, bytearray))
    ]
    for number, array in shown:
        for other, beside in shown:
            if number < other and np.shares_memory(array, beside):
                yield number, other, _address(beside) - _address(array)


def _is_of_library(thing: Any) -> bool:
    return isinstance(thing, types.FunctionType) and thing.__module__ in sys.modules and thing.__module__ != "__main__"


def _is_full(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is cell.cell_contents
    except ValueError:
        return False


def _address(array: Any) -> int:
    return int(array.__array_interface__["data"][0])
