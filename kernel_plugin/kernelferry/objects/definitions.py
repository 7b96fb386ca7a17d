"""Functions and classes that only the session knows: what they are made of.

A function of the main module cannot be pickled by name, since no import brings it back. It is taken apart instead, in
two pieces with different lifetimes. Its *skeleton* (code, name, bases, metaclass) needs nothing of the user's data
and is made first, for all definitions of a checkpoint. Its *state* (defaults, closure, attributes, methods) may hold
any data, belongs to a component like a variable, and is filled in when that component is loaded. So there is one
class object for all its instances whichever component they are in, definitions may refer to each other in circles,
and a function shared by thousands of objects does not merge them into one component.

Globals are never captured: a skeleton gets the live namespace, so that a restored function sees later rebindings; one
that a library made gets the globals of that library. How all this is made again is in `skeletons`.
"""

from __future__ import annotations

import abc
import enum
import marshal
import sys
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NewType

from kernelferry.objects.recognition import DEFINED, NAMED, is_definition, is_module_importable
from kernelferry.objects.sources import VERSION, Shape, source_of

Ref = NewType("Ref", str)
"""The name of a definition, a closure cell or a foreign globals dictionary within one checkpoint."""

# Made by the class statement itself, or meaningless outside the process that made them.
_NOT_STATE = frozenset({"__dict__", "__weakref__", "__slots__", "_abc_impl", "__module__", "__qualname__"})
_BEHAVIOUR = (types.FunctionType, staticmethod, classmethod, property)
EMPTY_CELL = "empty"
# What the metaclass of a ctypes structure needs at once, to lay out its memory.
_OF_CTYPES = ("_pack_", "_anonymous_", "_type_", "_length_", "_fields_")


@dataclass(frozen=True)
class FunctionSkeleton:
    """What a function needs to exist.

    Args:
        ref: its name in the checkpoint.
        code: its code object, as `marshal` writes it; readable by the same minor version of Python only.
        version: whose bytecode that is.
        source: its source, for other versions; empty if it is not known.
        filename: where it says that it comes from.
        shape: what its code looks like in any version.
        name: its `__name__`.
        cells: the closure's cells, which functions may share.
        foreign_globals: the dictionary it was made with, where that is not the session's namespace.
    """

    ref: Ref
    code: bytes
    version: str
    source: str
    filename: str
    shape: Shape
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


@dataclass(frozen=True)
class NamedSkeleton:
    """What a type variable or a `NewType` needs to exist: the arguments it was made with."""

    ref: Ref
    kind: str
    module: str | None
    positional: tuple[Any, ...]
    keywords: dict[str, Any]


