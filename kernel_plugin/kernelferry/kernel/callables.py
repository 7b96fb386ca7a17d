"""Whether something can be called, or holds what can: what a cell hands to a library may come back as a call."""

from __future__ import annotations

import gc
import sys
import types

from kernelferry.kernel.contents import SIMPLE
from kernelferry.kernel.layouts import of_user_module

_STEPS = 200


def may_be_called(value: object) -> bool:
    """Look for functions, methods and the user's own objects in a value; in doubt, that is in large ones, say yes.

    Arrays and tables are data, and so are containers of those.
    """
    seen = set[int]()  # no `isinstance` below: it would ask the object for its class, and run its code
    pending = [value]
    while pending:
        item = pending.pop()
        kind: type = type(item)
        if kind in SIMPLE or id(item) in seen or issubclass(kind, types.ModuleType):
            continue
        seen.add(id(item))
        if len(seen) > _STEPS:
            return True
        if kind in {list, tuple, set, frozenset, dict}:
            pending.extend(_sample(item))
        elif issubclass(kind, type):
            if of_user_module(type.__getattribute__(item, "__module__")):
                return True
        elif callable(item) or of_user_module(kind.__module__):
            return True
    return False


def is_builtin_container(value: object) -> bool:
    """Whether a value is of a class of Python's own, whose methods, as `append`, may be handed over by themselves.

    An attribute of a table or an array is data, as a rule.
    """
    return type(value) not in SIMPLE and type(value).__module__.partition(".")[0] in sys.stdlib_module_names


def _sample(container: object) -> list[object]:
    # Data that is all of one kind shows it at its beginning.
    held = gc.get_referents(container)
    return held if len(held) <= _STEPS else held[: _STEPS // 4]
