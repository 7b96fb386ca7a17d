"""Telling apart what an import brings back and what only the session knows."""

from __future__ import annotations

import sys
import types
import typing
from typing import Any

_TYPE_VARIABLES = tuple(
    kind for name in ("TypeVar", "ParamSpec", "TypeVarTuple") if (kind := getattr(typing, name, None)) is not None
)
NAMED = (*_TYPE_VARIABLES, typing.NewType)
"""What pickle writes as a name, though its owner may be the session: objects with an identity and next to no state."""

DEFINED = (types.FunctionType, type, *NAMED)


def is_importable(thing: Any) -> bool:
    """Say whether an import in another process brings this function, class or type variable back."""
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    if module is None or module.__name__ == "__main__" or not is_module_importable(module):
        return False
    name = str(getattr(thing, "__qualname__", None) or getattr(thing, "__name__", ""))
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is thing


def is_module_importable(module: types.ModuleType) -> bool:
    """Say whether a module has an origin: one that the session has put together itself is known to nobody else."""
    return getattr(module, "__spec__", None) is not None or hasattr(module, "__file__")


def is_compiled(cls: type) -> bool:
    """Say whether a type comes from the interpreter or an extension module, so that there is nothing to take apart."""
    module = sys.modules.get(module_of(cls))
    if module is None or module.__name__ == "__main__" or not is_module_importable(module):
        return False
    if is_compiled_in(cls):
        return True
    return not str(getattr(module, "__file__", "")).endswith((".py", ".pyc"))


def module_of(cls: type) -> str:
    """Return the name of the module that a type says it comes from; there are types where that is something else."""
    found: Any = cls.__module__
    return found if isinstance(found, str) else ""


def full_name(cls: type) -> str:
    """Return the name of a type with its module."""
    return f"{module_of(cls)}.{cls.__qualname__}"


def is_definition(thing: Any) -> bool:
    """Say whether a thing has to be taken apart: a function, class or type variable that no import brings back."""
    if not isinstance(thing, DEFINED):
        return False
    if isinstance(thing, type) and is_compiled(thing):
        return False  # whether it can be imported by its name or not
    return not is_importable(thing)


def is_compiled_in(cls: type) -> bool:
    """Say whether a type was made by C code and not by a class statement."""
    return not cls.__flags__ & _HEAP_TYPE


def has_default_reduce(cls: type) -> bool:
    """Say whether pickle writes instances of a type in its own way: as their attributes."""
    found: Any = cls
    default: Any = object
    return found.__reduce_ex__ is default.__reduce_ex__ and found.__reduce__ is default.__reduce__


_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: the others are compiled in
