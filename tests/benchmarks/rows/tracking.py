"""What tracking costs: per cell of a typical notebook, beside a large session, and in the user's own loops."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.benchmarks import workloads
from tests.benchmarks.kernels import BenchmarkBroken, Kernel, kernel
from tests.benchmarks.rows.saving import check
from tests.benchmarks.run import Run
from tests.benchmarks.table import TIMES, Row, seconds, spread
from tests.benchmarks.workloads import Workload

_LONG = 0.02  # seconds; in a shorter cell a part in a hundred is less than a frontend takes to show it


def measure(run: Run) -> list[Row]:
    """All of it."""
    return [*_typical(run), *_beside_much(run), *_own_code(run)]


# --- a typical notebook -----------------------------------------------------------------------------------------------


def _typical(run: Run) -> list[Row]:
    workload = workloads.typical(run.scale)
    walls, cpus, cells = [], [], []
    for repetition in range(run.repetitions):
        run.say(f"tracking, {workload.name}: {repetition + 1} of {run.repetitions}")
        with kernel(run.scratch) as tracked, kernel(run.scratch, extension=False) as bare:
            _watch(tracked)
            wall, cpu = _side_by_side(tracked, bare, workload.cells)
            check(tracked, workload)
            cells.append(_watched(tracked)[: len(workload.cells)])
        walls.append(wall)
        cpus.append(cpu)
    return [*_shares(workload.cells, cells), _whole(workload, walls, cpus)]


def _whole(workload: Workload, walls: list[float], cpus: list[float]) -> Row:
    what = f"{len(workload.cells)} cells of a typical notebook: with / without, wall"
    return Row("tracking", what, spread(walls, digits=3), "", None, f"cpu {spread(cpus, digits=3)}")


def _shares(cells: tuple[str, ...], runs: list[list[dict[str, Any]]]) -> list[Row]:
    """Our part of the cells' time; processor time of the thread, since others are at work on this machine too."""
    ours, whole = (
        [median(run[place][key] for run in runs) for place in range(len(cells))] for key in ("ours_cpu", "seconds_cpu")
    )
    shares = {place: 100 * ours[place] / whole[place] for place in range(len(cells)) if whole[place] >= _LONG}
    short = [1e3 * ours[place] for place in range(len(cells)) if whole[place] < _LONG]
    total = [100 * sum(each["ours_cpu"] for each in run) / sum(each["seconds_cpu"] for each in run) for run in runs]
    total_wall = [100 * sum(each["ours"] for each in run) / sum(each["seconds"] for each in run) for run in runs]
    worst = max(shares, key=shares.__getitem__)
    blame = f"{seconds(ours[worst])} of ours, {seconds(whole[worst])} of {cells[worst].splitlines()[0][:30]!r}"
    absolute = f"{median(short):.2f} ms, {max(short):.2f} ms"
    middle, most = median(shares.values()), max(shares.values())
    return [
        Row(
            "tracking",
            f"{len(cells)} cells of a typical notebook: our part of all the time",
            spread(total, " %"),
            "≤ 1 %",
            median(total) <= 1,
            f"wall {spread(total_wall, ' %')}",
        ),
        Row("tracking", f"cells of ≥ 20 ms ({len(shares)}): our part, median", f"{middle:.2f} %", "≤ 1 %", middle <= 1),
        Row("tracking", "likewise, the worst cell", f"{most:.2f} %", "≤ 2 %", most <= 2, blame),
        Row(
            "tracking",
            f"shorter cells ({len(short)}): our time, median and max",
            absolute,
            "≤ 1 ms",
            median(short) <= 1,
        ),
    ]


def _side_by_side(tracked: Kernel, bare: Kernel, cells: tuple[str, ...]) -> tuple[float, float]:
    """How much longer cells take in one kernel than in another, each cell one after the other."""
    before = tracked.cpu_seconds(), bare.cpu_seconds()
    walls = [0.0, 0.0]
    for number, cell in enumerate(cells):
        for which in ((0, 1), (1, 0))[number % 2]:
            walls[which] += (tracked, bare)[which].timed(cell)
    after = tracked.cpu_seconds(), bare.cpu_seconds()
    return walls[0] / walls[1], (after[0] - before[0]) / (after[1] - before[1])


