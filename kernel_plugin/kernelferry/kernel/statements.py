"""Which names stand together in one statement of a cell: only those can come to share an object there.

Asked only where objects are too many to be looked at one by one. A cell that fills a large list, and in another line
makes a small one, has not put the one into the other.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=8)
def names_together(source: str) -> tuple[frozenset[str], ...]:
    """The names in each statement at the top of a cell; none if the cell cannot be read.

    Args:
        source: plain Python, after the shell's transformation.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):  # `await` at the top, for one
        return ()
    return tuple(frozenset(_names(statement)) for statement in tree.body)


def parts_of_cell(source: str, linking: Callable[[str], bool]) -> list[set[str]]:
    """The names of a cell in parts that have nothing to do with each other.

    Args:
        source: as above.
        linking: whether a name can carry an object from one statement to another.
    """
    parts: list[set[str]] = []
    for names in names_together(source):
        joined = {name for name in names if linking(name)}
        for part in [part for part in parts if part & joined]:
            parts.remove(part)
            joined |= part
        if joined:
            parts.append(joined)
    return parts


def _names(statement: ast.stmt) -> set[str]:
    names = set[str]()
    for part in ast.walk(statement):
        match part:
            case ast.Name(id=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name.partition(".")[0])
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                names.add(name)
            case ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.Global(names=found):
                names.update(found)
            case _:
                pass
    return names
