"""Loading a session: components and replays take turns in the order of the cells, then process and shell.

Whatever can be found wrong before anything is changed is; and if the checkpoint turns out to be damaged half-way, the
names are put back as they were.
"""

from __future__ import annotations

import linecache
import os
import pickle
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from types import FunctionType, ModuleType
from typing import Any

from kernelferry.api import (
    AspectReport,
    CheckpointDamaged,
    ComponentEntry,
    LoadReport,
    Manifest,
    Outcome,
    VariableReport,
)
from kernelferry.checkpoint import Checkpoint
from kernelferry.kernel import shell_state
from kernelferry.kernel.fixtures import containers, fixtures, of_process
from kernelferry.kernel.identities import restore_identities
from kernelferry.kernel.namespace import Shell, user_names
from kernelferry.kernel.planning import refusals_of, rules
from kernelferry.kernel.progress import Bar
from kernelferry.kernel.replaying import adopt_instances, replay
from kernelferry.kernel.saving import step_from_json, type_name
from kernelferry.objects import process
from kernelferry.objects.diagnosis import words
from kernelferry.objects.fingerprint import budget_of, fingerprint
from kernelferry.objects.loading import Loader, Stored
from kernelferry.state import history_json
from kernelferry.state.history import HistoryGraph
from kernelferry.state.replay import ReplayPolicy
from kernelferry.state.steps import Load, Run, Step, schedule


