"""Which roots belong together: those that share something whose identity matters, as pickle sees it.

Two variables that share a mutable object are one *component* (Kishu's co-variable): stored apart, they would come back
with two objects where there was one. What everything shares (classes, functions, modules, texts, values of well-known
immutable types) does not tie them.

Each root is pickled by itself. What the picklers remember (their memos) says which objects a root consists of, exactly
as they will be restored; where two roots have one in common, they are pickled again, together. That is seldom, and it
is cheaper and more faithful than to walk through everything beforehand: pickling is the walk.

A root that cannot be pickled is a failure of its own and of nobody else. What it shares with others matters all the
same, for recomputing it would part them: that is found by asking the garbage collector.
"""

from __future__ import annotations

import datetime as dt
import decimal
import fractions
import gc
import pathlib
import re
import types
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kernelferry.objects.definitions import Ref
from kernelferry.objects.dumping import Dumped, Root, dump
from kernelferry.objects.pickling import Session
from kernelferry.objects.recognition import DEFINED, full_name, is_compiled, is_definition, is_importable
from kernelferry.objects.reducers import KnownToFail
from kernelferry.objects.sharing import Holders, held_plainly

# Values whose identity nobody relies on, and what everything shares.
_NO_TIE: frozenset[type] = frozenset(
    {
        type(None), type(...), type(NotImplemented), bool, int, float, complex, str, bytes, range, slice,
        types.ModuleType, types.CodeType, types.BuiltinFunctionType, types.MethodDescriptorType, types.CellType,
        types.WrapperDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType, types.GenericAlias,
        types.ClassMethodDescriptorType, dt.date, dt.datetime, dt.time, dt.timedelta,
        dt.timezone, decimal.Decimal, fractions.Fraction, uuid.UUID, pathlib.PosixPath, pathlib.PurePosixPath,
        re.Pattern,
    }
)  # fmt: skip
_NO_TIE_BASES = frozenset(
    {"numpy.generic", "numpy.dtype", "numpy.ufunc", "zoneinfo.ZoneInfo", "enum.Enum", "logging.Logger",
     "logging.Manager", "pandas.core.dtypes.base.ExtensionDtype", "typing._GenericAlias", "typing._SpecialForm",
     "pyarrow.lib.DataType",
     "torch.dtype", "torch.device", "matplotlib.colors.Colormap"}
)  # fmt: skip
_WALK_LIMIT = 2_000_000
_WORTH_ASKING = 256 << 10  # bytes; below it the pickler is asked

Watch = Callable[[str], None]
"""Told the key of each root before it is pickled: whoever watches a process that may crash knows where it was."""


class NeedsWhatFailed(Exception):  # noqa: N818 - a reason
    """What cannot be made again, since a definition that it needs cannot be stored.

    Args:
        ref: the definition.
    """

    def __init__(self, ref: Ref) -> None:
        super().__init__(f"needs {ref}")
        self.ref = ref


@dataclass
class Grouped:
    """All roots, as components and as failures.

    Args:
        components: what could be pickled.
        failures: why each of the others could not: the exception; what needs another one comes after that.
        ties: sets of roots that share something, failures among them; each root is in one.
    """

    components: list[Dumped] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    ties: list[frozenset[str]] = field(default_factory=list)


def dump_grouped(
    roots: Iterable[Root], session: Session, *, watch: Watch = lambda _: None, known: Mapping[str, str] | None = None
) -> Grouped:
    """Pickle roots, and the definitions they lead to, as components.

    Args:
        roots: in the order in which they are to be written.
        session: what the picklers share.
        watch: see `Watch`.
        known: roots that are known to fail, with the reason: they have crashed whoever tried before.
    """
    work = _Work(session, watch, known or {})
    for root in roots:
        work.first(root)
    for ref, _ in session.registry.definitions():  # it grows meanwhile
        work.first(Root(ref))
    work.fail_what_needs_failures()
    work.tie_memory()
    work.tie_failures()
    return work.finish()


