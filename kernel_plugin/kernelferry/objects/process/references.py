"""References to functions, classes and other objects that settings point to.

A warning filter names a class, a signal has a handler, pandas formats numbers with a lambda. None of these is plain
data, so a *token* takes its place, in this order of preference:

    ("plain", value)                what is plain stands for itself
    ("module", name)                a module
    ("name", module, path)          a module's attribute, or a variable of the main module
    ("attribute", token, name)      a method of something that has a token: "{:.2f}".format, model.log
    ("dict", [(key, token), …])     a dictionary with such things inside
    ("function", description)       a function of the session's that has the name of another: see `functions`
    ("object", key, description)    anything else: the object itself is kept aside, for the pickler of the object layer

The order matters: a name keeps the identity of what it leads to (the handler that sits on the logger *is* the variable
`handler`), a copy would not.
"""

from __future__ import annotations

import functools
import importlib
import sys
import types
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process import functions
from kernelferry.objects.process.plain import is_plain
from kernelferry.objects.process.wording import kind, why

Token = tuple[Any, ...]


class Unresolved(LookupError):  # noqa: N818 - it is not an error of the program's
    """Nothing is there to which a reference leads; its text is a sentence that says so."""


class Objects:
    """Makes tokens in the old process, and follows them in the new one.

    Args:
        kept: the objects that had no name and that are here again.
    """

    def __init__(self, kept: Mapping[str, object] | None = None) -> None:
        self.kept: dict[str, object] = dict(kept or {})

    def refer(self, thing: object) -> Token:
        """A token for anything; what no name leads to is kept aside in `kept`."""
        if is_plain(thing):
            return "plain", thing
        return self.named(thing) or self._taken_apart(thing) or self._keep(thing)

    def named(self, thing: object) -> Token | None:
        """A token by name, if there is a name: the one it was defined under, or that of a variable."""
        if isinstance(thing, types.ModuleType) and sys.modules.get(thing.__name__) is thing:
            return "module", thing.__name__
        module, path = getattr(thing, "__module__", None), getattr(thing, "__qualname__", None)
        known = isinstance(module, str) and isinstance(path, str) and lookup(module, path) is thing
        if known and not _is_disguised(thing):
            return "name", module, path
        variable = self._variables.get(id(thing))
        return None if variable is None else ("name", "__main__", variable)

    def resolve(self, token: Token) -> Any:  # anything can be referred to
        """What a token stands for.

        Raises:
            Unresolved: it is not here.
        """
        form, *rest = token
        if form == "plain":
            return rest[0]
        if form == "module":
            return _module(*rest)
        if form == "name":
            return _attribute(*rest)
        return self._put_together(form, rest)

    def _taken_apart(self, thing: object) -> Token | None:
        if isinstance(thing, types.FunctionType) and _is_disguised(thing):
            return "function", functions.describe(thing, "__main__", self.refer)
        owner, name = getattr(thing, "__self__", None), getattr(thing, "__name__", None)
        if isinstance(name, str) and owner is not None and getattr(owner, name, None) == thing:
            return "attribute", self.refer(owner), name
        if type(thing) is dict and all(type(key) is str for key in thing):
            return "dict", [(key, self.refer(value)) for key, value in thing.items()]
        return None

    def _put_together(self, form: str, parts: list[Any]) -> Any:
        if form == "attribute":
            return getattr(self.resolve(parts[0]), parts[1])
        if form == "dict":
            return {key: self.resolve(value) for key, value in parts[0]}
        if form == "function":
            return self._made(parts[0])
        key, description = parts
        if key not in self.kept:
            msg = f"The {description}, to which no name leads, could not be carried over."
            raise Unresolved(msg)
        return self.kept[key]

    def _made(self, told: Mapping[str, Any]) -> types.FunctionType:
        try:
            return functions.make(told, self.resolve)
        except ValueError as error:
            msg = f"The function {told['names']['__qualname__']} cannot be made here ({why(error)})."
            raise Unresolved(msg) from error

    @functools.cached_property
    def _variables(self) -> dict[int, str]:
        # Names with an underscore last: `_` and `_5` move on, and what stands in them is seldom meant.
        main = vars(sys.modules["__main__"])
        names = sorted((name for name in main if not name.startswith("__")), key=lambda name: not name.startswith("_"))
        found: dict[int, str] = {}
        for name in names:
            if not is_plain(main[name], limit=0):  # None is nobody's
                found.setdefault(id(main[name]), name)
        return found

    def _keep(self, thing: object) -> Token:
        # By identity: one object has one token, in every capture of this process, for as long as `kept` keeps it alive.
        key = f"{id(thing):x}"
        self.kept[key] = thing
        return "object", key, kind(thing)


def likeness(told: object) -> object:
    """What is told of something, without the identity of objects: comparable with what another process tells."""
    if isinstance(told, tuple):
        return ("object", told[2]) if told[:1] == ("object",) and len(told) == 3 else tuple(map(likeness, told))
    if isinstance(told, list):
        return [likeness(each) for each in told]
    return {key: likeness(value) for key, value in told.items()} if isinstance(told, dict) else told


def _is_disguised(thing: object) -> bool:
    """Whether a function was made in the main module and says otherwise: `functools.wraps` makes it say so."""
    ours = getattr(thing, "__globals__", None) is vars(sys.modules["__main__"])
    return ours and getattr(thing, "__module__", None) != "__main__"


def lookup(module: str, path: str) -> object:
    """What stands at a place in a module that is loaded; None if nothing does."""
    found: object = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _module(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:
        msg = f"The module {name} cannot be imported here ({why(error)})."
        raise Unresolved(msg) from error


def _attribute(module: str, path: str) -> object:
    found: object = _module(module)
    try:
        for part in path.split("."):
            found = getattr(found, part)
    except AttributeError:
        where = "the session" if module == "__main__" else f"the module {module}"
        msg = f"There is no {path} in {where}."
        raise Unresolved(msg) from None
    return found
