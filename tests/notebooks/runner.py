"""The oracle: one session, saved in the middle, goes on in two kernels, and both must show the same.

Two runs of a notebook are not equal where it draws random numbers without a seed, so an undisturbed second run proves
little. Here the truth is forked: kernel A is saved after some cell and runs on to the end; kernel B loads what A has
saved and runs the same cells. Everything that A had before the save, the states of its generators included, B must have
too. Files are part of the truth: what A had in its folders at the time of the save is put back, under the same paths,
before B starts.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.notebooks.kernels import Kernel
from tests.notebooks.notebooks import Cell, Notebook
from tests.notebooks.outputs import CellRun, Failure, differences


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is not as it has to be.

    Args:
        cell: the index of the code cell, or None where it is about the save or the load.
        text: what it is.
    """

    cell: int | None
    text: str

    def __str__(self) -> str:
        return self.text if self.cell is None else f"cell {self.cell}: {self.text}"


class Room:
    """The folders of one session, which can be put back to an earlier state under the same paths."""

    def __init__(self, root: Path) -> None:
        self._session = root / "session"
        self._kept = root / "kept"
        self._kernels = root / "kernels"
        self.checkpoint = root / "checkpoint"
        for folder in (self._session / "work", self._session / "tmp", self._kernels):
            folder.mkdir(parents=True)

    def kernel(self) -> Kernel:
        """A new kernel in these folders."""
        own = self._kernels / str(len(list(self._kernels.iterdir())))
        return Kernel(work=self._session / "work", temporary=self._session / "tmp", own=own)

    def keep(self) -> None:
        """Remember all files as they are now."""
        shutil.copytree(self._session, self._kept, symlinks=True)

    def put_back(self) -> None:
        """Make all files what they were."""
        shutil.rmtree(self._session)
        self._kept.rename(self._session)


def choose_cell(notebook: Notebook, seed: int) -> int:
    """A cell after which to save: any but the last, after which nothing is left to compare."""
    return Random(f"{notebook.name} {seed}").randrange(len(notebook.cells) - 1)  # noqa: S311 - no secret is drawn


def run_plainly(notebook: Notebook, room: Room, *, plugin: bool = False) -> list[CellRun]:
    """Run a notebook from its start to its end, with or without the extension loaded."""
    with room.kernel() as kernel:
        # The same execution counts, with and without.
        kernel.run("%load_ext kernelferry" if plugin else "pass")
        return [kernel.run(cell.source) for cell in notebook.cells]


def compare_plainly(notebook: Notebook, first: Sequence[CellRun], second: Sequence[CellRun]) -> list[Problem]:
    """Compare two runs of the whole notebook, as far as chance does not decide."""
    chance = notebook.unseeded()
    problems = list(_unexpected_failures(notebook, first))
    for index, cell in enumerate(notebook.cells):
        if not cell.needs & chance:
            problems += [Problem(cell=index, text=text) for text in differences(first[index], second[index])]
    return problems


def cross(notebook: Notebook, at: int, room: Room) -> list[Problem]:
    """Save after cell `at`, run on both here and where it is loaded, and compare."""
    here = _stay(notebook, at, room)
    problems = [*here.problems, *_unexpected_failures(notebook, here.runs)]
    if here.problems:
        return problems
    room.put_back()
    there = _go(notebook, at, room)
    reports = [here.report, there.report]
    missing = frozenset(_names_with("skipped", reports)) & notebook.may_skip
    unknown = notebook.fresh_after(at) | missing
    problems += [*there.problems, *_bad_outcomes(notebook, reports)]
    for index in range(at + 1, len(notebook.cells)):
        expected, got = here.runs[index], there.runs[index - at - 1]
        found = _compare(notebook.cells[index], expected, got, missing=missing, unknown=unknown)
        problems += [Problem(cell=index, text=text) for text in found]
    if not any(cell.needs & unknown for cell in notebook.cells[at + 1 :]):
        problems += _other_names(_without(missing, here.names), _without(missing, there.names))
    return problems


@dataclass(frozen=True, kw_only=True)
class _Session:
    """What one of the two kernels has shown.

    Args:
        runs: of the cells it has run.
        names: its names at the end, and their types.
        report: of the save or the load.
        problems: those of the extension.
    """

    runs: Sequence[CellRun]
    names: Mapping[str, str]
    report: Mapping[str, Any]
    problems: Sequence[Problem]


