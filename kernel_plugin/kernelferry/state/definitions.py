"""Which function bodies a cell only defines, and does not run by defining them.

A body that is not listed here counts as if it ran, so a definition is listed only where nothing can call it on the
way: no decorator but those of the language, no base class or metaclass that could look at the new class's methods.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from kernelferry.state.trees import Function, first_line, last_name, loaded_names

_PLAIN_DECORATORS = {"property", "staticmethod", "classmethod", "setter", "getter", "deleter"}
_IMPORTED_DECORATORS = {"abstractmethod", "overload"}  # bound, as a rule, by being imported from where they belong
_PLAIN_BASES = {"object", "Exception", "ValueError", "TypeError", "RuntimeError", "KeyError", "dict", "list", "tuple",
                "set", "str", "int", "float"}  # fmt: skip


def deferrable(tree: ast.Module, *, bound: Collection[str]) -> dict[tuple[str, int], str]:
    """Find the bodies that do not run by being defined.

    Args:
        tree: a cell.
        bound: names of the session and of the cell: a user's own `property` may do anything.

    Returns:
        (name, first line) of each such function, as its code object has them, to the global name that it gets; for a
        method, to that of its outermost class.
    """
    found: dict[tuple[str, int], str] = {}
    for function, owner, body in _definitions(tree.body, owner=None, within=None, bound=bound):
        called_there = body is not None and function.name in _loaded_by_class_body(body)
        if not called_there and all(_is_plain(decorator, bound) for decorator in function.decorator_list):
            found[function.name, first_line(function)] = owner
    return found


def _is_plain(decorator: ast.expr, bound: Collection[str]) -> bool:
    name = last_name(decorator)
    return name in _IMPORTED_DECORATORS or (name in _PLAIN_DECORATORS and name not in bound)


def _definitions(
    body: list[ast.stmt], *, owner: str | None, within: ast.ClassDef | None, bound: Collection[str]
) -> Iterator[tuple[Function, str, ast.ClassDef | None]]:
    """Functions that are defined at the top or in plain classes, the owner, and the class that they stand in."""
    for statement in body:
        if isinstance(statement, Function):
            yield statement, owner or statement.name, within
        elif isinstance(statement, ast.ClassDef):
            plain = not (statement.decorator_list or statement.keywords)
            if plain and all(_is_plain_base(base, bound) for base in statement.bases):
                yield from _definitions(statement.body, owner=owner or statement.name, within=statement, bound=bound)
        else:
            yield from _definitions(_blocks(statement), owner=owner, within=within, bound=bound)


def _is_plain_base(base: ast.expr, bound: Collection[str]) -> bool:
    return isinstance(base, ast.Name) and base.id in _PLAIN_BASES and base.id not in bound


def _blocks(statement: ast.stmt) -> list[ast.stmt]:
    """The statements directly inside a compound one."""
    children = list(ast.iter_child_nodes(statement))
    for child in list(children):
        if isinstance(child, ast.ExceptHandler | ast.match_case):
            children.extend(ast.iter_child_nodes(child))
    return [child for child in children if isinstance(child, ast.stmt)]


def _loaded_by_class_body(body: ast.ClassDef) -> set[str]:
    """Names that the class statement itself looks up; what its methods look up, they look up later."""
    names = set[str]()
    pending: list[ast.AST] = list(body.body)
    while pending:
        node = pending.pop()
        if isinstance(node, Function):
            pending.extend((*node.decorator_list, node.args))
        else:
            names.update(loaded_names(node) if isinstance(node, ast.expr) else ())
            pending.extend(ast.iter_child_nodes(node))
    return names
