"""What saving takes in memory beyond the session, and what tracking does."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

from tests.benchmarks import workloads
from tests.benchmarks.kernels import BenchmarkBroken, Kernel, kernel, question
from tests.benchmarks.rows.saving import build
from tests.benchmarks.run import Run
from tests.benchmarks.table import Row, seconds, size, spread
from tests.benchmarks.workloads import Workload

_MUCH = 64 << 20
_WHIMS = 500_000  # bytes by which two kernels differ that have done the same
_LOOK = 0.005  # seconds


def measure(run: Run) -> list[Row]:
    """Saving, then tracking."""
    gigabyte = workloads.array(1000 if not run.quick else 200)
    rows = _saving(run, gigabyte, aim=True)
    for other in (workloads.dicts(run.scale), workloads.frame(run.scale, "object"), workloads.typical(run.scale)):
        rows += _saving(run, other, aim=False)
    return rows + _tracking(run)


def _saving(run: Run, workload: Workload, *, aim: bool) -> list[Row]:
    run.say(f"memory, saving {workload.name}")
    forked, here, still = [], [], []
    for _ in range(run.repetitions if aim else 1):
        with tempfile.TemporaryDirectory(dir=run.scratch) as folder, kernel(Path(folder)) as source:
            build(source, workload)
            forked.append(_peak_of_child(source, Path(folder) / "forked"))
            here.append(source.ask("peak_of_save", f"{folder}/here")["growth"])
            still.append(source.ask("save_in_background", f"{folder}/background")["wall"])
    found = []
    for mode, grown in (("the forked child's own", forked), ("no fork: growth of the peak", here)):
        megabytes = [each / (1 << 20) for each in grown]
        reached = median(grown) <= _MUCH if aim else None
        found.append(
            Row(
                "memory",
                f"saving, {workload.name}, {mode}",
                spread(megabytes, " MiB", 0),
                "≤ 64 MiB" if aim else "",
                reached,
            )
        )
    note = "from the call to its return; the child does the rest"
    found.append(
        Row(
            "save",
            f"{workload.name}, in the background: the session stands still",
            seconds(median(still)),
            "",
            None,
            note,
        )
    )
    return found


def _peak_of_child(source: Kernel, path: Path) -> int:
    """Most private memory that the child of a save had."""
    request = source.send(question("save_ferry", str(path), True, "never"))
    peak = 0
    begun = time.monotonic()
    while not list(path.glob("checkpoints/*/*/manifest.json")):
        for child in _children(source.pid):
            peak = max(peak, _private(child))
        time.sleep(_LOOK)
        if time.monotonic() - begun > 300:
            break
    found = source.answer(request)
    if found["bad"] or not peak:
        msg = f"no child was seen, or not all was saved: {found}"
        raise BenchmarkBroken(msg)
    return peak


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _private(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Private_Dirty:"):
                return int(line.split()[1]) << 10
    return 0


# --- tracking ---------------------------------------------------------------------------------------------------------


def _tracking(run: Run) -> list[Row]:
    empty = Workload("nothing", ("import numpy as np\nimport pandas as pd",), ())
    base = [_resident(run, empty, extension=extension) for extension in (False, True)]
    found = []
    for workload in [
        *workloads.graphs(run.scale),
        workloads.array(1000 if not run.quick else 200),
        workloads.small(1),
        workloads.typical(run.scale),
    ]:
        run.say(f"memory, tracking {workload.name}")
        without, tracked = (_resident(run, workload, extension=extension) for extension in (False, True))
        session = without - base[0]
        more = (tracked - base[1]) - session
        share = 100 * more / session
        # What is less than the allocator's whims is not judged.
        reached = share <= 5 if max(more, 0.05 * session) > _WHIMS else None
        note = f"{size(more)} for {size(session)}"
        found.append(Row("memory", f"tracking, {workload.name}", f"{share:.1f} %", "≤ 5 %", reached, note))
    found.append(
        Row("memory", "tracking, nothing but imports", size(base[1] - base[0]), "", None, "the extension's own modules")
    )
    return found


def _resident(run: Run, workload: Workload, *, extension: bool) -> int:
    with kernel(run.scratch, extension=extension) as found:
        found.run("import numpy as np\nimport pandas as pd")
        build(found, workload)
        bytes_: int = found.ask("resident")["bytes"]
        return bytes_
