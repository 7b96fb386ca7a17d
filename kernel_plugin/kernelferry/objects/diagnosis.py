"""Which object inside of something is the one that cannot be stored, and by what path it is reached.

Pickling tells what was wrong, and not where. So it is tried again for the parts: whichever fails is gone into, until
none of its parts fails. Nothing here is exact, and all of it is bounded: it is for the words of a report.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from itertools import islice
from time import monotonic
from typing import Any

_DEPTH = 30
_PARTS = 500  # of one object; what is behind them is not named
_SECONDS = 1.0  # for one diagnosis

Attempt = Callable[[Any], BaseException | None]
"""Tries to pickle a part, and returns what went wrong."""


def locate(path: str, thing: Any, attempt: Attempt) -> tuple[str, BaseException | None]:
    """Find the innermost object that cannot be pickled.

    Args:
        path: what leads to the thing, as the user would write it.
        thing: something that cannot be pickled.
        attempt: tries to.

    Returns:
        The path to that object, and what went wrong there; None if it was not tried.
    """
    deadline = monotonic() + _SECONDS
    seen = {id(thing)}
    reason: BaseException | None = None
    for _ in range(_DEPTH):
        for step, part in islice(_parts(thing), _PARTS):
            if id(part) in seen or monotonic() > deadline:
                continue
            found = attempt(part)
            if found is not None:
                seen.add(id(part))
                path, thing, reason = path + step, part, found
                break
        else:
            break
    return path, reason


def _parts(thing: Any) -> Iterator[tuple[str, Any]]:
    kind = type(thing)  # and not what it says of itself
    if issubclass(kind, dict):
        for key, value in thing.items():
            yield f"[{_short(key)}]", value
            yield f".keys()[{_short(key)}]", key
    elif issubclass(kind, (list, tuple)):
        for place, value in enumerate(thing):
            yield f"[{place}]", value
    elif issubclass(kind, (set, frozenset)):
        for value in thing:
            yield "{…}", value
    elif kind is types.FunctionType:
        yield from _parts_of_function(thing)
    elif kind is types.MethodType:
        yield ".__self__", thing.__self__
        yield ".__func__", thing.__func__
    yield from _attributes(thing)


def _parts_of_function(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield f".<{name}>", cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield ".<default>", default


def _attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    try:
        attributes = dict(vars(thing))
    except TypeError:
        attributes = {}
    for cls in type(thing).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if isinstance(name, str) and hasattr(thing, name):
                attributes.setdefault(name, getattr(thing, name))
    for name, value in attributes.items():
        yield f".{name}", value


def _short(key: Any) -> str:
    text = repr(key) if isinstance(key, (str, int, float, bool, tuple)) else type(key).__name__
    return text if len(text) <= 40 else text[:37] + "…"


def words(exc: BaseException) -> str:
    """Say in one line what went wrong."""
    kind = type(exc).__name__
    try:
        text = " ".join(str(exc).split())
    except Exception:  # noqa: BLE001 - foreign code
        return kind
    if kind in {"CannotStore", "PicklingError", "TypeError"} and text:
        return text
    return f"{kind}: {text}" if text else kind
