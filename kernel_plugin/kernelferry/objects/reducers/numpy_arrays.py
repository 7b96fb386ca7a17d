"""Arrays that pickle writes slowly or as something else."""

from __future__ import annotations

import os
import sys
from sys import getrefcount
from typing import Any

from kernelferry.objects.memory import address_of, owner_of, view
from kernelferry.objects.reducers.reduction import CannotStore

_WORTH_IT = 1000
_OWN = 3
"""How often a text is referred to that an array, a list of its items and whoever asks hold. One that is referred to
more often may be in several places, or belong to others too."""


def joined(text: str, lengths: Any, shape: tuple[int, ...]) -> Any:
    """Make an array of texts again, out of one text."""
    numpy = sys.modules["numpy"]
    made = numpy.empty(len(lengths) if lengths is not None else text.count("\0") + 1, dtype=object)
    if lengths is None:
        made[:] = text.split("\0")
    else:
        ends = numpy.cumsum(lengths)
        made[:] = [text[end - length : end] for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)]
    return made.reshape(shape)


def texts(found: Any) -> Any:
    """Write an array of texts, each of them its own, as one text: many times faster than one by one."""
    if found.dtype != object or found.size < _WORTH_IT or not found.flags.c_contiguous or not found.flags.writeable:
        return NotImplemented
    items = found.ravel().tolist()
    if type(items[0]) is not str or set(map(type, items)) != {str} or max(map(getrefcount, items)) > _OWN:
        return NotImplemented
    text = "\0".join(items)
    if text.count("\0") == len(items) - 1:
        return joined, (text, None, found.shape)
    numpy = sys.modules["numpy"]
    lengths = numpy.fromiter(map(len, items), numpy.int64, len(items))
    return joined, ("".join(items), lengths, found.shape)


def mapped(path: str, dtype: Any, mode: str, offset: int, shape: tuple[int, ...], order: str) -> Any:  # noqa: PLR0917
    """Map a file into memory again."""
    import numpy as np  # noqa: PLC0415 - only where a checkpoint has such arrays

    if not os.path.exists(path):  # noqa: PTH110
        msg = f"the file {path} is not here"
        raise CannotStore(msg)
    return np.memmap(path, dtype, mode, offset, shape, order)  # type: ignore[call-overload]


def mapped_part(owner: Any, dtype: Any, place: tuple[int, tuple[int, ...], tuple[int, ...]], writeable: bool) -> Any:  # noqa: FBT001
    """Make a part of a memory-mapped array again."""
    return view(owner, dtype, place, writeable).view(type(owner))


def subclass_of(cls: Any, plain: Any, dtype: Any) -> Any:
    """Make an array of a subclass, which shows the memory of a plain one."""
    return plain.view(cls) if plain.dtype == dtype and plain.dtype.type is dtype.type else plain.view(dtype, cls)


def masked_again(cls: Any, data: Any, mask: Any, settings: tuple[Any, bool]) -> Any:
    """Make a masked array, which shows the memory of a plain one."""
    fill_value, is_hard = settings
    made = data.view(cls)
    made._mask = mask  # noqa: SLF001 - the public way copies it
    made._fill_value = fill_value  # noqa: SLF001 - the public way converts it
    made._hardmask = is_hard  # noqa: SLF001 - likewise
    return made


def masked(found: Any) -> Any:
    """Write a masked array: its memory and its mask, which others may show too."""
    numpy = sys.modules["numpy"]
    kind = type(found)
    if kind is not numpy.ma.MaskedArray:
        return NotImplemented
    settings = (found._fill_value, bool(found._hardmask))  # noqa: SLF001 - the public ways convert
    return masked_again, (kind, found.view(numpy.ndarray), found._mask, settings)  # noqa: SLF001


def subclassed(found: Any) -> Any:
    """Write an array of a subclass: as a plain one, and its attributes, which numpy forgets."""
    kind = type(found)
    numpy = sys.modules["numpy"]
    if kind.__reduce__ is not numpy.ndarray.__reduce__ or kind.__reduce_ex__ is not numpy.ndarray.__reduce_ex__:
        return NotImplemented
    return (
        subclass_of,
        (kind, found.view(numpy.ndarray), found.dtype),
        dict(vars(found)) or None,
        None,
        None,
        set_attributes,
    )


def set_attributes(made: Any, state: dict[str, Any]) -> None:
    """Give an array of a subclass its attributes."""
    vars(made).update(state)


def memmap(found: Any) -> Any:
    """Write a memory-mapped array as the file that it shows."""
    numpy = sys.modules["numpy"]
    if isinstance(found.base, numpy.ndarray):
        owner = owner_of(found)
        if type(owner) is not type(found) or not found.nbytes:
            return NotImplemented
        place = (address_of(found) - address_of(owner), found.shape, found.strides)
        return mapped_part, (owner, found.dtype, place, bool(found.flags.writeable))
    if found.filename is None or getattr(found, "_mmap", None) is None:
        msg = "a memory-mapped array without its file"
        raise CannotStore(msg)
    found.flush()
    mode = {"w+": "r+"}.get(found.mode, found.mode)
    if mode == "c":
        msg = "a memory-mapped array whose changes are kept in memory"
        raise CannotStore(msg)
    order = "C" if found.flags.c_contiguous else "F"
    return mapped, (str(found.filename), found.dtype, mode, found.offset, found.shape, order)
