"""The source of functions, for an interpreter that cannot read another's bytecode.

`marshal` writes code that the same minor version of Python reads. Where a session moves to another one, a function is
compiled again from its source, if the line cache still has it: found there by its first line and name, and wrapped so
that the compiler sees the same free variables.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import textwrap
import types
from collections.abc import Iterator

VERSION = f"{sys.implementation.name}-{sys.version_info.major}.{sys.version_info.minor}"
"""Whose bytecode this interpreter reads."""


def source_of(code: types.CodeType) -> str:
    """Return the source lines of a function, or nothing if they are not known."""
    lines = linecache.getlines(code.co_filename)
    if not lines or code.co_firstlineno > len(lines):
        return ""
    try:
        return "".join(inspect.getblock(lines[code.co_firstlineno - 1 :]))
    except (IndentationError, SyntaxError, inspect.EndOfBlock, ValueError):  # a lambda inside of something longer
        return lines[code.co_firstlineno - 1]


def compile_again(source: str, name: str, free: tuple[str, ...], filename: str) -> types.CodeType | None:
    """Compile a function from its source.

    Args:
        source: the lines of its definition, indented as they were.
        name: that of its code object.
        free: its free variables, in their order.
        filename: where it says that it comes from.

    Returns:
        Its code, or None if none in the source fits.
    """
    text = textwrap.dedent(source)
    for attempt in (text, f"({text.strip()})", text.strip().rstrip(",)")):
        try:
            body = ast.parse(attempt).body
        except SyntaxError:
            continue
        return _found(_wrapped(body, free, filename), name, free)
    return None


def _wrapped(body: list[ast.stmt], free: tuple[str, ...], filename: str) -> types.CodeType:
    outer = ast.parse("def wrapper():\n    pass")
    function = outer.body[0]
    if isinstance(function, ast.FunctionDef):
        targets = [ast.Assign(targets=[ast.Name(each, ast.Store())], value=ast.Constant(None)) for each in free]
        function.body = [*targets, *body] or function.body
    return compile(ast.fix_missing_locations(outer), filename, "exec")


def _found(code: types.CodeType, name: str, free: tuple[str, ...]) -> types.CodeType | None:
    for each in _nested(code):
        if each.co_name == name and set(each.co_freevars) == set(free):
            return each
    return None


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _nested(constant)
