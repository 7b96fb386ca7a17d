"""Kishu from PyPI, in a virtual environment of its own, with the same numpy and pandas as here."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from importlib import metadata
from pathlib import Path

from tests.benchmarks.kernels import BenchmarkBroken, Found, Kernel, kernel
from tests.benchmarks.run import Run

VERSION = "0.3.4"
_BESIDE = ("numpy", "pandas", "pyarrow", "scikit-learn", "matplotlib", "dill", "ipykernel", "ipython")
_LIMIT = 60.0  # seconds; what takes longer is told as such
_EMPTY_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def commit(run: Run, folder: Path, cells: Sequence[str]) -> Found:
    """Run cells while Kishu commits after each; what the commits took. Or why that is not possible."""
    python = _python(run)
    if isinstance(python, str):
        return {"failed": python}
    own = folder / "kishu"
    own.mkdir()
    notebook = own / "bench.ipynb"
    notebook.write_text(_EMPTY_NOTEBOOK, encoding="utf-8")
    try:
        with kernel(own, extension=False, python=str(python)) as bare:
            # What its namespace does to the cells themselves is not the save's.
            alone = [_costs(bare, cell) for cell in cells]
        with kernel(own, extension=False, python=str(python)) as watched:
            database = watched.ask("start_kishu", str(notebook))["database"]
            begun = time.monotonic()
            committed = []
            for cell in cells:
                committed.append(_costs(watched, cell))
                if time.monotonic() - begun > _LIMIT:
                    break
    except BenchmarkBroken as exc:
        return {"failed": f"fails ({str(exc).splitlines()[0][:80]})"}
    stored = _stored(Path(database))
    wall, cpu = (
        sum(more[clock] - less[clock] for more, less in zip(committed, alone, strict=False)) for clock in (0, 1)
    )
    note = f"stores {stored / 1e6:.3g} MB"
    if len(committed) < len(cells):
        note = f"given up after {len(committed)} of {len(cells)} cells"
    return {"wall": wall, "cpu": cpu, "bytes": stored, "note": note}


def _costs(where: Kernel, cell: str) -> tuple[float, float]:
    """Wall time and processor time of a cell."""
    before = where.cpu_seconds()
    wall = where.timed(cell)
    return wall, where.cpu_seconds() - before


def _stored(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT TOTAL(LENGTH(data)) FROM variable_snapshot").fetchone()
    return int(found[0])


def _python(run: Run) -> Path | str:
    """Its interpreter; made on first use, which takes a minute. Or why there is none."""
    wanted = [f"kishu=={VERSION}", *(f"{name}=={metadata.version(name)}" for name in _BESIDE)]
    key = hashlib.sha256("\n".join([sys.version, sys.base_prefix, *wanted]).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "kernel-ferry" / "bench" / f"kishu-{VERSION}-{key}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    if run.quick:
        return "not installed yet, and a quick run does not"
    run.say(f"installing kishu {VERSION}, once")
    shutil.rmtree(folder, ignore_errors=True)
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"could not be installed ({(done.stderr.strip().splitlines() or ['?'])[-1][:80]})"
    (folder / "complete").touch()
    return python
