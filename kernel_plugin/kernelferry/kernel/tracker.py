"""Watches the cells of a live kernel, and writes down their history.

Everything hangs on events of the shell: `pre_run_cell` and `post_run_cell`, and for silent executions, which have
neither, `pre_execute` and `post_execute`. In between nothing of ours runs but the audit hook.

What a cell does *not* do must never be taken for certain on thin grounds. Where the code does not tell what it touches
(`exec`, `%run`, an unknown magic, a thread that runs beside it), it is called opaque and has touched everything.

Limits. A library that keeps the user's objects in global state of its own, and changes them in a cell that does not
mention them, is not seen; nor are files that code in C opens without Python's knowledge.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from kernelferry.kernel import audit, stdin
from kernelferry.kernel.activity import Activity
from kernelferry.kernel.analysis import Analyst
from kernelferry.kernel.bindings import Bindings
from kernelferry.kernel.cell import FIRST_STEPS, FirstLook, Touched, last_look, steps_after
from kernelferry.kernel.contents import UNKNOWN, Look
from kernelferry.kernel.execution import Execution, Verdict, touched_by
from kernelferry.kernel.namespace import Shell, user_names
from kernelferry.kernel.sharing import LARGEST, Sharing
from kernelferry.kernel.surroundings import Surroundings
from kernelferry.state.history import HistoryGraph

_COMPARED_BYTES = 1 << 20
"""Of arrays, after a cell. More than before it, since they may be met in another order; what has grown ends here."""

_START_STEPS = 20_000
"""Objects looked at when tracking begins: some twenty milliseconds, once."""


class Tracker:
    """Watches the cells of a shell from `start` to `stop`.

    Args:
        shell: whose cells.
        history: of a session that was loaded; the next cell goes on from there. A new one by default.
        randomness: what belongs to it, see the property.
    """

    def __init__(
        self,
        shell: Shell,
        *,
        history: HistoryGraph | None = None,
        randomness: Mapping[int, Mapping[str, bytes]] | None = None,
    ) -> None:
        self._shell = shell
        self._events = {
            "pre_execute": self._pre_execute,
            "pre_run_cell": self._pre_run_cell,
            "post_execute": self._post_execute,
            "post_run_cell": self._post_run_cell,
        }
        self._started = False
        self._pauses = 0
        self._running: Execution | None = None
        self._take(HistoryGraph() if history is None else history, randomness or {})

    @property
    def history(self) -> HistoryGraph:
        """All executions so far; it goes on growing."""
        return self._history

    @property
    def randomness(self) -> Mapping[int, Mapping[str, bytes]]:
        """For each cell that advanced a global generator, by index: the generators' states before it.

        Pickled plain data, by the names of the aspects in `objects.process.randomness`, which can restore them.
        """
        return self._randomness

    def start(self) -> None:
        """Begin to watch. What the session holds, and the history does not explain, came from code nobody has seen."""
        if self._started:
            return
        self._started = True
        audit.install()
        self._activity = Activity(self._shell.user_ns)
        self._end_stdin = stdin.watch(self._shell, self._asked_for_input)
        for event, function in self._events.items():
            self._shell.events.register(event, function)
        self._look_anew()

    def stop(self) -> None:
        """End watching; a cell that is running is not recorded."""
        if not self._started:
            return
        self._started = False
        for event, function in self._events.items():
            self._shell.events.unregister(event, function)
        self._end_stdin()
        self._drop_running()

    def adopt(self, history: HistoryGraph, randomness: Mapping[int, Mapping[str, bytes]]) -> None:
        """Go on from another history, which a load has brought. The cell that is running, if any, is not recorded."""
        self._drop_running()
        self._take(history, randomness)
        if self._started:
            self._look_anew()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Record nothing of what is done meanwhile, such as replays and loads that the history has already."""
        self._pauses += 1
        if self._running is not None:
            self._running.interrupted = True
            audit.close()
        try:
            yield
        finally:
            self._pauses -= 1
            if not self._pauses and self._running is None:
                self._settle(user_names(self._shell))

    def _take(self, history: HistoryGraph, randomness: Mapping[int, Mapping[str, bytes]]) -> None:
        self._history = history
        self._randomness = {index: dict(states) for index, states in randomness.items()}
        self._analyst = Analyst(self._shell, history)
        self._sharing = Sharing()
        self._after = Bindings({}, {})
        # What callbacks may change between cells is compared with what it was at the end of the last one.
        self._hooked = FirstLook(self._after)

    def _look_anew(self) -> None:
        names = user_names(self._shell)
        active = self._history.active()
        unexplained, gone = names.keys() - active.keys(), active.keys() - names.keys()
        if unexplained or gone:
            self._record_outside(unexplained, gone)
        self._settle(names)

    def _settle(self, names: Mapping[str, object]) -> None:
        """Whatever was known of the objects behind the names is to be found out again."""
        self._remember(names, frozenset())
        self._sharing = Sharing()
        look = Look(self._shell.user_ns, _START_STEPS, array_bytes=0)
        for name, value in names.items():
            self._sharing.update(name, look.at(value, LARGEST) if look.steps > 0 else UNKNOWN)
            if look.steps <= 0:
                self._sharing.unread.add(name)
        self._sharing.meet(names.keys())

    def _record_outside(self, writes: set[str], deletes: set[str]) -> None:
        self._analyst.unknown_cell()
        self._history.record(source=None, writes=writes, deletes=deletes)

    def _drop_running(self) -> None:
        if self._running is not None:
            self._running = None
            audit.close()

    def _asked_for_input(self) -> None:
        if self._running is not None:
            self._running.surroundings.window.seen.stdin = True

    # --- events -------------------------------------------------------------------------------------------------------

    def _pre_execute(self) -> None:
        if self._pauses:
            return
        if self._running is not None:
            self._running.begin_nested()
            return
        names = user_names(self._shell)
        self._note_outside(names)
        first = FirstLook(Bindings.of(names), dict(self._hooked.footprints), self._hooked.contents)
        self._running = Execution(first, Surroundings.now(self._shell, self._activity))

    def _pre_run_cell(self, info: Any) -> None:
        running = self._running
        if self._pauses or running is None or running.nested:
            return
        running.info = info
        names = user_names(self._shell)
        running.analysis = self._analyst.analyse(info.raw_cell, getattr(info, "transformed_cell", None), names)
        running.touched = touched_by(running.analysis, names)
        running.first.take(names, running.touched, self._sharing, Look(self._shell.user_ns, FIRST_STEPS))
        running.surroundings.window.source = info.raw_cell
        running.surroundings.window.seen = audit.Seen()  # not what other listeners have done, or we
        running.started = time.perf_counter()

    def _post_execute(self) -> None:
        running = self._running
        if not self._pauses and running is not None and running.ends_silently():
            result = getattr(self._shell, "last_execution_result", None)
            self._finish(running, result)

    def _post_run_cell(self, result: Any) -> None:
        running = self._running
        if self._pauses:
            return
        if running is None:
            # The end of the cell that began to track, or went on from another history.
            self._note_outside(user_names(self._shell))
        elif running.ends_with(result):
            self._finish(running, result)

    # --- records ------------------------------------------------------------------------------------------------------

    def _note_outside(self, names: Mapping[str, object]) -> None:
        """What has changed while no cell ran: a callback has bound names, or another channel has."""
        changed = self._after.changed(names)
        deleted = self._after.names() - names.keys()
        if not changed and not deleted:
            return
        self._record_outside(changed, deleted)
        for name in deleted:
            self._sharing.forget(name)
        for name in changed:
            self._sharing.update(name, UNKNOWN)
            self._sharing.unread.add(name)
        self._sharing.meet(names.keys())
        self._after = Bindings.of(names)

    def _finish(self, running: Execution, result: Any) -> None:
        seconds = time.perf_counter() - running.started
        self._running = None
        info = running.info or getattr(result, "info", None)
        try:
            self._record(running, result, info, seconds)
        except BaseException:  # an error of ours, or an interrupt of the user's: the shell shows it
            audit.close()
            self._record_unwatched(result, info, seconds)
            raise

    def _record(self, running: Execution, result: Any, info: Any, seconds: float) -> None:
        names = user_names(self._shell)
        source = getattr(info, "raw_cell", None)
        if running.info is None and source is not None:
            # A silent cell: it has run already, so there is nothing to compare with.
            running.analysis = self._analyst.analyse(source, getattr(info, "transformed_cell", None), names)
            running.touched = touched_by(running.analysis, names)
        deeds = running.surroundings.deeds(self._activity, running.analysis, source, seconds)
        verdict = Verdict.on(running, result, names, disturbed=deeds.disturbed)
        first = FirstLook(running.first.bindings) if verdict.blind else running.first
        look = Look(self._shell.user_ns, steps_after(seconds), array_bytes=_COMPARED_BYTES)
        changes = last_look(first, names, verdict.touched, self._sharing, look)
        cell = self._history.record(
            source=source,
            execution_count=_execution_count(result, info),
            seconds=seconds,
            success=bool(getattr(result, "success", False)),
            reads=verdict.reads,
            writes=changes.writes,
            mutates=changes.mutates,
            deletes=changes.deletes,
            opaque=verdict.opaque,
            checked=bool(verdict.opaque) and not verdict.blind,
            effects=deeds.effects,
        )
        if deeds.states:
            self._randomness[cell.index] = dict(deeds.states)
        if running.analysis is not None:
            self._analyst.learn_hooks(running.analysis.names, names)
        self._remember(names, running.analysis.by_hooks if running.analysis else frozenset())

    def _record_unwatched(self, result: Any, info: Any, seconds: float) -> None:
        """Where nothing is known of a cell: it may have done anything, and is not to be run again."""
        names = user_names(self._shell)
        self._analyst.unknown_cell()
        self._history.record(
            source=None,
            execution_count=_execution_count(result, info),
            seconds=seconds,
            success=bool(getattr(result, "success", False)),
            mutates=names,
            deletes=self._history.active().keys() - names.keys(),
            opaque=("could not be watched",),
        )
        self._settle(names)

    def _remember(self, names: Mapping[str, object], by_hooks: frozenset[str]) -> None:
        self._after = Bindings.of(names)
        self._hooked = FirstLook(self._after)
        if by_hooks:
            self._hooked.take(names, Touched(by_hooks), self._sharing, Look(self._shell.user_ns, FIRST_STEPS))


def _execution_count(result: Any, info: Any) -> int | None:
    """The number in `In[n]`; silent executions and those without history have none."""
    if info is None or info.silent or not info.store_history:
        return None
    count = getattr(result, "execution_count", None)
    return count if isinstance(count, int) else None