# --- a large session --------------------------------------------------------------------------------------------------


def _beside_much(run: Run) -> list[Row]:
    run.say("tracking, 1+1 beside 1 GB")
    rounds = 50 if run.quick else 200
    with kernel(run.scratch) as tracked:
        tracked.run(f"import numpy as np\nbig = np.ones({125_000_000 // (10 if run.quick else 1)})")
        tracked.run("many = [object() for i in range(1_000_000)]")
        _watch(tracked)
        for _ in range(rounds):
            tracked.run("1+1")
        cells = [each for each in _watched(tracked) if each["source"] == "1+1"]
        tracked.run("len(many), many[0] is many[1], big.shape, float(big[0])")
        for _ in range(rounds // 5):
            tracked.run("len(many); big[0]")
        reading = [each for each in _watched(tracked) if each["source"] == "len(many); big[0]"]
    if len(cells) != rounds:
        msg = f"{len(cells)} cells were seen of {rounds}"
        raise BenchmarkBroken(msg)
    what = "beside a 1 GB array and a list of 1M objects"
    found = []
    for name, which in (("1+1", cells), ("len(many); big[0]", reading)):
        wall, cpu = [each["ours"] for each in which], [each["ours_cpu"] for each in which]
        note = f"max {max(wall) * 1e3:.2f} ms; cpu median {median(cpu) * 1e3:.3f} ms, max {max(cpu) * 1e3:.2f} ms"
        target, reached = ("≤ 1 ms", median(wall) <= 1e-3) if name == "1+1" else ("", None)
        found.append(
            Row(
                "tracking",
                f"{name} {what}: our time, median of {len(which)}",
                f"{median(wall) * 1e3:.3f} ms",
                target,
                reached,
                note,
            )
        )
    return found


def _watch(tracked: Kernel) -> None:
    if tracked.ask("watch_tracker")["callbacks"] != 4:
        msg = "the tracker's callbacks were not found"
        raise BenchmarkBroken(msg)


def _watched(tracked: Kernel) -> list[dict[str, Any]]:
    found: Any = tracked.ask("watched")
    return [each for each in found if "tests.benchmarks.inside" not in each["source"]]


# --- the user's loops -------------------------------------------------------------------------------------------------

_TIMED = "from time import thread_time\nbegun = thread_time()\n{0}\nprint(thread_time() - begun)"
_LOOPS = {
    "a top-level loop over globals": ("total = 0", "for i in range({0}):\n    total += i * 2", True),
    "a function that reads a global": (
        "factor = 3\ndef scaled(n):\n    s = 0\n    for i in range(n):\n        s += factor * i\n    return s",
        "scaled({0})",
        True,
    ),
    "a loop of calls to id(), which raise audit events": (
        "thing = object()",
        "for i in range({0}):\n    id(thing)",
        False,
    ),
}


def _own_code(run: Run) -> list[Row]:
    pairs, rounds, count = (2, 4, 500_000) if run.quick else (5, 8, 2_000_000)
    ratios: dict[str, list[float]] = {name: [] for name in _LOOPS}
    for pair in range(pairs):
        run.say(f"tracking, user code: {pair + 1} of {pairs}")
        with kernel(run.scratch) as tracked, kernel(run.scratch, extension=False) as bare:
            for name, (setup, loop, _) in _LOOPS.items():
                code = _TIMED.format(loop.format(count))
                for each in (tracked, bare):
                    each.run(setup)
                    each.run(code)
                times: tuple[list[float], list[float]] = ([], [])
                for number in range(rounds):
                    for which in ((0, 1), (1, 0))[number % 2]:
                        times[which].append(float((tracked, bare)[which].run(code)))
                # Processor time, and the least of it: what others do to the caches is not ours.
                ratios[name].append(min(times[0]) / min(times[1]))
    return [
        Row(
            "user code",
            f"{name}: with / without, cpu",
            spread(ratios[name], digits=3),
            f"≤ 1.01{TIMES}" if aim else "",
            median(ratios[name]) <= 1.01 if aim else None,
            f"{pairs} pairs of kernels",
        )
        for name, (_, _, aim) in _LOOPS.items()
    ]