def _stay(notebook: Notebook, at: int, room: Room) -> _Session:
    """Run all of a notebook, and save in between."""
    with room.kernel() as kernel:
        loaded = _command(kernel, "%load_ext kernelferry")
        before = [kernel.run(cell.source) for cell in notebook.cells[: at + 1]]
        saved = _command(kernel, f"%ferry save {room.checkpoint} --json")
        room.keep()
        after = [kernel.run(cell.source) for cell in notebook.cells[at + 1 :]]
        problems = [*loaded.problems, *saved.problems]
        return _Session(runs=[*before, *after], names=kernel.names(), report=saved.report, problems=problems)


def _go(notebook: Notebook, at: int, room: Room) -> _Session:
    """Load in a new kernel, and run the rest."""
    with room.kernel() as kernel:
        _command(kernel, "%load_ext kernelferry")
        loaded = _command(kernel, f"%ferry load {room.checkpoint} --json")
        runs = [kernel.run(cell.source) for cell in notebook.cells[at + 1 :]]
        return _Session(runs=runs, names=kernel.names(), report=loaded.report, problems=loaded.problems)


def _compare(
    cell: Cell, expected: CellRun, got: CellRun, *, missing: frozenset[str], unknown: frozenset[str]
) -> list[str]:
    found = differences(expected, got)
    if not found or not cell.needs & unknown:
        return found
    # What is not there may fail, and is never silently something else.
    mentioned = [name for name in missing if re.search(rf"\b{re.escape(name)}\b", cell.source)]
    if mentioned and got.failure is None:
        return [f"{mentioned[0]} was skipped, and yet this ran: {text}" for text in found]
    if not cell.needs & missing and _name(expected.failure) != _name(got.failure):
        return found
    return []


def _name(failure: Failure | None) -> str | None:
    return None if failure is None else failure.name


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What a command of ours has done."""

    report: Mapping[str, Any]
    problems: tuple[Problem, ...] = ()


def _command(kernel: Kernel, command: str) -> _Done:
    """Run a line of the extension, and read the report where there is one."""
    run = kernel.run(command)
    shown = " ".join(command.split()[:2])
    if run.failure is not None:
        text = f"{shown}: {run.failure.name}: {run.failure.value}"
        return _Done(report={}, problems=(Problem(cell=None, text=text),))
    if not command.endswith("--json"):
        text = "".join(run.streams.values())  # where it goes wrong without an exception, IPython only says so
        return _Done(report={}, problems=(Problem(cell=None, text=f"{shown}: {text}"),) if text else ())
    try:
        return _Done(report=json.loads(run.streams.get("stdout", "")))
    except ValueError:
        return _Done(report={}, problems=(Problem(cell=None, text=f"{shown}: no report in {run}"),))


def _unexpected_failures(notebook: Notebook, runs: Iterable[CellRun]) -> Iterator[Problem]:
    """A cell fails where its tag says so, and nowhere else."""
    for index, (cell, run) in enumerate(zip(notebook.cells, runs, strict=True)):
        if cell.raises != (run.failure is not None):
            text = f"{run.failure.name}: {run.failure.value}" if run.failure else "should have failed"
            yield Problem(cell=index, text=f"without any move: {text}")


def _bad_outcomes(notebook: Notebook, reports: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    for part, excused in (("variables", notebook.may_skip), ("process", notebook.may_leave)):
        told = {
            f"{name} was {entry['outcome']}: {entry['reason']}"
            for report in reports
            for name, entry in report.get(part, {}).items()
            if entry["outcome"] == "mismatched" or (entry["outcome"] == "skipped" and name not in excused)
        }
        yield from (Problem(cell=None, text=text) for text in sorted(told))


def _names_with(outcome: str, reports: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for report in reports:
        for name, entry in report.get("variables", {}).items():
            if entry["outcome"] == outcome:
                yield name


def _without(left_out: frozenset[str], names: Mapping[str, str]) -> Mapping[str, str]:
    return {name: kind for name, kind in names.items() if name not in left_out}


def _other_names(expected: Mapping[str, str], got: Mapping[str, str]) -> Iterator[Problem]:
    for name in sorted({*expected, *got}):
        if expected.get(name) != got.get(name):
            text = f"at the end {name} is {got.get(name, 'missing')} instead of {expected.get(name, 'missing')}"
            yield Problem(cell=None, text=text)
