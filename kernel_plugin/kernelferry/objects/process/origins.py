"""Whose things are: the session's, or those of the interpreter and of installed libraries."""

from __future__ import annotations

import functools
import os
import re
import site
import sys
import sysconfig
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Compiled when first used, which is not at the start of a kernel. Each begins with a literal, so that most text is
# passed over quickly.
_ASSIGNED = r"""\.(\w+)\s*(?:\*\*|//|>>|<<|[-+*/%&|^@])?=(?!=)"""
_SETATTR = r"""\bsetattr\(\s*([A-Za-z_]\w*(?:\.\w+)*)\s*,\s*['"](\w+)['"]"""
_REGISTERED = r"""\bsys\.modules\[\s*['"]([\w.]+)['"]\s*\]\s*=(?!=)"""
_WRAPPERS: dict[type, str] = {
    types.MethodType: "__func__",
    staticmethod: "__func__",
    classmethod: "__func__",
    property: "fget",
    functools.partial: "func",
    functools.cached_property: "func",
}
_MARK = "*.dist-info"  # not *.egg-info: that lies beside the sources of a project under development, too


def session() -> dict[str, object]:
    """The main module's names, which are the session's."""
    return vars(sys.modules["__main__"])


def users(thing: object) -> bool:
    """Whether a function, class, or object of a class was made in the main module. Nothing foreign is asked."""
    inner: Any = thing
    while type(inner) in _WRAPPERS:
        inner = getattr(inner, _WRAPPERS[type(inner)])
    if isinstance(inner, type):
        return inner.__module__ == "__main__"
    if type(inner) is types.FunctionType:  # `functools.wraps` gives it another module's name
        return inner.__module__ == "__main__" or inner.__globals__ is session()
    return type(inner).__module__ == "__main__" or (type(thing) is types.MethodType and users(thing.__self__))


def is_users_file(file: str) -> bool:
    """Whether a source file is neither the interpreter's nor installed: a `.py` beside the notebook, say."""
    # `<string>`, `<frozen …>` and the like are nobody's. Asked for a thousand files, and `Path` takes its time.
    if not os.path.isabs(file) or file.startswith(_installed()):  # noqa: PTH117
        return False
    return not file.startswith(_installations(tuple(map(str, sys.path))))


def is_users_frame(frame: types.FrameType) -> bool:
    """Whether it is code of the session that runs in a frame: of a cell, or of a module of the user's."""
    name = frame.f_globals.get("__name__")
    return name == "__main__" or (isinstance(file := frame.f_globals.get("__file__"), str) and is_users_file(file))


def assigned_places() -> Iterator[tuple[types.ModuleType | type, str]]:
    """Modules and classes of others whose attributes the session's cells assign, each with the attribute's name.

    `numpy.tau = 6.28` leaves nothing behind that tells a library's own constant from the session's. But the shell keeps
    the text of the cells, and a glance at it says where to look. That it may be text in a string does no harm: what is
    found there is what the library has put there.
    """
    seen: set[tuple[str, str]] = set()
    for cell in _cells():
        seen.update(_assignments(cell))
    main = session()
    for place, name in sorted(seen):
        first, *further = place.split(".")
        owner = main.get(first)
        for part in further:
            owner = getattr(owner, part, None) if isinstance(owner, (types.ModuleType, type)) else None
        if isinstance(owner, (types.ModuleType, type)) and not users(owner):
            yield owner, name


def registered_modules() -> set[str]:
    """The names under which the session's cells put something into `sys.modules`."""
    return {name for cell in _cells() for name in _registrations(cell)}


def _cells() -> list[str]:
    cells = session().get("In")  # of IPython
    return [cell for cell in cells if isinstance(cell, str)] if isinstance(cells, list) else []


# Each cell is read once, however often the session is saved.
@functools.lru_cache(maxsize=10_000)
def _assignments(cell: str) -> frozenset[tuple[str, str]]:
    found = set(re.findall(_SETATTR, cell))
    for match in re.finditer(_ASSIGNED, cell):
        begin = match.start()
        while begin and (cell[begin - 1].isalnum() or cell[begin - 1] in "._"):
            begin -= 1
        owner = cell[begin : match.start()]
        if all(map(str.isidentifier, owner.split("."))):
            found.add((owner, match[1]))
    return frozenset(found)


@functools.lru_cache(maxsize=10_000)
def _registrations(cell: str) -> frozenset[str]:
    return frozenset(re.findall(_REGISTERED, cell))


@functools.cache
def _installed() -> tuple[str, ...]:
    """Folders of the interpreter and of what is installed in it."""
    roots = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()}
    roots.add(str(Path(__file__).parents[3]))  # whatever folder we are in, with what we depend on
    # `/usr` itself, where "data" is, says nothing.
    roots -= {sys.prefix, sys.base_prefix, sysconfig.get_path("data")}
    return tuple(root.rstrip(os.sep) + os.sep for root in roots if root)


@functools.lru_cache(maxsize=4)
def _installations(path: tuple[str, ...]) -> tuple[str, ...]:
    """Further folders of `sys.path` into which a package manager has put something: `pip install --target`."""
    folders = [entry for entry in path if entry and not (entry.rstrip(os.sep) + os.sep).startswith(_installed())]
    return tuple(entry.rstrip(os.sep) + os.sep for entry in folders if next(Path(entry).glob(_MARK), None) is not None)