@dataclass
class Loading:
    """A load that is under way.

    Args:
        shell: where to.
        checkpoint: what.
        policy: which cells may be run again.
        bar: shows how far it is.
    """

    shell: Shell
    checkpoint: Checkpoint
    policy: ReplayPolicy = ReplayPolicy.SAFE
    bar: Bar = field(default_factory=lambda: Bar("Loading"))

    def __post_init__(self) -> None:
        self.manifest: Manifest = self.checkpoint.manifest
        self.history: HistoryGraph = history_json.from_json(self.manifest.history)
        self.steps: list[Step] = [step_from_json(step) for step in _list(self.manifest.plan.get("steps"))]
        self.randomness: dict[int, Mapping[str, bytes]] = pickle.loads(self.checkpoint.blob("randomness"))  # noqa: S301 - its digest was checked
        self.values: dict[str, Any] = {}
        self.failures: dict[str, str] = {}
        self.recomputed: set[str] = set()
        self.seconds: dict[str, float] = {}
        self._home = {name: entry for entry in self.manifest.components for name in entry.names}
        self._done = 0

    def run(self) -> LoadReport:
        """Load everything.

        Raises:
            CheckpointDamaged: a part of it is not as it was written; the session is as it was.
        """
        begun = perf_counter()
        captured = self._captured()
        with _undone_on_failure(self.shell.user_ns):
            self._bring_sources()
            process.prepare(captured)
            self._load_all(self._loader())
            shell_state.import_submodules(_list(self.manifest.shell.get("submodules")))
            for step in self.steps:
                self._follow(step)
            self._recompute_what_failed()
        outcomes = self._finish(captured)
        self.bar.end()
        return self._report(outcomes, perf_counter() - begun)

    # --- components ---------------------------------------------------------------------------------------------------

    def _loader(self) -> Loader:
        stored = {
            entry.id: Stored(entry.roots, lambda entry=entry: self._open(entry))  # type: ignore[misc]
            for entry in self.manifest.components
        }
        here = {**fixtures(self.shell), **containers(self.shell)}
        return Loader(self.shell.user_ns, self.checkpoint.blob("skeletons"), stored, here)

    def _open(self, entry: ComponentEntry) -> tuple[Any, Iterable[Any]]:
        part = self.checkpoint.component(entry)
        return part.stream, part.buffers

    def _load_all(self, loader: Loader) -> None:
        """Load all components, in the order of the cells; names are bound at once, since others may look them up."""
        everything = sum(entry.size for entry in self.manifest.components)
        for entry in sorted(self.manifest.components, key=_order):
            self.bar.show(self._done, everything, ", ".join(entry.names))
            self._load(loader, entry)
            self._done += entry.size
        # Some look up names while they are loaded, and those may have come after them.
        for entry in [entry for entry in self.manifest.components if not self.failures.keys().isdisjoint(entry.names)]:
            loader.forgive(entry.id)
            for name in entry.names:
                self.failures.pop(name, None)
            self._load(loader, entry)

    def _load(self, loader: Loader, entry: ComponentEntry) -> None:
        begun = perf_counter()
        try:
            found = dict(loader.load(entry.id))
        except (CheckpointDamaged, KeyboardInterrupt):
            raise
        except BaseException as exc:  # noqa: BLE001 - whatever foreign code raises; it is reported
            self.failures.update(dict.fromkeys(entry.names, _why(exc)))
            return
        took = perf_counter() - begun
        for name in [name for name, value in found.items() if self._is_another(name, value)]:
            self.failures[name] = f"{name}: it came back as a {type(found.pop(name)).__name__}"
        self.values.update(found)
        self.seconds.update(dict.fromkeys(entry.names, took))
        self.shell.user_ns.update({name: value for name, value in found.items() if _is_variable(name)})

    def _is_another(self, name: str, value: Any) -> bool:
        """Whether a value is not even of the type that it was of; some iterators are written as others."""
        entry = self.manifest.names.get(name)
        if entry is None or entry.type.endswith(("iterator", "reversed")):
            return False
        return entry.type != type_name(value)

    # --- replays ------------------------------------------------------------------------------------------------------

    def _follow(self, step: Step) -> None:
        namespace = self.shell.user_ns
        if isinstance(step, Run):
            self._run_again(step.cell)
        elif isinstance(step, Load):
            self._bind({name: self.values[name] for name in step.names if name in self.values})
        else:
            for name in step.names:
                namespace.pop(name, None)

    def _bind(self, values: Mapping[str, Any]) -> None:
        """Bind names to stored values, in place of what replays have bound them to."""
        namespace = self.shell.user_ns
        for name, value in values.items():
            adopt_instances(namespace.get(name), value)
            namespace[name] = value

    def _run_again(self, index: int) -> None:
        cell = self.history[index]
        reasons = refusals_of(rules(self.policy))(cell)
        number = f"cell [{cell.execution_count}]" if cell.execution_count is not None else "a cell"
        if reasons:
            self._lose(index, f"{number} was not run again: {', '.join(reasons)}")
            return
        for name in cell.reads:
            if name in self.failures and name not in self.shell.user_ns:
                self._lose(index, f"{number} needs {name}, which is not here")
                return
        self.bar.show(self._done, 0, f"running {number} again")
        different = replay(self.shell, cell, self.randomness.get(index, {}))
        if different:
            self._lose(index, f"{number} did not end as before ({different})")

    def _lose(self, index: int, why: str) -> None:
        active = self.history.active()
        for snapshot in self.history.written(index):
            if active.get(snapshot.name) == index and snapshot.name not in self.values:
                self.failures[snapshot.name] = why

    def _recompute_what_failed(self) -> None:
        """What could not be loaded is recomputed, if that is safe; all others stay as they are.

        All of it in one go: an instance and its class must come from the same run of the same cell.
        """
        active = self.history.active()
        wanted = {name for name in self.failures if name in active and self._entry(name) == "stored"}
        available = {name for name in active if name not in wanted and name in self.shell.user_ns}
        refusals = refusals_of(rules(self.policy))
        safe = sorted(
            name
            for name in wanted
            if not any(refusals(self.history[cell]) for cell in self.history.requirement([name], available=available))
        )
        if not safe:
            return
        before = dict(self.failures)
        for name in safe:
            del self.failures[name]
        self._replay_for(safe, available)
        self.recomputed.update(name for name in safe if name not in self.failures and name in self.shell.user_ns)
        self.failures = {name: why for name, why in before.items() if name not in self.recomputed}
        for name in safe:
            if name in self.recomputed:
                self.values[name] = self.shell.user_ns[name]
            else:
                self.shell.user_ns.pop(name, None)

    def _replay_for(self, names: Iterable[str], available: set[str]) -> None:
        namespace = self.shell.user_ns
        kept = {other: namespace[other] for other in available if other in namespace}
        needed = set(self.history.requirement(names, available=available))
        for step in schedule(self.history, stored=available, cells=needed):
            if isinstance(step, Load):
                self._bind({other: kept[other] for other in step.names if other in kept})
            else:
                self._follow(step)
        for other in set(user_names(self.shell)) - kept.keys() - set(names):
            namespace.pop(other, None)
        self._bind(kept)

    # --- process and shell --------------------------------------------------------------------------------------------

    def _captured(self) -> dict[str, process.Captured]:
        found = {}
        for aspect, entry in self.manifest.process.items():
            said: Any = entry.value if isinstance(entry.value, dict) else {}
            data = pickle.loads(self.checkpoint.read(entry.blob)) if entry.blob is not None else None  # noqa: S301 - its digest was checked
            found[aspect] = process.Captured(
                data, detail=str(said.get("detail", "")), left=tuple(said.get("left", ())), objects={}
            )
        return found

    def _finish(self, captured: Mapping[str, process.Captured]) -> Mapping[str, process.Outcome]:
        with_objects = {
            aspect: process.Captured(each.data, each.detail, each.left, self._objects(f"process:{aspect}:"))
            for aspect, each in captured.items()
        }
        state = self.manifest.shell
        found = {_number(name): value for name, value in self.values.items() if name.startswith("Out[")}
        for number, name in _dict(state.get("same_as")).items():
            if int(number) not in found and name in self.shell.user_ns:
                found[int(number)] = self.shell.user_ns[name]
                self.values[f"Out[{number}]"] = self.shell.user_ns[name]
        namespace = self.shell.user_ns
        users = {name: namespace[name] for name in self.manifest.names if name in namespace}
        self.shell_failures = shell_state.restore(self.shell, state, found, self._objects("shell:"))
        namespace.update(users)  # whoever has bound `_` owns it
        restore_identities(namespace, state)
        self._known = of_process(self.shell)
        # Last, since what came before may have changed it.
        return process.restore_all(with_objects)

    def _objects(self, prefix: str) -> dict[str, Any]:
        return {name[len(prefix) :]: value for name, value in self.values.items() if name.startswith(prefix)}

    def _bring_sources(self) -> None:
        for filename, text in pickle.loads(self.checkpoint.blob("sources")).items():  # noqa: S301 - its digest was checked
            if filename not in linecache.cache:
                linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)

    # --- report -------------------------------------------------------------------------------------------------------

    def _entry(self, name: str) -> Outcome:
        return self.manifest.names[name].outcome if name in self.manifest.names else "skipped"

    def _report(self, outcomes: Mapping[str, process.Outcome], seconds: float) -> LoadReport:
        aspects = {aspect: AspectReport(outcome=each.outcome, reason=each.reason) for aspect, each in outcomes.items()}
        failures = self.shell_failures
        aspects["extensions"] = AspectReport(outcome="skipped" if failures else "stored", reason=" ".join(failures))
        aspects["history"] = AspectReport(outcome="stored")
        aspects["aliases"] = AspectReport(outcome="stored")
        return LoadReport(
            bytes=sum(entry.size for entry in self.manifest.components),
            seconds=seconds,
            variables={name: self._variable(name) for name in self.manifest.names},
            process=aspects,
        )

    def _variable(self, name: str) -> VariableReport:
        entry = self.manifest.names[name]
        outcome, reason = entry.outcome, entry.reason
        here = name in (self.values if not _is_variable(name) else self.shell.user_ns)
        if outcome == "skipped":
            pass
        elif name in self.failures or not here:
            outcome, reason = "skipped", self.failures.get(name, "it was not there after the load")
        elif name in self.recomputed:
            outcome, reason = "recomputed", "it could not be loaded, and its cells were run again"
        elif wrong := self._mismatch(name):
            outcome, reason = "mismatched", wrong
        return VariableReport(outcome=outcome, reason=reason, bytes=entry.bytes, seconds=self.seconds.get(name, 0.0))

    def _mismatch(self, name: str) -> str:
        if not _is_variable(name):
            return ""
        stored = self._home.get(name)
        expected = _dict(self.manifest.plan.get("fingerprints")).get(name)
        if stored is not None:
            expected = stored.fingerprint.get(name)
        if expected is None or fingerprint(self.shell.user_ns[name], budget_of(expected), self._known) == expected:
            return ""
        return "it does not look as it did when it was saved"


