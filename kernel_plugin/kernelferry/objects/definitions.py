"""Functions and classes that only the session knows: what they are made of, and how they are made again.

A function of the main module cannot be pickled by name, since no import brings it back. It is taken apart instead, in
two pieces with different lifetimes. Its *skeleton* (code, name, bases, metaclass) needs nothing of the user's data
and is made first, for all definitions of a checkpoint. Its *state* (defaults, closure, attributes, methods) may hold
any data, belongs to a component like a variable, and is filled in when that component is loaded. So there is one
class object for all its instances whichever component they are in, definitions may refer to each other in circles,
and a function shared by thousands of objects does not merge them into one component.

Globals are never captured: a skeleton gets the live namespace, so that a restored function sees later rebindings.
"""

from __future__ import annotations

import abc
import enum
import marshal
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NewType

Ref = NewType("Ref", str)
"""The name of a definition, a closure cell or a foreign globals dictionary within one checkpoint."""

# Made by the class statement itself, or meaningless outside the process that made them.
_NOT_STATE = frozenset({"__dict__", "__weakref__", "__slots__", "_abc_impl", "__module__", "__qualname__"})
_BEHAVIOUR = (types.FunctionType, staticmethod, classmethod, property)
_EMPTY_CELL = "empty"


@dataclass(frozen=True)
class FunctionSkeleton:
    """What a function needs to exist.

    Args:
        ref: its name in the checkpoint.
        code: its code object, as `marshal` writes it; readable by the same minor version of Python only.
        name: its `__name__`.
        cells: the closure's cells, which functions may share.
        foreign_globals: the dictionary it was made with, where that is not the session's namespace.
    """

    ref: Ref
    code: bytes
    name: str
    cells: tuple[Ref, ...]
    foreign_globals: Ref | None


@dataclass(frozen=True)
class ClassSkeleton:
    """What a class needs to exist.

    Args:
        ref: its name in the checkpoint.
        metaclass: as it is; other definitions among metaclass and bases are made before.
        name: its `__name__`.
        bases: its bases.
        namespace: module, qualified name and slots.
        members: an enumeration's members, by name: the value a mixed-in type is made of.
    """

    ref: Ref
    metaclass: type
    name: str
    bases: tuple[type, ...]
    namespace: dict[str, Any]
    members: dict[str, tuple[Any, ...]] = field(default_factory=dict)


def is_importable(thing: Any) -> bool:
    """Say whether an import in another process brings this function or class back."""
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    if module is None or module.__name__ == "__main__":
        return False
    found: Any = module
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is thing


def _is_compiled(cls: type) -> bool:
    """Say whether a type comes from the interpreter or an extension module, so that there is nothing to take apart."""
    module = sys.modules.get(cls.__module__)
    if module is None or module.__name__ == "__main__":
        return False
    return not str(getattr(module, "__file__", "")).endswith((".py", ".pyc"))


def is_definition(thing: Any) -> bool:
    """Say whether a thing has to be taken apart: a function or class that no import brings back."""
    if isinstance(thing, type) and _is_compiled(thing):
        return False  # whether it can be imported by its name or not
    return isinstance(thing, (types.FunctionType, type)) and not is_importable(thing)


def enum_members(cls: Any) -> dict[str, Any]:
    """Return an enumeration's members under keys: their names, and numbers for the combinations a flag has met."""
    declared: dict[str, Any] = dict(cls.__members__)
    members = {name: each for name, each in declared.items() if each.name == name}
    named = {id(each) for each in members.values()}
    met = cls._value2member_map_.values()
    members.update({f"#{number}": each for number, each in enumerate(met) if id(each) not in named})
    return members


