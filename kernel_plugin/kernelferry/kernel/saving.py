"""Saving a session: pickle, plan, write. In a forked child or in the session's own process: there is no difference."""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import gmtime, perf_counter, strftime
from typing import Any, TypeVar

from kernelferry.api import (
    AspectReport,
    ComponentEntry,
    Manifest,
    NameEntry,
    Outcome,
    ProcessEntry,
    SaveReport,
    VariableReport,
)
from kernelferry.api.manifest import Blob, utc_now
from kernelferry.api.report import PlanReport
from kernelferry.checkpoint import CheckpointWriter, Store
from kernelferry.kernel.image import Image, output_name
from kernelferry.kernel.planning import Bandwidth, Reasons, plan_for
from kernelferry.kernel.reasons import reasons_for
from kernelferry.objects.collector import paused_collector
from kernelferry.objects.definitions import Registry
from kernelferry.objects.dumping import Dumped, Root
from kernelferry.objects.fingerprint import QUICK, THOROUGH, attributes_of, fingerprint
from kernelferry.objects.grouping import Grouped, dump_grouped
from kernelferry.objects.loading import dump_skeletons
from kernelferry.objects.pickling import PROTOCOL, Session
from kernelferry.state import history_json
from kernelferry.state.plan import Plan
from kernelferry.state.replay import ReplayPolicy
from kernelferry.state.steps import Forget, Load, Run, Step

R = TypeVar("R", bound=SaveReport)

_MEASURABLE = 16 << 20  # bytes; less than that says more about everything else than about the store


@dataclass(frozen=True)
class Options:
    """How to save.

    Args:
        checkpoint: the id of the checkpoint; a new one by default.
        kernel: the id of the kernel.
        policy: which cells may be planned to run again.
        bandwidth: of the store.
        compress: whether to compress what gains by it.
        budget: of the fingerprints, in objects.
    """

    checkpoint: str = field(default_factory=lambda: strftime("%Y%m%dT%H%M%SZ-", gmtime()) + secrets.token_hex(3))
    kernel: str = "kernel"
    policy: ReplayPolicy = ReplayPolicy.SAFE
    bandwidth: Bandwidth = field(default_factory=Bandwidth)
    compress: bool = True
    budget: int = QUICK


@dataclass
class Watcher:
    """Told how a save gets on.

    Args:
        root: the key of what is being pickled.
        progress: how many bytes are in the store, and of how many.
        speed: how fast the store was, in bytes per second, where there was enough to measure.
    """

    root: Callable[[str], None] = lambda _: None
    progress: Callable[[int, int], None] = lambda _done, _all: None
    speed: Callable[[float], None] = lambda _: None


@dataclass(frozen=True)
class Pickled:
    """A session in memory, pickled, with a plan for it."""

    image: Image
    session: Session
    grouped: Grouped
    reasons: Reasons
    plan: Plan
    seconds: float


def pickle_and_plan(
    image: Image, options: Options, watcher: Watcher, known: Mapping[str, str] | None = None
) -> Pickled:
    """Pickle everything, and decide what becomes of each name.

    Args:
        image: the session.
        options: how.
        watcher: told what is being pickled.
        known: roots that are known to fail, with the reason.
    """
    begun = perf_counter()
    session = Session(Registry(image.namespace), fixtures=image.fixtures)
    roots = [Root(key, value) for key, value in image.roots().items()]
    with paused_collector():
        grouped = dump_grouped(roots, session, watch=watcher.root, known=known)
        reasons = reasons_for(grouped, session, {root.key: root.value for root in roots})
    plan = plan_for(image.history, grouped, reasons, policy=options.policy, bandwidth=options.bandwidth)
    return Pickled(image, session, grouped, reasons, plan, perf_counter() - begun)