def conflicts(shell: Shell, manifest: Manifest) -> list[str]:
    """Return the names of the session that a load would replace by something else; modules are not counted."""
    return sorted(
        name
        for name, value in user_names(shell).items()
        if name in manifest.names and not isinstance(value, (ModuleType, FunctionType)) and not _is_engine(value)
    )


def _is_engine(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "kernelferry"


def _is_variable(name: str) -> bool:
    return ":" not in name and not name.startswith("Out[")


def _order(entry: ComponentEntry) -> tuple[bool, bool, int]:
    """What others may look up comes first, outputs come last; and within that, what was made first."""
    return not _is_light(entry), not any(map(_is_variable, entry.names)), entry.cell


def _is_light(entry: ComponentEntry) -> bool:
    """Say whether a component is a module, a function or a class: others may look it up while they are loaded."""
    return entry.size < 1000 and not entry.buffers and (bool(entry.needs) or entry.size < 200) and len(entry.names) <= 1


def _why(exc: BaseException) -> str:
    if isinstance(exc, ModuleNotFoundError):
        return f"it needs the package {exc.name}, which is not installed here"
    return f"it could not be loaded ({words(exc)})"


@contextmanager
def _undone_on_failure(namespace: dict[str, Any]) -> Iterator[None]:
    """Put names, folder and environment back as they were, if a load fails half-way or is interrupted."""
    names, folder = dict(namespace), os.getcwd()  # noqa: PTH109 - `Path.cwd` says the same
    environ, path, draws = dict(os.environ), list(sys.path), random.getstate()
    try:
        yield
    except BaseException:
        for name in namespace.keys() - names.keys():
            del namespace[name]
        namespace.update(names)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        sys.path[:] = path
        random.setstate(draws)
        raise


def _number(name: str) -> int:
    return int(name[4:-1])


def _list(found: Any) -> list[Any]:
    return found if isinstance(found, list) else []


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