class _Work:
    def __init__(self, session: Session, watch: Watch, known: Mapping[str, str]) -> None:
        self._session = session
        self._watch = watch
        self._known = known
        self._roots: dict[str, Root] = {}
        self._dumped: dict[str, Dumped] = {}
        self._failures: dict[str, BaseException] = {}
        self._needs: dict[str, frozenset[Ref]] = {}
        self._parent: dict[str, str] = {}
        self._holders = Holders()
        self._memory: dict[int, list[str]] = {}
        self._judged: dict[type, bool] = dict.fromkeys(_NO_TIE, True)
        self._classes_seen = 0
        self._class_containers: set[int] = set()
        self._anchors = set(map(id, session.anchors.values()))

    def first(self, root: Root) -> None:
        """Pickle a root by itself, and tie it to those that it has something in common with."""
        self._roots[root.key] = root
        self._parent[root.key] = root.key
        dumped = self._try([root], root.key)
        for key in self._session.memory.met():
            self._memory.setdefault(key, []).append(root.key)
        if dumped is None:
            return
        self._dumped[root.key] = dumped
        self._needs[root.key] = dumped.needs
        held = held_plainly(root.value, self._session.anchors.values()) if len(dumped.stream) > _WORTH_ASKING else None
        if held is None:
            held = [{key: thing for key, (_, thing) in dumped.memo().items() if key not in self._anchors}]
        self._tie_common(root.key, self._holders.add(root.key, held))

    def fail_what_needs_failures(self) -> None:
        """Set aside what needs a failure: it would take with it all others that it is pickled together with."""
        pending = list(self._failures)
        while pending:
            lost = Ref(pending.pop())
            for key, needs in self._needs.items():
                if lost in needs and key not in self._failures:
                    self._failures[key] = NeedsWhatFailed(lost)
                    self._dumped.pop(key)
                    pending.append(key)

    def tie_memory(self) -> None:
        """Tie roots whose arrays show the same memory; they are to be written again, as showing the same."""
        for key in self._session.memory.share():
            sharing = [*self._memory[key], *filter(None, [self._holders.of(key)])]
            for other in sharing:
                self._tie(sharing[0], other)
                self._dumped.pop(other, None)

    def tie_failures(self) -> None:
        """Tie roots that could not be pickled to those that they share something with."""
        for key in self._failures:
            root = self._roots[key]
            start = [root.value] if not root.is_definition else [self._session.registry.state(Ref(key))]
            known = ((thing, self._holders.of(identity)) for identity, thing in _reach(start))
            self._tie_common(key, ((thing, owner) for thing, owner in known if owner is not None))

    def finish(self) -> Grouped:
        """Pickle together what belongs together."""
        groups: dict[str, list[str]] = {}
        for key in self._roots:
            groups.setdefault(self._find(key), []).append(key)
        result = Grouped(failures=self._failures, ties=[frozenset(group) for group in groups.values()])
        for group in groups.values():
            able = [key for key in group if key not in self._failures]
            if len(able) == 1 and able[0] in self._dumped:
                result.components.append(self._dumped[able[0]])
            elif able:
                result.components.extend(self._together(able))
        return result

    def _together(self, keys: list[str]) -> list[Dumped]:
        known = [self._dumped[key] for key in keys if key in self._dumped]
        engine = "dill" if any(each.engine == "dill" for each in known) else "pickle"
        deep = any(each.deep for each in known)
        dumped = self._try([self._roots[key] for key in keys], ", ".join(keys), engine=engine, deep=deep)
        if dumped is not None:
            return [dumped]
        failure = self._failures.pop(", ".join(keys))
        self._failures.update(dict.fromkeys(keys, failure))
        return []

    def _try(self, roots: list[Root], key: str, **how: Any) -> Dumped | None:
        self._watch(key)
        try:
            self._refuse_known(key)
            return dump(roots, self._session, **how)
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # noqa: BLE001 - whatever foreign code raises; it is reported
            self._failures[key] = exc
            return None

    def _refuse_known(self, key: str) -> None:
        if key in self._known:
            raise KnownToFail(self._known[key])

    # --- union-find ---------------------------------------------------------------------------------------------------

    def _find(self, key: str) -> str:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key

    def _tie(self, one: str, other: str) -> None:
        self._parent[self._find(other)] = self._find(one)

    def _tie_common(self, key: str, common: Iterable[tuple[Any, str]]) -> None:
        tied = {self._find(key)}
        for thing, holder in common:
            owner = self._find(holder)
            if owner not in tied and not self._is_no_tie(thing):
                self._tie(owner, key)
                tied = {self._find(key)}

    def _is_no_tie(self, thing: Any) -> bool:
        kind = type(thing)
        judged = self._judged.get(kind)
        if judged is None:
            names = set(map(full_name, kind.__mro__))
            judged = issubclass(kind, DEFINED) or not names.isdisjoint(_NO_TIE_BASES)
            self._judged[kind] = judged
        return judged or (kind is tuple and not thing) or self._is_named(thing)

    def _of_classes(self) -> set[int]:
        """Return the containers that classes of libraries have, which instances may name in their states."""
        handlers = self._session.handlers
        if len(handlers) != self._classes_seen:
            self._classes_seen = len(handlers)
            bases = {base for kind in handlers for base in kind.__mro__ if not is_definition(base)}
            self._class_containers = {
                id(value) for base in bases for value in vars(base).values() if type(value) in {list, dict, set}
            }
        return self._class_containers

    def _is_named(self, thing: Any) -> bool:
        """Say whether a thing is written as a name, be it by us or by its own `__reduce__`."""
        if id(thing) in self._session.fixture_names or id(thing) in self._anchors:
            return True
        kind = type(thing)
        if kind in {list, dict, set}:
            return id(thing) in self._of_classes()
        if kind in {tuple, frozenset, bytearray}:
            return False
        if hasattr(thing, "__qualname__") and is_importable(thing):
            return True  # a function of Cython's, say
        return self._session.handlers.get(kind) is None and _names_itself(thing)


