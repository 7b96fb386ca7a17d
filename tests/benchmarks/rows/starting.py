"""How much longer a kernel takes to start with the extension in its configuration."""

from __future__ import annotations

from statistics import median

from tests.benchmarks.kernels import BenchmarkBroken, kernel
from tests.benchmarks.run import Run
from tests.benchmarks.table import Row, seconds, spread

_LOADED = "'ferry' in get_ipython().magics_manager.magics['line']"


def measure(run: Run) -> list[Row]:
    """Kernels with and without, one after the other."""
    rounds = 6 if run.quick else 20
    run.say(f"kernel start, {rounds} pairs")
    walls: tuple[list[float], list[float]] = ([], [])
    cpus: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for which in ((0, 1), (1, 0))[number % 2]:
            with kernel(run.scratch, extension=bool(which)) as found:
                if found.evaluated(_LOADED) != bool(which):
                    msg = "the extension is not as configured"
                    raise BenchmarkBroken(msg)
                if number:  # the first ones bring files into memory
                    walls[which].append(found.start_seconds)
                    cpus[which].append(found.start_cpu_seconds)
    # Single pairs differ by what else the machine does: the middle of each, then the difference.
    more, more_cpu = (1e3 * (median(with_it) - median(without)) for without, with_it in (walls, cpus))
    pairs = [1e3 * (with_it - without) for without, with_it in zip(*walls, strict=True)]
    note = (
        f"without {seconds(median(walls[0]))}; single pairs {spread(pairs, ' ms', 0)}; "
        f"cpu {more_cpu:.0f} ms more than {seconds(median(cpus[0]))}"
    )
    what = f"kernel ready, with less without, medians of {rounds}"
    return [Row("start", what, f"{more:.0f} ms", "≤ 150 ms", more <= 150, note)]
