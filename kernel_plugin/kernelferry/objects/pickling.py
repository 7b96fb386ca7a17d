"""Write one component of a session as bytes, and make it again.

The C pickler does the work, with protocol 5: large buffers leave it without a copy. What it cannot write is taught to
it by `reducer_override`, which is asked for every object that is no plain container, so it answers quickly.

A component is a sequence of dumps of one pickler, which keeps its memo: first the states of the definitions in it,
then the variables. Whatever two of them share is written once and is one object again after the load.
"""

from __future__ import annotations

import enum
import io
import pickle
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernelferry.objects import arrays, reducers
from kernelferry.objects.definitions import (
    ClassSkeleton,
    FunctionSkeleton,
    Ref,
    Registry,
    Skeletons,
    enum_members,
    is_definition,
    is_importable,
)

_PROTOCOL = 5
_DEFINED = (types.FunctionType, type)


@dataclass(frozen=True)
class Pickled:
    """A component as bytes.

    Args:
        stream: the pickles, one after the other.
        buffers: what left them out of band, in order; memory of the live objects, not a copy.
        roots: what each pickle holds: `!` and a definition for its behaviour, a definition for its state, `=` and a
            name for a variable.
        needs: the definitions it refers to.
    """

    stream: bytes
    buffers: tuple[pickle.PickleBuffer, ...]
    roots: tuple[str, ...]
    needs: frozenset[Ref]


def resolve(ref: Ref) -> Any:
    """Stand in a pickle for a definition; the unpickler puts its own in this one's place."""
    msg = f"{ref} was unpickled without the checkpoint it belongs to"
    raise pickle.UnpicklingError(msg)


def member(ref: Ref, name: str) -> Any:
    """Stand in a pickle for a member of an enumeration, likewise."""
    return resolve(Ref(f"{ref}.{name}"))


class _Pickler(pickle.Pickler):
    def __init__(self, stream: io.BytesIO, registry: Registry, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(stream, _PROTOCOL, buffer_callback=self._out_of_band)
        self._registry = registry
        self._buffers = buffers
        self.needs: set[Ref] = set()

    def reducer_override(self, obj: Any) -> Any:
        kind = type(obj)
        if kind in reducers.TABLE:
            return reducers.TABLE[kind](obj)
        if isinstance(obj, _DEFINED):
            return self._reduce_definition(obj)
        if kind is types.CellType:
            return resolve, (self._registry.ref(obj),)
        if isinstance(kind, enum.EnumMeta) and is_definition(kind):
            return member, (self._need(kind), next(key for key, each in enum_members(kind).items() if each is obj))
        if self._registry.shared_memory and arrays.is_view(obj):
            return self._reduce_view(obj)
        return reducers.singleton(obj)

    def _reduce_definition(self, obj: Any) -> Any:
        if is_definition(obj):
            return resolve, (self._need(obj),)
        return NotImplemented if is_importable(obj) else reducers.nameless(obj)

    def _reduce_view(self, array: Any) -> Any:
        shared = id(arrays.owner_of(array)) in self._registry.shared_memory
        return arrays.reduce_view(array) if shared else NotImplemented

    def _need(self, definition: Any) -> Ref:
        ref = self._registry.ref(definition)
        self.needs.add(ref)
        return ref

    def _out_of_band(self, buffer: pickle.PickleBuffer) -> bool:
        # A small one is written faster in its place than carried around.
        if buffer.raw().nbytes < reducers.SMALL_BUFFER:
            return True
        self._buffers.append(buffer)
        return False


class _Unpickler(pickle.Unpickler):
    def __init__(self, stream: io.BytesIO, buffers: Iterable[Any], found: Callable[[Ref], Any], skeletons: Skeletons):
        super().__init__(stream, buffers=buffers)
        self._found = found
        self._skeletons = skeletons

    def find_class(self, module: str, name: str, /) -> Any:
        if module == __name__ and name == "resolve":
            return self._found
        if module == __name__ and name == "member":
            return self._skeletons.member
        return super().find_class(module, name)


def dump(definitions: Sequence[Ref], variables: Mapping[str, Any], registry: Registry) -> Pickled:
    """Write a component.

    Args:
        definitions: the definitions whose states belong to it.
        variables: its variables by name.
        registry: the checkpoint's definitions; those that are met on the way are added.

    Raises:
        Exception: whatever an object's own way of being pickled raises.
    """
    stream = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []
    pickler = _Pickler(stream, registry, buffers)
    # Functions before classes: a class's data may be instances, which take its methods to be made.
    ordered = sorted(definitions, key=lambda ref: ref.startswith("class"))
    for ref in ordered:
        pickler.dump(registry.behaviour(ref))
    for ref in ordered:
        pickler.dump(registry.state(ref))
    for value in variables.values():
        pickler.dump(value)
    roots = (*(f"!{ref}" for ref in ordered), *ordered, *(f"={name}" for name in variables))
    return Pickled(stream.getvalue(), tuple(buffers), roots, frozenset(pickler.needs))


def dump_skeletons(registry: Registry) -> bytes:
    """Write what every definition of a checkpoint needs to exist, in an order in which they can be made."""
    stream = io.BytesIO()
    pickler = _Pickler(stream, registry, [])
    for ref, _ in registry.definitions():
        pickler.dump(registry.skeleton(ref))
    return stream.getvalue()


class Loader:
    """Makes the components of one checkpoint again, in any order.

    Args:
        namespace: the globals that restored functions see.
        skeletons: what `dump_skeletons` wrote.
        components: each component's stream, buffers and roots, by its id; read when needed.
    """

    def __init__(
        self, namespace: dict[str, Any], skeletons: bytes, components: Mapping[str, Callable[[], Pickled]]
    ) -> None:
        self._skeletons = Skeletons(namespace)
        self._components = components
        self._home: dict[Ref, str] = {}
        self._begun: set[str] = set()
        self._loaded: dict[str, dict[str, Any]] = {}
        stream = io.BytesIO(skeletons)
        unpickler = _Unpickler(stream, (), self._skeletons.get, self._skeletons)
        while stream.tell() < len(skeletons):
            skeleton = unpickler.load()
            if not isinstance(skeleton, (FunctionSkeleton, ClassSkeleton)):
                msg = f"a definition was expected, and {type(skeleton).__name__} was found"
                raise pickle.UnpicklingError(msg)
            self._skeletons.make(skeleton)

    def place(self, component: str, definitions: Iterable[Ref]) -> None:
        """Say which component holds the states of definitions."""
        self._home.update(dict.fromkeys(definitions, component))

    def load(self, component: str) -> dict[str, Any]:
        """Make a component, and return its variables by name.

        Raises:
            Exception: whatever an object's own way of being unpickled raises.
        """
        if component in self._loaded or component in self._begun:
            return self._loaded.get(component, {})
        self._begun.add(component)
        pickled = self._components[component]()
        unpickler = _Unpickler(io.BytesIO(pickled.stream), pickled.buffers, self._found, self._skeletons)
        variables: dict[str, Any] = {}
        for root in pickled.roots:
            value = unpickler.load()
            if root.startswith("="):
                variables[root[1:]] = value
            elif root.startswith("!"):
                self._skeletons.behave(Ref(root[1:]), value)
            else:
                self._skeletons.fill(Ref(root), value)
        self._loaded[component] = variables
        return variables

    def _found(self, ref: Ref) -> Any:
        # An instance that is made may need its class's methods at once (`__setstate__`, `__hash__`): so the class comes
        # first, unless it is on its way already.
        home = self._home.get(ref)
        if home is not None:
            self.load(home)
        return self._skeletons.get(ref)