def _reach(start: list[Any]) -> Iterable[tuple[int, Any]]:
    """Go through what objects refer to, as the garbage collector knows it, short of what everything refers to."""
    seen: set[int] = set()
    level = start
    while level and len(seen) < _WALK_LIMIT:
        asked: list[Any] = []  # whose referents come next
        following: list[Any] = []
        for each in level:
            if type(each) is types.BuiltinFunctionType and not isinstance(each.__self__, types.ModuleType):
                following.append(each.__self__)  # a method of an object, such as `handlers.append`
            if id(each) in seen or _is_common(each):
                continue
            seen.add(id(each))
            yield id(each), each
            if isinstance(each, types.FunctionType):
                following.extend((each.__closure__, each.__defaults__, each.__kwdefaults__, each.__dict__))
            else:
                asked.append(each)
        level = [*following, *gc.get_referents(*asked)]


def _is_common(thing: Any) -> bool:
    """Say whether everything leads to a thing: it is a value, a type, or the namespace of a module or the session."""
    if type(thing) in _NO_TIE or isinstance(thing, (type, types.FrameType, types.ModuleType)):
        return True
    return type(thing) is dict and ("__builtins__" in thing or "__spec__" in thing)


def _names_itself(thing: Any) -> bool:
    """Say whether an object's own way of being pickled is a name."""
    kind = type(thing)
    if not is_compiled(kind) and "__reduce__" not in vars(kind):
        return False
    try:
        return isinstance(thing.__reduce_ex__(5), str)
    except Exception:  # noqa: BLE001 - then pickle would have failed; it has a way of its own
        return False
