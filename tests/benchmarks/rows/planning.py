"""How long it takes to plan a large session, and what its history holds in memory; in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tracemalloc
from statistics import median

from kernelferry.state.plan import make_plan
from tests.benchmarks.kernels import BenchmarkBroken, Found
from tests.benchmarks.run import Run
from tests.benchmarks.table import Row, spread
from tests.kernelferry.state.test_plan import _all_safe, _large_costs, large_session

_SIZES = (1e7, 1e8, 3e8, 1e9)


def measure(run: Run) -> list[Row]:
    """For several sizes of the variables, and two shapes of the history."""
    run.say("plan")
    walls: dict[str, list[float]] = {}
    cpus: dict[str, list[float]] = {}
    memory: list[float] = []
    for _ in range(run.repetitions):
        found = _in_process(run)
        memory.append(found["bytes"])
        for name, times in found["plans"].items():
            cpus.setdefault(name, []).append(1e3 * min(each[0] for each in times))
            walls.setdefault(name, []).append(1e3 * min(each[1] for each in times))
    worst = max(cpus, key=lambda name: median(cpus[name]))
    what = "2000 cells, 1000 variables"
    note = (
        f"wall {spread(walls[worst], ' ms', 0)}; the least costly: {min(median(each) for each in cpus.values()):.0f} ms"
    )
    return [
        Row(
            "plan",
            f"{what}, worst of {len(cpus)} cases ({worst}), cpu",
            spread(cpus[worst], " ms", 0),
            "≤ 150 ms",
            median(cpus[worst]) <= 150,
            note,
        ),
        Row(
            "plan", f"{what}: the history in memory", f"{median(memory) / 1e6:.2f} MB", "≤ 4 MB", median(memory) <= 4e6
        ),
    ]


def _in_process(run: Run) -> Found:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.rows.planning"],
        cwd=run.scratch,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchmarkBroken(done.stderr[-2000:])
    found: Found = json.loads(done.stdout)
    return found


def _measure_here() -> None:
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = large_session(1, local=True)
    size = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    plans: dict[str, list[tuple[float, float]]] = {}
    for local in (True, False):
        history = kept if local else large_session(1, local=False)
        for each in _SIZES:
            costs = _large_costs(history, each)
            times = plans.setdefault(f"{'local' if local else 'random'} reads, {each / 1e6:.0f} MB a variable", [])
            for _ in range(3):
                cpu, wall = time.process_time(), time.perf_counter()
                plan = make_plan(history, costs, _all_safe)
                times.append((time.process_time() - cpu, time.perf_counter() - wall))
                if plan.infeasible or sorted([*plan.stored, *plan.recomputed]) != sorted(history.active()):
                    msg = "the plan does not cover the session"
                    raise BenchmarkBroken(msg)
    print(json.dumps({"bytes": size, "plans": plans}))  # noqa: T201 - to the process that asks


if __name__ == "__main__":
    _measure_here()
