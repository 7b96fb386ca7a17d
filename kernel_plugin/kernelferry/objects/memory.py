"""Arrays that show the same memory do so before, and after.

Pickle writes every array as a copy of its own. While a session is written for the first time, it is noted which memory
each array shows. Where several show the same, they are written a second time: as the owner of that memory, and each
one's place in there. An array whose owner nobody else shows is written as what it shows, since the rest of that memory
is lost to everyone; and of memory that only views show, only the part that they show is kept.
"""

from __future__ import annotations

import array
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_EXPORTERS = (bytearray, array.array)


@dataclass
class Extent:
    """The part of some memory that arrays show, and the arrays, by identity."""

    owner: Any
    low: int
    high: int
    shown_by: dict[int, Any] = field(default_factory=dict)


class Memory:
    """Who shows which memory. It keeps alive what it has seen, so that identities stay their own."""

    def __init__(self) -> None:
        self._extents: dict[int, Extent] = {}
        self._kept: dict[int, Any] = {}
        self._current: list[int] = []

    def reduce(self, shown: Any) -> Any:
        """Write an array as a view, if others are known to show its memory, or not at all."""
        owner = owner_of(shown)
        kept = self._kept.get(id(owner))
        if kept is None:
            self._see(shown, owner)
            return NotImplemented
        if kept is shown or _differs(kept, shown):
            return NotImplemented
        return view, (kept, shown.dtype, _layout(shown, address_of(kept)), bool(shown.flags.writeable))

    def keeps(self, shown: Any) -> bool:
        """Say whether an array stands for memory that others are written as views of."""
        return self._kept.get(id(shown)) is shown

    def met(self) -> list[int]:
        """Return the keys of all memory that was shown since this was last asked."""
        met, self._current = self._current, []
        return met

    def share(self) -> set[int]:
        """From now on write memory that several arrays show as one; return the keys of what is shared."""
        numpy = sys.modules.get("numpy")
        shared = set()
        for key, extent in self._extents.items():
            # What is no array itself (a bytearray, say) may be held by anybody; and an array may overlap with itself.
            alone = len(extent.shown_by) == 1 and isinstance(extent.owner, numpy.ndarray)  # type: ignore[union-attr]
            if key not in self._kept and (not alone or any(map(_overlaps, extent.shown_by.values()))):
                shared.add(key)
                kept = _kept(extent)
                self._kept[key] = self._kept[id(kept)] = kept
        return shared

    def _see(self, shown: Any, owner: Any) -> None:
        low, size = _place(shown)
        key = id(owner)
        extent = self._extents.get(key)
        if extent is None:
            extent = self._extents[key] = Extent(owner, low, low + size)
        extent.low, extent.high = min(extent.low, low), max(extent.high, low + size)
        extent.shown_by[id(shown)] = shown
        self._current.append(key)


def owner_of(shown: Any) -> Any:
    """Return what owns an array's memory: itself, or the end of its chain of bases."""
    numpy = sys.modules["numpy"]
    while True:
        base = shown.base
        if isinstance(base, numpy.ndarray):
            shown = base
        elif type(base).__name__ == "DummyArray":  # what `as_strided` puts in between
            shown = base.base
        elif isinstance(base, memoryview) and isinstance(base.obj, (numpy.ndarray, *_EXPORTERS)):
            if not isinstance(base.obj, numpy.ndarray):
                return base.obj
            shown = base.obj
        elif isinstance(base, _EXPORTERS):
            return base
        else:
            return shown


