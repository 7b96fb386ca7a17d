"""The engine of one kernel: what the magics and `kernelferry.save` and `load` call."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial

from kernelferry.api import FerryError, LoadReport, SaveReport
from kernelferry.api.report import PlanReport, RehearsalReport
from kernelferry.checkpoint import Store, open_checkpoint
from kernelferry.kernel import shell_state
from kernelferry.kernel.alarm import alarm
from kernelferry.kernel.attachment import Attachment
from kernelferry.kernel.image import Image, Randomness, polite_to_forks, take
from kernelferry.kernel.loading import Loading, conflicts
from kernelferry.kernel.namespace import user_names
from kernelferry.kernel.planning import Bandwidth
from kernelferry.kernel.progress import Bar
from kernelferry.kernel.rehearsal import rehearse
from kernelferry.kernel.saving import Options, Pickled, Watcher, pickle_and_plan, planned, write
from kernelferry.kernel.snapshot import DEADLINE, Child, Tell
from kernelferry.kernel.targets import open_target
from kernelferry.objects.fingerprint import QUICK, THOROUGH
from kernelferry.state.history import HistoryGraph
from kernelferry.state.replay import ReplayPolicy

Target = str | os.PathLike[str]


@dataclass(frozen=True)
class Status:
    """What the engine knows.

    Args:
        names: how many the user has bound.
        cells: how many have been seen to run.
        saving: what a save in the background is at; empty if there is none.
        saves_in: where saves are done.
    """

    names: int
    cells: int
    saving: str
    saves_in: str

    def to_json(self) -> str:
        """Write it as `%ferry status --json` does."""
        return json.dumps(asdict(self))

    def __repr__(self) -> str:
        lines = [f"{self.names} names, and {self.cells} cells seen.", f"Saves are done in {self.saves_in}."]
        return "\n".join([*lines, *([f"A save is under way: {self.saving}."] if self.saving else [])])


class Engine:
    """Saves and loads the session of a shell.

    Args:
        attachment: our hold on it.
    """

    def __init__(self, attachment: Attachment) -> None:
        self._shell = attachment.shell
        self._before = attachment
        self._bandwidth: dict[str, Bandwidth] = {}
        self.last_report: SaveReport | LoadReport | None = None
        self.running: Child | None = None
        self.failure: BaseException | None = None
        self.tracker = attachment.tracker

    # --- saving -------------------------------------------------------------------------------------------------------

    def save(
        self,
        target: Target,
        *,
        replay: str | ReplayPolicy = ReplayPolicy.SAFE,
        fork: bool | None = None,
        background: bool = False,
        deadline: float = DEADLINE,
        budget: int = QUICK,
    ) -> SaveReport | Child:
        """Save the session.

        Args:
            target: a folder.
            replay: which cells may be planned to run again: Safe, Never or All.
            fork: whether to do it in a forked child; by default wherever that is possible.
            background: whether to return at once. What is saved is the session at this moment.
            deadline: seconds after which a variable that cannot be pickled is given up.
            budget: how many objects of each value its fingerprint looks at.

        Returns:
            What became of every name; in the background, the child that is about it.

        Raises:
            FerryError: nothing was saved; the session and earlier checkpoints are as they were.
        """
        policy = policy_named(replay)
        if self.status().saving:
            raise FerryError(
                problem="A save in the background is under way.",
                state="Nothing was written by this one; the session is as it was.",
                remedy="Wait for it: %ferry status says where it is.",
            )
        store = open_target(target, create=True)
        options = Options(
            kernel=_kernel_id(),
            policy=policy,
            bandwidth=self._bandwidth.get(store.name, Bandwidth()),
            budget=budget,
        )
        image = self.image()
        in_child = not polite_to_forks() if fork is None else fork
        if not in_child:
            self.last_report = self._save_here(image, store, options, deadline)
            return self.last_report
        child = Child(lambda tell, known: _save_in_child(image, store, options, tell, known), deadline, background)
        child.start()
        self.running = child
        if background:
            return child
        self.last_report = self._wait(child)
        self._measured(store, child.speed)
        return self.last_report

    def plan(self, *, replay: str | ReplayPolicy = ReplayPolicy.SAFE) -> PlanReport:
        """Say what would become of every name if the session were saved now; writes nothing."""
        return planned(self.pickled(replay=replay))

    def rehearse(self) -> RehearsalReport:
        """Load everything in a clean process, component by component, and compare."""
        return rehearse(lambda folder: self.save(folder, budget=THOROUGH))

    def pickled(self, *, replay: str | ReplayPolicy = ReplayPolicy.SAFE) -> Pickled:
        """Pickle the session in memory, with a plan for it."""
        return pickle_and_plan(self.image(), Options(policy=policy_named(replay)), Watcher())

    def image(self) -> Image:
        """Look at the session as it is."""
        running = self.cell_is_running()
        return take(self._before, self._settled(running=running), self._randomness(), running=running)

    def cell_is_running(self) -> bool:
        """Whether a cell is running that will add one to the count at its end."""
        raw = self._shell.history_manager.input_hist_raw
        # A cell that is kept has been added to the inputs, and its number is still the current one.
        return len(raw) == int(self._shell.execution_count) + 1

    def _save_here(self, image: Image, store: Store, options: Options, deadline: float) -> SaveReport:
        bar = Bar("Saving")

        def show(key: str) -> None:
            set_anew()
            bar.show(0, 0, key.lstrip("="))

        try:
            with alarm(deadline) as set_anew:
                pickled = pickle_and_plan(image, options, Watcher(root=show))
            speed = partial(self._measured, store)
            return write(pickled, store, options, Watcher(progress=bar.show, speed=speed))
        finally:
            bar.end()

    def _measured(self, store: Store, speed: float) -> None:
        if speed:
            self._bandwidth[store.name] = Bandwidth(speed, 2 * speed)

    def _wait(self, child: Child) -> SaveReport:
        bar = Bar("Saving")
        try:
            while not child.finished:
                child.listen(0.2)
                bar.show(*child.done, child.at.lstrip("="))
        except BaseException:
            child.cancel()
            raise
        finally:
            bar.end()
            self.running = None
        if child.error is not None:
            raise child.error
        report = child.report
        if report is None:
            raise AssertionError
        return report

    def _settled(self, *, running: bool) -> HistoryGraph:
        """Return the history as if the running cell had ended: with all names that there are."""
        history = HistoryGraph()
        for cell in self.tracker.history.cells:
            history.append(cell)
        names, active = user_names(self._shell).keys(), history.active().keys()
        if running and not self._is_ours():
            # What the rest of the cell has done so far is not known: any name may be another one since.
            history.record(source=None, writes=names, deletes=active - names)
        elif names != active:
            history.record(source=None, writes=names - active, deletes=active - names)
        return history

    def _is_ours(self) -> bool:
        """Whether the running cell does nothing but call us."""
        raw = self._shell.history_manager.input_hist_raw
        lines = [line.strip() for line in (raw[-1] if raw else "").splitlines()]
        return all(not line or line.startswith(("%ferry", "#", "%load_ext kernelferry")) for line in lines)

    def _randomness(self) -> Randomness:
        return dict(self.tracker.randomness)

    # --- loading ------------------------------------------------------------------------------------------------------

    def load(
        self,
        source: Target,
        *,
        checkpoint: str | None = None,
        replay: str | ReplayPolicy = ReplayPolicy.SAFE,
        replace: bool = False,
    ) -> LoadReport:
        """Load a session into this one.

        Args:
            source: where it was saved.
            checkpoint: which checkpoint; the latest by default.
            replay: which cells may be run again: Safe, Never or All.
            replace: whether names that are bound here already may be replaced.

        Raises:
            FerryError: nothing was loaded; the session is as it was.
        """
        store = open_target(source, create=False)
        policy = policy_named(replay)
        with open_checkpoint(store, checkpoint=checkpoint) as found:
            taken = conflicts(self._shell, found.manifest)
            if taken and not replace:
                raise FerryError(
                    problem=f"This session has names already that the checkpoint has too: {_listed(taken)}.",
                    state="Nothing was loaded; the session is as it was.",
                    remedy="Load it in a fresh kernel, or replace them: %ferry load PATH --replace.",
                )
            within = self.cell_is_running()
            with self.tracker.paused():
                loading = Loading(self._shell, found, policy)
                report = loading.run()
                shell_state.set_count(self._shell, int(found.manifest.shell["execution_count"]), within_cell=within)  # type: ignore[call-overload]
            self.tracker.adopt(loading.history, loading.randomness)
        self.last_report = report
        return report

    def status(self) -> Status:
        """Say what the engine knows."""
        child = self.running
        if child is not None:
            child.listen(0)
            if child.finished:
                self.last_report, self.failure = child.report or self.last_report, child.error
                self.running = child = None
        return Status(
            names=len(user_names(self._shell)),
            cells=len(self.tracker.history),
            saving="" if child is None else child.at.lstrip("=") or f"{child.done[0]} bytes are written",
            saves_in=f"this process, since {why}" if (why := polite_to_forks()) else "a forked child",
        )


def policy_named(name: str | ReplayPolicy) -> ReplayPolicy:
    """Return the policy of a name, however it is spelled.

    Raises:
        FerryError: there is none of that name.
    """
    if isinstance(name, ReplayPolicy):
        return name
    for policy in ReplayPolicy:
        if policy.value.lower() == name.lower():
            return policy
    raise FerryError(
        problem=f"There is no replay policy {name!r}.",
        state="Nothing was done.",
        remedy="Choose Safe, Never or All.",
    )


def _save_in_child(image: Image, store: Store, options: Options, tell: Tell, known: Mapping[str, str]) -> SaveReport:
    watcher = Watcher(
        root=lambda key: tell({"root": key}),
        progress=lambda done, everything: tell({"done": done, "of": everything}),
        speed=lambda speed: tell({"speed": speed}),
    )
    pickled = pickle_and_plan(image, options, watcher, known)
    tell({"done": 0, "of": 0})
    return write(pickled, store, options, watcher)


def _kernel_id() -> str:
    """Return the id of this kernel, as its connection file has it."""
    from pathlib import Path  # noqa: PLC0415 - seldom needed

    try:
        from ipykernel.connect import get_connection_file  # noqa: PLC0415 - not in every shell

        stem = Path(get_connection_file()).stem
    except Exception:  # noqa: BLE001 - a shell that is no kernel
        return "kernel"
    found = "".join(char for char in stem.removeprefix("kernel-") if char.isalnum() or char in "-_.")
    return found.lstrip("-_.")[:100] or "kernel"


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
