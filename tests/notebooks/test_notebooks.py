"""Claims about whole sessions: real notebooks, saved somewhere in the middle, go on in another kernel as in their own.

Each run of these tests draws other cells; set FERRY_NOTEBOOKS_SEED to draw the same ones again. `cli.py` saves after
every cell.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import nbformat
import pytest

from tests.notebooks import notebooks
from tests.notebooks.runner import Room, choose_cell, compare_plainly, cross, run_plainly

SEED = int(os.environ.get("FERRY_NOTEBOOKS_SEED") or secrets.randbelow(10**6))

NAMES = notebooks.names()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_session_goes_on_in_another_kernel_as_in_its_own(name: str, tmp_path: Path) -> None:
    notebook = notebooks.read(name)
    at = choose_cell(notebook, SEED)
    sys.stdout.write(f"FERRY_NOTEBOOKS_SEED={SEED}; again: python -m tests.notebooks.cli {name} --cells {at}\n")
    problems = cross(notebook, at, Room(tmp_path / "room"))
    assert not problems, "\n".join([f"{name}, saved after cell {at}:", *map(str, problems)])


@pytest.mark.slow
def test_the_extension_changes_no_output(tmp_path: Path) -> None:
    name = NAMES[SEED % len(NAMES)]
    sys.stdout.write(f"FERRY_NOTEBOOKS_SEED={SEED}: {name}\n")
    notebook = notebooks.read(name)
    room = Room(tmp_path / "room")
    room.keep()
    without = run_plainly(notebook, room)
    room.put_back()
    problems = compare_plainly(notebook, without, run_plainly(notebook, room, plugin=True))
    assert not problems, "\n".join([name, *map(str, problems)])


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_stored_without_outputs(name: str) -> None:
    raw = notebooks.load(name)
    nbformat.validate(raw)
    code = [cell for cell in raw["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_cell_needs_may_be_missing(name: str) -> None:
    notebook = notebooks.read(name)
    needed = frozenset().union(*(cell.needs for cell in notebook.cells))
    assert needed <= notebook.may_skip | notebook.unseeded()
