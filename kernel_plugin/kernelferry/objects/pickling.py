"""Write objects of a session as bytes, and make them again.

The C pickler does the work, with protocol 5: large buffers leave it without a copy. What it cannot write is taught to
it by `reducer_override`, which is asked for every object that is no plain container; what to do is found once for each
type.

A stream is a sequence of dumps of one pickler, which keeps its memo: whatever two of them share is written once and is
one object again after the load. Definitions in a stream are only named; their states are roots of their own.
"""

from __future__ import annotations

import builtins
import enum
import io
import pickle
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from kernelferry.objects.definitions import Ref, Registry, enum_members
from kernelferry.objects.memory import Memory
from kernelferry.objects.recognition import DEFINED, is_definition, is_importable
from kernelferry.objects.reducers import CannotStore, Names, Reducer, handler_for, nameless

PROTOCOL = 5
SMALL_BUFFER = 64 * 1024


class Sink(Protocol):
    """Where a stream goes."""

    def write(self, data: Any, /) -> Any:
        """Take a piece of it."""


@dataclass
class Session:
    """What all picklers of one save share.

    Args:
        registry: the definitions.
        memory: whose memory arrays show.
        fixtures: objects of the process that has the session in it (its shell, its streams): they are not stored, but
            named, and the name finds those of the other process. By name.
    """

    registry: Registry
    memory: Memory = field(default_factory=Memory)
    fixtures: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.anchors = {"namespace": self.registry.namespace, "builtins": vars(builtins)}
        self.fixture_names = {id(thing): name for name, thing in self.fixtures.items()}
        self._fixture_types = {type(thing) for thing in self.fixtures.values()}
        self.handlers: dict[type, Reducer | None] = {}
        self._names = Names()
        self.needs: set[Ref] = set()
        """The definitions that were named since somebody last emptied this."""

    def learn(self, kind: type) -> Reducer | None:
        """Find out how objects of a type are written; None: as pickle does by itself."""
        found = self._find(kind)
        if kind in self._fixture_types:
            found = self._or_fixture(found)
        self.handlers[kind] = found
        return found

    def _find(self, kind: type) -> Reducer | None:
        if issubclass(kind, DEFINED):
            return self._definition
        if kind is types.CellType:
            return lambda cell: (resolve, (self._need(cell),))
        if isinstance(kind, enum.EnumMeta) and is_definition(kind):
            return self._member
        return handler_for(kind, self.memory, self._names)

    def _or_fixture(self, otherwise: Reducer | None) -> Reducer:
        def reduce(thing: Any) -> Any:
            name = self.fixture_names.get(id(thing))
            if name is not None:
                return fixture, (name,)
            return NotImplemented if otherwise is None else otherwise(thing)

        return reduce

    def _definition(self, thing: Any) -> Any:
        if is_definition(thing):
            return resolve, (self._need(thing),)
        return NotImplemented if is_importable(thing) else nameless(thing)

    def _member(self, thing: Any) -> Any:
        kind = type(thing)
        return member, (self._need(kind), next(k for k, each in enum_members(kind).items() if each is thing))

    def _need(self, definition: Any) -> Ref:
        ref = self.registry.ref(definition)
        self.needs.add(ref)
        return ref


def resolve(ref: Ref) -> Any:
    """Stand in a pickle for a definition; the unpickler puts its own in this one's place."""
    msg = f"{ref} was unpickled without the checkpoint it belongs to"
    raise pickle.UnpicklingError(msg)


def member(ref: Ref, name: str) -> Any:
    """Stand in a pickle for a member of an enumeration, likewise."""
    return resolve(Ref(f"{ref}.{name}"))


def fixture(name: str) -> Any:
    """Stand in a pickle for an object of the process, likewise."""
    return resolve(Ref(name))


class Overrides:
    """What our picklers, the C one and dill's, have in common: who decides how an object is written."""

    session: Session

    def reducer_override(self, obj: Any) -> Any:
        """See `pickle.Pickler`."""
        kind = type(obj)
        try:
            reduce = self.session.handlers[kind]
        except KeyError:
            reduce = self.session.learn(kind)
        return NotImplemented if reduce is None else reduce(obj)


class Pickler(Overrides, pickle.Pickler):
    """The C pickler, with our overrides."""

    def __init__(self, session: Session, sink: Sink, buffers: list[pickle.PickleBuffer]) -> None:
        super().__init__(sink, PROTOCOL, buffer_callback=out_of_band(buffers))
        self.session = session


def dump_skeleton(ref: Ref, session: Session) -> bytes:
    """Write what a definition needs to exist.

    Raises:
        Exception: it cannot be written; then nothing that needs it can be stored.
    """
    stream = io.BytesIO()
    Pickler(session, stream, []).dump(session.registry.skeleton(ref))
    return stream.getvalue()


class Anchor:
    """Stands for a dictionary that is not stored but found again by its name: the namespace of the session, say.

    Picklers do not ask how a plain dictionary is to be written. So this is written first, and the pickler is told that
    it has written the dictionary by that.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return fixture, (self._name,)


def drop_anchors(pickler: Any, anchors: Mapping[str, Any]) -> None:
    """Write the anchors, one pickle each, at the beginning of a stream."""
    placed = [Anchor(name) for name in anchors]
    for anchor in placed:
        pickler.dump(anchor)
    memo = pickler.memo.copy()
    for anchor, thing in zip(placed, anchors.values(), strict=True):
        # In its place, not beside it: the size of the memo is the number of the next entry.
        memo[id(thing)] = (memo.pop(id(anchor))[0], thing)
    pickler.memo = memo


def out_of_band(buffers: list[pickle.PickleBuffer]) -> Callable[[pickle.PickleBuffer], bool]:
    """Collect the buffers of a pickler; those that are written faster in their place than carried around stay."""

    def take(buffer: pickle.PickleBuffer) -> bool:
        if buffer.raw().nbytes < SMALL_BUFFER:
            return True
        buffers.append(buffer)
        return False

    return take


class Unpickler(pickle.Unpickler):
    """Reads what our picklers have written.

    Args:
        stream: the stream.
        buffers: what left it out of band.
        find: makes a definition, by name.
        member: finds a member of an enumeration.
        fixtures: objects of this process, by name.
    """

    def __init__(
        self,
        stream: Any,
        buffers: Iterable[Any],
        *,
        find: Callable[[Ref], Any],
        member: Callable[[Ref, str], Any],
        fixtures: Mapping[str, Any],
    ) -> None:
        super().__init__(stream, buffers=buffers)
        self._ours = {"resolve": find, "member": member, "fixture": lambda name: _fixture(fixtures, name)}

    def find_class(self, module: str, name: str, /) -> Any:
        """See `pickle.Unpickler`."""
        if module == __name__ and name in self._ours:
            return self._ours[name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # modules that warn of being imported: it is not the user who does it
            return super().find_class(module, name)


def _fixture(fixtures: Mapping[str, Any], name: str) -> Any:
    if name not in fixtures:
        msg = f"there is no {name} here"
        raise CannotStore(msg)
    return fixtures[name]
