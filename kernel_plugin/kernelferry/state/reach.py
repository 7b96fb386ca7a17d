"""From the names that code mentions to those that it can touch through the functions it may call.

A cell that says `train(model)` reads what `train` reads. So the live objects are followed from name to object to name:
functions made in the notebook lead to the globals in their code, and everything leads to the objects it holds, for
`handlers[0]()` or `functools.partial(f)` call functions too. Functions of libraries cannot name the notebook's globals,
but may hold functions that can, in closures and defaults.

The walk is bounded: a session's data may hold millions of objects, and this runs at each cell. Where it is cut short,
any function of the session might have been found, so what *all* of them can do is added (`CellNames.bodies`, united
over the cells so far); without that, the result is opaque.
"""

from __future__ import annotations

import enum
import gc
import types
import weakref
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kernelferry.state.code_names import NOTHING, GlobalNames, global_names_of_code
from kernelferry.state.machinery import is_machinery

DEFAULT_LIMIT = 5000
"""Objects looked at for one cell: about a millisecond. A guess, to be traded against precision."""

# Above this many, even asking the elements for their types takes longer than a cell should wait.
_SCAN_LIMIT = 100_000
# Below this many, to ask them together first saves nothing.
_FEW = 20


class Missing(enum.Enum):
    """What a lookup answers for a name that is not bound."""

    MISSING = enum.auto()


MISSING: Final = Missing.MISSING

Lookup = Callable[[str], object]
"""From a name to its object, or to `MISSING`."""

_ATOMS = frozenset({int, float, complex, str, bytes, bytearray, bool, type(None), type(...), range, slice, memoryview})
_OTHERS_STATE = (types.ModuleType, types.CodeType, types.FrameType, types.TracebackType, types.BuiltinFunctionType)
_SEQUENCES = (list, tuple, set, frozenset)
_TOO_MANY = "holds more objects than can be searched for functions"


def reachable_globals(
    names: Iterable[str],
    lookup: Lookup,
    namespace: Mapping[str, object],
    *,
    deferred: Mapping[str, GlobalNames] | None = None,
    fallback: GlobalNames | None = None,
    renewed: Collection[str] = frozenset(),
    limit: int = DEFAULT_LIMIT,
) -> GlobalNames:
    """Follow names through the functions that can be reached from them.

    Args:
        names: where to start; they are part of the result's reads.
        lookup: gives the object of a name, or `MISSING`.
        namespace: the notebook's; functions are its own if this very dictionary is their `__globals__`.
        deferred: bodies of functions that the cell is about to define, see `CellNames`; followed like live ones.
        renewed: of `names`, those that the cell has bound itself before it looks them up. They are no part of the
            result, unless a function reads them too.
        fallback: what any function of the session can do; used where the walk is cut short.
        limit: how many objects to look at.
    """
    walk = _Walk(namespace, limit=limit)
    waiting = list(names)
    known = {name for name in waiting if name not in renewed}
    while waiting:
        name = waiting.pop()
        if deferred and name in deferred:
            walk.names |= deferred[name]
        found = lookup(name) if name in known else MISSING
        if found is not MISSING:
            walk.follow(found)
        new = walk.names.reads - known
        known |= new
        waiting.extend(new)
        if walk.cut_short and fallback is not None and not fallback.reads <= walk.names.reads:
            walk.names |= fallback
            waiting.extend(fallback.reads - known)
            known |= fallback.reads
    return walk.result(frozenset(known), fallback)


