"""What a value looks like, in a few characters: equal before and after a move, if the move was right.

It goes through a value as far as its budget reaches, in an order that does not depend on identities or on the hashes
of texts. What it cannot look into counts by its type only. So a difference means that something is wrong, while
equality says that nothing was found: it guards against wrong loads and replays, and is no proof.
"""

from __future__ import annotations

import hashlib
import math
import sys
import types
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from kernelferry.objects.recognition import full_name, has_default_reduce

QUICK = 200
"""A budget, in objects: a tenth of a millisecond."""
THOROUGH = 50_000

_OF_PROCESS = frozenset(
    {"IPython", "ipykernel", "zmq", "threading", "_thread", "asyncio", "tornado", "_io", "io", "concurrent"}
)
_NUMBERS = frozenset({bool, int, complex, type(None), type(...)})
_SAMPLE = 32
_BYTES = 4096
# Immutable values whose text says all that there is to them.
_AS_TEXT = frozenset(
    {
        "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "decimal.Decimal",
        "fractions.Fraction", "uuid.UUID", "pathlib.PosixPath", "pathlib._local.PosixPath", "builtins.range",
        "builtins.slice", "ipaddress.IPv4Address",
    }
)  # fmt: skip


def fingerprint(value: Any, budget: int = QUICK, opaque: frozenset[int] = frozenset()) -> str:
    """Describe a value.

    Args:
        value: any object.
        budget: how many objects to look at.
        opaque: the identities of what belongs to the process and not to the session, such as its namespace: it is not
            looked into.

    Returns:
        The budget and a digest: only fingerprints of the same budget can be compared.
    """
    walk = _Walk(budget, opaque)
    try:
        walk.go(value)
    except Exception:  # noqa: BLE001 - foreign code, in properties and the like: then its type is all that is said
        return f"{budget}:{full_name(type(value))}"
    return f"{budget}:{walk.digest.hexdigest()}"


def attributes_of(value: Any) -> list[str]:
    """Return the names of the attributes that an instance has of its own."""
    found = getattr(value, "__dict__", None)
    return sorted(name for name in found if isinstance(name, str)) if isinstance(found, dict) else []


def budget_of(found: str) -> int:
    """Return the budget that a fingerprint was made with."""
    return int(found.partition(":")[0])