def array_reducer(memory: Memory, otherwise: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """How to write arrays: their memory first, then whatever else there is to say about them."""

    def reduce(shown: Any) -> Any:
        found = memory.reduce(shown) if shown.nbytes else NotImplemented
        if found is NotImplemented:
            found = otherwise(shown)
        if found is not NotImplemented:
            return found
        if memory.keeps(shown) and shown.dtype == object:
            return _whole(shown)
        return NotImplemented if _keeps_its_flags(shown) else _frozen(shown)

    return reduce


def view(owner: Any, dtype: Any, layout: tuple[int, tuple[int, ...], tuple[int, ...]], writeable: bool) -> Any:  # noqa: FBT001
    """Make a view again.

    Args:
        owner: what owns the memory.
        dtype: what the view shows.
        layout: offset in bytes, shape, and strides in bytes.
        writeable: whether one may write through it.
    """
    numpy = sys.modules["numpy"]
    offset, shape, strides = layout
    flat = _flat(owner)
    if flat.dtype.hasobject:
        strided = numpy.lib.stride_tricks.as_strided
        return strided(flat[offset // flat.itemsize :], shape, strides, writeable=writeable)
    made = numpy.ndarray(shape, dtype, buffer=flat.view(numpy.uint8), offset=offset, strides=strides)
    if not writeable:
        made.flags.writeable = False
    return made


def _kept(extent: Extent) -> Any:
    """Return what is stored for some memory."""
    numpy = sys.modules["numpy"]
    owner = extent.owner
    if not isinstance(owner, numpy.ndarray):
        return owner
    # What is laid out neither in C's way nor in Fortran's, pickle writes in another order: so it becomes a view, too.
    as_it_is = owner.flags.forc or type(owner) is not numpy.ndarray
    # One of a subclass is written as a view, of which it is made again.
    as_it_is = as_it_is and (type(owner) is numpy.ndarray or owner.dtype.hasobject)
    if as_it_is and (id(owner) in extent.shown_by or owner.dtype.hasobject):
        return owner
    if owner.dtype.hasobject:
        return _flat(owner)
    # Nobody holds the owner itself: what its views show is all there is to it.
    start = extent.low - _place(owner)[0]
    return _flat(owner).view(numpy.uint8)[start : start + extent.high - extent.low]


def _whole(shown: Any) -> Any:
    """Write an array of objects so that its memory is there before they are: they may lead to views of it."""
    order = "F" if shown.flags.fnc else "C"
    state = shown.reshape(-1, order=order).tolist(), bool(shown.flags.writeable)
    return empty, (shown.shape, order), state, None, None, fill


def empty(shape: tuple[int, ...], order: Any) -> Any:
    """Make an array of objects without any."""
    return sys.modules["numpy"].empty(shape, object, order)


def fill(made: Any, state: tuple[list[Any], bool]) -> None:
    """Put objects into an array, in the order of its memory, and say whether one may write to it."""
    flat = _flat(made)
    for place, item in enumerate(state[0]):
        flat[place] = item
    made.flags.writeable = state[1]


def _keeps_its_flags(shown: Any) -> bool:
    """Say whether pickle writes an array as the buffer that it is; of others it forgets that they are read-only."""
    return shown.flags.writeable or (shown.flags.forc and not shown.dtype.hasobject and shown.dtype.kind not in "mMV")


def _frozen(shown: Any) -> Any:
    make, arguments, state = shown.__reduce__()
    return make, arguments, state, None, None, freeze


def freeze(made: Any, state: Any) -> None:
    """Give an array its contents, and forbid to write to it."""
    made.__setstate__(state)
    made.flags.writeable = False


def _flat(owner: Any) -> Any:
    numpy = sys.modules["numpy"]
    if not isinstance(owner, numpy.ndarray):
        return numpy.frombuffer(owner, numpy.uint8)
    plain = numpy.asarray(owner)
    if not plain.flags.forc and _place(plain)[1] == plain.nbytes:
        return numpy.lib.stride_tricks.as_strided(plain, (plain.size,), (plain.itemsize,))
    return plain.reshape(-1, order="A")


def _overlaps(shown: Any) -> bool:
    """Say whether several elements of an array are one place in memory."""
    return bool(shown.nbytes > _place(shown)[1])


def _differs(kept: Any, shown: Any) -> bool:
    """Say whether an array of objects is shown in another way than as these objects."""
    objects = shown.dtype.hasobject or getattr(getattr(kept, "dtype", None), "hasobject", False)
    return bool(objects) and kept.dtype != shown.dtype


def _layout(shown: Any, start: int) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    return address_of(shown) - start, shown.shape, shown.strides


def address_of(shown: Any) -> int:
    """Return where the memory begins that something shows."""
    numpy = sys.modules["numpy"]
    if not isinstance(shown, numpy.ndarray):
        shown = numpy.frombuffer(shown, numpy.uint8)
    return int(shown.__array_interface__["data"][0])


def _place(shown: Any) -> tuple[int, int]:
    """Return the lowest address that an array shows, and how many bytes there are up to its highest."""
    low = high = address_of(shown)
    for size, stride in zip(shown.shape, shown.strides, strict=True):
        if stride > 0:
            high += (size - 1) * stride
        else:
            low += (size - 1) * stride
    return low, high + shown.itemsize - low