def write(pickled: Pickled, store: Store, options: Options, watcher: Watcher) -> SaveReport:
    """Write what the plan says, and the manifest last.

    Raises:
        FerryError: it could not be written; the store is as it was.
    """
    begun = perf_counter()
    with CheckpointWriter(
        store, checkpoint=options.checkpoint, kernel=options.kernel, compress=options.compress
    ) as writer:
        entries = _write_components(pickled, writer, watcher, options.budget)
        blobs = {
            "skeletons": _blob(writer, dump_skeletons(pickled.session)),
            "randomness": _blob(writer, pickle.dumps(dict(pickled.image.randomness), PROTOCOL)),
            "sources": _blob(writer, pickle.dumps(sources_of(pickled.session), PROTOCOL)),
        }
        process = {aspect: _process_entry(writer, captured) for aspect, captured in pickled.image.process.items()}
        writer.flush()
        if writer.stored_bytes > _MEASURABLE:
            watcher.speed(writer.stored_bytes / (perf_counter() - begun))
        names = _names(pickled, entries)
        manifest = Manifest(
            checkpoint=options.checkpoint,
            kernel=options.kernel,
            created=utc_now(),
            environment=pickled.image.environment,
            names=names,
            components=tuple(entries),
            process=process,
            history=history_json.to_json(pickled.image.history),
            plan=_plan_json(pickled),
            shell=pickled.image.shell,
            blobs={name: part() for name, part in blobs.items()},
        )
        writer.commit(manifest)
        stored = writer.stored_bytes
    return report(names, process, stored, pickled.seconds + perf_counter() - begun, pickled, kind=SaveReport)


def report(
    names: Mapping[str, NameEntry],
    process: Mapping[str, ProcessEntry],
    size: int,
    seconds: float,
    pickled: Pickled,
    *,
    kind: type[R],
) -> R:
    """Say what became, or would become, of every name."""
    took = {mark: part.seconds for part in pickled.grouped.components for mark in part.marks}
    return kind(
        bytes=size,
        seconds=seconds,
        variables={
            name: VariableReport(
                outcome=entry.outcome, reason=entry.reason, bytes=entry.bytes, seconds=took.get(f"={name}", 0.0)
            )
            for name, entry in names.items()
        },
        process={aspect: AspectReport(outcome=entry.outcome, reason=entry.reason) for aspect, entry in process.items()},
        remedies={each.name: each.remedies for each in pickled.plan.infeasible},
    )


def planned(pickled: Pickled) -> PlanReport:
    """Say what would become of every name, without writing anything."""
    entries = [_entry(part, str(number)) for number, part in enumerate(_to_store(pickled))]
    process = {aspect: _aspect(captured) for aspect, captured in pickled.image.process.items()}
    size = sum(part.size for part in _to_store(pickled))
    return report(_names(pickled, entries), process, size, pickled.seconds, pickled, kind=PlanReport)


def sources_of(session: Session) -> dict[str, str]:
    """Return the source of the cells that functions come from: tracebacks and `inspect` show them again."""
    import linecache  # noqa: PLC0415 - it has been imported long ago

    found = {}
    for _, thing in session.registry.definitions():
        filename = getattr(getattr(thing, "__code__", None), "co_filename", "")
        cached = linecache.cache.get(filename)
        # Without a time of change: not a file, but text that somebody has put there.
        if cached is not None and len(cached) == 4 and cached[1] is None:
            found[filename] = "".join(cached[2])
    return found


def _to_store(pickled: Pickled) -> list[Dumped]:
    """Return the components that are stored: all but those of names that are recomputed or lost."""
    left_out = {f"={name}" for name in pickled.plan.recomputed} | pickled.reasons.by_key.keys()
    parts = pickled.grouped.components
    while True:
        kept = [part for part in parts if left_out.isdisjoint(part.marks)]
        # A definition whose state shares something with what is recomputed is not stored, and nor is what needs it.
        gone = {mark for part in parts for mark in part.marks if mark[0] not in "=!#"}
        gone -= {mark for part in kept for mark in part.marks}
        more = {mark for part in kept if not gone.isdisjoint(part.needs) for mark in part.marks if mark != "#"}
        if not more:
            return kept
        left_out |= more


def _write_components(
    pickled: Pickled, writer: CheckpointWriter, watcher: Watcher, budget: int
) -> list[ComponentEntry]:
    parts = _to_store(pickled)
    everything = sum(part.size for part in parts)
    written = []
    for part in parts:
        with writer.component() as sink:
            sink.write(part.stream)
            for buffer in part.buffers:
                sink.buffer(buffer)
        written.append(sink)
        watcher.progress(writer.raw_bytes, everything)
    active, values, known = pickled.image.history.active(), pickled.image.names, pickled.image.known
    entries = []
    for number, (part, sink) in enumerate(zip(parts, written, strict=True)):
        names = _variables(part)
        entries.append(
            _entry(
                part,
                str(number),
                stream=sink.stream,
                buffers=sink.buffers,
                fingerprint={name: fingerprint(values[name], budget, known) for name in names if name in values},
                cell=max((active[name] for name in names if name in active), default=-1),
            )
        )
    return entries


