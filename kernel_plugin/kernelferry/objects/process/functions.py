"""Functions in plain words, for those that nothing else can carry.

The object layer writes a function by its name, if its module has it under that name, and by value otherwise. Two kinds
are served by neither. A wrapper that stands in a library's module under the name of what it wraps
(`numpy.load = wraps(numpy.load)(…)`) would come back as what it wraps. And a function of a module that the session
itself has made (`types.ModuleType`) has to be there before anything that needs it by name is loaded.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

_MAGIC = importlib.util.MAGIC_NUMBER
_NAMES = ("__name__", "__qualname__", "__module__", "__doc__")


def describe(function: types.FunctionType, home: str, refer: Callable[[object], Any]) -> dict[str, Any]:
    """What a function is made of.

    Args:
        function: any one.
        home: the module whose names it sees.
        refer: makes a token for a default value, an attribute, or a variable of the closure.
    """
    return {
        "home": home,
        "magic": _MAGIC,
        "code": marshal.dumps(function.__code__),
        "names": {name: getattr(function, name) for name in _NAMES},
        "defaults": [refer(value) for value in function.__defaults__ or ()],
        "keywords": {key: refer(value) for key, value in (function.__kwdefaults__ or {}).items()},
        "attributes": {key: refer(value) for key, value in vars(function).items()},
        "closure": [_cell(cell, refer) for cell in function.__closure__ or ()],
    }


def make(told: Mapping[str, Any], resolve: Callable[[Any], Any]) -> types.FunctionType:
    """A function from its description.

    Args:
        told: what `describe` returned.
        resolve: follows a token, and raises what it likes.

    Raises:
        ValueError: another version of Python has compiled it.
    """
    if told["magic"] != _MAGIC:
        msg = "its code is that of another version of Python"
        raise ValueError(msg)
    code = marshal.loads(told["code"])  # noqa: S302 - its digest was checked, as for the pickles beside it
    cells = tuple(types.CellType(*map(resolve, contents)) for contents in told["closure"])
    name, defaults = told["names"]["__name__"], tuple(map(resolve, told["defaults"]))
    made = types.FunctionType(code, vars(sys.modules[told["home"]]), name, defaults or None, cells)
    made.__kwdefaults__ = {key: resolve(token) for key, token in told["keywords"].items()}
    vars(made).update({key: resolve(token) for key, token in told["attributes"].items()})
    for key, value in told["names"].items():
        setattr(made, key, value)
    return made


def _cell(cell: types.CellType, refer: Callable[[object], Any]) -> list[Any]:
    try:
        return [refer(cell.cell_contents)]
    except ValueError:  # empty
        return []
