"""Small questions to a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef


def first_line(function: Function) -> int:
    """Where its code object says that a function begins: at its first decorator."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def last_name(node: ast.expr) -> str:
    """`c` of `a.b.c`, of `a.b.c(…)` and of `c`; empty for what has no name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return last_name(func)
        case _:
            return ""


def loaded_names(node: ast.AST) -> Iterator[str]:
    """Names that are looked up anywhere in a tree, functions and lambdas in it included."""
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load))