class Registry:
    """The definitions of one checkpoint, named as they are met.

    Args:
        namespace: the session's namespace, which its functions have as globals.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._refs: dict[int, Ref] = {}
        self.shared_memory: set[int] = set()
        """The identities of the arrays whose memory several arrays show."""
        self._things: dict[Ref, Any] = {}  # also keeps them alive, and so their identities their own

    def ref(self, thing: Any) -> Ref:
        """Return the name of a definition, a cell or a foreign globals dictionary."""
        known = self._refs.get(id(thing))
        if known is not None:
            return known
        if isinstance(thing, type):
            # Whoever makes skeletons in this order has a class's bases when he needs them.
            for base in (type(thing), *thing.__bases__):
                if is_definition(base):
                    self.ref(base)
        made = Ref(f"{_kind(thing)}{len(self._refs)}")
        self._refs[id(thing)] = made
        self._things[made] = thing
        return made

    def definitions(self) -> Iterator[tuple[Ref, types.FunctionType | type]]:
        """Return functions and classes in an order in which their skeletons can be made; it grows while one reads."""
        done = 0
        while done < len(self._things):
            ref, thing = list(self._things.items())[done]
            done += 1
            if isinstance(thing, (types.FunctionType, type)):
                yield ref, thing

    def skeleton(self, ref: Ref) -> FunctionSkeleton | ClassSkeleton:
        """Return what a definition needs to exist."""
        thing = self._things[ref]
        if isinstance(thing, type):
            return _class_skeleton(ref, thing)
        cells = tuple(self.ref(cell) for cell in thing.__closure__ or ())
        ours = thing.__globals__ is self._namespace
        return FunctionSkeleton(
            ref=ref,
            code=marshal.dumps(thing.__code__),
            name=thing.__name__,
            cells=cells,
            foreign_globals=None if ours else self.ref(thing.__globals__),
        )

    def behaviour(self, ref: Ref) -> dict[str, Any]:
        """Return a class's methods and the like, as live objects; nothing for a function.

        They are filled in before any data: data may be instances, and to make one may take its methods.
        """
        thing = self._things[ref]
        if not isinstance(thing, type):
            return {}
        return {name: value for name, value in _class_state(thing).items() if isinstance(value, _BEHAVIOUR)}

    def state(self, ref: Ref) -> dict[str, Any]:
        """Return a definition's data: everything but its skeleton and behaviour, as live objects."""
        thing = self._things[ref]
        if not isinstance(thing, type):
            return self._function_state(thing)
        return {name: value for name, value in _class_state(thing).items() if not isinstance(value, _BEHAVIOUR)}

    def _function_state(self, function: types.FunctionType) -> dict[str, Any]:
        cells = {self.ref(cell): _contents(cell) for cell in function.__closure__ or ()}
        state = {
            "__defaults__": function.__defaults__,
            "__kwdefaults__": function.__kwdefaults__,
            "__dict__": function.__dict__,
            "__annotations__": function.__annotations__,
            "__doc__": function.__doc__,
            "__module__": function.__module__,
            "__qualname__": function.__qualname__,
            "cells": cells,
        }
        if function.__globals__ is not self._namespace:
            used = _global_names(function.__code__)
            state["globals"] = {k: v for k, v in function.__globals__.items() if k in used or k == "__name__"}
        return state