@dataclass(slots=True)
class _Walk:
    namespace: Mapping[str, object]
    limit: int
    names: GlobalNames = NOTHING
    cut_short: str = ""
    # By identity, with the object: an identity stays its own only as long as the object lives.
    seen: dict[int, object] = field(default_factory=dict)
    pending: list[object] = field(default_factory=list)

    def follow(self, root: object) -> None:
        if root is self.namespace:
            self._opaque("holds the notebook's namespace itself")
        self.pending.append(root)
        while self.pending:
            found = self.pending.pop()
            if type(found) in _ATOMS or id(found) in self.seen or found is self.namespace:
                continue
            if len(self.seen) >= self.limit:
                self.cut_short = self.cut_short or _TOO_MANY
                self.pending.clear()
                return
            self.seen[id(found)] = found
            self._visit(found)

    def result(self, reads: frozenset[str], fallback: GlobalNames | None) -> GlobalNames:
        if self.cut_short:
            self.names |= GlobalNames(opaque=(self.cut_short,)) if fallback is None else fallback
        return GlobalNames(reads | self.names.reads, self.names.binds, self.names.deletes, self.names.opaque)

    def _visit(self, found: Any) -> None:
        cls = type(found)  # `isinstance` would ask the object itself, and run its code
        if issubclass(cls, _OTHERS_STATE):
            # A bound builtin, such as `handlers.append`, belongs to an object; modules and frames are not the user's.
            if cls is types.BuiltinFunctionType:
                self.pending.append(found.__self__)
        elif issubclass(cls, types.FunctionType):
            self._visit_function(found)
        elif issubclass(cls, type):
            self._visit_class(found)
        elif issubclass(cls, weakref.ref):
            self.pending.append(weakref.ref.__call__(found))  # whoever has it can get at the object
        elif issubclass(cls, types.GeneratorType | types.CoroutineType | types.AsyncGeneratorType):
            self._visit_suspended(found)
        elif cls in _SEQUENCES:
            self._visit_held(found)
        elif cls is dict:
            self._visit_held(found.keys())
            self._visit_held(found.values())
        elif _holds_objects_unseen(found):
            self._visit_array(found)
        else:
            self._visit_instance(found)

    def _visit_function(self, function: types.FunctionType) -> None:
        if function.__globals__ is self.namespace:
            self.names |= global_names_of_code(function.__code__)
        self.pending.extend((function.__defaults__, function.__kwdefaults__, function.__dict__))
        for cell in function.__closure__ or ():
            try:
                content = cell.cell_contents
            except ValueError:  # not yet filled
                continue
            if content is self.namespace:
                self._opaque("holds the notebook's namespace itself")
            self.pending.append(content)

    def _visit_class(self, cls: type) -> None:
        # What a library's class holds is the library's; a method that the notebook put there is a hook, see CellNames.
        if cls.__module__ == self.namespace.get("__name__"):
            self.pending.extend((*vars(cls).values(), *cls.__bases__, type(cls)))

    def _visit_suspended(self, found: Any) -> None:
        for kind in ("gi", "cr", "ag"):
            code = getattr(found, f"{kind}_code", None)
            frame = getattr(found, f"{kind}_frame", None)
            if code is not None and (frame is None or frame.f_globals is self.namespace):
                self.names |= global_names_of_code(code)
        self._visit_instance(found)

    def _visit_held(self, held: Collection[object]) -> None:
        if len(held) > self.limit - len(self.seen):
            # Numbers and texts hold nothing, and to ask even very many of them for their types is quick.
            if len(held) > _SCAN_LIMIT or not {type(item) for item in held} <= _ATOMS:
                self.cut_short = self.cut_short or _TOO_MANY
            return
        if len(held) > _FEW and {type(item) for item in held} <= _ATOMS:
            return
        if any(item is self.namespace for item in held):
            self._opaque("holds the notebook's namespace itself")
        self.pending.extend(held)

    def _visit_array(self, array: Any) -> None:
        if array.dtype.names is not None or array.size > _SCAN_LIMIT:
            self.cut_short = (
                self.cut_short or "holds an array of objects, which is too large to be searched for functions"
            )
        else:
            self._visit_held(array.ravel().tolist())

    def _visit_instance(self, found: Any) -> None:
        # The second: pandas' notes of which tables share memory, thousands of weak references if they are shown often.
        if is_machinery(type(found)) or type(found).__name__ == "BlockValuesRefs":
            return
        self.pending.append(type(found))
        # Whatever an object holds, the collector knows: attributes, slots, what C types keep (`map`, `partial`). Only
        # of the namespace it is no news: whatever holds the shell holds that too, and does nothing with it.
        self._visit_held([item for item in gc.get_referents(found) if item is not self.namespace])

    def _opaque(self, reason: str) -> None:
        self.names |= GlobalNames(opaque=(reason,))


def _holds_objects_unseen(found: Any) -> bool:
    # numpy's arrays of objects do not show their elements to the collector.
    cls = type(found)
    return cls.__name__ == "ndarray" and cls.__module__ == "numpy" and bool(found.dtype.hasobject)
