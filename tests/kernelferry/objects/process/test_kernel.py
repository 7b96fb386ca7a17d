"""Claims about real kernels: what a plain session has, what it costs to look at it, and what the kernel's own is."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

import kernelferry

_START = """
import json as _json, pickle as _pickle, time as _time
from kernelferry.objects import process as _process
def _restored(file):
    with open(file, "rb") as opened:
        captured = {name: _process.Captured(*each) for name, each in _pickle.load(opened).items()}
    _process.prepare(captured)
    return {name: [each.outcome, each.reason] for name, each in _process.restore_all(captured).items()}
def _captured(file):
    costs = []
    for _ in range(5):
        begun = _time.perf_counter()
        found = _process.capture_all(_baselines)
        costs.append(_time.perf_counter() - begun)
    with open(file, "wb") as opened:
        _pickle.dump({name: (each.data, each.detail, each.left) for name, each in found.items()}, opened)
    return {"seconds": costs, "left": {name: each.left for name, each in found.items() if each.left}}
_begun = _time.perf_counter()
_baselines = _process.baselines()
_first, _begun = _time.perf_counter() - _begun, _time.perf_counter()
_process.baselines()
_cost = [_first, _time.perf_counter() - _begun]
"""

PLAIN = [
    "import numpy as np\nimport pandas as pd\nimport matplotlib.pyplot as plt\nimport sklearn",
    "from sklearn.ensemble import RandomForestClassifier\nfrom sklearn.model_selection import cross_val_score",
    "X = np.random.rand(60, 3); y = (X[:, 0] > 0.5).astype(int)",
    "forest = RandomForestClassifier(4, n_jobs=2).fit(X, y)\ncross_val_score(forest, X, y, cv=2, n_jobs=2)",
    "frame = pd.DataFrame(X, columns=list('abc'))\nframe.plot()\nplt.title('all of it')\nplt.show()",
    "frame.describe()",
    "nothing, number = None, 5",  # values that everything shares
]
CHANGED = [
    "np.tau_of_mine = 6.28\npd.DataFrame.size_of_mine = property(len)",
    (
        "import asyncio, threading\nstop = threading.Event()\n"
        "thread = threading.Thread(target=stop.wait, name='mine')\n"
        "thread.start()\nasync def forever(): await asyncio.Event().wait()\n"
        "task = asyncio.create_task(forever(), name='my task')"
    ),
    "plt.rcParams['figure.dpi'] = 123\nimport logging\nlogging.basicConfig(level='INFO')",
]


class _Kernel:
    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def run(self, *cells: str) -> None:
        for cell in cells:
            reply = self._client.execute_interactive(cell, output_hook=lambda _: None, timeout=60)
            assert reply["content"]["status"] == "ok", "\n".join(reply["content"]["traceback"])

    def ask(self, expression: str) -> Any:
        reply = self._client.execute_interactive(
            "", user_expressions={"it": expression}, silent=True, output_hook=lambda _: None, timeout=60
        )
        answer = reply["content"]["user_expressions"]["it"]
        assert answer["status"] == "ok", answer
        return eval(answer["data"]["text/plain"])  # noqa: S307 - what the kernel that we have started answers


@contextmanager
def _kernel(folder: Path) -> Iterator[_Kernel]:
    manager = KernelManager()
    environment = {**os.environ, "IPYTHONDIR": str(folder), "PYTHONPATH": str(Path(kernelferry.__file__).parents[1])}
    manager.start_kernel(env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        kernel = _Kernel(client)
        kernel.run(_START)
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("kernels")
    plain, changed = str(folder / "plain"), str(folder / "changed")
    found: dict[str, Any] = {}
    with _kernel(folder) as source:
        found["baselines"] = source.ask("_cost")
        source.run(*PLAIN)
        found["plain captured"] = source.ask(f"_captured({plain!r})")
        source.run(*CHANGED)
        found["changed captured"] = source.ask(f"_captured({changed!r})")
        source.run("stop.set()\ntask.cancel()")
    with _kernel(folder) as target:
        found["plain restored"] = target.ask(f"_restored({plain!r})")
        found["changed restored"] = target.ask(f"_restored({changed!r})")
        target.run("import numpy as np, matplotlib as mpl, logging, sys")
        found["values"] = target.ask("(np.tau_of_mine, mpl.rcParams['figure.dpi'], logging.root.level)")
        found["stream"] = target.ask("[each.stream is sys.stderr for each in logging.root.handlers]")
    return found


def test_of_a_plain_session_nothing_is_left_behind(sessions: dict[str, Any]) -> None:
    assert sessions["plain captured"]["left"] == {}
    skipped = {name: each for name, each in sessions["plain restored"].items() if each[0] == "skipped"}
    assert skipped == {}


def test_looking_at_a_plain_session_takes_less_than_30_ms(sessions: dict[str, Any]) -> None:
    assert min(sessions["plain captured"]["seconds"]) < 0.03


def test_the_baselines_take_few_milliseconds(sessions: dict[str, Any]) -> None:
    assert sessions["baselines"][1] < 0.02  # the second time, without imports: 1 ms on a machine that does nothing else


def test_the_sessions_thread_and_task_are_named_and_the_kernels_are_not(sessions: dict[str, Any]) -> None:
    assert sessions["changed restored"]["threads"] == ["skipped", "A running thread cannot be moved: mine."]
    assert sessions["changed restored"]["asyncio"] == ["skipped", "A running task cannot be moved: my task (forever)."]


def test_what_cells_have_put_into_libraries_is_there(sessions: dict[str, Any]) -> None:
    assert sessions["values"] == (6.28, 123, 20)
    assert sessions["stream"] == [True]


def test_a_property_that_no_pickler_was_asked_to_bring_is_named(sessions: dict[str, Any]) -> None:
    assert sessions["changed restored"]["patches"][0] == "skipped"
    assert "pandas.DataFrame.size_of_mine" in sessions["changed restored"]["patches"][1].replace(".core.frame", "")
