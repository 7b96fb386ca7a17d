"""What a cell's code may do to the user's names, with the session at hand.

Puts together what the code says (`state.names`), what the functions that it may call say (`state.reach`), and what
earlier cells have handed over to be called at any time (hooks).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kernelferry.kernel.callables import is_builtin_container, may_be_called
from kernelferry.kernel.namespace import Shell, shell_history_names
from kernelferry.state.code_names import NOTHING, GlobalNames
from kernelferry.state.history import HistoryGraph
from kernelferry.state.names import CellNames, cell_names
from kernelferry.state.reach import MISSING, reachable_globals

_STEPS = 2000
"""Objects that are searched for functions: about half a millisecond. A guess, like the default of `state.reach`."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a cell may do.

    Args:
        names: what its own code says.
        reads: names that it may look up, directly or through functions; hooks and what they look up included.
        binds: names that it may bind or delete, likewise.
        source: the code itself, after the shell's transformation.
        through_functions: some of that only through functions of other cells, or in the text of magics.
        by_hooks: those of `reads` that hooks look up, also while no cell runs.
        opaque: why it may touch any name.
        shell_history: what it uses of IPython's own history, as `_3`.
    """

    names: CellNames
    reads: frozenset[str]
    binds: frozenset[str]
    source: str
    through_functions: bool
    by_hooks: frozenset[str] = frozenset()
    opaque: tuple[str, ...] = ()
    shell_history: tuple[str, ...] = ()


class Analyst:
    """Analyses the cells of one session, one after the other.

    Args:
        shell: whose transformations apply.
        history: of cells that ran before, perhaps in another process; their functions and hooks still count.
    """

    def __init__(self, shell: Shell, history: HistoryGraph) -> None:
        self._shell = shell
        self._hooks = set[str]()
        self._bodies = NOTHING
        self._bodies_known = True
        self._unread = [cell.source for cell in history.cells]

    def unknown_cell(self) -> None:
        """Names were bound by code that nobody has seen."""
        self._bodies_known = False

    def analyse(self, source: str, transformed: str | None, user: Mapping[str, object]) -> Analysis:
        """Say what a cell may do.

        Args:
            source: the cell as it was entered.
            transformed: what the shell has made of it, if that is known.
            user: the user's names.
        """
        self._catch_up(user)
        text = self._transformed(source) if transformed is None else transformed
        names = self._names(text, user)
        self._bodies |= names.bodies
        direct = self._reach(names.reads | (names.mutates - names.renewed), user, names)
        hooks = self._reach(self._hooks, user, None) if self._hooks else NOTHING
        opaque = dict.fromkeys((*names.opaque, *direct.opaque, *hooks.opaque))
        used = shell_history_names(direct.reads | hooks.reads, self._shell)
        if used:
            opaque[f"uses {', '.join(used)}"] = None
        if self._shell.ast_transformers:
            opaque["is rewritten by the shell's AST transformers"] = None
        own = _own_names(self._shell, user)
        return Analysis(
            names=names,
            reads=(direct.reads | hooks.reads) - own,
            binds=names.binds | names.deletes | direct.binds | direct.deletes | hooks.binds | hooks.deletes,
            source=text,
            through_functions=bool(names.magics) or not direct.reads | direct.binds <= names.reads | names.binds,
            by_hooks=hooks.reads,
            opaque=tuple(opaque),
            shell_history=tuple(used),
        )

    def learn_hooks(self, names: CellNames, user: Mapping[str, object]) -> None:
        """After a cell: remember what it has handed over, if that can be called."""
        self._hooks.update(
            name
            for name in names.hooks
            if name in user
            and (may_be_called(user[name]) or (name in names.method_hooks and is_builtin_container(user[name])))
        )

    def _names(self, text: str, user: Mapping[str, object]) -> CellNames:
        return cell_names(text, transform=self._transformed, bound=user.keys())

    def _transformed(self, source: str) -> str:
        try:
            return str(self._shell.transform_cell(source))
        except Exception:  # noqa: BLE001 - transformers are anybody's code; the shell itself runs the text as it is then
            return source

    def _reach(self, start: Iterable[str], user: Mapping[str, object], names: CellNames | None) -> GlobalNames:
        return reachable_globals(
            start,
            lambda name: user.get(name, MISSING),
            self._shell.user_ns,
            deferred=names.deferred if names else None,
            renewed=names.renewed if names else frozenset(),
            fallback=self._bodies if self._bodies_known else None,
            limit=_STEPS,
        )

    def _catch_up(self, user: Mapping[str, object]) -> None:
        """Read the cells of a history that came from elsewhere."""
        sources, self._unread = self._unread, []
        for source in dict.fromkeys(sources):
            if source is None:
                self._bodies_known = False
                continue
            names = self._names(self._transformed(source), user)
            self._bodies |= names.bodies
            self.learn_hooks(names, user)


def _own_names(shell: Shell, user: Mapping[str, object]) -> set[str]:
    """What the shell itself has bound, as `open` and `get_ipython`."""
    return {name for name in shell.user_ns_hidden if name not in user}
