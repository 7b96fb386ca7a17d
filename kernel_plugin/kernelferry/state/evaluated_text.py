"""Functions of libraries that evaluate text in the namespace of their caller: `df.query("a > @limit")`.

No bytecode of the cell mentions such names. Identifiers in constant text count as read, all of them, since each library
has its own grammar. Text that is put together as the cell runs may name anything.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from kernelferry.state.trees import last_name

# By the last part of their name: pandas, patsy and statsmodels formulas, duckdb, polars, pandasql.
_EVALUATORS = {
    "query", "eval", "sql", "sqldf", "dmatrix", "dmatrices", "from_formula", "ols", "gls", "wls", "glm", "logit",
    "probit", "mixedlm", "poisson",
}  # fmt: skip
# Of these names most functions do something else, so only what is certainly text counts.
_PERHAPS_EVALUATORS = {"evaluate", "execute", "timeit", "repeat", "Timer", "run", "runctx"}
_EVALUATING_MODULES = {"ne", "numexpr", "duckdb"}
_TEXT_ARGUMENTS = {"expr", "formula", "query", "sql", "ex", "stmt"}
_IDENTIFIER = re.compile(r"[^\W\d]\w*")


def _text_arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg in _TEXT_ARGUMENTS)]


def evaluates_unknown_text(call: ast.Call) -> bool:
    """Tell whether a call may evaluate text that the source does not show."""
    name = last_name(call.func)
    if name in _PERHAPS_EVALUATORS:
        root = call.func.value if isinstance(call.func, ast.Attribute) else None
        if not (isinstance(root, ast.Name) and root.id in _EVALUATING_MODULES):
            return False
    elif name not in _EVALUATORS:
        return False
    return not all(_is_text(argument) for argument in _text_arguments(call))


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant() | ast.JoinedStr():
            return True  # what an f-string fills in is taken for values, its constant parts for code
        case ast.BinOp(left=left, right=right):
            return _is_text(left) and _is_text(right)
        case _:
            return False


def names_in_evaluated_text(node: ast.AST) -> Iterator[str]:
    """Every identifier in the constant text of a call that may evaluate it."""
    if isinstance(node, ast.Call) and last_name(node.func) in _EVALUATORS | _PERHAPS_EVALUATORS:
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield from _IDENTIFIER.findall(part.value)