def _entry(part: Dumped, key: str, **more: Any) -> ComponentEntry:
    return ComponentEntry(
        **{
            "id": key,
            "names": _variables(part),
            "engine": part.engine,
            "stream": Blob((), 0),
            "seconds_saved": part.seconds,
            "seconds_load_estimate": part.seconds,
            "roots": part.marks,
            "needs": tuple(sorted(part.needs)),
            **more,
        }
    )


def _variables(part: Dumped) -> tuple[str, ...]:
    return tuple(mark[1:] for mark in part.marks if mark[0] == "=")


def _blob(writer: CheckpointWriter, data: bytes) -> Callable[[], Blob]:
    with writer.component() as sink:
        sink.write(data)
    return lambda: sink.stream


def _process_entry(writer: CheckpointWriter, captured: Any) -> ProcessEntry:
    entry = _aspect(captured)
    if captured.data is None:
        return entry
    made = _blob(writer, pickle.dumps(captured.data, PROTOCOL))
    return ProcessEntry(outcome=entry.outcome, reason=entry.reason, blob=made(), value=entry.value)


def _aspect(captured: Any) -> ProcessEntry:
    outcome = captured.outcome()
    return ProcessEntry(
        outcome=outcome.outcome,
        reason=outcome.reason,
        value={"detail": captured.detail, "left": list(captured.left), "objects": sorted(captured.objects)},
    )


def _names(pickled: Pickled, entries: list[ComponentEntry]) -> dict[str, NameEntry]:
    """Return what becomes of each variable and output."""
    image, plan = pickled.image, pickled.plan
    home = {name: entry for entry in entries for name in entry.names}
    sizes = {mark[1:]: part.size for part in pickled.grouped.components for mark in part.marks if mark[0] == "="}
    lost = {each.name: each for each in plan.infeasible}
    found: dict[str, NameEntry] = {}
    values = {**image.names, **{output_name(number): value for number, value in image.outputs.items()}}
    for name, value in values.items():
        outcome: Outcome = "stored"
        reason = ""
        component = home[name].id if name in home else None
        if name in plan.recomputed:
            outcome, component = "recomputed", None
            reason = pickled.reasons.of(name) or "it is cheaper to run its cells again"
        elif component is None:
            outcome = "skipped"
            reason = pickled.reasons.of(name) or "what it shares objects with is recomputed"
            if name in lost and lost[name].cells:
                reason += "; not recomputed: " + _why_not(lost[name])
        found[name] = NameEntry(
            outcome=outcome, reason=reason, component=component, type=type_name(value), bytes=sizes.get(name, 0)
        )
    return found


def _why_not(unmovable: Any) -> str:
    parts = []
    for cell in unmovable.cells:
        number = "code that was not seen" if cell.execution_count is None else f"cell [{cell.execution_count}]"
        parts.append(f"{number} {', '.join(cell.reasons)}")
    return "; ".join(parts[:3])


def type_name(value: Any) -> str:
    """Return the name of a value's type, as manifests have it."""
    kind = type(value)
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _plan_json(pickled: Pickled) -> dict[str, Any]:
    plan = pickled.plan
    names = pickled.image.names
    return {
        "steps": [step_json(step) for step in plan.steps],
        "cells_to_rerun": list(plan.cells_to_rerun),
        "cost": plan.cost,
        "fingerprints": {
            name: fingerprint(names[name], THOROUGH, pickled.image.known)
            for name in sorted(plan.recomputed)
            if name in names
        },
        "attributes": {name: found for name, value in names.items() if (found := attributes_of(value))},
        "lost": {each.name: list(each.remedies) for each in plan.infeasible},
    }


def step_json(step: Step) -> list[Any]:
    """Write a step of a restore in plain types."""
    if isinstance(step, Run):
        return ["run", step.cell]
    return ["load" if isinstance(step, Load) else "forget", list(step.names)]


def step_from_json(written: Any) -> Step:
    """Read what `step_json` wrote.

    Raises:
        ValueError: it is no step.
    """
    match written:
        case ["run", int(cell)]:
            return Run(cell)
        case ["load", list(names)]:
            return Load(tuple(names))
        case ["forget", list(names)]:
            return Forget(tuple(names))
        case _:
            msg = f"this is no step: {written!r:.60}"
            raise ValueError(msg)
