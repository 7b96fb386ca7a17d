"""What the syntax tree of a cell shows that its bytecode does not.

Everything here errs on the side of too much. The tree is walked once, since this runs before each cell.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kernelferry.state.code_names import MAIN_REASON, OPAQUE_ATTRIBUTES, OPAQUE_BUILTINS
from kernelferry.state.evaluated_text import evaluates_unknown_text, names_in_evaluated_text
from kernelferry.state.magics import MagicUse, magic_of_call
from kernelferry.state.trees import Function, first_line, last_name, loaded_names

# At the top level of a cell these give the whole namespace when called without arguments.
_NAMESPACE_BUILTINS = {
    "locals": "takes all names with locals()",
    "vars": "takes all names with vars()",
    "dir": "lists all names with dir()",
}
_ABOUT_ONE = {"vars", "dir"}  # when called with an argument
# Functions that keep what they are given, to call it later, by the last part of their name.
_REGISTERS = re.compile(
    r"(?:un)?register|connect|subscribe|observe|on_|add_|set_|at_?exit|hook|callback|listen|patch|bind|schedule|"
    r"call_(?:soon|later|at)|create_task|ensure_future|signal|setattr|submit|Thread|Timer|interact|route|command|event",
)


@dataclass(slots=True)
class Survey:
    """What was found in a tree; see `CellNames` for the meaning of most of it.

    Args:
        deferrable: what `definitions.deferrable` found in the same tree. Opacity in those bodies is left to their
            code objects: it does not concern the cell that defines them.
        bound: names of the session. The user's own `vars` is not the builtin.
    """

    deferrable: Mapping[tuple[str, int], str]
    bound: Collection[str]
    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    mutates: set[str] = field(default_factory=set)
    hooks: set[str] = field(default_factory=set)
    method_hooks: set[str] = field(default_factory=set)
    opaque: dict[str, None] = field(default_factory=dict)  # an ordered set
    magics: list[MagicUse] = field(default_factory=list)
    # Constants in `__name__ == "__main__"`, which is no way to the module.
    _questions: set[int] = field(default_factory=set)

    def look_through(self, tree: ast.Module) -> None:
        """Collect what the tree shows."""
        pending: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
        while pending:
            node, local, deferred = pending.pop()
            skipped: ast.AST | None = None
            if isinstance(node, ast.Call):
                use = magic_of_call(node)
                if use is not None:
                    self.magics.append(use)
                    continue
                skipped = node.func if node.args and last_name(node.func) in _ABOUT_ONE else None
            elif isinstance(node, Function):
                local = True
                deferred = deferred or (node.name, first_line(node)) in self.deferrable
            elif isinstance(node, ast.Lambda):
                local = True
            self._visit(node, local=local)
            if not deferred:
                self._visit_opaque(node, local=local)
            pending.extend((child, local, deferred) for child in ast.iter_child_nodes(node) if child is not skipped)

    def _visit(self, node: ast.AST, *, local: bool) -> None:
        match node:
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                self.mutates.update(_root(node))
            case ast.AugAssign(target=ast.Name(id=name)):
                self.mutates.add(name)
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets):
                    self._hand_over(value)
            case ast.AnnAssign() if not local:
                self.binds.add("__annotations__")
            case ast.Call():
                self._visit_call(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if any(_REGISTERS.search(last_name(decorator)) for decorator in node.decorator_list):
                    self.hooks.add(node.name)
            case _:
                pass

    def _visit_call(self, call: ast.Call) -> None:
        self.reads.update(names_in_evaluated_text(call))
        if _REGISTERS.search(last_name(call.func)):
            for part in (*call.args, *(keyword.value for keyword in call.keywords)):
                self._hand_over(part)

    def _hand_over(self, value: ast.expr) -> None:
        self.hooks.update(loaded_names(value))
        # `on_click(log.append)`: what is handed over changes `log`, though that is no function.
        if isinstance(value, ast.Attribute) and not isinstance(value.ctx, ast.Store):
            self.method_hooks.update(loaded_names(value))
        elif isinstance(value, ast.Lambda | ast.Dict | ast.List | ast.Tuple | ast.Set):
            self.method_hooks.update(
                name
                for part in ast.walk(value)
                if isinstance(part, ast.Attribute | ast.Lambda)
                for name in loaded_names(part)
            )

    def _visit_opaque(self, node: ast.AST, *, local: bool) -> None:
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                # The shell itself binds get_ipython in the session; everything else bound there is the user's own.
                if name in OPAQUE_BUILTINS and (name == "get_ipython" or name not in self.bound):
                    self._opaque(OPAQUE_BUILTINS[name])
                elif name in _NAMESPACE_BUILTINS and not local and name not in self.bound:
                    self._opaque(_NAMESPACE_BUILTINS[name])
            case ast.Attribute(attr=name) if name in OPAQUE_ATTRIBUTES:
                self._opaque(OPAQUE_ATTRIBUTES[name])
            case ast.Import() | ast.ImportFrom():
                self._visit_import(node)
            case ast.Call() if evaluates_unknown_text(node):
                self._opaque(f"has {last_name(node.func)}() evaluate text that is known only when it runs")
            case ast.Compare(left=left, comparators=others):
                if any(isinstance(side, ast.Name) and side.id == "__name__" for side in (left, *others)):
                    self._questions.update(id(side) for side in (left, *others))
            case ast.Constant(value="__main__") if id(node) not in self._questions:
                self._opaque(MAIN_REASON)
            case _:
                pass

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "") if isinstance(node, ast.ImportFrom) else ""
        for name in (module, *(alias.name for alias in node.names)):
            if name == "*":
                self._opaque(f"imports all names from {module}")
            elif name in OPAQUE_ATTRIBUTES:
                self._opaque(OPAQUE_ATTRIBUTES[name])

    def _opaque(self, reason: str) -> None:
        self.opaque[reason] = None


def _root(node: ast.AST) -> list[str]:
    """The name at the beginning of `name.a[0].b`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    # Of `f(x).a = 1` the object is whatever f returns: both names are read, and any read may be a change.
    return [node.id] if isinstance(node, ast.Name) else []
