"""A cell that is running, and what there is to say of it when it has ended."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kernelferry.kernel.analysis import Analysis
from kernelferry.kernel.cell import FirstLook, Touched
from kernelferry.kernel.surroundings import Surroundings

_NESTED = "runs another cell from within"
_LOADED = "had a session loaded while it ran"
_THREAD = "a thread was running"
_UNWATCHED = "could not be watched to its end"
_NOTHING = frozenset[str]()


@dataclass(slots=True)
class Execution:
    """A cell that is running.

    Args:
        first: the session before it.
        surroundings: the process before it.
        info: what the shell said of it; None as long as it has not said anything, which it does not for silent cells.
        analysis: of its code.
        nested: how many others have begun within, and not been seen to end.
        interrupted: tracking was paused while it ran.
    """

    first: FirstLook
    surroundings: Surroundings
    info: Any = None
    analysis: Analysis | None = None
    touched: Touched = field(default_factory=Touched)
    nested: int = 0
    has_nested: bool = False
    interrupted: bool = False
    started: float = field(default_factory=time.perf_counter)

    def begin_nested(self) -> None:
        """Another cell begins within this one."""
        self.nested += 1
        self.has_nested = True

    def ends_silently(self) -> bool:
        """Whether the end of an execution is this one's, and the shell will say no more of it."""
        if self.info is not None:
            return False
        if self.nested:
            self.nested -= 1
            return False
        return True

    def ends_with(self, result: Any) -> bool:
        """Whether this result is its own, and not that of a cell within."""
        if self.info is None:
            return False
        info = getattr(result, "info", None)
        # Where the shell itself has failed it makes up another `info`, or there is no result at all.
        if info is None or info is self.info or info.raw_cell == self.info.raw_cell:
            return True
        if not info.raw_cell or info.raw_cell.isspace():  # an empty cell does not begin, it only ends
            return False
        if self.nested:
            self.nested -= 1
            return False
        return True


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much of what is known about a cell counts.

    Args:
        reads: what it has looked up.
        opaque: why it may have touched everything.
        blind: the looks before and after prove nothing, because others were at work too.
        touched: what it may have done.
    """

    reads: Collection[str]
    opaque: tuple[str, ...]
    blind: bool
    touched: Touched

    @classmethod
    def on(cls, running: Execution, result: Any, names: Mapping[str, object], *, disturbed: bool) -> Verdict:
        """Judge a cell that has ended.

        Args:
            running: the cell.
            result: what the shell says of it; None if it was cancelled.
            names: the user's names now.
            disturbed: threads or tasks were running.
        """
        # What does not compile does nothing.
        ran = getattr(result, "error_before_exec", None) is None
        reasons = (*((_NESTED,) if running.has_nested else ()), *((_LOADED,) if running.interrupted else ()),
                   *((_THREAD,) if disturbed else ()),
                   *((_UNWATCHED,) if ran and running.analysis is None else ()))  # fmt: skip
        analysis = running.analysis if ran else None
        certain = analysis.names.certain if analysis and getattr(result, "success", False) else _NOTHING
        opaque = (*(analysis.opaque if analysis else ()), *reasons)
        touched = replace(running.touched, certain=certain) if analysis else Touched()
        if reasons:
            everything = running.first.bindings.names() | names.keys()
            touched = replace(touched, names=everything, source="", unverifiable=everything)
        return cls(analysis.reads if analysis else _NOTHING, opaque, bool(reasons), touched)


def touched_by(analysis: Analysis, names: Mapping[str, object]) -> Touched:
    """What a cell may have in its hands."""
    found = names.keys() if analysis.opaque else analysis.reads & names.keys()
    source = "" if analysis.opaque or analysis.by_hooks or analysis.through_functions else analysis.source
    return Touched(frozenset(found), analysis.binds, source=source, unverifiable=analysis.by_hooks)
