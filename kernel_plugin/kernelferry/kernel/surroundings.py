"""What a cell does besides to names: looked at before it and after it, and watched in between."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from kernelferry.kernel import audit, randomness
from kernelferry.kernel.activity import Activity
from kernelferry.kernel.analysis import Analysis
from kernelferry.kernel.audit import Window
from kernelferry.kernel.deeds import Process, settle
from kernelferry.kernel.namespace import Shell
from kernelferry.state.effects import Effects


@dataclass(frozen=True, slots=True)
class Deeds:
    """What was found.

    Args:
        effects: all of it.
        states: of the generators that the cell advanced, before it; pickled.
        disturbed: why the names may have changed behind the cell's back.
    """

    effects: Effects
    states: Mapping[str, bytes]
    disturbed: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The process as it was before a cell."""

    window: Window
    process: Process
    states: Mapping[str, object]
    threads: int
    tasks: int

    @classmethod
    def now(cls, shell: Shell, activity: Activity) -> Surroundings:
        """Look, and open the window for the audit events of this thread."""
        own = threading.get_ident()
        window = Window(
            shell.user_ns,
            strangers={thread.ident: thread for thread in threading.enumerate() if thread.ident not in {None, own}},
            shells_own=_own_files(shell),
        )
        surroundings = cls(
            window=window,
            process=Process.now(sys.path),
            states=randomness.look(),
            threads=len(activity.threads()),
            tasks=len(activity.tasks()),
        )
        audit.open_window(window)
        return surroundings

    def deeds(self, activity: Activity, analysis: Analysis | None, source: str | None, seconds: float) -> Deeds:
        """Look again, and say what has happened."""
        audit.close()
        seen = self.window.seen
        states = randomness.look()
        drawn = randomness.advanced(self.states, states)
        lost = [
            name
            for name in drawn
            if name not in self.states and randomness.has_drawn(name, states[name]) and not _seeds(source)
        ]
        known = [name for name in drawn if name in self.states]
        files = settle(seen, seconds)
        threads, tasks = len(activity.threads()), len(activity.tasks())
        effects = Effects(
            files_read=tuple(files.pins),
            files_unpinned=tuple(files.unpinned),
            files_written=tuple(files.written),
            sockets=tuple(seen.sockets),
            processes=tuple(seen.processes),
            stdin=seen.stdin,
            randomness=(*known, *lost),
            randomness_lost=tuple(lost),
            process_state=tuple(self.process.changes(Process.now(sys.path))),
            threads=threads > self.threads or tasks > self.tasks,
            magics=tuple(dict.fromkeys(analysis.names.magics)) if analysis else (),
            other=tuple(seen.other),
            shell_history=analysis.shell_history if analysis else (),
            folder=self.process.folder if seen.relative else "",
        )
        disturbed = bool(self.threads or self.tasks or threads or tasks)
        return Deeds(effects, {name: randomness.pickled(name, self.states[name]) for name in known}, disturbed)


def _own_files(shell: Shell) -> tuple[str, ...]:
    # Its database of inputs, and that of `%cd` and the like.
    folder = getattr(shell.profile_dir, "location", None)
    return tuple(f"{folder}{os.sep}{name}" for name in ("history.sqlite", "db")) if folder else ()


def _seeds(source: str | None) -> bool:
    return source is not None and randomness.seeds_first(source)