Skeleton = FunctionSkeleton | ClassSkeleton | NamedSkeleton


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
        self.namespace = namespace
        self._refs: dict[int, Ref] = {}
        self._order: list[Ref] = []
        self._things: dict[Ref, Any] = {}  # also keeps them alive, and so their identities their own

    def ref(self, thing: Any) -> Ref:
        """Return the name of a definition, a cell or a foreign globals dictionary."""
        known = self._refs.get(id(thing))
        if known is not None:
            return known
        if isinstance(thing, type):
            # Whoever makes skeletons in this order has a class's bases when he needs them.
            for base in (type(thing), *thing.__bases__, *_type_variables(thing)):
                if is_definition(base):
                    self.ref(base)
        made = Ref(self._name(thing))
        self._refs[id(thing)] = made
        self._things[made] = thing
        if isinstance(thing, DEFINED):
            self._order.append(made)
        return made

    def thing(self, ref: Ref) -> Any:
        """Return what a name stands for."""
        return self._things[ref]

    def definitions(self, begin: int = 0) -> Iterator[tuple[Ref, Any]]:
        """Return definitions in an order in which their skeletons can be made; it grows while one reads.

        Args:
            begin: how many to leave out.
        """
        place = begin
        while place < len(self._order):
            ref = self._order[place]
            place += 1
            yield ref, self._things[ref]

    def skeleton(self, ref: Ref) -> Skeleton:
        """Return what a definition needs to exist."""
        thing = self._things[ref]
        if isinstance(thing, type):
            return _class_skeleton(ref, thing)
        if isinstance(thing, NAMED):
            return _named_skeleton(ref, thing)
        code = thing.__code__
        ours = thing.__globals__ is self.namespace
        return FunctionSkeleton(
            ref=ref,
            code=marshal.dumps(code),
            version=VERSION,
            source=source_of(code) if ours else "",
            filename=code.co_filename,
            shape=Shape.of(code),
            name=thing.__name__,
            cells=tuple(self.ref(cell) for cell in thing.__closure__ or ()),
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
        if isinstance(thing, NAMED):
            return {}
        if not isinstance(thing, type):
            return self._function_state(thing)
        return {name: value for name, value in _class_state(thing).items() if not isinstance(value, _BEHAVIOUR)}

    def _name(self, thing: Any) -> str:
        if isinstance(thing, dict):
            # The globals of a module that can be imported are found there; of others, what is used of them travels.
            name = thing.get("__name__")
            module = sys.modules.get(name) if isinstance(name, str) else None
            if module is not None and vars(module) is thing and is_module_importable(module):
                return f"module:{name}"
        kinds: dict[type, str] = {types.CellType: "cell", dict: "globals", types.FunctionType: "function"}
        kind = "class" if isinstance(thing, type) else kinds.get(type(thing), "named")
        return f"{kind}{len(self._refs)}"

    def _function_state(self, function: types.FunctionType) -> dict[str, Any]:
        state = {
            "__defaults__": function.__defaults__,
            "__kwdefaults__": function.__kwdefaults__,
            "__dict__": function.__dict__,
            "__doc__": function.__doc__,
            "__module__": function.__module__,
            "__qualname__": function.__qualname__,
            "cells": {self.ref(cell): _contents(cell) for cell in function.__closure__ or ()},
            **_annotations(function),
        }
        if function.__globals__ is not self.namespace and self.ref(function.__globals__).startswith("globals"):
            used = global_names(function.__code__)
            state["globals"] = {k: v for k, v in function.__globals__.items() if k in used or k == "__name__"}
        return state


def _annotations(function: types.FunctionType) -> dict[str, Any]:
    # From Python 3.14 on they are made when somebody asks, and asking may fail for names that are not there yet.
    annotate = getattr(function, "__annotate__", None)
    return {"__annotations__": function.__annotations__} if annotate is None else {"__annotate__": annotate}


def _type_variables(cls: type) -> list[Any]:
    found = cls.__dict__.get("__parameters__", ())
    return [each for each in found if isinstance(each, NAMED)] if isinstance(found, tuple) else []


def _class_skeleton(ref: Ref, cls: type) -> ClassSkeleton:
    namespace: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    for name in ("__slots__", "__orig_bases__", *(_OF_CTYPES if type(cls).__module__ == "_ctypes" else ())):
        if name in cls.__dict__:
            namespace[name] = cls.__dict__[name]
    members: dict[str, tuple[Any, ...]] = {}
    if isinstance(cls, enum.EnumMeta):
        mixed_in = cls._member_type_  # type: ignore[attr-defined]
        namespace["_member_type_"] = mixed_in
        plain = mixed_in is object
        members = {key: () if plain else (mixed_in(each.value),) for key, each in enum_members(cls).items()}
    return ClassSkeleton(ref, type(cls), cls.__name__, cls.__bases__, namespace, members)


def _named_skeleton(ref: Ref, thing: Any) -> NamedSkeleton:
    if isinstance(thing, typing.NewType):
        return NamedSkeleton(ref, "NewType", thing.__module__, (thing.__name__, thing.__supertype__), {})
    positional = (thing.__name__, *getattr(thing, "__constraints__", ()))
    keywords: dict[str, Any] = {
        name: value
        for name in ("bound", "covariant", "contravariant", "infer_variance")
        if (value := getattr(thing, f"__{name}__", None))
    }
    if getattr(thing, "has_default", bool)():
        keywords["default"] = thing.__default__
    return NamedSkeleton(ref, type(thing).__name__, thing.__module__, positional, keywords)


def _class_state(cls: type) -> dict[str, Any]:
    slots = cls.__dict__.get("__slots__", ())
    slots = {slots} if isinstance(slots, str) else {_mangled(cls, name) for name in slots}
    state = {k: v for k, v in cls.__dict__.items() if k not in _NOT_STATE and k not in slots}
    if type(cls).__module__ == "_ctypes":  # its fields are made with its memory layout
        state = {k: v for k, v in state.items() if type(v).__name__ != "CField" and k not in _OF_CTYPES}
    if isinstance(cls, enum.EnumMeta):
        state["members"] = {key: dict(member.__dict__) for key, member in enum_members(cls).items()}
    if virtual := _registered_with(cls):
        state["registered_with"] = virtual
    if isinstance(cls, abc.ABCMeta):
        registry = abc._get_dump(cls)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
        state["registered"] = [other for reference in registry if (other := reference()) is not None]
    return state


def _registered_with(cls: type) -> list[type]:
    """Return the abstract classes of the standard library that a class was registered with."""
    found: list[type] = []
    for name in ("collections.abc", "numbers", "os", "io"):
        for candidate in vars(sys.modules.get(name, abc)).values():
            if isinstance(candidate, abc.ABCMeta) and candidate not in cls.__mro__:
                registry = abc._get_dump(candidate)[0]  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
                if any(reference() is cls for reference in registry):
                    found.append(candidate)
    return found


def _mangled(cls: type, name: str) -> str:
    """Return the name that a private slot has in its class."""
    private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{name}" if private else name


def _contents(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return ("full", cell.cell_contents)
    except ValueError:
        return (EMPTY_CELL,)


def global_names(code: types.CodeType) -> set[str]:
    """Return all names that a code object or one nested in it may look up as globals, and some more."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= global_names(constant)
    return names
