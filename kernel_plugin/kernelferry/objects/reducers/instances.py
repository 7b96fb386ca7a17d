"""Instances of the session's own classes, made again without running the session's code.

Pickle calls `__new__`, and appends to lists and fills dictionaries through methods that a class may have replaced; asks
`__getattr__` of an object that is not whole yet for `__setstate__`; and copies the contents of `__dict__`, although
somebody may hold that dictionary, or it may be the object itself. So where a class of the session does such things, its
instances are taken apart by the methods of `object`, and put together by them. What a class itself has to say of how it
is pickled (`__reduce__`, `__getstate__`, `__getnewargs__`) is left to pickle.
"""

from __future__ import annotations

import copyreg
import sys
from sys import getrefcount
from typing import Any

from kernelferry.objects.recognition import has_default_reduce, is_compiled_in, is_definition

_OWN_WORD = {"__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__", "__reduce__", "__reduce_ex__"}
_RUNS_CODE = {"__new__", "__getattr__", "__getattribute__", "__setattr__", "__setitem__", "append", "extend", "update"}
_PROTOCOL = 4


def needs_care(kind: type) -> bool:
    """Say whether instances of a class are to be taken apart here."""
    if not is_definition(kind) or not has_default_reduce(kind):
        return False
    said: set[str] = set()
    for base in kind.__mro__:
        if is_compiled_in(base):
            break
        said |= vars(base).keys()
    return not said & _OWN_WORD


def instance(found: Any) -> Any:
    """Write an instance of a simple class: only if somebody else holds its dictionary there is anything to do."""
    attributes = object.__getattribute__(found, "__dict__")
    if getrefcount(attributes) <= _OWN:
        return NotImplemented
    return careful(found)


def careful(found: Any) -> Any:
    """Write an instance without regard to what its class has replaced."""
    kind = type(found)
    _, (_, *arguments), state, items, pairs = (*object.__reduce_ex__(found, _PROTOCOL), None, None, None)[:5]
    attributes, slots = state if isinstance(state, tuple) else (state, None)
    contents = (None if items is None else list(items), None if pairs is None else list(pairs))
    if attributes is not None:
        attributes = _dictionary(found)  # itself, and no copy
    return made_past, (kind, *arguments), (attributes, slots, contents), None, None, put_together


def by_its_own_word(found: Any) -> Any:
    """Write an instance as its class says; but where that is a name in the session, no import would find it."""
    reduced = found.__reduce_ex__(_PROTOCOL)
    if isinstance(reduced, str):
        if getattr(sys.modules["__main__"], reduced, None) is not found:
            return NotImplemented
        slots = {name: getattr(found, name) for name in copyreg._slotnames(type(found)) if hasattr(found, name)}  # type: ignore[attr-defined]  # noqa: SLF001 - as pickle does
        return made_past, (type(found),), (_dictionary(found), slots, (None, None)), None, None, put_together
    return reduced


def made_past(kind: Any, *arguments: Any) -> Any:
    """Make an instance past its class's own `__new__`."""
    compiled: Any = next(filter(is_compiled_in, kind.__mro__))
    return compiled.__new__(kind, *arguments)


def put_together(made: Any, state: tuple[Any, Any, tuple[Any, Any]]) -> None:
    """Give an instance its attributes and its contents, past its class's own methods."""
    attributes, slots, (items, pairs) = state
    if attributes is not None:
        object.__setattr__(made, "__dict__", attributes)
    for name, value in (slots or {}).items():
        object.__setattr__(made, name, value)
    if items is not None:
        list.extend(made, items)
    for key, value in pairs or ():
        dict.__setitem__(made, key, value)


def reducer_for(kind: type) -> Any:
    """Return how instances of a class that needs care are written, or None if pickle does it well."""
    if not needs_care(kind):
        return by_its_own_word if is_definition(kind) and not has_default_reduce(kind) else None
    python = [base for base in kind.__mro__ if not is_compiled_in(base)]
    compiled = next(filter(is_compiled_in, kind.__mro__))
    if compiled is not object or any(_RUNS_CODE & vars(base).keys() for base in python):
        return careful if compiled in {object, list, dict, tuple, set, frozenset, str, int, float, bytes} else None
    return instance if any("__dict__" in vars(base) for base in python) else None


def _dictionary(found: Any) -> Any:
    try:
        return object.__getattribute__(found, "__dict__")
    except AttributeError:
        return None


class _Plain:
    pass


def _calibrated() -> int:
    sample = _Plain()
    sample.attribute = 1  # type: ignore[attr-defined]
    attributes = object.__getattribute__(sample, "__dict__")
    return getrefcount(attributes)


_OWN = _calibrated()
"""How often the dictionary of an instance is referred to that nobody else holds, seen from `instance`."""
