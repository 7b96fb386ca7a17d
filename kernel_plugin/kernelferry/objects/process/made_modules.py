"""Modules that no file stands for: the session has made them and put them into `sys.modules`.

They have to be there before the variables, which may need them by name. So they are written in plain words as far as
that goes: functions by their code, other values by reference. A class defined in one is named and left behind.

Not taken are the modules that libraries and compiled code make in such a way: a module is the session's if it is a
variable, if a cell has put it there by name, or if it holds something of the session's or a function of its own.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Collection, Mapping
from typing import Any

from kernelferry.objects.process import functions
from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.origins import registered_modules, session, users
from kernelferry.objects.process.references import Objects, Token, Unresolved
from kernelferry.objects.process.wording import listed, why

_BORN_WITH = {"__name__", "__loader__", "__spec__", "__builtins__"}


class MadeModules:
    """Entries of `sys.modules` that the session has made: modules without a file, and what stands in for a module."""

    name = "made modules"
    early = True

    def loaded(self) -> bool:
        """Every process has modules."""
        return True

    def baseline(self) -> set[str]:
        """The names of all that are loaded."""
        return set(sys.modules)

    def capture(self, start: Collection[str] | None, objects: Objects) -> Captured | None:
        """Take them apart."""
        asked_for = registered_modules()
        variables = {id(value) for value in session().values()}
        data: list[tuple[str, Token]] = []
        left: list[str] = []
        for key, entry in list(sys.modules.items()):
            if _is_made(key, entry):
                if key not in (start or ()) and (key in asked_for or id(entry) in variables or _is_the_sessions(entry)):
                    data.append((key, ("made", _described(entry, objects, left))))
            elif key in asked_for:
                data.append((key, objects.refer(entry)))
        if not data and not left:
            return None
        return Captured(data, detail=listed([key for key, _ in data]), left=tuple(left))

    def restore(self, data: list[tuple[str, Token]], objects: Objects) -> list[str]:
        """Make all of them, then fill them."""
        failures: list[str] = []
        for key, token in data:
            if token[0] == "made" and not _is_made(key, sys.modules.get(key)):
                sys.modules[key] = types.ModuleType(key)
        for key, token in data:
            try:
                if token[0] == "made":
                    _fill(sys.modules[key], token[1], objects, failures)
                elif sys.modules.get(key) is not (entry := objects.resolve(token)):
                    sys.modules[key] = entry
            except Unresolved as error:
                failures.append(f"The module {key} is missing. {error}")
        return failures


def _is_made(key: str, entry: object) -> bool:
    spec, file = getattr(entry, "__spec__", None), getattr(entry, "__file__", None)
    return type(entry) is types.ModuleType and key == entry.__name__ and key != "__main__" and spec is file is None


def _is_the_sessions(module: types.ModuleType) -> bool:
    return any(users(value) or _is_own(value, module) for value in vars(module).values())


def _is_own(value: object, module: types.ModuleType) -> bool:
    return isinstance(value, types.FunctionType) and value.__globals__ is vars(module)


def _described(module: types.ModuleType, objects: Objects, left: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"functions": {}, "values": {}}
    for name, value in vars(module).items():
        if name in _BORN_WITH:
            continue
        if isinstance(value, types.FunctionType) and _is_own(value, module):
            told["functions"][name] = functions.describe(value, module.__name__, objects.refer)
        elif isinstance(value, type) and value.__module__ == module.__name__:
            left.append(f"The class {module.__name__}.{value.__qualname__} is in no file and cannot be made again.")
        else:
            told["values"][name] = objects.refer(value)
    return told


def _fill(module: types.ModuleType, told: Mapping[str, Any], objects: Objects, failures: list[str]) -> None:
    for name, function in told["functions"].items():
        if hasattr(module, name):
            continue  # made before the variables were, and they may have it
        try:
            setattr(module, name, functions.make(function, objects.resolve))
        except (Unresolved, ValueError) as error:
            failures.append(f"The function {module.__name__}.{name} cannot be made here ({why(error)}).")
    for name, token in told["values"].items():
        try:
            setattr(module, name, objects.resolve(token))
        except Unresolved as error:
            failures.append(f"{module.__name__}.{name} is missing. {error}")