class Skeletons:
    """The definitions of a checkpoint that is being loaded: made empty, filled later.

    Args:
        namespace: the globals that restored functions see.
    """

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace
        self._made: dict[Ref, Any] = {}
        self._members: dict[tuple[Ref, str], Any] = {}

    def __contains__(self, ref: Ref) -> bool:
        return ref in self._made

    def get(self, ref: Ref) -> Any:
        """Return a definition, a cell or a foreign globals dictionary; the last two are made when first asked for."""
        if ref not in self._made:
            self._made[ref] = types.CellType() if ref.startswith("cell") else {"__builtins__": __builtins__}
        return self._made[ref]

    def member(self, ref: Ref, name: str) -> Any:
        """Return a member of an enumeration."""
        return self._members[ref, name]

    def make(self, skeleton: FunctionSkeleton | ClassSkeleton) -> None:
        """Make a definition, empty."""
        if isinstance(skeleton, ClassSkeleton):
            self._made[skeleton.ref] = self._class(skeleton)
            return
        foreign = skeleton.foreign_globals
        seen = self._namespace if foreign is None else self.get(foreign)
        cells = tuple(self.get(cell) for cell in skeleton.cells)
        code = marshal.loads(skeleton.code)  # noqa: S302 - its digest was checked, as for the pickles beside it
        self._made[skeleton.ref] = types.FunctionType(code, seen, skeleton.name, None, cells)

    def behave(self, ref: Ref, methods: dict[str, Any]) -> None:
        """Give a class its methods."""
        for name, value in methods.items():
            type.__setattr__(self._made[ref], name, value)

    def fill(self, ref: Ref, state: dict[str, Any]) -> None:
        """Give a definition its data."""
        thing = self._made[ref]
        if isinstance(thing, type):
            for key, attributes in state.pop("members", {}).items():
                self._members[ref, key].__dict__.update(attributes)
            _fill_class(thing, state)
            return
        for cell, contents in state.pop("cells").items():
            if contents != (_EMPTY_CELL,):
                self.get(cell).cell_contents = contents[1]
        thing.__globals__.update({k: v for k, v in state.pop("globals", {}).items() if k not in thing.__globals__})
        thing.__dict__.update(state.pop("__dict__"))
        for name, value in state.items():
            setattr(thing, name, value)

    def _class(self, skeleton: ClassSkeleton) -> type:
        # Past the metaclass's own __new__ and __init__: they ran when the user made the class; their effects are state.
        # Bases of the session have no methods yet; a library's `__init_subclass__` runs again, as on an import.
        made: type = type.__new__(skeleton.metaclass, skeleton.name, skeleton.bases, dict(skeleton.namespace))
        if isinstance(made, abc.ABCMeta):
            abc._abc_init(made)  # type: ignore[attr-defined]  # noqa: SLF001 - what ABCMeta.__new__ calls
        for name, arguments in skeleton.members.items():
            mixed_in = skeleton.namespace.get("_member_type_", object)
            self._members[skeleton.ref, name] = mixed_in.__new__(made, *arguments)
        return made


def _kind(thing: Any) -> str:
    if isinstance(thing, types.CellType):
        return "cell"
    if isinstance(thing, dict):
        return "globals"
    return "class" if isinstance(thing, type) else "function"


def _class_skeleton(ref: Ref, cls: type) -> ClassSkeleton:
    namespace: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    for name in ("__slots__", "__orig_bases__"):
        if name in cls.__dict__:
            namespace[name] = cls.__dict__[name]
    members: dict[str, tuple[Any, ...]] = {}
    if isinstance(cls, enum.EnumMeta):
        mixed_in = cls._member_type_  # type: ignore[attr-defined]
        namespace["_member_type_"] = mixed_in
        plain = mixed_in is object
        members = {key: () if plain else (mixed_in(each.value),) for key, each in enum_members(cls).items()}
    return ClassSkeleton(ref, type(cls), cls.__name__, cls.__bases__, namespace, members)


def _class_state(cls: type) -> dict[str, Any]:
    slots = cls.__dict__.get("__slots__", ())
    slots = {slots} if isinstance(slots, str) else set(slots)
    state = {k: v for k, v in cls.__dict__.items() if k not in _NOT_STATE and k not in slots}
    if isinstance(cls, enum.EnumMeta):
        state["members"] = {key: dict(member.__dict__) for key, member in enum_members(cls).items()}
    if isinstance(cls, abc.ABCMeta):
        registry = abc._get_dump(cls)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        state["registered"] = [other for reference in registry if (other := reference()) is not None]
    return state


def _fill_class(cls: type, state: dict[str, Any]) -> None:
    registered = state.pop("registered", ())
    for name, value in state.items():
        type.__setattr__(cls, name, value)
    for other in registered:
        abc.ABCMeta.register(cls, other)  # type: ignore[arg-type]


def _contents(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return ("full", cell.cell_contents)
    except ValueError:
        return (_EMPTY_CELL,)


def _global_names(code: types.CodeType) -> set[str]:
    """Return all names that a code object or one nested in it may look up as globals, and some more."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return names
