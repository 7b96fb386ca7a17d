"""What a cell's code may do to the names of the session, said before it runs.

Two readers share the work. The *compiler* says which names are global, through every scope (see `code_names`): that
part has to be complete, and is, because it is what will run. The *syntax tree* adds what bytecode no longer shows:
which statements change an object in place, which magics are used, and where the code reaches for all names at once.

Functions and classes that the cell only defines do not run in it, so what their bodies touch is `deferred`: it counts
when something calls them. Within the cell that is decided here (their name is read by what does run). Through functions
of other cells it is decided by `reach.cell_reach`, which needs the live objects.

Limits: a C function or a library that calls back into the notebook, long after a cell gave it a function, is not
visible in the calling cell. `hooks` names what a cell hands over in such a way; whoever tracks cells adds them to all
later ones.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from kernelferry.state import code_names
from kernelferry.state.code_names import NOTHING, GlobalNames
from kernelferry.state.compiling import NotPython, parse_and_compile
from kernelferry.state.definitions import deferrable
from kernelferry.state.order import Order
from kernelferry.state.syntax import Survey

_NONE_DEFERRED: Mapping[str, GlobalNames] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CellNames:
    """What a cell may do to the session's names, if nothing else calls the functions that it defines.

    Args:
        reads: looked up; any object found this way may also be changed.
        binds: assigned, imported, defined, or declared.
        certain: of those, what it has bound if it ends without an exception.
        renewed: of those, what it has bound before it looks it up: what was there before does not matter to its own
            code. Functions that it calls may still look it up earlier.
        deletes: removed, also by leaving `except … as name`.
        mutates: changed in place by a statement (`x.a = 1`, `del x[0]`); no more than a hint, since calls do it too.
        opaque: why it may touch any name whatever; empty when it cannot.
        magics: which magics it uses, as `%cd`, `%%time` or `!`.
        deferred: what the bodies of functions and classes, which it only defines, would do; by the name they get.
        bodies: all that function bodies in it would do, run or not; the union over all cells bounds what any function
            of the session can do.
        hooks: names that it hands to something that may call them later.
        method_hooks: of those, the ones from which it takes a method or a closure to hand over, as `log.append`; such a
            name may matter although it cannot be called itself.
    """

    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    renewed: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    mutates: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    magics: tuple[str, ...] = ()
    deferred: Mapping[str, GlobalNames] = field(default_factory=lambda: _NONE_DEFERRED)
    bodies: GlobalNames = NOTHING
    hooks: frozenset[str] = frozenset()
    method_hooks: frozenset[str] = frozenset()

    @property
    def immediate(self) -> GlobalNames:
        """What it does to names at once, without what is deferred."""
        return GlobalNames(self.reads, self.binds, self.deletes, self.opaque)

    def __or__(self, other: CellNames) -> CellNames:
        deferred = dict(self.deferred)
        for name, names in other.deferred.items():
            deferred[name] = deferred.get(name, NOTHING) | names
        return _settled(
            self.immediate | other.immediate,
            deferred,
            mutates=self.mutates | other.mutates,
            magics=self.magics + other.magics,
            certain=self.certain,  # what runs inside a magic need not run to its end
            renewed=(self.renewed - other.reads) | (other.renewed - self.reads),
            bodies=self.bodies | other.bodies,
            hooks=self.hooks | other.hooks,
            method_hooks=self.method_hooks | other.method_hooks,
        )


def cell_names(
    source: str, *, transform: Callable[[str], str] | None = None, bound: Collection[str] = frozenset()
) -> CellNames:
    """Say what a cell may do to names.

    Args:
        source: the cell after IPython's transformation; plain Python, in which `await` may stand at the top.
        transform: IPython's transformation, for the code inside `%%time` and its like.
        bound: the names that the session has bound; a user's own `vars` or `dir` is not the builtin.
    """
    try:
        tree, code = parse_and_compile(source)
    except NotPython as exc:
        return CellNames(opaque=(f"is not Python that can be read here: {exc}",))
    top = code_names.direct_names(code, top_level=True)
    found = Survey(deferrable(tree, bound=frozenset(bound) | top.binds), bound)
    found.look_through(tree)
    names = _own_names(code, top, found, Order.of(tree))
    for use in found.magics:
        names |= CellNames(reads=use.names.reads, binds=use.names.binds, opaque=use.names.opaque, magics=(use.name,))
        for inner in use.code:
            text = transform(inner) if transform else inner
            inside = cell_names(text, transform=transform, bound=bound)
            names |= inside if use.code_binds else _as_function(inside)
    return names


def _own_names(code: types.CodeType, top: GlobalNames, found: Survey, order: Order) -> CellNames:
    immediate = [top]
    deferred: dict[str, GlobalNames] = {}
    bodies = NOTHING
    pending: list[tuple[types.CodeType, str | None]] = [(inner, None) for inner in code_names.nested_code(code)]
    while pending:
        inner, known_owner = pending.pop()
        owner = known_owner or found.deferrable.get((inner.co_name, inner.co_firstlineno))
        pending.extend((innermost, owner) for innermost in code_names.nested_code(inner))
        direct = code_names.direct_names(inner)
        bodies |= direct
        if owner is None:
            immediate.append(direct)
        else:
            deferred[owner] = deferred.get(owner, NOTHING) | direct
    now = GlobalNames(
        reads=frozenset(found.reads).union(*(names.reads for names in immediate)),
        binds=frozenset(found.binds).union(*(names.binds for names in immediate)),
        deletes=frozenset().union(*(names.deletes for names in immediate)),
        # Of what runs, the syntax tree says it better: it knows which `get_ipython()` is only a magic.
        opaque=tuple(found.opaque),
    )
    globally = now.reads.union(*(names.reads for names in deferred.values()))
    return _settled(
        now,
        deferred,
        mutates=frozenset(found.mutates & globally),
        certain=top.binds & order.certain,
        renewed=(top.binds & order.renewed) - found.reads,
        bodies=bodies,
        hooks=frozenset(found.hooks),
        method_hooks=frozenset(found.method_hooks),
    )


def _settled(
    now: GlobalNames,
    deferred: Mapping[str, GlobalNames],
    *,
    mutates: frozenset[str],
    certain: frozenset[str],
    renewed: frozenset[str],
    magics: tuple[str, ...] = (),
    bodies: GlobalNames,
    hooks: frozenset[str],
    method_hooks: frozenset[str],
) -> CellNames:
    """Count the bodies of those definitions that the cell itself may call."""
    called, left = fold_called(now, deferred)
    return CellNames(
        reads=called.reads,
        binds=called.binds,
        deletes=called.deletes,
        mutates=mutates,
        certain=certain,
        renewed=renewed,
        opaque=called.opaque,
        magics=magics,
        deferred=MappingProxyType(dict(left)),
        bodies=bodies,
        hooks=hooks,
        method_hooks=method_hooks,
    )


def fold_called(now: GlobalNames, deferred: Mapping[str, GlobalNames]) -> tuple[GlobalNames, Mapping[str, GlobalNames]]:
    """Move those deferred bodies whose name is read into what happens now, and those that they read in turn."""
    left = dict(deferred)
    while called := _read_among(left, now.reads):
        for name in called:
            now |= left.pop(name)
    return now, left


def _read_among(deferred: Iterable[str], reads: frozenset[str]) -> list[str]:
    return [name for name in deferred if name in reads]


def _as_function(names: CellNames) -> CellNames:
    """What code does when it runs as the body of a function: its assignments are local there."""
    # Names that it both assigns and reads stay among the reads: too many are safe.
    return CellNames(
        reads=names.reads | frozenset(read for inner in names.deferred.values() for read in inner.reads),
        mutates=names.mutates,
        opaque=names.opaque,
        magics=names.magics,
        bodies=names.bodies,
        hooks=names.hooks,
        method_hooks=names.method_hooks,
    )
