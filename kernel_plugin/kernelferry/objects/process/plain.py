"""Plain data: what can be unpickled without importing anything."""

from __future__ import annotations

import sys
from collections.abc import Collection
from enum import Enum
from typing import cast

_ATOMS = frozenset({type(None), bool, int, float, complex, str, bytes})
_CONTAINERS = frozenset({list, tuple, set, frozenset})


def is_plain(value: object, limit: int | None = None) -> bool:
    """Whether a value consists of builtin types only, exactly: a subclass is a class that somebody has to import.

    Args:
        value: what to look at. Cycles do no harm.
        limit: how many parts it may have before the answer is no; any number by default.
    """
    seen: set[int] = set()
    todo = [value]
    while todo:
        part = todo.pop()
        if type(part) in _ATOMS:
            continue
        if id(part) in seen:
            continue
        seen.add(id(part))
        if type(part) not in _CONTAINERS and type(part) is not dict:
            return False
        held = cast("Collection[object]", part)
        if limit is not None and len(held) > limit:
            return False
        if type(part) is dict:
            todo += part.keys()
            todo += part.values()
        else:
            todo += held
        if limit is not None and len(seen) + len(todo) > limit:
            return False
    return True


def simplified(value: object) -> object:
    """A value with numpy's numbers and arrays, and enumerations of texts, turned into builtin ones.

    For settings whose owner takes either. What cannot be simplified is returned as it is.
    """
    if isinstance(value, Enum) and isinstance(value.value, str):
        return value.value
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.generic, numpy.ndarray)):
        return value.tolist()
    if type(value) is dict:
        return {simplified(key): simplified(item) for key, item in value.items()}
    if type(value) in {list, tuple}:
        return type(value)(simplified(item) for item in value)  # type: ignore[call-arg, attr-defined]
    return value


def same(one: object, other: object) -> bool:
    """Whether two settings are equal, where comparing may fail or answer with an array."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    try:
        return bool(one == other)
    except Exception:  # noqa: BLE001 - foreign classes; what cannot be compared counts as different
        return False
