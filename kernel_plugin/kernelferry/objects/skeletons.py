"""Functions and classes of a checkpoint made again: empty first, and filled in with the component of their state."""

from __future__ import annotations

import abc
import builtins
import importlib
import marshal
import types
import typing
from typing import Any

from kernelferry.objects.definitions import (
    EMPTY_CELL,
    ClassSkeleton,
    FunctionSkeleton,
    NamedSkeleton,
    Ref,
    Skeleton,
)
from kernelferry.objects.sources import VERSION, compile_again


class Skeletons:
    """The definitions of a checkpoint that is being loaded.

    Args:
        namespace: the globals that restored functions see.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._made: dict[Ref, Any] = {}
        self._members: dict[tuple[Ref, str], Any] = {}
        self.failed: dict[Ref, str] = {}
        """Why a definition could not be made."""

    def get(self, ref: Ref) -> Any:
        """Return a definition, a cell or a foreign globals dictionary; the last two are made when first asked for."""
        if ref in self.failed:
            raise ValueError(self.failed[ref])
        if ref not in self._made:
            self._made[ref] = _made_when_asked(ref)
        return self._made[ref]

    def member(self, ref: Ref, name: str) -> Any:
        """Return a member of an enumeration."""
        return self._members[ref, name]

    def make(self, skeleton: Skeleton) -> None:
        """Make a definition, empty."""
        if isinstance(skeleton, ClassSkeleton):
            made: Any = self._class(skeleton)
        elif isinstance(skeleton, FunctionSkeleton):
            made = self._function(skeleton)
        else:
            made = _named(skeleton)
        self._made[skeleton.ref] = made

    def behave(self, ref: Ref, methods: dict[str, Any]) -> None:
        """Give a class its methods."""
        for name, value in methods.items():
            type.__setattr__(self._made[ref], name, value)

    def fill(self, ref: Ref, state: dict[str, Any]) -> None:
        """Give a definition its data."""
        thing = self.get(ref)
        if isinstance(thing, type):
            for key, attributes in state.pop("members", {}).items():
                self._members[ref, key].__dict__.update(attributes)
            _fill_class(thing, state)
        elif isinstance(thing, types.FunctionType):
            self._fill_function(thing, state)

    def _fill_function(self, function: types.FunctionType, state: dict[str, Any]) -> None:
        for cell, contents in state.pop("cells").items():
            if contents != (EMPTY_CELL,):
                self.get(cell).cell_contents = contents[1]
        found = state.pop("globals", {})
        function.__globals__.update({k: v for k, v in found.items() if k not in function.__globals__})
        function.__dict__.update(state.pop("__dict__"))
        for name, value in state.items():
            setattr(function, name, value)

    def _function(self, skeleton: FunctionSkeleton) -> types.FunctionType:
        foreign = skeleton.foreign_globals
        seen = self._namespace if foreign is None else self.get(foreign)
        cells = dict(zip(skeleton.shape.free, map(self.get, skeleton.cells), strict=True))
        code = self._code(skeleton)
        closure = tuple(cells[name] for name in code.co_freevars)
        return types.FunctionType(code, seen, skeleton.name, None, closure)

    def _code(self, skeleton: FunctionSkeleton) -> types.CodeType:
        if skeleton.version == VERSION:
            code: types.CodeType = marshal.loads(skeleton.code)  # noqa: S302 - its digest was checked, as the pickles'
            return code
        again = compile_again(skeleton.source, skeleton.shape, skeleton.filename)
        if again is None:
            msg = f"{skeleton.name} was compiled by {skeleton.version}, and is not to be told apart in its source"
            raise ValueError(msg)
        return again

    def _class(self, skeleton: ClassSkeleton) -> type:
        # Past the metaclass's own __new__ and __init__: they ran when the user made the class; their effects are state.
        # Bases of the session have no methods yet; a library's `__init_subclass__` runs again, as on an import.
        compiled = skeleton.metaclass.__module__ == "_ctypes"  # which lays out memory, and insists on doing it itself
        new = skeleton.metaclass.__new__ if compiled else type.__new__
        made: type = new(skeleton.metaclass, skeleton.name, skeleton.bases, dict(skeleton.namespace))
        if isinstance(made, abc.ABCMeta):
            abc._abc_init(made)  # type: ignore[attr-defined]  # noqa: SLF001 - what ABCMeta.__new__ calls
        for name, arguments in skeleton.members.items():
            mixed_in = skeleton.namespace.get("_member_type_", object)
            self._members[skeleton.ref, name] = mixed_in.__new__(made, *arguments)
        return made


def _made_when_asked(ref: Ref) -> Any:
    if ref.startswith("cell"):
        return types.CellType()
    if ref.startswith("module:"):
        return vars(importlib.import_module(ref.removeprefix("module:")))
    if ref.startswith("globals"):
        return {"__builtins__": builtins}
    msg = f"the checkpoint does not say what {ref} is"
    raise ValueError(msg)


def _named(skeleton: NamedSkeleton) -> Any:
    made = getattr(typing, skeleton.kind)(*skeleton.positional, **skeleton.keywords)
    if skeleton.module is not None:
        made.__module__ = skeleton.module
    return made


def _fill_class(cls: type, state: dict[str, Any]) -> None:
    registered = state.pop("registered", ())
    for base in state.pop("registered_with", ()):
        base.register(cls)
    for name, value in state.items():
        type.__setattr__(cls, name, value)
    for other in registered:
        abc.ABCMeta.register(cls, other)  # type: ignore[arg-type]
