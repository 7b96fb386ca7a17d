"""What is called inside the kernels; it measures, and leaves no name in their sessions.

It runs under other people's packages too, so it imports what it needs when it needs it.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import mmap
import os
import pickle
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = dict[str, Any]

_EXTENSION = "kernelferry.kernel.extension"


def namespace() -> dict[str, Any]:
    """The session's."""
    found: dict[str, Any] = sys.modules["__main__"].__dict__
    return found


def _get(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


# --- saving and loading -----------------------------------------------------------------------------------------------


def save_ferry(path: str, fork: bool, replay: str) -> Found:  # noqa: FBT001 - called by name, from text
    """Save with Kernel Ferry; everything is stored where `replay` is `never`."""
    save = _get(_EXTENSION, "save")
    return _measured(lambda: _report(save(path, fork=fork, replay=replay)))


def save_in_background(path: str) -> Found:
    """How long the session stands still for a save in the background."""
    save = _get(_EXTENSION, "save")
    children: list[Any] = []
    found = _measured(lambda: children.append(save(path, background=True)))
    while not children[0].finished:
        children[0].listen(1)
    if children[0].error is not None:
        raise children[0].error
    return found


def load_ferry(path: str) -> Found:
    """Load with Kernel Ferry."""

    def work() -> Found:
        return _report(_get(_EXTENSION, "load")(path))

    return _measured(work)


def save_dill(path: str) -> Found:
    """`dill.dump_session`, to a file."""

    def work() -> Found:
        dump = _get("dill", "dump_session")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dump(path)
        return {"bytes": Path(path).stat().st_size}

    found = _may_fail(work)
    if "failed" not in found:
        begun = time.perf_counter()
        _fsync(path)
        found["synced"] = found["wall"] + time.perf_counter() - begun
    return found


def load_dill(path: str) -> Found:
    """`dill.load_session`."""

    def work() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _get("dill", "load_session")(path)

    return _may_fail(work)


def save_cloudpickle(path: str) -> Found:
    """Cloudpickle of all the user's names, to a file."""

    def work() -> Found:
        dump = _get("cloudpickle", "dump")
        with Path(path).open("wb") as file:
            dump(_users_names(), file)
        return {"bytes": Path(path).stat().st_size}

    return _may_fail(work)


def load_cloudpickle(path: str) -> Found:
    """Load what `save_cloudpickle` wrote."""

    def work() -> None:
        with Path(path).open("rb") as file:
            namespace().update(pickle.load(file))  # noqa: S301 - our own

    return _may_fail(work)


def write_plain(path: str, name: str) -> Found:
    """Write and fsync the bytes of an array: the least that it can cost."""
    view = memoryview(namespace()[name]).cast("B")

    def work() -> Found:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT)
        try:
            done = 0
            while done < len(view):
                done += os.write(handle, view[done : done + (4 << 20)])
            os.fsync(handle)
        finally:
            os.close(handle)
        return {"bytes": len(view)}

    return _measured(work)


def start_kishu(notebook: str) -> Found:
    """Begin to commit after each cell, as its `init_kishu` does, but without a server that has the notebook open."""
    shell = sys.modules["IPython"].get_ipython()
    watch, name = _get("kishu.jupyterint", "KishuForJupyter"), _get("kishu.notebook_id", "NotebookId")
    watcher = watch(name("bench", Path(notebook), "bench"), ip=shell)
    watcher.install_kishu_hooks()
    return {"database": str(watcher.database_path())}


def _fsync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _report(report: Any) -> Found:
    outcomes: dict[str, int] = {}
    for entry in report.variables.values():
        outcomes[entry.outcome] = outcomes.get(entry.outcome, 0) + 1
    bad = {
        name: f"{entry.outcome}: {entry.reason}"
        for name, entry in report.variables.items()
        if entry.outcome in {"skipped", "mismatched"}
    }
    return {"bytes": report.bytes, "outcomes": outcomes, "bad": bad}


def _users_names() -> dict[str, Any]:
    hidden = sys.modules["IPython"].get_ipython().user_ns_hidden
    return {name: value for name, value in namespace().items() if name[0] != "_" and name not in hidden}


def _may_fail(work: Callable[[], Any]) -> Found:
    try:
        return _measured(work)
    except Exception as exc:  # noqa: BLE001 - whatever others raise: it is what they do with this session
        return {"failed": f"{type(exc).__name__}: {str(exc)[:80]}"}


def _measured(work: Callable[[], Any]) -> Found:
    # What is still to be written must not be written on the time of who comes next.
    os.sync()
    gc.collect()
    _touch_memory()
    cpu, wall = _cpu(), time.perf_counter()
    found = work()
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    return {"wall": wall, "cpu": cpu} | (found or {})


def _touch_memory() -> None:
    """Use and give back as much memory as is to be written.

    A virtual machine gets memory from its host page by page when it is first used, which takes longer than to write a
    file into it: whoever comes first would pay for those who get the same pages after him.
    """
    with mmap.mmap(-1, _status("VmRSS") + (64 << 20)) as pages:
        pages[:: mmap.PAGESIZE] = bytes(len(range(0, len(pages), mmap.PAGESIZE)))


def _cpu() -> float:
    return sum(os.times()[:4])


# --- memory -----------------------------------------------------------------------------------------------------------


def resident() -> Found:
    """Bytes of this process that are in memory, after tidying up."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return {"bytes": _status("VmRSS")}


def peak_of_save(path: str) -> Found:
    """By how much memory grows at most during a save without a fork."""
    resident()
    before = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is from now on
    found = _report(_get(_EXTENSION, "save")(path, fork=False, replay="never"))
    return found | {"growth": _status("VmHWM") - before}


def _status(field: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in text.splitlines() if line.startswith(field + ":")).split()[1]) << 10


# --- the tracker's own time -------------------------------------------------------------------------------------------

_PHASES = ("pre_execute", "pre_run_cell", "post_execute", "post_run_cell")
_cells: list[Found] = []


def watch_tracker() -> Found:
    """From now on, take the time of the tracker's callbacks, and of the cells without them."""
    shell = sys.modules["IPython"].get_ipython()
    count = 0
    for phase in _PHASES:
        callbacks = shell.events.callbacks[phase]
        for place, callback in enumerate(callbacks):
            if type(getattr(callback, "__self__", None)).__module__.startswith("kernelferry"):
                callbacks[place] = _timed(phase, callback)
                count += 1
    return {"callbacks": count}


def watched() -> list[Found]:
    """All cells since: the seconds of each, and ours."""
    return [each for each in _cells if "seconds" in each]


def _timed(phase: str, callback: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        if phase == "pre_execute":
            _cells.append({"ours": 0.0, "ours_cpu": 0.0, "begun": time.perf_counter(), "begun_cpu": time.thread_time()})
        cell = _cells[-1] if _cells else {}
        cpu, wall = time.thread_time(), time.perf_counter()
        callback(*arguments)
        now = time.perf_counter()
        if "ours" not in cell:
            return
        cell["ours"] += now - wall
        cell[phase] = now - wall
        cell["ours_cpu"] += time.thread_time() - cpu
        if phase == "post_run_cell":
            cell["seconds"] = now - cell["begun"] - cell["ours"]
            cell["seconds_cpu"] = time.thread_time() - cell["begun_cpu"] - cell["ours_cpu"]
            cell["source"] = arguments[0].info.raw_cell[:200]

    return call
