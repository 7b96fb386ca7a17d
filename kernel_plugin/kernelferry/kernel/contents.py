"""What objects hold, in a form that can be compared later: has a cell changed them?

From a value the walk goes to all that it holds. For each object that can change it writes down the *content*: for a
list its elements, for an instance its attributes, for a small array its bytes. Two looks at the same object that agree
prove that nothing was changed. Where the content cannot be seen (large arrays, most objects of C code) it is `OPAQUE`,
and whoever touches such an object may have changed it.

No code of the user's is called: no `__eq__`, no property, no `__getattr__`. And no object of the user's is kept alive,
except numbers and short texts: a cell that deletes a large array to make room for another must get that room.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import fractions
import gc
import pathlib
import re
import sys
import types
import uuid
import weakref
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain
from operator import is_
from typing import Any, Final

from kernelferry.kernel.layouts import HEAP_TYPE, Layout, layout_of, of_user_module
from kernelferry.state.machinery import is_machinery


class Opaque(enum.Enum):
    """What is said of a content that cannot be seen."""

    OPAQUE = enum.auto()


OPAQUE: Final = Opaque.OPAQUE

Content = tuple[object, ...] | Opaque

SIMPLE = frozenset({int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented)})
LONGEST_TEXT = 65536
"""Characters or bytes of a text that is kept for comparison."""

_SCANNED_PER_STEP = 50
"""Elements whose type is asked in the time in which one object is looked at."""

_ARRAY_BYTES = 65536
# Immutable, and nothing of the user's in them.
_FIXED = frozenset(
    {range, dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone, decimal.Decimal,
     fractions.Fraction, uuid.UUID, pathlib.PosixPath, pathlib.WindowsPath, pathlib.PurePosixPath,
     pathlib.PureWindowsPath, re.Pattern, types.CodeType, types.GetSetDescriptorType, types.MemberDescriptorType,
     types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType,
     types.GenericAlias, types.UnionType}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Footprint:
    """The objects that can change, and that a value holds or is.

    Args:
        ids: their identities, which stay theirs as long as the value holds them.
        complete: there are no others. Otherwise the value may hold anything.
    """

    ids: frozenset[int] = frozenset()
    complete: bool = True

    @property
    def fixed(self) -> bool:
        """Nothing in it can change."""
        return self.complete and not self.ids


FIXED = Footprint()
UNKNOWN = Footprint(complete=False)


@dataclass(slots=True)
class Look:
    """One look at a number of values, with a limited number of steps.

    Args:
        namespace: the notebook's; it is everybody's, and no content.
        steps: how many objects may still be looked at.
        writes_down: whether contents are wanted at all, or only who holds what.
        contents: by identity, of the objects that can change.
    """

    namespace: object
    steps: int
    array_bytes: int = _ARRAY_BYTES
    writes_down: bool = True
    contents: dict[int, Content] = field(default_factory=dict)
    _parts: dict[int, tuple[list[object], bool]] = field(default_factory=dict)

    def at(self, value: object, most: int = sys.maxsize) -> Footprint:
        """Look at a value, and all that it holds, or at no more than so many objects."""
        if type(value) in SIMPLE:
            return FIXED
        ids: dict[int, None] = {}
        seen = set[int]()
        pending = [value]
        while pending:
            item = pending.pop()
            kind = type(item)
            if kind in SIMPLE or kind in _FIXED or item is self.namespace or id(item) in seen:
                continue
            seen.add(id(item))
            parts, known = self._visit(item)
            if id(item) in self.contents:
                ids[id(item)] = None
            if not known or len(seen) > most:
                return Footprint(frozenset(ids), complete=False)
            pending.extend(parts)
        return Footprint(frozenset(ids))

    def _visit(self, item: object) -> tuple[list[object], bool]:
        """The parts of an object, and whether these are all; its content is written down on the way."""
        found = self._parts.get(id(item))
        if found is None:
            if self.steps <= 0:
                self.contents[id(item)] = OPAQUE
                return [], False
            self.steps -= 1
            found = self._look(item)
            self._parts[id(item)] = found
        return found

    def _look(self, item: Any) -> tuple[list[object], bool]:
        kind = type(item)
        if kind in _HELD_BY:
            return self._held(item, *_HELD_BY[kind](item), mutable=kind is not tuple and kind is not frozenset)
        if kind in _REFERRED_BY:
            return _REFERRED_BY[kind](item), True
        # Not `isinstance`: that asks the object itself for its class.
        if issubclass(kind, type):
            return self._class(item)
        if kind is types.FunctionType:
            return self._function(item)
        return self._numpy(item) if kind.__module__ in {"numpy", "numpy.dtypes"} else self._instance(item)

    def _held(self, item: Any, *views: Collection[object], mutable: bool) -> tuple[list[object], bool]:
        size = len(item)
        if size > self.steps:
            # Of numbers and texts there may be many; they are only asked for their types.
            self.contents[id(item)] = OPAQUE
            scanned = size <= _SCANNED_PER_STEP * self.steps
            self.steps -= size // _SCANNED_PER_STEP if scanned else 0
            return [], scanned and all(set(map(type, view)) <= SIMPLE for view in views)
        self.steps -= size // _SCANNED_PER_STEP
        held = list(chain(*views))  # without a Python step in between, in which a thread could change the container
        if mutable:
            self.contents[id(item)] = _content(held) if self.writes_down else OPAQUE
        return [part for part in held if type(part) not in SIMPLE], True

    def _class(self, cls: type) -> tuple[list[object], bool]:
        if not of_user_module(cls.__module__) or not cls.__flags__ & HEAP_TYPE:
            return [], True
        members = dict(vars(cls))
        for name in _NOT_CONTENT:
            members.pop(name, None)
        values = [*members.values(), *cls.__bases__]
        self.contents[id(cls)] = _content([*members, *values])
        return values, True

    def _function(self, function: types.FunctionType) -> tuple[list[object], bool]:
        parts: list[object] = [function.__defaults__, function.__kwdefaults__, *vars(function).values()]
        for cell in function.__closure__ or ():
            try:
                parts.append(cell.cell_contents)
            except ValueError:  # not yet filled
                continue
        if function.__globals__ is not self.namespace and of_user_module(function.__module__):
            parts.append(function.__globals__)
        names = [function.__code__, function.__name__, function.__qualname__, *vars(function)]
        self.contents[id(function)] = _content([*names, *parts])
        return parts, True

    def _numpy(self, item: Any) -> tuple[list[object], bool]:
        if type(item).__name__ != "ndarray":
            # Scalars and types cannot change; whatever else numpy has, such as generators, can.
            return ([], True) if hasattr(item, "dtype") or hasattr(item, "itemsize") else self._instance(item)
        if item.dtype.hasobject:
            return self._object_array(item)
        self.contents[id(item)] = self._array_content(item) if self.writes_down else OPAQUE
        return [item.base], True

    def _object_array(self, array: Any) -> tuple[list[object], bool]:
        self.contents[id(array)] = OPAQUE
        if array.dtype.names is not None or array.size > _SCANNED_PER_STEP * self.steps:
            return [], False
        self.steps -= array.size // _SCANNED_PER_STEP
        held = [part for part in array.ravel().tolist() if type(part) not in SIMPLE]
        return [array.base, *held], len(held) <= self.steps

    def _array_content(self, array: Any) -> Content:
        place = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
        if not array.flags.writeable and array.flags.owndata:
            return place
        if array.nbytes > self.array_bytes:
            return OPAQUE
        self.array_bytes -= array.nbytes
        return (*place, array.tobytes())

    def _instance(self, item: Any) -> tuple[list[object], bool]:
        if issubclass(type(item), weakref.ref):
            return [weakref.ref.__call__(item)], True  # whoever has it can get at the object
        # The second: pandas' notes of which tables share memory, by which it knows when to copy.
        if is_machinery(type(item)) or type(item).__name__ == "BlockValuesRefs":
            return [], True
        layout = layout_of(type(item))
        if layout.hides:
            self.contents[id(item)] = OPAQUE
            return gc.get_referents(item), not layout.foreign
        held = list(_attributes(item, layout))
        if len(held) > self.steps:
            self.contents[id(item)] = OPAQUE
            return [], False
        self.contents[id(item)] = _content(held) if self.writes_down else OPAQUE
        return [part for part in held if type(part) not in SIMPLE], True


def _module_parts(module: types.ModuleType) -> list[object]:
    return [vars(module)] if of_user_module(module.__name__) else []


# By exact type: what a container holds, and what an object refers to that has no content of its own.
_HELD_BY: dict[type, Callable[[Any], tuple[Collection[object], ...]]] = {
    list: lambda item: (item,),
    tuple: lambda item: (item,),
    set: lambda item: (item,),
    frozenset: lambda item: (item,),
    collections.deque: lambda item: (item,),
    dict: lambda item: (item.keys(), item.values()),
    collections.OrderedDict: lambda item: (item.keys(), item.values()),
    collections.defaultdict: lambda item: (item.keys(), item.values(), (item.default_factory,)),
}
_REFERRED_BY: dict[type, Callable[[Any], list[object]]] = {
    types.ModuleType: _module_parts,
    types.BuiltinFunctionType: lambda item: [item.__self__],
    types.MethodType: lambda item: [item.__self__, item.__func__],
}


def _attributes(item: Any, layout: Layout) -> Iterable[object]:
    yield type(item)
    if layout.dictionary is not None:
        own = layout.dictionary.__get__(item)
        yield from own
        yield from own.values()
    for slot in layout.slots:
        try:
            yield slot.__get__(item)
        except AttributeError:  # not yet filled
            yield OPAQUE


def _content(held: Iterable[object]) -> Content:
    content: list[object] = []
    for part in held:
        if type(part) not in SIMPLE:
            content.append(_Other(id(part)))
        elif isinstance(part, str | bytes) and len(part) > LONGEST_TEXT:
            return OPAQUE
        else:
            content.append(part)
    return tuple(content)


class _Other(int):
    """The identity of a part that is no number or text, and so no number that could be one."""

    __slots__ = ()


def unchanged(before: Content | None, after: Content | None) -> bool:
    """Whether two looks at the same object prove that it has not changed."""
    if not isinstance(before, tuple) or not isinstance(after, tuple) or len(before) != len(after):
        return False
    if all(map(is_, before, after)):
        return True
    return all(map(_same, before, after))


def _same(one: object, other: object) -> bool:
    if one is other:
        return True
    # Equal is not enough: 1, 1.0 and True are, as are 0.0 and -0.0.
    if type(one) is not type(other):
        return False
    return repr(one) == repr(other) if isinstance(one, float | complex) else one == other


_NOT_CONTENT = ("__dict__", "__weakref__", "__doc__", "__annotations__", "__annotations_cache__", "__abstractmethods__",
                "_abc_impl")  # fmt: skip
