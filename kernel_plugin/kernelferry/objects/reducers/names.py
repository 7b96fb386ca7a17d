"""Objects that exist once in a process, written as the name under which a module holds them.

Pickle would write a second one: a copy of `matplotlib.rcParams` that nobody listens to.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from kernelferry.objects.recognition import module_of
from kernelferry.objects.reducers.reduction import Reducer


def attribute(module: str, name: str) -> Any:
    """Return a global of a module."""
    return getattr(importlib.import_module(module), name)


def nameless(kind: Any) -> Any:
    """Write a type of the interpreter that no import finds under its own name by the one `types` has for it."""
    for name, value in vars(types).items():
        if value is kind:
            return attribute, ("types", name)
    if kind.__module__ == "builtins":
        for value in _SAMPLES:
            if type(value) is kind:
                return type, (value,)
    ctypes = sys.modules.get("ctypes")
    if ctypes is not None and kind.__module__ == "_ctypes":  # its metaclasses have no names
        for name in ("Structure", "Union", "Array", "_Pointer", "_SimpleCData", "_CFuncPtr"):
            if type(getattr(ctypes, name, None)) is kind:
                return type, (getattr(ctypes, name),)
    return NotImplemented


_SAMPLES: tuple[Any, ...] = (
    {}.keys(), {}.values(), {}.items(), iter([]), iter(()), iter({}), iter(set()), iter(range(0)), iter(""),
)  # fmt: skip


class Names:
    """The names under which modules hold objects of their own package; each package is looked through once."""

    def __init__(self) -> None:
        self._packages: dict[str, dict[type, dict[int, tuple[str, str, Any]]]] = {}

    def reducer(self, kind: type) -> Reducer | None:
        """Write objects that a module of their type's own package holds by name as that name, others as pickle does."""
        package = module_of(kind).partition(".")[0]
        if package in _PLAIN_VALUES and kind.__qualname__ not in _KNOWN_ONCE and not _is_bare(kind):
            return None
        if package not in self._packages:
            self._packages[package] = _held(package)
        found = self._packages[package].get(kind)
        if not found:
            return None

        def reduce(thing: Any) -> Any:
            named = found.get(id(thing))
            return NotImplemented if named is None else (attribute, named[:2])

        return reduce


# Their modules hold values of their own types, such as `numpy.pi` or `datetime.MINYEAR`: no singletons.
_PLAIN_VALUES = frozenset(
    {"builtins", "__main__", "collections", "types", "datetime", "decimal", "fractions", "pathlib", "numpy", "uuid",
     "re"}
)  # fmt: skip
_KNOWN_ONCE = frozenset({"RandomState"})


def _held(package: str) -> dict[type, dict[int, tuple[str, str, Any]]]:
    found: dict[type, dict[int, tuple[str, str, Any]]] = {}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] != package or name == "__main__" or not isinstance(module, types.ModuleType):
            continue
        if getattr(module, "__spec__", None) is None:
            continue
        for key, value in list(vars(module).items()):
            kind = type(value)
            if module_of(kind).partition(".")[0] == package:
                found.setdefault(kind, {}).setdefault(id(value), (name, key, value))
    return found


def _is_bare(kind: type) -> bool:
    """Say whether objects of a type have no state, so that each of them that has a name is nothing but that name."""
    return kind.__basicsize__ <= _Bare.__basicsize__ and module_of(kind) not in {"builtins", "__main__"}


class _Bare:
    """Has a dictionary and weak references, and nothing else."""
