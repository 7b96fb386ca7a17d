"""Which variables belong together: those that share something whose identity matters.

Two variables that share a mutable object are one *component* (Kishu's co-variable): stored apart, they would come
back with two objects where there was one. What is shared by everything (classes, functions, modules, interned values)
does not tie them: definitions have a life of their own, and an immutable value is as good as its copy.

The garbage collector knows who refers to whom, and asking it for whole levels of the graph at once takes a third of
the time of pickling. It sees more than pickle does (caches, say), which can only tie more together. It does not see
into objects that it does not track; of these, arrays are asked for the memory they share.
"""

from __future__ import annotations

import gc
import sys
import types
import weakref
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

from kernelferry.objects import arrays
from kernelferry.objects.definitions import Ref, Registry, is_definition

# Values whose identity nobody can rely on, and what everything shares. Not walked into, and no tie.
_NO_TIE: frozenset[type] = frozenset(
    {
        type(None), type(...), type(NotImplemented), bool, int, float, complex, str, bytes, range, slice,
        types.CodeType, types.BuiltinFunctionType, types.MethodDescriptorType,
        types.WrapperDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType,
    }
)  # fmt: skip
_DEFINED = (types.FunctionType, type)
# By name, so that nothing is imported that the session did not: immutable values of well-known libraries.
_NO_TIE_NAMES = frozenset(
    {
        "datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "datetime.timezone",
        "decimal.Decimal", "fractions.Fraction", "uuid.UUID", "pathlib.PosixPath", "pathlib._local.PosixPath",
        "re.Pattern", "zoneinfo.ZoneInfo", "logging.Logger", "logging.RootLogger", "logging.Manager",
    }
)  # fmt: skip


class _Groups:
    """Union-find over roots."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._parent = {root: root for root in roots}

    def add(self, root: str) -> None:
        self._parent.setdefault(root, root)

    def find(self, root: str) -> str:
        while self._parent[root] != root:
            self._parent[root] = self._parent[self._parent[root]]
            root = self._parent[root]
        return root

    def tie(self, one: str, other: str) -> None:
        self._parent[self.find(one)] = self.find(other)

    def groups(self) -> list[list[str]]:
        found: dict[str, list[str]] = {}
        for root in self._parent:
            found.setdefault(self.find(root), []).append(root)
        return list(found.values())


def group(variables: Mapping[str, Any], registry: Registry) -> list[tuple[list[Ref], list[str]]]:
    """Part variables, and the definitions they lead to, into components.

    Args:
        variables: live objects by name.
        registry: the checkpoint's definitions; those that are met are added, and the memory that arrays share.

    Returns:
        For each component its definitions and its variables, in the order they were met.
    """
    walk = _Walk(variables)
    pending = deque((f"={name}", [value]) for name, value in variables.items())
    known: set[Ref] = set()
    alive: list[Any] = []  # what was made for the walk must keep its identity until the end
    while pending:
        root, start = pending.popleft()
        alive.append(start)
        for definition in walk.go(root, start):
            registry.ref(definition)
        for ref, _ in registry.definitions():
            if ref not in known:
                known.add(ref)
                walk.groups.add(ref)
                # Its state alone: the skeleton holds nothing that could be shared.
                pending.append((ref, [*registry.behaviour(ref).values(), *registry.state(ref).values()]))
    registry.shared_memory = {memory for memory, arrays in walk.arrays.items() if arrays > 1}
    return [
        ([Ref(root) for root in members if root[0] != "="], [root[1:] for root in members if root[0] == "="])
        for members in walk.groups.groups()
    ]


class _Walk:
    """Goes through all that roots reach, once, and ties the roots that meet."""

    def __init__(self, variables: Iterable[str]) -> None:
        self.groups = _Groups(f"={name}" for name in variables)
        self.arrays: Counter[int] = Counter()
        self._owner: dict[int, str] = {}
        self._judged: dict[type, bool] = dict.fromkeys(_NO_TIE, True)

    def go(self, root: str, level: list[Any]) -> list[Any]:
        """Walk from one root, level by level, and return the definitions it reaches."""
        definitions: list[Any] = []
        while level:
            further = []
            hidden: list[Any] = []
            for each in level:
                kind = type(each)
                if self._judged[kind] if kind in self._judged else self._judge(kind):
                    continue
                if isinstance(each, _DEFINED):
                    if is_definition(each):
                        definitions.append(each)
                elif kind is types.ModuleType and sys.modules.get(each.__name__) is each:
                    continue
                elif self._first(id(each), root):
                    if _is_block(kind):
                        hidden.extend(_of_block(each))
                    else:
                        hidden.extend(self._hidden(each, root))
                        further.append(each)
            # Most of what containers hold is plain values, dropped here at the speed of C.
            level = [each for each in gc.get_referents(*further) if type(each) not in _NO_TIE]
            level.extend(hidden)
        return definitions

    def _first(self, identity: int, root: str) -> bool:
        """Say whether something is met for the first time; if another root met it before, tie the two."""
        known = self._owner.get(identity)
        if known is None:
            self._owner[identity] = root
            return True
        if known != root:
            self.groups.tie(known, root)
        return False

    def _hidden(self, thing: Any, root: str) -> Iterable[Any]:
        """Return what an object refers to and the collector does not see or must not follow."""
        if isinstance(thing, weakref.ref):
            target = thing()
            return [] if target is None else [target]
        numpy = sys.modules.get("numpy")
        if numpy is None or not isinstance(thing, numpy.ndarray):
            return ()
        memory = arrays.owner_of(thing)
        self.arrays[id(memory)] += 1
        # Under a key that no object has: holding an array's memory is not holding the array.
        self._first(-id(memory), root)
        return thing.ravel().tolist() if thing.dtype == object else ()

    def _judge(self, kind: type) -> bool:
        """Say whether objects of a type are no tie, and remember it."""
        name = f"{kind.__module__}.{kind.__qualname__}"
        immutable = name in _NO_TIE_NAMES or name.startswith("pyarrow.")
        numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
        if numpy is not None:
            immutable |= issubclass(kind, (numpy.generic, numpy.dtype))
        if pandas is not None:
            # Shared by every frame that was made from another.
            immutable |= issubclass(kind, (pandas.Index, pandas.api.extensions.ExtensionDtype))
        self._judged[kind] = immutable
        return self._judged[kind]


def _is_block(kind: type) -> bool:
    return kind.__module__ == "pandas.core.internals.blocks"


def _of_block(block: Any) -> list[Any]:
    """Return what a block of a frame holds, without the memory it shows.

    Frames copy on write: two that show the same memory are two values all the same, and each would be told of the other
    by bookkeeping that no pickle carries. So each gets memory of its own.
    """
    values = block.values
    if type(values).__module__ == "numpy":
        return list(values.ravel()) if values.dtype == object else []
    return [values]
