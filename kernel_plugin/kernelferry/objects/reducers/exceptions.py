"""Exceptions with all that they carry: causes, notes, and tracebacks that can be printed again."""

from __future__ import annotations

import copyreg
import itertools
import linecache
import sys
import types
from typing import Any

from kernelferry.objects.recognition import is_compiled_in
from kernelferry.objects.reducers.reduction import Reducer

_CHAIN = ("__cause__", "__context__", "__suppress_context__", "__traceback__")


def exception_made(cls: type, arguments: tuple[Any, ...]) -> Any:
    """Make an exception without its class's own `__init__`, whose arguments nobody has kept."""
    compiled: Any = next(filter(is_compiled_in, cls.__mro__))
    made = compiled.__new__(cls, *arguments)
    compiled.__init__(made, *arguments)
    return made


def set_state(made: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give an exception its attributes and the chain that it belongs to."""
    own, chain = state
    own, slots = own if isinstance(own, tuple) else (own, {})
    if own:
        made.__setstate__(own)
    for name, value in slots.items():
        setattr(made, name, value)
    for name, value in chain.items():
        setattr(made, name, value)


def traceback_again(following: Any, names: tuple[str, str, str], place: tuple[int, int, int]) -> Any:
    """Make a traceback that prints as it did; its frames hold no variables.

    A frame cannot be made, only caught: a name that nobody knows is looked up at the very same place.

    Args:
        following: the traceback of the frame that was called.
        names: file name, name of the code, name of the module.
        place: line, column, and how many characters were marked there.
    """
    filename, name, module = names
    line, column, width = place
    before = "0;" + " " * (column - 2) if column > 1 else ""
    code = compile("\n" * (line - 1) + before + "x" * width, filename, "exec").replace(co_name=name)
    if sys.version_info >= (3, 11):
        code = code.replace(co_qualname=name)
    caught: Any = None
    try:
        exec(code, {"__name__": module, "__file__": filename, "__builtins__": {}})  # noqa: S102 - ours, a row of x
    except NameError as exc:
        caught = exc.__traceback__
    return types.TracebackType(following, caught.tb_next.tb_frame, caught.tb_next.tb_lasti, line)


def exception(found: BaseException) -> Any:
    """Write an exception."""
    cls = type(found)
    chain = {name: value for name in _CHAIN if (value := getattr(found, name))}
    reduced = found.__reduce_ex__(5)
    customized = cls.__reduce__ is not _owner(cls, "__reduce__") or cls.__reduce_ex__ is not object.__reduce_ex__
    if not customized and isinstance(cls.__init__, types.FunctionType):
        slots = {name: getattr(found, name) for name in copyreg._slotnames(cls) if hasattr(found, name)}  # type: ignore[attr-defined]  # noqa: SLF001 - as pickle does
        own = (found.__dict__ or None, slots) if slots else found.__dict__ or None
        reduced = (exception_made, (cls, found.args), own)
        if slots:
            return exception_made, (cls, found.args), (own, chain), None, None, set_state
    if not chain or isinstance(reduced, str):
        return reduced
    function, arguments, own = (*reduced, None)[:3]
    return function, arguments, (own, chain), None, None, set_state


def _owner(cls: type, name: str) -> Any:
    compiled: Any = next(filter(is_compiled_in, cls.__mro__))
    return getattr(compiled, name)


def _traceback(found: types.TracebackType) -> Any:
    code = found.tb_frame.f_code
    names = (code.co_filename, code.co_name, str(found.tb_frame.f_globals.get("__name__", "")))
    return traceback_again, (found.tb_next, names, _place(found))


def _place(found: types.TracebackType) -> tuple[int, int, int]:
    line = max(found.tb_lineno or 1, 1)
    if not hasattr(found.tb_frame.f_code, "co_positions"):  # before Python 3.11
        return line, 0, 1
    positions = itertools.islice(found.tb_frame.f_code.co_positions(), found.tb_lasti // 2, None)
    first, last, begin, end = next(positions, (None, None, None, None))
    if first is None or begin is None or end is None:
        return line, 0, 1
    if last != first:  # marked up to the end of the line
        text = linecache.getline(found.tb_frame.f_code.co_filename, first).rstrip()
        end = len(text.encode())
    return first, begin, max(1, end - begin)


TABLE: dict[type, Reducer] = {types.TracebackType: _traceback}
