"""Run cells in one fresh process, move the process's state, and check it in another.

Many claims share a pair of processes: each has a cell and a check. The state moves once, after all cells, so the cells
of a pair have to be about different things. As in a notebook, `In` holds their text. Variables, and the objects that no
name leads to, travel by dill: the object layer has tests of its own.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import kernelferry

_SAVE = """
import pickle, sys
from kernelferry.objects import process
import __main__
cells, target = sys.argv[1:]
space = __main__.__dict__
with open(cells, "rb") as file:
    texts = pickle.load(file)
before = {*space, "before", "In", "text"}
start = process.baselines()
In = []
for text in texts:
    In.append(text)
    exec(compile(text, "<cell>", "exec"), space)
captured = process.capture_all(start)
again = process.capture_all(start)
assert {k: v.detail for k, v in captured.items()} == {k: v.detail for k, v in again.items()}

import dill
plain = {name: (each.data, each.detail, each.left) for name, each in captured.items()}
kept = {f"{name} {key}": value for name, each in captured.items() for key, value in each.objects.items()}
variables = {name: space[name] for name in space if name not in before and not name.startswith("__")}
good = {}
for name, value in {**variables, **kept}.items():
    try:
        dill.dumps(value)
    except Exception:
        continue
    good[name] = value
with open(target, "wb") as file:
    pickle.dump(plain, file)
    dill.dump(good, file)
"""

_LOAD = """
import pickle, sys, traceback
from kernelferry.objects import process
import __main__
checks, target = sys.argv[1:]
space = __main__.__dict__

class Plain(pickle.Unpickler):
    def find_class(self, module, name):
        raise AssertionError(f"{module}.{name} is not plain data")

with open(checks, "rb") as file:
    first, texts = pickle.load(file)
exec(compile(first, "<first>", "exec"), space)
with open(target, "rb") as file:
    plain = Plain(file).load()
    rest = file.read()
process.prepare({name: process.Captured(*each) for name, each in plain.items()})
import dill
found = dill.loads(rest)
space.update({name: value for name, value in found.items() if " " not in name})
captured = {
    name: process.Captured(*each, {k.split()[-1]: v for k, v in found.items() if k.startswith(name + " ")})
    for name, each in plain.items()
}
outcomes = process.restore_all(captured)
results = {}
for claim, text in texts.items():
    try:
        exec(compile(text, "<check>", "exec"), space)
        results[claim] = ""
    except BaseException:
        results[claim] = traceback.format_exc() + repr({k: v for k, v in outcomes.items() if v.outcome != "stored"})
with open(target, "wb") as file:
    pickle.dump((results, {k: (v.outcome, v.reason, v.detail) for k, v in outcomes.items()}), file)
"""


class Moved(NamedTuple):
    """What came of it.

    Args:
        failures: for each claim the traceback of its check; empty if it holds.
        outcomes: for each aspect its outcome, reason and detail.
    """

    failures: Mapping[str, str]
    outcomes: Mapping[str, tuple[str, str, str]]


def move(folder: Path, claims: Mapping[str, tuple[str, str]], first: str = "") -> Moved:
    """Run all cells, move, and run all checks.

    Args:
        folder: for files; the cells run in a folder `work` in it.
        claims: a cell and a check for each.
        first: what the second process does before anything is restored.
    """
    work = folder / "work"
    work.mkdir()
    target = folder / "state"
    cells = [textwrap.dedent(cell) for cell, _ in claims.values()]
    checks = {claim: textwrap.dedent(check) for claim, (_, check) in claims.items()}
    _run(_SAVE, folder / "cells", cells, target, work)
    _run(_LOAD, folder / "checks", (textwrap.dedent(first), checks), target, folder)
    with target.open("rb") as file:
        return Moved(*pickle.load(file))  # noqa: S301 - written just above


def _run(program: str, source: Path, content: object, target: Path, folder: Path) -> None:
    source.write_bytes(pickle.dumps(content))
    environment = {**os.environ, "PYTHONPATH": str(Path(kernelferry.__file__).parents[1]), "MPLBACKEND": "agg"}
    command: list[str | Path] = [sys.executable, "-W", "error", "-c", program, source, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr[-5000:]
