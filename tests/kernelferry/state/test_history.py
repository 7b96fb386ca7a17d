"""The history says which version a cell read, and which cells bring a name back."""

from __future__ import annotations

import tracemalloc

import pytest

from kernelferry.state.history import CellExecution, HistoryGraph, VariableSnapshot


def _history(*cells: dict[str, object]) -> HistoryGraph:
    history = HistoryGraph()
    for cell in cells:
        history.record(source="", **cell)  # type: ignore[arg-type]
    return history


def _requirement(history: HistoryGraph, names: str, available: str | None = None) -> tuple[int, ...]:
    return history.requirement(names.split(), available=None if available is None else frozenset(available.split()))


def test_a_version_is_the_cell_that_wrote_last() -> None:
    history = _history({"writes": ["x"]}, {"writes": ["y"]}, {"writes": ["x"]}, {"deletes": ["y"]})
    assert history.active() == {"x": 2}
    assert [history.version("x", before=index) for index in range(5)] == [None, 0, 0, 2, 2]
    assert [history.version("y", before=index) for index in range(5)] == [None, None, 1, 1, None]
    assert history.version("never") is None


def test_edges_carry_the_versions_of_that_time() -> None:
    history = _history({"writes": ["x"]}, {"reads": ["x"], "writes": ["x"]}, {"reads": ["x", "z"], "writes": ["y"]})
    assert list(history.reads(1)) == [VariableSnapshot("x", 0)]
    assert list(history.written(1)) == [VariableSnapshot("x", 1)]
    assert history.inputs(2) == {"x": 1, "z": None}


def test_a_change_in_place_reads_the_former_version() -> None:
    history = _history({"writes": ["x"]}, {"mutates": ["x"]})
    assert history.active() == {"x": 1}
    assert _requirement(history, "x") == (0, 1)


def test_a_name_bound_anew_hides_its_past() -> None:
    assert _requirement(_history({"writes": ["x"]}, {"writes": ["x"]}), "x") == (1,)


def test_a_deletion_reads_what_it_deletes() -> None:
    history = _history({"writes": ["x"]}, {"deletes": ["x"], "writes": ["y"]})
    assert _requirement(history, "y") == (0, 1)


def test_what_is_written_and_then_deleted_is_gone() -> None:
    history = _history({"writes": ["x"], "mutates": ["x"], "deletes": ["x"]})
    assert history.active() == {}
    assert history[0].writes == ()


def test_the_walk_stops_at_what_is_active_and_available() -> None:
    history = _history({"writes": ["x"]}, {"reads": ["x"], "writes": ["y"]}, {"reads": ["y"], "writes": ["z"]})
    assert _requirement(history, "z") == (2,)
    assert _requirement(history, "z", available="x") == (1, 2)
    assert _requirement(history, "z", available="") == (0, 1, 2)
    assert _requirement(history, "z y") == (1, 2)


def test_an_older_version_is_never_ground() -> None:
    history = _history({"writes": ["x"]}, {"reads": ["x"], "writes": ["y"]}, {"writes": ["x"]})
    assert _requirement(history, "y", available="x y") == (0, 1)


def test_a_cell_run_again_is_another_execution() -> None:
    history = _history({"writes": ["x"]}, {"mutates": ["x"]}, {"mutates": ["x"]})
    assert _requirement(history, "x") == (0, 1, 2)


def test_a_failed_cell_counts_with_what_it_had_done() -> None:
    history = _history({"writes": ["x"], "success": False}, {"reads": ["x"], "writes": ["y"]})
    assert _requirement(history, "x") == (0,)
    assert history.active() == {"x": 0, "y": 1}


def test_an_opaque_cell_reads_and_writes_all_that_is_bound() -> None:
    history = _history({"writes": ["x"]}, {"writes": ["y"]}, {"deletes": ["y"]}, {"opaque": ["exec"], "writes": ["z"]})
    assert history.active() == {"x": 3, "z": 3}
    assert history.inputs(3) == {"x": 0}
    assert {snapshot.name for snapshot in history.written(3)} == {"x", "z"}
    assert _requirement(history, "z") == (0, 3)


def test_an_opaque_cell_after_which_all_was_compared_writes_what_it_wrote() -> None:
    history = _history({"writes": ["x"]}, {"opaque": ["exec"], "checked": True, "writes": ["z"]})
    assert history.active() == {"x": 0, "z": 1}
    assert history.inputs(1) == {"x": 0}


def test_a_name_that_an_opaque_cell_deletes_is_gone() -> None:
    assert _history({"writes": ["x"]}, {"opaque": ["exec"], "deletes": ["x"]}).active() == {}


def test_a_sweep_sees_what_was_bound_before_each_cell() -> None:
    history = _history({"writes": ["x", "y"]}, {"deletes": ["x"]}, {"opaque": ["exec"]}, {"mutates": ["y"]}, {})
    seen = [dict(bound) for _, bound in history.sweep()]
    assert seen == [{}, {"x": 0, "y": 0}, {"y": 0}, {"y": 2}, {"y": 3}]
    for index, bound in enumerate(seen):
        assert bound == {name: version for name in "xy" if (version := history.version(name, before=index)) is not None}


def test_an_unbound_name_has_no_requirement() -> None:
    with pytest.raises(KeyError):
        _requirement(_history({"reads": ["x"]}), "x")


def test_cells_come_one_after_the_other() -> None:
    stray = CellExecution(3, None, "", 0.0, success=True, reads=(), writes=(), deletes=())
    with pytest.raises(ValueError, match="next cell has index 0, not 3"):
        HistoryGraph().append(stray)


@pytest.mark.parametrize("opaque", [False, True])
def test_two_thousand_cells_with_a_thousand_names_take_less_than_four_megabytes(*, opaque: bool) -> None:
    tracemalloc.start()
    try:
        history = HistoryGraph()
        for index in range(2000):
            touched = [f"name_{(index * step) % 1000}" for step in range(1, 11)]
            history.record(
                source=f"a line of source that nobody has written before: {index}\n" * 4,
                reads=touched,
                writes=touched[:2],
                mutates=touched[2:3],
                opaque=["runs text with exec()"] if opaque else [],
            )
        size = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert size < 4_000_000
