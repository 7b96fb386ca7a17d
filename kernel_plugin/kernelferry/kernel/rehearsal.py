"""A rehearsal: each component is loaded in a clean process and compared; so it is known beforehand what can move.

Saving proves that something can be written, and not that it can be read: a `__reduce__` may name a function that is
not there, and a `__getstate__` may leave out what matters. The clean process imports what the session has imported, and
then forks a child for each component: what crashes costs a child, and only one component is in memory at a time.

    python -m kernelferry.kernel.rehearsal FOLDER        prints {name: {"outcome": …, "reason": …}} as JSON
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from kernelferry.api import ComponentEntry, FerryError, VariableReport
from kernelferry.api.report import RehearsalReport
from kernelferry.checkpoint import Checkpoint, open_checkpoint
from kernelferry.kernel.fixtures import containers, fixtures, of_process
from kernelferry.objects.diagnosis import words
from kernelferry.objects.fingerprint import attributes_of, budget_of, fingerprint
from kernelferry.objects.loading import Loader, Stored
from kernelferry.stores import DirectoryStore

_SECONDS = 600.0


def rehearse(save: Any) -> RehearsalReport:
    """Save a session to a folder of its own, load it in a clean process, and say what came of it.

    Args:
        save: saves to a folder, and returns the report.

    Raises:
        FerryError: it could not be saved, or the clean process did not start.
    """
    begun = perf_counter()
    with tempfile.TemporaryDirectory(prefix="kernelferry-rehearsal-") as folder:
        saved = save(folder)
        found = _in_clean_process(folder)
    variables = {}
    for name, entry in saved.variables.items():
        now = found.get(name)
        if now is None or entry.outcome != "stored":
            variables[name] = entry
        else:
            variables[name] = VariableReport(
                outcome=now["outcome"], reason=now["reason"], bytes=entry.bytes, seconds=now["seconds"]
            )
    return RehearsalReport(
        bytes=sum(entry.bytes for entry in variables.values()),
        seconds=perf_counter() - begun,
        variables=variables,
        process=saved.process,
    )


def _in_clean_process(folder: str) -> dict[str, Any]:
    package = str(Path(__file__).parents[2])
    path = os.pathsep.join([package, *filter(None, sys.path)])
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, folder],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as exc:
        raise FerryError(
            problem=f"The clean process did not get to its end ({type(exc).__name__}: {exc}).",
            state="Nothing was rehearsed; the session is as it was.",
            remedy="Save, and load in another kernel, to see what comes of it.",
        ) from exc
    return found


# --- in the clean process ---------------------------------------------------------------------------------------------


def main(folder: str) -> None:
    """Load each component of the checkpoint in a folder, and print what came of it."""
    found: dict[str, Any] = {}
    _shell()  # once, and not in each child
    with open_checkpoint(DirectoryStore(folder)) as checkpoint:
        manifest = checkpoint.manifest
        for package in manifest.environment.packages:
            with suppress(Exception):  # whoever needs it will fail, and say so
                importlib.import_module(package)
        expected = manifest.plan.get("attributes")
        held = expected if isinstance(expected, dict) else {}
        for entry in manifest.components:
            if entry.names:
                found.update(_in_child(folder, entry, held))
    print(json.dumps(found))  # noqa: T201 - read by whoever started this process


def _in_child(folder: str, entry: ComponentEntry, held: Mapping[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(_tried(folder, entry, held), pipe)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    status = os.waitpid(pid, 0)[1]
    if said:
        answer: dict[str, Any] = pickle.loads(said)  # noqa: S301 - from our own child
        return answer
    how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else "no answer"
    return {name: _said("skipped", f"loading it crashed ({how})") for name in entry.names}


def _tried(folder: str, entry: ComponentEntry, held: Mapping[str, Any]) -> dict[str, Any]:
    begun = perf_counter()
    try:
        with open_checkpoint(DirectoryStore(folder)) as checkpoint:
            values = _loader(checkpoint).load(entry.id)
    except (Exception, SystemExit) as exc:  # noqa: BLE001 - whatever foreign code raises; it is reported
        return {name: _said("skipped", f"it cannot be loaded ({words(exc)})") for name in entry.names}
    seconds = perf_counter() - begun
    return {name: _compared(entry, name, values[name], held.get(name), seconds) for name in entry.names}


def _compared(entry: ComponentEntry, name: str, value: Any, held: Any, seconds: float) -> dict[str, Any]:
    expected = entry.fingerprint.get(name)
    known = of_process(_shell()) | {id(vars(sys.modules["__main__"]))}
    if expected is not None and fingerprint(value, budget_of(expected), known) != expected:
        return _said("mismatched", "it does not look the same when it is loaded", seconds)
    if isinstance(held, list):
        missing = sorted(set(held) - set(attributes_of(value)))
        if missing:
            return _said("stored", f"its class leaves out: {', '.join(missing[:10])}", seconds)
    return _said("stored", "", seconds)


def _said(outcome: str, reason: str, seconds: float = 0.0) -> dict[str, Any]:
    return {"outcome": outcome, "reason": reason, "seconds": seconds}


def _loader(checkpoint: Checkpoint) -> Loader:
    def stored(entry: ComponentEntry) -> Stored:
        def opened() -> tuple[Any, Any]:
            part = checkpoint.component(entry)
            return part.stream, part.buffers

        return Stored(entry.roots, opened)

    components = {entry.id: stored(entry) for entry in checkpoint.manifest.components}
    here = {**fixtures(_shell()), **containers(_shell())}
    return Loader(vars(sys.modules["__main__"]), checkpoint.blob("skeletons"), components, here)


@cache
def _shell() -> Any:
    return InteractiveShell.instance()


if __name__ == "__main__":
    main(sys.argv[1])
