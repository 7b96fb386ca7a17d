"""Plays sessions, each in a process of its own that is forked from this one, so that it starts in milliseconds.

It reads requests as lines of JSON, and writes a line for each: the path of what came of it, pickled.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.kernelferry.objects.pictures import Picture, picture

_SECONDS = 60
_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Request:
    """A session to play.

    Args:
        cells: what to run.
        looks: after how many cells to begin to look at the session; from then on after each.
        expensive: from which cell on storing costs so much that whatever may be recomputed is.
        seed: of the random generators, before the session begins.
    """

    cells: list[str]
    looks: int = 0
    expensive: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Scene:
    """The session after a cell.

    Args:
        output: what the cell has printed and shown, and its error.
        picture: of all names and outputs.
        count: the number of the next cell.
    """

    output: str
    picture: Picture
    count: int


@dataclass
class Played:
    """What came of a session.

    Attributes:
        outputs: of the cells that were run before the first look.
        scenes: from the first look on.
        report: that of the last save or load, by name: outcome and reason.
        ended: why there is none of all this.
    """

    outputs: list[str] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    report: dict[str, tuple[str, str]] = field(default_factory=dict)
    ended: str = ""


class Player:
    """A process that plays sessions.

    Args:
        hash_seed: decides in which order sets of texts are.
    """

    def __init__(self, hash_seed: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import main; main()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT,
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed),
                 "PYTHONPATH": os.pathsep.join([str(_ROOT / "kernel_plugin"), str(_ROOT)])},
        )  # fmt: skip

    def begin(self, request: Request) -> None:
        """Begin to play a session; the answers come in the order of the requests."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(request)) + "\n")
        self._process.stdin.flush()

    def end(self) -> Played:
        """Wait for the next session to end, in whatever way."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the player is gone"
        path = Path(line.strip())
        played: Played | str = pickle.loads(path.read_bytes())  # noqa: S301 - our own
        path.unlink()
        return Played(ended=played) if isinstance(played, str) else played

    def __enter__(self) -> Player:  # noqa: PYI034 - `Self` came with Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


# --- in the process ---------------------------------------------------------------------------------------------------


def main() -> None:
    """Play whatever is asked for."""
    import IPython.core.interactiveshell  # noqa: F401, PLC0415 - so that children need not
    import numpy  # noqa: F401, ICN001, PLC0415 - likewise

    import kernelferry.kernel.engine  # noqa: PLC0415 - likewise
    import kernelferry.kernel.magics  # noqa: F401, PLC0415 - likewise

    for line in sys.stdin:
        handle, path = tempfile.mkstemp(prefix="kernelferry-played-")
        pid = os.fork()
        if not pid:
            _answer(Request(**json.loads(line)), handle)
        os.close(handle)
        status = os.waitpid(pid, 0)[1]
        if status:
            Path(path).write_bytes(pickle.dumps(f"the session ended with {status}"))
        print(path, flush=True)  # noqa: T201 - the answer


def _answer(request: Request, handle: int) -> None:
    signal.alarm(_SECONDS)
    said = os.dup(2)
    try:
        found: Any = _play(request)
    except BaseException as exc:  # noqa: BLE001 - raised again by whoever asked
        import traceback  # noqa: PLC0415 - seldom needed

        found = f"{type(exc).__name__} in the player: {traceback.format_exc()}"
        os.write(said, found.encode())
    with os.fdopen(handle, "wb") as file:
        pickle.dump(found, file)
    os._exit(0)


def _play(request: Request) -> Played:
    import random  # noqa: PLC0415 - the session's

    import numpy as np  # noqa: PLC0415 - likewise

    random.seed(request.seed)
    np.random.seed(request.seed)  # noqa: NPY002 - it is what notebooks use
    shell, screen = _shell()
    played = Played()
    for number, cell in enumerate(request.cells, start=1):
        if number == request.expensive:
            _make_storing_expensive()
        output = _run(shell, screen, cell)
        if number < request.looks:
            played.outputs.append(output)
        else:
            played.scenes.append(_look(shell, output))
    played.report = _report(shell)
    return played


def _shell() -> tuple[Any, io.StringIO]:
    from IPython.core.interactiveshell import InteractiveShell  # noqa: PLC0415 - see main
    from traitlets.config import Config  # noqa: PLC0415 - likewise

    screen = io.StringIO()
    sys.stdout = sys.stderr = screen
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    shell: Any = InteractiveShell.instance(config=config)
    shell.showtraceback = lambda *_, **__: None  # what matters of it is told apart
    return shell, screen


def _run(shell: Any, screen: io.StringIO, cell: str) -> str:
    screen.seek(0)
    screen.truncate()
    result = shell.run_cell(cell, store_history=True)
    error = result.error_before_exec or result.error_in_exec
    found = screen.getvalue()
    if error is not None:
        found += f"{type(error).__name__}: {error}"
    found = re.sub(r"0x[0-9a-f]{6,}", "0x…", found, flags=re.IGNORECASE)
    return re.sub(r"(list|dict|tuple)_\w*iterator", "iterator", found)  # those of dictionaries become those of lists


def _look(shell: Any, output: str) -> Scene:
    from kernelferry.kernel.namespace import user_names  # noqa: PLC0415 - see main

    outputs = {f"Out[{number}]": value for number, value in shell.user_ns["Out"].items()}
    hook = shell.displayhook
    last = {"last": hook._, "last but one": hook.__, "last but two": hook.___, "_": shell.user_ns.get("_", "")}
    # Who has bound `_` keeps the shell from binding the others, until he shows what it holds: whose it is, is chance.
    names = {name: value for name, value in user_names(shell).items() if name not in {"_", "__", "___"}}
    return Scene(output, picture({**names, **outputs, **last}), shell.execution_count)


def _make_storing_expensive() -> None:
    from kernelferry.kernel import planning  # noqa: PLC0415 - only here

    saving: Any = sys.modules["kernelferry.kernel.saving"]
    planning.STORED_ANYWAY = -1.0
    real = saving.plan_for

    def expensive(*args: Any, **more: Any) -> Any:
        return real(*args, **{**more, "bandwidth": planning.Bandwidth(1e-6, 1e-6)})

    saving.plan_for = expensive


def _report(shell: Any) -> dict[str, tuple[str, str]]:
    attachment = getattr(shell, "_kernelferry", None)
    report = attachment and attachment.engine and attachment.engine.last_report
    return {name: (each.outcome, each.reason) for name, each in report.variables.items()} if report else {}
