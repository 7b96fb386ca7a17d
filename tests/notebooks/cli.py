"""Beyond the sample that the tests take: `python -m tests.notebooks.cli --help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.notebooks import notebooks
from tests.notebooks.kernels import KernelLostError
from tests.notebooks.notebooks import Notebook
from tests.notebooks.runner import Problem, Room, choose_cell, compare_plainly, cross, run_plainly


def main() -> int:
    """Run what was asked for; 1 where anything was not as it has to be."""
    asked = _arguments().parse_args()
    failed = 0
    for name in asked.notebook or notebooks.names():
        notebook = notebooks.read(name)
        if asked.plain:
            failed += _tell(f"{name}, twice", partial(_twice, notebook))
            continue
        for at in _cells(notebook, asked):
            failed += _tell(f"{name}, saved after cell {at}", partial(_once, notebook, at))
    print(f"{failed} failed" if failed else "all passed")
    return 1 if failed else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.cli", description=__doc__)
    parser.add_argument("notebook", nargs="*", help="the notebooks, by name; all of them where none is named")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--every", action="store_true", help="save after every cell, one session each: the soak")
    what.add_argument("--cells", type=int, nargs="+", metavar="N", help="save after these code cells, counted from 0")
    what.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="N", help="save after cells drawn by these")
    what.add_argument("--plain", action="store_true", help="no move: run each notebook twice and compare the two runs")
    return parser


def _cells(notebook: Notebook, asked: argparse.Namespace) -> list[int]:
    last = len(notebook.cells) - 1
    if asked.every:
        return list(range(last))
    if asked.cells:
        return [at for at in asked.cells if at < last]
    return sorted({choose_cell(notebook, seed) for seed in asked.seeds})


def _once(notebook: Notebook, at: int, folder: Path) -> list[Problem]:
    return cross(notebook, at, Room(folder))


def _twice(notebook: Notebook, folder: Path) -> list[Problem]:
    room = Room(folder)
    room.keep()
    first = run_plainly(notebook, room)
    room.put_back()
    return compare_plainly(notebook, first, run_plainly(notebook, room))


def _tell(what: str, check: Callable[[Path], list[Problem]]) -> bool:
    """Check, and print how it went; whether it failed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kernel-ferry-") as folder:
        try:
            problems = check(Path(folder) / "room")
        except KernelLostError as error:
            problems = [Problem(cell=None, text=str(error))]
    print(f"{what}: {'FAILED' if problems else 'passed'} in {time.monotonic() - started:.1f} s", flush=True)
    for problem in problems:
        print(f"    {problem}", flush=True)
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
