"""Saving and loading, side by side with dill, cloudpickle and Kishu: one kernel saves in all ways, others load."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.benchmarks import kishu, workloads
from tests.benchmarks.kernels import BenchmarkBroken, Found, Kernel, kernel
from tests.benchmarks.run import Run
from tests.benchmarks.table import TIMES, Row, seconds, size, spread
from tests.benchmarks.workloads import Workload

_MODES = ("fork", "no fork")
_OURS = (*_MODES, "planned")
_LIBRARIES = ("numpy", "pandas")
_TYPICAL = workloads.typical(1).name


@dataclass
class Seen:
    """All measurements of one workload, in the order of the repetitions, by way."""

    workload: Workload
    saves: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    loads: dict[str, list[Found]] = field(default_factory=lambda: defaultdict(list))
    builds: list[float] = field(default_factory=list)
    imports: list[float] = field(default_factory=list)
    kishu: str = ""

    def ratios(
        self, ours: str, other: str, theirs: str = "wall", mine: str = "", *, loads: bool = False
    ) -> list[float]:
        """How many times as long the other way took, for each repetition; by their clock and ours."""
        table = self.loads if loads else self.saves
        pairs = zip(table[ours], table[other], strict=False)
        return [its[theirs] / max(our[mine or theirs], 1e-3) for our, its in pairs if "failed" not in its]

    def failed(self, other: str, *, loads: bool = False) -> str:
        """Why the other way failed; empty if it did not."""
        found = (self.loads if loads else self.saves)[other]
        return next((each["failed"] for each in found if "failed" in each), "")


def measure(run: Run) -> list[Row]:
    """All workloads."""
    rows: list[Row] = []
    for workload in [*workloads.graphs(run.scale), *workloads.others(run.scale)]:
        seen = Seen(workload)
        for repetition in range(run.repetitions):
            run.say(f"save and load, {workload.name}: {repetition + 1} of {run.repetitions}")
            _repeat(run, seen, repetition)
        rows += [*_save_rows(seen), *_load_rows(seen)]
    return sorted(rows, key=lambda row: row.topic, reverse=True)


def _repeat(run: Run, seen: Seen, repetition: int) -> None:
    with _folder(run.scratch) as folder:
        with kernel(folder) as source:
            build(source, seen.workload)
            ways = [*_MODES, "dill", "cloudpickle", *(["plain"] if "big = " in "".join(seen.workload.cells) else [])]
            shift = repetition % len(ways)
            for way in ways[shift:] + ways[:shift]:  # in another order each time, should one leave a burden to the next
                seen.saves[way].append(_save(source, way, folder / way.replace(" ", "-")))
            if seen.workload.name == _TYPICAL:
                # As a user does it: the plan may prefer to run cheap cells again.
                source.run(f"%ferry save {folder / 'planned'}")
                seen.loads["planned"].append(_load(folder, "planned", seen.workload))
        for way in ("fork", "dill", *(["cloudpickle"] if not repetition else [])):
            if "failed" not in seen.saves[way][-1]:
                seen.loads[way].append(_load(folder, way, seen.workload))
        if seen.workload.name == _TYPICAL:
            with kernel(folder, extension=False) as bare:
                times = [bare.timed(cell) for cell in seen.workload.cells]
                seen.builds.append(sum(times))
                seen.imports.append(sum(times[:2]))
        if not repetition:
            found = kishu.commit(run, folder, seen.workload.cells)
            seen.kishu = found.get("failed", "")
            if not seen.kishu:
                seen.saves["kishu"].append(found)


def build(source: Kernel, workload: Workload) -> None:
    """Make a session, and see that it is right."""
    for cell in workload.cells:
        source.run(cell)
    check(source, workload)


def check(target: Kernel, workload: Workload) -> None:
    """See that a session is what it should be.

    Raises:
        BenchmarkBroken: it is not.
    """
    for expression in workload.checks:
        if not target.evaluated(f"bool({expression})"):
            msg = f"{workload.name}: {expression} is not true"
            raise BenchmarkBroken(msg)


def _save(source: Kernel, way: str, path: Path) -> Found:
    if way in _OURS:
        found = source.ask("save_ferry", str(path), way == "fork", "never")
        _all_stored(found)
        return found
    if way == "plain":
        found = source.ask("write_plain", str(path), "big")
        path.unlink()
        return found
    return source.ask(f"save_{way}", str(path))


def _load(folder: Path, way: str, workload: Workload) -> Found:
    # Without the extension for the others: they are not to pay for it.
    with kernel(folder, extension=way in _OURS) as target:
        if workload.name != _TYPICAL:
            # Libraries take longer to import than most sessions to load, and all have to.
            target.run(
                "\n".join(f"__import__({name!r})" for name in _LIBRARIES if f"import {name} as" in workload.cells[0])
            )
        found = target.ask(f"load_{'ferry' if way in _OURS else way}", str(folder / way))
        if "failed" not in found:
            try:
                check(target, workload)
            except BenchmarkBroken as exc:
                if way in _OURS:
                    raise
                found = {"failed": f"loaded, but {str(exc).splitlines()[0]}"}
        if way in _MODES:
            _all_stored(found)
        elif way in _OURS and found["bad"]:
            msg = f"not everything came back: {found['bad']}"
            raise BenchmarkBroken(msg)
        return found


def _all_stored(found: Found) -> None:
    if found["bad"] or set(found["outcomes"]) - {"stored"}:
        msg = f"not everything was stored: {found['outcomes']} {found['bad']}"
        raise BenchmarkBroken(msg)


def _save_rows(seen: Seen) -> Iterator[Row]:
    name, graph = seen.workload.name, seen.workload.graph
    for mode in _MODES:
        mine = seen.saves[mode]
        besides = [f"ours {seconds(_middle(mine, 'wall'))}, {size(_middle(mine, 'bytes'))}"]
        besides += [_beside(seen, mode, other) for other in ("cloudpickle", "kishu") if seen.saves[other]]
        if seen.kishu:
            besides.append(f"kishu: {seen.kishu}")
        result, reached = f"dill fails ({seen.failed('dill')[:60]})", None
        if ratios := seen.ratios(mode, "dill"):
            result = spread(ratios, digits=1)
            reached = median(ratios) >= (10 if graph else 1)
            besides.insert(1, f"dill {seconds(_middle(seen.saves['dill'], 'wall'))}")
            besides.insert(2, f"with fsync {spread(seen.ratios(mode, 'dill', 'synced', 'wall'), digits=1)}")
            besides.insert(3, f"cpu {spread(seen.ratios(mode, 'dill', 'cpu'), digits=1)}")
        target = f"≥ {10 if graph else 1}{TIMES} dill"
        yield Row("save", f"{name}, {mode}", result, target, reached, "; ".join(besides))
        if plain := seen.ratios(mode, "plain"):
            took = seconds(_middle(seen.saves["plain"], "wall"))
            note = f"write+fsync {took}; the comparison with minio comes with the S3 store"
            yield Row(
                "save",
                f"{name}, {mode}: speed of plain write+fsync",
                spread(plain),
                f"≥ 0.80{TIMES}",
                median(plain) >= 0.8,
                note,
            )


def _load_rows(seen: Seen) -> Iterator[Row]:
    name, mine = seen.workload.name, seen.loads["fork"]
    besides = [f"ours {seconds(_middle(mine, 'wall'))}"]
    if seen.loads["cloudpickle"]:
        besides.append(_beside(seen, "fork", "cloudpickle", loads=True))
    if seen.builds:
        yield from _rerun_rows(seen)
    imported = "" if name == _TYPICAL else ", libraries imported"
    failed = seen.failed("dill") or seen.failed("dill", loads=True)
    ratios = seen.ratios("fork", "dill", loads=True)
    result = spread(ratios, digits=1) if ratios else f"dill fails ({failed[:60]})"
    if ratios:
        besides.insert(1, f"cpu {spread(seen.ratios('fork', 'dill', 'cpu', loads=True), digits=1)}")
    graph = seen.workload.graph
    reached = median(ratios) >= 2 if graph and ratios else None
    yield Row(
        "restore", f"{name} vs dill{imported}", result, f"≥ 2{TIMES} dill" if graph else "", reached, "; ".join(besides)
    )


def _rerun_rows(seen: Seen) -> Iterator[Row]:
    imports = f"all cells {seconds(median(seen.builds))}, of which imports {seconds(median(seen.imports))}"
    for way, how in (("planned", "as planned"), ("fork", "everything stored")):
        loads = seen.loads[way]
        ratios = [build / each["wall"] for build, each in zip(seen.builds, loads, strict=True)]
        outcomes = ", ".join(f"{count} {outcome}" for outcome, count in loads[-1]["outcomes"].items())
        note = f"ours {seconds(_middle(loads, 'wall'))}, {imports}; {outcomes}"
        what = f"{seen.workload.name}, {how}, vs running its cells"
        yield Row("restore", what, spread(ratios, digits=1), f"≥ 5{TIMES}", median(ratios) >= 5, note)


def _beside(seen: Seen, mode: str, other: str, *, loads: bool = False) -> str:
    ratios = seen.ratios(mode, other, loads=loads)
    failed = seen.failed(other, loads=loads)
    note = f" ({seen.saves[other][0]['note']})" if other == "kishu" and seen.saves[other] else ""
    return f"{other} {spread(ratios, digits=1)}{note}" if ratios else f"{other} fails ({failed[:50]})"


def _middle(found: list[Found], key: str) -> float:
    return float(median(each[key] for each in found))


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