class _Walk:
    def __init__(self, budget: int, opaque: frozenset[int]) -> None:
        self._opaque = opaque
        self.digest = hashlib.blake2b(digest_size=12)
        self._left = budget
        self._sample = max(_SAMPLE, budget // 8)
        self._known: dict[int, int] = {}
        self._alive: list[Any] = []

    def go(self, root: Any) -> None:
        pending: deque[Any] = deque([root])
        while pending and self._left > 0:
            self._left -= 1
            thing = pending.popleft()
            text = "fixture" if id(thing) in self._opaque else _atom(thing)
            if text is None:
                known = self._known.setdefault(id(thing), len(self._known))
                if known == len(self._known) - 1:
                    self._alive.append(thing)
                    text = f"{_label(type(thing))}|{self._describe(thing, pending)}"
                else:
                    text = f"#{known}"
            self.digest.update(text.encode("utf-8", "surrogatepass") + b"\0")

    def _describe(self, thing: Any, pending: deque[Any]) -> str:  # noqa: PLR0911 - one line for each kind of thing
        kind = type(thing)
        if kind in {list, tuple}:
            pending.extend(self._some(thing))
            return str(len(thing))
        if kind is dict:
            pending.extend(self._some_of(thing))
            pending.extend(self._some_of(thing.values()))
            return str(len(thing))
        if kind in {set, frozenset}:
            return f"{len(thing)}|{_unordered(thing)}"
        if kind in {bytes, bytearray}:
            return f"{len(thing)}|{_digest(thing)}"
        if full_name(kind) in _AS_TEXT:
            return str(thing)
        if isinstance(thing, (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)):
            return str(getattr(thing, "__qualname__", getattr(thing, "__name__", "")))
        return self._of_library(thing, pending) or self._of_instance(thing, pending)

    def _of_library(self, thing: Any, pending: deque[Any]) -> str:
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        if numpy is not None and isinstance(thing, numpy.generic):
            return repr(thing)
        if numpy is not None and type(thing) is numpy.ndarray:
            if thing.dtype.hasobject:
                pending.extend(self._some(thing.reshape(-1)) if thing.dtype == object else ())
                return f"{thing.dtype}{thing.shape}"
            return f"{thing.dtype}{thing.shape}|{_digest(_contiguous(thing))}"
        if pandas is not None and isinstance(thing, (pandas.DataFrame, pandas.Series)):
            return _frame(thing, pending)
        return ""

    def _of_instance(self, thing: Any, pending: deque[Any]) -> str:
        kind = type(thing)
        # What belongs to the process and not to the session looks different in each process.
        if not has_default_reduce(kind) or {full_name(base).partition(".")[0] for base in kind.__mro__} & _OF_PROCESS:
            return ""
        if getattr(kind, "__getstate__", None) is not getattr(object, "__getstate__", None):
            return ""
        attributes = getattr(thing, "__dict__", None)
        if not isinstance(attributes, dict):
            return ""
        names = sorted(name for name in attributes if isinstance(name, str))
        pending.extend(attributes[name] for name in names[: self._sample])
        return ",".join(names)

    def _some_of(self, things: Any) -> Iterable[Any]:
        """Take all of a few things, and of many the first."""
        return list(islice(things, 2 * self._sample))

    def _some(self, things: Any) -> Iterable[Any]:
        """Take all of a few things, and of many the first, the last, and some between."""
        size = len(things)
        if size <= 2 * self._sample:
            return [things[place] for place in range(size)]
        return [things[place] for place in _places(size, self._sample)]


def _places(size: int, sample: int) -> Iterator[int]:
    step = size / sample
    yield from sorted({*range(4), *(int(step * each) for each in range(sample)), *range(size - 4, size)})


def _label(kind: type) -> str:
    """Return the name of a type. Pickle may write one iterator as another, which goes on in the same way."""
    return (
        "iterator"
        if kind.__module__ == "builtins" and kind.__name__.endswith(("iterator", "reversed"))
        else full_name(kind)
    )


def _atom(thing: Any) -> str | None:
    kind = type(thing)
    if kind is str:
        return f"s{len(thing)}|{thing[:256]}|{thing[-64:]}" if len(thing) > 320 else f"s{thing}"
    if kind is float:
        return "fnan" if math.isnan(thing) else f"f{thing!r}"
    if kind is int and abs(thing) > 1 << 64:  # turning a large one into text takes quadratic time, or is forbidden
        return f"i{thing.bit_length()}|{thing & 0xFFFFFFFFFFFFFFFF}"
    return f"{kind.__name__}{thing!r}" if kind in _NUMBERS else None


def _unordered(things: Any) -> str:
    texts = [_atom(thing) for thing in things] if len(things) <= THOROUGH else []
    return "" if None in texts else _digest("\0".join(sorted(filter(None, texts))).encode("utf-8", "surrogatepass"))


def _digest(data: Any) -> str:
    view = memoryview(data).cast("B")
    sums = hashlib.blake2b(digest_size=8)
    if len(view) <= 8 * _BYTES:
        sums.update(view)
    else:
        step = (len(view) - _BYTES) // 7
        for part in range(8):
            sums.update(view[part * step : part * step + _BYTES])
    return sums.hexdigest()


def _contiguous(array: Any) -> Any:
    numpy = sys.modules["numpy"]
    if not array.flags.c_contiguous:
        array = array.T if array.flags.f_contiguous else array.reshape(-1)[:: max(1, array.size // _BYTES)]
    return numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8) if array.size else b""


def _cell(value: Any) -> str:
    kind = type(value)
    return (
        str(value)
        if kind in {str, int, float, bool} or kind.__module__.startswith(("numpy", "pandas"))
        else full_name(kind)
    )


def _frame(thing: Any, pending: deque[Any]) -> str:
    rows = list(_places(len(thing), 8)) if len(thing) > 16 else list(range(len(thing)))
    columns = thing.columns[:64] if thing.ndim == 2 else [thing.name]
    for place, name in enumerate(columns):
        column = thing.iloc[:, place] if thing.ndim == 2 else thing
        pending.append((str(name), str(column.dtype), [_cell(column.iloc[row]) for row in rows]))
    pending.append([str(thing.index[row]) for row in rows])
    return f"{thing.shape}"
