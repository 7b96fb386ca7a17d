"""Claims about the oracle, without a kernel: what it excuses, and that it excuses nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.notebooks import runner
from tests.notebooks.notebooks import Cell, Notebook
from tests.notebooks.outputs import CellRun, Failure
from tests.notebooks.runner import Room, choose_cell

ONE, OTHER = CellRun(streams={"stdout": "1"}), CellRun(streams={"stdout": "2"})
FAILED = CellRun(failure=Failure(name="NameError", value="name 'gen' is not defined", traceback=""))

NOTHING: frozenset[str] = frozenset()
GEN, CHANCE = frozenset({"gen"}), frozenset({"chance"})


def cell(source: str = "", *, needs: frozenset[str] = NOTHING, raises: bool = False) -> Cell:
    return Cell(source=source, raises=raises, fresh=NOTHING, needs=needs)


def notebook(*cells: Cell, may_skip: frozenset[str] = NOTHING) -> Notebook:
    return Notebook(name="made up", cells=cells, may_skip=may_skip, may_leave=NOTHING)


def compare(of: Cell, expected: CellRun, got: CellRun, *, missing: frozenset[str] = NOTHING) -> list[str]:
    return runner._compare(of, expected, got, missing=missing, unknown=missing | CHANCE)


def test_a_cell_that_needs_nothing_is_compared() -> None:
    assert compare(cell("gen"), ONE, OTHER)
    assert not compare(cell("gen"), ONE, ONE)


def test_a_name_that_has_moved_excuses_nothing() -> None:
    assert compare(cell("next(gen)", needs=GEN), ONE, OTHER)


def test_a_cell_may_fail_for_a_skipped_name_but_not_show_something_else() -> None:
    assert not compare(cell("next(gen)", needs=GEN), ONE, FAILED, missing=GEN)
    assert compare(cell("next(gen)", needs=GEN), ONE, OTHER, missing=GEN)


def test_what_follows_from_a_skipped_name_is_not_compared() -> None:
    assert not compare(cell("total", needs=GEN), ONE, OTHER, missing=GEN)


def test_chance_excuses_other_values_but_no_other_failure() -> None:
    assert not compare(cell(needs=CHANCE), ONE, OTHER)
    assert compare(cell(needs=CHANCE), ONE, FAILED)


@pytest.mark.parametrize(
    ("outcome", "excused"), [("stored", True), ("recomputed", True), ("skipped", False), ("mismatched", False)]
)
def test_a_report_of_loss_is_a_problem(outcome: str, *, excused: bool) -> None:
    report: dict[str, Any] = {"variables": {"x": {"outcome": outcome, "reason": "because"}}}
    assert bool(list(runner._bad_outcomes(notebook(), [report]))) is not excused


def test_a_name_may_be_skipped_but_never_mismatched() -> None:
    declared = notebook(may_skip=GEN)
    for outcome, problems in (("skipped", 0), ("mismatched", 1)):
        report: dict[str, Any] = {"variables": {"gen": {"outcome": outcome, "reason": "because"}}}
        assert len(list(runner._bad_outcomes(declared, [report]))) == problems


def test_a_cell_fails_where_its_tag_says_so_and_nowhere_else() -> None:
    made = notebook(cell(raises=True), cell())
    assert not list(runner._unexpected_failures(made, [FAILED, ONE]))
    assert len(list(runner._unexpected_failures(made, [ONE, FAILED]))) == 2


def test_names_that_appear_or_vanish_are_problems() -> None:
    found = runner._other_names({"a": "int", "b": "int"}, {"a": "str", "c": "int"})
    assert [str(problem) for problem in found] == [
        "at the end a is str instead of int",
        "at the end b is missing instead of int",
        "at the end c is int instead of missing",
    ]


def test_files_are_put_back_under_their_paths(tmp_path: Path) -> None:
    room = Room(tmp_path / "room")
    kept = tmp_path / "room" / "session" / "work" / "kept.txt"
    kept.write_text("before")
    room.keep()
    kept.write_text("after")
    kept.with_name("new.txt").write_text("")
    room.put_back()
    assert kept.read_text() == "before"
    assert [path.name for path in kept.parent.iterdir()] == ["kept.txt"]


def test_a_seed_draws_the_same_cell_again_and_never_the_last() -> None:
    made = notebook(*[cell()] * 4)
    drawn = [choose_cell(made, seed) for seed in range(50)]
    assert set(drawn) == {0, 1, 2}
    assert drawn == [choose_cell(made, seed) for seed in range(50)]
