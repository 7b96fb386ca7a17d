"""Which global names a piece of compiled code may touch, as its bytecode says.

The compiler has already decided which names are local, free, or global, through every scope that the language has. To
decide it a second time from the source would be to write that part of the compiler again, with other mistakes. So the
instructions are read: what is loaded, stored or deleted by name in them is what can happen, and nothing else can,
except through the few doors that lead to *every* name (`exec`, `globals()`, frames, the module `__main__`). Code that
uses one of those is called opaque, with the reason.

Nested code counts as if it ran: whoever can run the outer can run the inner. Names in a class body are looked up there
first and globally second, so they count as read, though some are the class's own: too many are safe, too few are not.
"""

from __future__ import annotations

import dis
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# What runs text, or hands out the namespace as a whole, when called as a global function. `locals`, `vars` and `dir`
# are harmless inside functions; at the top level `names` looks at them.
OPAQUE_BUILTINS = {
    "exec": "runs text with exec()",
    "eval": "runs text with eval()",
    "globals": "takes all names with globals()",
    "breakpoint": "stops in the debugger",
    "get_ipython": "drives the shell with get_ipython()",
    "__builtins__": "changes the builtins",
}
# Attributes that lead to the namespace, whatever they are taken from.
OPAQUE_ATTRIBUTES = {
    "__globals__": "takes a function's globals",
    "f_globals": "takes a frame's globals",
    "f_locals": "takes a frame's locals",
    "_getframe": "looks at the calling frames",
    "currentframe": "looks at the calling frames",
    "get_objects": "looks at all objects",
    "get_referrers": "looks at who refers to an object",
    "user_ns": "takes all names from the shell",
    "user_global_ns": "takes all names from the shell",
    "run_cell": "runs a cell from within",
    "run_cell_async": "runs a cell from within",
    "run_line_magic": "runs a magic from within",
    "run_cell_magic": "runs a magic from within",
    "set_trace": "stops in the debugger",
    "__main__": "takes all names from the module __main__",
}
MAIN_REASON = OPAQUE_ATTRIBUTES["__main__"]

_LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
# A class body finds these in the enclosing function or, failing that, nowhere else; they are no globals.
_STORES = {"STORE_GLOBAL"}
_DELETES = {"DELETE_GLOBAL"}
_LOAD_OPS = {dis.opmap[name] for name in _LOADS if name in dis.opmap}
_STORE_OPS = {dis.opmap[name] for name in _STORES}
_DELETE_OPS = {dis.opmap[name] for name in _DELETES}
_TOP_STORE_OPS = _STORE_OPS | {dis.opmap["STORE_NAME"]}
_TOP_DELETE_OPS = _DELETE_OPS | {dis.opmap["DELETE_NAME"]}
_LOAD_GLOBAL = dis.opmap["LOAD_GLOBAL"]
_EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
# From 3.11 on the lowest bit of the argument says whether a NULL is pushed too.
_LOAD_GLOBAL_SHIFT = 1 if sys.version_info >= (3, 11) else 0


@dataclass(frozen=True, slots=True)
class GlobalNames:
    """What code may do to global names; `opaque` gives the reasons why it may do more than that."""

    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    deletes: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()

    def __or__(self, other: GlobalNames) -> GlobalNames:
        return GlobalNames(
            reads=self.reads | other.reads,
            binds=self.binds | other.binds,
            deletes=self.deletes | other.deletes,
            opaque=tuple(dict.fromkeys(self.opaque + other.opaque)),
        )


NOTHING = GlobalNames()


@lru_cache(maxsize=4096)
def global_names_of_code(code: types.CodeType) -> GlobalNames:
    """What a function's code, and all code nested in it, may do to global names."""
    names = direct_names(code)
    for inner in nested_code(code):
        names |= global_names_of_code(inner)
    return names


def direct_names(code: types.CodeType, *, top_level: bool = False) -> GlobalNames:
    """What a code object does itself, without the code nested in it.

    Args:
        code: what was compiled.
        top_level: it is a whole cell, whose own assignments bind global names; a class body looks the same from inside.
    """
    reads, binds, deletes = set[str](), set[str](), set[str]()
    stores = _TOP_STORE_OPS if top_level else _STORE_OPS
    removes = _TOP_DELETE_OPS if top_level else _DELETE_OPS
    for op, arg in _instructions(code.co_code):
        if op in _LOAD_OPS:
            reads.add(code.co_names[arg >> _LOAD_GLOBAL_SHIFT if op == _LOAD_GLOBAL else arg])
        elif op in stores:
            binds.add(code.co_names[arg])
        elif op in removes:
            deletes.add(code.co_names[arg])
    reads |= deletes  # `del x` fails where there is no x: it depends on it like a look-up
    return GlobalNames(frozenset(reads), frozenset(binds), frozenset(deletes), _opaque(code, reads))


def nested_code(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code objects that stand directly in this one."""
    return (const for const in code.co_consts if isinstance(const, types.CodeType))


def _instructions(bytecode: bytes) -> Iterator[tuple[int, int]]:
    # dis.get_instructions says the same with names and positions, at ten times the price, and this runs before each
    # cell. `co_code` has neither specialised instructions nor filled caches; an empty cache reads as opcode 0.
    extended = 0
    for op, low in zip(bytecode[::2], bytecode[1::2], strict=True):
        arg = extended | low
        if op == _EXTENDED_ARG:
            extended = arg << 8
        else:
            extended = 0
            yield op, arg


def _opaque(code: types.CodeType, reads: set[str]) -> tuple[str, ...]:
    reasons = [OPAQUE_BUILTINS[name] for name in sorted(reads & OPAQUE_BUILTINS.keys())]
    # co_names holds attributes and imported modules too, so this sees `f.__globals__` and `import __main__`.
    reasons += [OPAQUE_ATTRIBUTES[name] for name in sorted(OPAQUE_ATTRIBUTES.keys() & set(code.co_names))]
    if "__main__" in code.co_consts and "__name__" not in reads:
        reasons.append(MAIN_REASON)
    return tuple(dict.fromkeys(reasons))
