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
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Shape:
    """What tells a function from others in the same source, in any version of Python.

    Args:
        name: of its code.
        arguments: their names, and how many of them are positional, positional only, and keywords only.
        free: its free variables, in their order.
        names: the globals and attributes that it mentions.
        constants: the texts and numbers in it.
    """

    name: str
    arguments: tuple[tuple[str, ...], tuple[int, int, int]]
    free: tuple[str, ...]
    names: frozenset[str]
    constants: frozenset[str]

    @classmethod
    def of(cls, code: types.CodeType) -> Shape:
        """Return the shape of a code object."""
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
        constants = {repr(each) for each in code.co_consts if type(each) in {int, float, str, bytes, complex}}
        return cls(
            name=code.co_name,
            arguments=(code.co_varnames[: counts[0] + counts[2]], counts),
            free=code.co_freevars,
            names=frozenset(code.co_names),
            constants=frozenset(constants),
        )

    def matches(self, other: Shape) -> bool:
        """Whether another one may be the same function; the order of free variables may differ."""
        # Compilers fold constants, and from Python 3.14 on small numbers are no constants: texts and names must do.
        return (self.name, self.arguments, set(self.free), self.names) == (
            other.name,
            other.arguments,
            set(other.free),
            other.names,
        )


def compile_again(source: str, shape: Shape, filename: str) -> types.CodeType | None:
    """Compile a function from its source.

    Args:
        source: the lines of its definition, indented as they were.
        shape: what it looks like.
        filename: where it says that it comes from.

    Returns:
        Its code, or None if none in the source fits, or several do.
    """
    text = textwrap.dedent(source)
    for attempt in (text, f"({text.strip()})", text.strip().rstrip(",)")):
        try:
            body = ast.parse(attempt).body
        except SyntaxError:
            continue
        found = [each for each in _nested(_wrapped(body, shape.free, filename)) if shape.matches(Shape.of(each))]
        exact = [each for each in found if Shape.of(each).constants == shape.constants]
        candidates = exact if len(found) > 1 else found
        return candidates[0] if len(candidates) == 1 else None
    return None


def _wrapped(body: list[ast.stmt], free: tuple[str, ...], filename: str) -> types.CodeType:
    outer = ast.parse("def wrapper():\n    pass")
    function = outer.body[0]
    if isinstance(function, ast.FunctionDef):
        targets = [ast.Assign(targets=[ast.Name(each, ast.Store())], value=ast.Constant(None)) for each in free]
        function.body = [*targets, *body] or function.body
    return compile(ast.fix_missing_locations(outer), filename, "exec")


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _nested(constant)
