"""NumPy arrays that are views: they share memory before, and after.

Pickle writes every array as a copy of its own. A view is written as the owner of its memory and its place in there,
if that owner is known otherwise in the component; a view whose owner nobody else holds is written as what it shows,
since the rest of that memory is lost to everyone.
"""

from __future__ import annotations

import sys
from typing import Any


def owner_of(array: Any) -> Any:
    """Return the array that owns an array's memory (itself, or the end of its chain of bases)."""
    numpy = sys.modules["numpy"]
    while isinstance(array.base, numpy.ndarray):
        array = array.base
    return array


def is_view(thing: Any) -> bool:
    """Say whether a thing is a plain array that shows another's memory."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(thing) is numpy.ndarray and isinstance(thing.base, numpy.ndarray)


def view(owner: Any, dtype: Any, place: tuple[int, tuple[int, ...], tuple[int, ...]], writeable: bool) -> Any:  # noqa: FBT001
    """Make a view again.

    Args:
        owner: the array that owns the memory.
        dtype: what the view shows.
        place: offset in bytes, shape, and strides in bytes.
        writeable: whether one may write through it.
    """
    numpy = sys.modules["numpy"]
    offset, shape, strides = place
    made = numpy.ndarray(shape, dtype, buffer=owner, offset=offset, strides=strides)
    made.flags.writeable = writeable and owner.flags.writeable
    return made


def reduce_view(array: Any) -> Any:
    """Write a view as its owner and its place in it."""
    owner = owner_of(array)
    start = array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
    place = (start, array.shape, array.strides)
    return view, (owner, array.dtype, place, array.flags.writeable)
