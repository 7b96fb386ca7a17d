"""Compiling a cell to look at it, without leaving a trace in the user's process."""

from __future__ import annotations

import ast
import re
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

_FILENAME = "<kernel-ferry>"
_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class NotPython(Exception):  # noqa: N818 - it is an answer, not a failure of ours
    """This interpreter cannot compile the text; the message says why, in its words."""


def parse_and_compile(source: str) -> tuple[ast.Module, types.CodeType]:
    """Compile a cell as IPython does, to its tree and its code.

    Raises:
        NotPython: the text cannot be compiled.
    """
    try:
        with _unwarned():
            tree = compile(source, _FILENAME, "exec", _FLAGS | ast.PyCF_ONLY_AST, dont_inherit=True)
            code = compile(tree, _FILENAME, "exec", _FLAGS, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        # The last two: code nested too deeply for the parser.
        raise NotPython(str(exc) or type(exc).__name__) from exc
    return cast("ast.Module", tree), code


@contextmanager
def _unwarned() -> Iterator[None]:
    # The shell compiles the cell too, and the user should read each SyntaxWarning once. `warnings.catch_warnings`
    # would make all modules forget which warnings they have shown already, and this runs before each cell: so the one
    # entry is put in and taken out by hand. It matches our file name only, whatever other threads warn of meanwhile.
    filters = cast("list[Any]", warnings.filters)
    entry = ("ignore", None, Warning, re.compile(re.escape(_FILENAME)), 0)
    filters.insert(0, entry)
    try:
        yield
    finally:
        filters.remove(entry)
