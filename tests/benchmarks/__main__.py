"""`make bench`: measure, and print one table. ARGS: --quick, --write, --only TOPIC."""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import table
from tests.benchmarks.kernels import BenchmarkBroken
from tests.benchmarks.rows import memory, planning, saving, starting, tracking
from tests.benchmarks.run import Run, full, quick
from tests.benchmarks.table import Row

ROOT = Path(__file__).resolve().parents[2]

TOPICS: dict[str, Callable[[Run], list[Row]]] = {
    "save": saving.measure,
    "tracking": tracking.measure,
    "plan": planning.measure,
    "start": starting.measure,
    "memory": memory.measure,
}


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the numbers of docs/design.md, section 7.")
    parser.add_argument("--quick", action="store_true", help="smaller sessions: an impression within three minutes")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--only", choices=TOPICS, action="append", help="only this topic; may be repeated")
    parser.add_argument("--repetitions", type=int, help="how often each comparison is made")
    chosen = parser.parse_args()
    begun = time.monotonic()
    rows: list[Row] = []
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kernelferry-bench-", ignore_cleanup_errors=True) as scratch:
        os.environ["PYTHONPATH"] = _copy(Path(scratch) / "tree")
        run = (quick if chosen.quick else full)(Path(scratch))
        if chosen.repetitions:
            run = replace(run, repetitions=chosen.repetitions)
        for name in chosen.only or TOPICS:
            try:
                rows += TOPICS[name](run)
            except BenchmarkBroken as exc:  # the other topics are worth their time all the same
                broken.append(f"{name}: {exc}")
    if run.quick:
        rows = [replace(row, reached=None) if row.topic in _NEED_SIZE else row for row in rows]
    about = _about(run, time.monotonic() - begun)
    print(f"{about}\n\n{table.text(rows)}")  # noqa: T201 - this is what was asked for
    if broken:
        sys.exit("\n\nBROKEN ".join(["", *broken]))
    if chosen.write:
        text = f"{_PREFACE}\n{about}\n\n{table.markdown(rows)}\n"
        (ROOT / "docs" / "benchmarks.md").write_text(text, encoding="utf-8")


_NEED_SIZE = frozenset({"save", "restore"})  # in small sessions what each save costs at least outweighs the rest

_PREFACE = """# Benchmarks

Written by `make bench ARGS=--write`; what is measured and why stands in `tests/benchmarks`, the targets in section 7 of
[the design](design.md). Ratios are of measurements side by side in one run: the median, and the range. Times are for
orientation only.
"""


def _copy(tree: Path) -> str:
    """Copy what is measured, so that it is the same from the first number to the last; return where to import it."""
    for part in ("kernel_plugin", "tests/benchmarks", "tests/kernelferry/state"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    if not compileall.compile_dir(tree, quiet=1):
        msg = "this tree does not compile"
        raise BenchmarkBroken(msg)
    return os.pathsep.join([str(tree / "kernel_plugin"), str(tree)])


def _about(run: Run, seconds: float) -> str:
    load = os.getloadavg()[1]
    kind = "Quick run, small sessions, for which some targets are not meant" if run.quick else "Full run"
    return (
        f"{kind}: {run.repetitions} repetitions, {seconds / 60:.0f} min; "
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load:.1f} on {sys.platform}."
    )


if __name__ == "__main__":
    main()
