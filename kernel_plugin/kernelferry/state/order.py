"""Which names a cell binds for certain, and reads only after that: what they held before does not matter to it.

A cell that is run twice reads, in `df = load(); df.head()`, its own `df` and not the one of its first run. Without this
each run would depend on all earlier ones.

The statements are followed in their order. What stands in a branch, a loop or a `try` may not be reached, so a name
that is bound there is certain only within it. Names in functions count as read where the function is defined.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kernelferry.state.trees import Function


@dataclass(slots=True)
class Order:
    """What was found.

    Args:
        certain: names that are bound in the end, if the cell ends without an exception.
        renewed: names that are bound, and not read before.
        used: names that are read, or may be, while they still hold what they held before the cell.
    """

    certain: set[str] = field(default_factory=set)
    renewed: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, tree: ast.Module) -> Order:
        """Follow the statements of a cell."""
        order = cls()
        bound = order._follow(tree.body, set())
        order.certain, order.renewed = bound - _deleted(tree), bound - order.used
        return order

    def _follow(self, statements: Iterable[ast.stmt], renewed: set[str]) -> set[str]:
        """Follow statements: which names hold nothing old before them, and which after them."""
        renewed = set(renewed)
        for statement in statements:
            self._step(statement, renewed)
        return renewed

    def _step(self, statement: ast.stmt, renewed: set[str]) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                self._use((value, *targets), renewed)
                renewed.update(name for target in targets for name in _bound(target))
            case ast.AnnAssign(target=target, value=ast.expr()):
                self._use((statement,), renewed)
                renewed.update(_bound(target))
            case ast.AugAssign(target=target):
                self._use((statement,), renewed)
                self.used.update(set(_bound(target)) - renewed)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                renewed.update(alias.asname or alias.name.partition(".")[0] for alias in names)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                self._use((statement,), renewed)
                renewed.add(name)
            case ast.Delete(targets=targets):
                self._use(targets, renewed)
                self.used.update({target.id for target in targets if isinstance(target, ast.Name)} - renewed)
            case ast.With(items=[item], body=body) | ast.AsyncWith(items=[item], body=body):
                self._use((item,), renewed)
                renewed.update(_bound(item.optional_vars))
                self._follow(body, renewed)  # the manager may swallow an exception: afterwards nothing of it is certain
            case ast.For(target=target) | ast.AsyncFor(target=target):
                self._use((statement.iter, target), renewed)
                self._follow(statement.body, renewed | set(_bound(target)))
                self._follow(statement.orelse, renewed)
            case _:
                self._blocks(statement, renewed)

    def _blocks(self, statement: ast.AST, renewed: set[str]) -> None:
        """Follow each block by itself, since none is certain to run to its end; all else is read where it stands."""
        for _, value in ast.iter_fields(statement):
            parts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, ast.AST)]
            if parts and isinstance(parts[0], ast.stmt):
                self._follow((part for part in parts if isinstance(part, ast.stmt)), renewed)
            elif parts and isinstance(parts[0], ast.ExceptHandler | ast.match_case):
                for part in parts:
                    self._blocks(part, renewed)
            else:
                self._use(parts, renewed)

    def _use(self, nodes: Iterable[ast.AST], renewed: set[str]) -> None:
        self.used.update(name for node in nodes for name in _loads(node) if name not in renewed)


def _bound(target: ast.expr | None) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _bound(part)
        case ast.Starred(value=value):
            yield from _bound(value)
        case _:
            pass


def _loads(node: ast.AST) -> Iterator[str]:
    pending = [node]
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Name):
            if isinstance(part.ctx, ast.Load):
                yield part.id
        elif isinstance(part, Function) and not any(isinstance(inner, ast.Global) for inner in ast.walk(part)):
            # A parameter is no global, in functions within either.
            own = {argument.arg for argument in ast.walk(part.args) if isinstance(argument, ast.arg)}
            yield from (name for inner in part.body for name in _loads(inner) if name not in own)
            pending.extend((*part.decorator_list, part.args, *([part.returns] if part.returns else [])))
        else:
            pending.extend(ast.iter_child_nodes(part))


def _deleted(tree: ast.AST) -> set[str]:
    """Names that may be unbound somewhere."""
    found = set[str]()
    for part in ast.walk(tree):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Del):
            found.add(part.id)
        elif isinstance(part, ast.ExceptHandler) and part.name:
            found.add(part.name)
    return found
