"""Memory views: they show the same object as before."""

from __future__ import annotations

import sys
from typing import Any

from kernelferry.objects.reducers.reduction import CannotStore, Reducer


def shown(exporter: Any, start: int, size: int, shape: tuple[str, tuple[int, ...]], readonly: bool) -> Any:  # noqa: FBT001
    """Make a memory view again.

    Args:
        exporter: whose memory it shows.
        start: its first byte in there.
        size: how many bytes.
        shape: format and shape.
        readonly: whether it refuses to be written through.
    """
    made = memoryview(exporter).cast("B")[start : start + size]
    form, sizes = shape
    if (form, sizes) != ("B", (size,)):
        made = made.cast(form, sizes)  # type: ignore[call-overload]
    return made.toreadonly() if readonly and not made.readonly else made


def _view(found: memoryview) -> Any:
    try:
        exporter, contiguous = found.obj, found.c_contiguous
    except ValueError:
        msg = "memory view that was released"
        raise CannotStore(msg) from None
    if not contiguous:
        msg = "memory view that skips some of what it shows"
        raise CannotStore(msg)
    form = found.format.lstrip("@<=") if found.format else "B"
    return shown, (exporter, _start(found), found.nbytes, (form, found.shape), found.readonly)


def _start(found: memoryview) -> int:
    whole = memoryview(found.obj)
    if whole.nbytes == found.nbytes:
        return 0
    numpy = sys.modules.get("numpy")
    if numpy is None:
        msg = "memory view of a part of something"
        raise CannotStore(msg)
    first, second = (numpy.frombuffer(each.cast("B"), numpy.uint8) for each in (whole, found))
    return int(second.__array_interface__["data"][0] - first.__array_interface__["data"][0])


TABLE: dict[type, Reducer] = {memoryview: _view}
